//! LMDB by heed: one database from id to bytes.

use std::path::Path;

use anyhow::{Context, Result};
use heed::types::{Bytes, U64};
use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions};

use crate::engine::{Edit, Engine, Level, filled};

type Pages = Database<'static, U64<heed::byteorder::BigEndian>, Bytes>;

pub struct HeedPages {
    env: &'static Env,
    pages: Pages,
}

impl HeedPages {
    pub fn open(directory: &Path, level: Level) -> Result<HeedPages> {
        let mut options = EnvOpenOptions::new();
        options.map_size(16 << 30);
        if level == Level::Loose {
            // SAFETY: the flag risks the file when the machine dies, and the file is a measurement's.
            unsafe { options.flags(EnvFlags::NO_SYNC) };
        }
        // SAFETY: nobody else opens or changes the file, which lies in a fresh folder of this process.
        let env = unsafe { options.open(directory) }?;
        // A database borrows its environment; both live as long as the process, which only measures.
        let env: &'static Env = Box::leak(Box::new(env));
        let pages = env
            .create_databases_and_commit(env.write_txn()?, |opener, transaction| {
                opener.create_database(transaction, None).map(CommitOrAbort::<_, ()>::Commit)
            })?
            .unwrap_commit();
        Ok(HeedPages { env, pages })
    }
}

impl Engine for HeedPages {
    fn load(&self, count: u64, size: usize) -> Result<()> {
        let mut transaction = self.env.write_txn()?;
        for id in 1..=count {
            self.pages.put(&mut transaction, &id, &filled(id, size))?;
        }
        Ok(transaction.commit()?)
    }

    fn commit(&self, edits: &[Edit]) -> Result<()> {
        let mut transaction = self.env.write_txn()?;
        for edit in edits {
            let mut bytes = self.pages.get(&transaction, &edit.page)?.context("no such page")?.to_vec();
            let start = edit.offset as usize;
            bytes[start..start + edit.bytes.len()].copy_from_slice(&edit.bytes);
            self.pages.put(&mut transaction, &edit.page, &bytes)?;
        }
        Ok(transaction.commit()?)
    }

    fn read(&self, pages: &mut dyn Iterator<Item = u64>, visit: &mut dyn FnMut(&[u8])) -> Result<()> {
        let transaction = self.env.read_txn()?;
        for page in pages {
            visit(self.pages.get(&transaction, &page)?.context("no such page")?);
        }
        Ok(())
    }
}
