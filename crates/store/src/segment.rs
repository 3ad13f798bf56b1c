//! Reading one segment: which records stand in it, and what the end of it means.
//!
//! The decision that matters is made at the first place without a whole record. If any later record of the same
//! segment vouches for what is missing, acknowledged data is damaged and the answer is `Corrupt`. If none does, only
//! a write that was never acknowledged can have stood there, and the tail is torn.

use crate::error::{Error, ErrorKind, Result};
use crate::format::{SEGMENT_HEADER_LEN, SegmentHeader, kind};
use crate::record::{LAGGING_VERSION, RECORD_VERSION, RawRecord, TOLD_VERSION};

/// A segment's records and its end.
pub(crate) struct Segment<'a> {
    pub(crate) header: SegmentHeader,
    pub(crate) records: Vec<RawRecord<'a>>,
    pub(crate) tail: Tail,
    /// The greatest seq that a record in the segment vouches for.
    pub(crate) durable_upto: u64,
    pub(crate) last_seq: u64,
}

/// How a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    /// Where the last whole record ends.
    pub(crate) end: u64,
    /// Whether that is an END.
    pub(crate) ended: bool,
    /// Bytes from there to the last one that is not zero: 0 for a clean tail.
    pub(crate) torn_bytes: u64,
}

impl<'a> Segment<'a> {
    /// Reads segment `number` from all its bytes.
    ///
    /// # Errors
    /// `Corrupt` for damage to what was acknowledged, `UnsupportedFormat` for what a newer binary wrote.
    pub(crate) fn parse(bytes: &'a [u8], number: u64) -> Result<Segment<'a>> {
        let header = SegmentHeader::decode(bytes, number)?;
        let first_missing = header.first_seq;
        let mut segment = Segment {
            header,
            records: Vec::new(),
            tail: Tail { end: SEGMENT_HEADER_LEN as u64, ended: false, torn_bytes: 0 },
            durable_upto: first_missing.saturating_sub(1),
            last_seq: first_missing.saturating_sub(1),
        };
        let mut offset = SEGMENT_HEADER_LEN;
        while let Some(record) = RawRecord::parse(bytes, offset, header.record_salt()) {
            segment.admit(record)?;
            offset += record.padded_len();
            if record.kind == kind::END {
                segment.tail.ended = true;
                break;
            }
        }
        segment.tail.end = offset as u64;
        segment.tail.torn_bytes = torn_bytes(bytes, offset);
        segment.check_tail(bytes, offset)?;
        Ok(segment)
    }

    fn admit(&mut self, record: RawRecord<'a>) -> Result<()> {
        let place = |error: Error| error.in_segment(self.header.number).at(record.offset);
        let known = matches!(
            record.kind,
            kind::TXN
                | kind::REFUSED
                | kind::GRAPH
                | kind::NAMESPACE
                | kind::HASH
                | kind::RECOVERED
                | kind::MARK
                | kind::END
        );
        let later = matches!(
            (record.kind, record.version),
            (kind::TXN, TOLD_VERSION) | (kind::GRAPH, LAGGING_VERSION)
        );
        if !known || !(record.version == RECORD_VERSION || later) || record.flags != 0 {
            return Err(place(
                Error::new(ErrorKind::UnsupportedFormat, "a record of another format")
                    .at_seq(record.seq)
                    .expected(format!(
                        "a known kind in version {RECORD_VERSION}, for a TXN also {TOLD_VERSION}, without flags"
                    ))
                    .found(format!(
                        "kind {} version {} flags {:#x}",
                        record.kind, record.version, record.flags
                    )),
            ));
        }
        let step = u64::from(!kind::is_bookkeeping(record.kind));
        let expected = self.last_seq.saturating_add(step);
        if record.seq != expected {
            return Err(place(
                Error::new(ErrorKind::Corrupt, "the log's order has a gap")
                    .at_seq(expected)
                    .expected(format!("seq {expected}"))
                    .found(format!("seq {}", record.seq)),
            ));
        }
        if record.durable_upto < self.durable_upto || record.durable_upto > record.seq {
            return Err(place(
                Error::new(ErrorKind::Corrupt, "the durable mark runs backwards or ahead")
                    .at_seq(record.seq)
                    .expected(format!("{} to {}", self.durable_upto, record.seq))
                    .found(record.durable_upto.to_string()),
            ));
        }
        self.last_seq = record.seq;
        self.durable_upto = record.durable_upto;
        self.records.push(record);
        Ok(())
    }

    fn check_tail(&self, bytes: &[u8], end: usize) -> Result<()> {
        let damaged = |what: &str| {
            Error::new(ErrorKind::Corrupt, what.to_owned()).in_segment(self.header.number).at(end as u64)
        };
        if self.tail.ended {
            return if self.tail.torn_bytes == 0 {
                Ok(())
            } else {
                Err(damaged("bytes follow the segment's end").expected("zeros or the end of the file"))
            };
        }
        let missing = self.last_seq.saturating_add(1);
        let mut offset = end + 8;
        while offset < bytes.len() {
            let Some(record) = RawRecord::parse(bytes, offset, self.header.record_salt()) else {
                offset += 8;
                continue;
            };
            if record.claims(missing) {
                return Err(damaged("acknowledged data is damaged")
                    .at_seq(missing)
                    .expected("a record whose checksum holds")
                    .found(format!("none, though the record at byte {offset} vouches for it")));
            }
            offset += record.padded_len();
        }
        Ok(())
    }
}

/// Bytes from `end` to the last one that is not zero.
fn torn_bytes(bytes: &[u8], end: usize) -> u64 {
    let tail = bytes.get(end..).unwrap_or_default();
    tail.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

/// `Corrupt` or, for a form that only a newer binary can have written, `UnsupportedFormat`: the checksum holds, so
/// these bytes are what somebody meant to write.
pub(crate) fn unreadable(malformed: &plan::Malformed, number: u64, record: &RawRecord<'_>) -> Error {
    let kind = match malformed.code {
        plan::Malformation::UnknownTag => ErrorKind::UnsupportedFormat,
        _ => ErrorKind::Corrupt,
    };
    Error::new(kind, malformed.to_string()).in_segment(number).at(record.offset).at_seq(record.seq)
}
