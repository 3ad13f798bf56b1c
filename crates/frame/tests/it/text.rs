//! Values as the case files write them, in both directions.

use column::{Column, DType, Scalar, TimeUnit};
use frame::{Frame, Index, Series};
use serde_json::{Value as Json, json};

/// What an operation gives.
pub enum Value {
    Frame(Frame),
    Series(Series),
    Index(Index),
    Column(Column),
    Scalar(Scalar),
    List(Vec<Value>),
}

pub fn read_cell(cell: &Json) -> Scalar {
    match cell {
        Json::Null => Scalar::None,
        Json::Bool(value) => Scalar::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => Scalar::Int(value),
            None => Scalar::Float(number.as_f64().expect("a number")),
        },
        Json::String(text) => Scalar::str(text),
        Json::Array(items) => Scalar::List(items.iter().map(read_cell).collect()),
        Json::Object(tagged) => {
            let (tag, value) = tagged.iter().next().expect("a tag");
            let text = value.as_str().unwrap_or_default();
            match (tag.as_str(), text) {
                ("$", "None") => Scalar::None,
                ("$", "NaN") => Scalar::NAN,
                ("$", "NA") => Scalar::NA,
                ("$", "NaT") => Scalar::NaT,
                ("$", "inf") => Scalar::Float(f64::INFINITY),
                ("$", "-inf") => Scalar::Float(f64::NEG_INFINITY),
                ("$", "-0.0") => Scalar::Float(-0.0),
                ("$int", digits) => Scalar::from(digits.parse::<i128>().expect("an integer")),
                ("$datetime", text) => read_datetime(text),
                ("$timedelta", _) => {
                    Scalar::Timedelta(value.as_i64().expect("microseconds"), TimeUnit::Micro)
                }
                ("$tuple", _) => {
                    Scalar::Tuple(value.as_array().expect("items").iter().map(read_cell).collect())
                }
                _ => panic!("unknown cell {cell}"),
            }
        }
    }
}

/// `YYYY-MM-DD[THH:MM:SS[.ffffff]]` in microseconds, by the days of the civil calendar.
fn read_datetime(text: &str) -> Scalar {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a date")).collect();
    let [year, month, day] = parts[..] else { panic!("a date: {text}") };
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let clock: Vec<i64> = clock.split(':').map(|part| part.parse().expect("a time")).collect();
    let micros: i64 = format!("{fraction:0<6}").parse().expect("a fraction");
    let seconds = days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2];
    Scalar::Datetime(seconds * 1_000_000 + micros, TimeUnit::Micro)
}

pub fn read_column(spec: &Json) -> Column {
    let dtype = spec["dtype"].as_str().expect("a dtype");
    if dtype == "category" {
        let codes =
            spec["codes"].as_array().expect("codes").iter().map(|code| code.as_i64().expect("a code") as i32);
        let ordered = spec["ordered"].as_bool().expect("ordered");
        return Column::category(codes.collect(), read_column(&spec["categories"]), ordered)
            .expect("a category");
    }
    let dtype: DType = dtype.parse().expect("a known dtype");
    let data = spec["data"].as_array().expect("data");
    let missing = |cell: &Json| *cell == Json::Null;
    match dtype {
        DType::Datetime(unit) => {
            let ticks = data.iter().map(|cell| match cell.as_str().map(read_datetime) {
                Some(Scalar::Datetime(micros, _)) => match unit {
                    TimeUnit::Nano => micros * 1_000,
                    coarser => micros / (1_000_000 / coarser.per_second()),
                },
                _ => i64::MIN,
            });
            Column::datetime(ticks.collect(), unit)
        }
        DType::Timedelta(unit) => {
            Column::timedelta(data.iter().map(|cell| cell.as_i64().unwrap_or(i64::MIN)).collect(), unit)
        }
        DType::Object => Column::object(data.iter().map(read_cell).collect()),
        DType::String | DType::Boolean | DType::Nullable(_) => {
            let cells = data.iter().map(|cell| if missing(cell) { Scalar::NA } else { read_cell(cell) });
            Column::object(cells.collect()).cast(dtype).expect("a nullable column")
        }
        _ => {
            let cells = data.iter().map(|cell| if missing(cell) { Scalar::NAN } else { read_cell(cell) });
            Column::object(cells.collect()).cast(dtype).expect("a column")
        }
    }
}

pub fn read_index(spec: &Json) -> Index {
    let number = |key: &str| spec[key].as_i64().expect("a bound of a range");
    match spec["type"].as_str().expect("a type of index") {
        "RangeIndex" => {
            let (start, stop, step) = (number("start"), number("stop"), number("step"));
            let len =
                if (stop - start) * step <= 0 { 0 } else { ((stop - start).abs() - 1) / step.abs() + 1 };
            Index::range_of(start, len as usize, step).with_name(read_cell(&spec["name"]))
        }
        "MultiIndex" => {
            let arrays = spec["arrays"].as_array().expect("arrays").iter().map(read_column).collect();
            Index::from_arrays(
                arrays,
                spec["names"].as_array().expect("names").iter().map(read_cell).collect(),
            )
        }
        _ => Index::from_column(read_column(&spec["values"])).with_name(read_cell(&spec["name"])),
    }
}

pub fn read_value(spec: &Json) -> Value {
    match spec["kind"].as_str().expect("a kind") {
        "frame" => {
            let data = spec["data"].as_array().expect("data").iter().map(read_column).collect();
            let frame = Frame::new(read_index(&spec["columns"]), data, read_index(&spec["index"]));
            Value::Frame(frame.expect("a frame"))
        }
        "series" => {
            let series = Series::new(
                read_column(&spec["values"]),
                read_index(&spec["index"]),
                read_cell(&spec["name"]),
            );
            Value::Series(series.expect("a series"))
        }
        "index" => Value::Index(read_index(&spec["index"])),
        "scalar" => Value::Scalar(read_cell(&spec["value"])),
        "list" => Value::List(spec["items"].as_array().expect("items").iter().map(read_value).collect()),
        kind => panic!("unknown kind {kind}"),
    }
}

/// A frame or a series; nothing for other kinds.
pub fn read_value_if_any(spec: &Json) -> Option<Value> {
    matches!(spec["kind"].as_str(), Some("frame" | "series")).then(|| read_value(spec))
}

pub fn write_cell(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::None => json!({"$": "None"}),
        Scalar::NA => json!({"$": "NA"}),
        Scalar::NaT => json!({"$": "NaT"}),
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) if value.unsigned_abs() < 1 << 53 => json!(value),
        Scalar::Int(_) | Scalar::UInt(_) | Scalar::Big(_) => json!({"$int": scalar.to_string()}),
        Scalar::Float(value) if value.is_nan() => json!({"$": "NaN"}),
        Scalar::Float(value) if *value == f64::INFINITY => json!({"$": "inf"}),
        Scalar::Float(value) if *value == f64::NEG_INFINITY => json!({"$": "-inf"}),
        Scalar::Float(value) if *value == 0.0 && value.is_sign_negative() => json!({"$": "-0.0"}),
        Scalar::Float(value) => json!(value),
        Scalar::Str(text) => json!(&**text),
        Scalar::Datetime(..) => json!({"$datetime": write_datetime(scalar)}),
        Scalar::Timedelta(ticks, unit) => json!({"$timedelta": ticks * (1_000_000 / unit.per_second())}),
        Scalar::Tuple(items) => json!({"$tuple": items.iter().map(write_cell).collect::<Vec<_>>()}),
        Scalar::List(items) => json!(items.iter().map(write_cell).collect::<Vec<_>>()),
    }
}

fn write_datetime(scalar: &Scalar) -> String {
    let text = scalar.to_string().replacen(' ', "T", 1);
    if text.contains('T') { text } else { text + "T00:00:00" }
}

fn write_column(column: &Column) -> Json {
    let dtype = column.dtype().to_string();
    if let (Some(codes), Some(categories)) = (column.codes(), column.categories()) {
        return json!({"dtype": dtype, "categories": write_column(categories), "ordered": column.is_ordered(),
                      "codes": codes});
    }
    let cell = |row: usize| match column.get(row).unwrap_or(Scalar::None) {
        scalar if column.dtype() == DType::Object => write_cell(&scalar),
        _ if column.is_missing(row) => Json::Null,
        scalar @ Scalar::Datetime(..) => json!(write_datetime(&scalar)),
        Scalar::Timedelta(ticks, _) => json!(ticks),
        scalar => write_cell(&scalar),
    };
    json!({"dtype": dtype, "data": (0..column.len()).map(cell).collect::<Vec<_>>()})
}

fn write_name(name: &Scalar) -> Json {
    if *name == Scalar::None { Json::Null } else { write_cell(name) }
}

fn write_index(index: &Index) -> Json {
    if let Some((start, stop, step)) = index.as_range() {
        return json!({"type": "RangeIndex", "start": start, "stop": stop, "step": step,
                      "name": write_name(&index.name())});
    }
    let level = |level: usize| write_column(&index.level_values(level).expect("a level"));
    if index.is_multi() {
        return json!({"type": "MultiIndex", "names": index.names().iter().map(write_name).collect::<Vec<_>>(),
                      "arrays": (0..index.nlevels()).map(level).collect::<Vec<_>>()});
    }
    json!({"type": index.class(), "name": write_name(&index.name()), "values": level(0)})
}

pub fn write_value(value: &Value) -> Json {
    match value {
        Value::Frame(frame) => json!({"kind": "frame", "columns": write_index(frame.columns()),
            "index": write_index(frame.index()), "data": frame.data().iter().map(write_column).collect::<Vec<_>>()}),
        Value::Series(series) => json!({"kind": "series", "name": write_name(series.name()),
            "index": write_index(series.index()), "values": write_column(series.values())}),
        Value::Index(index) => json!({"kind": "index", "index": write_index(index)}),
        Value::Column(column) => json!({"kind": "column", "values": write_column(column)}),
        Value::Scalar(scalar) => json!({"kind": "scalar", "value": write_cell(scalar)}),
        Value::List(items) => {
            json!({"kind": "list", "items": items.iter().map(write_value).collect::<Vec<_>>()})
        }
    }
}
