//! Plans: every row of what can arrive, and what the log says about it.

use std::sync::Arc;

use plan::{
    DeltaSpec, Expr, FieldType, Intent, Malformation, Operator, PageRef, Query, Read, UpsertPlan, Value,
};
use proptest::prelude::*;
use store::{Body, Cause, Edit, ErrorKind, Memory, Outcome, Reader, Store};

use crate::pages::{commit, log_bytes, open, state};
use crate::support::{entry, image, namespace};

pub const COUNT: FieldType = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };
const BYTE: FieldType = FieldType::Int { width_bytes: 1, signed: true, big_endian: false };

pub fn intent(id: u128) -> Intent {
    Intent {
        id,
        parent: 0,
        author: "agent".into(),
        schema: "take".into(),
        schema_version: 1,
        body: r#"{"why": "sold"}"#.into(),
    }
}

pub fn field(page: u64, offset: u32, field_type: FieldType) -> Expr {
    Expr::Field { page, offset, field_type }
}

pub fn int(int: i128) -> Expr {
    Expr::Constant(Value::Int(int))
}

pub fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Binary(operator, Box::new(left), Box::new(right))
}

pub fn write(page: u64, offset: u32, field_type: FieldType, value: Expr) -> DeltaSpec {
    DeltaSpec::Write { page: PageRef::Existing(page), offset, field_type, value }
}

/// Takes `amount` from the counter on a page, if it has as much.
pub fn take(id: u128, page: u64, amount: i128) -> UpsertPlan {
    UpsertPlan {
        intent: intent(id),
        reads: vec![],
        guard: Some(binary(Operator::Ge, field(page, 0, COUNT), int(amount))),
        deltas: vec![write(page, 0, COUNT, binary(Operator::Sub, field(page, 0, COUNT), int(amount)))],
        clients: vec![],
        query: Query { pages: vec![page], ..Query::default() },
    }
}

/// A store with a counter of 10 on page 1 and an empty page 2 named `b`.
fn counters() -> (Memory, Store) {
    let disk = Memory::new();
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    let ten = Edit::write_new(0, 0, 10u64.to_le_bytes());
    commit(&store, vec![Edit::create(0, 8, None), ten, Edit::create(1, 4, Some("b"))]);
    (disk, store)
}

fn counter(store: &Store, page: u64) -> u64 {
    let page = store.query().snapshot().expect_page(page).unwrap();
    u64::from_le_bytes(page.bytes().try_into().unwrap())
}

fn committed(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Committed { seq, .. } => *seq,
        refused => panic!("{refused:?}"),
    }
}

fn refused(outcome: &Outcome) -> Cause {
    match outcome {
        Outcome::Refused { refusal, .. } => refusal.cause,
        committed => panic!("{committed:?}"),
    }
}

/// A guard reads no more than its budget: the pages that it hashes count with their size.
#[test]
fn hashed_pages_are_charged_to_the_budget() {
    let store = open(&Memory::new());
    commit(&store, vec![Edit::create(0, 1 << 20, None), Edit::create(1, 8, None)]);
    let hashes = |pages: &[u64]| {
        let differs = |page: &u64| {
            let other = Expr::Constant(Value::Bytes(vec![]));
            binary(Operator::Ne, Expr::Hash(*page), other)
        };
        pages.iter().map(differs).reduce(|left, right| binary(Operator::And, left, right)).unwrap()
    };
    let plan = |id, guard| UpsertPlan {
        guard: Some(guard),
        query: Query { pages: vec![1, 2], ..Query::default() },
        deltas: vec![write(2, 0, COUNT, int(1))],
        ..take(id, 2, 0)
    };
    let submit = |id, guard| store.upsert().submit(&plan(id, guard));
    assert!(submit(1, hashes(&[1])).unwrap().is_committed());
    // Once more costs nothing: a page is hashed once.
    assert!(submit(2, hashes(&[1, 1])).unwrap().is_committed());
    let error = submit(3, hashes(&[1, 2])).unwrap_err();
    assert_eq!(error.malformation(), Some(Malformation::Budget), "{error}");
    assert_eq!(error.found_value(), Some("1048584 bytes"));
    assert_eq!(store.last_seq(), 3, "nothing is on record");
}

#[test]
fn a_true_guard_commits_with_its_intent() {
    let (disk, store) = counters();
    let plan = UpsertPlan {
        reads: vec![Read::Version { page: 1, version: 2 }],
        clients: vec![entry(77, b"outcome")],
        ..take(1, 1, 4)
    };
    assert_eq!(committed(&store.upsert().submit(&plan).unwrap()), 3);
    assert_eq!(counter(&store, 1), 6);
    assert_eq!((store.find(1), store.find(77)), (Some(3), Some(3)));
    store.close().unwrap();
    let reader = Reader::open(Arc::new(disk)).unwrap();
    let record = reader.scan(3).next().unwrap().unwrap();
    let Body::Transaction { decision, deltas, clients, .. } = record.body else { panic!("{record:?}") };
    let decision = decision.unwrap();
    assert_eq!(decision.intent, plan.intent);
    assert_eq!(decision.plan, plan.hash().unwrap());
    assert_eq!((decision.reads, decision.guard), (plan.reads, plan.guard));
    assert_eq!((deltas.len(), deltas[0].page, deltas[0].base), (1, 1, 2));
    assert_eq!(clients, plan.clients);
}

/// Plans that break a rule: no byte is written, and the error says which.
#[test]
fn what_is_malformed_costs_no_byte() {
    let (disk, store) = counters();
    let good = take(1, 1, 4);
    let with = |change: &dyn Fn(&mut UpsertPlan)| {
        let mut plan = good.clone();
        change(&mut plan);
        plan
    };
    use Malformation as M;
    let cases = [
        (M::EmptyQuery, with(&|p| p.query = Query::default())),
        (M::NoDeltas, with(&|p| p.deltas.clear())),
        (M::Range, with(&|p| p.intent.id = 0)),
        (M::BadJson, with(&|p| p.intent.body = "{".into())),
        (M::UnselectedPage, with(&|p| p.query.pages = vec![2])),
        // Selected by name: only the state tells.
        (M::UnselectedPage, with(&|p| p.query = Query { names: vec!["b".into()], ..Query::default() })),
        (M::Type, with(&|p| p.guard = Some(int(1)))),
        (M::OutOfPage, with(&|p| p.deltas = vec![write(1, 1, COUNT, int(0))])),
        (M::OutOfPage, with(&|p| p.guard = Some(binary(Operator::Eq, field(1, 1, COUNT), int(0))))),
        (M::OutOfPage, with(&|p| p.deltas = vec![write(1, 0, BYTE, field(1, 8, BYTE))])),
        (M::OutOfPage, with(&|p| p.reads = vec![Read::Range { page: 1, offset: 8, len: 1, hash: [0; 16] }])),
        (M::PayloadMismatch, with(&|p| p.deltas = vec![write(1, 0, BYTE, int(128))])),
        (M::Overlap, with(&|p| p.deltas = vec![write(1, 0, COUNT, int(0)), write(1, 7, BYTE, int(0))])),
        (M::Overlap, with(&|p| p.clients = vec![entry(1, b"the intent's own id")])),
    ];
    let before = (log_bytes(&disk), state(&store.query().snapshot()));
    for (code, plan) in &cases {
        let error = store.upsert().submit(plan).unwrap_err();
        assert_eq!((error.kind(), error.malformation()), (ErrorKind::Malformed, Some(*code)), "{error}");
    }
    let unknown = [
        with(&|p| {
            p.query.pages = vec![1, 3];
            p.deltas = vec![write(3, 0, COUNT, int(0))];
        }),
        with(&|p| {
            p.query.pages = vec![1, 3];
            p.guard = Some(binary(Operator::Eq, Expr::Length(3), int(0)));
        }),
        with(&|p| {
            p.query.pages = vec![1, 3];
            p.deltas.push(DeltaSpec::Delete { page: 3 });
        }),
    ];
    for plan in &unknown {
        let error = store.upsert().submit(plan).unwrap_err();
        assert_eq!((error.kind(), error.page()), (ErrorKind::UnknownPage, Some(3)), "{error}");
    }
    let mut stranger = good.clone();
    stranger.clients = vec![store::ClientEntry { kind: 99, ..entry(5, b"") }];
    assert_eq!(store.upsert().submit(&stranger).unwrap_err().kind(), ErrorKind::UnknownKind);
    let bytes = good.encode().unwrap();
    for cut in 0..bytes.len() {
        let error = store.upsert().submit_bytes(&bytes[..cut]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "cut at {cut}: {error}");
    }
    assert_eq!((log_bytes(&disk), state(&store.query().snapshot())), before);
    // A page that only might exist may be asked about.
    let absent = with(&|p| {
        p.query.pages = vec![1, 3];
        p.guard = Some(Expr::Not(Box::new(Expr::Exists(3))));
    });
    committed(&store.upsert().submit(&absent).unwrap());
}

#[test]
fn what_no_longer_holds_is_refused_on_record() {
    let (disk, store) = counters();
    let create = |name: &str| DeltaSpec::Create {
        number: 0,
        size_bytes: 1,
        name: Some(name.into()),
        metadata: vec![],
    };
    let max = int(i128::from(u64::MAX));
    let cases = [
        (Cause::Guard, UpsertPlan { guard: Some(Expr::Exists(3)), ..take(1, 1, 1) }),
        (Cause::Guard, take(2, 1, 11)),
        (
            Cause::StaleRead,
            UpsertPlan { reads: vec![Read::Version { page: 1, version: 1 }], ..take(3, 1, 1) },
        ),
        (
            Cause::StaleRead,
            UpsertPlan { reads: vec![Read::Version { page: 2, version: 0 }], ..take(4, 1, 1) },
        ),
        (
            Cause::StaleRead,
            UpsertPlan {
                reads: vec![Read::Range { page: 1, offset: 0, len: 8, hash: [0; 16] }],
                ..take(5, 1, 1)
            },
        ),
        (Cause::NameTaken, UpsertPlan { deltas: vec![create("b")], ..take(6, 1, 1) }),
        (Cause::Overflow, UpsertPlan { guard: None, ..take(7, 1, 11) }),
        (
            Cause::Overflow,
            UpsertPlan {
                guard: Some(binary(Operator::Eq, binary(Operator::Add, max, field(1, 0, COUNT)), int(0))),
                ..take(8, 1, 1)
            },
        ),
        (
            Cause::Overflow,
            UpsertPlan {
                deltas: vec![write(1, 0, BYTE, binary(Operator::Mul, field(1, 0, COUNT), int(13)))],
                ..take(9, 1, 1)
            },
        ),
    ];
    let before = state(&store.query().snapshot());
    for ((cause, plan), seq) in cases.iter().zip(3..) {
        let mut plan = plan.clone();
        plan.query.pages = vec![1, 2, 3];
        let outcome = store.upsert().submit(&plan).unwrap();
        assert_eq!((refused(&outcome), outcome.seq()), (*cause, seq), "{outcome:?}");
        let Outcome::Refused { refusal, .. } = &outcome else { panic!("{outcome:?}") };
        let Body::Refused { decision, refusal: logged } = store.scan(seq).next().unwrap().unwrap().body
        else {
            panic!("no refusal at {seq}");
        };
        assert_eq!((&logged, decision.unwrap().intent), (refusal, plan.intent.clone()));
        // The same again is answered from the record, whatever happened since.
        let again = Outcome::Refused { seq, repeated: true, refusal: refusal.clone() };
        assert_eq!(store.upsert().submit(&plan).unwrap(), again);
    }
    assert_eq!(state(&store.query().snapshot()), before);
    store.close().unwrap();
    let store = open(&disk);
    store.register(&namespace()).unwrap();
    let mut plan = cases[1].1.clone();
    plan.query.pages = vec![1, 2, 3];
    assert_eq!(refused(&store.upsert().submit(&plan).unwrap()), Cause::Guard);
    assert_eq!(store.last_seq(), 11, "also after a restart");
}

#[test]
fn a_known_intent_has_no_second_effect() {
    let (disk, store) = counters();
    let plan = UpsertPlan { clients: vec![entry(77, b"outcome")], ..take(1, 1, 4) };
    let first = store.upsert().submit(&plan).unwrap();
    let bytes = log_bytes(&disk);
    let again = Outcome::Committed { seq: first.seq(), repeated: true, created: 0..0 };
    assert_eq!(store.upsert().submit(&plan).unwrap(), again);
    for other in [
        take(1, 1, 4),
        UpsertPlan { guard: None, ..plan.clone() },
        UpsertPlan { intent: Intent { body: "{}".into(), ..intent(1) }, ..plan.clone() },
        // The other id came with another request.
        UpsertPlan { intent: intent(2), ..plan.clone() },
        take(77, 1, 1),
    ] {
        let error = store.upsert().submit(&other).unwrap_err();
        assert_eq!((error.kind(), error.seq()), (ErrorKind::IntentReused, Some(first.seq())), "{error}");
    }
    let entry_again = store::Transaction { clients: vec![entry(1, b"an entry")], blobs: vec![] };
    assert_eq!(store.append(&entry_again).unwrap_err().kind(), ErrorKind::IntentReused);
    assert_eq!((log_bytes(&disk), counter(&store, 1)), (bytes, 6));
}

#[test]
fn values_and_guards_read_the_state_before() {
    let (_, store) = counters();
    // Two fields change places: whichever were written first, the other would be lost.
    let half = FieldType::Int { width_bytes: 4, signed: false, big_endian: true };
    commit(&store, vec![Edit::write(1, 0, [0, 0, 0, 1, 0, 0, 0, 2])]);
    let swap = UpsertPlan {
        guard: None,
        deltas: vec![write(1, 0, half, field(1, 4, half)), write(1, 4, half, field(1, 0, half))],
        ..take(1, 1, 0)
    };
    committed(&store.upsert().submit(&swap).unwrap());
    assert_eq!(store.query().snapshot().expect_page(1).unwrap().bytes(), [0, 0, 0, 2, 0, 0, 0, 1]);
}

#[test]
fn a_plan_creates_pages_and_writes_them() {
    let (_, store) = counters();
    let new = |offset, value| DeltaSpec::Write {
        page: PageRef::New(3),
        offset,
        field_type: BYTE,
        value: int(value),
    };
    let create =
        DeltaSpec::Create { number: 3, size_bytes: 4, name: Some("c".into()), metadata: b"m".to_vec() };
    let meta = DeltaSpec::Metadata { page: 1, metadata: b"k".to_vec() };
    let plan = UpsertPlan {
        guard: None,
        deltas: vec![new(1, -1), new(2, 5), create, DeltaSpec::Delete { page: 2 }, meta],
        query: Query { pages: vec![1, 2], ..Query::default() },
        ..take(1, 1, 0)
    };
    let outcome = store.upsert().submit(&plan).unwrap();
    assert_eq!(outcome, Outcome::Committed { seq: 3, repeated: false, created: 3..4 });
    let snapshot = store.query().snapshot();
    let page = snapshot.expect_page(3).unwrap();
    assert_eq!((page.bytes(), page.name(), page.metadata()), (&[0, 255, 5, 0][..], Some("c"), &b"m"[..]));
    assert_eq!((snapshot.page(2).unwrap(), snapshot.expect_page(1).unwrap().metadata()), (None, &b"k"[..]));
    let again = Outcome::Committed { seq: 3, repeated: true, created: 3..4 };
    assert_eq!(store.upsert().submit(&plan).unwrap(), again);
}

#[test]
fn guards_evaluate_as_they_read() {
    let (_, store) = counters();
    let b = || Box::new(Expr::Constant(Value::Bool(true)));
    let overflow = || binary(Operator::Mul, int(i128::from(u64::MAX)), int(2));
    let bytes = |bytes: &[u8]| Expr::Constant(Value::Bytes(bytes.to_vec()));
    let hash = |bytes: &[u8]| blake3::hash(bytes).as_bytes()[..16].to_vec();
    // Page 1 holds 10 as a little-endian word since seq 2; expected values by hand.
    let cases = [
        (true, binary(Operator::Eq, Expr::Version(1), int(2))),
        (true, binary(Operator::Eq, Expr::Version(9), int(0))),
        (true, binary(Operator::Eq, Expr::Length(1), int(8))),
        (true, Expr::Exists(1)),
        (false, Expr::Exists(9)),
        (true, binary(Operator::Eq, Expr::Hash(1), bytes(&hash(&10u64.to_le_bytes())))),
        (false, binary(Operator::Eq, Expr::Hash(1), bytes(&hash(&[])))),
        (true, binary(Operator::Lt, bytes(&[1, 2]), bytes(&[1, 2, 0]))),
        (true, binary(Operator::Gt, bytes(&[2]), bytes(&[1, 255]))),
        (false, Expr::Not(b())),
        (true, binary(Operator::Ne, Expr::Constant(Value::Bool(false)), *b())),
        // The side that does not matter is not looked at.
        (true, binary(Operator::Or, *b(), binary(Operator::Eq, overflow(), int(0)))),
        (false, binary(Operator::And, Expr::Not(b()), binary(Operator::Eq, overflow(), int(0)))),
        (true, binary(Operator::Le, int(-5), field(1, 0, BYTE))),
        (true, binary(Operator::Eq, field(1, 0, FieldType::Bytes(2)), bytes(&[10, 0]))),
        (true, binary(Operator::Eq, binary(Operator::Sub, int(3), int(5)), int(-2))),
    ];
    for ((expected, guard), id) in cases.into_iter().zip(1..) {
        let mut plan = take(id, 1, 0);
        plan.query.pages = vec![1, 9];
        plan.guard = Some(guard.clone());
        plan.deltas = vec![write(2, 0, BYTE, int(1))];
        plan.query.pages = vec![1, 2, 9];
        let outcome = store.upsert().submit(&plan).unwrap();
        assert_eq!(outcome.is_committed(), expected, "{guard:?}: {outcome:?}");
    }
}

#[test]
fn concurrent_takes_never_take_too_much() {
    let disk = Memory::new();
    let store = open(&disk);
    let thousand = Edit::write_new(0, 0, 1_000u64.to_le_bytes());
    commit(&store, vec![Edit::create(0, 8, None), thousand]);
    let taken: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4u128)
            .map(|worker| {
                let store = &store;
                scope.spawn(move || {
                    let plans = (0..400u128).map(|at| take(1 + worker * 1_000 + at, 1, 1));
                    plans.filter(|plan| store.upsert().submit(plan).unwrap().is_committed()).count() as u64
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!((taken, counter(&store, 1)), (1_000, 0));
    assert_eq!(store.last_seq(), 1_601, "every plan took a seq, refused or not");
    drop(store);
    assert_eq!(counter(&open(&disk), 1), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_plans_agree_with_counters(
        plans in prop::collection::vec((1..30u128, 1..4u64, 0..8i128, 0..6u64, any::<bool>()), 1..40),
    ) {
        let mut disk = Memory::new();
        let mut store = open(&disk);
        let ten = |number| Edit::write_new(number, 0, 10u64.to_le_bytes());
        commit(&store, vec![Edit::create(0, 8, None), ten(0), Edit::create(1, 8, None), ten(1)]);
        let (mut counts, mut versions) = ([10i128, 10], [1u64, 1]);
        let mut known: Vec<(UpsertPlan, Outcome)> = Vec::new();
        for (id, page, amount, version, die) in plans {
            // Page 3 does not exist; version 0 stands for no read set.
            let mut plan = take(id, page, amount);
            if version > 0 {
                plan.reads = vec![Read::Version { page, version }];
            }
            let found = store.upsert().submit(&plan);
            if let Some((first, outcome)) = known.iter().find(|(first, _)| first.intent.id == id) {
                match found {
                    Ok(again) => {
                        prop_assert_eq!((first, again.seq(), again.is_committed()), (&plan, outcome.seq(), outcome.is_committed()));
                    }
                    Err(error) => {
                        prop_assert_eq!(error.kind(), ErrorKind::IntentReused);
                        prop_assert_ne!(first, &plan);
                    }
                }
                continue;
            }
            let seq = known.len() as u64 + 2;
            let at = page as usize - 1;
            let stale = version > 0 && versions.get(at) != Some(&version);
            if stale {
                prop_assert_eq!(found.as_ref().map(refused).unwrap(), Cause::StaleRead);
            } else if at == 2 {
                prop_assert_eq!(found.unwrap_err().kind(), ErrorKind::UnknownPage);
                continue;
            } else if counts[at] < amount {
                prop_assert_eq!(found.as_ref().map(refused).unwrap(), Cause::Guard);
            } else {
                prop_assert_eq!(found.as_ref().map(committed).unwrap(), seq);
                counts[at] -= amount;
                versions[at] = seq;
            }
            let outcome = found.unwrap();
            prop_assert_eq!(outcome.seq(), seq);
            known.push((plan, outcome));
            prop_assert_eq!([counter(&store, 1), counter(&store, 2)].map(i128::from), counts);
            if die {
                disk = image(&disk.files());
                store = open(&disk);
            }
        }
    }
}
