//! Sums that skip NaN, distances, and joint statistics of rows.

use tensor::{Arg, Args, DType, Error, Result, Scalar, Tensor};

use super::norm::vector_norm;
use super::one;
use super::terms::{constant, diagonal, front, kept, len};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

fn without_nan(x: &Variable) -> Result<Variable> {
    let number = constant(x.data().isnan()?.logical_not())?;
    kept(&number, x, 0i64.into())
}

fn nansum(x: &Variable, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Variable> {
    let filled = if x.dtype().is_float() { without_nan(x)? } else { x.clone() };
    call_one("sum.dim_IntList", vec![(&filled).into(), dims.into(), keepdim.into(), dtype.into()])
}

fn nanmean(x: &Variable, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Variable> {
    if !x.dtype().is_float() {
        let text = format!(
            "nanmean(): expected input to have floating point or complex dtype but got {}",
            x.dtype().scalar_name()
        );
        return Err(Error::runtime("nanmean", text).dtypes(&[x.dtype()]));
    }
    let count = constant(x.data().isnan()?.logical_not()?.sum_dims(dims, keepdim, None))?;
    nansum(x, dims, keepdim, dtype)?.div(&count)
}

/// Slices along a dimension scaled down to a norm of at most `maximum`.
fn renorm(x: &Variable, p: f64, dim: i64, maximum: f64) -> Result<Variable> {
    const OPERATOR: &str = "renorm";
    if p <= 0.0 {
        return Err(Error::runtime(OPERATOR, "renorm: non-positive-norm not supported").found(p.to_string()));
    }
    if maximum < 0.0 {
        let text = format!("renorm: expected maxnorm to be >= 0 but got {maximum}");
        return Err(Error::runtime(OPERATOR, text));
    }
    if x.dim() < 2 {
        let text = format!("renorm: input needs at least 2 dimensions, got {} dimensions", x.dim());
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    let d = front(OPERATOR, x, dim)?;
    let others: Vec<i64> = (0..x.dim()).filter(|&k| k != d).map(|k| k as i64).collect();
    let norms = vector_norm(x, p, &others, true, None)?;
    let too_long = constant(norms.data().gt(maximum))?;
    let factor = call_one(
        "where.ScalarOther",
        vec![
            (&too_long).into(),
            Arg::from(&norms.add(1e-7)?.reciprocal()?.mul(maximum)?),
            Scalar::Float(1.0).into(),
        ],
    )?;
    x.mul(&factor)
}

fn sum_to_size(x: &Variable, sizes: &[i64]) -> Result<Variable> {
    if sizes.is_empty() {
        return x.sum();
    }
    let wanted: Option<Vec<usize>> = sizes.iter().map(|&s| usize::try_from(s).ok()).collect();
    let refuse = || {
        let text = format!("size {{{sizes:?}}} is not expandable to size {{{:?}}}.", x.sizes());
        Error::runtime("sum_to_size", text).shapes(&[x.sizes()])
    };
    let wanted = wanted.ok_or_else(refuse)?;
    let lead = x.dim().checked_sub(wanted.len()).ok_or_else(refuse)?;
    let mut dims: Vec<i64> = (0..lead as i64).collect();
    for (d, &size) in wanted.iter().enumerate() {
        let found = x.sizes()[lead + d];
        if size == 1 && found != 1 {
            dims.push((lead + d) as i64);
        } else if size != found {
            return Err(refuse());
        }
    }
    let summed = if dims.is_empty() { x.clone() } else { x.sum_dims(&dims, true)? };
    if lead == 0 { Ok(summed) } else { call_one("view", vec![(&summed).into(), sizes.into()]) }
}

/// Weights of observations, checked.
fn weights<'a>(a: &Args<'a, Variable>, at: usize, name: &str, count: i64) -> Result<Option<&'a Variable>> {
    let Some(w) = a.tensor_or_none(at)? else { return Ok(None) };
    let refuse = |text: String| Err(Error::runtime("cov", text).shapes(&[w.sizes()]));
    if w.dim() > 1 {
        return refuse(format!(
            "cov(): expected {name} to have one or fewer dimensions but got {name} with {} dimensions",
            w.dim()
        ));
    }
    if (name == "fweights") == w.dtype().is_float() {
        let kind = if name == "fweights" { "integral" } else { "floating point" };
        return refuse(format!(
            "cov(): expected {name} to have {kind} dtype but got {name} with {} dtype",
            w.dtype().scalar_name()
        ));
    }
    if w.numel() as i64 != count {
        return refuse(format!(
            "cov(): expected {name} to have the same numel as there are observations in the input but got {} != {count}",
            w.numel()
        ));
    }
    if w.numel() > 0 && w.data().lt(0i64)?.any()?.item()?.to_bool() {
        return refuse(format!("cov(): {name} cannot be negative"));
    }
    Ok(Some(w))
}

/// Covariances of rows.
fn cov(
    x: &Variable,
    correction: f64,
    frequencies: Option<&Variable>,
    importances: Option<&Variable>,
) -> Result<Variable> {
    const OPERATOR: &str = "cov";
    if x.dim() > 2 {
        let text = format!(
            "cov(): expected input to have two or fewer dimensions but got an input with {} dimensions",
            x.dim()
        );
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    if x.dtype() == DType::Bool {
        return Err(Error::runtime(OPERATOR, "cov(): bool dtype is not supported for input"));
    }
    let rows = if x.dim() < 2 { x.reshape(&[1, x.numel() as i64])? } else { x.clone() };
    let weight = match (frequencies, importances) {
        (Some(f), Some(i)) => Some(f.mul(i)?),
        (one, None) | (None, one) => one.cloned(),
    };
    let total = match &weight {
        Some(w) => w.sum()?,
        None => constant(Ok(Tensor::scalar(Scalar::Int(len(&rows, 1)?), DType::I64)))?,
    };
    if weight.is_some() && total.data().item()?.to_f64() == 0.0 {
        let text = "cov(): weights sum to zero, can't be normalized";
        return Err(Error::runtime(OPERATOR, text));
    }
    let weighted = |t: &Variable| weight.as_ref().map_or_else(|| Ok(t.clone()), |w| t.mul(w));
    let mean = weighted(&rows)?.sum_dims(&[1], false)?.div(&total)?;
    let free = match (&weight, importances) {
        (Some(w), Some(i)) if correction != 0.0 => {
            total.sub(&w.mul(i)?.sum()?.div(&total)?.mul(correction)?)?
        }
        _ => total.sub(Scalar::Int(correction as i64))?,
    };
    let free = call_one("clamp_min", vec![(&free).into(), 0i64.into()])?;
    let centred = rows.sub(&mean.unsqueeze(1)?)?;
    let products = centred.matmul(&weighted(&centred)?.t()?)?;
    products.div(&free)?.squeeze()
}

fn corrcoef(x: &Variable) -> Result<Variable> {
    if x.dim() > 2 {
        let text = format!(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with {} dimensions",
            x.dim()
        );
        return Err(Error::runtime("corrcoef", text).shapes(&[x.sizes()]));
    }
    let c = cov(x, 1.0, None, None)?;
    if c.dim() == 0 {
        return c.div(&c);
    }
    let deviation = diagonal(&c)?.sqrt()?;
    c.div(&deviation.unsqueeze(1)?)?.div(&deviation)?.clamp(Some((-1i64).into()), Some(1i64.into()))
}

/// The p-norm of the difference of each row of one tensor and each of the other.
fn cdist(a: &Args<'_, Variable>) -> Result<Variable> {
    let (x, y, p) = (a.tensor(0)?, a.tensor(1)?, a.float(2)?);
    // How PyTorch computes it; the result is the same.
    let known = match a.value(3) {
        Arg::None | Arg::Scalar(Scalar::Int(0..=2)) => true,
        Arg::Str(word) => {
            let ways = [
                "use_mm_for_euclid_dist_if_necessary",
                "use_mm_for_euclid_dist",
                "donot_use_mm_for_euclid_dist",
            ];
            ways.contains(&word.as_str())
        }
        _ => false,
    };
    if !known {
        return Err(Error::value("cdist", "cdist(): the argument 'compute_mode' is not a valid value"));
    }
    for (name, t) in [("X1", x), ("X2", y)] {
        if t.dim() < 2 {
            let text = format!("cdist only supports at least 2D tensors, {name} got: {}D", t.dim());
            return Err(Error::runtime("cdist", text).shapes(&[x.sizes(), y.sizes()]));
        }
    }
    if len(x, -1)? != len(y, -1)? {
        let text = format!(
            "X1 and X2 must have the same number of columns. X1: {} X2: {}",
            len(x, -1)?,
            len(y, -1)?
        );
        return Err(Error::runtime("cdist", text).shapes(&[x.sizes(), y.sizes()]));
    }
    if p < 0.0 {
        return Err(Error::runtime("cdist", "cdist only supports non-negative p values"));
    }
    vector_norm(&x.unsqueeze(-2)?.sub(&y.unsqueeze(-3)?)?, p, &[-1], false, None)
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
        body: |a| one(nansum(a.tensor(0)?, &a.ints(1)?, a.bool(2)?, a.dtype(3)?)),
    },
    Composite {
        schema: "nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
        body: |a| one(nanmean(a.tensor(0)?, &a.ints(1)?, a.bool(2)?, a.dtype(3)?)),
    },
    Composite {
        schema: "cdist(Tensor x1, Tensor x2, float p=2., Any compute_mode=None) -> Tensor",
        body: |a| one(cdist(a)),
    },
    Composite {
        schema: "renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor",
        body: |a| one(renorm(a.tensor(0)?, a.float(1)?, a.int(2)?, a.float(3)?)),
    },
    Composite {
        schema: "sum_to_size(Tensor self, SymInt[] size) -> Tensor",
        body: |a| one(sum_to_size(a.tensor(0)?, &a.ints(1)?)),
    },
    Composite {
        schema: "cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor",
        body: |a| {
            let x = a.tensor(0)?;
            let count = if x.dim() < 2 { x.numel() as i64 } else { len(x, 1)? };
            let (f, i) = (weights(a, 2, "fweights", count)?, weights(a, 3, "aweights", count)?);
            one(cov(x, a.float(1)?, f, i))
        },
    },
    Composite { schema: "corrcoef(Tensor self) -> Tensor", body: |a| one(corrcoef(a.tensor(0)?)) },
];
