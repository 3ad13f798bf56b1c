//! Bounds of hardened reading, and what is said of a row that was set aside.

use files::{Defect, ReadCsv, read_csv, read_csv_hardened};

/// hand: 101 bad sequences are one more than a table of few rows may have, in one cell or in many.
#[test]
fn more_repairs_than_the_bound_are_the_strict_error() {
    let rows = |bad: usize| [b"a\n".as_slice(), b"\xff\n".repeat(bad).as_slice()].concat();
    let options = ReadCsv::default();
    assert_eq!(read_csv_hardened(&rows(100), &options).expect("within the bound").repairs.len(), 100);
    for bytes in [rows(101), [b"a\n".as_slice(), &[0xff; 101]].concat()] {
        let strict = read_csv(&bytes, &options).expect_err("not UTF-8");
        assert_eq!(read_csv_hardened(&bytes, &options).expect_err("too many"), strict);
    }
}

#[test]
fn a_row_set_aside_is_told_whole() {
    let read = read_csv_hardened(b"a,b\n1,2\n3,\"4\n5\",6\r\n7,8\n", &ReadCsv::default()).expect("a table");
    let [repair] = read.repairs.as_slice() else { panic!("{:?}", read.repairs) };
    assert_eq!((repair.defect, repair.line), (Defect::ExtraFields, 3));
    assert_eq!(repair.bytes, b"3,\"4\n5\",6");
    assert_eq!(read.table.row_count, 2);
}
