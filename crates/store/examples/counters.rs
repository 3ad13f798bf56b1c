//! Threads that draw on the same counters, each only where enough is left.
//!
//! Shows guarded upserts under contention: no count ever falls below zero, whoever comes too late is refused on record,
//! and what was drawn and what is left make up what was put in. This is also what `cargo xtask profile` looks at first.
//!
//!     cargo run --release -p store --example counters THREADS DRAWS FOLDER

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, UpsertPlan, Value};
use store::{Create, Durability, Edit, Mutation, Options, Outcome, Store};

/// How many counters there are: pages 1 to 16.
pub const COUNTERS: u64 = 16;
/// What each holds at first.
pub const START: i64 = 1_000;

const I64: FieldType = FieldType::Int { width_bytes: 8, signed: true, big_endian: false };

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What became of the draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// How many were committed.
    pub committed: u64,
    /// How many were refused.
    pub refused: u64,
    /// The sum of what was taken.
    pub taken: i64,
}

/// The counters, full.
///
/// # Errors
/// Those of the store.
pub fn open(folder: &Path) -> Result<Store> {
    let clock = AtomicU64::new(0);
    let options = Options::new(move || clock.fetch_add(1, Ordering::Relaxed), || [7; 16])
        .create(Create::New)
        .durability(Durability::Memory);
    let store = Store::open_dir(folder, options)?;
    let pages = (0..COUNTERS as u32)
        .flat_map(|number| [Edit::create(number, 8, None), Edit::write_new(number, 0, START.to_le_bytes())]);
    store.mutate().commit(&Mutation { edits: pages.collect(), ..Mutation::default() })?;
    Ok(store)
}

/// Takes `amount` from a counter if it holds as much.
fn draw(id: u128, page: u64, amount: i64) -> UpsertPlan {
    let field = || Box::new(Expr::Field { page, offset: 0, field_type: I64 });
    let constant = || Box::new(Expr::Constant(Value::Int(amount.into())));
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: "thread".to_owned(),
            schema: "draw".to_owned(),
            schema_version: 1,
            body: format!("{{\"amount\":{amount}}}"),
        },
        reads: vec![],
        guard: Some(Expr::Binary(Operator::Ge, field(), constant())),
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(page),
            offset: 0,
            field_type: I64,
            value: Expr::Binary(Operator::Sub, field(), constant()),
        }],
        clients: vec![],
        query: Query { pages: vec![page], ..Query::default() },
    }
}

/// So many draws by each of so many threads, over all counters.
///
/// # Errors
/// Those of the store.
pub fn work(store: &Store, threads: u64, draws: u64) -> Result<Drawn> {
    let one = |thread: u64| -> Result<Drawn> {
        let mut drawn = Drawn::default();
        for turn in 0..draws {
            let (page, amount) = (1 + (thread + turn * 7) % COUNTERS, 1 + (turn % 5) as i64);
            match store.upsert().submit(&draw(1 + u128::from(thread * draws + turn), page, amount))? {
                Outcome::Committed { .. } => {
                    drawn.committed += 1;
                    drawn.taken += amount;
                }
                Outcome::Refused { .. } => drawn.refused += 1,
            }
        }
        Ok(drawn)
    };
    std::thread::scope(|scope| {
        let one = &one;
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || one(thread))).collect();
        workers.into_iter().try_fold(Drawn::default(), |sum, worker| {
            let drawn = worker.join().map_err(|_| "a thread panicked")??;
            Ok(Drawn {
                committed: sum.committed + drawn.committed,
                refused: sum.refused + drawn.refused,
                taken: sum.taken + drawn.taken,
            })
        })
    })
}

/// What is left in each counter.
///
/// # Errors
/// Those of the store.
pub fn left(store: &Store) -> Result<Vec<i64>> {
    let snapshot = store.query().snapshot();
    let counter = |page| Ok(i64::from_le_bytes(snapshot.expect_page(page)?.bytes().try_into()?));
    (1..=COUNTERS).map(counter).collect()
}

pub fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, threads, draws, folder] = arguments.as_slice() else {
        return Err("usage: counters THREADS DRAWS FOLDER".into());
    };
    let store = open(Path::new(folder))?;
    let drawn = work(&store, threads.parse()?, draws.parse()?)?;
    let left: i64 = left(&store)?.iter().sum();
    println!(
        "{} draws committed, {} refused; {} taken, {left} left",
        drawn.committed, drawn.refused, drawn.taken
    );
    store.close()?;
    Ok(())
}
