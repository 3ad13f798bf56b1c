//! The threat matrix, `cases/threats.yaml`: what an attacker does where, and the cases that show what comes of it.
//!
//! A row passes when its cases ran *with the outcomes it states*; a name alone proves nothing.

use crate::gate::Verdict;
use crate::place::{Malformed, Place};
use crate::report::Mode;
use crate::typed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format this crate reads.
pub const VERSION: u32 = 1;

/// The file's name in `cases/`.
pub const FILE: &str = "threats.yaml";

/// What kind of abuse a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreatClass {
    /// Malformed or hostile files.
    Ingest,
    /// Values forced into another dtype.
    Coercion,
    /// Labels made to lead astray.
    IndexPoisoning,
    /// Results that outgrow memory.
    JoinExplosion,
    /// Gradients made wrong without a word.
    GradientCorruption,
    /// The wrong kernel for a call.
    MisroutedDispatch,
    /// Hostile model files.
    Serialization,
    /// Damage that recovery makes worse.
    Recovery,
    /// Evidence changed after the fact.
    TamperedEvidence,
    /// A reference that does not say what the reference says.
    LyingOracle,
    /// Text that moves a terminal or a page.
    TextInjection,
}

impl ThreatClass {
    /// Every class; the matrix has a row for each.
    pub const ALL: [ThreatClass; 11] = [
        ThreatClass::Ingest,
        ThreatClass::Coercion,
        ThreatClass::IndexPoisoning,
        ThreatClass::JoinExplosion,
        ThreatClass::GradientCorruption,
        ThreatClass::MisroutedDispatch,
        ThreatClass::Serialization,
        ThreatClass::Recovery,
        ThreatClass::TamperedEvidence,
        ThreatClass::LyingOracle,
        ThreatClass::TextInjection,
    ];
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threat {
    /// Such as `T-ingest-1`.
    pub id: String,
    /// The kind of abuse.
    pub class: ThreatClass,
    /// Where it enters.
    pub entry_point: String,
    /// What the attacker does.
    pub abuse: String,
    /// The outcome in strict mode, as a check states it: `value`, `error ValueError`; `red` for a mutant.
    pub strict: String,
    /// The outcome in hardened mode.
    pub hardened: String,
    /// `PACKET/CASE`, or `mutant/NAME` for abuse of the evidence itself. Empty where the row is open.
    pub cases: Vec<String>,
    /// Why no case shows it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The format's version.
    pub threats: u32,
    /// Every row.
    pub rows: Vec<Threat>,
}

/// A row, evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreatResult {
    /// The row's id.
    pub id: String,
    /// Its class.
    pub class: ThreatClass,
    /// Pass when every case ran with the row's outcomes.
    pub verdict: Verdict,
    /// What was found instead, or why it is open.
    pub reason: String,
}

impl Matrix {
    /// Reads the file: ids once, every class with a row, a row with cases or open but not both.
    pub fn parse(file: &str, text: &[u8]) -> Result<Matrix, Malformed> {
        let matrix: Matrix = typed::read_yaml(file, text)?;
        let place = Place::file(file);
        if matrix.threats != VERSION {
            return Err(place.key("threats").malformed(VERSION.to_string(), matrix.threats.to_string()));
        }
        let rows = place.key("rows");
        let mut ids = BTreeSet::new();
        for (n, row) in matrix.rows.iter().enumerate() {
            let place = rows.item(n);
            if !ids.insert(row.id.as_str()) {
                return Err(place.key("id").malformed("an id of its own", format!("{:?} again", row.id)));
            }
            if row.cases.is_empty() == row.open.is_none() {
                return Err(place.malformed("cases, or why the row is open", "neither or both"));
            }
        }
        let missing =
            ThreatClass::ALL.iter().find(|class| !matrix.rows.iter().any(|row| row.class == **class));
        match missing {
            Some(class) => Err(rows.malformed(format!("a row of class {class:?}"), "none")),
            None => Ok(matrix),
        }
    }

    /// Evaluates every row over the outcomes of what ran: `PACKET/CASE` and mode to outcome. Mutants have the key
    /// `mutant/NAME` and the outcome `red` or `survived` in both modes.
    #[must_use]
    pub fn evaluate(&self, ran: &BTreeMap<(String, Mode), String>) -> Vec<ThreatResult> {
        self.rows.iter().map(|row| row.evaluate(ran)).collect()
    }
}

impl Threat {
    fn evaluate(&self, ran: &BTreeMap<(String, Mode), String>) -> ThreatResult {
        let (mut verdict, mut reasons) = (Verdict::Pass, Vec::new());
        if let Some(open) = &self.open {
            (verdict, reasons) = (Verdict::NotEvaluated, vec![format!("open: {open}")]);
        }
        for case in &self.cases {
            for (mode, expected) in [(Mode::Strict, &self.strict), (Mode::Hardened, &self.hardened)] {
                match ran.get(&(case.clone(), mode)) {
                    None => {
                        verdict = verdict.max(Verdict::NotEvaluated);
                        reasons.push(format!("{case} did not run in {mode} mode"));
                    }
                    Some(found) if found != expected => {
                        verdict = Verdict::Fail;
                        reasons.push(format!("{case} {mode}: expected {expected}, found {found}"));
                    }
                    Some(_) => {}
                }
            }
        }
        ThreatResult { id: self.id.clone(), class: self.class, verdict, reason: reasons.join("; ") }
    }
}

#[cfg(test)]
mod tests;
