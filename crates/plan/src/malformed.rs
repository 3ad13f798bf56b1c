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
    /// An intent's body is not JSON, or nested too deep.
    BadJson = 9,
    /// A plan selects nothing.
    EmptyQuery = 10,
    /// A plan changes nothing and logs nothing.
    NoDeltas = 11,
    /// A value does not fit the bytes it is written to.
    PayloadMismatch = 12,
    /// Bytes lie outside their page.
    OutOfPage = 13,
    /// Two writes, or two ranges, share a place.
    Overlap = 14,
    /// A page is read or changed that the query does not select, or the plan does not create.
    UnselectedPage = 15,
    /// An expression takes too many steps, levels or bytes.
    Budget = 16,
    /// An operand is of the wrong type.
    Type = 17,
}

impl Malformation {
    /// Every code, ascending.
    pub const ALL: [Malformation; 17] = {
        use Malformation::*;
        [
            Truncated,
            Trailing,
            NonMinimal,
            UnknownTag,
            Order,
            Utf8,
            Range,
            Limit,
            BadJson,
            EmptyQuery,
            NoDeltas,
            PayloadMismatch,
            OutOfPage,
            Overlap,
            UnselectedPage,
            Budget,
            Type,
        ]
    };

    /// The stable number of the code.
    pub fn number(self) -> u16 {
        self as u16
    }
}

/// Bytes or a value that no canonical encoding produces: which rule, in which field, at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The broken rule.
    pub code: Malformation,
    /// The field as the format page names it.
    pub field: &'static str,
    /// Byte offset from the start of the decoded bytes; 0 for a value that was refused before encoding.
    pub offset: usize,
    /// The page, where the rule is about one.
    pub page: Option<u64>,
    /// What the rule allows, where that is a number: the limit, the length.
    pub expected: Option<u64>,
    /// The number that stood there.
    pub found: Option<u64>,
}

impl Malformed {
    /// A refusal of `field` under the rule `code` at byte `offset`.
    pub fn new(code: Malformation, field: &'static str, offset: usize) -> Malformed {
        Malformed { code, field, offset, page: None, expected: None, found: None }
    }

    /// The same about a page.
    pub fn on_page(self, page: u64) -> Malformed {
        Malformed { page: Some(page), ..self }
    }

    /// The same with the number that the rule allows and the one that stood there.
    pub fn over(self, expected: u64, found: u64) -> Malformed {
        Malformed { expected: Some(expected), found: Some(found), ..self }
    }

    /// The same, counted from the start of bytes that the decoded ones stand in, `start` bytes in.
    pub fn within(self, start: usize) -> Malformed {
        Malformed { offset: self.offset.saturating_add(start), ..self }
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
            Malformation::BadJson => "the body is not JSON of at most 64 levels",
            Malformation::EmptyQuery => "the plan selects nothing",
            Malformation::NoDeltas => "the plan changes and logs nothing",
            Malformation::PayloadMismatch => "the value does not fit where it is written",
            Malformation::OutOfPage => "bytes lie outside the page",
            Malformation::Overlap => "two of them share a place",
            Malformation::UnselectedPage => "the page is neither selected nor created by the plan",
            Malformation::Budget => "the expression is over its budget of steps, levels or bytes",
            Malformation::Type => "an operand is of the wrong type",
        };
        write!(f, "malformed {} at byte {}: {rule}", self.field, self.offset)?;
        if let Some(page) = self.page {
            write!(f, "; page {page}")?;
        }
        if let Some(expected) = self.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(found) = self.found {
            write!(f, "; found {found}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Malformed {}
