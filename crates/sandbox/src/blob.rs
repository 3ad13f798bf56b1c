//! Bytes in a sealed memfd: shared with workers, changed by nobody.

use crate::error::Failure;
use crate::schema::ErrorKind;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

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
        let file = sealed(bytes).map_err(failed)?;
        let mut address = 0;
        if !bytes.is_empty() {
            let (at, length) = (std::ptr::null_mut(), bytes.len());
            // SAFETY: a new mapping at a place of the kernel's choice overlaps nothing.
            let mapped = unsafe { mmap(at, length, ProtFlags::READ, MapFlags::SHARED, &file, 0) };
            address = mapped.map_err(failed)? as usize;
        }
        Ok(Blob { inner: Arc::new(Mapped { file, address, length: bytes.len() }) })
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
    let file = memfd_create("lumen", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(&file, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error),
        }
    }
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
    Ok(file)
}
