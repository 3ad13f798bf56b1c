//! Engines against recorded answers, offline, in both modes and with 1, 2 and 4 threads.

use std::collections::BTreeSet;
use std::path::Path;

use conformance::Library;
use conformance::runner::{Run, Settings};
use evidence::gate::Verdict;
use evidence::hardened::{self, Allowlist};
use evidence::report::{Check, Status};

fn allowlist(library: &Library) -> Allowlist {
    match library.file(hardened::FILE) {
        Some(text) => Allowlist::parse(hardened::FILE, text).expect("the list of repairs"),
        None => Allowlist::default(),
    }
}

/// One packet or case while working: CONFORMANCE_PACKETS=FP-P2C-001.
#[test]
fn every_packet_that_a_release_waits_for_passes_its_gate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let library = Library::open(&folder).expect("the folder of cases");
    let wanted = std::env::var("CONFORMANCE_PACKETS").unwrap_or_default();
    let packets: BTreeSet<String> =
        library.packets().into_keys().filter(|packet| packet.starts_with(&wanted)).collect();
    assert!(!packets.is_empty(), "no packet");
    let find = |op: &str| conformance::registry::find(op);
    let settings = Settings { jobs: 2, allowlist: allowlist(&library), ..Settings::new(&find) };
    let run = Run::of(&library, &packets, &settings, None);
    assert!(run.troubles.is_empty(), "{:?}", run.troubles);
    let mut red = Vec::new();
    for packet in run.packets.iter().filter(|packet| packet.release_blocking) {
        assert!(!packet.report.checks.is_empty(), "{} has no checks", packet.packet);
        if packet.gate.verdict == Verdict::Pass {
            continue;
        }
        red.push(format!("{} {:?}", packet.packet, packet.gate.verdict));
        red.extend(
            packet
                .gate
                .rules
                .iter()
                .filter(|rule| rule.pass != Verdict::Pass)
                .map(|rule| format!("  {rule:?}")),
        );
        // A drift may be too small to fail its check and still be counted by the gate.
        let bad = |check: &&Check| {
            matches!(check.status, Status::Fail | Status::NotEvaluated) || !check.drift.is_empty()
        };
        for check in packet.report.checks.iter().filter(bad) {
            let drift = check.drift.first().map(|drift| {
                format!("{}: expected {}, found {}", drift.location, drift.expected, drift.found)
            });
            let reason = check.reason.clone().or(drift).unwrap_or_default();
            red.push(format!("  {} {}: {reason}", check.case, check.mode));
        }
    }
    assert!(red.is_empty(), "{}", red.join("\n"));
}
