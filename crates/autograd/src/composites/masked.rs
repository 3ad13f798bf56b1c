//! `torch.masked`: reductions and normalisations of the elements that a mask keeps. The others are replaced by what
//! does not change the result.

use tensor::{Arg, Args, DType, Error, Result, Scalar, Tensor};

use super::norm::vector_norm;
use super::terms::{constant, front, fronts, kept};
use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// The mask as bool in the input's sizes.
fn spread_mask(input: &Variable, mask: &Variable) -> Result<Variable> {
    if mask.dim() > input.dim() {
        let text =
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)";
        return Err(Error::index("masked", text).shapes(&[input.sizes(), mask.sizes()]));
    }
    constant(mask.data().expand(&signed(input.sizes()))?.to_dtype(DType::Bool))
}

/// The input with a number where the mask does not hold.
fn filled(input: &Variable, mask: Option<&Variable>, fill: Scalar) -> Result<Variable> {
    match mask {
        Some(mask) => kept(&spread_mask(input, mask)?, input, fill),
        None => Ok(input.clone()),
    }
}

/// The smallest or largest number of a dtype.
fn limit(dtype: DType, largest: bool) -> Scalar {
    let bits = match dtype {
        DType::F32 | DType::F64 => {
            return Scalar::Float(if largest { f64::INFINITY } else { f64::NEG_INFINITY });
        }
        DType::Bool => return Scalar::Bool(largest),
        DType::U8 => return Scalar::Int(if largest { 255 } else { 0 }),
        DType::I8 => 7,
        DType::I16 => 15,
        DType::I32 => 31,
        DType::I64 => 63,
    };
    let top = i64::MAX >> (63 - bits);
    Scalar::Int(if largest { top } else { -top - 1 })
}

/// Input, dimensions counted from the front, `keepdim`, dtype and mask of a reduction.
struct Reduction<'a> {
    input: &'a Variable,
    dims: Vec<i64>,
    keepdim: bool,
    dtype: Option<DType>,
    mask: Option<&'a Variable>,
}

/// The arguments of `masked.NAME(input, dim, *, keepdim, dtype, mask)`; `dim` stands at `at`.
fn reduction<'a>(a: &Args<'a, Variable>, at: usize, rest: usize) -> Result<Reduction<'a>> {
    let input = a.tensor(0)?;
    Ok(Reduction {
        input,
        dims: fronts("masked", input, &a.ints(at)?)?,
        keepdim: a.bool(rest)?,
        dtype: a.dtype(rest + 1)?,
        mask: a.tensor_or_none(rest + 2)?,
    })
}

impl Reduction<'_> {
    /// Integers count in int64 unless a dtype is asked for.
    fn sum_dtype(&self) -> DType {
        let own = if self.input.dtype().is_float() { self.input.dtype() } else { DType::I64 };
        self.dtype.unwrap_or(own)
    }

    fn sum_of(&self, x: &Variable, keepdim: bool, dtype: DType) -> Result<Variable> {
        let x = filled(x, self.mask, Scalar::Int(0))?;
        call_one(
            "sum.dim_IntList",
            vec![(&x).into(), self.dims.as_slice().into(), keepdim.into(), dtype.into()],
        )
    }

    /// How many elements each result is of.
    fn count(&self, keepdim: bool) -> Result<Variable> {
        let ones = match self.mask {
            Some(mask) => spread_mask(self.input, mask)?.into_data(),
            None => Tensor::full(&signed(self.input.sizes()), Scalar::Int(1), Some(DType::I64))?,
        };
        constant(ones.sum_dims(&self.dims, keepdim, Some(DType::I64)))
    }

    fn product(&self) -> Result<Variable> {
        let mut found = filled(self.input, self.mask, Scalar::Int(1))?.to_dtype(self.sum_dtype())?;
        for &dim in self.dims.iter().rev() {
            let args = vec![(&found).into(), dim.into(), self.keepdim.into(), Arg::None];
            found = call_one("prod.dim_int", args)?;
        }
        Ok(found)
    }

    fn mean(&self) -> Result<Variable> {
        let dtype = self.dtype.unwrap_or(self.input.dtype());
        if !dtype.is_float() {
            let which = if self.dtype.is_some() { "Optional" } else { "Input" };
            let text = format!(
                "mean(): Could not infer output dtype. {which} dtype must be either a floating point or complex dtype. \
                 Got: torch.{}",
                dtype.name()
            );
            return Err(Error::value("masked.mean", text).dtypes(&[dtype]));
        }
        self.sum_of(self.input, self.keepdim, dtype)?.div(&self.count(self.keepdim)?)
    }

    fn extreme(&self, operator: &str, largest: bool) -> Result<Variable> {
        let x = filled(self.input, self.mask, limit(self.input.dtype(), !largest))?;
        let found = call_one(operator, vec![(&x).into(), self.dims.as_slice().into(), self.keepdim.into()])?;
        found.to_dtype(self.dtype.unwrap_or(self.input.dtype()))
    }

    fn logsumexp(&self) -> Result<Variable> {
        let x = filled(self.input, self.mask, limit(self.input.dtype(), false))?;
        let found =
            call_one("logsumexp", vec![(&x).into(), self.dims.as_slice().into(), self.keepdim.into()])?;
        found.to_dtype(self.dtype.unwrap_or(self.input.dtype()))
    }

    fn norm(&self, p: f64) -> Result<Variable> {
        let fill = if p == f64::NEG_INFINITY { Scalar::Float(f64::INFINITY) } else { Scalar::Int(0) };
        let x = filled(self.input, self.mask, fill)?;
        vector_norm(&x, p, &self.dims, self.keepdim, Some(self.dtype.unwrap_or(self.input.dtype())))
    }

    /// Sums of squared distances from the mean, divided by the count less the correction.
    fn variance(&self, correction: f64) -> Result<Variable> {
        let own = if self.input.dtype().is_float() { self.input.dtype() } else { DType::F32 };
        let dtype = self.dtype.unwrap_or(own);
        let wide = if dtype.is_float() { dtype } else { DType::F32 };
        let mean = self.sum_of(self.input, true, dtype)?.div(&self.count(true)?)?;
        let apart = self.input.sub(&mean)?;
        let total = self.sum_of(&apart.mul(&apart)?, self.keepdim, wide)?;
        let mut count = self.count(self.keepdim)?;
        if correction != 0.0 {
            let free = count.data().to_dtype(wide)?.sub(correction)?;
            count = constant(free.clamp(Some(Scalar::Int(0)), None))?;
        }
        total.div(&count)?.to_dtype(dtype)
    }
}

/// What the two ways of naming a correction come to.
fn correction(a: &Args<'_, Variable>) -> Result<f64> {
    match (a.scalar_or_none(2)?, a.scalar_or_none(3)?) {
        (Some(_), Some(_)) => {
            Err(Error::runtime("masked", "Only one of unbiased and correction may be given"))
        }
        (Some(unbiased), None) => Ok(if unbiased.to_bool() { 1.0 } else { 0.0 }),
        (None, correction) => Ok(correction.map_or(1.0, Scalar::to_f64)),
    }
}

/// `masked.argmax` and `masked.argmin`.
fn position(a: &Args<'_, Variable>, operator: &str, largest: bool) -> Result<Vec<Variable>> {
    let input = a.tensor(0)?;
    let x = filled(input, a.tensor_or_none(4)?, limit(input.dtype(), !largest))?;
    let found = call_one(operator, vec![(&x).into(), a.int_or_none(1)?.into(), a.bool(2)?.into()])?;
    one(found.to_dtype(a.dtype(3)?.unwrap_or(input.dtype())))
}

/// A function along one dimension, of the filled input in a dtype.
fn along(a: &Args<'_, Variable>, operator: &str, fill: Scalar) -> Result<Vec<Variable>> {
    let input = a.tensor(0)?;
    let dtype = a.dtype(2)?.unwrap_or(input.dtype());
    let dim = front("masked", input, a.int(1)?)? as i64;
    let x = filled(input, a.tensor_or_none(3)?, fill)?;
    let found = call_one(operator, vec![(&x).into(), dim.into(), dtype.into()])?;
    one(found.to_dtype(dtype))
}

fn softmin(a: &Args<'_, Variable>) -> Result<Variable> {
    let input = a.tensor(0)?;
    let dtype = a.dtype(2)?.unwrap_or(input.dtype());
    let dim = front("masked", input, a.int(1)?)? as i64;
    let x = filled(input, a.tensor_or_none(3)?, limit(input.dtype(), true))?.neg()?;
    call_one("softmax.int", vec![(&x).into(), dim.into(), dtype.into()])
}

fn normalize(a: &Args<'_, Variable>) -> Result<Variable> {
    let (input, mask) = (a.tensor(0)?, a.tensor_or_none(5)?);
    let r = Reduction {
        input,
        dims: fronts("masked", input, &[a.int(2)?])?,
        keepdim: true,
        dtype: a.dtype(4)?,
        mask,
    };
    let bounded = {
        let norm = r.norm(a.float(1)?)?;
        let least = constant(Ok(Tensor::scalar(Scalar::Float(a.float(3)?), norm.dtype())))?;
        call_one("maximum", vec![(&norm).into(), (&least).into()])?
    };
    filled(input, mask, Scalar::Int(0))?.div(&bounded)
}

fn median(a: &Args<'_, Variable>) -> Result<Variable> {
    let input = a.tensor(0)?;
    let dim = front("masked", input, a.int(1)?)? as i64;
    let float = if input.dtype().is_float() { input.clone() } else { input.to_dtype(DType::F32)? };
    let x = filled(&float, a.tensor_or_none(4)?, Scalar::Float(f64::NAN))?;
    let found = call("nanmedian.dim", vec![(&x).into(), dim.into(), a.bool(2)?.into()])?;
    let Some(found) = found.into_iter().next() else {
        return Err(Error::runtime("masked.median", "nanmedian has no result"));
    };
    if input.dtype().is_float() {
        return Ok(found);
    }
    if found.data().isnan()?.any()?.item()?.to_bool() {
        let text = "masked median expects no fully masked out rows if dtype is not floating point";
        return Err(Error::value("masked.median", text));
    }
    found.to_dtype(a.dtype(3)?.unwrap_or(input.dtype()))
}

fn logaddexp(a: &Args<'_, Variable>) -> Result<Variable> {
    let (x, y) = (a.tensor(0)?, a.tensor(1)?);
    let low = |t: &Variable, mask| filled(t, mask, limit(t.dtype(), false));
    let (left, right) = (low(x, a.tensor_or_none(3)?)?, low(y, a.tensor_or_none(4)?)?);
    let found = call_one("logaddexp", vec![(&left).into(), (&right).into()])?;
    found.to_dtype(a.dtype(2)?.unwrap_or(x.dtype()))
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "masked.sum(Tensor input, int[1]? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| {
            let r = reduction(a, 1, 2)?;
            one(r.sum_of(r.input, r.keepdim, r.sum_dtype()))
        },
    },
    Composite {
        schema: "masked.prod(Tensor input, int[1]? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 2)?.product()),
    },
    Composite {
        schema: "masked.mean(Tensor input, int[1]? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 2)?.mean()),
    },
    Composite {
        schema: "masked.amax(Tensor input, int[1]? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 2)?.extreme("amax", true)),
    },
    Composite {
        schema: "masked.amin(Tensor input, int[1]? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 2)?.extreme("amin", false)),
    },
    Composite {
        schema: "masked.logsumexp(Tensor input, int[1]? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 2)?.logsumexp()),
    },
    Composite {
        schema: "masked.norm(Tensor input, float? ord=2.0, int[1]? dim=None, *, bool keepdim=False, ScalarType? \
                 dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| one(reduction(a, 2, 3)?.norm(a.scalar_or_none(1)?.map_or(2.0, Scalar::to_f64))),
    },
    Composite {
        schema: "masked.var(Tensor input, int[1]? dim=None, bool? unbiased=None, *, Scalar? correction=None, bool \
                 keepdim=False, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 4)?.variance(correction(a)?)),
    },
    Composite {
        schema: "masked.std(Tensor input, int[1]? dim=None, bool? unbiased=None, *, Scalar? correction=None, bool \
                 keepdim=False, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| one(reduction(a, 1, 4)?.variance(correction(a)?)?.sqrt()),
    },
    Composite {
        schema: "masked.argmax(Tensor input, int? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| position(a, "argmax", true),
    },
    Composite {
        schema: "masked.argmin(Tensor input, int? dim=None, *, bool keepdim=False, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| position(a, "argmin", false),
    },
    Composite {
        schema: "masked.median(Tensor input, int dim=-1, *, bool keepdim=False, ScalarType? dtype=None, Tensor? mask=None) \
                 -> Tensor",
        body: |a| one(median(a)),
    },
    Composite {
        schema: "masked.cumsum(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| along(a, "cumsum", Scalar::Int(0)),
    },
    Composite {
        schema: "masked.cumprod(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| along(a, "cumprod", Scalar::Int(1)),
    },
    Composite {
        schema: "masked.softmax(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| along(a, "softmax.int", limit(a.tensor(0)?.dtype(), false)),
    },
    Composite {
        schema: "masked.log_softmax(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| along(a, "log_softmax.int", limit(a.tensor(0)?.dtype(), false)),
    },
    Composite {
        schema: "masked.softmin(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
        body: |a| one(softmin(a)),
    },
    Composite {
        schema: "masked.normalize(Tensor input, float ord, int dim, *, float eps=1e-12, ScalarType? dtype=None, Tensor? \
                 mask=None) -> Tensor",
        body: |a| one(normalize(a)),
    },
    Composite {
        schema: "masked.logaddexp(Tensor input, Tensor other, *, ScalarType? dtype=None, Tensor? input_mask=None, Tensor? \
                 other_mask=None) -> Tensor",
        body: |a| one(logaddexp(a)),
    },
];
