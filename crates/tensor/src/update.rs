//! Fused in-place updates over contiguous tensors: the loops of optimizers and of bias addition.

use crate::element::{Element, Float, with_float};
use crate::spread::piece_len;
use crate::{Error, Result, Tensor};

/// A rule that updates `M` tensors from `R` others, element by element.
pub trait UpdateRule<const M: usize, const R: usize>: Sync {
    /// Updates equally long slices: those of the tensors, or pieces of them.
    fn apply<T: Float>(&self, targets: [&mut [T]; M], sources: [&[T]; R]);
}

/// Applies a rule in place and counts one write on each target.
///
/// # Errors
/// `RuntimeError` unless all tensors are contiguous floats of one dtype and sizes, and no two targets, nor a
/// target and a source, share storage. A refused update changes nothing.
pub fn update<const M: usize, const R: usize>(
    operator: &'static str,
    targets: [&Tensor; M],
    sources: [&Tensor; R],
    rule: &impl UpdateRule<M, R>,
) -> Result<()> {
    let Some(first) = targets.first() else { return Ok(()) };
    let all = || targets.iter().chain(&sources);
    if let Some(odd) = all().find(|t| t.dtype() != first.dtype() || t.sizes() != first.sizes()) {
        return Err(Error::runtime(operator, "an update needs tensors of one dtype and one shape")
            .shapes(&[first.sizes(), odd.sizes()])
            .dtypes(&[first.dtype(), odd.dtype()]));
    }
    if let Some(odd) = all().find(|t| !t.is_contiguous()) {
        return Err(Error::runtime(operator, "an update needs contiguous tensors")
            .shapes(&[odd.sizes(), odd.strides()]));
    }
    for (i, target) in targets.iter().enumerate() {
        if all().enumerate().any(|(j, other)| i != j && target.shares_storage(other)) {
            return Err(Error::runtime(operator, "an update needs tensors with storages of their own"));
        }
    }
    with_float!(first.dtype(), T => {
        let reads = read_all::<T, R>(sources)?;
        let mut writes = Vec::with_capacity(M);
        for target in targets {
            writes.push(target.storage().write::<T>()?);
        }
        let mut slices = writes.iter_mut().zip(targets).map(|(write, target)| {
            write.all().get_mut(target.span()).unwrap_or_default()
        });
        let slices: [&mut [T]; M] = std::array::from_fn(|_| slices.next().unwrap_or_default());
        apply_in_pieces(slices, std::array::from_fn(|k| &*reads[k]), rule);
    }, else => return Err(Error::runtime(operator, "an update needs float tensors").dtypes(&[first.dtype()])));
    targets.iter().for_each(|t| t.bump_version());
    Ok(())
}

fn apply_in_pieces<T: Float, const M: usize, const R: usize>(
    targets: [&mut [T]; M],
    sources: [&[T]; R],
    rule: &impl UpdateRule<M, R>,
) {
    let (size, len) = (piece_len(), targets.first().map_or(0, |target| target.len()));
    if len <= size {
        return rule.apply(targets, sources);
    }
    let mut targets = targets.map(|target| target.chunks_mut(size));
    let pieces: Vec<_> = (0..len.div_ceil(size))
        .map(|number| {
            let target = std::array::from_fn(|k| targets[k].next().unwrap_or_default());
            let source = sources.map(|source| &source[number * size..len.min((number + 1) * size)]);
            (target, source)
        })
        .collect();
    threads::for_each(pieces.into_iter(), |(targets, sources)| rule.apply(targets, sources));
}

fn read_all<'a, T: Element, const R: usize>(sources: [&'a Tensor; R]) -> Result<Vec<crate::Read<'a, T>>> {
    sources.iter().map(|t| t.read::<T>()).collect()
}

/// Runs `f` over the rows of a fresh contiguous tensor; not counted as a write.
pub(crate) fn rows_mut<T: Element>(t: &Tensor, len: usize, f: impl FnMut(&mut [T])) -> Result<()> {
    let mut write = t.storage().write::<T>()?;
    if let Some(span) = write.all().get_mut(t.span()) {
        span.chunks_exact_mut(len).for_each(f);
    }
    Ok(())
}
