//! JSON numbers compared as the numbers they are, without a detour through `f64`.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// How two numbers compare by value: `1` equals `1.0`, and 2^63 is more than 2^63 − 1.
pub(crate) fn compare(a: &Number, b: &Number) -> Ordering {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, None) => float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal),
        (Some(a), None) => against(a, float(b)),
        (None, Some(b)) => against(b, float(a)).reverse(),
    }
}

/// The integer that the number is, if it is one and has at most 127 bits.
pub(crate) fn whole(number: &Number) -> Option<i128> {
    if let Some(small) = number.as_i64() {
        return Some(small.into());
    }
    if let Some(large) = number.as_u64() {
        return Some(large.into());
    }
    let float = number.as_f64()?;
    // Up to 2^126 the conversion of a whole float is exact.
    (float.fract() == 0.0 && float.abs() <= 2f64.powi(126)).then_some(float as i128)
}

/// Whether the number has no fraction, however large it is.
pub(crate) fn is_integer(number: &Number) -> bool {
    !number.is_f64() || float(number).fract() == 0.0
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// An integer of at most 127 bits against a float that is not one.
fn against(whole: i128, float: f64) -> Ordering {
    if float.abs() > 2f64.powi(126) {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    // The floor is exact, and the float lies strictly above it.
    if whole <= float.floor() as i128 { Ordering::Less } else { Ordering::Greater }
}

/// Equality as JSON Schema has it: numbers by value, members in any order.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Ordering::Equal,
        (a, b) => a == b,
    }
}
