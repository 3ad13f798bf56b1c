//! Tools of a server of the Model Context Protocol, over its standard input and output.
//!
//! The server is greeted once, says which tools it has, and carries calls out one after the other. What it tells or asks
//! meanwhile is read past or refused: a tool sees what its call gives it and no more.

use recorder::tool::{Provider, mcp};
use recorder::world::{Cancel, Failed};
use serde_json::{Map, Value as Json, json};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{ANSWER_BYTES_MAX, Running};

/// The revision that is asked for, and those that mean the same for what is used here.
const REVISION: &str = "2025-11-25";
const REVISIONS: [&str; 4] = [REVISION, "2025-06-18", "2025-03-26", "2024-11-05"];
/// A list of tools in more pieces is no list.
const PIECES_MAX: usize = 100;
/// How long a server may take that is asked which tools it has.
const PATIENCE: Duration = Duration::from_secs(60);
/// JSON-RPC's code for a method that is not there.
const METHOD_NOT_FOUND: i64 = -32601;

/// A server that was greeted.
#[derive(Default)]
pub struct Session {
    requests: u64,
    /// What it has said of its tools; nothing where it has not, or said since that they changed.
    tools: Option<Vec<Json>>,
}

fn lied(why: impl Into<String>) -> Failed {
    Failed { code: "R0704", why: why.into() }
}

impl Session {
    /// Greets a server.
    pub fn open(running: &mut Running) -> Result<Session, Failed> {
        let mut session = Session::default();
        let client = json!({"name": "lumen", "version": env!("CARGO_PKG_VERSION")});
        let params = json!({"protocolVersion": REVISION, "capabilities": {}, "clientInfo": client});
        let greeted = session.request(running, "initialize", params, &mut ANSWER_BYTES_MAX.clone())?;
        let revision = greeted.get("protocolVersion").and_then(Json::as_str).unwrap_or("none");
        if !REVISIONS.contains(&revision) {
            let known = REVISIONS.join(", ");
            return Err(lied(format!("its server speaks the revision {revision}, expected one of {known}")));
        }
        let begun = running.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        begun.map_err(|why| running.ended(Some(&why)))?;
        Ok(session)
    }

    /// Calls a tool, which must be what was promised of it.
    pub fn call(
        &mut self,
        running: &mut Running,
        tool: &str,
        promise: Option<&str>,
        arguments: Json,
    ) -> Result<Vec<u8>, Failed> {
        let mut bytes = ANSWER_BYTES_MAX;
        if self.tools.is_none() {
            self.list(running, &mut bytes)?;
        }
        let tools = self.tools.as_deref().unwrap_or_default();
        let name = |known: &Json| known.get("name").and_then(Json::as_str).map(str::to_string);
        let Some(known) = tools.iter().find(|known| name(known).as_deref() == Some(tool)) else {
            let names: Vec<String> = tools.iter().filter_map(name).collect();
            return Err(lied(format!("its server has no tool `{tool}`; it has {}", names.join(", "))));
        };
        if let Some(promise) = promise {
            let parsed = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_default();
            // As values, in which the order of keys means nothing.
            if parsed(promise) != parsed(&mcp::promise(known)) {
                let changed = "its server says now that it takes or gives something else than its file does";
                return Err(lied(format!("{changed}; `lumen schema --server` writes the file again")));
            }
        }
        let is_structured = known.get("outputSchema").is_some_and(|schema| !schema.is_null());
        let params = json!({"name": tool, "arguments": arguments});
        let result = self.request(running, "tools/call", params, &mut bytes)?;
        value(&result, is_structured)
    }

    /// Asks which tools there are.
    fn list(&mut self, running: &mut Running, bytes: &mut u64) -> Result<(), Failed> {
        let mut tools = Vec::new();
        let mut params = Map::new();
        for _ in 0..PIECES_MAX {
            let piece = self.request(running, "tools/list", Json::Object(params.clone()), bytes)?;
            let listed = piece.get("tools").and_then(Json::as_array);
            tools.extend(listed.ok_or_else(|| lied("its server lists no `tools`"))?.iter().cloned());
            match piece.get("nextCursor").filter(|cursor| !cursor.is_null()) {
                Some(cursor) => drop(params.insert("cursor".to_string(), cursor.clone())),
                None => {
                    self.tools = Some(tools);
                    return Ok(());
                }
            }
        }
        let why = format!("its server lists its tools in more than {PIECES_MAX} pieces");
        Err(Failed { code: "R0705", why })
    }

    /// Asks for something, and reads what the server says until it answers.
    fn request(
        &mut self,
        running: &mut Running,
        method: &str,
        params: Json,
        bytes: &mut u64,
    ) -> Result<Json, Failed> {
        self.requests += 1;
        let id = self.requests;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut line = running.ask(&request, bytes)?;
        loop {
            let said: Json = serde_json::from_slice(&line)
                .map_err(|why| lied(format!("its answer is no line of JSON: {why}")))?;
            let Json::Object(mut said) = said else { return Err(lied("its answer is no JSON object")) };
            let Some(asked) = said.get("method") else {
                if said.get("id").and_then(Json::as_u64) != Some(id) {
                    let found = said.get("id").map_or("none".to_string(), Json::to_string);
                    return Err(lied(format!("its answer has the id {found}, expected {id}")));
                }
                return result(&mut said);
            };
            match said.get("id") {
                Some(theirs) => {
                    let mut reply = json!({"jsonrpc": "2.0", "id": theirs});
                    reply[if asked == "ping" { "result" } else { "error" }] = match asked.as_str() {
                        Some("ping") => json!({}),
                        _ => {
                            json!({"code": METHOD_NOT_FOUND, "message": format!("{asked} is not offered here")})
                        }
                    };
                    // One that does not read has ended, or says so by its silence.
                    let _ = running.send(&reply);
                }
                None if asked == "notifications/tools/list_changed" => self.tools = None,
                None => {}
            }
            line = running.line(bytes)?;
        }
    }
}

/// What an answer of JSON-RPC holds.
fn result(said: &mut Map<String, Json>) -> Result<Json, Failed> {
    match (said.remove("result"), said.remove("error")) {
        (Some(result), None) => Ok(result),
        (None, Some(error)) => match error.get("message").and_then(Json::as_str) {
            Some(message) => Err(Failed::because(message)),
            None => Err(lied("its error has no `message`")),
        },
        _ => Err(lied("its answer has neither `result` nor `error`, or both")),
    }
}

/// The value of a call: what has a schema, else a text that stands alone, else the list of parts.
fn value(result: &Json, is_structured: bool) -> Result<Vec<u8>, Failed> {
    let content = result.get("content").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |part: &Json| {
        let is_text = part.get("type").and_then(Json::as_str) == Some("text");
        part.get("text").and_then(Json::as_str).filter(|_| is_text).map(str::to_string)
    };
    if result.get("isError").and_then(Json::as_bool) == Some(true) {
        let said: Vec<String> = content.iter().filter_map(text).collect();
        let said = if said.is_empty() { "it failed and said nothing".to_string() } else { said.join("\n") };
        return Err(Failed::because(said));
    }
    let value = match (result.get("structuredContent").filter(|value| !value.is_null()), content) {
        (Some(value), _) => value.clone(),
        (None, _) if is_structured => {
            return Err(lied("its answer has no `structuredContent`, which its schema promises"));
        }
        (None, [one]) if text(one).is_some() => text(one).map_or(Json::Null, Json::String),
        (None, parts) => match result.get("content") {
            Some(Json::Array(_)) => Json::Array(parts.to_vec()),
            _ => return Err(lied("its answer has no `content`")),
        },
    };
    Ok(value.to_string().into_bytes())
}

/// Asks a server which tools it has, within a minute.
///
/// # Errors
/// Why it does not say.
pub fn tools(provider: Provider) -> Result<Vec<Json>, Failed> {
    let (sender, receiver) = channel();
    let cancel = Cancel::default();
    let theirs = cancel.clone();
    let asks = move || {
        let listed = Running::start(&provider).and_then(|mut running| {
            running.ends_with(&theirs);
            let mut session = Session::open(&mut running)?;
            session.list(&mut running, &mut ANSWER_BYTES_MAX.clone())?;
            Ok(session.tools.unwrap_or_default())
        });
        theirs.finish();
        // Nobody listens any more once it took too long.
        let _ = sender.send(listed);
    };
    let spawned = std::thread::Builder::new().name("server".to_string()).spawn(asks);
    spawned.map_err(|why| Failed::because(format!("the system gives no thread: {why}")))?;
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        cancel.cancel();
        let why = format!("it gave no answer within {} ms", PATIENCE.as_millis());
        Err(Failed { code: "R0702", why })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(result: &str, is_structured: bool) -> String {
        match value(&serde_json::from_str(result).expect("JSON"), is_structured) {
            Ok(value) => String::from_utf8(value).expect("JSON is text"),
            Err(Failed { code, why }) => format!("{code} {why}"),
        }
    }

    #[test]
    fn the_value_of_a_call_is_what_its_schema_says_or_its_text() {
        let text = r#""content": [{"type": "text", "text": "one"}]"#;
        assert_eq!(told(&format!(r#"{{{text}, "structuredContent": {{"n": 1}}}}"#), true), r#"{"n":1}"#);
        assert_eq!(told(&format!("{{{text}}}"), false), r#""one""#);
        assert!(
            told(&format!("{{{text}}}"), true).starts_with("R0704 its answer has no `structuredContent`")
        );
        assert_eq!(told(&format!(r#"{{{text}, "isError": true}}"#), true), "R0701 one");
        let image = r#"{"content": [{"type": "image", "data": "", "mimeType": "image/png"}]}"#;
        assert_eq!(told(image, false), r#"[{"type":"image","data":"","mimeType":"image/png"}]"#);
        assert_eq!(told(r#"{"content": []}"#, false), "[]");
        assert!(told("{}", false).starts_with("R0704 its answer has no `content`"));
    }
}
