//! What a log tells, against counts by hand of one scripted run.

use rlm::*;
use scenarios::{World, code, over, reply};
use serde_json::json;

fn run() -> World {
    let (mut task, inputs) = over("1\n2", json!({"type": "string"}));
    task.limits.depth = 2;
    let mut world = World::new((task, inputs), vec![], |asked, attempt| match (asked.model, asked.turn) {
        ("root", 0) => code("a = llm_batch(lines(context))\nprint(\"\\\"quoted\\\" <b>\")"),
        ("root", 1) => code("b = ("),
        ("root", 2) => code("c = rlm_query(\"child\", context=context)\nSUBMIT(answer=1)"),
        ("root", _) => code("search(\"2\")\nSUBMIT(answer=c)"),
        _ if asked.text.contains("Task: child") => code("SUBMIT(answer=\"in\")"),
        _ if attempt == 0 && asked.text == "1" => Err(AttemptError {
            class: ProviderClass::Overloaded,
            message: "later".into(),
            latency_ms: 1,
            retry_after_ms: None,
        }),
        _ => reply("s"),
    });
    world.run();
    world
}

#[test]
fn metrics_count_what_happened() {
    let world = run();
    let expected = fold::Metrics {
        calls: 2,
        turns: 5,
        cells: 5,
        cells_not_compiled: 1,
        // The stand-in unwinds a refused SUBMIT by an exception.
        cells_raised: 1,
        model_calls: 7,
        retries: 1,
        tools: 1,
        submits: 3,
        submits_refused: 1,
        ..fold::Metrics::default()
    };
    assert_eq!(fold::metrics(&world.journal), expected);
}

#[test]
fn the_ledger_is_split_by_role_and_sums_to_the_whole() {
    let world = run();
    let ledger = fold::ledger(&world.journal);
    // 10 tokens in for each answer, by the scripted usage: four turns; a batch of two and the child's turn.
    assert_eq!(ledger[&Role::Root].input_tokens, 40);
    assert_eq!(ledger[&Role::Sub].input_tokens, 30);
    assert!(!ledger.contains_key(&Role::Extract));
    assert_eq!(fold::spent(&world.journal), world.finished.unwrap().spent);
}

#[test]
fn the_trajectory_has_every_model_call_with_its_place() {
    let world = run();
    let steps = fold::trajectory(&world.journal);
    let mut shape: Vec<_> =
        steps.iter().map(|step| (step.depth, step.turn, step.model.as_str(), step.attempts)).collect();
    shape.sort_unstable();
    let expected = [
        (0, 0, "root", 1),
        (0, 0, "sub", 1),
        (0, 0, "sub", 2),
        (0, 1, "root", 1),
        (0, 2, "root", 1),
        (0, 3, "root", 1),
        (1, 0, "sub", 1),
    ];
    assert_eq!(shape, expected);
    let child = steps.iter().find(|step| step.depth == 1).unwrap();
    assert_eq!(child.parent, Some(steps[0].call));
    assert!(fold::unfinished(&world.journal).is_empty());
    assert_eq!(fold::unfinished(&world.journal[..3]).len(), 1);
}

#[test]
fn a_log_survives_its_text() {
    let world = run();
    let text = export::to_jsonl(&world.journal).unwrap();
    assert_eq!(text.lines().count(), world.journal.len());
    assert_eq!(export::from_jsonl(&text).unwrap(), world.journal);
    // A run goes on from what was read.
    let mut again = world.restarted(export::from_jsonl(&text).unwrap());
    assert_eq!(again.run().closing, world.finished.as_ref().unwrap().closing);
    let cut = &text[..text.len() - 20];
    assert_eq!(export::from_jsonl(cut).unwrap_err().line, world.journal.len());
    let moved = text.replacen("\"sequence\":0", "\"sequence\":7", 1);
    assert!(
        export::from_jsonl(&moved)
            .unwrap_err()
            .to_string()
            .starts_with("line 1: expected a record, found: the id")
    );
}

#[test]
fn a_flowchart_has_a_node_for_every_call_and_cell() {
    let world = run();
    let chart = export::to_mermaid(&world.journal);
    assert!(chart.starts_with("flowchart TD\n"));
    assert_eq!(chart.matches("[\"cell ").count(), 5);
    assert_eq!(chart.matches("[\"call: ").count(), 2);
    assert_eq!(chart.matches("([submitted])").count(), 2);
    assert_eq!(chart.matches("[\"llm_batch: sub\"]").count(), 2);
    // Every edge joins nodes that are there.
    for line in chart.lines().filter(|line| line.contains(" --> ")) {
        for name in line.trim().split(" --> ") {
            let shapes = ["[", "(", "{"].map(|open| chart.contains(&format!("  {name}{open}")));
            assert!(shapes.contains(&true), "{line}");
        }
    }
}

#[test]
fn a_journal_in_memory_keeps_the_order() {
    let world = run();
    let mut journal = MemoryJournal::default();
    for records in world.journal.chunks(7) {
        journal.append(records).unwrap();
    }
    assert_eq!(journal.scan().unwrap(), world.journal);
}
