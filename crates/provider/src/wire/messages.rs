//! Anthropic's messages.

use serde_json::{Value as Json, json};

use super::fields::{add, count, id, list, malformed, parse, required, text};
use super::{Assembly, Decoded, Event};
use crate::error::{Error, ErrorKind, Result};
use crate::provider::Sink;
use crate::reply::{FinishReason, Usage};
use crate::request::{Request, Role};

pub(super) fn body(request: &Request) -> Result<Json> {
    // Instructions have a field of their own, before the conversation.
    let leading = request.messages.iter().take_while(|message| message.role == Role::System).count();
    let (instructions, turns) = request.messages.split_at(leading);
    if turns.iter().any(|message| message.role == Role::System) {
        let what = "the protocol anthropic.messages has no system message after another one";
        return Err(Error::new(ErrorKind::Unsupported, what));
    }
    if turns.is_empty() {
        return Err(Error::new(ErrorKind::InvalidRequest, "the request has system messages alone"));
    }
    let messages: Vec<Json> = turns
        .iter()
        .map(|message| json!({"role": message.role.name(), "content": message.content}))
        .collect();
    let parameters = &request.parameters;
    let mut body = json!({"model": request.model, "max_tokens": parameters.max_tokens, "messages": messages});
    let system: Vec<&str> = instructions.iter().map(|message| message.content.as_str()).collect();
    let schema = request.schema.as_ref();
    let stop = Some(&parameters.stop).filter(|stop| !stop.is_empty());
    let fields = [
        ("system", (!system.is_empty()).then(|| system.join("\n\n").into())),
        ("temperature", parameters.temperature.map(Json::from)),
        ("top_p", parameters.top_p.map(Json::from)),
        ("stop_sequences", stop.map(|stop| stop.clone().into())),
        (
            "output_config",
            schema.map(|schema| json!({"format": {"type": "json_schema", "schema": schema.json}})),
        ),
        ("stream", request.stream.then_some(true.into())),
    ];
    add(&mut body, fields);
    Ok(body)
}

/// Tokens of the input are counted in three parts: new, written to the server's cache, read from it.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    input: Option<u64>,
    written: u64,
    read: u64,
    output: Option<u64>,
}

impl Counts {
    /// Takes what a `usage` tells; what it does not tell stands. Numbers in a stream are totals so far.
    fn update(&mut self, usage: Option<&Json>) -> Result<()> {
        let Some(usage) = usage.filter(|usage| !usage.is_null()) else { return Ok(()) };
        self.input = count(usage, "/input_tokens")?.or(self.input);
        self.written = count(usage, "/cache_creation_input_tokens")?.unwrap_or(self.written);
        self.read = count(usage, "/cache_read_input_tokens")?.unwrap_or(self.read);
        self.output = count(usage, "/output_tokens")?.or(self.output);
        Ok(())
    }

    fn usage(self) -> Result<Option<Usage>> {
        let (Some(input), Some(output_tokens)) = (self.input, self.output) else { return Ok(None) };
        let total = input.checked_add(self.written).and_then(|sum| sum.checked_add(self.read));
        let input_tokens = total.ok_or_else(|| malformed("/usage has counts beyond any request"))?;
        Ok(Some(Usage { input_tokens, output_tokens, cached_tokens: self.read }))
    }
}

/// Why it ended, and whether that is a refusal.
fn finish(reason: &str) -> (FinishReason, Option<String>) {
    match reason {
        "end_turn" | "stop_sequence" => (FinishReason::Stop, None),
        "max_tokens" | "model_context_window_exceeded" => (FinishReason::Length, None),
        "refusal" => (FinishReason::Stop, Some("the model declined to answer".to_string())),
        other => (FinishReason::Other(other.to_string()), None),
    }
}

pub(super) fn whole(json: &Json) -> Result<Decoded> {
    let mut said = String::new();
    for block in list(json, "/content")? {
        // Beside text stands hidden reasoning.
        if required(block, "/type")? == "text" {
            said.push_str(required(block, "/text")?);
        }
    }
    let mut counts = Counts::default();
    counts.update(json.get("usage"))?;
    let (finish, refusal) = finish(required(json, "/stop_reason")?);
    Ok(Decoded {
        id: id(json, "/id"),
        model: text(json, "/model")?.unwrap_or_default().to_string(),
        text: said,
        usage: counts.usage()?,
        finish,
        refusal,
    })
}

/// The events of one message: it starts, its blocks start and stop one after the other, it stops.
#[derive(Debug, Default)]
pub(super) struct Stream {
    has_started: bool,
    id: Option<String>,
    model: String,
    text: String,
    counts: Counts,
    /// The block that stands open.
    open: Option<u64>,
    /// How many blocks have started.
    blocks: u64,
    reason: Option<String>,
    has_stopped: bool,
}

impl Stream {
    fn block(&self, json: &Json) -> Result<()> {
        let index = count(json, "/index")?;
        match (index, self.open) {
            (Some(index), Some(open)) if index == open => Ok(()),
            _ => Err(malformed(format!("an event of block {index:?} while {:?} stands open", self.open))),
        }
    }
}

impl Assembly for Stream {
    fn event(&mut self, event: &Event, sink: &mut dyn Sink) -> Result<bool> {
        let json = parse(event.data.as_bytes())?;
        let kind = required(&json, "/type")?;
        let is_part = kind.starts_with("content_block_") || kind.starts_with("message_");
        if is_part && (kind == "message_start") == self.has_started {
            return Err(malformed(format!(
                "`{kind}` where the message has{} begun",
                if self.has_started { "" } else { " not" }
            )));
        }
        match kind {
            "message_start" => {
                self.has_started = true;
                let message = json.get("message").ok_or_else(|| malformed("/message is absent"))?;
                self.id = id(message, "/id");
                self.model = text(message, "/model")?.unwrap_or_default().to_string();
                self.counts.update(message.get("usage"))?;
            }
            "content_block_start" => {
                let index = count(&json, "/index")?;
                if self.open.is_some() || index != Some(self.blocks) {
                    return Err(malformed(format!("block {index:?} starts, expected block {}", self.blocks)));
                }
                self.open = index;
                self.blocks += 1;
                if let Some(piece) = text(&json, "/content_block/text")?.filter(|text| !text.is_empty()) {
                    self.text.push_str(piece);
                    sink.text(piece);
                }
            }
            "content_block_delta" => {
                self.block(&json)?;
                if required(&json, "/delta/type")? == "text_delta" {
                    let piece = required(&json, "/delta/text")?;
                    self.text.push_str(piece);
                    sink.text(piece);
                }
            }
            "content_block_stop" => {
                self.block(&json)?;
                self.open = None;
            }
            "message_delta" => {
                if let Some(reason) = text(&json, "/delta/stop_reason")? {
                    self.reason = Some(reason.to_string());
                }
                self.counts.update(json.get("usage"))?;
            }
            "message_stop" => {
                self.has_stopped = true;
                return Ok(true);
            }
            // `ping`, and kinds that come to be: the protocol asks to pass over them.
            _ => {}
        }
        Ok(false)
    }

    fn end(&mut self) -> Result<Option<Decoded>> {
        let Some(reason) = self.reason.take().filter(|_| self.has_stopped) else { return Ok(None) };
        let (finish, refusal) = finish(&reason);
        Ok(Some(Decoded {
            id: self.id.take(),
            model: std::mem::take(&mut self.model),
            text: std::mem::take(&mut self.text),
            usage: self.counts.usage()?,
            finish,
            refusal,
        }))
    }
}
