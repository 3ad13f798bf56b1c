//! Floats as pandas writes them into JSON: at most so many decimals, ties of the remainder to even.

use std::fmt::Write;

/// Beyond this, and below its inverse, a float is written with an exponent.
const PLAIN_MAX: f64 = 1e16;
const PLAIN_MIN: f64 = 1e-15;

/// Appends `value` with at most `precision` (0 to 15) decimals; what is not finite is `null`.
pub(super) fn write_float(out: &mut String, value: f64, precision: usize) {
    if !value.is_finite() {
        return out.push_str("null");
    }
    let magnitude = value.abs();
    if magnitude > PLAIN_MAX || magnitude != 0.0 && magnitude < PLAIN_MIN {
        return write_exponent(out, value, precision);
    }
    if value < 0.0 {
        out.push('-');
    }
    let scale = 10f64.powi(precision as i32);
    let mut whole = magnitude.trunc();
    let scaled = (magnitude - whole) * scale;
    let mut fraction = scaled.trunc();
    let rest = scaled - fraction;
    if precision == 0 {
        let rest = magnitude - whole;
        if rest > 0.5 || rest == 0.5 && whole % 2.0 == 1.0 {
            whole += 1.0;
        }
        let _ = write!(out, "{whole}");
        return;
    }
    if rest > 0.5 || rest == 0.5 && (fraction == 0.0 || fraction % 2.0 == 1.0) {
        fraction += 1.0;
        if fraction >= scale {
            fraction = 0.0;
            whole += 1.0;
        }
    }
    let digits = format!("{fraction:0precision$}");
    let digits = digits.trim_end_matches('0');
    let _ = write!(out, "{whole}.{}", if digits.is_empty() { "0" } else { digits });
}

/// C's `%.{precision}g` for a value that it writes with an exponent.
fn write_exponent(out: &mut String, value: f64, precision: usize) {
    let decimals = precision.max(1) - 1;
    let text = format!("{value:.decimals$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return out.push_str(&text) };
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let _ = write!(out, "{mantissa}e{sign}{digits:0>2}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// oracle: `DataFrame.to_json` of these floats.
    #[test]
    fn floats_are_written_as_pandas_writes_them() {
        let text = |value: f64, precision: usize| {
            let mut out = String::new();
            write_float(&mut out, value, precision);
            out
        };
        for (value, expected) in [
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333"),
            (1e16, "10000000000000000.0"),
            (1e-7, "0.0000001"),
            (123456789.12345679, "123456789.123456791"),
            (1e300, "1e+300"),
            (f64::INFINITY, "null"),
            (-0.0, "0.0"),
            (12345678901234567.0, "1.23456789e+16"),
            (5e-324, "4.940656458e-324"),
            (100.0, "100.0"),
            (f64::from(0.1f32), "0.1000000015"),
        ] {
            assert_eq!(text(value, 10), expected);
        }
        assert_eq!(
            (text(1.0 / 3.0, 15), text(2.0 / 3.0, 15)),
            ("0.333333333333333".into(), "0.666666666666667".into())
        );
        assert_eq!((text(1.0 / 3.0, 3), text(1e-7, 3)), ("0.333".into(), "0.0".into()));
        assert_eq!((text(0.1, 0), text(1.5, 0)), ("0".into(), "2".into()));
    }
}
