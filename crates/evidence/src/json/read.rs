//! Text to data, refusing what is ambiguous.

use super::Json;
use crate::place::{Malformed, Place};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use std::cell::RefCell;
use std::fmt;

/// The longest text that is read, 64 MiB.
pub const BYTES_MAX: usize = 64 << 20;
/// The deepest nesting of arrays and objects that is read.
pub const DEPTH_MAX: usize = 64;
/// The largest integer every reader of JSON agrees on, 2^53; beyond it an integer is a string.
pub const INTEGER_MAX: u64 = 1 << 53;

/// Reads JSON text.
pub fn parse(file: &str, text: &[u8]) -> Result<Json, Malformed> {
    let place = Place::file(file);
    let text = as_text(text, &place)?;
    let first = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Node { place: &place, first: &first }
        .deserialize(&mut reader)
        .and_then(|json| reader.end().map(|()| json));
    read.map_err(|e| first.take().unwrap_or_else(|| place.malformed("JSON text", e.to_string())))
}

/// Reads YAML text as the data that JSON can hold. Aliases, tags and keys that are no text have no place in it.
pub fn parse_yaml(file: &str, text: &[u8]) -> Result<Json, Malformed> {
    let place = Place::file(file);
    let text = as_text(text, &place)?;
    let first = RefCell::new(None);
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, yaml_core(), |reader| {
        Node { place: &place, first: &first }.deserialize(reader)
    });
    read.map_err(|e| first.take().unwrap_or_else(|| place.malformed("YAML text", first_line(&e.to_string()))))
}

/// The YAML 1.2 core schema without what makes one text two things: `no` and `007` are texts, aliases, merged keys and
/// unknown tags are refused, and a doubled key comes to the visitor, which knows where it stands.
fn yaml_core() -> serde_saphyr::Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 0 },
        reject_unsupported_tags: true,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn as_text<'t>(text: &'t [u8], place: &Place<'_>) -> Result<&'t str, Malformed> {
    if text.len() > BYTES_MAX {
        return Err(place.malformed(format!("at most {BYTES_MAX} bytes"), format!("{} bytes", text.len())));
    }
    std::str::from_utf8(text).map_err(|e| place.malformed("UTF-8 text", e.to_string()))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// One part of the file being read. The format's own errors carry no pointer, so the innermost place that fails is
/// kept aside in `first`.
struct Node<'a> {
    place: &'a Place<'a>,
    first: &'a RefCell<Option<Malformed>>,
}

impl Node<'_> {
    fn refuse<E: Error>(&self, expected: impl Into<String>, found: impl Into<String>) -> E {
        let error = self.place.malformed(expected, found);
        let text = error.to_string();
        self.first.borrow_mut().get_or_insert(error);
        E::custom(text)
    }

    fn deeper<E: Error>(&self) -> Result<(), E> {
        match self.place.depth() < DEPTH_MAX {
            true => Ok(()),
            false => Err(self.refuse(format!("at most {DEPTH_MAX} levels"), "a deeper array or object")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        let Node { place, first } = self;
        reader.deserialize_any(Node { place, first }).inspect_err(|e| {
            let text = e.to_string();
            first.borrow_mut().get_or_insert_with(|| place.malformed("readable text", first_line(&text)));
        })
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        self.deserialize(reader)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        if value == 0.0 && value.is_sign_negative() {
            return Err(self.refuse("negative zero as the text \"-0.0\"", "the number -0"));
        }
        match serde_json::Number::from_f64(value) {
            Some(number) => Ok(Json::Number(number)),
            None => Err(self.refuse("a finite number", value.to_string())),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_string()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        self.deeper()?;
        let mut out = Vec::new();
        loop {
            let place = self.place.item(out.len());
            match items.next_element_seed(Node { place: &place, first: self.first })? {
                Some(item) => out.push(item),
                None => return Ok(Json::Array(out)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        self.deeper()?;
        let mut out = serde_json::Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = self.place.key(&key);
            let node = Node { place: &place, first: self.first };
            if out.contains_key(&key) {
                return Err(node.refuse("each key once", "the key again"));
            }
            let value = entries.next_value_seed(node)?;
            out.insert(key, value);
        }
        Ok(Json::Object(out))
    }
}

#[cfg(test)]
mod tests;
