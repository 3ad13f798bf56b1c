//! Scalars, and the type that pandas' front puts around them.
//!
//! The engine's scalars are values. pandas wraps the same value in the numpy scalar of a column's dtype or in Python's
//! own type, depending on the function; these are the rules of that front.

use column::{DType, Scalar};
use evidence::value::{self, Cell, Value};
use frame::{Aggregation, Series};

use super::convert::{self, engine_unit, from_scalar};
use crate::call::Failure;

/// A scalar input as the engine's scalar.
pub(super) fn to_scalar(scalar: &value::Scalar) -> Result<Scalar, Failure> {
    match (scalar.dtype().kind(), scalar.value()) {
        (value::Kind::Datetime { unit, zoned: false }, Cell::Ticks(ticks)) => {
            Ok(Scalar::Datetime(*ticks, engine_unit(unit)))
        }
        (value::Kind::Timedelta { unit }, Cell::Ticks(ticks)) => {
            Ok(Scalar::Timedelta(*ticks, engine_unit(unit)))
        }
        (value::Kind::Datetime { .. }, _) => Err(Failure::unsupported("a point in time with a zone")),
        (_, cell) => convert::to_scalar(cell),
    }
}

/// A scalar of a stated dtype.
pub(super) fn scalar_of(scalar: &Scalar, dtype: &str) -> Result<Value, Failure> {
    let cell = match (scalar, dtype) {
        (Scalar::NaT, "object") => Cell::Nat,
        (Scalar::NA, "object") => Cell::Na,
        (Scalar::None, _) => Cell::None,
        (scalar, "object") => from_scalar(scalar),
        (Scalar::Datetime(ticks, _) | Scalar::Zoned(ticks, ..) | Scalar::Timedelta(ticks, _), _) => {
            Cell::Ticks(*ticks)
        }
        (scalar, _) => from_scalar(scalar),
    };
    Ok(Value::Scalar(value::Scalar::new(dtype, cell)?))
}

/// The dtype of a value that a column of pandas' default dtypes gave.
pub(super) fn plain_dtype(scalar: &Scalar) -> String {
    match scalar {
        Scalar::None => "NoneType".into(),
        Scalar::Bool(_) => "bool".into(),
        Scalar::Int(_) => "int64".into(),
        Scalar::UInt(_) => "uint64".into(),
        Scalar::Big(_) => "int".into(),
        Scalar::Float(_) => "float64".into(),
        Scalar::Str(_) => "str".into(),
        Scalar::Datetime(_, unit) => format!("datetime64[{}]", unit.name()),
        Scalar::Zoned(_, unit, zone) => format!("datetime64[{}, {zone}]", unit.name()),
        Scalar::Timedelta(_, unit) => format!("timedelta64[{}]", unit.name()),
        Scalar::Interval(interval) => {
            format!("interval[{}, {}]", plain_dtype(&interval.left), interval.closed.name())
        }
        Scalar::NA | Scalar::NaT | Scalar::Tuple(_) | Scalar::List(_) | Scalar::Opaque(_) => "object".into(),
    }
}

pub(super) fn plain_scalar(scalar: &Scalar) -> Result<Value, Failure> {
    scalar_of(scalar, &plain_dtype(scalar))
}

/// A Python object as it stands in a column of dtype `object`.
pub(super) fn python_scalar(scalar: &Scalar) -> Result<Value, Failure> {
    let dtype = match scalar {
        Scalar::Int(_) | Scalar::UInt(_) | Scalar::Big(_) => "int".into(),
        Scalar::Float(_) => "float".into(),
        other => plain_dtype(other),
    };
    scalar_of(scalar, &dtype)
}

/// What a reduction of a series gave.
pub(super) fn reduced(
    scalar: &Scalar,
    how: Aggregation,
    skipna: bool,
    series: &Series,
) -> Result<Value, Failure> {
    use Aggregation as A;
    let dtype = series.dtype();
    if let A::Nunique = how {
        return scalar_of(scalar, "int");
    }
    if dtype == DType::Object {
        return python_scalar(scalar);
    }
    // Without values pandas answers with a NaN of its own.
    let sums = matches!(how, A::Sum | A::Prod);
    let nothing = match how {
        A::Quantile(_) => false,
        A::Mean => series.is_empty() || (skipna && series.count() == 0),
        _ => series.is_empty() && !(sums && dtype.is_float()),
    };
    if nothing && matches!(scalar, Scalar::Float(value) if value.is_nan()) {
        return scalar_of(scalar, "float");
    }
    let keeps = matches!(how, A::Min | A::Max | A::First | A::Last);
    let width = dtype.number().map(|number| number.name());
    match (scalar, width) {
        (Scalar::Int(_) | Scalar::UInt(_), Some(name)) if keeps => scalar_of(scalar, name),
        (Scalar::Int(value), Some(name)) if sums && name.starts_with('u') => {
            scalar_of(&Scalar::Int(*value), "uint64")
        }
        (Scalar::Float(_), Some("float32")) => scalar_of(scalar, "float32"),
        _ => plain_scalar(scalar),
    }
}
