//! Deltas: what a change did to one page, as the log holds it.

use crate::malformed::{Malformation, Malformed};
use crate::query::{METADATA_LEN_MAX, PAGE_LEN_MAX, PAGE_NAME_LEN_MAX};
use crate::tag;
use crate::wire::{Decoder, Encoder};

/// A change of one page from one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The page.
    pub page: u64,
    /// The version that the change was made from; 0 for a creation.
    pub base: u64,
    /// The change.
    pub change: Change,
}

/// What a delta does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Bytes get new values.
    Write(Patch),
    /// The page comes to be, filled with zeros.
    Create {
        /// Its size for ever; 1 byte to 1 MiB.
        size_bytes: u32,
        /// Its unique name, if it has one; 1 to 255 bytes.
        name: Option<String>,
        /// At most 4 KiB.
        metadata: Vec<u8>,
    },
    /// The page ends; its id is never used again.
    Delete,
    /// The page gets other metadata.
    Metadata(Vec<u8>),
}

/// New bytes of a page, in one of four encodings. The writer takes the smallest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Pieces by ascending offset, none empty, with at least one byte between two.
    Runs(Vec<(u32, Vec<u8>)>),
    /// From `offset` on, the bytes whose bit is set (lowest first). The first bit and the last byte of the mask are
    /// not zero.
    Bitmap {
        /// The place of the mask's first bit.
        offset: u32,
        /// One bit a byte of the page.
        mask: Vec<u8>,
        /// One byte for every set bit.
        bytes: Vec<u8>,
    },
    /// All bytes of the page.
    Full(Vec<u8>),
    /// One value for a range.
    Fill {
        /// The first byte.
        offset: u32,
        /// How many; at least 1.
        len: u32,
        /// The value.
        byte: u8,
    },
}

impl Delta {
    /// The tag of the entry that holds it.
    pub fn tag(&self) -> u8 {
        match self.change {
            Change::Write(_) => tag::WRITE,
            Change::Create { .. } => tag::CREATE,
            Change::Delete => tag::DELETE,
            Change::Metadata(_) => tag::META,
        }
    }

    /// Checks everything that can be checked without the page.
    ///
    /// # Errors
    /// `OutOfPage`, `Overlap`, `PayloadMismatch`, `Range`, `Limit`.
    pub fn validate(&self) -> Result<(), Malformed> {
        let refuse = |code, field| Err(Malformed::new(code, field, 0));
        match &self.change {
            Change::Write(patch) => patch.validate(),
            Change::Create { .. } if self.base != 0 => refuse(Malformation::Range, "base version"),
            Change::Create { size_bytes, name, metadata } => {
                validate_creation(*size_bytes, name.as_deref(), metadata)
            }
            Change::Delete => Ok(()),
            Change::Metadata(metadata) => validate_metadata(metadata),
        }
    }

    /// The canonical payload of its entry.
    ///
    /// # Errors
    /// Those of [`Delta::validate`].
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        self.validate()?;
        let mut encoder = Encoder::new();
        self.encode_to(self.base, &mut encoder);
        Ok(encoder.finish())
    }

    /// Appends the canonical payload with `base` for its base version: a log writes ages there. The delta is one that
    /// [`Delta::validate`] accepts.
    pub fn encode_to(&self, base: u64, encoder: &mut Encoder) {
        encoder.varint(self.page);
        match &self.change {
            Change::Create { size_bytes, name, metadata } => {
                encode_creation(encoder, *size_bytes, name.as_deref(), metadata);
            }
            Change::Write(patch) => {
                encoder.varint(base);
                patch.encode_to(encoder);
            }
            Change::Metadata(metadata) => {
                encoder.varint(base);
                encoder.raw(metadata);
            }
            Change::Delete => encoder.varint(base),
        }
    }

    /// Reads the payload of the entry with this tag.
    ///
    /// # Errors
    /// Those of [`Delta::validate`] and of [`Decoder`]; `UnknownTag` for the tag of no delta.
    pub fn decode(entry_tag: u8, payload: &[u8]) -> Result<Delta, Malformed> {
        let mut decoder = Decoder::new(payload);
        let page = decoder.varint("page id")?;
        let base = if entry_tag == tag::CREATE { 0 } else { decoder.varint("base version")? };
        let change = match entry_tag {
            tag::WRITE => Change::Write(Patch::decode(&mut decoder)?),
            tag::CREATE => {
                let (size_bytes, name, metadata) = decode_creation(&mut decoder)?;
                Change::Create { size_bytes, name, metadata }
            }
            tag::DELETE => Change::Delete,
            tag::META => Change::Metadata(decoder.rest().to_vec()),
            _ => return Err(Malformed::new(Malformation::UnknownTag, "delta", 0)),
        };
        decoder.finish("delta")?;
        let delta = Delta { page, base, change };
        delta.validate()?;
        Ok(delta)
    }
}

impl Patch {
    /// Checks everything that can be checked without the page.
    ///
    /// # Errors
    /// `OutOfPage`, `Overlap`, `PayloadMismatch`.
    pub fn validate(&self) -> Result<(), Malformed> {
        let refuse = |code| Err(Malformed::new(code, "patch", 0));
        let ends_inside = |offset: u32, len: usize| {
            usize::try_from(offset).is_ok_and(|offset| len > 0 && offset + len <= PAGE_LEN_MAX as usize)
        };
        match self {
            Patch::Runs(runs) => {
                if runs.is_empty() || !runs.iter().all(|(offset, bytes)| ends_inside(*offset, bytes.len())) {
                    return refuse(Malformation::OutOfPage);
                }
                let apart = runs.is_sorted_by(|(a, bytes), (b, _)| (*a as usize) + bytes.len() < *b as usize);
                if apart { Ok(()) } else { refuse(Malformation::Overlap) }
            }
            Patch::Bitmap { offset, mask, bytes } => {
                let trimmed = mask.first().is_some_and(|byte| byte & 1 == 1) && mask.last() != Some(&0);
                let count: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
                if !trimmed || count as usize != bytes.len() {
                    return refuse(Malformation::PayloadMismatch);
                }
                let unused = mask.last().map_or(0, |byte| byte.leading_zeros() as usize);
                if ends_inside(*offset, mask.len() * 8 - unused) {
                    Ok(())
                } else {
                    refuse(Malformation::OutOfPage)
                }
            }
            Patch::Full(bytes) if ends_inside(0, bytes.len()) => Ok(()),
            Patch::Fill { offset, len, .. } if ends_inside(*offset, *len as usize) => Ok(()),
            Patch::Full(_) | Patch::Fill { .. } => refuse(Malformation::OutOfPage),
        }
    }

    fn encode_to(&self, encoder: &mut Encoder) {
        match self {
            Patch::Runs(runs) => {
                encoder.byte(0);
                encoder.varint(runs.len() as u64);
                for (offset, bytes) in runs {
                    encoder.varint(u64::from(*offset));
                    encoder.bytes(bytes);
                }
            }
            Patch::Bitmap { offset, mask, bytes } => {
                encoder.byte(1);
                encoder.varint(u64::from(*offset));
                encoder.bytes(mask);
                encoder.raw(bytes);
            }
            Patch::Full(bytes) => {
                encoder.byte(2);
                encoder.raw(bytes);
            }
            Patch::Fill { offset, len, byte } => {
                encoder.byte(3);
                encoder.varint(u64::from(*offset));
                encoder.varint(u64::from(*len));
                encoder.byte(*byte);
            }
        }
    }

    fn decode(decoder: &mut Decoder<'_>) -> Result<Patch, Malformed> {
        let page = u64::from(PAGE_LEN_MAX);
        let start = decoder.offset();
        Ok(match decoder.byte("patch")? {
            0 => Patch::Runs(decoder.items(PAGE_LEN_MAX as usize, "runs", |decoder| {
                let offset = decoder.varint_up_to(page, "run offset")? as u32;
                Ok((offset, decoder.bytes(PAGE_LEN_MAX as usize, "run")?.to_vec()))
            })?),
            1 => Patch::Bitmap {
                offset: decoder.varint_up_to(page, "bitmap offset")? as u32,
                mask: decoder.bytes(PAGE_LEN_MAX as usize / 8, "bitmap")?.to_vec(),
                bytes: decoder.rest().to_vec(),
            },
            2 => Patch::Full(decoder.rest().to_vec()),
            3 => Patch::Fill {
                offset: decoder.varint_up_to(page, "fill offset")? as u32,
                len: decoder.varint_up_to(page, "fill length")? as u32,
                byte: decoder.byte("fill byte")?,
            },
            _ => return Err(Malformed::new(Malformation::UnknownTag, "patch", start)),
        })
    }
}

pub(crate) fn validate_creation(
    size_bytes: u32,
    name: Option<&str>,
    metadata: &[u8],
) -> Result<(), Malformed> {
    if size_bytes == 0 || size_bytes > PAGE_LEN_MAX {
        return Err(Malformed::new(Malformation::Range, "page size", 0)
            .over(u64::from(PAGE_LEN_MAX), u64::from(size_bytes)));
    }
    if let Some(name) = name {
        validate_name(name)?;
    }
    validate_metadata(metadata)
}

/// 1 to 255 bytes.
pub(crate) fn validate_name(name: &str) -> Result<(), Malformed> {
    if name.is_empty() || name.len() > PAGE_NAME_LEN_MAX {
        return Err(Malformed::new(Malformation::Limit, "page name", 0)
            .over(PAGE_NAME_LEN_MAX as u64, name.len() as u64));
    }
    Ok(())
}

pub(crate) fn validate_metadata(metadata: &[u8]) -> Result<(), Malformed> {
    if metadata.len() > METADATA_LEN_MAX {
        return Err(Malformed::new(Malformation::Limit, "page metadata", 0)
            .over(METADATA_LEN_MAX as u64, metadata.len() as u64));
    }
    Ok(())
}

/// Size, name (empty for none), and metadata as the rest.
pub(crate) fn encode_creation(encoder: &mut Encoder, size_bytes: u32, name: Option<&str>, metadata: &[u8]) {
    encoder.varint(u64::from(size_bytes));
    encoder.bytes(name.unwrap_or_default().as_bytes());
    encoder.raw(metadata);
}

pub(crate) fn decode_creation(
    decoder: &mut Decoder<'_>,
) -> Result<(u32, Option<String>, Vec<u8>), Malformed> {
    let size_bytes = decoder.varint_up_to(u64::from(PAGE_LEN_MAX), "page size")? as u32;
    let name = decoder.text(PAGE_NAME_LEN_MAX, "page name")?;
    let name = (!name.is_empty()).then(|| name.to_owned());
    Ok((size_bytes, name, decoder.rest().to_vec()))
}
