//! Activations. Where one has a kink, its gradient there is PyTorch's.

use autograd::{Composite, DType, Error, Result, Scalar, Variable, call_one};

use super::arguments::{Given, choose, maybe_in_place};
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.relu(Tensor input, bool inplace=False) -> Tensor",
        body: |a| maybe_in_place(a, 1, Variable::relu),
    },
    Composite {
        schema: "nn.functional.relu6(Tensor input, bool inplace=False) -> Tensor",
        body: |a| maybe_in_place(a, 1, |x| hardtanh(x, 0.0, 6.0)),
    },
    Composite {
        schema: "nn.functional.hardtanh(Tensor input, float min_val=-1., float max_val=1., bool inplace=False) -> Tensor",
        body: |a| {
            let (low, high) = (a.float(1)?, a.float(2)?);
            if low > high {
                return Err(Error::value("hardtanh", "min_val cannot be greater than max_val"));
            }
            maybe_in_place(a, 3, |x| hardtanh(x, low, high))
        },
    },
    Composite {
        schema: "nn.functional.leaky_relu(Tensor input, float negative_slope=0.01, bool inplace=False) -> Tensor",
        body: |a| {
            let slope = a.float(1)?;
            maybe_in_place(a, 2, |x| leaky_relu(x, slope))
        },
    },
    Composite {
        schema: "nn.functional.elu(Tensor input, float alpha=1., bool inplace=False) -> Tensor",
        body: |a| {
            let alpha = a.float(1)?;
            maybe_in_place(a, 2, |x| elu(x, alpha, 1.0, 1.0))
        },
    },
    Composite {
        schema: "nn.functional.celu(Tensor input, float alpha=1., bool inplace=False) -> Tensor",
        body: |a| {
            let alpha = a.float(1)?;
            if alpha == 0.0 {
                return Err(Error::runtime("celu", "ZeroDivisionError: alpha cannot be 0 for CELU"));
            }
            maybe_in_place(a, 2, |x| elu(x, alpha, 1.0, 1.0 / alpha))
        },
    },
    Composite {
        schema: "nn.functional.selu(Tensor input, bool inplace=False) -> Tensor",
        // The constants of Klambauer et al., "Self-Normalizing Neural Networks".
        body: |a| maybe_in_place(a, 1, |x| elu(x, SELU_ALPHA, SELU_SCALE, 1.0)),
    },
    Composite {
        schema: "nn.functional.gelu(Tensor input, *, str approximate=\"none\") -> Tensor",
        body: |a| {
            let approximate = a.text(1)?.unwrap_or("none");
            one(call_one("gelu", vec![a.tensor(0)?.into(), approximate.into()]))
        },
    },
    Composite {
        schema: "nn.functional.silu(Tensor input, bool inplace=False) -> Tensor",
        body: |a| maybe_in_place(a, 1, Variable::silu),
    },
    Composite {
        schema: "nn.functional.mish(Tensor input, bool inplace=False) -> Tensor",
        body: |a| maybe_in_place(a, 1, |x| x.mul(&softplus(x, 1.0.into(), 20.0.into())?.tanh()?)),
    },
    Composite {
        schema: "nn.functional.hardswish(Tensor input, bool inplace=False) -> Tensor",
        body: |a| maybe_in_place(a, 1, hardswish),
    },
    Composite {
        schema: "nn.functional.hardsigmoid(Tensor input, bool inplace=False) -> Tensor",
        body: |a| maybe_in_place(a, 1, |x| hardtanh(&x.add(3.0)?, 0.0, 6.0)?.div(6.0)),
    },
    Composite {
        schema: "nn.functional.hardshrink(Tensor input, float lambd=0.5) -> Tensor",
        body: |a| {
            let (x, bound) = (a.tensor(0)?, a.float(1)?);
            let inside = x.data().ge(-bound)?.logical_and(&x.data().le(bound)?)?;
            one(choose(&inside, 0.0, x))
        },
    },
    Composite {
        schema: "nn.functional.softshrink(Tensor input, float lambd=0.5) -> Tensor",
        body: |a| {
            let (x, bound) = (a.tensor(0)?, a.float(1)?);
            if bound < 0.0 {
                let text = format!(
                    "lambda must be greater or equal to 0, but found to be {}.",
                    Scalar::Float(bound)
                );
                return Err(Error::runtime("softshrink", text));
            }
            let low = choose(&x.data().lt(-bound)?, &x.add(bound)?, &x.mul(0.0)?.detach())?;
            one(choose(&x.data().gt(bound)?, &x.sub(bound)?, &low))
        },
    },
    Composite {
        schema: "nn.functional.softplus(Tensor input, Scalar beta=1, Scalar threshold=20) -> Tensor",
        body: |a| one(softplus(a.tensor(0)?, a.scalar(1)?, a.scalar(2)?)),
    },
    Composite {
        schema: "nn.functional.softsign(Tensor input) -> Tensor",
        body: |a| one(a.tensor(0)?.div(&a.tensor(0)?.abs()?.add(1i64)?)),
    },
    Composite {
        schema: "nn.functional.tanhshrink(Tensor input) -> Tensor",
        body: |a| one(a.tensor(0)?.sub(&a.tensor(0)?.tanh()?)),
    },
    Composite {
        schema: "nn.functional.threshold(Tensor input, float threshold, float value, bool inplace=False) -> Tensor",
        body: |a| {
            let (threshold, value) = (a.float(1)?, a.float(2)?);
            maybe_in_place(a, 3, |x| match x.dtype() {
                DType::Bool => {
                    let text = "\"threshold_cpu\" not implemented for 'Bool'";
                    Err(Error::not_implemented("threshold", text))
                }
                dtype if dtype.is_float() => choose(&x.data().le(threshold)?, value, x),
                _ => choose(&x.data().le(threshold as i64)?, value as i64, x),
            })
        },
    },
    Composite {
        schema: "nn.functional.logsigmoid(Tensor input) -> Tensor",
        body: |a| one(call_one("log_sigmoid", vec![a.tensor(0)?.into()])),
    },
    Composite {
        schema: "nn.functional.prelu(Tensor input, Tensor weight) -> Tensor",
        body: |a| one(prelu(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "nn.functional.rrelu(Tensor input, float lower=0.125, float upper=0.33333333333333331, bool \
                 training=False, bool inplace=False, *, Generator? generator=None) -> Tensor",
        body: |a| {
            let (lower, upper, training) = (a.float(1)?, a.float(2)?, a.bool(3)?);
            maybe_in_place(a, 4, |x| {
                if lower > upper {
                    let text = "Lower bound should be less than or equal to the upper bound";
                    return Err(Error::runtime("rrelu", text));
                }
                // The mean slope where none is drawn.
                if !training {
                    return leaky_relu(x, (lower + upper) / 2.0);
                }
                x.mul(&super::dropout::slopes(x, lower, upper, a.generator(5)?)?)
            })
        },
    },
    Composite { schema: "nn.functional.glu(Tensor input, int dim=-1) -> Tensor", body: |a| one(glu(a)) },
    Composite {
        schema: "nn.functional.softmin(Tensor input, int? dim=None, int _stacklevel=3, ScalarType? dtype=None) -> Tensor",
        body: |a| {
            let dim = softmax_dim(a)?;
            one(call_one("softmax.int", vec![(&a.tensor(0)?.neg()?).into(), dim.into(), a.dtype(3)?.into()]))
        },
    },
    Composite {
        schema: "nn.functional.softmax(Tensor input, int? dim=None, int _stacklevel=3, ScalarType? dtype=None) -> Tensor",
        body: |a| {
            let dim = softmax_dim(a)?;
            one(call_one("softmax.int", vec![a.tensor(0)?.into(), dim.into(), a.dtype(3)?.into()]))
        },
    },
    Composite {
        schema: "nn.functional.log_softmax(Tensor input, int? dim=None, int _stacklevel=3, ScalarType? dtype=None) -> Tensor",
        body: |a| {
            let dim = softmax_dim(a)?;
            one(call_one("log_softmax.int", vec![a.tensor(0)?.into(), dim.into(), a.dtype(3)?.into()]))
        },
    },
    Composite {
        schema: "_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
        body: |a| {
            let x = a.tensor(0)?;
            let x = a.dtype(2)?.map_or(Ok(x.clone()), |dtype| x.to_dtype(dtype))?;
            one(super::attention::safe_softmax(&x, a.int(1)?))
        },
    },
    Composite {
        schema: "_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor",
        body: |a| {
            let weighed = a.tensor(0)?.mul(a.tensor(1)?)?;
            let total = weighed.sum_dims(&[a.int(2)?], true)?;
            let grad = weighed.sub(&a.tensor(1)?.mul(&total)?)?;
            one(a.dtype(3)?.map_or(Ok(grad.clone()), |dtype| grad.to_dtype(dtype)))
        },
    },
    Composite { schema: "nn.functional.tanh(Tensor input) -> Tensor", body: |a| one(a.tensor(0)?.tanh()) },
    Composite {
        schema: "nn.functional.sigmoid(Tensor input) -> Tensor",
        body: |a| one(a.tensor(0)?.sigmoid()),
    },
];

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

/// PyTorch's choice where no dimension is named.
fn softmax_dim(a: &Given<'_>) -> Result<i64> {
    Ok(match (a.int_or_none(1)?, a.tensor(0)?.dim()) {
        (Some(dim), _) => dim,
        (None, 0 | 1 | 3) => 0,
        (None, _) => 1,
    })
}

/// Bounded from both sides; no gradient at the bounds.
fn hardtanh(x: &Variable, low: f64, high: f64) -> Result<Variable> {
    if x.dtype() == DType::Bool {
        return Err(Error::not_implemented("hardtanh", "Bool inputs not supported for hardtanh"));
    }
    if !x.dtype().is_float() {
        let bounds = [low, high].map(|bound| Some(Scalar::Int(bound as i64)));
        // An unsigned type has no number below 0.
        let low = bounds[0]
            .map(|low| if x.dtype() == DType::U8 { Scalar::Int(low.to_f64().max(0.0) as i64) } else { low });
        return x.clamp(low, bounds[1]);
    }
    let upper = choose(&x.data().ge(high)?, high, x)?;
    choose(&x.data().le(low)?, low, &upper)
}

fn leaky_relu(x: &Variable, slope: f64) -> Result<Variable> {
    call_one("leaky_relu", vec![x.into(), slope.into()])
}

fn elu(x: &Variable, alpha: f64, scale: f64, input_scale: f64) -> Result<Variable> {
    call_one("elu", vec![x.into(), alpha.into(), scale.into(), input_scale.into()])
}

pub(super) fn softplus(x: &Variable, beta: Scalar, threshold: Scalar) -> Result<Variable> {
    call_one("softplus", vec![x.into(), beta.into(), threshold.into()])
}

fn hardswish(x: &Variable) -> Result<Variable> {
    let inner = x.mul(&x.add(3.0)?)?.div(6.0)?;
    let upper = choose(&x.data().ge(3.0)?, x, &inner)?;
    choose(&x.data().le(-3.0)?, 0.0, &upper)
}

/// x where positive, `weight * x` elsewhere, with one weight for all channels (dimension 1) or one for each.
fn prelu(x: &Variable, weight: &Variable) -> Result<Variable> {
    if weight.dim() > 1 {
        let text =
            format!("prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {}", weight.dim());
        return Err(Error::runtime("prelu", text).shapes(&[weight.sizes()]));
    }
    let count = weight.numel();
    if count != 1 {
        let channels = if x.dim() > 1 { x.sizes()[1] } else { 1 };
        if x.dim() == 0 {
            return Err(Error::runtime("prelu", "Not allow zero-dim input tensor."));
        }
        if channels != count {
            let text = format!(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = {count} and channel \
                 size = {channels}."
            );
            return Err(Error::runtime("prelu", text).shapes(&[x.sizes(), weight.sizes()]));
        }
    }
    let mut sizes = vec![1i64; x.dim()];
    if let Some(size) = sizes.get_mut(1) {
        *size = count as i64;
    }
    choose(&x.data().gt(0.0)?, x, &x.mul(&weight.reshape(&sizes)?)?)
}

/// The first half of a dimension times the sigmoid of the second.
fn glu(a: &Given<'_>) -> Result<Variable> {
    let (x, dim) = (a.tensor(0)?, a.int(1)?);
    if x.dim() == 0 {
        return Err(Error::runtime("glu", "glu does not support 0-dimensional tensors"));
    }
    let size = x.data().size(dim)?;
    if !size.is_multiple_of(2) {
        let wrapped = if dim < 0 { dim + x.dim() as i64 } else { dim };
        let text = format!("Halving dimension must be even, but dimension {wrapped} is size {size}");
        return Err(Error::runtime("glu", text).shapes(&[x.sizes()]));
    }
    let half = (size / 2) as i64;
    let gate = x.narrow(dim, half, half)?.sigmoid()?;
    x.narrow(dim, 0, half)?.mul(&gate)
}
