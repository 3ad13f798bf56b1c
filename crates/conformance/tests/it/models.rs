//! The packets of the model runtime: all of them run, none is skipped.

use std::collections::BTreeSet;
use std::path::Path;

use conformance::Library;
use conformance::runner::{Run, Settings};
use evidence::gate::Verdict;
use evidence::report::Status;

/// Packets whose cases ask for a Python, or for layers of the kernel, that a machine may lack.
const NEED_A_MACHINE: &[&str] = &["RL-005", "RL-006", "RL-008"];

/// One packet while working: CONFORMANCE_PACKETS=RL-003.
#[test]
fn every_packet_runs_and_what_is_not_evaluated_says_why() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let library = Library::open(&folder).expect("the folder of cases");
    let packets: BTreeSet<String> =
        library.packets().into_keys().filter(|id| id.starts_with("RL-")).collect();
    assert_eq!(packets.len(), 8, "{packets:?}");
    let find = |op: &str| conformance::registry::find(op);
    let run =
        Run::of(&library, &packets, &Settings { jobs: 2, threads: vec![1], ..Settings::new(&find) }, None);
    let mut wrong: Vec<String> =
        run.troubles.iter().map(|(id, trouble)| format!("{id}: {trouble}")).collect();
    for packet in &run.packets {
        assert!(
            packet.report.checks.len() >= 20,
            "{} has {} checks",
            packet.packet,
            packet.report.checks.len()
        );
        for check in &packet.report.checks {
            let reason = check.reason.clone().unwrap_or_default();
            let is_right = match check.status {
                Status::Pass => true,
                Status::NotEvaluated => {
                    NEED_A_MACHINE.contains(&packet.packet.as_str())
                        && std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none()
                }
                _ => false,
            };
            let drift: Vec<String> = check
                .drift
                .iter()
                .map(|drift| {
                    format!("{}: expected {}, found {}", drift.location, drift.expected, drift.found)
                })
                .collect();
            if !is_right {
                wrong.push(format!(
                    "{} {} {}: {reason} {}",
                    packet.packet,
                    check.case,
                    check.mode,
                    drift.join("; ")
                ));
            }
        }
        let passes = packet.gate.verdict == Verdict::Pass;
        let may_lack = NEED_A_MACHINE.contains(&packet.packet.as_str());
        if !passes && !may_lack {
            wrong.push(format!("{} {:?}", packet.packet, packet.gate.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
