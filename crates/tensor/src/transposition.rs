//! Copies of transposed planes. A row of the copy goes through the memory in long steps, so some rows are read together:
//! what comes with an element is then the next row's.

use crate::element::Element;
use crate::spread::Piece;
use crate::traverse::merged;

/// Rows that are read together: a cache line of the source.
const TOGETHER: usize = 16;

/// A strided walk whose two innermost dimensions are transposed.
pub(crate) struct Planes {
    /// Sizes and steps of the dimensions around the planes.
    outer: Vec<(usize, [usize; 1])>,
    /// Rows of a plane; neighbours in the source.
    rows: usize,
    /// Elements of a row, and the step between them in the source.
    len: usize,
    step: usize,
    offset: usize,
}

impl Planes {
    /// The planes of a layout; none where rows are not neighbours in the source, or too few of them.
    pub fn of(sizes: &[usize], strides: &[usize], offset: usize) -> Option<Planes> {
        if sizes.contains(&0) {
            return None;
        }
        let mut outer = merged(sizes, [strides]);
        let (len, [step]) = outer.pop()?;
        let (rows, [1]) = outer.pop()? else { return None };
        (step > 1 && rows >= TOGETHER && len >= TOGETHER).then_some(Planes { outer, rows, len, step, offset })
    }

    /// Elements of a row.
    pub fn row_len(&self) -> usize {
        self.len
    }

    /// Writes the rows from element `at` of the copy on, which begins a row.
    pub fn copy<T: Element>(&self, source: &[T], at: usize, piece: &mut Piece<'_, T>) {
        let mut row = at / self.len;
        let mut together = vec![T::default(); TOGETHER * self.len];
        while piece.has_room() {
            let (mut plane, first) = (row / self.rows, row % self.rows);
            let count = TOGETHER.min(self.rows - first);
            let mut start = self.offset + first;
            for &(size, [step]) in self.outer.iter().rev() {
                start += plane % size * step;
                plane /= size;
            }
            for i in 0..self.len {
                let neighbours = &source[start + i * self.step..][..count];
                for (k, &x) in neighbours.iter().enumerate() {
                    together[k * self.len + i] = x;
                }
            }
            piece.extend(together[..count * self.len].iter().copied());
            row += count;
        }
    }
}
