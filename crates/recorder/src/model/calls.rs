//! The calls of a run, as a reader wants them: a fold of its log.

use report::format::counted;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::budget::dollars;

use crate::hash::{id_hex, sha256};
use crate::history::{EffectRecord, History};
use crate::record::{EffectIntent, EffectOutcome};
use crate::recursion::{self, Entry, Tree};

/// One call of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelCall {
    /// The effect's id in the log.
    pub id: String,
    /// The seq of its intent.
    pub seq: u64,
    /// The result that it was made for.
    pub node: String,
    /// The model cell, or `llm_query`.
    pub cell: String,
    /// Its place among the effects of the node.
    pub sequence: u32,
    pub line: u32,
    pub alias: String,
    /// SHA-256 of the prompt's canonical JSON (RFC 8785).
    pub request_sha256: String,
    /// `ok`, the kind of failure, or `unknown` where the log has no outcome.
    pub status: String,
    /// The model that answered, as its server names it.
    pub model: Option<String>,
    /// The protocol of its server; nothing in logs that do not say it.
    pub provider: Option<String>,
    pub attempts: usize,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// Where the model's price is known.
    pub cost_nanodollars: Option<u64>,
    /// Whether no server was asked in this run: a cassette answered.
    pub from_cassette: bool,
    /// Whether it was sent a second time after a run was killed: it may have been paid for twice.
    pub resent: bool,
    pub grant: String,
    pub prompt: Json,
    /// The value, or the error.
    pub reply: Json,
    /// What a question came to by recursion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<Tree>,
}

impl ModelCall {
    /// Whether it gave a value.
    pub fn has_value(&self) -> bool {
        matches!(self.status.as_str(), "ok" | "submitted" | "extracted")
    }
}

/// The calls of a run, in tree order within each node.
pub fn calls(history: &History) -> Vec<ModelCall> {
    let mut calls: Vec<ModelCall> =
        history.effects.iter().flat_map(|effect| calls_of(effect, history)).collect();
    let nodes: Vec<&str> = history.nodes.iter().map(|(_, node)| node.name.as_str()).collect();
    let place = |name: &str| nodes.iter().position(|node| *node == name).unwrap_or(nodes.len());
    calls.sort_by_cached_key(|call| (place(&call.node), call.node.clone(), call.sequence, call.seq));
    calls
}

/// The calls of one effect: its own, or those of its code.
pub(crate) fn calls_of(effect: &EffectRecord, history: &History) -> Vec<ModelCall> {
    match effect.intent.effect.as_str() {
        "model" => vec![call(effect, history)],
        _ => by_python(effect, history),
    }
}

/// What the log says of one call.
pub(crate) fn call(effect: &EffectRecord, history: &History) -> ModelCall {
    let prompt = effect.intent.request.get("model").cloned().unwrap_or_default();
    let reply = effect.outcome.as_ref().and_then(|outcome| outcome.answer.get("reply")).cloned();
    let status = match (&effect.outcome, reply.as_ref().and_then(|reply| reply.get("error"))) {
        (None, _) => "unknown".to_string(),
        (Some(_), Some(error)) => error.get("kind").and_then(Json::as_str).unwrap_or("failed").to_string(),
        (Some(outcome), None) if outcome.ok => "ok".to_string(),
        (Some(_), None) => "cancelled".to_string(),
    };
    let reply = reply.unwrap_or_default();
    let number = |name: &str| reply.get(name).and_then(Json::as_u64);
    let attempts = match number("sent") {
        Some(sent) => usize::try_from(sent).unwrap_or(usize::MAX),
        None => reply.get("attempts").and_then(Json::as_array).map_or(0, Vec::len),
    };
    let is_recursion = recursion::is_recursion(&prompt);
    let ended = reply.get("status").and_then(Json::as_str).filter(|_| is_recursion && status == "ok");
    let status = ended.map_or(status.clone(), str::to_string);
    let text = |json: &Json, name: &str| json.get(name).and_then(Json::as_str).map(str::to_string);
    ModelCall {
        id: id_hex(effect.id),
        seq: effect.seq,
        node: effect.intent.node.clone(),
        cell: effect.intent.operation.clone(),
        sequence: effect.intent.sequence,
        line: effect.intent.line,
        alias: text(&prompt, "alias").unwrap_or_default(),
        request_sha256: provider::canonical(&prompt).map_or(String::new(), |text| sha256(text.as_bytes())),
        from_cassette: attempts == 0 && matches!(status.as_str(), "ok" | "submitted" | "extracted"),
        status,
        model: text(&reply, "model").or_else(|| text(&prompt, "alias").filter(|_| is_recursion)),
        provider: text(&reply, "provider"),
        attempts,
        input_tokens: number("input_tokens"),
        output_tokens: number("output_tokens"),
        cost_nanodollars: number("cost_nanodollars"),
        resent: reply.get("resent").and_then(Json::as_bool).unwrap_or_default(),
        grant: effect.intent.grant.clone(),
        reply: reply.get("value").or_else(|| reply.get("error")).cloned().unwrap_or_default(),
        tree: Tree::of(&recursion::calls_of(history, effect.id)),
        prompt,
    }
}

/// The calls that the code of a Python cell made.
pub(crate) fn by_python(effect: &EffectRecord, history: &History) -> Vec<ModelCall> {
    if effect.intent.effect != "python" {
        return Vec::new();
    }
    let entries = history.entries(effect.id);
    let reply = |number: u64, item: u64| {
        entries.iter().find_map(|entry| match entry {
            Entry::Told { number: n, item: i, reply } if (*n, *i) == (number, item) => Some(reply.clone()),
            _ => None,
        })
    };
    let asked = entries.iter().filter_map(|entry| match entry {
        Entry::Asked { number, item, prompt } => {
            let reply = reply(*number, *item);
            let outcome = reply.map(|reply| EffectOutcome {
                ok: !super::is_error(&reply),
                answer: json!({"reply": reply}),
                blob: None,
                sha256: None,
                size_bytes: None,
            });
            let intent = EffectIntent {
                request: json!({"model": prompt}),
                effect: "model".to_string(),
                operation: prompt.get("cell").and_then(Json::as_str).unwrap_or_default().to_string(),
                ..effect.intent.clone()
            };
            let asked = EffectRecord { id: entry.id(effect.id), seq: effect.seq, intent, outcome };
            let mut told = call(&asked, history);
            told.tree = Tree::of(&recursion::calls_below(history, effect.id, (*number, *item)));
            Some(told)
        }
        _ => None,
    });
    asked.collect()
}

/// What a chain says of the calls behind it: which models, how they ended, what they took, and the first prompt.
pub(crate) fn told(calls: &[ModelCall]) -> Vec<String> {
    let Some(first) = calls.first() else { return Vec::new() };
    let mut models: Vec<&str> = Vec::new();
    for model in calls.iter().filter_map(|call| call.model.as_deref()) {
        if !models.contains(&model) {
            models.push(model);
        }
    }
    let models = match models.as_slice() {
        [] => "no reply".to_string(),
        models => models.join(", "),
    };
    let failed = calls.iter().filter(|call| !call.has_value()).count();
    let ended = match failed {
        0 => "all ok".to_string(),
        failed => format!("{failed} failed"),
    };
    let mut lines = vec![format!(
        "  model    {} is {models}: {}, {ended}, seq {} on",
        first.alias,
        counted(calls.len(), "call"),
        first.seq
    )];
    let live: Vec<&ModelCall> = calls.iter().filter(|call| call.attempts > 0).collect();
    lines.push(match live.as_slice() {
        [] => "  cost     no server was asked: a cassette answered".to_string(),
        live => {
            let sum =
                |part: fn(&ModelCall) -> Option<u64>| live.iter().filter_map(|call| part(call)).sum::<u64>();
            let cost = match live.iter().all(|call| call.cost_nanodollars.is_some()) {
                true => format!("{} dollars", dollars(sum(|call| call.cost_nanodollars))),
                false => "price unknown".to_string(),
            };
            format!(
                "  cost     {}, {} tokens in, {} out, {cost}",
                counted(live.iter().map(|call| call.attempts).sum(), "attempt"),
                sum(|call| call.input_tokens),
                sum(|call| call.output_tokens)
            )
        }
    });
    let trees: Vec<&Tree> = calls.iter().filter_map(|call| call.tree.as_ref()).collect();
    if !trees.is_empty() {
        let nodes = trees.iter().flat_map(|tree| &tree.nodes);
        let (mut count, mut turns, mut asked, mut depth) = (0, 0, 0, 0);
        for node in nodes {
            count += 1;
            turns += node.turns;
            asked += node.model_calls;
            depth = depth.max(node.depth);
        }
        lines.push(format!(
            "  tree     {} in {}, {} deep, {turns} turns, {asked} calls of models: `lumen calls` shows it",
            counted(count, "call"),
            counted(trees.len(), "question"),
            depth
        ));
    }
    if let Some(question) = first.prompt.get("recursion") {
        let asked = question.get("prompt").and_then(Json::as_str).unwrap_or_default();
        let over = question.get("context").and_then(|context| context.get("bytes")?.as_u64());
        let asked = asked.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.push(format!("  prompt   {asked} | over {} bytes", over.unwrap_or_default()));
        return lines;
    }
    let messages = first.prompt.get("messages").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let said = messages.iter().filter_map(|message| message.get("content")?.as_str());
    let said: Vec<String> = said.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.push(format!("  prompt   {}", said.join(" | ")));
    lines
}
