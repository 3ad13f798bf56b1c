//! A segment's table in memory, made by reading the segment.

use std::collections::BTreeMap;

use super::terms::Term;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{RECORD_LEN_MAX, SEGMENT_HEADER_LEN, SegmentHeader, kind, segment_path};
use crate::horizon;
use crate::index::decode;
use crate::record::{RawRecord, Record};
use crate::scan::{PIECE_LEN, cut_record_len};
use crate::vfs::{self, OpenMode, Vfs, VfsFile};

/// Where a record stands in its segment, and its time, which the log only has as a difference to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) time_ns: u64,
}

/// The records of one segment, from its first on, by what they are about.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) number: u64,
    pub(super) first_seq: u64,
    pub(super) salt: u32,
    /// By ordinal: the record with seq `first_seq + ordinal`.
    pub(super) places: Vec<Place>,
    /// Ascending ordinals by term.
    pub(super) terms: BTreeMap<Term, Ordinals>,
    /// Where the next record stands, and the time of the last one.
    next: Place,
}

/// Ascending ordinals, at least one. Most pages change once in a segment, and a segment may have very many.
#[derive(Debug)]
pub(super) enum Ordinals {
    One(u32),
    More(Vec<u32>),
}

impl Ordinals {
    pub(super) fn as_slice(&self) -> &[u32] {
        match self {
            Ordinals::One(ordinal) => std::slice::from_ref(ordinal),
            Ordinals::More(ordinals) => ordinals,
        }
    }

    fn push(&mut self, ordinal: u32) {
        match self {
            Ordinals::One(first) => *self = Ordinals::More(vec![*first, ordinal]),
            Ordinals::More(ordinals) => ordinals.push(ordinal),
        }
    }
}

impl Contents {
    /// Nothing yet of the segment with this number.
    ///
    /// # Errors
    /// Those of its header.
    pub(super) fn begin(vfs: &dyn Vfs, number: u64) -> Result<Contents> {
        let header = header_of(vfs, number)?;
        Ok(Contents {
            number,
            first_seq: header.first_seq,
            salt: header.record_salt(),
            places: Vec::new(),
            terms: BTreeMap::new(),
            next: Place { offset: SEGMENT_HEADER_LEN as u64, time_ns: header.start_time_ns },
        })
    }

    /// Reads on up to the record with seq `to`. Whatever happens meanwhile, it is whole up to the last record that it took.
    ///
    /// # Errors
    /// `Corrupt` with segment, offset and seq; `Io`.
    pub(super) fn extend(&mut self, vfs: &dyn Vfs, to: u64) -> Result<()> {
        if self.knows(to) {
            return Ok(());
        }
        let (file, path) = (open(vfs, self.number)?, segment_path(self.number));
        let mut piece_len = PIECE_LEN;
        while self.next_seq() <= to {
            let bytes = vfs::read_range(&*file, &path, self.next.offset, piece_len)?;
            let (start, mut at) = (self.next.offset, 0);
            while self.next_seq() <= to
                && let Some(mut raw) = RawRecord::parse(&bytes, at, self.salt)
            {
                raw.offset = start + at as u64;
                at += raw.padded_len();
                if !kind::is_bookkeeping(raw.kind) {
                    self.admit(&raw)?;
                }
                self.next.offset = start + at as u64;
            }
            piece_len = match cut_record_len(&bytes) {
                _ if at > 0 => PIECE_LEN,
                Some(len) if len > piece_len => len,
                _ => {
                    return Err(Error::new(ErrorKind::Corrupt, "acknowledged data is damaged")
                        .in_segment(self.number)
                        .at(self.next.offset)
                        .at_seq(self.next_seq()));
                }
            };
        }
        Ok(())
    }

    /// Whether it goes as far as this seq.
    pub(super) fn knows(&self, seq: u64) -> bool {
        self.next_seq() > seq
    }

    fn next_seq(&self) -> u64 {
        self.first_seq + self.places.len() as u64
    }

    fn admit(&mut self, raw: &RawRecord<'_>) -> Result<()> {
        let mut time_ns = self.next.time_ns;
        let (record, _) = decode(raw, self.number, &mut time_ns)?;
        let ordinal = self.places.len() as u32;
        if record.seq != self.next_seq() {
            return Err(Error::new(ErrorKind::Corrupt, "the log's order has a gap")
                .in_segment(self.number)
                .at(raw.offset)
                .at_seq(self.next_seq()));
        }
        self.next.time_ns = time_ns;
        self.places.push(Place { offset: raw.offset, time_ns: record.time_ns });
        for term in Term::of(&record) {
            self.terms
                .entry(term)
                .and_modify(|ordinals| ordinals.push(ordinal))
                .or_insert(Ordinals::One(ordinal));
        }
        Ok(())
    }
}

/// What the records of a segment are told from others by.
///
/// # Errors
/// Those of its header.
pub(super) fn salt_of(vfs: &dyn Vfs, number: u64) -> Result<u32> {
    Ok(header_of(vfs, number)?.record_salt())
}

fn header_of(vfs: &dyn Vfs, number: u64) -> Result<SegmentHeader> {
    let file = open(vfs, number)?;
    let bytes = vfs::read_range(&*file, &segment_path(number), 0, SEGMENT_HEADER_LEN as u64)?;
    SegmentHeader::decode(&bytes, number)
}

/// The record at a place, which must have this seq.
///
/// # Errors
/// `Corrupt` for another or none; `Io`.
pub(super) fn read_record(vfs: &dyn Vfs, number: u64, salt: u32, place: Place, seq: u64) -> Result<Record> {
    let (file, path) = (open(vfs, number)?, segment_path(number));
    // Most records are short: one call reads them.
    let mut bytes = vfs::read_range(&*file, &path, place.offset, 512)?;
    let len = bytes.first_chunk().map_or(0, |len| u32::from_le_bytes(*len)) as usize;
    let padded_len = crate::record::padded(len.min(RECORD_LEN_MAX));
    if padded_len > bytes.len() {
        bytes = vfs::read_range(&*file, &path, place.offset, padded_len as u64)?;
    }
    let raw =
        RawRecord::parse(&bytes, 0, salt).filter(|raw| raw.seq == seq && !kind::is_bookkeeping(raw.kind));
    let mut raw = raw.ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, "acknowledged data is damaged")
            .in_segment(number)
            .at(place.offset)
            .at_seq(seq)
    })?;
    raw.offset = place.offset;
    let (mut record, _) = decode(&raw, number, &mut 0)?;
    record.time_ns = place.time_ns;
    Ok(record)
}

fn open(vfs: &dyn Vfs, number: u64) -> Result<Box<dyn VfsFile>> {
    vfs::open_if_exists(vfs, &segment_path(number), OpenMode::Read)?
        .ok_or_else(|| horizon::missing_segment(vfs, number))
}
