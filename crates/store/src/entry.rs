//! The entries inside a record: tag, length, payload, in ascending order of tags.

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};

use crate::blobs::BlobHash;
use crate::format::{BODY_LEN_MAX, NAME_LEN_MAX, tag};
use crate::namespace::NamespaceId;

/// Bytes of another crate, with the names that let a log describe itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientEntry {
    /// The registered namespace.
    pub namespace: NamespaceId,
    /// A registered kind of it.
    pub kind: u32,
    /// A registered version of the kind.
    pub version: u32,
    /// The idempotency key; 0 for an entry without one.
    pub id: u128,
    /// The id that caused it; 0 for none.
    pub parent: u128,
    /// At most 64 KiB in the form that namespace, kind and version say.
    pub body: Vec<u8>,
}

/// A blob that a transaction names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// Its name.
    pub hash: BlobHash,
    /// Its length.
    pub size_bytes: u64,
    /// What it is to the transaction, such as `table` or `response`; at most 255 bytes.
    pub role: String,
}

const HAS_ID: u8 = 1;
const HAS_PARENT: u8 = 2;

impl ClientEntry {
    pub(crate) fn encode_to(&self, record: &mut Encoder) {
        let mut encoder = Encoder::new();
        encoder.varint(u64::from(self.namespace.0));
        encoder.varint(u64::from(self.kind));
        encoder.varint(u64::from(self.version));
        let id = if self.id == 0 { 0 } else { HAS_ID };
        let parent = if self.parent == 0 { 0 } else { HAS_PARENT };
        encoder.byte(id | parent);
        if id != 0 {
            encoder.u128(self.id);
        }
        if parent != 0 {
            encoder.u128(self.parent);
        }
        encoder.raw(&self.body);
        record.entry(tag::CLIENT, encoder.as_slice());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<ClientEntry, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let half = u64::from(u32::MAX);
        let namespace = NamespaceId(decoder.varint_up_to(half, "client namespace")? as u32);
        let kind = decoder.varint_up_to(half, "client kind")? as u32;
        let version = decoder.varint_up_to(half, "client version")? as u32;
        let present = decoder.byte("client presence")?;
        if present & !(HAS_ID | HAS_PARENT) != 0 {
            return Err(decoder.malformed(Malformation::Range, "client presence"));
        }
        let mut optional = |bit: u8, field| {
            if present & bit == 0 {
                return Ok(0);
            }
            match decoder.u128(field)? {
                0 => Err(decoder.malformed(Malformation::NonMinimal, field)),
                id => Ok(id),
            }
        };
        let id = optional(HAS_ID, "client id")?;
        let parent = optional(HAS_PARENT, "client parent")?;
        let start = decoder.offset();
        let body = decoder.rest().to_vec();
        if body.len() > BODY_LEN_MAX {
            return Err(Malformed::new(Malformation::Limit, "client body", start));
        }
        Ok(ClientEntry { namespace, kind, version, id, parent, body })
    }
}

impl BlobRef {
    pub(crate) fn encode_to(&self, record: &mut Encoder) {
        let mut encoder = Encoder::new();
        encoder.raw(&self.hash.0);
        encoder.varint(self.size_bytes);
        encoder.raw(self.role.as_bytes());
        record.entry(tag::BLOB, encoder.as_slice());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<BlobRef, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let hash = BlobHash(decoder.array("blob hash")?);
        let size_bytes = decoder.varint("blob size")?;
        let start = decoder.offset();
        let role = decoder.rest();
        if role.len() > NAME_LEN_MAX {
            return Err(Malformed::new(Malformation::Limit, "blob role", start));
        }
        let role =
            std::str::from_utf8(role).map_err(|_| Malformed::new(Malformation::Utf8, "blob role", start))?;
        Ok(BlobRef { hash, size_bytes, role: role.to_owned() })
    }
}
