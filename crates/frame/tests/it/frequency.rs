//! The frequency of dates as labels: who makes one, who keeps it, who loses it. Values are held against pandas by the
//! packet of differences; texts here are pandas 3.1.1's.

use column::{Column, Scalar, TimeUnit};
use frame::{Index, Series};

const DAY: i64 = 86_400;
/// 2024-01-01.
const FIRST: i64 = 19_723;

fn dates(days: &[i64]) -> Index {
    Index::from_column(Column::datetime(
        days.iter().map(|day| (FIRST + day) * DAY).collect(),
        TimeUnit::Second,
    ))
}

fn step(index: &Index) -> Option<String> {
    index.frequency().map(ToString::to_string)
}

fn daily() -> Index {
    dates(&[2, 0]).union(&dates(&[1, 3, 4])).expect("a union")
}

#[test]
fn a_union_infers_a_frequency_and_slices_keep_it() {
    let daily = daily();
    assert_eq!(step(&daily).as_deref(), Some("D"));
    assert_eq!(step(&dates(&[0, 1, 2])), None, "regular labels alone have none");
    let taken = |positions: &[usize]| step(&daily.take(positions).expect("positions"));
    assert_eq!(taken(&[1, 2]).as_deref(), Some("D"));
    assert_eq!(taken(&[3]).as_deref(), Some("D"));
    assert_eq!(taken(&[0, 2, 4]).as_deref(), Some("2D"));
    assert_eq!(taken(&[4, 3]).as_deref(), Some("-1D"));
    assert_eq!((taken(&[0, 1, 3]), taken(&[1, 1]), taken(&[])), (None, None, None));
    assert_eq!(step(&daily.slice(1, 3)).as_deref(), Some("D"));
    assert_eq!(step(&daily.clone().with_name(Scalar::str("when"))).as_deref(), Some("D"));
    assert_eq!(step(&daily.union(&dates(&[])).expect("a union")).as_deref(), Some("D"));
    let other = dates(&[0, 1, 2, 3, 4]);
    assert!(daily.equals(&other) && !daily.identical(&other), "a frequency is part of what an index is");
}

#[test]
fn only_dates_and_durations_take_one() {
    let step_of = |index: Index| step(&index.with_frequency("D".parse().ok()));
    assert_eq!(step_of(dates(&[0, 1])).as_deref(), Some("D"));
    assert_eq!((step_of(Index::range(2)), step_of(Index::from_strings(&["a"]))), (None, None));
}

#[test]
fn a_series_shows_and_stores_it() {
    let series = Series::new(Column::from(vec![1i64, 2]), daily().slice(0, 2), Scalar::str("n"));
    let series = series.expect("as many labels as values");
    let text = series.repr(&frame::ReprOptions::default());
    assert_eq!(text, "2024-01-01    1\n2024-01-02    2\nFreq: D, Name: n, dtype: int64");
    let bytes = series.to_bytes().expect("bytes");
    let back = Series::from_bytes(&bytes).expect("a series");
    assert_eq!(step(back.index()).as_deref(), Some("D"));
    assert_eq!(back, series);
    // A text that is no frequency, or one in another spelling, is refused.
    let place =
        bytes.windows(9).position(|part| part == b"\x01\0\0\0\0\0\0\0D").expect("the text of the frequency");
    for wrong in [b"1", b"-", b" "] {
        let mut forged = bytes.clone();
        forged[place + 8] = wrong[0];
        assert!(Series::from_bytes(&forged).is_err());
    }
}
