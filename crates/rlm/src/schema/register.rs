//! Reading a schema: what is outside the subset is refused here, before any value is seen.

use super::{Bounds, Lengths, NESTING_MAX, Node, Property, Rest, Schema, Shape};
use crate::number::{compare, is_integer, same};
use crate::pattern::Pattern;
use crate::pointer::{join, unescaped};
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A place in a schema that cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// JSON pointer into the schema.
    pub pointer: String,
    /// What was found, and what would do.
    pub problem: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.pointer.is_empty() { "(root)" } else { &self.pointer }, self.problem)
    }
}

const KEYWORDS: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "anyOf",
    "$defs",
    "$ref",
    "description",
];

const TYPES: &str = "boolean, integer, number, string, array or object";

pub(crate) fn read(value: &Value) -> Result<Schema, Vec<Refusal>> {
    let mut reader = Reader { refusals: Vec::new(), references: Vec::new() };
    let root = reader.node(value, "", 0);
    let mut definitions = BTreeMap::new();
    if let Some(Value::Object(named)) = value.get("$defs") {
        for (name, definition) in named {
            let at = join("/$defs", name);
            definitions.insert(name.clone(), reader.node(definition, &at, 1));
        }
    }
    let references = std::mem::take(&mut reader.references);
    for (name, at) in references {
        if !definitions.contains_key(&name) {
            reader.refuse(&at, format!("`$defs` has no `{name}`"));
        }
    }
    let schema = Schema { root, definitions };
    if reader.refusals.is_empty() {
        reader.circles(&schema);
    }
    if reader.refusals.is_empty() { Ok(schema) } else { Err(reader.refusals) }
}

struct Reader {
    refusals: Vec<Refusal>,
    /// Names that references ask for, with the place that asks.
    references: Vec<(String, String)>,
}

impl Reader {
    fn refuse(&mut self, pointer: &str, problem: impl Into<String>) {
        self.refusals.push(Refusal { pointer: pointer.into(), problem: problem.into() });
    }

    fn node(&mut self, value: &Value, at: &str, depth: usize) -> Node {
        // Stands for what was refused; the schema is never built then.
        let nothing = Node::plain(Shape::Boolean);
        let Value::Object(members) = value else {
            self.refuse(at, format!("expected an object, found {value}"));
            return nothing;
        };
        if depth >= NESTING_MAX {
            self.refuse(at, format!("nested more than {NESTING_MAX} deep"));
            return nothing;
        }
        for keyword in members.keys() {
            if !KEYWORDS.contains(&keyword.as_str()) {
                self.refuse(&join(at, keyword), format!("the keyword `{keyword}` is not in the subset"));
            }
        }
        if members.contains_key("$defs") && depth > 0 {
            self.refuse(&join(at, "$defs"), "`$defs` stands at the root only");
        }
        if members.get("$defs").is_some_and(|defs| !defs.is_object()) {
            self.refuse(&join(at, "$defs"), "expected an object");
        }
        let description = self.text(members, at, "description");
        let (shape, applicable) = self.shape(members, at, depth);
        for keyword in members.keys() {
            let always = ["description", "$defs"].contains(&keyword.as_str());
            if KEYWORDS.contains(&keyword.as_str()) && !always && !applicable.contains(&keyword.as_str()) {
                self.refuse(&join(at, keyword), format!("`{keyword}` says nothing about this type"));
            }
        }
        let (allowed, constant) = self.allowed(members, at, &shape);
        Node { description, shape, allowed, constant }
    }

    /// The shape, and the keywords that mean something beside it.
    fn shape(
        &mut self,
        members: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> (Shape, &'static [&'static str]) {
        if let Some(reference) = members.get("$ref") {
            return (self.reference(reference, at), &["$ref"]);
        }
        if let Some(variants) = members.get("anyOf") {
            return (self.nullable(variants, at, depth), &["anyOf"]);
        }
        match members.get("type") {
            None if members.contains_key("enum") || members.contains_key("const") => {
                (Shape::Listed, &["enum", "const"])
            }
            None => {
                self.refuse(at, format!("expected a `type`: {TYPES}"));
                (Shape::Listed, KEYWORDS)
            }
            Some(Value::String(name)) => match name.as_str() {
                "boolean" => (Shape::Boolean, &["type", "enum", "const"]),
                "integer" => (
                    Shape::Integer(self.bounds(members, at)),
                    &["type", "enum", "const", "minimum", "maximum"],
                ),
                "number" => (
                    Shape::Number(self.bounds(members, at)),
                    &["type", "enum", "const", "minimum", "maximum"],
                ),
                "string" => {
                    let length = self.lengths(members, at, "minLength", "maxLength");
                    let pattern = self.pattern(members, at);
                    (
                        Shape::String { length, pattern },
                        &["type", "enum", "const", "minLength", "maxLength", "pattern"],
                    )
                }
                "array" => {
                    let length = self.lengths(members, at, "minItems", "maxItems");
                    let items = match members.get("items") {
                        Some(items) => self.node(items, &join(at, "items"), depth + 1),
                        None => {
                            self.refuse(at, "an array says in `items` what it holds");
                            Node::plain(Shape::Boolean)
                        }
                    };
                    (
                        Shape::Array { items: Box::new(items), length },
                        &["type", "items", "minItems", "maxItems"],
                    )
                }
                "object" => (
                    self.object(members, at, depth),
                    &["type", "properties", "required", "additionalProperties"],
                ),
                other => {
                    let problem = if other == "null" {
                        "`null` stands in a nullable `anyOf` only".to_string()
                    } else {
                        format!("the type `{other}` is not in the subset: {TYPES}")
                    };
                    self.refuse(&join(at, "type"), problem);
                    (Shape::Listed, KEYWORDS)
                }
            },
            Some(other) => {
                self.refuse(&join(at, "type"), format!("expected the name of one type, found {other}"));
                (Shape::Listed, KEYWORDS)
            }
        }
    }

    fn reference(&mut self, reference: &Value, at: &str) -> Shape {
        let at = join(at, "$ref");
        let local = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
        match local.filter(|name| !name.contains('/')) {
            Some(name) => {
                let name = unescaped(name);
                self.references.push((name.clone(), at));
                Shape::Reference(name)
            }
            None => {
                self.refuse(&at, format!("expected `#/$defs/NAME`, found {reference}"));
                Shape::Listed
            }
        }
    }

    fn nullable(&mut self, variants: &Value, at: &str, depth: usize) -> Shape {
        let at = join(at, "anyOf");
        let null = |value: &Value| value.get("type").and_then(Value::as_str) == Some("null");
        let inner = match variants.as_array().map(Vec::as_slice) {
            Some([inner, last]) if null(last) && !null(inner) => Some((inner, "0")),
            Some([first, inner]) if null(first) && !null(inner) => Some((inner, "1")),
            _ => None,
        };
        let Some((inner, place)) = inner else {
            self.refuse(
                &at,
                "expected a schema and `{\"type\": \"null\"}`: other unions are not in the subset",
            );
            return Shape::Listed;
        };
        Shape::Nullable(Box::new(self.node(inner, &join(&at, place), depth + 1)))
    }

    fn object(&mut self, members: &Map<String, Value>, at: &str, depth: usize) -> Shape {
        let mut required = BTreeSet::new();
        if let Some(names) = members.get("required") {
            let place = join(at, "required");
            for name in names.as_array().into_iter().flatten() {
                match name.as_str() {
                    Some(name) if required.insert(name.to_string()) => {}
                    Some(name) => self.refuse(&place, format!("`{name}` stands twice")),
                    None => self.refuse(&place, format!("expected a name, found {name}")),
                }
            }
            if !names.is_array() {
                self.refuse(&place, "expected an array of names");
            }
        }
        let mut properties = Vec::new();
        match members.get("properties") {
            Some(Value::Object(named)) => {
                for (name, node) in named {
                    let place = join(&join(at, "properties"), name);
                    let node = self.node(node, &place, depth + 1);
                    properties.push(Property { name: name.clone(), required: required.remove(name), node });
                }
            }
            Some(other) => {
                self.refuse(&join(at, "properties"), format!("expected an object, found {other}"));
            }
            None => {}
        }
        for name in required {
            self.refuse(&join(at, "required"), format!("`properties` has no `{name}`"));
        }
        let rest = match members.get("additionalProperties") {
            None | Some(Value::Bool(false)) => Rest::Closed,
            Some(Value::Bool(true)) => Rest::Anything,
            Some(node) => Rest::Each(Box::new(self.node(node, &join(at, "additionalProperties"), depth + 1))),
        };
        Shape::Object { properties, rest }
    }

    fn bounds(&mut self, members: &Map<String, Value>, at: &str) -> Bounds {
        let mut bound = |name: &str| -> Option<Number> {
            let value = members.get(name)?;
            if let Value::Number(number) = value {
                return Some(number.clone());
            }
            self.refuse(&join(at, name), format!("expected a number, found {value}"));
            None
        };
        let bounds = Bounds { minimum: bound("minimum"), maximum: bound("maximum") };
        if let (Some(least), Some(most)) = (&bounds.minimum, &bounds.maximum)
            && compare(least, most) == Ordering::Greater
        {
            self.refuse(at, format!("no value lies between {least} and {most}"));
        }
        bounds
    }

    fn lengths(&mut self, members: &Map<String, Value>, at: &str, least: &str, most: &str) -> Lengths {
        let mut bound = |name: &str| -> Option<u64> {
            let value = members.get(name)?;
            if value.as_u64().is_none() {
                self.refuse(&join(at, name), format!("expected a count, found {value}"));
            }
            value.as_u64()
        };
        let lengths = Lengths { minimum: bound(least), maximum: bound(most) };
        if let (Some(low), Some(high)) = (lengths.minimum, lengths.maximum)
            && low > high
        {
            self.refuse(at, format!("no length lies between {low} and {high}"));
        }
        lengths
    }

    fn pattern(&mut self, members: &Map<String, Value>, at: &str) -> Option<Pattern> {
        let source = self.text(members, at, "pattern")?;
        match Pattern::new(&source) {
            Ok(pattern) => Some(pattern),
            Err(problem) => {
                self.refuse(&join(at, "pattern"), problem);
                None
            }
        }
    }

    fn text(&mut self, members: &Map<String, Value>, at: &str, name: &str) -> Option<String> {
        let value = members.get(name)?;
        if value.as_str().is_none() {
            self.refuse(&join(at, name), format!("expected a text, found {value}"));
        }
        value.as_str().map(str::to_string)
    }

    fn allowed(
        &mut self,
        members: &Map<String, Value>,
        at: &str,
        shape: &Shape,
    ) -> (Option<Vec<Value>>, bool) {
        let (values, constant, place) = match (members.get("enum"), members.get("const")) {
            (Some(_), Some(_)) => {
                self.refuse(at, "`enum` and `const` exclude each other");
                return (None, false);
            }
            (None, None) => return (None, false),
            (None, Some(value)) => (vec![value.clone()], true, join(at, "const")),
            (Some(values), None) => {
                let place = join(at, "enum");
                match values.as_array() {
                    Some(values) if !values.is_empty() => (values.clone(), false, place),
                    _ => {
                        self.refuse(&place, "expected an array with at least one value");
                        return (None, false);
                    }
                }
            }
        };
        for (n, value) in values.iter().enumerate() {
            if values.iter().take(n).any(|earlier| same(earlier, value)) {
                self.refuse(&place, format!("{value} stands twice"));
            }
            let fits = match (shape, value) {
                (_, Value::Array(_) | Value::Object(_)) => false,
                (Shape::Boolean, value) => value.is_boolean(),
                (Shape::Integer(_), Value::Number(number)) => is_integer(number),
                (Shape::Integer(_), _) => false,
                (Shape::Number(_), value) => value.is_number(),
                (Shape::String { .. }, value) => value.is_string(),
                _ => true,
            };
            if !fits {
                self.refuse(&place, format!("{value} is no scalar of the type"));
            }
        }
        (Some(values), constant)
    }

    /// A reference that leads back to itself without a member or item in between describes nothing.
    fn circles(&mut self, schema: &Schema) {
        for name in schema.definitions.keys() {
            let mut seen = BTreeSet::from([name]);
            let mut node = schema.definitions.get(name);
            while let Some(next) = node.and_then(direct) {
                if !seen.insert(next) {
                    self.refuse(&join("/$defs", name), "refers to itself without a member or item between");
                    break;
                }
                node = schema.definitions.get(next);
            }
        }
    }
}

/// The definition that a node stands for without a step into a value.
fn direct(node: &Node) -> Option<&String> {
    match &node.shape {
        Shape::Reference(name) => Some(name),
        Shape::Nullable(inner) => direct(inner),
        _ => None,
    }
}
