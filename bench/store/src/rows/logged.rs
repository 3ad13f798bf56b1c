//! How many bytes a change costs on disk.

use std::path::Path;

use anyhow::{Context, Result};
use plan::{DeltaSpec, Expr, FieldType, Intent, PageRef, Query, UpsertPlan, Value};
use rusqlite::params;
use store::{Durability, Store};

use crate::Scale;
use crate::engine::{Engine, Level};
use crate::rounds::{Row, counted};
use crate::sqlite::Sqlite;
use crate::statistics::Generator;
use crate::store_pages::{StorePages, options};

/// The plan that sets bytes of a page, and says as little as a plan can.
pub fn set(id: u128, page: u64, offset: u32, bytes: Vec<u8>) -> UpsertPlan {
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: "a".to_owned(),
            schema: "s".to_owned(),
            schema_version: 1,
            body: "{}".to_owned(),
        },
        reads: Vec::new(),
        guard: None,
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(page),
            offset,
            field_type: FieldType::Bytes(bytes.len() as u32),
            value: Expr::Constant(Value::Bytes(bytes)),
        }],
        clients: Vec::new(),
        query: Query { pages: vec![page], ..Query::default() },
    }
}

const PAGES: u64 = 1_000;
const EDITS: u64 = 1_000;

pub fn bytes(_: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let ours = StorePages { store: Store::open_dir(directory.join("ours"), options(Durability::Durable))? };
    ours.load(PAGES, 4_096)?;
    let mut generator = Generator::new(5);
    let mut longest = 0;
    let mut total = 0;
    for at in 0..EDITS {
        let page = generator.below(PAGES) + 1;
        let plan = set(u128::from(at) + (1 << 100), page, generator.below(4_080) as u32, generator.bytes(16));
        let seq = ours.store.upsert().submit(&plan)?.seq();
        let record = ours.store.scan(seq).next().context("no record")??;
        longest = longest.max(record.len_bytes);
        total += record.len_bytes;
    }
    let wal = sqlite_bytes(directory)?;
    let mean = total as f64 / EDITS as f64;
    Ok(vec![counted(
        "log bytes of 16 B in a 4 KiB page, with intent id",
        &[
            ("lumen, mean", mean, Some(96.0)),
            ("lumen, longest", longest as f64, Some(96.0)),
            ("rusqlite, mean of its WAL", wal, None),
            ("lumen over rusqlite", mean / wal, Some(1.0 / 30.0)),
        ],
    )])
}

/// What the WAL grows by when a page changes together with a row that keeps the intent's id.
fn sqlite_bytes(directory: &Path) -> Result<f64> {
    let folder = directory.join("sqlite");
    std::fs::create_dir_all(&folder)?;
    let sqlite = Sqlite::open(&folder, Level::Durable)?;
    sqlite.load(PAGES, 4_096)?;
    let mut connection = sqlite.connection();
    connection.execute_batch(
        "PRAGMA wal_autocheckpoint = 0; CREATE TABLE intents (id BLOB PRIMARY KEY, page INTEGER) WITHOUT ROWID;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    let wal = folder.join("sqlite-wal");
    let len = || wal.metadata().map_or(0, |metadata| metadata.len());
    let before = len();
    let mut generator = Generator::new(5);
    for at in 0..EDITS {
        let page = generator.below(PAGES) as i64 + 1;
        let transaction = connection.transaction()?;
        transaction.execute("INSERT INTO intents VALUES (?1, ?2)", params![(at + 1).to_be_bytes(), page])?;
        let mut bytes: Vec<u8> =
            transaction.query_row("SELECT bytes FROM pages WHERE id = ?1", [page], |row| row.get(0))?;
        let offset = generator.below(4_080) as usize;
        bytes[offset..offset + 16].copy_from_slice(&generator.bytes(16));
        transaction.execute("UPDATE pages SET bytes = ?2 WHERE id = ?1", params![page, bytes])?;
        transaction.commit()?;
    }
    Ok((len() - before) as f64 / EDITS as f64)
}
