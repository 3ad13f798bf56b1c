//! One case run and held against its expectation.

use serde_json::{Value as Json, json};

use crate::args::{Args, Failure};
use crate::registry;
use crate::text::write_value;

/// Runs a case; what differs is the error.
pub fn check(case: &Json) -> Result<(), String> {
    let (found, rtol) = run(case)?;
    difference(&case["expect"], &found, "", rtol).map_or(Ok(()), Err)
}

/// What a case gives, and the relative tolerance of its operation.
pub fn run(case: &Json) -> Result<(Json, f64), String> {
    let op = case["op"].as_str().ok_or("no operation")?;
    let row = registry::find(op).ok_or_else(|| format!("no operation {op}"))?;
    let mut args = Args::of(case)?;
    let found = match (row.call)(&mut args) {
        Ok(value) => json!({"value": write_value(&value)}),
        Err(Failure::Frame(error)) => {
            json!({"error": {"class": error.kind().class(), "message": error.message()}})
        }
        Err(Failure::Case(message)) => return Err(message),
    };
    // An error may come before the call looked at its last parameter.
    if found.get("value").is_some() {
        args.all_read()?;
    }
    Ok((found, row.rtol))
}

/// The first place where two texts differ; floats may differ by the operation's relative tolerance.
pub fn difference(expected: &Json, found: &Json, place: &str, rtol: f64) -> Option<String> {
    match (expected, found) {
        (Json::Object(left), Json::Object(right)) if left.keys().eq(right.keys()) => left
            .iter()
            .find_map(|(key, value)| difference(value, &right[key], &format!("{place}.{key}"), rtol)),
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(row, (left, right))| difference(left, right, &format!("{place}[{row}]"), rtol)),
        (Json::Number(left), Json::Number(right)) if left.is_f64() && right.is_f64() => {
            let (left, right) = (left.as_f64()?, right.as_f64()?);
            let close = left.to_bits() == right.to_bits() || (left - right).abs() <= rtol * left.abs();
            (!close).then(|| format!("at {place}: expected {left:?}, found {right:?}"))
        }
        (left, right) if left == right => None,
        (left, right) => Some(format!("at {place}: expected {left}, found {right}")),
    }
}

#[test]
fn a_planted_difference_in_value_dtype_name_or_index_is_found() {
    let series = json!({"value": {"kind": "series", "name": "n",
        "index": {"type": "RangeIndex", "start": 0, "stop": 2, "step": 1, "name": null},
        "values": {"dtype": "float64", "data": [1.5, null]}}});
    assert_eq!(difference(&series, &series.clone(), "", 0.0), None);
    let plants: [(&str, Json); 6] = [
        ("/value/name", json!("m")),
        ("/value/index/type", json!("Index")),
        ("/value/index/name", json!("i")),
        ("/value/values/dtype", json!("Float64")),
        ("/value/values/data/0", json!(1.500_000_000_000_000_2)),
        ("/value/values/data/1", json!({"$": "NaN"})),
    ];
    for (place, planted) in plants {
        let mut wrong = series.clone();
        *wrong.pointer_mut(place).expect("the place") = planted;
        assert!(difference(&series, &wrong, "", 0.0).is_some(), "not seen: {place}");
        assert!(difference(&wrong, &series, "", 0.0).is_some(), "not seen: {place}");
    }
    // An integer is not a float of the same size.
    assert!(difference(&json!([1]), &json!([1.0]), "", 1e-9).is_some());
}
