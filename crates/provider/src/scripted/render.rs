//! A reply in each protocol, whole and as a stream of events.

use serde_json::{Value as Json, json};

use super::act::{Act, Asked, Fault, Spoken};
use crate::wire::{Family, add};

/// A body with its type.
pub(super) struct Rendered {
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

pub(super) fn render(asked: &Asked, act: &Act) -> Rendered {
    let mut spoken = act.spoken.clone();
    let mut is_doubled = false;
    let mut is_wrong = false;
    match &act.fault {
        Some(Fault::Body(body)) => {
            return Rendered { content_type: "application/json", body: body.clone() };
        }
        Some(Fault::MissingUsage) => spoken.usage = None,
        Some(Fault::WrongUsage) => is_wrong = true,
        Some(Fault::DuplicateEvents) => is_doubled = true,
        Some(Fault::Oversized(bytes)) => spoken.text = "x".repeat(*bytes),
        _ => {}
    }
    let model = asked.body.get("model").and_then(Json::as_str).unwrap_or_default();
    let teller = Teller { family: asked.family, number: asked.number, model, spoken: &spoken, is_wrong };
    let is_malformed = act.fault == Some(Fault::MalformedJson);
    if !asked.streams() {
        let mut text = teller.named(teller.whole()).to_string();
        if is_malformed {
            text.truncate(text.len() - 1);
        }
        return Rendered { content_type: "application/json", body: text.into_bytes() };
    }
    let line_end = if act.is_ornate { "\r\n" } else { "\n" };
    let mut body = String::new();
    for (name, data) in teller.events() {
        let data = if is_malformed { data.replace('}', "") } else { data };
        for _ in 0..1 + usize::from(is_doubled) {
            if act.is_ornate {
                body.push_str(&format!(": keep-alive{line_end}{line_end}"));
            }
            if !name.is_empty() {
                body.push_str(&format!("event: {name}{line_end}"));
            }
            body.push_str(&format!("data: {data}{line_end}{line_end}"));
        }
    }
    Rendered { content_type: "text/event-stream; charset=utf-8", body: body.into_bytes() }
}

struct Teller<'a> {
    family: Family,
    number: usize,
    model: &'a str,
    spoken: &'a Spoken,
    is_wrong: bool,
}

impl Teller<'_> {
    fn usage(&self, input: &str, output: &str) -> Json {
        match self.spoken.usage {
            None => Json::Null,
            Some(_) if self.is_wrong => json!({input: -1, output: 1}),
            Some((read, written)) => json!({input: read, output: written}),
        }
    }

    /// The text in pieces of a word, spaces kept.
    fn pieces(&self) -> Vec<&str> {
        self.spoken.text.split_inclusive(' ').collect()
    }

    fn whole(&self) -> Json {
        match self.family {
            Family::Chat => {
                let message = match self.spoken.is_refusal {
                    true => json!({"role": "assistant", "content": null, "refusal": self.spoken.text}),
                    false => json!({"role": "assistant", "content": self.spoken.text}),
                };
                json!({
                    "id": format!("chatcmpl-{}", self.number), "object": "chat.completion", "model": self.model,
                    "choices": [{"index": 0, "message": message, "finish_reason": self.chat_reason()}],
                    "usage": self.usage("prompt_tokens", "completion_tokens"),
                })
            }
            Family::Responses => self.response(),
            Family::Messages => json!({
                "id": format!("msg_{}", self.number), "type": "message", "role": "assistant", "model": self.model,
                "content": [{"type": "text", "text": self.spoken.text}],
                "stop_reason": self.messages_reason(), "stop_sequence": null,
                "usage": self.usage("input_tokens", "output_tokens"),
            }),
        }
    }

    /// The body, without its id where the server gives none.
    fn named(&self, mut body: Json) -> Json {
        if self.spoken.is_unnamed {
            for holder in ["", "/message", "/response"] {
                if let Some(Json::Object(fields)) = body.pointer_mut(holder) {
                    fields.remove("id");
                }
            }
        }
        body
    }

    fn chat_reason(&self) -> &'static str {
        if self.spoken.is_cut_by_length { "length" } else { "stop" }
    }

    fn messages_reason(&self) -> &'static str {
        match (self.spoken.is_refusal, self.spoken.is_cut_by_length) {
            (true, _) => "refusal",
            (false, true) => "max_tokens",
            (false, false) => "end_turn",
        }
    }

    fn response(&self) -> Json {
        let part = match self.spoken.is_refusal {
            true => json!({"type": "refusal", "refusal": self.spoken.text}),
            false => json!({"type": "output_text", "text": self.spoken.text, "annotations": []}),
        };
        let (status, details) = match self.spoken.is_cut_by_length {
            true => ("incomplete", json!({"reason": "max_output_tokens"})),
            false => ("completed", Json::Null),
        };
        json!({
            "id": format!("resp_{}", self.number), "object": "response", "model": self.model, "status": status,
            "error": null, "incomplete_details": details,
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "message", "role": "assistant", "content": [part]},
            ],
            "usage": self.usage("input_tokens", "output_tokens"),
        })
    }

    /// Each event's name, empty where the protocol has none, and its data.
    fn events(&self) -> Vec<(&'static str, String)> {
        match self.family {
            Family::Chat => self.chat_events(),
            Family::Responses => self.response_events(),
            Family::Messages => self.message_events(),
        }
    }

    fn chat_events(&self) -> Vec<(&'static str, String)> {
        let chunk = |choices: Json, usage: Json| {
            let chunk = json!({
                "id": format!("chatcmpl-{}", self.number), "object": "chat.completion.chunk", "model": self.model,
                "choices": choices, "usage": usage,
            });
            ("", self.named(chunk).to_string())
        };
        let delta = |delta: Json, reason: Json| {
            chunk(json!([{"index": 0, "delta": delta, "finish_reason": reason}]), Json::Null)
        };
        let field = if self.spoken.is_refusal { "refusal" } else { "content" };
        let mut events = vec![delta(json!({"role": "assistant", "content": ""}), Json::Null)];
        events.extend(self.pieces().into_iter().map(|piece| delta(json!({field: piece}), Json::Null)));
        events.push(delta(json!({}), self.chat_reason().into()));
        if self.spoken.usage.is_some() {
            events.push(chunk(json!([]), self.usage("prompt_tokens", "completion_tokens")));
        }
        events.push(("", "[DONE]".to_string()));
        events
    }

    fn response_events(&self) -> Vec<(&'static str, String)> {
        let response = self.response();
        let last = match self.spoken.is_cut_by_length {
            true => "response.incomplete",
            false => "response.completed",
        };
        let piece = match self.spoken.is_refusal {
            true => "response.refusal.delta",
            false => "response.output_text.delta",
        };
        let mut bodies = vec![("response.created", json!({"response": {"status": "in_progress"}}))];
        bodies.extend(self.pieces().into_iter().map(|text| (piece, json!({"delta": text}))));
        bodies.push((last, json!({"response": response})));
        let numbered = bodies.into_iter().enumerate().map(|(number, (name, mut body))| {
            add(&mut body, [("type", Some(name.into())), ("sequence_number", Some(number.into()))]);
            (name, self.named(body).to_string())
        });
        numbered.collect()
    }

    fn message_events(&self) -> Vec<(&'static str, String)> {
        let usage = self.usage("input_tokens", "output_tokens");
        let begun = match self.spoken.usage {
            // A stream begins with one token of output, and tells their total at its end.
            Some((read, _)) if !self.is_wrong => json!({"input_tokens": read, "output_tokens": 1}),
            _ => usage.clone(),
        };
        let written = usage.get("output_tokens").cloned().unwrap_or(Json::Null);
        let mut events = vec![
            (
                "message_start",
                json!({"message": {"id": format!("msg_{}", self.number), "model": self.model, "usage": begun}}),
            ),
            ("content_block_start", json!({"index": 0, "content_block": {"type": "text", "text": ""}})),
            ("ping", json!({})),
        ];
        events.extend(self.pieces().into_iter().map(|piece| {
            ("content_block_delta", json!({"index": 0, "delta": {"type": "text_delta", "text": piece}}))
        }));
        events.push(("content_block_stop", json!({"index": 0})));
        let delta = json!({"stop_reason": self.messages_reason(), "stop_sequence": null});
        events.push(("message_delta", json!({"delta": delta, "usage": {"output_tokens": written}})));
        events.push(("message_stop", json!({})));
        let typed = events.into_iter().map(|(name, mut body)| {
            add(&mut body, [("type", Some(name.into()))]);
            (name, self.named(body).to_string())
        });
        typed.collect()
    }
}
