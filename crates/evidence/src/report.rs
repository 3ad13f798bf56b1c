//! What happened to every check of one packet in one lane.
//!
//! A *check* is one case in one mode. A report holds nothing of time, host, path or thread count, so a commit always
//! gives the same bytes and its digest can stand in the lock.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::Class;
use crate::compare::{Drift, Level};

/// The format this crate writes and reads.
pub const VERSION: u32 = 1;

/// What the engine's answer is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The case file, offline.
    #[default]
    Recorded,
    /// The reference itself, and the file with it.
    Live,
}

/// How the engine treats damaged input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Exactly what the oracle does, its errors included.
    Strict,
    /// The same contract plus the listed, bounded repairs.
    Hardened,
}

/// The verdict over one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The engine did what is attested.
    Pass,
    /// Hardened differs from strict exactly as the allowlist says.
    Allowed,
    /// Critical drift, a crash, a time-out, an unlisted repair, or a status that changed on repetition.
    Fail,
    /// No oracle, or no such feature.
    NotEvaluated,
    /// The case was withdrawn; it stays in the denominator.
    Retired,
}

/// Where an expectation came from, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A live reference answered.
    Oracle,
    /// A specification says so.
    Spec,
    /// A person worked it out.
    Hand,
}

macro_rules! spelled {
    ($type:ident { $($variant:ident => $text:literal),+ $(,)? }) => {
        impl $type {
            /// Every variant, in order.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// The spelling in files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $text),+
                }
            }

            /// The variant of a spelling.
            #[must_use]
            pub fn named(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

spelled!(Lane { Recorded => "recorded", Live => "live" });
spelled!(Mode { Strict => "strict", Hardened => "hardened" });
spelled!(Origin { Oracle => "oracle", Spec => "spec", Hand => "hand" });
spelled!(Status {
    Pass => "pass",
    Allowed => "allowed",
    Fail => "fail",
    NotEvaluated => "not_evaluated",
    Retired => "retired",
});

/// A repair that an engine made in hardened mode, as its own log states it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// A category of the allowlist, such as `ingest.short_row`.
    pub category: String,
    /// How many places were repaired.
    pub count: u64,
}

/// One case in one mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The case's id.
    pub case: String,
    /// The mode it ran in.
    pub mode: Mode,
    /// The case's class.
    pub class: Class,
    /// Where the case's expectation came from.
    pub source: Origin,
    /// The verdict.
    pub status: Status,
    /// What the engine did, in one word and a class: `value`, `error ValueError`, `panic`, `crash`,
    /// `timeout`, `nothing`.
    pub outcome: String,
    /// Repairs that the engine logged.
    pub repairs: Vec<Repair>,
    /// Every difference that was found.
    pub drift: Vec<Drift>,
    /// Why, where the drift does not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Check {
    /// Drift that the gate counts and the check survives.
    #[must_use]
    pub fn minor(&self) -> u64 {
        self.drift.iter().filter(|drift| drift.level == Level::Minor).count() as u64
    }
}

/// How many checks came out how. A check is in exactly one of `passed` to `retired`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// All checks.
    pub total: u64,
    /// With status `pass`.
    pub passed: u64,
    /// With status `allowed`.
    pub allowed: u64,
    /// With status `fail`.
    pub failed: u64,
    /// With status `not_evaluated`.
    pub not_evaluated: u64,
    /// With status `retired`.
    pub retired: u64,
    /// Minor drifts, which a check survives.
    pub minor: u64,
}

impl Tally {
    fn add(&mut self, check: &Check) {
        self.total += 1;
        self.minor += check.minor();
        *match check.status {
            Status::Pass => &mut self.passed,
            Status::Allowed => &mut self.allowed,
            Status::Fail => &mut self.failed,
            Status::NotEvaluated => &mut self.not_evaluated,
            Status::Retired => &mut self.retired,
        } += 1;
    }

    /// The sum of two tallies.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally {
            total: self.total + other.total,
            passed: self.passed + other.passed,
            allowed: self.allowed + other.allowed,
            failed: self.failed + other.failed,
            not_evaluated: self.not_evaluated + other.not_evaluated,
            retired: self.retired + other.retired,
            minor: self.minor + other.minor,
        }
    }
}

/// `118 of 119 pass, 1 fail`: what is none goes without saying.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { total, passed, allowed, failed, not_evaluated, retired, minor } = *self;
        if total == 0 {
            return f.write_str("no checks");
        }
        write!(f, "{passed} of {total} pass")?;
        let named = [
            (allowed, "allowed"),
            (failed, "fail"),
            (not_evaluated, "not evaluated"),
            (retired, "retired"),
            (minor, "minor drift"),
        ];
        named
            .iter()
            .filter(|(count, _)| *count > 0)
            .try_for_each(|(count, what)| write!(f, ", {count} {what}"))
    }
}

/// The same checks counted three ways; each way sums to the same total.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Cases, each counted once whatever modes ran.
    pub cases: u64,
    /// Cases by source.
    pub source: BTreeMap<Origin, u64>,
    /// Cases by class.
    pub class: BTreeMap<Class, u64>,
    /// Checks by mode.
    pub mode: BTreeMap<Mode, Tally>,
}

impl Counts {
    /// Counts checks that are sorted by case. Sources and classes count cases.
    #[must_use]
    pub fn of(checks: &[Check]) -> Counts {
        let mut counts = Counts::default();
        let mut last = None;
        for check in checks {
            counts.mode.entry(check.mode).or_default().add(check);
            if last.replace(check.case.as_str()) != Some(check.case.as_str()) {
                counts.cases += 1;
                *counts.source.entry(check.source).or_default() += 1;
                *counts.class.entry(check.class).or_default() += 1;
            }
        }
        counts
    }

    /// Both modes together.
    #[must_use]
    pub fn all(&self) -> Tally {
        self.mode.values().copied().fold(Tally::default(), Tally::and)
    }

    /// One mode; zeros where it did not run.
    #[must_use]
    pub fn of_mode(&self, mode: Mode) -> Tally {
        self.mode.get(&mode).copied().unwrap_or_default()
    }
}

/// The checks of one packet in one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The format's version.
    pub report: u32,
    /// The packet's id.
    pub packet: String,
    /// The suite it counts in.
    pub suite: String,
    /// The lane it ran in.
    pub lane: Lane,
    /// The checks, counted.
    pub counts: Counts,
    /// Sorted by case and mode.
    pub checks: Vec<Check>,
}

impl Report {
    /// Sorts and counts the checks.
    #[must_use]
    pub fn new(packet: &str, suite: &str, lane: Lane, mut checks: Vec<Check>) -> Report {
        checks.sort_by(|a, b| (&a.case, a.mode).cmp(&(&b.case, b.mode)));
        let counts = Counts::of(&checks);
        Report { report: VERSION, packet: packet.into(), suite: suite.into(), lane, counts, checks }
    }

    /// What is wrong with a report that was read: a foreign version, checks out of order or twice, or counts that are
    /// not those of its checks.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.report != VERSION {
            faults.push(format!("report {}: expected version {VERSION}, found {}", self.packet, self.report));
        }
        for pair in self.checks.windows(2) {
            let [a, b] = pair else { continue };
            if (&a.case, a.mode) >= (&b.case, b.mode) {
                faults.push(format!(
                    "report {}: {}/{} stands after {}/{}",
                    self.packet, b.case, b.mode, a.case, a.mode
                ));
            }
        }
        let counted = Counts::of(&self.checks);
        if counted != self.counts {
            faults.push(format!(
                "report {}: the checks count {:?}, the report says {:?}",
                self.packet,
                counted.all(),
                self.counts.all()
            ));
        }
        faults
    }
}
