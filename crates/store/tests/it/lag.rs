//! Derived pages that fall behind: along stale edges until somebody asks, and asynchronous ones until a task is done.
//!
//! The judge is the definition, asked of every state: a page that lags has the bytes that its function makes of its
//! parents as they were at its watermark, and it is stale if and only if a parent changed behind that.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use store::{
    Body, Cause, Durability, Edit, ErrorKind, Filter, Finished, GraphEdit, Memory, Outcome, Reader, Snapshot,
    Store, Watermark, verify,
};
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::pages::{commit, edits, log_bytes, open, state};
use crate::support::{image, options};

const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// What a derived page of these tests is.
#[derive(Clone, Debug)]
struct Node {
    max: bool,
    parents: Vec<u64>,
    stale: Vec<u64>,
    asynchronous: bool,
}

impl Node {
    fn edit(&self, page: u64) -> GraphEdit {
        GraphEdit::Derive {
            page,
            function: if self.max { "max@1" } else { "sum@1" }.to_owned(),
            parents: self.parents.clone(),
            stale: self.stale.clone(),
            asynchronous: self.asynchronous,
        }
    }

    fn of(&self, value: impl Fn(u64) -> u8) -> u8 {
        let values = self.parents.iter().map(|parent| value(*parent));
        if self.max { values.max().unwrap_or(0) } else { values.fold(0, |sum, byte| sum.wrapping_add(byte)) }
    }

    fn may_lag(&self) -> bool {
        self.asynchronous || !self.stale.is_empty()
    }
}

fn sum(parents: &[u64]) -> Node {
    Node { max: false, parents: parents.to_vec(), stale: vec![], asynchronous: false }
}

fn lazy(parents: &[u64], stale: &[u64]) -> Node {
    Node { stale: stale.to_vec(), ..sum(parents) }
}

fn slow(parents: &[u64], stale: &[u64]) -> Node {
    Node { asynchronous: true, ..lazy(parents, stale) }
}

fn register(store: &Store) {
    store.derive().register("sum@1", |parents| {
        Ok(vec![parents.iter().fold(0, |sum: u8, parent| sum.wrapping_add(parent[0]))])
    });
    store
        .derive()
        .register("max@1", |parents| Ok(vec![parents.iter().map(|parent| parent[0]).max().unwrap_or(0)]));
}

/// A store of pages of one byte each, from 1 on, and a graph.
fn bytes(disk: &Memory, count: u32, nodes: &[(u64, Node)]) -> Store {
    let store = open(disk);
    register(&store);
    commit(&store, (0..count).map(|number| Edit::create(number, 1, None)).collect());
    store.derive().edit(&nodes.iter().map(|(page, node)| node.edit(*page)).collect::<Vec<_>>()).unwrap();
    store
}

fn reopened(disk: &Memory) -> Store {
    let store = open(&image(&disk.files()));
    register(&store);
    store
}

fn value(snapshot: &Snapshot, page: u64) -> u8 {
    snapshot.expect_page(page).unwrap().bytes()[0]
}

fn stale(store: &Store) -> Vec<u64> {
    store.query().snapshot().stale_pages(0).unwrap().collect()
}

fn watermark(store: &Store, page: u64) -> u64 {
    store.query().snapshot().watermark(page).unwrap().expect("a derived page")
}

/// What the record at `seq` computed, and the watermarks that it tells.
fn told(store: &Store, seq: u64) -> (Vec<u64>, Vec<(u64, u64)>) {
    match store.scan(seq).next().unwrap().unwrap().body {
        Body::Transaction { derived, watermarks, .. } => (
            derived.iter().map(|made| made.delta.page).collect(),
            watermarks.iter().map(|Watermark { page, seq }| (*page, *seq)).collect(),
        ),
        other => panic!("{other:?}"),
    }
}

fn write(store: &Store, page: u64, byte: u8) -> u64 {
    commit(store, vec![Edit::write(page, 0, [byte])]).0
}

#[test]
fn a_stale_edge_leaves_its_page_behind_until_somebody_asks() {
    let disk = Memory::new();
    let store = bytes(&disk, 5, &[(3, lazy(&[1, 2], &[2])), (4, sum(&[3])), (5, lazy(&[4], &[4]))]);
    assert_eq!((stale(&store), watermark(&store, 3)), (vec![3, 5], 0), "declared and not computed");
    assert_eq!(store.query().snapshot().watermark(1).unwrap(), None);
    // Along the edge from 1 it follows, and 4 with it; 5 does not.
    let seq = write(&store, 1, 7);
    assert_eq!((told(&store, seq), stale(&store)), ((vec![3, 4], vec![]), vec![5]));
    assert_eq!(watermark(&store, 3), seq, "as new as the state");
    // Along the edge from 2 it stays behind, however often.
    let behind = write(&store, 2, 10);
    write(&store, 2, 20);
    assert_eq!((told(&store, behind).0, stale(&store)), (vec![], vec![3, 5]));
    assert_eq!((value(&store.query().snapshot(), 3), watermark(&store, 3)), (7, behind - 1));
    let text = store.metrics().render();
    assert!(text.contains("\nlumen_store_stale_pages 2\n"), "{text}");

    // Replayed, reopened, and from a checkpoint it lags as it did.
    let as_it_is = |store: &Store| {
        let snapshot = store.query().snapshot();
        (snapshot.state_hash(), stale(store), watermark(store, 3), watermark(store, 4))
    };
    let before = as_it_is(&store);
    assert_eq!(as_it_is(&reopened(&disk)), before);
    store.checkpoint().unwrap();
    assert_eq!(as_it_is(&reopened(&disk)), before);
    assert_eq!(store.past().replay(store.last_seq()).unwrap().state_hash(), before.0);
    assert_eq!(
        Reader::open(Arc::new(disk.clone())).unwrap().snapshot().stale_pages(0).unwrap().collect::<Vec<_>>(),
        [3, 5]
    );

    // Who asks for 5 gets all that it is made from, each page once, and says so in the log.
    let seq = store.derive().refresh(5).unwrap().seq();
    assert_eq!(told(&store, seq), (vec![3, 4, 5], vec![(3, seq), (5, seq)]));
    assert_eq!((value(&store.query().snapshot(), 5), stale(&store)), (27, vec![]));
    let trace = store.past().trace(seq).unwrap();
    assert!(trace.contains(&format!("\"tid\":3,\"args\":{{\"page\":5,\"watermark\":{seq}}}")), "{trace}");
    // Again: nothing lags, so nothing is computed.
    let recomputes = || {
        let text = store.metrics().render();
        let line = text.lines().find(|line| line.starts_with("lumen_store_recomputes_total")).unwrap();
        line.to_owned()
    };
    let count = recomputes();
    let seq = store.derive().refresh(5).unwrap().seq();
    assert_eq!((told(&store, seq), recomputes()), ((vec![], vec![]), count));
    assert_eq!(store.past().blame(5, 0, seq).unwrap().unwrap().seq, seq - 1);
    // Without the writes that it had not seen, the refresh hangs in the air.
    let without = Filter { seqs: Some(behind..=behind + 1), inverted: true, ..Filter::default() };
    let partial = store.past().replay_only(&without, seq).unwrap();
    let hangs: Vec<_> = partial.dangling.iter().map(|it| (it.seq, it.page, it.expected, it.found)).collect();
    assert_eq!((partial.applied, hangs), (4, vec![(seq - 1, 2, None, Some(1))]));
    store.close().unwrap();
    verify(&disk).unwrap();
}

#[test]
fn a_watermark_without_a_change_is_on_record() {
    let disk = Memory::new();
    let store = bytes(&disk, 4, &[(3, Node { max: true, ..lazy(&[1, 2], &[1, 2]) }), (4, sum(&[3]))]);
    write(&store, 1, 9);
    store.derive().refresh(3).unwrap();
    // The maximum stays: the page is not changed, what is behind it is not computed, and it is not stale any more.
    write(&store, 2, 5);
    assert_eq!(stale(&store), [3]);
    let seq = store.derive().refresh(3).unwrap().seq();
    assert_eq!((told(&store, seq), stale(&store)), ((vec![], vec![(3, seq)]), vec![]));
    assert_eq!(stale(&reopened(&disk)), [0; 0]);
}

#[test]
fn a_task_computes_outside_any_commit_and_says_what_it_saw() {
    let disk = Memory::new();
    let store = bytes(&disk, 5, &[(3, slow(&[1, 2], &[2])), (4, sum(&[3, 1])), (5, slow(&[3], &[]))]);
    let (started, is_started) = sync_channel(0);
    let (go_on, may_go_on) = sync_channel(0);
    let may_go_on = Mutex::new(may_go_on);
    store.derive().register("sum@1", move |parents| {
        if let ([a, b], true) = (parents, parents[0] == [77]) {
            started.send(()).unwrap();
            may_go_on.lock().unwrap().recv().unwrap();
            return Ok(vec![a[0] + b[0]]);
        }
        Ok(vec![parents.iter().fold(0, |sum: u8, parent| sum.wrapping_add(parent[0]))])
    });
    // 5 waits for 3, which is due itself.
    let pages =
        |store: &Store| store.derive().tasks().unwrap().iter().map(|task| task.page()).collect::<Vec<_>>();
    assert_eq!(pages(&store), [3]);
    store.derive().work(ONE).unwrap();
    assert_eq!((pages(&store), stale(&store)), (vec![], vec![]));

    let saw = commit(&store, vec![Edit::write(2, 0, [1])]).0;
    assert_eq!(
        (stale(&store), pages(&store)),
        (vec![3], vec![]),
        "along a stale edge only who asks computes"
    );
    // Page 4 has the same function and two parents: it must not be the one that waits.
    store.derive().edit(&[GraphEdit::Release { page: 4 }]).unwrap();
    let saw = saw.max(write(&store, 1, 77));
    let outcome = std::thread::scope(|scope| {
        let task = store.derive().tasks().unwrap().remove(0);
        assert_eq!((task.page(), task.watermark()), (3, saw));
        let running = scope.spawn(move || task.run());
        is_started.recv().unwrap();
        // The function runs, and commits go on.
        write(&store, 2, 2);
        write(&store, 1, 3);
        go_on.send(()).unwrap();
        store.derive().finish(running.join().unwrap()).unwrap().expect("it is news")
    });
    // Its inputs moved on: what it saw is logged, and it is still due.
    assert_eq!(told(&store, outcome.seq()), (vec![3], vec![(3, saw)]));
    assert_eq!((value(&store.query().snapshot(), 3), watermark(&store, 3)), (78, saw));
    assert_eq!((stale(&store), pages(&store)), (vec![3, 5], vec![3]));
    // Nothing of that is lost with the process.
    let again = reopened(&disk);
    assert_eq!((stale(&again), watermark(&again, 3), pages(&again)), (vec![3, 5], saw, vec![3]));
    again.derive().work(ONE).unwrap();
    assert_eq!((value(&again.query().snapshot(), 5), stale(&again)), (5, vec![]));
}

#[test]
fn a_result_that_comes_too_late_is_discarded() {
    let store = bytes(&Memory::new(), 3, &[(3, slow(&[1, 2], &[]))]);
    let run = || store.derive().tasks().unwrap()[0].run();
    let finish = |finished: Finished| store.derive().finish(finished).unwrap();
    write(&store, 1, 1);
    let (first, second) = (run(), run());
    write(&store, 2, 2);
    let (third, fourth) = (run(), run());
    // A later state first: the earlier one would take the watermark back.
    assert!(finish(third).is_some_and(|outcome| outcome.is_committed()));
    let (seq, mark) = (store.last_seq(), watermark(&store, 3));
    assert!(finish(first).is_none() && finish(fourth).is_none());
    assert_eq!((store.last_seq(), watermark(&store, 3), value(&store.query().snapshot(), 3)), (seq, mark, 3));
    // Of another declaration.
    store.derive().edit(&[Node { max: true, ..slow(&[1, 2], &[]) }.edit(3)]).unwrap();
    assert!(finish(second).is_none());
    assert_eq!(watermark(&store, 3), 0);
    let released = run();
    store.derive().edit(&[GraphEdit::Release { page: 3 }]).unwrap();
    assert!(finish(released).is_none());
    let text = store.metrics().render();
    assert!(text.contains("\nlumen_store_discards_total 4\n"), "{text}");
    assert_eq!(store.derive().refresh(3).unwrap_err().kind(), ErrorKind::UnknownPage);
}

#[test]
fn a_task_that_fails_is_refused_on_record_and_stays_due() {
    let disk = Memory::new();
    let store = bytes(&disk, 4, &[(3, slow(&[1], &[])), (4, slow(&[2], &[]))]);
    type Task = fn(&[&[u8]]) -> Result<Vec<u8>, String>;
    let fails: [(&str, Task); 3] = [
        ("error@1", |_| Err("no".to_owned())),
        ("panic@1", |_| panic!("a planted panic")),
        ("long@1", |_| Ok(vec![0; 2])),
    ];
    for (name, function) in fails {
        store.derive().register(name, function);
    }
    for function in ["error@1", "panic@1", "long@1", "absent@1"] {
        let edit = GraphEdit::Derive {
            page: 3,
            function: function.to_owned(),
            parents: vec![1],
            stale: vec![],
            asynchronous: true,
        };
        store.derive().edit(&[edit]).unwrap();
        write(&store, 2, function.len() as u8);
        let outcomes = store.derive().work(ONE).unwrap();
        let [Outcome::Refused { refusal, .. }, Outcome::Committed { .. }] = outcomes.as_slice() else {
            panic!("{outcomes:?}")
        };
        assert_eq!((refusal.cause, refusal.page), (Cause::Derive, 3), "{refusal}");
        assert_eq!((stale(&store), watermark(&store, 3)), (vec![3], 0), "{function}");
        let Outcome::Refused { refusal: same, .. } = store.derive().refresh(3).unwrap() else {
            panic!("{function}")
        };
        assert_eq!(&same, refusal);
    }
    store.past().audit().unwrap();
    // What a task leads to at once is refused with it.
    store.derive().edit(&[slow(&[1], &[]).edit(3), GraphEdit::derive(4, "error@1", [3])]).unwrap();
    write(&store, 1, 200);
    let outcomes = store.derive().work(ONE).unwrap();
    assert!(matches!(outcomes.as_slice(), [Outcome::Refused { refusal, .. }] if refusal.page == 4));
    assert_eq!(stale(&store), [3]);
}

#[test]
fn a_declaration_that_says_nonsense_costs_no_byte() {
    let disk = Memory::new();
    let store = bytes(&disk, 4, &[(4, lazy(&[3], &[3]))]);
    let before = log_bytes(&disk);
    for node in [lazy(&[1], &[2]), lazy(&[1, 2], &[2, 1]), lazy(&[1, 2], &[1, 1]), slow(&[], &[])] {
        let error = store.derive().edit(&[node.edit(3)]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::LimitExceeded), "{node:?}: {error}");
    }
    let cycle = store.derive().edit(&[slow(&[4], &[4]).edit(3)]).unwrap_err();
    assert_eq!((cycle.kind(), cycle.found_value()), (ErrorKind::Cycle, Some("3 -> 4 -> 3")), "{cycle}");
    let written = store.mutate().commit(&edits(vec![Edit::write(4, 0, [1])])).unwrap_err();
    assert_eq!(written.kind(), ErrorKind::Malformed);
    assert_eq!(log_bytes(&disk), before);
}

/// What was asked before, to be held against what is now.
#[derive(Default)]
struct Judge {
    /// The bytes of all pages by seq.
    history: BTreeMap<u64, Vec<u8>>,
    watermarks: BTreeMap<u64, u64>,
}

impl Judge {
    /// Holds every derived page against the definition.
    fn look(&mut self, store: &Store, nodes: &BTreeMap<u64, Node>) {
        let snapshot = store.query().snapshot();
        let known = self.history.keys().next_back().copied().unwrap_or_default();
        for seq in known + 1..=snapshot.seq() {
            let then = store.past().snapshot_at(seq).unwrap();
            let bytes = then.iter().unwrap().map(|page| page.unwrap().1.bytes()[0]).collect();
            self.history.insert(seq, bytes);
            if let Body::Transaction { derived, .. } = store.scan(seq).next().unwrap().unwrap().body {
                let once: BTreeSet<u64> = derived.iter().map(|made| made.delta.page).collect();
                assert_eq!(once.len(), derived.len(), "each page at most once in the record at {seq}");
            }
        }
        assert_eq!(state(&store.past().snapshot_at(snapshot.seq()).unwrap()), state(&snapshot));
        let version = |page: u64| snapshot.expect_page(page).unwrap().version();
        let stale: Vec<u64> = snapshot.stale_pages(0).unwrap().collect();
        for (page, node) in nodes {
            let mark = snapshot.watermark(*page).unwrap().unwrap();
            let changed = |parents: &[u64]| parents.iter().any(|parent| version(*parent) > mark);
            let at_once: Vec<u64> =
                node.parents.iter().copied().filter(|p| !node.stale.contains(p)).collect();
            if node.may_lag() {
                assert_eq!(stale.contains(page), mark == 0 || changed(&node.parents), "page {page}");
                assert!(stale.contains(page) || mark == snapshot.seq());
                assert!(mark >= self.watermarks.insert(*page, mark).unwrap_or(0), "{page} went back");
            }
            if !node.asynchronous {
                assert!(mark == 0 || !changed(&at_once), "page {page} does not follow");
            }
            // A page that always follows is computed from the first change on.
            let computed =
                if node.may_lag() { mark > 0 } else { node.parents.iter().any(|p| version(*p) > 2) };
            if computed {
                let then = &self.history[&mark];
                assert_eq!(
                    value(&snapshot, *page),
                    node.of(|parent| then[parent as usize - 1]),
                    "page {page}"
                );
            }
        }
    }

    /// Nothing is due, and what is due would be known to be.
    fn nothing_is_due(&self, store: &Store, nodes: &BTreeMap<u64, Node>) {
        assert!(store.derive().tasks().unwrap().is_empty());
        let snapshot = store.query().snapshot();
        for (page, node) in nodes.iter().filter(|(_, node)| node.asynchronous) {
            let mark = snapshot.watermark(*page).unwrap().unwrap();
            for parent in node.parents.iter().filter(|parent| !node.stale.contains(parent)) {
                assert!(mark > 0 && snapshot.expect_page(*parent).unwrap().version() <= mark, "page {page}");
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(u64, u8),
    Refresh(u64),
    /// Runs all tasks, and keeps what they made.
    Run,
    /// Finishes one of these.
    Finish(usize),
    Work,
    Checkpoint,
    Die,
}

const PAGES: u64 = 8;

/// Pages 1 and 2 are written; any of the others may be made from any with smaller numbers.
fn nodes() -> impl Strategy<Value = BTreeMap<u64, Node>> {
    let node =
        (any::<bool>(), any::<[bool; PAGES as usize]>(), any::<[bool; PAGES as usize]>(), any::<bool>());
    prop::collection::btree_map(3..=PAGES, node, 1..6).prop_map(|nodes| {
        let nodes = nodes.into_iter().map(|(page, (max, parents, stale, asynchronous))| {
            let chosen = |among: [bool; PAGES as usize]| {
                (1..page).filter(|parent| among[*parent as usize - 1]).collect::<Vec<u64>>()
            };
            let parents = Some(chosen(parents)).filter(|some| !some.is_empty()).unwrap_or(vec![page - 1]);
            let stale = chosen(stale).into_iter().filter(|parent| parents.contains(parent)).collect();
            (page, Node { max, parents, stale, asynchronous })
        });
        nodes.collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..3u64, any::<u8>()).prop_map(|(page, byte)| Step::Write(page, byte)),
        2 => (3..=PAGES).prop_map(Step::Refresh),
        2 => Just(Step::Run),
        3 => (0..8usize).prop_map(Step::Finish),
        1 => Just(Step::Work),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Die),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn random_graphs_of_all_kinds_agree_with_the_definition(
        nodes in nodes(),
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let mut disk = Memory::new();
        let listed: Vec<_> = nodes.iter().map(|(page, node)| (*page, node.clone())).collect();
        let mut store = bytes(&disk, PAGES as u32, &listed);
        let (mut judge, mut kept) = (Judge::default(), Vec::new());
        for step in steps {
            match step {
                Step::Write(page, byte) => drop(write(&store, page, byte)),
                Step::Refresh(page) => {
                    let outcome = store.derive().refresh(page);
                    prop_assert_eq!(outcome.is_ok(), nodes.contains_key(&page));
                    prop_assert!(!stale(&store).contains(&page), "page {} was asked for", page);
                }
                Step::Run => kept.extend(store.derive().tasks().unwrap().iter().map(store::Task::run)),
                Step::Finish(at) if at < kept.len() => drop(store.derive().finish(kept.swap_remove(at)).unwrap()),
                Step::Finish(_) => {}
                Step::Work => {
                    store.derive().work(ONE).unwrap();
                    judge.nothing_is_due(&store, &nodes);
                }
                Step::Checkpoint => drop(store.checkpoint().unwrap()),
                Step::Die => {
                    let before = (store.query().snapshot().state_hash(), stale(&store));
                    disk = image(&disk.files());
                    store = open(&disk);
                    register(&store);
                    prop_assert_eq!((store.query().snapshot().state_hash(), stale(&store)), before);
                }
            }
            judge.look(&store, &nodes);
        }
        let last = store.past().replay(store.last_seq()).unwrap();
        prop_assert_eq!(last.state_hash(), store.query().snapshot().state_hash());
        // Brought up, all is as if it had been computed in one go.
        for _ in &nodes {
            store.derive().work(ONE).unwrap();
            for page in nodes.keys() {
                store.derive().refresh(*page).unwrap();
            }
        }
        judge.look(&store, &nodes);
        let snapshot = store.query().snapshot();
        prop_assert_eq!(stale(&store), vec![0; 0]);
        for (page, node) in &nodes {
            prop_assert_eq!(value(&snapshot, *page), node.of(|parent| value(&snapshot, parent)));
        }
        store.close().unwrap();
        verify(&disk).unwrap();
    }
}

/// A hundred slow pages over three levels, some of which follow at once from others.
fn many() -> Vec<(u64, Node)> {
    let first = (11..=70).map(|page| (page, slow(&[1 + page % 10, 1 + (page + 3) % 10], &[])));
    let second = (71..=90).map(|page| (page, sum(&[page - 60, page - 30])));
    let third = (91..=110).map(|page| (page, slow(&[page - 20, page - 50], &[page - 50])));
    first.chain(second).chain(third).collect()
}

#[test]
fn the_log_is_the_same_for_any_number_of_threads() {
    let run = |threads: usize| {
        let disk = Memory::new();
        let store = bytes(&disk, 110, &many());
        let ran = Arc::new(AtomicU64::new(0));
        for round in 1..5u8 {
            let values = (1..=10).map(|page| Edit::write(page, 0, [round.wrapping_mul(page as u8 * 7)]));
            commit(&store, values.collect());
            let outcomes = store.derive().work(NonZeroUsize::new(threads).unwrap()).unwrap();
            ran.fetch_add(outcomes.len() as u64, Ordering::Relaxed);
            assert!(store.derive().tasks().unwrap().is_empty());
        }
        assert!(ran.load(Ordering::Relaxed) >= 4 * 60, "{ran:?}");
        let hash = store.query().snapshot().state_hash();
        store.close().unwrap();
        (hash, log_bytes(&disk))
    };
    let one = run(1);
    for threads in [2, 4] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

/// A session with everything that falls behind and is brought up. Returns the store and what it was told last.
fn session(disk: &FaultyDisk, durability: Durability, told: &mut u64) -> store::Result<Store> {
    let store = Store::open(Arc::new(disk.clone()), options().durability(durability))?;
    register(&store);
    let create = (0..5).map(|number| Edit::create(number, 1, None)).collect();
    *told = store.mutate().commit(&edits(create))?.seq();
    let graph: Vec<_> = small().iter().map(|(page, node)| node.edit(*page)).collect();
    *told = store.derive().edit(&graph)?;
    for byte in 1..4u8 {
        *told = store
            .mutate()
            .commit(&edits(vec![Edit::write(1, 0, [byte]), Edit::write(2, 0, [byte * 9])]))?
            .seq();
        // The power may go between computing and logging, too.
        let made: Vec<_> = store.derive().tasks()?.iter().map(store::Task::run).collect();
        *told = store.mutate().commit(&edits(vec![Edit::write(2, 0, [byte])]))?.seq();
        for finished in made {
            *told = store.derive().finish(finished)?.map_or(*told, |outcome| outcome.seq());
        }
        if byte == 2 {
            store.checkpoint()?;
        }
        *told = store.derive().refresh(5)?.seq();
    }
    Ok(store)
}

fn small() -> BTreeMap<u64, Node> {
    BTreeMap::from([(3, slow(&[1, 2], &[2])), (4, sum(&[3, 1])), (5, lazy(&[4, 2], &[2, 4]))])
}

#[test]
fn a_power_cut_at_every_call_leaves_pages_that_lag_as_they_say() {
    let calls = {
        let disk = FaultyDisk::new();
        std::mem::forget(session(&disk, Durability::Durable, &mut 0).unwrap());
        disk.call_count()
    };
    assert!(calls > 60, "{calls} calls exercise little");
    for durability in [Durability::Durable, Durability::Memory] {
        for call in 0..=calls {
            let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
            let mut told = 0;
            if let Ok(store) = session(&disk, durability, &mut told) {
                std::mem::forget(store);
            }
            for survival in [Survival::Everything, Survival::Synced, Survival::Some(call)] {
                let left = disk.after_crash(survival);
                let store = Store::open(Arc::new(left.clone()), options()).unwrap();
                register(&store);
                if durability == Durability::Durable || survival == Survival::Everything {
                    assert!(store.last_seq() >= told, "power cut at call {call}, {survival:?}");
                }
                if store.last_seq() < 2 {
                    continue;
                }
                let nodes = small();
                Judge::default().look(&store, &nodes);
                // What was computed and not logged is due, and computed again.
                store.derive().work(ONE).unwrap();
                Judge::default().nothing_is_due(&store, &nodes);
                store.derive().refresh(3).unwrap();
                store.derive().refresh(5).unwrap();
                Judge::default().look(&store, &nodes);
                assert_eq!(stale(&store), [0; 0]);
                store.close().unwrap();
                verify(&left).unwrap();
            }
        }
    }
}
