//! Which intents touched a page, beside an audit table that SQLite keeps by page.

use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::{Connection, params};
use store::{Durability, Store};

use crate::Scale;
use crate::engine::Engine;
use crate::rounds::{Row, Target, contestant, measure, together};
use crate::rows::logged::set;
use crate::statistics::Generator;
use crate::store_pages::{StorePages, options};

const PAGES: u64 = 100_000;

pub fn of_a_page(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let ours = StorePages { store: Store::open_dir(directory.join("ours"), options(Durability::Memory))? };
    ours.load(PAGES, 64)?;
    let mut sqlite = Connection::open(directory.join("sqlite"))?;
    sqlite.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
         CREATE TABLE audit (page INTEGER, seq INTEGER, intent BLOB, PRIMARY KEY (page, seq)) WITHOUT ROWID;",
    )?;
    let transaction = sqlite.transaction()?;
    let mut generator = Generator::new(31);
    for at in 0..scale.commits {
        let page = generator.below(PAGES) + 1;
        let id = u128::from(at) + 1;
        let seq = ours.store.upsert().submit(&set(id, page, 8, at.to_le_bytes().to_vec()))?.seq();
        let mut insert = transaction.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3)")?;
        insert.execute(params![page as i64, seq as i64, id.to_be_bytes()])?;
    }
    transaction.commit()?;
    let theirs = |page: u64| -> Result<Vec<u64>> {
        let mut select = sqlite.prepare_cached("SELECT seq FROM audit WHERE page = ?1 ORDER BY seq")?;
        let seqs = select.query_map([page as i64], |row| row.get::<_, i64>(0))?;
        Ok(seqs.map(|seq| seq.map(|seq| seq as u64)).collect::<std::result::Result<_, _>>()?)
    };
    let past = ours.store.past();
    // The whole records: who wanted what, and the bytes.
    let touches = |page: u64| -> Result<Vec<u64>> {
        let touches = past.history(page)?;
        Ok(touches.iter().filter(|touch| touch.intent.is_some()).map(|touch| touch.seq).collect())
    };
    ensure!(past.intents_on(7)? == theirs(7)?, "the two histories of page 7 differ");
    ensure!(touches(7)? == theirs(7)?, "the history of page 7 is not that of its intents");
    let mut generators = [Generator::new(37), Generator::new(37), Generator::new(37)];
    let [ours_pages, their_pages, record_pages] = &mut generators;
    let contestants = vec![
        contestant("lumen", || together(1, || Ok(past.intents_on(ours_pages.below(PAGES) + 1).map(drop)?))),
        contestant("rusqlite", || together(1, || theirs(their_pages.below(PAGES) + 1).map(drop))),
        contestant("lumen, whole records", || {
            together(1, || touches(record_pages.below(PAGES) + 1).map(drop))
        }),
    ];
    Ok(vec![measure(
        "intents touching a page",
        scale.rounds,
        contestants,
        &[Target::Times("rusqlite", 1.0)],
    )?])
}
