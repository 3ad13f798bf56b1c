//! The lock of the one writer.
//!
//! The operating system's advisory lock decides; the file's text only names the holder. It has a fixed length and
//! carries its own checksum, so that a damaged one is noticed like everything else in the directory.

use crate::error::{Error, ErrorKind, Result};
use crate::format::LOCK_FILE;
use crate::vfs::{self, Vfs, VfsFile};

const TEXT_LEN: usize = 40;

/// Takes the lock; it is free again when the returned file is dropped.
///
/// # Errors
/// `Locked` with the holder's process id.
pub(crate) fn acquire(vfs: &dyn Vfs) -> Result<Box<dyn VfsFile>> {
    let failed = |error| Error::io("cannot lock the store", LOCK_FILE, error);
    let Some(file) = vfs::uninterrupted(|| vfs.try_lock(LOCK_FILE)).map_err(failed)? else {
        let text = vfs::read_if_exists(vfs, LOCK_FILE)?.unwrap_or_default();
        let holder = parse(&text);
        let found = holder.map_or("an unknown process".to_owned(), |pid| format!("process {pid}"));
        return Err(Error::new(ErrorKind::Locked, "another process writes this store")
            .in_file(LOCK_FILE)
            .expected("no other writer; wait for it to end")
            .found(found)
            .held_by(holder));
    };
    Ok(file)
}

/// Writes this process into the lock that it holds. A text that is not whole is also synced away: it is what a power
/// cut left, and the next one must not bring it back.
pub(crate) fn announce(vfs: &dyn Vfs, lock: &dyn VfsFile) -> Result<()> {
    let whole = check(vfs).is_ok();
    vfs::write_all(lock, &text(std::process::id()), 0)
        .and_then(|()| if whole { Ok(()) } else { lock.sync() })
        .map_err(|error| Error::io("cannot write the lock's text", LOCK_FILE, error))
}

/// Checks the text that the last holder left.
///
/// # Errors
/// `Corrupt` for anything but a whole text, no text, or the zeros that a power cut leaves.
pub(crate) fn check(vfs: &dyn Vfs) -> Result<()> {
    let bytes = vfs::read_if_exists(vfs, LOCK_FILE)?.unwrap_or_default();
    if parse(&bytes).is_some() || bytes.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, "the lock's text does not match its checksum")
        .in_file(LOCK_FILE)
        .at(0)
        .expected("a whole text; no state is in it, and the next opening for writing makes it again"))
}

fn text(pid: u32) -> Vec<u8> {
    let mut text = format!("lumen writer {pid:010} ");
    let crc = crc32c::crc32c(text.as_bytes());
    text.push_str(&format!("crc {crc:08x}"));
    let mut bytes = text.into_bytes();
    bytes.resize(TEXT_LEN - 1, b' ');
    bytes.push(b'\n');
    bytes
}

fn parse(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"lumen writer ")?.get(..10)?;
    let pid = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (bytes == text(pid)).then_some(pid)
}
