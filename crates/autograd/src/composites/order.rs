//! Sorting, unique values and quantiles as Python calls them.

use tensor::{Args, DType, Error, Result, Tensor, wrap_dim};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// The values, and of their positions and counts what was asked for.
fn asked(found: Vec<Variable>, inverse: bool, counts: bool) -> Vec<Variable> {
    let kept = [true, inverse, counts];
    found.into_iter().zip(kept).filter_map(|(result, keep)| keep.then_some(result)).collect()
}

fn unique(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let (inverse, counts) = (a.bool(2)?, a.bool(3)?);
    let found = match a.int_or_none(4)? {
        None => call("_unique2", a.values().iter().take(4).cloned().collect())?,
        Some(dim) => {
            let x = a.value(0).clone();
            call("unique_dim", vec![x, dim.into(), a.value(1).clone(), inverse.into(), counts.into()])?
        }
    };
    Ok(asked(found, inverse, counts))
}

/// How a quantile between two elements is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    Linear,
    Lower,
    Higher,
    Midpoint,
    Nearest,
}

impl Between {
    fn parse(name: &str, word: &str) -> Result<Between> {
        Ok(match word {
            "linear" => Between::Linear,
            "lower" => Between::Lower,
            "higher" => Between::Higher,
            "midpoint" => Between::Midpoint,
            "nearest" => Between::Nearest,
            _ => {
                let text = format!(
                    "{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {word}"
                );
                return Err(Error::runtime("quantile", text).found(word));
            }
        })
    }
}

/// What a call of either quantile asks.
struct Quantile {
    name: &'static str,
    dim: Option<i64>,
    keepdim: bool,
    between: Between,
    ignore_nan: bool,
}

impl Quantile {
    fn of(a: &Args<'_, Variable>, name: &'static str) -> Result<Quantile> {
        let between = Between::parse(name, a.text(4)?.unwrap_or_default())?;
        Ok(Quantile {
            name,
            dim: a.int_or_none(2)?,
            keepdim: a.bool(3)?,
            between,
            ignore_nan: name == "nanquantile",
        })
    }

    fn check(&self, x: &Variable, q: &Variable) -> Result<()> {
        let name = self.name;
        let refuse = |text: String| Err(Error::runtime("quantile", text).shapes(&[x.sizes(), q.sizes()]));
        if x.numel() == 0 {
            return refuse(format!("{name}() input tensor must be non-empty"));
        }
        if q.dim() > 1 {
            return refuse(format!("{name}() q must be a scalar or 1D tensor"));
        }
        if !x.dtype().is_float() {
            return refuse(format!("{name}() input tensor must be either float or double dtype"));
        }
        if q.dtype() != x.dtype() {
            return refuse(format!("{name}() q tensor must be same dtype as the input tensor"));
        }
        if q.data().to_vec_as::<f64>()?.iter().any(|q| !(0.0..=1.0).contains(q)) {
            return refuse(format!("{name}() q values must be in the range [0, 1]"));
        }
        Ok(())
    }

    fn run(&self, x: &Variable, q: &Variable) -> Result<Variable> {
        self.check(x, q)?;
        let mut sizes = signed(x.sizes());
        let rows = match self.dim {
            None => {
                sizes = vec![1; if self.keepdim { x.dim() } else { 0 }];
                x.flatten(0, -1)?
            }
            Some(dim) => {
                let d = wrap_dim("quantile", dim, x.dim())?;
                match sizes.get_mut(d) {
                    Some(size) if self.keepdim => *size = 1,
                    Some(_) => drop(sizes.remove(d)),
                    None => {}
                }
                if x.dim() <= d + 1 { x.clone() } else { x.unsqueeze(-1)?.transpose(d as i64, -1)? }
            }
        };
        let rows = if rows.dim() == 0 { rows.unsqueeze(0)? } else { rows };
        let len = rows.sizes().last().copied().unwrap_or(1) as i64;
        let sorted = sort(&rows, -1)?;
        let row_sizes: Vec<i64> = sizes.iter().copied().chain([len]).collect();
        let sorted = sorted.reshape(&row_sizes)?;
        let found = self.between(&sorted, &self.ranks(&sorted, &q.reshape(&[-1])?, len - 1)?)?;
        if q.dim() == 0 {
            return found.squeeze_dim(-1);
        }
        let order: Vec<i64> =
            std::iter::once(found.dim() as i64 - 1).chain(0..found.dim() as i64 - 1).collect();
        found.permute(&order)
    }

    /// Where in a sorted row each quantile lies; a NaN counts as the largest element and is found there.
    fn ranks(&self, sorted: &Variable, q: &Variable, last: i64) -> Result<Variable> {
        let nan = sorted.data().isnan()?;
        if self.ignore_nan {
            let there = nan.eq(0.0)?.sum_dims(&[-1], true, None)?.sub(1i64)?.to_dtype(sorted.dtype())?;
            let ranks = q.mul(&Variable::from(there))?;
            return ranks.masked_fill(&ranks.lt(0.0)?, 0i64);
        }
        let spoilt: Variable = nan.sum_dims(&[-1], true, None)?.ne(0.0)?.into();
        let ranks = q.mul(last)?;
        let mut sizes = signed(spoilt.sizes());
        if let Some(size) = sizes.last_mut() {
            *size = q.numel() as i64;
        }
        ranks.expand(&sizes)?.masked_fill(&spoilt, last)
    }

    fn between(&self, sorted: &Variable, ranks: &Variable) -> Result<Variable> {
        let rounded = |name: &str| call_one(name, vec![ranks.into()]);
        let ranks = match self.between {
            Between::Lower => rounded("floor")?,
            Between::Higher => rounded("ceil")?,
            Between::Nearest => rounded("round")?,
            Between::Linear | Between::Midpoint => ranks.clone(),
        };
        let mut sizes = signed(sorted.sizes());
        if let (Some(size), Some(&count)) = (sizes.last_mut(), ranks.sizes().last()) {
            *size = count as i64;
        }
        let ranks = ranks.expand(&sizes)?;
        let below = ranks.to_dtype(DType::I64)?;
        let low = sorted.gather(-1, &below)?;
        if !matches!(self.between, Between::Linear | Between::Midpoint) {
            return Ok(low);
        }
        let weight = match self.between {
            Between::Midpoint => Variable::from(ranks.data().full_like(0.5.into())?),
            _ => ranks.sub(&below)?,
        };
        let above = call_one("ceil", vec![(&ranks).into()])?.to_dtype(DType::I64)?;
        let high = sorted.gather(-1, &above)?;
        // From the nearer end, so that both ends are met exactly.
        let step = high.sub(&low)?;
        let from_low = low.add(&step.mul(&weight)?)?;
        let from_high = high.sub(&step.mul(&weight.rsub(1.0)?)?)?;
        call_one("where.self", vec![(&weight.lt(0.5)?).into(), (&from_low).into(), (&from_high).into()])
    }
}

/// Sorted along a dimension, equal elements in order.
fn sort(x: &Variable, dim: i64) -> Result<Variable> {
    let args = vec![x.into(), true.into(), dim.into(), false.into()];
    call("sort.stable", args)?.into_iter().next().ok_or_else(|| Error::runtime("sort", "sort gave no result"))
}

fn number(a: &Args<'_, Variable>, name: &str) -> Result<Variable> {
    let q = a.float(1)?;
    if !(0.0..=1.0).contains(&q) {
        let text = format!("{name}() q must be in the range [0, 1] but got {q}");
        return Err(Error::runtime("quantile", text).expected("[0, 1]").found(q.to_string()));
    }
    Ok(Tensor::scalar(q.into(), a.tensor(0)?.dtype()).into())
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor",
        body: |a| one(counted(a.tensor(0)?, a.tensor_or_none(1)?, a.int(2)?)),
    },
    Composite { schema: "msort(Tensor self) -> Tensor", body: |a| one(sort(a.tensor(0)?, 0)) },
    Composite {
        schema: "unique(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any",
        body: unique,
    },
    Composite {
        schema: "unique_consecutive(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any",
        body: |a| {
            let found = call("unique_consecutive", a.values().to_vec())?;
            Ok(asked(found, a.bool(1)?, a.bool(2)?))
        },
    },
    Composite {
        schema: "quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation=\"linear\") -> Tensor",
        body: |a| one(Quantile::of(a, "quantile")?.run(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "quantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation=\"linear\") -> Tensor",
        body: |a| one(Quantile::of(a, "quantile")?.run(a.tensor(0)?, &number(a, "quantile")?)),
    },
    Composite {
        schema: "nanquantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation=\"linear\") -> Tensor",
        body: |a| one(Quantile::of(a, "nanquantile")?.run(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "nanquantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation=\"linear\") -> Tensor",
        body: |a| one(Quantile::of(a, "nanquantile")?.run(a.tensor(0)?, &number(a, "nanquantile")?)),
    },
];

/// How often each number occurs, or the sum of its weights.
fn counted(x: &Variable, weights: Option<&Variable>, length: i64) -> Result<Variable> {
    const NAME: &str = "bincount";
    let refuse = |text: &str| Err(Error::runtime(NAME, text).shapes(&[x.sizes()]));
    if length < 0 {
        return refuse("minlength should be >= 0");
    }
    if x.dtype().is_float() || x.dtype() == DType::Bool {
        let text = format!("\"bincount_cpu\" not implemented for '{}'", x.dtype().scalar_name());
        return Err(Error::not_implemented(NAME, text).dtypes(&[x.dtype()]));
    }
    let none_at_all = x.dim() == 1 && x.numel() == 0;
    if none_at_all {
        return Ok(Tensor::zeros(&[length], DType::I64)?.into());
    }
    let smallest = if x.numel() == 0 { 0 } else { x.data().min()?.item()?.to_f64() as i64 };
    if x.dim() != 1 || smallest < 0 {
        return refuse("bincount only supports 1-d non-negative integral inputs.");
    }
    if weights.is_some_and(|weights| weights.dim() != 1 || weights.numel() != x.numel()) {
        return refuse("weights should be 1-d and have the same length as input");
    }
    let places = x.data().to_dtype(DType::I64)?;
    let bins = (places.max()?.item()?.to_f64() as i64 + 1).max(length);
    let dtype = match weights.map(Variable::dtype) {
        None => DType::I64,
        Some(DType::F32) => DType::F32,
        Some(_) => DType::F64,
    };
    let values = match weights {
        Some(weights) => weights.data().to_dtype(dtype)?,
        None => Tensor::ones(&[x.numel() as i64], dtype)?,
    };
    let sums = Tensor::zeros(&[bins], dtype)?.scatter_add(0, &places, &values)?;
    let Some(weights) = weights else { return Ok(sums.into()) };
    // As in PyTorch the weights have no gradient, which is an error only where it is asked for.
    let no_gradient = |_: &[Option<Tensor>]| {
        Err(Error::not_implemented(NAME, "derivative for aten::bincount is not implemented"))
    };
    Ok(crate::custom("NotImplemented", &[weights], vec![sums], Box::new(no_gradient)).swap_remove(0))
}
