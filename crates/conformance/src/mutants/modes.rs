//! Faults of hardened mode.

use evidence::report::Mode;
use evidence::value::Value;
use serde_json::json;

use super::Mutant;
use super::packets::planted;
use super::toy::{BOUND, Toy, mend_within};
use crate::call::Failure;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "modes.silent-repair",
        plant: || planted(|toy| toy.mend = |call| mend_within(call, BOUND, None)),
    },
    Mutant {
        name: "modes.unlisted-category",
        plant: || planted(|toy| toy.mend = |call| mend_within(call, BOUND, Some("toy.other"))),
    },
    Mutant {
        name: "modes.bound-exceeded",
        plant: || planted(|toy| toy.mend = |call| mend_within(call, BOUND + 1, Some("toy.mark"))),
    },
    Mutant {
        name: "modes.bound-lowered",
        plant: || planted(|toy| toy.allowlist.repairs[0].bound = BOUND - 1),
    },
    Mutant {
        name: "modes.pair-equal",
        plant: || planted(|toy| toy.allowlist.repairs[0].differs = "marks-beyond".into()),
    },
    Mutant {
        name: "modes.never-exercised",
        plant: || planted(|toy| toy.allowlist.repairs[0].differs = "no-such-case".into()),
    },
    Mutant {
        name: "modes.repair-in-strict",
        plant: || {
            planted(|toy| {
                toy.echo = |call| {
                    if call.mode() == Mode::Strict {
                        call.repaired("toy.mark", 1);
                    }
                    super::toy::echo(call)
                };
            })
        },
    },
    Mutant { name: "modes.engine-panics", plant: || planted(|toy| toy.echo = |_| panic!("planted")) },
    Mutant {
        name: "modes.feature-missing",
        plant: || planted(|toy| toy.echo = |_| Err(Failure::unsupported("planted"))),
    },
    Mutant {
        name: "modes.retired-with-an-empty-reason",
        plant: || planted(|toy| toy.case("series")["retired"] = json!({"reason": "", "since": "1"})),
    },
    Mutant {
        name: "modes.flaky",
        plant: || {
            planted(|toy| {
                use std::sync::atomic::{AtomicU64, Ordering};
                static CALLS: AtomicU64 = AtomicU64::new(0);
                toy.echo = |_| Ok(Value::Text(CALLS.fetch_add(1, Ordering::Relaxed).to_string()));
            })
        },
    },
];

/// The unharmed pair proves its entry.
pub(super) fn ground() -> Option<String> {
    Toy::new().red()
}
