//! Our side.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use store::{Create, Durability, Mutation, Options, Store};

use crate::engine::{Edit, Engine, Level, filled};

pub struct StorePages {
    pub store: Store,
}

pub fn options(durability: Durability) -> Options {
    fn clock() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
    }
    let entropy = || u128::from(clock()).to_le_bytes();
    Options::new(clock, entropy).create(Create::IfAbsent).durability(durability)
}

impl StorePages {
    pub fn open(directory: &Path, level: Level) -> Result<StorePages> {
        let durability = match level {
            Level::Durable => Durability::Durable,
            Level::Loose => Durability::Memory,
        };
        let mut options = options(durability);
        // Checkpoints have a row of their own.
        options.checkpoint_tail_bytes_max = u64::MAX;
        Ok(StorePages { store: Store::open_dir(directory, options)? })
    }
}

pub fn mutation(edits: &[Edit]) -> Mutation {
    let edits = edits.iter().map(|edit| store::Edit::write(edit.page, edit.offset, edit.bytes.clone()));
    Mutation { edits: edits.collect(), ..Mutation::default() }
}

impl Engine for StorePages {
    fn load(&self, count: u64, size: usize) -> Result<()> {
        let mut next = 1;
        while next <= count {
            let mut edits = Vec::new();
            for number in 0..(count - next + 1).min(4_096 * 1_024 / size as u64).min(8_192) as u32 {
                edits.push(store::Edit::create(number, size as u32, None));
                edits.push(store::Edit::write_new(number, 0, filled(next + u64::from(number), size)));
            }
            next += edits.len() as u64 / 2;
            self.store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
        }
        Ok(())
    }

    fn commit(&self, edits: &[Edit]) -> Result<()> {
        self.store.mutate().commit(&mutation(edits))?;
        Ok(())
    }

    fn read(&self, pages: &mut dyn Iterator<Item = u64>, visit: &mut dyn FnMut(&[u8])) -> Result<()> {
        let snapshot = self.store.query().snapshot();
        for page in pages {
            visit(snapshot.expect_page(page)?.bytes());
        }
        Ok(())
    }
}
