//! Functions of layers as composites of operators, under PyTorch's schema texts. A function that PyTorch defines in
//! Python stands under its full name, `nn.functional.relu`, with Python's parameters.

mod activation;
mod arguments;
mod attention;
mod classes;
mod convolution;
mod ctc;
mod distance;
mod dropout;
mod elementwise;
mod grid;
mod lookup;
mod loss;
mod margin;
mod norm;
mod padding;
mod pool;
mod resize;
mod shuffle;

use autograd::{Arg, Composite, Result, Variable};

pub use loss::{
    CrossEntropy, Reduction, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy,
    huber_loss, l1_loss, mse_loss, nll_loss, smooth_l1_loss,
};

pub use crate::norm::layer_norm;

const TABLES: &[&[Composite]] = &[
    activation::ROWS,
    attention::ROWS,
    classes::ROWS,
    convolution::ROWS,
    ctc::ROWS,
    distance::ROWS,
    dropout::ROWS,
    elementwise::ROWS,
    grid::ROWS,
    lookup::ROWS,
    loss::ROWS,
    margin::ROWS,
    norm::ROWS,
    padding::ROWS,
    pool::ROWS,
    resize::ROWS,
    shuffle::ROWS,
];

/// The composite operators of this crate.
pub fn composites() -> impl Iterator<Item = &'static Composite> {
    TABLES.iter().copied().flatten()
}

/// Runs an operator by name: a composite of this crate, or one of [`autograd`].
///
/// # Errors
/// The operator's; `NotImplementedError` for an unknown name.
pub fn call(
    name: &str,
    args: Vec<Arg<Variable>>,
    named: Vec<(String, Arg<Variable>)>,
) -> Result<Vec<Variable>> {
    match composites().find(|c| c.name() == name) {
        Some(composite) => composite.call(args, named),
        None => autograd::call_named(name, args, named),
    }
}

fn one(result: Result<Variable>) -> Result<Vec<Variable>> {
    result.map(|v| vec![v])
}
