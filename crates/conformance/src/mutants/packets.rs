//! Faults of packets and gates.

use evidence::gate::{GateResult, Subject, Verdict};
use evidence::report::{Check, Report};
use serde_json::json;

use super::Mutant;
use super::toy::{PACKET, Toy};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant { name: "packet.no-cases", plant: || planted(|toy| toy.cases.clear()) },
    Mutant {
        name: "packet.case-gone",
        plant: || reported(|checks| checks.retain(|check| check.case != "objects")),
    },
    Mutant {
        name: "packet.case-extra",
        plant: || {
            reported(|checks| {
                let extra = checks.first().map(|check| Check { case: "zz".into(), ..check.clone() });
                checks.extend(extra);
            })
        },
    },
    Mutant {
        name: "packet.orphan-case",
        plant: || {
            planted(|toy| {
                let mut orphan = toy.case("objects").clone();
                orphan["id"] = json!("orphan");
                toy.cases.push(orphan);
            })
        },
    },
    Mutant {
        name: "packet.doubled-case",
        plant: || {
            planted(|toy| {
                let twin = toy.case("objects").clone();
                toy.cases.push(twin);
            })
        },
    },
    Mutant {
        name: "packet.unknown-parameter",
        plant: || planted(|toy| toy.case("series")["params"] = json!({"axis": 0})),
    },
    Mutant {
        name: "packet.unknown-operation",
        plant: || planted(|toy| toy.case("series")["op"] = json!("toy.ecko")),
    },
    Mutant {
        name: "packet.api-name-without-a-row",
        plant: || {
            planted(|toy| toy.packet = toy.packet.replace("toy.mend(text)", "toy.mend(text), toy.other"))
        },
    },
    Mutant {
        name: "packet.api-parameter-without-a-row",
        plant: || planted(|toy| toy.packet = toy.packet.replace("toy.mend(text)", "'toy.mend(text, axis)'")),
    },
    Mutant {
        name: "packet.row-without-an-api-name",
        plant: || planted(|toy| toy.packet = toy.packet.replace(", toy.mend(text)", "")),
    },
    Mutant { name: "gate.deleted", plant: || planted(|toy| toy.gate = None) },
    Mutant { name: "gate.misspelt", plant: || gate("cases_min", "case_min") },
    Mutant { name: "gate.doubled-key", plant: || gate("gate: 1\n", "gate: 1\ngate: 1\n") },
    Mutant { name: "gate.foreign", plant: || gate(PACKET, "MU-002") },
    Mutant { name: "gate.cases-one-short", plant: || gate("cases_min: 7", "cases_min: 8") },
    Mutant { name: "gate.class-one-short", plant: || gate("edge: 3", "edge: 4") },
    Mutant { name: "gate.source-one-short", plant: || gate("oracle_min: 5", "oracle_min: 6") },
    Mutant { name: "gate.percent-exceeded", plant: || gate("15.00", "14.28") },
    Mutant { name: "gate.category-not-allowed", plant: || gate("[toy.mark]", "[]") },
    Mutant {
        name: "gate.budget-exceeded-by-one",
        plant: || {
            // One failure is within a budget of one; the second is beyond it.
            let failing = |cases: &[&str]| {
                let mut toy = Toy::new();
                toy.gate = toy.gate.map(|gate| gate.replace("failed_max: 0", "failed_max: 1"));
                for case in cases {
                    toy.case(case)["expect"] = json!({"value": {"kind": "text", "value": "other"}});
                }
                toy.red()
            };
            match failing(&["objects"]) {
                Some(_) => None,
                None => failing(&["objects", "tensor"]),
            }
        },
    },
    Mutant { name: "gate.lane-not-named", plant: || gate("lanes: [recorded, live]", "lanes: [live]") },
    Mutant { name: "gate.threads-not-run", plant: || gate("threads: [1, 2, 4]", "threads: [1, 2, 4, 8]") },
];

pub(super) fn planted(change: impl Fn(&mut Toy)) -> Option<String> {
    let mut toy = Toy::new();
    change(&mut toy);
    toy.red()
}

fn gate(from: &str, to: &str) -> Option<String> {
    planted(|toy| toy.gate = toy.gate.take().map(|gate| gate.replace(from, to)))
}

/// Changes the checks of a report before its gate judges it.
fn reported(change: impl Fn(&mut Vec<Check>)) -> Option<String> {
    let mut toy = Toy::new();
    let run = toy.run();
    let packet = run.packets.first()?;
    let mut checks = packet.report.checks.clone();
    change(&mut checks);
    let report = Report::new(PACKET, "mutants", packet.report.lane, checks);
    let cases = toy.cases.iter().filter_map(|case| case["id"].as_str().map(str::to_string)).collect();
    let gate = toy.gate.as_deref().map(str::as_bytes);
    let subject =
        Subject { packet: PACKET, suite: "mutants", cases: &cases, report: &report, threads: &[1, 2, 4] };
    let result = GateResult::of(gate, &subject, "digest");
    let by_cases = result.open().find(|rule| rule.rule == "cases")?;
    (result.verdict == Verdict::Fail).then(|| format!("gate cases: {}", by_cases.found))
}
