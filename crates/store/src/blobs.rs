//! Content-addressed values beside the log: `blobs/<2 hex>/<BLAKE3>`.
//!
//! A blob is synced under a temporary name and renamed before any record can name it, so a file under its final
//! name is whole unless the disk damaged it later; reading hashes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};

use crate::error::{Error, ErrorKind, Result};
use crate::format::{BLOB_DIR, NAME_LEN_MAX, tag};
use crate::vfs::{self, OpenMode, Vfs};

/// The BLAKE3 of a blob: its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// The name of `bytes`.
    pub fn of(bytes: &[u8]) -> BlobHash {
        BlobHash(*blake3::hash(bytes).as_bytes())
    }

    /// Reads 64 lowercase hexadecimal digits.
    pub fn parse(text: &str) -> Option<BlobHash> {
        let lowercase = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !lowercase {
            return None;
        }
        blake3::Hash::from_hex(text).ok().map(|hash| BlobHash(*hash.as_bytes()))
    }

    /// The path of the blob in the store's directory.
    pub fn path(&self) -> String {
        format!("{}/{self}", self.dir())
    }

    fn dir(&self) -> String {
        format!("{BLOB_DIR}/{:02x}", self.0[0])
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobHash({self})")
    }
}

/// A blob that a transaction names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// Its name.
    pub hash: BlobHash,
    /// Its length.
    pub size_bytes: u64,
    /// What it is to the transaction, such as `table` or `response`; at most 255 bytes.
    pub role: String,
}

impl BlobRef {
    pub(crate) fn encode_to(&self, record: &mut Encoder) {
        let mut encoder = Encoder::new();
        encoder.raw(&self.hash.0);
        encoder.varint(self.size_bytes);
        encoder.raw(self.role.as_bytes());
        record.entry(tag::BLOB, encoder.as_slice());
    }

    pub(crate) fn decode(bytes: &[u8]) -> std::result::Result<BlobRef, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let hash = BlobHash(decoder.array("blob hash")?);
        let size_bytes = decoder.varint("blob size")?;
        let start = decoder.offset();
        let role = decoder.rest();
        if role.len() > NAME_LEN_MAX {
            return Err(Malformed::new(Malformation::Limit, "blob role", start));
        }
        let role =
            std::str::from_utf8(role).map_err(|_| Malformed::new(Malformation::Utf8, "blob role", start))?;
        Ok(BlobRef { hash, size_bytes, role: role.to_owned() })
    }
}

/// What one writer knows to be durable.
#[derive(Default)]
pub(crate) struct Blobs {
    known: Mutex<Known>,
    next_temporary: AtomicU64,
}

#[derive(Default)]
struct Known {
    sizes: BTreeMap<BlobHash, u64>,
    dirs: BTreeSet<String>,
}

impl Blobs {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `bytes` durable under their hash. Bytes that are there already are kept; damaged ones are replaced.
    pub(crate) fn put(&self, vfs: &dyn Vfs, bytes: &[u8]) -> Result<BlobHash> {
        let hash = BlobHash::of(bytes);
        if self.known().sizes.contains_key(&hash) {
            return Ok(hash);
        }
        let (dir, path) = (hash.dir(), hash.path());
        match vfs::read_if_exists(vfs, &path)? {
            // Another process may have died between the rename and this sync.
            Some(present) if present == bytes => {
                vfs.sync_dir(&dir).map_err(|error| Error::io("cannot sync the directory", &dir, error))?;
            }
            _ => {
                self.make_dir(vfs, dir.clone())?;
                let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
                vfs::write_new(vfs, &format!("{BLOB_DIR}/{number}.tmp"), &path, &dir, bytes)?;
            }
        }
        self.known().sizes.insert(hash, bytes.len() as u64);
        Ok(hash)
    }

    fn make_dir(&self, vfs: &dyn Vfs, dir: String) -> Result<()> {
        if self.known().dirs.contains(&dir) {
            return Ok(());
        }
        let failed = |error| Error::io("cannot create the directory", &dir, error);
        vfs::uninterrupted(|| vfs.create_dir(&dir)).map_err(failed)?;
        vfs.sync_dir(BLOB_DIR).map_err(failed)?;
        self.known().dirs.insert(dir);
        Ok(())
    }

    /// The size of a blob that a record may name.
    pub(crate) fn size(&self, vfs: &dyn Vfs, hash: &BlobHash) -> Result<Option<u64>> {
        if let Some(size) = self.known().sizes.get(hash) {
            return Ok(Some(*size));
        }
        let (dir, path) = (hash.dir(), hash.path());
        let Some(file) = vfs::open_if_exists(vfs, &path, OpenMode::Read)? else { return Ok(None) };
        let size =
            vfs::uninterrupted(|| file.len()).map_err(|error| Error::io("cannot read", &path, error))?;
        vfs.sync_dir(&dir).map_err(|error| Error::io("cannot sync the directory", &dir, error))?;
        self.known().sizes.insert(*hash, size);
        Ok(Some(size))
    }
}

/// Reads a blob and hashes it.
///
/// # Errors
/// `NotFound` for an absent one, `BlobDamaged` when its bytes are not those it is named after.
pub(crate) fn read(vfs: &dyn Vfs, hash: &BlobHash) -> Result<Vec<u8>> {
    let path = hash.path();
    let Some(bytes) = vfs::read_if_exists(vfs, &path)? else {
        return Err(Error::new(ErrorKind::NotFound, "no such blob").in_file(&path));
    };
    let found = BlobHash::of(&bytes);
    if found != *hash {
        return Err(Error::new(ErrorKind::BlobDamaged, "the blob is not what its name says")
            .in_file(&path)
            .expected(format!("BLAKE3 {hash}"))
            .found(format!("{found} over {} bytes", bytes.len())));
    }
    Ok(bytes)
}

/// Every blob in the directory, by hash. Names that are no hash are not blobs.
pub(crate) fn list(vfs: &dyn Vfs) -> Result<Vec<BlobHash>> {
    let mut hashes = Vec::new();
    for dir in vfs::list_sorted(vfs, BLOB_DIR)? {
        if dir.len() != 2 || !dir.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        let names = vfs::list_sorted(vfs, &format!("{BLOB_DIR}/{dir}"))?;
        hashes.extend(
            names
                .iter()
                .filter_map(|name| BlobHash::parse(name))
                .filter(|hash| hash.path() == format!("{BLOB_DIR}/{dir}/{hash}")),
        );
    }
    Ok(hashes)
}
