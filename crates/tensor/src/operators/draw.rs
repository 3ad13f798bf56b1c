//! Operators that fill their first argument from the random stream.

use crate::operator::{Args, Row};
use crate::{Result, Tensor};

/// Copies what was drawn in the target's sizes into it.
fn filled(a: &Args<'_>, draw: impl FnOnce(&Tensor, &[i64]) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    let target = a.tensor(0)?;
    let sizes: Vec<i64> = target.sizes().iter().map(|&size| size as i64).collect();
    target.copy_(&draw(target, &sizes)?)?;
    Ok(vec![target.clone()])
}

pub(super) const ROWS: &[Row] = &[
    Row(
        "uniform_(Tensor(a!) self, float from=0, float to=1, *, Generator? generator=None) -> Tensor(a!)",
        |a| {
            filled(a, |t, sizes| Tensor::uniform(sizes, a.float(1)?, a.float(2)?, t.dtype(), a.generator(3)?))
        },
    ),
    Row("random_(Tensor(a!) self, *, Generator? generator=None) -> Tensor(a!)", |a| {
        filled(a, |t, _| Tensor::random(t.sizes(), t.dtype(), a.generator(1)?))
    }),
    Row("random_.to(Tensor(a!) self, int to, *, Generator? generator=None) -> Tensor(a!)", |a| {
        filled(a, |t, sizes| Tensor::randint(0, a.int(1)?, sizes, t.dtype(), a.generator(2)?))
    }),
    Row(
        "random_.from(Tensor(a!) self, int from, int? to, *, Generator? generator=None) -> Tensor(a!)",
        |a| {
            let Some(to) = a.int_or_none(2)? else {
                return Err(crate::Error::not_implemented(
                    "random_",
                    "random_ without an upper bound is not implemented",
                ));
            };
            filled(a, |t, sizes| Tensor::randint(a.int(1)?, to, sizes, t.dtype(), a.generator(3)?))
        },
    ),
    Row("bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)", |a| {
        filled(a, |t, _| Tensor::bernoulli_p(t.sizes(), a.float(1)?, t.dtype(), a.generator(2)?))
    }),
];
