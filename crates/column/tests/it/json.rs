//! Columns and scalars as the case files write them; `xtask/oracle/column.py` states the format.

use column::{Column, DType, Result, Scalar, TimeUnit};
use serde_json::{Value, json};

fn unit(value: &Value) -> TimeUnit {
    match value["unit"].as_str() {
        Some("s") => TimeUnit::Second,
        Some("ms") => TimeUnit::Milli,
        Some("us") => TimeUnit::Micro,
        Some("ns") => TimeUnit::Nano,
        other => panic!("unit {other:?}"),
    }
}

pub fn scalar_in(value: &Value) -> Scalar {
    match value {
        Value::Null => Scalar::None,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::String(text) => Scalar::str(text),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Scalar::Int(value),
            (None, Some(value)) => Scalar::from(value),
            (None, None) => Scalar::Float(number.as_f64().unwrap()),
        },
        Value::Array(items) => Scalar::List(items.iter().map(scalar_in).collect()),
        Value::Object(object) => match object.iter().next().map(|(key, value)| (key.as_str(), value)) {
            Some(("$", Value::String(name))) => match name.as_str() {
                "nan" => Scalar::NAN,
                "NA" => Scalar::NA,
                "NaT" => Scalar::NaT,
                "inf" => Scalar::Float(f64::INFINITY),
                "-inf" => Scalar::Float(f64::NEG_INFINITY),
                "-0.0" => Scalar::Float(-0.0),
                other => panic!("special value {other}"),
            },
            Some(("$big", digits)) => column::parse_int(digits.as_str().unwrap()).unwrap(),
            Some(("$time", ticks)) => Scalar::Datetime(ticks.as_i64().unwrap(), unit(value)),
            Some(("$delta", ticks)) => Scalar::Timedelta(ticks.as_i64().unwrap(), unit(value)),
            other => panic!("scalar {other:?}"),
        },
    }
}

pub fn scalar_out(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::None => Value::Null,
        Scalar::NA => json!({"$": "NA"}),
        Scalar::NaT => json!({"$": "NaT"}),
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) => json!(value),
        Scalar::UInt(value) => json!(value),
        Scalar::Big(digits) => json!({"$big": &**digits}),
        Scalar::Float(value) if value.is_nan() => json!({"$": "nan"}),
        Scalar::Float(value) if value.is_infinite() => {
            json!({"$": if *value > 0.0 { "inf" } else { "-inf" }})
        }
        Scalar::Float(value) if *value == 0.0 && value.is_sign_negative() => json!({"$": "-0.0"}),
        Scalar::Float(value) => json!(value),
        Scalar::Str(text) => json!(&**text),
        Scalar::Datetime(ticks, unit) => json!({"$time": ticks, "unit": unit.name()}),
        Scalar::Timedelta(ticks, unit) => json!({"$delta": ticks, "unit": unit.name()}),
        Scalar::Tuple(items) | Scalar::List(items) => items.iter().map(scalar_out).collect(),
    }
}

pub fn column_in(value: &Value) -> Column {
    let dtype: DType = value["dtype"].as_str().unwrap().parse().unwrap();
    if dtype == DType::Category {
        let codes = value["codes"].as_array().unwrap().iter().map(|code| code.as_i64().unwrap() as i32);
        let ordered = value["ordered"].as_bool().unwrap();
        return Column::category(codes.collect(), column_in(&value["categories"]), ordered).unwrap();
    }
    let values = value["values"].as_array().unwrap();
    match dtype {
        DType::Datetime(_) | DType::Timedelta(_) => {
            let ticks = values.iter().map(|tick| tick.as_i64().unwrap_or(i64::MIN)).collect();
            match dtype {
                DType::Datetime(unit) => Column::datetime(ticks, unit),
                DType::Timedelta(unit) => Column::timedelta(ticks, unit),
                _ => unreachable!(),
            }
        }
        DType::Object => Column::object(values.iter().map(scalar_in).collect()),
        DType::Str | DType::String => {
            values.iter().map(Value::as_str).collect::<Column>().cast(dtype).unwrap()
        }
        _ => Column::object(values.iter().map(scalar_in).collect()).cast(dtype).unwrap(),
    }
}

pub fn column_out(column: &Column) -> Value {
    let dtype = column.dtype().to_string();
    if let (Some(codes), Some(categories)) = (column.codes(), column.categories()) {
        let (categories, ordered) = (column_out(categories), column.is_ordered());
        return json!({"dtype": dtype, "codes": codes, "categories": categories, "ordered": ordered});
    }
    let value = |(i, scalar): (usize, Scalar)| match (&scalar, column.dtype()) {
        (_, DType::Object) => scalar_out(&scalar),
        _ if column.is_missing(i) => Value::Null,
        (Scalar::Datetime(ticks, _) | Scalar::Timedelta(ticks, _), _) => json!(ticks),
        _ => scalar_out(&scalar),
    };
    json!({"dtype": dtype, "values": column.iter().enumerate().map(value).collect::<Vec<_>>()})
}

/// A result as a case expects it.
pub fn outcome(result: Result<Value>) -> Value {
    match result {
        Ok(value) => json!({"value": value}),
        Err(error) => json!({"error": {"class": error.kind().class(), "message": error.message()}}),
    }
}
