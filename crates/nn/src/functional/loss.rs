//! Losses over elements and classes as composites of operators, under PyTorch's schema texts.

use autograd::{Arg, Composite, DType, Error, Result, Scalar, Tensor, Variable, call_one};

use super::one;

/// How a loss over elements becomes the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// One loss an element.
    None,
    /// Their mean; the default.
    #[default]
    Mean,
    /// Their sum.
    Sum,
}

impl Reduction {
    pub(super) fn of(code: i64) -> Result<Reduction> {
        match code {
            0 => Ok(Reduction::None),
            1 => Ok(Reduction::Mean),
            2 => Ok(Reduction::Sum),
            _ => Err(Error::value("loss", format!("{code} is not a valid value for reduction"))),
        }
    }
    pub(super) fn apply(self, losses: Variable) -> Result<Variable> {
        match self {
            Reduction::None => Ok(losses),
            Reduction::Mean => losses.mean(),
            Reduction::Sum => losses.sum(),
        }
    }
}

/// Options of [`cross_entropy`] and [`nll_loss`].
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// A weight for each class.
    pub weight: Option<Variable>,
    /// Targets with this value take no part.
    pub ignore_index: i64,
    /// How the losses are reduced; the mean divides by the weights used.
    pub reduction: Reduction,
    /// How much of each target is spread evenly over all classes.
    pub label_smoothing: f64,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        CrossEntropy { weight: None, ignore_index: -100, reduction: Reduction::Mean, label_smoothing: 0.0 }
    }
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
        body: |a| one(mse_loss(a.tensor(0)?, a.tensor(1)?, Reduction::of(a.int(2)?)?)),
    },
    Composite {
        schema: "l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
        body: |a| one(l1_loss(a.tensor(0)?, a.tensor(1)?, Reduction::of(a.int(2)?)?)),
    },
    Composite {
        schema: "smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor",
        body: |a| one(smooth_l1_loss(a.tensor(0)?, a.tensor(1)?, Reduction::of(a.int(2)?)?, a.float(3)?)),
    },
    Composite {
        schema: "huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor",
        body: |a| one(huber_loss(a.tensor(0)?, a.tensor(1)?, Reduction::of(a.int(2)?)?, a.float(3)?)),
    },
    Composite {
        schema: "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor",
        body: |a| {
            let reduction = Reduction::of(a.int(3)?)?;
            one(binary_cross_entropy(a.tensor(0)?, a.tensor(1)?, a.tensor_or_none(2)?, reduction))
        },
    },
    Composite {
        schema: "binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? \
                 pos_weight=None, int reduction=1) -> Tensor",
        body: |a| {
            let reduction = Reduction::of(a.int(4)?)?;
            let (weight, positive) = (a.tensor_or_none(2)?, a.tensor_or_none(3)?);
            one(binary_cross_entropy_with_logits(a.tensor(0)?, a.tensor(1)?, weight, positive, reduction))
        },
    },
    Composite {
        schema: "nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt \
                 ignore_index=-100) -> Tensor",
        body: |a| {
            let options = CrossEntropy {
                weight: a.tensor_or_none(2)?.cloned(),
                ignore_index: a.int(4)?,
                reduction: Reduction::of(a.int(3)?)?,
                label_smoothing: 0.0,
            };
            one(nll_loss(a.tensor(0)?, a.tensor(1)?, &options))
        },
    },
    Composite {
        schema: "cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt \
                 ignore_index=-100, float label_smoothing=0.) -> Tensor",
        body: |a| {
            let options = CrossEntropy {
                weight: a.tensor_or_none(2)?.cloned(),
                ignore_index: a.int(4)?,
                reduction: Reduction::of(a.int(3)?)?,
                label_smoothing: a.float(5)?,
            };
            one(cross_entropy(a.tensor(0)?, a.tensor(1)?, &options))
        },
    },
];

/// (input - target)².
///
/// # Errors
/// `RuntimeError` if sizes do not broadcast.
pub fn mse_loss(input: &Variable, target: &Variable, reduction: Reduction) -> Result<Variable> {
    reduction.apply(input.sub(target)?.square()?)
}

/// |input - target|.
///
/// # Errors
/// `RuntimeError` if sizes do not broadcast.
pub fn l1_loss(input: &Variable, target: &Variable, reduction: Reduction) -> Result<Variable> {
    reduction.apply(input.sub(target)?.abs()?)
}

/// Quadratic within `beta`, linear beyond.
///
/// # Errors
/// `RuntimeError` for a negative `beta` or sizes that do not broadcast.
pub fn smooth_l1_loss(
    input: &Variable,
    target: &Variable,
    reduction: Reduction,
    beta: f64,
) -> Result<Variable> {
    if beta < 0.0 {
        return Err(Error::runtime(
            "smooth_l1_loss",
            "smooth_l1_loss does not support negative values for beta.",
        ));
    }
    if beta == 0.0 {
        return l1_loss(input, target, reduction);
    }
    let distance = input.sub(target)?.abs()?;
    let near = distance.square()?.mul(0.5)?.div(beta)?;
    reduction.apply(choose(&distance.lt(beta)?, &near, &distance.sub(0.5 * beta)?)?)
}

/// Quadratic within `delta`, linear with slope `delta` beyond.
///
/// # Errors
/// `RuntimeError` for a `delta` that is not positive or sizes that do not broadcast.
pub fn huber_loss(input: &Variable, target: &Variable, reduction: Reduction, delta: f64) -> Result<Variable> {
    if delta <= 0.0 {
        return Err(Error::runtime(
            "huber_loss",
            "huber_loss does not support non-positive values for delta.",
        ));
    }
    let distance = input.sub(target)?.abs()?;
    let near = distance.square()?.mul(0.5)?;
    let far = distance.sub(0.5 * delta)?.mul(delta)?;
    reduction.apply(choose(&distance.le(delta)?, &near, &far)?)
}

pub(super) fn choose(condition: &Variable, a: &Variable, b: &Variable) -> Result<Variable> {
    call_one("where.self", vec![condition.into(), a.into(), b.into()])
}

pub(super) fn weighed(losses: Variable, weight: Option<&Variable>) -> Result<Variable> {
    weight.map_or(Ok(losses.clone()), |w| losses.mul(w))
}

/// -(t log x + (1 - t) log(1 - x)) with logarithms bounded by -100.
///
/// # Errors
/// `RuntimeError` for inputs outside [0, 1]; `ValueError` if sizes differ.
pub fn binary_cross_entropy(
    input: &Variable,
    target: &Variable,
    weight: Option<&Variable>,
    reduction: Reduction,
) -> Result<Variable> {
    if input.sizes() != target.sizes() {
        let text = format!(
            "Using a target size (torch.Size({:?})) that is different to the input size (torch.Size({:?})) is \
             deprecated. Please ensure they have the same size.",
            target.sizes(),
            input.sizes()
        );
        return Err(Error::value("binary_cross_entropy", text).shapes(&[input.sizes(), target.sizes()]));
    }
    constant("binary_cross_entropy", weight)?;
    let losses = call_one("binary_cross_entropy", vec![input.into(), target.into(), Arg::None, 0i64.into()])?;
    reduction.apply(weighed(losses, weight)?)
}

/// [`binary_cross_entropy`] of the sigmoid, computed without overflow; `positive` weighs the positive class.
///
/// # Errors
/// `ValueError` if sizes differ.
pub fn binary_cross_entropy_with_logits(
    input: &Variable,
    target: &Variable,
    weight: Option<&Variable>,
    positive: Option<&Variable>,
    reduction: Reduction,
) -> Result<Variable> {
    if input.sizes() != target.sizes() {
        let text = format!(
            "Target size (torch.Size({:?})) must be the same as input size (torch.Size({:?}))",
            target.sizes(),
            input.sizes()
        );
        return Err(
            Error::value("binary_cross_entropy_with_logits", text).shapes(&[input.sizes(), target.sizes()])
        );
    }
    constant("binary_cross_entropy_with_logits", weight)?;
    let log = call_one("log_sigmoid", vec![input.into()])?;
    let log = match positive {
        Some(p) => log.mul(&p.sub(1i64)?.mul(target)?.add(1i64)?)?,
        None => log,
    };
    let losses = target.rsub(1i64)?.mul(input)?.sub(&log)?;
    reduction.apply(weighed(losses, weight)?)
}

/// Moves classes (dimension 1, or the only one) last and flattens the rest: `[M, C]` and `[M]`.
fn by_rows(input: &Variable, target: &Variable) -> Result<(Variable, Variable, Vec<i64>)> {
    let sizes: Vec<i64> = target.sizes().iter().map(|&s| s as i64).collect();
    if input.dim() == 1 {
        return Ok((input.unsqueeze(0)?, target.reshape(&[1])?, sizes));
    }
    let order: Vec<i64> = [0].into_iter().chain(2..input.dim() as i64).chain([1]).collect();
    let classes = input.sizes()[1] as i64;
    Ok((input.permute(&order)?.reshape(&[-1, classes])?, target.reshape(&[-1])?, sizes))
}

/// Class targets may be bytes.
fn byte_classes(target: &Variable) -> Result<Variable> {
    if target.dtype() == DType::U8 { target.to_dtype(DType::I64) } else { Ok(target.clone()) }
}

/// PyTorch has no derivative for the weights of a loss, and refuses weights that want one.
fn constant(function: &str, weight: Option<&Variable>) -> Result<()> {
    if weight.is_some_and(Variable::requires_grad) && autograd::is_grad_enabled() {
        let text = format!(
            "The function '{function}' is not differentiable with respect to argument 'weight'. This input cannot have \
             requires_grad True."
        );
        return Err(Error::runtime("loss", text));
    }
    Ok(())
}

/// Checks what class targets must be, and gives where they count.
fn counted(operator: &'static str, rows: &Variable, target: &Variable, ignore_index: i64) -> Result<Tensor> {
    let classes = rows.sizes()[1] as i64;
    if target.dtype() != DType::I64 {
        let text =
            format!("expected target dtype to be Long or Byte, but got {}", target.dtype().scalar_name());
        return Err(Error::runtime(operator, text)
            .dtypes(&[target.dtype()])
            .expected("int64")
            .found(target.dtype().name()));
    }
    let targets = target.data().to_vec::<i64>()?;
    if let Some(odd) = targets.iter().find(|&&t| t != ignore_index && !(0..classes).contains(&t)) {
        return Err(Error::index(operator, format!("Target {odd} is out of bounds."))
            .expected(format!("[0, {}]", classes - 1))
            .found(odd.to_string()));
    }
    let counted: Vec<bool> = targets.iter().map(|&t| t != ignore_index).collect();
    Tensor::from_vec(counted, target.sizes())
}

/// Minus the log-probability of each target class.
///
/// # Errors
/// `IndexError` for a class outside; `ValueError` or `RuntimeError` for sizes that do not fit.
pub fn nll_loss(input: &Variable, target: &Variable, options: &CrossEntropy) -> Result<Variable> {
    const OP: &str = "nll_loss";
    if input.dim() < 1 {
        return Err(Error::value(OP, format!("Expected 1 or more dimensions (got {})", input.dim())));
    }
    if input.dim() > 1 && input.sizes()[0] != target.sizes().first().copied().unwrap_or(0) {
        let text = format!(
            "Expected input batch_size ({}) to match target batch_size ({}).",
            input.sizes()[0],
            target.sizes().first().copied().unwrap_or(0)
        );
        return Err(Error::value(OP, text).shapes(&[input.sizes(), target.sizes()]));
    }
    let expected: Vec<usize> =
        if input.dim() == 1 { Vec::new() } else { [&input.sizes()[..1], &input.sizes()[2..]].concat() };
    if target.sizes() != expected {
        let text = format!("Expected target size {:?}, got {:?}", expected, target.sizes());
        return Err(Error::runtime(OP, text).shapes(&[input.sizes(), target.sizes()]));
    }
    constant("nll_loss_forward", options.weight.as_ref())?;
    let target = &byte_classes(target)?;
    let (rows, targets, sizes) = by_rows(input, target)?;
    let counted = counted(OP, &rows, &targets, options.ignore_index)?;
    let ignored = Variable::from(counted.logical_not()?);
    let safe = targets.masked_fill(&ignored, 0i64)?;
    let picked = rows.gather(1, &safe.unsqueeze(1)?)?.squeeze_dim(1)?.neg()?;
    let weights = match &options.weight {
        Some(w) => {
            if w.sizes() != &rows.sizes()[1..] {
                let text = format!(
                    "weight tensor should be defined either for all {} classes or no classes but got weight tensor of \
                     shape: {:?}",
                    rows.sizes()[1],
                    w.sizes()
                );
                return Err(Error::runtime(OP, text));
            }
            w.index_select(0, &safe)?
        }
        None => Variable::from(picked.data().full_like(Scalar::Int(1))?),
    };
    let weights = weights.masked_fill(&ignored, 0i64)?;
    // An ignored entry contributes 0 even where its log-probability is infinite.
    let losses = picked.masked_fill(&ignored, 0i64)?.mul(&weights)?;
    match options.reduction {
        Reduction::None => losses.reshape(&sizes),
        Reduction::Sum => losses.sum(),
        Reduction::Mean => losses.sum()?.div(&weights.sum()?),
    }
}

/// [`nll_loss`] of the log-softmax over dimension 1. Float targets of the input's sizes are class probabilities.
///
/// # Errors
/// As [`nll_loss`]; `RuntimeError` for a label smoothing outside [0, 1].
pub fn cross_entropy(input: &Variable, target: &Variable, options: &CrossEntropy) -> Result<Variable> {
    const OP: &str = "cross_entropy";
    let smoothing = options.label_smoothing;
    if !(0.0..=1.0).contains(&smoothing) {
        let text = format!("label_smoothing must be between 0.0 and 1.0. Got: {}", Scalar::Float(smoothing));
        return Err(Error::runtime(OP, text).expected("[0, 1]").found(smoothing.to_string()));
    }
    let class_dim = i64::from(input.dim() > 1);
    if target.sizes() == input.sizes() && target.dtype().is_float() {
        return with_probabilities(&input.log_softmax(class_dim)?, target, options, class_dim);
    }
    let log = input.log_softmax(class_dim)?;
    let hard = nll_loss(&log, target, options)?;
    if smoothing == 0.0 {
        return Ok(hard);
    }
    let (rows, targets, sizes) = by_rows(&log, &byte_classes(target)?)?;
    let classes = rows.sizes()[1] as f64;
    let ignored = Variable::from(counted(OP, &rows, &targets, options.ignore_index)?.logical_not()?);
    let weighed = match &options.weight {
        Some(w) => rows.mul(w)?,
        None => rows,
    };
    let smooth = weighed.sum_dims(&[1], false)?.neg()?.masked_fill(&ignored, 0i64)?;
    let smooth = match options.reduction {
        Reduction::None => smooth.reshape(&sizes)?,
        Reduction::Sum => smooth.sum()?,
        Reduction::Mean => {
            let used = match &options.weight {
                Some(w) => w
                    .index_select(0, &targets.masked_fill(&ignored, 0i64)?)?
                    .masked_fill(&ignored, 0i64)?
                    .sum()?,
                None => Variable::from(ignored.data().logical_not()?.sum(None)?),
            };
            smooth.sum()?.div(&used)?
        }
    };
    hard.mul(1.0 - smoothing)?.add(&smooth.mul(smoothing / classes)?)
}

fn with_probabilities(
    log: &Variable,
    target: &Variable,
    options: &CrossEntropy,
    dim: i64,
) -> Result<Variable> {
    if options.ignore_index >= 0 {
        return Err(Error::runtime(
            "cross_entropy",
            "ignore_index is not supported for floating point target",
        ));
    }
    let classes = log.data().size(dim)?;
    let target = if options.label_smoothing > 0.0 {
        target.mul(1.0 - options.label_smoothing)?.add(options.label_smoothing / classes as f64)?
    } else {
        target.clone()
    };
    let mut losses = log.mul(&target)?;
    if let Some(w) = &options.weight {
        let mut sizes = vec![1i64; log.dim()];
        sizes[dim as usize] = classes as i64;
        losses = losses.mul(&w.reshape(&sizes)?)?;
    }
    let losses = losses.neg()?;
    match options.reduction {
        Reduction::None => losses.sum_dims(&[dim], false),
        Reduction::Sum => losses.sum(),
        Reduction::Mean => losses.sum()?.div((log.numel() / classes.max(1)) as i64),
    }
}
