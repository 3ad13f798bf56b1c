//! Iterating over the log's records in order.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::format::{SEGMENT_HEADER_LEN, SegmentHeader, kind};
use crate::index::{decode, read_segment_bytes};
use crate::record::{RawRecord, Record, decode_state_hash};
use crate::segment::unreadable;
use crate::vfs::Vfs;

/// The records from one seq to another, both included. Holds one segment's bytes at a time.
///
/// The first error ends the iteration.
pub struct Scan {
    vfs: Arc<dyn Vfs>,
    /// Number and first seq of the segments still to read, the next one last.
    segments: Vec<(u64, u64)>,
    next_seq: u64,
    last_seq: u64,
    open: Option<Open>,
    failed: bool,
}

struct Open {
    bytes: Vec<u8>,
    number: u64,
    salt: u32,
    offset: usize,
    time_ns: u64,
}

impl Scan {
    pub(crate) fn new(vfs: Arc<dyn Vfs>, segments: Vec<(u64, u64)>, from_seq: u64, last_seq: u64) -> Scan {
        let next_seq = from_seq.max(1);
        // The segment that holds `next_seq` is the last one that begins at or before it.
        let skipped = segments.partition_point(|(_, first_seq)| *first_seq <= next_seq).saturating_sub(1);
        let mut segments: Vec<_> = segments.into_iter().skip(skipped).collect();
        segments.reverse();
        Scan { vfs, segments, next_seq, last_seq, open: None, failed: false }
    }

    /// The next record, with the state hash that the log holds behind it, if it does.
    pub(crate) fn advance(&mut self) -> Option<Result<(Record, Option<u128>)>> {
        if self.failed || self.next_seq > self.last_seq {
            return None;
        }
        let item = self.read();
        self.failed = item.is_err();
        Some(item)
    }

    fn read(&mut self) -> Result<(Record, Option<u128>)> {
        loop {
            let Some(open) = &mut self.open else {
                self.open_segment()?;
                continue;
            };
            let Some(raw) = RawRecord::parse(&open.bytes, open.offset, open.salt) else {
                return Err(Error::new(ErrorKind::Corrupt, "acknowledged data is damaged")
                    .in_segment(open.number)
                    .at(open.offset as u64)
                    .at_seq(self.next_seq));
            };
            open.offset += raw.padded_len();
            let record = match kind::is_bookkeeping(raw.kind) {
                true => None,
                false => Some(decode(&raw, open.number, &mut open.time_ns)?.0),
            };
            let hash = match RawRecord::parse(&open.bytes, open.offset, open.salt) {
                Some(next) if record.is_some() && next.kind == kind::HASH => {
                    let hash = decode_state_hash(next.entries);
                    Some(hash.map_err(|error| unreadable(&error, open.number, &next))?)
                }
                _ => None,
            };
            // A recovered segment has no END: it is over where its bytes are.
            let exhausted = open.offset >= open.bytes.len() && !self.segments.is_empty();
            if raw.kind == kind::END || exhausted {
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
        let bytes = read_segment_bytes(&*self.vfs, number)?;
        let header = SegmentHeader::decode(&bytes, number)?;
        // A segment recovered with no record in it is all header.
        if bytes.len() > SEGMENT_HEADER_LEN || self.segments.is_empty() {
            let (salt, time_ns) = (header.record_salt(), header.start_time_ns);
            self.open = Some(Open { bytes, number, salt, offset: SEGMENT_HEADER_LEN, time_ns });
        }
        Ok(())
    }
}

impl Iterator for Scan {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Result<Record>> {
        Some(self.advance()?.map(|(record, _)| record))
    }
}
