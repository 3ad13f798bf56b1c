//! Pages that follow from others: each is computed once, and faster than by hand on redb.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use redb::{Database, Durability as RedbDurability, ReadableDatabase, ReadableTable, TableDefinition};
use store::{Durability, Edit, GraphEdit, Mutation, Store};

use crate::Scale;
use crate::rounds::{Row, Target, computing, contestant, measure};
use crate::store_pages::options;

const VALUES: TableDefinition<u64, u64> = TableDefinition::new("values");

/// The parents of each derived page; pages count from 1, and those without an entry here are written.
type Shape = Vec<(u64, Vec<u64>)>;

fn chain() -> Shape {
    (2..=1_001).map(|page| (page, vec![page - 1])).collect()
}

fn fan_out() -> Shape {
    (2..=10_001).map(|page| (page, vec![1])).collect()
}

/// Ten levels of diamonds one behind the other: 2^10 paths from the first page to the last.
fn diamonds() -> Shape {
    let mut shape = Vec::new();
    for diamond in 0..10 {
        let top = diamond * 3 + 1;
        shape.extend([(top + 1, vec![top]), (top + 2, vec![top]), (top + 3, vec![top + 1, top + 2])]);
    }
    shape
}

fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(1, u64::wrapping_add)
}

pub fn waves(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let shapes: [(&'static str, Shape, u64); 3] = [
        ("a chain of 1,000", chain(), 20),
        ("a fan-out of 10,000", fan_out(), 4),
        ("diamonds with 2^10 paths", diamonds(), 400),
    ];
    let mut rows = Vec::new();
    for (name, shape, commits) in shapes {
        let folder = directory.join(name);
        std::fs::create_dir_all(&folder)?;
        let ours = ours(&folder, &shape)?;
        let database = by_hand(&folder, &shape)?;
        let last = shape.last().context("an empty shape")?.0;
        let counted = |store: &Store| -> u64 {
            let text = store.metrics().render();
            let line = text.lines().find_map(|line| line.strip_prefix("lumen_store_recomputes_total "));
            line.and_then(|count| count.parse().ok()).unwrap_or_default()
        };
        let (mut ours_round, mut their_round) = (0, 0);
        let mut theirs = 0;
        let contestants = vec![
            contestant("lumen", || {
                let before = counted(&ours);
                let sample = computing(commits, || {
                    for _ in 0..commits {
                        ours_round += 1;
                        write(&ours, ours_round)?;
                    }
                    Ok(())
                })?;
                let computed = counted(&ours) - before;
                ensure!(computed == commits * shape.len() as u64, "{computed} computed by {commits} commits");
                Ok(sample)
            }),
            contestant("redb, by hand", || {
                let sample = computing(commits, || {
                    for _ in 0..commits {
                        their_round += 1;
                        recompute(&database, &shape, their_round)?;
                    }
                    Ok(())
                })?;
                theirs = database.begin_read()?.open_table(VALUES)?.get(last)?.context("no value")?.value();
                Ok(sample)
            }),
        ];
        let row = measure(name, scale.rounds, contestants, &[Target::Times("redb, by hand", 1.0)])?;
        // Ours ran twice a round; the values follow from the last write.
        write(&ours, their_round)?;
        let page = ours.query().snapshot().expect_page(last)?;
        ensure!(
            u64::from_le_bytes(page.bytes().try_into()?) == theirs,
            "the value of page {last} differs from {theirs}"
        );
        rows.push(row);
    }
    Ok(rows)
}

fn write(store: &Store, value: u64) -> Result<()> {
    let edits = vec![Edit::write(1, 0, value.to_le_bytes())];
    store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
    Ok(())
}

fn ours(directory: &Path, shape: &Shape) -> Result<Store> {
    let store = Store::open_dir(directory.join("ours"), options(Durability::Memory))?;
    store.derive().register("sum@1", |parents| {
        let values = parents.iter().map(|bytes| (*bytes).try_into().map_or(0, u64::from_le_bytes));
        Ok(sum(values).to_le_bytes().to_vec())
    });
    let edits = (0..=shape.len() as u32).map(|number| Edit::create(number, 8, None)).collect();
    store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
    let derive = |(page, parents): &(u64, Vec<u64>)| GraphEdit::derive(*page, "sum@1", parents.clone());
    store.derive().edit(&shape.iter().map(derive).collect::<Vec<_>>())?;
    Ok(store)
}

fn by_hand(directory: &Path, shape: &Shape) -> Result<Database> {
    let database = Database::create(directory.join("redb"))?;
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(VALUES)?;
        for page in 1..=shape.len() as u64 + 1 {
            table.insert(page, 0)?;
        }
    }
    transaction.commit()?;
    Ok(database)
}

/// What somebody writes who knows the order beforehand.
fn recompute(database: &Database, shape: &Shape, value: u64) -> Result<()> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(RedbDurability::None)?;
    {
        let mut table = transaction.open_table(VALUES)?;
        table.insert(1, value)?;
        for (page, parents) in shape {
            let mut values = Vec::with_capacity(parents.len());
            for parent in parents {
                values.push(table.get(*parent)?.context("no value")?.value());
            }
            table.insert(*page, sum(values.into_iter()))?;
        }
    }
    transaction.commit()?;
    Ok(())
}
