//! Large tables give the same bits for any number of threads.

use std::num::NonZeroUsize;

use column::Column;
use frame::{Aggregation, Frame, GroupOptions, How, Merge, On};
use threads::Setting;

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
    let work = |threads: NonZeroUsize| -> frame::Result<Vec<String>> {
        threads::with(Setting::new(threads), || {
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
            Ok(frames.iter().map(|frame| format!("{:?}", frame.digest().expect("bytes"))).collect())
        })
    };
    let one = work(NonZeroUsize::MIN)?;
    for threads in [2, 4] {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        assert_eq!(work(threads)?, one, "{threads} threads");
    }
    Ok(())
}
