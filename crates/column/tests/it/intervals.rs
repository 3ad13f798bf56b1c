//! Columns of intervals. Expected values are the reference's (`pandas.arrays.IntervalArray`) unless a test says otherwise.

use column::{Closed, Column, Comparison, DType, Interval, Scalar, TimeUnit, concat_dtype};

fn shown(column: &Column) -> Vec<String> {
    column.iter().map(|scalar| scalar.to_string()).collect()
}

fn breaks(ends: Vec<i64>, closed: Closed) -> Column {
    let count = ends.len() - 1;
    let column = Column::from(ends);
    Column::intervals(column.slice(0, count), column.slice(1, count + 1), closed).expect("rising ends")
}

fn bits(bits: &column::Bitmap) -> Vec<bool> {
    bits.iter().collect()
}

fn interval(left: i64, right: i64, closed: Closed) -> Interval {
    Interval { left: Scalar::Int(left), right: Scalar::Int(right), closed }
}

#[test]
fn ends_must_rise_and_be_of_one_dtype() {
    let message = |left: Column, right: Column| {
        Column::intervals(left, right, Closed::Right).expect_err("refused").message().to_owned()
    };
    assert_eq!(
        message(vec![1i64, 5].into(), vec![0i64, 6].into()),
        "left side of interval must be <= right side; offending intervals (position: interval): 0: (1, 0)"
    );
    assert_eq!(message(vec![1i64].into(), vec![0i64, 6].into()), "left and right must have the same length");
    assert_eq!(
        message(vec![1.0, f64::NAN].into(), vec![2.0, 3.0].into()),
        "missing values must be missing in the same location both left and right sides"
    );
    assert_eq!(
        message(vec!["a"].into(), vec!["b"].into()),
        "category, object, and string subtypes are not supported for IntervalIndex"
    );
}

#[test]
fn a_missing_interval_makes_ends_of_integers_floats() {
    let column = breaks(vec![0, 1, 2], Closed::Right);
    assert_eq!(column.dtype().to_string(), "interval[int64, right]");
    assert_eq!(shown(&column), ["(0, 1]", "(1, 2]"]);
    let moved = column.reindex(&[1, -1]).expect("inside");
    assert_eq!(moved.dtype().to_string(), "interval[float64, right]");
    assert_eq!(shown(&moved), ["(1.0, 2.0]", "nan"]);
    assert_eq!((moved.is_missing(1), moved.missing_count()), (true, 1));
    // Times need no other ends.
    let days = Column::datetime(vec![0, 1, 2], TimeUnit::Second);
    let days = Column::intervals(days.slice(0, 2), days.slice(1, 3), Closed::Left).expect("rising");
    assert_eq!(days.reindex(&[0, -1]).expect("inside").dtype(), days.dtype());
    let whole: Column = [Some(1i64), None].into_iter().collect();
    let nullable = Column::intervals(whole.clone(), whole, Closed::Both).expect("rising");
    assert_eq!(nullable.dtype().to_string(), "interval[Int64, both]");
    assert_eq!(shown(&nullable), ["[1, 1]", "nan"]);
}

#[test]
fn dtypes_are_read_as_they_are_written() {
    for name in [
        "interval[int64, right]",
        "interval[float32, both]",
        "interval[datetime64[ns, Europe/Paris], left]",
        "interval[timedelta64[us], neither]",
    ] {
        assert_eq!(name.parse::<DType>().expect("a dtype").to_string(), name);
    }
    assert!("interval[str, right]".parse::<DType>().is_err());
    assert!("interval[int64, up]".parse::<DType>().is_err());
}

#[test]
fn intervals_of_one_side_meet_in_their_ends() {
    let dtype = |name: &str| name.parse::<DType>().expect("a dtype");
    let (ints, floats) = (dtype("interval[int64, right]"), dtype("interval[float64, right]"));
    assert_eq!(concat_dtype(ints, floats), floats);
    assert_eq!(concat_dtype(ints, dtype("interval[int64, left]")), DType::Object);
    assert_eq!(concat_dtype(ints, DType::INT64), DType::Object);
}

#[test]
fn scalars_are_inferred_together_or_stay_objects() {
    let scalar = |left, right, closed| Scalar::Interval(interval(left, right, closed).into());
    let same = Column::infer(vec![scalar(0, 1, Closed::Right), scalar(4, 5, Closed::Right)]);
    assert_eq!(same.dtype().to_string(), "interval[int64, right]");
    let with_missing = Column::infer(vec![scalar(0, 1, Closed::Right), Scalar::None]);
    assert_eq!(with_missing.dtype().to_string(), "interval[float64, right]");
    let sides = Column::infer(vec![scalar(0, 1, Closed::Right), scalar(4, 5, Closed::Left)]);
    assert_eq!(sides.dtype(), DType::Object);
    assert_eq!(same.cast(DType::Object).expect("objects").cast(same.dtype()), Ok(same));
}

#[test]
fn values_lie_in_what_is_closed() {
    let column = breaks(vec![0, 1, 2], Closed::Right);
    let holds = |value: i64| bits(&column.intervals_contain(&Scalar::Int(value)).expect("numbers"));
    assert_eq!([holds(0), holds(1), holds(2)], [[false, false], [true, false], [false, true]]);
    let values = Column::from(vec![0.5, 1.0, 1.5, 2.5, f64::NAN, 0.0]);
    assert_eq!(column.intervals_holding(&values), Ok(vec![0, 0, 1, -1, -1, -1]));
    let left = breaks(vec![0, 1, 2], Closed::Left);
    assert_eq!(left.intervals_holding(&values), Ok(vec![0, 1, 1, -1, -1, 0]));
    assert!(column.intervals_contain(&Scalar::str("a")).is_err());
}

/// hand: an empty interval inside another one hides nothing.
#[test]
fn empty_intervals_hide_no_others() {
    let ends = (Column::from(vec![0i64, 1]), Column::from(vec![3i64, 1]));
    let column = Column::intervals(ends.0, ends.1, Closed::Left).expect("rising ends");
    assert_eq!(column.intervals_are_overlapping(), Ok(false));
    assert_eq!(column.intervals_holding(&Column::from(vec![1i64, 2])), Ok(vec![0, 0]));
    let overlaps = column.intervals_overlap(&interval(0, 2, Closed::Right)).expect("numbers");
    assert_eq!(bits(&overlaps), [true, false]);
}

#[test]
fn overlap_needs_a_shared_point() {
    let overlaps = |column: &Column, other| bits(&column.intervals_overlap(&other).expect("numbers"));
    let column =
        Column::intervals(Column::from(vec![0i64, 1, 2]), Column::from(vec![1i64, 3, 4]), Closed::Right)
            .expect("rising ends");
    assert_eq!(overlaps(&column, interval(1, 2, Closed::Both)), [true, true, false]);
    assert_eq!(overlaps(&column, interval(1, 2, Closed::Right)), [false, true, false]);
    assert_eq!(column.intervals_are_overlapping(), Ok(true));
    assert_eq!(breaks(vec![0, 1, 2], Closed::Both).intervals_are_overlapping(), Ok(true));
    assert_eq!(breaks(vec![0, 1, 2], Closed::Right).intervals_are_overlapping(), Ok(false));
}

#[test]
fn intervals_compare_by_left_then_right() {
    let column = breaks(vec![0, 1, 2], Closed::Right);
    let against = |op, other: Scalar| Column::compare(op, &column, &other);
    let same = Scalar::Interval(interval(0, 1, Closed::Right).into());
    let other_side = Scalar::Interval(interval(0, 1, Closed::Left).into());
    assert_eq!(against(Comparison::Equal, same.clone()), Ok(vec![true, false].into()));
    assert_eq!(against(Comparison::Greater, same), Ok(vec![false, true].into()));
    assert_eq!(against(Comparison::Equal, other_side), Ok(vec![false, false].into()));
    assert_eq!(against(Comparison::NotEqual, Scalar::Int(1)), Ok(vec![true, true].into()));
    assert_eq!(
        against(Comparison::Less, Scalar::Int(3)).expect_err("no order").message(),
        "Invalid comparison between dtype=interval[int64, right] and int"
    );
    assert_eq!(column.max(true).map(|scalar| scalar.to_string()), Ok("(1, 2]".to_owned()));
}

/// hand: what is written is read back, and nothing else is.
#[test]
fn bytes_come_back() {
    let days = Column::datetime(vec![0, 1, i64::MIN], TimeUnit::Second);
    let days = Column::intervals(days.clone(), days, Closed::Both).expect("rising");
    for column in [breaks(vec![0, 1, 2], Closed::Right), days, breaks(vec![3], Closed::Neither)] {
        let bytes = column.encode().expect("bytes");
        assert_eq!(Column::decode(&bytes), Ok(column.clone()));
        let objects = column.cast(DType::Object).expect("objects");
        assert_eq!(Column::decode(&objects.encode().expect("bytes")), Ok(objects));
        assert!(Column::decode(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn rows_are_set_where_the_ends_hold_them() {
    let whole = breaks(vec![0, 1, 2], Closed::Right);
    let set = |column: &Column, value: Scalar| column.set(&[0], &value, None);
    let text = |result: column::Result<Column>| match result {
        Ok(column) => shown(&column).join(" "),
        Err(error) => error.message().to_owned(),
    };
    let scalar =
        |left: Scalar, right: Scalar, closed| Scalar::Interval(Interval { left, right, closed }.into());
    let five = |closed| scalar(Scalar::Int(5), Scalar::Int(6), closed);
    assert_eq!(text(set(&whole, five(Closed::Right))), "(5, 6] (1, 2]");
    assert_eq!(
        text(set(&whole, five(Closed::Left))),
        "Invalid value '[5, 6)' for dtype 'interval[int64, right]'"
    );
    assert_eq!(text(set(&whole, Scalar::NAN)), "Invalid value 'nan' for dtype 'interval[int64, right]'");
    let floats = whole.cast("interval[float64, right]".parse().expect("a dtype")).expect("a cast");
    assert_eq!(text(set(&floats, Scalar::NAN)), "nan (1.0, 2.0]");
    assert_eq!(
        text(set(&floats, scalar(Scalar::Int(5), Scalar::Float(6.5), Closed::Right))),
        "(5.0, 6.5] (1.0, 2.0]"
    );
    let both = whole.reversed();
    assert_eq!(text(whole.set(&[0, 1], &both, None)), "(1, 2] (0, 1]");
    let objects = Column::object(vec![five(Closed::Right), five(Closed::Right)]);
    assert_eq!(text(whole.set(&[0, 1], &objects, None)), "(5, 6] (5, 6]");
    assert_eq!(text(whole.set(&[], &Column::empty(DType::Object), None)), "(0, 1] (1, 2]");
}

#[test]
fn intervals_have_no_arithmetic_and_no_sums() {
    let column = breaks(vec![0, 1, 2], Closed::Right);
    let refused = Column::arithmetic(column::Arithmetic::Add, &column, &Scalar::Int(1));
    assert_eq!(
        refused.expect_err("refused").message(),
        "unsupported operand type(s) for +: 'IntervalArray' and 'int'"
    );
    let refused = Column::arithmetic(column::Arithmetic::Subtract, &column, &column);
    assert_eq!(
        refused.expect_err("refused").message(),
        "unsupported operand type(s) for -: 'IntervalArray' and 'IntervalArray'"
    );
    assert_eq!(
        column.any().expect_err("refused").message(),
        "'IntervalArray' with dtype interval[int64, right] does not support operation 'any'"
    );
    assert_eq!(
        column.negate().expect_err("refused").message(),
        "bad operand type for unary -: 'IntervalArray'"
    );
}
