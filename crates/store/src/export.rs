//! Copying a store whole, checked on the way.

use crate::blobs;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{
    BLOB_DIR, FORMAT_FILE, HORIZON_FILE, Horizon, LOG_DIR, base_path, remnant_path, segment_path,
};
use crate::index::{Extent, Index, read_segment_bytes};
use crate::vfs::{self, OpenMode, Vfs};

/// Hands out every file of a store, with its path relative to the directory, in one order: `FORMAT`, the horizon with
/// what stays of dropped segments where there is one, segments, blobs. The whole log and every blob are checked; a segment without an end is cut after its last whole record, so
/// the copy never holds a torn tail. Together the files are a store.
///
/// # Errors
/// Those of [`verify`](crate::verify), before anything was handed out when the log is damaged; what `receive`
/// returns.
pub fn export(vfs: &dyn Vfs, receive: &mut dyn FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
    let verified = crate::verify(vfs)?;
    let index = Index::read(vfs, Extent::Whole, &mut |_, _| Ok(()))?;
    let changed = || Error::new(ErrorKind::Io, "the store changed while it was read");
    if index.last_seq != verified.end.last_seq {
        return Err(changed());
    }
    let format = vfs::read_if_exists(vfs, FORMAT_FILE)?.ok_or_else(changed)?;
    receive(FORMAT_FILE, &format)?;
    let Horizon { dropped, oldest_seq, .. } = index.horizon;
    if dropped > 0 {
        let kept = (1..=dropped).map(remnant_path);
        for path in [HORIZON_FILE.to_owned(), base_path(oldest_seq)].into_iter().chain(kept) {
            receive(&path, &vfs::read_if_exists(vfs, &path)?.ok_or_else(|| changed().in_file(&path))?)?;
        }
    }
    for segment in index.kept_segments() {
        let mut bytes = read_segment_bytes(vfs, segment.number)?;
        bytes.truncate(usize::try_from(segment.end).unwrap_or(bytes.len()));
        if *blake3::hash(&bytes).as_bytes() != segment.hash {
            return Err(changed().in_segment(segment.number));
        }
        receive(&segment_path(segment.number), &bytes)?;
    }
    for hash in blobs::list(vfs)? {
        receive(&hash.path(), &blobs::read(vfs, &hash)?)?;
    }
    Ok(())
}

/// Copies a store into a directory that holds none, checked and durable.
///
/// # Errors
/// `StoreExists` when `to` holds one; those of [`export`]; `Full`, `Io`. `FORMAT` is written last, so a copy that
/// failed is not a store.
pub fn copy_verified(from: &dyn Vfs, to: &dyn Vfs) -> Result<()> {
    if vfs::open_if_exists(to, FORMAT_FILE, OpenMode::Read)?.is_some() {
        return Err(Error::new(ErrorKind::StoreExists, "a store lives there already").in_file(FORMAT_FILE));
    }
    let make = |dir: &str| {
        vfs::uninterrupted(|| to.create_dir(dir)).map_err(|error| Error::io("cannot create", dir, error))
    };
    for dir in ["", LOG_DIR, BLOB_DIR] {
        make(dir)?;
    }
    let mut format = Vec::new();
    export(from, &mut |path, bytes| {
        if path == FORMAT_FILE {
            format = bytes.to_vec();
            return Ok(());
        }
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        make(dir)?;
        vfs::write_new(to, &format!("{path}.tmp"), path, dir, bytes)
    })?;
    for dir in [BLOB_DIR, ""] {
        to.sync_dir(dir).map_err(|error| Error::io("cannot sync the directory", dir, error))?;
    }
    vfs::write_new(to, "FORMAT.tmp", FORMAT_FILE, "", &format)
}
