//! A read-only view, also of a log that another process is writing.

use std::path::Path;
use std::sync::Arc;

use crate::blobs::{self, BlobHash};
use crate::checkpoint;
use crate::directory::Directory;
use crate::error::Result;
use crate::fold::{self, Fold};
use crate::follow::Follower;
use crate::index::{Extent, Index, SegmentInfo};
use crate::namespace::Namespace;
use crate::past::{Past, Tables};
use crate::record::Recovery;
use crate::remnant;
use crate::scan::Scan;
use crate::snapshot::Snapshot;
use crate::vfs::Vfs;

/// A store as it was at one moment. Takes no lock and writes nothing; open another to see more.
///
/// Of a segment that has no end it shows what a later record vouches for. After the death of a writer the last
/// group may be missing from that; opening the store for writing decides it.
pub struct Reader {
    vfs: Arc<dyn Vfs>,
    index: Index,
    tables: Arc<Tables>,
}

/// What is left of a log, and what stays of the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The seq of the oldest state that can be asked for. Records are there from the next seq on.
    pub oldest_seq: u64,
    /// The last seq shown.
    pub last_seq: u64,
    /// Segments that are there, and their bytes up to the last whole record of each.
    pub segments: (u64, u64),
    /// Segments that were dropped, and the bytes that they had.
    pub dropped: (u64, u64),
    /// Dropped records that are known by an id, of which intent and answer stay, and the bytes that these and the oldest
    /// state take.
    pub remnants: (u64, u64),
    /// The seqs of the checkpoints, ascending.
    pub checkpoint_seqs: Vec<u64>,
}

impl Reader {
    /// Opens the store in `directory` for reading.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_dir(directory: impl AsRef<Path>) -> Result<Reader> {
        Reader::open(Arc::new(Directory::new(directory.as_ref())))
    }

    /// Reads and checks the log behind the newest checkpoint, all of it where there is none.
    ///
    /// # Errors
    /// `NoStore`, `Corrupt` with segment, offset and seq, `UnsupportedFormat`, `Io`.
    pub fn open(vfs: Arc<dyn Vfs>) -> Result<Reader> {
        let index = Index::open(&vfs, Extent::Published, u64::MAX)?;
        Ok(Reader { vfs, index, tables: Arc::default() })
    }

    /// Iterates over the transactions and registrations from `from_seq` on.
    pub fn scan(&self, from_seq: u64) -> Scan {
        let segments =
            self.index.kept_segments().iter().map(|segment| (segment.number, segment.first_seq)).collect();
        Scan::new(Arc::clone(&self.vfs), segments, from_seq, self.index.last_seq)
    }

    /// Follows the log on from the last seq shown.
    ///
    /// # Errors
    /// Those of reading the header of the last segment.
    pub fn follow(&self) -> Result<Follower> {
        let kept = self.index.kept_segments();
        let segments = kept.iter().map(|segment| (segment.number, segment.first_seq)).collect();
        let known_bytes = kept.last().map_or(0, |last| last.end);
        let state = (self.index.pages.clone(), self.index.last_seq);
        Follower::new(Arc::clone(&self.vfs), segments, known_bytes, state)
    }

    /// What the log tells about earlier states.
    pub fn past(&self) -> Past {
        let segments = self.index.kept_segments().iter().map(|segment| (segment.number, segment.first_seq));
        Past {
            vfs: Arc::clone(&self.vfs),
            store_id: self.index.store_id,
            horizon: self.index.horizon,
            segments: segments.collect(),
            last_seq: self.index.last_seq,
            held_bytes_max: u64::MAX,
            tables: Arc::clone(&self.tables),
        }
    }

    /// A fold of the log up to the last seq shown: from where the newest checkpoint has it in this version, else from
    /// the first record.
    ///
    /// # Errors
    /// `Malformed` for a name without a fitting length; those of reading the log.
    pub fn fold<F: Fold>(&self, new: impl Fn() -> F) -> Result<F> {
        fold::of_reader(new, &self.index.folds, self.index.last_seq, &mut |from| self.scan(from))
    }

    /// The state at the last seq shown. It has no limit, since no writer goes on from it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::detached(self.index.pages.clone(), self.index.last_seq)
    }

    /// Reads a blob and checks it against its name.
    ///
    /// # Errors
    /// `NotFound`, `BlobDamaged` with the file, `Io`.
    pub fn get_blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        blobs::read(&*self.vfs, hash)
    }

    /// The seq of the transaction that an entry id stands in.
    pub fn find(&self, id: u128) -> Option<u64> {
        self.index.ids.get(id).map(|known| known.seq)
    }

    /// The last seq shown; 0 for an empty log.
    pub fn last_seq(&self) -> u64 {
        self.index.last_seq
    }

    /// The seq of the oldest state that is left; 0 unless segments were dropped.
    pub fn oldest_seq(&self) -> u64 {
        self.index.horizon.oldest_seq
    }

    /// What is left of the log.
    ///
    /// # Errors
    /// Those of reading what stays of dropped segments.
    pub fn kept(&self) -> Result<Kept> {
        let counted = |segments: &[SegmentInfo]| {
            (segments.len() as u64, segments.iter().map(|segment| segment.end).sum::<u64>())
        };
        let all = counted(&self.index.segments);
        let segments = counted(self.index.kept_segments());
        Ok(Kept {
            oldest_seq: self.oldest_seq(),
            last_seq: self.last_seq(),
            segments,
            dropped: (all.0 - segments.0, all.1 - segments.1),
            remnants: remnant::count(&*self.vfs, &self.index)?,
            checkpoint_seqs: checkpoint::list(&*self.vfs)?,
        })
    }

    /// The seq of the newest whole checkpoint; 0 for none.
    pub(crate) fn checkpoint_seq(&self) -> u64 {
        self.index.checkpoint_seq
    }

    /// The random name that the store got when it was created.
    pub fn id(&self) -> [u8; 16] {
        self.index.store_id
    }

    /// The registered namespaces; number `n` stands at `n - 1`.
    pub fn namespaces(&self) -> &[Namespace] {
        &self.index.namespaces
    }

    /// What openings found behind the last whole record, oldest first.
    pub fn recoveries(&self) -> &[Recovery] {
        &self.index.recoveries
    }
}
