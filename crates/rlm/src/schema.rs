//! The subset of JSON Schema 2020-12 in which values are described.
//!
//! A [`Schema`] is read once, and whatever the subset lacks is refused then, with the place: a keyword that is ignored
//! is a check that a caller believes in and nobody makes. Objects are closed: where `additionalProperties` is absent,
//! other members are refused, and [`Schema::to_json`] says so, so that other programs read the same rule.

use crate::pattern::Pattern;
use serde_json::{Map, Number, Value, json};
use std::collections::BTreeMap;

pub(crate) mod register;

pub use register::Refusal;

/// How deep a schema, and a value that it describes, may nest.
pub const NESTING_MAX: usize = 32;

/// A description of values, checked at registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    pub(crate) root: Node,
    pub(crate) definitions: BTreeMap<String, Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub description: Option<String>,
    pub shape: Shape,
    /// The only values allowed, each of the shape.
    pub allowed: Option<Vec<Value>>,
    /// Whether the one allowed value came as `const`.
    pub constant: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Boolean,
    Integer(Bounds),
    Number(Bounds),
    String {
        length: Lengths,
        pattern: Option<Pattern>,
    },
    Array {
        items: Box<Node>,
        length: Lengths,
    },
    Object {
        properties: Vec<Property>,
        rest: Rest,
    },
    /// No type, but a list of allowed scalars.
    Listed,
    Nullable(Box<Node>),
    Reference(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    pub name: String,
    pub required: bool,
    pub node: Node,
}

/// What an object does with members that it does not name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rest {
    Closed,
    Anything,
    Each(Box<Node>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lengths {
    pub minimum: Option<u64>,
    pub maximum: Option<u64>,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// Every place where the text goes beyond the subset or contradicts itself.
    ///
    /// ```
    /// use rlm::Schema;
    /// use serde_json::json;
    ///
    /// assert!(Schema::register(&json!({"type": "integer", "minimum": 0})).is_ok());
    /// let refused = Schema::register(&json!({"type": "string", "format": "date"})).unwrap_err();
    /// assert_eq!(refused[0].to_string(), "/format: the keyword `format` is not in the subset");
    /// ```
    pub fn register(value: &Value) -> Result<Self, Vec<Refusal>> {
        register::read(value)
    }

    /// The schema as JSON Schema 2020-12, with every closed object saying so.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut out = self.root.to_json();
        if !self.definitions.is_empty()
            && let Value::Object(members) = &mut out
        {
            let named: Map<_, _> =
                self.definitions.iter().map(|(name, node)| (name.clone(), node.to_json())).collect();
            members.insert("$defs".into(), named.into());
        }
        out
    }

    /// The root with references followed, for who asks what a value looks like at the top.
    pub(crate) fn resolved<'a>(&'a self, node: &'a Node) -> &'a Node {
        let mut node = node;
        // Registration refused circles, so this ends.
        while let Shape::Reference(name) = &node.shape {
            match self.definitions.get(name) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }
}

impl Node {
    pub(crate) fn plain(shape: Shape) -> Self {
        Self { description: None, shape, allowed: None, constant: false }
    }

    fn to_json(&self) -> Value {
        let mut out = Map::new();
        match &self.shape {
            Shape::Boolean => put(&mut out, "type", "boolean"),
            Shape::Integer(bounds) => {
                put(&mut out, "type", "integer");
                bounds.put(&mut out);
            }
            Shape::Number(bounds) => {
                put(&mut out, "type", "number");
                bounds.put(&mut out);
            }
            Shape::String { length, pattern } => {
                put(&mut out, "type", "string");
                length.put(&mut out, "minLength", "maxLength");
                if let Some(pattern) = pattern {
                    put(&mut out, "pattern", pattern.source());
                }
            }
            Shape::Array { items, length } => {
                put(&mut out, "type", "array");
                out.insert("items".into(), items.to_json());
                length.put(&mut out, "minItems", "maxItems");
            }
            Shape::Object { properties, rest } => {
                put(&mut out, "type", "object");
                let named: Map<_, _> =
                    properties.iter().map(|each| (each.name.clone(), each.node.to_json())).collect();
                out.insert("properties".into(), named.into());
                let required: Vec<&str> =
                    properties.iter().filter(|each| each.required).map(|each| each.name.as_str()).collect();
                out.insert("required".into(), required.into());
                let rest = match rest {
                    Rest::Closed => json!(false),
                    Rest::Anything => json!(true),
                    Rest::Each(node) => node.to_json(),
                };
                out.insert("additionalProperties".into(), rest);
            }
            Shape::Listed => {}
            Shape::Nullable(inner) => {
                out.insert("anyOf".into(), json!([inner.to_json(), {"type": "null"}]));
            }
            Shape::Reference(name) => {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                put(&mut out, "$ref", &format!("#/$defs/{escaped}"));
            }
        }
        match (&self.allowed, self.constant) {
            (Some(values), true) => {
                out.insert("const".into(), values.first().cloned().unwrap_or_default());
            }
            (Some(values), false) => {
                out.insert("enum".into(), values.clone().into());
            }
            (None, _) => {}
        }
        if let Some(description) = &self.description {
            put(&mut out, "description", description);
        }
        out.into()
    }
}

fn put(out: &mut Map<String, Value>, name: &str, value: &str) {
    out.insert(name.into(), value.into());
}

impl Bounds {
    fn put(&self, out: &mut Map<String, Value>) {
        for (name, bound) in [("minimum", &self.minimum), ("maximum", &self.maximum)] {
            if let Some(bound) = bound {
                out.insert(name.into(), bound.clone().into());
            }
        }
    }
}

impl Lengths {
    fn put(self, out: &mut Map<String, Value>, least: &str, most: &str) {
        for (name, bound) in [(least, self.minimum), (most, self.maximum)] {
            if let Some(bound) = bound {
                out.insert(name.into(), bound.into());
            }
        }
    }

    pub(crate) fn admits(self, count: usize) -> bool {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.minimum.is_none_or(|least| count >= least) && self.maximum.is_none_or(|most| count <= most)
    }
}
