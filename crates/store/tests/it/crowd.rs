//! Readers that take no lock, beside a writer that publishes all the while.
//!
//! A long run: `LUMEN_READS=1000000000 cargo test --release -p store --test it crowd:: -- --nocapture`.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::{Edit, Memory, Store};

use crate::pages::{commit, edits};
use crate::support::options;

/// Pages that one transaction always gives the same value.
const PAGES: u64 = 8;
const READERS: u64 = 2;

fn value(snapshot: &store::Snapshot, page: u64) -> u64 {
    u64::from_le_bytes(snapshot.expect_page(page).unwrap().bytes().try_into().unwrap())
}

#[test]
fn every_read_beside_a_writer_is_of_one_whole_state() {
    let asked = env::var("LUMEN_READS").map(|count| count.parse::<u64>().expect("a number"));
    let reads = asked.unwrap_or(200_000);
    let store = Store::open(Arc::new(Memory::new()), options()).unwrap();
    let created = (1..=PAGES).map(|page| page as u32);
    let created =
        created.flat_map(|page| [Edit::create(page, 8, None), Edit::write_new(page, 0, 0u64.to_le_bytes())]);
    commit(&store, created.collect());
    let done = AtomicBool::new(false);
    let (written, states) = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let store = &store;
                scope.spawn(move || {
                    let (mut last, mut states) = (0, 0u64);
                    for read in 0..reads / READERS {
                        let snapshot = store.query().snapshot();
                        let (left, right) = (1 + read % PAGES, 1 + (read + reader + 1) % PAGES);
                        let seen = value(&snapshot, left);
                        assert_eq!(
                            seen,
                            value(&snapshot, right),
                            "two pages of one state, after {read} reads"
                        );
                        assert!(seen >= last, "found {seen} after {last}: an older state came back");
                        states += u64::from(seen > last);
                        last = seen;
                    }
                    states
                })
            })
            .collect();
        let writer = scope.spawn(|| {
            let mut written = 0u64;
            while !done.load(Ordering::Relaxed) {
                written += 1;
                let asked = (1..=PAGES).map(|page| Edit::write(page, 0, written.to_le_bytes())).collect();
                store.mutate().commit(&edits(asked)).unwrap();
            }
            written
        });
        let ended: Vec<_> = readers.into_iter().map(|reader| reader.join()).collect();
        // Before a reader's failure is told: the writer goes on for as long as it is not asked to stop.
        done.store(true, Ordering::Relaxed);
        let written = writer.join().unwrap();
        (written, ended.into_iter().map(Result::unwrap).sum::<u64>())
    });
    println!("{reads} snapshots, {} page reads, {states} states seen of {written} written", 2 * reads);
    // A reader that sees nothing move proves nothing.
    assert!(states > 0 && written >= states / READERS);
}
