//! Chat completions: OpenAI's, and those of the servers compatible with it.

use serde_json::{Value as Json, json};

use super::fields::{add, id, list, malformed, parse, text, usage};
use super::{Assembly, Decoded, Event, OutputLimit};
use crate::error::Result;
use crate::provider::Sink;
use crate::reply::{FinishReason, Usage};
use crate::request::Request;

pub(super) fn body(request: &Request, limit: OutputLimit) -> Json {
    let messages: Vec<Json> = request
        .messages
        .iter()
        .map(|message| json!({"role": message.role.name(), "content": message.content}))
        .collect();
    let mut body = json!({"model": request.model, "messages": messages});
    let limit = match limit {
        OutputLimit::MaxTokens => "max_tokens",
        OutputLimit::MaxCompletionTokens => "max_completion_tokens",
    };
    let parameters = &request.parameters;
    let schema = request.schema.as_ref().map(|schema| {
        json!({
            "type": "json_schema",
            "json_schema": {"name": schema.name, "schema": schema.json, "strict": true},
        })
    });
    let stop = Some(&parameters.stop).filter(|stop| !stop.is_empty());
    let fields = [
        (limit, Some(parameters.max_tokens.into())),
        ("temperature", parameters.temperature.map(Json::from)),
        ("top_p", parameters.top_p.map(Json::from)),
        ("stop", stop.map(|stop| stop.clone().into())),
        ("seed", parameters.seed.map(Json::from)),
        ("response_format", schema),
        ("stream", request.stream.then_some(true.into())),
        // Without it no stream tells its usage.
        ("stream_options", request.stream.then(|| json!({"include_usage": true}))),
    ];
    add(&mut body, fields);
    body
}

fn counted(json: &Json) -> Result<Option<Usage>> {
    usage(
        json,
        "/usage/prompt_tokens",
        "/usage/completion_tokens",
        "/usage/prompt_tokens_details/cached_tokens",
    )
}

fn finish(reason: &str) -> FinishReason {
    match reason {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        other => FinishReason::Other(other.to_string()),
    }
}

/// A guard cuts a reply under this reason.
const FILTERED: &str = "content_filter";

pub(super) fn whole(json: &Json) -> Result<Decoded> {
    let [choice] = list(json, "/choices")? else {
        return Err(malformed("/choices has not one item, though one was asked for"));
    };
    let reason = text(choice, "/finish_reason")?.ok_or_else(|| malformed("/finish_reason is absent"))?;
    let declined = text(choice, "/message/refusal")?.map(str::to_string);
    let filtered = (reason == FILTERED).then(|| "a filter cut the reply".to_string());
    let content = text(choice, "/message/content")?;
    if content.is_none() && declined.is_none() && filtered.is_none() && reason == "stop" {
        return Err(malformed("/choices/0/message/content is absent"));
    }
    Ok(Decoded {
        id: id(json, "/id"),
        model: text(json, "/model")?.unwrap_or_default().to_string(),
        text: content.unwrap_or_default().to_string(),
        usage: counted(json)?,
        finish: finish(reason),
        refusal: declined.or(filtered),
    })
}

/// The chunks of one completion.
#[derive(Debug, Default)]
pub(super) struct Stream {
    id: Option<String>,
    model: String,
    text: String,
    refusal: String,
    usage: Option<Usage>,
    reason: Option<String>,
}

impl Assembly for Stream {
    fn event(&mut self, event: &Event, sink: &mut dyn Sink) -> Result<bool> {
        if event.data.trim() == "[DONE]" {
            return Ok(true);
        }
        let json = parse(event.data.as_bytes())?;
        // All chunks of a completion share its id; another one is another call's.
        if let Some(id) = id(&json, "/id") {
            match &self.id {
                None => self.id = Some(id),
                Some(first) if *first == id => {}
                Some(first) => {
                    return Err(malformed(format!("a chunk of {id} in the stream of {first}")));
                }
            }
        }
        if let Some(model) = text(&json, "/model")?.filter(|_| self.model.is_empty()) {
            self.model = model.to_string();
        }
        if let Some(counted) = counted(&json)? {
            self.usage = Some(counted);
        }
        let choices = match json.get("choices") {
            // The chunk that tells the usage has none.
            None | Some(Json::Null) => &[],
            Some(_) => list(&json, "/choices")?,
        };
        for choice in choices {
            if choice.get("index").is_some_and(|index| index.as_u64() != Some(0)) {
                return Err(malformed("a chunk of a second choice, though one was asked for"));
            }
            if let Some(piece) = text(choice, "/delta/content")?.filter(|piece| !piece.is_empty()) {
                if self.reason.is_some() {
                    return Err(malformed("text after the reason why it ended"));
                }
                self.text.push_str(piece);
                sink.text(piece);
            }
            if let Some(piece) = text(choice, "/delta/refusal")? {
                self.refusal.push_str(piece);
            }
            if let Some(reason) = text(choice, "/finish_reason")? {
                self.reason = Some(reason.to_string());
            }
        }
        Ok(false)
    }

    fn end(&mut self) -> Result<Option<Decoded>> {
        let Some(reason) = self.reason.take() else { return Ok(None) };
        let declined = Some(std::mem::take(&mut self.refusal)).filter(|text| !text.is_empty());
        let filtered = (reason == FILTERED).then(|| "a filter cut the reply".to_string());
        Ok(Some(Decoded {
            id: self.id.take(),
            model: std::mem::take(&mut self.model),
            text: std::mem::take(&mut self.text),
            usage: self.usage,
            finish: finish(&reason),
            refusal: declined.or(filtered),
        }))
    }
}
