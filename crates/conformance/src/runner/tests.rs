use super::*;
use evidence::report::Status;

/// The recorded lane over every packet in the tree: what a release waits for passes its gate.
#[test]
fn every_release_blocking_packet_passes_in_the_recorded_lane() {
    let library = Library::embedded();
    let ids: BTreeSet<String> = library.packets().into_keys().collect();
    let allowlist = library.file(evidence::hardened::FILE).map_or_else(Allowlist::default, |text| {
        Allowlist::parse(evidence::hardened::FILE, text).expect("the allowlist")
    });
    let settings = Settings {
        lane: Lane::Recorded,
        modes: Mode::ALL.to_vec(),
        threads: vec![1, 2, 4],
        jobs: 2,
        limit: Duration::from_secs(600),
        allowlist,
        commit: String::new(),
        command: String::new(),
        environment: String::new(),
        machine: "any".into(),
        registry: &|op| crate::registry::find(op),
        blob: &|_| None,
    };
    let run = Run::of(&library, &ids, &settings, None);
    let troubles: Vec<String> = run.troubles.iter().map(|(_, trouble)| trouble.to_string()).collect();
    assert_eq!(troubles, [""; 0]);
    let red: Vec<String> = run
        .packets
        .iter()
        .filter(|packet| packet.release_blocking && packet.gate.verdict != Verdict::Pass)
        .flat_map(|packet| {
            let rules =
                packet.gate.open().map(|rule| format!("{}: {}: {}", packet.packet, rule.rule, rule.found));
            let failed =
                packet.report.checks.iter().filter(|check| check.status == Status::Fail).map(|check| {
                    let why = check.reason.clone().or_else(|| check.drift.first().map(ToString::to_string));
                    format!("{}/{}/{}: {}", packet.packet, check.case, check.mode, why.unwrap_or_default())
                });
            rules.chain(failed).collect::<Vec<_>>()
        })
        .collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
    assert!(!run.packets.is_empty());
}

#[test]
fn any_number_of_jobs_gives_equal_bytes() {
    let library = Library::embedded();
    let ids: BTreeSet<String> = library.packets().into_keys().take(4).collect();
    let bytes = |jobs| {
        let settings = Settings {
            lane: Lane::Recorded,
            modes: vec![Mode::Strict],
            threads: vec![1],
            jobs,
            limit: Duration::from_secs(600),
            allowlist: Allowlist::default(),
            commit: String::new(),
            command: String::new(),
            environment: String::new(),
            machine: "any".into(),
            registry: &|op| crate::registry::find(op),
            blob: &|_| None,
        };
        let run = Run::of(&library, &ids, &settings, None);
        run.packets.iter().flat_map(|packet| typed::file_bytes(&packet.report)).collect::<Vec<u8>>()
    };
    assert_eq!(bytes(1), bytes(3));
}
