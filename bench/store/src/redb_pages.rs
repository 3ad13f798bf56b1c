//! redb: one table from id to bytes.

use std::path::Path;

use anyhow::{Context, Result};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use crate::engine::{Edit, Engine, Level, filled};

const PAGES: TableDefinition<u64, &[u8]> = TableDefinition::new("pages");

pub struct RedbPages {
    database: Database,
    durability: Durability,
}

impl RedbPages {
    pub fn open(directory: &Path, level: Level) -> Result<RedbPages> {
        let durability = match level {
            Level::Durable => Durability::Immediate,
            Level::Loose => Durability::None,
        };
        Ok(RedbPages { database: Database::create(directory.join("redb"))?, durability })
    }

    fn change(
        &self,
        durability: Durability,
        work: impl FnOnce(&mut redb::Table<'_, u64, &'static [u8]>) -> Result<()>,
    ) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(durability)?;
        work(&mut transaction.open_table(PAGES)?)?;
        transaction.commit()?;
        Ok(())
    }
}

impl Engine for RedbPages {
    fn load(&self, count: u64, size: usize) -> Result<()> {
        self.change(Durability::Immediate, |table| {
            for id in 1..=count {
                table.insert(id, filled(id, size).as_slice())?;
            }
            Ok(())
        })
    }

    fn commit(&self, edits: &[Edit]) -> Result<()> {
        self.change(self.durability, |table| {
            for edit in edits {
                let mut bytes = table.get(edit.page)?.context("no such page")?.value().to_vec();
                let start = edit.offset as usize;
                bytes[start..start + edit.bytes.len()].copy_from_slice(&edit.bytes);
                table.insert(edit.page, bytes.as_slice())?;
            }
            Ok(())
        })
    }

    fn read(&self, pages: &mut dyn Iterator<Item = u64>, visit: &mut dyn FnMut(&[u8])) -> Result<()> {
        let table = self.database.begin_read()?.open_table(PAGES)?;
        for page in pages {
            visit(table.get(page)?.context("no such page")?.value());
        }
        Ok(())
    }
}
