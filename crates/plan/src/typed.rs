//! Typed places in a page: how a number or a text becomes bytes, and what does not fit.
//!
//! Guards and values know only integers and bytes; a [`Kind`] adds what people store in bytes, floats by their bits
//! and text, and gives the [`FieldType`] that a plan writes them as. Nothing is rounded, cut or wrapped: what does not
//! fit is refused.

use std::fmt;
use std::str::FromStr;

use crate::expr::{Expr, FieldType, Value};
use crate::malformed::{Malformation, Malformed};
use crate::query::PAGE_LEN_MAX;

/// How bytes are to be understood.
///
/// Written as text it is `u8` to `i64` with `le` or `be` behind more than one byte, `f64le`, `f64be`, `text:LEN` and
/// `bytes:LEN`.
///
/// ```
/// use plan::typed::{Datum, Kind};
///
/// let kind: Kind = "i16be".parse()?;
/// assert_eq!(kind.encode(&Datum::Int(-2))?, [0xff, 0xfe]);
/// assert!(kind.encode(&Datum::Int(40_000)).is_err());
/// # Ok::<(), plan::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An integer of 1, 2, 4 or 8 bytes.
    Int {
        /// Its width.
        width_bytes: u8,
        /// Two's complement.
        signed: bool,
        /// Most significant byte first; false for a single byte.
        big_endian: bool,
    },
    /// The 64 bits of an IEEE 754 double, every NaN and the sign of zero kept.
    F64 {
        /// Most significant byte first.
        big_endian: bool,
    },
    /// UTF-8 without a zero character, filled up with zero bytes to this length.
    Text(u32),
    /// So many bytes as they are.
    Bytes(u32),
}

/// A value before it becomes bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// An integer.
    Int(i128),
    /// A double.
    F64(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A typed place in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The first byte.
    pub offset: u32,
    /// How the bytes are understood.
    pub kind: Kind,
}

fn misfit() -> Malformed {
    Malformed::new(Malformation::PayloadMismatch, "field value", 0)
}

impl Kind {
    /// How many bytes it takes.
    pub fn len_bytes(self) -> u32 {
        match self {
            Kind::Int { width_bytes, .. } => u32::from(width_bytes),
            Kind::F64 { .. } => 8,
            Kind::Text(len) | Kind::Bytes(len) => len,
        }
    }

    /// The type that a plan reads and writes it as: integers as themselves, anything else as bytes.
    pub fn field_type(self) -> FieldType {
        match self {
            Kind::Int { width_bytes, signed, big_endian } => {
                FieldType::Int { width_bytes, signed, big_endian }
            }
            other => FieldType::Bytes(other.len_bytes()),
        }
    }

    /// The bytes of `value`, [`Kind::len_bytes`] of them.
    ///
    /// # Errors
    /// `Type` for a value of another kind; `PayloadMismatch` for an integer out of range, a text that is too long or
    /// holds a zero character, or bytes of another length; `Range` for a width that no kind has.
    pub fn encode(self, value: &Datum) -> Result<Vec<u8>, Malformed> {
        match (self, value) {
            (Kind::Int { .. }, Datum::Int(int)) => {
                let mut bytes = vec![0; self.len_bytes() as usize];
                self.field_type().write_int(*int, &mut bytes)?;
                Ok(bytes)
            }
            (Kind::F64 { big_endian: false }, Datum::F64(float)) => {
                Ok(float.to_bits().to_le_bytes().to_vec())
            }
            (Kind::F64 { big_endian: true }, Datum::F64(float)) => Ok(float.to_bits().to_be_bytes().to_vec()),
            (Kind::Text(len), Datum::Text(text)) => {
                if text.len() > len as usize || text.contains('\0') {
                    return Err(misfit().over(u64::from(len), text.len() as u64));
                }
                let mut bytes = text.as_bytes().to_vec();
                bytes.resize(len as usize, 0);
                Ok(bytes)
            }
            (Kind::Bytes(len), Datum::Bytes(bytes)) if bytes.len() == len as usize => Ok(bytes.clone()),
            (Kind::Bytes(len), Datum::Bytes(bytes)) => Err(misfit().over(u64::from(len), bytes.len() as u64)),
            _ => Err(Malformed::new(Malformation::Type, "field value", 0)),
        }
    }

    /// The value that `bytes` stand for.
    ///
    /// # Errors
    /// `PayloadMismatch` for another number of bytes and for a text with bytes behind its end; `Utf8`; `Range` for a
    /// width that no kind has.
    pub fn decode(self, bytes: &[u8]) -> Result<Datum, Malformed> {
        if bytes.len() != self.len_bytes() as usize {
            return Err(misfit().over(u64::from(self.len_bytes()), bytes.len() as u64));
        }
        match self {
            Kind::Int { .. } => Ok(Datum::Int(self.field_type().read_int(bytes)?)),
            Kind::F64 { big_endian } => {
                let word: [u8; 8] = bytes.try_into().map_err(|_| misfit())?;
                let bits = if big_endian { u64::from_be_bytes(word) } else { u64::from_le_bytes(word) };
                Ok(Datum::F64(f64::from_bits(bits)))
            }
            Kind::Text(_) => {
                let text = std::str::from_utf8(bytes).map_err(|error| {
                    Malformed::new(Malformation::Utf8, "field value", error.valid_up_to())
                })?;
                let text = text.trim_end_matches('\0');
                if text.contains('\0') { Err(misfit()) } else { Ok(Datum::Text(text.to_owned())) }
            }
            Kind::Bytes(_) => Ok(Datum::Bytes(bytes.to_vec())),
        }
    }

    /// `value` as the constant that a plan compares or writes.
    ///
    /// # Errors
    /// Those of [`Kind::encode`].
    pub fn constant(self, value: &Datum) -> Result<Expr, Malformed> {
        let bytes = self.encode(value)?;
        Ok(Expr::Constant(match (self, value) {
            (Kind::Int { .. }, Datum::Int(int)) => Value::Int(*int),
            _ => Value::Bytes(bytes),
        }))
    }
}

impl Field {
    /// Its bytes in a page.
    ///
    /// # Errors
    /// `OutOfPage` when the page ends before it does, `Range` for a place that no page has.
    pub fn slice(self, page: &[u8]) -> Result<&[u8], Malformed> {
        self.kind.field_type().validate(self.offset)?;
        let start = self.offset as usize;
        let end = start + self.kind.len_bytes() as usize;
        page.get(start..end).ok_or_else(|| {
            Malformed::new(Malformation::OutOfPage, "field", 0).over(page.len() as u64, end as u64)
        })
    }

    /// Its value in a page.
    ///
    /// # Errors
    /// Those of [`Field::slice`] and [`Kind::decode`].
    pub fn read(self, page: &[u8]) -> Result<Datum, Malformed> {
        self.kind.decode(self.slice(page)?)
    }

    /// What a plan reads of `page` there.
    pub fn of(self, page: u64) -> Expr {
        Expr::Field { page, offset: self.offset, field_type: self.kind.field_type() }
    }
}

impl FieldType {
    /// The integer that `bytes` stand for.
    ///
    /// # Errors
    /// `Type` for a field of bytes, `Range` for a width of another than 1, 2, 4 or 8 bytes, `PayloadMismatch` for
    /// another number of bytes.
    pub fn read_int(self, bytes: &[u8]) -> Result<i128, Malformed> {
        let (width, signed, big_endian) = self.int_form()?;
        if bytes.len() != width {
            return Err(misfit().over(width as u64, bytes.len() as u64));
        }
        let push = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let bits = if big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) };
        if !signed {
            return Ok(i128::from(bits));
        }
        let unused = 64 - 8 * width as u32;
        Ok(i128::from((bits << unused).cast_signed() >> unused))
    }

    /// Writes an integer into `bytes`, which have the field's length.
    ///
    /// # Errors
    /// Those of [`FieldType::read_int`]; `PayloadMismatch` for an integer that does not fit. Then nothing is written.
    pub fn write_int(self, int: i128, bytes: &mut [u8]) -> Result<(), Malformed> {
        let (width, ..) = self.int_form()?;
        let fits = self.int_range().is_some_and(|range| range.contains(&int));
        if !fits || bytes.len() != width {
            return Err(misfit());
        }
        let FieldType::Int { big_endian, .. } = self else { return Err(misfit()) };
        let word = int.to_le_bytes();
        bytes.iter_mut().zip(word).for_each(|(byte, from)| *byte = from);
        if big_endian {
            bytes.reverse();
        }
        Ok(())
    }

    /// The integers that fit; `None` for a field of bytes or a width that no field has.
    pub fn int_range(self) -> Option<std::ops::RangeInclusive<i128>> {
        match self {
            FieldType::Int { width_bytes: width @ (1 | 2 | 4 | 8), signed, .. } => {
                let bits = u32::from(width) * 8;
                Some(if signed { -(1 << (bits - 1))..=(1 << (bits - 1)) - 1 } else { 0..=(1 << bits) - 1 })
            }
            _ => None,
        }
    }

    fn int_form(self) -> Result<(usize, bool, bool), Malformed> {
        match self {
            FieldType::Int { width_bytes: width @ (1 | 2 | 4 | 8), signed, big_endian } => {
                Ok((usize::from(width), signed, big_endian))
            }
            FieldType::Int { .. } => Err(Malformed::new(Malformation::Range, "field", 0)),
            FieldType::Bytes(_) => Err(Malformed::new(Malformation::Type, "field", 0)),
        }
    }
}

impl FromStr for Kind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Kind, Malformed> {
        let unknown = || Malformed::new(Malformation::UnknownTag, "field kind", 0);
        let len = |digits: &str| {
            // One form only: no sign, no leading zero.
            let canonical = digits.starts_with(|first: char| first.is_ascii_digit() && first != '0');
            let len = if canonical { digits.parse().ok() } else { None };
            len.filter(|len| *len <= PAGE_LEN_MAX)
                .ok_or_else(|| Malformed::new(Malformation::Range, "field kind", 0))
        };
        if let Some(digits) = text.strip_prefix("text:") {
            return len(digits).map(Kind::Text);
        }
        if let Some(digits) = text.strip_prefix("bytes:") {
            return len(digits).map(Kind::Bytes);
        }
        let (name, big_endian) = match text.strip_suffix("be") {
            Some(name) => (name, Some(true)),
            None => text.strip_suffix("le").map_or((text, None), |name| (name, Some(false))),
        };
        let int = |width_bytes, signed, big_endian| Ok(Kind::Int { width_bytes, signed, big_endian });
        match (name, big_endian) {
            ("u8", None) => int(1, false, false),
            ("i8", None) => int(1, true, false),
            ("u16", Some(big_endian)) => int(2, false, big_endian),
            ("i16", Some(big_endian)) => int(2, true, big_endian),
            ("u32", Some(big_endian)) => int(4, false, big_endian),
            ("i32", Some(big_endian)) => int(4, true, big_endian),
            ("u64", Some(big_endian)) => int(8, false, big_endian),
            ("i64", Some(big_endian)) => int(8, true, big_endian),
            ("f64", Some(big_endian)) => Ok(Kind::F64 { big_endian }),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = |big_endian: bool| if big_endian { "be" } else { "le" };
        match *self {
            Kind::Int { width_bytes, signed, big_endian } => {
                let sign = if signed { 'i' } else { 'u' };
                let order = if width_bytes == 1 { "" } else { order(big_endian) };
                write!(f, "{sign}{}{order}", u32::from(width_bytes) * 8)
            }
            Kind::F64 { big_endian } => write!(f, "f64{}", order(big_endian)),
            Kind::Text(len) => write!(f, "text:{len}"),
            Kind::Bytes(len) => write!(f, "bytes:{len}"),
        }
    }
}
