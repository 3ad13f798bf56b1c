//! Intents: who wants a change, and why.

use crate::json;
use crate::malformed::{Malformation, Malformed};
use crate::wire::{Decoder, Encoder};

/// The longest JSON body in bytes.
pub const BODY_LEN_MAX: usize = 64 << 10;
/// The deepest nesting of arrays and objects in a body.
pub const BODY_DEPTH_MAX: usize = 64;
/// The longest author or schema name in bytes.
pub const NAME_LEN_MAX: usize = 255;

/// A stated purpose, kept with the change for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The idempotency key; never 0.
    pub id: u128,
    /// The intent or entry that caused it; 0 for none.
    pub parent: u128,
    /// Who states it; 1 to 255 bytes.
    pub author: String,
    /// The schema of the body; 1 to 255 bytes.
    pub schema: String,
    /// The version of the schema.
    pub schema_version: u32,
    /// JSON (RFC 8259), kept byte for byte: white space, big integers and unknown keys included.
    pub body: String,
}

impl Intent {
    /// Checks every limit and that the body is JSON.
    ///
    /// # Errors
    /// `Range` for a zero id or an empty name, `Limit`, `BadJson` with the offset in the body.
    pub fn validate(&self) -> Result<(), Malformed> {
        let refuse = |code, field| Err(Malformed::new(code, field, 0));
        let over = |field, max: usize, found: usize| {
            Err(Malformed::new(Malformation::Limit, field, 0).over(max as u64, found as u64))
        };
        if self.id == 0 {
            return refuse(Malformation::Range, "intent id");
        }
        for (name, field) in [(&self.author, "intent author"), (&self.schema, "intent schema")] {
            if name.is_empty() {
                return refuse(Malformation::Range, field);
            }
            if name.len() > NAME_LEN_MAX {
                return over(field, NAME_LEN_MAX, name.len());
            }
        }
        if self.body.len() > BODY_LEN_MAX {
            return over("intent body", BODY_LEN_MAX, self.body.len());
        }
        json::validate(self.body.as_bytes(), BODY_DEPTH_MAX)
            .map_err(|offset| Malformed::new(Malformation::BadJson, "intent body", offset))
    }

    /// The canonical bytes.
    ///
    /// # Errors
    /// Those of [`Intent::validate`].
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        self.validate()?;
        let mut encoder = Encoder::new();
        encoder.u128(self.id);
        encoder.byte(u8::from(self.parent != 0));
        if self.parent != 0 {
            encoder.u128(self.parent);
        }
        encoder.bytes(self.author.as_bytes());
        encoder.bytes(self.schema.as_bytes());
        encoder.varint(u64::from(self.schema_version));
        encoder.raw(self.body.as_bytes());
        Ok(encoder.finish())
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// Those of [`Intent::validate`]; `Truncated`, `NonMinimal`, `Utf8`.
    pub fn decode(bytes: &[u8]) -> Result<Intent, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let id = decoder.u128("intent id")?;
        let has_parent = decoder.boolean("intent parent")?;
        let parent = decoder.nonzero_u128_if(has_parent, "intent parent")?;
        let author = decoder.text(NAME_LEN_MAX, "intent author")?.to_owned();
        let schema = decoder.text(NAME_LEN_MAX, "intent schema")?.to_owned();
        let schema_version = decoder.varint_up_to(u64::from(u32::MAX), "intent schema version")? as u32;
        let start = decoder.offset();
        let body = std::str::from_utf8(decoder.rest())
            .map_err(|_| Malformed::new(Malformation::Utf8, "intent body", start))?
            .to_owned();
        let intent = Intent { id, parent, author, schema, schema_version, body };
        // The body's own offsets count from where it starts.
        intent.validate().map_err(|why| if why.field == "intent body" { why.within(start) } else { why })?;
        Ok(intent)
    }
}
