//! Threads that count down guarded counters.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, UpsertPlan, Value};
use rusqlite::{Connection, TransactionBehavior};
use store::{Durability, Store};

use crate::Scale;
use crate::engine::Engine;
use crate::rounds::{Row, Sample, Target, contestant, measure, together};
use crate::statistics::Generator;
use crate::store_pages::{StorePages, options};

const THREADS: u64 = 8;
const COUNTERS: u64 = 16;
const COUNT: FieldType = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };

/// Takes one from a counter that has one.
fn take(id: u128, page: u64) -> UpsertPlan {
    let field = || Box::new(Expr::Field { page, offset: 0, field_type: COUNT });
    let one = || Box::new(Expr::Constant(Value::Int(1)));
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: "client".to_owned(),
            schema: "take".to_owned(),
            schema_version: 1,
            body: "{}".to_owned(),
        },
        reads: Vec::new(),
        guard: Some(Expr::Binary(Operator::Ge, field(), one())),
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(page),
            offset: 0,
            field_type: COUNT,
            value: Expr::Binary(Operator::Sub, field(), one()),
        }],
        clients: Vec::new(),
        query: Query { pages: vec![page], ..Query::default() },
    }
}

pub fn guarded(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    const TAKES: u64 = 200;
    let ours = StorePages { store: Store::open_dir(directory.join("ours"), options(Durability::Durable))? };
    ours.load(COUNTERS, 8)?;
    let full = |page| store::Edit::write(page, 0, (1u64 << 60).to_le_bytes());
    let edits = (1..=COUNTERS).map(full).collect();
    ours.store.mutate().commit(&store::Mutation { edits, ..store::Mutation::default() })?;
    let file = directory.join("sqlite");
    let connect = || -> Result<Connection> {
        let connection = Connection::open(&file)?;
        connection.busy_timeout(std::time::Duration::from_secs(60))?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        Ok(connection)
    };
    let setup = connect()?;
    setup.execute_batch("CREATE TABLE counters (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);")?;
    for id in 1..=COUNTERS as i64 {
        setup.execute("INSERT INTO counters VALUES (?1, ?2)", [id, 1i64 << 60])?;
    }
    let mut round = 0u128;
    let contestants = vec![
        contestant("lumen", || {
            round += 1;
            let round = round;
            threads(
                TAKES,
                || Ok(()),
                |(), client, at, page| {
                    let id = (round << 64) + (u128::from(client) << 32) + u128::from(at) + 1;
                    let outcome = ours.store.upsert().submit(&take(id, page))?;
                    ensure!(matches!(outcome, store::Outcome::Committed { .. }), "refused: {outcome:?}");
                    Ok(())
                },
            )
        }),
        contestant("BEGIN IMMEDIATE", || {
            threads(TAKES / 4, connect, |connection: &mut Connection, _, _, page| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let taken = transaction.execute(
                    "UPDATE counters SET count = count - 1 WHERE id = ?1 AND count >= 1",
                    [page as i64],
                )?;
                ensure!(taken == 1, "nothing taken");
                Ok(transaction.commit()?)
            })
        }),
    ];
    let row = measure(
        "8 threads, 16 guarded counters",
        scale.rounds,
        contestants,
        &[Target::Times("BEGIN IMMEDIATE", 5.0)],
    )?;
    // Every take of every round took one.
    let snapshot = ours.store.query().snapshot();
    let mut left = 0u128;
    for page in 1..=COUNTERS {
        let page = snapshot.expect_page(page)?;
        left += u128::from(u64::from_le_bytes(page.bytes().try_into().context("8 bytes")?));
    }
    // Once to warm up, then twice a round.
    let taken = (scale.rounds as u128 * 2 + 1) * u128::from(THREADS * TAKES);
    ensure!(left + taken == u128::from(COUNTERS) << 60, "{left} left after {taken} were taken");
    Ok(vec![row])
}

/// Each thread has a connection of its own.
fn threads<C: Send>(
    takes: u64,
    connect: impl Fn() -> Result<C> + Sync,
    take: impl Fn(&mut C, u64, u64, u64) -> Result<()> + Sync,
) -> Result<Sample> {
    let mut connections = (0..THREADS).map(|_| connect()).collect::<Result<Vec<C>>>()?;
    together(THREADS * takes, || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = connections
                .iter_mut()
                .zip(0..)
                .map(|(connection, client)| {
                    let take = &take;
                    scope.spawn(move || {
                        let mut generator = Generator::new(client);
                        (0..takes)
                            .try_for_each(|at| take(connection, client, at, generator.below(COUNTERS) + 1))
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
        })
    })
}
