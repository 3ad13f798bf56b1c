//! One case, run in every mode with every number of threads, and held against what attests it.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::case::{Answer, Case, Expect, Expectation, Source};
use evidence::compare::{Category, Drift, LOCATIONS_MAX, Level, compare_answers};
use evidence::hardened::Allowlist;
use evidence::mismatch::{self, Mismatch};
use evidence::report::{Check, Lane, Mode, Origin, Repair, Status};
use evidence::typed;
use evidence::value::Value;

use crate::execute::{Bench, Done, Job, Ran};
use crate::row::Row;

/// What all checks of a run share.
pub(crate) struct Bar<'a> {
    pub lane: Lane,
    pub modes: &'a [Mode],
    pub threads: &'a [usize],
    pub allowlist: &'a Allowlist,
    /// Looks up a stored value by its digest.
    pub blob: &'a (dyn Fn(&str) -> Option<Value> + Sync),
}

/// A case with its inputs made and, in the live lane, the reference's answer or why there is none.
pub(crate) struct Trial<'a> {
    pub packet: &'a str,
    pub case: &'a Case,
    pub row: &'a Row,
    pub inputs: Arc<BTreeMap<String, Value>>,
    pub live: Option<Result<Answer, String>>,
    /// Who attests: a name and version.
    pub oracle: String,
}

/// A check with what the report leaves out.
pub(crate) struct Judged {
    pub check: Check,
    /// Digest of what the engine gave; none where it gave nothing.
    pub result: Option<String>,
    pub mismatch: Option<Mismatch>,
}

struct Finding {
    status: Status,
    outcome: String,
    drift: Vec<Drift>,
    reason: Option<String>,
    /// What the reference answered now, where it was asked: a mismatch shows it instead of the file's.
    attested: Option<Expectation>,
}

impl Bar<'_> {
    /// Every check of a case.
    pub fn judge(&self, trial: &Trial<'_>, bench: &mut Bench) -> Vec<Judged> {
        if let Some(retired) = &trial.case.retired {
            let reason = format!("since {}: {}", retired.since, retired.reason);
            return self.modes.iter().map(|mode| retire(trial.case, *mode, reason.clone())).collect();
        }
        self.modes.iter().map(|mode| self.judge_mode(trial, *mode, bench)).collect()
    }

    fn judge_mode(&self, trial: &Trial<'_>, mode: Mode, bench: &mut Bench) -> Judged {
        let (case, row) = (trial.case, trial.row);
        let params = Arc::new(case.params.clone());
        let mut run = |threads: usize| {
            let (inputs, params) = (Arc::clone(&trial.inputs), Arc::clone(&params));
            bench.run(Job { op: row.op, run: row.run, inputs, params, mode, threads })
        };
        let mut counts = self.threads.iter().copied();
        let first_count = counts.next().unwrap_or(1);
        let first = run(first_count);
        let mut finding = self.find(trial, mode, &first.done);
        for threads in counts {
            if matches!(*first.done, Done::TimedOut(_)) {
                break;
            }
            let again = run(threads);
            if !again.equals(&first) {
                finding.drift.push(threads_drift(row.op, first_count, &first, threads, &again));
                finding.status = Status::Fail;
            }
        }
        if finding.status == Status::Fail
            && !matches!(*first.done, Done::TimedOut(_))
            && !run(first_count).equals(&first)
        {
            finding.reason = Some("flaky: the same call gave another result when it was repeated".into());
        }
        finding.drift.truncate(LOCATIONS_MAX);
        let repairs = match &*first.done {
            Done::Answered(_, repairs) => repairs.clone(),
            _ => Vec::new(),
        };
        let result = matches!(*first.done, Done::Answered(..)).then(|| typed::digest(first.text.as_bytes()));
        let mismatch = (finding.status == Status::Fail).then(|| Mismatch {
            mismatch: mismatch::VERSION,
            packet: trial.packet.into(),
            case: case.id.clone(),
            mode,
            lane: self.lane,
            op: row.op.into(),
            inputs: trial.inputs.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            params: case.params.clone(),
            expected: finding.attested.as_ref().unwrap_or(expectation_of(case, mode)).to_json(),
            found: first.done.to_json(),
            drift: finding.drift.clone(),
            reason: finding.reason.clone(),
            oracle: trial.oracle.clone(),
            replay: mismatch::replay_command(trial.packet, &case.id, mode, self.lane),
        });
        let check = Check {
            case: case.id.clone(),
            mode,
            class: case.class,
            source: origin(&case.source),
            status: finding.status,
            outcome: finding.outcome,
            repairs,
            drift: finding.drift,
            reason: finding.reason,
        };
        Judged { check, result, mismatch }
    }

    /// Holds what the engine did with the first number of threads against what attests it.
    fn find(&self, trial: &Trial<'_>, mode: Mode, done: &Done) -> Finding {
        let case = trial.case;
        let hardened = case.hardened.as_ref().filter(|_| mode == Mode::Hardened);
        let expectation = expectation_of(case, mode);
        let finding = |status, outcome: &str, reason: Option<String>| Finding {
            status,
            outcome: outcome.into(),
            drift: Vec::new(),
            reason,
            attested: None,
        };
        let (answer, repairs) = match done {
            Done::Answered(answer, repairs) => (answer, repairs),
            Done::Unsupported(what) => {
                return finding(Status::NotEvaluated, "nothing", Some(format!("no such feature: {what}")));
            }
            Done::Malformed(why) => return finding(Status::Fail, "nothing", Some(why.clone())),
            Done::Panicked(words) => {
                return finding(Status::Fail, "panic", Some(format!("the engine panicked: {words}")));
            }
            Done::Died(how) => {
                return finding(
                    Status::Fail,
                    "crash",
                    Some(format!("the engine took its process down: {how}")),
                );
            }
            Done::TimedOut(limit) => {
                return finding(
                    Status::Fail,
                    "timeout",
                    Some(format!("no answer within {} s", limit.as_secs())),
                );
            }
        };
        let outcome = outcome(answer, repairs);
        let mut drift = Vec::new();
        let mut asked = None;
        // The live lane asks the reference wherever it is what attests the expectation; repairs have no reference.
        if let (Some(live), None) = (&trial.live, hardened) {
            let live = match live {
                Ok(live) => live,
                Err(why) => return finding(Status::NotEvaluated, &outcome, Some(why.clone())),
            };
            let attested = asked.insert(Expectation::from(live.clone()));
            match self.hold(trial.row, attested, answer) {
                Ok(found) => drift.extend(found),
                Err(why) => return finding(Status::NotEvaluated, &outcome, Some(why)),
            }
            if !matches!(case.expect.answer, Expect::Live) {
                match self.hold(trial.row, &case.expect, live) {
                    Ok(found) if found.iter().any(critical) => {
                        let first = found.iter().find(|drift| critical(drift));
                        let place = first.map(|drift| {
                            format!(
                                "{}: the file says {}, the oracle {}",
                                drift.location, drift.expected, drift.found
                            )
                        });
                        let reason = format!("stale: {}", place.unwrap_or_default());
                        return Finding {
                            drift: found,
                            attested: asked,
                            ..finding(Status::Fail, &outcome, Some(reason))
                        };
                    }
                    Ok(_) => {}
                    Err(why) => return finding(Status::NotEvaluated, &outcome, Some(why)),
                }
            }
        } else {
            match self.hold(trial.row, expectation, answer) {
                Ok(found) => drift.extend(found),
                Err(why) => return finding(Status::NotEvaluated, &outcome, Some(why)),
            }
        }
        let refusal = match (mode, hardened) {
            (Mode::Strict, _) if !repairs.is_empty() => Some("a repair in strict mode".to_string()),
            (Mode::Strict, _) => None,
            (Mode::Hardened, hardened) => {
                let categories = hardened.map_or(&[][..], |hardened| &hardened.categories);
                let foreign =
                    repairs.iter().find(|repair| !trial.row.hardened.contains(&repair.category.as_str()));
                match foreign {
                    Some(repair) => {
                        Some(format!("an unlisted repair: {} is not in the row", repair.category))
                    }
                    None => self.allowlist.refusal(repairs, categories),
                }
            }
        };
        let failed = refusal.is_some() || drift.iter().any(critical);
        let status = match failed {
            true => Status::Fail,
            false if hardened.is_some() => Status::Allowed,
            false => Status::Pass,
        };
        Finding { drift, attested: asked, ..finding(status, &outcome, refusal) }
    }

    /// The differences, or why what attests the answer is not here.
    fn hold(&self, row: &Row, expectation: &Expectation, answer: &Answer) -> Result<Vec<Drift>, String> {
        let stored = match &expectation.answer {
            Expect::Blob(digest) => (self.blob)(digest).map(|value| Expectation {
                answer: Expect::Value(value),
                warnings: expectation.warnings.clone(),
            }),
            _ => None,
        };
        let expectation = stored.as_ref().unwrap_or(expectation);
        compare_answers(row.op, expectation, answer, &row.rule).map_err(|why| why.to_string())
    }
}

/// What a case expects in a mode.
fn expectation_of(case: &Case, mode: Mode) -> &Expectation {
    let hardened = case.hardened.as_ref().filter(|_| mode == Mode::Hardened);
    hardened.map_or(&case.expect, |hardened| &hardened.expect)
}

fn critical(drift: &Drift) -> bool {
    drift.level == Level::Critical
}

fn retire(case: &Case, mode: Mode, reason: String) -> Judged {
    let check = Check {
        case: case.id.clone(),
        mode,
        class: case.class,
        source: origin(&case.source),
        status: Status::Retired,
        outcome: "nothing".into(),
        repairs: Vec::new(),
        drift: Vec::new(),
        reason: Some(reason),
    };
    Judged { check, result: None, mismatch: None }
}

pub(crate) fn origin(source: &Source) -> Origin {
    match source {
        Source::Oracle { .. } => Origin::Oracle,
        Source::Spec(_) => Origin::Spec,
        Source::Hand(_) => Origin::Hand,
    }
}

/// What the threat matrix speaks of.
fn outcome(answer: &Answer, repairs: &[Repair]) -> String {
    match &answer.result {
        Err(raised) => format!("error {}", raised.class),
        Ok(_) if repairs.is_empty() => "value".into(),
        Ok(_) => {
            let categories: Vec<&str> = repairs.iter().map(|repair| repair.category.as_str()).collect();
            format!("repaired {}", categories.join(", "))
        }
    }
}

fn threads_drift(op: &str, first: usize, expected: &Ran, threads: usize, found: &Ran) -> Drift {
    let location = format!("{threads} threads against {first}");
    let text = |ran: &Ran| evidence::json::brief(&ran.done.to_json());
    Drift::new(op, Category::Threads, Level::Critical, &location, &text(expected), &text(found))
}
