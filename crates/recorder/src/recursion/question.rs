//! A question as the program asks it, and the task that a machine makes of it.

use prelude::python::Bounds;
use rlm::{Budget, Extra, Limits, Model, PriceTable, Reading, Signature, Task, Variable};
use serde_json::{Value as Json, json};

use super::outlet::run_digest;
use crate::hash::blake3_hex;
use crate::waiting;

/// A question with what its grants say of it.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// As the log holds it: the context is its hash.
    pub(crate) request: Json,
    pub(crate) context: String,
    pub(crate) lane: u64,
    pub(crate) bounds: Bounds,
    /// What grants say of each call of a model, and how many there may be.
    pub(crate) limits: waiting::Limits,
    pub(crate) retries: Option<u32>,
    pub(crate) calls_max: Option<u64>,
}

/// Whether a prompt asks for a recursion.
pub(crate) fn is_recursion(prompt: &Json) -> bool {
    prompt.get("recursion").is_some()
}

/// The prompt as the log holds it: the context, which may be long, as its hash.
pub(crate) fn request(mut prompt: Json) -> Json {
    if let Some(Json::Object(recursion)) = prompt.get_mut("recursion")
        && let Some(Json::String(context)) = recursion.get("context")
    {
        let told = json!({"blake3": blake3_hex(context.as_bytes()), "bytes": context.len()});
        recursion.insert("context".to_string(), told);
    }
    prompt
}

impl Question {
    /// The context of a prompt, which its request does not hold.
    pub(crate) fn context(prompt: &Json) -> String {
        let context = prompt.get("recursion").and_then(|recursion| recursion.get("context"));
        context.and_then(Json::as_str).unwrap_or_default().to_string()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.request.get("recursion")?.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.request.get("recursion")?.get(name)?.as_u64()
    }

    /// The alias of the model that writes the code.
    pub(crate) fn root(&self) -> &str {
        self.request.get("alias").and_then(Json::as_str).unwrap_or_default()
    }

    /// The alias of the model that the code asks.
    pub(crate) fn sub(&self) -> &str {
        self.text("sub").unwrap_or_else(|| self.root())
    }

    /// The most tokens that the tree may take, by the question itself.
    pub(crate) fn tokens(&self) -> Option<u64> {
        self.number("tokens")
    }

    /// What the answer is held to.
    fn schema(&self) -> Json {
        self.request.get("schema").cloned().unwrap_or_else(|| json!({"type": "string"}))
    }

    /// # Errors
    /// Why there is no task of it, as a reason.
    pub(crate) fn task(
        &self,
        budget: Budget,
        prices: PriceTable,
        is_structured: impl Fn(&str) -> bool,
    ) -> Result<Task, String> {
        let mut answer = self.schema();
        let definitions = answer.as_object_mut().and_then(|members| members.remove("$defs"));
        let mut outputs = json!({"type": "object", "properties": {"answer": answer}, "required": ["answer"]});
        if let (Some(definitions), Some(members)) = (definitions, outputs.as_object_mut()) {
            members.insert("$defs".to_string(), definitions);
        }
        let inputs =
            json!({"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]});
        let signature =
            Signature::new(self.text("prompt").unwrap_or_default(), &inputs, &outputs, Extra::Refuse)
                .map_err(|refusals| {
                    let listed: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                    format!("the answer's type: {}", listed.join("; "))
                })?;
        let max_output_tokens = self.request.get("max_tokens").and_then(Json::as_u64).unwrap_or(4096);
        let model = |alias: &str| Model {
            alias: alias.to_string(),
            max_output_tokens,
            structured: is_structured(alias),
        };
        let default = Limits::default();
        let number =
            |name: &str, or: u32| self.number(name).map_or(or, |n| u32::try_from(n).unwrap_or(u32::MAX));
        let attempts =
            self.retries.map_or(default.attempts, |retries| retries.saturating_add(1).clamp(1, 10));
        let limits = Limits {
            depth: number("depth", default.depth),
            turns: number("turns", default.turns),
            calls: self.number("max_calls").unwrap_or(default.calls),
            in_flight: self.limits.max_in_flight.map_or(default.in_flight, |most| {
                u32::try_from(most).unwrap_or(u32::MAX).clamp(1, default.in_flight)
            }),
            turn_wall_ms: self.limits.timeout_ms.unwrap_or(default.turn_wall_ms).clamp(1, 86_400_000),
            cell_active_ms: self.bounds.timeout_ms.clamp(1, 3_600_000),
            attempts,
            ..default
        };
        Ok(Task {
            run: run_digest(&self.request, self.lane),
            signature,
            inputs: vec![Variable::input("context", &Json::from(self.context.as_str()))],
            root: model(self.root()),
            sub: model(self.sub()),
            extract: model(self.root()),
            named: Vec::new(),
            limits,
            budget: Budget { calls: self.calls_max, ..budget },
            prices,
            tools: Vec::new(),
            reading: Reading::Hardened,
        })
    }
}
