//! Tools that the code of a cell may call: those that its document uses, as far as a grant of the document names their
//! effect.
//!
//! The cell runs on a thread of its own, and the door alone asks grants and writes the log. So a call goes to the door by
//! the cell's way to the log: it is granted there, promised below the cell's effect, carried out beside the program's own
//! waiting, and kept before the cell is told. Arguments, and what the tool answers, are held here to the types that its
//! file promises.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;

use checker::{ToolDef, ToolSchema};
use prelude::effects::Answer;
use serde_json::{Map, Value as Json, json};
use syntax::FileId;
use vm::{Fault, FaultKind};

use super::shape::Shape;
use crate::cassette::Told;
use crate::door::Door;
use crate::history::{EffectRecord, History};
use crate::model;
use crate::pending::Pending;
use crate::record;
use crate::recursion::Entry;
use crate::waiting::{Came, Wait};
use crate::world::Failed;

/// A tool as a cell knows it.
#[derive(Clone, Debug)]
pub(crate) struct CellTool {
    pub(crate) path: String,
    pub(crate) effect: String,
    /// Name, shape and whether it must be given.
    params: Vec<(String, Shape, bool)>,
    /// Whether it takes other arguments too.
    is_open: bool,
    returns: Shape,
}

/// The tools of a document, by the names that it gives them.
pub(crate) type CellTools = BTreeMap<String, CellTool>;

/// What the cells of the root may call by `tool`, where a grant allows it.
pub(crate) fn tools(declared: &[ToolDef]) -> CellTools {
    let of_root = declared.iter().filter(|tool| tool.file == FileId(0));
    of_root.map(|tool| (tool.name.clone(), CellTool::of(&tool.path, &tool.effect, &tool.schema))).collect()
}

impl CellTool {
    fn of(path: &str, effect: &str, schema: &ToolSchema) -> CellTool {
        let params = schema.params.iter();
        CellTool {
            path: path.to_string(),
            effect: effect.to_string(),
            params: params.map(|p| (p.name.clone(), Shape::of(&p.ty), p.required)).collect(),
            is_open: schema.open,
            returns: Shape::of(&schema.returns),
        }
    }

    /// Why these are no arguments of the tool.
    pub(crate) fn misfit(&self, arguments: &Map<String, Json>) -> Option<String> {
        for (name, value) in arguments {
            match self.params.iter().find(|(known, ..)| known == name) {
                Some((_, shape, _)) => {
                    if let Some(why) = shape.misfit(value, name) {
                        return Some(why);
                    }
                }
                None if self.is_open => {}
                None => {
                    let known: Vec<&str> = self.params.iter().map(|(known, ..)| known.as_str()).collect();
                    return Some(match known.as_slice() {
                        [] => format!("it takes no `{name}`, and nothing else"),
                        known => format!("it takes no `{name}`; it takes {}", known.join(", ")),
                    });
                }
            }
        }
        let is_missing = |name: &String, required: bool| required && !arguments.contains_key(name);
        let missing = self.params.iter().find(|(name, _, required)| is_missing(name, *required));
        missing.map(|(name, ..)| format!("`{name}` is missing"))
    }
}

/// What the log has of a call before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    /// It was promised, and nobody knows whether it was carried out.
    Promised,
    /// What it came to.
    Answered,
}

/// A call on its way from a cell's thread to the door.
pub(crate) struct Calling {
    /// Among what the cell asks, from 1.
    pub(crate) number: u64,
    pub(crate) tool: CellTool,
    /// As the cell gives them.
    pub(crate) arguments: Map<String, Json>,
    pub(crate) before: Before,
    pub(crate) told: Sender<Called>,
}

/// What the cell is told: the answer as the log keeps it, nothing where the log has it, or why it may not be called,
/// which ends the run.
pub(crate) type Called = Result<Option<Json>, Refused>;

/// What ends the run, whatever the code does with the exception.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) code: String,
    /// What the cell does, and what is wrong with it.
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// A call that is on its way.
pub(crate) struct Flying {
    /// The task whose effect the cell is.
    pub(crate) task: u64,
    /// That effect.
    effect: u128,
    number: u64,
    tool: CellTool,
    sent: String,
    told: Sender<Called>,
}

/// The calls of tools that the code of a cell made, in their order: the effect and the path of each.
pub(crate) fn called<'h>(history: &'h History, cell: &EffectRecord) -> Vec<(&'h str, &'h str)> {
    let entries = history.entries(cell.id).iter();
    let called = entries.filter_map(|entry| match entry {
        Entry::Called { effect, asked, .. } => Some((effect.as_str(), asked.get("tool")?.as_str()?)),
        _ => None,
    });
    called.collect()
}

/// What the log keeps of a call as asked.
pub(crate) fn asked(tool: &CellTool, arguments: &Map<String, Json>) -> Json {
    json!({"tool": tool.path, "arguments": arguments})
}

impl Door<'_> {
    /// Asks the grants of a call that a cell makes, promises it and starts it.
    ///
    /// # Errors
    /// What ends the run: a log that cannot be written, or a call that nobody knows whether it was made.
    pub(crate) fn call_of_cell(&mut self, task: u64, calling: Calling) -> Result<(), Fault> {
        let Calling { number, tool, arguments, before, told } = calling;
        let Some(Pending::Live { id, .. }) = self.node.tasks.pending(task) else { return Ok(()) };
        let effect = *id;
        let mut sent = Json::Object(arguments.clone()).to_string();
        // A cell stands at the top of its document, within no process. Who does not listen any more needs no answer.
        let mut allowed = match self.grants.allow_tool(&tool.effect, &[], &mut sent) {
            Ok(allowed) => allowed,
            Err(fault) => {
                let message = format!("calls the tool `{}`: {}", tool.path, fault.message);
                let _ = told.send(Err(Refused { code: fault.code, message, help: fault.help }));
                return Ok(());
            }
        };
        match before {
            Before::Answered => {
                let _ = told.send(Ok(None));
                return Ok(());
            }
            Before::Promised if !self.repeat_unknown => {
                return Err(self.unknown_whether(&tool.path));
            }
            Before::Promised | Before::Nothing => {}
        }
        if before == Before::Nothing {
            let entry = Entry::Called {
                number,
                effect: tool.effect.clone(),
                asked: asked(&tool, &arguments),
                sent: model::parsed(&sent),
                grant: allowed.text.clone(),
            };
            self.keep_entry(effect, &entry)?;
        }
        if let Some(answer) = self.taped_tool(&tool, &sent) {
            return match answer {
                Ok(answer) => self.tell_cell((effect, number), &told, answer),
                Err(missed) => {
                    let message = format!("calls the tool `{}`: {}", tool.path, missed.message);
                    let _ = told.send(Err(Refused { code: missed.code, message, help: missed.help }));
                    Ok(())
                }
            };
        }
        let world = self.world.as_deref_mut();
        let work = world.and_then(|world| world.tool(self.tools.get(&tool.path)?, &sent));
        let wait = match work {
            Some(work) => Wait::Work(work),
            None => Wait::Came(Err(Failed::because("nothing carries out tools here"))),
        };
        let name = tool.effect.clone();
        let flight = self.node.tasks.fly(Flying { task, effect, number, tool, sent, told });
        allowed.limits.timeout_ms.get_or_insert(crate::pending::TOOL_MS_MAX);
        if let Some(world) = self.world.as_deref_mut() {
            self.waiting.begin(world, flight, &name, wait, allowed.limits);
        }
        Ok(())
    }

    /// A call of a cell came back: it is kept, and the cell is told.
    ///
    /// # Errors
    /// The log cannot be written.
    pub(crate) fn came_to_cell(&mut self, flying: Flying, came: Came) -> Result<(), Fault> {
        let Flying { effect, number, tool, sent, told, .. } = flying;
        let answer = match came.and_then(|bytes| answer(&tool, &bytes)) {
            Ok(value) => json!({"value": value}),
            Err(Failed { code, why }) => {
                let message = format!("the tool `{}` failed: {why}", tool.path);
                json!({"error": {"code": code, "message": message}})
            }
        };
        if let Some(cassette) = self.cassette.as_deref_mut() {
            cassette.keep(&request(&tool, &sent), &taped(&answer));
        }
        self.tell_cell((effect, number), &told, answer)
    }

    fn tell_cell(
        &mut self,
        (effect, number): (u128, u64),
        told: &Sender<Called>,
        answer: Json,
    ) -> Result<(), Fault> {
        self.keep_entry(effect, &Entry::Answered { number, answer: answer.clone() })?;
        // The cell may be over.
        let _ = told.send(Ok(Some(answer)));
        Ok(())
    }

    /// What the tape of a test says of a call; nothing where the world is to answer, and a fault where it says nothing.
    fn taped_tool(&mut self, tool: &CellTool, sent: &str) -> Option<Result<Json, Fault>> {
        let cassette = self.cassette.as_deref_mut()?;
        let request = request(tool, sent);
        let is_there = cassette.has(&request);
        match cassette.told(&request)? {
            Told::Answer(Ok(Answer::Text(Some(text)))) => Some(Ok(json!({"value": model::parsed(&text)}))),
            Told::Answer(Err(fault)) if is_there => {
                Some(Ok(json!({"error": {"code": fault.code, "message": fault.message}})))
            }
            Told::Answer(Err(missed)) => Some(Err(missed)),
            Told::Answer(Ok(_)) | Told::Nothing => {
                Some(Err(Fault::new("R0802", "the cassette has an answer that no tool gives")))
            }
        }
    }

    fn keep_entry(&mut self, effect: u128, entry: &Entry) -> Result<(), Fault> {
        let kept = self.journal.run_entries(record::run::CALL, effect, &[(entry.id(effect), entry)]);
        self.logged(kept)
    }

    fn unknown_whether(&mut self, tool: &str) -> Fault {
        let what = format!("nobody knows whether `{tool}` was carried out before the run was killed");
        let help = "Look whether it happened; `lumen resume --repeat` does it again.";
        // The run stays open: who is asked can still answer.
        self.broken = Some(crate::error::Error::usage(what.clone()).code("R0803").help(help));
        Fault::new("R0803", what).help(help).kind(FaultKind::Effect)
    }

    /// The calls that a cell made, whose result is taken from a log, count where grants bound them.
    pub(crate) fn count_tools(&mut self, effect: u128, history: &History) {
        for entry in history.entries(effect) {
            if let Entry::Called { effect, grant, .. } = entry {
                self.grants.count(effect, grant, None);
            }
        }
    }
}

/// A call as the tape of a test has it: as one of the language's.
fn request(tool: &CellTool, sent: &str) -> Json {
    json!({"tool": tool.path, "arguments": model::parsed(sent)})
}

fn taped(answer: &Json) -> Result<Answer, Fault> {
    match answer.get("error") {
        None => Ok(Answer::Text(Some(answer.get("value").cloned().unwrap_or_default().to_string()))),
        Some(error) => {
            let text = |key: &str| error.get(key).and_then(Json::as_str).unwrap_or_default();
            Err(Fault::new(text("code"), text("message")).kind(FaultKind::Effect))
        }
    }
}

fn answer(tool: &CellTool, bytes: &[u8]) -> Result<Json, Failed> {
    let lied = |why: String| Failed { code: "R0704", why };
    let json: Json =
        serde_json::from_slice(bytes).map_err(|why| lied(format!("its answer is no JSON: {why}")))?;
    match tool.returns.misfit(&json, "its answer") {
        Some(why) => Err(lied(why)),
        None => Ok(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checker::{ToolParam, Type};

    fn tool(open: bool) -> CellTool {
        let param = |name: &str, ty: Type, required: bool| ToolParam { name: name.to_owned(), ty, required };
        let parts = [("words".to_owned(), Type::Int), ("longest".to_owned(), Type::String.optional())];
        let params = vec![param("text", Type::String, true), param("least", Type::Int, false)];
        let returns = Type::Structure(parts.to_vec().into());
        CellTool::of("text.count", "text", &ToolSchema { params, returns, open })
    }

    fn misfit(open: bool, arguments: Json) -> Option<String> {
        tool(open).misfit(arguments.as_object().expect("the test gives an object"))
    }

    #[test]
    fn arguments_are_held_to_the_types_of_the_file() {
        assert_eq!(misfit(false, json!({"text": "a b", "least": 2})), None);
        assert_eq!(misfit(false, json!({"least": 2})).as_deref(), Some("`text` is missing"));
        let wide = misfit(false, json!({"text": "a", "wide": 1}));
        assert_eq!(wide.as_deref(), Some("it takes no `wide`; it takes text, least"));
        assert_eq!(misfit(true, json!({"text": "a", "wide": 1})), None);
        // A boolean is no number, and a number with a fraction no Int.
        for odd in [json!(true), json!(1.5), json!("2"), json!(null), json!(9_223_372_036_854_775_808_u64)] {
            let found = misfit(false, json!({"text": "a", "least": odd})).expect("it does not fit");
            assert!(found.contains("expected a whole number"), "{found}");
        }
    }

    #[test]
    fn answers_are_held_to_what_the_file_promises() {
        let said = |text: &str| answer(&tool(false), text.as_bytes()).map_err(|failed| failed.why);
        assert_eq!(said("{\"words\": 2}"), Ok(json!({"words": 2})));
        assert_eq!(said("{\"words\": 2, \"longest\": null}"), Ok(json!({"words": 2, "longest": null})));
        for (text, why) in [
            ("{\"words\": \"2\"}", "`its answer.words` is \"2\", expected a whole number"),
            ("{\"words\": 2, \"longest\": 3}", "`its answer.longest` is 3, expected a text"),
            ("{}", "`its answer.words` is null"),
            ("{\"words\": 1, \"more\": 2}", "has `more`"),
            ("[1]", "expected an object"),
            ("{", "is no JSON"),
        ] {
            let found = said(text).expect_err("it does not fit");
            assert!(found.contains(why), "{found}");
        }
    }
}
