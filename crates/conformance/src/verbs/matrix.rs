//! The compatibility matrix of the model runtime, folded from a run of its packets.

use std::collections::BTreeMap;

use evidence::gate::Verdict;
use evidence::report::Status;

use super::{Outcome, Session};

/// A surface that other programs meet, and the operations whose cases speak of it.
struct Surface {
    name: &'static str,
    ops: &'static [&'static str],
}

/// In the order in which they are shown.
const SURFACES: &[Surface] = &[
    Surface {
        name: "binary",
        ops: &["models.submit", "models.loop", "models.batch", "models.scenario", "models.budget"],
    },
    Surface { name: "worker protocol", ops: &["models.protocol"] },
    Surface { name: "journal", ops: &["models.resume"] },
    Surface { name: "cassette", ops: &["models.cassette"] },
    Surface { name: "interop", ops: &["models.envelope"] },
    Surface { name: "interpreter", ops: &["models.interpreter", "models.sandbox"] },
];

/// What cases say of one surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compatibility {
    pub surface: String,
    pub verdict: Verdict,
    /// Cases that were judged; those that nobody could judge are not among them.
    pub cases: usize,
    /// Where the cases stand: packets.
    pub tests: Vec<String>,
    /// The first case that did not pass, and why.
    pub reason: Option<String>,
}

impl Compatibility {
    /// The verdict over cases, each with why it did not pass. No cases is not evaluated, and so is one that nobody could
    /// judge.
    #[must_use]
    pub fn of(surface: &str, tests: Vec<String>, judged: &[(String, Status, String)]) -> Compatibility {
        let first = |status: Status| {
            let case = judged.iter().find(|(_, found, _)| *found == status)?;
            Some(if case.2.is_empty() { case.0.clone() } else { format!("{}: {}", case.0, case.2) })
        };
        let (failed, open) = (first(Status::Fail), first(Status::NotEvaluated));
        let cases = judged.iter().filter(|(_, status, _)| *status != Status::NotEvaluated).count();
        let (verdict, reason) = match (failed, open, cases) {
            (Some(failed), ..) => (Verdict::Fail, Some(failed)),
            (None, Some(open), _) => (Verdict::NotEvaluated, Some(open)),
            (None, None, 0) => (Verdict::NotEvaluated, Some("it has no cases".to_string())),
            (None, None, _) => (Verdict::Pass, None),
        };
        Compatibility { surface: surface.to_string(), verdict, cases, tests, reason }
    }
}

/// A row for each surface. A case counts once, whatever modes it ran in.
#[must_use]
pub fn matrix(session: &Session, outcome: &Outcome) -> Vec<Compatibility> {
    let mut by_op: BTreeMap<String, Vec<(String, String, Status, String)>> = BTreeMap::new();
    for packet in &outcome.run.packets {
        let Ok(loaded) = session.library.load(&packet.packet) else { continue };
        for case in &loaded.cases {
            let mut worst: Option<(Status, String)> = None;
            for check in packet.report.checks.iter().filter(|check| check.case == case.id) {
                let drift = check.drift.first().map(ToString::to_string);
                let why = drift.or_else(|| check.reason.clone()).unwrap_or_default();
                let is_worse = worst.as_ref().is_none_or(|(known, _)| rank(check.status) > rank(*known));
                if is_worse {
                    worst = Some((check.status, why));
                }
            }
            // A case that no check ran is no pass.
            let (status, why) = worst.unwrap_or((Status::NotEvaluated, "no check ran it".to_string()));
            let found = (packet.packet.clone(), case.id.clone(), status, why);
            by_op.entry(case.op.clone()).or_default().push(found);
        }
    }
    let row = |surface: &Surface| {
        let found: Vec<_> = surface.ops.iter().filter_map(|op| by_op.get(*op)).flatten().collect();
        let mut tests: Vec<String> = found.iter().map(|(packet, ..)| packet.clone()).collect();
        tests.sort();
        tests.dedup();
        let judged: Vec<_> =
            found.iter().map(|(_, case, status, why)| (case.clone(), *status, why.clone())).collect();
        Compatibility::of(surface.name, tests, &judged)
    };
    SURFACES.iter().map(row).collect()
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Fail => 2,
        Status::NotEvaluated => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, status: Status) -> (String, Status, String) {
        (name.to_string(), status, String::new())
    }

    #[test]
    fn no_cases_is_no_pass_and_a_failure_outweighs_what_nobody_judged() {
        let verdict = |judged: &[_]| Compatibility::of("s", Vec::new(), judged);
        assert_eq!(verdict(&[]).verdict, Verdict::NotEvaluated);
        assert_eq!(verdict(&[]).reason.as_deref(), Some("it has no cases"));
        let (pass, open, fail) =
            (case("a", Status::Pass), case("b", Status::NotEvaluated), case("c", Status::Fail));
        assert_eq!(verdict(std::slice::from_ref(&pass)).verdict, Verdict::Pass);
        let half = verdict(&[pass.clone(), open.clone()]);
        assert_eq!((half.verdict, half.cases, half.reason.as_deref()), (Verdict::NotEvaluated, 1, Some("b")));
        let red = verdict(&[pass, open, fail]);
        assert_eq!((red.verdict, red.cases, red.reason.as_deref()), (Verdict::Fail, 2, Some("c")));
    }

    /// A surface whose operation nobody has would be not evaluated for ever.
    #[test]
    fn every_operation_of_a_surface_exists() {
        for op in SURFACES.iter().flat_map(|surface| surface.ops) {
            assert!(crate::registry::find(op).is_some(), "{op}");
        }
    }
}
