//! Refusals: requests whose form is right and whose time is not. They take a seq and are on record.

use std::fmt;
use std::ops::Range;

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};

/// The longest explanation in bytes.
const DETAIL_LEN_MAX: usize = 255;

/// The answer to changes: what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They are in the state.
    Committed {
        /// Their place in the log's order; the version of every page they changed.
        seq: u64,
        /// Whether the log knew the request already, so that this call had no effect.
        repeated: bool,
        /// The ids of the pages they created, in the order of the request's own numbers.
        created: Range<u64>,
    },
    /// Nothing changed, and the log says so.
    Refused {
        /// The refusal's place in the log's order.
        seq: u64,
        /// Whether the log knew the request already, so that this is the answer of then.
        repeated: bool,
        /// Why.
        refusal: Refusal,
    },
}

impl Outcome {
    /// The seq that was given, committed or refused.
    pub fn seq(&self) -> u64 {
        match self {
            Outcome::Committed { seq, .. } | Outcome::Refused { seq, .. } => *seq,
        }
    }

    /// Whether the request is in the state.
    pub fn is_committed(&self) -> bool {
        matches!(self, Outcome::Committed { .. })
    }
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of reason.
    pub cause: Cause,
    /// The page that it is about; 0 for none.
    pub page: u64,
    /// For a person to read; at most 255 bytes.
    pub detail: String,
}

/// The kinds of reasons. Numbers are stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Cause {
    /// The guard is false.
    Guard = 1,
    /// Something that the plan was made from changed since.
    StaleRead = 2,
    /// Another page has the name.
    NameTaken = 3,
    /// An integer leaves 64 bits, or the field it is written to.
    Overflow = 4,
    /// A derived page could not be computed.
    Derive = 5,
}

impl Cause {
    /// Every cause, by number.
    pub const ALL: [Cause; 5] =
        [Cause::Guard, Cause::StaleRead, Cause::NameTaken, Cause::Overflow, Cause::Derive];

    /// The stable number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The stable name, as metrics and reports show it.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Guard => "guard",
            Cause::StaleRead => "stale_read",
            Cause::NameTaken => "name_taken",
            Cause::Overflow => "overflow",
            Cause::Derive => "derive",
        }
    }
}

impl Refusal {
    pub(crate) fn new(cause: Cause, page: u64, detail: impl Into<String>) -> Refusal {
        let mut detail = detail.into();
        detail.truncate(detail.floor_char_boundary(DETAIL_LEN_MAX));
        Refusal { cause, page, detail }
    }

    /// The payload of a REASON entry.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new();
        encoder.byte(self.cause.number());
        encoder.varint(self.page);
        encoder.raw(self.detail.as_bytes());
        encoder.finish()
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Refusal, Malformed> {
        let mut decoder = Decoder::new(payload);
        let number = decoder.byte("cause")?;
        let cause = Cause::ALL.into_iter().find(|cause| cause.number() == number).ok_or(Malformed::new(
            Malformation::UnknownTag,
            "cause",
            0,
        ))?;
        let page = decoder.varint("refused page")?;
        let start = decoder.offset();
        let detail = decoder.rest();
        if detail.len() > DETAIL_LEN_MAX {
            return Err(Malformed::new(Malformation::Limit, "refusal detail", start));
        }
        let detail = std::str::from_utf8(detail)
            .map_err(|_| Malformed::new(Malformation::Utf8, "refusal detail", start))?;
        Ok(Refusal { cause, page, detail: detail.to_owned() })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused ({}): {}", self.cause.name(), self.detail)
    }
}
