//! What a call is asked: instructions, typed inputs, typed outputs.

use crate::digest::Digest;
use crate::pointer::join;
use crate::schema::{Node, Property, Refusal, Rest, Schema, Shape};
use crate::validate::Extra;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Names that a cell already means something by.
const TAKEN: &[&str] = &[
    "SUBMIT",
    "BatchError",
    "budget",
    "llm_batch",
    "llm_query",
    "llm_query_batched",
    "rlm_batch",
    "rlm_query",
    "search",
    "tool",
];

const PYTHON_KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// A registered signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    instructions: String,
    inputs: Schema,
    outputs: Schema,
    extra: Extra,
}

impl Signature {
    /// A signature over two object schemas, one for the inputs and one for the outputs.
    ///
    /// # Errors
    ///
    /// What [`Schema::register`] refuses, each pointer below `/inputs` or `/outputs`; an object without outputs;
    /// a name that is no Python name, is taken by a function of cells, or stands on both sides.
    ///
    /// ```
    /// use rlm::{Extra, Signature};
    /// use serde_json::json;
    ///
    /// let strike = Signature::new(
    ///     "Classify the strike.",
    ///     &json!({"type": "object", "properties": {"remarks": {"type": "string"}}, "required": ["remarks"]}),
    ///     &json!({"type": "object", "properties": {"damage": {"enum": ["none", "minor"]}}, "required": ["damage"]}),
    ///     Extra::Refuse,
    /// )
    /// .unwrap();
    /// assert_eq!(strike.output_names(), ["damage"]);
    /// ```
    pub fn new(
        instructions: impl Into<String>,
        inputs: &Value,
        outputs: &Value,
        extra: Extra,
    ) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut side = |name: &str, value: &Value| match Schema::register(value) {
            Ok(schema) => Some(schema),
            Err(found) => {
                refusals.extend(found.into_iter().map(|each| Refusal {
                    pointer: format!("/{name}{}", each.pointer),
                    problem: each.problem,
                }));
                None
            }
        };
        let (Some(inputs), Some(outputs)) = (side("inputs", inputs), side("outputs", outputs)) else {
            return Err(refusals);
        };
        let signature = Self { instructions: instructions.into(), inputs, outputs, extra };
        signature.check(&mut refusals);
        if refusals.is_empty() { Ok(signature) } else { Err(refusals) }
    }

    /// A signature without inputs.
    ///
    /// # Errors
    ///
    /// As [`Signature::new`].
    pub fn of_outputs(instructions: impl Into<String>, outputs: &Value) -> Result<Self, Vec<Refusal>> {
        Self::new(instructions, &json!({"type": "object", "properties": {}}), outputs, Extra::Refuse)
    }

    fn check(&self, refusals: &mut Vec<Refusal>) {
        let mut sides = BTreeMap::new();
        for (side, schema) in [("inputs", &self.inputs), ("outputs", &self.outputs)] {
            let at = format!("/{side}");
            let Some((properties, rest)) = fields(schema) else {
                refusals.push(refusal(&at, "expected an object with `properties`"));
                continue;
            };
            if side == "outputs" && properties.is_empty() {
                refusals.push(refusal(&at, "expected at least one output"));
            }
            if *rest != Rest::Closed {
                refusals.push(refusal(&at, "the fields of a signature are named one by one"));
            }
            for name in properties.iter().map(|property| property.name.as_str()) {
                let place = join(&join(&at, "properties"), name);
                if !is_python_name(name) {
                    refusals.push(refusal(&place, "the name is no Python name"));
                } else if TAKEN.contains(&name) {
                    refusals.push(refusal(&place, "a function of cells has this name"));
                }
                if sides.insert(name, side).is_some() {
                    refusals.push(refusal(&place, "an input has this name too"));
                }
            }
        }
    }

    /// What the model is asked to do.
    #[must_use]
    pub fn instructions(&self) -> &str {
        &self.instructions
    }

    /// The schema of the inputs.
    #[must_use]
    pub const fn inputs(&self) -> &Schema {
        &self.inputs
    }

    /// The schema of the outputs.
    #[must_use]
    pub const fn outputs(&self) -> &Schema {
        &self.outputs
    }

    /// What happens to members that the outputs do not name.
    #[must_use]
    pub const fn extra(&self) -> Extra {
        self.extra
    }

    /// The names of the inputs, in order.
    #[must_use]
    pub fn input_names(&self) -> Vec<&str> {
        names(&self.inputs, false)
    }

    /// The names of the outputs, in order.
    #[must_use]
    pub fn output_names(&self) -> Vec<&str> {
        names(&self.outputs, false)
    }

    /// The names of the outputs that an answer must have.
    #[must_use]
    pub fn required_outputs(&self) -> Vec<&str> {
        names(&self.outputs, true)
    }

    /// The signature as JSON; equal signatures have equal texts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "instructions": self.instructions,
            "inputs": self.inputs.to_json(),
            "outputs": self.outputs.to_json(),
            "extra": self.extra,
        })
    }

    /// The hash of [`Signature::to_json`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_json(&self.to_json())
    }

    /// The inputs as the signature types them.
    ///
    /// # Errors
    ///
    /// As [`Schema::validate`].
    pub fn check_inputs(
        &self,
        inputs: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Vec<crate::Violation>> {
        match self.inputs.validate(&Value::Object(inputs.clone()), Extra::Refuse)? {
            Value::Object(accepted) => Ok(accepted),
            _ => Ok(Map::new()),
        }
    }
}

fn refusal(pointer: &str, problem: &str) -> Refusal {
    Refusal { pointer: pointer.into(), problem: problem.into() }
}

fn fields(schema: &Schema) -> Option<(&[Property], &Rest)> {
    match schema.resolved(&schema.root) {
        Node { shape: Shape::Object { properties, rest }, .. } => Some((properties, rest)),
        _ => None,
    }
}

fn names(schema: &Schema, required: bool) -> Vec<&str> {
    let properties = fields(schema).map_or(&[][..], |(properties, _)| properties);
    properties.iter().filter(|each| each.required || !required).map(|each| each.name.as_str()).collect()
}

fn is_python_name(name: &str) -> bool {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    begins && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && !PYTHON_KEYWORDS.contains(&name)
}
