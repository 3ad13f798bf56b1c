//! Reductions over segments of a dimension that follow one another.

use tensor::{Args, DType, Error, Result, Scalar, Tensor, wrap_dim};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

const NAME: &str = "segment_reduce";

/// For each entry along the axis the number of its segment; those of no segment get the number after the last.
/// `bounds` holds a row of lengths, or of offsets, for each of the leading positions.
fn numbers(bounds: &Tensor, by_offset: bool, size: usize, lenient: bool) -> Result<(Vec<i64>, usize)> {
    let count = bounds.sizes().last().copied().unwrap_or(0);
    let segments = if by_offset { count.saturating_sub(1) } else { count };
    let mut found = Vec::new();
    for row in bounds.to_vec_as::<i64>()?.chunks_exact(count.max(1)) {
        let mut own = vec![segments as i64; size];
        let mut start = if by_offset { row.first().copied().unwrap_or(0) } else { 0 };
        for number in 0..segments {
            let end = match by_offset {
                true => row.get(number + 1).copied().unwrap_or(start),
                false => {
                    let length = row.get(number).copied().unwrap_or(0);
                    if length < 0 {
                        return Err(Error::runtime(NAME, "lengths contains negative value!"));
                    }
                    start + length
                }
            };
            for at in start.max(0)..end.min(size as i64) {
                if let Some(slot) = own.get_mut(at as usize) {
                    *slot = number as i64;
                }
            }
            start = end;
        }
        if !by_offset && !lenient && start != size as i64 {
            let text = "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) \
                        when !unsafe.";
            return Err(Error::runtime(NAME, text).expected(size.to_string()).found(start.to_string()));
        }
        found.extend(own);
    }
    Ok((found, segments))
}

fn segment_reduce(a: &Args<'_, Variable>) -> Result<Variable> {
    let data = a.tensor(0)?;
    let how = a.text(1)?.unwrap_or_default();
    let (scatter, start) = match how {
        "sum" | "mean" => ("sum", 0.0),
        "prod" => ("prod", 1.0),
        "max" | "amax" => ("amax", f64::NEG_INFINITY),
        "min" | "amin" => ("amin", f64::INFINITY),
        other => {
            let text = format!("reduce argument must be either sum, prod, mean, amax or amin, got {other}");
            return Err(Error::runtime(NAME, text).found(other));
        }
    };
    a.refuse(3, "indices")?;
    let axis = wrap_dim(NAME, a.int(5)?, data.dim())?;
    let (bounds, by_offset) = match (a.tensor_or_none(2)?, a.tensor_or_none(4)?) {
        (_, Some(offsets)) => (offsets.data(), true),
        (Some(lengths), None) => (lengths.data(), false),
        (None, None) => {
            return Err(Error::runtime(NAME, "segment_reduce(): Either lengths or offsets must be defined."));
        }
    };
    let size = data.sizes().get(axis).copied().unwrap_or(1);
    let lead = data.sizes().get(..axis).unwrap_or_default();
    if bounds.dim() != axis + 1 || bounds.sizes().get(..axis) != Some(lead) {
        let text = "segment_reduce(): Expected lengths or offsets of the sizes of data up to axis.";
        return Err(Error::runtime(NAME, text).shapes(&[data.sizes(), bounds.sizes()]));
    }
    let (numbers, segments) = numbers(bounds, by_offset, size, a.bool(6)?)?;
    let mut sizes = signed(lead);
    sizes.push(size as i64);
    let index = Tensor::from_vec(numbers, &[lead.iter().product::<usize>() * size])?.reshape(&sizes)?;
    let mut raised = index;
    for _ in axis + 1..data.dim() {
        raised = raised.unsqueeze(-1)?;
    }
    let index: Variable = raised.expand(&signed(data.sizes()))?.into();
    let mut wanted = signed(data.sizes());
    if let Some(slot) = wanted.get_mut(axis) {
        *slot = segments as i64 + 1;
    }
    let initial = a.scalar_or_none(7)?;
    let target: Variable = Tensor::full(&wanted, initial.unwrap_or(start.into()), Some(data.dtype()))?.into();
    let args = vec![
        (&target).into(),
        (axis as i64).into(),
        (&index).into(),
        data.into(),
        scatter.into(),
        true.into(),
    ];
    let reduced = call_one("scatter_reduce.two", args)?.narrow(axis as i64, 0, segments as i64)?;
    if how != "mean" {
        return call_one("contiguous", vec![(&reduced).into(), 0i64.into()]);
    }
    let counts =
        counted(&index, &wanted, axis as i64, data.dtype())?.narrow(axis as i64, 0, segments as i64)?;
    // The mean of nothing is the initial value, or no number.
    let none = counts.eq(0.0)?;
    let divisor =
        counts.masked_fill(&none, if initial.is_some() { Scalar::Float(1.0) } else { Scalar::Float(0.0) })?;
    reduced.div(&Variable::from(divisor))
}

/// How many entries each segment has.
fn counted(index: &Variable, sizes: &[i64], axis: i64, dtype: DType) -> Result<Tensor> {
    let ones = Tensor::ones(&signed(index.sizes()), dtype)?;
    Tensor::zeros(sizes, dtype)?.scatter_add(axis, index.data(), &ones)
}

pub(super) const ROWS: &[Composite] = &[Composite {
    schema: "segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None, Tensor? offsets=None, int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor",
    body: |a| one(segment_reduce(a)),
}];
