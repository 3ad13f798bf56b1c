//! Runs that a client starts, resumes, watches and ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use recorder::record::NumberRecord;
use recorder::run::{Finished, Request};
use recorder::world::{Cancel, ItemNews, NodeNews, Observer};
use sandbox::ErrorKind;
use serde_json::{Value, json};
use syntax::{Diagnostic, Source};

use super::ask;
use super::message::{DIAGNOSTICS, Problem};
use super::params::Params;
use crate::args::ModelOptions;
use crate::execution::{self, Asked};
use crate::models;
use crate::project::{Project, RunFolder};
use crate::terminal::Failure;
use crate::world::{System, fresh_entropy};

/// What is to be run.
pub enum Work {
    Start(Box<Asked>),
    Resume { run: Option<String>, repeat: bool },
}

impl Work {
    /// The parameters of `run.start`.
    pub fn start(params: &mut Params) -> Work {
        let request = Request {
            inputs: params.inputs("inputs"),
            grants: params.texts("grants"),
            arguments: params.texts("arguments"),
            cell: None,
            strict: params.flag("strict"),
            refresh: params.texts("refresh"),
            fuel: params.number("fuel", 0),
            entropy: fresh_entropy(),
            repeat: false,
        };
        let (file, fresh) = (params.required_text("document"), params.flag("fresh"));
        Work::Start(Box::new(Asked { file, written: None, request, fresh, no_record: false }))
    }

    /// The parameters of `run.resume`.
    pub fn resume(params: &mut Params) -> Work {
        Work::Resume { run: params.text("run"), repeat: params.flag("repeat") }
    }
}

/// Who is told how a run goes.
pub trait Client {
    /// It has a folder and begins.
    fn begun(&mut self, run: Value);
    fn event(&mut self, event: Value);
}

/// The runs that are on their way in this process, by their names.
#[derive(Clone, Default)]
pub struct Runs(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    running: BTreeMap<String, Running>,
    is_closing: bool,
}

struct Running {
    end: Cancel,
    /// The fence and result that is computed, and how many are done.
    now: (String, String),
    done: usize,
    /// Of its batch: how many calls have a reply, and how many there are.
    items: Option<(usize, usize)>,
}

/// A run's entry, taken out when it is over in whatever way.
struct Entry {
    runs: Runs,
    name: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.runs.lock().running.remove(&self.name);
    }
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends them all early; none begins any more.
    pub fn end_all(&self) {
        let mut table = self.lock();
        table.is_closing = true;
        table.running.values().for_each(|running| running.end.cancel());
    }

    /// `run.cancel`: ends a run early. One that is not on its way stays what it is.
    pub fn cancel(&self, mut params: Params) -> Result<Value, Problem> {
        let run = params.required_text("run");
        params.finish()?;
        if let Some(running) = self.lock().running.get(&run) {
            running.end.cancel();
            return Ok(json!({"run": run, "cancelled": true}));
        }
        let folder = Project::find().run(Some(&run))?;
        Ok(json!({"run": folder.name, "cancelled": false}))
    }

    /// `run.status`: whether a run, by default the last one, is on its way, came to its end, or can be resumed.
    pub fn status(&self, mut params: Params) -> Result<Value, Problem> {
        let run = params.text("run");
        params.finish()?;
        let folder = Project::find().run(run.as_deref())?;
        if let Some(running) = self.lock().running.get(&folder.name) {
            let (fence, result) = &running.now;
            let items = running.items.map(|(done, count)| json!({"done": done, "count": count}));
            return Ok(json!({
                "run": folder.name, "state": "running", "fence": fence, "result": result, "done": running.done,
                "items": items,
            }));
        }
        let history = folder.history()?;
        let state = history.end.as_ref().map_or("open", |end| end.status.as_str());
        Ok(json!({
            "run": folder.name, "state": state, "document": history.start.document,
            "done": history.nodes.len(), "effects": history.effects.len(), "numbers": history.numbers.len(),
            "fault": history.end.as_ref().and_then(|end| end.fault.as_ref()),
            "results_hash": history.end.as_ref().and_then(|end| end.results_hash.as_ref()),
        }))
    }

    fn enter(&self, name: &str, end: &Cancel) -> Result<Entry, Problem> {
        let mut table = self.lock();
        if table.is_closing {
            return Err(Problem::of(ErrorKind::Cancelled, "the server ends"));
        }
        if table.running.contains_key(name) {
            let message = format!("the run {name} is on its way already");
            return Err(Problem::of(ErrorKind::Admission, message));
        }
        table.running.insert(
            name.to_string(),
            Running { end: end.clone(), now: Default::default(), done: 0, items: None },
        );
        Ok(Entry { runs: self.clone(), name: name.to_string() })
    }

    /// Carries work out, and tells the client of it. What comes back tells of a run that began: how it ended.
    ///
    /// # Errors
    /// Why it did not begin.
    pub fn carry_out(&self, work: Work, end: &Cancel, client: &mut dyn Client) -> Result<Value, Problem> {
        match work {
            Work::Start(asked) => {
                let program = asked.program()?;
                let found = told(&program.diagnostics, &program.sources);
                if program.has_errors() {
                    let message = format!("`{}` does not check", asked.file);
                    let data = json!({"exit": 1, "diagnostics": found});
                    return Err(Problem::new(DIAGNOSTICS, message).with(data));
                }
                let ready = asked.ready(&program)?;
                let models = models::of(&program, &ModelOptions::default())?;
                let folder = ready.folder()?;
                let entry = self.enter(&folder.name, end)?;
                client.begun(json!({"run": folder.name, "document": asked.file, "diagnostics": found}));
                let mut events = Events { client, entry: &entry };
                let mut world = System::for_client(end.clone()).answering(models);
                let ended = ready.recorded(&folder, &mut world, &mut events);
                Ok(with_usage(&folder, ending(&folder, ended, &program.sources)))
            }
            Work::Resume { run, repeat } => {
                let folder = Project::find().run(run.as_deref())?;
                let entry = self.enter(&folder.name, end)?;
                execution::expect_open(&folder)?;
                let history = folder.history()?;
                let program = recorder::run::recorded_program(&history)?;
                let models = models::of(&program, &ModelOptions::default())?;
                let document = history.start.document;
                client.begun(json!({"run": folder.name, "document": &document, "diagnostics": []}));
                let mut events = Events { client, entry: &entry };
                let mut world = System::for_client(end.clone()).answering(models);
                let ended = execution::resume(&folder, repeat, &mut world, &mut events);
                Ok(with_usage(&folder, ending(&folder, ended, &[])))
            }
        }
    }
}

fn told(found: &[Diagnostic], sources: &[Source]) -> Vec<Value> {
    found.iter().map(|found| syntax::render::json(found, sources)).collect()
}

/// What the calls of models took stands beside how a run ended.
fn with_usage(folder: &RunFolder, mut ended: Value) -> Value {
    // A log that cannot be read says so to whoever asks for it; the run has ended all the same.
    if let Ok(history) = folder.history() {
        let calls = recorder::model::calls(&history);
        if !calls.is_empty() {
            ended["usage"] = ask::usage(&calls);
        }
    }
    ended
}

/// How a run ended, as the event `finished` says it.
fn ending(folder: &RunFolder, ended: Result<Finished, Failure>, sources: &[Source]) -> Value {
    let finished = match ended {
        Ok(finished) => finished,
        Err(failure) => {
            let status = if failure.exit == 130 { "interrupted" } else { "open" };
            return json!({
                "run": folder.name, "status": status, "exit_code": failure.exit, "resumable": true,
                "error": failure.json(),
            });
        }
    };
    let (end, differences) = (&finished.end, execution::differences(&finished));
    let is_different = u8::from(!differences.is_empty());
    json!({
        "run": folder.name, "status": end.status, "exit_code": execution::exit_code(&finished).max(is_different),
        "resumable": false, "fault": end.fault, "diagnostics": told(&differences, sources),
        "trace_hash": end.trace_hash, "results_hash": end.results_hash, "state_hash": end.state_hash,
        "report": finished.html.as_ref().map(|_| folder.shown("report.html")),
        "results": finished.outcome.nodes.iter().flat_map(|node| &node.record.values).map(|value| json!({
            "name": value.name, "type": value.type_name, "hash": value.hash, "summary": value.summary,
        })).collect::<Vec<_>>(),
        "numbers": finished.outcome.numbers.iter().map(number).collect::<Vec<_>>(),
    })
}

fn number(number: &NumberRecord) -> Value {
    json!({
        "id": format!("n{}", number.number), "text": number.text, "expression": number.expression,
        "line": number.line, "results": number.reads,
    })
}

/// A run's news as events.
struct Events<'a> {
    client: &'a mut dyn Client,
    entry: &'a Entry,
}

impl Events<'_> {
    fn send(&mut self, event: &str, mut fields: Value) {
        let mut told = json!({"run": self.entry.name, "event": event});
        if let (Some(told), Some(fields)) = (told.as_object_mut(), fields.as_object_mut()) {
            told.append(fields);
        }
        self.client.event(told);
    }
}

impl Observer for Events<'_> {
    fn node_started(&mut self, name: &str, cell: &str) {
        if let Some(running) = self.entry.runs.lock().running.get_mut(&self.entry.name) {
            running.now = (cell.to_string(), name.to_string());
            running.items = None;
        }
        self.send("started", json!({"fence": cell, "result": name}));
    }

    fn node_done(&mut self, node: &NodeNews) {
        if let Some(running) = self.entry.runs.lock().running.get_mut(&self.entry.name) {
            running.done += 1;
        }
        let event = if node.recorded { "recorded" } else { "ran" };
        self.send(event, json!({"fence": node.cell, "result": node.name, "summary": node.summary}));
    }

    fn printed(&mut self, to: vm::Print, text: &str) {
        let stream = match to {
            vm::Print::Out => "out",
            vm::Print::Err => "err",
        };
        self.send("printed", json!({"stream": stream, "text": text}));
    }

    fn item_answered(&mut self, item: &ItemNews<'_>) {
        if let Some(running) = self.entry.runs.lock().running.get_mut(&self.entry.name) {
            running.items = Some((item.done, item.count));
        }
        let mut told =
            json!({"result": item.node, "index": item.index, "done": item.done, "count": item.count});
        for part in ["value", "error"] {
            if let Some(said) = item.reply.get(part) {
                told[part] = said.clone();
            }
        }
        self.send("answered", told);
    }

    fn number_bound(&mut self, bound: &NumberRecord) {
        self.send("number", number(bound));
    }
}
