//! Finds keys that redacting bytes cannot: a model that repeats a key in a stream sends it token by token, each in an
//! event of its own, and JSON may write any character as an escape.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::redact::Redactor;
use crate::wire::EventReader;

/// Whether a body, or the text that its events bring piece by piece, still holds a key.
pub(super) fn leaks(chunks: &[Vec<u8>], redactor: &Redactor) -> bool {
    let body = chunks.concat();
    let mut texts = BTreeMap::new();
    match serde_json::from_slice(&body) {
        Ok(json) => gather(String::new(), &json, &mut texts),
        Err(_) => {
            // What is no stream of events either was never a reply.
            for event in EventReader::default().feed(&body).unwrap_or_default() {
                match serde_json::from_str(&event.data) {
                    Ok(json) => gather(String::new(), &json, &mut texts),
                    Err(_) => texts.entry(String::new()).or_default().push_str(&event.data),
                }
            }
        }
    }
    texts.values().any(|text| redactor.text(text) != *text)
}

/// Puts the texts of a place together over all events.
fn gather(place: String, json: &Json, texts: &mut BTreeMap<String, String>) {
    match json {
        Json::String(text) => texts.entry(place).or_default().push_str(text),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather(format!("{place}/{index}"), item, texts);
            }
        }
        Json::Object(members) => {
            for (name, value) in members {
                texts.entry(format!("{place}/ names")).or_default().push_str(&format!("{name} "));
                gather(format!("{place}/{name}"), value, texts);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn found(body: &str) -> bool {
        leaks(&[body.as_bytes().to_vec()], &Redactor::new([SecretString::from("canary/0123456789")]))
    }

    #[test]
    fn a_key_across_events_is_found() {
        let event =
            |text: &str| format!("data: {{\"type\":\"delta\",\"delta\":{{\"thinking\":\"{text}\"}}}}\n\n");
        assert!(found(&(event("it is can") + &event("ary/01") + &event("23456789."))));
        assert!(!found(&(event("it is can") + &event("ary/01") + &event("2345678."))));
    }

    #[test]
    fn a_key_in_escapes_is_found() {
        assert!(found(r#"{"a":["\u0063anary\u002f0123456789"]}"#));
        assert!(found(r#"{"canary\u002f0123456789":1}"#));
        assert!(!found(r#"{"a":["canary\u002f012345678"]}"#));
    }
}
