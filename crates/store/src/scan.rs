//! Iterating over the log's records in order.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::format::{
    RECORD_HEADER_LEN, RECORD_LEN_MAX, SEGMENT_HEADER_LEN, SegmentHeader, kind, segment_path,
};
use crate::horizon;
use crate::index::decode;
use crate::record::{RawRecord, Record, STATE_HASH_LEN, decode_state_hash, padded};
use crate::segment::unreadable;
use crate::vfs::{self, OpenMode, Vfs, VfsFile};

/// The records from one seq to another, both included. Holds a piece of one segment at a time.
///
/// The first error ends the iteration. `SeqTooOld` is one that begins before the oldest record that is left.
pub struct Scan {
    vfs: Arc<dyn Vfs>,
    /// Number and first seq of the segments still to read, the next one last.
    segments: Vec<(u64, u64)>,
    next_seq: u64,
    last_seq: u64,
    /// The number of the last segment that it knows.
    last_number: u64,
    /// The seq of the oldest record that is left.
    first_seq: u64,
    open: Option<Open>,
    failed: bool,
}

/// How much of a segment is read at once, unless a record is longer.
pub(crate) const PIECE_LEN: u64 = 128 << 10;

/// How long the record is that a piece begins with and does not hold whole, if it says so: what is read instead, and no
/// more, since it may be that one transaction has most of the memory that there is.
pub(crate) fn cut_record_len(piece: &[u8]) -> Option<u64> {
    let len = u32::from_le_bytes(*piece.first_chunk()?) as usize;
    let padded_len = padded(len.min(RECORD_LEN_MAX));
    (padded_len > piece.len()).then_some(padded_len as u64)
}

/// The segment that is read.
struct Open {
    file: Box<dyn VfsFile>,
    number: u64,
    salt: u32,
    /// A piece of it.
    bytes: Vec<u8>,
    /// Where the piece begins.
    start: u64,
    /// Where the next record stands in the piece.
    at: usize,
    time_ns: u64,
}

impl Open {
    /// Where the next record stands.
    fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    /// Reads the next piece, which begins with the next record and holds all of it.
    fn fill(&mut self) -> Result<()> {
        let (start, path) = (self.offset(), segment_path(self.number));
        let mut bytes = vfs::read_range(&*self.file, &path, start, PIECE_LEN)?;
        if let Some(len) = cut_record_len(&bytes) {
            bytes = vfs::read_range(&*self.file, &path, start, len)?;
        }
        (self.bytes, self.start, self.at) = (bytes, start, 0);
        Ok(())
    }
}

impl Scan {
    pub(crate) fn new(vfs: Arc<dyn Vfs>, segments: Vec<(u64, u64)>, from_seq: u64, last_seq: u64) -> Scan {
        let next_seq = from_seq.max(1);
        let last_number = segments.last().map_or(0, |(number, _)| *number);
        let first_seq = segments.first().map_or(1, |(_, first_seq)| *first_seq);
        // The segment that holds `next_seq` is the last one that begins at or before it.
        let skipped = segments.partition_point(|(_, first_seq)| *first_seq <= next_seq).saturating_sub(1);
        let mut segments: Vec<_> = segments.into_iter().skip(skipped).collect();
        segments.reverse();
        Scan { vfs, segments, next_seq, last_seq, last_number, first_seq, open: None, failed: false }
    }

    /// The next record, with the state hash that the log holds behind it, if it does.
    pub(crate) fn advance(&mut self) -> Option<Result<(Record, Option<u128>)>> {
        if self.failed || self.next_seq > self.last_seq {
            return None;
        }
        let is_left = self.next_seq >= self.first_seq;
        let item = if is_left { self.read() } else { Err(Error::too_old(self.next_seq, self.first_seq - 1)) };
        self.failed = item.is_err();
        Some(item)
    }

    fn read(&mut self) -> Result<(Record, Option<u128>)> {
        loop {
            let Some(open) = &mut self.open else {
                self.open_segment()?;
                continue;
            };
            let (number, offset) = (open.number, open.offset());
            let mut raw = match RawRecord::parse(&open.bytes, open.at, open.salt) {
                Some(raw) => raw,
                // The piece cuts it, or was read before it was written.
                None => {
                    open.fill()?;
                    RawRecord::parse(&open.bytes, open.at, open.salt).ok_or_else(|| {
                        Error::new(ErrorKind::Corrupt, "acknowledged data is damaged")
                            .in_segment(number)
                            .at(offset)
                            .at_seq(self.next_seq)
                    })?
                }
            };
            raw.offset = offset;
            let kind = raw.kind;
            open.at += raw.padded_len();
            let record = match kind::is_bookkeeping(raw.kind) {
                true => None,
                false => Some(decode(&raw, open.number, &mut open.time_ns)?.0),
            };
            if open.bytes.len() - open.at < RECORD_HEADER_LEN + STATE_HASH_LEN {
                open.fill()?;
            }
            let hash = match RawRecord::parse(&open.bytes, open.at, open.salt) {
                Some(next) if record.is_some() && next.kind == kind::HASH => {
                    let hash = decode_state_hash(next.entries);
                    Some(hash.map_err(|error| unreadable(&error, open.number, &next))?)
                }
                _ => None,
            };
            // A recovered segment has no END: it is over where its bytes are.
            let exhausted = open.bytes.len() == open.at && !self.segments.is_empty();
            if kind == kind::END || exhausted {
                self.open = None;
            }
            if let Some(record) = record.filter(|record| record.seq >= self.next_seq) {
                self.next_seq = record.seq + 1;
                return Ok((record, hash));
            }
        }
    }

    fn open_segment(&mut self) -> Result<()> {
        let Some((number, _)) = self.segments.pop() else {
            return Err(Error::new(ErrorKind::Corrupt, "the log ends too early").at_seq(self.next_seq));
        };
        let path = segment_path(number);
        let file = vfs::open_if_exists(&*self.vfs, &path, OpenMode::Read)?
            .ok_or_else(|| horizon::missing_segment(&*self.vfs, number))?;
        let bytes = vfs::read_range(&*file, &path, 0, PIECE_LEN)?;
        let header = SegmentHeader::decode(&bytes, number)?;
        // A segment recovered with no record in it is all header.
        if bytes.len() > SEGMENT_HEADER_LEN || self.segments.is_empty() {
            let (salt, time_ns) = (header.record_salt(), header.start_time_ns);
            self.open = Some(Open { file, number, salt, bytes, start: 0, at: SEGMENT_HEADER_LEN, time_ns });
        }
        Ok(())
    }

    /// Goes on to a later seq of a log that has grown to these segments, and may have lost its first ones.
    pub(crate) fn extend(&mut self, segments: &[(u64, u64)], last_seq: u64) {
        self.first_seq = segments.first().map_or(1, |(_, first_seq)| *first_seq);
        let newer = segments.iter().rev().take_while(|(number, _)| *number > self.last_number);
        self.segments.splice(0..0, newer.copied());
        self.last_number = segments.last().map_or(0, |(number, _)| *number);
        self.last_seq = self.last_seq.max(last_seq);
    }
}

impl Iterator for Scan {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Result<Record>> {
        Some(self.advance()?.map(|(record, _)| record))
    }
}
