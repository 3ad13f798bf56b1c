//! A run that dies behind any record of its log and is gone on with.

use std::collections::BTreeSet;
use std::sync::Arc;

use evidence::compare::Rule;
use evidence::value::Value;
use rlm::{AttemptError, Digest, Kind, ProviderClass, Record, Reply, fold};
use scenarios::{Asked, StandIn, World, code, fails, over, reply};
use serde::Deserialize;
use serde_json::json;

use super::outcome::{counted, ended};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "models.resume",
        reference: Reference::Spec("the model runtime: Log, replay, resume"),
        inputs: &[],
        params: Params::of::<Killed>(),
        run,
        rule: Rule::Exact,
        hardened: &[],
        api: &[
            "rlm::Machine::start(task, log)",
            "rlm::Machine::step(event)",
            "rlm::fold::unfinished(records)",
        ],
    },
    Row {
        op: "models.interpreter",
        reference: Reference::Spec("the model runtime: Log, replay, resume; Worker protocol"),
        inputs: &[],
        params: Params::of::<Recorded>(),
        run: interpreter,
        rule: Rule::Exact,
        hardened: &[],
        api: &["sandbox::Worker::expect(recorded)"],
    },
];

/// A run of depth 2: a batch with a cut stream in it, a child with a call of its own, a search, a question what is left,
/// a submit that is refused, a typed call that is asked again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Killed {
    at: At,
    /// Whether the second life dies too, at every record that it wrote.
    twice: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum At {
    /// Before the first record.
    Start,
    /// Behind the first intent of a model call.
    ModelIntent,
    /// Behind every record.
    EveryRecord,
    /// The log ends as it should.
    End,
    /// Every record, and another batch was asked than the log says.
    OtherArguments,
}

fn policy() -> scenarios::Policy {
    Arc::new(|asked: &Asked<'_>, attempt| match (asked.model, asked.turn) {
        ("root", 0) => {
            code("a = llm_batch(lines(context))\nb = rlm_query(\"child\", context=context)\nprint(a)")
        }
        ("root", 1) => code("c = search(\"2\")\nd = budget()\nSUBMIT(answer=3)"),
        ("root", _) => code(
            "e = llm_query(\"typed\", schema={\"type\": \"integer\"})\nSUBMIT(answer=joined([joined(a, \"-\"), b], \"/\"))",
        ),
        _ => sub(asked, attempt),
    })
}

fn sub(asked: &Asked<'_>, attempt: u32) -> Result<Reply, AttemptError> {
    match asked.text.as_str() {
        text if text.contains("Task: child") && asked.turn == 0 => {
            code("x = llm_query(\"inner\", context=context)")
        }
        text if text.contains("Task: child") => code("SUBMIT(answer=x)"),
        text if text.starts_with("typed") => reply(if asked.answers == 0 { "seven" } else { "7" }),
        text if text.starts_with("inner") => reply("in"),
        "2" if attempt == 0 => fails(ProviderClass::CutStream),
        text => reply(format!("a{text}")),
    }
}

fn world(journal: Vec<Record>) -> World {
    let (mut task, inputs) = over("1\n2\n3", json!({"type": "string"}));
    task.limits.depth = 2;
    task.budget.output_tokens = Some(100_000);
    World::of((task, inputs), journal, policy(), StandIn::default())
}

/// What a resumed run must never show, counted over all of them.
#[derive(Default)]
struct Broken {
    lives: u64,
    other_answer: u64,
    repeated: u64,
    ledger_differs: u64,
    lost_or_doubled: u64,
    unmarked: u64,
}

fn ids(journal: &[Record]) -> BTreeSet<(Digest, Kind)> {
    journal.iter().map(|record| (record.id, record.body.kind())).collect()
}

impl Broken {
    /// Goes on from a log; returns the journal that it ends with.
    fn life(&mut self, log: &[Record], whole: &World) -> Vec<Record> {
        let mut again = world(log.to_vec());
        let end = again.run();
        self.lives += 1;
        self.other_answer +=
            u64::from(Some(&end.closing) != whole.finished.as_ref().map(|finished| &finished.closing));
        let completed: BTreeSet<Digest> = log
            .iter()
            .filter(|record| record.body.kind() == Kind::ModelOutcome)
            .map(|record| record.id)
            .collect();
        self.repeated += again.sent.iter().filter(|(id, _)| completed.contains(id)).count() as u64;
        self.ledger_differs += u64::from(fold::spent(&again.journal) != end.spent);
        let (found, wanted) = (ids(&again.journal), ids(&whole.journal));
        self.lost_or_doubled += u64::from(found.len() != again.journal.len() || !found.is_superset(&wanted));
        // What may have been paid twice is told: a call that the log has an intent and no outcome of.
        let open: BTreeSet<Digest> = fold::unfinished(log).into_iter().collect();
        let sent_again: BTreeSet<Digest> =
            again.sent.iter().map(|(id, _)| *id).filter(|id| open.contains(id)).collect();
        let told: BTreeSet<Digest> = end.resent.iter().copied().collect();
        self.unmarked += sent_again.difference(&told).count() as u64 + told.difference(&open).count() as u64;
        again.journal
    }
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let Killed { at, twice } = call.params()?;
    let mut whole = world(Vec::new());
    let end = whole.run();
    let length = whole.journal.len();
    let points: Vec<usize> = match at {
        At::Start => vec![0],
        At::End => vec![length],
        At::EveryRecord => (0..=length).collect(),
        At::ModelIntent => {
            let first = whole.journal.iter().position(|record| record.body.kind() == Kind::ModelIntent);
            first.map(|at| at + 1).into_iter().collect()
        }
        At::OtherArguments => return Ok(diverged(&whole)),
    };
    let mut broken = Broken::default();
    for kept in points {
        let second = broken.life(whole.journal.get(..kept).unwrap_or_default(), &whole);
        if twice {
            for again in kept..second.len() {
                broken.life(second.get(..again).unwrap_or_default(), &whole);
            }
        }
    }
    let Broken { lives, other_answer, repeated, ledger_differs, lost_or_doubled, unmarked } = broken;
    let faults = other_answer + repeated + ledger_differs + lost_or_doubled + unmarked;
    let mut outcome = ended(match faults {
        // Fewer records would show little.
        _ if length < 60 => "too few records",
        0 => "same",
        _ => "broken",
    });
    let answer = end.closing.outputs.get("answer").cloned().unwrap_or_default();
    outcome.outputs.insert("answer".into(), super::outcome::text(&answer));
    let every = u64::from(lives == length as u64 + 1);
    let ledger = [
        ("other_answer", other_answer),
        ("repeated", repeated),
        ("ledger_differs", ledger_differs),
        ("lost_or_doubled", lost_or_doubled),
        ("unmarked", unmarked),
        ("every_record", if matches!(at, At::EveryRecord) && !twice { every } else { 0 }),
    ];
    Ok(counted(outcome, ledger))
}

/// A log that says another batch was asked: wherever it stops behind that, the run stops once its cell asks again.
fn diverged(whole: &World) -> Value {
    let batch = |record: &Record| record.place.site == "llm_batch" && record.body.kind() == Kind::ModelIntent;
    let first = whole.journal.iter().position(batch).unwrap_or_default();
    let last_turn =
        whole.journal.iter().rposition(|record| record.body.kind() == Kind::CellIntent).unwrap_or_default();
    let place = whole.journal.get(first).map(|record| record.id);
    let (mut lives, mut unnoticed) = (0, 0);
    for kept in first + 1..last_turn {
        let mut log = whole.journal.get(..kept).unwrap_or_default().to_vec();
        // The outcome repeats what was asked.
        for record in log.iter_mut().filter(|record| Some(record.id) == place) {
            record.arguments = Some(Digest::of(b"another prompt"));
        }
        let end = world(log).run();
        let kind = end.closing.failure.map(|failure| failure.kind);
        lives += 1;
        unnoticed += u64::from(kind != Some(rlm::ErrorKind::Divergence));
    }
    let status = match unnoticed {
        // Fewer lives would show little.
        _ if lives < 20 => "too few lives",
        0 => "divergence",
        _ => "unnoticed",
    };
    counted(ended(status), [("unnoticed", unnoticed)])
}

/// A log of another interpreter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    differs: Differs,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Differs {
    Nothing,
    Python,
    Text,
    Protocol,
}

fn interpreter(call: &Call<'_>) -> Result<Value, Failure> {
    let Recorded { differs } = call.params()?;
    let worker = super::confined::worker(&super::confined::unconfined()?)?;
    let mut recorded = worker.identity().clone();
    match differs {
        Differs::Nothing => {}
        Differs::Python => recorded.python.push_str(" (another build)"),
        Differs::Text => recorded.text = "0".repeat(64),
        Differs::Protocol => recorded.protocol += 1,
    }
    Ok(Value::Outcome(match worker.expect(&recorded) {
        Ok(()) => ended("goes on"),
        Err(failure) => {
            let mut outcome = ended(failure.kind.name());
            outcome.ledger.insert("code".into(), failure.kind.code().unsigned_abs());
            outcome
        }
    }))
}
