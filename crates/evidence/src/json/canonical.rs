//! RFC 8785, the JSON Canonicalization Scheme: one text for one value, so that a digest means something.

use super::Json;
use std::fmt::Write as _;

/// The canonical text. Numbers are written as doubles, as section 3.2.2.3 says; an integer beyond 2^53 must have been
/// turned into a string by whoever built the value, which every reader of this crate enforces.
pub fn canonical(json: &Json) -> String {
    let mut out = String::new();
    write(&mut out, json);
    out
}

fn write(out: &mut String, json: &Json) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => match number.as_f64() {
            Some(double) => out.push_str(&canonical_number(double)),
            None => out.push_str("null"),
        },
        Json::String(text) => write_text(out, text),
        Json::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            // Section 3.2.3 sorts by UTF-16 code units, which differs from UTF-8 above the basic plane.
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (position, (key, value)) in sorted.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_text(out, key);
                out.push(':');
                write(out, value);
            }
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A finite double as ECMAScript's `Number::toString` writes it: the shortest digits that read back as the same double,
/// plain between 1e-6 and 1e21, with an exponent elsewhere. What is not finite has no JSON number and gives `null`.
pub fn canonical_number(double: f64) -> String {
    if !double.is_finite() {
        return "null".to_string();
    }
    if double == 0.0 {
        return "0".to_string();
    }
    let scientific = shortest(double.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let count = digits.len() as i32;
    // The decimal point stands after this many digits.
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let sign = if double < 0.0 { "-" } else { "" };
    let zeros = |n: i32| "0".repeat(n.max(0) as usize);
    if count <= point && point <= 21 {
        format!("{sign}{digits}{}", zeros(point - count))
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{sign}{whole}.{fraction}")
    } else if -6 < point && point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent = point - 1;
        let plus = if exponent > 0 { "+" } else { "" };
        format!("{sign}{first}{dot}{rest}e{plus}{exponent}")
    }
}

/// The shortest digits as `d.ddde±x`; of several equally short ones the closest, of two equally close the even one.
/// Rust's shortest digits do not keep the last of these rules, its rounding to a given number of digits does.
fn shortest(double: f64) -> String {
    let short = format!("{double:e}");
    let digits = short.split('e').next().unwrap_or_default().len().saturating_sub(2);
    let even = format!("{double:.digits$e}");
    if even.parse() == Ok(double) { even } else { short }
}

#[cfg(test)]
mod tests;
