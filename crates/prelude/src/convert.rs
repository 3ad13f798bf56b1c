//! Values of the language as scalars and columns of the engines, and back.

use bytecode::TypeDesc;
use column::{Column, DType, Scalar, TimeUnit};
use vm::{List, Value};

/// The elements of a list, set, tuple or range.
pub(crate) fn items(value: &Value) -> Option<Vec<Value>> {
    Some(match value {
        Value::List(list) => list.to_values(),
        Value::Set(set) => set.iter().cloned().collect(),
        Value::Tuple(items) => items.iter().cloned().collect(),
        Value::Range(range) => {
            let end = if range.inclusive { range.end.checked_add(1)? } else { range.end };
            (range.start..end).map(Value::Int).collect()
        }
        _ => return None,
    })
}

/// A value as one cell of a table; `None` for what tables do not hold.
pub(crate) fn to_scalar(value: &Value) -> Option<Scalar> {
    Some(match value {
        Value::Null => Scalar::None,
        Value::Bool(x) => Scalar::Bool(*x),
        Value::Int(x) => Scalar::Int(*x),
        Value::Float(x) => Scalar::Float(*x),
        Value::Str(text) | Value::Path(text) => Scalar::str(text.as_str()),
        Value::DateTime(us) => Scalar::Datetime(*us, TimeUnit::Micro),
        Value::Duration(us) => Scalar::Timedelta(*us, TimeUnit::Micro),
        Value::Variant(variant) if variant.payload.is_empty() => Scalar::str(variant.name()),
        Value::Tuple(items) => Scalar::Tuple(items.iter().map(to_scalar).collect::<Option<Vec<_>>>()?.into()),
        _ => return None,
    })
}

/// A cell as a value; every kind of missing is null.
pub(crate) fn from_scalar(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::None | Scalar::NA | Scalar::NaT => Value::Null,
        Scalar::Bool(x) => Value::Bool(*x),
        Scalar::Int(x) => Value::Int(*x),
        Scalar::UInt(x) => Value::Float(*x as f64),
        Scalar::Big(digits) => Value::str(&**digits),
        Scalar::Float(x) if x.is_nan() => Value::Null,
        Scalar::Float(x) => Value::Float(*x),
        Scalar::Str(text) => Value::str(&**text),
        Scalar::Datetime(ticks, unit) | Scalar::Zoned(ticks, unit, _) => {
            Value::DateTime(to_us(*ticks, *unit))
        }
        Scalar::Timedelta(ticks, unit) => Value::Duration(to_us(*ticks, *unit)),
        Scalar::Tuple(items) => Value::tuple(items.iter().map(from_scalar).collect()),
        Scalar::List(items) => Value::list(items.iter().map(from_scalar).collect()),
        Scalar::Interval(interval) => Value::str(interval.to_string()),
        Scalar::Opaque(value) => Value::str(value.get().text()),
    }
}

/// A float where a Float was promised: a missing one is NaN.
pub(crate) fn float_of(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Int(x) => Value::Float(*x as f64),
        Scalar::Bool(x) => Value::Float(f64::from(u8::from(*x))),
        s if s.is_missing() => Value::Float(f64::NAN),
        s => from_scalar(s),
    }
}

fn to_us(ticks: i64, unit: TimeUnit) -> i64 {
    let per_second = unit.per_second();
    if per_second >= 1_000_000 {
        ticks.div_euclid(per_second / 1_000_000)
    } else {
        ticks.saturating_mul(1_000_000 / per_second)
    }
}

/// A list as a column, with the dtype that pandas infers.
pub(crate) fn to_column(value: &Value) -> Result<Column, String> {
    match value {
        Value::List(list) => match &**list {
            List::Int(items) => Ok(Column::from(items.clone())),
            List::Float(items) => Ok(Column::from(items.clone())),
            List::Any(_) => scalars(value).map(Column::infer),
        },
        Value::Set(_) | Value::Range(_) | Value::Tuple(_) => scalars(value).map(Column::infer),
        other => Err(format!("a column is made of a list, found {}", other.type_name())),
    }
}

fn scalars(value: &Value) -> Result<Vec<Scalar>, String> {
    items(value)
        .unwrap_or_default()
        .iter()
        .map(|item| to_scalar(item).ok_or_else(|| format!("a {} cannot stand in a column", item.type_name())))
        .collect()
}

/// The dtype that holds values of a record's field type.
pub(crate) fn dtype_of(ty: &TypeDesc) -> Option<DType> {
    let (inner, optional) = without_null(ty);
    Some(match (inner, optional) {
        (TypeDesc::Int, false) => DType::INT64,
        (TypeDesc::Int, true) => DType::NULLABLE_INT64,
        (TypeDesc::Float, _) => DType::FLOAT64,
        (TypeDesc::Bool, false) => DType::Bool,
        (TypeDesc::Bool, true) => DType::Boolean,
        (TypeDesc::String | TypeDesc::Path, _) => DType::Str,
        (TypeDesc::DateTime, _) => DType::DATETIME_US,
        (TypeDesc::Duration, _) => DType::TIMEDELTA_US,
        (TypeDesc::Enum(desc), _) if desc.variants.iter().all(|v| v.fields.is_empty()) => DType::Category,
        (TypeDesc::Any, _) => DType::Object,
        _ => return None,
    })
}

/// The type below a `?`, and whether there was one.
pub(crate) fn without_null(ty: &TypeDesc) -> (&TypeDesc, bool) {
    match ty {
        TypeDesc::Optional(inner) => (inner, true),
        other => (other, false),
    }
}
