//! A fully connected layer.

use autograd::{Generator, Result, Variable};

use crate::codec::{Reader, Writer};
use crate::init::{bias_uniform, kaiming_uniform};

/// `x Wᵀ + b` over the last dimension; W is `[out_features, in_features]`.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Weights.
    pub weight: Variable,
    /// Bias, if the layer has one.
    pub bias: Option<Variable>,
}

impl Linear {
    /// A layer with PyTorch's initial draws: weights, then bias, uniform in ±1/√in_features.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn new(in_features: usize, out_features: usize, bias: bool, generator: &Generator) -> Result<Linear> {
        let sizes = [out_features as i64, in_features as i64];
        let weight = Variable::parameter(kaiming_uniform(&sizes, in_features, generator)?)?;
        let bias = if bias {
            Some(Variable::parameter(bias_uniform(out_features, in_features, generator)?)?)
        } else {
            None
        };
        Ok(Linear { weight, bias })
    }

    /// Applies the layer.
    ///
    /// # Errors
    /// `RuntimeError` if the last size is not `in_features`, or for another dtype.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        autograd::call_one("linear", vec![x.into(), (&self.weight).into(), self.bias.as_ref().into()])
    }

    pub(crate) fn write(&self, out: &mut Writer) -> Result<()> {
        out.tensor(self.weight.data())?;
        out.maybe_tensor(self.bias.as_ref().map(Variable::data))
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Linear> {
        let weight = reader.tensor()?;
        let bias = reader.maybe_tensor()?;
        let fits = weight.dim() == 2 && bias.as_ref().is_none_or(|b| b.sizes() == &weight.sizes()[..1]);
        if !fits {
            return Err(reader.refuse("a weight matrix and its bias", &format!("{:?}", weight.sizes())));
        }
        Ok(Linear { weight: Variable::parameter(weight)?, bias: bias.map(Variable::parameter).transpose()? })
    }
}
