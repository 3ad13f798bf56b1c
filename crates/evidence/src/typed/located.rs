//! A deserializer that knows where it is: whatever a type refuses is an error with the pointer of the part that it
//! refused.

use crate::json::Json;
use crate::place::{Malformed, Place};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::cell::RefCell;

/// A part of a file. The innermost part that fails is kept aside in `first`, for serde's own errors name no place.
pub(super) struct Located<'a> {
    pub json: &'a Json,
    pub place: &'a Place<'a>,
    pub first: &'a RefCell<Option<Malformed>>,
}

impl Located<'_> {
    fn note<T>(&self, read: Result<T, serde_json::Error>) -> Result<T, serde_json::Error> {
        read.inspect_err(|why| {
            self.first.borrow_mut().get_or_insert_with(|| malformed(self.place, &why.to_string()));
        })
    }

    fn part<'p>(&'p self, json: &'p Json, place: &'p Place<'p>) -> Located<'p> {
        Located { json, place, first: self.first }
    }
}

/// Takes serde's sentence apart: `invalid type: string "x", expected u64`, `missing field `x``.
fn malformed(place: &Place<'_>, why: &str) -> Malformed {
    match (why.strip_prefix("missing field "), why.split_once(", expected ")) {
        (Some(name), _) => place.malformed(format!("the key {name}"), "no such key"),
        (None, Some((found, expected))) => place.malformed(expected, found),
        (None, None) => match why.split_once(", found ") {
            Some((expected, found)) => place.malformed(expected.trim_start_matches("expected "), found),
            None => place.malformed("what the type allows", why),
        },
    }
}

impl<'de> Deserializer<'de> for Located<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let read = match self.json {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Json::String(text) => visitor.visit_str(text),
            Json::Array(items) => visitor.visit_seq(Items { whole: &self, items, next: 0 }),
            Json::Object(map) => {
                visitor.visit_map(Entries { whole: &self, entries: map.iter(), value: None })
            }
        };
        self.note(read)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.json.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        // What a variant holds is small; a fault in it is one of the whole.
        let read = self.json.clone().deserialize_enum(name, variants, visitor);
        self.note(read)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a> {
    whole: &'a Located<'a>,
    items: &'a [Json],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = serde_json::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        let place = self.whole.place.item(self.next);
        self.next += 1;
        let part = self.whole.part(item, &place);
        let read = seed.deserialize(self.whole.part(item, &place));
        part.note(read).map(Some)
    }
}

struct Entries<'a> {
    whole: &'a Located<'a>,
    entries: serde_json::map::Iter<'a>,
    value: Option<(&'a str, &'a Json)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = serde_json::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Self::Error> {
        let Some((key, json)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, json));
        let place = self.whole.place.key(key);
        let key: StrDeserializer<'_, serde_json::Error> = key.as_str().into_deserializer();
        let read = seed.deserialize(key);
        self.whole.part(json, &place).note(read).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error> {
        let Some((key, json)) = self.value.take() else {
            return Err(serde::de::Error::custom("a value was read before its key"));
        };
        let place = self.whole.place.key(key);
        // A type that checks what it read, such as a percentage, fails after its part was left.
        let part = self.whole.part(json, &place);
        let read = seed.deserialize(self.whole.part(json, &place));
        part.note(read)
    }
}

#[cfg(test)]
mod tests {
    use crate::typed::{read, read_yaml};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        count: u32,
        parts: Vec<Part>,
        #[serde(default)]
        map: BTreeMap<Word, Option<i64>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        word: Word,
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Yes,
        No,
    }

    #[test]
    fn a_well_formed_text_is_read() {
        let text = r#"{"count":1,"parts":[{"word":"yes"}],"map":{"no":null,"yes":-3}}"#;
        let map = BTreeMap::from([(Word::No, None), (Word::Yes, Some(-3))]);
        let expected = Outer { count: 1, parts: vec![Part { word: Word::Yes }], map };
        assert_eq!(read::<Outer>("t", text.as_bytes()), Ok(expected));
        assert!(read_yaml::<Outer>("t", b"count: 1\nparts: [{word: no}]\n").is_ok());
    }

    #[test]
    fn what_is_refused_has_a_pointer() {
        for (text, error) in [
            (r#"{"count":-1,"parts":[]}"#, "t#/count: expected u32, found invalid value: integer `-1`"),
            (r#"{"count":"1","parts":[]}"#, "t#/count: expected u32, found invalid type: string \"1\""),
            (r#"{"parts":[]}"#, "t#: expected the key `count`, found no such key"),
            (r#"{"count":1,"parts":[{}]}"#, "t#/parts/0: expected the key `word`, found no such key"),
            (
                r#"{"count":1,"parts":[{"word":"yes"},{"word":"si"}]}"#,
                "t#/parts/1/word: expected `yes` or `no`, found unknown variant `si`",
            ),
            (
                r#"{"count":1,"parts":[],"prats":[]}"#,
                "t#/prats: expected one of `count`, `parts`, `map`, found unknown field `prats`",
            ),
            (
                r#"{"count":1,"parts":[],"map":{"si":1}}"#,
                "t#/map/si: expected `yes` or `no`, found unknown variant `si`",
            ),
            (
                r#"{"count":1,"parts":[],"map":{"no":1.5}}"#,
                "t#/map/no: expected i64, found invalid type: floating point `1.5`",
            ),
            ("[]", "t#: expected struct Outer with 3 elements, found invalid length 0"),
        ] {
            let found = read::<Outer>("t", text.as_bytes()).unwrap_err().to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
