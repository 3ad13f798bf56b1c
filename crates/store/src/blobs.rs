//! Content-addressed values beside the log: `blobs/<2 hex>/<BLAKE3>`.
//!
//! A blob is synced under a temporary name and renamed before any record can name it, so a file under its final
//! name is whole unless the disk damaged it later; reading hashes it again. Blobs that are put together share the
//! syncs of their directories. A blob that only dropped records name goes with them; what was put and not yet named
//! stays as long as the store is open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};

use crate::error::{Error, ErrorKind, Result};
use crate::format::{BLOB_DIR, NAME_LEN_MAX, tag};
use crate::log::Log;
use crate::record::Body;
use crate::scan::Scan;
use crate::vfs::{self, OpenMode, Vfs, VfsFile};

/// How many files are open at once while blobs are put together.
const GROUP_MAX: usize = 64;

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

/// Bytes with their name, so that whoever hands them on need not hash them again.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    hash: BlobHash,
    bytes: Vec<u8>,
}

impl Blob {
    /// Hashes `bytes`.
    pub fn new(bytes: Vec<u8>) -> Blob {
        Blob { hash: BlobHash::of(&bytes), bytes }
    }

    /// Its name.
    pub fn hash(&self) -> BlobHash {
        self.hash
    }

    /// Its content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How a transaction names it.
    pub fn reference(&self, role: impl Into<String>) -> BlobRef {
        BlobRef { hash: self.hash, size_bytes: self.bytes.len() as u64, role: role.into() }
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({}, {} bytes)", self.hash, self.bytes.len())
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
    names: Mutex<Names>,
    /// Held for reading while a record that names blobs is on its way into the log.
    gate: RwLock<()>,
}

/// Which blobs the log names. It is only made once some may have to go.
#[derive(Default)]
struct Names {
    /// The last seq that names each.
    seqs: BTreeMap<BlobHash, u64>,
    /// How far the log was read.
    upto: u64,
}

/// Blobs that a record is about to name: nobody removes them meanwhile.
pub(crate) struct Hold<'a> {
    blobs: &'a Blobs,
    refs: &'a [BlobRef],
    _gate: RwLockReadGuard<'a, ()>,
}

impl Hold<'_> {
    /// The record is in the log: from here on that is what keeps them.
    pub(crate) fn named(self) {
        let mut known = self.blobs.known();
        for blob in self.refs {
            if let Some(count) = known.unnamed.get_mut(&blob.hash) {
                *count -= 1;
                if *count == 0 {
                    known.unnamed.remove(&blob.hash);
                }
            }
        }
    }
}

/// Bytes that are written but not yet durable, nor under their name. Dropping them before they are put removes them.
pub struct StagedBlob {
    hash: BlobHash,
    size_bytes: u64,
    file: Option<Box<dyn VfsFile>>,
    temporary: Option<Temporary>,
}

impl StagedBlob {
    /// Waits until the bytes are on disk. Who has time before the group is put takes that from its end.
    ///
    /// # Errors
    /// As [`crate::Store::put_staged`].
    pub fn sync(&mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        file.sync().map_err(|error| Error::io("cannot write", &self.hash.path(), error))
    }
}

struct Temporary {
    vfs: Arc<dyn Vfs>,
    path: String,
}

impl Temporary {
    /// It has another name now.
    fn keep(mut self) {
        self.path.clear();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.path.is_empty() {
            // One that got its name is not there any more; the next opening removes what stays.
            let _ = self.vfs.remove(&self.path);
        }
    }
}

#[derive(Default)]
struct Known {
    sizes: BTreeMap<BlobHash, u64>,
    /// How often each was put since a record named it: whoever put it may be about to name it.
    unnamed: BTreeMap<BlobHash, u64>,
    dirs: BTreeSet<String>,
}

impl Blobs {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes bytes durable under their hashes. Bytes that are there already are kept; damaged ones are replaced.
    pub(crate) fn put(&self, vfs: &Arc<dyn Vfs>, blobs: &[(BlobHash, &[u8])]) -> Result<()> {
        let distinct: BTreeMap<BlobHash, &[u8]> = blobs.iter().copied().collect();
        let distinct: Vec<_> = distinct.into_iter().collect();
        for group in distinct.chunks(GROUP_MAX) {
            let staged: Result<Vec<_>> =
                group.iter().map(|(hash, bytes)| self.stage(vfs, *hash, bytes)).collect();
            self.put_staged(&**vfs, &mut staged?)?;
        }
        Ok(())
    }

    /// Writes bytes beside where they will stand, and waits for nothing.
    pub(crate) fn stage(&self, vfs: &Arc<dyn Vfs>, hash: BlobHash, bytes: &[u8]) -> Result<StagedBlob> {
        let mut staged = StagedBlob { hash, size_bytes: bytes.len() as u64, file: None, temporary: None };
        let path = hash.path();
        let is_known = {
            let mut known = self.known();
            // Before anybody looks at the disk: it stays from here on.
            *known.unnamed.entry(hash).or_default() += 1;
            known.sizes.contains_key(&hash)
        };
        if is_known
            // Another process may have died between the rename and the sync of the directory, which is made up for.
            || vfs::read_if_exists(&**vfs, &path)?.is_some_and(|present| present == bytes)
        {
            return Ok(staged);
        }
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = format!("{BLOB_DIR}/{number}.tmp");
        let opened = vfs::uninterrupted(|| vfs.open(&temporary, OpenMode::Create));
        let file = opened.map_err(|error| Error::io("cannot write", &path, error))?;
        staged.temporary = Some(Temporary { vfs: Arc::clone(vfs), path: temporary });
        vfs::write_all(&*file, bytes, 0).map_err(|error| Error::io("cannot write", &path, error))?;
        staged.file = Some(file);
        Ok(staged)
    }

    /// Puts a group: all content is on disk before the first name is given, and all names are at the end.
    pub(crate) fn put_staged(&self, vfs: &dyn Vfs, group: &mut [StagedBlob]) -> Result<()> {
        let failed = |what: &'static str, path: &str| {
            let path = path.to_owned();
            move |error| Error::io(what, &path, error)
        };
        let dirs: BTreeSet<String> = {
            let known = self.known();
            let unknown = group.iter().filter(|blob| !known.sizes.contains_key(&blob.hash));
            unknown.map(|blob| blob.hash.dir()).collect()
        };
        group.iter_mut().try_for_each(StagedBlob::sync)?;
        let absent: Vec<&String> = {
            let known = self.known();
            dirs.iter().filter(|dir| !known.dirs.contains(*dir)).collect()
        };
        for dir in &absent {
            let made = vfs::uninterrupted(|| vfs.create_dir(dir));
            made.map_err(failed("cannot create the directory", dir))?;
        }
        if !absent.is_empty() {
            vfs.sync_dir(BLOB_DIR).map_err(failed("cannot sync the directory", BLOB_DIR))?;
            self.known().dirs.extend(absent.into_iter().cloned());
        }
        for blob in group.iter() {
            if let Some(temporary) = &blob.temporary {
                let path = blob.hash.path();
                let named = vfs::uninterrupted(|| vfs.rename(&temporary.path, &path));
                named.map_err(failed("cannot write", &path))?;
            }
        }
        for dir in &dirs {
            vfs.sync_dir(dir).map_err(failed("cannot sync the directory", dir))?;
        }
        for blob in group.iter_mut() {
            if let Some(temporary) = blob.temporary.take() {
                temporary.keep();
            }
        }
        self.known().sizes.extend(group.iter().map(|blob| (blob.hash, blob.size_bytes)));
        Ok(())
    }

    /// Keeps blobs where they are until a record names them.
    pub(crate) fn hold<'a>(&'a self, refs: &'a [BlobRef]) -> Option<Hold<'a>> {
        let gate = || self.gate.read().unwrap_or_else(PoisonError::into_inner);
        (!refs.is_empty()).then(|| Hold { blobs: self, refs, _gate: gate() })
    }

    /// Removes those of some blobs that no record behind the horizon names, and that nobody put to name them.
    pub(crate) fn remove_unnamed(
        &self,
        vfs: &Arc<dyn Vfs>,
        log: &Log,
        candidates: BTreeSet<BlobHash>,
    ) -> Result<()> {
        if candidates.is_empty() {
            return Ok(());
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        // Most of the log is read while others append, only what they appended meanwhile while they wait.
        names.advance(vfs, log)?;
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        names.advance(vfs, log)?;
        let oldest_seq = log.lock().index.horizon.oldest_seq;
        let mut dirs = BTreeSet::new();
        for hash in candidates {
            if names.seqs.get(&hash).is_some_and(|seq| *seq > oldest_seq) {
                continue;
            }
            names.seqs.remove(&hash);
            let mut known = self.known();
            if known.unnamed.contains_key(&hash) {
                continue;
            }
            known.sizes.remove(&hash);
            let path = hash.path();
            match vfs::uninterrupted(|| vfs.remove(&path)) {
                Ok(()) => {
                    dirs.insert(hash.dir());
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("cannot remove a blob", &path, error)),
            }
        }
        for dir in dirs {
            vfs.sync_dir(&dir).map_err(|error| Error::io("cannot sync the directory", &dir, error))?;
        }
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

impl Names {
    /// Reads the log up to the last record that has its place.
    fn advance(&mut self, vfs: &Arc<dyn Vfs>, log: &Log) -> Result<()> {
        let (segments, last_seq, oldest_seq) = {
            let state = log.lock();
            (state.segments.clone(), state.index.last_seq, state.index.horizon.oldest_seq)
        };
        log.wait_durable(last_seq)?;
        let from = self.upto.max(oldest_seq) + 1;
        for record in Scan::new(Arc::clone(vfs), segments, from, last_seq) {
            let record = record?;
            if let Body::Transaction { blobs, .. } = record.body {
                self.seqs.extend(blobs.iter().map(|blob| (blob.hash, record.seq)));
            }
            self.upto = record.seq;
        }
        Ok(())
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
