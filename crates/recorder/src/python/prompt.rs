//! What a Python cell asks, in the form in which the language asks: the log, cassettes and models know no other.

use rlm::{Blob, Digest, HostCall, Schema, wire};
use sandbox::{ErrorKind, Failure};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

use crate::recursion;

/// Tokens of a reply where the cell does not say.
const MAX_TOKENS: u64 = 1024;
/// The same of a turn of a question, as `rlm_query` of the language has it.
const TURN_TOKENS: u64 = 4096;
/// The alias that a cell asks where it names none.
const DEFAULT: &str = "default";

/// A prompt, and the text that a question by recursion is over, which the prompt names by its hash.
pub(crate) struct Wanted {
    pub(crate) prompt: Json,
    pub(crate) context: Option<String>,
}

fn invalid(name: &str, expected: &str) -> Failure {
    Failure::new(ErrorKind::InvalidParams, format!("{name}: expected {expected}"))
}

/// The schema of the answer, where there is one. A keyword that nobody holds answers to is refused here, before
/// anything is promised.
fn schema(params: &Json) -> Result<Option<Json>, Failure> {
    let Some(schema) = params.get("schema").filter(|schema| !schema.is_null()) else { return Ok(None) };
    match Schema::register(schema) {
        Ok(_) => Ok(Some(schema.clone())),
        Err(refusals) => {
            let listed: Vec<String> = refusals.iter().map(ToString::to_string).collect();
            Err(Failure::new(ErrorKind::InvalidParams, format!("schema: {}", listed.join("; "))))
        }
    }
}

/// The questions of `rlm_query` or `rlm_batch`, with what the language gives where its call says nothing.
pub(crate) fn questions(params: &Json, context: Option<&str>) -> Result<Vec<Wanted>, Failure> {
    let (method, is_batch) = match params.get("prompts") {
        Some(_) => ("rlm_batch", true),
        None => ("rlm_query", false),
    };
    let (asked, texts) = wire::asked(method, params, context).map_err(cells::of_machine)?;
    let texts: BTreeMap<Digest, String> =
        texts.into_iter().map(|text| (Blob::of(&text).digest, text)).collect();
    let prompts = match asked {
        HostCall::RlmQuery { prompt, context, .. } => vec![(prompt, context)],
        HostCall::RlmBatch { prompts, .. } => prompts,
        _ => return Err(invalid(if is_batch { "prompts" } else { "prompt" }, "a question")),
    };
    let schema = schema(params)?;
    let question = |(text, over): (String, Option<Blob>)| {
        let over = over.and_then(|blob| texts.get(&blob.digest)).cloned().unwrap_or_default();
        let mut prompt = json!({
            "alias": DEFAULT,
            "cell": method,
            "max_tokens": TURN_TOKENS,
            "recursion": {"prompt": text, "context": over, "depth": 1, "turns": 20, "max_calls": 1000},
        });
        if let (Some(schema), Some(fields)) = (&schema, prompt.as_object_mut()) {
            fields.insert("schema".to_string(), schema.clone());
        }
        Wanted { prompt: recursion::request(prompt), context: Some(over) }
    };
    Ok(prompts.into_iter().map(question).collect())
}

/// The prompt of one call, in the form of a model cell's.
pub(crate) fn prompt(params: &Json, text: Option<&Json>, context: Option<&str>) -> Result<Wanted, Failure> {
    let field = |name: &str| params.get(name).filter(|value| !value.is_null());
    let text = text.and_then(Json::as_str).ok_or_else(|| invalid("prompt", "a text"))?;
    let with = match field("context") {
        None => None,
        Some(Json::String(with)) => Some(with.clone()),
        Some(slice) => {
            let end = |name: &str| slice.get(name)?.as_u64().and_then(|at| usize::try_from(at).ok());
            let part = end("start").zip(end("end")).and_then(|(start, end)| context?.get(start..end));
            Some(part.ok_or_else(|| invalid("context", "a text or a slice of the context"))?.to_string())
        }
    };
    let content = with.map_or(text.to_string(), |with| rlm::fenced(text, &with));
    let alias = match field("model") {
        None => DEFAULT,
        Some(Json::String(alias)) => alias,
        Some(_) => return Err(invalid("model", "a text")),
    };
    let max_tokens = match field("max_tokens") {
        None => MAX_TOKENS,
        Some(most) => most
            .as_u64()
            .filter(|most| (1..=u64::from(u32::MAX)).contains(most))
            .ok_or_else(|| invalid("max_tokens", "a number from 1 on"))?,
    };
    let mut prompt = json!({
        "alias": alias,
        "cell": "llm_query",
        "messages": [{"role": "user", "content": content}],
        "max_tokens": max_tokens,
    });
    if let (Some(schema), Json::Object(fields)) = (schema(params)?, &mut prompt) {
        let is_object = schema.get("type").and_then(Json::as_str) == Some("object");
        // Servers hold replies to objects only.
        let schema = match is_object {
            true => schema,
            false => {
                fields.insert("wrapped".to_string(), json!(true));
                json!({"type": "object", "properties": {"value": schema}, "required": ["value"],
                    "additionalProperties": false})
            }
        };
        fields.insert("schema".to_string(), schema);
    }
    Ok(Wanted { prompt, context: None })
}
