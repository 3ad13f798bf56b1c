//! Rust types as signatures: what `#[derive(Signature)]` and `#[derive(Choice)]` write against.

use crate::number::compare;
use crate::schema::Refusal;
use crate::signature::Signature;
use crate::validate::Extra;
use serde_json::{Map, Number, Value, json};
use std::cmp::Ordering;

/// JSON, under the name that derived code has for it.
pub type Json = Value;

/// The members of a JSON object.
pub type Object = Map<String, Value>;

/// A type that can be a field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a signature",
    note = "supported: String, i64, i32, u32, f64, bool, Option and Vec of these, and enums with `#[derive(Choice)]`"
)]
pub trait Field: Sized {
    /// Whether an answer may lack it.
    const OPTIONAL: bool = false;

    /// Its JSON Schema.
    fn schema() -> Json;

    /// Its JSON.
    fn to_json(&self) -> Json;

    /// The value that a JSON value of the schema stands for; nothing for any other.
    fn from_json(value: &Json) -> Option<Self>;
}

/// A field whose values have a least and a greatest.
#[diagnostic::on_unimplemented(message = "`min` and `max` say nothing about `{Self}`")]
pub trait Numeric: Field {}

/// A field whose values are texts.
#[diagnostic::on_unimplemented(
    message = "`min_length`, `max_length` and `pattern` say nothing about `{Self}`"
)]
pub trait Textual: Field {}

/// A field whose values are lists.
#[diagnostic::on_unimplemented(message = "`min_items` and `max_items` say nothing about `{Self}`")]
pub trait Listing: Field {}

/// A struct whose fields are inputs and outputs of one call.
pub trait Typed: Sized {
    /// Its signature.
    ///
    /// # Errors
    ///
    /// What only registration sees: a pattern that does not compile, a name that no cell can have.
    fn signature() -> Result<Signature, Vec<Refusal>>;

    /// The struct from the inputs that were asked and the outputs that were accepted; nothing where a field is absent
    /// or has another type.
    fn from_fields(inputs: &Object, outputs: &Object) -> Option<Self>;
}

/// Something that a field's mark says.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the marks")]
pub enum Rule<'a> {
    Description(&'a str),
    MinInteger(i64),
    MaxInteger(i64),
    MinFloat(f64),
    MaxFloat(f64),
    MinLength(u64),
    MaxLength(u64),
    Pattern(&'a str),
    MinItems(u64),
    MaxItems(u64),
}

/// A signature on its way: fields in the order of the struct.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    inputs: Side,
    outputs: Side,
}

#[derive(Clone, Debug, Default)]
struct Side {
    properties: Object,
    required: Vec<String>,
}

impl Outline {
    /// With one more input.
    #[must_use]
    pub fn input<T: Field>(mut self, name: &str, rules: &[Rule<'_>]) -> Self {
        self.inputs.add::<T>(name, rules);
        self
    }

    /// With one more output.
    #[must_use]
    pub fn output<T: Field>(mut self, name: &str, rules: &[Rule<'_>]) -> Self {
        self.outputs.add::<T>(name, rules);
        self
    }

    /// The signature.
    ///
    /// # Errors
    ///
    /// As [`Signature::new`].
    pub fn signature(self, instructions: &str, extra: Extra) -> Result<Signature, Vec<Refusal>> {
        Signature::new(instructions, &self.inputs.schema(), &self.outputs.schema(), extra)
    }
}

impl Side {
    fn add<T: Field>(&mut self, name: &str, rules: &[Rule<'_>]) {
        let mut schema = T::schema();
        rules.iter().for_each(|rule| rule.refine(&mut schema));
        self.properties.insert(name.into(), schema);
        if !T::OPTIONAL {
            self.required.push(name.into());
        }
    }

    fn schema(self) -> Json {
        json!({"type": "object", "properties": self.properties, "required": self.required})
    }
}

impl Rule<'_> {
    /// Puts the rule where it means something: on what may be null, on the value that may be there.
    fn refine(self, schema: &mut Json) {
        if let Self::Description(text) = self {
            if let Some(members) = schema.as_object_mut() {
                members.insert("description".into(), text.into());
            }
            return;
        }
        if let Some(inner) = schema.pointer_mut("/anyOf/0") {
            self.refine(inner);
            return;
        }
        let (keyword, value) = match self {
            Self::Description(_) => return,
            Self::MinInteger(bound) => ("minimum", bound.into()),
            Self::MaxInteger(bound) => ("maximum", bound.into()),
            Self::MinFloat(bound) => ("minimum", bound.into()),
            Self::MaxFloat(bound) => ("maximum", bound.into()),
            Self::MinLength(bound) => ("minLength", bound.into()),
            Self::MaxLength(bound) => ("maxLength", bound.into()),
            Self::Pattern(pattern) => ("pattern", pattern.into()),
            Self::MinItems(bound) => ("minItems", bound.into()),
            Self::MaxItems(bound) => ("maxItems", bound.into()),
        };
        let Some(members) = schema.as_object_mut() else { return };
        // A type's own bound stays where it is the tighter one.
        let looser = |old: &Number, new: &Number| match keyword {
            "minimum" => compare(old, new) == Ordering::Greater,
            _ => compare(old, new) == Ordering::Less,
        };
        if let (Some(Value::Number(old)), Value::Number(new)) = (members.get(keyword), &value)
            && looser(old, new)
        {
            return;
        }
        members.insert(keyword.into(), value);
    }
}

/// The schema of a list of texts.
#[must_use]
pub fn choice(names: &[&str]) -> Json {
    json!({"type": "string", "enum": names})
}

/// A field of an object; what may be absent is read as null.
#[must_use]
pub fn read<T: Field>(fields: &Object, name: &str) -> Option<T> {
    match fields.get(name) {
        Some(value) => T::from_json(value),
        None if T::OPTIONAL => T::from_json(&Value::Null),
        None => None,
    }
}

macro_rules! fields {
    ($($name:ty: $schema:tt, $read:expr, $($class:ident)?;)+) => {$(
        impl Field for $name {
            fn schema() -> Json {
                json!($schema)
            }

            fn to_json(&self) -> Json {
                json!(self)
            }

            fn from_json(value: &Json) -> Option<Self> {
                ($read)(value)
            }
        }

        $(impl $class for $name {})?
    )+};
}

fields! {
    i64: {"type": "integer"}, Value::as_i64, Numeric;
    i32: {"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}, |value: &Value| value.as_i64()?.try_into().ok(), Numeric;
    u32: {"type": "integer", "minimum": u32::MIN, "maximum": u32::MAX}, |value: &Value| value.as_i64()?.try_into().ok(), Numeric;
    f64: {"type": "number"}, Value::as_f64, Numeric;
    bool: {"type": "boolean"}, Value::as_bool,;
    String: {"type": "string"}, |value: &Value| value.as_str().map(Into::into), Textual;
}

impl<T: Field> Field for Option<T> {
    const OPTIONAL: bool = true;

    fn schema() -> Json {
        json!({"anyOf": [T::schema(), {"type": "null"}]})
    }

    fn to_json(&self) -> Json {
        self.as_ref().map_or(Value::Null, Field::to_json)
    }

    fn from_json(value: &Json) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_json(value).map(Some) }
    }
}

impl<T: Numeric> Numeric for Option<T> {}
impl<T: Textual> Textual for Option<T> {}
impl<T: Listing> Listing for Option<T> {}

impl<T: Field> Field for Vec<T> {
    fn schema() -> Json {
        json!({"type": "array", "items": T::schema()})
    }

    fn to_json(&self) -> Json {
        self.iter().map(Field::to_json).collect()
    }

    fn from_json(value: &Json) -> Option<Self> {
        value.as_array()?.iter().map(T::from_json).collect()
    }
}

impl<T: Field> Listing for Vec<T> {}
