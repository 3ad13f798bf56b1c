//! Bytes in a sealed memfd: shared with workers, changed by nobody.

use crate::error::Failure;
use crate::schema::ErrorKind;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

/// How much is read at a time.
const READ_BYTES: usize = 1 << 20;

/// Bytes that any number of workers map without a copy; a clone is the same memory.
#[derive(Debug, Clone)]
pub struct Blob {
    inner: Arc<Mapped>,
}

#[derive(Debug)]
struct Mapped {
    file: OwnedFd,
    address: usize,
    length: usize,
}

impl Blob {
    /// Copies the bytes once into memory that is sealed afterwards.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Memory`] if the kernel gives none.
    ///
    /// ```
    /// let blob = sandbox::Blob::new(b"a text").expect("memory");
    /// assert_eq!(blob.bytes(), b"a text");
    /// ```
    pub fn new(bytes: &[u8]) -> Result<Blob, Failure> {
        let failed = |error: rustix::io::Errno| {
            Failure::new(ErrorKind::Memory, format!("no memory for {} bytes: {error}", bytes.len()))
        };
        sealed(bytes).and_then(|file| Blob::mapped(file, bytes.len())).map_err(failed)
    }

    /// Takes all that a file, or whatever else can be read, holds. It passes through a small buffer, so that no second
    /// copy is ever in memory, and stretches of zeros stay holes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Memory`] if the kernel gives none, [`ErrorKind::InternalError`] with what reading failed with.
    ///
    /// ```
    /// let blob = sandbox::Blob::read(&mut &b"a text"[..]).expect("memory");
    /// assert_eq!(blob.bytes(), b"a text");
    /// ```
    pub fn read(from: &mut dyn Read) -> Result<Blob, Failure> {
        let failed = |error: rustix::io::Errno| {
            Failure::new(ErrorKind::Memory, format!("no memory for a text: {error}"))
        };
        let unread = |error: std::io::Error| {
            Failure::new(ErrorKind::InternalError, format!("a text cannot be read: {error}"))
        };
        let file = memfd().map_err(failed)?;
        let (mut buffer, zeros) = (vec![0; READ_BYTES], vec![0; READ_BYTES]);
        let mut length = 0u64;
        loop {
            let mut filled = 0;
            while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
                match from.read(rest) {
                    Ok(0) => break,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(unread(error)),
                }
            }
            let mut part = buffer.get(..filled).unwrap_or_default();
            let mut at = length;
            length += filled as u64;
            if zeros.get(..filled) == Some(part) {
                part = &[];
            }
            while !part.is_empty() {
                match rustix::io::pwrite(&file, part, at) {
                    Ok(count) => {
                        part = part.get(count..).unwrap_or_default();
                        at += count as u64;
                    }
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            if filled < buffer.len() {
                break;
            }
        }
        let bytes = usize::try_from(length).map_err(|_| failed(rustix::io::Errno::NOMEM))?;
        let sealed = ftruncate(&file, length).and_then(|()| seal(&file));
        sealed.and_then(|()| Blob::mapped(file, bytes)).map_err(failed)
    }

    fn mapped(file: OwnedFd, length: usize) -> Result<Blob, rustix::io::Errno> {
        let mut address = 0;
        if length > 0 {
            let at = std::ptr::null_mut();
            // SAFETY: a new mapping at a place of the kernel's choice overlaps nothing.
            address = unsafe { mmap(at, length, ProtFlags::READ, MapFlags::SHARED, &file, 0) }? as usize;
        }
        Ok(Blob { inner: Arc::new(Mapped { file, address, length }) })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        if self.inner.length == 0 {
            return &[];
        }
        // SAFETY: the mapping has this length and lives as long as `inner`; the seals keep everyone, us included,
        // from writing to it or making it shorter.
        unsafe { std::slice::from_raw_parts(self.inner.address as *const u8, self.inner.length) }
    }

    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.inner.file.as_fd()
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: the mapping is ours, and no slice of it outlives the value that is dropped.
            let _ = unsafe { munmap(self.address as *mut _, self.length) };
        }
    }
}

/// A memfd with this content and every seal.
pub(crate) fn sealed(bytes: &[u8]) -> Result<OwnedFd, rustix::io::Errno> {
    let file = memfd()?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(&file, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error),
        }
    }
    seal(&file)?;
    Ok(file)
}

fn memfd() -> Result<OwnedFd, rustix::io::Errno> {
    memfd_create("lumen", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
}

fn seal(file: &OwnedFd) -> Result<(), rustix::io::Errno> {
    fcntl_add_seals(file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)
}
