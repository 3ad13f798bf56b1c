//! The same requests through Rust and through C: the same answers, the same errors, the same state.

use std::ffi::c_char;
use std::path::Path;
use std::ptr::null_mut;

use lumen_store::failure::{LUMEN_OK, LumenError};
use lumen_store::open::{
    LUMEN_COMMITTED, LUMEN_CREATE_NEW, LUMEN_MEMORY, LUMEN_REFUSED, LumenOptions, LumenOutcome,
    lumen_store_close, lumen_store_open, lumen_store_submit,
};
use lumen_store::snapshot::{
    lumen_store_replay, lumen_store_snapshot, lumen_store_snapshot_free, lumen_store_snapshot_hash,
};
use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, Read, UpsertPlan, Value};
use store::{Create, Durability, Options, Outcome, Store};

use crate::corpus::{samples, sized};

const I64: FieldType = FieldType::Int { width_bytes: 8, signed: true, big_endian: false };

/// A 64-bit xorshift generator (Marsaglia, "Xorshift RNGs", 2003, the triple 13, 7, 17).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Creations, guarded sums, overflows, stale reads, deletions, taken names, known ids and pages that nobody has.
fn request(random: &mut Random, number: u64) -> UpsertPlan {
    // Now and then an id that was used before, with another plan.
    let id = if random.below(20) == 0 { 1 + random.below(number + 1) } else { number + 1 };
    let page = 1 + random.below(12);
    let field = || Box::new(Expr::Field { page, offset: 0, field_type: I64 });
    let constant = |int: i128| Box::new(Expr::Constant(Value::Int(int)));
    let mut plan = UpsertPlan {
        intent: Intent {
            id: id.into(),
            parent: 0,
            author: "both".to_owned(),
            schema: "any".to_owned(),
            schema_version: 1,
            body: format!("[{number}]"),
        },
        reads: vec![],
        guard: None,
        deltas: vec![],
        clients: vec![],
        query: Query { pages: vec![page], ..Query::default() },
    };
    match random.below(10) {
        0 | 1 => {
            let name = (random.below(2) == 0).then(|| format!("name {}", random.below(6)));
            let metadata = vec![number as u8; random.below(3) as usize];
            plan.deltas.push(DeltaSpec::Create { number: 0, size_bytes: 8, name, metadata });
        }
        2 if random.below(3) == 0 => plan.deltas.push(DeltaSpec::Delete { page }),
        choice => {
            let step = if choice == 3 { i128::from(i64::MAX) } else { i128::from(random.below(90)) - 30 };
            if choice > 6 {
                plan.guard = Some(Expr::Binary(Operator::Ge, field(), constant(step)));
            }
            if choice == 5 {
                plan.reads.push(Read::Version { page, version: random.below(number + 1) });
            }
            let value = Expr::Binary(Operator::Add, field(), constant(step));
            let page = PageRef::Existing(page);
            plan.deltas.push(DeltaSpec::Write { page, offset: 0, field_type: I64, value });
        }
    }
    plan
}

/// What came of a request, in the words that both sides have.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Committed { seq: u64, repeated: bool, created: u64 },
    Refused { seq: u64, repeated: bool, cause: u32, page: u64, detail: String },
    Failed { number: i32, malformation: u32, page: u64, message: String },
}

fn through_rust(store: &Store, plan: &[u8]) -> Answer {
    match store.upsert().submit_bytes(plan) {
        Ok(Outcome::Committed { seq, repeated, created }) => {
            Answer::Committed { seq, repeated, created: created.end - created.start }
        }
        Ok(Outcome::Refused { seq, repeated, refusal }) => {
            let (cause, page) = (u32::from(refusal.cause.number()), refusal.page);
            Answer::Refused { seq, repeated, cause, page, detail: refusal.detail }
        }
        Err(error) => Answer::Failed {
            number: error.kind().number().into(),
            malformation: error.malformation().map_or(0, |code| code.number().into()),
            page: error.page().unwrap_or_default(),
            message: cut(&error.to_string()),
        },
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(255)].to_owned()
}

fn words(text: &[c_char]) -> String {
    let bytes = text.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0);
    String::from_utf8(bytes.collect()).unwrap()
}

fn through_c(store: u64, plan: &[u8]) -> Answer {
    let (mut outcome, mut error) = (sized::<LumenOutcome>(), sized::<LumenError>());
    // SAFETY: a slice with its length, and structs of this library.
    let number =
        unsafe { lumen_store_submit(store, plan.as_ptr(), plan.len(), &raw mut outcome, &raw mut error) };
    let (seq, repeated) = (outcome.seq, outcome.repeated == 1);
    match (number, outcome.status) {
        (LUMEN_OK, LUMEN_COMMITTED) => Answer::Committed { seq, repeated, created: outcome.created_count },
        (LUMEN_OK, LUMEN_REFUSED) => {
            let (cause, page) = (outcome.cause, outcome.page);
            Answer::Refused { seq, repeated, cause, page, detail: words(&outcome.detail) }
        }
        _ => {
            let (malformation, page) = (error.malformation, error.page);
            Answer::Failed { number, malformation, page, message: words(&error.message) }
        }
    }
}

/// The hash of a state, whose snapshot is freed.
pub fn hash_of(snapshot: u64) -> u128 {
    let (mut low, mut high) = (0, 0);
    // SAFETY: numbers of our own; null is allowed.
    let numbers = unsafe {
        [
            lumen_store_snapshot_hash(snapshot, &raw mut low, &raw mut high, null_mut()),
            lumen_store_snapshot_free(snapshot, null_mut()),
        ]
    };
    assert_eq!(numbers, [LUMEN_OK; 2]);
    u128::from(high) << 64 | u128::from(low)
}

fn open_c(path: &Path) -> u64 {
    let text = path.to_str().unwrap();
    let mut options = sized::<LumenOptions>();
    (options.create, options.durability, options.entropy) = (LUMEN_CREATE_NEW, LUMEN_MEMORY, [8; 16]);
    let mut store = 0;
    // SAFETY: a text with its length, and structs of this library.
    let number = unsafe {
        lumen_store_open(text.as_ptr().cast(), text.len(), &raw const options, &raw mut store, null_mut())
    };
    assert_eq!(number, LUMEN_OK);
    store
}

#[test]
fn rust_and_c_give_the_same_answers_and_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let options = Options::new(|| 1, || [8; 16]).create(Create::New).durability(Durability::Memory);
    let rust = Store::open_dir(folder.path().join("rust"), options).unwrap();
    let c = open_c(&path);

    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut requests: Vec<Vec<u8>> =
        (0..1500).map(|number| request(&mut random, number).encode().unwrap()).collect();
    // Some of them once more, and what is no plan at all.
    let again = requests.iter().step_by(9).cloned().collect::<Vec<_>>();
    requests.extend(again);
    requests.extend(samples::malformed().into_iter().map(|sample| sample.bytes));

    let mut counts = [0u32; 4];
    for plan in &requests {
        let (one, other) = (through_rust(&rust, plan), through_c(c, plan));
        assert_eq!(one, other);
        let class = match one {
            Answer::Committed { repeated: true, .. } | Answer::Refused { repeated: true, .. } => 3,
            Answer::Committed { .. } => 0,
            Answer::Refused { .. } => 1,
            Answer::Failed { .. } => 2,
        };
        counts[class] += 1;
    }
    let [committed, refused, failed, repeated] = counts;
    println!("{committed} committed, {refused} refused, {failed} failed, {repeated} repeated");
    assert!(counts.iter().all(|count| *count > 40), "{counts:?}");

    let state = rust.query().snapshot().state_hash();
    let (mut live, mut replayed) = (0, 0);
    let text = path.to_str().unwrap();
    // SAFETY: handles, a text with its length, and numbers of our own.
    let numbers = unsafe {
        [
            lumen_store_snapshot(c, 0, &raw mut live, null_mut()),
            lumen_store_close(c, null_mut()),
            lumen_store_replay(text.as_ptr().cast(), text.len(), 0, &raw mut replayed, null_mut()),
        ]
    };
    assert_eq!(numbers, [LUMEN_OK; 3]);
    assert_eq!([hash_of(live), hash_of(replayed)], [state; 2]);
}
