//! Host calls and their answers as the worker protocol writes them, for whoever stands between a machine and a worker.
//!
//! The worker is hostile: parameters of another form are refused, never guessed.

use crate::event::{Answer, Errors, HostCall};
use crate::failure::{ErrorKind, Failure};
use crate::request::Blob;
use crate::submission::Submission;
use serde_json::{Value, json};

/// A worker's call as the machine knows it, and the texts that its blobs stand for. A slice of the context travels as
/// its byte range, so `context` is that of the call whose cell asks.
///
/// # Errors
///
/// [`ErrorKind::InvalidArguments`] for a method or a parameter of another form.
///
/// ```
/// use rlm::{HostCall, wire};
/// use serde_json::json;
///
/// let params = json!({"prompt": "Who?", "context": {"start": 4, "end": 8}});
/// let (call, texts) = wire::asked("llm_query", &params, Some("the gull flew")).unwrap();
/// assert!(matches!(call, HostCall::LlmQuery { .. }));
/// assert_eq!(texts, ["gull"]);
/// ```
pub fn asked(
    method: &str,
    params: &Value,
    context: Option<&str>,
) -> Result<(HostCall, Vec<String>), Failure> {
    let fields = Fields(params);
    let mut texts = Vec::new();
    let mut blob = |text: String| {
        let blob = Blob::of(&text);
        texts.push(text);
        blob
    };
    let schema = fields.find("schema").cloned();
    let asked = match method {
        "llm_query" => HostCall::LlmQuery {
            prompt: fields.wanted("prompt")?,
            context: fields.context(context)?.map(&mut blob),
            schema,
            model: fields.text("model")?,
            max_tokens: fields.count("max_tokens")?,
        },
        // The worker turns results into what its cell asked for, so the host gives all of them.
        "llm_batch" => HostCall::LlmBatch {
            prompts: fields.texts("prompts")?,
            schema,
            model: fields.text("model")?,
            errors: Errors::Return,
        },
        "rlm_query" => HostCall::RlmQuery {
            prompt: fields.wanted("prompt")?,
            context: fields.context(context)?.map(&mut blob),
            schema,
        },
        "rlm_batch" => {
            let prompts = fields.texts("prompts")?;
            let contexts = match fields.find("contexts") {
                None => vec![None; prompts.len()],
                Some(Value::Array(items)) if items.len() == prompts.len() => {
                    items.iter().map(|item| over("contexts", item, context)).collect::<Result<_, _>>()?
                }
                Some(_) => return Err(invalid("contexts", "as many as there are prompts")),
            };
            let contexts = contexts.into_iter().map(|text| text.map(&mut blob));
            HostCall::RlmBatch {
                prompts: prompts.into_iter().zip(contexts).collect(),
                schema,
                errors: Errors::Return,
            }
        }
        "search" => HostCall::Search {
            pattern: fields.wanted("pattern")?,
            limit: fields.count("limit")?.unwrap_or(100),
            start: fields.count("start")?.unwrap_or_default(),
        },
        "budget" => HostCall::Budget,
        "tool" => HostCall::Tool {
            name: fields.wanted("name")?,
            arguments: match fields.find("arguments") {
                None => serde_json::Map::new(),
                Some(Value::Object(arguments)) => arguments.clone(),
                Some(_) => return Err(invalid("arguments", "an object")),
            },
        },
        "submit" => match fields.find("outputs") {
            Some(Value::Object(outputs)) => HostCall::Submit { submission: Submission::of(outputs.clone()) },
            _ => return Err(invalid("outputs", "an object")),
        },
        other => return Err(invalid("method", &format!("one that cells may call, found {other:?}"))),
    };
    Ok((asked, texts))
}

/// An answer of the machine as the worker reads it.
///
/// # Errors
///
/// The failure that the cell is to see as an exception.
pub fn answered(method: &str, answer: Answer) -> Result<Value, Failure> {
    Ok(match answer {
        Answer::Value(value) if matches!(method, "search" | "budget") => value,
        Answer::Value(value) => json!({"value": value}),
        Answer::Failure(failure) => return Err(failure),
        Answer::Batch { results, .. } => {
            let each = |result: Result<Value, Failure>| match result {
                Ok(value) => json!({"value": value}),
                Err(failure) => json!({"error": {"kind": failure.kind, "message": failure.message}}),
            };
            json!({"results": results.into_iter().map(each).collect::<Vec<_>>()})
        }
        Answer::Submit(result) => serde_json::to_value(result).unwrap_or_default(),
    })
}

struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    /// A parameter; `null` is none.
    fn find(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let text = |value: &Value| value.as_str().map(str::to_string).ok_or_else(|| invalid(name, "a text"));
        self.find(name).map(text).transpose()
    }

    fn wanted(&self, name: &str) -> Result<String, Failure> {
        self.text(name)?.ok_or_else(|| invalid(name, "a text"))
    }

    fn count(&self, name: &str) -> Result<Option<u64>, Failure> {
        let count = |value: &Value| value.as_u64().ok_or_else(|| invalid(name, "a number from 0 on"));
        self.find(name).map(count).transpose()
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        let wrong = || invalid(name, "a list of texts");
        let Some(Value::Array(items)) = self.find(name) else { return Err(wrong()) };
        items.iter().map(|item| item.as_str().map(str::to_string).ok_or_else(wrong)).collect()
    }

    fn context(&self, context: Option<&str>) -> Result<Option<String>, Failure> {
        self.find("context").map_or(Ok(None), |value| over("context", value, context))
    }
}

/// The text that a value stands for: itself, or a part of the context by bytes.
fn over(name: &str, value: &Value, context: Option<&str>) -> Result<Option<String>, Failure> {
    let end = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
    match (value, end("start"), end("end")) {
        (Value::Null, ..) => Ok(None),
        (Value::String(text), ..) => Ok(Some(text.clone())),
        (Value::Object(_), Some(start), Some(end)) => {
            let part = context.and_then(|text| text.get(start..end));
            part.map(|part| Some(part.to_string())).ok_or_else(|| {
                invalid(name, "a slice of the context that begins and ends between characters")
            })
        }
        _ => Err(invalid(name, "a text or a slice of the context")),
    }
}

fn invalid(name: &str, expected: &str) -> Failure {
    Failure::new(ErrorKind::InvalidArguments, format!("{name}: expected {expected}"))
}
