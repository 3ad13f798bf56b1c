//! A deserializer that reads nothing: it gives each type a sample of what it asks for and keeps what was asked.

use crate::json::Json;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde_json::json;
use std::cell::RefCell;
use std::fmt;

/// The JSON Schema of a type. A type whose reader refuses every sample, such as a percentage in text, is shown as the
/// form that it asked for.
#[must_use]
pub fn shape<T: DeserializeOwned>() -> Json {
    let noted = RefCell::new(Json::Null);
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
    // A refused sample still leaves what was asked.
    let _ = T::deserialize(Tracer { noted: &noted });
    let mut schema = noted.into_inner();
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("title".into(), json!(name));
    }
    schema
}

#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Refused(message.to_string())
    }
}

#[derive(Clone, Copy)]
struct Tracer<'a> {
    noted: &'a RefCell<Json>,
}

impl Tracer<'_> {
    fn note(&self, schema: Json) {
        *self.noted.borrow_mut() = schema;
    }
}

/// Samples that every reader of the plane takes: a percentage, and a text that no length limit refuses.
const TEXT: &str = "1.00";

macro_rules! scalars {
    ($($method:ident => $visit:ident($($sample:expr)?), $schema:tt;)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.note(json!($schema));
            visitor.$visit($($sample)?)
        })+
    };
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Refused;

    scalars! {
        deserialize_bool => visit_bool(false), {"type": "boolean"};
        deserialize_i8 => visit_i8(1), {"type": "integer"};
        deserialize_i16 => visit_i16(1), {"type": "integer"};
        deserialize_i32 => visit_i32(1), {"type": "integer"};
        deserialize_i64 => visit_i64(1), {"type": "integer"};
        deserialize_u8 => visit_u8(1), {"type": "integer", "minimum": 0};
        deserialize_u16 => visit_u16(1), {"type": "integer", "minimum": 0};
        deserialize_u32 => visit_u32(1), {"type": "integer", "minimum": 0};
        deserialize_u64 => visit_u64(1), {"type": "integer", "minimum": 0};
        deserialize_f32 => visit_f32(1.0), {"type": "number"};
        deserialize_f64 => visit_f64(1.0), {"type": "number"};
        deserialize_char => visit_str(TEXT), {"type": "string"};
        deserialize_str => visit_str(TEXT), {"type": "string"};
        deserialize_string => visit_str(TEXT), {"type": "string"};
        deserialize_unit => visit_unit(), {"type": "null"};
        deserialize_any => visit_unit(), true;
        deserialize_ignored_any => visit_unit(), true;
        deserialize_identifier => visit_str(TEXT), {"type": "string"};
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = visitor.visit_some(self);
        let inner = self.noted.take();
        self.note(json!({"anyOf": [inner, {"type": "null"}]}));
        value
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let items = RefCell::new(Json::Null);
        let value = visitor.visit_seq(Items { noted: &items, left: 1 });
        self.note(json!({"type": "array", "items": items.into_inner()}));
        value
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refused> {
        let items = RefCell::new(Json::Null);
        let value = visitor.visit_seq(Items { noted: &items, left: length });
        self.note(
            json!({"type": "array", "items": items.into_inner(), "minItems": length, "maxItems": length}),
        );
        value
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let entry =
            Entry { key: RefCell::new(Json::Null), value: RefCell::new(Json::Null), done: false.into() };
        let value = visitor.visit_map(&entry);
        let (key, inner) = (entry.key.into_inner(), entry.value.into_inner());
        self.note(json!({"type": "object", "propertyNames": key, "additionalProperties": inner}));
        value
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let properties = RefCell::new(serde_json::Map::new());
        let value = visitor.visit_map(Fields { fields, at: 0, properties: &properties });
        self.note(json!({
            "type": "object",
            "properties": properties.into_inner(),
            "additionalProperties": false,
        }));
        value
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note(json!({"enum": variants}));
        visitor.visit_enum(Variant { name: variants.first().copied().unwrap_or_default() })
    }
}

struct Items<'a> {
    noted: &'a RefCell<Json>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Tracer { noted: self.noted }).map(Some)
    }
}

struct Entry {
    key: RefCell<Json>,
    value: RefCell<Json>,
    done: std::cell::Cell<bool>,
}

impl<'de> MapAccess<'de> for &Entry {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if self.done.replace(true) {
            return Ok(None);
        }
        seed.deserialize(Tracer { noted: &self.key }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        seed.deserialize(Tracer { noted: &self.value })
    }
}

struct Fields<'a> {
    fields: &'static [&'static str],
    at: usize,
    properties: &'a RefCell<serde_json::Map<String, Json>>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let Some(field) = self.fields.get(self.at) else { return Ok(None) };
        let key: StrDeserializer<'_, Refused> = (*field).into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let noted = RefCell::new(Json::Null);
        let value = seed.deserialize(Tracer { noted: &noted });
        if let Some(field) = self.fields.get(self.at) {
            self.properties.borrow_mut().insert((*field).to_string(), noted.into_inner());
        }
        self.at += 1;
        value
    }
}

struct Variant {
    name: &'static str,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Refused> {
        let name: StrDeserializer<'_, Refused> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

/// Only enums without data stand in the plane's formats; another would be refused and so show in its schema.
impl<'de> VariantAccess<'de> for Variant {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Refused> {
        Err(Refused("a variant with data".into()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Refused> {
        Err(Refused("a variant with data".into()))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Refused> {
        Err(Refused("a variant with data".into()))
    }
}
