//! Hostile and damaged inputs. Expected values: hand.

use std::io::Write;

use files::{Compression, ErrorKind, ReadCsv, read_csv};
use proptest::prelude::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_reads_like_plain_text() {
    let plain = b"a,b\n1,x\n2,y\n";
    let options = ReadCsv::default();
    assert_eq!(read_csv(&gzip(plain), &options).unwrap(), read_csv(plain, &options).unwrap());
}

#[test]
fn a_bomb_and_a_cut_archive_are_errors() {
    let zeros = gzip(&vec![b'1'; 1 << 20]);
    let options = ReadCsv { decompressed_bytes_max: 1 << 16, ..ReadCsv::default() };
    assert_eq!(read_csv(&zeros, &options).unwrap_err().kind(), ErrorKind::Limit);
    let cut = &zeros[..zeros.len() / 2];
    assert_eq!(read_csv(cut, &ReadCsv::default()).unwrap_err().kind(), ErrorKind::Damaged(Compression::Gzip));
}

#[test]
fn a_line_of_separators_is_refused() {
    let error = read_csv(&vec![b','; 3 << 20], &ReadCsv::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(error.place().unwrap().line, 1);
}

#[test]
fn a_long_field_is_one_field() {
    let mut text = b"a\n".to_vec();
    text.extend(std::iter::repeat_n(b'x', 4 << 20));
    let table = read_csv(&text, &ReadCsv::default()).unwrap();
    assert_eq!(table.column("a").unwrap().str_at(0).unwrap().len(), 4 << 20);
}

#[test]
fn errors_name_line_offset_and_column() {
    let place = |text: &[u8]| read_csv(text, &ReadCsv::default()).unwrap_err().place().unwrap().clone();
    // The quoted line end counts as a line of the file, though not in pandas' message.
    let ragged = place(b"a,b\n\"x\ny\",2\n1,2,3\n");
    assert_eq!((ragged.line, ragged.offset), (4, 12));
    let utf8 = place(b"a,b\n1,ok\n2,\xff\n");
    assert_eq!((utf8.line, utf8.offset, utf8.column.as_deref()), (3, 9, Some("b")));
}

proptest! {
    #[test]
    fn any_bytes_give_a_table_or_an_error(bytes in prop::collection::vec(prop_oneof![
        Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'#'), Just(b' '), Just(b'1'), Just(b'-'), Just(b'.'), any::<u8>()
    ], 0..80), comment in prop::option::of(Just(b'#')), skip in any::<bool>()) {
        let options = ReadCsv { comment, skipinitialspace: skip, ..ReadCsv::default() };
        if let Ok(table) = read_csv(&bytes, &options) {
            for (_, column) in table.columns.iter() {
                prop_assert_eq!(column.len(), table.row_count);
            }
        }
    }

    #[test]
    fn what_is_written_reads_back(rows in prop::collection::vec((any::<i64>(), any::<f64>(), "[a-z \",\n]{1,6}x"), 1..20)) {
        use column::Column;
        let table = files::Table {
            row_count: rows.len(),
            columns: vec![
                ("i".into(), Column::from(rows.iter().map(|row| row.0).collect::<Vec<_>>())),
                ("f".into(), Column::from(rows.iter().map(|row| row.1).collect::<Vec<_>>())),
                ("s".into(), Column::from(rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>())),
            ],
            ..files::Table::default()
        };
        let text = files::to_csv(&table, &files::ToCsv { index: false, ..Default::default() }).unwrap();
        let back = read_csv(text.as_bytes(), &ReadCsv::default()).unwrap();
        prop_assert_eq!(back.column("i"), table.column("i"));
        prop_assert_eq!(back.column("s"), table.column("s"));
        let float = |table: &files::Table| table.column("f").unwrap().floats();
        for (a, b) in float(&back).iter().zip(float(&table)) {
            prop_assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
        }
    }
}
