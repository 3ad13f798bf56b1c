//! What a plan's expressions are over a state: integers, bytes and truth.

use evidence::json::Json;
use evidence::typed;

use super::pages::{State, Tried, error, list, number, unhex, word};

#[derive(PartialEq, PartialOrd)]
pub(super) enum Found {
    Integer(i128),
    Bytes(Vec<u8>),
    Truth(bool),
}

/// The pages of an expression that must be there, and the bytes in them.
pub(super) fn shape(state: &State, expression: &Json) -> Tried<()> {
    let page = || state.pages.get(&number(expression.get(1)));
    match word(expression.get(0)) {
        "length" | "hash" if page().is_none() => error("UnknownPage"),
        "field" => match page() {
            None => error("UnknownPage"),
            Some(page) => {
                let end = number(expression.get(2)) + width(expression.get(3));
                if end > page.bytes.len() as u64 { error("Malformed OutOfPage") } else { Ok(()) }
            }
        },
        "int" | "bytes" | "bool" | "version" | "exists" | "length" | "hash" => Ok(()),
        _ => list(Some(expression)).iter().skip(1).try_for_each(|operand| shape(state, operand)),
    }
}

fn width(field: Option<&Json>) -> u64 {
    number(field.and_then(|field| field.get(1)))
}

/// The value; none where an integer leaves the 64 bits that signed and unsigned ones have together.
pub(super) fn value(state: &State, expression: &Json) -> Option<Found> {
    let page = || state.pages.get(&number(expression.get(1)));
    let operand = |place: usize| value(state, expression.get(place)?);
    Some(match word(expression.get(0)) {
        "int" => Found::Integer(integer(expression.get(1))),
        "bytes" => Found::Bytes(unhex(expression.get(1))),
        "bool" => Found::Truth(expression.get(1) == Some(&Json::Bool(true))),
        "version" => Found::Integer(i128::from(page().map_or(0, |page| page.version))),
        "exists" => Found::Truth(page().is_some()),
        "length" => Found::Integer(page()?.bytes.len() as i128),
        "hash" => Found::Bytes(unhex(Some(&Json::String(typed::digest(&page()?.plain()).get(..32)?.into())))),
        "field" => {
            let (from, field) = (number(expression.get(2)) as usize, expression.get(3)?);
            let bytes = page()?.plain().get(from..from + width(Some(field)) as usize)?.to_vec();
            if word(field.get(0)) == "bytes" {
                Found::Bytes(bytes)
            } else {
                Found::Integer(read(&bytes, field))
            }
        }
        "not" => Found::Truth(operand(1)? == Found::Truth(false)),
        "and" => Found::Truth(operand(1)? == Found::Truth(true) && operand(2)? == Found::Truth(true)),
        "or" => Found::Truth(operand(1)? == Found::Truth(true) || operand(2)? == Found::Truth(true)),
        "eq" => Found::Truth(operand(1)? == operand(2)?),
        "ne" => Found::Truth(operand(1)? != operand(2)?),
        "lt" => Found::Truth(operand(1)? < operand(2)?),
        "le" => Found::Truth(operand(1)? <= operand(2)?),
        "gt" => Found::Truth(operand(1)? > operand(2)?),
        "ge" => Found::Truth(operand(1)? >= operand(2)?),
        operator => {
            let (Found::Integer(left), Found::Integer(right)) = (operand(1)?, operand(2)?) else {
                return None;
            };
            let result = match operator {
                "add" => left + right,
                "sub" => left - right,
                _ => left.checked_mul(right)?,
            };
            let fits = result >= i128::from(i64::MIN) && result <= i128::from(u64::MAX);
            fits.then_some(Found::Integer(result))?
        }
    })
}

fn integer(json: Option<&Json>) -> i128 {
    let read = json.and_then(Json::as_i64).map(i128::from);
    read.or_else(|| json.and_then(Json::as_str).and_then(|text| text.parse().ok())).unwrap_or(0)
}

/// An integer in a field `["int", width, signed, big_endian]`.
fn read(bytes: &[u8], field: &Json) -> i128 {
    let mut bytes = bytes.to_vec();
    if field.get(3) == Some(&Json::Bool(false)) {
        bytes.reverse();
    }
    let unsigned = bytes.iter().fold(0i128, |value, byte| value * 256 + i128::from(*byte));
    let bound = 1i128 << (8 * bytes.len());
    let is_negative = field.get(2) == Some(&Json::Bool(true)) && unsigned >= bound / 2;
    if is_negative { unsigned - bound } else { unsigned }
}

/// The bytes of an integer in a field; none where it does not fit.
pub(super) fn write(value: i128, field: &Json) -> Option<Vec<u8>> {
    let len = width(Some(field)) as u32;
    let bound = 1i128 << (8 * len);
    let (least, most) =
        if field.get(2) == Some(&Json::Bool(true)) { (-bound / 2, bound / 2 - 1) } else { (0, bound - 1) };
    if value < least || value > most {
        return None;
    }
    let unsigned = if value < 0 { value + bound } else { value };
    let mut bytes: Vec<u8> = (0..len).map(|place| (unsigned / (1i128 << (8 * place)) % 256) as u8).collect();
    if field.get(3) == Some(&Json::Bool(true)) {
        bytes.reverse();
    }
    Some(bytes)
}
