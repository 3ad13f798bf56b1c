//! Every scenario in random orders of events: without errors the score is whole, with errors the answer is the plain
//! reduction of the same labels.

use rlm::Status;
use scenarios::generate::{self, hops, needle, paired, says};
use scenarios::{Random, Scenario, StandIn};

fn answered(scenario: &Scenario, seed: u64) -> scenarios::Score {
    let mut order = Random(seed);
    let mut world = scenario.world(StandIn::default());
    let finished = world.run_by(|choices| order.below(choices as u64) as usize);
    assert_eq!(finished.closing.status, Status::Submitted, "{}: {:?}", scenario.name, finished.closing);
    scenario.score(&finished)
}

#[test]
fn without_errors_the_score_is_whole() {
    for seed in 1..4 {
        for scenario in generate::small(seed, 0) {
            assert_eq!(scenario.truth, scenario.reduced, "{}", scenario.name);
            let score = answered(&scenario, seed);
            assert!(
                score.is_exact && score.right == score.of && score.of > 0,
                "{}: {score:?}",
                scenario.name
            );
        }
    }
}

#[test]
fn with_errors_the_answer_is_the_reduction_of_the_same_labels() {
    let mut wrong = std::collections::BTreeMap::<String, u64>::new();
    for seed in 1..6 {
        for scenario in generate::small(seed, 30) {
            let score = answered(&scenario, seed);
            assert!(score.is_exact, "{}: {score:?}", scenario.name);
            *wrong.entry(scenario.name).or_default() += u64::from(score.right < score.of);
        }
    }
    // No model reads the needle's text; everybody else erred at least once.
    assert!(wrong.iter().all(|(name, wrong)| (*wrong > 0) != name.starts_with("needle")), "{wrong:?}");
}

#[test]
fn sizes_are_parameters() {
    for words in [1, 2, 1 << 8, 1 << 16] {
        let score = answered(&needle(5, words), 5);
        assert!(score.is_exact, "{words} words");
    }
    for (documents, links) in [(1, 1), (3, 3), (1_000, 7)] {
        let score = answered(&hops(5, documents, links, 0), 5);
        assert!(score.is_exact && score.right == 1, "{documents} documents, {links} links");
    }
}

/// By hand: 7 mod 3 is 1, `bird`; ids 1 and 3 of three lines are birds.
#[test]
fn the_reductions_are_those_of_the_hand() {
    assert_eq!(says("id0 2024-01-11 remark 7", 0), "bird");
    assert_ne!(says("id0 2024-01-11 remark 7", 100), "bird");
    let own = ["a x", "b y", "c z"].map(str::to_string);
    let labels = ["bird", "storm", "bird"].map(str::to_string);
    assert_eq!(paired(&own, &labels, "bird"), ["a-c"]);
}

/// An orchestrator that loses an item is found: the check has teeth.
#[test]
fn an_answer_that_lost_an_item_is_not_exact() {
    for scenario in generate::small(2, 20) {
        let mut finished = scenario.world(StandIn::default()).run();
        let Some(answer) = finished.closing.outputs.get_mut("answer") else { panic!("no answer") };
        match answer {
            serde_json::Value::Array(items) => drop(items.pop()),
            serde_json::Value::Object(counts) => {
                for count in counts.values_mut().take(1) {
                    *count = (count.as_u64().unwrap() - 1).into();
                }
            }
            other => *other = serde_json::json!(other.as_i64().unwrap() + 1),
        }
        assert!(!scenario.score(&finished).is_exact, "{}", scenario.name);
    }
}
