//! Parquet and Arrow IPC: what is written reads back, whatever is damaged is an error. Expected values: hand.

use column::{Bitmap, Column, DType, Scalar, TimeUnit};
use files::{
    IpcCompression, ParquetCompression, ReadIpc, ReadParquet, RowRange, Table, ToIpc, ToParquet, read_ipc,
    read_parquet, to_ipc, to_parquet,
};
use proptest::prelude::*;

fn valid(bits: &[bool]) -> Bitmap {
    bits.iter().copied().collect()
}

pub fn table() -> Table {
    let some = [true, false, true];
    Table {
        row_count: 3,
        columns: vec![
            ("i".into(), vec![1i64, -2, i64::MAX].into()),
            ("u".into(), vec![0u64, 7, u64::MAX].into()),
            ("i8".into(), vec![-128i8, 0, 127].into()),
            ("f".into(), vec![1.5, f64::NAN, -0.0].into()),
            ("f4".into(), vec![0.1f32, f32::NAN, 3.0].into()),
            ("b".into(), vec![true, false, true].into()),
            ("s".into(), [Some("a"), None, Some("é")].into_iter().collect()),
            (
                "S".into(),
                Column::text(DType::String, ["x", "", "z"].into_iter().collect(), Some(valid(&some))),
            ),
            ("I".into(), Column::nullable(vec![1i16, 0, 3], valid(&some))),
            ("F".into(), Column::nullable(vec![1.5, 0.0, 2.5], valid(&some))),
            ("B".into(), Column::boolean(valid(&[true, false, false]), valid(&some))),
            ("c".into(), Column::category(vec![2, -1, 0], vec!["y", "x", "z"].into(), true).unwrap()),
            ("d".into(), Column::datetime(vec![1_577_836_800_000_001, i64::MIN, -1], TimeUnit::Micro)),
            ("n".into(), Column::datetime(vec![1, i64::MIN, -1], TimeUnit::Nano)),
            (
                "z".into(),
                Column::zoned(vec![0, i64::MIN, 1], TimeUnit::Micro, "Europe/Berlin".parse().unwrap()),
            ),
            ("Z".into(), Column::zoned(vec![0, i64::MIN, 1], TimeUnit::Nano, "UTC".parse().unwrap())),
            ("t".into(), Column::timedelta(vec![1, i64::MIN, -1], TimeUnit::Second)),
        ],
        ..Table::default()
    }
}

/// A table without index columns gets the range that was written.
fn ranged(mut table: Table) -> Table {
    table.range = Some(RowRange { name: None, start: 0, stop: table.row_count as i64, step: 1 });
    table
}

#[test]
fn every_dtype_reads_back() {
    for compression in [IpcCompression::Lz4, IpcCompression::Zstd, IpcCompression::Uncompressed] {
        let bytes = to_ipc(&table(), &ToIpc { compression, index: None }).unwrap();
        assert_eq!(read_ipc(bytes, &ReadIpc::default()).unwrap(), ranged(table()));
    }
    use ParquetCompression::{Gzip, Lz4, Snappy, Uncompressed, Zstd};
    for compression in [Snappy, Gzip, Zstd, Lz4, Uncompressed] {
        for row_group_rows in [1, 2, 1 << 20] {
            let options = ToParquet { compression, row_group_rows, ..ToParquet::default() };
            let bytes = to_parquet(&table(), &options).unwrap();
            assert_eq!(read_parquet(bytes, &ReadParquet::default()).unwrap(), ranged(table()));
        }
    }
}

#[test]
fn labels_and_names_read_back() {
    let mut table = table();
    table.columns.truncate(2);
    table.columns[0].0 = Scalar::Tuple(["a".into(), 1i64.into()].into());
    table.columns[1].0 = Scalar::Tuple(["b'\n".into(), 2i64.into()].into());
    table.column_names = vec![Some("x".into()), None];
    table.index = vec![(Some("k".into()), vec!["p", "q", "r"].into()), (None, vec![1i64, 2, 3].into())];
    let bytes = to_parquet(&table, &ToParquet::default()).unwrap();
    assert_eq!(read_parquet(bytes, &ReadParquet::default()).unwrap(), table);
    let one = ReadParquet { columns: Some(vec!["('a', '1')".into()]), ..ReadParquet::default() };
    let read = read_parquet(to_parquet(&table, &ToParquet::default()).unwrap(), &one).unwrap();
    assert_eq!((read.columns.len(), read.index.len()), (1, 2));
    let none = ReadParquet { columns: Some(vec!["zz".into()]), ..ReadParquet::default() };
    let refused = read_parquet(to_parquet(&table, &ToParquet::default()).unwrap(), &none).unwrap_err();
    assert!(refused.message().starts_with("No match for FieldRef.Name(zz)"), "{refused}");
}

#[test]
fn ranges_are_kept_only_where_they_fit() {
    let mut table = table();
    table.range = Some(RowRange { name: Some("r".into()), start: 10, stop: 4, step: -2 });
    let bytes = to_ipc(&table, &ToIpc::default()).unwrap();
    assert_eq!(read_ipc(bytes, &ReadIpc::default()).unwrap(), table);
    let bytes = to_ipc(&table, &ToIpc { index: Some(true), ..ToIpc::default() }).unwrap();
    let read = read_ipc(bytes, &ReadIpc::default()).unwrap();
    assert_eq!(read.index, vec![(Some("r".into()), vec![10i64, 8, 6].into())]);
}

#[test]
fn threads_change_nothing() {
    let rows = 100_000;
    let table = Table {
        row_count: rows,
        columns: vec![
            ("n".into(), (0..rows as i64).collect::<Vec<_>>().into()),
            (
                "w".into(),
                (0..rows).map(|i| if i % 7 == 0 { None } else { Some(["a", "b", "c"][i % 3]) }).collect(),
            ),
        ],
        ..Table::default()
    };
    let bytes = to_parquet(&table, &ToParquet { row_group_rows: 9_999, ..ToParquet::default() }).unwrap();
    for threads in [1, 2, 4] {
        let setting = threads::Setting::new(std::num::NonZeroUsize::new(threads).unwrap());
        let read = threads::with(setting, || read_parquet(bytes.clone(), &ReadParquet::default())).unwrap();
        assert_eq!(read, ranged(table.clone()));
    }
}

/// Every byte changed and every length cut: a table or an error, and never more rows than were written.
fn damage(bytes: &[u8], read: impl Fn(Vec<u8>) -> files::Result<Table>) {
    for at in 0..bytes.len() {
        assert!(read(bytes[..at].to_vec()).is_err(), "cut at {at}");
        {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= [0x01, 0x80, 0xff][at % 3];
            if let Ok(table) = read(bytes) {
                assert!(table.row_count <= 3, "{at}");
            }
        }
    }
}

#[test]
fn damaged_files_are_errors() {
    let mut table = table();
    table.columns.retain(|(label, _)| ["i", "s", "c", "I"].iter().any(|kept| label.as_str() == Some(kept)));
    damage(&to_ipc(&table, &ToIpc::default()).unwrap(), |bytes| read_ipc(bytes, &ReadIpc::default()));
    damage(&to_parquet(&table, &ToParquet::default()).unwrap(), |bytes| {
        read_parquet(bytes, &ReadParquet::default())
    });
}

proptest! {
    #[test]
    fn categories_keep_their_order_and_the_unused(codes in prop::collection::vec(-1i32..5, 0..70), group in 1usize..40) {
        let categories: Column = vec!["e", "", "c", "b", "a"].into();
        let column = Column::category(codes, categories, false).unwrap();
        let table = Table { row_count: column.len(), columns: vec![("c".into(), column)], ..Table::default() };
        let bytes = to_parquet(&table, &ToParquet { row_group_rows: group, ..ToParquet::default() }).unwrap();
        let read = read_parquet(bytes, &ReadParquet::default()).unwrap();
        if table.row_count > 0 {
            prop_assert_eq!(read, ranged(table));
        }
    }
}
