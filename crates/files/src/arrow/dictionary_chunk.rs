//! A category column as a Parquet column chunk whose dictionary is the categories, in their order.
//!
//! The writer of the `parquet` crate builds a dictionary of the values that it meets: unused categories and the order
//! of the others would be lost. The chunk has a dictionary page (PLAIN) and data pages of codes (RLE_DICTIONARY), as
//! the Parquet format specification describes them, and is not compressed: codes are already packed.

use bytes::Bytes;
use column::Column;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// Rows in one page.
const PAGE_ROWS: usize = 1 << 20;

/// The chunk of an optional column of strings.
pub(super) fn encode(descriptor: ColumnDescPtr, column: &Column) -> Result<(Bytes, ColumnCloseResult)> {
    let codes = column.codes().unwrap_or(&[]);
    let categories = column.categories().and_then(Column::as_text);
    let categories = categories.ok_or_else(|| ParquetError::General("categories are no strings".into()))?;
    let mut dictionary = Vec::new();
    for category in categories.iter() {
        let len = u32::try_from(category.len()).map_err(|error| ParquetError::External(Box::new(error)))?;
        dictionary.extend_from_slice(&len.to_le_bytes());
        dictionary.extend_from_slice(category.as_bytes());
    }
    let mut sink = TrackedWrite::new(Vec::new());
    let mut writer = SerializedPageWriter::new(&mut sink);
    let (mut compressed, mut uncompressed) = (0, 0);
    let mut write = |page: Page| -> Result<u64> {
        let size = page.buffer().len();
        let spec = writer.write_page(CompressedPage::new(page, size))?;
        compressed += spec.compressed_size;
        uncompressed += spec.uncompressed_size;
        Ok(spec.offset)
    };
    let dictionary_offset = write(Page::DictionaryPage {
        buf: dictionary.into(),
        num_values: categories.len() as u32,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    })?;
    let mut data_offset = None;
    for codes in codes.chunks(PAGE_ROWS) {
        let offset = write(Page::DataPage {
            buf: data_page(codes, categories.len()).into(),
            num_values: codes.len() as u32,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })?;
        data_offset.get_or_insert(offset);
    }
    writer.close()?;
    let metadata = ColumnChunkMetaData::builder(descriptor)
        .set_compression(Compression::UNCOMPRESSED)
        .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
        .set_num_values(codes.len() as i64)
        .set_total_compressed_size(compressed as i64)
        .set_total_uncompressed_size(uncompressed as i64)
        .set_dictionary_page_offset(Some(dictionary_offset as i64))
        .set_data_page_offset(data_offset.unwrap_or(dictionary_offset) as i64)
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: compressed as u64,
        rows_written: codes.len() as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok((sink.into_inner()?.into(), close))
}

/// Definition levels behind their length, the width of a code, and the codes of the rows that have one.
fn data_page(codes: &[i32], categories: usize) -> Vec<u8> {
    let levels = packed(codes.iter().map(|&code| u32::from(code >= 0)), 1);
    let mut page = Vec::with_capacity(levels.len() + codes.len());
    page.extend_from_slice(&(levels.len() as u32).to_le_bytes());
    page.extend_from_slice(&levels);
    let width = usize::BITS - categories.saturating_sub(1).leading_zeros();
    page.push(width as u8);
    page.extend_from_slice(&packed(codes.iter().filter_map(|&code| u32::try_from(code).ok()), width));
    page
}

/// One bit-packed run of the RLE/bit-packing hybrid: groups of eight values, low bits first, the last one filled up.
fn packed(values: impl Iterator<Item = u32>, width: u32) -> Vec<u8> {
    let (mut bytes, mut word, mut bits, mut count) = (Vec::new(), 0u64, 0, 0usize);
    for value in values {
        word |= u64::from(value) << bits;
        bits += width;
        count += 1;
        while bits >= u8::BITS {
            bytes.push(word as u8);
            word >>= u8::BITS;
            bits -= u8::BITS;
        }
    }
    if count == 0 {
        return Vec::new();
    }
    if bits > 0 {
        bytes.push(word as u8);
    }
    let groups = count.div_ceil(8);
    bytes.resize(groups * width as usize, 0);
    let mut run = Vec::with_capacity(bytes.len() + 5);
    let mut header = (groups as u64) << 1 | 1;
    while header >= 0x80 {
        run.push(header as u8 | 0x80);
        header >>= 7;
    }
    run.push(header as u8);
    run.extend_from_slice(&bytes);
    run
}
