//! Opening for writing: creating a store, and bringing a log without an end into a state that can go on.
//!
//! No file is appended to by two processes. A segment whose writer died is copied up to its last whole record into
//! a fresh file, synced and renamed over the old one: after a failed sync the page cache may show bytes that the
//! disk does not have, and only a copy is known to be on both.

use crate::error::{Error, ErrorKind, Result};
use crate::format::{BLOB_DIR, FORMAT_FILE, LOG_DIR, StoreHeader, segment_path};
use crate::index::{Extent, Index, read_segment_bytes};
use crate::options::{Create, Options};
use crate::record::Recovery;
use crate::vfs::{self, OpenMode, Vfs};

/// Creates the store if the options say so.
pub(crate) fn create(vfs: &dyn Vfs, options: &Options) -> Result<()> {
    let present = vfs::open_if_exists(vfs, FORMAT_FILE, OpenMode::Read)?.is_some();
    match (present, options.create) {
        (true, Create::New) => {
            return Err(Error::new(ErrorKind::StoreExists, "a store lives here already").in_file(FORMAT_FILE));
        }
        (false, Create::Never) => {
            return Err(Error::new(ErrorKind::NoStore, "no store here").in_file(FORMAT_FILE));
        }
        (true, _) => return Ok(()),
        (false, _) => {}
    }
    create_dirs(vfs)?;
    let header = StoreHeader { store_id: options.entropy() };
    vfs::write_new(vfs, "FORMAT.tmp", FORMAT_FILE, "", &header.encode())
}

/// The directories that a store lacks: all of them when it is new, and those without a file when it was unpacked.
fn create_dirs(vfs: &dyn Vfs) -> Result<()> {
    let failed = |error| Error::io("cannot create the store", "", error);
    let present = vfs::list_sorted(vfs, "")?;
    let absent: Vec<_> =
        [LOG_DIR, BLOB_DIR].into_iter().filter(|dir| !present.iter().any(|name| name == dir)).collect();
    for dir in &absent {
        vfs::uninterrupted(|| vfs.create_dir(dir)).map_err(failed)?;
    }
    if absent.is_empty() { Ok(()) } else { vfs.sync_dir("").map_err(failed) }
}

/// Reads the log and cuts what a dead writer left behind its last whole record. Returns what was learned, and the
/// RECOVERED that the next segment must begin with.
pub(crate) fn recover(vfs: &dyn Vfs) -> Result<(Index, Option<Recovery>)> {
    // Nothing is written before the whole log has been read and found good.
    let mut index = Index::read(vfs, Extent::Whole, &mut |_| Ok(()))?;
    remove_temporaries(vfs)?;
    create_dirs(vfs)?;
    let Some(last) = index.segments.last_mut() else { return Ok((index, None)) };
    let path = segment_path(last.number);
    if last.ended {
        if last.file_len != last.end {
            cut(vfs, &path, last.end)?;
        }
        return Ok((index, None));
    }
    let mut bytes = read_segment_bytes(vfs, last.number)?;
    bytes.truncate(usize::try_from(last.end).unwrap_or(bytes.len()));
    if *blake3::hash(&bytes).as_bytes() != last.hash {
        return Err(
            Error::new(ErrorKind::Io, "the segment changed while it was read").in_segment(last.number)
        );
    }
    vfs::write_new(vfs, &format!("{path}.tmp"), &path, LOG_DIR, &bytes)?;
    let recovery = Recovery {
        segment: last.number,
        kept_bytes: last.end,
        dropped_bytes: std::mem::take(&mut last.torn_bytes),
    };
    Ok((index, Some(recovery)))
}

/// Cuts the zeros behind an END whose writer died before it could.
fn cut(vfs: &dyn Vfs, path: &str, len: u64) -> Result<()> {
    let failed = |error| Error::io("cannot cut the ended segment", path, error);
    let file = vfs::uninterrupted(|| vfs.open(path, OpenMode::Write)).map_err(failed)?;
    vfs::uninterrupted(|| file.set_len(len)).map_err(failed)?;
    file.sync().map_err(failed)
}

fn remove_temporaries(vfs: &dyn Vfs) -> Result<()> {
    for dir in ["", LOG_DIR, BLOB_DIR] {
        for name in vfs::list_sorted(vfs, dir)?.iter().filter(|name| name.ends_with(".tmp")) {
            let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            vfs::uninterrupted(|| vfs.remove(&path))
                .map_err(|error| Error::io("cannot remove a leftover", &path, error))?;
        }
    }
    Ok(())
}
