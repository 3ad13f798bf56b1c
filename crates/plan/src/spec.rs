//! What a plan asks to change: like a delta, but with values still to be computed and pages still to be numbered.

use crate::delta::{decode_creation, encode_creation, validate_creation, validate_metadata};
use crate::expr::{Expr, FieldType};
use crate::malformed::{Malformation, Malformed};
use crate::query::PAGE_LEN_MAX;
use crate::tag;
use crate::wire::{Decoder, Encoder};

/// A page as a plan names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PageRef {
    /// A page that exists.
    Existing(u64),
    /// The plan's own page with this number, which it creates.
    New(u32),
}

/// One change that a plan asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaSpec {
    /// Bytes get the value of an expression over the state before the transaction.
    Write {
        /// The page.
        page: PageRef,
        /// The first byte.
        offset: u32,
        /// How the value is written.
        field_type: FieldType,
        /// The value.
        value: Expr,
    },
    /// A page comes to be.
    Create {
        /// Its number in this plan.
        number: u32,
        /// Its size; 1 byte to 1 MiB.
        size_bytes: u32,
        /// Its unique name, if it has one.
        name: Option<String>,
        /// At most 4 KiB.
        metadata: Vec<u8>,
    },
    /// A page ends.
    Delete {
        /// The page.
        page: u64,
    },
    /// A page gets other metadata.
    Metadata {
        /// The page.
        page: u64,
        /// At most 4 KiB.
        metadata: Vec<u8>,
    },
}

impl PageRef {
    fn encode_to(self, encoder: &mut Encoder) {
        match self {
            PageRef::Existing(id) => {
                encoder.byte(0);
                encoder.varint(id);
            }
            PageRef::New(number) => {
                encoder.byte(1);
                encoder.varint(u64::from(number));
            }
        }
    }

    fn decode(decoder: &mut Decoder<'_>) -> Result<PageRef, Malformed> {
        let start = decoder.offset();
        match decoder.byte("page")? {
            0 => Ok(PageRef::Existing(decoder.varint("page id")?)),
            1 => Ok(PageRef::New(decoder.varint_up_to(u64::from(u32::MAX), "new page")? as u32)),
            _ => Err(Malformed::new(Malformation::UnknownTag, "page", start)),
        }
    }
}

impl DeltaSpec {
    /// The tag of its entry.
    pub fn tag(&self) -> u8 {
        match self {
            DeltaSpec::Write { .. } => tag::WRITE,
            DeltaSpec::Create { .. } => tag::CREATE,
            DeltaSpec::Delete { .. } => tag::DELETE,
            DeltaSpec::Metadata { .. } => tag::META,
        }
    }

    /// The page it changes.
    pub fn page(&self) -> PageRef {
        match self {
            DeltaSpec::Write { page, .. } => *page,
            DeltaSpec::Create { number, .. } => PageRef::New(*number),
            DeltaSpec::Delete { page } | DeltaSpec::Metadata { page, .. } => PageRef::Existing(*page),
        }
    }

    /// Specs stand by tag, then page, then offset.
    pub(crate) fn order(&self) -> (u8, PageRef, u32) {
        let offset = if let DeltaSpec::Write { offset, .. } = self { *offset } else { 0 };
        (self.tag(), self.page(), offset)
    }

    /// Checks the spec by itself.
    pub(crate) fn validate(&self) -> Result<(), Malformed> {
        match self {
            DeltaSpec::Write { offset, field_type, value, .. } => {
                field_type.validate(*offset)?;
                if value.fits(*field_type)? {
                    Ok(())
                } else {
                    Err(Malformed::new(Malformation::PayloadMismatch, "write", 0))
                }
            }
            DeltaSpec::Create { size_bytes, name, metadata, .. } => {
                validate_creation(*size_bytes, name.as_deref(), metadata)
            }
            DeltaSpec::Delete { .. } => Ok(()),
            DeltaSpec::Metadata { metadata, .. } => validate_metadata(metadata),
        }
    }

    pub(crate) fn encode_to(&self, encoder: &mut Encoder) {
        match self {
            DeltaSpec::Write { page, offset, field_type, value } => {
                page.encode_to(encoder);
                encoder.varint(u64::from(*offset));
                field_type.encode_to(encoder);
                value.encode_to(encoder);
            }
            DeltaSpec::Create { number, size_bytes, name, metadata } => {
                encoder.varint(u64::from(*number));
                encode_creation(encoder, *size_bytes, name.as_deref(), metadata);
            }
            DeltaSpec::Delete { page } => encoder.varint(*page),
            DeltaSpec::Metadata { page, metadata } => {
                encoder.varint(*page);
                encoder.raw(metadata);
            }
        }
    }

    pub(crate) fn decode(entry_tag: u8, payload: &[u8]) -> Result<DeltaSpec, Malformed> {
        let mut decoder = Decoder::new(payload);
        let spec = match entry_tag {
            tag::WRITE => DeltaSpec::Write {
                page: PageRef::decode(&mut decoder)?,
                offset: decoder.varint_up_to(u64::from(PAGE_LEN_MAX), "write offset")? as u32,
                field_type: FieldType::decode(&mut decoder)?,
                value: Expr::decode(&mut decoder)?,
            },
            tag::CREATE => {
                let number = decoder.varint_up_to(u64::from(u32::MAX), "new page")? as u32;
                let (size_bytes, name, metadata) = decode_creation(&mut decoder)?;
                DeltaSpec::Create { number, size_bytes, name, metadata }
            }
            tag::DELETE => DeltaSpec::Delete { page: decoder.varint("page id")? },
            tag::META => {
                let page = decoder.varint("page id")?;
                DeltaSpec::Metadata { page, metadata: decoder.rest().to_vec() }
            }
            _ => return Err(Malformed::new(Malformation::UnknownTag, "delta", 0)),
        };
        decoder.finish("delta")?;
        Ok(spec)
    }
}
