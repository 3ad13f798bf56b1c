//! A segment's table on disk: which records are about what, so that asking reads those and no others.
//!
//! It is derived from its segment and says nothing else: whatever is wrong with it, it is made again.
//!
//! ```text
//! header   64 bytes: magic LUMENTB1, as FORMAT otherwise
//! blocks   of terms, ascending: term, count, ordinals as differences; at most 4 KiB unless one term has more
//! blocks   of places, 256 records each: offset and time as differences
//! footer   segment, first seq, salt, count of records, the directories of both with their CRCs
//! trailer  offset and length of the footer, its CRC, magic LUMENTBE
//! ```

use std::sync::OnceLock;

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};

use super::contents::{Contents, Place};
use super::terms::Term;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, FORMAT_LEN, table_path};
use crate::trailer::{self, Found};
use crate::vfs::{self, OpenMode, Vfs, VfsFile};

const TRAILER_MAGIC: &[u8; 8] = b"LUMENTBE";
const BLOCK_LEN_MAX: usize = 4 << 10;
const PLACES_PER_BLOCK: usize = 256;
/// Longer than any term.
const TERM_LEN_MAX: usize = 1 << 10;

/// The table of an ended segment, of which the directory is in memory.
pub(super) struct Table {
    file: Box<dyn VfsFile>,
    pub(super) number: u64,
    pub(super) first_seq: u64,
    pub(super) salt: u32,
    pub(super) record_count: u64,
    terms: Vec<TermBlock>,
    places: Vec<PlaceBlock>,
    /// A bit for each record, once somebody asked: whether an intent stands in it.
    stated: OnceLock<Vec<u64>>,
}

struct Extent {
    offset: u64,
    len: u64,
    crc: u32,
}

struct TermBlock {
    first: Term,
    extent: Extent,
}

struct PlaceBlock {
    /// What the differences of the first place are to.
    base: Place,
    extent: Extent,
}

/// The bytes of the table of a whole segment.
pub(super) fn encode(contents: &Contents, store_id: &[u8; 16]) -> Vec<u8> {
    let mut file = format::table_header(store_id);
    let mut footer = Encoder::new();
    footer.varint(contents.number);
    footer.varint(contents.first_seq);
    footer.raw(&contents.salt.to_le_bytes());
    footer.varint(contents.places.len() as u64);

    let mut blocks: Vec<(&Term, Encoder)> = Vec::new();
    for (term, ordinals) in &contents.terms {
        let ordinals = ordinals.as_slice();
        let mut item = Encoder::new();
        item.bytes(&term.0);
        item.varint(ordinals.len() as u64);
        let mut last = 0;
        for ordinal in ordinals {
            item.varint(u64::from(*ordinal - last));
            last = *ordinal;
        }
        match blocks.last_mut().filter(|(_, block)| block.len() + item.len() <= BLOCK_LEN_MAX) {
            Some((_, block)) => block.raw(item.as_slice()),
            None => blocks.push((term, item)),
        }
    }
    footer.varint(blocks.len() as u64);
    for (first, block) in blocks {
        footer.bytes(&first.0);
        footer.varint(block.len() as u64);
        footer.raw(&crc32c::crc32c(block.as_slice()).to_le_bytes());
        file.extend_from_slice(block.as_slice());
    }

    let blocks = contents.places.chunks(PLACES_PER_BLOCK);
    footer.varint(blocks.len() as u64);
    let mut last = Place { offset: 0, time_ns: 0 };
    for places in blocks {
        let mut block = Encoder::new();
        footer.varint(last.offset);
        footer.varint(last.time_ns);
        for place in places {
            block.varint(place.offset - last.offset);
            block.varint(place.time_ns - last.time_ns);
            last = *place;
        }
        let bytes = block.finish();
        footer.varint(bytes.len() as u64);
        footer.raw(&crc32c::crc32c(&bytes).to_le_bytes());
        file.extend_from_slice(&bytes);
    }
    let (offset, footer) = (file.len() as u64, footer.finish());
    file.extend_from_slice(&footer);
    file.extend_from_slice(&trailer::encode(&footer, offset, TRAILER_MAGIC));
    file
}

impl Table {
    /// Opens the table of a segment; `None` where there is none.
    ///
    /// # Errors
    /// `Corrupt`, `UnsupportedFormat`, `Io`.
    pub(super) fn open(vfs: &dyn Vfs, number: u64, store_id: &[u8; 16]) -> Result<Option<Table>> {
        let path = table_path(number);
        let Some(file) = vfs::open_if_exists(vfs, &path, OpenMode::Read)? else { return Ok(None) };
        let damaged = || damaged(&path);
        let header = vfs::read_range(&*file, &path, 0, FORMAT_LEN as u64)?;
        format::check_table_header(&header, store_id, &path)?;
        let Found { footer, offset, .. } = trailer::read_footer(&*file, &path, "table", TRAILER_MAGIC)?;
        let table = decode_footer(file, &footer, offset).map_err(|_| damaged())?;
        if table.number == number { Ok(Some(table)) } else { Err(damaged()) }
    }

    /// The ordinals of the records that are about a term, ascending.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(super) fn ordinals(&self, term: &Term) -> Result<Vec<u32>> {
        let at = self.terms.partition_point(|block| block.first <= *term);
        let Some(block) = at.checked_sub(1).and_then(|at| self.terms.get(at)) else { return Ok(Vec::new()) };
        let bytes = self.read(&block.extent)?;
        let found = find(&bytes, term).map_err(|_| damaged(&table_path(self.number)))?;
        match found.last() {
            Some(last) if u64::from(*last) >= self.record_count => Err(damaged(&table_path(self.number))),
            _ => Ok(found),
        }
    }

    /// As [`Table::ordinals`], without the records in which no intent stands.
    ///
    /// # Errors
    /// As there.
    pub(super) fn stated_ordinals(&self, term: &Term) -> Result<Vec<u32>> {
        let mut ordinals = self.ordinals(term)?;
        let stated = self.stated()?;
        ordinals.retain(|at| stated.get(*at as usize / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1));
        Ok(ordinals)
    }

    fn stated(&self) -> Result<&[u64]> {
        if let Some(bits) = self.stated.get() {
            return Ok(bits);
        }
        let mut bits = Vec::new();
        for ordinal in self.ordinals(&Term::stated())? {
            let at = ordinal as usize / 64;
            if at >= bits.len() {
                bits.resize(at + 1, 0);
            }
            bits[at] |= 1 << (ordinal % 64);
        }
        Ok(self.stated.get_or_init(|| bits))
    }

    /// The place of a record.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(super) fn place(&self, ordinal: u32) -> Result<Place> {
        let damaged = || damaged(&table_path(self.number));
        let block = self.places.get(ordinal as usize / PLACES_PER_BLOCK).ok_or_else(damaged)?;
        let bytes = self.read(&block.extent)?;
        let mut decoder = Decoder::new(&bytes);
        let mut place = block.base;
        for _ in 0..=ordinal as usize % PLACES_PER_BLOCK {
            let mut step = |last: u64| {
                decoder.varint("place").ok().and_then(|step| last.checked_add(step)).ok_or_else(damaged)
            };
            place = Place { offset: step(place.offset)?, time_ns: step(place.time_ns)? };
        }
        Ok(place)
    }

    fn read(&self, extent: &Extent) -> Result<Vec<u8>> {
        let path = table_path(self.number);
        let bytes = vfs::read_range(&*self.file, &path, extent.offset, extent.len)?;
        if bytes.len() as u64 != extent.len || crc32c::crc32c(&bytes) != extent.crc {
            return Err(damaged(&path));
        }
        Ok(bytes)
    }
}

fn find(block: &[u8], wanted: &Term) -> std::result::Result<Vec<u32>, Malformed> {
    let mut decoder = Decoder::new(block);
    while !decoder.is_empty() {
        let term = decoder.bytes(TERM_LEN_MAX, "term")?;
        // They ascend: what is not here does not follow.
        if *term > *wanted.0 {
            break;
        }
        let count = decoder.varint_up_to(block.len() as u64, "ordinals")? as usize;
        if *term != *wanted.0 {
            let rest = block.get(decoder.offset()..).unwrap_or_default();
            decoder.raw(varints_len(rest, count), "ordinals")?;
            continue;
        }
        let (mut last, mut ordinals) = (0u64, Vec::with_capacity(count));
        for _ in 0..count {
            let next =
                last.checked_add(decoder.varint("ordinal")?).filter(|next| *next <= u64::from(u32::MAX));
            last = next.ok_or_else(|| decoder.malformed(Malformation::Range, "ordinal"))?;
            ordinals.push(last as u32);
        }
        return Ok(ordinals);
    }
    Ok(Vec::new())
}

/// How many bytes so many varints take: each ends with a byte below 128. One more than there are where some are missing.
fn varints_len(bytes: &[u8], count: usize) -> usize {
    let (mut left, mut at) = (count, 0);
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let ended = (!u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080).count_ones() as usize;
        if ended >= left {
            break;
        }
        (left, at) = (left - ended, at + 8);
    }
    for byte in bytes.get(at..).unwrap_or_default() {
        if left == 0 {
            break;
        }
        left -= usize::from(*byte < 0x80);
        at += 1;
    }
    if left == 0 { at } else { bytes.len() + 1 }
}

fn decode_footer(
    file: Box<dyn VfsFile>,
    footer: &[u8],
    footer_at: u64,
) -> std::result::Result<Table, Malformed> {
    let mut decoder = Decoder::new(footer);
    let (number, first_seq) = (decoder.varint("segment")?, decoder.varint("first seq")?);
    let salt = u32::from_le_bytes(decoder.array("salt")?);
    let record_count = decoder.varint("record count")?;
    let mut offset = FORMAT_LEN as u64;
    let mut extent = |decoder: &mut Decoder<'_>| {
        let (len, crc) = (decoder.varint("block length")?, decoder.array("block checksum")?);
        let extent = Extent { offset, len, crc: u32::from_le_bytes(crc) };
        offset = offset
            .checked_add(len)
            .filter(|end| *end <= footer_at)
            .ok_or_else(|| decoder.malformed(Malformation::Range, "block length"))?;
        Ok(extent)
    };
    let terms = decoder.items(footer.len(), "term blocks", |decoder| {
        let first = Term(decoder.bytes(TERM_LEN_MAX, "term")?.into());
        Ok(TermBlock { first, extent: extent(decoder)? })
    })?;
    let places = decoder.items(footer.len(), "place blocks", |decoder| {
        let base = Place { offset: decoder.varint("offset")?, time_ns: decoder.varint("time")? };
        Ok(PlaceBlock { base, extent: extent(decoder)? })
    })?;
    decoder.finish("footer")?;
    Ok(Table { file, number, first_seq, salt, record_count, terms, places, stated: OnceLock::new() })
}

fn damaged(path: &str) -> Error {
    Error::new(ErrorKind::Corrupt, "the table of a segment is damaged").in_file(path)
}
