//! Numbers as Python's `int()` and `float()` read them.

use crate::scalar::Scalar;

/// `int(text)` in base 10: surrounding blanks, a sign, digits with single underscores between.
#[must_use]
pub fn parse_int(text: &str) -> Option<Scalar> {
    let digits = plain_digits(text.trim())?;
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Ok(value) = digits.parse::<i128>() {
        return Some(Scalar::from(value));
    }
    let sign = if digits.starts_with('-') { "-" } else { "" };
    Some(Scalar::Big(format!("{sign}{}", unsigned.trim_start_matches('0')).into()))
}

/// `float(text)`: correctly rounded; accepts `nan`, `inf` and `infinity` in any case.
#[must_use]
pub fn parse_float(text: &str) -> Option<f64> {
    // Rust's grammar is Python's without underscores; both round correctly.
    plain_digits(text.trim())?.parse().ok()
}

/// The text without underscores, if each stands between two digits.
fn plain_digits(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let between = |i: usize| is_digit(i.checked_sub(1)) && is_digit(Some(i + 1));
    bytes
        .iter()
        .enumerate()
        .all(|(i, &byte)| byte != b'_' || between(i))
        .then(|| text.replace('_', "").into())
}
