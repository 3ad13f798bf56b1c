//! The form of tools that have a file of their own.
//!
//! A request is `{"id": 1, "tool": "web.search", "arguments": {…}}`, an answer `{"id": 1, "result": …}` or `{"id": 1,
//! "error": {"message": "…"}}`.

use recorder::world::Failed;
use serde_json::{Value as Json, json};

use super::{ANSWER_BYTES_MAX, Running};

/// What was said to a program.
#[derive(Default)]
pub struct Talk {
    calls: u64,
}

impl Talk {
    pub fn call(&mut self, running: &mut Running, tool: &str, arguments: Json) -> Result<Vec<u8>, Failed> {
        self.calls += 1;
        let request = json!({"id": self.calls, "tool": tool, "arguments": arguments});
        let line = running.ask(&request, &mut ANSWER_BYTES_MAX.clone())?;
        answer(self.calls, &line)
    }
}

/// The result of an answer to the call `id`.
fn answer(id: u64, line: &[u8]) -> Result<Vec<u8>, Failed> {
    let lied = |why: String| Failed { code: "R0704", why };
    let json: Json =
        serde_json::from_slice(line).map_err(|why| lied(format!("its answer is no line of JSON: {why}")))?;
    let Json::Object(fields) = &json else { return Err(lied("its answer is no JSON object".to_string())) };
    match fields.get("id") {
        Some(found) if found.as_u64() == Some(id) => {}
        found => {
            let found = found.map_or("none".to_string(), Json::to_string);
            return Err(lied(format!("its answer has the id {found}, expected {id}")));
        }
    }
    match (fields.get("result"), fields.get("error")) {
        (Some(result), None) => Ok(result.to_string().into_bytes()),
        (None, Some(error)) => match error.get("message").and_then(Json::as_str) {
            Some(message) => Err(Failed::because(message)),
            None => Err(lied("its error has no `message`".to_string())),
        },
        _ => Err(lied("its answer has neither `result` nor `error`, or both".to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        match answer(3, line.as_bytes()) {
            Ok(result) => String::from_utf8(result).expect("JSON is text"),
            Err(Failed { code, why }) => format!("{code} {why}"),
        }
    }

    #[test]
    fn an_answer_is_for_its_call_and_says_one_thing() {
        assert_eq!(told(r#"{"id": 3, "result": [1, null]}"#), "[1,null]");
        assert_eq!(told(r#"{"id": 3, "result": null}"#), "null");
        assert_eq!(told(r#"{"id": 3, "error": {"message": "not found"}}"#), "R0701 not found");
        assert_eq!(told(r#"{"id": 2, "result": 1}"#), "R0704 its answer has the id 2, expected 3");
        assert_eq!(told(r#"{"result": 1}"#), "R0704 its answer has the id none, expected 3");
        assert!(told(r#"{"id": 3, "result": 1, "error": {}}"#).starts_with("R0704 its answer has neither"));
        assert!(told(r#"{"id": 3, "error": "no"}"#).starts_with("R0704 its error has no `message`"));
        assert!(told("[3]").starts_with("R0704 its answer is no JSON object"));
        assert!(told("hello").starts_with("R0704 its answer is no line of JSON"));
    }
}
