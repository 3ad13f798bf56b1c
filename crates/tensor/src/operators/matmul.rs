//! Matrix products.

use super::one;
use crate::operator::Row;

pub(super) const ROWS: &[Row] = &[
    Row("matmul(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.matmul(a.tensor(1)?))),
    Row("mm(Tensor self, Tensor mat2) -> Tensor", |a| one(a.tensor(0)?.mm(a.tensor(1)?))),
    Row("bmm(Tensor self, Tensor mat2) -> Tensor", |a| one(a.tensor(0)?.bmm(a.tensor(1)?))),
    Row("addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(0)?.addmm(a.tensor(1)?, a.tensor(2)?, a.scalar(3)?, a.scalar(4)?))
    }),
    Row("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", |a| {
        one(a.tensor(0)?.linear(a.tensor(1)?, a.tensor_or_none(2)?))
    }),
    Row("dot(Tensor self, Tensor tensor) -> Tensor", |a| one(a.tensor(0)?.dot(a.tensor(1)?))),
    Row("mv(Tensor self, Tensor vec) -> Tensor", |a| one(a.tensor(0)?.mv(a.tensor(1)?))),
];
