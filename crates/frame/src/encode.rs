//! The canonical bytes of a frame, a series and an index, and their digests.
//!
//! Equal tables have equal bytes, whatever their history: buffers, unused categories of levels and cached facts leave
//! no trace. A part is its length in eight bytes, little endian, and its bytes; a column's bytes are the column's own
//! encoding.

use column::{Column, Frequency, Scalar};

use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::index::Index;
use crate::series::Series;

const FRAME: &[u8; 8] = b"LMFRAME\x01";
const SERIES: &[u8; 8] = b"LMSERIE\x01";

const RANGE: u8 = 0;
const VALUES: u8 = 1;
const MULTI: u8 = 2;
/// Values, and behind them the text of their frequency.
const REGULAR: u8 = 3;

fn push_number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    push_number(out, part.len() as i64);
    out.extend_from_slice(part);
}

fn push_names(out: &mut Vec<u8>, names: Vec<Scalar>) -> Result<()> {
    push_part(out, &Column::object(names).encode()?);
    Ok(())
}

fn push_index(out: &mut Vec<u8>, index: &Index) -> Result<()> {
    if let Some((start, stop, step)) = index.as_range() {
        out.push(RANGE);
        [start, stop, step].into_iter().for_each(|bound| push_number(out, bound));
    } else {
        out.push(match index.frequency() {
            _ if index.is_multi() => MULTI,
            None => VALUES,
            Some(_) => REGULAR,
        });
        push_number(out, index.nlevels() as i64);
        for values in (0..index.nlevels()).filter_map(|level| index.level_values(level)) {
            push_part(out, &values.encode()?);
        }
        if let Some(step) = index.frequency() {
            push_part(out, step.to_string().as_bytes());
        }
    }
    push_names(out, index.names())
}

/// Bytes that are read from front to back; every length is checked before it is used.
struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn failure(&self, expected: &str) -> Error {
        Error::new(ErrorKind::DecodeError, format!("expected {expected} at byte {}", self.offset))
    }

    fn take(&mut self, len: usize, expected: &str) -> Result<&'a [u8]> {
        let end = self.offset.checked_add(len);
        let part =
            end.and_then(|end| self.bytes.get(self.offset..end)).ok_or_else(|| self.failure(expected))?;
        self.offset += len;
        Ok(part)
    }

    fn number(&mut self) -> Result<i64> {
        let bytes = self.take(8, "a number of eight bytes")?;
        let bytes: [u8; 8] = bytes.try_into().map_err(|_| self.failure("a number of eight bytes"))?;
        Ok(i64::from_le_bytes(bytes))
    }

    fn part(&mut self) -> Result<&'a [u8]> {
        let len = self.number()?;
        let len = usize::try_from(len).map_err(|_| self.failure("a length"))?;
        self.take(len, "a part of that length")
    }

    fn column(&mut self) -> Result<Column> {
        let start = self.offset;
        let part = self.part()?;
        Column::decode(part).map_err(|error| {
            let message = format!("in the column at byte {start}: {}", error.message());
            Error::new(ErrorKind::DecodeError, message)
        })
    }

    fn names(&mut self, count: usize) -> Result<Vec<Scalar>> {
        let names: Vec<Scalar> = self.column()?.iter().collect();
        if names.len() == count { Ok(names) } else { Err(self.failure("a name for each level")) }
    }

    fn index(&mut self) -> Result<Index> {
        match self.take(1, "a kind of index")? {
            [RANGE] => {
                let (start, stop, step) = (self.number()?, self.number()?, self.number()?);
                let names = self.names(1)?;
                let index = Index::range_between(start, stop, step).ok_or_else(|| self.failure("a range"))?;
                Ok(index.with_names(names))
            }
            [kind @ (VALUES | MULTI | REGULAR)] => {
                let count = usize::try_from(self.number()?).unwrap_or(0);
                if count == 0 || (*kind != MULTI && count != 1) {
                    return Err(self.failure("a number of levels"));
                }
                let mut levels = Vec::new();
                for _ in 0..count {
                    levels.push(self.column()?);
                }
                let step = if *kind == REGULAR { Some(self.frequency()?) } else { None };
                let names = self.names(count)?;
                if levels.iter().any(|level| level.len() != levels[0].len()) {
                    return Err(self.failure("levels of one length"));
                }
                let index = match *kind {
                    MULTI => Index::from_arrays(levels, names),
                    _ => Index::from_column(levels.remove(0)).with_names(names).with_frequency(step.clone()),
                };
                if index.frequency() == step.as_ref() {
                    Ok(index)
                } else {
                    Err(self.failure("dates or durations"))
                }
            }
            _ => Err(self.failure("a kind of index")),
        }
    }

    /// A frequency in the one spelling that it is written in.
    fn frequency(&mut self) -> Result<Frequency> {
        let text = self.part()?;
        let step = std::str::from_utf8(text).ok().and_then(|text| text.parse::<Frequency>().ok());
        step.filter(|step| step.to_string().as_bytes() == text).ok_or_else(|| self.failure("a frequency"))
    }

    fn end(&self) -> Result<()> {
        if self.offset == self.bytes.len() { Ok(()) } else { Err(self.failure("the end")) }
    }
}

fn start<'a>(bytes: &'a [u8], magic: &[u8; 8]) -> Result<Reader<'a>> {
    let mut reader = Reader { bytes, offset: 0 };
    let kind = if magic == FRAME { "a frame" } else { "a series" };
    match reader.take(8, kind)? == magic {
        true => Ok(reader),
        false => Err(Reader { bytes, offset: 0 }.failure(kind)),
    }
}

impl Index {
    /// Python's `range(start, stop, step)`; `None` where it is none or too long.
    pub(crate) fn range_between(start: i64, stop: i64, step: i64) -> Option<Self> {
        let distance = i128::from(stop) - i128::from(start);
        let len = match step {
            0 => return None,
            step if (distance > 0) == (step > 0) && distance != 0 => {
                let step = i128::from(step).abs();
                (distance.abs() + step - 1) / step
            }
            _ => 0,
        };
        let len = usize::try_from(len).ok().filter(|len| i64::try_from(*len).is_ok())?;
        Self::range(len).rebased(start, stop, step)
    }
}

impl Index {
    /// BLAKE3 of the bytes that the index has within a frame's, behind bytes that no frame begins with.
    ///
    /// # Errors
    /// As [`Frame::to_bytes`].
    pub fn digest(&self) -> Result<[u8; 32]> {
        let mut out = b"LMINDEX\0".to_vec();
        push_index(&mut out, self)?;
        Ok(*blake3::hash(&out).as_bytes())
    }
}

impl Frame {
    /// The canonical bytes.
    ///
    /// # Errors
    /// `NotImplementedError` for a host's value, which has no bytes of ours.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out = FRAME.to_vec();
        push_index(&mut out, &self.columns)?;
        push_index(&mut out, &self.index)?;
        for column in &self.data {
            push_part(&mut out, &column.encode()?);
        }
        Ok(out)
    }

    /// Reads what [`Frame::to_bytes`] wrote.
    ///
    /// # Errors
    /// `DecodeError` with the offset for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = start(bytes, FRAME)?;
        let (columns, index) = (reader.index()?, reader.index()?);
        let mut data = Vec::new();
        for _ in 0..columns.len() {
            data.push(reader.column()?);
        }
        reader.end()?;
        Self::new(columns, data, index).map_err(|error| Error::new(ErrorKind::DecodeError, error.message()))
    }

    /// BLAKE3 of the canonical bytes.
    ///
    /// # Errors
    /// As `to_bytes`.
    pub fn digest(&self) -> Result<[u8; 32]> {
        Ok(*blake3::hash(&self.to_bytes()?).as_bytes())
    }
}

impl Series {
    /// The canonical bytes.
    ///
    /// # Errors
    /// `NotImplementedError` for a host's value, which has no bytes of ours.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out = SERIES.to_vec();
        push_names(&mut out, vec![self.name.clone()])?;
        push_index(&mut out, &self.index)?;
        push_part(&mut out, &self.values.encode()?);
        Ok(out)
    }

    /// Reads what [`Series::to_bytes`] wrote.
    ///
    /// # Errors
    /// `DecodeError` with the offset for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = start(bytes, SERIES)?;
        let name = reader.names(1)?.remove(0);
        let (index, values) = (reader.index()?, reader.column()?);
        reader.end()?;
        Self::new(values, index, name).map_err(|error| Error::new(ErrorKind::DecodeError, error.message()))
    }

    /// BLAKE3 of the canonical bytes.
    ///
    /// # Errors
    /// As `to_bytes`.
    pub fn digest(&self) -> Result<[u8; 32]> {
        Ok(*blake3::hash(&self.to_bytes()?).as_bytes())
    }
}
