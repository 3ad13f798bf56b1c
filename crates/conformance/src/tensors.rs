//! Tensors, gradients, networks and optimizers against PyTorch.
//!
//! An operator of ATen is a row of `operators/`, in the words of its schema; whatever is no operator has a function
//! of its own here. An operation answers what it returned, what it wrote and what it sent back.

mod answer;
mod chain;
mod convert;
mod data;
mod describe;
mod dispatch;
mod files;
mod network;
mod operators;
mod scheduling;
mod signature;
mod state;
mod training;
mod trees;

use crate::row::Row;

/// The family's rows.
pub(crate) const FAMILIES: &[&[Row]] = &[
    operators::POINTWISE,
    operators::MATMUL,
    operators::REDUCE,
    operators::VIEW,
    operators::INDEX,
    operators::CREATE,
    operators::INPLACE,
    operators::NN,
    describe::ROWS,
    data::ROWS,
    network::ROWS,
    training::ROWS,
    chain::ROWS,
    dispatch::ROWS,
    scheduling::ROWS,
    state::ROWS,
    files::ROWS,
];

#[cfg(test)]
mod tests;
