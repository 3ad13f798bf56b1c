//! Lines whose hidden label the sub-model knows and the root does not compute.

use crate::policy::{Asked, code, over, reply};
use crate::random::Random;
use crate::scenario::Scenario;
use rlm::{AttemptError, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The labels.
pub const LABELS: [&str; 3] = ["storm", "bird", "engine"];

/// Calls of a run beside those of its lines: turns, an extraction, and room for what a limit keeps aside.
const CALLS_BESIDE: u64 = 100;

const LABEL: &str = "labels = llm_batch(prefixed(\"Label: \", lines(context)), schema={\"enum\": [\"storm\", \"bird\", \"engine\"]})";

/// Dated lines with their labels. The last number of a line decides it.
fn lines(seed: u64, count: usize) -> (String, Vec<String>) {
    let mut random = Random(seed);
    let (mut text, mut truth) = (Vec::new(), Vec::new());
    for n in 0..count {
        let place = random.below(3);
        let number = random.below(1_000_000) * 3 + place;
        text.push(format!("id{n} 2024-0{}-11 remark {number}", 1 + n % 9));
        truth.push(label(place).to_string());
    }
    (text.join("\n"), truth)
}

fn label(place: u64) -> &'static str {
    let [storm, bird, engine] = LABELS;
    match place % 3 {
        0 => storm,
        1 => bird,
        _ => engine,
    }
}

/// What the sub-model says of a line: the truth, or so many times of a hundred another label.
#[must_use]
pub fn says(line: &str, percent: u64) -> &'static str {
    let number: u64 = line.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let mut random = Random::of(line);
    let off = if random.percent(percent) { 1 + random.below(2) } else { 0 };
    label(number % 3 + off)
}

/// The sub-model as a function of the prompt `Label: LINE`.
pub(crate) fn labeller(asked: &Asked<'_>, percent: u64) -> Result<Reply, AttemptError> {
    let line = asked.text.trim_start_matches("Label: ").lines().next().unwrap_or_default();
    reply(format!("\"{}\"", says(line, percent)))
}

/// Pairs of lines' first words whose labels are both the wanted one.
#[must_use]
pub fn paired(lines: &[String], labels: &[String], wanted: &str) -> Vec<String> {
    let chosen: Vec<&str> = lines
        .iter()
        .zip(labels)
        .filter(|(_, label)| *label == wanted)
        .filter_map(|(line, _)| line.split_whitespace().next())
        .collect();
    let later = |(n, first): (usize, &&str)| {
        chosen.iter().skip(n + 1).map(|second| format!("{first}-{second}")).collect::<Vec<_>>()
    };
    chosen.iter().enumerate().flat_map(later).collect()
}

fn counted(labels: &[String]) -> Value {
    let mut counts = BTreeMap::<&str, u64>::new();
    labels.iter().for_each(|label| *counts.entry(label).or_default() += 1);
    json!(counts)
}

fn labelled(
    name: &str,
    (seed, count, percent): (u64, usize, u64),
    answer: Value,
    submits: &'static str,
    reduce: impl Fn(&[String], &[String]) -> Value,
) -> Scenario {
    let (text, truth) = lines(seed, count);
    let own: Vec<String> = text.lines().map(str::to_string).collect();
    let noisy: Vec<String> = own.iter().map(|line| says(line, percent).to_string()).collect();
    let (mut task, inputs) = over(&text, answer);
    // Two labels that do not fit are asked for again, and so have calls of their own.
    task.limits.calls = count as u64 * 3 + CALLS_BESIDE;
    Scenario {
        name: format!("{name} {count}"),
        task,
        inputs,
        policy: Arc::new(move |asked, _| match (asked.model, asked.turn) {
            ("root", 0) => code(LABEL),
            ("root", _) => code(submits),
            _ => labeller(asked, percent),
        }),
        truth: reduce(&own, &truth),
        reduced: reduce(&own, &noisy),
    }
}

/// How many lines have each label.
#[must_use]
pub fn tally(seed: u64, lines: usize, percent: u64) -> Scenario {
    let answer = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    let submits = "SUBMIT(answer=tallied(labels))";
    labelled("tally", (seed, lines, percent), answer, submits, |_, labels| counted(labels))
}

/// The pairs of ids whose labels are both `bird`.
#[must_use]
pub fn pairs(seed: u64, lines: usize, percent: u64) -> Scenario {
    let answer = json!({"type": "array", "items": {"type": "string"}});
    let submits = "SUBMIT(answer=paired(lines(context), labels, \"bird\"))";
    labelled("pairs", (seed, lines, percent), answer, submits, |own, labels| {
        json!(paired(own, labels, "bird"))
    })
}

/// The label of every row.
#[must_use]
pub fn rows(seed: u64, rows: usize, percent: u64) -> Scenario {
    let answer = json!({"type": "array", "items": {"enum": LABELS}});
    labelled("rows", (seed, rows, percent), answer, "SUBMIT(answer=labels)", |_, labels| json!(labels))
}
