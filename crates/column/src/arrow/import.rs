//! Columns from a producer of the interface, with the dtypes of pandas' `from_arrow`.

use std::any::Any;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

use super::format::Format;
use super::{ArrowArray, ArrowArrayStream, ArrowSchema, FLAG_ORDERED};
use crate::bitmap::Bitmap;
use crate::buffer::Buffer;
use crate::build::check_categories;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Result};
use crate::number::Native;
use crate::scalar::Scalar;
use crate::text::{Text, TextBuilder};
use crate::values::with_native;

/// Types inside types that are followed: lists of structs of lists.
const DEPTH_MAX: usize = 16;

/// Makes the objects that pandas makes of values which no column holds. Without a host they are refused by name.
pub trait Host {
    /// A `datetime.date` of days since 1970.
    ///
    /// # Errors
    /// The host's.
    fn date(&self, days: i64) -> Result<Scalar> {
        let _ = days;
        Err(refused("dates"))
    }

    /// A `datetime.time` of nanoseconds since midnight.
    ///
    /// # Errors
    /// The host's.
    fn time(&self, nanoseconds: i64) -> Result<Scalar> {
        let _ = nanoseconds;
        Err(refused("times of day"))
    }

    /// A `decimal.Decimal` of its digits and the count of those behind the point.
    ///
    /// # Errors
    /// The host's.
    fn decimal(&self, digits: i128, scale: i32) -> Result<Scalar> {
        let _ = (digits, scale);
        Err(refused("decimals"))
    }

    /// A `bytes`.
    ///
    /// # Errors
    /// The host's.
    fn bytes(&self, bytes: &[u8]) -> Result<Scalar> {
        let _ = bytes;
        Err(refused("bytes"))
    }

    /// The array that a list is.
    ///
    /// # Errors
    /// The host's.
    fn list(&self, items: Column) -> Result<Scalar> {
        Ok(Scalar::List(items.iter().collect()))
    }

    /// The dictionary that a struct is.
    ///
    /// # Errors
    /// The host's.
    fn record(&self, fields: Vec<(String, Scalar)>) -> Result<Scalar> {
        let _ = fields;
        Err(refused("structs"))
    }
}

impl Host for () {}

fn refused(what: &str) -> Error {
    Error::not_implemented(format!("lumen.pandas: from_arrow of {what}"))
}

fn broken(what: impl std::fmt::Display) -> Error {
    Error::value_error(format!("the Arrow producer's array is broken: {what}"))
}

/// A column from an array. Numbers without missing values, and texts, keep the producer's memory.
///
/// # Errors
/// `ValueError` for an array that breaks the interface; `NotImplementedError` for types that are not held, and for objects
/// that `host` does not make; `ValueError` for a dictionary whose values repeat or are missing.
///
/// # Safety
/// Both structures follow the interface: pointers are null or point to what it says, and buffers are as long as lengths
/// and offsets claim.
pub unsafe fn import_column(array: ArrowArray, schema: &ArrowSchema, host: &dyn Host) -> Result<Column> {
    let root = Arc::new(array);
    let owner: Arc<dyn Any + Send + Sync> = root.clone();
    // SAFETY: the caller's promise.
    let node = unsafe { Node::new(&root, schema, &owner, host, 0)? };
    node.column()
}

/// The columns of a record batch, which is a struct array, with their names.
///
/// # Errors
/// As [`import_column`]; `ValueError` for an array that is no struct.
///
/// # Safety
/// As [`import_column`].
pub unsafe fn import_table(
    array: ArrowArray,
    schema: &ArrowSchema,
    host: &dyn Host,
) -> Result<Vec<(String, Column)>> {
    let root = Arc::new(array);
    let owner: Arc<dyn Any + Send + Sync> = root.clone();
    // SAFETY: the caller's promise.
    let node = unsafe { Node::new(&root, schema, &owner, host, 0)? };
    if node.format != Format::Struct {
        return Err(Error::value_error("a table is a struct array in Arrow"));
    }
    (0..node.child_count()?)
        .map(|i| node.child(i).and_then(|child| Ok((child.name()?, child.column()?))))
        .collect()
}

/// All batches of a stream, as whole columns with their names.
///
/// # Errors
/// As [`import_table`]; what the producer raised, as `ValueError`.
///
/// # Safety
/// The stream follows the interface.
pub unsafe fn import_stream(stream: &mut ArrowArrayStream, host: &dyn Host) -> Result<Vec<(String, Column)>> {
    // SAFETY: the caller's promise.
    let (schema, batches) = unsafe { read(stream, |array, schema| import_table(array, schema, host))? };
    // SAFETY: the caller's promise; an array without rows and buffers has the schema's columns.
    let Some(first) = batches.first() else { return unsafe { no_rows(&schema) } };
    let columns = first.iter().enumerate().map(|(at, (name, _))| {
        let parts: Vec<&Column> =
            batches.iter().filter_map(|batch| batch.get(at)).map(|(_, part)| part).collect();
        Ok((name.clone(), end_to_end(&parts)?))
    });
    columns.collect()
}

/// All arrays of a stream as one column (pyarrow's chunked array).
///
/// # Errors
/// As [`import_column`]; what the producer raised, as `ValueError`.
///
/// # Safety
/// The stream follows the interface.
pub unsafe fn import_column_stream(stream: &mut ArrowArrayStream, host: &dyn Host) -> Result<Column> {
    // SAFETY: the caller's promise.
    let (schema, chunks) = unsafe { read(stream, |array, schema| import_column(array, schema, host))? };
    match chunks.is_empty() {
        // SAFETY: the same.
        true => Ok(Column::empty(unsafe { dtype_of(&schema)? })),
        false => end_to_end(&chunks.iter().collect::<Vec<_>>()),
    }
}

/// The schema and every array of a stream.
///
/// # Safety
/// The stream follows the interface.
unsafe fn read<T>(
    stream: &mut ArrowArrayStream,
    import: impl Fn(ArrowArray, &ArrowSchema) -> Result<T>,
) -> Result<(ArrowSchema, Vec<T>)> {
    let (Some(get_schema), Some(get_next)) = (stream.get_schema, stream.get_next) else {
        return Err(broken("the stream is released"));
    };
    let mut schema = ArrowSchema::empty();
    // SAFETY: the caller's promise.
    if unsafe { get_schema(stream, &mut schema) } != 0 {
        // SAFETY: the same.
        return Err(unsafe { last_error(stream) });
    }
    let mut parts = Vec::new();
    loop {
        let mut array = ArrowArray::empty();
        // SAFETY: the caller's promise.
        if unsafe { get_next(stream, &mut array) } != 0 {
            // SAFETY: the same.
            return Err(unsafe { last_error(stream) });
        }
        if array.release.is_none() {
            return Ok((schema, parts));
        }
        parts.push(import(array, &schema)?);
    }
}

/// The parts of one column: categories of all parts, in order of appearance; objects stay objects.
fn end_to_end(parts: &[&Column]) -> Result<Column> {
    match parts {
        [only] => Ok((*only).clone()),
        _ if parts.iter().all(|part| part.dtype() == DType::Category) => {
            Column::union_categories(parts, false, false)
        }
        _ => Column::concat(parts),
    }
}

/// What the producer says of its failure.
///
/// # Safety
/// The stream is alive.
unsafe fn last_error(stream: &mut ArrowArrayStream) -> Error {
    let text = stream.get_last_error.map_or(std::ptr::null(), |get| {
        // SAFETY: the caller of `import_stream` promises a live stream.
        unsafe { get(stream) }
    });
    // SAFETY: the interface gives null or a text that lives until the next call.
    match unsafe { text_at(text) } {
        Ok(text) if !text.is_empty() => Error::value_error(text),
        _ => Error::value_error("the Arrow producer failed without a word"),
    }
}

/// # Safety
/// `text` is null or ends with a zero byte.
unsafe fn text_at(text: *const c_char) -> Result<String> {
    if text.is_null() {
        return Ok(String::new());
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map(str::to_owned).map_err(|_| broken("a text that is no UTF-8"))
}

/// The columns of a schema without rows.
///
/// # Safety
/// The schema follows the interface.
unsafe fn no_rows(schema: &ArrowSchema) -> Result<Vec<(String, Column)>> {
    // SAFETY: the caller's promise.
    let fields = unsafe { pointers(schema.children, schema.n_children)? };
    let columns = fields.iter().map(|&field| {
        // SAFETY: the caller's promise.
        let field = unsafe { field.as_ref() }.ok_or_else(|| broken("a field without a schema"))?;
        // SAFETY: the same.
        let (name, dtype) = unsafe { (text_at(field.name)?, dtype_of(field)?) };
        Ok((name, Column::empty(dtype)))
    });
    columns.collect()
}

/// The dtype of an array without rows.
///
/// # Safety
/// The schema follows the interface.
unsafe fn dtype_of(field: &ArrowSchema) -> Result<DType> {
    // SAFETY: the caller's promise.
    let format = Format::parse(&unsafe { text_at(field.format)? })?;
    Ok(match format {
        _ if !field.dictionary.is_null() => DType::Category,
        Format::Bool => DType::Bool,
        Format::Number(number) => DType::Number(number),
        Format::Text | Format::LargeText | Format::TextView => DType::Str,
        Format::Timestamp(unit, None) => DType::Datetime(unit),
        Format::Timestamp(unit, Some(zone)) => DType::Zoned(unit, zone),
        Format::Duration(unit) => DType::Timedelta(unit),
        _ => DType::Object,
    })
}

/// The pointers behind a counted pointer.
///
/// # Safety
/// `first` is null or points to `count` pointers that live as long as the result.
unsafe fn pointers<'a, T>(first: *mut *mut T, count: i64) -> Result<&'a [*mut T]> {
    match usize::try_from(count) {
        Ok(0) => Ok(&[]),
        Ok(count) if !first.is_null() && count <= isize::MAX as usize / size_of::<*mut T>() => {
            // SAFETY: the caller's promise.
            Ok(unsafe { std::slice::from_raw_parts(first, count) })
        }
        _ => Err(broken(format!("{count} children"))),
    }
}

/// An array with its type.
struct Node<'a> {
    array: &'a ArrowArray,
    schema: &'a ArrowSchema,
    format: Format,
    owner: &'a Arc<dyn Any + Send + Sync>,
    host: &'a dyn Host,
    depth: usize,
    len: usize,
    offset: usize,
}

impl<'a> Node<'a> {
    /// # Safety
    /// As [`import_column`].
    unsafe fn new(
        array: &'a ArrowArray,
        schema: &'a ArrowSchema,
        owner: &'a Arc<dyn Any + Send + Sync>,
        host: &'a dyn Host,
        depth: usize,
    ) -> Result<Self> {
        if schema.format.is_null() || depth > DEPTH_MAX {
            return Err(broken("a schema without a format, or nested too deep"));
        }
        // SAFETY: the caller's promise.
        let format = Format::parse(&unsafe { text_at(schema.format)? })?;
        let counted =
            |value: i64, what: &str| usize::try_from(value).map_err(|_| broken(format!("{what} {value}")));
        let (len, offset) = (counted(array.length, "length")?, counted(array.offset, "offset")?);
        // Positions and one more must be countable, in bytes too.
        let end = len.checked_add(offset).and_then(|end| end.checked_add(1)?.checked_mul(16));
        if end.is_none_or(|bytes| bytes > isize::MAX as usize) {
            return Err(broken(format!("length {len} at offset {offset}")));
        }
        let views = format == Format::TextView && array.n_buffers >= 3;
        if array.n_buffers != format.buffer_count() && !views {
            return Err(broken(format!(
                "{} buffers where {} belong",
                array.n_buffers,
                format.buffer_count()
            )));
        }
        if array.n_buffers > 0 && array.buffers.is_null() {
            return Err(broken("no buffers"));
        }
        Ok(Self { array, schema, format, owner, host, depth, len, offset })
    }

    fn name(&self) -> Result<String> {
        // SAFETY: `Node::new` took the promise.
        unsafe { text_at(self.schema.name) }
    }

    fn child_count(&self) -> Result<usize> {
        match (usize::try_from(self.array.n_children), self.array.n_children == self.schema.n_children) {
            (Ok(count), true) => Ok(count),
            _ => Err(broken("an array and a schema with other children")),
        }
    }

    fn child(&self, i: usize) -> Result<Node<'a>> {
        // SAFETY: `Node::new` took the promise.
        let (arrays, schemas) = unsafe {
            (
                pointers(self.array.children, self.array.n_children)?,
                pointers(self.schema.children, self.schema.n_children)?,
            )
        };
        let missing = || broken(format!("no child {i}"));
        let (array, schema) = (arrays.get(i).ok_or_else(missing)?, schemas.get(i).ok_or_else(missing)?);
        // SAFETY: the same.
        let (array, schema) = unsafe { (array.as_ref(), schema.as_ref()) };
        let (array, schema) = (array.ok_or_else(missing)?, schema.ok_or_else(missing)?);
        // SAFETY: the same.
        unsafe { Node::new(array, schema, self.owner, self.host, self.depth + 1) }
    }

    fn buffer_place(&self, i: usize) -> *const c_void {
        // SAFETY: `Node::new` checked that there are buffers, and their number; the pointers are the producer's promise.
        unsafe { *self.array.buffers.add(i) }
    }

    /// Values of a buffer from this array's offset on.
    fn values<T: Native>(&self, i: usize, len: usize) -> Result<Buffer<T>> {
        // SAFETY: `Node::new` took the promise that the buffer holds the rows.
        unsafe { self.foreign(self.buffer_place(i).cast(), self.offset, len) }
    }

    /// `len` values behind `skip` others.
    ///
    /// # Safety
    /// The memory holds `skip + len` values.
    unsafe fn foreign<T: Native>(&self, first: *const T, skip: usize, len: usize) -> Result<Buffer<T>> {
        if len == 0 {
            return Ok(Vec::new().into());
        }
        if first.is_null() {
            return Err(broken("a buffer that is null"));
        }
        // SAFETY: the caller's promise.
        let first = unsafe { first.add(skip) };
        if !first.is_aligned() {
            // SAFETY: the same; nothing is said of alignment here.
            let copy = (0..len).map(|k| unsafe { first.add(k).read_unaligned() }).collect::<Vec<T>>();
            return Ok(copy.into());
        }
        // SAFETY: the same, and `owner` keeps the producer's memory.
        Ok(unsafe { Buffer::foreign(first, len, Arc::clone(self.owner)) })
    }

    fn bits(&self, i: usize) -> Result<Bitmap> {
        let place = self.buffer_place(i).cast::<u8>();
        if self.len == 0 {
            return Ok(Bitmap::filled(true, 0));
        }
        if place.is_null() {
            return Err(broken("a buffer that is null"));
        }
        // SAFETY: `Node::new` took the promise that the buffer holds a bit for each row.
        let bytes = unsafe { std::slice::from_raw_parts(place, (self.offset + self.len).div_ceil(8)) };
        Ok(Bitmap::from_fn(self.len, |row| {
            let bit = self.offset + row;
            bytes[bit / 8] >> (bit % 8) & 1 == 1
        }))
    }

    /// Which rows hold a value; `None` when all do.
    fn valid(&self) -> Result<Option<Bitmap>> {
        match self.format {
            Format::Null => Ok(Some(Bitmap::filled(false, self.len))),
            _ if self.buffer_place(0).is_null() => Ok(None),
            _ => Ok(Some(self.bits(0)?).filter(|bits| !bits.all())),
        }
    }

    fn column(&self) -> Result<Column> {
        if !self.schema.dictionary.is_null() {
            return self.category();
        }
        let valid = self.valid()?;
        match self.format.clone() {
            Format::Null => Ok(Column::object(vec![Scalar::None; self.len])),
            Format::Bool => {
                let bits = self.bits(1)?;
                Ok(match valid {
                    None => bits.into(),
                    Some(valid) => Column::object(
                        bits.iter()
                            .zip(valid.iter())
                            .map(|(bit, valid)| if valid { Scalar::Bool(bit) } else { Scalar::None })
                            .collect(),
                    ),
                })
            }
            Format::Number(number) => with_native!(number, T => {
                let values = self.values::<T>(1, self.len)?;
                match valid {
                    None => Ok(Column::new(DType::Number(number), T::wrap_values(values), None)),
                    Some(valid) => Column::nullable(values.to_vec(), valid).cast(DType::Number(number).with_missing()),
                }
            }),
            Format::Timestamp(unit, None) => self.times(DType::Datetime(unit), valid),
            Format::Timestamp(unit, Some(zone)) => self.times(DType::Zoned(unit, zone), valid),
            Format::Duration(unit) => self.times(DType::Timedelta(unit), valid),
            Format::Text => {
                let offsets = self.values::<i32>(1, self.len + 1)?;
                self.text(offsets.iter().map(|&offset| i64::from(offset)).collect(), valid)
            }
            Format::LargeText => self.text(self.values::<i64>(1, self.len + 1)?, valid),
            Format::TextView => self.text_view(valid),
            format => self.objects(&format, valid.as_ref()),
        }
    }

    fn times(&self, dtype: DType, valid: Option<Bitmap>) -> Result<Column> {
        let ticks = self.values::<i64>(1, self.len)?;
        Ok(match valid {
            None => Column::times(dtype, ticks),
            Some(valid) => {
                let mut ticks = ticks.to_vec();
                crate::build::mask_slots(&mut ticks, &valid, i64::MIN);
                Column::times(dtype, ticks.into())
            }
        })
    }

    /// Texts that keep the producer's bytes.
    fn text(&self, offsets: Buffer<i64>, valid: Option<Bitmap>) -> Result<Column> {
        if offsets.is_empty() || self.len == 0 {
            return Ok(Column::empty(DType::Str));
        }
        let end = offsets.last().and_then(|&end| usize::try_from(end).ok());
        let end = end.ok_or_else(|| broken("an offset below zero"))?;
        if end > isize::MAX as usize {
            return Err(broken("an offset beyond memory"));
        }
        // SAFETY: `Node::new` took the promise that the bytes reach as far as the last offset.
        let bytes = unsafe { self.foreign::<u8>(self.buffer_place(2).cast(), 0, end)? };
        let text = Text::from_buffers(offsets, bytes)
            .ok_or_else(|| broken("offsets that fall, or texts that are no UTF-8"))?;
        Ok(Column::text(DType::Str, text, valid))
    }

    /// Texts gathered from views: 12 bytes in place, or a length, a prefix, a buffer and an offset.
    fn text_view(&self, valid: Option<Bitmap>) -> Result<Column> {
        // SAFETY: `Node::new` took the promise that there are 16 bytes for each row.
        let views =
            unsafe { self.foreign::<u8>(self.buffer_place(1).cast(), 16 * self.offset, 16 * self.len)? };
        // The last buffer holds the lengths of those between.
        let last = self.array.n_buffers as usize - 1;
        // SAFETY: the same.
        let sizes = unsafe { self.foreign::<i64>(self.buffer_place(last).cast(), 0, last - 2)? };
        let mut pools = Vec::new();
        for (i, &size) in sizes.iter().enumerate() {
            let size = usize::try_from(size).map_err(|_| broken("a buffer of negative length"))?;
            // SAFETY: the producer says how long this buffer is.
            pools.push(unsafe { self.foreign::<u8>(self.buffer_place(2 + i).cast(), 0, size)? });
        }
        let mut text = TextBuilder::with_capacity(self.len, 0);
        for (row, view) in views.chunks_exact(16).enumerate() {
            if valid.as_ref().is_some_and(|bits| !bits.get(row)) {
                text.push("");
                continue;
            }
            let part = |at: usize| -> usize {
                let bytes = view.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; 4]);
                usize::try_from(i32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
            };
            let bytes = match part(0) {
                len @ ..=12 => view.get(4..4 + len),
                len => pools.get(part(8)).and_then(|pool| pool.get(part(12)..part(12).checked_add(len)?)),
            };
            let string = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.push(string.ok_or_else(|| broken("a view that is no text").at(row))?);
        }
        Ok(Column::text(DType::Str, text.finish(), valid))
    }

    fn category(&self) -> Result<Column> {
        let Format::Number(number) = self.format else {
            return Err(broken("a dictionary whose indices are no integers"));
        };
        // SAFETY: `Node::new` took the promise.
        let (array, schema) = unsafe { (self.array.dictionary.as_ref(), self.schema.dictionary.as_ref()) };
        let (Some(array), Some(schema)) = (array, schema) else { return Err(broken("no dictionary")) };
        // SAFETY: the same.
        let categories =
            unsafe { Node::new(array, schema, self.owner, self.host, self.depth + 1)?.column()? };
        check_categories(&categories)?;
        let valid = self.valid()?;
        let codes: Vec<i128> = with_native!(number, T => {
            if T::NUMBER.is_float() {
                return Err(broken("a dictionary whose indices are no integers"));
            }
            self.values::<T>(1, self.len)?.iter().map(|code| code.to_i128()).collect()
        });
        let codes = codes.into_iter().enumerate().map(|(row, code)| {
            if valid.as_ref().is_some_and(|bits| !bits.get(row)) {
                return Ok(-1);
            }
            match i32::try_from(code) {
                Ok(code) if (0..categories.len() as i64).contains(&i64::from(code)) => Ok(code),
                _ => Err(broken(format!("index {code} into {} values", categories.len())).at(row)),
            }
        });
        let ordered = self.schema.flags & FLAG_ORDERED != 0;
        Column::category(codes.collect::<Result<_>>()?, categories, ordered)
    }

    /// What pandas holds as objects.
    fn objects(&self, format: &Format, valid: Option<&Bitmap>) -> Result<Column> {
        let each = |object: &mut dyn FnMut(usize) -> Result<Scalar>| -> Result<Column> {
            let rows = (0..self.len).map(|row| match valid.is_none_or(|bits| bits.get(row)) {
                true => object(row).map_err(|error| error.at(row)),
                false => Ok(Scalar::None),
            });
            Ok(Column::object(rows.collect::<Result<_>>()?))
        };
        let nanos = |unit: TimeUnit| 1_000_000_000 / unit.per_second();
        match format {
            Format::Date32 => {
                let days = self.values::<i32>(1, self.len)?;
                each(&mut |row| self.host.date(i64::from(days[row])))
            }
            Format::Date64 => {
                let millis = self.values::<i64>(1, self.len)?;
                each(&mut |row| self.host.date(millis[row].div_euclid(86_400_000)))
            }
            Format::Time32(unit) => {
                let ticks = self.values::<i32>(1, self.len)?;
                each(&mut |row| self.host.time(i64::from(ticks[row]).saturating_mul(nanos(*unit))))
            }
            Format::Time64(unit) => {
                let ticks = self.values::<i64>(1, self.len)?;
                each(&mut |row| self.host.time(ticks[row].saturating_mul(nanos(*unit))))
            }
            Format::Decimal { scale } => {
                // SAFETY: `Node::new` took the promise that there are 16 bytes for each row.
                let bytes = unsafe {
                    self.foreign::<u8>(self.buffer_place(1).cast(), 16 * self.offset, 16 * self.len)?
                };
                each(&mut |row| {
                    let digits = bytes.get(16 * row..16 * row + 16).and_then(|digits| digits.try_into().ok());
                    self.host.decimal(i128::from_le_bytes(digits.unwrap_or([0; 16])), *scale)
                })
            }
            Format::FixedBytes(width) => {
                let total =
                    width.checked_mul(self.offset + self.len).filter(|&total| total <= isize::MAX as usize);
                let total = total.ok_or_else(|| broken("a width beyond memory"))?;
                // SAFETY: `Node::new` took the promise that there are `width` bytes for each row.
                let bytes = unsafe { self.foreign::<u8>(self.buffer_place(1).cast(), 0, total)? };
                let start = |row: usize| width * (self.offset + row);
                each(&mut |row| self.host.bytes(bytes.get(start(row)..start(row + 1)).unwrap_or(&[])))
            }
            Format::Bytes | Format::LargeBytes => {
                let offsets = self.offsets(*format == Format::LargeBytes)?;
                let end = offsets.last().copied().unwrap_or(0);
                // SAFETY: `Node::new` took the promise that the bytes reach as far as the last offset.
                let bytes = unsafe { self.foreign::<u8>(self.buffer_place(2).cast(), 0, end)? };
                each(&mut |row| self.host.bytes(bytes.get(offsets[row]..offsets[row + 1]).unwrap_or(&[])))
            }
            Format::List | Format::LargeList => {
                let offsets = self.offsets(*format == Format::LargeList)?;
                let items = self.child(0)?.column()?;
                if offsets.last().is_some_and(|&end| end > items.len()) {
                    return Err(broken("a list beyond its values"));
                }
                each(&mut |row| self.host.list(items.slice(offsets[row], offsets[row + 1])))
            }
            Format::Struct => {
                let fields = (0..self.child_count()?)
                    .map(|i| self.child(i).and_then(|child| Ok((child.name()?, child.column()?))))
                    .collect::<Result<Vec<(String, Column)>>>()?;
                each(&mut |row| {
                    let at = self.offset + row;
                    let fields = fields.iter().map(|(name, column)| match column.get(at) {
                        Some(value) => Ok((name.clone(), value)),
                        None => Err(broken("a struct longer than its fields")),
                    });
                    self.host.record(fields.collect::<Result<_>>()?)
                })
            }
            other => Err(refused(&format!("{other:?}"))),
        }
    }

    /// Rising offsets, one more than rows.
    fn offsets(&self, large: bool) -> Result<Vec<usize>> {
        let offsets: Vec<i64> = match (self.len, large) {
            (0, _) => vec![0],
            (_, true) => self.values::<i64>(1, self.len + 1)?.to_vec(),
            (_, false) => {
                self.values::<i32>(1, self.len + 1)?.iter().map(|&offset| i64::from(offset)).collect()
            }
        };
        let inside = offsets.is_sorted() && offsets.first().is_some_and(|&first| first >= 0);
        match inside && offsets.last().is_some_and(|&last| last < isize::MAX as i64) {
            true => Ok(offsets.into_iter().map(|offset| offset as usize).collect()),
            false => Err(broken("offsets that fall")),
        }
    }
}
