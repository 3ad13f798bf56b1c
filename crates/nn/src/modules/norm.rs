//! Normalisation layers.

use autograd::{DType, Result, Scalar, Tensor, Variable};

use crate::codec::{Reader, Writer};

/// Options of a normalisation layer; the defaults are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormOptions {
    /// Added to the variance.
    pub eps: f64,
    /// Weight of the newest batch in running statistics; `None` averages all batches.
    pub momentum: Option<f64>,
    /// Whether the layer has a weight and a bias.
    pub affine: bool,
}

impl Default for NormOptions {
    fn default() -> Self {
        NormOptions { eps: 1e-5, momentum: Some(0.1), affine: true }
    }
}

fn affine(sizes: &[i64], wanted: bool) -> Result<(Option<Variable>, Option<Variable>)> {
    if !wanted {
        return Ok((None, None));
    }
    let weight = Variable::parameter(Tensor::ones(sizes, DType::F32)?)?;
    let bias = Variable::parameter(Tensor::zeros(sizes, DType::F32)?)?;
    Ok((Some(weight), Some(bias)))
}

fn write_pair(out: &mut Writer, pair: [&Option<Variable>; 2]) -> Result<()> {
    pair.into_iter().try_for_each(|v| out.maybe_tensor(v.as_ref().map(Variable::data)))
}

fn read_parameter(reader: &mut Reader<'_>) -> Result<Option<Variable>> {
    reader.maybe_tensor()?.map(Variable::parameter).transpose()
}

/// Normalises the last dimensions of each entry.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Sizes of the dimensions that are normalised.
    pub normalized_shape: Vec<i64>,
    /// Added to the variance.
    pub eps: f64,
    /// Scale.
    pub weight: Option<Variable>,
    /// Shift.
    pub bias: Option<Variable>,
}

impl LayerNorm {
    /// A layer over these last sizes; momentum is not used.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size.
    pub fn new(normalized_shape: &[i64], options: NormOptions) -> Result<LayerNorm> {
        let (weight, bias) = affine(normalized_shape, options.affine)?;
        Ok(LayerNorm { normalized_shape: normalized_shape.to_vec(), eps: options.eps, weight, bias })
    }

    /// Applies the layer.
    ///
    /// # Errors
    /// `RuntimeError` if the last sizes differ.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        crate::layer_norm(x, &self.normalized_shape, self.weight.as_ref(), self.bias.as_ref(), self.eps)
    }

    pub(crate) fn write(&self, out: &mut Writer) -> Result<()> {
        out.u64(self.normalized_shape.len() as u64);
        self.normalized_shape.iter().for_each(|&s| out.u64(s as u64));
        out.f64(self.eps);
        write_pair(out, [&self.weight, &self.bias])
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<LayerNorm> {
        let count = reader.u64()?;
        let mut normalized_shape = Vec::new();
        for _ in 0..count {
            normalized_shape.push(reader.u64()? as i64);
        }
        let eps = reader.f64()?;
        Ok(LayerNorm {
            normalized_shape,
            eps,
            weight: read_parameter(reader)?,
            bias: read_parameter(reader)?,
        })
    }
}

/// Normalises each channel over the batch, and by running statistics in evaluation.
#[derive(Clone, Debug)]
pub struct BatchNorm1d {
    /// Number of channels.
    pub features: usize,
    /// Added to the variance.
    pub eps: f64,
    /// Weight of the newest batch; `None` averages all batches.
    pub momentum: Option<f64>,
    /// Scale.
    pub weight: Option<Variable>,
    /// Shift.
    pub bias: Option<Variable>,
    /// Whether the batch's own statistics are used.
    pub training: bool,
    running_mean: Tensor,
    running_var: Tensor,
    batches: Tensor,
}

impl BatchNorm1d {
    /// A layer over channels.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn new(features: usize, options: NormOptions) -> Result<BatchNorm1d> {
        let sizes = [features as i64];
        let (weight, bias) = affine(&sizes, options.affine)?;
        Ok(BatchNorm1d {
            features,
            eps: options.eps,
            momentum: options.momentum,
            weight,
            bias,
            training: true,
            running_mean: Tensor::zeros(&sizes, DType::F32)?,
            running_var: Tensor::ones(&sizes, DType::F32)?,
            batches: Tensor::scalar(Scalar::Int(0), DType::I64),
        })
    }

    /// Applies the layer to `[N, C]` or `[N, C, L]`.
    ///
    /// # Errors
    /// `ValueError` for other ranks, or a single value per channel while training.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        if !matches!(x.dim(), 2 | 3) {
            let text = format!("expected 2D or 3D input (got {}D input)", x.dim());
            return Err(autograd::Error::value("batch_norm", text).shapes(&[x.sizes()]));
        }
        let mut momentum = self.momentum.unwrap_or(0.0);
        if self.training {
            crate::norm::refuse_single(x)?;
            self.batches.add_(1i64, Scalar::Int(1))?;
            momentum = self.momentum.unwrap_or(1.0 / self.batches.item()?.to_f64());
        }
        crate::norm::batch_norm(
            x,
            [self.weight.as_ref(), self.bias.as_ref()],
            Some((&self.running_mean, &self.running_var)),
            self.training,
            momentum,
            self.eps,
        )
    }

    pub(crate) fn buffers_mut(&mut self) -> [&mut Tensor; 3] {
        [&mut self.running_mean, &mut self.running_var, &mut self.batches]
    }

    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        let named = [
            ("running_mean", &self.running_mean),
            ("running_var", &self.running_var),
            ("num_batches_tracked", &self.batches),
        ];
        named.map(|(name, t)| (name.to_string(), t.clone())).to_vec()
    }

    pub(crate) fn write(&self, out: &mut Writer) -> Result<()> {
        out.u64(self.features as u64);
        out.f64(self.eps);
        out.bool(self.momentum.is_some());
        out.f64(self.momentum.unwrap_or(0.0));
        out.bool(self.training);
        write_pair(out, [&self.weight, &self.bias])?;
        [&self.running_mean, &self.running_var, &self.batches].into_iter().try_for_each(|t| out.tensor(t))
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<BatchNorm1d> {
        let features =
            usize::try_from(reader.u64()?).map_err(|_| reader.refuse("a size", "a larger number"))?;
        let eps = reader.f64()?;
        let (has_momentum, momentum) = (reader.bool()?, reader.f64()?);
        Ok(BatchNorm1d {
            features,
            eps,
            momentum: has_momentum.then_some(momentum),
            training: reader.bool()?,
            weight: read_parameter(reader)?,
            bias: read_parameter(reader)?,
            running_mean: reader.tensor()?,
            running_var: reader.tensor()?,
            batches: reader.tensor()?,
        })
    }
}
