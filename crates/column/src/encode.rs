//! Canonical bytes of a column, and its digest.
//!
//! Little-endian: `LCOL` and format byte 1; dtype as length byte and pandas' spelling; row count u64;
//! a byte that says whether a validity bitmap follows (packed, padding zero); the values. Numbers and
//! times stand in native width, bits packed, strings as offsets (i64, from zero, one more than rows)
//! and bytes, categories as an `ordered` byte, the length (u64) and bytes of the categories' own
//! encoding and i32 codes, intervals as the lengths (u64) and bytes of both sides' own encodings, objects as
//! tagged scalars. Every column has exactly one encoding: missing
//! slots, NaN and padding hold fixed bytes, and [`Column::decode`] refuses all others.

use std::sync::Arc;

use crate::bitmap::Bitmap;
use crate::build::check_categories;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::interval::{Closed, Ends, Interval};
use crate::number::Native;
use crate::scalar::Scalar;
use crate::text::Text;
use crate::values::{Values, for_number, with_native};
use crate::zone::Zone;

const MAGIC: &[u8; 5] = b"LCOL\x01";
/// Nesting of categories and of tuples in lists that `decode` follows.
const DEPTH_MAX: usize = 16;

impl Column {
    /// The column's canonical bytes: equal columns have equal bytes, whatever they share or were
    /// sliced from.
    ///
    /// # Errors
    /// `NotImplementedError` for a host's value, which has no bytes of ours.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        let name = full_name(self.dtype());
        out.push(name.len() as u8);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&(self.len() as u64).to_le_bytes());
        match self.validity() {
            None => out.push(0),
            Some(bits) => {
                out.push(1);
                write_bits(bits, &mut out);
            }
        }
        match self.values() {
            Values::Bool(bits) => write_bits(bits, &mut out),
            Values::Text(text) => {
                let (offsets, bytes) = text.rebased();
                offsets.for_each(|offset| offset.write_le(&mut out));
                out.extend_from_slice(bytes);
            }
            Values::Category(category) => {
                let categories = category.categories.encode()?;
                out.push(u8::from(category.ordered));
                out.extend_from_slice(&(categories.len() as u64).to_le_bytes());
                out.extend_from_slice(&categories);
                category.codes.iter().for_each(|code| code.write_le(&mut out));
            }
            Values::Interval(intervals) => {
                for side in [&intervals.left, &intervals.right] {
                    let bytes = side.encode()?;
                    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                    out.extend_from_slice(&bytes);
                }
            }
            Values::Object(scalars) => scalars
                .iter()
                .enumerate()
                .try_for_each(|(i, scalar)| write_scalar(scalar, &mut out).map_err(|error| error.at(i)))?,
            numbers => {
                for_number!(numbers, buffer => buffer.iter().for_each(|value| value.canonical().write_le(&mut out)), _ => {});
            }
        }
        Ok(out)
    }

    /// BLAKE3 of [`Column::encode`].
    ///
    /// # Errors
    /// As [`Column::encode`].
    pub fn digest(&self) -> Result<[u8; 32]> {
        Ok(*blake3::hash(&self.encode()?).as_bytes())
    }

    /// Reads canonical bytes back.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the byte offset for anything [`Column::encode`] would not write.
    /// Never allocates more than a small multiple of `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let column = reader.column(0)?;
        match reader.at == bytes.len() {
            true => Ok(column),
            false => Err(reader.bad("nothing after the column")),
        }
    }
}

/// A dtype in pandas' spelling, zones by their keys.
fn full_name(dtype: DType) -> String {
    match dtype {
        DType::Zoned(unit, zone) => format!("datetime64[{}, {}]", unit.name(), zone.key()),
        DType::Interval(ends, closed) => format!("interval[{}, {}]", full_name(ends.dtype()), closed.name()),
        dtype => dtype.to_string(),
    }
}

fn write_bits(bits: &Bitmap, out: &mut Vec<u8>) {
    let bytes = bits.words().flat_map(u64::to_le_bytes);
    out.extend(bytes.take(bits.len().div_ceil(8)));
}

fn write_scalar(scalar: &Scalar, out: &mut Vec<u8>) -> Result<()> {
    let bytes = |text: &str, out: &mut Vec<u8>| {
        out.extend_from_slice(&(text.len() as u64).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    };
    let times = |tag: u8, ticks: i64, unit: TimeUnit, out: &mut Vec<u8>| {
        out.extend_from_slice(&[tag, unit as u8]);
        ticks.write_le(out);
    };
    match scalar {
        Scalar::None => out.push(0),
        Scalar::NA => out.push(1),
        Scalar::NaT => out.push(2),
        Scalar::Bool(value) => out.extend_from_slice(&[3, u8::from(*value)]),
        Scalar::Int(value) => {
            out.push(4);
            value.write_le(out);
        }
        Scalar::UInt(value) => {
            out.push(5);
            value.write_le(out);
        }
        Scalar::Big(digits) => {
            out.push(6);
            bytes(digits, out);
        }
        Scalar::Float(value) => {
            out.push(7);
            value.canonical().write_le(out);
        }
        Scalar::Str(text) => {
            out.push(8);
            bytes(text, out);
        }
        Scalar::Datetime(ticks, unit) => times(9, *ticks, *unit, out),
        Scalar::Timedelta(ticks, unit) => times(10, *ticks, *unit, out),
        Scalar::Tuple(items) | Scalar::List(items) => {
            out.push(if matches!(scalar, Scalar::Tuple(_)) { 11 } else { 12 });
            out.extend_from_slice(&(items.len() as u64).to_le_bytes());
            items.iter().try_for_each(|item| write_scalar(item, out))?;
        }
        Scalar::Zoned(ticks, unit, zone) => {
            times(13, *ticks, *unit, out);
            bytes(zone.key(), out);
        }
        Scalar::Interval(interval) => {
            out.extend_from_slice(&[14, interval.closed as u8]);
            write_scalar(&interval.left, out)?;
            write_scalar(&interval.right, out)?;
        }
        Scalar::Opaque(value) => {
            let class = value.get().type_name();
            return Err(Error::not_implemented(format!(
                "lumen.pandas: bytes of a Python object of class '{class}'"
            )));
        }
    }
    Ok(())
}

impl Scalar {
    /// The scalar's canonical bytes, as they stand in an encoded `object` column.
    ///
    /// # Errors
    /// As [`Column::encode`].
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        write_scalar(self, &mut out)?;
        Ok(out)
    }

    /// Reads canonical bytes from the front of `bytes`; returns the scalar and the bytes it took.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the byte offset.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize)> {
        let mut reader = Reader { bytes, at: 0 };
        let scalar = reader.scalar(0)?;
        Ok((scalar, reader.at))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn bad(&self, expected: &str) -> Error {
        Error::new(ErrorKind::Decode, format!("expected {expected} at byte {}", self.at)).at(self.at)
    }

    fn take(&mut self, len: usize, what: &str) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        match rest.get(..len) {
            Some(taken) => {
                self.at += len;
                Ok(taken)
            }
            None => Err(self.bad(&format!("{len} bytes of {what}, found {}", rest.len()))),
        }
    }

    fn byte(&mut self, what: &str) -> Result<u8> {
        Ok(self.take(1, what)?.first().copied().unwrap_or(0))
    }

    fn flag(&mut self, what: &str) -> Result<bool> {
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => {
                self.at -= 1;
                Err(self.bad(&format!("0 or 1 for {what}")))
            }
        }
    }

    fn native<T: Native>(&mut self, what: &str) -> Result<T> {
        let bytes = self.take(T::NUMBER.size_bytes(), what)?;
        T::read_le(bytes).ok_or_else(|| self.bad(what))
    }

    fn natives<T: Native>(&mut self, len: usize) -> Result<Vec<T>> {
        let size = T::NUMBER.size_bytes();
        let Some(total) = len.checked_mul(size) else {
            return Err(self.bad("a row count the values can have"));
        };
        let bytes = self.take(total, "values")?;
        let values: Vec<T> = bytes.chunks_exact(size).filter_map(T::read_le).collect();
        match values.iter().all(|value| !value.is_nan() || same_bytes(*value, value.canonical())) {
            true => Ok(values),
            false => Err(self.bad("canonical NaN")),
        }
    }

    /// A length that counts things of at least `size` bytes each.
    fn count(&mut self, size: usize, what: &str) -> Result<usize> {
        let count = self.native::<u64>(what)?;
        let rest = self.bytes.len() - self.at;
        match usize::try_from(count) {
            Ok(count) if count.checked_mul(size).is_some_and(|needed| needed <= rest) => Ok(count),
            _ => Err(self.bad(&format!("{what} that fits the {rest} bytes left, found {count}"))),
        }
    }

    fn bits(&mut self, len: usize, what: &str) -> Result<Bitmap> {
        let bytes = self.take(len.div_ceil(8), what)?;
        let padding = bytes.last().is_some_and(|last| !len.is_multiple_of(8) && last >> (len % 8) != 0);
        match padding {
            true => Err(self.bad(&format!("zero padding after {what}"))),
            false => Ok(Bitmap::from_fn(len, |i| bytes[i / 8] >> (i % 8) & 1 == 1)),
        }
    }

    fn string(&mut self, what: &str) -> Result<&'a str> {
        let len = self.count(1, what)?;
        let bytes = self.take(len, what)?;
        std::str::from_utf8(bytes).map_err(|_| self.bad("UTF-8"))
    }

    fn column(&mut self, depth: usize) -> Result<Column> {
        if depth > DEPTH_MAX {
            return Err(self.bad("less nesting"));
        }
        if self.take(MAGIC.len(), "the magic of a column")? != MAGIC {
            self.at -= MAGIC.len();
            return Err(self.bad("a column of format 1"));
        }
        let name_len = usize::from(self.byte("the dtype's length")?);
        let name = std::str::from_utf8(self.take(name_len, "the dtype")?).map_err(|_| self.bad("UTF-8"))?;
        let dtype: DType = name.parse().map_err(|_| self.bad("a dtype"))?;
        if full_name(dtype) != name {
            return Err(self.bad("a dtype's full name"));
        }
        // The tightest columns take one bit a row.
        let len = self.native::<u64>("the row count")?;
        let rest = (self.bytes.len() - self.at) as u64;
        let len = match usize::try_from(len) {
            Ok(len) if len as u64 / 8 <= rest => len,
            _ => return Err(self.bad("a row count that fits the bytes")),
        };
        let validity = match self.flag("the validity flag")? {
            false => None,
            true => Some(self.bits(len, "validity")?),
        };
        let floats_or_objects = matches!(dtype, DType::Object | DType::Bool | DType::Number(_));
        if validity.as_ref().is_some_and(|bits| bits.all() || floats_or_objects) {
            return Err(self.bad("no validity where nothing can be missing"));
        }
        let column = self.values(dtype, len, validity, depth)?;
        match is_canonical(&column) {
            true => Ok(column),
            false => Err(self.bad("fixed bytes in missing slots")),
        }
    }

    fn values(&mut self, dtype: DType, len: usize, validity: Option<Bitmap>, depth: usize) -> Result<Column> {
        let values = match dtype {
            DType::Bool | DType::Boolean => Values::Bool(self.bits(len, "values")?),
            DType::Number(number) | DType::Nullable(number) => {
                with_native!(number, T => T::wrap_values(self.natives::<T>(len)?.into()))
            }
            DType::Datetime(_) | DType::Zoned(..) | DType::Timedelta(_) => {
                Values::Int64(self.natives::<i64>(len)?.into())
            }
            DType::Str | DType::String => {
                let offsets = self.natives::<i64>(len + 1)?;
                let end = offsets.last().and_then(|&last| usize::try_from(last).ok());
                let bytes = self.take(end.ok_or_else(|| self.bad("an offset from zero"))?, "strings")?;
                let strings = std::str::from_utf8(bytes).map_err(|_| self.bad("UTF-8"))?;
                let text = Text::from_parts(offsets, strings.to_owned());
                Values::Text(text.ok_or_else(|| self.bad("rising offsets on character boundaries"))?)
            }
            DType::Category => return self.category(len, validity, depth),
            DType::Interval(ends, closed) => return self.intervals((ends, closed), len, validity, depth),
            DType::Object => {
                let scalars = (0..len).map(|_| self.scalar(0)).collect::<Result<Vec<Scalar>>>()?;
                Values::Object(scalars.into())
            }
        };
        Ok(Column::new(dtype, values, validity))
    }

    fn category(&mut self, len: usize, validity: Option<Bitmap>, depth: usize) -> Result<Column> {
        let ordered = self.flag("the ordered flag")?;
        let size = self.count(1, "the categories' length")?;
        let end = self.at + size;
        let categories = self.column(depth + 1)?;
        if self.at != end || check_categories(&categories).is_err() || categories.dtype() == DType::Category {
            return Err(self.bad("unique, present categories"));
        }
        let codes = self.natives::<i32>(len)?;
        let bound = i32::try_from(categories.len()).unwrap_or(i32::MAX);
        let inside = codes.iter().all(|code| (-1..bound).contains(code));
        let column = inside.then(|| Column::with_category(codes, Arc::new(categories), ordered));
        match column {
            Some(column) if column.validity() == validity.as_ref() => Ok(column),
            _ => Err(self.bad("codes inside the categories, -1 exactly where missing")),
        }
    }

    fn intervals(
        &mut self,
        (ends, closed): (Ends, Closed),
        len: usize,
        validity: Option<Bitmap>,
        depth: usize,
    ) -> Result<Column> {
        let mut side = || {
            let size = self.count(1, "the length of a side")?;
            let end = self.at + size;
            let column = self.column(depth + 1)?;
            match self.at == end && column.dtype() == ends.dtype() && column.len() == len {
                true => Ok(column),
                false => Err(self.bad("a side of the intervals' ends")),
            }
        };
        let (left, right) = (side()?, side()?);
        match Column::intervals(left, right, closed) {
            Ok(column) if column.validity() == validity.as_ref() => Ok(column),
            _ => Err(self.bad("ends in order, missing together")),
        }
    }

    fn scalar(&mut self, depth: usize) -> Result<Scalar> {
        if depth > DEPTH_MAX {
            return Err(self.bad("less nesting"));
        }
        Ok(match self.byte("a scalar's tag")? {
            0 => Scalar::None,
            1 => Scalar::NA,
            2 => Scalar::NaT,
            3 => Scalar::Bool(self.flag("a bool")?),
            4 => Scalar::Int(self.native("an integer")?),
            5 => match self.native::<u64>("an integer")? {
                value if i64::try_from(value).is_err() => Scalar::UInt(value),
                _ => return Err(self.bad("an integer above int64")),
            },
            6 => {
                let digits = self.string("digits")?;
                let unsigned = digits.strip_prefix('-').unwrap_or(digits);
                let plain = unsigned.len() >= 19 && unsigned.bytes().all(|byte| byte.is_ascii_digit());
                let small =
                    digits.parse::<i128>().is_ok_and(|value| !matches!(Scalar::from(value), Scalar::Big(_)));
                match plain && !unsigned.starts_with('0') && !small {
                    true => Scalar::Big(digits.into()),
                    false => return Err(self.bad("canonical digits beyond 64 bits")),
                }
            }
            7 => match self.native::<f64>("a float")? {
                value if !value.is_nan() || same_bytes(value, f64::NAN) => Scalar::Float(value),
                _ => return Err(self.bad("canonical NaN")),
            },
            8 => Scalar::str(self.string("a string")?),
            tag @ (9 | 10 | 13) => {
                let unit = match self.byte("a time unit")? {
                    0 => TimeUnit::Second,
                    1 => TimeUnit::Milli,
                    2 => TimeUnit::Micro,
                    3 => TimeUnit::Nano,
                    _ => return Err(self.bad("a time unit")),
                };
                match (tag, self.native::<i64>("ticks")?) {
                    (_, i64::MIN) => return Err(self.bad("ticks above NaT")),
                    (9, ticks) => Scalar::Datetime(ticks, unit),
                    (13, ticks) => {
                        let key = self.string("a zone")?;
                        let zone = key.parse::<Zone>().ok().filter(|zone| zone.key() == key);
                        Scalar::Zoned(ticks, unit, zone.ok_or_else(|| self.bad("a zone"))?)
                    }
                    (_, ticks) => Scalar::Timedelta(ticks, unit),
                }
            }
            tag @ (11 | 12) => {
                let len = self.count(1, "items")?;
                let items = (0..len).map(|_| self.scalar(depth + 1)).collect::<Result<Arc<[Scalar]>>>()?;
                if tag == 11 { Scalar::Tuple(items) } else { Scalar::List(items) }
            }
            14 => {
                let place = usize::from(self.byte("the closed ends")?);
                let closed = Closed::ALL.get(place).copied();
                let closed = closed.ok_or_else(|| self.bad("which ends are closed"))?;
                let (left, right) = (self.scalar(depth + 1)?, self.scalar(depth + 1)?);
                Scalar::Interval(Arc::new(Interval { left, right, closed }))
            }
            _ => {
                self.at -= 1;
                return Err(self.bad("a scalar's tag"));
            }
        })
    }
}

fn same_bytes<T: Native>(a: T, b: T) -> bool {
    let bytes = |value: T| {
        let mut out = Vec::with_capacity(8);
        value.write_le(&mut out);
        out
    };
    bytes(a) == bytes(b)
}

/// Whether missing slots hold their fixed bytes and nothing else does.
fn is_canonical(column: &Column) -> bool {
    let slots_are = |is_fixed: &dyn Fn(usize) -> bool| {
        column.validity().is_none_or(|bits| bits.iter().enumerate().all(|(i, valid)| valid || is_fixed(i)))
    };
    match (column.dtype(), column.values()) {
        (dtype, Values::Int64(ticks)) if dtype.is_time() => ticks
            .iter()
            .enumerate()
            .all(|(i, &tick)| (tick == i64::MIN) == column.validity().is_some_and(|bits| !bits.get(i))),
        (_, Values::Bool(bits)) => slots_are(&|i| !bits.get(i)),
        (_, Values::Text(text)) => slots_are(&|i| text.get(i).is_empty()),
        (_, Values::Category(_) | Values::Interval(_) | Values::Object(_)) => true,
        (DType::Nullable(_), numbers) => for_number!(
            numbers,
            buffer => buffer.iter().all(|value| !value.is_nan()) && slots_are(&|i| same_bytes(buffer[i], Native::from_i128(0))),
            _ => true
        ),
        _ => true,
    }
}
