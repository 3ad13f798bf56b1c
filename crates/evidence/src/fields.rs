//! Reads an object field by field: each known one once, none left over.

use crate::json::{INTEGER_MAX, Json};
use crate::place::{Malformed, Place};
use std::collections::BTreeSet;

/// An object being read. Whoever took what it knows calls [`Fields::finish`], which refuses the rest: an unknown or
/// misspelt key is never ignored.
pub struct Fields<'a> {
    map: &'a serde_json::Map<String, Json>,
    place: &'a Place<'a>,
    taken: BTreeSet<&'a str>,
}

impl<'a> Fields<'a> {
    /// The fields of an object; anything else is malformed.
    pub fn of(json: &'a Json, place: &'a Place<'a>) -> Result<Self, Malformed> {
        match json {
            Json::Object(map) => Ok(Fields { map, place, taken: BTreeSet::new() }),
            other => Err(place.unexpected("an object", other)),
        }
    }

    /// Where the object stands.
    pub fn place(&self) -> &'a Place<'a> {
        self.place
    }

    /// A field that may be absent.
    pub fn maybe(&mut self, key: &'a str) -> Option<&'a Json> {
        self.taken.insert(key);
        self.map.get(key)
    }

    /// A field that must be there.
    pub fn expect(&mut self, key: &'a str) -> Result<&'a Json, Malformed> {
        self.maybe(key).ok_or_else(|| self.place.malformed(format!("the key {key:?}"), self.keys()))
    }

    /// A text.
    pub fn text(&mut self, key: &'a str) -> Result<&'a str, Malformed> {
        let json = self.expect(key)?;
        json.as_str().ok_or_else(|| self.place.key(key).unexpected("a text", json))
    }

    /// A text, or `null`, or an absent key.
    pub fn maybe_text(&mut self, key: &'a str) -> Result<Option<&'a str>, Malformed> {
        match self.maybe(key) {
            None | Some(Json::Null) => Ok(None),
            Some(_) => self.text(key).map(Some),
        }
    }

    /// A text that is not empty.
    pub fn filled_text(&mut self, key: &'a str) -> Result<&'a str, Malformed> {
        match self.text(key)? {
            "" => Err(self.place.key(key).malformed("a text that says something", "an empty one")),
            text => Ok(text),
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'a str) -> Result<bool, Malformed> {
        let json = self.expect(key)?;
        json.as_bool().ok_or_else(|| self.place.key(key).unexpected("true or false", json))
    }

    /// An integer from 0 to 2^53.
    pub fn count(&mut self, key: &'a str) -> Result<u64, Malformed> {
        let json = self.expect(key)?;
        match json.as_u64() {
            Some(count) if count <= INTEGER_MAX => Ok(count),
            _ => Err(self.place.key(key).unexpected("an integer from 0 to 2^53", json)),
        }
    }

    /// An integer from -2^53 to 2^53.
    pub fn integer(&mut self, key: &'a str) -> Result<i64, Malformed> {
        let json = self.expect(key)?;
        match json.as_i64() {
            Some(value) if value.unsigned_abs() <= INTEGER_MAX => Ok(value),
            _ => Err(self.place.key(key).unexpected("an integer from -2^53 to 2^53", json)),
        }
    }

    /// An array.
    pub fn array(&mut self, key: &'a str) -> Result<&'a [Json], Malformed> {
        match self.expect(key)? {
            Json::Array(items) => Ok(items),
            other => Err(self.place.key(key).unexpected("an array", other)),
        }
    }

    /// An array of texts.
    pub fn texts(&mut self, key: &'a str) -> Result<Vec<String>, Malformed> {
        let read = |item: &Json, place: &Place<'_>| match item.as_str() {
            Some(text) => Ok(text.to_string()),
            None => Err(place.unexpected("a text", item)),
        };
        self.each(key, read)
    }

    /// An array, each of whose items `read` reads.
    pub fn each<T>(
        &mut self,
        key: &'a str,
        mut read: impl FnMut(&Json, &Place<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let items = self.array(key)?;
        let list = self.place.key(key);
        items.iter().enumerate().map(|(position, item)| read(item, &list.item(position))).collect()
    }

    /// An object, each of whose entries `read` reads, in the file's order.
    pub fn entries<T>(
        &mut self,
        key: &'a str,
        mut read: impl FnMut(&str, &Json, &Place<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let json = self.expect(key)?;
        let place = self.place.key(key);
        let Json::Object(map) = json else { return Err(place.unexpected("an object", json)) };
        map.iter().map(|(key, json)| read(key, json, &place.key(key))).collect()
    }

    /// What `read` reads from a field that must be there.
    pub fn read<T>(
        &mut self,
        key: &'a str,
        read: impl FnOnce(&Json, &Place<'_>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        let json = self.expect(key)?;
        read(json, &self.place.key(key))
    }

    /// What `read` reads from a field that may be absent.
    pub fn maybe_read<T>(
        &mut self,
        key: &'a str,
        read: impl FnOnce(&Json, &Place<'_>) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.maybe(key) {
            None => Ok(None),
            Some(json) => read(json, &self.place.key(key)).map(Some),
        }
    }

    /// The error that a field is not as expected.
    pub fn malformed(&self, key: &str, expected: impl Into<String>, found: impl Into<String>) -> Malformed {
        self.place.key(key).malformed(expected, found)
    }

    /// Refuses every key that nobody took.
    pub fn finish(self) -> Result<(), Malformed> {
        match self.map.keys().find(|key| !self.taken.contains(key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<&str> = self.taken.iter().copied().collect();
                Err(self
                    .place
                    .key(key)
                    .malformed(format!("one of the keys {}", known.join(", ")), "an unknown key"))
            }
        }
    }

    fn keys(&self) -> String {
        let keys: Vec<&str> = self.map.keys().map(String::as_str).collect();
        if keys.is_empty() { "an empty object".to_string() } else { format!("the keys {}", keys.join(", ")) }
    }
}
