//! Counts by children that count parts.

use rlm::Status;
use scenarios::generate::{says, tally};
use scenarios::{Random, World, code, over, reply};
use serde_json::json;

const LABEL: &str = "labels = llm_batch(prefixed(\"Label: \", lines(context)), schema={\"enum\": [\"storm\", \"bird\", \"engine\"]})";

#[test]
fn tally_by_children_equals_the_reference_reducer() {
    let text = tally(9, 40, 25).inputs[0].1.as_str().unwrap().to_string();
    let (mut task, inputs) = over(&text, json!({"type": "integer"}));
    task.limits.depth = 2;
    let mut world = World::new((task, inputs), vec![], |asked, _| match (asked.model, asked.turn) {
        ("root", 0) => code(
            "parts = chunks(context, 7)\ncounts = rlm_batch(prefixed(\"Count birds: \", parts), contexts=parts, schema={\"type\": \"integer\"})",
        ),
        ("root", _) => code("SUBMIT(answer=sum(counts))"),
        ("sub", turn) if asked.text.contains("Task: Count birds") => match turn {
            0 => code(LABEL),
            _ => code("SUBMIT(answer=get(tallied(labels), \"bird\"))"),
        },
        _ => {
            let line = asked.text.trim_start_matches("Label: ").lines().next().unwrap();
            reply(format!("\"{}\"", says(line, 25)))
        }
    });
    let mut order = Random(9);
    let finished = world.run_by(|choices| order.below(choices as u64) as usize);
    assert_eq!(finished.closing.status, Status::Submitted);
    let noisy = text.lines().filter(|line| says(line, 25) == "bird").count();
    assert_eq!(finished.closing.outputs["answer"], json!(noisy));
}
