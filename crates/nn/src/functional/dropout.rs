//! Random zeroing. The draws are PyTorch's: 53 bits for each element, in row-major order.

use autograd::{Composite, DType, Error, Generator, Result, Scalar, Tensor, Variable};

use super::arguments::{Given, maybe_in_place};
use super::one;

/// α of the self-normalising networks (Klambauer et al.), times their scale.
const ALPHA: f64 = 1.758_099_340_847_376_6;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.dropout(Tensor input, float p=0.5, bool training=True, bool inplace=False, *, \
                 Generator? generator=None) -> Tensor",
        body: |a| drop(a, "dropout", |x, p, g| scaled(x, p, noise(x.sizes(), x.dtype(), p, g)?)),
    },
    Composite {
        schema: "nn.functional.dropout1d(Tensor input, float p=0.5, bool training=True, bool inplace=False, *, \
                 Generator? generator=None) -> Tensor",
        body: |a| {
            if !matches!(a.tensor(0)?.dim(), 2 | 3) {
                let text = format!(
                    "dropout1d: Expected 2D or 3D input, but received a {}D input. Note that dropout1d exists to provide \
                     channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch \
                     dimension (i.e. 2D or 3D inputs).",
                    a.tensor(0)?.dim()
                );
                return Err(Error::runtime("dropout1d", text));
            }
            drop(a, "dropout1d", |x, p, g| channels(x, p, g, 2))
        },
    },
    Composite {
        schema: "nn.functional.dropout2d(Tensor input, float p=0.5, bool training=True, bool inplace=False, *, \
                 Generator? generator=None) -> Tensor",
        // PyTorch takes three dimensions for images with channels and no rows.
        body: |a| drop(a, "dropout2d", |x, p, g| channels(x, p, g, 0)),
    },
    Composite {
        schema: "nn.functional.dropout3d(Tensor input, float p=0.5, bool training=True, bool inplace=False, *, \
                 Generator? generator=None) -> Tensor",
        body: |a| drop(a, "dropout3d", |x, p, g| channels(x, p, g, 4)),
    },
    Composite {
        schema: "nn.functional.alpha_dropout(Tensor input, float p=0.5, bool training=False, bool inplace=False, *, \
                 Generator? generator=None) -> Tensor",
        body: |a| drop(a, "alpha_dropout", |x, p, g| alpha(x, p, noise(x.sizes(), x.dtype(), p, g)?)),
    },
    Composite {
        schema: "nn.functional.feature_alpha_dropout(Tensor input, float p=0.5, bool training=False, bool \
                 inplace=False, *, Generator? generator=None) -> Tensor",
        body: |a| drop(a, "feature_alpha_dropout", |x, p, g| alpha(x, p, channel_noise(x, p, g)?)),
    },
    Composite {
        schema: "native_dropout_backward(Tensor grad_output, Tensor mask, float scale) -> Tensor",
        body: |a| {
            let (grad, mask) = (a.tensor(0)?, a.tensor(1)?);
            one(grad.mul(&mask.to_dtype(grad.dtype())?)?.mul(a.float(2)?))
        },
    },
];

/// Checks the probability and drops while training; without a zero to draw the input itself is the result.
fn drop(
    a: &Given<'_>,
    operator: &'static str,
    f: impl FnOnce(&Variable, f64, &Generator) -> Result<Variable>,
) -> Result<Vec<Variable>> {
    let (x, p) = (a.tensor(0)?, a.float(1)?);
    if !(0.0..=1.0).contains(&p) {
        let text = format!("dropout probability has to be between 0 and 1, but got {}", Scalar::Float(p));
        return Err(Error::value(operator, text).expected("[0, 1]").found(p.to_string()));
    }
    if p == 0.0 || !a.bool(2)? || x.numel() == 0 {
        return Ok(vec![x.clone()]);
    }
    if p == 1.0 {
        return maybe_in_place(a, 3, |x| x.mul(&Variable::from(Tensor::scalar(Scalar::Int(0), x.dtype()))));
    }
    let generator = a.generator(4)?;
    maybe_in_place(a, 3, |x| f(x, p, generator))
}

/// 0 with probability p, else 1.
fn noise(sizes: &[usize], dtype: DType, p: f64, generator: &Generator) -> Result<Tensor> {
    Tensor::bernoulli_p(sizes, 1.0 - p, dtype, generator)
}

/// One draw for each entry of the first two dimensions.
fn channel_noise(x: &Variable, p: f64, generator: &Generator) -> Result<Tensor> {
    if x.dim() < 2 {
        return Err(Error::runtime(
            "feature_dropout",
            "Feature dropout requires at least 2 dimensions in the input",
        ));
    }
    let sizes: Vec<usize> =
        x.sizes().iter().enumerate().map(|(d, &size)| if d < 2 { size } else { 1 }).collect();
    noise(&sizes, x.dtype(), p, generator)
}

fn scaled(x: &Variable, p: f64, noise: Tensor) -> Result<Variable> {
    x.mul(&Variable::from(noise.div(1.0 - p)?))
}

/// Whole channels at once. An input of `unbatched` dimensions is one image.
fn channels(x: &Variable, p: f64, generator: &Generator, unbatched: usize) -> Result<Variable> {
    if x.dim() == unbatched {
        let image = x.unsqueeze(0)?;
        return scaled(&image, p, channel_noise(&image, p, generator)?)?.squeeze_dim(0);
    }
    scaled(x, p, channel_noise(x, p, generator)?)
}

/// Dropped elements become the negative saturation value; the affine map keeps mean and variance.
fn alpha(x: &Variable, p: f64, noise: Tensor) -> Result<Variable> {
    let scale = 1.0 / ((ALPHA * ALPHA * p + 1.0) * (1.0 - p)).sqrt();
    let shift = noise.add(-1i64)?.mul(ALPHA * scale)?.add(ALPHA * scale * p)?;
    x.mul(&Variable::from(noise.mul(scale)?))?.add(&Variable::from(shift))
}

/// The slopes of a randomised leaky ReLU: 1 above zero, else uniform, drawn for those elements alone.
pub(super) fn slopes(x: &Variable, lower: f64, upper: f64, generator: &Generator) -> Result<Variable> {
    let values: Vec<f64> = x
        .data()
        .to_vec_as::<f64>()?
        .into_iter()
        .map(|x| if x <= 0.0 { generator.uniform_f64() * (upper - lower) + lower } else { 1.0 })
        .collect();
    Ok(Variable::from(Tensor::from_vec(values, x.sizes())?.to_dtype(x.dtype())?))
}
