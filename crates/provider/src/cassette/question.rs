//! What a cassette knows a request by.

use serde_json::{Number, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::canonical::canonical;
use crate::error::Result;
use crate::request::Request;

/// What was asked, of which protocol: everything that a reply can depend on, and nothing else. Whether it came in
/// pieces, under which key and within which time are no part of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question(pub(super) Json);

impl Question {
    pub(super) fn of(family: &str, request: &Request) -> Question {
        let messages: Vec<Json> = request
            .messages
            .iter()
            .map(|message| json!({"role": message.role.name(), "content": message.content}))
            .collect();
        let schema = request.schema.as_ref().map(|schema| json!({"name": schema.name, "json": schema.json}));
        Question(exact(json!({
            "family": family,
            "model": request.model,
            "messages": messages,
            "parameters": request.parameters.to_json(),
            "schema": schema,
        })))
    }

    /// SHA-256 of the canonical JSON, in hexadecimal digits.
    pub(super) fn key(&self) -> Result<String> {
        digest(&self.0)
    }
}

/// SHA-256 of a value's canonical JSON, in hexadecimal digits.
pub(super) fn digest(value: &Json) -> Result<String> {
    let hash = Sha256::digest(canonical(value)?.as_bytes());
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Integers that no double holds, such as the bound of an i64 in a schema, as texts: canonical JSON has no others.
fn exact(value: Json) -> Json {
    match value {
        Json::Number(number) if canonical(&Json::Number(number.clone())).is_err() => integer(&number),
        Json::Array(items) => items.into_iter().map(exact).collect(),
        Json::Object(members) => members.into_iter().map(|(name, value)| (name, exact(value))).collect(),
        other => other,
    }
}

fn integer(number: &Number) -> Json {
    json!({"integer": number.to_string()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Message, Schema};

    fn asked() -> Request {
        Request::new("m", vec![Message::user("é")], 5)
    }

    /// The digest of the text below by `sha256sum`.
    #[test]
    fn a_key_is_the_digest_of_the_canonical_question() {
        let question = Question::of("openai.chat", &asked());
        let text = r#"{"family":"openai.chat","messages":[{"content":"é","role":"user"}],"model":"m","parameters":{"max_tokens":5},"schema":null}"#;
        assert_eq!(canonical(&question.0).unwrap(), text);
        assert_eq!(
            question.key().unwrap(),
            "074d5d7c398342a779b9f15e27adf17d1487481cee1ddc591726a121f90642d0"
        );
    }

    #[test]
    fn the_key_moves_with_what_a_reply_depends_on_and_with_nothing_else() {
        let key = |family: &str, change: fn(&mut Request)| {
            let mut request = asked();
            change(&mut request);
            Question::of(family, &request).key().unwrap()
        };
        let same = key("openai.chat", |_| {});
        let others: [fn(&mut Request); 4] = [
            |request| request.stream = true,
            |request| request.idempotency_key = "k".into(),
            |request| request.lane = Some(7),
            |request| request.timeouts.idle = std::time::Duration::ZERO,
        ];
        assert!(others.into_iter().all(|change| key("openai.chat", change) == same));
        let own: [fn(&mut Request); 6] = [
            |request| request.model.push('2'),
            |request| request.messages.push(Message::user("é")),
            |request| request.messages = vec![Message::assistant("é")],
            |request| request.parameters.max_tokens = 6,
            |request| request.parameters.seed = Some(i64::MAX),
            |request| request.schema = Some(Schema { name: "s".into(), json: json!({"maximum": i64::MAX}) }),
        ];
        let mut keys: Vec<String> = own.into_iter().map(|change| key("openai.chat", change)).collect();
        keys.extend([same, key("anthropic.messages", |_| {})]);
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
    }
}
