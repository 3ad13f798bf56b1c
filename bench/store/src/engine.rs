//! What every contestant can do: pages of bytes under ascending ids, changed in transactions.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{
    fjall_pages::FjallPages, heed_pages::HeedPages, redb_pages::RedbPages, sqlite::Sqlite,
    store_pages::StorePages,
};

/// Bytes of one page get new values.
#[derive(Clone, Debug)]
pub struct Edit {
    pub page: u64,
    pub offset: u32,
    pub bytes: Vec<u8>,
}

/// When a commit returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// On disk, by `fdatasync` or more.
    Durable,
    /// Whenever the engine likes.
    Loose,
}

pub trait Engine: Send + Sync {
    /// Makes the pages 1 to `count`, of `size` bytes that [`filled`] gives.
    fn load(&self, count: u64, size: usize) -> Result<()>;
    /// Makes all edits or none.
    fn commit(&self, edits: &[Edit]) -> Result<()>;
    /// Reads pages of one state, one after the other.
    fn read(&self, pages: &mut dyn Iterator<Item = u64>, visit: &mut dyn FnMut(&[u8])) -> Result<()>;
}

pub const PEERS: [&str; 4] = ["redb", "heed", "rusqlite", "fjall"];

pub fn open(name: &str, directory: &Path, level: Level) -> Result<Box<dyn Engine>> {
    let directory = &directory.join(format!("{name}-{level:?}"));
    std::fs::create_dir_all(directory)?;
    Ok(match name {
        "lumen" => Box::new(StorePages::open(directory, level)?),
        "redb" => Box::new(RedbPages::open(directory, level)?),
        "heed" => Box::new(HeedPages::open(directory, level)?),
        "rusqlite" => Box::new(Sqlite::open(directory, level)?),
        "fjall" => Box::new(FjallPages::open(directory, level)?),
        other => bail!("no engine {other}"),
    })
}

/// The first bytes of a page.
pub fn filled(page: u64, size: usize) -> Vec<u8> {
    crate::statistics::Generator::new(page).bytes(size)
}

/// Over id and bytes of the pages 1 to `count`.
pub fn checksum(engine: &dyn Engine, count: u64) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut id = 0u64;
    engine.read(&mut (1..=count), &mut |bytes| {
        id += 1;
        hasher.update(&id.to_le_bytes()).update(bytes);
    })?;
    Ok(format!("{count} pages {}", hasher.finalize().to_hex()))
}
