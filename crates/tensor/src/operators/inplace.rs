//! Operators that write into their first argument and return it.

use crate::operator::{Args, Row};
use crate::{Result, Scalar, Tensor};

fn written(a: &Args<'_>, result: Result<()>) -> Result<Vec<Tensor>> {
    result?;
    Ok(vec![a.tensor(0)?.clone()])
}

pub(super) const ROWS: &[Row] = &[
    Row("add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)", |a| {
        written(a, a.tensor(0)?.add_(a.tensor(1)?, a.scalar(2)?))
    }),
    Row("sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)", |a| {
        written(a, a.tensor(0)?.sub_(a.tensor(1)?, a.scalar(2)?))
    }),
    Row("mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)", |a| {
        written(a, a.tensor(0)?.mul_(a.tensor(1)?))
    }),
    Row("div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)", |a| {
        written(a, a.tensor(0)?.div_(a.tensor(1)?))
    }),
    Row("copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)", |a| {
        written(a, a.tensor(0)?.copy_(a.tensor(1)?))
    }),
    Row("fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)", |a| {
        written(a, a.tensor(0)?.fill_(a.scalar(1)?))
    }),
    Row("zero_(Tensor(a!) self) -> Tensor(a!)", |a| written(a, a.tensor(0)?.fill_(Scalar::Int(0)))),
];
