//! New tensors made after others, and in layouts of their own.

use super::create::refuse_options;
use super::one;
use crate::operator::{Args, Row};
use crate::{DType, Result, Scalar, Tensor};

/// `*_like` with dtype, layout, device, pin_memory and memory format from `from` on.
fn like(a: &Args<'_>, from: usize, value: Scalar) -> Result<Vec<Tensor>> {
    refuse_options(a, from + 1)?;
    one(a.tensor(0)?.filled_like(value, a.dtype(from)?, a.memory_format(from + 4)?))
}

/// `new_*` with dtype, layout, device and pin_memory from `from` on.
fn after(a: &Args<'_>, from: usize, value: Scalar) -> Result<Vec<Tensor>> {
    refuse_options(a, from + 1)?;
    one(Tensor::full(&a.ints(1)?, value, Some(a.dtype(from)?.unwrap_or(a.tensor(0)?.dtype()))))
}

/// The end of a sequence: a number or a 0-dim tensor.
fn bound(a: &Args<'_>, at: usize, operator: &'static str) -> Result<f64> {
    let Ok(t) = a.tensor(at) else { return a.float(at) };
    if t.dim() != 0 {
        let text = format!(
            "{operator} only supports 0-dimensional start and end tensors, but got start with {} dimension(s) and end with 0 dimension(s).",
            t.dim()
        );
        return Err(crate::Error::runtime(operator, text).shapes(&[t.sizes()]));
    }
    Ok(t.item()?.to_f64())
}

fn linspace(a: &Args<'_>) -> Result<Vec<Tensor>> {
    refuse_options(a, 4)?;
    one(Tensor::linspace(bound(a, 0, "linspace")?, bound(a, 1, "linspace")?, a.int(2)?, a.dtype(3)?))
}

fn logspace(a: &Args<'_>) -> Result<Vec<Tensor>> {
    refuse_options(a, 5)?;
    let (start, end) = (bound(a, 0, "logspace")?, bound(a, 1, "logspace")?);
    one(Tensor::logspace(start, end, a.int(2)?, a.float(3)?, a.dtype(4)?))
}

/// New numbers in the sizes, dtype and memory order of the first argument; the options stand from `from` on.
fn random_like(
    a: &Args<'_>,
    from: usize,
    draw: impl Fn(&[i64], DType) -> Result<Tensor>,
) -> Result<Vec<Tensor>> {
    refuse_options(a, from + 1)?;
    let model = a.tensor(0)?;
    let dtype = a.dtype(from)?.unwrap_or(model.dtype());
    let strides = a.memory_format(from + 4)?.unwrap_or(crate::MemoryFormat::Preserve).strides(model)?;
    if strides == crate::contiguous_strides(model.sizes()) {
        let sizes: Vec<i64> = model.sizes().iter().map(|&size| size as i64).collect();
        return one(draw(&sizes, dtype));
    }
    // The stream runs along memory.
    one(draw(&[model.numel() as i64], dtype)?.as_strided(model.sizes(), &strides, 0))
}

fn randn_like(a: &Args<'_>) -> Result<Vec<Tensor>> {
    let generator = a.generator(1)?;
    let dense = a.tensor(0)?.is_contiguous();
    random_like(a, 2, |sizes, dtype| {
        if !dense && sizes.iter().product::<i64>() >= 16 {
            // There PyTorch draws number by number instead of in blocks of sixteen.
            let text = "normal numbers in the order of a tensor that is not contiguous are not implemented";
            return Err(crate::Error::not_implemented("randn_like", text));
        }
        Tensor::randn(sizes, dtype, generator)
    })
}

pub(super) const ROWS: &[Row] = &[
    Row(
        "zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| like(a, 1, Scalar::Int(0)),
    ),
    Row(
        "ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| like(a, 1, Scalar::Int(1)),
    ),
    Row(
        "full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| like(a, 2, a.scalar(1)?),
    ),
    Row(
        "empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(a.tensor(0)?.empty_like(a.dtype(1)?, a.memory_format(5)?))
        },
    ),
    Row(
        "new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| after(a, 2, Scalar::Int(0)),
    ),
    Row(
        "new_ones(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| after(a, 2, Scalar::Int(1)),
    ),
    Row(
        "new_full(Tensor self, SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| after(a, 3, a.scalar(2)?),
    ),
    Row(
        "new_empty(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::empty(&a.ints(1)?, a.dtype(2)?.unwrap_or(a.tensor(0)?.dtype()), None))
        },
    ),
    Row(
        "new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 4)?;
            let dtype = a.dtype(3)?.unwrap_or(a.tensor(0)?.dtype());
            one(Tensor::empty_strided(&a.ints(1)?, &a.ints(2)?, dtype))
        },
    ),
    Row(
        "empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(Tensor::empty(&a.ints(0)?, a.dtype(1)?.unwrap_or(DType::F32), a.memory_format(5)?))
        },
    ),
    Row(
        "empty_strided(SymInt[] size, SymInt[] stride, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::empty_strided(&a.ints(0)?, &a.ints(1)?, a.dtype(2)?.unwrap_or(DType::F32)))
        },
    ),
    Row(
        "empty_permuted(SymInt[] size, int[] physical_layout, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 3)?;
            one(Tensor::empty_permuted(&a.ints(0)?, &a.ints(1)?, a.dtype(2)?.unwrap_or(DType::F32)))
        },
    ),
    Row(
        "scalar_tensor(Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 2)?;
            one(Ok(Tensor::scalar(a.scalar(0)?, a.dtype(1)?.unwrap_or(DType::F32))))
        },
    ),
    Row(
        "linspace.Tensor_Tensor(Tensor start, Tensor end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        linspace,
    ),
    Row(
        "linspace.Tensor_Scalar(Tensor start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        linspace,
    ),
    Row(
        "linspace.Scalar_Tensor(Scalar start, Tensor end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        linspace,
    ),
    Row(
        "logspace(Scalar start, Scalar end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        logspace,
    ),
    Row(
        "logspace.Tensor_Tensor(Tensor start, Tensor end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        logspace,
    ),
    Row(
        "logspace.Tensor_Scalar(Tensor start, Scalar end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        logspace,
    ),
    Row(
        "logspace.Scalar_Tensor(Scalar start, Tensor end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        logspace,
    ),
    Row(
        "tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 4)?;
            one(Tensor::tril_indices(a.int(0)?, a.int(1)?, a.int(2)?, a.dtype(3)?.unwrap_or(DType::I64)))
        },
    ),
    Row(
        "triu_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
        |a| {
            refuse_options(a, 4)?;
            one(Tensor::triu_indices(a.int(0)?, a.int(1)?, a.int(2)?, a.dtype(3)?.unwrap_or(DType::I64)))
        },
    ),
    Row(
        "rand_like.generator(Tensor self, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| {
            let generator = a.generator(1)?;
            random_like(a, 2, |sizes, dtype| Tensor::rand(sizes, dtype, generator))
        },
    ),
    Row(
        "randn_like.generator(Tensor self, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        randn_like,
    ),
    Row(
        "randint_like.generator(Tensor self, SymInt high, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| {
            let (high, generator) = (a.int(1)?, a.generator(2)?);
            random_like(a, 3, |sizes, dtype| Tensor::randint(0, high, sizes, dtype, generator))
        },
    ),
    Row(
        "randint_like.low_generator_dtype(Tensor self, SymInt low, SymInt high, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
        |a| {
            let (low, high, generator) = (a.int(1)?, a.int(2)?, a.generator(3)?);
            random_like(a, 4, |sizes, dtype| Tensor::randint(low, high, sizes, dtype, generator))
        },
    ),
];
