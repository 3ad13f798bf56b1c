//! The store's only door to files.
//!
//! A [`Vfs`] is one directory; paths are relative to it, with `/`. The calls map one to one to system calls, so a
//! faulty disk can fail, shorten or forget each of them: retries and loops stand here, on the store's side.

use std::io;

use crate::error::{Error, Result};

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// For reading; it must exist.
    Read,
    /// For reading and writing; it must exist.
    Write,
    /// For reading and writing; what stood under the name is emptied.
    Create,
}

/// One directory of files.
pub trait Vfs: Send + Sync {
    /// Creates the directory `path`; an existing one is fine. `""` is the root: it comes with its parents, and they
    /// are durable.
    fn create_dir(&self, path: &str) -> io::Result<()>;
    /// Opens a file.
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>>;
    /// Replaces `to` by `from`, atomically.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// The names in a directory, in any order.
    fn list(&self, path: &str) -> io::Result<Vec<String>>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &str) -> io::Result<()>;
    /// Opens or creates `path` and locks it against every other opener until the file is dropped; `None` when
    /// somebody holds the lock.
    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>>;
}

/// An open file with positioned IO.
pub trait VfsFile: Send + Sync {
    /// Reads some bytes at `offset`; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes some of the bytes at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Cuts or extends (with zeros) the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// The length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Makes content and length durable.
    fn sync(&self) -> io::Result<()>;
}

/// Writes everything, through short writes and interruptions.
pub(crate) fn write_all(file: &dyn VfsFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Repeats a call that a signal interrupted before it did anything. Never used for a sync: after a failed one the
/// page cache may lie, so its failure always counts.
pub(crate) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Opens a file; `None` where there is none.
pub(crate) fn open_if_exists(vfs: &dyn Vfs, path: &str, mode: OpenMode) -> Result<Option<Box<dyn VfsFile>>> {
    match uninterrupted(|| vfs.open(path, mode)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("cannot open", path, error)),
    }
}

/// The names in a directory in ascending order; none where there is no directory.
pub(crate) fn list_sorted(vfs: &dyn Vfs, path: &str) -> Result<Vec<String>> {
    match uninterrupted(|| vfs.list(path)) {
        Ok(mut names) => {
            names.sort_unstable();
            Ok(names)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("cannot list the directory", path, error)),
    }
}

/// The whole content of a file; `None` where there is none.
pub(crate) fn read_if_exists(vfs: &dyn Vfs, path: &str) -> Result<Option<Vec<u8>>> {
    let Some(file) = open_if_exists(vfs, path, OpenMode::Read)? else { return Ok(None) };
    read_whole(&*file, path).map(Some)
}

/// At most `len` bytes from `offset` on; fewer where the file ends.
pub(crate) fn read_range(file: &dyn VfsFile, path: &str, offset: u64, len: u64) -> Result<Vec<u8>> {
    let failed = |error| Error::io("cannot read", path, error);
    let len = usize::try_from(len).map_err(|_| failed(io::ErrorKind::FileTooLarge.into()))?;
    let mut bytes = Vec::new();
    // A sparse file can claim any length.
    bytes.try_reserve_exact(len).map_err(|_| failed(io::ErrorKind::OutOfMemory.into()))?;
    bytes.resize(len, 0);
    let mut filled = 0;
    while let Some(buffer) = bytes.get_mut(filled..).filter(|buffer| !buffer.is_empty()) {
        match uninterrupted(|| file.read_at(buffer, offset + filled as u64)).map_err(failed)? {
            // A writer may cut its ended segment while it is read.
            0 => {
                bytes.truncate(filled);
                break;
            }
            read => filled += read,
        }
    }
    Ok(bytes)
}

/// The whole content of an open file.
pub(crate) fn read_whole(file: &dyn VfsFile, path: &str) -> Result<Vec<u8>> {
    let len = uninterrupted(|| file.len()).map_err(|error| Error::io("cannot read", path, error))?;
    read_range(file, path, 0, len)
}

/// Writes `bytes` under a temporary name, syncs them, gives them their name and syncs the directory `dir`. Until
/// the rename nothing is visible; a failure before it leaves at most the temporary file, which is removed.
pub(crate) fn write_new(vfs: &dyn Vfs, temporary: &str, path: &str, dir: &str, bytes: &[u8]) -> Result<()> {
    write_new_with(vfs, temporary, path, dir, &mut |file| file.append(bytes))
}

/// As [`write_new`], for content that comes in pieces.
pub(crate) fn write_new_with(
    vfs: &dyn Vfs,
    temporary: &str,
    path: &str,
    dir: &str,
    write: &mut dyn FnMut(&mut Appender<'_>) -> Result<()>,
) -> Result<()> {
    let failed = |error| Error::io("cannot write", path, error);
    let written = (|| {
        let file = uninterrupted(|| vfs.open(temporary, OpenMode::Create)).map_err(failed)?;
        write(&mut Appender { file: &*file, path, offset: 0 })?;
        file.sync().map_err(failed)?;
        uninterrupted(|| vfs.rename(temporary, path)).map_err(failed)
    })();
    if let Err(error) = written {
        // The next opening removes it if this does not succeed.
        let _ = vfs.remove(temporary);
        return Err(error);
    }
    vfs.sync_dir(dir).map_err(|error| Error::io("cannot sync the directory", dir, error))
}

/// A new file that is written from its start to its end.
pub(crate) struct Appender<'a> {
    file: &'a dyn VfsFile,
    path: &'a str,
    offset: u64,
}

impl Appender<'_> {
    /// Where the next bytes go.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        write_all(self.file, bytes, self.offset)
            .map_err(|error| Error::io("cannot write", self.path, error))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}
