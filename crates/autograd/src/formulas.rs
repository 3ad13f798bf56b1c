//! The formulas, one table per family of operators. Unless a comment names another source, they are the textbook
//! derivatives; conventions at kinks and ties are PyTorch's.

mod arrange;
mod binary;
mod distribution;
mod elementary;
mod image;
mod index;
mod linalg;
mod matmul;
mod order;
mod pointwise;
mod reduce;
mod scan;
mod scatter;
mod view;

use tensor::Result;

pub(crate) use linalg::permutation;

use crate::formula::Formula;
use crate::value::Value;

/// Every table.
pub(crate) const TABLES: &[&[Formula]] = &[
    pointwise::ROWS,
    view::ROWS,
    arrange::ROWS,
    reduce::ROWS,
    matmul::ROWS,
    index::ROWS,
    linalg::ROWS,
    scatter::ROWS,
    order::ROWS,
    distribution::ROWS,
    binary::ROWS,
    elementary::ROWS,
    scan::ROWS,
    image::ROWS,
    NONE,
];

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
        "rand_like.generator",
        "randn_like.generator",
        "randint_like.generator",
        "randint_like.low_generator_dtype",
        "zeros_like",
        "ones_like",
        "full_like",
        "empty_like",
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty",
        "new_empty_strided",
        "empty.memory_format",
        "empty_strided",
        "empty_permuted",
        "scalar_tensor",
        "linspace.Tensor_Tensor",
        "linspace.Tensor_Scalar",
        "linspace.Scalar_Tensor",
        "logspace",
        "logspace.Tensor_Tensor",
        "logspace.Tensor_Scalar",
        "logspace.Scalar_Tensor",
        "tril_indices",
        "triu_indices",
    ],
    "the result depends on no tensor continuously",
)];

type Grads = Result<Vec<Option<Value>>>;

/// The gradient of the only tensor argument.
fn one(grad: Result<Value>) -> Grads {
    Ok(vec![Some(grad?)])
}
