//! The byte form of modules and optimizers: little-endian, lengths before contents, no padding.

use autograd::{Error, Result, Tensor};

/// Builds a byte string.
#[derive(Default)]
pub(crate) struct Writer(pub Vec<u8>);

impl Writer {
    pub fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }
    pub fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }
    pub fn bool(&mut self, value: bool) {
        self.u64(u64::from(value));
    }
    pub fn text(&mut self, value: &str) {
        self.u64(value.len() as u64);
        self.0.extend(value.as_bytes());
    }
    pub fn tensor(&mut self, value: &Tensor) -> Result<()> {
        let bytes = value.to_bytes()?;
        self.u64(bytes.len() as u64);
        self.0.extend(bytes);
        Ok(())
    }
    pub fn maybe_tensor(&mut self, value: Option<&Tensor>) -> Result<()> {
        self.bool(value.is_some());
        value.map_or(Ok(()), |t| self.tensor(t))
    }
}

/// Reads what [`Writer`] wrote; every shortfall is an error with its offset.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }
    pub fn refuse(&self, expected: &str, found: &str) -> Error {
        Error::value("from_bytes", format!("at byte {}: expected {expected}, found {found}", self.at))
            .expected(expected)
            .found(found)
    }
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.bytes.len());
        let Some(end) = end else {
            return Err(
                self.refuse(&format!("{len} bytes"), &format!("{} bytes", self.bytes.len() - self.at))
            );
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
    pub fn u64(&mut self) -> Result<u64> {
        Ok(self.take(8)?.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
    }
    pub fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_bits(self.u64()?))
    }
    pub fn bool(&mut self) -> Result<bool> {
        match self.u64()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.refuse("0 or 1", &other.to_string())),
        }
    }
    fn len(&mut self) -> Result<usize> {
        let len = self.u64()?;
        let left = self.bytes.len() - self.at;
        usize::try_from(len)
            .ok()
            .filter(|&len| len <= left)
            .ok_or_else(|| self.refuse(&format!("at most {left} bytes"), &len.to_string()))
    }
    pub fn text(&mut self) -> Result<&'a str> {
        let len = self.len()?;
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|_| self.refuse("UTF-8 text", "other bytes"))
    }
    pub fn tensor(&mut self) -> Result<Tensor> {
        let len = self.len()?;
        Tensor::from_bytes(self.take(len)?)
    }
    pub fn maybe_tensor(&mut self) -> Result<Option<Tensor>> {
        if self.bool()? { self.tensor().map(Some) } else { Ok(None) }
    }
    pub fn magic(&mut self, magic: &str) -> Result<()> {
        match self.text() {
            Ok(found) if found == magic => Ok(()),
            Ok(found) => Err(self.refuse(magic, found)),
            Err(_) => Err(self.refuse(magic, "something else")),
        }
    }
    pub fn end(&self) -> Result<()> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(self.refuse("the end", &format!("{} more bytes", self.bytes.len() - self.at)))
    }
}
