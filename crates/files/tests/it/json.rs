//! JSON in both directions. Expected values: oracle (pandas 3.1.1) unless said otherwise.

use column::{Column, DType, Scalar, TimeUnit};
use files::{DateFormat, JsonDType, Orient, ReadJson, Table, ToJson, read_json, to_json};

fn read(text: &str) -> Table {
    read_json(text, &ReadJson::default()).unwrap()
}

fn dtype(text: &str) -> String {
    read(text).columns[0].1.dtype().to_string()
}

fn refusal(text: &str, options: &ReadJson) -> String {
    read_json(text, options).unwrap_err().to_string()
}

#[test]
fn columns_get_the_dtypes_that_fit() {
    for (values, expected) in [
        (r#"[{"a":"1"},{"a":"2"}]"#, "int64"),
        (r#"[{"a":"1.5"},{"a":"2"}]"#, "float64"),
        (r#"[{"a":"1"},{"a":"x"}]"#, "str"),
        (r#"[{"a":1.0},{"a":2.0}]"#, "int64"),
        (r#"[{"a":1.5},{"a":null}]"#, "float64"),
        (r#"[{"a":true},{"a":null}]"#, "float64"),
        (r#"[{"a":true},{"a":false}]"#, "bool"),
        (r#"[{"a":null},{"a":null}]"#, "float64"),
        (r#"[{"a":9223372036854775808}]"#, "uint64"),
        (r#"[{"a":1},{"a":"x"}]"#, "object"),
        (r#"[{"a":1},{"a":"2"}]"#, "int64"),
        (r#"[{"a":"1"},{"a":null}]"#, "float64"),
        (r#"[{"a":"1_0"}]"#, "int64"),
        (r#"[{"a":"1e3"}]"#, "float64"),
        (r#"[{"a":1e300}]"#, "float64"),
        (r#"[{"a":[1]},{"a":null}]"#, "object"),
        (r#"{"date":{"0":31536000}}"#, "int64"),
        (r#"{"date":{"0":31536001}}"#, "datetime64[us]"),
        (r#"{"date":{"0":1577836800000123456}}"#, "datetime64[ns]"),
        (r#"{"date":{"0":1577836800.5}}"#, "datetime64[ns]"),
        (r#"{"date":{"0":1577836800000,"1":null}}"#, "datetime64[us]"),
        (r#"{"date":{"0":null}}"#, "datetime64[s]"),
        (r#"{"date":{"0":"2020-01-01","1":"2020-01-02 03:04"}}"#, "datetime64[us]"),
        (r#"{"x_at":{"0":"foo"}}"#, "str"),
    ] {
        assert_eq!(dtype(values), expected, "{values}");
    }
    let keep = ReadJson { dtype: JsonDType::Keep, ..ReadJson::default() };
    let kept = read_json(r#"[{"a":1.0,"date":"2020-01-01"}]"#, &keep).unwrap();
    assert_eq!((kept.columns[0].1.dtype(), kept.columns[1].1.dtype()), (DType::FLOAT64, DType::Str));
}

#[test]
fn numbers_of_dates_choose_the_first_unit_that_fits() {
    let ticks = |text: &str| read(text).columns[0].1.as_i64().unwrap()[0];
    assert_eq!(ticks(r#"{"date":{"0":9223372036}}"#), 9_223_372_036_000_000);
    assert_eq!(ticks(r#"{"date":{"0":9223372037}}"#), 9_223_372_037_000);
    assert_eq!(ticks(r#"{"date":{"0":9223372036855}}"#), 9_223_372_036_855);
}

#[test]
fn axes_are_converted() {
    let index = |text: &str| read(text).index[0].1.clone();
    assert_eq!(index(r#"{"a":{"1":1,"0":2}}"#), vec![1i64, 0].into());
    assert_eq!(index(r#"{"a":{"1.5":1,"0":2}}"#), vec![1.5, 0.0].into());
    assert_eq!(index(r#"{"a":{"2020-01-01":1}}"#).dtype(), DType::DATETIME_US);
    assert_eq!(read(r#"{"1":{"0":1}}"#).columns[0].0, Scalar::Int(1));
    assert_eq!(read(r#"{"1":{"0":1},"x":{"0":2}}"#).columns[0].0, Scalar::str("1"));
    let plain = ReadJson { convert_axes: Some(false), ..ReadJson::default() };
    assert_eq!(read_json(r#"{"a":{"0":1}}"#, &plain).unwrap().index[0].1, vec!["0"].into());
    assert!(read(r#"[[1,2],[3,"x"]]"#).counted_columns);
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let options = ReadJson::default();
    assert_eq!(refusal("5", &options), "ValueError: DataFrame constructor not properly called!");
    assert_eq!(
        refusal(r#"{"a":1,"b":2}"#, &options),
        "ValueError: If using all scalar values, you must pass an index"
    );
    assert_eq!(
        refusal(r#"{"a":[1,2],"b":[3]}"#, &options),
        "ValueError: All arrays must be of the same length"
    );
    assert_eq!(refusal(r#"[{"a":1},5]"#, &options), "TypeError: 'int' object is not iterable");
    assert_eq!(
        refusal(r#"{"a":{"x":1},"b":[1]}"#, &options),
        "ValueError: Mixing dicts with non-Series may lead to ambiguous ordering."
    );
    let split = ReadJson { orient: Some(Orient::Split), ..options.clone() };
    assert_eq!(
        refusal(r#"{"columns":["a"],"index":[3],"data":[[1]],"z":1}"#, &split),
        "ValueError: JSON data had unexpected key(s): z"
    );
    assert_eq!(
        refusal(r#"{"columns":["a","b"],"data":[[1],[2]]}"#, &split),
        "ValueError: 2 columns passed, passed data had 1 columns"
    );
    let lines = ReadJson { lines: true, ..options };
    assert_eq!(refusal("{\"a\":1}\n{a}", &lines), "ValueError: Expected object or value at position 9");
    // hand: nested objects have no scalar here
    assert!(refusal(r#"[{"a":{"b":1}}]"#, &lines).starts_with("NotImplementedError"));
}

#[test]
fn orients_hold_what_pandas_puts_into_them() {
    let table = Table {
        row_count: 2,
        columns: vec![
            ("i".into(), vec![1i64, 2].into()),
            ("f".into(), vec![1.5, f64::NAN].into()),
            ("s".into(), [Some("é/"), None].into_iter().collect()),
            ("d".into(), Column::datetime(vec![1_609_462_923_456_789, i64::MIN], TimeUnit::Micro)),
            ("t".into(), Column::timedelta(vec![93_784_500, -1_000], TimeUnit::Milli)),
        ],
        index: vec![(None, vec!["x", "y"].into())],
        ..Table::default()
    };
    let text = |orient| {
        to_json(
            &table,
            &ToJson { orient: Some(orient), date_format: Some(DateFormat::Iso), ..ToJson::default() },
        )
        .unwrap()
    };
    let first = r#""i":1,"f":1.5,"s":"\u00e9\/","d":"2021-01-01T01:02:03.456","t":"P1DT2H3M4.500S""#;
    let second = r#""i":2,"f":null,"s":null,"d":null,"t":"P-1DT23H59M59S""#;
    assert_eq!(text(Orient::Records), format!("[{{{first}}},{{{second}}}]"));
    assert_eq!(text(Orient::Index), format!("{{\"x\":{{{first}}},\"y\":{{{second}}}}}"));
    assert!(text(Orient::Columns).starts_with(r#"{"i":{"x":1,"y":2},"f":{"x":1.5,"y":null}"#));
    assert!(
        text(Orient::Split)
            .starts_with(r#"{"columns":["i","f","s","d","t"],"index":["x","y"],"data":[[1,1.5,"#)
    );
    assert!(text(Orient::Table).starts_with(concat!(
        r#"{"schema":{"fields":[{"name":"index","type":"string","extDtype":"str"},{"name":"i","type":"integer"},"#,
        r#"{"name":"f","type":"number"},{"name":"s","type":"string","extDtype":"str"},{"name":"d","type":"datetime"},"#,
        r#"{"name":"t","type":"duration"}],"primaryKey":["index"],"pandas_version":"1.4.0"},"data":[{"index":"x","i":1,"#
    )));
    let epoch =
        to_json(&table, &ToJson { orient: Some(Orient::Values), indent: 1, ..ToJson::default() }).unwrap();
    assert!(epoch.starts_with("[\n [\n  1,\n  1.5,\n  \"\\u00e9\\/\",\n  1609462923456,\n  93784500\n ],"));
    let unknown = Table {
        row_count: 1,
        columns: vec![("a".into(), vec![1i64].into())],
        index: vec![(None, Column::datetime(vec![i64::MIN], TimeUnit::Micro))],
        ..Table::default()
    };
    assert_eq!(to_json(&unknown, &ToJson::default()).unwrap(), r#"{"a":{"null":1}}"#);
    let twice = Table {
        columns: vec![("a".into(), vec![1i64].into()), ("a".into(), vec![1i64].into())],
        row_count: 1,
        ..Table::default()
    };
    let refused = to_json(&twice, &ToJson::default()).unwrap_err();
    assert_eq!(refused.message(), "DataFrame columns must be unique for orient='columns'.");
}
