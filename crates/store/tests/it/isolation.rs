//! Histories of concurrent clients, held against the serial order by seq, by two judges.
//!
//! The one is `testkit::history`, which takes the seqs for the order and asks whether it explains every read and every
//! answer. The other is the crate `adya`, which is given the order of the writers alone and looks for the cycles that
//! strict serialisability forbids. Clients that break the rules show that both can say no.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use adya::history::{Interner, Mop, Op, OpType, ReadValue, Scalar};
use adya::{History, Opts, Valid, Workload};
use plan::{Operator, Query, Read, UpsertPlan};
use store::{Durability, Edit, Memory, Outcome, Snapshot, Store};
use testkit::dice::Dice;
use testkit::history::{Anomaly, Operation, anomalies};

use crate::pages::{commit, edits};
use crate::support::options;
use crate::upsert::{COUNT, binary, field, int, intent, write};

/// Pages that hold one value each, from 1 on.
const KEYS: u64 = 8;
const CLIENTS: u64 = 4;
const OPERATIONS: u64 = 250;

/// A store and what its clients saw of it.
struct World {
    store: Store,
    ticks: AtomicU64,
    history: Mutex<Vec<Operation>>,
}

type Pairs = Vec<(u64, u64)>;

impl World {
    /// All keys written by one transaction of client 0.
    fn new(durability: Durability) -> World {
        let store = Store::open(Arc::new(Memory::new()), options().durability(durability)).unwrap();
        let world = World { store, ticks: AtomicU64::new(1), history: Mutex::default() };
        let writes: Pairs = (1..=KEYS).map(|key| (key, key)).collect();
        world.record(0, || {
            let numbered = writes.iter().map(|(key, value)| (*key as u32, value.to_le_bytes()));
            let edits = numbered.flat_map(|(number, value)| {
                [Edit::create(number, 8, None), Edit::write_new(number, 0, value)]
            });
            let (seq, _) = commit(&world.store, edits.collect());
            (seq, true, vec![], writes.clone())
        });
        world
    }

    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// Runs one operation of a client between two ticks.
    fn record(&self, client: u64, run: impl FnOnce() -> (u64, bool, Pairs, Pairs)) {
        let invoked = self.tick();
        let (seq, committed, reads, writes) = run();
        let answered = self.tick();
        let operation = Operation { client, invoked, answered, seq, committed, reads, writes };
        self.history.lock().unwrap().push(operation);
    }

    /// Looks at keys of a state.
    fn look(&self, client: u64, snapshot: impl FnOnce() -> Snapshot, keys: &[u64]) -> Pairs {
        let mut seen = Vec::new();
        self.record(client, || {
            let snapshot = snapshot();
            seen = values(&snapshot, keys);
            (snapshot.seq(), true, seen.clone(), vec![])
        });
        seen
    }

    /// Writes whatever is there.
    fn mutate(&self, client: u64, reads: Pairs, writes: Pairs) -> u64 {
        let mut at = 0;
        self.record(client, || {
            let asked = writes.iter().map(|(key, value)| Edit::write(*key, 0, value.to_le_bytes())).collect();
            at = self.store.mutate().commit(&edits(asked)).unwrap().seq();
            (at, true, reads, writes)
        });
        at
    }

    fn submit(&self, client: u64, plan: &UpsertPlan, reads: Pairs, writes: Pairs) -> Outcome {
        let mut answer = None;
        self.record(client, || {
            let outcome = self.store.upsert().submit(plan).unwrap();
            let told = (outcome.seq(), outcome.is_committed());
            answer = Some(outcome);
            (told.0, told.1, reads, writes)
        });
        answer.expect("it was asked")
    }

    fn history(self) -> Vec<Operation> {
        self.history.into_inner().unwrap()
    }
}

fn values(snapshot: &Snapshot, keys: &[u64]) -> Pairs {
    let value = |key: &u64| {
        let page = snapshot.expect_page(*key).unwrap();
        (*key, u64::from_le_bytes(page.bytes().try_into().unwrap()))
    };
    keys.iter().map(value).collect()
}

/// Some keys, each once, ascending.
fn keys(dice: &mut Dice, most: u64) -> Vec<u64> {
    let mut keys: Vec<u64> = (0..1 + dice.below(most)).map(|_| 1 + dice.below(KEYS)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn constant(writes: &Pairs, id: u128) -> UpsertPlan {
    UpsertPlan {
        intent: intent(id),
        reads: vec![],
        guard: None,
        deltas: writes.iter().map(|(key, value)| write(*key, 0, COUNT, int(i128::from(*value)))).collect(),
        clients: vec![],
        query: Query { ranges: vec![(1, KEYS)], ..Query::default() },
    }
}

/// One client: looks, writes without conditions, with a read set, and with a guard alone.
fn client(world: &World, client: u64, seed: u64) {
    let mut dice = Dice::new(seed * 1_000 + client);
    let mut own = 0;
    for number in 1..=OPERATIONS {
        let value = (client << 32) + number * 4;
        let writes: Pairs = (0..).zip(keys(&mut dice, 2)).map(|(at, key)| (key, value + at)).collect();
        let id = u128::from(value);
        match dice.below(8) {
            0 | 1 => drop(world.look(client, || world.store.query().snapshot(), &keys(&mut dice, KEYS))),
            2 => drop(world.look(
                client,
                || world.store.query().read_at_least(own).unwrap(),
                &keys(&mut dice, KEYS),
            )),
            3 => own = world.mutate(client, vec![], writes),
            4 => {
                // Compare and set: the guard alone reads.
                let [key] = [1 + dice.below(KEYS)];
                let seen = world.look(client, || world.store.query().snapshot(), &[key]);
                std::thread::yield_now();
                let mut plan = constant(&writes, id);
                plan.guard = Some(binary(Operator::Eq, field(key, 0, COUNT), int(i128::from(seen[0].1))));
                own = world.submit(client, &plan.sorted(), seen, writes).seq();
            }
            _ => {
                let keys = keys(&mut dice, 3);
                let snapshot = world.store.query().snapshot();
                let seen = values(&snapshot, &keys);
                let version = |key: &u64| snapshot.expect_page(*key).unwrap().version();
                let reads = keys.iter().map(|key| Read::Version { page: *key, version: version(key) });
                let plan = UpsertPlan { reads: reads.collect(), ..constant(&writes, id) };
                // Others come between what it saw and what it wants.
                (0..dice.below(4)).for_each(|_| std::thread::yield_now());
                own = world.submit(client, &plan.sorted(), seen, writes).seq();
            }
        }
    }
}

/// The history as `adya` reads it: the writers' order is the log's, everything else is for it to find.
fn verdict(history: &[Operation]) -> (Valid, Vec<String>) {
    let invoked = history.iter().map(|op| (op.invoked, OpType::Invoke, op));
    let answered = history.iter().map(|op| {
        let kind = if op.committed { OpType::Ok } else { OpType::Fail };
        (op.answered, kind, op)
    });
    let mut events: Vec<_> = invoked.chain(answered).collect();
    events.sort_by_key(|(tick, ..)| *tick);
    let mut interner = Interner::default();
    let mut id = |number: u64| interner.intern(Scalar::Int(number as i64));
    let mut order = HashMap::new();
    let mut ops = Vec::new();
    for (index, (_, kind, op)) in (0u64..).zip(events) {
        let read =
            |(key, value): &(u64, u64)| Mop::Read { key: id(*key), value: ReadValue::Scalar(id(*value)) };
        let mut value: Vec<Mop> = op.reads.iter().map(read).collect();
        value.extend(op.writes.iter().map(|(key, value)| Mop::Write { key: id(*key), value: id(*value) }));
        if kind == OpType::Ok && !op.writes.is_empty() {
            order.insert(index, op.seq as i64);
        }
        ops.push(Op { index, kind, process: Some(op.client as i64), value, time: None });
    }
    let opts = Opts {
        models: vec!["strict-serializable".to_owned()],
        transaction_order: Some(order),
        ..Opts::default()
    };
    let report = adya::check(&History::from_ops(ops, interner), Workload::RwRegister, &opts);
    (report.valid, report.anomaly_types)
}

#[test]
fn concurrent_histories_are_serial_by_seq() {
    let (mut operations, mut committed, mut refused, mut planted) = (0, 0, 0, 0);
    for durability in [Durability::Durable, Durability::Buffered { sync_after_ms: 0 }, Durability::Memory] {
        for seed in 1..=2 {
            let world = World::new(durability);
            std::thread::scope(|scope| {
                for number in 1..=CLIENTS {
                    let world = &world;
                    scope.spawn(move || client(world, number, seed));
                }
            });
            world.store.past().audit().unwrap();
            let history = world.history();
            let context = format!("{durability:?}, seed {seed}");
            assert_eq!(anomalies(&history), [], "{context}");
            assert_eq!(verdict(&history), (Valid::True, vec![]), "{context}");
            operations += history.len();
            let writers = || history.iter().filter(|op| !op.writes.is_empty());
            committed += writers().filter(|op| op.committed).count();
            refused += writers().filter(|op| !op.committed).count();
            planted += replaced_reads(&history);
        }
    }
    println!(
        "{operations} operations of {CLIENTS} clients: {committed} commits, {refused} refusals, no anomaly; \
         {planted} replaced reads, all found"
    );
    assert!(committed > 500 && refused > 0 && planted > 1_000, "{committed} commits, {planted} planted");
}

/// Gives each read another value that the key once had, or one that was refused: each must be found.
fn replaced_reads(history: &[Operation]) -> usize {
    let mut planted = 0;
    for at in (0..history.len()).filter(|at| history[*at].committed) {
        for read in 0..history[at].reads.len() {
            let (key, value) = history[at].reads[read];
            let written =
                history.iter().filter(|op| op.seq != history[at].seq).flat_map(|op| op.writes.iter());
            let mut others = written.filter(|(of, other)| *of == key && *other != value);
            let Some((_, other)) = others.nth((at + read) % 7) else { continue };
            let mut wrong = history.to_vec();
            wrong[at].reads[read].1 = *other;
            let found = anomalies(&wrong);
            assert!(found.iter().any(|(found, _)| *found == at), "{:?} with {other}", history[at]);
            planted += 1;
        }
        if planted % 300 == 299 {
            break;
        }
    }
    planted
}

/// An anomaly, what `adya` calls it, and the clients that make it.
type Planted<'a> = (Anomaly, &'a str, &'a dyn Fn(&World));

/// Clients that go round the rules of a store that keeps them.
#[test]
fn planted_anomalies_are_found_by_both_judges() {
    let both = |key: u64, other: u64| [key, other];
    let newest = |world: &World| world.store.query().snapshot();
    let lost_update = |world: &World| {
        let [one, two] = [world.look(1, || newest(world), &[1]), world.look(2, || newest(world), &[1])];
        // Both act on what they saw, and neither says so.
        let before = world.ticks.load(Ordering::SeqCst);
        world.mutate(1, one, vec![(1, 100)]);
        world.mutate(2, two, vec![(1, 200)]);
        concurrent_since(world, before);
    };
    let write_skew = |world: &World| {
        let keys = both(1, 2);
        let [one, two] = [world.look(1, || newest(world), &keys), world.look(2, || newest(world), &keys)];
        let before = world.ticks.load(Ordering::SeqCst);
        world.mutate(1, one, vec![(1, 100)]);
        world.mutate(2, two, vec![(2, 200)]);
        concurrent_since(world, before);
    };
    let dirty_read = |world: &World| {
        let mut plan = constant(&vec![(1, 100)], 1);
        plan.guard = Some(binary(Operator::Eq, field(1, 0, COUNT), int(0)));
        assert!(!world.submit(1, &plan, vec![], vec![(1, 100)]).is_committed());
        // No read of the store shows that value; the client claims that one did.
        world.record(2, || (newest(world).seq(), true, vec![(1, 100)], vec![]));
    };
    let read_your_writes = |world: &World| {
        let old = newest(world);
        world.mutate(1, vec![], vec![(1, 100)]);
        world.look(1, || old, &[1]);
    };
    let stale_snapshot = |world: &World| {
        let old = newest(world);
        world.mutate(1, vec![], vec![(1, 100)]);
        world.look(2, || old, &[1]);
    };
    let inconsistent_read = |world: &World| {
        let old = newest(world);
        world.mutate(1, vec![], vec![(1, 100), (2, 101)]);
        let halves = [values(&old, &[1]), values(&newest(world), &[2])].concat();
        world.record(2, || (newest(world).seq(), true, halves, vec![]));
    };
    let planted: [Planted<'_>; 6] = [
        (Anomaly::LostUpdate, "lost-update", &lost_update),
        (Anomaly::WriteSkew, "G2-item", &write_skew),
        (Anomaly::DirtyRead, "G1a", &dirty_read),
        (Anomaly::ReadYourWrites, "G-single-item-realtime", &read_your_writes),
        (Anomaly::StaleSnapshot, "G-single-item-realtime", &stale_snapshot),
        (Anomaly::InconsistentRead, "G-single-item", &inconsistent_read),
    ];
    for (anomaly, name, misbehave) in planted {
        let world = World::new(Durability::Durable);
        misbehave(&world);
        let history = world.history();
        let last = history.len() - 1;
        assert_eq!(anomalies(&history), [(last, anomaly)], "{history:?}");
        let (valid, found) = verdict(&history);
        assert_eq!(valid, Valid::False, "{anomaly:?}");
        assert!(found.iter().any(|found| found == name), "{anomaly:?}: expected {name}, found {found:?}");
    }
}

/// Makes the operations since a tick overlap: each was asked before any was answered.
fn concurrent_since(world: &World, tick: u64) {
    let mut history = world.history.lock().unwrap();
    for operation in history.iter_mut().filter(|operation| operation.invoked >= tick) {
        operation.answered += 1_000;
    }
    world.ticks.fetch_add(2_000, Ordering::SeqCst);
}
