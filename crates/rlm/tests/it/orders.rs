//! Small trees under every order of events. The disk answers late or soon, models in any order, and everything that
//! the world asserts at each step holds in all of them.

use rlm::*;
use scenarios::Random;
use scenarios::{World, code, over, reply};
use serde_json::json;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// A state by its content; two orders that lead to the same one go on alike.
fn key(world: &World) -> u64 {
    let mut pending: Vec<String> = world.pending.iter().map(|event| format!("{event:?}")).collect();
    pending.sort();
    let mut hasher = DefaultHasher::new();
    (pending, world.journal.len(), format!("{:?}", world.machine)).hash(&mut hasher);
    hasher.finish()
}

/// Walks through all orders; returns how many states there were and all ends.
fn explore(start: World) -> (usize, Vec<World>) {
    let mut seen = HashSet::new();
    let mut ends = Vec::new();
    let mut open = vec![start];
    while let Some(world) = open.pop() {
        for n in 0..world.choices() {
            let mut next = world.clone();
            next.choose(n);
            if seen.insert(key(&next)) {
                open.push(next);
            }
        }
        if world.choices() == 0 {
            assert!(world.finished.is_some(), "an order in which the run waits for nothing");
            ends.push(world);
        }
        assert!(seen.len() < 200_000, "too many states");
    }
    (seen.len(), ends)
}

fn alike(ends: &[World]) {
    let first = ends[0].finished.as_ref().unwrap();
    let ids = |world: &World| {
        let mut ids: Vec<_> = world.journal.iter().map(|record| (record.id, record.body.kind())).collect();
        ids.sort();
        ids
    };
    for end in ends {
        let finished = end.finished.as_ref().unwrap();
        assert_eq!(finished.closing, first.closing);
        assert_eq!(finished.spent, first.spent);
        assert_eq!(ids(end), ids(&ends[0]));
    }
}

#[test]
fn a_batch_with_a_retry_ends_alike_in_every_order() {
    let (mut task, inputs) = over("1\n2\n3", json!({"type": "string"}));
    task.budget.output_tokens = Some(10_000);
    let world = World::new((task, inputs), vec![], |asked, attempt| match (asked.model, asked.turn) {
        ("root", 0) => code("r = llm_batch(lines(context))\nprint(r)"),
        ("root", _) => code("SUBMIT(answer=joined(r, \"-\"))"),
        _ if asked.text == "2" && attempt == 0 => Err(AttemptError {
            class: ProviderClass::RateLimited,
            message: "later".into(),
            latency_ms: 1,
            retry_after_ms: Some(1),
        }),
        _ => reply(format!("a{}", asked.text)),
    });
    let (states, ends) = explore(world);
    assert!(states > 50, "{states}");
    alike(&ends);
    assert_eq!(ends[0].finished.as_ref().unwrap().closing.outputs["answer"], json!("a1-a2-a3"));
}

#[test]
fn two_children_at_once_end_alike_in_every_order() {
    let (mut task, inputs) = over("1\n2", json!({"type": "string"}));
    task.limits.depth = 2;
    let world = World::new((task, inputs), vec![], |asked, _| match asked.model {
        "root" => code(
            "r = rlm_batch(prefixed(\"c\", lines(context)), contexts=lines(context))\nSUBMIT(answer=joined(r, \"-\"))",
        ),
        _ if asked.text.starts_with("say") => reply(asked.text.replace("say", "s")),
        _ if asked.text.contains("Task: c1") => code("SUBMIT(answer=llm_query(\"say1\"))"),
        _ => code("SUBMIT(answer=llm_query(\"say2\"))"),
    });
    let (states, ends) = explore(world);
    assert!(states > 200, "{states}");
    alike(&ends);
    assert_eq!(ends[0].finished.as_ref().unwrap().closing.outputs["answer"], json!("s1-s2"));
}

#[test]
fn a_cancellation_at_any_moment_settles_everything() {
    let (mut task, inputs) = over("1\n2", json!({"type": "string"}));
    task.limits.depth = 2;
    let mut world = World::new((task, inputs), vec![], |asked, _| match asked.model {
        "root" => {
            code("r = rlm_batch(lines(context), contexts=lines(context))\nSUBMIT(answer=joined(r, \"-\"))")
        }
        _ if asked.text == "say" => reply("s"),
        _ => code("SUBMIT(answer=llm_query(\"say\"))"),
    });
    let mut random = Random(3);
    for _ in 0..60 {
        let mut stopped = world.clone();
        if stopped.finished.is_none() {
            stopped.happen(Event::Cancelled { message: "enough".into() });
            let mut order = Random(random.next());
            let finished = stopped.run_by(|choices| order.below(choices as u64) as usize);
            if !world.machine.is_over() {
                assert_eq!(finished.closing.failure.unwrap().kind, ErrorKind::Cancelled);
            }
            let (_, reserved) = stopped.machine.taken();
            assert!(reserved.is_zero() && stopped.flying.is_empty());
            let count = |kind| stopped.journal.iter().filter(|record| record.body.kind() == kind).count();
            assert_eq!(count(Kind::CallOpened), count(Kind::CallClosed));
        }
        if world.choices() > 0 {
            let n = random.below(world.choices() as u64) as usize;
            world.choose(n);
        }
    }
    assert!(world.finished.is_some());
}

/// Trees with faults, grown by a seed: which attempts fail and how, which cells raise, loop, die or submit nonsense.
///
/// Without limits on what it spends, a model's answer depends on the question alone, and so does the run.
fn wild(seed: u64, limited: bool) -> World {
    let mut random = Random(seed);
    let (mut task, inputs) = over("1\n2\n3", json!({"type": "string"}));
    task.limits.depth = 1 + random.below(3) as u32;
    task.limits.turns = 1 + random.below(4) as u32;
    task.limits.in_flight = 1 + random.below(3) as u32;
    if limited {
        task.budget.output_tokens = random.percent(60).then(|| 2_000 + random.below(12_000));
        task.budget.wall_ms = random.percent(30).then(|| 100 + random.below(2_000_000));
        task.budget.bytes = random.percent(30).then(|| 800_000 + random.below(1_000_000));
        task.limits.calls = 2 + random.below(30);
    }
    World::new((task, inputs), vec![], move |asked, attempt| {
        let attempt = if limited { attempt } else { 0 };
        let question = Digest::of(format!("{}{}{attempt}", asked.model, asked.text).as_bytes());
        let mut random = Random(seed ^ u64::from_le_bytes(*question.as_bytes().first_chunk().unwrap()));
        if random.percent(20) {
            let classes = [
                ProviderClass::Overloaded,
                ProviderClass::CutStream,
                ProviderClass::Timeout,
                ProviderClass::Refused,
            ];
            let class = *random.pick(&classes);
            return Err(AttemptError { class, message: "no".into(), latency_ms: 2, retry_after_ms: None });
        }
        let cells = [
            "r = llm_batch(lines(context), errors=\"return\")\nprint(r)",
            "r = llm_query(\"n\", schema={\"type\": \"integer\"})",
            "r = rlm_query(\"c\", context=context)\nprint(r)",
            "r = rlm_batch(lines(context), contexts=lines(context), errors=\"return\")",
            if limited { "print(budget())\nr = search(\"2\")" } else { "r = search(\"2\")\nprint(r)" },
            "fail(\"x\")",
            "die()",
            "loop()",
            "y = (",
            "try: SUBMIT(answer=1)\nexcept BaseException: pass\nr = llm_query(\"n\")",
            "SUBMIT(answer=\"done\")",
            "SUBMIT(other=2)",
        ];
        match (asked.model, random.below(10)) {
            (_, 0) => reply("I would rather talk."),
            ("root", _) => code(random.pick::<&str>(&cells)),
            ("sub", _) if asked.text.contains("SUBMIT(answer=value)") => code(random.pick::<&str>(&cells)),
            ("extract", 1..6) => reply(r#"{"answer": "found"}"#),
            _ => reply("7"),
        }
    })
}

#[test]
fn wild_trees_in_random_orders_end_within_their_budgets() {
    let mut statuses = [0; 3];
    for seed in 0..400_u64 {
        let mut order = Random(seed.wrapping_mul(77));
        let mut world = wild(seed, true);
        let finished = world.run_by(|choices| order.below(choices as u64) as usize);
        statuses[finished.closing.status as usize] += 1;
        let (settled, reserved) = world.machine.taken();
        assert!(reserved.is_zero(), "seed {seed}");
        assert_eq!(settled, finished.spent, "seed {seed}");
        assert_eq!(fold::spent(&world.journal), finished.spent, "seed {seed}");
    }
    assert!(statuses.iter().all(|count| *count > 20), "{statuses:?}");
}

#[test]
fn wild_trees_go_on_from_any_record() {
    for seed in 0..60_u64 {
        let mut whole = wild(seed, true);
        let end = whole.run();
        let mut random = Random(seed);
        for _ in 0..6 {
            let kept = random.below(whole.journal.len() as u64 + 1) as usize;
            let mut world = whole.restarted(whole.journal[..kept].to_vec());
            let finished = world.run();
            let failure = finished.closing.failure.as_ref().map(|failure| failure.kind);
            assert_ne!(failure, Some(ErrorKind::Divergence), "seed {seed} at {kept}: {finished:?}");
            assert_eq!(fold::spent(&world.journal), finished.spent, "seed {seed} at {kept}");
            if kept == whole.journal.len() {
                assert_eq!(finished.closing, end.closing);
                assert!(world.sent.is_empty() && world.started == 0);
            }
        }
    }
}

#[test]
fn wild_trees_without_budgets_answer_alike_from_any_record_and_in_any_order() {
    for seed in 1_000..1_060_u64 {
        let mut whole = wild(seed, false);
        let end = whole.run();
        let mut random = Random(seed);
        for _ in 0..8 {
            let kept = random.below(whole.journal.len() as u64 + 1) as usize;
            let mut world = whole.restarted(whole.journal[..kept].to_vec());
            let finished = world.run_by(|choices| random.below(choices as u64) as usize);
            // An attempt whose outcome was lost is made again and counted.
            let plain = |mut closing: Closing| {
                closing.failure.iter_mut().for_each(|failure| failure.data = json!(null));
                closing
            };
            assert_eq!(plain(finished.closing.clone()), plain(end.closing.clone()), "seed {seed} at {kept}");
            assert_eq!(fold::spent(&world.journal), finished.spent, "seed {seed} at {kept}");
        }
    }
}

#[test]
fn what_comes_twice_or_too_late_changes_nothing() {
    let mut repeated = 0;
    for seed in 0..60_u64 {
        let mut random = Random(seed);
        let mut world = wild(seed, true);
        let mut delivered: Vec<Event> = Vec::new();
        while world.finished.is_none() || world.choices() > 0 {
            if world.choices() == 0 {
                assert!(world.time_passes());
            } else {
                let n = random.below(world.choices() as u64) as usize;
                delivered.extend(world.pending.get(n).cloned());
                world.choose(n);
            }
            if delivered.is_empty() {
                continue;
            }
            let event = random.pick(&delivered).clone();
            let late = match &event {
                Event::Replied { .. } | Event::ToolReturned { .. } | Event::WorkerDied { .. } => true,
                Event::HostCalled { worker, .. } | Event::CellEnded { worker, .. } => {
                    world.killed.contains(worker)
                }
                _ => false,
            };
            if late {
                repeated += 1;
                assert_eq!(world.machine.step(event), [], "seed {seed}");
            }
            assert_eq!(world.machine.step(Event::Timer { timer: TimerId(u64::MAX) }), []);
        }
    }
    assert!(repeated > 500, "{repeated}");
}
