//! The alphabet of every canonical encoding here: minimal LEB128 integers, fixed-width little-endian words and
//! length-prefixed bytes.
//!
//! An [`Encoder`] cannot write a second form of a value and a [`Decoder`] does not read one, so equal values have
//! equal bytes and equal hashes.

use crate::malformed::{Malformation, Malformed};

/// Appends values to a byte vector.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// An empty encoder.
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// Appends one byte.
    pub fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Appends an unsigned integer as LEB128 in as few bytes as it needs (1 to 10).
    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Appends 16 little-endian bytes.
    pub fn u128(&mut self, value: u128) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends bytes as they are, without a length.
    pub fn raw(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
    }

    /// Appends a length and then the bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.varint(value.len() as u64);
        self.raw(value);
    }

    /// Appends an entry: tag, length, payload.
    pub fn entry(&mut self, tag: u8, payload: &[u8]) {
        self.byte(tag);
        self.bytes(payload);
    }

    /// Appends an entry whose payload is what `write` appends, without a copy of it.
    pub fn entry_with(&mut self, tag: u8, write: impl FnOnce(&mut Encoder)) {
        self.byte(tag);
        let start = self.bytes.len();
        // Nearly every payload's length has one byte; a longer length moves its payload.
        self.byte(0);
        write(self);
        let len = self.bytes.len() - start - 1;
        match self.bytes.get_mut(start) {
            Some(place) if len < 0x80 => *place = len as u8,
            _ => {
                let mut prefix = Encoder::new();
                prefix.varint(len as u64);
                self.bytes.splice(start..=start, prefix.bytes);
            }
        }
    }

    /// The number of bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// The written bytes.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads values from a slice; every refusal names the field and its offset.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Decoder<'a> {
    /// A decoder at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Decoder<'a> {
        Decoder { bytes, offset: 0 }
    }

    /// The offset of the next byte.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether every byte was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A refusal of `field` at the present offset.
    pub fn malformed(&self, code: Malformation, field: &'static str) -> Malformed {
        Malformed::new(code, field, self.offset)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer are left.
    pub fn raw(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], Malformed> {
        let Some((head, rest)) = self.bytes.split_at_checked(len) else {
            return Err(self
                .malformed(Malformation::Truncated, field)
                .over(len as u64, self.bytes.len() as u64));
        };
        self.bytes = rest;
        self.offset += len;
        Ok(head)
    }

    /// Exactly `N` bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer are left.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.raw(N, field)?);
        Ok(array)
    }

    /// One byte.
    ///
    /// # Errors
    /// `Truncated` at the end.
    pub fn byte(&mut self, field: &'static str) -> Result<u8, Malformed> {
        Ok(self.array::<1>(field)?[0])
    }

    /// A minimal LEB128 integer.
    ///
    /// # Errors
    /// `Truncated` at the end, `NonMinimal` for a padded or an over-long form.
    pub fn varint(&mut self, field: &'static str) -> Result<u64, Malformed> {
        let start = self.offset;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(field)?;
            let low = u64::from(byte & 0x7f);
            let over = shift == 63 && low > 1;
            let padded = byte == 0 && shift > 0;
            if over || padded {
                break;
            }
            value |= low << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::new(Malformation::NonMinimal, field, start))
    }

    /// A varint that must be at most `max`.
    ///
    /// # Errors
    /// As [`Decoder::varint`]; `Limit` for a greater value.
    pub fn varint_up_to(&mut self, max: u64, field: &'static str) -> Result<u64, Malformed> {
        let start = self.offset;
        let value = self.varint(field)?;
        if value > max {
            return Err(Malformed::new(Malformation::Limit, field, start).over(max, value));
        }
        Ok(value)
    }

    /// 16 little-endian bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer are left.
    pub fn u128(&mut self, field: &'static str) -> Result<u128, Malformed> {
        Ok(u128::from_le_bytes(self.array(field)?))
    }

    /// Length-prefixed bytes of at most `max`.
    ///
    /// # Errors
    /// `Limit` for a greater length, `Truncated` when it points behind the end.
    pub fn bytes(&mut self, max: usize, field: &'static str) -> Result<&'a [u8], Malformed> {
        let len = self.varint_up_to(max as u64, field)?;
        self.raw(len as usize, field)
    }

    /// Length-prefixed UTF-8 text of at most `max` bytes.
    ///
    /// # Errors
    /// As [`Decoder::bytes`]; `Utf8` for anything else.
    pub fn text(&mut self, max: usize, field: &'static str) -> Result<&'a str, Malformed> {
        let start = self.offset;
        let bytes = self.bytes(max, field)?;
        std::str::from_utf8(bytes).map_err(|_| Malformed::new(Malformation::Utf8, field, start))
    }

    /// A byte that must be 0 or 1.
    ///
    /// # Errors
    /// `Truncated` at the end, `Range` for another byte.
    pub fn boolean(&mut self, field: &'static str) -> Result<bool, Malformed> {
        let start = self.offset;
        match self.byte(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::new(Malformation::Range, field, start)),
        }
    }

    /// An id that is only written when it is not 0: 16 bytes if `present`, else 0.
    ///
    /// # Errors
    /// `Truncated`; `NonMinimal` for a written 0.
    pub fn nonzero_u128_if(&mut self, present: bool, field: &'static str) -> Result<u128, Malformed> {
        if !present {
            return Ok(0);
        }
        let start = self.offset;
        match self.u128(field)? {
            0 => Err(Malformed::new(Malformation::NonMinimal, field, start)),
            id => Ok(id),
        }
    }

    /// A count of at most `max`, then so many items.
    ///
    /// # Errors
    /// `Limit` for a greater count, and what `item` returns.
    pub fn items<T>(
        &mut self,
        max: usize,
        field: &'static str,
        mut item: impl FnMut(&mut Decoder<'a>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.varint_up_to(max as u64, field)?;
        // Not reserved: a count is cheap to forge, its items are not.
        (0..count).map(|_| item(self)).collect()
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.offset += self.bytes.len();
        std::mem::take(&mut self.bytes)
    }

    /// Ends the value.
    ///
    /// # Errors
    /// `Trailing` when bytes are left.
    pub fn finish(self, field: &'static str) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(self.malformed(Malformation::Trailing, field)) }
    }
}
