//! Arithmetic on Ints that may fail, and the Float operations that IEEE does not name.

use crate::fault::Fault;

#[cold]
fn overflow(symbol: &str, a: i64, b: i64) -> Fault {
    Fault::overflow(format_args!("{a} {symbol} {b}"))
}

#[inline(always)]
pub(crate) fn add(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_add(b).ok_or_else(|| overflow("+", a, b))
}

#[inline(always)]
pub(crate) fn sub(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_sub(b).ok_or_else(|| overflow("-", a, b))
}

#[inline(always)]
pub(crate) fn mul(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_mul(b).ok_or_else(|| overflow("*", a, b))
}

/// Truncates.
pub(crate) fn div(a: i64, b: i64) -> Result<i64, Fault> {
    if b == 0 {
        return Err(Fault::zero_division());
    }
    a.checked_div(b).ok_or_else(|| overflow("/", a, b))
}

/// Rounds down.
pub(crate) fn floor_div(a: i64, b: i64) -> Result<i64, Fault> {
    let quotient = div(a, b)?;
    Ok(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// Has the sign of the divisor: `a == (a // b) * b + a % b`.
pub(crate) fn rem(a: i64, b: i64) -> Result<i64, Fault> {
    if b == 0 {
        return Err(Fault::zero_division());
    }
    let rest = a.wrapping_rem(b);
    Ok(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

pub(crate) fn pow(a: i64, b: i64) -> Result<i64, Fault> {
    if b < 0 {
        return Err(Fault::new("R0203", format!("{a} ** {b}: a negative exponent has no Int result"))
            .help("convert one side to Float"));
    }
    match u32::try_from(b) {
        Ok(exponent) => a.checked_pow(exponent).ok_or_else(|| overflow("**", a, b)),
        // Only these bases have a power that large.
        Err(_) => match a {
            0 | 1 => Ok(a),
            -1 => Ok(if b % 2 == 0 { 1 } else { -1 }),
            _ => Err(overflow("**", a, b)),
        },
    }
}

fn shift(b: i64) -> Result<u32, Fault> {
    u32::try_from(b)
        .ok()
        .filter(|b| *b < 64)
        .ok_or_else(|| Fault::new("R0203", format!("shift by {b}: expected 0 to 63")))
}

/// Bits that leave at the top are lost.
pub(crate) fn shl(a: i64, b: i64) -> Result<i64, Fault> {
    Ok(a.wrapping_shl(shift(b)?))
}

/// Keeps the sign.
pub(crate) fn shr(a: i64, b: i64) -> Result<i64, Fault> {
    Ok(a.wrapping_shr(shift(b)?))
}

pub(crate) fn neg(a: i64) -> Result<i64, Fault> {
    a.checked_neg().ok_or_else(|| Fault::overflow(format_args!("-({a})")))
}

pub(crate) fn floor_div_float(a: f64, b: f64) -> f64 {
    if b == 0.0 {
        return a / b;
    }
    // Through the remainder, as CPython does: the plain quotient may round up to the next whole number.
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0.0_f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

/// Has the sign of the divisor.
pub(crate) fn rem_float(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        return if b.is_nan() || a.is_nan() { f64::NAN } else { 0.0_f64.copysign(b) };
    }
    if (rest < 0.0) != (b < 0.0) && !rest.is_nan() { rest + b } else { rest }
}

/// The Int of a whole Float; `what` names the operation in the fault.
pub(crate) fn to_int(x: f64, what: &str) -> Result<i64, Fault> {
    // 2^63 is exact; the largest Int is not.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
        Ok(x as i64)
    } else {
        Err(Fault::new("R0204", format!("{what}: {} is not in the range of Int", crate::show::float_text(x))))
    }
}
