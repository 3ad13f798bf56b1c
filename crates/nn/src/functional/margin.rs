//! Losses that ask for a distance between scores.

use autograd::{Composite, DType, Error, Result, Scalar, Tensor, Variable};

use super::arguments::{Given, choose, reduction_or_flags};
use super::distance::pairwise_distance;
use super::elementwise::lesser;
use super::{Reduction, one};

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0, bool? \
                 size_average=None, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let [x, y, target] = [a.tensor(0)?, a.tensor(1)?, a.tensor(2)?];
            if x.dim() != y.dim() || x.dim() != target.dim() {
                let text = format!(
                    "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {:?}, \
                     input2: {:?}, target: {:?} ",
                    x.sizes(),
                    y.sizes(),
                    target.sizes()
                );
                return Err(Error::runtime("margin_ranking_loss", text));
            }
            let losses = positive(&target.neg()?.mul(&x.sub(y)?)?.add(a.float(3)?)?)?;
            one(reduction_or_flags(a, [6, 4, 5])?.apply(losses))
        },
    },
    Composite {
        schema: "nn.functional.cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0, \
                 bool? size_average=None, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| one(reduction_or_flags(a, [6, 4, 5])?.apply(cosine_embedding(a)?)),
    },
    Composite {
        schema: "nn.functional.multi_margin_loss(Tensor input, Tensor target, int p=1, float margin=1., Tensor? \
                 weight=None, bool? size_average=None, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| one(multi_margin(a)),
    },
    Composite {
        schema: "nn.functional.multilabel_margin_loss(Tensor input, Tensor target, bool? size_average=None, bool? \
                 reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| one(multilabel_margin(a)),
    },
    Composite {
        schema: "nn.functional.multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight=None, bool? \
                 size_average=None, bool? reduce=None, str reduction=\"mean\") -> Tensor",
        body: |a| {
            let (x, target) = (a.tensor(0)?, a.tensor(1)?);
            let log = |x: &Variable| autograd::call_one("log_sigmoid", vec![x.into()]);
            let yes = target.mul(&log(x)?)?;
            let no = target.rsub(1i64)?.mul(&log(&x.neg()?)?)?;
            let losses = yes.add(&no)?.neg()?;
            let losses = match a.tensor_or_none(2)? {
                Some(weight) => losses.mul(weight)?,
                None => losses,
            };
            one(reduction_or_flags(a, [5, 3, 4])?.apply(losses.mean_dims(&[-1], false)?))
        },
    },
    Composite {
        schema: "nn.functional.triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1., \
                 float p=2, float eps=1e-06, bool swap=False, bool? size_average=None, bool? reduce=None, str \
                 reduction=\"mean\") -> Tensor",
        body: |a| {
            let [anchor, near, far] = [a.tensor(0)?, a.tensor(1)?, a.tensor(2)?];
            let margin = a.float(3)?;
            if margin <= 0.0 {
                let text = format!("margin must be greater than 0, got {}", Scalar::Float(margin));
                return Err(Error::value("triplet_margin_loss", text));
            }
            if anchor.dim() != near.dim() || anchor.dim() != far.dim() {
                let text = format!(
                    "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but \
                     got: anchor {}D, positive {}D, and negative {}D inputs",
                    anchor.dim(),
                    near.dim(),
                    far.dim()
                );
                return Err(Error::runtime("triplet_margin_loss", text));
            }
            let distance = |x: &Variable, y: &Variable| -> Result<Variable> {
                pairwise_distance(x, y, a.float(4)?, a.float(5)?, false)
            };
            let close = distance(anchor, near)?;
            let mut apart = distance(anchor, far)?;
            if a.bool(6)? {
                apart = lesser(&apart, &distance(near, far)?)?;
            }
            one(reduction_or_flags(a, [9, 7, 8])?.apply(positive(&close.add(margin)?.sub(&apart)?)?))
        },
    },
];

/// max(x, 0), with a gradient of 1 at 0.
fn positive(x: &Variable) -> Result<Variable> {
    choose(&x.data().lt(0i64)?, 0.0, x)
}

/// 1 - cos for a target of 1, what cos exceeds the margin by for -1.
fn cosine_embedding(a: &Given<'_>) -> Result<Variable> {
    const EPSILON: f64 = 1e-12;
    let [x, y, target] = [a.tensor(0)?, a.tensor(1)?, a.tensor(2)?];
    let dim = match target.dim() {
        dims @ (0 | 1) if x.dim() == dims + 1 && y.dim() == dims + 1 => dims as i64,
        dims @ (0 | 1) => {
            let text = format!(
                "{dims}D target tensor expects {}D input tensors, but found inputs with sizes {:?} and {:?}.",
                dims + 1,
                x.sizes(),
                y.sizes()
            );
            return Err(Error::runtime("cosine_embedding_loss", text));
        }
        _ => {
            let text = "0D or 1D target tensor expected, multi-target not supported";
            return Err(Error::runtime("cosine_embedding_loss", text));
        }
    };
    let dot = |x: &Variable, y: &Variable| x.mul(y)?.sum_dims(&[dim], false);
    let lengths = dot(x, x)?.add(EPSILON)?.mul(&dot(y, y)?.add(EPSILON)?)?.sqrt()?;
    let cosine = dot(x, y)?.div(&lengths)?;
    let near = choose(&target.data().eq(1i64)?, &cosine.rsub(1i64)?, 0.0)?;
    let far = choose(&target.data().eq(-1i64)?, &positive(&cosine.sub(a.float(3)?)?)?, 0.0)?;
    near.add(&far)
}

/// Scores as rows of classes.
fn rows(operator: &'static str, x: &Variable) -> Result<Variable> {
    match x.dim() {
        0 | 1 => x.reshape(&[1, -1]),
        2 => Ok(x.clone()),
        _ => {
            let text = format!(
                "Expected non-empty vector or matrix with optional 0-dim batch size, but got: {:?}",
                x.sizes()
            );
            Err(Error::runtime(operator, text).shapes(&[x.sizes()]))
        }
    }
}

/// Mean over classes of `max(0, margin - x_target + x)^p`, the target's own left out.
fn multi_margin(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "multi_margin_loss";
    let (x, target, p) = (a.tensor(0)?, a.tensor(1)?, a.int(2)?);
    if !matches!(p, 1 | 2) {
        return Err(Error::value(OP, "only p == 1 and p == 2 supported"));
    }
    let scores = rows(OP, x)?;
    let [count, classes] = [scores.sizes()[0], scores.sizes()[1]];
    if target.dtype() != DType::I64 {
        let text = format!("expected scalar type Long but found {}", target.dtype().scalar_name());
        return Err(Error::runtime(OP, text).dtypes(&[target.dtype()]));
    }
    if target.numel() != count || target.dim() > 1 {
        let text = format!("inconsistent target size, expected {count} but got {:?}", target.sizes());
        return Err(Error::runtime(OP, text).shapes(&[x.sizes(), target.sizes()]));
    }
    if target.data().to_vec::<i64>()?.iter().any(|&t| t < 0 || t >= classes as i64) {
        return Err(Error::runtime(OP, "target out of range"));
    }
    let at = target.reshape(&[-1, 1])?;
    let own = scores.gather(1, &at)?;
    let mut losses = positive(&scores.sub(&own)?.add(a.float(3)?)?)?;
    if p == 2 {
        losses = losses.square()?;
    }
    if let Some(weight) = a.tensor_or_none(4)? {
        losses = losses.mul(&weight.index_select(0, &at.reshape(&[-1])?)?.unsqueeze(1)?)?;
    }
    let own =
        Tensor::arange(Scalar::Int(0), Scalar::Int(classes as i64), Scalar::Int(1), None)?.eq(at.data())?;
    let losses = losses.masked_fill(&Variable::from(own), 0i64)?.mean_dims(&[1], false)?;
    match reduction_or_flags(a, [7, 5, 6])? {
        Reduction::None if target.dim() == 0 => losses.reshape(&[]),
        reduction => reduction.apply(losses),
    }
}

/// Mean over classes of `max(0, 1 - (x_t - x_j))` for each target t and each j that is none. The targets of a row end at
/// the first -1.
fn multilabel_margin(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "multilabel_margin_loss";
    let (x, target) = (a.tensor(0)?, a.tensor(1)?);
    let scores = rows(OP, x)?;
    let [count, classes] = [scores.sizes()[0], scores.sizes()[1]];
    if target.sizes() != x.sizes() {
        let text =
            format!("inconsistent target size: {:?} for input of size: {:?}", target.sizes(), x.sizes());
        return Err(Error::runtime(OP, text).shapes(&[x.sizes(), target.sizes()]));
    }
    let mut places = target.data().to_vec::<i64>()?;
    let mut is_target = vec![false; places.len()];
    let mut counts = vec![false; places.len()];
    for row in 0..count {
        let span = row * classes..(row + 1) * classes;
        let (Some(places), Some(is_target), Some(counts)) =
            (places.get_mut(span.clone()), is_target.get_mut(span.clone()), counts.get_mut(span))
        else {
            continue;
        };
        let end = places.iter().position(|&place| place == -1).unwrap_or(classes);
        for (place, counts) in places.iter().zip(counts).take(end) {
            let slot = usize::try_from(*place).ok().and_then(|at| is_target.get_mut(at));
            *slot.ok_or_else(|| Error::runtime(OP, "argument #2 'target' is out of range"))? = true;
            *counts = true;
        }
        places.iter_mut().skip(end).for_each(|place| *place = 0);
    }
    let sizes = [count, classes];
    let places = Variable::from(Tensor::from_vec(places, &sizes)?);
    let counts = Tensor::from_vec(counts, &sizes)?.unsqueeze(2)?;
    let others = Tensor::from_vec(is_target, &sizes)?.logical_not()?.unsqueeze(1)?;
    let gaps = scores.gather(1, &places)?.unsqueeze(2)?.sub(&scores.unsqueeze(1)?)?;
    let losses = positive(&gaps.rsub(1i64)?)?;
    let losses = choose(&counts.logical_and(&others)?, &losses, 0.0)?;
    let losses = losses.sum_dims(&[1, 2], false)?.div(classes as i64)?;
    match reduction_or_flags(a, [4, 2, 3])? {
        Reduction::None if x.dim() < 2 => losses.reshape(&[]),
        reduction => reduction.apply(losses),
    }
}
