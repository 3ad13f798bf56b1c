//! Canonical bytes of frames, series and indexes: equal tables, equal bytes. Their BLAKE3 is the digest.
//!
//! A frame is the magic `LUMENFR1`, its column index, its row index, then its columns in order; a series the magic
//! `LUMENSR1`, its name, its index and its values. Every part is a length (u64, little-endian) and bytes; columns and
//! lists of labels have the form of [`Column::encode`].

use column::{Column, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::Index;
use crate::series::Series;

const FRAME: &[u8] = b"LUMENFR1";
const SERIES: &[u8] = b"LUMENSR1";

mod shape {
    pub const RANGE: u8 = 0;
    pub const VALUES: u8 = 1;
    pub const MULTI: u8 = 2;
}

fn part(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn labels(out: &mut Vec<u8>, labels: Vec<Scalar>) {
    part(out, &Column::object(labels).encode());
}

fn index(out: &mut Vec<u8>, index: &Index) {
    if let Some((start, _, step)) = index.as_range() {
        out.push(shape::RANGE);
        for number in [start, index.len() as i64, step] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    } else if index.is_multi() {
        out.push(shape::MULTI);
        out.extend_from_slice(&(index.nlevels() as u64).to_le_bytes());
        for level in 0..index.nlevels() {
            part(out, &index.level_values(level).unwrap_or_else(|| Column::object(Vec::new())).encode());
        }
    } else {
        out.push(shape::VALUES);
        part(out, &index.to_column().encode());
    }
    labels(out, index.names());
}

/// Reads parts; every length is checked against what is left.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| {
            Error::value(format!("encoded table: {len} bytes expected at offset {}, found {}", self.at, self.bytes.len() - self.at))
        })?;
        let bytes = &self.bytes[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    fn column(&mut self) -> Result<Column> {
        let len = self.number()?;
        let len = usize::try_from(len).map_err(|_| Error::value("encoded table: a part is too long"))?;
        Ok(Column::decode(self.take(len)?)?)
    }

    fn labels(&mut self) -> Result<Vec<Scalar>> {
        Ok(self.column()?.iter().collect())
    }

    fn index(&mut self) -> Result<Index> {
        let shape = self.take(1)?.first().copied();
        let read = match shape {
            Some(shape::RANGE) => {
                let start = self.number()? as i64;
                let len = self.number()?;
                let step = self.number()? as i64;
                let len = usize::try_from(len).map_err(|_| Error::value("encoded table: a range is too long"))?;
                let last = i64::try_from(len).ok().and_then(|n| n.checked_mul(step)).and_then(|n| n.checked_add(start));
                if last.is_none() {
                    return Err(Error::value("encoded table: a range leaves int64"));
                }
                Index::range_of(start, len, step)
            }
            Some(shape::VALUES) => Index::from_column(self.column()?),
            Some(shape::MULTI) => {
                let levels = self.number()?;
                let mut arrays = Vec::new();
                for _ in 0..levels {
                    arrays.push(self.column()?);
                }
                if arrays.windows(2).any(|pair| pair[0].len() != pair[1].len()) || arrays.is_empty() {
                    return Err(Error::value("encoded table: levels of unequal length"));
                }
                let names = self.labels()?;
                if names.len() != arrays.len() {
                    return Err(Error::value("encoded table: a level has no name entry"));
                }
                return Ok(Index::from_arrays(arrays, names));
            }
            _ => return Err(Error::value(format!("encoded table: {shape:?} is no shape of an index"))),
        };
        let names = self.labels()?;
        match <[Scalar; 1]>::try_from(names) {
            Ok([name]) => Ok(read.with_name(name)),
            Err(_) => Err(Error::value("encoded table: an index has one name")),
        }
    }

    fn finish(&self) -> Result<()> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            rest => Err(Error::value(format!("encoded table: {rest} bytes too many"))),
        }
    }
}

impl Frame {
    /// Canonical bytes: dtypes, values, labels of both axes and their names.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = FRAME.to_vec();
        index(&mut out, self.columns());
        index(&mut out, self.index());
        for column in self.data() {
            part(&mut out, &column.encode());
        }
        out
    }

    /// Reads what [`Frame::to_bytes`] wrote.
    ///
    /// # Errors
    /// `ValueError` with the offset for bytes that are no frame; nothing is allocated on their word alone.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader { bytes: bytes.strip_prefix(FRAME).ok_or_else(|| Error::value("these bytes are no frame"))?, at: 0 };
        let columns = reader.index()?;
        let rows = reader.index()?;
        let mut data = Vec::new();
        for _ in 0..columns.len() {
            data.push(reader.column()?);
        }
        reader.finish()?;
        Frame::new(columns, data, rows)
    }

    /// BLAKE3 of [`Frame::to_bytes`].
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.to_bytes()).as_bytes()
    }
}

impl Series {
    /// Canonical bytes: name, labels, dtype, values.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = SERIES.to_vec();
        labels(&mut out, vec![self.name().clone()]);
        index(&mut out, self.index());
        part(&mut out, &self.values().encode());
        out
    }

    /// Reads what [`Series::to_bytes`] wrote.
    ///
    /// # Errors
    /// As [`Frame::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader { bytes: bytes.strip_prefix(SERIES).ok_or_else(|| Error::value("these bytes are no series"))?, at: 0 };
        let name = reader.labels()?.into_iter().next().unwrap_or(Scalar::None);
        let index = reader.index()?;
        let values = reader.column()?;
        reader.finish()?;
        Series::new(values, index, name)
    }

    /// BLAKE3 of [`Series::to_bytes`].
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.to_bytes()).as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Frame {
        let frame = Frame::from_columns([
            ("a", Column::from(vec![1_i64, 2, 3])),
            ("b", Column::from(vec![0.5, f64::NAN, -0.0])),
        ]);
        let rows = Index::from_arrays(
            vec![Column::from(vec![1_i64, 1, 2]), Column::infer(vec![Scalar::str("x"), Scalar::str("y"), Scalar::None])],
            vec![Scalar::str("k"), Scalar::None],
        );
        frame.and_then(|f| f.with_index(rows)).unwrap_or_else(|e| panic!("{e:?}"))
    }

    #[test]
    fn a_frame_comes_back_with_its_labels() {
        let frame = sample();
        let back = Frame::from_bytes(&frame.to_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(back.to_bytes(), frame.to_bytes());
        assert_eq!(back.index().names(), frame.index().names());
        assert_eq!(back.dtypes(), frame.dtypes());
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = sample().to_bytes();
        for len in 0..bytes.len() {
            assert!(Frame::from_bytes(&bytes[..len]).is_err(), "{len}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            // It may still be a frame, another one; it must not be this one or a panic.
            if let Ok(other) = Frame::from_bytes(&damaged) {
                assert_ne!(other.to_bytes(), bytes, "{at}");
            }
        }
    }
}
