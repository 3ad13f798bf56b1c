//! The types that a tool's file can say, as values that go to the thread of a cell.

use checker::Type;
use serde_json::Value as Json;

/// What JSON has to look like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Any,
    Null,
    Bool,
    Int,
    Float,
    String,
    List(Box<Shape>),
    Map(Box<Shape>),
    /// One of these.
    Either(Vec<Shape>),
    /// Exactly these fields; one that may be null may be absent.
    Object(Vec<(String, Shape)>),
    /// Nothing fits: no file says such a type.
    Nothing,
}

impl Shape {
    pub(crate) fn of(ty: &Type) -> Shape {
        match ty {
            Type::Json | Type::Any => Shape::Any,
            Type::Null => Shape::Null,
            Type::Bool => Shape::Bool,
            Type::Int => Shape::Int,
            Type::Float => Shape::Float,
            Type::String => Shape::String,
            Type::List(element) => Shape::List(Box::new(Shape::of(element))),
            Type::Map(_, element) => Shape::Map(Box::new(Shape::of(element))),
            Type::Union(members) => Shape::Either(members.iter().map(Shape::of).collect()),
            Type::Structure(parts) => {
                Shape::Object(parts.iter().map(|(name, part)| (name.clone(), Shape::of(part))).collect())
            }
            _ => Shape::Nothing,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Shape::Any => "any value",
            Shape::Null => "null",
            Shape::Bool => "a boolean",
            Shape::Int => "a whole number of 64 bits",
            Shape::Float => "a number",
            Shape::String => "a text",
            Shape::List(_) => "a list",
            Shape::Map(_) | Shape::Object(_) => "an object",
            Shape::Either(_) => "one of several types",
            Shape::Nothing => "a type that no tool's file says",
        }
    }

    /// Why the value at this place does not fit.
    pub(crate) fn misfit(&self, json: &Json, at: &str) -> Option<String> {
        let is_it = match (self, json) {
            (Shape::Any, _) | (Shape::Null, Json::Null) | (Shape::Bool, Json::Bool(_)) => true,
            (Shape::Int, json) => json.is_i64(),
            (Shape::Float, Json::Number(_)) | (Shape::String, Json::String(_)) => true,
            (Shape::List(element), Json::Array(items)) => {
                let mut items = items.iter().enumerate();
                return items.find_map(|(place, item)| element.misfit(item, &format!("{at}[{place}]")));
            }
            (Shape::Map(element), Json::Object(fields)) => {
                return fields.iter().find_map(|(name, item)| element.misfit(item, &format!("{at}.{name}")));
            }
            (Shape::Either(members), json) => {
                if members.iter().any(|member| member.misfit(json, at).is_none()) {
                    return None;
                }
                // What is not null is meant to be the other one, whose reason says more.
                return members.iter().find(|member| **member != Shape::Null)?.misfit(json, at);
            }
            (Shape::Object(parts), Json::Object(fields)) => {
                if let Some(odd) = fields.keys().find(|name| !parts.iter().any(|(part, _)| part == *name)) {
                    return Some(format!("`{at}` has `{odd}`, which its schema does not have"));
                }
                return parts.iter().find_map(|(name, part)| {
                    part.misfit(fields.get(name).unwrap_or(&Json::Null), &format!("{at}.{name}"))
                });
            }
            _ => false,
        };
        let shown = || json.to_string().chars().take(80).collect::<String>();
        (!is_it).then(|| format!("`{at}` is {}, expected {}", shown(), self.name()))
    }
}
