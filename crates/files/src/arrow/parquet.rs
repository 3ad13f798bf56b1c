//! Parquet files.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::Schema;
use bytes::Bytes;
use column::{Column, DType, TimeUnit};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::compute_leaves;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::pandas::{self, Block};
use super::{dictionary_chunk, guarded, invalid, ipc};
use crate::error::{Error, ErrorKind, Result};
use crate::table::Table;

const MAGIC: &[u8] = b"PAR1";
/// Length of the metadata and the magic bytes.
const FOOTER: usize = 8;
/// Rows that are decoded at a time: a file's word for its rows is believed up to here before any is seen.
const BATCH_ROWS: usize = 1 << 20;

/// How pages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum ParquetCompression {
    /// pandas' default.
    #[default]
    Snappy,
    Gzip,
    Zstd,
    Lz4,
    Uncompressed,
}

/// Options of [`to_parquet`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToParquet {
    /// How pages are compressed.
    pub compression: ParquetCompression,
    /// Row labels as columns, or not at all; where it is `None`, a range is kept as metadata.
    pub index: Option<bool>,
    /// Rows in one row group.
    pub row_group_rows: usize,
}

impl Default for ToParquet {
    fn default() -> Self {
        // As pyarrow.
        Self { compression: ParquetCompression::Snappy, index: None, row_group_rows: 1 << 20 }
    }
}

/// Options of [`read_parquet`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadParquet {
    /// Columns to keep, in this order.
    pub columns: Option<Vec<String>>,
    /// Bound on the bytes of the columns, at eight bytes a value.
    pub decompressed_bytes_max: u64,
}

impl Default for ReadParquet {
    fn default() -> Self {
        Self { columns: None, decompressed_bytes_max: 64 << 30 }
    }
}

fn failed(error: ParquetError) -> Error {
    invalid(error.to_string())
}

/// A table as a Parquet file, as `DataFrame.to_parquet` writes it through pyarrow.
///
/// Parquet knows no seconds: `datetime64[s]` is written in milliseconds, and only categories of strings stay
/// categories, as in pyarrow.
///
/// # Errors
/// `ValueError` for labels that repeat; pyarrow's for objects that no Arrow type holds together.
pub fn to_parquet(table: &Table, options: &ToParquet) -> Result<Vec<u8>> {
    let mut described = pandas::describe(table, options.index)?;
    for (_, column) in &mut described.columns {
        let stored = match column.dtype() {
            DType::Datetime(TimeUnit::Second) => Some(column.cast(DType::Datetime(TimeUnit::Milli))?),
            DType::Zoned(TimeUnit::Second, zone) => Some(column.cast(DType::Zoned(TimeUnit::Milli, zone))?),
            DType::Category => plain_values(column)?,
            _ => None,
        };
        if let Some(stored) = stored {
            *column = std::borrow::Cow::Owned(stored);
        }
    }
    let (fields, arrays) = ipc::arrays(&described)?;
    // pyarrow looks for the block in the Arrow schema that the file also holds, others among the file's own pairs.
    let metadata = std::collections::HashMap::from([(pandas::KEY.to_owned(), described.block.clone())]);
    let schema = Arc::new(Schema::new(fields).with_metadata(metadata));
    let compression = match options.compression {
        ParquetCompression::Snappy => Compression::SNAPPY,
        ParquetCompression::Gzip => Compression::GZIP(GzipLevel::default()),
        ParquetCompression::Zstd => Compression::ZSTD(ZstdLevel::default()),
        ParquetCompression::Lz4 => Compression::LZ4_RAW,
        ParquetCompression::Uncompressed => Compression::UNCOMPRESSED,
    };
    let block = KeyValue::new(pandas::KEY.to_owned(), described.block.clone());
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_created_by(format!("lumen version {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![block]))
        .build();
    let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties)).map_err(failed)?;
    let (mut writer, factory) = writer.into_serialized_writer().map_err(failed)?;
    let group_rows = options.row_group_rows.max(1);
    for (group, start) in (0..table.row_count).step_by(group_rows).enumerate() {
        let rows = group_rows.min(table.row_count - start);
        let columns = factory.create_column_writers(group).map_err(failed)?;
        let descriptors = writer.schema_descr().columns().to_vec();
        let mut group = writer.next_row_group().map_err(failed)?;
        let parts = schema.fields().iter().zip(&arrays).zip(&described.columns).zip(columns).zip(descriptors);
        for ((((field, array), (_, column)), mut encoder), descriptor) in parts {
            if ipc::is_category(field) {
                let rows = column.slice(start, start + rows);
                let (bytes, close) = dictionary_chunk::encode(descriptor, &rows).map_err(failed)?;
                group.append_column(&bytes, close).map_err(failed)?;
                continue;
            }
            let array: ArrayRef = array.slice(start, rows);
            for leaf in compute_leaves(field, &array).map_err(failed)? {
                encoder.write(&leaf).map_err(failed)?;
            }
            encoder.close().and_then(|chunk| chunk.append_to_row_group(&mut group)).map_err(failed)?;
        }
        group.close().map_err(failed)?;
    }
    writer.into_inner().map_err(failed)
}

/// The values of a category column whose categories are no strings.
fn plain_values(column: &Column) -> Result<Option<Column>> {
    let (Some(codes), Some(categories)) = (column.codes(), column.categories()) else { return Ok(None) };
    if categories.dtype().is_text() {
        return Ok(None);
    }
    let positions: Vec<i64> = codes.iter().map(|&code| i64::from(code)).collect();
    Ok(Some(categories.reindex(&positions)?))
}

/// Reads a Parquet file as `pandas.read_parquet`. The columns of its row groups are decoded at once.
///
/// # Errors
/// `ArrowInvalid` for what is no such file or is damaged; `MemoryError` for more values than the bound;
/// `NotImplementedError` naming a type that no column holds.
pub fn read_parquet(bytes: Vec<u8>, options: &ReadParquet) -> Result<Table> {
    guarded("Parquet", || read(Bytes::from(bytes), options))
}

fn read(bytes: Bytes, options: &ReadParquet) -> Result<Table> {
    let len = bytes.len();
    if len < FOOTER {
        return Err(invalid(format!(
            "Could not open Parquet input source '<Buffer>': Parquet file size is {len} bytes, smaller than the \
             minimum file footer (8 bytes)"
        )));
    }
    if !bytes.ends_with(MAGIC) {
        return Err(invalid(
            "Could not open Parquet input source '<Buffer>': Parquet magic bytes not found in footer. Either the \
             file is corrupted or this is not a parquet file.",
        ));
    }
    let metadata = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::default())
        .map_err(|error| invalid(format!("footer before offset {}: {error}", len - FOOTER)))?;
    let schema = Arc::clone(metadata.schema());
    let file = metadata.metadata().file_metadata();
    let block = file
        .key_value_metadata()
        .and_then(|pairs| pairs.iter().find(|pair| pair.key == pandas::KEY))
        .and_then(|pair| pair.value.clone());
    let known = block.as_deref().map(Block::parse).unwrap_or_default();
    let is_kept = |name: &String| {
        options.columns.as_ref().is_none_or(|columns| columns.contains(name) || known.is_index(name))
    };
    let kept: Vec<usize> =
        (0..schema.fields().len()).filter(|&at| is_kept(schema.field(at).name())).collect();
    if let Some(absent) = options.columns.iter().flatten().find(|name| schema.index_of(name).is_err()) {
        return Err(no_match(absent, &schema));
    }
    let groups = metadata.metadata().row_groups();
    let rows =
        groups.iter().try_fold(0u64, |rows, group| rows.checked_add(u64::try_from(group.num_rows()).ok()?));
    let rows = rows.ok_or_else(|| invalid("row groups of a negative number of rows"))?;
    let width = schema.fields().len().max(1) as u64;
    if rows.checked_mul(8 * width).is_none_or(|bytes| bytes > options.decompressed_bytes_max) {
        let message =
            format!("{rows} rows of {width} columns exceed {} bytes", options.decompressed_bytes_max);
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let whole = usize::try_from(rows).unwrap_or(usize::MAX);
    // Each column of each group by itself, so that a file of one group is read at once too.
    let read = threads::map(groups.len() * kept.len(), whole, |task| {
        guarded("Parquet", || {
            let (group, root) = (task / kept.len(), kept[task % kept.len()]);
            let expected = groups.get(group).map_or(0, |group| group.num_rows());
            let offset = groups.get(group).and_then(|group| group.file_offset()).unwrap_or(0);
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone())
                .with_row_groups(vec![group])
                .with_projection(ProjectionMask::roots(metadata.parquet_schema(), [root]))
                .with_batch_size(usize::try_from(expected).unwrap_or(0).clamp(1, BATCH_ROWS))
                .build()
                .map_err(failed)?;
            let (mut arrays, mut found) = (Vec::<ArrayRef>::new(), 0);
            for batch in reader {
                let batch = batch
                    .map_err(|error| invalid(format!("row group {group} at offset {offset}: {error}")))?;
                found += batch.num_rows() as i64;
                if found > expected {
                    break;
                }
                arrays.extend(batch.columns().first().cloned());
            }
            if found != expected {
                return Err(invalid(format!(
                    "row group {group} at offset {offset}: expected {expected} rows, found {found}"
                )));
            }
            Ok(arrays)
        })
    });
    let mut arrays = vec![Vec::new(); kept.len()];
    for (task, read) in read.into_iter().enumerate() {
        arrays[task % kept.len()].extend(read?);
    }
    let projected = Schema::new(kept.iter().map(|&at| Arc::clone(&schema.fields()[at])).collect::<Vec<_>>());
    ipc::table(&Arc::new(projected), block.as_ref(), arrays, whole, options.columns.as_deref(), no_match)
}

/// pyarrow's words for a column that is not there.
fn no_match(name: &str, schema: &Schema) -> Error {
    let fields: Vec<String> =
        schema.fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type())).collect();
    invalid(format!("No match for FieldRef.Name({name}) in {}", fields.join("\n")))
}
