//! Reductions along rows. Expected values: by hand; dtypes as pandas 3.1.1 gives them (`DataFrame.sum(axis=1)` and so on).

use column::{Column, DType, Scalar};
use frame::{Aggregation, Frame, Reduce};

fn row(frame: &Frame, how: Aggregation, options: &Reduce) -> (DType, Vec<Scalar>) {
    let found = frame.reduce_rows(how, options).expect("numbers");
    (found.dtype(), found.values().iter().collect())
}

#[test]
fn integers_are_added_exactly() {
    // 2^60 + 1 is no float64.
    let big = (1i64 << 60) + 1;
    let frame = Frame::from_columns([("a", Column::from(vec![big, 1])), ("b", Column::from(vec![1i64, 2]))])
        .expect("a frame");
    let options = Reduce::default();
    assert_eq!(
        row(&frame, Aggregation::Sum, &options),
        (DType::INT64, vec![Scalar::Int(big + 1), Scalar::Int(3)])
    );
    assert_eq!(
        row(&frame, Aggregation::Max, &options),
        (DType::INT64, vec![Scalar::Int(big), Scalar::Int(2)])
    );
    let few = Reduce { min_count: 3, ..options };
    assert!(row(&frame, Aggregation::Sum, &few).1.iter().all(Scalar::is_missing));
}

#[test]
fn a_narrow_dtype_stays_for_extremes_and_widens_for_sums() {
    let narrow =
        |values: Vec<i64>| Column::from(values).cast("int8".parse().expect("a dtype")).expect("fits");
    let frame = Frame::from_columns([("a", narrow(vec![100])), ("b", narrow(vec![100]))]).expect("a frame");
    let options = Reduce::default();
    assert_eq!(row(&frame, Aggregation::Min, &options).0, "int8".parse().expect("a dtype"));
    assert_eq!(row(&frame, Aggregation::Sum, &options), (DType::INT64, vec![Scalar::Int(200)]));
}

#[test]
fn missing_values_are_passed_over_or_decide() {
    let frame = Frame::from_columns([
        ("a", Column::from(vec![1.0, f64::NAN])),
        ("b", Column::from(vec![3.0, 5.0])),
        ("c", Column::from(vec![8.0, f64::NAN])),
    ])
    .expect("a frame");
    let skipping = Reduce::default();
    let strict = Reduce { skipna: false, ..skipping };
    assert_eq!(row(&frame, Aggregation::Mean, &skipping).1, [Scalar::Float(4.0), Scalar::Float(5.0)]);
    // The deviations from 4 are 3, 1 and 4: their squares over two.
    assert_eq!(row(&frame, Aggregation::Var, &skipping).1[0], Scalar::Float(13.0));
    assert!(row(&frame, Aggregation::Var, &skipping).1[1].is_missing());
    assert_eq!(row(&frame, Aggregation::Median, &skipping).1, [Scalar::Float(3.0), Scalar::Float(5.0)]);
    for how in [Aggregation::Sum, Aggregation::Min, Aggregation::Max, Aggregation::Mean, Aggregation::Std] {
        let found = row(&frame, how, &strict).1;
        assert!(!found[0].is_missing() && found[1].is_missing(), "{how:?}: {found:?}");
    }
}

#[test]
fn columns_are_reduced_to_the_dtypes_of_their_kind() {
    let masked = Column::from(vec![1i64, 2]).cast("Int8".parse().expect("a dtype")).expect("fits");
    let frame = Frame::from_columns([("a", masked)]).expect("a frame");
    let options = Reduce::default();
    let dtype = |how| frame.reduce(how, &options).expect("numbers").dtype().to_string();
    assert_eq!(dtype(Aggregation::Sum), "Int64");
    assert_eq!(dtype(Aggregation::Max), "Int8");
    assert_eq!(dtype(Aggregation::Mean), "Float64");
    assert_eq!(dtype(Aggregation::Count), "int64");
}
