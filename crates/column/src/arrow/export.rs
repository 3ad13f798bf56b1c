//! Our columns as a producer of the interface.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

use super::format::format_of;
use super::{ArrowArray, ArrowArrayStream, ArrowSchema, FLAG_NULLABLE, FLAG_ORDERED};
use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::values::{Values, for_number};

/// Errno of a consumer's call that makes no sense.
const EINVAL: c_int = 22;

/// What an exported schema points into.
struct SchemaParts {
    format: CString,
    name: CString,
    children: Vec<*mut ArrowSchema>,
    dictionary: *mut ArrowSchema,
}

/// What an exported array points into: the column that owns the buffers, and those made for the export.
struct ArrayParts {
    _column: Option<Column>,
    _made: Vec<Made>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
    dictionary: *mut ArrowArray,
}

/// A buffer made for an export.
enum Made {
    Words(#[allow(dead_code)] Vec<u64>),
    Codes(#[allow(dead_code)] Column),
}

/// A column in the interface. Numbers, times and texts lend their memory; bits are copied where they do not start at a
/// byte, floats get a bitmap where one is NaN, `str` and `string` are `large_string`, categories a dictionary, and
/// objects what their values are.
///
/// # Errors
/// `NotImplementedError` for objects of several kinds; `ValueError` for a name with a zero byte.
pub fn export_column(column: &Column, name: &str) -> Result<(ArrowSchema, ArrowArray)> {
    let column = &plain_objects(column)?;
    Ok((schema(column, name)?, array(column)?))
}

/// Columns of one length as a struct array, which is how the interface passes a record batch.
///
/// # Errors
/// As [`export_column`]; `ValueError` for columns of several lengths.
pub fn export_table(columns: &[(&str, &Column)]) -> Result<(ArrowSchema, ArrowArray)> {
    let length = columns.first().map_or(0, |(_, column)| column.len());
    if columns.iter().any(|(_, column)| column.len() != length) {
        return Err(Error::value_error("columns of a table must have one length"));
    }
    let mut parts = Vec::new();
    for (name, column) in columns {
        parts.push(export_column(column, name)?);
    }
    let (schemas, arrays): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|(schema, array)| (boxed(schema), boxed(array))).unzip();
    let schema = schema_of(SchemaParts {
        format: text("+s")?,
        name: text("")?,
        children: schemas,
        dictionary: ptr::null_mut(),
    });
    let array = array_of(
        length,
        0,
        ArrayParts {
            _column: None,
            _made: Vec::new(),
            buffers: vec![ptr::null()],
            children: arrays,
            dictionary: ptr::null_mut(),
        },
    );
    Ok((schema, array))
}

/// A table as a stream of one batch.
///
/// # Errors
/// As [`export_table`].
pub fn export_stream(columns: &[(&str, &Column)]) -> Result<ArrowArrayStream> {
    export_table(columns)?;
    let owned = columns.iter().map(|(name, column)| ((*name).to_owned(), (*column).clone())).collect();
    Ok(stream_of(Exported::Table(owned)))
}

/// A column as a stream of one array.
///
/// # Errors
/// As [`export_column`].
pub fn export_column_stream(column: &Column, name: &str) -> Result<ArrowArrayStream> {
    export_column(column, name)?;
    Ok(stream_of(Exported::Column(name.to_owned(), column.clone())))
}

fn stream_of(exported: Exported) -> ArrowArrayStream {
    let state = StreamState { exported, given: false, error: None };
    ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release_stream),
        private_data: Box::into_raw(Box::new(state)).cast(),
    }
}

/// Objects of one kind in the dtype of that kind, with their missing values.
fn plain_objects(column: &Column) -> Result<Column> {
    let Some(scalars) = column.as_object() else { return Ok(column.clone()) };
    let rows: Vec<i64> = scalars
        .iter()
        .scan(0i64, |next, scalar| {
            Some(match scalar.is_missing() {
                true => -1,
                false => {
                    *next += 1;
                    *next - 1
                }
            })
        })
        .collect();
    let present: Vec<Scalar> = scalars.iter().filter(|scalar| !scalar.is_missing()).cloned().collect();
    let inferred = Column::infer(present);
    let nullable = match inferred.dtype() {
        DType::Bool => inferred.cast(DType::Boolean)?,
        DType::Number(number) => inferred.cast(DType::Nullable(number))?,
        DType::Object if !inferred.is_empty() => {
            return Err(Error::not_implemented("lumen.pandas: __arrow_c_stream__ of mixed objects"));
        }
        _ => inferred,
    };
    match nullable.dtype() {
        DType::Object => Ok(Column::missing(DType::Str, column.len())),
        _ => nullable.reindex(&rows),
    }
}

fn text(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::value_error("a name with a zero byte has no form in Arrow"))
}

fn boxed<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

fn schema(column: &Column, name: &str) -> Result<ArrowSchema> {
    let (format, dictionary) = match column.categories() {
        Some(categories) => {
            let codes = column.codes_column()?;
            let values = plain_objects(categories)?;
            (format_of(codes.dtype()), boxed(schema(&values, "")?))
        }
        None => (format_of(column.dtype()), ptr::null_mut()),
    };
    let format = format.ok_or_else(|| {
        Error::not_implemented(format!("lumen.pandas: __arrow_c_stream__ of dtype {}", column.dtype()))
    });
    let parts = match (format, text(name)) {
        (Ok(format), Ok(name)) => {
            SchemaParts { format: text(&format)?, name, children: Vec::new(), dictionary }
        }
        (Err(error), _) | (_, Err(error)) => {
            free_schema(dictionary);
            return Err(error);
        }
    };
    let mut schema = schema_of(parts);
    schema.flags = FLAG_NULLABLE | if column.is_ordered() { FLAG_ORDERED } else { 0 };
    Ok(schema)
}

fn schema_of(parts: SchemaParts) -> ArrowSchema {
    let mut parts = Box::new(parts);
    ArrowSchema {
        format: parts.format.as_ptr(),
        name: parts.name.as_ptr(),
        metadata: ptr::null(),
        flags: 0,
        n_children: parts.children.len() as i64,
        children: parts.children.as_mut_ptr(),
        dictionary: parts.dictionary,
        release: Some(release_schema),
        private_data: Box::into_raw(parts).cast(),
    }
}

fn array_of(length: usize, null_count: usize, parts: ArrayParts) -> ArrowArray {
    let mut parts = Box::new(parts);
    ArrowArray {
        length: length as i64,
        null_count: null_count as i64,
        offset: 0,
        n_buffers: parts.buffers.len() as i64,
        n_children: parts.children.len() as i64,
        buffers: parts.buffers.as_mut_ptr(),
        children: parts.children.as_mut_ptr(),
        dictionary: parts.dictionary,
        release: Some(release_array),
        private_data: Box::into_raw(parts).cast(),
    }
}

/// Bits from bit 0 on; little-endian words are Arrow's bytes.
fn words(bits: &Bitmap) -> Vec<u64> {
    let mut words: Vec<u64> = bits.words().map(u64::to_le).collect();
    if words.is_empty() {
        words.push(0);
    }
    words
}

fn array(column: &Column) -> Result<ArrowArray> {
    let mut made = Vec::new();
    let mut lend = |bits: &Bitmap| {
        let words = words(bits);
        let place = words.as_ptr().cast::<c_void>();
        made.push(Made::Words(words));
        place
    };
    let valid = column.valid();
    let validity = valid.as_ref().map_or(ptr::null(), &mut lend);
    let mut dictionary = ptr::null_mut();
    let mut buffers = vec![validity];
    match column.values() {
        Values::Bool(bits) => buffers.push(lend(bits)),
        Values::Text(strings) => {
            let (offsets, bytes) = strings.parts();
            buffers.push(offsets.as_ptr().cast());
            buffers.push(bytes.as_ptr().cast());
        }
        Values::Category(category) => {
            let codes = column.codes_column()?;
            let place: *const c_void =
                for_number!(codes.values(), buffer => buffer.as_ptr().cast(), _ => ptr::null());
            buffers.push(place);
            dictionary = boxed(array(&plain_objects(&category.categories)?)?);
            made.push(Made::Codes(codes));
        }
        Values::Object(_) => {
            return Err(Error::not_implemented("lumen.pandas: __arrow_c_stream__ of mixed objects"));
        }
        numbers => {
            buffers.push(for_number!(numbers, buffer => buffer.as_ptr().cast(), _ => ptr::null()));
        }
    }
    let nulls = valid.map_or(0, |bits| bits.len() - bits.count_ones());
    let parts =
        ArrayParts { _column: Some(column.clone()), _made: made, buffers, children: Vec::new(), dictionary };
    Ok(array_of(column.len(), nulls, parts))
}

fn free_schema(schema: *mut ArrowSchema) {
    if !schema.is_null() {
        // SAFETY: every such pointer comes from `boxed`, and stands in one place only.
        drop(unsafe { Box::from_raw(schema) });
    }
}

fn free_array(array: *mut ArrowArray) {
    if !array.is_null() {
        // SAFETY: as in `free_schema`.
        drop(unsafe { Box::from_raw(array) });
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: the consumer calls this with a live structure of ours, once.
    let Some(schema) = (unsafe { schema.as_mut() }) else { return };
    // SAFETY: `schema_of` put this box there.
    let parts = unsafe { Box::from_raw(schema.private_data.cast::<SchemaParts>()) };
    // A consumer that took a child away left it released; its box is still ours.
    parts.children.iter().copied().for_each(free_schema);
    free_schema(parts.dictionary);
    schema.release = None;
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: as in `release_schema`.
    let Some(array) = (unsafe { array.as_mut() }) else { return };
    // SAFETY: `array_of` put this box there.
    let parts = unsafe { Box::from_raw(array.private_data.cast::<ArrayParts>()) };
    parts.children.iter().copied().for_each(free_array);
    free_array(parts.dictionary);
    array.release = None;
}

/// What a stream gives.
enum Exported {
    Table(Vec<(String, Column)>),
    Column(String, Column),
}

/// What is asked for once.
struct StreamState {
    exported: Exported,
    given: bool,
    error: Option<CString>,
}

impl StreamState {
    fn export(&mut self) -> Option<(ArrowSchema, ArrowArray)> {
        let exported = match &self.exported {
            Exported::Column(name, column) => export_column(column, name),
            Exported::Table(columns) => {
                let columns: Vec<(&str, &Column)> =
                    columns.iter().map(|(name, column)| (name.as_str(), column)).collect();
                export_table(&columns)
            }
        };
        match exported {
            Ok(parts) => Some(parts),
            Err(error) => {
                self.error = CString::new(error.message().replace('\0', " ")).ok();
                None
            }
        }
    }
}

/// The state of a stream of ours.
///
/// # Safety
/// `stream` is a live stream that [`export_stream`] made, or null.
unsafe fn state<'a>(stream: *mut ArrowArrayStream) -> Option<&'a mut StreamState> {
    // SAFETY: the caller's promise.
    unsafe { stream.as_mut()?.private_data.cast::<StreamState>().as_mut() }
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the consumer calls this with the live stream.
    let Some((schema, _)) = (unsafe { state(stream) }).and_then(StreamState::export) else { return EINVAL };
    // SAFETY: the consumer gives a place to write to, whose content is not dropped.
    unsafe { out.write(schema) };
    0
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: the consumer calls this with the live stream.
    let Some(state) = (unsafe { state(stream) }) else { return EINVAL };
    let array = match std::mem::replace(&mut state.given, true) {
        true => ArrowArray::empty(),
        false => match state.export() {
            Some((_, array)) => array,
            None => return EINVAL,
        },
    };
    // SAFETY: as in `get_schema`.
    unsafe { out.write(array) };
    0
}

unsafe extern "C" fn get_last_error(stream: *mut ArrowArrayStream) -> *const c_char {
    // SAFETY: the consumer calls this with the live stream.
    let error = (unsafe { state(stream) }).and_then(|state| state.error.as_ref());
    error.map_or(ptr::null(), |error| error.as_ptr())
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: the consumer calls this with the live stream, once.
    let Some(stream) = (unsafe { stream.as_mut() }) else { return };
    // SAFETY: `export_stream` put this box there.
    drop(unsafe { Box::from_raw(stream.private_data.cast::<StreamState>()) });
    stream.release = None;
}
