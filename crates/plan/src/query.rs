//! What a plan selects and what it has read.

use crate::delta::{validate_metadata, validate_name};
use crate::malformed::{Malformation, Malformed};
use crate::wire::{Decoder, Encoder};

/// The greatest page in bytes.
pub const PAGE_LEN_MAX: u32 = 1 << 20;
/// The longest page name in bytes.
pub const PAGE_NAME_LEN_MAX: usize = 255;
/// The longest metadata of a page in bytes.
pub const METADATA_LEN_MAX: usize = 4 << 10;
/// The most reads of a transaction, and the most of each kind of selection.
pub const READS_MAX: usize = 65_536;

/// The pages that a plan may touch: all that any of its parts selects. Every part ascends and stands once, and no id
/// is listed that a range holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Page ids.
    pub pages: Vec<u64>,
    /// Ranges of page ids, both ends included, without overlap.
    pub ranges: Vec<(u64, u64)>,
    /// Page names.
    pub names: Vec<String>,
    /// Pages with exactly this metadata.
    pub metadata: Vec<Vec<u8>>,
}

/// One thing that a plan was made from. The upsert is refused if it no longer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// The page had this version; 0 for a page that did not exist.
    Version {
        /// The page.
        page: u64,
        /// The seq of its last change.
        version: u64,
    },
    /// Bytes of the page had this hash.
    Range {
        /// The page.
        page: u64,
        /// The first byte.
        offset: u32,
        /// How many.
        len: u32,
        /// The first 16 bytes of their BLAKE3.
        hash: [u8; 16],
    },
}

impl Read {
    /// That the bytes of `page` from `offset` on were these.
    pub fn of_range(page: u64, offset: u32, bytes: &[u8]) -> Read {
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
        Read::Range { page, offset, len: u32::try_from(bytes.len()).unwrap_or(u32::MAX), hash }
    }

    /// The page that was read.
    pub fn page(&self) -> u64 {
        match self {
            Read::Version { page, .. } | Read::Range { page, .. } => *page,
        }
    }

    /// Pages ascend; of one page the version stands first, then ranges by offset and length.
    pub(crate) fn order(&self) -> (u64, u8, u32, u32) {
        match self {
            Read::Version { page, .. } => (*page, 0, 0, 0),
            Read::Range { page, offset, len, .. } => (*page, 1, *offset, *len),
        }
    }
}

impl Query {
    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.ranges.is_empty() && self.names.is_empty() && self.metadata.is_empty()
    }

    /// Whether the page is selected by its id. Selection by name or metadata depends on the state: then the answer
    /// is `None`.
    pub fn selects(&self, page: u64) -> Option<bool> {
        if self.pages.binary_search(&page).is_ok() || self.in_range(page) {
            return Some(true);
        }
        (self.names.is_empty() && self.metadata.is_empty()).then_some(false)
    }

    fn in_range(&self, page: u64) -> bool {
        let at = self.ranges.partition_point(|(first, _)| *first <= page);
        at.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|(_, last)| page <= *last)
    }

    /// Checks orders and limits.
    ///
    /// # Errors
    /// `EmptyQuery`, `Order`, `Overlap`, `Range`, `Limit`.
    pub fn validate(&self) -> Result<(), Malformed> {
        let refuse = |code, field| Err(Malformed::new(code, field, 0));
        if self.is_empty() {
            return refuse(Malformation::EmptyQuery, "query");
        }
        let longest = [self.pages.len(), self.ranges.len(), self.names.len(), self.metadata.len()];
        if let Some(len) = longest.into_iter().find(|len| *len > READS_MAX) {
            return Err(Malformed::new(Malformation::Limit, "query", 0).over(READS_MAX as u64, len as u64));
        }
        if !ascends(&self.pages) || !ascends(&self.names) || !ascends(&self.metadata) {
            return refuse(Malformation::Order, "query");
        }
        if self.ranges.iter().any(|(first, last)| first > last) {
            return refuse(Malformation::Range, "page range");
        }
        if !self.ranges.is_sorted_by(|(_, last), (first, _)| last < first) {
            return refuse(Malformation::Overlap, "page range");
        }
        if let Some(page) = self.pages.iter().find(|page| self.in_range(**page)) {
            return Err(Malformed::new(Malformation::Overlap, "page id", 0).on_page(*page));
        }
        self.names.iter().try_for_each(|name| validate_name(name))?;
        self.metadata.iter().try_for_each(|bytes| validate_metadata(bytes))
    }

    pub(crate) fn encode_to(&self, encoder: &mut Encoder) {
        encoder.varint(self.pages.len() as u64);
        self.pages.iter().for_each(|page| encoder.varint(*page));
        encoder.varint(self.ranges.len() as u64);
        for (first, last) in &self.ranges {
            encoder.varint(*first);
            encoder.varint(last - first);
        }
        encoder.varint(self.names.len() as u64);
        self.names.iter().for_each(|name| encoder.bytes(name.as_bytes()));
        encoder.varint(self.metadata.len() as u64);
        self.metadata.iter().for_each(|bytes| encoder.bytes(bytes));
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Query, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let query = Query {
            pages: decoder.items(READS_MAX, "query pages", |decoder| decoder.varint("page id"))?,
            ranges: decoder.items(READS_MAX, "query ranges", |decoder| {
                let first = decoder.varint("page range")?;
                let len = decoder.varint_up_to(u64::MAX - first, "page range")?;
                Ok((first, first + len))
            })?,
            names: decoder.items(READS_MAX, "query names", |decoder| {
                Ok(decoder.text(PAGE_NAME_LEN_MAX, "page name")?.to_owned())
            })?,
            metadata: decoder.items(READS_MAX, "query metadata", |decoder| {
                Ok(decoder.bytes(METADATA_LEN_MAX, "page metadata")?.to_vec())
            })?,
        };
        decoder.finish("query")?;
        Ok(query)
    }
}

/// Checks order and ranges of a read set.
pub(crate) fn validate_reads(reads: &[Read]) -> Result<(), Malformed> {
    let refused = |code| Malformed::new(code, "reads", 0);
    if reads.len() > READS_MAX {
        return Err(refused(Malformation::Limit).over(READS_MAX as u64, reads.len() as u64));
    }
    if !reads.is_sorted_by(|a, b| a.order() < b.order()) {
        return Err(refused(Malformation::Order));
    }
    for read in reads {
        if let Read::Range { offset, len, .. } = read {
            match offset.checked_add(*len) {
                Some(end) if *len > 0 && end <= PAGE_LEN_MAX => {}
                _ => return Err(refused(Malformation::OutOfPage).on_page(read.page())),
            }
        }
    }
    Ok(())
}

/// Appends the payload of a READS entry.
pub fn encode_reads(reads: &[Read], encoder: &mut Encoder) {
    encoder.varint(reads.len() as u64);
    for read in reads {
        encoder.varint(read.page());
        match read {
            Read::Version { version, .. } => {
                encoder.byte(0);
                encoder.varint(*version);
            }
            Read::Range { offset, len, hash, .. } => {
                encoder.byte(1);
                encoder.varint(u64::from(*offset));
                encoder.varint(u64::from(*len));
                encoder.raw(hash);
            }
        }
    }
}

/// Reads the payload of a READS entry. Order and ranges are those of the plan that held it.
///
/// # Errors
/// Those of [`Decoder`]; `UnknownTag` for another kind of read.
pub fn decode_reads(bytes: &[u8]) -> Result<Vec<Read>, Malformed> {
    let mut decoder = Decoder::new(bytes);
    let reads = decoder.items(READS_MAX, "reads", |decoder| {
        let page = decoder.varint("read page")?;
        match decoder.byte("read kind")? {
            0 => Ok(Read::Version { page, version: decoder.varint("read version")? }),
            1 => Ok(Read::Range {
                page,
                offset: decoder.varint_up_to(u64::from(PAGE_LEN_MAX), "read offset")? as u32,
                len: decoder.varint_up_to(u64::from(PAGE_LEN_MAX), "read length")? as u32,
                hash: decoder.array("read hash")?,
            }),
            _ => Err(decoder.malformed(Malformation::UnknownTag, "read kind")),
        }
    })?;
    decoder.finish("reads")?;
    Ok(reads)
}

fn ascends<T: PartialOrd>(items: &[T]) -> bool {
    items.is_sorted_by(|a, b| a < b)
}
