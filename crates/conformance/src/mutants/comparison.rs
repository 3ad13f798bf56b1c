//! Faults of a value: each in a copy of the expectation, so that the engine's right answer must be refused.

use serde_json::json;

use super::Mutant;
use super::packets::planted;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "comparison.wrong-dtype",
        plant: || planted(|toy| toy.expect("series", "/expect/value/values/dtype", json!("Float64"))),
    },
    Mutant {
        name: "comparison.wrong-name",
        plant: || planted(|toy| toy.expect("series", "/expect/value/name", json!("m"))),
    },
    Mutant {
        name: "comparison.wrong-freq",
        plant: || planted(|toy| toy.expect("series", "/expect/value/index/freq", json!("h"))),
    },
    Mutant {
        name: "comparison.wrong-order",
        plant: || planted(|toy| toy.expect("series", "/expect/value/values/values", json!([null, 1.5]))),
    },
    Mutant {
        name: "comparison.missing-kind",
        plant: || planted(|toy| toy.expect("objects", "/expect/value/values/0", json!({"$": "NA"}))),
    },
    Mutant {
        name: "comparison.stride",
        plant: || planted(|toy| toy.expect("tensor", "/expect/value/strides", json!([1, 2]))),
    },
    Mutant {
        name: "comparison.requires-grad",
        plant: || planted(|toy| toy.expect("tensor", "/expect/value/requires_grad", json!(false))),
    },
    Mutant {
        name: "comparison.gradient",
        plant: || {
            let place = "/expect/value/entries/0/1/items/0/values/1";
            planted(|toy| toy.expect("gradients", place, json!(0.26)))
        },
    },
    Mutant {
        name: "comparison.error-class",
        plant: || planted(|toy| toy.expect("error", "/expect/error/class", json!("TypeError"))),
    },
    Mutant {
        name: "comparison.error-words",
        plant: || planted(|toy| toy.expect("error", "/expect/error/message", json!("other words"))),
    },
    Mutant {
        name: "comparison.warning",
        plant: || {
            let warning = json!([{"class": "UserWarning", "message": "planted"}]);
            planted(|toy| toy.case("series")["expect"]["warnings"] = warning.clone())
        },
    },
    Mutant {
        name: "comparison.past-tolerance",
        plant: || {
            // Within one part in 10⁹ the toy's rule lets bits differ; just past it the gate counts a minor drift.
            let at = |value: f64| {
                planted(|toy| toy.expect("series", "/expect/value/values/values/0", json!(value)))
            };
            match at(1.5 * (1.0 + 0.9e-9)) {
                Some(_) => None,
                None => at(1.5 * (1.0 + 1.1e-9)),
            }
        },
    },
];
