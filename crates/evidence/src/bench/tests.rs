use super::*;

fn side(commit: &str) -> Side {
    Side { commit: commit.into(), dirty: false, checksum: "same".into() }
}

/// Nine rounds of a millisecond with a little jitter, the candidate so many percent slower.
fn measurement(slower_percent: u64) -> Measurement {
    let jitter = [0, 3, -2, 5, 1, -4, 2, -1, 4];
    let round = |n: i64| Round {
        base_ns: (1_000_000 + n * 1_000) as u64,
        candidate_ns: (1_000_000 + n * 900) as u64 * (100 + slower_percent) / 100,
        null_ns: (1_000_000 - n * 1_000) as u64,
    };
    Measurement {
        measurement: VERSION,
        task: "sum".into(),
        base: side("a"),
        candidate: side("b"),
        bound_percent: 5,
        floor_ns: 10_000,
        rounds: jitter.map(round).into(),
    }
}

#[test]
fn a_regression_is_beyond_the_bound_and_the_floor() {
    assert_eq!(measurement(0).judge().verdict, Verdict::Pass);
    assert_eq!(measurement(4).judge().verdict, Verdict::Pass);
    assert_eq!(measurement(8).judge().verdict, Verdict::Fail);
    assert_eq!(Measurement { floor_ns: 100_000, ..measurement(8) }.judge().verdict, Verdict::Pass);
    assert_eq!(Measurement { bound_percent: 10, ..measurement(8) }.judge().verdict, Verdict::Pass);
    assert_eq!(measurement(8).judge(), measurement(8).judge());
}

#[test]
fn other_results_fail_and_too_little_is_not_evaluated() {
    let with = |change: fn(&mut Measurement)| {
        let mut measurement = measurement(8);
        change(&mut measurement);
        measurement.judge().verdict
    };
    assert_eq!(with(|m| m.candidate.checksum = "other".into()), Verdict::Fail);
    assert_eq!(with(|m| m.candidate.commit = "a".into()), Verdict::NotEvaluated);
    assert_eq!(with(|m| m.base.dirty = true), Verdict::NotEvaluated);
    assert_eq!(with(|m| m.rounds.truncate(6)), Verdict::NotEvaluated);
    assert_eq!(with(|m| m.rounds.clear()), Verdict::NotEvaluated);
    assert_eq!(with(|m| m.rounds[0].base_ns = 0), Verdict::NotEvaluated);
    assert_eq!(
        with(|m| m.rounds.iter_mut().for_each(|r| r.null_ns = r.null_ns * 107 / 100)),
        Verdict::NotEvaluated
    );
}

#[test]
fn percentiles_are_those_of_the_nearest_rank() {
    // By hand: of 1 to 100 the 50th, 95th and 99th; of one value, itself.
    assert_eq!(percentiles((1..=100).collect()), [50, 95, 99]);
    assert_eq!(percentiles(vec![7]), [7, 7, 7]);
    assert_eq!(percentiles(Vec::new()), [0, 0, 0]);
}
