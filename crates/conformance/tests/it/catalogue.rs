//! What every packet of the catalogue has, so that none is green for want of something to fail.

use std::collections::BTreeSet;

use conformance::{Library, registry};
use evidence::case::Class;
use evidence::gate::{self, Gate};
use evidence::packet::RowCases;

/// Families with the numbers of their first packets.
const CATALOGUE: &[(&str, u32)] = &[("FP-P2C", 10), ("FT-P2C", 8), ("MB", 8), ("RL", 8), ("LU", 8)];

/// Packets of which nothing can be evaluated, and why: no release waits for them, and without a case every row is open.
const NOT_EVALUATED: &[(&str, &str)] = &[
    ("MB-008", "calling C needs unsafe code; no crate archives a log"),
    ("LU-007", "no crate builds packages"),
];

fn is_not_evaluated(id: &str) -> bool {
    NOT_EVALUATED.iter().any(|(prefix, _)| id.starts_with(prefix))
}

#[test]
fn every_packet_of_the_catalogue_has_scope_contract_classes_risks_and_gate() {
    let library = Library::embedded();
    let mut faults = Vec::new();
    for (family, count) in CATALOGUE {
        for number in 1..=*count {
            let id = format!("{family}-{number:03}");
            let loaded = match library.load(&id) {
                Ok(loaded) => loaded,
                Err(trouble) => {
                    faults.push(format!("{id}: {trouble}"));
                    continue;
                }
            };
            let packet = &loaded.packet;
            let mut expect = |holds: bool, what: &str| {
                if !holds {
                    faults.push(format!("{id}: {what}"));
                }
            };
            expect(!packet.scope.trim().is_empty(), "no scope");
            expect(!packet.anchors.is_empty(), "no anchor");
            expect(!packet.contract.is_empty(), "no contract");
            expect(packet.risks.iter().any(|risk| !risk.trim().is_empty()), "no threat note");
            let gate = loaded.gate.as_deref().map(Gate::parse);
            expect(matches!(gate, Some(Ok(_))), "no gate that can be read");
            let classes: BTreeSet<&str> = loaded.cases.iter().map(|case| case.class.name()).collect();
            if is_not_evaluated(&id) {
                expect(
                    !gate::blocks_release(loaded.gate.as_deref()),
                    "a release waits for what nobody can judge",
                );
                let is_open = packet.contract.iter().all(|row| matches!(row.cases, RowCases::Open));
                if loaded.cases.is_empty() {
                    expect(is_open, "a row that is not open, and no case");
                    continue;
                }
            }
            for class in Class::ALL {
                expect(classes.contains(class.name()), &format!("no {} case", class.name()));
            }
            let known = loaded.cases.iter().all(|case| registry::find(&case.op).is_some());
            expect(known, "a case of an operation that the registry does not have");
        }
    }
    assert_eq!(faults, [""; 0], "{faults:#?}");
}
