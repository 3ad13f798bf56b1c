//! Choosing and joining rows. Expected values: oracle, pandas 3.1.1 (`reindex`, `concat`).

use column::{Column, DType, ErrorKind, Scalar, TimeUnit};

#[test]
fn a_missing_row_changes_the_dtype_as_reindex_does() {
    let cases = [
        (Column::from(vec![1i8, 2]), "float64", Scalar::NAN),
        (Column::from(vec![1u64, 2]), "float64", Scalar::NAN),
        (Column::from(vec![1f32, 2.0]), "float32", Scalar::NAN),
        (Column::from(vec![true, false]), "object", Scalar::NAN),
        (Column::from(vec![1i64, 2]).cast(DType::NULLABLE_INT64).unwrap(), "Int64", Scalar::NA),
        (Column::from(vec!["a", "b"]), "str", Scalar::NAN),
        (Column::from(vec!["a", "b"]).cast(DType::String).unwrap(), "string", Scalar::NA),
        (Column::datetime(vec![0, 1], TimeUnit::Micro), "datetime64[us]", Scalar::NaT),
        (Column::from(vec!["x", "y"]).categorize(false).unwrap(), "category", Scalar::NAN),
    ];
    for (column, dtype, missing) in cases {
        let moved = column.reindex(&[0, -1]).unwrap();
        assert_eq!(moved.dtype().to_string(), dtype);
        assert_eq!(moved.get(1), Some(missing), "{dtype}");
        assert_eq!(column.reindex(&[1, 0]).unwrap().dtype(), column.dtype());
    }
}

#[test]
fn positions_outside_are_an_index_error() {
    let column = Column::from(vec![1i64]);
    assert_eq!(column.take(&[1]).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(column.reindex(&[-2]).unwrap_err().kind(), ErrorKind::Index);
}

/// Rows of `pandas.concat([a, b]).dtype`.
const CONCAT: [(&str, &str); 10] = [
    ("bool", "bool object object object object boolean object object object object"),
    ("int8", "object int8 int64 float64 float32 object Int64 object object object"),
    ("int64", "object int64 int64 float64 float64 object Int64 object object object"),
    ("uint64", "object float64 float64 uint64 float64 object Float64 object object object"),
    ("float32", "object float32 float64 float64 float32 object Float64 object object object"),
    ("boolean", "boolean object object object object boolean object object object object"),
    ("Int64", "object Int64 Int64 Float64 Float64 object Int64 object object object"),
    ("str", "object object object object object object object str string object"),
    ("string", "object object object object object object object string string object"),
    ("datetime64[us]", "object object object object object object object object object datetime64[us]"),
];

fn two_rows(dtype: &str) -> Column {
    let values: Column = match dtype {
        "bool" | "boolean" => vec![true, false].into(),
        "str" | "string" => vec!["a", "b"].into(),
        _ => vec![1i64, 2].into(),
    };
    values.cast(dtype.parse().unwrap()).unwrap()
}

#[test]
fn concat_meets_in_pandas_dtypes() {
    for (a, row) in CONCAT {
        for ((b, _), expected) in CONCAT.iter().zip(row.split(' ')) {
            let joined = Column::concat(&[&two_rows(a), &two_rows(b)]).unwrap();
            assert_eq!(joined.dtype().to_string(), expected, "{a} and {b}");
            assert_eq!(joined.len(), 4);
        }
    }
}

#[test]
fn concat_keeps_equal_categories_only() {
    let category = |values: Vec<&str>| Column::from(values).categorize(false).unwrap();
    let (ab, ba, ac) = (category(vec!["a", "b"]), category(vec!["b", "a"]), category(vec!["a", "c"]));
    assert_eq!(Column::concat(&[&ab, &ba]).unwrap().dtype(), DType::Category);
    assert_eq!(Column::concat(&[&ab, &ac]).unwrap(), Column::from(vec!["a", "b", "a", "c"]));
}

#[test]
fn scalars_infer_as_the_constructor_does() {
    let infer = |scalars: Vec<Scalar>| Column::infer(scalars).dtype().to_string();
    assert_eq!(infer(vec![1i64.into(), 2i64.into()]), "int64");
    assert_eq!(infer(vec![1i64.into(), Scalar::None]), "float64");
    assert_eq!(infer(vec![1i64.into(), 2.5.into()]), "float64");
    assert_eq!(infer(vec![true.into(), Scalar::None]), "object");
    assert_eq!(infer(vec!["a".into(), Scalar::None]), "str");
    assert_eq!(infer(vec!["a".into(), 1i64.into()]), "object");
    assert_eq!(infer(vec![Scalar::NAN, Scalar::None]), "float64");
    assert_eq!(infer(vec![Scalar::None]), "object");
    assert_eq!(infer(vec![1i64.into(), Scalar::NA]), "object");
    assert_eq!(infer(vec![(1u64 << 63).into()]), "uint64");
    assert_eq!(infer(vec![]), "object");
    assert_eq!(infer(vec![1i64.into(), true.into()]), "object");
}
