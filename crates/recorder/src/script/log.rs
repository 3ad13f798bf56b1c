//! Following a script: its effects carried out, or answered from a log, and its nodes recorded.

use serde_json::{Value as Json, json};
use vm::{Fault, FaultKind, Print};

use super::said::{Raised, Said, SaidValue, Talk};
use crate::door::trace_hash;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{Fields, blake3_hex, effect_id, id_hex, outcome_id, sha256};
use crate::history::{EffectRecord, History};
use crate::journal::{Journal, Kept};
use crate::record::{self, EffectIntent, EffectOutcome, End, FaultRecord, NodeRecord, Start, ValueRef};
use crate::run::{Ending, FaultPlace, Finished, start_id};
use crate::session::{NodeOutcome, Outcome, results_hash};
use crate::state::State;
use crate::world::Observer;

/// Where a script's files are.
pub trait Files {
    /// # Errors
    /// The system's.
    fn read(&mut self, path: &str) -> std::result::Result<Vec<u8>, OsError>;

    /// Replaces a file's content as a whole.
    ///
    /// # Errors
    /// The system's.
    fn write(&mut self, path: &str, bytes: &[u8]) -> std::result::Result<(), OsError>;
}

/// An error of the system, as Python raises it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsError {
    pub errno: i32,
    pub message: String,
}

/// Who carries effects out.
pub(super) enum Outside<'a> {
    World(&'a mut dyn Files),
    Log(&'a History),
}

pub(super) struct Log<'a> {
    journal: Journal,
    run: String,
    start_id: u128,
    outside: Outside<'a>,
    observer: &'a mut dyn Observer,
    effects: Vec<EffectRecord>,
    /// Ids of effects that no node has taken yet.
    open: Vec<String>,
    /// What was printed since the last statement.
    printed: String,
    outcome: Outcome,
    place: Option<u32>,
}

/// What an effect asks for.
struct Asked {
    operation: &'static str,
    effect: &'static str,
    request: Json,
    reason: String,
    line: u32,
    /// The bytes to write.
    kept: Option<Kept>,
}

impl<'a> Log<'a> {
    pub fn new(
        journal: Journal,
        start: &Start,
        outside: Outside<'a>,
        observer: &'a mut dyn Observer,
    ) -> Log<'a> {
        Log {
            journal,
            run: start.run.clone(),
            start_id: start_id(start),
            outside,
            observer,
            effects: Vec::new(),
            open: Vec::new(),
            printed: String::new(),
            outcome: Outcome::default(),
            place: None,
        }
    }

    /// Follows the process to its end.
    pub fn follow(&mut self, talk: &mut Talk<'_>) -> Result<()> {
        loop {
            match talk.said()? {
                Some(Said::Read { path, line }) => {
                    let asked = Asked {
                        operation: "read",
                        effect: "fs.read",
                        request: json!({"read": path}),
                        reason: format!("read {path}"),
                        line,
                        kept: None,
                    };
                    let answer = self.effect(asked, |files| files.read(&path))?;
                    talk.answer(answer.as_ref().map(Vec::as_slice))?;
                }
                Some(Said::Write { path, line, size_bytes }) => {
                    let bytes = talk.bytes(size_bytes)?;
                    let kept = Kept::new("written", bytes.clone());
                    let asked = Asked {
                        operation: "write",
                        effect: "fs.write",
                        request: json!({"write": path, "blob": kept.name(), "sha256": sha256(&bytes)}),
                        reason: format!("write {path}"),
                        line,
                        kept: Some(kept),
                    };
                    let answer =
                        self.effect(asked, |files| files.write(&path, &bytes).map(|()| Vec::new()))?;
                    talk.answer(answer.as_ref().map(Vec::as_slice))?;
                }
                Some(Said::Outside { event, what, line }) => {
                    let asked = Asked {
                        operation: "unrecorded",
                        effect: "unrecorded",
                        reason: format!("{event} {what}, by the script itself"),
                        request: json!({"event": event, "what": what}),
                        line,
                        kept: None,
                    };
                    // What came of it is the script's own affair.
                    let _ = self.effect(asked, |_| Ok(Vec::new()))?;
                }
                Some(Said::Print { is_error, text }) => {
                    self.observer.printed(if is_error { Print::Err } else { Print::Out }, &text);
                    if !is_error {
                        self.printed.push_str(&text);
                    }
                }
                Some(Said::Node { name, call, lines, reads, values }) => {
                    self.node(name, call, lines, reads, values)?;
                }
                Some(Said::End { exit, raised }) => {
                    self.outcome.fault = self.fault(exit, raised);
                    return Ok(());
                }
                Some(Said::Hello { .. }) => return Err(Error::internal("the process began twice")),
                None => {
                    let message = "the interpreter ended before the script did".to_string();
                    let raised = Raised { class: String::new(), message, line: 0 };
                    self.outcome.fault = self.fault(None, Some(raised));
                    return Ok(());
                }
            }
        }
    }

    /// Carries an effect out, its intent first, or answers it from the log.
    fn effect(
        &mut self,
        asked: Asked,
        carry_out: impl FnOnce(&mut dyn Files) -> std::result::Result<Vec<u8>, OsError>,
    ) -> Result<std::result::Result<Vec<u8>, Json>> {
        let sequence = self.effects.len() as u32;
        let id = effect_id("script", "", asked.line, sequence);
        let intent = EffectIntent {
            node: format!("line {}", asked.line),
            task: String::new(),
            site: asked.line,
            sequence,
            operation: asked.operation.to_string(),
            effect: asked.effect.to_string(),
            request: asked.request,
            grant: "the script as it was started".to_string(),
            reason: asked.reason,
            line: asked.line,
        };
        self.open.push(id_hex(id));
        let (outcome, bytes, seq) = match &mut self.outside {
            Outside::World(files) => {
                let acts = intent.effect == "fs.write";
                let kept = asked.kept.into_iter().collect();
                let journal = &self.journal;
                let start = self.start_id;
                let seq = journal.run_entry(record::run::EFFECT_INTENT, id, start, &intent, kept, acts)?;
                let (outcome, bytes, kept) = outcome_of(&intent, carry_out(*files));
                let kind = record::run::EFFECT_OUTCOME;
                journal.run_entry(kind, outcome_id(id), id, &outcome, kept, acts)?;
                (outcome, bytes, seq)
            }
            Outside::Log(history) => {
                let recorded = history.effects.get(sequence as usize).ok_or_else(|| {
                    different("the script asks for more than it did", "no more", &intent.reason)
                })?;
                if recorded.intent.request != intent.request || recorded.id != id {
                    let (old, new) = (&recorded.intent, &intent);
                    let told = |of: &EffectIntent| format!("{} at line {}", of.reason, of.line);
                    return Err(different("the script asks for something else", &told(old), &told(new)));
                }
                let outcome = recorded.outcome.clone().ok_or_else(|| {
                    Error::damaged(format!("record {} is an effect that never came back", recorded.seq))
                })?;
                let bytes = outcome.blob.as_ref().map(|name| history.blob(name)).transpose()?;
                (outcome, bytes.unwrap_or_default(), recorded.seq)
            }
        };
        let answer = if outcome.ok { Ok(bytes) } else { Err(outcome.answer.clone()) };
        self.effects.push(EffectRecord { id, seq, intent, outcome: Some(outcome) });
        Ok(answer)
    }

    fn node(
        &mut self,
        name: String,
        call: String,
        lines: (u32, u32),
        reads: Vec<String>,
        values: Vec<SaidValue>,
    ) -> Result<()> {
        let is_statement = call.is_empty();
        let cell = if is_statement { format!("line {}", lines.0) } else { call };
        let printed = if is_statement { std::mem::take(&mut self.printed) } else { String::new() };
        let mut blobs = Vec::new();
        if !printed.is_empty() {
            blobs.push(Kept::new("printed", printed.clone().into_bytes()));
        }
        let values: Vec<ValueRef> = values.into_iter().map(value).collect();
        let key = reads.iter().fold(Fields::new("script node").text(&name), |key, read| key.text(read)).hex();
        let record = NodeRecord {
            index: self.outcome.nodes.len(),
            key,
            recorded: false,
            shown: None,
            printed: blobs.first().map(Kept::name),
            effects: std::mem::take(&mut self.open),
            reads,
            tables: Vec::new(),
            state: Vec::new(),
            lines: Some(lines),
            values,
            name,
            cell,
        };
        let id = Fields::new("node").text(&self.run).number(record.index as u64).text(&record.name).id();
        let seq = match &self.outside {
            Outside::Log(history) => history.nodes.get(record.index).map_or(0, |(seq, _)| *seq),
            Outside::World(_) => {
                self.journal.result_entry(record::result::NODE, id, self.start_id, &record, blobs)?
            }
        };
        self.outcome.nodes.push(NodeOutcome { record, seq, shown: None, values: Vec::new(), printed });
        Ok(())
    }

    fn fault(&mut self, exit: Option<i32>, raised: Option<Raised>) -> Option<(FaultRecord, Fault)> {
        let (node, fault) = match (exit, raised) {
            (_, Some(raised)) => {
                self.place = Some(raised.line).filter(|line| *line > 0);
                let message = match raised.class.as_str() {
                    "" => raised.message,
                    class => format!("{class}: {}", raised.message),
                };
                (format!("line {}", raised.line), Fault::new("R0710", message))
            }
            (Some(code), None) if code != 0 => {
                let fault = Fault::new("R0710", format!("the script ended with {code}"));
                ("the script".to_string(), fault.kind(FaultKind::Exit(code)))
            }
            _ => return None,
        };
        let record = FaultRecord { node, code: fault.code.clone(), message: fault.message.clone() };
        Some((record, fault))
    }

    /// Writes the end.
    pub fn end(mut self, start: Start, text: &str) -> Result<Ending> {
        if let Outside::Log(history) = &self.outside
            && self.effects.len() < history.effects.len()
        {
            let left = history.effects.get(self.effects.len()).map_or("", |effect| &effect.intent.reason);
            return Err(different("the script asks for less than it did", left, "the end"));
        }
        let outcome = &mut self.outcome;
        outcome.trace_hash = trace_hash(&self.effects);
        outcome.results_hash = results_hash(outcome);
        outcome.state_hash = State::default().hash();
        let fault = outcome.fault.as_ref().map(|(record, _)| record.clone());
        let end = End {
            status: if fault.is_some() { "failed" } else { "complete" }.to_string(),
            fault,
            trace_hash: outcome.trace_hash.clone(),
            results_hash: Some(outcome.results_hash.clone()),
            state_hash: outcome.state_hash.clone(),
            report_hash: None,
        };
        if matches!(self.outside, Outside::World(_)) {
            let id = Fields::new("end").text(&start.run).id();
            self.journal.run_entry(record::run::END, id, self.start_id, &end, Vec::new(), false)?;
            self.journal.end();
        }
        let fault_place = self.place.and_then(|line| {
            let shown = text.lines().nth(line.checked_sub(1)? as usize)?.to_string();
            let first = shown.chars().take_while(|c| c.is_whitespace()).count();
            let marked = first..shown.trim_end().chars().count().max(first + 1);
            Some(FaultPlace { place: format!("{}:{line}", start.document), line: shown, marked })
        });
        let finished = Finished {
            start,
            outcome: self.outcome,
            end,
            html: None,
            log: None,
            fault_place,
            differences: Vec::new(),
            python_differences: Vec::new(),
        };
        Ok(Ending::new(finished, self.journal))
    }
}

fn value(said: SaidValue) -> ValueRef {
    let SaidValue { name, type_name, hash, summary } = said;
    ValueRef { name, type_name, hash, inline: None, blob: false, summary }
}

/// What came back, as the log keeps it.
fn outcome_of(
    intent: &EffectIntent,
    answer: std::result::Result<Vec<u8>, OsError>,
) -> (EffectOutcome, Vec<u8>, Vec<Kept>) {
    let plain = |ok, answer| EffectOutcome { ok, answer, blob: None, sha256: None, size_bytes: None };
    match answer {
        Err(OsError { errno, message }) => {
            (plain(false, json!({"errno": errno, "message": message})), Vec::new(), Vec::new())
        }
        Ok(bytes) if intent.effect == "fs.read" => {
            let kept = Kept::new("answer", bytes.clone());
            let outcome = EffectOutcome {
                ok: true,
                answer: Json::Null,
                blob: Some(blake3_hex(&bytes)),
                sha256: Some(sha256(&bytes)),
                size_bytes: Some(bytes.len() as u64),
            };
            (outcome, bytes, vec![kept])
        }
        Ok(bytes) => (plain(true, Json::Null), bytes, Vec::new()),
    }
}

fn different(what: &str, recorded: &str, replayed: &str) -> Error {
    Error::new(ErrorKind::Different, format!("{what}: recorded {recorded}, replayed {replayed}"))
}
