//! A hundred repetitions in a hundred orders of events: one outcome.

use rlm::{Digest, fold};
use scenarios::faults::{Kind, Schedule};
use scenarios::hostile::{HOSTILE, Hostile};
use scenarios::{Random, StandIn, World, code, fails, over, reply};
use serde_json::json;
use std::collections::BTreeSet;

const REPETITIONS: u64 = 100;

/// The hash of all that a run came to: its end, its ledger by role, what it did.
fn outcome(world: &mut World, seed: u64) -> Digest {
    let mut order = Random(seed);
    let finished = world.run_by(|choices| order.below(choices as u64) as usize);
    let mut done: Vec<String> =
        world.journal.iter().map(|record| format!("{} {:?}", record.id, record.body.kind())).collect();
    done.sort();
    Digest::of_json(&json!([
        finished.closing,
        finished.spent,
        format!("{:?}", fold::ledger(&world.journal)),
        format!("{:?}", fold::metrics(&world.journal)),
        done,
    ]))
}

fn one_outcome(name: &str, start: impl Fn() -> World) {
    let outcomes: BTreeSet<Digest> = (0..REPETITIONS).map(|seed| outcome(&mut start(), seed)).collect();
    assert_eq!(outcomes.len(), 1, "{name}");
}

#[test]
fn a_mixed_batch_has_one_outcome() {
    one_outcome("mixed batch", || {
        let (task, inputs) = over("a\nb\nc\nd\ne\nf", json!({"type": "array", "items": {"type": "object"}}));
        let policy: scenarios::Policy =
            std::sync::Arc::new(|asked, _| match (asked.model, asked.text.as_str()) {
                ("root", _) => {
                    code("r = llm_batch(lines(context), errors=\"return\")\nSUBMIT(answer=told(r))")
                }
                ("sub", "b" | "e") => fails(rlm::ProviderClass::Refused),
                (_, text) => reply(text),
            });
        let schedule = Schedule { seed: 3, percent: 40, kinds: Kind::ALL.to_vec() };
        World::of((task, inputs), vec![], schedule.policy(policy), StandIn::default())
    });
}

#[test]
fn those_that_never_submit_have_one_outcome() {
    for hostile in HOSTILE {
        one_outcome(hostile.name, || {
            World::of(Hostile::task(), vec![], hostile.policy(), StandIn::default())
        });
    }
}

/// The check has teeth: another answer is another hash.
#[test]
fn another_run_has_another_outcome() {
    let [mut first, mut second] = [7, 8].map(|n| {
        let (task, inputs) = over("", json!({"type": "integer"}));
        World::new((task, inputs), vec![], move |_, _| code(&format!("SUBMIT(answer={n})")))
    });
    assert_ne!(outcome(&mut first, 1), outcome(&mut second, 1));
}
