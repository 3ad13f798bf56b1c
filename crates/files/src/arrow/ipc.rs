//! Arrow IPC files, which pandas calls Feather.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_ipc::{Block, CompressionType, root_as_footer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::pandas::{self, Described};
use super::{export, guarded, import, invalid};
use crate::error::{Error, Result};
use crate::table::Table;

/// `ARROW1` and two bytes of padding stand at the start, the length of the footer and `ARROW1` at the end.
const MAGIC: &[u8] = b"ARROW1";
const TRAILER: usize = 10;
/// Bytes by which a compressed buffer says how long it becomes.
const LENGTH_PREFIX: usize = 8;

/// How buffers are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum IpcCompression {
    /// pandas' default.
    #[default]
    Lz4,
    Zstd,
    Uncompressed,
}

/// Options of [`to_ipc`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ToIpc {
    /// How buffers are compressed.
    pub compression: IpcCompression,
    /// Row labels as columns, or not at all; where it is `None`, a range is kept as metadata.
    pub index: Option<bool>,
}

/// Options of [`read_ipc`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadIpc {
    /// Columns to keep, in this order.
    pub columns: Option<Vec<String>>,
    /// Bound on the bytes that compressed buffers may grow to.
    pub decompressed_bytes_max: u64,
}

impl Default for ReadIpc {
    fn default() -> Self {
        Self { columns: None, decompressed_bytes_max: 8 << 30 }
    }
}

fn failed(error: arrow_schema::ArrowError) -> Error {
    invalid(error.to_string())
}

/// Fields and arrays of a table's columns.
pub(super) fn arrays(described: &Described<'_>) -> Result<(Vec<Field>, Vec<ArrayRef>)> {
    let mut fields = Vec::with_capacity(described.columns.len());
    let mut arrays = Vec::with_capacity(described.columns.len());
    for (name, column) in &described.columns {
        let array = export::array(name, column)?;
        let ordered = column.is_ordered();
        fields.push(Field::new(name, array.data_type().clone(), true).with_dict_is_ordered(ordered));
        arrays.push(array);
    }
    Ok((fields, arrays))
}

/// A table as an Arrow IPC file, as `DataFrame.to_feather` writes it.
///
/// # Errors
/// `ValueError` for labels that repeat; pyarrow's for objects that no Arrow type holds together.
pub fn to_ipc(table: &Table, options: &ToIpc) -> Result<Vec<u8>> {
    let described = pandas::describe(table, options.index)?;
    let (fields, arrays) = arrays(&described)?;
    let metadata: std::collections::HashMap<String, String> =
        [(pandas::KEY.to_owned(), described.block)].into();
    let schema = Arc::new(Schema::new(fields).with_metadata(metadata));
    let rows = RecordBatchOptions::new().with_row_count(Some(table.row_count));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &rows).map_err(failed)?;
    let compression = match options.compression {
        IpcCompression::Lz4 => Some(CompressionType::LZ4_FRAME),
        IpcCompression::Zstd => Some(CompressionType::ZSTD),
        IpcCompression::Uncompressed => None,
    };
    let write = IpcWriteOptions::default().try_with_compression(compression).map_err(failed)?;
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, write).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    writer.into_inner().map_err(failed)
}

/// Reads an Arrow IPC file as `pandas.read_feather`.
///
/// # Errors
/// `ArrowInvalid` for what is no such file or is damaged, with the offset where one is known; `MemoryError` for
/// buffers beyond the bound; `NotImplementedError` naming a type that no column holds.
pub fn read_ipc(bytes: Vec<u8>, options: &ReadIpc) -> Result<Table> {
    guarded("Arrow IPC", || read(Buffer::from_vec(bytes), options))
}

fn read(bytes: Buffer, options: &ReadIpc) -> Result<Table> {
    let len = bytes.len();
    if !bytes.starts_with(MAGIC) || !bytes.ends_with(MAGIC) || len < MAGIC.len() + 2 + TRAILER {
        return Err(invalid("Not a Feather V1 or Arrow IPC file"));
    }
    let trailer: [u8; TRAILER] = bytes[len - TRAILER..].try_into().map_err(|_| invalid("no trailer"))?;
    let footer_len = read_footer_length(trailer).map_err(failed)?;
    let Some(footer_start) = (len - TRAILER).checked_sub(footer_len) else {
        return Err(invalid(format!(
            "File is smaller than indicated metadata size: {footer_len} bytes of footer before offset {}",
            len - TRAILER
        )));
    };
    let footer = root_as_footer(&bytes[footer_start..len - TRAILER])
        .map_err(|error| invalid(format!("footer at offset {footer_start}: {error}")))?;
    let schema = footer.schema().ok_or_else(|| invalid("the footer has no schema"))?;
    let schema: SchemaRef = Arc::new(try_fb_to_schema(schema).map_err(failed)?);
    let mut decoder = FileDecoder::new(Arc::clone(&schema), footer.version());
    let mut budget = options.decompressed_bytes_max;
    for block in footer.dictionaries().iter().flatten() {
        let data = block_bytes(&bytes, block, footer_start)?;
        check_lengths(&data, block, &mut budget)?;
        decoder.read_dictionary(block, &data).map_err(|error| at(block, error))?;
    }
    let mut batches = Vec::new();
    for block in footer.recordBatches().iter().flatten() {
        let data = block_bytes(&bytes, block, footer_start)?;
        check_lengths(&data, block, &mut budget)?;
        batches.extend(decoder.read_record_batch(block, &data).map_err(|error| at(block, error))?);
    }
    let row_count = batches.iter().map(RecordBatch::num_rows).sum();
    let block = schema.metadata().get(pandas::KEY);
    let mut columns = vec![Vec::with_capacity(batches.len()); schema.fields().len()];
    for batch in batches {
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            column.push(Arc::clone(array));
        }
    }
    table(&schema, block, columns, row_count, options.columns.as_deref(), |name, _| {
        invalid(format!("Field named {name} is not found"))
    })
}

fn at(block: &Block, error: arrow_schema::ArrowError) -> Error {
    invalid(format!("block at offset {}: {error}", block.offset()))
}

/// The bytes of a message and its body.
fn block_bytes(bytes: &Buffer, block: &Block, end: usize) -> Result<Buffer> {
    let range = || {
        let start = usize::try_from(block.offset()).ok()?;
        let head = usize::try_from(block.metaDataLength()).ok()?;
        let len = usize::try_from(block.bodyLength()).ok()?.checked_add(head)?;
        (start.checked_add(len)? <= end && head >= LENGTH_PREFIX).then_some((start, len))
    };
    let (start, len) = range().ok_or_else(|| {
        invalid(format!(
            "block at offset {}: {} and {} bytes reach beyond the footer at {end}",
            block.offset(),
            block.metaDataLength(),
            block.bodyLength()
        ))
    })?;
    Ok(bytes.slice_with_length(start, len))
}

/// Checks where the buffers of a message lie, and takes what compressed ones say they become from the budget, before
/// anything is allocated for them.
fn check_lengths(data: &Buffer, block: &Block, budget: &mut u64) -> Result<()> {
    let place = block.offset();
    let head = usize::try_from(block.metaDataLength()).unwrap_or(usize::MAX);
    let (message, body) = data.split_at_checked(head).ok_or_else(|| invalid("a block without a message"))?;
    // A continuation mark and a length, or in old files the length alone.
    let skip = if message.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = message.get(skip..).and_then(|message| arrow_ipc::root_as_message(message).ok());
    let batch = message.and_then(|message| {
        message.header_as_record_batch().or_else(|| message.header_as_dictionary_batch()?.data())
    });
    let batch = batch.ok_or_else(|| invalid(format!("block at offset {place}: no message of a batch")))?;
    for buffer in batch.buffers().iter().flatten() {
        let (start, len) = (usize::try_from(buffer.offset()), usize::try_from(buffer.length()));
        let bytes = match (start, len) {
            (Ok(start), Ok(len)) => start.checked_add(len).and_then(|end| body.get(start..end)),
            _ => None,
        };
        let bytes = bytes.ok_or_else(|| {
            invalid(format!(
                "block at offset {place}: a buffer of {} bytes at {} of a body of {}",
                buffer.length(),
                buffer.offset(),
                body.len()
            ))
        })?;
        let Some(prefix) = bytes.first_chunk::<LENGTH_PREFIX>().filter(|_| batch.compression().is_some())
        else {
            continue;
        };
        // −1 stands for a buffer that is not compressed.
        let grown = u64::try_from(i64::from_le_bytes(*prefix)).unwrap_or(0);
        *budget = budget.checked_sub(grown).ok_or_else(|| {
            let message = format!("block at offset {place}: a buffer of {grown} bytes exceeds the bound");
            Error::new(crate::error::ErrorKind::Limit, message)
        })?;
    }
    Ok(())
}

/// The table of consecutive arrays of each field of a schema.
pub(super) fn table(
    schema: &SchemaRef,
    block: Option<&String>,
    mut arrays: Vec<Vec<ArrayRef>>,
    row_count: usize,
    columns: Option<&[String]>,
    absent: impl Fn(&str, &Schema) -> Error,
) -> Result<Table> {
    let block = block.map(|text| pandas::Block::parse(text)).unwrap_or_default();
    let mut wanted: Vec<usize> = (0..schema.fields().len()).collect();
    if let Some(columns) = columns {
        let place = |name: &String| {
            schema.fields().iter().position(|field| field.name() == name).ok_or_else(|| absent(name, schema))
        };
        let index = wanted.iter().copied().filter(|&at| block.is_index(schema.field(at).name()));
        let index: Vec<usize> = index.collect();
        wanted = columns.iter().map(place).collect::<Result<_>>()?;
        wanted.extend(index.into_iter().filter(|at| !columns.contains(schema.field(*at).name())));
    }
    // Memory that nobody else holds becomes the column's without a copy; a column may be asked for twice.
    let held = wanted.iter().enumerate().map(|(place, &at)| match wanted[place + 1..].contains(&at) {
        true => arrays[at].clone(),
        false => std::mem::take(&mut arrays[at]),
    });
    let held: Vec<Mutex<Vec<ArrayRef>>> = held.map(Mutex::new).collect();
    let read = threads::map(wanted.len(), row_count, |place| {
        let field = schema.field(wanted[place]);
        let arrays = std::mem::take(&mut *held[place].lock().unwrap_or_else(PoisonError::into_inner));
        Ok((field.name().clone(), import::column(field, arrays, block.dtype(field.name()))?))
    });
    Ok(block.table(read.into_iter().collect::<Result<_>>()?, row_count))
}

/// Whether a field is a dictionary of strings, which both formats keep as a category.
pub(super) fn is_category(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Dictionary(_, values) if matches!(**values, DataType::Utf8 | DataType::LargeUtf8))
}
