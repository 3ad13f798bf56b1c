//! The same history through Rust and through C: every change, intent and dependency, and every byte's origin.

use std::path::Path;
use std::ptr::null_mut;

use lumen_store::failure::LUMEN_OK;
use lumen_store::filter::{
    lumen_store_filter_author, lumen_store_filter_free, lumen_store_filter_inverted, lumen_store_filter_new,
    lumen_store_filter_refused,
};
use lumen_store::past::{
    lumen_store_past_blame, lumen_store_past_free, lumen_store_past_history, lumen_store_past_intents,
    lumen_store_past_open, lumen_store_past_replay_only,
};
use lumen_store::rows::{
    LumenChange, LumenDangling, LumenIntent, LumenRow, lumen_store_rows_change, lumen_store_rows_count,
    lumen_store_rows_dangling, lumen_store_rows_free, lumen_store_rows_intent, lumen_store_rows_row,
};
use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, Read, UpsertPlan, Value};
use store::{Create, Dangling, Durability, Edit, Filter, Mutation, Options, Past, Stated, Store, Touch};

use crate::corpus::sized;

const PAGES: u64 = 6;
const ROUNDS: u64 = 300;

/// What both sides can say of a change.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    seq: u64,
    intent: Option<(u128, Vec<u8>)>,
    cause: u32,
    delta: Option<Vec<u8>>,
    function: Option<Vec<u8>>,
}

impl Said {
    fn of_touch(touch: &Touch) -> Said {
        Said {
            seq: touch.seq,
            intent: touch.intent.as_ref().map(|intent| (intent.id, intent.body.clone().into_bytes())),
            cause: 0,
            delta: Some(touch.delta.encode().unwrap()),
            function: touch.function.clone().map(String::into_bytes),
        }
    }

    fn of_stated(stated: &Stated) -> Said {
        Said {
            seq: stated.seq,
            intent: Some((stated.intent.id, stated.intent.body.clone().into_bytes())),
            cause: stated.refusal.as_ref().map_or(0, |refusal| refusal.cause.number().into()),
            delta: None,
            function: None,
        }
    }
}

/// A text or bytes of an answer.
fn copied(start: *const u8, len: usize) -> Vec<u8> {
    if len == 0 {
        return Vec::new();
    }
    // SAFETY: the library says that so many bytes stand there, and the rows are not freed yet.
    unsafe { std::slice::from_raw_parts(start, len) }.to_vec()
}

/// Everything in rows, which are freed.
fn said(rows: u64) -> (Vec<Said>, Vec<Dangling>) {
    let (mut count, mut dangling_count) = (0, 0);
    // SAFETY: here and below: numbers and structs of our own; null is allowed.
    unsafe {
        assert_eq!(
            lumen_store_rows_count(rows, &raw mut count, &raw mut dangling_count, null_mut()),
            LUMEN_OK
        );
    }
    let mut said = Vec::new();
    for at in 0..count {
        let (mut row, mut intent, mut change) =
            (sized::<LumenRow>(), sized::<LumenIntent>(), sized::<LumenChange>());
        // SAFETY: as above.
        unsafe {
            assert_eq!(lumen_store_rows_row(rows, at, &raw mut row, null_mut()), LUMEN_OK);
            if row.has_intent == 1 {
                assert_eq!(lumen_store_rows_intent(rows, at, &raw mut intent, null_mut()), LUMEN_OK);
            }
            if row.change_count > 0 {
                assert_eq!(lumen_store_rows_change(rows, at, 0, &raw mut change, null_mut()), LUMEN_OK);
            }
        }
        let id = u128::from(intent.id_high) << 64 | u128::from(intent.id_low);
        said.push(Said {
            seq: row.seq,
            intent: (row.has_intent == 1).then(|| (id, copied(intent.body.cast(), intent.body_len))),
            cause: row.cause,
            delta: (row.change_count > 0).then(|| copied(change.delta, change.delta_len)),
            function: (!change.function.is_null())
                .then(|| copied(change.function.cast(), change.function_len)),
        });
    }
    let dangling = (0..dangling_count).map(|at| {
        let mut found = sized::<LumenDangling>();
        // SAFETY: as above.
        assert_eq!(unsafe { lumen_store_rows_dangling(rows, at, &raw mut found, null_mut()) }, LUMEN_OK);
        let set = |bit: u32| found.present & bit != 0;
        Dangling {
            seq: found.seq,
            intent: set(1).then(|| u128::from(found.intent_high) << 64 | u128::from(found.intent_low)),
            page: found.page,
            expected: set(2).then_some(found.expected),
            found: set(4).then_some(found.found),
        }
    });
    let dangling = dangling.collect();
    // SAFETY: as above.
    assert_eq!(unsafe { lumen_store_rows_free(rows, null_mut()) }, LUMEN_OK);
    (said, dangling)
}

fn take(id: u64, page: u64, cents: i128, version: Option<u64>) -> UpsertPlan {
    let field_type = FieldType::Int { width_bytes: 8, signed: true, big_endian: false };
    let field = || Box::new(Expr::Field { page, offset: 0, field_type });
    let cents = || Box::new(Expr::Constant(Value::Int(cents)));
    UpsertPlan {
        intent: Intent {
            id: id.into(),
            parent: 0,
            author: ["ada", "ben", "cleo"][(id % 3) as usize].to_owned(),
            schema: "take".to_owned(),
            schema_version: 1,
            body: format!("[{id}]"),
        },
        reads: version.map(|version| Read::Version { page, version }).into_iter().collect(),
        guard: Some(Expr::Binary(Operator::Ge, field(), cents())),
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(page),
            offset: 0,
            field_type,
            value: Expr::Binary(Operator::Sub, field(), cents()),
        }],
        clients: vec![],
        query: Query { pages: vec![page], ..Query::default() },
    }
}

/// A log with every kind of change, a derived page and refusals.
fn worked(path: &Path) -> Past {
    let options = Options::new(|| 1, || [8; 16]).create(Create::New).durability(Durability::Memory);
    let store = Store::open_dir(path, options).unwrap();
    store.derive().register("copy@1", |parents| Ok(parents.concat()));
    let commit = |edits| store.mutate().commit(&Mutation { edits, ..Mutation::default() }).unwrap().seq();
    commit(
        (0..PAGES as u32).flat_map(|n| [Edit::create(n, 8, None), Edit::write_new(n, 0, [200, 1])]).collect(),
    );
    let copy = store::GraphEdit::derive(PAGES, "copy@1", [1]);
    store.derive().edit(&[copy]).unwrap();
    for round in 0..ROUNDS {
        let page = 1 + round * 7 % (PAGES - 1);
        match round % 5 {
            0 => drop(commit(vec![Edit::write(page, (round % 8) as u32, [round as u8])])),
            1 => drop(commit(vec![Edit::Metadata { page, metadata: vec![round as u8] }])),
            _ => {
                let version = store.query().snapshot().expect_page(page).unwrap().version();
                let read = (round % 2 == 0).then_some(version);
                store.upsert().submit(&take(round + 1, page, (round % 90).into(), read)).unwrap();
            }
        }
    }
    store.close().unwrap();
    store::Reader::open_dir(path).unwrap().past()
}

#[test]
fn rust_and_c_tell_the_same_past() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let rust = worked(&path);
    let (text, mut c) = (path.to_str().unwrap(), 0);
    // SAFETY: here and below: a text with its length, handles, numbers of our own; null is allowed.
    let opened = unsafe { lumen_store_past_open(text.as_ptr().cast(), text.len(), &raw mut c, null_mut()) };
    assert_eq!(opened, LUMEN_OK);
    let asked = |ask: &dyn Fn(*mut u64) -> i32| {
        let mut rows = 0;
        assert_eq!(ask(&raw mut rows), LUMEN_OK);
        said(rows)
    };
    let mut compared = 0;
    for page in 1..=PAGES + 1 {
        let expected: Vec<Said> = rust.history(page).unwrap().iter().map(Said::of_touch).collect();
        // SAFETY: as above.
        let (found, _) = asked(&|rows| unsafe { lumen_store_past_history(c, page, rows, null_mut()) });
        assert_eq!(found, expected);
        compared += found.len();
        for (offset, seq) in (0..9).zip([1, 2, 40, 111, 250, 301, 302, 7, 99]) {
            let expected: Vec<Said> =
                rust.blame(page, offset, seq).unwrap().iter().map(Said::of_touch).collect();
            // SAFETY: as above.
            let (found, _) =
                asked(&|rows| unsafe { lumen_store_past_blame(c, page, offset, seq, rows, null_mut()) });
            assert_eq!(found, expected);
            compared += found.len();
        }
    }
    for (author, refused, inverted) in
        [("ada", false, false), ("ben", true, false), ("cleo", false, true), ("nobody", true, true)]
    {
        let filter = Filter { authors: vec![author.to_owned()], refused, inverted, ..Filter::default() };
        let mut chosen = 0;
        // SAFETY: as above.
        unsafe {
            let numbers = [
                lumen_store_filter_new(&raw mut chosen, null_mut()),
                lumen_store_filter_author(chosen, author.as_ptr().cast(), author.len(), null_mut()),
                lumen_store_filter_refused(chosen, refused.into(), null_mut()),
                lumen_store_filter_inverted(chosen, inverted.into(), null_mut()),
            ];
            assert_eq!(numbers, [LUMEN_OK; 4]);
        }
        let expected: Vec<Said> = rust.intents(&filter).unwrap().iter().map(Said::of_stated).collect();
        // SAFETY: as above.
        let (found, _) = asked(&|rows| unsafe { lumen_store_past_intents(c, chosen, rows, null_mut()) });
        assert_eq!(found, expected);
        compared += found.len();

        let partial = rust.replay_only(&filter, rust.last_seq()).unwrap();
        let (mut snapshot, mut applied, mut rows) = (0, 0, 0);
        let (state, count, hanging) = (&raw mut snapshot, &raw mut applied, &raw mut rows);
        // SAFETY: as above.
        let number = unsafe { lumen_store_past_replay_only(c, chosen, 0, state, count, hanging, null_mut()) };
        assert_eq!(number, LUMEN_OK);
        let (_, dangling) = said(rows);
        assert_eq!((applied, dangling), (partial.applied, partial.dangling));
        assert_eq!(crate::twice::hash_of(snapshot), partial.state.state_hash());
        // SAFETY: as above.
        assert_eq!(unsafe { lumen_store_filter_free(chosen, null_mut()) }, LUMEN_OK);
    }
    // SAFETY: as above.
    assert_eq!(unsafe { lumen_store_past_free(c, null_mut()) }, LUMEN_OK);
    println!("{compared} rows are the same through Rust and through C");
    assert!(compared > 500);
}
