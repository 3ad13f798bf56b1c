//! A failing check made small: the same difference between engine and live reference with as little input as possible.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::case::{Answer, Case, Expectation, Input, Source};
use evidence::compare::{Level, compare_answers};
use evidence::generate::shrink;
use evidence::mismatch;
use evidence::report::Mode;
use evidence::value::Value;

use super::run::Options;
use super::{NOT_EVALUATED, Problem, Session};
use crate::execute::{Bench, Done, Job};
use crate::live::Workers;
use crate::registry;
use crate::row::Row;
use crate::runner::{Live, LiveAsk};

/// How often the reference is asked for one shrinking.
const ASKS: usize = 400;

/// A case with smaller inputs on which the engine still differs from the live reference, if it differs at all. Its
/// expectation is the reference's answer.
pub fn shrunk(session: &Session, key: &str, options: &Options) -> Result<Option<Case>, Problem> {
    let (packet, id, mode) = mismatch::parse_key(key).map_err(Problem::usage)?;
    let loaded = session.library.load(packet)?;
    let case = loaded.cases.iter().find(|case| case.id == id);
    let case = case.ok_or_else(|| Problem::usage(format!("packet {packet} has no case {id}")))?;
    let row = registry::find(&case.op)
        .filter(|row| row.reference.is_live())
        .ok_or_else(|| Problem::usage(format!("case {id}: no live reference attests {}", case.op)))?;
    let commit = session.checkout.as_ref().map_or("unknown", |checkout| checkout.commit.as_str());
    let inputs = case.values(commit).map_err(|why| Problem::usage(format!("case {id}: {why}")))?;
    let mut trial = Trial {
        row,
        case,
        mode,
        workers: Workers::new(session.python.clone()),
        bench: Bench::new(options.limit, session.engine.as_ref()),
    };
    if !trial.fails(&inputs).map_err(|why| Problem { exit: NOT_EVALUATED, ..Problem::usage(why) })? {
        return Ok(None);
    }
    // A question that the reference cannot answer is no smaller failure.
    let smaller = shrink(&inputs, ASKS, &mut |inputs| trial.fails(inputs).unwrap_or(false));
    let answer = trial.reference(&smaller).map_err(Problem::damaged)?;
    let name = trial.workers.name(row.reference).map_err(Problem::damaged)?;
    Ok(Some(Case {
        id: format!("{id}-small"),
        inputs: smaller.into_iter().map(|(name, value)| (name, Input::Value(value))).collect(),
        expect: Expectation::from(answer),
        hardened: None,
        source: Source::Oracle { name, command: format!("lumen conformance accept {packet}") },
        ..case.clone()
    }))
}

struct Trial<'a> {
    row: &'static Row,
    case: &'a Case,
    mode: Mode,
    workers: Workers,
    bench: Bench,
}

impl Trial<'_> {
    fn reference(&mut self, inputs: &BTreeMap<String, Value>) -> Result<Answer, String> {
        let ask = LiveAsk { row: self.row, inputs, params: &self.case.params };
        self.workers.ask(&[ask]).pop().unwrap_or_else(|| Err("the reference gave no answer".into()))
    }

    /// Whether engine and reference differ by more than the row's rule allows.
    fn fails(&mut self, inputs: &BTreeMap<String, Value>) -> Result<bool, String> {
        let expected = Expectation::from(self.reference(inputs)?);
        let job = Job {
            op: self.row.op,
            run: self.row.run,
            inputs: Arc::new(inputs.clone()),
            params: Arc::new(self.case.params.clone()),
            mode: self.mode,
            threads: 1,
        };
        Ok(match &*self.bench.run(job).done {
            Done::Answered(answer, _) => compare_answers(self.row.op, &expected, answer, &self.row.rule)
                .map_err(|why| why.to_string())?
                .iter()
                .any(|drift| drift.level == Level::Critical),
            Done::Panicked(_) | Done::TimedOut(_) | Done::Died(_) => true,
            Done::Unsupported(_) | Done::Malformed(_) => false,
        })
    }
}
