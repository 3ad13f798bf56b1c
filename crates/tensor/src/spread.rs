//! Results written in fixed pieces, which threads share: no piece depends on how many threads there are.

use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

use crate::element::Element;
use crate::storage::reserve;
use crate::traverse::for_each_row;
use crate::vectors::Step;
use crate::{Error, Result};

/// Elements that stand for a row of `threads`: an element is far less work than a row of a table.
const ELEMENTS_A_ROW: usize = 4;

/// Elements of a piece. Fewer stay on the caller's thread.
pub(crate) fn piece_len() -> usize {
    threads::current().rows_a_piece.get().saturating_mul(ELEMENTS_A_ROW)
}

/// Rows of `threads` that so many elements stand for.
pub(crate) fn rows_of(elements: usize) -> usize {
    elements / ELEMENTS_A_ROW
}

/// The part of a result that is being written, from front to back.
pub(crate) struct Piece<'a, U> {
    slots: &'a mut [MaybeUninit<U>],
    len: usize,
}

impl<U: Element> Piece<'_, U> {
    /// Writes the next elements; what has no slot left is dropped.
    pub fn extend(&mut self, values: impl Iterator<Item = U>) {
        let mut count = 0;
        for (slot, value) in self.slots[self.len..].iter_mut().zip(values) {
            slot.write(value);
            count += 1;
        }
        self.len += count;
    }

    /// Writes `f` of the values, as far as there are slots, and gives what was written. Inlined, so that the loop is
    /// compiled for the caller's vectors.
    #[inline(always)]
    pub fn map<T: Copy>(&mut self, values: &[T], f: &impl Step<T, U>) -> &mut [U] {
        let slots = &mut self.slots[self.len..];
        let count = slots.len().min(values.len());
        let slots = &mut slots[..count];
        for (slot, &value) in slots.iter_mut().zip(&values[..count]) {
            slot.write(f.of(value));
        }
        self.len += count;
        // SAFETY: the loop above has written each of these `count` slots.
        unsafe { slots.assume_init_mut() }
    }

    /// Whether a slot is left.
    pub fn has_room(&self) -> bool {
        self.len < self.slots.len()
    }

    /// Every slot holds an element from here on.
    fn finish(self) {
        for slot in &mut self.slots[self.len..] {
            slot.write(U::default());
        }
    }
}

/// `len` elements. `write(at, piece)` writes those from `at` on that have a slot in the piece; a piece is a multiple of
/// `group` long, but for the last.
pub(crate) fn spread<U: Element>(
    operator: &'static str,
    len: usize,
    group: usize,
    write: impl Fn(usize, &mut Piece<'_, U>) + Sync,
) -> Result<Vec<U>> {
    let mut values = reserve(operator, len)?;
    let slots = values.spare_capacity_mut().get_mut(..len);
    let slots = slots.ok_or_else(|| Error::runtime(operator, "a result without its memory"))?;
    let work = |(at, slots): (usize, &mut [MaybeUninit<U>])| {
        let mut piece = Piece { slots, len: 0 };
        write(at, &mut piece);
        piece.finish();
    };
    let group = group.max(1);
    let size = (piece_len() / group).max(1).saturating_mul(group);
    if len <= size {
        work((0, slots));
    } else {
        threads::for_each(
            slots.chunks_mut(size).enumerate().map(|(number, slots)| (number * size, slots)),
            work,
        );
    }
    // SAFETY: `reserve` gave room for `len` elements; the pieces cover the first `len` slots, and `Piece::finish` has
    // written every slot of its piece.
    unsafe { values.set_len(len) };
    Ok(values)
}

/// One result for each step of a walk over `N` operands of the same sizes: `row(starts, len, steps, out)` writes the
/// results of an innermost row, as in [`for_each_row`]. Pieces are whole rows of the outermost dimension.
pub(crate) fn spread_rows<const N: usize, U: Element>(
    operator: &'static str,
    sizes: &[usize],
    strides: [&[usize]; N],
    offsets: [usize; N],
    row: impl Fn([usize; N], usize, [usize; N], &mut Piece<'_, U>) + Sync,
) -> Result<Vec<U>> {
    let len = crate::layout::element_count(sizes)?;
    // What lies in a dimension of size 1 is not outermost.
    let outermost = sizes.iter().position(|&size| size > 1).unwrap_or(0);
    let (Some(&outer), Some(inner_sizes)) = (sizes.get(outermost), sizes.get(outermost + 1..)) else {
        return spread(operator, len, 1, |_, piece| row(offsets, 1, [0; N], piece));
    };
    let inner = len / outer.max(1);
    spread(operator, len, inner, |at, piece| {
        let first = at / inner.max(1);
        let count = piece.slots.len() / inner.max(1);
        let starts = std::array::from_fn(|k| offsets[k] + first * strides[k][outermost]);
        let part: Vec<usize> = std::iter::once(count).chain(inner_sizes.iter().copied()).collect();
        let strides = std::array::from_fn(|k| &strides[k][outermost..]);
        for_each_row(&part, strides, starts, |starts, len, steps| row(starts, len, steps, piece));
    })
}

/// Does the tasks, which threads share; the error of one that failed.
pub(crate) fn each_task<I: Send>(
    tasks: impl ExactSizeIterator<Item = I> + Send,
    work: impl Fn(I) -> Result<()> + Sync,
) -> Result<()> {
    let failed = Mutex::new(None);
    threads::for_each(tasks, |task| {
        if let Err(error) = work(task) {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
