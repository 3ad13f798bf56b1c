//! Histories of concurrent clients, held against the serial order by seq.
//!
//! The checker knows nothing of the store: it reads what each committed transaction says it has read and written, and
//! asks whether the order of the log explains it. Anomalies are planted to show that it can say no.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use plan::{Query, Read, UpsertPlan};
use store::{Body, Cause, Edit, Memory, Outcome, Store};

use crate::pages::{commit, open, state};
use crate::upsert::{COUNT, int, intent, write};

const PAGES: u64 = 5;
const CLIENTS: u64 = 4;
const TRANSFERS: u64 = 150;

/// A committed transaction: what it read, page and version, and which pages it wrote.
#[derive(Clone, Debug)]
struct Entry {
    seq: u64,
    reads: Vec<(u64, u64)>,
    writes: Vec<u64>,
}

/// The first transaction whose reads are not those of the serial order.
fn anomaly(history: &[Entry]) -> Option<u64> {
    let mut versions: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in history {
        let holds = |(page, version): &(u64, u64)| versions.get(page).copied().unwrap_or(0) == *version;
        if !entry.reads.iter().all(holds) {
            return Some(entry.seq);
        }
        for page in &entry.writes {
            versions.insert(*page, entry.seq);
        }
    }
    None
}

fn history(store: &Store) -> Vec<Entry> {
    let mut history = Vec::new();
    for record in store.scan(0) {
        let record = record.unwrap();
        let Body::Transaction { decision, deltas, .. } = record.body else { continue };
        let reads = decision.iter().flat_map(|decision| decision.reads.iter());
        let reads = reads.map(|read| match read {
            Read::Version { page, version } => (*page, *version),
            Read::Range { .. } => panic!("no client reads ranges"),
        });
        let writes = deltas.iter().map(|delta| delta.page).collect();
        history.push(Entry { seq: record.seq, reads: reads.collect(), writes });
    }
    history
}

/// Moves 1 from a page to another by constants: only the read set keeps it from losing what others moved meanwhile.
fn transfer(store: &Store, id: u128, from: u64, to: u64) -> Outcome {
    let snapshot = store.query().snapshot();
    let [source, target] = [from, to].map(|page| snapshot.expect_page(page).unwrap());
    let value = |bytes: &[u8]| i128::from(u64::from_le_bytes(bytes.try_into().unwrap()));
    let plan = UpsertPlan {
        intent: intent(id),
        reads: vec![
            Read::Version { page: from, version: source.version() },
            Read::Version { page: to, version: target.version() },
        ],
        guard: None,
        deltas: vec![
            write(from, 0, COUNT, int(value(&source) - 1)),
            write(to, 0, COUNT, int(value(&target) + 1)),
        ],
        clients: vec![],
        query: Query { pages: vec![from, to], ..Query::default() },
    };
    store.upsert().submit(&plan.sorted()).unwrap()
}

#[test]
fn concurrent_transfers_are_serial_by_seq_and_planted_anomalies_are_found() {
    let store = open(&Memory::new());
    let pages = (0..PAGES as u32).flat_map(|number| {
        [Edit::create(number, 8, None), Edit::write_new(number, 0, 10_000u64.to_le_bytes())]
    });
    commit(&store, pages.collect());
    let stale = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (store, stale) = (&store, &stale);
            scope.spawn(move || {
                let mut id = u128::from(client + 1) << 64;
                for at in 0..TRANSFERS {
                    let from = 1 + (at + client) % PAGES;
                    let to =
                        1 + (at * 3 + client + 1 + u64::from((at * 3 + 1) % PAGES == at % PAGES)) % PAGES;
                    if from == to {
                        continue;
                    }
                    loop {
                        id += 1;
                        match transfer(store, id, from, to) {
                            Outcome::Committed { .. } => break,
                            Outcome::Refused { refusal, .. } => {
                                assert_eq!(refusal.cause, Cause::StaleRead);
                                stale.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                }
            });
        }
    });
    let past = store.past();
    for seq in 1..=past.last_seq() {
        if seq % 37 != 0 && seq != past.last_seq() {
            continue;
        }
        let snapshot = past.replay(seq).unwrap();
        let sum: u64 = state(&snapshot)
            .values()
            .map(|(_, bytes, ..)| u64::from_le_bytes(bytes[..].try_into().unwrap()))
            .sum();
        assert_eq!(sum, 10_000 * PAGES, "at seq {seq}");
    }
    past.audit().unwrap();

    let history = history(&store);
    assert_eq!(anomaly(&history), None);
    println!("{} commits, {} stale reads", history.len(), stale.into_inner());
    let mut planted = 0;
    for at in 1..history.len() {
        // A lost update: the transaction read what was there before the last change of that page.
        let mut lost = history.clone();
        let (page, version) = lost[at].reads[0];
        let before = history[..at].iter().rfind(|entry| entry.seq < version && entry.writes.contains(&page));
        if let Some(before) = before {
            lost[at].reads[0].1 = before.seq;
            assert_eq!(anomaly(&lost), Some(history[at].seq));
            planted += 1;
        }
        // A dirty read: nobody ever committed that version.
        let mut dirty = history.clone();
        dirty[at].reads[1].1 = past.last_seq() + 1;
        assert_eq!(anomaly(&dirty), Some(history[at].seq));
        // Two that depend on each other in the other order.
        let mut swapped = history.clone();
        swapped.swap(at - 1, at);
        let depends = history[at].reads.iter().any(|(_, version)| *version == history[at - 1].seq);
        assert_eq!(anomaly(&swapped).is_some(), depends || at == 1, "at seq {}", history[at].seq);
        planted += 1 + usize::from(depends);
    }
    assert!(planted > history.len(), "{planted} planted");
}
