//! Entries of other crates, as bytes with a name.

use crate::malformed::{Malformation, Malformed};
use crate::wire::{Decoder, Encoder};

/// The longest inline body; a longer one belongs in a blob.
pub const BODY_LEN_MAX: usize = 64 << 10;

/// A namespace of one log, as its store numbered it (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamespaceId(pub u32);

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

const HAS_ID: u8 = 1;
const HAS_PARENT: u8 = 2;

impl ClientEntry {
    /// Appends the payload of a CLIENT entry.
    pub fn encode_to(&self, encoder: &mut Encoder) {
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
    }

    /// Reads the payload of a CLIENT entry.
    ///
    /// # Errors
    /// `Truncated`, `NonMinimal` (a zero id that is written out), `Range`, `Limit`.
    pub fn decode(bytes: &[u8]) -> Result<ClientEntry, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let half = u64::from(u32::MAX);
        let namespace = NamespaceId(decoder.varint_up_to(half, "client namespace")? as u32);
        let kind = decoder.varint_up_to(half, "client kind")? as u32;
        let version = decoder.varint_up_to(half, "client version")? as u32;
        let present = decoder.byte("client presence")?;
        if present & !(HAS_ID | HAS_PARENT) != 0 {
            return Err(decoder.malformed(Malformation::Range, "client presence"));
        }
        let id = decoder.nonzero_u128_if(present & HAS_ID != 0, "client id")?;
        let parent = decoder.nonzero_u128_if(present & HAS_PARENT != 0, "client parent")?;
        let start = decoder.offset();
        let body = decoder.rest().to_vec();
        if body.len() > BODY_LEN_MAX {
            return Err(Malformed::new(Malformation::Limit, "client body", start)
                .over(BODY_LEN_MAX as u64, body.len() as u64));
        }
        Ok(ClientEntry { namespace, kind, version, id, parent, body })
    }
}
