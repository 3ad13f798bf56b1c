//! Python's text form of floats.

use std::fmt::Write;

/// `repr(float)` of Python: the shortest digits that read back as the same value, in positional
/// notation for exponents −4 to 15, else scientific.
#[must_use]
pub fn float_repr(value: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, value);
    out
}

/// Appends [`float_repr`] of `value`.
pub fn write_float(out: &mut String, value: f64) {
    shortest(out, value, &format!("{value:e}"));
}

/// As [`write_float`] with the shortest digits that identify the value among `f32`s.
pub fn write_float32(out: &mut String, value: f32) {
    shortest(out, f64::from(value), &format!("{value:e}"));
}

fn shortest(out: &mut String, value: f64, scientific: &str) {
    if value.is_nan() {
        return out.push_str("nan");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "inf" } else { "-inf" });
    }
    // `{:e}` never fails to hold an `e` for finite values; the fallback keeps this total.
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return out.push_str(scientific) };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    out.push_str(sign);
    let point = exponent + 1;
    if (-4..16).contains(&exponent) {
        if point <= 0 {
            out.push_str("0.");
            (0..-point).for_each(|_| out.push('0'));
            out.push_str(&digits);
        } else if digits.len() as i32 <= point {
            out.push_str(&digits);
            (0..point - digits.len() as i32).for_each(|_| out.push('0'));
            out.push_str(".0");
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            out.push_str(whole);
            out.push('.');
            out.push_str(fraction);
        }
    } else {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exponent.abs());
    }
}
