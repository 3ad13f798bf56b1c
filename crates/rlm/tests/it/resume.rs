//! Going on from a log that ends anywhere: the same answer, and nothing that was completed is done again.

use rlm::*;
use scenarios::{World, code, over, reply};
use serde_json::json;
use std::collections::BTreeSet;

/// A run with two turns, a batch, a typed query, a child with a query of its own, a search and a refused submit.
fn world(journal: Vec<Record>) -> World {
    let (mut task, inputs) = over("1\n2\n3", json!({"type": "string"}));
    task.limits.depth = 2;
    task.budget.output_tokens = Some(100_000);
    World::new((task, inputs), journal, |asked, attempt| match (asked.model, asked.turn) {
        ("root", 0) => {
            code("a = llm_batch(lines(context))\nb = rlm_query(\"child\", context=context)\nprint(a)")
        }
        ("root", 1) => code("c = search(\"2\")\nd = budget()\nSUBMIT(answer=3)"),
        ("root", _) => code(
            "e = llm_query(\"typed\", schema={\"type\": \"integer\"})\nSUBMIT(answer=joined([joined(a, \"-\"), b], \"/\"))",
        ),
        _ if asked.text.contains("Task: child") && asked.turn == 0 => {
            code("x = llm_query(\"inner\", context=context)")
        }
        _ if asked.text.contains("Task: child") => code("SUBMIT(answer=x)"),
        _ if asked.text.starts_with("typed") && asked.answers == 0 => reply("seven"),
        _ if asked.text.starts_with("typed") => reply("7"),
        _ if asked.text.starts_with("inner") => reply("in"),
        _ if asked.text == "2" && attempt == 0 => Err(AttemptError {
            class: ProviderClass::CutStream,
            message: "cut".into(),
            latency_ms: 2,
            retry_after_ms: None,
        }),
        _ => reply(format!("a{}", asked.text)),
    })
}

fn outcomes(journal: &[Record]) -> BTreeSet<Digest> {
    let outcome = |record: &&Record| record.body.kind() == Kind::ModelOutcome;
    journal.iter().filter(outcome).map(|record| record.id).collect()
}

#[test]
fn killed_at_every_record_the_answer_is_the_same() {
    let mut whole = world(vec![]);
    let end = whole.run();
    assert_eq!(end.closing.outputs["answer"], json!("a1-a2-a3/in"));
    assert!(whole.journal.len() > 60, "{}", whole.journal.len());
    for kept in 0..=whole.journal.len() {
        let log = whole.journal[..kept].to_vec();
        let done = outcomes(&log);
        let mut again = world(log.clone());
        let finished = again.run();
        assert_eq!(finished.closing, end.closing, "at {kept}");
        let repeated: Vec<_> = again.sent.iter().filter(|(id, _)| done.contains(id)).collect();
        assert!(repeated.is_empty(), "at {kept}: {repeated:?}");
        assert_eq!(fold::spent(&again.journal), finished.spent, "at {kept}");
        // Everything of the uninterrupted run is in the log, once.
        let ids = |journal: &[Record]| {
            journal.iter().map(|record| (record.id, record.body.kind())).collect::<BTreeSet<_>>()
        };
        assert_eq!(ids(&again.journal).len(), again.journal.len(), "at {kept}");
        assert!(ids(&again.journal).is_superset(&ids(&whole.journal)), "at {kept}");
        // What may have been paid twice is what was asked without an outcome, and no more.
        let open: BTreeSet<Digest> = fold::unfinished(&log).into_iter().collect();
        assert!(finished.resent.iter().all(|id| open.contains(id)), "at {kept}");
        if kept == whole.journal.len() {
            assert!(again.sent.is_empty() && again.started == 0);
        }
    }
}

#[test]
fn killed_twice_the_answer_is_the_same() {
    let mut whole = world(vec![]);
    let end = whole.run();
    for first in (0..whole.journal.len()).step_by(5) {
        let mut second = world(whole.journal[..first].to_vec());
        second.run();
        for kept in (first..second.journal.len()).step_by(7) {
            let mut third = world(second.journal[..kept].to_vec());
            let finished = third.run();
            assert_eq!(finished.closing, end.closing, "at {first} and {kept}");
            assert_eq!(fold::spent(&third.journal), finished.spent, "at {first} and {kept}");
        }
    }
}

#[test]
fn a_half_done_batch_sends_the_missing_items_only() {
    let mut whole = world(vec![]);
    whole.run();
    let batch = whole
        .journal
        .iter()
        .position(|record| record.place.site == "llm_batch" && record.body.kind() == Kind::ModelOutcome);
    let mut again = world(whole.journal[..=batch.unwrap()].to_vec());
    while again.sent.len() < 2 {
        again.choose(again.choices() - 1);
    }
    let index = |id: &Digest| {
        let record = whole.journal.iter().find(|record| record.id == *id && record.place.site == "llm_batch");
        record.and_then(|record| record.place.index)
    };
    let done = whole.journal[batch.unwrap()].place.index.unwrap();
    let sent: BTreeSet<u64> = again.sent.iter().filter_map(|(id, _)| index(id)).collect();
    assert_eq!(sent, (0..3).filter(|item| *item != done).collect());
}

#[test]
fn a_cell_that_asks_something_else_is_a_divergence() {
    let mut whole = world(vec![]);
    whole.run();
    // The log says that another prompt was asked.
    let mut log = whole.journal[..whole.journal.len() - 8].to_vec();
    let changed = log.iter_mut().find(|record| record.place.site == "llm_batch").unwrap();
    changed.arguments = Some(Digest::of(b"another prompt"));
    let length = log.len();
    let mut again = world(log);
    let finished = again.run();
    let failure = finished.closing.failure.unwrap();
    assert_eq!(failure.kind, ErrorKind::Divergence);
    assert!(failure.message.contains(&Digest::of(b"another prompt").to_string()), "{}", failure.message);
    // Nothing is written: the log stays what it was.
    assert_eq!(again.journal.len(), length);
}

#[test]
fn another_task_does_not_go_on_from_the_log() {
    let mut whole = world(vec![]);
    whole.run();
    let (task, _) = over("1\n2\n4", json!({"type": "string"}));
    let error = Machine::start(task, whole.journal.clone()).map(|_| ()).unwrap_err();
    assert!(matches!(error, TaskError::OtherRun { .. }));
    let (task, _) = over("1\n2\n3", json!({"type": "string"}));
    let doubled = vec![whole.journal[0].clone(), whole.journal[0].clone()];
    assert!(matches!(Machine::start(task, doubled).map(|_| ()).unwrap_err(), TaskError::Doubled { .. }));
}

/// A run whose root has two children in flight when the user interferes.
fn interrupted(event: &Event) -> World {
    let (mut task, inputs) = over("1\n2", json!({"type": "string"}));
    task.limits.depth = 2;
    let mut world = World::new((task, inputs), vec![], |asked, _| match asked.model {
        "extract" => reply(r#"{"answer": "so far"}"#),
        "root" => {
            code("r = rlm_batch(lines(context), contexts=lines(context))\nSUBMIT(answer=joined(r, \"-\"))")
        }
        _ if asked.text == "say" => reply("s"),
        _ => code("SUBMIT(answer=llm_query(\"say\"))"),
    });
    while world.flying.len() < 2 || world.started < 3 {
        world.choose(if world.choices() > world.pending.len() { world.pending.len() } else { 0 });
    }
    world.happen(event.clone());
    world.run();
    world
}

#[test]
fn what_a_user_ended_stays_ended_wherever_the_log_stops() {
    let cancelled = Event::Cancelled { message: "enough".into() };
    for (event, decision) in [(Event::WrapUp, Kind::FallbackStarted), (cancelled, Kind::Cancelled)] {
        let whole = interrupted(&event);
        let end = whole.finished.clone().unwrap();
        let decided = whole.journal.iter().position(|record| record.body.kind() == decision).unwrap();
        for kept in decided + 1..=whole.journal.len() {
            let mut again = whole.restarted(whole.journal[..kept].to_vec());
            let finished = again.run();
            assert_eq!(finished.closing, end.closing, "{decision:?} at {kept}");
            assert_eq!(fold::spent(&again.journal), finished.spent, "{decision:?} at {kept}");
            let count = |kind| again.journal.iter().filter(|record| record.body.kind() == kind).count();
            assert_eq!(count(Kind::CallOpened), count(Kind::CallClosed), "{decision:?} at {kept}");
        }
    }
}
