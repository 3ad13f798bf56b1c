//! Initial draws of parameters, in PyTorch's order.

use autograd::{DType, Generator, Result, Tensor};

/// U(-1/√fan_in, 1/√fan_in), reached as PyTorch reaches it: `kaiming_uniform_` with a = √5.
pub(crate) fn kaiming_uniform(sizes: &[i64], fan_in: usize, generator: &Generator) -> Result<Tensor> {
    if fan_in == 0 {
        return Tensor::zeros(sizes, DType::F32);
    }
    let slope = 5.0f64.sqrt();
    let gain = (2.0 / (1.0 + slope * slope)).sqrt();
    let bound = 3.0f64.sqrt() * (gain / (fan_in as f64).sqrt());
    Tensor::uniform(sizes, -bound, bound, DType::F32, generator)
}

/// A bias next to weights with this fan-in.
pub(crate) fn bias_uniform(size: usize, fan_in: usize, generator: &Generator) -> Result<Tensor> {
    let bound = if fan_in > 0 { 1.0 / (fan_in as f64).sqrt() } else { 0.0 };
    Tensor::uniform(&[size as i64], -bound, bound, DType::F32, generator)
}
