//! fjall: one keyspace from id to bytes; a durable commit is a batch with `SyncAll`.

use std::path::Path;

use anyhow::{Context, Result};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::engine::{Edit, Engine, Level, filled};

pub struct FjallPages {
    database: Database,
    pages: Keyspace,
    persist: Option<PersistMode>,
}

impl FjallPages {
    pub fn open(directory: &Path, level: Level) -> Result<FjallPages> {
        let database = Database::builder(directory).open()?;
        let pages = database.keyspace("pages", KeyspaceCreateOptions::default)?;
        let persist = (level == Level::Durable).then_some(PersistMode::SyncAll);
        Ok(FjallPages { database, pages, persist })
    }
}

impl Engine for FjallPages {
    fn load(&self, count: u64, size: usize) -> Result<()> {
        for id in 1..=count {
            self.pages.insert(id.to_be_bytes(), filled(id, size))?;
        }
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }

    fn commit(&self, edits: &[Edit]) -> Result<()> {
        let mut batch = self.database.batch().durability(self.persist);
        for edit in edits {
            let key = edit.page.to_be_bytes();
            let mut bytes = self.pages.get(key)?.context("no such page")?.to_vec();
            let start = edit.offset as usize;
            bytes[start..start + edit.bytes.len()].copy_from_slice(&edit.bytes);
            batch.insert(&self.pages, key, bytes);
        }
        Ok(batch.commit()?)
    }

    fn read(&self, pages: &mut dyn Iterator<Item = u64>, visit: &mut dyn FnMut(&[u8])) -> Result<()> {
        let snapshot = self.database.snapshot();
        for page in pages {
            use fjall::Readable;
            visit(&snapshot.get(&self.pages, page.to_be_bytes())?.context("no such page")?);
        }
        Ok(())
    }
}
