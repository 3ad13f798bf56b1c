//! Order, nesting and panics of spread work, and a sum that is wrong on purpose.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Barrier, Mutex};
use std::thread::ThreadId;

use threads::Setting;

fn setting(threads: usize, rows_a_piece: usize) -> Setting {
    let count = |n| NonZeroUsize::new(n).expect("not zero");
    Setting { threads: count(threads), rows_a_piece: count(rows_a_piece) }
}

/// Numbers whose sum depends on the order of additions.
fn uneven(len: usize) -> Vec<f64> {
    (0..len).map(|i| (i as f64 * 0.7).sin() * 10f64.powi((i % 17) as i32)).collect()
}

#[test]
fn pieces_come_back_in_order_for_any_number_of_threads() {
    for threads in [1, 2, 4, 9] {
        threads::with(setting(threads, 3), || {
            let pieces = threads::map_pieces(10, |rows| rows);
            assert_eq!(pieces, [0..3, 3..6, 6..9, 9..10]);
            assert!(threads::map_pieces(0, |rows| rows).is_empty());
            let mut out = vec![0; 10];
            threads::fill(&mut out, |start, piece| {
                piece.iter_mut().enumerate().for_each(|(i, slot)| *slot = start + i);
            });
            assert_eq!(out, (0..10).collect::<Vec<_>>());
        });
    }
}

#[test]
fn work_is_spread_and_nested_work_is_not() {
    let (seen, inner) = (Mutex::new(HashSet::<ThreadId>::new()), Mutex::new(true));
    // Nobody passes before four threads have come.
    let barrier = Barrier::new(4);
    threads::with(setting(4, 1), || {
        threads::map_pieces(4, |_| {
            barrier.wait();
            let own = std::thread::current().id();
            seen.lock().unwrap().insert(own);
            let nested = threads::map_pieces(8, |_| std::thread::current().id() == own);
            *inner.lock().unwrap() &= nested.iter().all(|&same| same);
        });
    });
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert!(*inner.lock().unwrap());
}

#[test]
fn short_work_stays_here() {
    let own = std::thread::current().id();
    threads::with(setting(4, 100), || {
        assert!(threads::map(8, 99, |_| std::thread::current().id()).iter().all(|&id| id == own));
    });
}

#[test]
fn a_panic_reaches_the_caller_and_leaves_the_setting_as_it_was() {
    let before = threads::current();
    let outcome = std::panic::catch_unwind(|| {
        threads::with(setting(2, 1), || threads::map_pieces(8, |rows| assert!(rows.start < 5, "planted")))
    });
    assert!(outcome.is_err());
    assert_eq!(threads::current(), before);
}

#[test]
fn the_process_has_the_threads_that_it_was_given_last() {
    let all = threads::current();
    for count in [3, 1] {
        let count = std::num::NonZeroUsize::new(count);
        threads::set_threads(count);
        assert_eq!(Some(threads::current().threads), count);
        assert_eq!(threads::with(setting(7, 1), threads::current), setting(7, 1));
    }
    threads::set_threads(None);
    assert_eq!(threads::current(), all);
}

/// The fault that the engines' checks must see: a float sum cut by the number of threads. Cut by length it holds.
#[test]
fn a_sum_split_by_the_number_of_threads_changes_its_bits() {
    let values = uneven(1_000);
    let sum = |pieces: usize| -> u64 {
        let parts = values.chunks(values.len().div_ceil(pieces)).map(|part| part.iter().sum::<f64>());
        parts.sum::<f64>().to_bits()
    };
    let by_threads: HashSet<u64> = [1, 2, 4]
        .map(|threads| threads::with(setting(threads, 64), || sum(threads::current().threads.get())))
        .into();
    assert!(by_threads.len() > 1);
    let by_length: HashSet<u64> = [1, 2, 4]
        .map(|threads| {
            threads::with(setting(threads, 64), || {
                let parts = threads::map_pieces(values.len(), |rows| values[rows].iter().sum::<f64>());
                parts.iter().sum::<f64>().to_bits()
            })
        })
        .into();
    assert_eq!(by_length.len(), 1);
}
