//! Setting rows. Expected values: oracle, pandas 3.1.1 (`series.iloc[0] = value`, `where`, `loc[new] = value`).

use column::{Bitmap, Column, DType, Number, Scalar, TimeUnit};

fn two(dtype: &str) -> Column {
    let values: Column = match dtype {
        "bool" | "boolean" => vec![true, false].into(),
        "str" | "string" | "category" => vec!["a", "b"].into(),
        _ => vec![1i64, 2].into(),
    };
    values.cast(dtype.parse().expect("a dtype")).expect("a cast")
}

fn values() -> Vec<(&'static str, Scalar)> {
    vec![
        ("1.5", Scalar::Float(1.5)),
        ("3.0", Scalar::Float(3.0)),
        ("300", Scalar::Int(300)),
        ("-1", Scalar::Int(-1)),
        ("True", Scalar::Bool(true)),
        ("x", Scalar::str("x")),
        ("None", Scalar::None),
        ("nan", Scalar::NAN),
        ("NA", Scalar::NA),
        ("NaT", Scalar::NaT),
        ("ts", Scalar::Datetime(1_704_067_200, TimeUnit::Second)),
        ("td", Scalar::Timedelta(86_400, TimeUnit::Second)),
        ("inf", Scalar::Float(f64::INFINITY)),
    ]
}

/// For each dtype the dtypes after `iloc[0] = value`, `!` where pandas refuses.
const SET: [(&str, &str); 13] = [
    ("int64", "! int64 int64 int64 ! ! float64 float64 float64 ! ! ! !"),
    ("int8", "! int8 ! int8 ! ! float64 float64 float64 ! ! ! !"),
    ("uint8", "! uint8 ! ! ! ! float64 float64 float64 ! ! ! !"),
    ("float64", "float64 float64 float64 float64 ! ! float64 float64 float64 ! ! ! float64"),
    ("float32", "float32 float32 float32 float32 ! ! float32 float32 float32 ! ! ! float32"),
    ("bool", "! ! ! ! bool ! ! ! ! ! ! ! !"),
    ("str", "! ! ! ! ! str str str str str ! ! !"),
    ("Int64", "! Int64 Int64 Int64 ! ! Int64 Int64 Int64 ! ! ! !"),
    ("UInt8", "! UInt8 ! ! ! ! UInt8 UInt8 UInt8 ! ! ! !"),
    ("Float64", "Float64 Float64 Float64 Float64 ! ! Float64 Float64 Float64 ! ! ! Float64"),
    ("boolean", "! ! ! ! boolean ! boolean boolean boolean ! ! ! !"),
    ("category", "! ! ! ! ! ! category category category category ! ! !"),
    (
        "datetime64[us]",
        "! ! ! ! ! ! datetime64[us] datetime64[us] datetime64[us] datetime64[us] datetime64[us] ! !",
    ),
];

/// The same for `where(mask, value)`.
const WHERE: [(&str, &str); 6] = [
    ("int64", "float64 int64 int64 int64 object object float64 float64 float64 object object object float64"),
    ("int8", "float64 int8 int16 int8 object object float64 float64 float64 object object object float64"),
    (
        "uint8",
        "float64 uint8 uint16 int16 object object float64 float64 float64 object object object float64",
    ),
    ("bool", "object object object object bool object object object object object object object object"),
    ("str", "object object object object object str str str str str object object object"),
    ("Int64", "! Int64 Int64 Int64 ! ! Int64 Int64 Int64 ! ! ! !"),
];

/// The same for `loc[new] = value`.
const ENLARGE: [(&str, &str); 8] = [
    ("int64", "float64 int64 int64 int64 object object float64 float64 float64 object object object float64"),
    ("int8", "float64 int8 int64 int8 object object float64 float64 float64 object object object float64"),
    (
        "float32",
        "float32 float32 float32 float32 object object float32 float32 float32 object object object float32",
    ),
    ("bool", "object object object object bool object object object object object object object object"),
    ("str", "object object object object object str str str str str object object object"),
    ("Int64", "Float64 Int64 Int64 Int64 object object Int64 Int64 Int64 object object object Float64"),
    (
        "boolean",
        "object object object object boolean object boolean boolean boolean object object object object",
    ),
    (
        "category",
        "object object object object object str category category category category object object object",
    ),
];

fn check(table: &[(&str, &str)], operation: impl Fn(&Column, &Scalar) -> column::Result<Column>) {
    for (dtype, row) in table {
        for ((name, value), expected) in values().iter().zip(row.split(' ')) {
            let found = match operation(&two(dtype), value) {
                Ok(column) => column.dtype().to_string(),
                Err(_) => "!".to_owned(),
            };
            assert_eq!(found, expected, "{dtype} and {name}");
        }
    }
}

#[test]
fn setting_keeps_the_dtype_or_refuses() {
    check(&SET, |column, value| column.set(&[0], value, None));
}

#[test]
fn where_widens() {
    let mask: Bitmap = [true, false].into_iter().collect();
    check(&WHERE, |column, value| column.where_mask(&mask, value));
}

#[test]
fn enlargement_widens() {
    check(&ENLARGE, Column::append_value);
}

#[test]
fn refusals_are_in_pandas_words() {
    let cases = [
        ("int64", Scalar::Bool(true), "Invalid value 'True' for dtype 'int64'"),
        ("bool", Scalar::None, "Invalid value 'nan' for dtype 'bool'"),
        (
            "str",
            Scalar::Float(1.5),
            "Invalid value '1.5' for dtype 'str'. Value should be a string or missing value, got 'float' instead.",
        ),
        ("UInt8", Scalar::Int(-1), "Python integer -1 out of bounds for uint8"),
        (
            "category",
            Scalar::str("x"),
            "Cannot setitem on a Categorical with a new category (x), set the categories first",
        ),
        ("datetime64[us]", Scalar::str("x"), "Invalid value 'x' for dtype 'datetime64[us]'"),
    ];
    for (dtype, value, expected) in cases {
        assert_eq!(two(dtype).set(&[0], &value, None).expect_err("refused").message(), expected);
    }
}

#[test]
fn lists_are_set_row_by_row() {
    let ints = Column::from(vec![1i64, 2, 3]);
    let set = |values: Column| ints.set(&[2, 0], &values, Some("[…]"));
    assert_eq!(set(vec![7.0, 8.0].into()).expect("whole"), Column::from(vec![8i64, 2, 7]));
    assert_eq!(set(vec![7.0, f64::NAN].into()).expect("a NaN").dtype(), DType::FLOAT64);
    assert_eq!(
        set(vec![7.5, 8.0].into()).expect_err("a half").message(),
        "Invalid value '[…]' for dtype 'int64'"
    );
    assert_eq!(
        set(vec![7i64, 8, 9].into()).expect_err("too many").message(),
        "cannot set using a list-like indexer with a different length than the value"
    );
    let texts = Column::from(vec!["a", "b", "c"]);
    let set = texts.set(&[1, 1], &Column::from(vec!["x", "y"]), None).expect("texts");
    assert_eq!(set, Column::from(vec!["a", "y", "c"]));
    let missing = texts.set(&[0, 2], &Scalar::NA, None).expect("texts");
    assert_eq!(missing.valid().map(|bits| bits.iter().collect::<Vec<_>>()), Some(vec![false, true, false]));
    let int64 = Column::from(vec![1i64]).cast(DType::Nullable(Number::Int64)).expect("a cast");
    assert_eq!(
        int64.set(&[0], &Column::from(vec![1.5]), None).expect_err("a half").message(),
        "cannot safely cast non-equivalent float64 to int64"
    );
}
