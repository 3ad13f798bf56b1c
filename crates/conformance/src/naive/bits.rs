//! Bytes read one by one: the alphabet of every canonical encoding.

/// What is wrong: a code, a field, a byte offset.
pub(super) type Refusal = (&'static str, &'static str, usize);

/// Reads values from a slice.
pub(super) struct Bytes<'a> {
    all: &'a [u8],
    pub at: usize,
}

impl<'a> Bytes<'a> {
    pub fn new(all: &'a [u8]) -> Bytes<'a> {
        Bytes { all, at: 0 }
    }

    pub fn left(&self) -> usize {
        self.all.len() - self.at
    }

    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], Refusal> {
        if count > self.left() {
            return Err(("Truncated", field, self.at));
        }
        let start = self.at;
        self.at += count;
        Ok(&self.all[start..self.at])
    }

    pub fn rest(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at = self.all.len();
        &self.all[start..]
    }

    pub fn byte(&mut self, field: &'static str) -> Result<u8, Refusal> {
        self.take(1, field).map(|bytes| bytes[0])
    }

    /// LEB128 (DWARF 5, section 7.6) in its shortest form, up to 64 bits. Seven bits a byte, lowest first; the top bit
    /// says that another byte follows.
    pub fn integer(&mut self, field: &'static str) -> Result<u64, Refusal> {
        let start = self.at;
        let (mut value, mut factor) = (0u128, 1u128);
        loop {
            let byte = self.byte(field)?;
            value += u128::from(byte & 127) * factor;
            factor *= 128;
            let is_padded = byte == 0 && self.at - start > 1;
            if is_padded || value > u128::from(u64::MAX) || self.at - start > 10 {
                return Err(("NonMinimal", field, start));
            }
            if byte < 128 {
                // Cannot fail: it was compared with the greatest.
                return Ok(u64::try_from(value).unwrap_or(u64::MAX));
            }
        }
    }

    pub fn integer_to(&mut self, greatest: u64, field: &'static str) -> Result<u64, Refusal> {
        let start = self.at;
        match self.integer(field)? {
            value if value <= greatest => Ok(value),
            _ => Err(("Limit", field, start)),
        }
    }

    /// A length and so many bytes.
    pub fn sized(&mut self, longest: u64, field: &'static str) -> Result<&'a [u8], Refusal> {
        let count = self.integer_to(longest, field)?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX), field)
    }

    pub fn text(&mut self, longest: u64, field: &'static str) -> Result<&'a str, Refusal> {
        let start = self.at;
        let bytes = self.sized(longest, field)?;
        std::str::from_utf8(bytes).map_err(|_| ("Utf8", field, start))
    }

    pub fn end(&self, field: &'static str) -> Result<(), Refusal> {
        if self.left() == 0 { Ok(()) } else { Err(("Trailing", field, self.at)) }
    }
}

/// Appends LEB128 in its shortest form.
pub(super) fn put_integer(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value % 128).unwrap_or_default();
        value /= 128;
        if value == 0 {
            return out.push(low);
        }
        out.push(low + 128);
    }
}

pub(super) fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put_integer(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// CRC-32C bit by bit (RFC 3720, appendix B.4).
pub(super) fn crc32c(parts: &[&[u8]]) -> u32 {
    let mut crc = u32::MAX;
    for byte in parts.iter().copied().flatten() {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let odd = crc & 1 == 1;
            crc >>= 1;
            if odd {
                crc ^= 0x82f6_3b78;
            }
        }
    }
    !crc
}

pub(super) fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value * 256 + u64::from(*byte))
}
