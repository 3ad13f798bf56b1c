//! What the disk itself can do: append to a prepared file, then `fdatasync`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

/// Written with zeros before, as a segment is; it begins again at its end.
const CAPACITY: u64 = 64 << 20;

pub struct Raw {
    file: File,
    offset: AtomicU64,
}

impl Raw {
    pub fn new(directory: &Path) -> Result<Raw> {
        let file = File::create(directory.join("raw"))?;
        for at in 0..CAPACITY >> 20 {
            file.write_all_at(&vec![0; 1 << 20], at << 20)?;
        }
        file.sync_all()?;
        Ok(Raw { file, offset: AtomicU64::new(0) })
    }

    pub fn append(&self, bytes: &[u8]) -> Result<()> {
        let at =
            self.offset.fetch_add(bytes.len() as u64, Ordering::Relaxed) % (CAPACITY - bytes.len() as u64);
        self.file.write_all_at(bytes, at)?;
        Ok(rustix::fs::fdatasync(&self.file)?)
    }
}
