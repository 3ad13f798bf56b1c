//! Replay, audit, blame and partial replay, held against what was seen when it happened.

use std::sync::Arc;

use plan::{Change, Read, UpsertPlan};
use store::{Cause, Edit, ErrorKind, Filter, Memory, Reader, Snapshot, Store};

use crate::pages::{commit, open, state};
use crate::support::{entry, image, namespace};
use crate::upsert::{intent, take};

/// Commits, refusals, deletions, entries; returns the state after each seq.
fn workload(store: &Store) -> Vec<Snapshot> {
    let mut states = vec![store.query().snapshot()];
    let mut seen = |seq: u64| {
        let snapshot = store.query().read_at_least(seq).unwrap();
        assert_eq!((snapshot.seq(), states.len() as u64), (seq, seq));
        states.push(snapshot);
    };
    store.register(&namespace()).unwrap();
    seen(1);
    let hundred = Edit::write_new(0, 0, 100u64.to_le_bytes());
    seen(commit(store, vec![Edit::create(0, 8, Some("a")), hundred, Edit::create(1, 8, None)]).0);
    for round in 0..20u128 {
        seen(store.upsert().submit(&take(10 + round, 1, 9)).unwrap().seq());
        let byte = [round as u8];
        seen(commit(store, vec![Edit::write(2, (round % 8) as u32, byte)]).0);
        let (seq, id) = commit(store, vec![Edit::create(0, 4, None), Edit::write_new(0, 1, byte)]);
        seen(seq);
        let metadata = Edit::Metadata { page: 1, metadata: byte.to_vec() };
        seen(commit(store, vec![metadata, Edit::Delete { page: id }]).0);
        let sent = store::Transaction { clients: vec![entry(1_000 + round, &byte)], blobs: vec![] };
        seen(store.append(&sent).unwrap().seq);
    }
    states
}

#[test]
fn replay_makes_every_state_again() {
    let disk = Memory::new();
    let store = open(&disk);
    let states = workload(&store);
    let past = store.past();
    for snapshot in &states {
        let replayed = past.replay(snapshot.seq()).unwrap();
        assert_eq!(state(&replayed), state(snapshot), "seq {}", snapshot.seq());
        assert_eq!(replayed.state_hash(), snapshot.state_hash());
        assert_eq!(state(&past.snapshot_at(snapshot.seq()).unwrap()), state(snapshot));
    }
    let distinct: std::collections::BTreeSet<u128> = states.iter().map(Snapshot::state_hash).collect();
    assert!(distinct.len() > 60, "{} states", distinct.len());
    let beyond = past.replay(past.last_seq() + 1).map(drop).unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::NotFound);
    let audited = past.audit().unwrap();
    // 100 holds 9 eleven times.
    assert_eq!((audited.committed, audited.refused, audited.guards), (11, 9, 20));
    drop(store);
    let reader = Reader::open(Arc::new(disk)).unwrap();
    assert_eq!(reader.past().audit().unwrap(), audited);
}

/// Gives the record whose bytes hold `needle` another byte there, and a checksum that fits.
fn forge(disk: &Memory, needle: &[u8], replacement: &[u8]) -> Memory {
    let mut files = disk.files();
    let (_, segment) = files.iter_mut().find(|(path, _)| path.ends_with(".seg")).unwrap();
    let at = segment.windows(needle.len()).position(|window| window == needle).expect("the needle");
    segment[at..at + replacement.len()].copy_from_slice(replacement);
    let mut offset = 4096;
    loop {
        let len = u32::from_le_bytes(segment[offset..offset + 4].try_into().unwrap()) as usize;
        if at < offset + len {
            let record = &segment[offset..offset + len];
            let crc = crc32c::crc32c_append(crc32c::crc32c(&record[..4]), &record[8..]);
            segment[offset + 4..offset + 8].copy_from_slice(&crc.to_le_bytes());
            return image(&files);
        }
        offset += len.next_multiple_of(8);
    }
}

#[test]
fn a_forged_write_is_found_by_hash_and_audit() {
    let disk = Memory::new();
    let store = open(&disk);
    let secret = 0x1122_3344_5566_7788u64.to_le_bytes();
    commit(&store, vec![Edit::create(0, 8, None), Edit::write_new(0, 0, secret)]);
    store.upsert().submit(&take(1, 1, 0x1122_3344_5566_7700)).unwrap();
    store.past().audit().unwrap();
    let forged = forge(&disk, &secret, &[0; 8]);
    let reader = Reader::open(Arc::new(forged)).unwrap();
    let error = reader.past().audit().unwrap_err();
    assert_eq!((error.kind(), error.seq()), (ErrorKind::Diverged, Some(2)), "{error}");

    // From the 1,024th seq on the state's hash is on record as well.
    for step in 0..1_100u64 {
        commit(&store, vec![Edit::write(1, 0, step.to_le_bytes())]);
    }
    assert_eq!(store.past().replay(1_102).unwrap().seq(), 1_102);
    drop(store);
    let files = disk.files();
    // The segment with the HASH is the last: nothing but the hash itself vouches for what it says.
    let (path, bytes) = files.iter().rfind(|(path, _)| path.ends_with(".seg")).unwrap();
    let salt = &bytes[64..68];
    let mut offset = 4096;
    let mut bytes = bytes.clone();
    let mut found = 0;
    while offset + 32 <= bytes.len() && bytes[offset + 8..offset + 12] == *salt {
        let len = u32::from_le_bytes(bytes[offset..offset + 4].try_into().unwrap()) as usize;
        if bytes[offset + 12] == 128 {
            bytes[offset + 40] ^= 1;
            let record = &bytes[offset..offset + len];
            let crc = crc32c::crc32c_append(crc32c::crc32c(&record[..4]), &record[8..]);
            bytes[offset + 4..offset + 8].copy_from_slice(&crc.to_le_bytes());
            found += 1;
        }
        offset += len.next_multiple_of(8);
    }
    assert_eq!(found, 1, "one HASH in {path}");
    let forged = image(&files);
    forged.insert(path, bytes);
    let error = store::verify(&forged).unwrap_err();
    assert_eq!((error.kind(), error.seq()), (ErrorKind::Diverged, Some(1_024)), "{error}");
}

#[test]
fn a_byte_leads_to_its_intent_and_back() {
    let store = open(&Memory::new());
    let states = workload(&store);
    let past = store.past();
    let last = states.last().unwrap().seq();
    // Page 1 at offset 0: created at seq 2, then taken from at seq 3, 8, 13, ...
    for snapshot in &states[2..] {
        let touch = past.blame(1, 0, snapshot.seq()).unwrap().unwrap();
        let taken = touch.intent.as_ref().map(|intent| intent.id);
        // Eleven takes succeed; the seqs are those of the workload's order.
        let round = ((snapshot.seq() - 2).div_ceil(5)).min(11);
        assert_eq!(taken, (round > 0).then(|| u128::from(9 + round)), "seq {}", snapshot.seq());
        if let Some(id) = taken {
            assert_eq!(past.record_of(id).unwrap().seq, touch.seq);
        }
    }
    // Round 8 writes offset 0 of page 2 again: seq 4 + 8 * 5; before it, round 0 did.
    assert_eq!(past.blame(2, 0, 43).unwrap().unwrap().seq, 4);
    assert_eq!(past.blame(2, 0, 44).unwrap().unwrap().seq, 44);
    assert_eq!(past.blame(2, 8, last).unwrap(), None, "behind its end");
    assert_eq!(past.blame(3, 0, 5).unwrap().unwrap().seq, 5, "zeros come from the creation");
    assert_eq!(past.blame(3, 0, 6).unwrap(), None, "deleted");
    assert_eq!(past.record_of(1_003).unwrap().seq, 22, "entries too");
    assert_eq!(past.record_of(5).unwrap_err().kind(), ErrorKind::NotFound);

    let history = past.history(3).unwrap();
    let seqs: Vec<u64> = history.iter().map(|touch| touch.seq).collect();
    assert_eq!(seqs, [5, 5, 6]);
    assert!(matches!(history[0].delta.change, Change::Create { .. }));
    assert!(matches!(history[2].delta.change, Change::Delete));
}

#[test]
fn intents_are_found_by_what_they_say() {
    let store = open(&Memory::new());
    workload(&store);
    let other = UpsertPlan {
        intent: plan::Intent { author: "bob".into(), schema: "give".into(), ..intent(7) },
        ..take(7, 2, 0)
    };
    let seq = store.upsert().submit(&other).unwrap().seq();
    let past = store.past();
    let count = |filter: Filter| past.intents(&filter).unwrap().len();
    assert_eq!(count(Filter::default()), 12);
    assert_eq!(count(Filter { refused: true, ..Filter::default() }), 21);
    assert_eq!(count(Filter { authors: vec!["bob".into()], ..Filter::default() }), 1);
    assert_eq!(count(Filter { schemas: vec!["take".into()], ..Filter::default() }), 11);
    assert_eq!(count(Filter { intents: vec![7, 10], ..Filter::default() }), 2);
    assert_eq!(count(Filter { seqs: Some(1..=8), ..Filter::default() }), 2);
    assert_eq!(count(Filter { pages: vec![2], ..Filter::default() }), 1);
    assert_eq!(count(Filter { times_ns: Some(0..=0), ..Filter::default() }), 0);
    assert_eq!(count(Filter { authors: vec!["bob".into()], inverted: true, ..Filter::default() }), 11);
    let stated = past.intents(&Filter { intents: vec![7], ..Filter::default() }).unwrap().remove(0);
    assert_eq!((stated.seq, stated.intent, stated.plan), (seq, other.intent.clone(), other.hash().unwrap()));
    let refused = past.intents(&Filter { intents: vec![29], refused: true, ..Filter::default() }).unwrap();
    assert_eq!(refused[0].refusal.as_ref().unwrap().cause, Cause::Guard);
}

#[test]
fn a_partial_replay_says_what_hangs_in_the_air() {
    let store = open(&Memory::new());
    let ten = Edit::write_new(0, 0, 10u64.to_le_bytes());
    commit(&store, vec![Edit::create(0, 8, None), ten]);
    let give = |id, page, reads| {
        let plan = UpsertPlan {
            intent: plan::Intent { author: format!("{id}"), ..intent(id) },
            ..take(id, page, 1)
        };
        UpsertPlan { reads, ..plan }
    };
    let submit = |plan: &UpsertPlan| store.upsert().submit(plan).unwrap().seq();
    assert_eq!(submit(&give(1, 1, vec![])), 2);
    assert_eq!(submit(&give(2, 1, vec![Read::Version { page: 1, version: 2 }])), 3);
    assert_eq!(commit(&store, vec![Edit::create(0, 8, None), Edit::write_new(0, 0, [9])]), (4, 2));
    assert_eq!(submit(&give(3, 2, vec![])), 5);
    let past = store.past();

    let all = past.replay_only(&Filter::default(), 5).unwrap();
    assert_eq!((all.applied, all.dangling.len()), (5, 0));
    assert_eq!(all.state.state_hash(), store.query().snapshot().state_hash());

    // Without the first take: the second stood on it, by its read set and by its write.
    let without = Filter { authors: vec!["1".into()], inverted: true, ..Filter::default() };
    let partial = past.replay_only(&without, 5).unwrap();
    let found: Vec<_> =
        partial.dangling.iter().map(|d| (d.seq, d.intent, d.page, d.expected, d.found)).collect();
    assert_eq!(found, [(3, Some(2), 1, Some(2), Some(1)), (3, Some(2), 1, Some(2), Some(1))]);
    let page = partial.state.expect_page(1).unwrap();
    assert_eq!((page.version(), page.bytes()[0]), (3, 8), "the logged bytes, as they were");

    // Without the page's creation its change has no place at all.
    let partial = past.replay_only(&Filter { seqs: Some(5..=5), ..Filter::default() }, 5).unwrap();
    let found: Vec<_> = partial.dangling.iter().map(|d| (d.seq, d.page, d.expected, d.found)).collect();
    assert_eq!((partial.applied, found), (1, vec![(5, 2, Some(4), None)]));
    assert_eq!(partial.state.page_count(), 0);
}
