//! Reductions, scans and softmax.

use super::{one, two};
use crate::Scalar;
use crate::operator::Row;

pub(super) const ROWS: &[Row] = &[
    Row("sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", |a| one(a.tensor(0)?.sum(a.dtype(1)?))),
    Row(
        "sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
        |a| one(a.tensor(0)?.sum_dims(&a.ints(1)?, a.bool(2)?, a.dtype(3)?)),
    ),
    Row("mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", |a| one(a.tensor(0)?.mean(a.dtype(1)?))),
    Row("mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", |a| {
        one(a.tensor(0)?.mean_dims(&a.ints(1)?, a.bool(2)?, a.dtype(3)?))
    }),
    Row(
        "var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor",
        |a| one(a.tensor(0)?.var(&a.ints(1)?, a.scalar_or_none(2)?.map_or(1.0, Scalar::to_f64), a.bool(3)?)),
    ),
    Row(
        "std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor",
        |a| one(a.tensor(0)?.std(&a.ints(1)?, a.scalar_or_none(2)?.map_or(1.0, Scalar::to_f64), a.bool(3)?)),
    ),
    Row("prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", |a| one(a.tensor(0)?.prod(a.dtype(1)?))),
    Row("prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", |a| {
        one(a.tensor(0)?.prod_dim(a.int(1)?, a.bool(2)?, a.dtype(3)?))
    }),
    Row("max(Tensor self) -> Tensor", |a| one(a.tensor(0)?.max())),
    Row("max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.max_dim(a.int(1)?, a.bool(2)?))
    }),
    Row("amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.amax(&a.ints(1)?, a.bool(2)?))
    }),
    Row("argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.argmax(a.int_or_none(1)?, a.bool(2)?))
    }),
    Row("min(Tensor self) -> Tensor", |a| one(a.tensor(0)?.min())),
    Row("min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.min_dim(a.int(1)?, a.bool(2)?))
    }),
    Row("amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.amin(&a.ints(1)?, a.bool(2)?))
    }),
    Row("argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.argmin(a.int_or_none(1)?, a.bool(2)?))
    }),
    Row("any(Tensor self) -> Tensor", |a| one(a.tensor(0)?.any())),
    Row("any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.any_dim(a.int(1)?, a.bool(2)?))
    }),
    Row("all(Tensor self) -> Tensor", |a| one(a.tensor(0)?.all())),
    Row("all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.all_dim(a.int(1)?, a.bool(2)?))
    }),
    Row("logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.logsumexp(&a.ints(1)?, a.bool(2)?))
    }),
    Row(
        "linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
        |a| {
            let x =
                a.dtype(4)?.map_or_else(|| Ok(a.tensor(0)?.clone()), |dtype| a.tensor(0)?.to_dtype(dtype))?;
            one(x.norm(a.float(1)?, &a.ints(2)?, a.bool(3)?))
        },
    ),
    Row("softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", |a| {
        one(a.tensor(0)?.softmax(a.int(1)?, a.dtype(2)?))
    }),
    Row("log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", |a| {
        one(a.tensor(0)?.log_softmax(a.int(1)?, a.dtype(2)?))
    }),
    Row("cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", |a| {
        one(a.tensor(0)?.cumsum(a.int(1)?, a.dtype(2)?))
    }),
];
