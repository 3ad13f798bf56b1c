//! The allowlist of repairs, `cases/hardened.yaml`, and its enforcement.
//!
//! Hardened mode may differ from strict only as an entry says: in its category, within its bound, logged. An entry is
//! proved by a pair of cases: one whose strict and hardened results differ, and one with a repair more than the bound,
//! which gives the strict error in both modes.

use crate::place::{Malformed, Place};
use crate::report::{Check, Mode, Repair, Status};
use crate::typed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format this crate reads.
pub const VERSION: u32 = 1;

/// The file's name in `cases/`.
pub const FILE: &str = "hardened.yaml";

/// One listed repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Such as `ingest.short_row`.
    pub category: String,
    /// The packet whose cases prove the entry.
    pub packet: String,
    /// What is repaired, for a reader.
    pub repairs: String,
    /// The most repairs one call may make.
    pub bound: u64,
    /// A case whose strict and hardened results differ.
    pub differs: String,
    /// A case with one repair more than the bound: strict's error in both modes.
    pub beyond: String,
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowlist {
    /// The format's version.
    pub hardened: u32,
    /// Sorted by category.
    pub repairs: Vec<Allowance>,
}

impl Allowlist {
    /// Reads the file; a category may stand in it once.
    pub fn parse(file: &str, text: &[u8]) -> Result<Allowlist, Malformed> {
        let list: Allowlist = typed::read_yaml(file, text)?;
        let place = Place::file(file);
        if list.hardened != VERSION {
            return Err(place.key("hardened").malformed(VERSION.to_string(), list.hardened.to_string()));
        }
        for (n, pair) in list.repairs.windows(2).enumerate() {
            if let [a, b] = pair
                && a.category >= b.category
            {
                let place = place.key("repairs");
                return Err(place
                    .item(n + 1)
                    .key("category")
                    .malformed(format!("a category after {:?}", a.category), format!("{:?}", b.category)));
            }
        }
        Ok(list)
    }

    /// The entry of a category.
    #[must_use]
    pub fn get(&self, category: &str) -> Option<&Allowance> {
        self.repairs.iter().find(|entry| entry.category == category)
    }

    /// Why a check's logged repairs are not allowed, if they are not. `categories` is what the case lists.
    #[must_use]
    pub fn refusal(&self, logged: &[Repair], categories: &[String]) -> Option<String> {
        for repair in logged {
            let Repair { category, count } = repair;
            if !categories.contains(category) {
                return Some(format!(
                    "an unlisted repair: {category} × {count} is not in the case's categories"
                ));
            }
            match self.get(category) {
                None => return Some(format!("an unlisted repair: {category} is not in {FILE}")),
                Some(entry) if *count > entry.bound => {
                    return Some(format!("{category} made {count} repairs, the bound is {}", entry.bound));
                }
                Some(_) => {}
            }
        }
        let logged: BTreeSet<&str> = logged.iter().map(|repair| repair.category.as_str()).collect();
        let silent = categories.iter().find(|category| !logged.contains(category.as_str()))?;
        Some(format!("a silent repair: the case lists {silent}, the engine's log does not"))
    }

    /// Which entries of the packets that ran are not proved by their pair of cases.
    #[must_use]
    pub fn unproved(&self, ran: &BTreeMap<&str, Vec<Exercise<'_>>>) -> Vec<String> {
        let mut faults = Vec::new();
        for entry in &self.repairs {
            let Some(checks) = ran.get(entry.packet.as_str()) else { continue };
            let category = &entry.category;
            match pair(checks, &entry.differs) {
                None => faults.push(format!("{category}: case {} did not run in both modes", entry.differs)),
                Some((strict, hardened)) => {
                    if strict.result == hardened.result {
                        faults.push(format!(
                            "{category}: strict and hardened results of {} are equal",
                            entry.differs
                        ));
                    }
                    if hardened.check.status != Status::Allowed
                        || !hardened.check.repairs.iter().any(|repair| repair.category == *category)
                    {
                        faults.push(format!("{category}: {} does not exercise it", entry.differs));
                    }
                }
            }
            match pair(checks, &entry.beyond) {
                None => faults.push(format!("{category}: case {} did not run in both modes", entry.beyond)),
                Some((strict, hardened)) => {
                    let refused = strict.check.outcome.starts_with("error ");
                    if !refused || strict.result != hardened.result {
                        faults.push(format!(
                            "{category}: {} is beyond the bound, and hardened does not give strict's error",
                            entry.beyond
                        ));
                    }
                }
            }
        }
        faults
    }
}

/// A check and the digest of what the engine gave.
#[derive(Clone, Copy, Debug)]
pub struct Exercise<'a> {
    /// The check.
    pub check: &'a Check,
    /// Digest of the value or error.
    pub result: &'a str,
}

fn pair<'a>(checks: &'a [Exercise<'a>], case: &str) -> Option<(&'a Exercise<'a>, &'a Exercise<'a>)> {
    let of = |mode| checks.iter().find(|exercise| exercise.check.case == case && exercise.check.mode == mode);
    of(Mode::Strict).zip(of(Mode::Hardened))
}

#[cfg(test)]
mod tests;
