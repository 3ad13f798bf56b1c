//! Reading in pieces gives what reading from front to back gives: values, dtypes, errors and their places.

use std::num::NonZeroUsize;

use column::DType;
use files::{Extra, OnBadLines, ReadCsv, Schema, SchemaColumn, read_csv};
use proptest::prelude::*;
use threads::Setting;

fn setting(threads: usize, rows_a_piece: usize) -> Setting {
    let count = |n| NonZeroUsize::new(n).expect("not zero");
    Setting { threads: count(threads), rows_a_piece: count(rows_a_piece) }
}

/// Work on pieces of one row, which stands for 16 bytes.
fn tiny<T>(threads: usize, work: impl FnOnce() -> T) -> T {
    threads::with(setting(threads, 1), work)
}

/// hand: front to back is the judge.
fn check(text: &str, options: &ReadCsv) -> Result<(), TestCaseError> {
    let read = || read_csv(text.as_bytes(), options);
    let whole = threads::with(setting(1, 1 << 20), read);
    for threads in [1, 2, 4] {
        prop_assert_eq!(&tiny(threads, read), &whole, "{} threads on {:?}", threads, text);
    }
    Ok(())
}

/// Cells that end a type, open a quote, or hold a line end.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "-?[0-9]{1,4}",
        3 => r"[0-9]{1,2}\.[0-9]{1,4}",
        1 => prop::sample::select(vec!["-0", "0", "True", "False", "", "NaN", "9999999999999999999", "x", "1e5"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["\"a\nb\"", "\"1\n2\n3,4\n\"\"5\n\"", "\"\"", "a\"b", "\"c\"d", "\"open", "é", "\r", "\n"])
            .prop_map(str::to_owned),
    ]
}

/// Thirty cells: some of one kind, then some of another.
fn column() -> impl Strategy<Value = Vec<String>> {
    let kind = || {
        let plain = prop::sample::select(vec![
            "-?[0-9]{1,9}",
            "-?[0-3]",
            "([0-9]{1,5})?",
            r"[0-9]\.[0-9]{3}|-?0",
            "True|False",
            "[a-f]{0,9}",
            "|NaN",
            "[0-9]|[1-9][0-9]{18,19}",
        ]);
        let cells = prop_oneof![9 => plain.prop_flat_map(|pattern| prop::collection::vec(pattern, 30)),
            1 => prop::collection::vec(cell(), 30)];
        cells.boxed()
    };
    (kind(), kind(), 0..30usize).prop_map(|(mut first, second, cut)| {
        first.truncate(cut);
        first.extend_from_slice(&second[cut..]);
        first
    })
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(column(), 1..4).prop_map(|columns| {
        let mut text: String = (0..columns.len()).map(|i| ["a", ",b", ",c"][i]).collect();
        for row in 0..30 {
            text.push('\n');
            let cells: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
            text.push_str(&cells.join(","));
        }
        text
    })
}

proptest! {
    #[test]
    fn pieces_change_nothing(text in text()) {
        check(&text, &ReadCsv::default())?;
        check(&text, &ReadCsv { on_bad_lines: OnBadLines::Skip, comment: Some(b'x'), ..ReadCsv::default() })?;
        check(&text, &ReadCsv { true_values: vec!["7".into()], nrows: Some(20), ..ReadCsv::default() })?;
        let column = SchemaColumn { name: "a".into(), dtype: DType::FLOAT64, nullable: false };
        let schema = Schema { columns: vec![column], extra: Extra::Drop };
        check(&text, &ReadCsv { schema: Some(schema), ..ReadCsv::default() })?;
    }
}

#[test]
fn a_large_file_is_read_in_pieces_of_its_own_length() {
    let mut text = String::from("n,word,share\n");
    for n in 0..100_000 {
        text.push_str(&format!("{n},\"word {}\",{}.5\n", n % 7, n % 11));
    }
    let read = |threads| {
        let setting = Setting::new(NonZeroUsize::new(threads).expect("not zero"));
        threads::with(setting, || read_csv(text.as_bytes(), &ReadCsv::default())).expect("a table")
    };
    let one = read(1);
    assert_eq!((one.row_count, one.columns[2].1.get(99_999)), (100_000, Some(9.5.into())));
    assert_eq!(read(2), one);
    assert_eq!(read(4), one);
}
