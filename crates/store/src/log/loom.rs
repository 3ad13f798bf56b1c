//! Every order of the steps of few threads that commit and look, on the log itself.
//!
//!     cargo test -p store --lib --features loom loom

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::loom::model::Builder;
use ::loom::thread;
use plan::{Change, Delta, Patch};

use super::*;
use crate::memory::Memory;

/// Orders with more than this many forced switches are not walked: there would be too many.
const PREEMPTIONS_MAX: usize = 2;

/// Walks every order of some work, where a leader goes on for so many rounds. Prints how many there were.
fn walk(level: Durability, rounds_max: usize, work: fn(&Arc<Log>)) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS_MAX);
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let mut options = Options::new(|| 1, || [1; 16]).durability(level);
        options.segment_bytes_min = 8_192;
        let log = Log::open(Arc::new(Memory::new()), options, Index::default(), None).unwrap();
        let log = Arc::new(Log { rounds_max, ..log });
        change(&log, |_| Delta {
            page: 1,
            base: 0,
            change: Change::Create { size_bytes: 1, name: None, metadata: Vec::new() },
        });
        work(&log);
    });
    println!("{} orders, {level:?}, {rounds_max} rounds of leading", orders.load(Ordering::Relaxed));
}

/// Commits a change of the newest state; on return it is acknowledged and seen.
fn change(log: &Log, delta: impl Fn(&Index) -> Delta) -> u64 {
    let draft = |index: &Index| -> Result<Draft<'_>> {
        let deltas = index.pages.check(vec![delta(index)])?;
        let mut entries = Encoder::new();
        record::encode_deltas(&mut entries, index.last_seq + 1, &deltas);
        Ok(Draft {
            kind: kind::TXN,
            entries: entries.finish().into(),
            graph_entries: Cow::default(),
            ids: &[],
            naming: Naming::Bytes,
            effect: Effect::Deltas(deltas, [0; 4]),
            answer: Answer::Committed(0..0),
        })
    };
    let seq = log.sequence(&Request { ids: &[], hash: [0; 16], draft: &draft }).unwrap().seq;
    log.finish(seq).unwrap();
    let snapshot = log.snapshot();
    assert!(snapshot.seq() >= seq, "seq {seq} is acknowledged, and {} is seen", snapshot.seq());
    seq
}

/// Counts the one byte of page 1 up by one.
fn count(log: &Log) -> u64 {
    change(log, |index| {
        let page = index.pages.page(1).unwrap().unwrap();
        let next = page.bytes().first().unwrap() + 1;
        let change = Change::Write(Patch::Runs(vec![(0, vec![next])]));
        Delta { page: 1, base: page.version(), change }
    })
}

/// What a reader sees is one state: after the creation the byte counts the commits. It never goes back.
fn look(log: &Log) {
    let mut last_seq = 0;
    for _ in 0..2 {
        let snapshot = log.snapshot();
        assert!(snapshot.seq() >= last_seq);
        last_seq = snapshot.seq();
        let counted = snapshot.expect_page(1).unwrap().bytes().first().copied().unwrap();
        assert_eq!(u64::from(counted) + 1, last_seq);
    }
}

fn two_writers(log: &Arc<Log>) {
    let other = Arc::clone(log);
    let other = thread::spawn(move || count(&other));
    let seq = count(log);
    let other = other.join().unwrap();
    assert_eq!([2, 3], [seq.min(other), seq.max(other)], "both have a place of their own");
    look(log);
    assert_eq!(log.snapshot().seq(), 3);
}

/// One syncs, and of the two who gather meanwhile one leads for both.
fn three_writers(log: &Arc<Log>) {
    let others = [(); 2].map(|()| {
        let other = Arc::clone(log);
        thread::spawn(move || count(&other))
    });
    let mut seqs = vec![count(log)];
    seqs.extend(others.map(|other| other.join().unwrap()));
    seqs.sort_unstable();
    assert_eq!(seqs, [2, 3, 4]);
    assert_eq!(log.snapshot().seq(), 4);
}

fn writer_and_reader(log: &Arc<Log>) {
    let reader = Arc::clone(log);
    let reader = thread::spawn(move || look(&reader));
    count(log);
    count(log);
    reader.join().unwrap();
}

fn waiter(log: &Arc<Log>) {
    let waiting = Arc::clone(log);
    let waiting = thread::spawn(move || {
        waiting.wait_behind(1).unwrap();
        assert!(waiting.snapshot().seq() >= 2);
    });
    count(log);
    waiting.join().unwrap();
}

#[test]
fn loom_two_writers_share_the_queue() {
    for rounds_max in [1, 2] {
        walk(Durability::Durable, rounds_max, two_writers);
        walk(Durability::Memory, rounds_max, two_writers);
    }
}

#[test]
fn loom_those_who_gather_are_led_by_one_of_them() {
    // The second round is the last, so leading passes on behind it too; three are never all used.
    (1..=3).for_each(|rounds_max| walk(Durability::Durable, rounds_max, three_writers));
}

#[test]
fn loom_a_reader_sees_whole_states_in_order() {
    walk(Durability::Durable, 2, writer_and_reader);
    walk(Durability::Memory, 2, writer_and_reader);
}

#[test]
fn loom_who_waits_is_woken() {
    walk(Durability::Durable, 2, waiter);
    walk(Durability::Memory, 2, waiter);
}
