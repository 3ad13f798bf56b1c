//! The one strict reader of JSON and YAML text, and the canonical writer (RFC 8785).
//!
//! The reader refuses what other readers let pass: doubled keys, more than [`BYTES_MAX`] bytes, more than [`DEPTH_MAX`]
//! levels, numbers that are not finite and a bare `-0.0`. YAML is read into the same data by the same visitor, so that
//! both kinds of file have one kind of error.

mod canonical;
mod read;

pub use self::canonical::{canonical, canonical_number};
pub use self::read::{BYTES_MAX, DEPTH_MAX, INTEGER_MAX, parse, parse_yaml};
pub use serde_json::Value as Json;

use crate::place::{Malformed, Place};

/// Refuses integers beyond 2^53 anywhere inside, for JSON whose numbers no dtype reads: readers do not agree on them,
/// and the canonical text would round them.
pub fn check_integers(json: &Json, place: &Place<'_>) -> Result<(), Malformed> {
    match json {
        Json::Number(number) => {
            let beyond = |value: u64| value > INTEGER_MAX;
            if number.as_i64().is_some_and(|value| beyond(value.unsigned_abs()))
                || number.as_u64().is_some_and(beyond)
            {
                return Err(place.unexpected("an integer beyond 2^53 as a string", json));
            }
            Ok(())
        }
        Json::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(position, item)| check_integers(item, &place.item(position))),
        Json::Object(map) => map.iter().try_for_each(|(key, value)| check_integers(value, &place.key(key))),
        _ => Ok(()),
    }
}

/// The text of a value for an error or a drift, cut where it is long.
pub fn brief(json: &Json) -> String {
    const CHARS_MAX: usize = 120;
    let text = canonical(json);
    match text.char_indices().nth(CHARS_MAX) {
        None => text,
        Some((cut, _)) => format!("{}... ({} bytes)", &text[..cut], text.len()),
    }
}
