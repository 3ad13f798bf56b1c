//! Spreading pieces over threads.
//!
//! Threads live as long as one call. That needs no `unsafe` to lend them the caller's data, leaves nothing running
//! between calls, and costs little beside the least work that is spread at all. Each thread takes the next piece when
//! it is done with its last, so one that the machine holds up delays its own piece only.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::setting::{current, with};

/// Does `work` on every item. Items are taken in order, but any may be finished first.
pub fn for_each<I: Send>(items: impl ExactSizeIterator<Item = I> + Send, work: impl Fn(I) + Sync) {
    let setting = current();
    let workers = setting.threads.get().min(items.len());
    if workers <= 1 {
        return items.for_each(work);
    }
    let queue = Mutex::new(items);
    // A panic in `next` itself would poison the queue; the panic goes on to the caller anyway.
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let drain = || {
        with(setting.inside(), || {
            while let Some(item) = next() {
                work(item);
            }
        });
    };
    thread::scope(|scope| {
        // Fewer threads than asked for are enough: whoever is there takes all the items.
        for _ in 1..workers {
            if thread::Builder::new().spawn_scoped(scope, drain).is_err() {
                break;
            }
        }
        drain();
    });
}

/// The results of tasks `0..count` in that order. Each passes over about `rows` rows; below the size of a piece the
/// tasks stay on the caller's thread.
pub fn map<T: Send>(count: usize, rows: usize, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if rows < current().rows_a_piece.get() {
        return (0..count).map(task).collect();
    }
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    for_each(results.iter_mut().enumerate(), |(number, result)| *result = Some(task(number)));
    results.into_iter().flatten().collect()
}

/// The results of `task` on the pieces of `0..len`, in order.
///
/// ```
/// let sums = threads::map_pieces(100_000, |rows| rows.sum::<usize>());
/// assert_eq!(sums.len(), 2); // 65,536 rows and the rest, whatever the number of threads
/// assert_eq!(sums.iter().sum::<usize>(), 4_999_950_000);
/// ```
pub fn map_pieces<T: Send>(len: usize, task: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let size = current().rows_a_piece.get();
    let piece = |number: usize| number * size..len.min((number + 1) * size);
    map(len.div_ceil(size), size, |number| task(piece(number)))
}

/// Writes `out` piece by piece: `write` gets the position of a piece's first slot, and the piece.
pub fn fill<T: Send>(out: &mut [T], write: impl Fn(usize, &mut [T]) + Sync) {
    let size = current().rows_a_piece.get();
    for_each(out.chunks_mut(size).enumerate(), |(number, piece)| write(number * size, piece));
}
