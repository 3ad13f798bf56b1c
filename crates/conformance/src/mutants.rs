//! Planted mutants: each guard of the plane against the very fault it is there for.
//!
//! A mutant plants one fault in copied evidence or a wrapped executor and asks whether its own rule turns red. One that
//! survives is a guard that does not guard. Before any of them, the unharmed ground of each guard must be green, or
//! every mutant would be red for another reason.

mod benches;
mod comparison;
mod determinism;
mod models;
mod modes;
mod oracles;
mod packets;
mod records;
mod sidecars;
mod toy;

use evidence::json::Json;
use serde::Serialize;
use serde_json::json;

/// One planted fault.
pub(crate) struct Mutant {
    /// Such as `comparison.wrong-dtype`.
    pub name: &'static str,
    /// Plants it. What turned red, or none if it survived.
    pub plant: fn() -> Option<String>,
}

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// `guard.fault`.
    pub name: String,
    /// `red`, or `survived`.
    pub outcome: String,
    /// What turned red.
    pub by: String,
}

/// Every mutant with what came of it, and the grounds that are not green by themselves.
pub struct Harvest {
    pub mutants: Vec<Planted>,
    /// Guards whose unharmed ground is red: name and reason.
    pub grounds: Vec<(String, String)>,
}

impl Harvest {
    /// Plants every mutant.
    #[must_use]
    pub fn gather() -> Harvest {
        let grounds = [
            ("packet", toy::Toy::new().red()),
            ("modes", modes::ground()),
            ("oracle", oracles::ground()),
            ("records", records::ground()),
            ("sidecar", sidecars::ground()),
            ("bench", benches::ground()),
            ("models", models::ground()),
        ];
        let grounds = grounds.into_iter().filter_map(|(name, red)| Some((name.to_string(), red?))).collect();
        let families = [
            packets::MUTANTS,
            comparison::MUTANTS,
            modes::MUTANTS,
            oracles::MUTANTS,
            determinism::MUTANTS,
            records::MUTANTS,
            sidecars::MUTANTS,
            benches::MUTANTS,
            models::MUTANTS,
        ];
        let planted = |mutant: &Mutant| {
            let by = (mutant.plant)();
            let outcome = if by.is_some() { "red" } else { "survived" };
            Planted {
                name: mutant.name.into(),
                outcome: outcome.into(),
                by: evidence::place::escape(&by.unwrap_or_default()),
            }
        };
        Harvest { mutants: families.into_iter().flatten().map(planted).collect(), grounds }
    }

    /// The mutants that no rule noticed.
    pub fn survivors(&self) -> impl Iterator<Item = &Planted> {
        self.mutants.iter().filter(|planted| planted.outcome != "red")
    }

    /// Whether every mutant is red and every ground green.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.survivors().next().is_none() && self.grounds.is_empty() && !self.mutants.is_empty()
    }

    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.evidence.mutants", "schema_version": 1, "mutants": self.mutants,
            "survivors": self.survivors().map(|planted| &planted.name).collect::<Vec<_>>(), "grounds": self.grounds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_is_red_on_green_ground() {
        let harvest = Harvest::gather();
        assert_eq!(harvest.grounds, []);
        let survivors: Vec<&str> = harvest.survivors().map(|planted| planted.name.as_str()).collect();
        assert_eq!(survivors, [""; 0]);
    }
}
