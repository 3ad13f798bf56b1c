//! `lumen serve --mcp`: the Model Context Protocol over standard input and output.
//!
//! Two eras are spoken. A client of revision 2025-11-25 shakes hands with `initialize`; one of 2026-07-28 states its
//! revision in the `_meta` of each request and may ask `server/discover`. What a tool gives is the same for both.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use recorder::world::Cancel;
use sandbox::ErrorKind;
use serde_json::{Map, Value, json};

use super::jobs::Jobs;
use super::message::{Message, Problem};
use super::outlet::{Outlet, Reply};
use super::params::Params;
use super::runs::Runs;
use super::stdio::{PATIENCE, listen};
use super::tools::{self, Progress, TOOLS};
use crate::command::agent_card::CARD;
use crate::terminal::Failure;

/// The last revision with a handshake.
const HANDSHAKE: &str = "2025-11-25";
/// The first without.
const STATELESS: &str = "2026-07-28";

/// The revisions that are spoken.
pub const REVISIONS: [&str; 2] = [HANDSHAKE, STATELESS];

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// Revision 2026-07-28's code for a revision that is not spoken.
const UNSUPPORTED_VERSION: i64 = -32022;

/// How long a client of the stateless revision may keep what does not change while the server lives.
const FRESH_MS: u64 = 3_600_000;

/// Serves the agent that started this process, until it closes its end.
///
/// # Errors
/// The input cannot be read.
pub fn serve() -> Result<u8, Failure> {
    let outlet = Outlet::new(io::stdout());
    let mut server = Server {
        outlet: outlet.clone(),
        jobs: Jobs::default(),
        runs: Runs::default(),
        calls: Calls::default(),
        is_initialized: false,
    };
    let read = listen(&mut io::stdin().lock(), &outlet, &mut |message| {
        server.handle(message);
        true
    });
    server.runs.end_all();
    server.calls.end_all();
    server.jobs.wait(PATIENCE);
    read.map_err(|why| Failure::io("cannot read standard input", &why))?;
    Ok(0)
}

struct Server {
    outlet: Outlet,
    jobs: Jobs,
    runs: Runs,
    calls: Calls,
    is_initialized: bool,
}

/// Which form an answer has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    Handshake,
    Stateless,
}

impl Era {
    /// A result that is complete.
    fn complete(self, mut result: Value) -> Value {
        if self == Era::Stateless {
            result["resultType"] = "complete".into();
        }
        result
    }

    /// One that may be kept.
    fn fresh(self, result: Value) -> Value {
        let mut result = self.complete(result);
        if self == Era::Stateless {
            result["ttlMs"] = FRESH_MS.into();
            result["cacheScope"] = "public".into();
        }
        result
    }
}

impl Server {
    fn handle(&mut self, message: Message) {
        let Message { id, method, mut params } = message;
        let Some(id) = id else {
            // Other notifications tell nothing that this server acts on.
            if method == "notifications/cancelled"
                && let Some(id) = params.get("requestId")
            {
                self.calls.cancel(id);
            }
            return;
        };
        let mut owed = Some(self.outlet.reply(id.clone()));
        let meta = params.remove("_meta");
        let answer = self
            .era(&method, meta.as_ref())
            .and_then(|era| self.dispatch(&id, &method, era, meta.as_ref(), Params::new(params), &mut owed));
        if let (Some(answer), Some(reply)) = (answer.transpose(), owed.take()) {
            reply.send(answer);
        }
    }

    /// Tells the revision of a request.
    fn era(&self, method: &str, meta: Option<&Value>) -> Result<Era, Problem> {
        let invalid = |what: String| Problem::of(ErrorKind::InvalidParams, what);
        if meta.is_some_and(|meta| !meta.is_object()) {
            return Err(invalid("`_meta` is an object".to_string()));
        }
        let stated = meta.and_then(|meta| meta.get(VERSION_KEY));
        let Some(stated) = stated else {
            return match self.is_initialized || matches!(method, "initialize" | "ping") {
                true => Ok(Era::Handshake),
                false => Err(invalid(format!(
                    "no revision: `initialize` comes first, or `_meta` states `{VERSION_KEY}`"
                ))),
            };
        };
        if stated != STATELESS {
            let data = json!({"requested": stated, "supported": [STATELESS, HANDSHAKE]});
            return Err(Problem::new(UNSUPPORTED_VERSION, "Unsupported protocol version").with(data));
        }
        match meta.and_then(|meta| meta.get(CAPABILITIES_KEY)) {
            Some(Value::Object(_)) => Ok(Era::Stateless),
            _ => Err(invalid(format!("`_meta` lacks `{CAPABILITIES_KEY}`, an object"))),
        }
    }

    fn dispatch(
        &mut self,
        id: &Value,
        method: &str,
        era: Era,
        meta: Option<&Value>,
        mut params: Params,
        owed: &mut Option<Reply>,
    ) -> Result<Option<Value>, Problem> {
        match (method, era) {
            ("initialize", Era::Handshake) => {
                // A client that asks for another revision is told ours, and decides.
                params.required_text("protocolVersion");
                params.values("capabilities");
                params.values("clientInfo");
                params.finish()?;
                self.is_initialized = true;
                Ok(Some(json!({
                    "protocolVersion": HANDSHAKE, "capabilities": {"tools": {}}, "serverInfo": server_info(),
                    "instructions": CARD,
                })))
            }
            ("server/discover", Era::Stateless) => {
                params.finish()?;
                Ok(Some(era.fresh(json!({
                    "supportedVersions": [STATELESS, HANDSHAKE], "capabilities": {"tools": {}},
                    "instructions": CARD, "_meta": {SERVER_KEY: server_info()},
                }))))
            }
            ("ping", Era::Handshake) => {
                params.finish()?;
                Ok(Some(json!({})))
            }
            ("tools/list", _) => {
                if params.text("cursor").is_some() {
                    params.refuse("cursor", "the list has one page, so that no cursor was given out");
                }
                params.finish()?;
                let tools: Vec<Value> = TOOLS.iter().map(tools::Tool::json).collect();
                Ok(Some(era.fresh(json!({"tools": tools}))))
            }
            ("tools/call", _) => {
                let (name, arguments) = (params.required_text("name"), params.values("arguments"));
                params.finish()?;
                self.call(id, &name, arguments, era, meta, owed)?;
                Ok(None)
            }
            (other, _) => {
                let message = format!("there is no method `{other}` in this revision");
                Err(Problem::of(ErrorKind::MethodNotFound, message).with(json!({"method": other})))
            }
        }
    }

    fn call(
        &self,
        id: &Value,
        name: &str,
        arguments: Map<String, Value>,
        era: Era,
        meta: Option<&Value>,
        owed: &mut Option<Reply>,
    ) -> Result<(), Problem> {
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
            return Err(Problem::of(ErrorKind::InvalidParams, format!("Unknown tool: {name}")));
        };
        let token = meta.and_then(|meta| meta.get("progressToken")).cloned();
        let token = token.filter(|token| token.is_string() || token.is_i64() || token.is_u64());
        let place = self.jobs.reserve()?;
        let entry = self.calls.enter(id)?;
        let mut progress = Progress::new(self.outlet.clone(), token);
        let (runs, reply) = (self.runs.clone(), owed.take());
        place.start(move || {
            let answer = tool.call(Params::new(arguments), &runs, &entry.end, &mut progress);
            let Some(reply) = reply else { return };
            // Who cancelled a request does not wait for its answer.
            match entry.was_cancelled() {
                true => reply.withhold(),
                false => reply.send(Ok(era.complete(outcome(answer)))),
            }
        });
        Ok(())
    }
}

/// What a tool came to: a failure is a result too, which the model reads.
fn outcome(answer: Result<tools::Given, Problem>) -> Value {
    match answer {
        Ok(tools::Given { value, is_error }) => json!({
            "content": [{"type": "text", "text": value.to_string()}], "structuredContent": value,
            "isError": is_error,
        }),
        Err(problem) => json!({
            "content": [{"type": "text", "text": problem.json().to_string()}], "isError": true,
        }),
    }
}

fn server_info() -> Value {
    json!({"name": "lumen", "version": env!("CARGO_PKG_VERSION")})
}

/// Calls that are on their way, by the ids of their requests.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<BTreeMap<String, Called>>>);

struct Called {
    end: Cancel,
    was_cancelled: bool,
}

/// A call's entry, taken out when it is over in whatever way.
struct Entry {
    calls: Calls,
    id: String,
    end: Cancel,
}

impl Entry {
    fn was_cancelled(&self) -> bool {
        self.calls.lock().get(&self.id).is_some_and(|called| called.was_cancelled)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
    }
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Called>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, id: &Value) -> Result<Entry, Problem> {
        let (id, mut calls) = (id.to_string(), self.lock());
        if calls.contains_key(&id) {
            return Err(Problem::of(ErrorKind::InvalidRequest, "a request of this id is on its way"));
        }
        let end = Cancel::default();
        calls.insert(id.clone(), Called { end: end.clone(), was_cancelled: false });
        Ok(Entry { calls: self.clone(), id, end })
    }

    fn cancel(&self, id: &Value) {
        let end = self.lock().get_mut(&id.to_string()).map(|called| {
            called.was_cancelled = true;
            called.end.clone()
        });
        end.iter().for_each(Cancel::cancel);
    }

    fn end_all(&self) {
        let ends: Vec<Cancel> = self.lock().values().map(|called| called.end.clone()).collect();
        ends.iter().for_each(Cancel::cancel);
    }
}
