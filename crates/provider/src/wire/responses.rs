//! OpenAI's responses.

use serde_json::{Value as Json, json};

use super::fields::{add, count, id, list, malformed, parse, required, text, usage};
use super::status;
use super::{Assembly, Decoded, Event};
use crate::error::Result;
use crate::provider::Sink;
use crate::reply::FinishReason;
use crate::request::Request;

pub(super) fn body(request: &Request) -> Json {
    let input: Vec<Json> = request
        .messages
        .iter()
        .map(|message| json!({"role": message.role.name(), "content": message.content}))
        .collect();
    let parameters = &request.parameters;
    let mut body = json!({
        "model": request.model,
        "input": input,
        "max_output_tokens": parameters.max_tokens,
        // The server keeps a conversation otherwise; ours is in the request.
        "store": false,
    });
    let schema = request.schema.as_ref().map(|schema| {
        json!({"format": {
            "type": "json_schema", "name": schema.name, "schema": schema.json, "strict": true,
        }})
    });
    let fields = [
        ("temperature", parameters.temperature.map(Json::from)),
        ("top_p", parameters.top_p.map(Json::from)),
        ("text", schema),
        ("stream", request.stream.then_some(true.into())),
    ];
    add(&mut body, fields);
    body
}

pub(super) fn whole(json: &Json) -> Result<Decoded> {
    let mut said = String::new();
    let mut declined = String::new();
    for item in list(json, "/output")? {
        // Beside messages stand reasoning and calls of the server's own tools.
        if text(item, "/type")? != Some("message") {
            continue;
        }
        for part in list(item, "/content")? {
            match required(part, "/type")? {
                "output_text" => said.push_str(required(part, "/text")?),
                "refusal" => declined.push_str(required(part, "/refusal")?),
                other => return Err(malformed(format!("a part of the unknown type {other}"))),
            }
        }
    }
    let mut refusal = Some(declined).filter(|text| !text.is_empty());
    let finish = match required(json, "/status")? {
        "completed" => FinishReason::Stop,
        "incomplete" => match text(json, "/incomplete_details/reason")? {
            Some("max_output_tokens") => FinishReason::Length,
            Some("content_filter") => {
                refusal = refusal.or_else(|| Some("a filter cut the reply".to_string()));
                FinishReason::Stop
            }
            other => FinishReason::Other(other.unwrap_or("incomplete").to_string()),
        },
        "failed" => return Err(status::named(json)),
        other => return Err(malformed(format!("the response has the status {other}"))),
    };
    Ok(Decoded {
        id: id(json, "/id"),
        model: text(json, "/model")?.unwrap_or_default().to_string(),
        text: said,
        usage: usage(
            json,
            "/usage/input_tokens",
            "/usage/output_tokens",
            "/usage/input_tokens_details/cached_tokens",
        )?,
        finish,
        refusal,
    })
}

/// The events of one response. The last one repeats all of it, which the pieces are held against.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The greatest `sequence_number`: an event that comes again is dropped.
    last: Option<u64>,
    text: String,
    decoded: Option<Decoded>,
}

impl Assembly for Stream {
    fn event(&mut self, event: &Event, sink: &mut dyn Sink) -> Result<bool> {
        let json = parse(event.data.as_bytes())?;
        if let Some(number) = count(&json, "/sequence_number")? {
            match self.last {
                Some(last) if number <= last => return Ok(false),
                Some(last) if number != last + 1 => {
                    return Err(malformed(format!("event {number} follows event {last}")));
                }
                _ => self.last = Some(number),
            }
        }
        match required(&json, "/type")? {
            "response.output_text.delta" => {
                let piece = required(&json, "/delta")?;
                self.text.push_str(piece);
                sink.text(piece);
                Ok(false)
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                let response = json.get("response").ok_or_else(|| malformed("/response is absent"))?;
                if response.get("status").and_then(Json::as_str) == Some("failed") {
                    return Err(status::named(response));
                }
                let decoded = whole(response)?;
                if decoded.text != self.text {
                    return Err(malformed("the pieces of the text are not the text at the end"));
                }
                self.decoded = Some(decoded);
                Ok(true)
            }
            "error" => Err(status::named(&json)),
            _ => Ok(false),
        }
    }

    fn end(&mut self) -> Result<Option<Decoded>> {
        Ok(self.decoded.take())
    }
}
