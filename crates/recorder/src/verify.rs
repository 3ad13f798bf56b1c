//! Verification: the log and every blob are whole, and a replay gives the recorded results.

use report::format::counted;
use serde_json::{Value as Json, json};
use store::{Reader, Vfs};

use crate::door::place;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{blake3_hex, head, sha256};
use crate::history::{EffectRecord, History};
use crate::page::run_json;
use crate::pin;
use crate::program::folder_of;
use crate::python::Pools;
use crate::record::FaultRecord;
use crate::run::replay_with;
use crate::script::{self, Again};
use crate::world::Observer;

/// Reads files beside the run, to compare inputs and the written report. `None` where there is no such file.
pub type ReadFile<'a> = dyn FnMut(&str) -> std::result::Result<Option<Vec<u8>>, String> + 'a;

/// One thing that a verification looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// In words.
    pub statement: String,
    /// Whether the run is not verified without it.
    pub critical: bool,
    pub truth: Truth,
    /// Places of the log and hashes that it rests on.
    pub evidence: Vec<String>,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Holds,
    Fails,
    NotEvaluated,
}

impl Truth {
    fn of(holds: bool) -> Truth {
        if holds { Truth::Holds } else { Truth::Fails }
    }

    pub fn name(self) -> &'static str {
        match self {
            Truth::Holds => "holds",
            Truth::Fails => "fails",
            Truth::NotEvaluated => "not_evaluated",
        }
    }
}

/// What a verification found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub run: String,
    pub record_count: u64,
    pub blob_count: u64,
    pub results: usize,
    pub effects: usize,
    pub numbers: usize,
    /// Input files on this machine whose content was compared, and those that are not here.
    pub inputs_compared: usize,
    pub inputs_absent: usize,
    /// What a script did that is not recorded, in words: the verdict says nothing of it.
    pub unrecorded: Vec<String>,
    /// How many Python cells ran once more; `None` where that was not asked for.
    pub python_cells: Option<usize>,
    /// Each in words, the first difference first.
    pub differences: Vec<String>,
    /// Whether a difference is altered data, not a different result.
    pub altered: bool,
    /// What was looked into, one by one.
    pub claims: Vec<Claim>,
}

impl Verdict {
    fn claim(&mut self, statement: String, critical: bool, truth: Truth, evidence: Vec<String>) {
        self.claims.push(Claim { statement, critical, truth, evidence });
    }

    pub fn is_verified(&self) -> bool {
        self.differences.is_empty() && self.results + self.numbers > 0
    }

    /// 0 verified, 1 different results, 3 nothing to verify, 4 altered data.
    pub fn exit_code(&self) -> u8 {
        match (self.altered, self.differences.is_empty(), self.results + self.numbers) {
            (true, ..) => 4,
            (_, false, _) => 1,
            (_, _, 0) => 3,
            _ => 0,
        }
    }

    /// One counted sentence.
    pub fn sentence(&self) -> String {
        let verdict = match (self.is_verified(), self.differences.is_empty()) {
            (true, _) => "Verified",
            (_, true) => "Not evaluated",
            _ => "Not verified",
        };
        format!(
            "{verdict}: {}, {} and {} replayed, {}.",
            counted(self.results, "result"),
            counted(self.effects, "effect"),
            counted(self.numbers, "number"),
            counted(self.differences.len(), "difference"),
        )
    }

    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.verify.1",
            "run": self.run,
            "verified": self.is_verified(),
            "records": self.record_count,
            "blobs": self.blob_count,
            "results": self.results,
            "effects": self.effects,
            "numbers": self.numbers,
            "inputs_compared": self.inputs_compared,
            "python_cells": self.python_cells,
            "unrecorded": self.unrecorded,
            "inputs_absent": self.inputs_absent,
            "differences": self.differences,
        })
    }
}

/// Checks every byte of a run's store, replays it, and compares the inputs that are on this machine.
///
/// # Errors
/// `Damaged` with the record or file for a store that is not whole, before anything is replayed; `Usage` for a run
/// that did not end.
pub fn verify(
    vfs: std::sync::Arc<dyn Vfs>,
    inputs: Option<&mut ReadFile<'_>>,
    report: Option<&[u8]>,
    json_file: Option<&[u8]>,
    observer: &mut dyn Observer,
) -> Result<Verdict> {
    verify_with(vfs, inputs, report, json_file, None, &mut script::unable, observer)
}

/// The same; where something runs Python, the code of the run's Python cells also runs once more, with the recorded
/// inputs, and what differs is a difference. `script` replays a script's run.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    vfs: std::sync::Arc<dyn Vfs>,
    inputs: Option<&mut ReadFile<'_>>,
    report: Option<&[u8]>,
    json_file: Option<&[u8]>,
    python: Option<&std::sync::Arc<Pools>>,
    script: &mut Again<'_>,
    observer: &mut dyn Observer,
) -> Result<Verdict> {
    let checked = store::verify(&*vfs)?;
    if let Some(bytes) = json_file {
        pin::check(bytes, &checked.end)?;
    }
    let history = History::read(Reader::open(vfs)?)?;
    let mut verdict = Verdict {
        run: history.start.run.clone(),
        record_count: checked.record_count,
        blob_count: checked.blob_count,
        ..Verdict::default()
    };
    if let (Some(torn), Some(_)) = (&checked.torn, &history.end) {
        return Err(Error::damaged(format!(
            "log segment {} is damaged at offset {}: {} bytes behind the last whole record are none",
            torn.segment, torn.offset, torn.len_bytes
        )));
    }
    // What was decided then must be decided so again: guards and reads, over the states of then.
    if history.has_decisions() {
        history.past().audit()?;
    }
    let Some(end) = history.end.clone() else {
        return Err(Error::usage("the run did not end, so there is nothing to verify yet")
            .code("E0704")
            .help("`lumen resume` finishes it."));
    };
    let replayed = match history.start.script {
        None => replay_with(&history, python, observer),
        Some(_) => script(&history, observer),
    };
    let finished = match replayed {
        Ok(finished) => finished,
        Err(error) if error.kind() == ErrorKind::Different => {
            verdict.differences.push(error.message().to_string());
            return Ok(verdict);
        }
        Err(error) => return Err(error),
    };
    let outside = history.effects.iter().filter(|effect| effect.intent.effect == "unrecorded");
    for EffectRecord { intent, seq, .. } in outside {
        let words = match intent.line {
            0 => intent.reason.clone(),
            line => format!("{} at line {line}", intent.reason),
        };
        verdict.claim(
            format!("{words}: not recorded"),
            false,
            Truth::NotEvaluated,
            vec![format!("seq:{seq}")],
        );
        verdict.unrecorded.push(words);
    }
    let outcome = &finished.outcome;
    verdict.effects = outcome.nodes.iter().map(|n| n.record.effects.len()).sum();
    let mut claims = Vec::new();
    for (i, node) in outcome.nodes.iter().enumerate() {
        verdict.results += node.record.values.len().max(usize::from(node.record.shown.is_some()));
        let Some((seq, recorded)) = history.nodes.get(i) else {
            verdict.differences.push(format!("result `{}`: replayed, but not in the log", node.record.name));
            continue;
        };
        let mut differ = |what: &str, expected: &str, found: &str| {
            verdict.differences.push(format!("record {seq}, {what}: recorded {expected}, replayed {found}"));
        };
        if recorded.name != node.record.name {
            differ("name", &recorded.name, &node.record.name);
        }
        for (old, new) in recorded.values.iter().zip(&node.record.values) {
            let is_same = old.hash == new.hash && old.name == new.name;
            claims.push((format!("the result `{}`", old.name), is_same, *seq, &old.hash));
            if !is_same {
                differ(&format!("result `{}`", old.name), &short(&old.hash), &short(&new.hash));
            }
        }
        if recorded.values.len() != node.record.values.len() {
            differ("values", &recorded.values.len().to_string(), &node.record.values.len().to_string());
        }
        if recorded.shown.as_ref().map(|v| &v.hash) != node.record.shown.as_ref().map(|v| &v.hash) {
            differ(&format!("what `{}` shows", recorded.name), "another value", "this one");
        }
        if recorded.printed != node.record.printed {
            differ(&format!("what `{}` prints", recorded.name), "another text", "this one");
        }
    }
    if python.is_some() {
        let began = |effect: &&EffectRecord| effect.outcome.as_ref().is_some_and(crate::python::is_ran);
        verdict.python_cells = Some(history.effects.iter().filter(began).count());
        verdict.differences.extend(finished.python_differences.iter().cloned());
    }
    if outcome.nodes.len() < history.nodes.len() {
        let missing = history.nodes.len() - outcome.nodes.len();
        verdict.differences.push(format!("{missing} recorded results were not replayed"));
    }
    verdict.numbers = outcome.numbers.len();
    for (i, number) in outcome.numbers.iter().enumerate() {
        if let Some((seq, old)) = history.numbers.get(i) {
            let is_same = old.text == number.text && old.value.hash == number.value.hash;
            claims.push((format!("the number n{}", old.number), is_same, *seq, &old.value.hash));
        }
        match history.numbers.get(i) {
            Some((_, old)) if old.text == number.text && old.value.hash == number.value.hash => {}
            Some((seq, old)) => verdict.differences.push(format!(
                "record {seq}, number n{}: recorded {}, replayed {}",
                old.number, old.text, number.text
            )),
            None => {
                verdict.differences.push(format!("number n{}: replayed, but not in the log", number.number))
            }
        }
    }
    for (of, holds, seq, hash) in claims {
        let evidence = vec![format!("seq:{seq}"), format!("blake3:{hash}")];
        verdict.claim(format!("{of} comes out as it was recorded"), true, Truth::of(holds), evidence);
    }
    let again = &finished.end;
    let (results, replayed) = match (&end.results_hash, &again.results_hash) {
        (Some(results), Some(replayed)) => (results, replayed),
        // A log of before there was a durable state.
        (_, replayed) => (&end.state_hash, replayed.as_ref().unwrap_or(&again.state_hash)),
    };
    let state = end.results_hash.is_some().then_some(("state", &end.state_hash, &again.state_hash));
    let hashes = [("trace", &end.trace_hash, &again.trace_hash), ("results", results, replayed)];
    for (what, old, new) in hashes.into_iter().chain(state) {
        let statement = format!("the {what} hash comes out as it was recorded");
        verdict.claim(statement, true, Truth::of(old == new), vec![format!("blake3:{old}")]);
        if old != new {
            verdict.differences.push(format!(
                "{what} hash: recorded {}, replayed {}",
                short(old),
                short(new)
            ));
        }
    }
    let faulted = |fault: Option<&FaultRecord>| {
        fault.map_or("without a fault".to_string(), |f| {
            format!("with {} in `{}`, {}", f.code, f.node, f.message)
        })
    };
    if end.fault != finished.end.fault {
        let (recorded, replayed) = (faulted(end.fault.as_ref()), faulted(finished.end.fault.as_ref()));
        verdict.differences.push(format!("the end: recorded {recorded}, replayed {replayed}"));
    }
    if let Some(bytes) = report
        && end.report_hash.as_deref() != Some(&blake3_hex(bytes))
    {
        verdict.altered = true;
        verdict.differences.push("report.html is not the report of this run: it was altered".to_string());
    }
    // A script that gives other results says nothing of the file that tells the recorded ones.
    let is_comparable = history.start.script.is_none() || verdict.differences.is_empty();
    if let Some(bytes) = json_file
        && is_comparable
        && bytes != run_json(&finished.start, outcome, &end, Some(&checked.end)).as_bytes()
    {
        verdict.altered = true;
        verdict.differences.push("run.json is not that of this run: it was altered".to_string());
    }
    if let Some(read) = inputs {
        compare_inputs(&history, read, &mut verdict)?;
    }
    Ok(verdict)
}

fn compare_inputs(history: &History, read: &mut ReadFile<'_>, verdict: &mut Verdict) -> Result<()> {
    // A script's paths are those of the folder in which it ran.
    let folder = match history.start.script {
        None => folder_of(&history.start.document),
        Some(_) => String::new(),
    };
    let mut seen: Vec<&str> = Vec::new();
    for effect in &history.effects {
        let Some(path) = effect.intent.request.get("read").and_then(Json::as_str) else { continue };
        let Some(expected) = effect.outcome.as_ref().and_then(|o| o.sha256.as_deref()) else { continue };
        if seen.contains(&path) {
            continue;
        }
        seen.push(path);
        match read(&place(&folder, path)) {
            Ok(None) => {
                verdict.inputs_absent += 1;
                let evidence = vec![format!("sha256:{expected}")];
                verdict.claim(unchanged(path), false, Truth::NotEvaluated, evidence);
            }
            Ok(Some(bytes)) => {
                verdict.inputs_compared += 1;
                let found = sha256(&bytes);
                let evidence = vec![format!("sha256:{expected}")];
                verdict.claim(unchanged(path), true, Truth::of(found == expected), evidence);
                if found != expected {
                    verdict.altered = true;
                    verdict.differences.push(format!(
                        "input `{path}` was altered since: recorded sha256 {}, found {}",
                        short(expected),
                        short(&found)
                    ));
                }
            }
            Err(why) => {
                return Err(Error::new(ErrorKind::Storage, format!("input `{path}` cannot be read: {why}")));
            }
        }
    }
    Ok(())
}

fn unchanged(path: &str) -> String {
    format!("the input `{path}` is unchanged")
}

fn short(hash: &str) -> String {
    let head = head(hash);
    if head.len() < hash.len() { format!("{head}…") } else { head.to_string() }
}
