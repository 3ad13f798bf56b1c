//! The fuzz targets' checks over seeds and what small damage makes of them.

#[path = "../../../../fuzz/bodies/evidence.rs"]
mod bodies;
mod packet;
mod seeds;
mod tree;

use evidence::gate::Gate;
use evidence::ledger::{Entry, Ledger};
use proptest::prelude::*;

/// One act of damage to a text.
#[derive(Clone, Debug)]
enum Damage {
    /// A byte becomes another.
    Byte(usize, u8),
    /// A run is left out.
    Cut(usize, usize),
    /// A run stands twice.
    Twice(usize, usize),
    /// A token of the formats is written over what stands there.
    Token(usize, &'static str),
}

const TOKENS: [&str; 22] = [
    "null",
    "true",
    "-0.0",
    "1e400",
    "9007199254740993",
    "-1",
    "\"NaN\"",
    "\"-0.0\"",
    "{\"$\":\"NA\"}",
    "[]",
    "{}",
    "[[[[",
    "\"kind\":",
    "\"dtype\":\"category\"",
    "\"values\":",
    "\"storage\":\"s\"",
    "\\u0000",
    "\\ud800",
    "18446744073709551616",
    "- ",
    "&a *a",
    "!!float ",
];

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..4096usize;
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (at.clone(), 1..40usize).prop_map(|(at, length)| Damage::Cut(at, length)),
        (at.clone(), 1..40usize).prop_map(|(at, length)| Damage::Twice(at, length)),
        (at, prop::sample::select(&TOKENS[..])).prop_map(|(at, token)| Damage::Token(at, token)),
    ]
}

fn damaged(seed: &str, damages: &[Damage]) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let run = |at: usize, size: usize| at % length..(at % length + size).min(length);
        match *damage {
            Damage::Byte(at, byte) => bytes[at % length] = byte,
            Damage::Cut(at, size) => drop(bytes.drain(run(at, size))),
            Damage::Twice(at, size) => {
                let copy = bytes[run(at, size)].to_vec();
                let end = run(at, size).end;
                bytes.splice(end..end, copy);
            }
            Damage::Token(at, token) => drop(bytes.splice(run(at, token.len()), token.bytes())),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_hold(seed in prop::sample::select(seeds::VALUES), damages in prop::collection::vec(damage(), 0..3)) {
        let text = damaged(seed, &damages);
        bodies::json(&text);
        bodies::value(&text);
    }

    #[test]
    fn cases_hold(seed in prop::sample::select(seeds::CASES), damages in prop::collection::vec(damage(), 0..3)) {
        bodies::case(&damaged(seed, &damages));
    }

    #[test]
    fn packets_hold(seed in prop::sample::select(seeds::PACKETS), damages in prop::collection::vec(damage(), 0..3)) {
        bodies::packet(&damaged(seed, &damages));
    }

    #[test]
    fn gates_hold(damages in prop::collection::vec(damage(), 0..3)) {
        bodies::gate(&damaged(seeds::GATE, &damages));
    }

    #[test]
    fn ledgers_hold(damages in prop::collection::vec(damage(), 0..3)) {
        bodies::ledger(&damaged(&ledger(), &damages));
    }

    #[test]
    fn the_tree_s_packets_hold(
        seed in (0..tree::SEEDS.len()).prop_map(|place| &tree::SEEDS[place]),
        file in any::<prop::sample::Index>(), damages in prop::collection::vec(damage(), 0..3)
    ) {
        bodies::packet(&damaged(&seed.packet, &damages));
        bodies::gate(&damaged(&seed.gate, &damages));
        if !seed.cases.is_empty() {
            bodies::case(&damaged(&seed.cases[file.index(seed.cases.len())], &damages));
        }
    }

    #[test]
    fn the_plane_s_own_files_hold(
        seed in prop::sample::select(seeds::FILES), damages in prop::collection::vec(damage(), 0..3)
    ) {
        bodies::files(&damaged(seed, &damages));
    }
}

/// Two rows, sealed by the crate itself: nobody writes hashes by hand.
fn ledger() -> String {
    let mut ledger = Ledger::default();
    let entry = |packet: &str| Entry { packet: packet.into(), ..Entry::default() };
    ["A", "B"].map(|packet| ledger.append(entry(packet), None)).concat()
}

#[test]
fn every_seed_is_read() {
    for seed in seeds::VALUES {
        assert!(evidence::value::Value::parse("seed", seed.as_bytes()).is_ok(), "{seed}");
    }
    for seed in seeds::CASES {
        let read = evidence::case::CaseFile::parse("seed", seed.as_bytes());
        assert!(read.is_ok(), "{}", read.unwrap_err());
    }
    for seed in seeds::PACKETS {
        let read = evidence::packet::Packet::parse("seed", seed.as_bytes());
        assert!(read.is_ok(), "{}", read.unwrap_err());
    }
    assert!(Gate::parse(seeds::GATE.as_bytes()).is_ok());
    let (rows, faults) = Ledger::parse(&ledger());
    assert_eq!((rows.rows().len(), faults.len()), (2, 0));
    let [lock, allowlist, threats, log] = seeds::FILES else { panic!("{}", seeds::FILES.len()) };
    assert!(evidence::lock::Lock::parse(lock.as_bytes()).is_ok());
    assert!(evidence::hardened::Allowlist::parse("seed", allowlist.as_bytes()).is_ok());
    assert!(evidence::threats::Matrix::parse("seed", threats.as_bytes()).is_ok());
    assert_eq!(evidence::log::parse(log).map(|rows| rows.len()), Ok(1));
}
