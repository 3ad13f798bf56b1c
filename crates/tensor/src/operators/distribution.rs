//! Draws from distributions.

use super::create::refuse_options;
use super::one;
use crate::operator::{Args, Row};
use crate::{DType, Error, Result, Tensor};

fn sizes(t: &Tensor) -> Vec<i64> {
    t.sizes().iter().map(|&size| size as i64).collect()
}

/// Standard normal numbers scaled and moved; the deviations are not negative.
fn scaled(a: &Args<'_>, sizes: &[i64], mean: crate::Operand<'_>, std: &Tensor) -> Result<Vec<Tensor>> {
    if std.numel() > 0 && std.min()?.item()?.to_f64() < 0.0 {
        return Err(Error::runtime("normal", "normal expects all elements of std >= 0.0"));
    }
    one(Tensor::randn(sizes, std.dtype(), a.generator(2)?)?.mul(std)?.add(mean))
}

pub(super) const ROWS: &[Row] = &[
    Row("normal.Tensor_Tensor(Tensor mean, Tensor std, *, Generator? generator=None) -> Tensor", |a| {
        let (mean, std) = (a.tensor(0)?, a.tensor(1)?);
        let both = crate::broadcast_sizes("normal", mean.sizes(), std.sizes())?;
        scaled(a, &both.iter().map(|&size| size as i64).collect::<Vec<_>>(), mean.into(), std)
    }),
    Row("normal.Tensor_float(Tensor mean, float std=1., *, Generator? generator=None) -> Tensor", |a| {
        let mean = a.tensor(0)?;
        one(Tensor::normal(&sizes(mean), 0.0, a.float(1)?, mean.dtype(), a.generator(2)?)?.add(mean))
    }),
    Row("normal.float_Tensor(float mean, Tensor std, *, Generator? generator=None) -> Tensor", |a| {
        let std = a.tensor(1)?;
        scaled(a, &sizes(std), a.float(0)?.into(), std)
    }),
    Row(
        "normal.float_float(float mean, float std, SymInt[] size, *, Generator? generator=None, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 5)?;
            let dtype = a.dtype(4)?.unwrap_or(DType::F32);
            one(Tensor::normal(&a.ints(2)?, a.float(0)?, a.float(1)?, dtype, a.generator(3)?))
        },
    ),
    Row(
        "normal_functional(Tensor self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor",
        |a| {
            let t = a.tensor(0)?;
            one(Tensor::normal(&sizes(t), a.float(1)?, a.float(2)?, t.dtype(), a.generator(3)?))
        },
    ),
    Row(
        "normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)",
        |a| {
            let t = a.tensor(0)?;
            if !t.is_contiguous() && t.numel() >= 16 {
                let text =
                    "normal numbers in the order of a tensor that is not contiguous are not implemented";
                return Err(Error::not_implemented("normal_", text));
            }
            t.copy_(&Tensor::normal(&sizes(t), a.float(1)?, a.float(2)?, t.dtype(), a.generator(3)?)?)?;
            Ok(vec![t.clone()])
        },
    ),
    Row("uniform(Tensor self, float from=0., float to=1., *, Generator? generator=None) -> Tensor", |a| {
        one(a.tensor(0)?.uniform_like(a.float(1)?, a.float(2)?, a.generator(3)?))
    }),
    Row("exponential(Tensor self, float lambd=1., *, Generator? generator=None) -> Tensor", |a| {
        one(a.tensor(0)?.exponential_like(a.float(1)?, a.generator(2)?))
    }),
    Row(
        "cauchy(Tensor self, float median=0., float sigma=1., *, Generator? generator=None) -> Tensor",
        |a| one(a.tensor(0)?.cauchy_like(a.float(1)?, a.float(2)?, a.generator(3)?)),
    ),
    Row("geometric(Tensor self, float p, *, Generator? generator=None) -> Tensor", |a| {
        one(a.tensor(0)?.geometric_like(a.float(1)?, a.generator(2)?))
    }),
    Row(
        "log_normal(Tensor self, float mean=1., float std=2., *, Generator? generator=None) -> Tensor",
        |a| one(a.tensor(0)?.log_normal_like(a.float(1)?, a.float(2)?, a.generator(3)?)),
    ),
    Row("bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor", |a| {
        let t = a.tensor(0)?;
        one(Tensor::bernoulli_p(t.sizes(), a.float(1)?, t.dtype(), a.generator(2)?))
    }),
    Row(
        "multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor",
        |a| one(a.tensor(0)?.multinomial(a.int(1)?, a.bool(2)?, a.generator(3)?)),
    ),
];
