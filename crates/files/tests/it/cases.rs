//! Every recorded case of `cases/files`, against the reader and writer.

use std::path::Path;

use column::DType;
use files::{ColumnRef, Header, IndexCol, OnBadLines, ReadCsv, SkipRows, Table, ToCsv, read_csv, to_csv};
use serde_json::{Map, Value, json};

use crate::json::{column_in, column_out, scalar_out};

fn reference(value: &Value) -> ColumnRef {
    match value {
        Value::String(label) => label.as_str().into(),
        other => (other.as_u64().expect("a position") as usize).into(),
    }
}

fn references(value: &Value) -> Vec<ColumnRef> {
    match value {
        Value::Array(items) => items.iter().map(reference).collect(),
        one => vec![reference(one)],
    }
}

fn strings(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

fn byte(value: &Value) -> u8 {
    value.as_str().expect("a character").as_bytes()[0]
}

fn dtype(value: &Value) -> DType {
    value.as_str().expect("a dtype").parse().expect("a dtype")
}

fn options(params: &Map<String, Value>) -> ReadCsv {
    let mut options = ReadCsv::default();
    for (name, value) in params {
        match name.as_str() {
            "sep" => options.sep = byte(value),
            "header" if value.is_null() => options.header = Header::None,
            "header" => options.header = Header::Row(value.as_u64().unwrap() as usize),
            "names" => options.names = Some(strings(value)),
            "index_col" if *value == json!(false) => options.index_col = IndexCol::Never,
            "index_col" => options.index_col = IndexCol::Columns(references(value)),
            "usecols" => options.usecols = Some(references(value)),
            "dtype" => match value {
                Value::Object(map) => {
                    options.dtype = map.iter().map(|(k, v)| (k.clone(), dtype(v))).collect()
                }
                one => options.dtype_default = Some(dtype(one)),
            },
            "na_values" => match value {
                Value::Object(map) => {
                    options.na_values_by_column = map.iter().map(|(k, v)| (k.clone(), strings(v))).collect();
                }
                words => options.na_values = strings(words),
            },
            "keep_default_na" => options.keep_default_na = value.as_bool().unwrap(),
            "na_filter" => options.na_filter = value.as_bool().unwrap(),
            "true_values" => options.true_values = strings(value),
            "false_values" => options.false_values = strings(value),
            "parse_dates" => options.parse_dates = references(value),
            "date_format" => options.date_format = value.as_str().map(str::to_owned),
            "skiprows" => {
                options.skiprows = match value {
                    Value::Array(lines) => {
                        SkipRows::Lines(lines.iter().map(|line| line.as_u64().unwrap() as usize).collect())
                    }
                    count => SkipRows::First(count.as_u64().unwrap() as usize),
                }
            }
            "nrows" => options.nrows = value.as_u64().map(|rows| rows as usize),
            "comment" => options.comment = Some(byte(value)),
            "thousands" => options.thousands = Some(byte(value)),
            "decimal" => options.decimal = byte(value),
            "skipinitialspace" => options.skipinitialspace = value.as_bool().unwrap(),
            "skip_blank_lines" => options.skip_blank_lines = value.as_bool().unwrap(),
            "on_bad_lines" if value == "skip" => options.on_bad_lines = OnBadLines::Skip,
            "encoding" => options.encoding = value.as_str().unwrap().into(),
            "bytes" => {}
            other => panic!("unknown parameter {other}"),
        }
    }
    options
}

fn read_value(case: &Value) -> Value {
    let params = case["params"].as_object().unwrap();
    let text = case["inputs"]["text"].as_str().unwrap();
    let bytes: Vec<u8> = match params.contains_key("bytes") {
        true => text.chars().map(|c| c as u8).collect(),
        false => text.as_bytes().to_vec(),
    };
    match read_csv(&bytes, &options(params)) {
        Err(error) => json!({"error": {"class": error.kind().class(), "message": error.message()}}),
        Ok(table) => {
            let columns: Vec<Value> = table
                .columns
                .iter()
                .map(|(label, column)| json!([scalar_out(label), column_out(column)]))
                .collect();
            let mut value = json!({ "columns": columns });
            if !table.index.is_empty() {
                let level = |(name, column): &(Option<column::Scalar>, column::Column)| {
                    json!([name.as_ref().map_or(Value::Null, scalar_out), column_out(column)])
                };
                value =
                    json!({"index": table.index.iter().map(level).collect::<Vec<_>>(), "columns": columns});
            }
            json!({ "value": value })
        }
    }
}

fn write_value(case: &Value) -> Value {
    let mut options = ToCsv::default();
    for (name, value) in case["params"].as_object().unwrap() {
        match name.as_str() {
            "sep" => options.sep = value.as_str().unwrap().chars().next().unwrap(),
            "na_rep" => options.na_rep = value.as_str().unwrap().into(),
            "index" => options.index = value.as_bool().unwrap(),
            "header" => options.header = value.as_bool().unwrap(),
            other => panic!("unknown parameter {other}"),
        }
    }
    let mut table = Table::default();
    for (label, value) in case["inputs"].as_object().unwrap() {
        let column = column_in(value);
        table.row_count = column.len();
        table.columns.push((label.as_str().into(), column));
    }
    match to_csv(&table, &options) {
        Ok(text) => json!({"value": {"text": text}}),
        Err(error) => json!({"error": {"class": error.kind().class(), "message": error.message()}}),
    }
}

#[test]
fn recorded_cases_hold() {
    hold();
}

/// The same expectations for 1, 2 and 4 threads that share pieces of one row.
#[test]
fn recorded_cases_hold_in_pieces_for_any_number_of_threads() {
    for threads in [1, 2, 4] {
        crate::pieces::tiny(threads, hold);
    }
}

fn hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/files");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut failed, mut ran) = (Vec::new(), 0);
    for file in files {
        let packet: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for case in packet["cases"].as_array().unwrap() {
            ran += 1;
            let found = match case["op"].as_str() {
                Some("read_csv") => read_value(case),
                Some("to_csv") => write_value(case),
                other => panic!("unknown operation {other:?}"),
            };
            if found != case["expect"] {
                let (id, expect) = (&case["id"], &case["expect"]);
                failed.push(format!(
                    "{id} {} {}\n  expected {expect}\n  found    {found}",
                    case["params"], case["inputs"]
                ));
            }
        }
    }
    assert!(ran > 0, "no cases");
    assert!(failed.is_empty(), "{} of {ran} cases differ\n{}", failed.len(), failed.join("\n"));
}
