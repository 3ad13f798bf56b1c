//! Faults of a measurement.

use evidence::bench::{Measurement, Round, Side, VERSION};
use evidence::gate::Verdict;

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant { name: "bench.wrong-checksum", plant: || planted(|m| m.candidate.checksum = "other".into()) },
    Mutant {
        name: "bench.noise",
        plant: || planted(|m| m.rounds.iter_mut().for_each(|round| round.null_ns += round.null_ns / 10)),
    },
    Mutant {
        name: "bench.same-commit-twice",
        plant: || planted(|m| m.candidate.commit.clone_from(&m.base.commit)),
    },
    Mutant { name: "bench.dirty-tree", plant: || planted(|m| m.candidate.dirty = true) },
    Mutant { name: "bench.too-few-rounds", plant: || planted(|m| m.rounds.truncate(6)) },
    Mutant {
        name: "bench.slower-than-the-bound",
        plant: || {
            planted(|m| m.rounds.iter_mut().for_each(|round| round.candidate_ns += round.candidate_ns / 10))
        },
    },
];

fn planted(change: impl Fn(&mut Measurement)) -> Option<String> {
    let side = |commit: &str| Side { commit: commit.into(), dirty: false, checksum: "same".into() };
    let round = |n: u64| Round {
        base_ns: 1_000_000 + n * 700,
        candidate_ns: 1_001_000 + n * 500,
        null_ns: 1_000_500 + n * 600,
    };
    let mut measurement = Measurement {
        measurement: VERSION,
        task: "toy".into(),
        base: side("a"),
        candidate: side("b"),
        bound_percent: 5,
        floor_ns: 1_000,
        rounds: (0..9).map(round).collect(),
    };
    change(&mut measurement);
    let judgement = measurement.judge();
    (judgement.verdict != Verdict::Pass).then_some(judgement.reason)
}

/// An unharmed measurement passes.
pub(super) fn ground() -> Option<String> {
    planted(|_| {})
}
