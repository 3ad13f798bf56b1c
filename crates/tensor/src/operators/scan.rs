//! Running products, extremes and log-sums; statistics made of other reductions.

use super::{one, two};
use crate::operator::{Args, Row};
use crate::{DType, Result, Scalar, Tensor};

/// What `unbiased` subtracts from the count.
fn correction(unbiased: bool) -> f64 {
    if unbiased { 1.0 } else { 0.0 }
}

/// The spread of values, and their mean.
fn with_mean(a: &Args<'_>, spread: Result<Tensor>, dims: &[i64], keepdim: bool) -> Result<Vec<Tensor>> {
    Ok(vec![spread?, a.tensor(0)?.mean_dims(dims, keepdim, None)?])
}

fn scalar_correction(a: &Args<'_>, at: usize) -> Result<f64> {
    Ok(a.scalar_or_none(at)?.map_or(1.0, Scalar::to_f64))
}

fn count(t: &Tensor, dims: &[i64]) -> Result<Tensor> {
    t.ne(0i64)?.sum_dims(dims, false, Some(DType::I64))
}

pub(super) const ROWS: &[Row] = &[
    Row("cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", |a| {
        one(a.tensor(0)?.cumprod(a.int(1)?, a.dtype(2)?))
    }),
    Row("cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.cummax(a.int(1)?))
    }),
    Row("cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.cummin(a.int(1)?))
    }),
    Row("logcumsumexp(Tensor self, int dim) -> Tensor", |a| one(a.tensor(0)?.logcumsumexp(a.int(1)?))),
    Row("all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.all_dims(a.ints_or_none(1)?.as_deref(), a.bool(2)?))
    }),
    Row("any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.any_dims(a.ints_or_none(1)?.as_deref(), a.bool(2)?))
    }),
    Row("count_nonzero(Tensor self, int? dim=None) -> Tensor", |a| one(count(a.tensor(0)?, &a.ints(1)?))),
    Row("count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor", |a| {
        one(count(a.tensor(0)?, &a.ints(1)?))
    }),
    Row("var(Tensor self, bool unbiased=True) -> Tensor", |a| {
        one(a.tensor(0)?.var(&[], correction(a.bool(1)?), false))
    }),
    Row("std(Tensor self, bool unbiased=True) -> Tensor", |a| {
        one(a.tensor(0)?.std(&[], correction(a.bool(1)?), false))
    }),
    Row("var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.var(&a.ints(1)?, correction(a.bool(2)?), a.bool(3)?))
    }),
    Row("std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor", |a| {
        one(a.tensor(0)?.std(&a.ints(1)?, correction(a.bool(2)?), a.bool(3)?))
    }),
    Row("var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)", |a| {
        with_mean(a, a.tensor(0)?.var(&[], correction(a.bool(1)?), false), &[], false)
    }),
    Row("std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)", |a| {
        with_mean(a, a.tensor(0)?.std(&[], correction(a.bool(1)?), false), &[], false)
    }),
    Row(
        "var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)",
        |a| {
            let (dims, keep) = (a.ints(1)?, a.bool(3)?);
            with_mean(a, a.tensor(0)?.var(&dims, correction(a.bool(2)?), keep), &dims, keep)
        },
    ),
    Row(
        "std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)",
        |a| {
            let (dims, keep) = (a.ints(1)?, a.bool(3)?);
            with_mean(a, a.tensor(0)?.std(&dims, correction(a.bool(2)?), keep), &dims, keep)
        },
    ),
    Row(
        "var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor, Tensor)",
        |a| {
            let (dims, keep) = (a.ints(1)?, a.bool(3)?);
            with_mean(a, a.tensor(0)?.var(&dims, scalar_correction(a, 2)?, keep), &dims, keep)
        },
    ),
    Row(
        "std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor, Tensor)",
        |a| {
            let (dims, keep) = (a.ints(1)?, a.bool(3)?);
            with_mean(a, a.tensor(0)?.std(&dims, scalar_correction(a, 2)?, keep), &dims, keep)
        },
    ),
];
