//! The tools of `lumen serve --mcp`: what they take, what they give, and how far a call is.

use recorder::world::Cancel;
use serde_json::{Value, json};

use super::answers;
use super::ask;
use super::message::{DIAGNOSTICS, Problem};
use super::outlet::Outlet;
use super::params::Params;
use super::python;
use super::runs::{Client, Runs, Work};

/// Characters of what a program printed that an agent is given.
const PRINTED_CHARS: usize = 10_000;

/// Something that an agent may call.
pub struct Tool {
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Whether it changes nothing: a run's records count as a change.
    reads_only: bool,
    takes: fn() -> Value,
    gives: fn() -> Value,
    work: fn(Params, &Runs, &Cancel, &mut Progress) -> Result<Given, Problem>,
}

/// What a tool gave.
pub struct Given {
    pub value: Value,
    pub is_error: bool,
}

impl Given {
    fn fine(value: Value) -> Given {
        Given { value, is_error: false }
    }
}

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "lumen_check",
        title: "Check documents",
        description: "Diagnostics of documents and sources (all below the folder, if none is named) with their places and \
                      fixes, without running them.",
        reads_only: true,
        takes: || {
            object(
                &[
                    ("files", texts("Documents, sources, folders")),
                    ("strict", flag("Warnings that hide mistakes are errors")),
                ],
                &[],
            )
        },
        gives: || {
            let number = json!({"type": "integer"});
            let fields =
                [("errors", number.clone()), ("warnings", number), ("diagnostics", json!({"type": "array"}))];
            object(&fields, &["errors", "warnings", "diagnostics"])
        },
        work: |params, _, _, _| answers::check(params).map(Given::fine),
    },
    Tool {
        name: "lumen_run",
        title: "Run a document",
        description: "Runs a document and records every effect. Gives the numbers of its prose, its results with their \
                      hashes, and what it printed; what does not check is given as diagnostics.",
        reads_only: false,
        takes: || {
            let fields = [
                ("document", text("A .lm.md document or .lm source")),
                (
                    "inputs",
                    json!({"type": "object", "description": "Other values for inputs of the front matter"}),
                ),
                ("grants", texts("Effects to grant, as in the language: fs.read path \"data/*\"")),
                ("arguments", texts("Arguments of the program")),
                ("fresh", flag("Compute everything anew")),
                ("refresh", texts("Results or effects to compute anew")),
                ("strict", flag("Warnings that hide mistakes are errors")),
                (
                    "fuel",
                    json!({"type": "integer", "minimum": 0, "description": "Stop with a fault after so much work"}),
                ),
            ];
            object(&fields, &["document"])
        },
        gives: || {
            let status =
                json!({"type": "string", "enum": ["complete", "failed", "interrupted", "open", "refused"]});
            let list = json!({"type": "array"});
            let fields = [
                ("status", status),
                ("exit_code", json!({"type": "integer"})),
                ("run", text("The run's name")),
                ("results", list.clone()),
                ("numbers", list.clone()),
                ("diagnostics", list),
                ("printed", text("What it printed, up to 10,000 characters")),
                ("printed_cut", flag("Whether it printed more")),
            ];
            object(&fields, &["status", "exit_code"])
        },
        work: run,
    },
    Tool {
        name: "lumen_why",
        title: "Where a number comes from",
        description: "Walks from a result, a number of the prose (its text, or its id such as n3) or an entry of the state \
                      back to the code, the inputs with their hashes, and the record of the run.",
        reads_only: true,
        takes: || {
            object(
                &[("name", text("A result, a number or an entry of the state")), ("run", run_name())],
                &["name"],
            )
        },
        gives: || {
            object(
                &[("schema", text("Which form this has")), ("run", text("The run's id"))],
                &["schema", "run"],
            )
        },
        work: |params, _, _, _| answers::why(params).map(Given::fine),
    },
    Tool {
        name: "lumen_verify",
        title: "Verify a run",
        description: "Replays a run or bundle with its recorded effects: every result must come out the same.",
        reads_only: true,
        takes: || object(&[("target", text("A run or a bundle; by default the last run"))], &[]),
        gives: || {
            let fields = [
                ("verified", json!({"type": "boolean"})),
                ("exit_code", json!({"type": "integer"})),
                ("differences", json!({"type": "array"})),
                ("sentence", text("The verdict in words")),
            ];
            object(&fields, &["verified", "exit_code", "differences"])
        },
        work: |params, _, _, _| {
            let value = answers::verify(params)?;
            let is_error = value["verified"] != true;
            Ok(Given { value, is_error })
        },
    },
    Tool {
        name: "lumen_status",
        title: "How a run stands",
        description: "Whether a run is on its way, came to its end or can be resumed.",
        reads_only: true,
        takes: || object(&[("run", run_name())], &[]),
        gives: || {
            let state = json!({"type": "string", "enum": ["running", "complete", "failed", "open"]});
            object(&[("run", text("The run's name")), ("state", state)], &["run", "state"])
        },
        work: |params, runs, _, _| runs.status(params).map(Given::fine),
    },
    Tool {
        name: "lumen_ask",
        title: "Ask about a long text",
        description: "Asks a model about a file that may be longer than it can read: it writes Python against the text, \
                      confined, and that code may ask models about parts. The answer is recorded, and an equal question \
                      is answered from the record.",
        reads_only: false,
        takes: || {
            let number = |least: u64| json!({"type": "integer", "minimum": least});
            let fields = [
                ("file", text("The text, a file of the folder")),
                ("question", text("What is asked")),
                (
                    "model",
                    text("A model of lumen.toml, openai/MODEL or anthropic/MODEL; by default `default`"),
                ),
                ("sub", text("Whom the code asks; by default the same")),
                ("depth", json!({"type": "integer", "minimum": 0, "maximum": 4})),
                ("turns", json!({"type": "integer", "minimum": 1, "maximum": 200})),
                ("max_calls", number(2)),
                ("max_tokens", number(1)),
                ("reply_tokens", number(1)),
                ("max_cost", json!({"type": "number", "minimum": 0, "description": "Dollars in all"})),
                ("level", json!({"type": "string", "enum": ["strict", "standard"]})),
                ("fresh", flag("Ask anew what was asked before")),
            ];
            object(&fields, &["file", "question"])
        },
        gives: || {
            let fields = [
                ("answer", json!({"type": ["string", "null"]})),
                ("error", json!({"type": ["object", "null"]})),
                ("status", json!({"type": ["string", "null"]})),
                ("run", text("The run's name")),
                ("exit_code", json!({"type": "integer"})),
                ("usage", json!({"type": "object"})),
            ];
            object(&fields, &["answer", "run", "exit_code", "usage"])
        },
        work: |params, runs, end, progress| {
            let value = ask::question(params, runs, end, progress)?;
            Ok(Given { is_error: ask::is_failed(&value)?, value })
        },
    },
    Tool {
        name: "lumen_batch",
        title: "Ask a model many things",
        description: "Sends prompts to a model and gives a reply or an error for each, in their order. A run that was \
                      killed goes on with what has no reply; an equal prompt is answered from the record.",
        reads_only: false,
        takes: || {
            let number = json!({"type": "integer", "minimum": 1});
            let fields = [
                ("prompts", texts("What is asked, each by itself")),
                (
                    "model",
                    text("A model of lumen.toml, openai/MODEL or anthropic/MODEL; by default `default`"),
                ),
                ("reply_tokens", number.clone()),
                ("in_flight", number.clone()),
                ("max_tokens", number),
                ("max_cost", json!({"type": "number", "minimum": 0, "description": "Dollars in all"})),
                ("fresh", flag("Ask anew what was asked before")),
            ];
            object(&fields, &["prompts"])
        },
        gives: || {
            let fields = [
                ("results", json!({"type": "array", "items": {"type": "object"}})),
                ("error", json!({"type": ["object", "null"]})),
                ("run", text("The run's name")),
                ("exit_code", json!({"type": "integer"})),
                ("usage", json!({"type": "object"})),
            ];
            object(&fields, &["results", "run", "exit_code", "usage"])
        },
        work: |params, runs, end, progress| {
            let value = ask::batch(params, runs, end, progress)?;
            Ok(Given { is_error: ask::is_failed(&value)?, value })
        },
    },
    Tool {
        name: "lumen_python",
        title: "Confined Python",
        description: "Runs a cell of Python in a confined worker of its own: the standard library, no files, no network. \
                      The value of the last expression is given.",
        reads_only: true,
        takes: || {
            let level = json!({"type": "string", "enum": ["strict", "standard"], "description": "How far it is confined; by default strict"});
            let fields = [
                ("code", text("The code")),
                ("inputs", json!({"type": "object", "description": "Variables, by name"})),
                ("context", text("A long text, as `context` and `ctx`")),
                ("level", level),
                ("interpreter", text("By default python3")),
                ("active_ms", json!({"type": "integer", "minimum": 1})),
                ("memory_bytes", json!({"type": "integer", "minimum": 1})),
            ];
            object(&fields, &["code"])
        },
        gives: || {
            let anything = json!({"type": ["object", "null"]});
            let fields = [
                ("value", anything.clone()),
                ("error", anything),
                ("stdout", json!({"type": "object"})),
                ("stderr", json!({"type": "object"})),
                ("level", text("How far it was confined")),
            ];
            object(&fields, &["value", "error", "stdout", "stderr", "level"])
        },
        work: |params, _, end, _| {
            let value = python::once(params, end)?;
            let is_error = !value["error"].is_null();
            Ok(Given { value, is_error })
        },
    },
];

fn object(fields: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_string(), schema.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn texts(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}

fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

fn run_name() -> Value {
    text("The run; by default the last one")
}

impl Tool {
    /// As `tools/list` has it.
    pub fn json(&self) -> Value {
        let mut takes = (self.takes)();
        // An argument that is not known is an error, never passed over.
        takes["additionalProperties"] = false.into();
        let is_open = ["lumen_run", "lumen_ask", "lumen_batch"].contains(&self.name);
        json!({
            "name": self.name, "title": self.title, "description": self.description, "inputSchema": takes,
            "outputSchema": (self.gives)(),
            "annotations": {"readOnlyHint": self.reads_only, "openWorldHint": is_open},
        })
    }

    /// Carries a call out.
    ///
    /// # Errors
    /// Why it came to nothing, wrong arguments included.
    pub fn call(
        &self,
        params: Params,
        runs: &Runs,
        end: &Cancel,
        progress: &mut Progress,
    ) -> Result<Given, Problem> {
        (self.work)(params, runs, end, progress)
    }
}

fn run(mut params: Params, runs: &Runs, end: &Cancel, progress: &mut Progress) -> Result<Given, Problem> {
    let work = Work::start(&mut params);
    params.finish()?;
    let value = match runs.carry_out(work, end, progress) {
        Ok(mut ended) => {
            ended["printed"] = std::mem::take(&mut progress.printed).into();
            ended["printed_cut"] = (progress.printed_chars > PRINTED_CHARS).into();
            ended
        }
        Err(refused) if refused.code == DIAGNOSTICS => {
            json!({"status": "refused", "exit_code": 1, "diagnostics": refused.data["diagnostics"]})
        }
        Err(problem) => return Err(problem),
    };
    let is_error = value["exit_code"] != 0;
    Ok(Given { value, is_error })
}

/// Tells a client how far a call is, if it asked for that, and keeps what the program prints.
pub struct Progress {
    outlet: Outlet,
    token: Option<Value>,
    count: u64,
    printed: String,
    printed_chars: usize,
}

impl Progress {
    pub fn new(outlet: Outlet, token: Option<Value>) -> Progress {
        Progress { outlet, token, count: 0, printed: String::new(), printed_chars: 0 }
    }

    fn tell(&mut self, message: &str) {
        let Some(token) = &self.token else { return };
        self.count += 1;
        let params = json!({"progressToken": token, "progress": self.count, "message": message});
        self.outlet.notify("notifications/progress", &params);
    }
}

impl Client for Progress {
    fn begun(&mut self, run: Value) {
        self.tell(&format!("the run {} began", run["run"].as_str().unwrap_or_default()));
    }

    fn event(&mut self, event: Value) {
        let part = |key: &str| event[key].as_str().unwrap_or_default();
        match part("event") {
            "printed" => {
                let left = PRINTED_CHARS.saturating_sub(self.printed_chars);
                self.printed.extend(part("text").chars().take(left));
                self.printed_chars += part("text").chars().count();
            }
            "recorded" | "ran" => {
                self.tell(&format!("{} {}: {}", part("event"), part("result"), part("summary")));
            }
            "answered" => self.tell(&format!("{} of {} replies", event["done"], event["count"])),
            "number" => self.tell(&format!("{} = {}", part("expression"), part("text"))),
            _ => {}
        }
    }
}
