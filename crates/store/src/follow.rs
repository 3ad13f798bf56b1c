//! Following a log that another process writes.

use std::sync::Arc;

use crate::error::Result;
use crate::format::{SEGMENT_HEADER_LEN, SegmentHeader, segment_path};
use crate::horizon;
use crate::pages::Pages;
use crate::record::{RawRecord, Record};
use crate::scan::{PIECE_LEN, Scan, cut_record_len};
use crate::snapshot::Snapshot;
use crate::vfs::{self, OpenMode, Vfs, VfsFile};

/// The records behind those that a [`Reader`](crate::Reader) shows, as a writer in any process appends them, and the
/// state behind the last: what is new costs what it is, however long the log. As a reader it takes no lock, writes
/// nothing, and sees what a later record vouches for.
pub struct Follower {
    vfs: Arc<dyn Vfs>,
    /// Number and first seq; the last is that of `tail`.
    segments: Vec<(u64, u64)>,
    tail: Tail,
    scan: Scan,
    pages: Pages,
    last_seq: u64,
}

impl Follower {
    /// Behind the state with this seq of a log that has these segments, of the last of which so many bytes are known.
    pub(crate) fn new(
        vfs: Arc<dyn Vfs>,
        segments: Vec<(u64, u64)>,
        known_bytes: u64,
        (pages, last_seq): (Pages, u64),
    ) -> Result<Follower> {
        let number = segments.last().map_or(0, |(number, _)| *number);
        let salt = if number == 0 { 0 } else { header(&*vfs, number)?.record_salt() };
        let tail = Tail { number, salt, offset: known_bytes, vouched_seq: last_seq };
        let scan = Scan::new(Arc::clone(&vfs), segments.clone(), last_seq + 1, last_seq);
        Ok(Follower { vfs, segments, tail, scan, pages, last_seq })
    }

    /// The next record; `None` when there is none yet.
    ///
    /// # Errors
    /// `SeqTooOld` when it was dropped before it was read: a new reader begins behind it. `Corrupt`, `Io`; what failed
    /// is tried again by the next call.
    pub fn poll(&mut self) -> Result<Option<Record>> {
        let polled = self.advance();
        if polled.is_err() {
            // A scan ends with what failed.
            self.rescan();
        }
        polled
    }

    fn advance(&mut self) -> Result<Option<Record>> {
        let mut next = self.scan.next();
        if next.is_none() {
            self.tail.advance(&*self.vfs, &mut self.segments)?;
            self.scan.extend(&self.segments, self.tail.vouched_seq);
            next = self.scan.next();
        }
        if let Some(Err(_)) = next {
            // A writer that recovers a segment puts another file in its place, which ends with the last whole record.
            self.rescan();
            next = self.scan.next();
        }
        let Some(record) = next.transpose()? else { return Ok(None) };
        self.pages.replay(&record)?;
        self.last_seq = record.seq;
        Ok(Some(record))
    }

    /// Begins again behind the last record that was given.
    fn rescan(&mut self) {
        let vfs = Arc::clone(&self.vfs);
        self.scan = Scan::new(vfs, self.segments.clone(), self.last_seq + 1, self.tail.vouched_seq);
    }

    /// The last seq that it gave.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The state behind that seq. As of a reader it has no limit.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::detached(self.pages.clone(), self.last_seq)
    }
}

/// The end of a log as far as it was looked at.
struct Tail {
    /// Its segment; 0 before there is one.
    number: u64,
    salt: u32,
    /// Where the next record of that segment stands.
    offset: u64,
    /// The last seq that is vouched for.
    vouched_seq: u64,
}

impl Tail {
    /// Looks at what was appended since, and notes the segments that were begun.
    fn advance(&mut self, vfs: &dyn Vfs, segments: &mut Vec<(u64, u64)>) -> Result<()> {
        loop {
            self.read(vfs)?;
            let number = self.number + 1;
            if vfs::open_if_exists(vfs, &segment_path(number), OpenMode::Read)?.is_none() {
                return Ok(());
            }
            let header = header(vfs, number)?;
            // A segment gets its name once everything before it is on disk.
            let vouched_seq = self.vouched_seq.max(header.first_seq.saturating_sub(1));
            segments.push((number, header.first_seq));
            let (salt, offset) = (header.record_salt(), SEGMENT_HEADER_LEN as u64);
            *self = Tail { number, salt, offset, vouched_seq };
        }
    }

    /// Reads its segment on up to the last whole record.
    fn read(&mut self, vfs: &dyn Vfs) -> Result<()> {
        if self.number == 0 {
            return Ok(());
        }
        let (file, path) = (open(vfs, self.number)?, segment_path(self.number));
        let mut piece_len = PIECE_LEN;
        loop {
            let bytes = vfs::read_range(&*file, &path, self.offset, piece_len)?;
            let mut at = 0;
            while let Some(raw) = RawRecord::parse(&bytes, at, self.salt) {
                self.vouched_seq = self.vouched_seq.max(raw.durable_upto);
                at += raw.padded_len();
            }
            self.offset += at as u64;
            piece_len = match cut_record_len(&bytes) {
                _ if at > 0 => PIECE_LEN,
                Some(len) if len > piece_len => len,
                _ => return Ok(()),
            };
        }
    }
}

fn open(vfs: &dyn Vfs, number: u64) -> Result<Box<dyn VfsFile>> {
    vfs::open_if_exists(vfs, &segment_path(number), OpenMode::Read)?
        .ok_or_else(|| horizon::missing_segment(vfs, number))
}

fn header(vfs: &dyn Vfs, number: u64) -> Result<SegmentHeader> {
    let file = open(vfs, number)?;
    let bytes = vfs::read_range(&*file, &segment_path(number), 0, SEGMENT_HEADER_LEN as u64)?;
    SegmentHeader::decode(&bytes, number)
}
