//! Models that are functions: what they are asked, what they say.

use rlm::{
    AttemptError, Budget, Digest, Extra, Limits, Model, PriceTable, ProviderClass, Reading, Reply, Signature,
    Task, Usage, Variable,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a model is asked, as text.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The model's alias.
    pub model: &'a str,
    /// All messages, one behind the other, with their blobs.
    pub text: String,
    /// How many turns the prompt shows; for the model of a call's turns the number of the turn.
    pub turn: usize,
    /// How many answers the conversation has.
    pub answers: usize,
}

impl Asked<'_> {
    /// The first line that the last cell printed.
    #[must_use]
    pub fn shown(&self) -> &str {
        let shown = self.text.rsplit_once("bytes):\n").map(|(_, shown)| shown);
        shown.and_then(|shown| shown.lines().next()).unwrap_or_default()
    }
}

/// A model: the question and the number of the attempt decide the answer, so that a run can be repeated.
pub type Policy = Arc<dyn Fn(&Asked<'_>, u32) -> Result<Reply, AttemptError> + Send + Sync>;

/// A text as a model's answer, which took ten tokens in and a quarter of its bytes out, at most fifty.
#[expect(clippy::missing_errors_doc, reason = "it is never one; policies return it as it is")]
pub fn reply(text: impl Into<String>) -> Result<Reply, AttemptError> {
    let text = text.into();
    let output_tokens = (text.len() as u64 / 4).clamp(1, 50);
    let usage = Some(Usage { input_tokens: 10, output_tokens });
    Ok(Reply { text, usage, latency_ms: 3, cut: false })
}

/// A cell as a model's answer.
#[expect(clippy::missing_errors_doc, reason = "as `reply`")]
pub fn code(text: &str) -> Result<Reply, AttemptError> {
    reply(format!("```python\n{text}\n```"))
}

/// An attempt that fails with a class.
#[expect(clippy::missing_errors_doc, reason = "it always is one")]
pub fn fails(class: ProviderClass) -> Result<Reply, AttemptError> {
    Err(AttemptError { class, message: "scripted".into(), latency_ms: 2, retry_after_ms: None })
}

/// A model of an alias that writes at most 1,000 tokens.
#[must_use]
pub fn model(alias: &str) -> Model {
    Model { alias: alias.into(), max_output_tokens: 1_000, structured: false }
}

/// A task with the models `root`, `sub` and `extract`, the default limits and no budget.
#[must_use]
pub fn task(signature: Signature, inputs: &[(String, Value)]) -> Task {
    Task {
        run: Digest::of(b"a run"),
        signature,
        inputs: inputs.iter().map(|(name, value)| Variable::input(name, value)).collect(),
        root: model("root"),
        sub: model("sub"),
        extract: model("extract"),
        named: vec![],
        limits: Limits::default(),
        budget: Budget::default(),
        prices: PriceTable::default(),
        tools: vec![],
        reading: Reading::Hardened,
    }
}

/// A task over a text, whose one output is `answer`.
///
/// # Panics
///
/// Where the schema of the answer is none.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "callers write the schema in place")]
pub fn over(context: &str, answer: Value) -> (Task, Vec<(String, Value)>) {
    let inputs = vec![("context".to_string(), json!(context))];
    let signature = Signature::new(
        "Answer.",
        &json!({"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}),
        &json!({"type": "object", "properties": {"answer": answer}, "required": ["answer"]}),
        Extra::Refuse,
    );
    match signature {
        Ok(signature) => (task(signature, &inputs), inputs),
        Err(refusals) => panic!("the answer's schema is refused: {refusals:?}"),
    }
}
