//! The layers.

mod activation;
mod dropout;
mod embedding;
mod linear;
mod norm;
mod shape;

pub use activation::Activation;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use linear::Linear;
pub use norm::{BatchNorm1d, LayerNorm, NormOptions};
pub use shape::{Flatten, Sequential};
