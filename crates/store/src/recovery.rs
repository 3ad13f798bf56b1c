//! Opening for writing: creating a store, and bringing a log without an end into a state that can go on.
//!
//! No file is appended to by two processes. The last segment is copied up to its last whole record into a fresh
//! file, synced and renamed over the old one: its writer may have died before a sync, or a sync may have failed, and
//! then the page cache shows bytes that the disk does not have. Only a copy is known to be on both. One that has its END
//! is copied when something is to stand on it, the next segment or a checkpoint: END is written once all before it is on
//! disk, so it alone can be missing there.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::format::{BLOB_DIR, CHECKPOINT_DIR, FORMAT_FILE, LOG_DIR, StoreHeader, TABLE_DIR, segment_path};
use crate::index::{Extent, Index, SegmentInfo, read_segment_bytes};
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

/// Creates the directories that a store lacks: all when it is new, those without a file when it was unpacked. Makes
/// the names of those that are there durable too, since the process that created them may have died before it could.
fn create_dirs(vfs: &dyn Vfs) -> Result<()> {
    let failed = |error| Error::io("cannot create the store", "", error);
    for dir in [LOG_DIR, BLOB_DIR] {
        vfs::uninterrupted(|| vfs.create_dir(dir)).map_err(failed)?;
    }
    vfs.sync_dir("").map_err(failed)
}

/// Reads the log and cuts what a dead writer left behind its last whole record. Returns what was learned, and the
/// RECOVERED that the next segment must begin with. Of a checkpoint's pages so many bytes are taken into memory.
pub(crate) fn recover(vfs: &Arc<dyn Vfs>, held_bytes_max: u64) -> Result<(Index, Option<Recovery>)> {
    // Nothing is written before the log has been read and found good.
    let mut index = Index::open(vfs, Extent::Whole, held_bytes_max)?;
    let vfs = &**vfs;
    remove_temporaries(vfs)?;
    create_dirs(vfs)?;
    let Some(last) = index.segments.last_mut() else { return Ok((index, None)) };
    if last.ended {
        return Ok((index, None));
    }
    copy_whole_part(vfs, last)?;
    let dropped_bytes = std::mem::take(&mut last.torn_bytes);
    let recovery = Recovery { segment: last.number, kept_bytes: last.end, dropped_bytes };
    Ok((index, Some(recovery)))
}

/// Replaces a segment by a synced copy of its whole records.
pub(crate) fn copy_whole_part(vfs: &dyn Vfs, segment: &SegmentInfo) -> Result<()> {
    let path = segment_path(segment.number);
    let mut bytes = read_segment_bytes(vfs, segment.number)?;
    bytes.truncate(usize::try_from(segment.end).unwrap_or(bytes.len()));
    if *blake3::hash(&bytes).as_bytes() != segment.hash {
        return Err(
            Error::new(ErrorKind::Io, "the segment changed while it was read").in_segment(segment.number)
        );
    }
    vfs::write_new(vfs, &format!("{path}.tmp"), &path, LOG_DIR, &bytes)
}

fn remove_temporaries(vfs: &dyn Vfs) -> Result<()> {
    for dir in ["", LOG_DIR, CHECKPOINT_DIR, TABLE_DIR, BLOB_DIR] {
        for name in vfs::list_sorted(vfs, dir)?.iter().filter(|name| name.ends_with(".tmp")) {
            let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            vfs::uninterrupted(|| vfs.remove(&path))
                .map_err(|error| Error::io("cannot remove a leftover", &path, error))?;
        }
    }
    Ok(())
}
