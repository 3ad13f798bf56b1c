//! The interop envelope: fixtures by hand, and envelopes of a real run.

use std::path::{Path, PathBuf};

use recorder::ErrorKind;
use recorder::history::History;
use recorder::interop::{Bucket, Envelope, Kind, provenance, trajectory, verification};
use serde_json::Value;
use store::Durability;
use testkit::disk::FaultyDisk;

use crate::scene::{Scene, complete, program, start, verify};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/models/interop")
}

fn fixture(name: &str) -> Value {
    let bytes = std::fs::read(fixtures().join(name)).expect("the fixture is there");
    serde_json::from_slice(&bytes).expect("the fixture is JSON")
}

fn parse(json: &Value) -> recorder::Result<Envelope> {
    Envelope::parse(json.to_string().as_bytes())
}

#[test]
fn every_kind_and_a_later_minor_come_back_as_they_were() {
    let names = ["trajectory.json", "verification.json", "provenance.json", "later-minor.json"];
    let kinds = [Kind::Trajectory, Kind::Verification, Kind::Provenance, Kind::Provenance];
    for (name, kind) in names.into_iter().zip(kinds) {
        let json = fixture(name);
        let envelope = parse(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(envelope.kind, kind, "{name}");
        // With the members and fields that nobody here knows, and its own version.
        assert_eq!(envelope.json(), json, "{name}");
    }
}

#[test]
fn another_form_is_refused_and_the_member_is_named() {
    let cases = fixture("refused.json");
    let cases = cases.as_array().expect("a list");
    assert!(cases.len() > 15, "only {} cases", cases.len());
    for case in cases {
        let wrong = case["wrong"].as_str().expect("a text");
        let error = parse(&case["envelope"]).expect_err(wrong);
        assert!(error.message().contains(wrong), "{wrong}: {error}");
        let is_newer = case["envelope"]["schema_version"] == "2.0";
        assert_eq!(error.kind(), if is_newer { ErrorKind::Storage } else { ErrorKind::Damaged }, "{wrong}");
    }
    for bytes in [&b""[..], b"{", b"[]", b"null", b"\xff", b"{\"schema\":\"lumen.interop\"}"] {
        assert!(Envelope::parse(bytes).is_err(), "{bytes:?}");
    }
}

/// The bounds are the form's page.
#[test]
fn a_bucket_holds_its_lower_bound() {
    let of = |confidence: f64| Bucket::of(confidence).map(Bucket::name);
    let below = |bound: f64| of(f64::from_bits(bound.to_bits() - 1));
    assert_eq!((of(0.0), below(0.25)), (Some("low"), Some("low")));
    assert_eq!((of(0.25), below(0.50)), (Some("medium"), Some("medium")));
    assert_eq!((of(0.50), below(0.85)), (Some("high"), Some("high")));
    assert_eq!((of(0.85), of(1.0)), (Some("very_high"), Some("very_high")));
    for odd in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(of(odd), None, "{odd}");
    }
    let buckets: Vec<_> = (0..=1000).filter_map(|n| Bucket::of(f64::from(n) / 1000.0)).collect();
    assert!(buckets.len() == 1001 && buckets.is_sorted(), "more confidence is never a lower bucket");
}

fn run() -> (FaultyDisk, History) {
    let disk = FaultyDisk::new();
    start(&program(), &mut Scene::new(&disk), Durability::Durable).expect("nothing fails");
    let history = complete(&disk).expect("the run is whole");
    (disk, history)
}

/// The document's numbers, results and inputs are in `scene.rs`; the file's digest is `sha256sum`'s of its text.
#[test]
fn a_run_tells_where_its_values_come_from() {
    let (_, history) = run();
    let told = provenance(&history).expect("there are values");
    for envelope in &told {
        assert_eq!(parse(&envelope.json()).expect("what is written is read"), *envelope);
    }
    let of = |id: &str| {
        let found = told.iter().find(|envelope| envelope.body["value_id"] == id);
        found.unwrap_or_else(|| panic!("nothing tells of {id}")).json()
    };
    let size = of("n2");
    assert_eq!(size["body"]["source"], "a.lm.md:32");
    let inputs = size["body"]["input_hashes"].as_array().expect("a list");
    assert_eq!(inputs, &["sha256:9386afb1dfe886741a314254d7b8251c41b97d757468bd0cd21d3c29132cdf57"]);
    assert_eq!(size["body"]["byte_ranges"][0]["input"], "d.txt");
    // 150 times a sentence of 38 bytes.
    assert_eq!(size["body"]["byte_ranges"][0]["end"], 150 * 38);
    assert_eq!(size["body"]["confidence"], 1.0);
    // It follows from one effect: the text that was read.
    assert_eq!(size["body"]["call_ids"].as_array().map(Vec::len), Some(1));
    assert_eq!(of("size")["body"]["source"], "a.lm.md#steps");
    assert_eq!(size["run"], history.start.run);
    let again: Vec<Value> = provenance(&run().1).expect("values").iter().map(Envelope::json).collect();
    let first: Vec<Value> = told.iter().map(Envelope::json).collect();
    assert_eq!(first, again, "the same run tells the same");
}

#[test]
fn a_verification_counts_what_holds_and_an_empty_trajectory_is_an_error() {
    let (disk, history) = run();
    let verdict = verify(&disk).expect("the log is whole");
    let told = verification(&history, &verdict, 3).expect("something was verified").json();
    assert_eq!((&told["body"]["bucket"], &told["body"]["confidence"]), (&"very_high".into(), &1.0.into()));
    let claims = told["body"]["claims"].as_array().expect("a list");
    let statements: Vec<&str> = claims.iter().filter_map(|claim| claim["statement"].as_str()).collect();
    assert!(statements.contains(&"the result `total` comes out as it was recorded"), "{statements:?}");
    assert!(statements.contains(&"the number n1 comes out as it was recorded"), "{statements:?}");
    // Half of four claims hold: 0.5, the first of `high`; nobody looked into the last.
    let mut half = verdict.clone();
    half.claims.truncate(4);
    half.claims[2].truth = recorder::verify::Truth::Fails;
    half.claims[3].truth = recorder::verify::Truth::NotEvaluated;
    let told = verification(&history, &half, 3).expect("three were evaluated").json();
    assert_eq!((&told["body"]["bucket"], &told["body"]["confidence"]), (&"high".into(), &0.5.into()));
    half.claims.clear();
    assert!(verification(&history, &half, 3).is_err(), "nothing was verified");
    let none = trajectory(&history).expect_err("there are no model calls");
    assert!(none.message().contains("no model calls"), "{none}");
}
