//! The rule over a packet's report: `gate.yaml`, and what evaluating it gives.
//!
//! Every rule is evaluated and reported, whether or not one before it failed. Budgets are integers; nothing is
//! synthesised for a gate that is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::case::Class;
use crate::place::{Malformed, Place};
use crate::report::{Lane, Mode, Origin, Report, Status};
use crate::typed;

/// The format this crate reads.
pub const VERSION: u32 = 1;

/// The file's name beside `packet.yaml`.
pub const FILE: &str = "gate.yaml";

/// A share of a hundred with two decimals, kept as hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

impl Percent {
    /// Reads `"1.00"`: up to three digits, a point, two digits, at most 100.00.
    pub fn parse(text: &str) -> Result<Percent, String> {
        let refuse = || format!("expected a percentage from \"0.00\" to \"100.00\", found {text:?}");
        let (whole, parts) = text.split_once('.').ok_or_else(refuse)?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !(digits(whole) && digits(parts) && whole.len() <= 3 && parts.len() == 2) {
            return Err(refuse());
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| refuse());
        let hundredths = number(whole)? * 100 + number(parts)?;
        if hundredths > 10_000 { Err(refuse()) } else { Ok(Percent(hundredths)) }
    }

    /// Whether `part` of `total` is within the share, in integers.
    #[must_use]
    pub fn holds(self, part: u64, total: u64) -> bool {
        u128::from(part) * 10_000 <= u128::from(self.0) * u128::from(total)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Percent::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The fewest cases of each class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// Of class happy.
    pub happy: u64,
    /// Of class edge.
    pub edge: u64,
    /// Of class adversarial.
    pub adversarial: u64,
}

/// The fewest cases of each source; a source that is not named has no minimum.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// From a live reference.
    #[serde(default)]
    pub oracle_min: u64,
    /// From a specification.
    #[serde(default)]
    pub spec_min: u64,
    /// Worked out by hand.
    #[serde(default)]
    pub hand_min: u64,
}

/// What strict mode may get wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrictBudget {
    /// The most failed checks.
    pub failed_max: u64,
    /// The most minor drifts.
    pub minor_max: u64,
}

/// What hardened mode may get wrong or do differently.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardenedBudget {
    /// The most failed checks.
    pub failed_max: u64,
    /// Categories of the allowlist that checks of this packet may use.
    pub allowed: Vec<String>,
    /// How many of the hardened checks may be allowed.
    pub allowed_max_percent: Percent,
}

/// `gate.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The format's version.
    pub gate: u32,
    /// The packet it is for.
    pub packet: String,
    /// The suite it counts in.
    pub suite: String,
    /// The fewest cases.
    pub cases_min: u64,
    /// The fewest cases of each class.
    pub classes: Classes,
    /// The fewest cases of each source.
    pub sources: Sources,
    /// The budget of strict mode.
    pub strict: StrictBudget,
    /// The budget of hardened mode.
    pub hardened: HardenedBudget,
    /// Lanes that it judges.
    pub lanes: Vec<Lane>,
    /// Thread counts that every check must run with.
    pub threads: Vec<usize>,
    /// Whether a release waits for it.
    pub release_blocking: bool,
}

impl Gate {
    /// Reads a gate file. Unknown, missing and doubled keys are errors that name the place.
    pub fn parse(text: &[u8]) -> Result<Gate, Malformed> {
        let gate: Gate = typed::read_yaml(FILE, text)?;
        let place = Place::file(FILE);
        if gate.gate != VERSION {
            return Err(place.key("gate").malformed(VERSION.to_string(), gate.gate.to_string()));
        }
        if gate.lanes.is_empty() {
            return Err(place.key("lanes").malformed("at least one lane", "none"));
        }
        if gate.threads.is_empty() || gate.threads.contains(&0) {
            return Err(place.key("threads").malformed("thread counts from 1", listed(&gate.threads)));
        }
        Ok(gate)
    }

    /// Applies every rule, in a fixed order.
    #[must_use]
    pub fn evaluate(&self, subject: &Subject<'_>) -> Vec<Rule> {
        let report = subject.report;
        let counts = &report.counts;
        let (strict, hardened) = (counts.of_mode(Mode::Strict), counts.of_mode(Mode::Hardened));
        let all = counts.all();
        let mut rules = vec![
            Rule::equal("packet", subject.packet, &self.packet),
            Rule::equal("report.packet", subject.packet, &report.packet),
            Rule::equal("suite", subject.suite, &self.suite),
            Rule::equal("report.suite", subject.suite, &report.suite),
            self.lane_rule(report.lane),
            self.threads_rule(subject.threads),
            case_rule(subject),
            Rule::at_least("cases_min", self.cases_min.max(1), counts.cases),
        ];
        let minima = [
            (Class::Happy, self.classes.happy),
            (Class::Edge, self.classes.edge),
            (Class::Adversarial, self.classes.adversarial),
        ];
        for (class, minimum) in minima {
            let found = counts.class.get(&class).copied().unwrap_or(0);
            rules.push(Rule::at_least(&format!("classes.{}", class.name()), minimum, found));
        }
        let minima = [
            (Origin::Oracle, self.sources.oracle_min),
            (Origin::Spec, self.sources.spec_min),
            (Origin::Hand, self.sources.hand_min),
        ];
        for (origin, minimum) in minima {
            let found = counts.source.get(&origin).copied().unwrap_or(0);
            rules.push(Rule::at_least(&format!("sources.{origin}_min"), minimum, found));
        }
        rules.extend([
            Rule::ran("strict.ran", counts.cases, strict.total),
            Rule::at_most("strict.failed_max", self.strict.failed_max, strict.failed),
            Rule::at_most("strict.minor_max", self.strict.minor_max, strict.minor),
            Rule::ran("hardened.ran", counts.cases, hardened.total),
            Rule::at_most("hardened.failed_max", self.hardened.failed_max, hardened.failed),
            self.allowed_rule(report),
            Rule {
                rule: "hardened.allowed_max_percent".into(),
                expected: format!("at most {} of {}", self.hardened.allowed_max_percent, hardened.total),
                found: hardened.allowed.to_string(),
                pass: Verdict::of(self.hardened.allowed_max_percent.holds(hardened.allowed, hardened.total)),
            },
            Rule {
                rule: "evaluated".into(),
                expected: format!("{} of {}", all.total, all.total),
                found: format!("{} of {}", all.total - all.not_evaluated, all.total),
                pass: if all.not_evaluated == 0 { Verdict::Pass } else { Verdict::NotEvaluated },
            },
        ]);
        rules
    }

    fn lane_rule(&self, lane: Lane) -> Rule {
        let lanes: Vec<&str> = self.lanes.iter().map(|lane| lane.name()).collect();
        Rule {
            rule: "lanes".into(),
            expected: lanes.join(", "),
            found: lane.to_string(),
            pass: Verdict::of(self.lanes.contains(&lane)),
        }
    }

    /// Fewer thread counts than the gate asks for is too little evidence, not a fault of the engine.
    fn threads_rule(&self, ran: &[usize]) -> Rule {
        let missing = self.threads.iter().any(|count| !ran.contains(count));
        Rule {
            rule: "threads".into(),
            expected: listed(&self.threads),
            found: listed(ran),
            pass: if missing { Verdict::NotEvaluated } else { Verdict::Pass },
        }
    }

    fn allowed_rule(&self, report: &Report) -> Rule {
        let used: BTreeSet<&str> = report
            .checks
            .iter()
            .filter(|check| check.status == Status::Allowed)
            .flat_map(|check| check.repairs.iter().map(|repair| repair.category.as_str()))
            .collect();
        let foreign = used.iter().any(|used| !self.hardened.allowed.iter().any(|allowed| allowed == used));
        Rule {
            rule: "hardened.allowed".into(),
            expected: listed(&self.hardened.allowed),
            found: listed(&used.into_iter().collect::<Vec<_>>()),
            pass: Verdict::of(!foreign),
        }
    }
}

/// What a gate is applied to.
pub struct Subject<'a> {
    /// The packet's id and suite, from `packet.yaml`.
    pub packet: &'a str,
    /// The suite, from `packet.yaml`.
    pub suite: &'a str,
    /// Ids of every case that the packet holds.
    pub cases: &'a BTreeSet<String>,
    /// What happened.
    pub report: &'a Report,
    /// Thread counts that every check ran with.
    pub threads: &'a [usize],
}

/// The answer of a rule, a gate or a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything required was there and right.
    Pass,
    /// Too little was there to judge: no cases, no oracle, no such feature. Never a pass.
    #[default]
    NotEvaluated,
    /// Something is wrong.
    Fail,
}

impl Verdict {
    /// Pass or fail.
    #[must_use]
    pub fn of(pass: bool) -> Verdict {
        if pass { Verdict::Pass } else { Verdict::Fail }
    }

    /// The spelling in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::NotEvaluated => "not_evaluated",
            Verdict::Fail => "fail",
        }
    }

    /// The worst of several; nothing at all is not evaluated.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        verdicts.into_iter().max().unwrap_or(Verdict::NotEvaluated)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One rule, evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: the key in `gate.yaml`.
    pub rule: String,
    /// What it wants.
    pub expected: String,
    /// What there is.
    pub found: String,
    /// Its answer.
    pub pass: Verdict,
}

impl Rule {
    fn equal(rule: &str, expected: &str, found: &str) -> Rule {
        let pass = Verdict::of(expected == found);
        Rule { rule: rule.into(), expected: expected.into(), found: found.into(), pass }
    }

    fn at_least(rule: &str, minimum: u64, found: u64) -> Rule {
        // Nothing at all is not evaluated; too little is a failure.
        let pass = match found {
            0 if minimum > 0 && rule == "cases_min" => Verdict::NotEvaluated,
            _ => Verdict::of(found >= minimum),
        };
        Rule { rule: rule.into(), expected: format!("at least {minimum}"), found: found.to_string(), pass }
    }

    fn at_most(rule: &str, maximum: u64, found: u64) -> Rule {
        let pass = Verdict::of(found <= maximum);
        Rule { rule: rule.into(), expected: format!("at most {maximum}"), found: found.to_string(), pass }
    }

    fn ran(rule: &str, expected: u64, found: u64) -> Rule {
        let pass = match found {
            0 => Verdict::NotEvaluated,
            _ => Verdict::of(expected == found),
        };
        Rule { rule: rule.into(), expected: expected.to_string(), found: found.to_string(), pass }
    }
}

/// Case ids of report and packet are equal as sets.
fn case_rule(subject: &Subject<'_>) -> Rule {
    let reported: BTreeSet<&str> = subject.report.checks.iter().map(|check| check.case.as_str()).collect();
    let missing: Vec<&String> =
        subject.cases.iter().filter(|case| !reported.contains(case.as_str())).collect();
    let extra: Vec<&&str> = reported.iter().filter(|case| !subject.cases.contains(**case)).collect();
    let mut found = vec![format!("{} cases", reported.len())];
    found.extend(missing.iter().take(3).map(|case| format!("{case} is missing")));
    found.extend(extra.iter().take(3).map(|case| format!("{case} is extra")));
    Rule {
        rule: "cases".into(),
        expected: format!("the packet's {} cases", subject.cases.len()),
        found: found.join(", "),
        pass: Verdict::of(missing.is_empty() && extra.is_empty()),
    }
}

fn listed<T: fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

/// A gate applied to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateResult {
    /// The format's version.
    pub gate_result: u32,
    /// The packet it is for.
    pub packet: String,
    /// The lane of the report.
    pub lane: Lane,
    /// The worst answer of its rules.
    pub verdict: Verdict,
    /// Every rule, in a fixed order.
    pub rules: Vec<Rule>,
    /// Digest of the report's bytes.
    pub report: String,
    /// Digest of `gate.yaml`; absent with the file.
    pub gate: Option<String>,
}

impl GateResult {
    /// Judges a packet. `gate` is the text of its `gate.yaml`, if the file is there; `report_digest` the digest of the
    /// report's bytes.
    #[must_use]
    pub fn of(gate: Option<&[u8]>, subject: &Subject<'_>, report_digest: &str) -> GateResult {
        let broken = |found: String| {
            vec![Rule { rule: "gate".into(), expected: "gate.yaml".into(), found, pass: Verdict::Fail }]
        };
        let rules = match gate.map(Gate::parse) {
            None => broken("there is none".into()),
            Some(Err(why)) => broken(why.to_string()),
            Some(Ok(gate)) => gate.evaluate(subject),
        };
        GateResult {
            gate_result: VERSION,
            packet: subject.packet.into(),
            lane: subject.report.lane,
            verdict: Verdict::worst(rules.iter().map(|rule| rule.pass)),
            rules,
            report: report_digest.into(),
            gate: gate.map(typed::digest),
        }
    }

    /// The rules that are not passed.
    pub fn open(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.pass != Verdict::Pass)
    }
}

/// The live gate of continuous integration over one suite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteCount {
    /// The denominator that the lock fixes.
    pub expected: u64,
    /// Checks in the reports.
    pub total: u64,
    /// Checks that were evaluated.
    pub ran: u64,
    /// Checks that passed or are allowed.
    pub passed: u64,
    /// Checks that failed.
    pub failed: u64,
    /// Checks of retired cases.
    pub skipped: u64,
    /// Checks without an answer.
    pub not_evaluated: u64,
}

impl SuiteCount {
    /// Counts the checks of each suite; retired ones are skipped.
    #[must_use]
    pub fn of<'a>(
        reports: impl IntoIterator<Item = &'a Report>,
        denominators: &BTreeMap<String, u64>,
    ) -> BTreeMap<String, SuiteCount> {
        let mut suites: BTreeMap<String, SuiteCount> = BTreeMap::new();
        for report in reports {
            let suite = suites.entry(report.suite.clone()).or_default();
            let tally = report.counts.all();
            suite.total += tally.total;
            suite.ran += tally.total - tally.not_evaluated - tally.retired;
            suite.passed += tally.passed + tally.allowed;
            suite.failed += tally.failed;
            suite.skipped += tally.retired;
            suite.not_evaluated += tally.not_evaluated;
        }
        for (name, suite) in &mut suites {
            suite.expected = denominators.get(name).copied().unwrap_or(0);
        }
        suites
    }

    /// Everything that was expected ran, and nothing failed, was skipped or stayed open.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.ran == self.total
            && self.total == self.expected
            && self.expected > 0
            && self.failed + self.skipped + self.not_evaluated == 0
    }
}

/// Whether a packet's gate says that a release waits for it. One that cannot be read blocks.
#[must_use]
pub fn blocks_release(gate: Option<&[u8]>) -> bool {
    gate.and_then(|text| Gate::parse(text).ok()).is_none_or(|gate| gate.release_blocking)
}

#[cfg(test)]
mod tests;
