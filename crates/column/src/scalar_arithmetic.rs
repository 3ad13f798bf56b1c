//! Arithmetic of `object` values as Python does it.

use crate::arithmetic::Arithmetic;
use crate::error::{Error, ErrorKind, Result};
use crate::foreign::Operator;
use crate::number_arithmetic::NumberArithmetic;
use crate::scalar::Scalar;
use crate::time_arithmetic;

/// `a op b` in Python; NA absorbs.
///
/// # Errors
/// Python's: `TypeError` for types without the operation, `ZeroDivisionError`, `OverflowError` for
/// integers beyond 128 bits.
pub(crate) fn scalar_arithmetic(op: Arithmetic, a: &Scalar, b: &Scalar) -> Result<Scalar> {
    match (a, b) {
        (Scalar::Opaque(value), _) => return value.get().operate(Operator::Arithmetic(op), b, false),
        (_, Scalar::Opaque(value)) => return value.get().operate(Operator::Arithmetic(op), a, true),
        _ => {}
    }
    if matches!(a, Scalar::NA) || matches!(b, Scalar::NA) {
        return Ok(Scalar::NA);
    }
    if let (Some(x), Some(y)) = (a.as_i128(), b.as_i128()) {
        return integers(op, x, y);
    }
    if let (Some(x), Some(y)) = (a.as_f64(), b.as_f64()) {
        return floats(op, x, y);
    }
    if is_time(a) || is_time(b) {
        return times(op, a, b);
    }
    match (op, a, b) {
        (Arithmetic::Add, Scalar::Str(x), Scalar::Str(y)) => Ok(Scalar::from(format!("{x}{y}"))),
        (Arithmetic::Add, Scalar::List(x), Scalar::List(y)) => {
            Ok(Scalar::List(x.iter().chain(y.iter()).cloned().collect()))
        }
        (Arithmetic::Add, Scalar::Tuple(x), Scalar::Tuple(y)) => {
            Ok(Scalar::Tuple(x.iter().chain(y.iter()).cloned().collect()))
        }
        (Arithmetic::Multiply, sequence, count) if is_sequence(sequence) => repeat(sequence, count),
        (Arithmetic::Multiply, count, sequence) if is_sequence(sequence) => repeat(sequence, count),
        (Arithmetic::Add, sequence, other) if is_sequence(sequence) => {
            let (own, other) = (sequence.type_name(), other.type_name());
            Err(Error::type_error(format!("can only concatenate {own} (not \"{other}\") to {own}")))
        }
        _ => Err(Error::type_error(format!(
            "unsupported operand type(s) for {}: '{}' and '{}'",
            op.symbol(),
            a.type_name(),
            b.type_name()
        ))),
    }
}

fn is_time(scalar: &Scalar) -> bool {
    matches!(scalar, Scalar::Datetime(..) | Scalar::Zoned(..) | Scalar::Timedelta(..) | Scalar::NaT)
}

/// Times as columns of one row have it; NaT takes integers too, since it stands for a missing period as well.
fn times(op: Arithmetic, a: &Scalar, b: &Scalar) -> Result<Scalar> {
    if matches!((a, b), (Scalar::NaT, Scalar::NaT | Scalar::Int(_)) | (Scalar::Int(_), Scalar::NaT)) {
        return Ok(Scalar::NaT);
    }
    let column = time_arithmetic::times(op, 1, a.into(), b.into())?;
    Ok(column.get(0).unwrap_or(Scalar::NaT))
}

fn is_sequence(scalar: &Scalar) -> bool {
    matches!(scalar, Scalar::Str(_) | Scalar::List(_) | Scalar::Tuple(_))
}

fn repeat(sequence: &Scalar, count: &Scalar) -> Result<Scalar> {
    let Some(count) = count.as_i128() else {
        let message = format!("can't multiply sequence by non-int of type '{}'", count.type_name());
        return Err(Error::type_error(message));
    };
    let items = |items: &[Scalar]| -> Result<_> {
        let count = repetitions(std::mem::size_of_val(items), count)?;
        Ok(std::iter::repeat_n(items, count).flatten().cloned().collect())
    };
    Ok(match sequence {
        Scalar::Str(text) => Scalar::from(repeat_text(text, count)?),
        Scalar::List(list) => Scalar::List(items(list)?),
        Scalar::Tuple(tuple) => Scalar::Tuple(items(tuple)?),
        other => other.clone(),
    })
}

/// `text * count` in Python.
///
/// # Errors
/// `OverflowError` for a text that no memory holds.
pub(crate) fn repeat_text(text: &str, count: i128) -> Result<String> {
    Ok(text.repeat(repetitions(text.len(), count)?))
}

/// What one repeated value may take: far beyond any table's cell, and small enough to be had.
const REPEATED_BYTES_MAX: usize = 1 << 32;

fn repetitions(size: usize, count: i128) -> Result<usize> {
    let count = usize::try_from(count.max(0)).ok();
    count.filter(|count| size.saturating_mul(*count) <= REPEATED_BYTES_MAX).ok_or_else(|| {
        Error::overflow(format!("a repeated value would take more than {REPEATED_BYTES_MAX} bytes"))
    })
}

fn integers(op: Arithmetic, x: i128, y: i128) -> Result<Scalar> {
    let too_large = || Error::overflow("integer beyond 128 bits");
    let zero = |text: &str| Error::new(ErrorKind::ZeroDivision, text);
    let result = match op {
        Arithmetic::Add => x.checked_add(y),
        Arithmetic::Subtract => x.checked_sub(y),
        Arithmetic::Multiply => x.checked_mul(y),
        Arithmetic::Divide if y == 0 => return Err(zero("division by zero")),
        Arithmetic::Divide => return Ok(Scalar::Float(x as f64 / y as f64)),
        Arithmetic::FloorDivide if y == 0 => return Err(zero("integer division or modulo by zero")),
        Arithmetic::FloorDivide => x.checked_div_euclid(y).map(|_| floor_quotient(x, y)),
        Arithmetic::Remainder if y == 0 => return Err(zero("integer modulo by zero")),
        Arithmetic::Remainder => Some(x - floor_quotient(x, y) * y),
        Arithmetic::Power => match u32::try_from(y) {
            Ok(exponent) => x.checked_pow(exponent),
            Err(_) if y < 0 => return floats(op, x as f64, y as f64),
            Err(_) => None,
        },
    };
    result.map(Scalar::from).ok_or_else(too_large)
}

fn floor_quotient(x: i128, y: i128) -> i128 {
    let quotient = x.wrapping_div(y);
    if x.wrapping_rem(y) != 0 && (x < 0) != (y < 0) { quotient - 1 } else { quotient }
}

fn floats(op: Arithmetic, x: f64, y: f64) -> Result<Scalar> {
    let zero = |text: &str| Error::new(ErrorKind::ZeroDivision, text);
    Ok(Scalar::Float(match op {
        Arithmetic::Add => x + y,
        Arithmetic::Subtract => x - y,
        Arithmetic::Multiply => x * y,
        Arithmetic::Divide if y == 0.0 => return Err(zero("float division by zero")),
        Arithmetic::FloorDivide if y == 0.0 => return Err(zero("float floor division by zero")),
        Arithmetic::Remainder if y == 0.0 => return Err(zero("float modulo by zero")),
        Arithmetic::Power if x == 0.0 && y < 0.0 => return Err(zero("zero to a negative power")),
        Arithmetic::Divide => x / y,
        Arithmetic::FloorDivide => x.floor_divide(y),
        Arithmetic::Remainder => x.remainder(y),
        Arithmetic::Power => x.powf(y),
    }))
}
