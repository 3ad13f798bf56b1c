//! Tensors from numbers and from random streams.

use super::one;
use crate::operator::{Args, Row};
use crate::{DType, Result, Scalar, Tensor};

/// One layout and one device exist; memory is never pinned.
pub(super) fn refuse_options(a: &Args<'_>, from: usize) -> Result<()> {
    a.refuse(from, "layout")?;
    a.cpu(from + 1)?;
    a.refuse(from + 2, "pin_memory")
}

pub(super) const ROWS: &[Row] = &[
    Row(
        "arange(Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(Tensor::arange(Scalar::Int(0), a.scalar(0)?, Scalar::Int(1), a.dtype(1)?))
        },
    ),
    Row(
        "arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::arange(a.scalar(0)?, a.scalar(1)?, Scalar::Int(1), a.dtype(2)?))
        },
    ),
    Row(
        "arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 4)?;
            one(Tensor::arange(a.scalar(0)?, a.scalar(1)?, a.scalar(2)?, a.dtype(3)?))
        },
    ),
    Row(
        "linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 4)?;
            one(Tensor::linspace(a.float(0)?, a.float(1)?, a.int(2)?, a.dtype(3)?))
        },
    ),
    Row(
        "zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(Tensor::zeros(&a.ints(0)?, a.dtype(1)?.unwrap_or(DType::F32)))
        },
    ),
    Row(
        "ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(Tensor::ones(&a.ints(0)?, a.dtype(1)?.unwrap_or(DType::F32)))
        },
    ),
    Row(
        "full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::full(&a.ints(0)?, a.scalar(1)?, a.dtype(2)?))
        },
    ),
    Row(
        "eye(SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(Tensor::eye(a.int(0)?, a.int(0)?, a.dtype(1)?.unwrap_or(DType::F32)))
        },
    ),
    Row(
        "eye.m(SymInt n, SymInt m, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::eye(a.int(0)?, a.int(1)?, a.dtype(2)?.unwrap_or(DType::F32)))
        },
    ),
    Row(
        "rand.generator(SymInt[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::rand(&a.ints(0)?, a.dtype(2)?.unwrap_or(DType::F32), a.generator(1)?))
        },
    ),
    Row(
        "randn.generator(SymInt[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::randn(&a.ints(0)?, a.dtype(2)?.unwrap_or(DType::F32), a.generator(1)?))
        },
    ),
    Row(
        "randint.generator(SymInt high, SymInt[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 4)?;
            one(Tensor::randint(
                0,
                a.int(0)?,
                &a.ints(1)?,
                a.dtype(3)?.unwrap_or(DType::I64),
                a.generator(2)?,
            ))
        },
    ),
    Row(
        "randint.low_generator(SymInt low, SymInt high, SymInt[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 5)?;
            one(Tensor::randint(
                a.int(0)?,
                a.int(1)?,
                &a.ints(2)?,
                a.dtype(4)?.unwrap_or(DType::I64),
                a.generator(3)?,
            ))
        },
    ),
    Row(
        "randperm.generator(SymInt n, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::randperm(a.int(0)?, a.dtype(2)?.unwrap_or(DType::I64), a.generator(1)?))
        },
    ),
    Row("bernoulli(Tensor self, *, Generator? generator=None) -> Tensor", |a| {
        one(a.tensor(0)?.bernoulli(a.generator(1)?))
    }),
];
