//! Layers without parameters that map elements or rows.

use autograd::{Arg, Result, Variable, call_one};

use crate::codec::{Reader, Writer};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x Φ(x); with the flag, the approximation by tanh.
    Gelu {
        /// Whether to use the approximation.
        tanh: bool,
    },
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// x, scaled where negative.
    LeakyRelu {
        /// The scale of negative values; PyTorch's default is 0.01.
        negative_slope: f64,
    },
    /// Softmax along a dimension.
    Softmax {
        /// The dimension.
        dim: i64,
    },
    /// Logarithm of the softmax along a dimension.
    LogSoftmax {
        /// The dimension.
        dim: i64,
    },
}

impl Activation {
    /// The layer's name in PyTorch.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "ReLU",
            Activation::Gelu { .. } => "GELU",
            Activation::Sigmoid => "Sigmoid",
            Activation::Tanh => "Tanh",
            Activation::LeakyRelu { .. } => "LeakyReLU",
            Activation::Softmax { .. } => "Softmax",
            Activation::LogSoftmax { .. } => "LogSoftmax",
        }
    }

    /// Applies the function.
    ///
    /// # Errors
    /// The operator's.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        match *self {
            Activation::Relu => x.relu(),
            Activation::Gelu { tanh } => {
                call_one("gelu", vec![x.into(), if tanh { "tanh" } else { "none" }.into()])
            }
            Activation::Sigmoid => x.sigmoid(),
            Activation::Tanh => x.tanh(),
            Activation::LeakyRelu { negative_slope } => {
                call_one("leaky_relu", vec![x.into(), Arg::from(negative_slope)])
            }
            Activation::Softmax { dim } => x.softmax(dim),
            Activation::LogSoftmax { dim } => x.log_softmax(dim),
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        match *self {
            Activation::Gelu { tanh } => out.bool(tanh),
            Activation::LeakyRelu { negative_slope } => out.f64(negative_slope),
            Activation::Softmax { dim } | Activation::LogSoftmax { dim } => out.u64(dim as u64),
            Activation::Relu | Activation::Sigmoid | Activation::Tanh => {}
        }
    }

    pub(crate) fn read(name: &str, reader: &mut Reader<'_>) -> Result<Activation> {
        Ok(match name {
            "ReLU" => Activation::Relu,
            "GELU" => Activation::Gelu { tanh: reader.bool()? },
            "Sigmoid" => Activation::Sigmoid,
            "Tanh" => Activation::Tanh,
            "LeakyReLU" => Activation::LeakyRelu { negative_slope: reader.f64()? },
            "Softmax" => Activation::Softmax { dim: reader.u64()? as i64 },
            "LogSoftmax" => Activation::LogSoftmax { dim: reader.u64()? as i64 },
            other => return Err(reader.refuse("a module's name", other)),
        })
    }
}
