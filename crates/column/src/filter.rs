//! Rows chosen by a mask.
//!
//! A mask is read 64 rows at a time. Where some of them are chosen, every value is written to the next free slot and
//! the slot advances by its bit: no branch depends on the data, which a mask of random bits would mispredict half the
//! time. That writes up to 64 slots behind the last chosen row, so the room is that much longer.

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::number::Native;
use crate::values::{Category, Values, for_number};

/// Rows that one word of a mask speaks of.
const WORD: usize = u64::BITS as usize;

impl Column {
    /// Rows whose bit is set; bits and rows past the shorter of both are left out.
    #[must_use]
    pub fn filter(&self, mask: &Bitmap) -> Self {
        let mask = &mask.slice(0..self.len());
        let validity = self.validity().map(|bits| bits.filter(mask));
        let values = match self.values() {
            Values::Bool(bits) => Values::Bool(bits.filter(mask)),
            Values::Text(text) => Values::Text(text.filter(mask)),
            Values::Category(category) => Values::Category(Category {
                codes: chosen(&category.codes, 0, mask).into(),
                ..category.clone()
            }),
            Values::Interval(intervals) => Values::Interval(intervals.map(|side| side.filter(mask))),
            Values::Object(scalars) => Values::Object(mask.ones().map(|row| scalars[row].clone()).collect()),
            numbers => for_number!(
                numbers,
                buffer => Native::wrap_values(chosen(buffer, Native::ZERO, mask).into()),
                _ => return self.clone()
            ),
        };
        Self::new(self.dtype(), values, validity)
    }
}

/// The values whose bit is set; `zero` fills the room before they are written.
fn chosen<T: Copy>(values: &[T], zero: T, mask: &Bitmap) -> Vec<T> {
    let count = mask.count_ones();
    let mut out = vec![zero; count + WORD];
    let mut end = 0;
    for (values, word) in values.chunks(WORD).zip(mask.words()) {
        if word == 0 {
            continue;
        }
        let Some(free) = out.get_mut(end..).and_then(|free| free.first_chunk_mut::<WORD>()) else { break };
        end += word.count_ones() as usize;
        if word == u64::MAX {
            free.copy_from_slice(values);
            continue;
        }
        let mut slot = 0;
        for (row, &value) in values.iter().enumerate() {
            free[slot % WORD] = value;
            slot += (word >> row & 1) as usize;
        }
    }
    out.truncate(count);
    out
}
