//! Normalisation by mean and variance, as PyTorch and as Python names it.

use autograd::{Arg, Composite, DType, Error, Result, Scalar, Tensor, Variable, call_one, custom, no_grad};

use super::arguments::{Given, signed};
use super::padding::constant_pad;
use super::{distance, one};
use crate::norm::{batch_norm, layer_norm, refuse_single};

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float \
                 eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
        body: |a| {
            let (weight, bias) = (a.tensor_or_none(2)?, a.tensor_or_none(3)?);
            one(layer_norm(a.tensor(0)?, &a.ints(1)?, weight, bias, a.float(4)?))
        },
    },
    Composite {
        schema: "native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> \
                 (Tensor, Tensor, Tensor)",
        body: |a| {
            let (x, shape, eps) = (a.tensor(0)?, a.ints(1)?, a.float(4)?);
            crate::norm::check_shape("native_layer_norm", x, &shape)?;
            let affine = [a.tensor_or_none(2)?, a.tensor_or_none(3)?];
            let (result, mean, scale) = crate::norm::normalized(x, &shape, affine, eps)?;
            Ok(vec![result, Variable::from(mean), Variable::from(scale)])
        },
    },
    Composite {
        schema: "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, \
                 bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
        body: |a| {
            let running = running(a, 3)?;
            let affine = [a.tensor_or_none(1)?, a.tensor_or_none(2)?];
            if a.bool(5)? {
                refuse_single(a.tensor(0)?)?;
            }
            one(batch_norm(a.tensor(0)?, affine, running, a.bool(5)?, a.float(6)?, a.float(7)?))
        },
    },
    Composite {
        schema: "nn.functional.batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight=None, \
                 Tensor? bias=None, bool training=False, float momentum=0.1, float eps=1e-05) -> Tensor",
        body: |a| {
            let running = running(a, 1)?;
            let affine = [a.tensor_or_none(3)?, a.tensor_or_none(4)?];
            if a.bool(5)? {
                refuse_single(a.tensor(0)?)?;
            }
            one(batch_norm(a.tensor(0)?, affine, running, a.bool(5)?, a.float(6)?, a.float(7)?))
        },
    },
    Composite {
        schema: "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? \
                 running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
        body: |a| with_statistics(a, running(a, 3)?, a.bool(5)?, [a.float(6)?, a.float(7)?]),
    },
    Composite {
        schema: "_native_batch_norm_legit(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) running_mean, \
                 Tensor(b!) running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
        body: |a| with_statistics(a, running(a, 3)?, a.bool(5)?, [a.float(6)?, a.float(7)?]),
    },
    Composite {
        schema: "_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias, bool training, float \
                 momentum, float eps) -> (Tensor, Tensor, Tensor)",
        body: |a| with_statistics(a, None, a.bool(3)?, [a.float(4)?, a.float(5)?]),
    },
    Composite {
        schema: "_batch_norm_with_update(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) running_mean, \
                 Tensor(b!) running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor)",
        body: |a| {
            let mut results = with_statistics(a, running(a, 3)?, true, [a.float(5)?, a.float(6)?])?;
            // Memory that other backends reserve for the backward pass.
            results.push(Variable::from(Tensor::zeros(&[0], DType::U8)?));
            Ok(results)
        },
    },
    Composite {
        schema: "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float \
                 eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
        body: |a| {
            let affine = [a.tensor_or_none(2)?, a.tensor_or_none(3)?];
            one(Ok(group_norm(a.tensor(0)?, a.int(1)?, affine, a.float(4)?)?.0))
        },
    },
    Composite {
        schema: "native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int \
                 group, float eps) -> (Tensor, Tensor, Tensor)",
        body: |a| {
            let affine = [a.tensor_or_none(1)?, a.tensor_or_none(2)?];
            let (result, mean, scale) = group_norm(a.tensor(0)?, a.int(6)?, affine, a.float(7)?)?;
            if mean.requires_grad() {
                return Ok(vec![result, mean, scale]);
            }
            // One node makes all three results in PyTorch: they want a gradient where any input does.
            let inputs: Vec<&Variable> = affine.into_iter().flatten().collect();
            let count = inputs.len();
            let statistics = vec![mean.into_data(), scale.into_data()];
            let nothing = Box::new(move |_: &[Option<Tensor>]| Ok(vec![None; count]));
            let statistics = custom("NativeGroupNormBackward0", &inputs, statistics, nothing);
            Ok([vec![result], statistics].concat())
        },
    },
    Composite {
        schema: "nn.functional.instance_norm(Tensor input, Tensor? running_mean=None, Tensor? running_var=None, Tensor? \
                 weight=None, Tensor? bias=None, bool use_input_stats=True, float momentum=0.1, float eps=1e-05) -> \
                 Tensor",
        body: |a| one(instance_norm(a)),
    },
    Composite {
        schema: "nn.functional.local_response_norm(Tensor input, int size, float alpha=0.0001, float beta=0.75, float \
                 k=1.) -> Tensor",
        body: |a| one(local_response_norm(a)),
    },
    Composite {
        schema: "rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor",
        body: |a| {
            let (x, shape) = (a.tensor(0)?, a.ints(1)?);
            crate::norm::check_shape("rms_norm", x, &shape)?;
            let epsilon = if x.dtype() == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
            let eps = a.scalar_or_none(3)?.map_or(epsilon, Scalar::to_f64);
            let dims: Vec<i64> = (1..=shape.len() as i64).map(|d| -d).collect();
            let result = x.mul(&x.square()?.mean_dims(&dims, true)?.add(eps)?.rsqrt()?)?;
            one(a.tensor_or_none(2)?.map_or(Ok(result.clone()), |weight| result.mul(weight)))
        },
    },
    Composite {
        schema: "nn.functional.normalize(Tensor input, float p=2., int dim=1, float eps=1e-12) -> Tensor",
        body: |a| {
            let x = a.tensor(0)?;
            let length = distance::norm(x, a.float(1)?, a.int(2)?, true)?;
            let bound = Arg::Scalar(Scalar::Float(a.float(3)?));
            one(x.div(&call_one("clamp_min", vec![(&length).into(), bound])?))
        },
    },
];

/// Running statistics at two arguments.
fn running<'a>(a: &Given<'a>, at: usize) -> Result<Option<(&'a Tensor, &'a Tensor)>> {
    Ok(a.tensor_or_none(at)?.zip(a.tensor_or_none(at + 1)?).map(|(mean, var)| (mean.data(), var.data())))
}

/// The normalised batch, and while training its means and the factors that scale it.
fn with_statistics(
    a: &Given<'_>,
    running: Option<(&Tensor, &Tensor)>,
    training: bool,
    [momentum, eps]: [f64; 2],
) -> Result<Vec<Variable>> {
    let x = a.tensor(0)?;
    let result =
        batch_norm(x, [a.tensor_or_none(1)?, a.tensor_or_none(2)?], running, training, momentum, eps)?;
    let [mean, scale] = if training {
        let dims: Vec<i64> = (0..x.dim() as i64).filter(|&d| d != 1).collect();
        [x.data().mean_dims(&dims, false, None)?, x.data().var(&dims, 0.0, false)?.add(eps)?.rsqrt()?]
    } else {
        [Tensor::zeros(&[0], x.dtype())?, Tensor::zeros(&[0], x.dtype())?]
    };
    Ok(vec![result, Variable::from(mean), Variable::from(scale)])
}

/// A vector over channels, spread over an image of `dims` dimensions.
fn by_channel(v: &Variable, dims: usize) -> Result<Variable> {
    let mut sizes = vec![1i64; dims];
    if let Some(size) = sizes.get_mut(1) {
        *size = v.numel() as i64;
    }
    v.reshape(&sizes)
}

fn scale_and_shift(x: Variable, [weight, bias]: [Option<&Variable>; 2]) -> Result<Variable> {
    let dims = x.dim();
    let x = weight.map_or(Ok(x.clone()), |w| x.mul(&by_channel(w, dims)?))?;
    bias.map_or(Ok(x.clone()), |b| x.add(&by_channel(b, dims)?))
}

/// Each image's groups of channels by their own mean and variance; these and the scale have one entry a group.
fn group_norm(
    x: &Variable,
    groups: i64,
    affine: [Option<&Variable>; 2],
    eps: f64,
) -> Result<(Variable, Variable, Variable)> {
    const OP: &str = "group_norm";
    let [images, channels, ..] = *x.sizes() else {
        let text = format!("Expected at least 2 dimensions for input tensor but received {}", x.dim());
        return Err(Error::runtime(OP, text).shapes(&[x.sizes()]));
    };
    let (images, channels) = (images as i64, channels as i64);
    if groups <= 0 || channels % groups != 0 {
        let text = if groups <= 0 {
            format!("Expected num groups to be greater than 0, got {groups}")
        } else {
            format!(
                "Expected number of channels in input to be divisible by num_groups, but got input of shape {:?} and \
                 num_groups={groups}",
                x.sizes()
            )
        };
        return Err(Error::runtime(OP, text).shapes(&[x.sizes()]));
    }
    for (name, v) in ["weight", "bias"].into_iter().zip(affine) {
        if let Some(v) = v.filter(|v| v.sizes() != [channels as usize]) {
            let text = format!(
                "Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape \
                 {:?} and input of shape {:?}",
                v.sizes(),
                x.sizes()
            );
            return Err(Error::runtime(OP, text).shapes(&[v.sizes(), x.sizes()]));
        }
    }
    let each = x.numel() as i64 / (images * groups).max(1);
    let rows = x.reshape(&[images, groups, each])?;
    let mean = rows.mean_dims(&[2], false)?;
    let scale = rows.var(&[2], 0, false)?.add(eps)?.rsqrt()?;
    // Spread over channels, so that the image keeps its order in memory.
    let spread = |v: &Variable| -> Result<Variable> {
        let wide = v.unsqueeze(2)?.expand(&[images, groups, channels / groups])?;
        let mut sizes = vec![1i64; x.dim()];
        sizes[..2].copy_from_slice(&[images, channels]);
        wide.reshape(&sizes)
    };
    let result = x.sub(&spread(&mean)?)?.mul(&spread(&scale)?)?;
    Ok((scale_and_shift(result, affine)?, mean, scale))
}

/// Each channel of each image by its own mean and variance, or by the running ones, which are updated by the mean over
/// images.
fn instance_norm(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "instance_norm";
    let (x, by_input) = (a.tensor(0)?, a.bool(5)?);
    let (momentum, eps) = (a.float(6)?, a.float(7)?);
    let running = running(a, 1)?;
    if x.dim() < 3 {
        let text = format!("Expected at least 3 dimensions, but got input of size {:?}", x.sizes());
        return Err(Error::runtime(OP, text).shapes(&[x.sizes()]));
    }
    let plane: usize = x.sizes()[2..].iter().product();
    if by_input && plane == 1 {
        let text = format!(
            "Expected more than 1 spatial element when training, got input size torch.Size({:?})",
            x.sizes()
        );
        return Err(Error::value(OP, text).shapes(&[x.sizes()]));
    }
    let dims: Vec<i64> = (2..x.dim() as i64).collect();
    let affine = [a.tensor_or_none(3)?, a.tensor_or_none(4)?];
    let (mean, variance) = match (by_input, running) {
        (true, _) => {
            let (mean, variance) = (x.mean_dims(&dims, true)?, x.var(&dims, 0, true)?);
            if let Some((kept_mean, kept_variance)) = running {
                no_grad(|| -> Result<()> {
                    let unbiased = x.data().var(&dims, 1.0, true)?;
                    for (kept, new) in [(kept_mean, mean.data()), (kept_variance, &unbiased)] {
                        let new = new.mean_dims(&[0], false, None)?.reshape(&[-1])?;
                        kept.copy_(&kept.mul(1.0 - momentum)?.add(&new.mul(momentum)?)?)?;
                    }
                    Ok(())
                })?;
            }
            (mean, variance)
        }
        (false, Some((mean, variance))) => {
            let copy = |t: &Tensor| by_channel(&Variable::from(t.copy()?), x.dim());
            (copy(mean)?, copy(variance)?)
        }
        (false, None) => {
            let text = "Expected running_mean and running_var to be defined when use_input_stats is false";
            return Err(Error::runtime(OP, text));
        }
    };
    scale_and_shift(x.sub(&mean)?.mul(&variance.add(eps)?.rsqrt()?)?, affine)
}

/// x / (k + alpha · mean of x² over neighbouring channels)^beta (Krizhevsky et al.).
fn local_response_norm(a: &Given<'_>) -> Result<Variable> {
    let (x, size) = (a.tensor(0)?, a.int(1)?);
    if x.dim() < 3 {
        let text = format!("Expected 3D or higher dimensionality input (got {} dimensions)", x.dim());
        return Err(Error::value("local_response_norm", text).shapes(&[x.sizes()]));
    }
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let sizes = signed(x.sizes());
    // Channels as the rows of an image whose columns are the plane.
    let square = x.square()?.reshape(&[sizes[0], 1, sizes[1], -1])?;
    let around = constant_pad(&square, &[0, 0, size / 2, (size - 1) / 2], 0i64.into())?;
    let args = vec![
        (&around).into(),
        Arg::Ints(vec![size, 1]),
        Arg::Ints(vec![1, 1]),
        Arg::Ints(vec![0, 0]),
        false.into(),
        true.into(),
        Arg::None,
    ];
    let mean = call_one("avg_pool2d", args)?.reshape(&sizes)?;
    x.div(&mean.mul(a.float(2)?)?.add(a.float(4)?)?.pow(a.float(3)?)?)
}
