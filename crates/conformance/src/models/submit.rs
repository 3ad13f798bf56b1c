//! What a signature takes, and how a `SUBMIT` ends a run.

use std::collections::BTreeMap;

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::Value;
use rlm::{
    Answer, Body, CellEnd, CellLimits, Ending, Extra, Failure as Fault, HostCall, Signature, Submission,
    SubmitResult, WorkerId,
};
use scenarios::{Cells, Progress, World, code, reply, task};
use serde::Deserialize;
use serde_json::Map;

use super::outcome::{counted, ended, text, texts, word};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "models.submit",
    reference: Reference::Spec("the model runtime: Signatures"),
    inputs: &[],
    params: Params::of::<Submits>(),
    run,
    rule: Rule::Exact,
    hardened: &[],
    api: &[
        "rlm::Signature::new(outputs, extra)",
        "rlm::Submission::judge(signature)",
        "rlm::Machine::step(event)",
    ],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submits {
    /// The JSON Schema of the outputs.
    outputs: Json,
    /// What becomes of unknown fields.
    extra: Unknown,
    /// The cells of the run, one a turn; each submits so often.
    cells: Vec<Vec<Submitted>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unknown {
    Refuse,
    Drop,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted {
    /// The fields as the text of a JSON object, which has integers of 64 bits; a float that is not finite is `null`.
    fields: String,
    /// Pointers to floats that are not finite, with their text.
    not_finite: Vec<(String, String)>,
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let Submits { outputs, extra, cells } = call.params()?;
    let extra = match extra {
        Unknown::Refuse => Extra::Refuse,
        Unknown::Drop => Extra::Drop,
    };
    let nothing = serde_json::json!({"type": "object", "properties": {}});
    let signature = match Signature::new("Answer.", &nothing, &outputs, extra) {
        Ok(signature) => signature,
        Err(_) => return Ok(counted(ended("refused at registration"), [("attempts", 0)])),
    };
    let submits: Vec<Vec<HostCall>> =
        cells.iter().map(|cell| cell.iter().map(submission).collect()).collect::<Result<_, _>>()?;
    let policy = std::sync::Arc::new(|asked: &scenarios::Asked<'_>, _| match asked.model {
        "extract" => reply("no answer"),
        _ => code("SUBMIT()"),
    });
    let asked = (task(signature, &[]), Vec::new());
    let mut world =
        World::of(asked, Vec::new(), policy, Submitting { cells: submits, ..Submitting::default() });
    world.run();
    let verdicts: Vec<&SubmitResult> = world
        .journal
        .iter()
        .filter_map(|record| match &record.body {
            Body::SubmitAttempted { result, .. } => Some(result),
            _ => None,
        })
        .collect();
    let mut outcome = ended("not_submitted");
    match verdicts.last() {
        Some(SubmitResult::Success { outputs }) => {
            outcome.status = "success".into();
            outcome.outputs = outputs.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        }
        Some(SubmitResult::ValidationError { errors, .. }) => {
            outcome.status = "validation_error".into();
            let each = |error: &rlm::Violation| format!("{} {}", error.pointer, word(&error.kind));
            outcome.outputs = BTreeMap::from([("errors".to_string(), texts(errors.iter().map(each)))]);
        }
        Some(SubmitResult::NotSubmitted { .. }) | None => {}
    }
    Ok(counted(outcome, [("attempts", verdicts.len() as u64)]))
}

fn submission(submitted: &Submitted) -> Result<HostCall, Failure> {
    let Submitted { fields, not_finite } = submitted.clone();
    let fields: Map<String, Json> = serde_json::from_str(&fields)
        .map_err(|error| Failure::Malformed(format!("params/cells: fields: {error}")))?;
    Ok(HostCall::Submit { submission: Submission { fields, not_finite } })
}

/// Workers whose cells submit what the case says and go on whatever they are told: code that swallows what ends it.
#[derive(Default)]
struct Submitting {
    cells: Vec<Vec<HostCall>>,
    running: std::vec::IntoIter<HostCall>,
}

impl Submitting {
    fn next(&mut self) -> Progress {
        match self.running.next() {
            Some(call) => Progress::Asks(Box::new(call)),
            None => Progress::Ended(Box::new(CellEnd { ending: Ending::Done, ..CellEnd::default() })),
        }
    }
}

impl Cells for Submitting {
    fn start(&mut self, _: WorkerId, _: Vec<(String, Json)>) -> Result<(), Fault> {
        Ok(())
    }

    fn run(&mut self, _: WorkerId, _: &str, _: CellLimits) -> Progress {
        self.running = if self.cells.is_empty() { Vec::new() } else { self.cells.remove(0) }.into_iter();
        self.next()
    }

    fn answer(&mut self, _: WorkerId, _: Answer) -> Progress {
        self.next()
    }

    fn kill(&mut self, _: WorkerId) {}

    fn blob(&self, _: &str) -> Option<&str> {
        None
    }
}
