//! Holding a value against a schema. The host's verdict is the one that counts.

use crate::number::{compare, is_integer, same, whole};
use crate::pointer::join;
use crate::schema::{Bounds, NESTING_MAX, Node, Property, Rest, Schema, Shape};
use crate::violation::{Violation, ViolationKind, type_name};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;

/// An answer with more mistakes shows the first ones.
const VIOLATIONS_MAX: usize = 100;

/// What happens to members that a closed object does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// They are a violation.
    #[default]
    Refuse,
    /// They are left out of the accepted value.
    Drop,
}

impl Schema {
    /// The value as the schema types it: whole floats of an integer become integers, dropped members are gone.
    ///
    /// # Errors
    ///
    /// The first hundred disagreements, in the order of the value.
    ///
    /// ```
    /// use rlm::{Extra, Schema};
    /// use serde_json::json;
    ///
    /// let schema = Schema::register(&json!({"type": "integer", "minimum": 0})).unwrap();
    /// assert_eq!(schema.validate(&json!(7), Extra::Refuse), Ok(json!(7)));
    /// let wrong = schema.validate(&json!(true), Extra::Refuse).unwrap_err();
    /// assert_eq!(wrong[0].to_string(), "(root): expected an integer, got a boolean: true");
    /// ```
    pub fn validate(&self, value: &Value, extra: Extra) -> Result<Value, Vec<Violation>> {
        let mut walk = Walk { schema: self, extra, found: Vec::new() };
        let accepted = walk.node(&self.root, value, "", 0);
        if walk.found.is_empty() { Ok(accepted) } else { Err(walk.found) }
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    extra: Extra,
    found: Vec<Violation>,
}

impl Walk<'_> {
    fn report(&mut self, at: &str, kind: ViolationKind, expected: String, got: &str, value: &Value) {
        if self.found.len() < VIOLATIONS_MAX {
            self.found.push(Violation::new(at, kind, expected, got, Some(value)));
        }
    }

    fn mismatch(&mut self, at: &str, expected: &str, value: &Value) -> Value {
        self.report(at, ViolationKind::TypeMismatch, expected.into(), type_name(value), value);
        Value::Null
    }

    fn range(&mut self, at: &str, expected: String, got: String, value: &Value) {
        self.report(at, ViolationKind::OutOfRange, expected, &got, value);
    }

    fn node(&mut self, node: &Node, value: &Value, at: &str, depth: usize) -> Value {
        if depth > NESTING_MAX {
            let expected = format!("at most {NESTING_MAX} levels");
            self.report(at, ViolationKind::TooLarge, expected, "a deeper value", value);
            return Value::Null;
        }
        let before = self.found.len();
        let accepted = self.shape(node, value, at, depth);
        if let Some(allowed) = &node.allowed
            && self.found.len() == before
            && !allowed.iter().any(|one| same(one, value))
        {
            let listed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let expected =
                if node.constant { listed.concat() } else { format!("one of {}", listed.join(", ")) };
            self.report(at, ViolationKind::EnumInvalid, expected, type_name(value), value);
        }
        accepted
    }

    fn shape(&mut self, node: &Node, value: &Value, at: &str, depth: usize) -> Value {
        match &node.shape {
            Shape::Listed => value.clone(),
            Shape::Nullable(_) if value.is_null() => Value::Null,
            Shape::Nullable(inner) => self.node(inner, value, at, depth),
            Shape::Reference(name) => match self.schema.definitions.get(name) {
                Some(target) => self.node(target, value, at, depth),
                // Registration refuses it.
                None => self.mismatch(at, name, value),
            },
            Shape::Boolean if value.is_boolean() => value.clone(),
            Shape::Boolean => self.mismatch(at, "a boolean", value),
            Shape::Integer(bounds) => match value {
                Value::Number(number) if is_integer(number) => self.integer(bounds, number, value, at),
                _ => self.mismatch(at, "an integer", value),
            },
            Shape::Number(bounds) => match value {
                Value::Number(number) => {
                    self.bounds(bounds, number, value, at);
                    value.clone()
                }
                _ => self.mismatch(at, "a number", value),
            },
            Shape::String { length, pattern } => {
                let Value::String(text) = value else { return self.mismatch(at, "a string", value) };
                let count = text.chars().count();
                if !length.admits(count) {
                    let expected = limits(length.minimum, length.maximum, "characters");
                    self.range(at, expected, format!("{count} characters"), value);
                }
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                    let expected = format!("a match of {pattern:?}");
                    self.report(at, ViolationKind::ValidationFailed, expected, "another text", value);
                }
                value.clone()
            }
            Shape::Array { items, length } => {
                let Value::Array(found) = value else { return self.mismatch(at, "an array", value) };
                if !length.admits(found.len()) {
                    let expected = limits(length.minimum, length.maximum, "items");
                    self.range(at, expected, format!("{} items", found.len()), value);
                }
                let step = |n: usize| join(at, &n.to_string());
                let each = found.iter().enumerate();
                Value::Array(each.map(|(n, item)| self.node(items, item, &step(n), depth + 1)).collect())
            }
            Shape::Object { properties, rest } => {
                let Value::Object(found) = value else { return self.mismatch(at, "an object", value) };
                self.object(properties, rest, found, at, depth)
            }
        }
    }

    fn integer(&mut self, bounds: &Bounds, number: &Number, value: &Value, at: &str) -> Value {
        match whole(number).and_then(|exact| i64::try_from(exact).ok()) {
            Some(exact) => {
                self.bounds(bounds, number, value, at);
                exact.into()
            }
            None => {
                let expected = "an integer of 64 bits, -9223372036854775808 to 9223372036854775807";
                self.range(at, expected.into(), "a larger one".into(), value);
                Value::Null
            }
        }
    }

    fn bounds(&mut self, bounds: &Bounds, number: &Number, value: &Value, at: &str) {
        let low = bounds.minimum.as_ref().is_some_and(|least| compare(number, least) == Ordering::Less);
        let high = bounds.maximum.as_ref().is_some_and(|most| compare(number, most) == Ordering::Greater);
        if low || high {
            let expected = limits(bounds.minimum.as_ref(), bounds.maximum.as_ref(), "");
            self.range(at, expected, number.to_string(), value);
        }
    }

    fn object(
        &mut self,
        properties: &[Property],
        rest: &Rest,
        found: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Value {
        let mut accepted = Map::new();
        for property in properties {
            match found.get(&property.name) {
                Some(member) => {
                    let place = join(at, &property.name);
                    let member = self.node(&property.node, member, &place, depth + 1);
                    accepted.insert(property.name.clone(), member);
                }
                None if property.required => {
                    let expected = format!("the field `{}`", property.name);
                    let violation = Violation::new(
                        &join(at, &property.name),
                        ViolationKind::MissingField,
                        expected,
                        "nothing",
                        None,
                    );
                    self.found.push(violation);
                }
                None => {}
            }
        }
        let named = |name: &str| properties.iter().any(|property| property.name == name);
        for (name, member) in found.iter().filter(|(name, _)| !named(name)) {
            let place = join(at, name);
            match rest {
                Rest::Anything => {
                    accepted.insert(name.clone(), member.clone());
                }
                Rest::Each(node) => {
                    let member = self.node(node, member, &place, depth + 1);
                    accepted.insert(name.clone(), member);
                }
                Rest::Closed if self.extra == Extra::Drop => {}
                Rest::Closed => {
                    let names: Vec<&str> = properties.iter().map(|each| each.name.as_str()).collect();
                    let expected = format!("only the fields {}", names.join(", "));
                    self.report(&place, ViolationKind::UnknownField, expected, &format!("`{name}`"), member);
                }
            }
        }
        accepted.into()
    }
}

fn limits<T: ToString>(least: Option<T>, most: Option<T>, unit: &str) -> String {
    let (least, most) = (least.map(|n| n.to_string()), most.map(|n| n.to_string()));
    let text = match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most} {unit}"),
        (Some(least), None) => format!("at least {least} {unit}"),
        (None, Some(most)) => format!("at most {most} {unit}"),
        (None, None) => unit.into(),
    };
    text.trim_end().into()
}
