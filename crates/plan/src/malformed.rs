//! Why bytes or a plan were refused.

use std::fmt;

/// The code of a malformation. Numbers are stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u16)]
pub enum Malformation {
    /// The bytes end inside a field.
    Truncated = 1,
    /// Bytes follow where the value already ended.
    Trailing = 2,
    /// An integer takes more bytes than it needs, or more than 64 bits.
    NonMinimal = 3,
    /// A tag, type or operator number without a meaning.
    UnknownTag = 4,
    /// Items stand out of their ascending order, or twice.
    Order = 5,
    /// Text is not UTF-8.
    Utf8 = 6,
    /// A value lies outside what its field allows.
    Range = 7,
    /// A count or a length is over its limit.
    Limit = 8,
}

impl Malformation {
    /// The stable number of the code.
    pub fn number(self) -> u16 {
        self as u16
    }
}

/// Bytes or a value that no canonical encoding produces: which rule, in which field, at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The broken rule.
    pub code: Malformation,
    /// The field as the format page names it.
    pub field: &'static str,
    /// Byte offset from the start of the decoded bytes; 0 for a value that was refused before encoding.
    pub offset: usize,
}

impl Malformed {
    /// A refusal of `field` under the rule `code` at byte `offset`.
    pub fn new(code: Malformation, field: &'static str, offset: usize) -> Malformed {
        Malformed { code, field, offset }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.code {
            Malformation::Truncated => "the bytes end too early",
            Malformation::Trailing => "bytes follow the end of the value",
            Malformation::NonMinimal => "the integer is not in its shortest form of at most 64 bits",
            Malformation::UnknownTag => "the tag has no meaning",
            Malformation::Order => "items must ascend and stand once",
            Malformation::Utf8 => "the text is not UTF-8",
            Malformation::Range => "the value lies outside its range",
            Malformation::Limit => "the value is over its limit",
        };
        write!(f, "malformed {} at byte {}: {rule}", self.field, self.offset)
    }
}

impl std::error::Error for Malformed {}
