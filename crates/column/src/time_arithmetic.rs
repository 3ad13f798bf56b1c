//! Arithmetic of datetimes and timedeltas.

use crate::arithmetic::{Arithmetic, unsupported};
use crate::cast::rescale;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::number_arithmetic::NumberArithmetic;
use crate::operand::Operand;
use crate::scalar::Scalar;
use crate::zone::Zone;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Datetime(TimeUnit),
    Zoned(TimeUnit, Zone),
    Timedelta(TimeUnit),
    NaT,
    Number,
    Bool,
    Other,
}

fn kind(operand: Operand<'_>) -> Kind {
    match operand {
        Operand::Column(column) => match column.dtype() {
            DType::Datetime(unit) => Kind::Datetime(unit),
            DType::Zoned(unit, zone) => Kind::Zoned(unit, zone),
            DType::Timedelta(unit) => Kind::Timedelta(unit),
            dtype if dtype.is_numeric() => Kind::Number,
            dtype if dtype.is_bool() => Kind::Bool,
            _ => Kind::Other,
        },
        Operand::Scalar(scalar) => match scalar {
            Scalar::Datetime(_, unit) => Kind::Datetime(*unit),
            Scalar::Zoned(_, unit, zone) => Kind::Zoned(*unit, *zone),
            Scalar::Timedelta(_, unit) => Kind::Timedelta(*unit),
            Scalar::NaT => Kind::NaT,
            Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) => Kind::Number,
            Scalar::Bool(_) => Kind::Bool,
            _ => Kind::Other,
        },
    }
}

/// `left op right` where a side is a datetime or a timedelta. The finer unit wins; NaT absorbs.
pub(crate) fn times(op: Arithmetic, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    use Arithmetic::{Add, Divide, FloorDivide, Multiply, Remainder, Subtract};
    use Kind::{Bool, Datetime, NaT, Number, Timedelta, Zoned};
    let plus = |a: i64, b: i64| a.checked_add(b);
    let minus = |a: i64, b: i64| a.checked_sub(b);
    match (op, kind(left), kind(right)) {
        (Subtract, Datetime(x), Datetime(y)) => ticks(len, left, right, DType::Timedelta(x.max(y)), minus),
        (Add, Datetime(x), Timedelta(y)) | (Add, Timedelta(x), Datetime(y)) => {
            ticks(len, left, right, DType::Datetime(x.max(y)), plus)
        }
        (Subtract, Zoned(x, _), Zoned(y, _)) => ticks(len, left, right, DType::Timedelta(x.max(y)), minus),
        (Subtract, Zoned(..), Datetime(_)) | (Subtract, Datetime(_), Zoned(..)) => {
            Err(Error::type_error("Cannot subtract tz-naive and tz-aware datetime-like objects"))
        }
        (Add, Zoned(x, zone), Timedelta(y)) | (Add, Timedelta(y), Zoned(x, zone)) => {
            ticks(len, left, right, DType::Zoned(x.max(y), zone), plus)
        }
        (Subtract, Zoned(x, zone), Timedelta(y)) => {
            ticks(len, left, right, DType::Zoned(x.max(y), zone), minus)
        }
        (Add, Zoned(unit, zone), NaT) | (Add, NaT, Zoned(unit, zone)) => {
            Ok(Column::missing(DType::Zoned(unit, zone), len))
        }
        (Subtract, Zoned(unit, _), NaT) | (Subtract, NaT, Zoned(unit, _)) => {
            Ok(Column::missing(DType::Timedelta(unit), len))
        }
        (Subtract, Datetime(x), Timedelta(y)) => ticks(len, left, right, DType::Datetime(x.max(y)), minus),
        (Add, Timedelta(x), Timedelta(y)) => ticks(len, left, right, DType::Timedelta(x.max(y)), plus),
        (Subtract, Timedelta(x), Timedelta(y)) => ticks(len, left, right, DType::Timedelta(x.max(y)), minus),
        (Remainder, Timedelta(x), Timedelta(y)) => {
            ticks(len, left, right, DType::Timedelta(x.max(y)), |a, b| (b != 0).then(|| a.remainder(b)))
        }
        (Add, Datetime(unit), NaT) | (Add, NaT, Datetime(unit)) => {
            Ok(Column::missing(DType::Datetime(unit), len))
        }
        (Subtract, Datetime(unit), NaT) | (Subtract, NaT, Datetime(unit)) => {
            Ok(Column::missing(DType::Timedelta(unit), len))
        }
        (Add | Subtract, Timedelta(unit), NaT) | (Add | Subtract, NaT, Timedelta(unit)) => {
            Ok(Column::missing(DType::Timedelta(unit), len))
        }
        (Divide, Timedelta(x), Timedelta(y)) => Ok(ratios(len, left, right, x.max(y), |a, b| a / b)),
        (FloorDivide, Timedelta(x), Timedelta(y)) => {
            let floats = || ratios(len, left, right, x.max(y), NumberArithmetic::floor_divide);
            Ok(whole_ratios(len, left, right, x.max(y)).unwrap_or_else(floats))
        }
        (Multiply | Divide | FloorDivide | Remainder, Timedelta(unit), Number) => {
            Ok(scaled(op, len, left, right, unit))
        }
        (Multiply, Number, Timedelta(unit)) => Ok(scaled(op, len, right, left, unit)),
        (Add | Subtract, Datetime(_) | Zoned(..) | Timedelta(_), Number)
        | (Add, Number, Datetime(_) | Zoned(..) | Timedelta(_)) => Err(number_refusal(op, left, right)),
        (Add, Datetime(_) | Zoned(..), Datetime(_) | Zoned(..)) => {
            let with = if right.dtype().is_some() { "DatetimeArray" } else { "Timestamp" };
            Err(Error::type_error(format!("cannot add DatetimeArray and {with}")))
        }
        (Subtract, Timedelta(_), Datetime(_) | Zoned(..)) => {
            Err(Error::type_error("cannot subtract a datelike from a TimedeltaArray"))
        }
        (Multiply | Divide | FloorDivide | Remainder | Arithmetic::Power, a, b)
            if matches!(a, Datetime(_) | Zoned(..)) || matches!(b, Datetime(_) | Zoned(..)) =>
        {
            let prefix = if matches!(a, Datetime(_) | Zoned(..)) { "" } else { "r" };
            let method = op.method();
            Err(Error::type_error(format!(
                "cannot perform __{prefix}{method}__ with this index type: DatetimeArray"
            )))
        }
        (Multiply, Timedelta(x), Timedelta(y)) => Err(Error::new(
            ErrorKind::UFuncType,
            format!(
                "ufunc 'multiply' cannot use operands with types dtype('<m8[{}]') and dtype('<m8[{}]')",
                x.name(),
                y.name()
            ),
        )),
        (Multiply, Timedelta(_), Bool) => Err(bool_refusal(left)),
        (Multiply, Bool, Timedelta(_)) => Err(bool_refusal(right)),
        (Divide | FloorDivide | Remainder, Number, Timedelta(_)) => {
            let (verb, class) = match left {
                Operand::Scalar(scalar) => ("divide", scalar.type_name().to_owned()),
                Operand::Column(column) => ("divide", format!("dtype {}", column.dtype())),
            };
            Err(Error::type_error(format!("Cannot {verb} {class} by TimedeltaArray")))
        }
        (Arithmetic::Power, Timedelta(_), _) => {
            Err(Error::type_error("cannot perform __pow__ with this index type: TimedeltaArray"))
        }
        _ => Err(unsupported(op, left, right)),
    }
}

fn bool_refusal(delta: Operand<'_>) -> Error {
    let dtype = delta.type_text();
    Error::type_error(format!("Cannot multiply '{dtype}' by bool, explicitly cast to integers instead"))
}

fn number_refusal(op: Arithmetic, left: Operand<'_>, right: Operand<'_>) -> Error {
    let (time, number) = if kind(left) == Kind::Number { (right, left) } else { (left, right) };
    let float = match number {
        Operand::Column(column) => column.dtype().is_float(),
        Operand::Scalar(scalar) => matches!(scalar, Scalar::Float(_)),
    };
    if float {
        return unsupported(op, left, right);
    }
    let class = match (time, kind(time)) {
        (Operand::Scalar(_), Kind::Datetime(_) | Kind::Zoned(..)) => "Timestamp",
        (Operand::Scalar(_), _) => "Timedelta",
        (_, Kind::Datetime(_) | Kind::Zoned(..)) => "DatetimeArray",
        _ => "TimedeltaArray",
    };
    Error::type_error(format!(
        "Addition/subtraction of integers and integer-arrays with {class} is no longer supported.  Instead of \
         adding/subtracting `n`, use `n * obj.freq`"
    ))
}

/// Ticks of row `i` in `unit`; `None` for NaT.
fn tick(operand: Operand<'_>, i: usize, unit: TimeUnit) -> Result<Option<i64>> {
    match operand.get(i) {
        Scalar::Datetime(ticks, from) | Scalar::Zoned(ticks, from, _) | Scalar::Timedelta(ticks, from) => {
            match rescale(ticks, from, unit) {
                Some(ticks) => Ok(Some(ticks)),
                None => Err(overflow().at(i)),
            }
        }
        _ => Ok(None),
    }
}

fn overflow() -> Error {
    Error::new(ErrorKind::Overflow, "Overflow in int64 addition")
}

fn ticks(
    len: usize,
    left: Operand<'_>,
    right: Operand<'_>,
    dtype: DType,
    op: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Column> {
    let Some(unit) = dtype.time_unit() else { return Err(overflow()) };
    let rows = (0..len).map(|i| match (tick(left, i, unit)?, tick(right, i, unit)?) {
        (Some(a), Some(b)) => op(a, b).filter(|&t| t != i64::MIN).ok_or_else(|| overflow().at(i)),
        _ => Ok(i64::MIN),
    });
    Ok(Column::times(dtype, rows.collect::<Result<Vec<i64>>>()?.into()))
}

fn ratios(
    len: usize,
    left: Operand<'_>,
    right: Operand<'_>,
    unit: TimeUnit,
    op: impl Fn(f64, f64) -> f64,
) -> Column {
    let at = |operand: Operand<'_>, i: usize| tick(operand, i, unit).ok().flatten();
    let rows = (0..len).map(|i| match (at(left, i), at(right, i)) {
        (Some(a), Some(b)) => op(a as f64, b as f64),
        _ => f64::NAN,
    });
    rows.collect::<Vec<f64>>().into()
}

/// Quotients of timedeltas as integers, 0 by zero as numpy has it; `None` where one is missing.
fn whole_ratios(len: usize, left: Operand<'_>, right: Operand<'_>, unit: TimeUnit) -> Option<Column> {
    let at = |operand: Operand<'_>, i: usize| tick(operand, i, unit).ok().flatten();
    let rows = (0..len).map(|i| Some(at(left, i)?.floor_divide(at(right, i)?)));
    rows.collect::<Option<Vec<i64>>>().map(Column::from)
}

/// A timedelta times or over a number: integers exactly, toward zero; floats through f64.
fn scaled(op: Arithmetic, len: usize, delta: Operand<'_>, number: Operand<'_>, unit: TimeUnit) -> Column {
    let float = |x: f64| if x.is_finite() { x as i64 } else { i64::MIN };
    let rows = (0..len).map(|i| {
        let (Ok(Some(ticks)), factor) = (tick(delta, i, unit), number.get(i)) else { return i64::MIN };
        match (op, factor.as_i128(), factor.as_f64()) {
            (Arithmetic::Multiply, Some(n), _) => ticks.wrapping_mul(n as i64),
            (_, Some(0), _) => i64::MIN,
            (Arithmetic::Remainder, Some(n), _) => ticks.remainder(n as i64),
            (Arithmetic::Divide, Some(n), _) => ticks.wrapping_div(n as i64),
            (_, Some(n), _) => ticks.floor_divide(n as i64),
            (Arithmetic::Multiply, _, Some(x)) => float(ticks as f64 * x),
            (Arithmetic::Remainder, _, Some(x)) => float((ticks as f64).remainder(x)),
            (Arithmetic::Divide, _, Some(x)) => float(ticks as f64 / x),
            (_, _, Some(x)) => float((ticks as f64).floor_divide(x)),
            _ => i64::MIN,
        }
    });
    Column::timedelta(rows.collect(), unit)
}
