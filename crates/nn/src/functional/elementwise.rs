//! Losses of one element against another, as Python names them.

use autograd::{Arg, Composite, Error, Result, Scalar, Variable, call_one};

use super::arguments::{Given, choose, reduction, reduction_or_flags};
use super::{Reduction, loss, one};

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.l1_loss(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str \
                 reduction=\"mean\", Tensor? weight=None) -> Tensor",
        body: |a| {
            let losses = loss::l1_loss(a.tensor(0)?, a.tensor(1)?, Reduction::None)?;
            one(weighed(losses, a, a.tensor_or_none(5)?, reduction_or_flags(a, [4, 2, 3])?))
        },
    },
    Composite {
        schema: "nn.functional.mse_loss(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str \
                 reduction=\"mean\", Tensor? weight=None) -> Tensor",
        body: |a| {
            let losses = loss::mse_loss(a.tensor(0)?, a.tensor(1)?, Reduction::None)?;
            one(weighed(losses, a, a.tensor_or_none(5)?, reduction_or_flags(a, [4, 2, 3])?))
        },
    },
    Composite {
        schema: "nn.functional.smooth_l1_loss(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, \
                 str reduction=\"mean\", float beta=1.) -> Tensor",
        body: |a| {
            let reduction = reduction_or_flags(a, [4, 2, 3])?;
            one(loss::smooth_l1_loss(a.tensor(0)?, a.tensor(1)?, reduction, a.float(5)?))
        },
    },
    Composite {
        schema: "nn.functional.huber_loss(Tensor input, Tensor target, str reduction=\"mean\", float delta=1., Tensor? \
                 weight=None) -> Tensor",
        body: |a| {
            let losses = loss::huber_loss(a.tensor(0)?, a.tensor(1)?, Reduction::None, a.float(3)?)?;
            one(weighed(losses, a, a.tensor_or_none(4)?, reduction(a, 2)?))
        },
    },
    Composite {
        schema: "nn.functional.binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, bool? \
                 size_average=None, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let reduction = reduction_or_flags(a, [5, 3, 4])?;
            one(loss::binary_cross_entropy(a.tensor(0)?, a.tensor(1)?, a.tensor_or_none(2)?, reduction))
        },
    },
    Composite {
        schema: "nn.functional.binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, bool? \
                 size_average=None, bool? reduce=None, str reduction=\"mean\", Tensor? pos_weight=None) -> Tensor",
        body: |a| {
            let (weight, positive) = (a.tensor_or_none(2)?, a.tensor_or_none(6)?);
            let reduction = reduction_or_flags(a, [5, 3, 4])?;
            one(loss::binary_cross_entropy_with_logits(
                a.tensor(0)?,
                a.tensor(1)?,
                weight,
                positive,
                reduction,
            ))
        },
    },
    Composite {
        schema: "nn.functional.kl_div(Tensor input, Tensor target, bool? size_average=None, bool? reduce=None, str \
                 reduction=\"mean\", bool log_target=False) -> Tensor",
        body: |a| {
            let losses = divergence(a.tensor(0)?, a.tensor(1)?, a.bool(5)?)?;
            if a.text(4)? == Some("batchmean") {
                let images = a.tensor(0)?.sizes().first().copied().unwrap_or(1);
                return one(losses.sum()?.div(images as i64));
            }
            one(reduction_or_flags(a, [4, 2, 3])?.apply(losses))
        },
    },
    Composite {
        schema: "nn.functional.poisson_nll_loss(Tensor input, Tensor target, bool log_input=True, bool full=False, \
                 bool? size_average=None, float eps=1e-08, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let losses = poisson(a.tensor(0)?, a.tensor(1)?, a.bool(2)?, a.bool(3)?, a.float(5)?)?;
            one(reduction_or_flags(a, [7, 4, 6])?.apply(losses))
        },
    },
    Composite {
        schema: "nn.functional.gaussian_nll_loss(Tensor input, Tensor target, Any var, bool full=False, float eps=1e-06, \
                 str reduction=\"mean\") -> Tensor",
        body: |a| {
            let losses = gaussian(a)?;
            one(reduction(a, 5)?.apply(losses))
        },
    },
    Composite {
        schema: "nn.functional.hinge_embedding_loss(Tensor input, Tensor target, float margin=1., bool? \
                 size_average=None, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let (x, target) = (a.tensor(0)?, a.tensor(1)?.data());
            let far = x.rsub(a.float(2)?)?.clamp(Some(Scalar::Float(0.0)), None)?;
            // A target of 1 pulls together, of -1 pushes apart; any other does both.
            let far = choose(&target.ne(1i64)?, &far, 0.0)?;
            let near = choose(&target.ne(-1i64)?, x, 0.0)?;
            one(reduction_or_flags(a, [5, 3, 4])?.apply(far.add(&near)?))
        },
    },
    Composite {
        schema: "nn.functional.soft_margin_loss(Tensor input, Tensor target, bool? size_average=None, bool? \
                 reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let losses = a.tensor(0)?.mul(a.tensor(1)?)?.neg()?.exp()?.log1p()?;
            one(reduction_or_flags(a, [4, 2, 3])?.apply(losses))
        },
    },
];

/// The mean of weighed losses divides by the weights.
fn weighed(
    losses: Variable,
    a: &Given<'_>,
    weight: Option<&Variable>,
    reduction: Reduction,
) -> Result<Variable> {
    let Some(weight) = weight else { return reduction.apply(losses) };
    if weight.sizes() != a.tensor(0)?.sizes() {
        let text = "Weights and input must have the same size.";
        return Err(Error::value("loss", text).shapes(&[weight.sizes(), a.tensor(0)?.sizes()]));
    }
    let losses = losses.mul(weight)?;
    match reduction {
        Reduction::Mean => losses.sum()?.div(&weight.sum()?),
        other => other.apply(losses),
    }
}

/// t (log t - x), 0 where t is 0; or e^t (t - x) of logarithms.
fn divergence(x: &Variable, target: &Variable, logarithms: bool) -> Result<Variable> {
    if logarithms {
        return target.exp()?.mul(&target.sub(x)?);
    }
    let zero = target.data().eq(0i64)?;
    let safe = choose(&zero, &Variable::from(target.data().full_like(Scalar::Int(1))?), target)?;
    let entropy = choose(&zero, &target.mul(0i64)?, &target.mul(&safe.log()?)?)?;
    entropy.sub(&target.mul(x)?)
}

/// The likelihood of counts; `full` adds Stirling's approximation of log t! beyond 1.
fn poisson(x: &Variable, target: &Variable, logarithms: bool, full: bool, eps: f64) -> Result<Variable> {
    let losses =
        if logarithms { x.exp()?.sub(&target.mul(x)?)? } else { x.sub(&target.mul(&x.add(eps)?.log()?)?)? };
    if !full {
        return Ok(losses);
    }
    let root = target.mul(2.0 * std::f64::consts::PI)?.log()?.mul(0.5)?;
    let factorial = target.mul(&target.log()?)?.sub(target)?.add(&root)?;
    let small = Variable::from(target.data().le(1i64)?);
    losses.add(&factorial.masked_fill(&small, 0i64)?)
}

/// (log v + (x - t)² / v) / 2, with variances of at least `eps`; gradients ignore that bound.
fn gaussian(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "gaussian_nll_loss";
    let (x, target, eps) = (a.tensor(0)?, a.tensor(1)?, a.float(4)?);
    let variance = match a.value(2) {
        Arg::Tensor(variance) => variance.clone(),
        Arg::Scalar(number) => Variable::from(x.data().full_like(*number)?),
        _ => {
            return Err(Error::type_error(OP, "gaussian_nll_loss(): argument 'var' must be Tensor or float"));
        }
    };
    if variance.data().lt(0i64)?.any()?.item()?.to_bool() {
        return Err(Error::value(OP, "var has negative entry/entries"));
    }
    let variance = if variance.sizes() == x.sizes() {
        variance
    } else if x.sizes().split_last().is_some_and(|(_, lead)| lead == variance.sizes()) {
        variance.unsqueeze(-1)?
    } else {
        let differ: usize =
            x.sizes().iter().zip(variance.sizes()).filter(|(x, v)| x != v).map(|(_, &v)| v).sum();
        if x.dim() != variance.dim() || differ != 1 {
            return Err(Error::value(OP, "var is of incorrect size").shapes(&[x.sizes(), variance.sizes()]));
        }
        variance
    };
    let raised = variance.data().clamp(Some(Scalar::Float(eps)), None)?.sub(variance.data())?;
    let variance = variance.add(&Variable::from(raised))?;
    let square = x.sub(target)?.pow(2i64)?;
    let losses = variance.log()?.add(&square.div(&variance)?)?.mul(0.5)?;
    if a.bool(3)? { losses.add(0.5 * libm::log(2.0 * std::f64::consts::PI)) } else { Ok(losses) }
}

/// The smaller of two results.
pub(super) fn lesser(a: &Variable, b: &Variable) -> Result<Variable> {
    call_one("minimum", vec![a.into(), b.into()])
}
