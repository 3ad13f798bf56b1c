//! Reads and writes the plane's own files by their Rust types, through the one strict reader.

mod located;

use self::located::Located;
use crate::json::{self, Json};
use crate::place::{Malformed, Place};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;

/// Reads JSON text. Doubled, unknown and missing keys are errors.
pub fn read<T: DeserializeOwned>(file: &str, text: &[u8]) -> Result<T, Malformed> {
    typed(file, &json::parse(file, text)?)
}

/// Reads YAML text. Doubled, unknown and missing keys are errors.
pub fn read_yaml<T: DeserializeOwned>(file: &str, text: &[u8]) -> Result<T, Malformed> {
    typed(file, &json::parse_yaml(file, text)?)
}

fn typed<T: DeserializeOwned>(file: &str, json: &Json) -> Result<T, Malformed> {
    let (place, first) = (Place::file(file), RefCell::new(None));
    T::deserialize(Located { json, place: &place, first: &first }).map_err(|why| {
        let name = std::any::type_name::<T>().rsplit("::").next().unwrap_or("value");
        first.take().unwrap_or_else(|| place.malformed(format!("a {name}"), why.to_string()))
    })
}

/// The data of a value.
///
/// The plane's own types serialise without fail: their keys are texts and their numbers finite.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}

/// The canonical text (RFC 8785) of a value, without an end of line.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> String {
    json::canonical(&to_json(value))
}

/// The canonical text with an end of line: the bytes of a file.
pub fn file_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut text = canonical(value);
    text.push('\n');
    text.into_bytes()
}

/// BLAKE3 of bytes in lowercase hexadecimal: the name of everything in the store and the lock.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
