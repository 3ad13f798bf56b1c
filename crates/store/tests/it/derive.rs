//! Derived pages: what is computed, how often, in which order, and what the log says about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use store::{Body, Cause, Edit, ErrorKind, Filter, GraphEdit, Memory, Outcome, Reader, Store, verify};

use crate::pages::{commit, edits, log_bytes, open, state};
use crate::support::image;
use crate::upsert::{COUNT, field, int, take, write};

fn derive(page: u64, function: &str, parents: &[u64]) -> GraphEdit {
    GraphEdit::derive(page, function, parents)
}

/// A byte that is the sum of its parents' bytes.
fn sum(parents: &[&[u8]]) -> Result<Vec<u8>, String> {
    Ok(vec![parents.iter().flat_map(|bytes| bytes.iter()).fold(0, |sum: u8, byte| sum.wrapping_add(*byte))])
}

fn register(store: &Store) {
    store.derive().register("sum@1", sum);
    store
        .derive()
        .register("max@1", |parents| Ok(vec![parents.iter().map(|bytes| bytes[0]).max().unwrap_or(0)]));
}

/// Pages of one byte each, from 1 on.
fn bytes(disk: &Memory, count: u32) -> Store {
    let store = open(disk);
    register(&store);
    commit(&store, (0..count).map(|number| Edit::create(number, 1, None)).collect());
    store
}

fn values(store: &Store) -> Vec<u8> {
    store.query().snapshot().iter().unwrap().map(|page| page.unwrap().1.bytes()[0]).collect()
}

/// The pages that the record at `seq` computed, in order.
fn computed(store: &Store, seq: u64) -> Vec<u64> {
    match store.scan(seq).next().unwrap().unwrap().body {
        Body::Transaction { derived, .. } => derived.iter().map(|made| made.delta.page).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_diamond_is_computed_once_by_level_and_id() {
    let disk = Memory::new();
    let store = bytes(&disk, 6);
    // 1 -> 5, 2; 5, 2 -> 3; 3 -> 4. Ids do not ascend with levels.
    let graph = [
        derive(2, "sum@1", &[1]),
        derive(3, "sum@1", &[5, 2]),
        derive(4, "sum@1", &[3, 1]),
        derive(5, "sum@1", &[1]),
    ];
    assert_eq!(store.derive().edit(&graph).unwrap(), 2);
    assert_eq!(values(&store), [0; 6], "an edit of the graph changes no page");
    let (seq, _) = commit(&store, vec![Edit::write(1, 0, [7]), Edit::write(6, 0, [1])]);
    assert_eq!(values(&store), [7, 7, 14, 21, 7, 1]);
    assert_eq!(computed(&store, seq), [2, 5, 3, 4]);
    let text = store.metrics().render();
    assert!(text.contains("lumen_store_recomputes_total 4\n"), "{text}");

    // An upsert's values flow as well; what it writes with the value it had changes nothing behind it.
    let half = plan::FieldType::Int { width_bytes: 1, signed: false, big_endian: false };
    let mut plan = take(1, 1, 0);
    plan.guard = None;
    plan.deltas = vec![write(1, 0, half, int(7))];
    let outcome = store.upsert().submit(&plan).unwrap();
    assert!(outcome.is_committed());
    assert!(computed(&store, outcome.seq()).is_empty());
    assert!(
        store.metrics().render().contains("lumen_store_cutoffs_total 3\n"),
        "2, 4 and 5, and nothing for their sake"
    );

    let trace = store.past().trace(seq).unwrap();
    let names: Vec<&str> =
        trace.split("\"name\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(names, ["write", "write", "sum@1", "sum@1", "sum@1", "sum@1"], "{trace}");
    assert!(trace.ends_with(&format!("],\"otherData\":{{\"seq\":{seq},\"intent\":null}}}}")), "{trace}");
    let heat = store.past().heat(1..=seq).unwrap();
    assert_eq!(heat.pages[&1], (2, 1), "its creation and a byte");
    assert_eq!(heat.pages[&4], (2, 1));
    assert_eq!(heat.to_csv().lines().count(), 7);
    assert_eq!(heat.to_html().matches("<i style").count(), 6);

    // Who wrote the byte: the function, in the commit of the intent that moved its parent.
    let touch = store.past().blame(4, 0, seq).unwrap().unwrap();
    assert_eq!((touch.seq, touch.function.as_deref()), (seq, Some("sum@1")));
    let hash = store.query().snapshot().state_hash();
    drop(store);
    // A process without the functions replays the logged results.
    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(reader.snapshot().state_hash(), hash);
    assert_eq!(reader.past().replay(reader.last_seq()).unwrap().state_hash(), hash);
    reader.past().audit().unwrap();
    let store = open(&disk);
    let refused = store.mutate().commit(&edits(vec![Edit::write(1, 0, [8])])).unwrap();
    let Outcome::Refused { refusal, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.cause, refusal.page), (Cause::Derive, 2), "{refusal}");
    assert_eq!(store.query().snapshot().state_hash(), hash);
    verify(&disk).unwrap();
}

/// Expected counts are by hand: each node once, whatever the number of paths to it.
#[test]
fn a_chain_a_fan_and_a_diamond_visit_each_node_once() {
    let chain: Vec<_> = (2..=1_001).map(|page| derive(page, "count@1", &[page - 1])).collect();
    let fan: Vec<_> = (2..=10_001).map(|page| derive(page, "count@1", &[1])).collect();
    // One page, 2^10 made from it, and one made from all of those.
    let mut diamond: Vec<_> = (2..=1_025).map(|page| derive(page, "count@1", &[1])).collect();
    diamond.push(derive(1_026, "count@1", &(2..=1_025).collect::<Vec<_>>()));
    // Two pages a level, each made from both of the level before: 2^10 paths to the last, then 2^500.
    let ladder = |levels: u64| {
        let pages = (2..2 + 2 * levels).map(|page| {
            let below = (page / 2 - 1) * 2;
            let parents = if below == 0 { vec![1] } else { vec![below, below + 1] };
            derive(page, "count@1", &parents)
        });
        pages.collect::<Vec<_>>()
    };
    let graphs = [
        ("chain", chain, 1_000),
        ("fan-out", fan, 10_000),
        ("diamond", diamond, 1_025),
        ("ladder", ladder(10), 20),
        ("long ladder", ladder(500), 1_000),
    ];
    for (name, graph, nodes) in graphs {
        let calls = Arc::new(AtomicU64::new(0));
        let counting = Arc::clone(&calls);
        let store = bytes(&Memory::new(), nodes + 1);
        store.derive().register("count@1", move |parents| {
            counting.fetch_add(1, Ordering::Relaxed);
            // Never what it was, so that nothing is cut off before its time.
            Ok(vec![parents.iter().map(|parent| parent[0]).max().unwrap_or(0)])
        });
        store.derive().edit(&graph).unwrap();
        for value in 1..4 {
            calls.store(0, Ordering::Relaxed);
            let (seq, _) = commit(&store, vec![Edit::write(1, 0, [value])]);
            assert_eq!(calls.load(Ordering::Relaxed), u64::from(nodes), "{name}");
            let mut made = computed(&store, seq);
            made.sort_unstable();
            made.dedup();
            assert_eq!(made.len() as u64, u64::from(nodes), "{name}: each node once in the log");
        }
        // The same value again: the first level is asked, and nothing behind it.
        calls.store(0, Ordering::Relaxed);
        let (seq, _) = commit(&store, vec![Edit::write(1, 0, [3])]);
        let first =
            graph.iter().filter(|edit| matches!(edit, GraphEdit::Derive { parents, .. } if *parents == [1]));
        assert_eq!(
            (calls.load(Ordering::Relaxed), computed(&store, seq).len()),
            (first.count() as u64, 0),
            "{name}"
        );
        println!("{name}: {nodes} nodes, each computed once a commit");
    }
}

#[test]
fn what_the_graph_forbids_costs_no_byte() {
    let disk = Memory::new();
    let store = bytes(&disk, 5);
    store.derive().edit(&[derive(3, "sum@1", &[1, 2]), derive(4, "sum@1", &[3])]).unwrap();
    let (before, hash) = (log_bytes(&disk), store.query().snapshot().state_hash());
    let edit = |edits: &[GraphEdit]| store.derive().edit(edits).unwrap_err();
    let cycle = edit(&[derive(1, "sum@1", &[4, 5])]);
    assert_eq!((cycle.kind(), cycle.found_value()), (ErrorKind::Cycle, Some("1 -> 3 -> 4 -> 1")), "{cycle}");
    let own = edit(&[derive(5, "sum@1", &[5])]);
    assert_eq!((own.kind(), own.found_value()), (ErrorKind::Cycle, Some("5 -> 5")));
    let malformed: [&[GraphEdit]; 6] = [
        &[],
        &[derive(5, "sum@1", &[])],
        &[derive(5, "sum", &[1])],
        &[derive(5, "sum@1", &[1, 1])],
        &[GraphEdit::Release { page: 5 }],
        &[derive(5, "sum@1", &[1]), derive(2, "sum@1", &[1])],
    ];
    for edits in malformed {
        let error = store.derive().edit(edits).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Malformed | ErrorKind::LimitExceeded),
            "{edits:?}: {error}"
        );
    }
    assert_eq!(edit(&[derive(5, "sum@1", &[9])]).kind(), ErrorKind::UnknownPage);
    assert_eq!(edit(&[derive(9, "sum@1", &[1])]).kind(), ErrorKind::UnknownPage);
    for asked in [Edit::write(3, 0, [1]), Edit::Delete { page: 3 }, Edit::Delete { page: 1 }] {
        let error = store.mutate().commit(&edits(vec![asked.clone()])).unwrap_err();
        assert_eq!(
            (error.kind(), error.page().is_some()),
            (ErrorKind::Malformed, true),
            "{asked:?}: {error}"
        );
    }
    assert_eq!((log_bytes(&disk), store.query().snapshot().state_hash()), (before, hash));
    // A released page is an ordinary one, and the graph without it lets its parents go.
    store.derive().edit(&[GraphEdit::Release { page: 3 }, GraphEdit::Release { page: 4 }]).unwrap();
    commit(&store, vec![Edit::write(3, 0, [1]), Edit::Delete { page: 1 }]);
}

#[test]
fn a_function_that_fails_refuses_the_commit() {
    let store = bytes(&Memory::new(), 3);
    store.derive().register("error@1", |_| Err("no".to_owned()));
    store.derive().register("panic@1", |_| panic!("a planted panic"));
    store.derive().register("long@1", |_| Ok(vec![0; 2]));
    for function in ["error@1", "panic@1", "long@1", "absent@1"] {
        store.derive().edit(&[derive(2, "sum@1", &[1]), derive(3, function, &[2])]).unwrap();
        let before = store.query().snapshot();
        let outcome = store.mutate().commit(&edits(vec![Edit::write(1, 0, [9])])).unwrap();
        let Outcome::Refused { refusal, seq, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((refusal.cause, refusal.page), (Cause::Derive, 3), "{refusal}");
        assert_eq!((seq, values(&store)), (before.seq() + 1, vec![0, 0, 0]), "{function}");
    }
    store.derive().register("absent@1", sum);
    commit(&store, vec![Edit::write(1, 0, [9])]);
    assert_eq!(values(&store), [9, 9, 9]);
}

#[test]
fn a_refresh_computes_what_no_change_did() {
    let store = bytes(&Memory::new(), 3);
    commit(&store, vec![Edit::write(1, 0, [5])]);
    store.derive().edit(&[derive(2, "sum@1", &[1]), derive(3, "sum@1", &[2, 1])]).unwrap();
    assert_eq!(values(&store), [5, 0, 0]);
    assert!(store.derive().refresh(2).unwrap().is_committed());
    assert_eq!(values(&store), [5, 5, 10]);
    let again = store.derive().refresh(2).unwrap();
    assert!(computed(&store, again.seq()).is_empty());
    assert_eq!(store.derive().refresh(1).unwrap_err().kind(), ErrorKind::UnknownPage);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Against computing everything anew until nothing changes.
    #[test]
    fn random_graphs_agree_with_a_fixed_point(
        nodes in prop::collection::btree_map(3..9u64, (any::<bool>(), prop::collection::btree_set(1..9u64, 1..4)), 0..6),
        writes in prop::collection::vec((1..3u64, any::<u8>(), any::<bool>()), 1..12),
    ) {
        let mut disk = Memory::new();
        let mut store = bytes(&disk, 8);
        let edits: Vec<_> = nodes
            .iter()
            .map(|(page, (max, parents))| {
                let parents: Vec<u64> = parents.iter().copied().collect();
                derive(*page, if *max { "max@1" } else { "sum@1" }, &parents)
            })
            .collect();
        if edits.is_empty() || store.derive().edit(&edits).is_err() {
            return Ok(());
        }
        for (page, value, die) in writes {
            let before = values(&store);
            let (_, seq) = (commit(&store, vec![Edit::write(page, 0, [value])]), store.last_seq());
            let mut expected = before;
            expected[page as usize - 1] = value;
            // Pages that no write reached yet still have their first zero: compute only behind the written page.
            let mut reached = std::collections::BTreeSet::from([page]);
            for _ in 0..8 {
                for (node, (max, parents)) in &nodes {
                    if parents.iter().any(|parent| reached.contains(parent)) {
                        reached.insert(*node);
                        let of = parents.iter().map(|parent| expected[*parent as usize - 1]);
                        let value =
                            if *max { of.max().unwrap_or(0) } else { of.fold(0, u8::wrapping_add) };
                        expected[*node as usize - 1] = value;
                    }
                }
            }
            // Early cutoff may leave a page at its first zero that the fixed point would compute: only where nothing
            // that it is made from changed.
            let found = values(&store);
            let made = computed(&store, seq);
            for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let id = at as u64 + 1;
                let parents_changed = nodes.get(&id).is_some_and(|(_, parents)| {
                    parents.iter().any(|parent| *parent == page || made.contains(parent))
                });
                if parents_changed || !nodes.contains_key(&id) {
                    prop_assert_eq!(found, expected, "page {}", id);
                }
            }
            if die {
                disk = image(&disk.files());
                store = open(&disk);
                register(&store);
            }
        }
        store.checkpoint().unwrap();
        prop_assert_eq!(state(&Reader::open(Arc::new(disk.clone())).unwrap().snapshot()), state(&store.query().snapshot()));
        store.close().unwrap();
        verify(&disk).unwrap();
    }
}

#[test]
fn a_subscription_gives_everything_once_from_its_cursor() {
    let store = bytes(&Memory::new(), 2);
    for value in 0..40 {
        commit(&store, vec![Edit::write(1 + u64::from(value % 2), 0, [value])]);
    }
    let mut all = store.subscribe(0, Filter::default());
    let mut seqs = Vec::new();
    while let Some(record) = all.poll().unwrap() {
        seqs.push(record.seq);
    }
    assert_eq!(seqs, (1..=41).collect::<Vec<u64>>());
    let mut some = store.subscribe(20, Filter { pages: vec![2], ..Filter::default() });
    assert_eq!(some.poll().unwrap().unwrap().seq, 21);
    assert_eq!(some.poll().unwrap().unwrap().seq, 23);
    assert_eq!(some.cursor(), 23);
    let commits = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while seen < 50 {
                all.wait().unwrap();
                while let Some(record) = all.poll().unwrap() {
                    assert_eq!(record.seq, 42 + seen);
                    seen += 1;
                }
            }
            seen
        });
        for value in 0..50 {
            commit(&store, vec![Edit::write(1, 0, [value])]);
            commits.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(reader.join().unwrap(), 50);
    });
    assert_eq!((all.cursor(), commits.into_inner()), (91, 50));
}

/// One that nobody polls costs a cursor: what it missed is in the files, and it reads them there.
#[test]
fn a_slow_subscription_reads_from_disk_and_holds_nobody() {
    let disk = Memory::new();
    let store = bytes(&disk, 1);
    let mut slow = store.subscribe(0, Filter::default());
    assert_eq!(slow.poll().unwrap().map(|record| record.seq), Some(1));
    for value in 0..600u32 {
        commit(&store, vec![Edit::create(0, 100, None), Edit::write_new(0, 0, value.to_le_bytes())]);
        if value % 200 == 100 {
            store.checkpoint().unwrap();
        }
    }
    let segments = log_bytes(&disk);
    assert!(segments.len() >= 3, "{} segments", segments.len());
    // A byte of an ended segment goes bad: whoever had kept the records in memory would not see it.
    let (path, bytes) = &segments[1];
    let mut damaged = bytes.clone();
    damaged[4_096 + 40] ^= 1;
    disk.insert(path, damaged);
    let mut seqs = Vec::new();
    let error = loop {
        match slow.poll() {
            Ok(record) => seqs.push(record.expect("more is there").seq),
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), error.segment()), (ErrorKind::Corrupt, Some(2)), "{error}");
    // Mended, it goes on where it was; nothing is lost and nothing comes twice.
    disk.insert(path, bytes.clone());
    while let Some(record) = slow.poll().unwrap() {
        seqs.push(record.seq);
    }
    assert_eq!(seqs, (2..=601).collect::<Vec<u64>>());
}

#[test]
fn the_metrics_are_what_happened() {
    let store = bytes(&Memory::new(), 1);
    commit(&store, vec![Edit::create(0, 8, Some("counter"))]);
    let mut plan = take(1, 2, 1);
    plan.deltas = vec![write(2, 0, COUNT, field(2, 0, COUNT))];
    assert!(!store.upsert().submit(&plan).unwrap().is_committed());
    commit(&store, vec![Edit::write(2, 0, [1, 2, 3])]);
    store.checkpoint().unwrap();
    let text = store.metrics().render();
    for line in [
        "lumen_store_commits_total 3",
        "lumen_store_refusals_total{cause=\"guard\"} 1",
        "lumen_store_refusals_total{cause=\"overflow\"} 0",
        "lumen_store_encoded_bytes_total{encoding=\"runs\"} 3",
        "lumen_store_last_seq 4",
        "lumen_store_durable_lag 0",
        "lumen_store_pages 2",
        "lumen_store_checkpoints_total 1",
        "lumen_store_checkpoint_age 0",
        "lumen_store_sync_seconds_count 4",
        "lumen_store_group_size_bucket{le=\"1\"} 4",
        "lumen_store_group_size_bucket{le=\"+Inf\"} 4",
        "# TYPE lumen_store_sync_seconds histogram",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    // Every sample follows the HELP and TYPE of its family, and no family comes twice.
    let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let mut names: Vec<&str> = families.iter().filter_map(|line| line.split(' ').next()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
