//! Format specifications inside interpolation, with the results of CPython's `format`.

use bytecode::FormatSpec;

use crate::fault::Fault;
use crate::show;
use crate::value::Value;

/// Widths and precisions beyond this are refused.
const SIZE_MAX: u32 = 1_000_000;

pub(crate) fn format(value: &Value, spec: &FormatSpec) -> Result<String, Fault> {
    if spec.width.unwrap_or(0) > SIZE_MAX || spec.precision.unwrap_or(0) > SIZE_MAX {
        return Err(Fault::new("R0205", format!("a width or precision above {SIZE_MAX}")));
    }
    let wrong = |kind: char| {
        Err(Fault::new(
            "R0205",
            format!("format `{kind}` does not fit a value of type {}", value.type_name()),
        ))
    };
    match (value, spec.kind) {
        (Value::Int(x), None | Some('d' | 'x' | 'X' | 'o' | 'b')) => {
            if spec.precision.is_some() {
                return Err(Fault::new("R0205", "a precision does not fit an Int; `f` gives decimals"));
            }
            let size = x.unsigned_abs();
            let (prefix, digits) = match spec.kind {
                Some('x') => ("0x", format!("{size:x}")),
                Some('X') => ("0X", format!("{size:X}")),
                Some('o') => ("0o", format!("{size:o}")),
                Some('b') => ("0b", format!("{size:b}")),
                _ => ("", size.to_string()),
            };
            let prefix = if spec.alternate { prefix } else { "" };
            Ok(number(*x < 0, prefix, &digits, spec))
        }
        (Value::Int(x), Some('f' | 'e' | 'E')) => float(*x as f64, spec),
        (Value::Float(x), None | Some('f' | 'e' | 'E')) => float(*x, spec),
        (Value::Int(_) | Value::Float(_), Some(kind)) => wrong(kind),
        (_, Some(kind)) if kind != 's' => wrong(kind),
        _ => {
            if spec.sign.is_some() || spec.alternate {
                return Err(Fault::new(
                    "R0205",
                    format!("a sign or `#` does not fit a value of type {}", value.type_name()),
                ));
            }
            let mut text = show::show(value)?;
            let end = spec.precision.and_then(|precision| text.char_indices().nth(precision as usize));
            if let Some((end, _)) = end {
                text.truncate(end);
            }
            let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
            Ok(pad(&text, spec.width, spec.align.unwrap_or('<'), fill))
        }
    }
}

fn float(x: f64, spec: &FormatSpec) -> Result<String, Fault> {
    let size = x.abs();
    let negative = x.is_sign_negative() && !x.is_nan();
    let digits = if x.is_nan() {
        "nan".to_owned()
    } else if x.is_infinite() {
        "inf".to_owned()
    } else {
        match (spec.kind, spec.precision) {
            (Some('f'), precision) => {
                let mut text = format!("{size:.*}", precision.unwrap_or(6) as usize);
                if spec.alternate && !text.contains('.') {
                    text.push('.');
                }
                text
            }
            (Some('e'), precision) => exponent(size, precision.unwrap_or(6), spec.alternate),
            (Some('E'), precision) => exponent(size, precision.unwrap_or(6), spec.alternate).to_uppercase(),
            (_, None) => show::float_text(size),
            (_, Some(precision)) => significant(size, precision.max(1)),
        }
    };
    Ok(number(negative, "", &digits, spec))
}

/// `1.50e+01`: at least two digits of exponent.
fn exponent(size: f64, precision: u32, alternate: bool) -> String {
    let text = format!("{size:.*e}", precision as usize);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let point = if alternate && !mantissa.contains('.') { "." } else { "" };
    format!("{mantissa}{point}e{sign}{digits:0>2}")
}

/// A precision without type: so many significant digits, without trailing zeros, but always a Float's text.
fn significant(size: f64, precision: u32) -> String {
    let text = exponent(size, precision - 1, false);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i64 = power.parse().unwrap_or(0);
    let trim = |s: &str| {
        if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s.to_owned() }
    };
    // Without a type CPython keeps a digit after the point, so it changes to an exponent one digit before `g` does.
    if power < -4 || power >= i64::from(precision) - 1 {
        return format!("{}e{}{:0>2}", trim(mantissa), if power < 0 { '-' } else { '+' }, power.abs());
    }
    let decimals = (i64::from(precision) - 1 - power).max(0) as usize;
    let text = trim(&format!("{size:.decimals$}"));
    if text.contains('.') { text } else { text + ".0" }
}

fn number(negative: bool, prefix: &str, digits: &str, spec: &FormatSpec) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    if spec.zero && spec.align.is_none() {
        let used = sign.len() + prefix.len() + digits.chars().count();
        let zeros = (spec.width.unwrap_or(0) as usize).saturating_sub(used);
        return format!("{sign}{prefix}{}{digits}", "0".repeat(zeros));
    }
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    pad(&format!("{sign}{prefix}{digits}"), spec.width, spec.align.unwrap_or('>'), fill)
}

pub(crate) fn pad(text: &str, width: Option<u32>, align: char, fill: char) -> String {
    let missing = (width.unwrap_or(0) as usize).saturating_sub(text.chars().count());
    let left = match align {
        '<' => 0,
        '^' => missing / 2,
        _ => missing,
    };
    let mut out = String::with_capacity(text.len() + missing * fill.len_utf8());
    out.extend(std::iter::repeat_n(fill, left));
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, missing - left));
    out
}
