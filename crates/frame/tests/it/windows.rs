//! Windows against a naive reading of their definition.

use column::{Column, Interpolation, Scalar, TimeUnit};
use frame::{
    Aggregation, Closed, Ewm, Frame, GroupOptions, GroupReduce, Groups, How, Index, Merge, MergeKey,
    MergeSide, RankMethod, Resample, TimeBins, WindowReduction, Windows,
};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![4 => (-50i32..50).prop_map(f64::from), 1 => Just(f64::NAN)]
}

/// What a window's values give when they are read by themselves.
fn naive(window: &[f64], needed: usize, how: WindowReduction) -> f64 {
    let mut present: Vec<f64> = window.iter().copied().filter(|value| !value.is_nan()).collect();
    let (count, sum) = (present.len(), present.iter().sum::<f64>());
    if count < needed || (count == 0 && !matches!(how, WindowReduction::Sum | WindowReduction::Nunique)) {
        return f64::NAN;
    }
    let mean = sum / count as f64;
    let last = window.last().copied().unwrap_or(f64::NAN);
    let below = present.iter().filter(|&&value| value < last).count();
    present.sort_by(f64::total_cmp);
    match how {
        WindowReduction::Sum => sum,
        WindowReduction::Mean => mean,
        WindowReduction::Min => present[0],
        WindowReduction::Max => present[count - 1],
        WindowReduction::Var(ddof) if count > ddof => {
            present.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - ddof) as f64
        }
        WindowReduction::Median => (present[(count - 1) / 2] + present[count / 2]) / 2.0,
        WindowReduction::Rank(..) if !last.is_nan() => (below + 1) as f64,
        WindowReduction::Nunique => {
            present.dedup();
            present.len() as f64
        }
        _ => f64::NAN,
    }
}

proptest! {
    #[test]
    fn every_window_gives_what_its_values_give(
        values in prop::collection::vec(value(), 0..30),
        (window, needed) in (1usize..6).prop_flat_map(|window| (Just(window), 0..=window)),
        center: bool,
        step in 1usize..3,
    ) {
        for closed in [Closed::Right, Closed::Left, Closed::Both, Closed::Neither] {
            let windows = Windows::fixed(values.len(), window, center, closed, step);
            for how in [
                WindowReduction::Sum, WindowReduction::Mean, WindowReduction::Min, WindowReduction::Max,
                WindowReduction::Var(1), WindowReduction::Median, WindowReduction::Nunique,
                WindowReduction::Rank(RankMethod::Min, true, false),
            ] {
                let found = windows.reduce(&values, needed, how);
                for (place, found) in found.into_iter().enumerate() {
                    let (start, end) = windows.get(place).unwrap_or_default();
                    let expected = naive(&values[start..end], needed, how);
                    let same = (found.is_nan() && expected.is_nan()) || (found - expected).abs() < 1e-9;
                    prop_assert!(same, "{how:?} {closed:?} of {:?}: {found}, expected {expected}", &values[start..end]);
                }
            }
        }
    }
}

/// Sources: `Series(range(4), index=['2020-01-01', '2020-01-01', '2020-01-02', '2020-01-04'])
/// .rolling('2D', closed=…).sum()` of pandas 3.1.1 over the values 1 to 4.
#[test]
fn windows_of_times_hold_the_edges_that_are_asked_for() {
    let days = [0i64, 0, 1, 3];
    let sums = |closed, center| {
        let found = Windows::timed(&days, 2, center, closed, 1).reduce(
            &[1.0, 2.0, 3.0, 4.0],
            1,
            WindowReduction::Sum,
        );
        found.into_iter().map(|value| if value.is_nan() { -1 } else { value as i64 }).collect::<Vec<_>>()
    };
    assert_eq!(sums(Closed::Right, false), [1, 3, 6, 4]);
    assert_eq!(sums(Closed::Left, false), [-1, -1, 3, 3]);
    assert_eq!(sums(Closed::Both, false), [1, 3, 6, 7]);
    assert_eq!(sums(Closed::Neither, false), [-1, -1, 3, -1]);
    assert_eq!(sums(Closed::Right, true), [6, 6, 3, 4]);
    assert_eq!(sums(Closed::Left, true), [3, 3, 6, 4]);
    assert_eq!(sums(Closed::Both, true), [6, 6, 6, 4]);
    assert_eq!(sums(Closed::Neither, true), [3, 3, 3, 4]);
}

/// Source: `Series([1, 3, 2, 2, nan, 5]).rolling(3, min_periods=1).quantile(.3, interpolation='nearest')`.
#[test]
fn quantiles_of_windows_take_the_nearer_value() {
    let windows = Windows::fixed(6, 3, false, Closed::Right, 1);
    let how = WindowReduction::Quantile(0.3, Interpolation::Nearest);
    assert_eq!(windows.reduce(&[1.0, 3.0, 2.0, 2.0, f64::NAN, 5.0], 1, how), [1.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
}

/// Source: `Series([1, 2, nan, 4, 5]).ewm(com=1)` of pandas 3.1.1.
#[test]
fn exponential_weights_fall_from_row_to_row() {
    let values = [1.0, 2.0, f64::NAN, 4.0, 5.0];
    let ewm = Ewm { com: 1.0, min_periods: 1, adjust: true, ignore_na: false, deltas: None };
    assert_eq!(
        ewm.mean(&values, false),
        [
            1.0,
            1.666_666_666_666_666_7,
            1.666_666_666_666_666_7,
            3.363_636_363_636_363_8,
            4.333_333_333_333_333
        ]
    );
    assert_eq!(ewm.mean(&values, true), [1.0, 2.5, 1.25, 4.625, 7.3125]);
    assert_eq!(
        ewm.cov(&values, &values, false)[1..],
        [0.5, 0.5, 2.653_846_153_846_154_6, 2.004_950_495_049_505]
    );
    let plain = Ewm { adjust: false, ignore_na: true, ..ewm };
    assert_eq!(plain.mean(&values, false), [1.0, 1.5, 1.5, 2.75, 3.875]);
}

/// Source: `DataFrame([0, 1, 2]).ewm(halflife="23 days", times=…, adjust=False).mean()` of pandas 3.1.1, over times 9 days
/// and 245 seconds, then 44 days and 17,778 seconds apart.
#[test]
fn what_decays_over_times_gives_its_weight_to_the_next_value() {
    let halflives = |days: f64, seconds: f64| (days * 86_400.0 + seconds) / (23.0 * 86_400.0);
    let deltas = Some(vec![halflives(9.0, 245.0), halflives(44.0, 17_778.0)]);
    let ewm = Ewm { com: 1.0, min_periods: 1, adjust: false, ignore_na: false, deltas };
    let found = ewm.mean(&[0.0, 1.0, 2.0], false);
    for (found, expected) in found.into_iter().zip([0.0, 0.237_625_186_422_262_27, 1.534_926_369_128_742]) {
        assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
    }
}

fn hour(day: i64, hour: i64) -> i64 {
    (18_262 + day) * 86_400 + hour * 3_600
}

/// Source: `Series(range(10), index=date_range('2020-01-01 09:30', periods=10, freq='7h')).resample(rule).sum()`.
#[test]
fn bins_of_times_are_those_of_resample() {
    let ticks: Vec<i64> = (0..10).map(|place| hour(0, 9) + 1_800 + place * 7 * 3_600).collect();
    let values = Column::from((0..10i64).collect::<Vec<i64>>());
    let sums = |rule: &str, options: Resample| {
        let frequency = rule.parse().expect("a frequency");
        let bins =
            TimeBins::between(ticks[0], ticks[9], TimeUnit::Second, &frequency, options).expect("bins");
        let groups =
            bins.groups(&Column::datetime(ticks.clone(), TimeUnit::Second), Scalar::None).expect("groups");
        let found = groups.reduce(&values, Aggregation::Sum, &GroupReduce::default()).expect("sums");
        (bins.labels[0], found.as_i64().expect("integers").to_vec())
    };
    let plain = Resample::default();
    assert_eq!(sums("D", plain), (hour(0, 0), vec![3, 12, 21, 9]));
    assert_eq!(sums("2D", plain), (hour(0, 0), vec![15, 30]));
    assert_eq!(sums("W-SUN", plain), (hour(4, 0), vec![45]));
    assert_eq!(sums("W-WED", plain), (hour(0, 0), vec![3, 42]));
    assert_eq!(sums("ME", plain), (hour(30, 0), vec![45]));
    assert_eq!(sums("YE-DEC", plain), (hour(365, 0), vec![45]));
    assert_eq!(sums("B", plain), (hour(0, 0), vec![3, 12, 30]));
    assert_eq!(sums("5h", plain).0, hour(0, 5));
    let right = Resample { closed_right: Some(true), label_right: Some(true), ..plain };
    assert_eq!(sums("5h", right).0, hour(0, 10));
    assert_eq!(sums("5h", Resample { origin: frame::Origin::Epoch, ..plain }).0, hour(0, 7));
    assert_eq!(sums("5h", Resample { origin: frame::Origin::End, ..plain }).0, hour(0, 12) + 1_800);
}

/// Source: `groupby(['c', 'k'], observed=False, sort=…)['v'].sum()` of pandas 3.1.1.
#[test]
fn categories_that_do_not_occur_make_groups_with_every_other_key() {
    let categories = Column::from(vec!["a", "b", "z"]);
    let keys = [
        Column::category(vec![1, 0, 1], categories, false).expect("categories"),
        Column::from(vec![2i64, 1, 1]),
    ];
    let sums = |sort| {
        let options = GroupOptions { observed: false, sort, ..GroupOptions::default() };
        let groups = Groups::of(&keys, vec![Scalar::None, Scalar::None], 3, options).expect("groups");
        let values = Column::from(vec![1i64, 2, 3]);
        let found = groups.reduce(&values, Aggregation::Sum, &GroupReduce::default()).expect("sums");
        (
            groups.index().iter().map(|key| key.to_string()).collect::<Vec<_>>(),
            found.as_i64().expect("int").to_vec(),
        )
    };
    let (keys, values) = sums(true);
    assert_eq!(keys, ["('a', 1)", "('a', 2)", "('b', 1)", "('b', 2)", "('z', 1)", "('z', 2)"]);
    assert_eq!(values, [2, 0, 3, 1, 0, 0]);
    let (keys, values) = sums(false);
    assert_eq!(keys, ["('b', 2)", "('a', 1)", "('b', 1)", "('a', 2)", "('z', 2)", "('z', 1)"]);
    assert_eq!(values, [1, 2, 3, 0, 0, 0]);
}

/// Source: `a.merge(b, left_on='k', right_index=True, how=…)` of pandas 3.1.1.
#[test]
fn a_merge_with_row_labels_keeps_the_others() {
    let left = Frame::from_columns([
        ("k", Column::from(vec![1i64, 2, 3])),
        ("x", Column::from(vec![1.0, 2.0, 3.0])),
    ])
    .and_then(|frame| frame.with_index(Index::from_strings(&["a", "b", "c"])))
    .expect("a frame");
    let right = Frame::from_columns([("y", Column::from(vec![1.0, 2.0, 3.0]))])
        .and_then(|frame| frame.with_index(Index::from_column(Column::from(vec![2i64, 3, 4]))))
        .expect("a frame");
    let keys = MergeSide::Keys(vec![MergeKey::Label(Scalar::str("k"))]);
    let merged = |how| {
        left.merge_sides(&right, (&keys, &MergeSide::Index), &Merge { how, ..Merge::default() })
            .expect("a merge")
    };
    assert_eq!(merged(How::Inner).to_string(), "   k    x    y\nb  2  2.0  1.0\nc  3  3.0  2.0");
    assert_eq!(
        merged(How::Outer).to_string(),
        "     k    x    y\na    1  1.0  NaN\nb    2  2.0  1.0\nc    3  3.0  2.0\nNaN  4  NaN  3.0"
    );
    let array = MergeSide::Keys(vec![MergeKey::Values(Column::from(vec![4i64, 2, 9]))]);
    let plain = left.merge_sides(&right, (&array, &MergeSide::Index), &Merge::default()).expect("a merge");
    assert_eq!(plain.to_string(), "   key_0  k    x    y\na      4  1  1.0  3.0\nb      2  2  2.0  1.0");
}

proptest! {
    /// What is unstacked and stacked again is what it was, in the order of its labels.
    #[test]
    fn stacking_undoes_unstacking(height in 1usize..5, width in 1usize..5, values in prop::collection::vec(-9i64..9, 25)) {
        let rows: Vec<i64> = (0..height * width).map(|cell| (cell / width) as i64).collect();
        let columns: Vec<i64> = (0..height * width).map(|cell| (cell % width) as i64).collect();
        let names = vec![Scalar::str("row"), Scalar::str("column")];
        let index = Index::from_arrays(vec![Column::from(rows), Column::from(columns)], names);
        let cells = Column::from(values[..height * width].to_vec());
        let frame = Frame::new(Index::range(1), vec![cells], index).expect("a frame");
        let wide = frame.unstack(&[1], None, true).expect("unstacked");
        prop_assert_eq!(wide.shape(), (height, width));
        let again = wide.stack_levels(&[1]).expect("stacked");
        prop_assert_eq!(again.data(), frame.data());
        prop_assert_eq!(again.index(), frame.index());
    }
}

/// Source: `Series([1, 2, 3], index=MultiIndex.from_tuples([('a', 'x'), ('a', 'y'), ('b', 'x')])).unstack()`.
#[test]
fn cells_without_a_row_are_missing_or_filled() {
    let arrays = vec![Column::from(vec!["a", "a", "b"]), Column::from(vec!["x", "y", "x"])];
    let index = Index::from_arrays(arrays, vec![Scalar::None, Scalar::None]);
    let frame = Frame::new(Index::range(1), vec![Column::from(vec![1i64, 2, 3])], index).expect("a frame");
    let missing = frame.unstack(&[1], None, true).expect("unstacked");
    assert_eq!(missing.data()[0], Column::from(vec![1.0, 3.0]));
    assert_eq!(missing.data()[1], Column::from(vec![2.0, f64::NAN]));
    let filled = frame.unstack(&[1], Some(&Scalar::Int(0)), true).expect("unstacked");
    assert_eq!(filled.data()[1], Column::from(vec![2i64, 0]));
    let twice = frame.take(&[0, 0]).expect("rows").unstack(&[1], None, true);
    assert_eq!(
        twice.map_err(|error| error.message().to_owned()),
        Err("Index contains duplicate entries, cannot reshape".to_owned())
    );
}
