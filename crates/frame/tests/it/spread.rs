//! Every recorded case gives the same text, to the last bit of every float, for any number of threads.
//!
//! The cases are small, so the threads share pieces of one row, where every kernel that spreads its work does so. What
//! one thread gives on whole columns is the judge.

use std::num::NonZeroUsize;

use column::Column;
use frame::{Aggregation, Frame, GroupOptions, How, Merge, On};
use serde_json::Value as Json;
use threads::Setting;

use crate::compare::run;
use crate::packets;

fn setting(threads: usize, rows_a_piece: usize) -> Setting {
    let count = |n| NonZeroUsize::new(n).expect("not zero");
    Setting { threads: count(threads), rows_a_piece: count(rows_a_piece) }
}

/// Cases whose text differs between one thread on whole columns and several on pieces of one row.
fn differing(cases: &[Json], run: impl Fn(&Json) -> String) -> Vec<String> {
    let differs = |case: &&Json| {
        let whole = threads::with(setting(1, usize::MAX), || run(case));
        [1, 2, 4].iter().any(|&count| threads::with(setting(count, 1), || run(case)) != whole)
    };
    cases.iter().filter(differs).map(|case| case["id"].to_string()).collect()
}

#[test]
fn recorded_cases_do_not_depend_on_threads() {
    let mut ran = 0;
    for (name, packet) in packets() {
        let cases = packet["cases"].as_array().expect("a list of cases");
        let text = |case: &Json| match run(case) {
            Ok((found, _)) => found.to_string(),
            Err(failure) => failure,
        };
        assert_eq!(differing(cases, text), [""; 0], "{name}");
        ran += cases.len();
    }
    assert!(ran > 0, "no case ran");
}

/// hand: a sum whose parts follow the number of threads is what the test above must find.
#[test]
fn a_sum_cut_by_the_number_of_threads_is_seen() {
    let values: Vec<f64> = (0..100).map(|i| (i as f64 * 0.7).sin() * 10f64.powi(i % 17)).collect();
    let by_threads = |_: &Json| {
        let threads = threads::current().threads.get();
        let parts = values.chunks(values.len().div_ceil(threads)).map(|part| part.iter().sum::<f64>());
        parts.sum::<f64>().to_string()
    };
    let by_length = |_: &Json| {
        let parts = values.chunks(7).map(|part| part.iter().sum::<f64>());
        parts.sum::<f64>().to_string()
    };
    let case = [serde_json::json!({"id": "planted"})];
    assert_eq!(differing(&case, by_threads).len(), 1);
    assert_eq!(differing(&case, by_length).len(), 0);
}

/// Past the size of a piece, with pieces as they are in use: hashes of grouping, joining, selecting and computing.
#[test]
fn a_large_table_does_not_depend_on_threads() -> frame::Result<()> {
    let len = 150_000i64;
    let words: Vec<String> = (0..len).map(|i| format!("group {:03}", i * i % 977)).collect();
    let table = Frame::from_columns([
        ("word", Column::from(words)),
        ("key", Column::from((0..len).map(|i| i * 7_919 % 70_001).collect::<Vec<_>>())),
        ("value", Column::from((0..len).map(|i| (i as f64 * 0.37).sin() / 3.0).collect::<Vec<_>>())),
    ])?;
    let right = table.slice(0, 90_000);
    let work = |threads: usize| -> frame::Result<Vec<String>> {
        threads::with(setting(threads, Setting::default().rows_a_piece.get()), || {
            let groups = table.groupby(&["word".into()], GroupOptions::default())?;
            let hows = [Aggregation::Sum, Aggregation::Mean, Aggregation::Std, Aggregation::Median];
            let named: Vec<_> = hows.map(|how| (how.name().into(), "value".into(), how)).into();
            let merge = |how| Merge { how, on: On::Both(vec!["key".into()]), ..Merge::default() };
            let joined = table.merge(&right, &merge(How::Left))?;
            let rows: Vec<usize> = (0..table.len()).rev().step_by(2).collect();
            let frames = [
                groups.agg_named(&named)?,
                joined,
                table.merge(&right, &merge(How::Inner))?,
                table.take(&rows)?,
            ];
            Ok(frames.iter().map(|frame| format!("{:?}", frame.digest())).collect())
        })
    };
    let one = work(1)?;
    for threads in [2, 4] {
        assert_eq!(work(threads)?, one, "{threads} threads");
    }
    Ok(())
}
