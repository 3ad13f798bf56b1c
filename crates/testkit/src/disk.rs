//! A disk in memory that fails on purpose.
//!
//! It keeps what programs see apart from what would survive a power cut: content becomes durable with a sync of its
//! file, names with a sync of their directory, and nothing else is promised. Every call has a number, so a test can
//! cut the power, fail or shorten exactly the nth one and try all of them. [`FaultyDisk::after_crash`] then gives
//! the disk that the next process finds. [`Watched`] is any disk and somebody who is told of its calls.

mod image;
mod platter;
mod watched;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::{OpenMode, Vfs, VfsFile};

pub use image::Survival;
use platter::{NameChange, Platter};
pub use watched::{Call, Watched};

/// What goes wrong at one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ENOSPC`, with nothing done.
    Full,
    /// `EIO`, with nothing done. A failed sync of a file drops what it should have kept, as Linux does: the content
    /// stays visible and never reaches the platter. Names stay in the journal for the next sync.
    Broken,
    /// `EINTR`, with nothing done.
    Interrupted,
    /// A read or write moves only the first byte. Other calls do as they are told.
    Short,
    /// The power goes off: this call and every later one fails.
    PowerCut,
}

/// A disk whose calls are counted and can be made to fail. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    platter: Platter,
    call_count: u64,
    fault: Option<(u64, Fault)>,
    off: bool,
    capacity_bytes: Option<u64>,
    lying_from: Option<u64>,
    locked: bool,
}

impl FaultyDisk {
    /// An empty disk without faults.
    pub fn new() -> FaultyDisk {
        FaultyDisk::default()
    }

    /// The same disk, with `fault` at the call with this number (from 0).
    pub fn fail_at(self, call: u64, fault: Fault) -> FaultyDisk {
        self.shared().fault = Some((call, fault));
        self
    }

    /// Limits or frees the space for the content of all files together.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.shared().capacity_bytes = bytes;
    }

    /// From the call with this number on, syncs report success and do nothing.
    pub fn lie_from(self, call: u64) -> FaultyDisk {
        self.shared().lying_from = Some(call);
        self
    }

    /// How many calls there were.
    pub fn call_count(&self) -> u64 {
        self.shared().call_count
    }

    /// Bytes of all files together.
    pub fn used_bytes(&self) -> u64 {
        self.shared().platter.used_bytes()
    }

    /// Flips bits of one byte, on the platter as well as in sight. Returns whether there is such a byte.
    pub fn flip(&self, path: &str, offset: u64, mask: u8) -> bool {
        self.shared().platter.flip(path, offset, mask)
    }

    /// Every file's path and visible content, by path.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.shared().platter.files()
    }

    /// What the next process finds, on a disk without faults whose calls count from 0.
    pub fn after_crash(&self, survival: Survival) -> FaultyDisk {
        let platter = self.shared().platter.after_crash(survival);
        FaultyDisk { shared: Arc::new(Mutex::new(Shared { platter, ..Shared::default() })) }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; `Ok(true)` for a short one.
    fn enter(&self) -> io::Result<(MutexGuard<'_, Shared>, bool)> {
        let mut shared = self.shared();
        let call = shared.call_count;
        shared.call_count += 1;
        let fault = shared.fault.filter(|(at, _)| *at == call).map(|(_, fault)| fault);
        shared.off |= fault == Some(Fault::PowerCut);
        if shared.off {
            return Err(io::Error::other("the power is off"));
        }
        match fault {
            Some(Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Broken) => Err(io::Error::other("input/output error")),
            Some(Fault::Interrupted) => Err(io::ErrorKind::Interrupted.into()),
            Some(Fault::Short) => Ok((shared, true)),
            Some(Fault::PowerCut) | None => Ok((shared, false)),
        }
    }
}

impl Shared {
    fn lies(&self) -> bool {
        self.lying_from.is_some_and(|from| self.call_count > from)
    }
}

impl Vfs for FaultyDisk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        let (mut shared, _) = self.enter()?;
        if !path.is_empty() {
            shared.platter.change(NameChange::Directory(path.to_owned()));
        }
        Ok(())
    }

    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>> {
        let (mut shared, _) = self.enter()?;
        let file = match (shared.platter.find(path), mode) {
            (Some(file), OpenMode::Create) => {
                shared.platter.set_len(file, 0);
                file
            }
            (None, OpenMode::Create) => shared.platter.create(path)?,
            (found, _) => found.ok_or(io::ErrorKind::NotFound)?,
        };
        Ok(Box::new(OpenFile { disk: self.clone(), file, lock: false }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (mut shared, _) = self.enter()?;
        let file = shared.platter.find(from).ok_or(io::ErrorKind::NotFound)?;
        shared.platter.check_parent(to)?;
        shared.platter.change(NameChange::Rename { from: from.to_owned(), to: to.to_owned(), file });
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let (mut shared, _) = self.enter()?;
        shared.platter.find(path).ok_or(io::ErrorKind::NotFound)?;
        shared.platter.change(NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let (shared, _) = self.enter()?;
        shared.platter.list(path)
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        let (mut shared, _) = self.enter()?;
        if !shared.lies() {
            shared.platter.sync_dir(path);
        }
        Ok(())
    }

    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>> {
        let (mut shared, _) = self.enter()?;
        if shared.locked {
            return Ok(None);
        }
        let file = match shared.platter.find(path) {
            Some(file) => file,
            None => shared.platter.create(path)?,
        };
        shared.locked = true;
        Ok(Some(Box::new(OpenFile { disk: self.clone(), file, lock: true })))
    }
}

struct OpenFile {
    disk: FaultyDisk,
    file: usize,
    lock: bool,
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if self.lock {
            self.disk.shared().locked = false;
        }
    }
}

impl VfsFile for OpenFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let (shared, short) = self.disk.enter()?;
        let content = shared.platter.content(self.file);
        let rest = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let len = rest.len().min(buffer.len()).min(if short { 1 } else { usize::MAX });
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let (mut shared, short) = self.disk.enter()?;
        let len = shared.platter.content(self.file).len() as u64;
        let end = offset + bytes.len() as u64;
        let room =
            shared.capacity_bytes.map_or(u64::MAX, |all| all.saturating_sub(shared.platter.used_bytes()));
        let writable = end.min(len.max(offset).saturating_add(room)).saturating_sub(offset);
        if writable == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let count = bytes.len().min(writable as usize).min(if short { 1 } else { usize::MAX });
        shared.platter.write(self.file, offset, &bytes[..count]);
        Ok(count)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let (mut shared, _) = self.disk.enter()?;
        shared.platter.set_len(self.file, len as usize);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        let (shared, _) = self.disk.enter()?;
        Ok(shared.platter.content(self.file).len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        match self.disk.enter() {
            Ok((mut shared, _)) => {
                if !shared.lies() {
                    shared.platter.sync(self.file);
                }
                Ok(())
            }
            Err(error) => {
                let mut shared = self.disk.shared();
                if !shared.off && error.kind() == io::ErrorKind::Other {
                    shared.platter.forget_unsynced(self.file);
                }
                Err(error)
            }
        }
    }
}
