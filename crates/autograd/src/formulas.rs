//! The formulas, one table per family of operators. Unless a comment names another source, they are the textbook
//! derivatives; conventions at kinks and ties are PyTorch's.

mod image;
mod index;
mod matmul;
mod pointwise;
mod reduce;
mod view;

use tensor::{Result, Tensor};

use crate::formula::Formula;

/// Every table.
pub(crate) const TABLES: &[&[Formula]] =
    &[pointwise::ROWS, view::ROWS, reduce::ROWS, matmul::ROWS, index::ROWS, image::ROWS, NONE];

/// Operators that make tensors out of numbers.
const NONE: &[Formula] = &[crate::formula::none(
    &[
        "arange",
        "arange.start",
        "arange.start_step",
        "linspace",
        "zeros",
        "ones",
        "full",
        "eye",
        "eye.m",
        "rand.generator",
        "randn.generator",
        "randint.generator",
        "randint.low_generator",
        "randperm.generator",
        "bernoulli",
    ],
    "the result depends on no tensor continuously",
)];

type Grads = Result<Vec<Option<Tensor>>>;

/// The gradient of the only tensor argument.
fn one(grad: Result<Tensor>) -> Grads {
    Ok(vec![Some(grad?)])
}
