//! What must hold for any bytes that the readers of files are given: no panic, an error or a table whose columns all
//! have its rows, and what is written of it reads back. Shared by the fuzz targets and the tests of the crate `files`.

use files::{
    Compression, ReadCsv, ReadIpc, ReadJson, ReadParquet, Table, ToCsv, ToJson, read_csv, read_csv_hardened,
    read_json, to_csv, to_json,
};

/// Bytes that a small input may grow to.
const GROWN_MAX: u64 = 1 << 20;

fn check(table: &Table) {
    let columns = table.columns.iter().map(|(_, column)| column);
    for column in columns.chain(table.index.iter().map(|(_, column)| column)) {
        assert_eq!(column.len(), table.row_count);
    }
}

/// CSV: the first byte chooses options.
pub fn csv(data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else { return };
    let bit = |number: u32| choice >> number & 1 == 1;
    let options = ReadCsv {
        whitespace: bit(0),
        doublequote: !bit(1),
        escapechar: bit(2).then_some(b'\\'),
        lineterminator: bit(3).then_some(b'~'),
        comment: bit(4).then_some(b'#'),
        skipinitialspace: bit(5),
        thousands: bit(6).then_some(b'.'),
        decimal: if bit(6) { b',' } else { b'.' },
        sep: if bit(6) { b';' } else { b',' },
        nrows: bit(7).then_some(3),
        decompressed_bytes_max: GROWN_MAX,
        ..ReadCsv::default()
    };
    if let Ok(table) = read_csv(text, &options) {
        check(&table);
        assert!(table.next.0 <= text.len().max(GROWN_MAX as usize));
        let written = to_csv(&table, &ToCsv::default());
        assert!(written.is_ok_and(|text| table.row_count == 0 || !text.is_empty()));
    }
    if let Ok(repaired) = read_csv_hardened(text, &options) {
        check(&repaired.table);
    }
}

/// JSON: the first byte chooses options.
pub fn json(data: &[u8]) {
    use files::Orient::{Columns, Index, Records, Split, Table as Schema, Values};
    let Some((&choice, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let orients = [None, Some(Split), Some(Records), Some(Index), Some(Columns), Some(Values), Some(Schema)];
    let options = ReadJson {
        orient: orients[usize::from(choice & 7) % orients.len()],
        lines: choice >> 3 & 1 == 1,
        precise_float: choice >> 4 & 1 == 1,
        series: choice >> 5 & 1 == 1,
        ..ReadJson::default()
    };
    if let Ok(table) = read_json(text, &options) {
        check(&table);
        for orient in orients {
            let options =
                ToJson { orient, series: options.series && table.columns.len() == 1, ..ToJson::default() };
            // What was written is JSON, whatever was read.
            if let Ok(text) = to_json(&table, &options) {
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            }
        }
    }
}

/// Compressed bytes: the first byte chooses the kind.
pub fn compressed(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let kinds = [Compression::Gzip, Compression::Bz2, Compression::Zip, Compression::Xz, Compression::Zstd];
    let kind = kinds[usize::from(choice) % kinds.len()];
    if let Ok(plain) = kind.decompress(bytes, GROWN_MAX) {
        assert!(plain.len() as u64 <= GROWN_MAX);
    }
}

/// An Arrow IPC file.
pub fn ipc(data: &[u8]) {
    let options = ReadIpc { decompressed_bytes_max: GROWN_MAX, ..ReadIpc::default() };
    if let Ok(table) = files::read_ipc(data.to_vec(), &options) {
        check(&table);
    }
}

/// A Parquet file.
pub fn parquet(data: &[u8]) {
    let options = ReadParquet { decompressed_bytes_max: GROWN_MAX, ..ReadParquet::default() };
    if let Ok(table) = files::read_parquet(data.to_vec(), &options) {
        check(&table);
    }
}
