//! Four-choice questions on a generated repository.

use crate::policy::{Asked, code as cell, over, reply};
use crate::random::Random;
use crate::scenario::Scenario;
use rlm::{AttemptError, Reply};
use serde_json::{Value, json};
use std::sync::Arc;

/// Functions that call functions, a question for each: the root asks a child, the child a grandchild, and that one the
/// sub-model for a constant.
#[must_use]
pub fn code(seed: u64, questions: usize, percent: u64) -> Scenario {
    let mut random = Random(seed);
    let (mut files, mut truth, mut reduced, mut choices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..questions {
        let (constant, added) = (random.below(500), 1 + random.below(9));
        let leaf = format!("def leaf_{n}(): return {constant}");
        files.push(format!("# module_{n}.py\n{leaf}\ndef outer_{n}(): return leaf_{n}() + {added}"));
        let right = constant + added;
        let place = usize::try_from(random.below(4)).unwrap_or_default();
        // The other choices are too large for any right answer.
        let four: Vec<u64> = (0..4)
            .map(|at| if at == place { right } else { 1_000 + random.below(1_000) * 4 + at as u64 })
            .collect();
        truth.push(letter(&four, right));
        reduced.push(letter(&four, read(&leaf, percent) + added));
        choices.push(four);
    }
    let (mut task, inputs) = over(&files.join("\n"), json!({"type": "array", "items": {"type": "string"}}));
    task.limits.depth = 3;
    task.limits.calls = questions as u64 * 20 + 100;
    let names: Vec<String> = (0..questions).map(|n| format!("outer_{n}")).collect();
    let asks = json!(names).to_string();
    let all = vec!["context"; questions].join(", ");
    let root = format!(
        "values = rlm_batch(prefixed(\"Value of \", {asks}), contexts=[{all}], schema={{\"type\": \"integer\"}})\n\
         SUBMIT(answer=chosen(values, {}))",
        json!(choices)
    );
    Scenario {
        name: format!("code {questions}"),
        task,
        inputs,
        policy: Arc::new(move |asked, _| match asked.model {
            "root" => cell(&root),
            _ => answers(asked, percent),
        }),
        truth: json!(truth),
        reduced: json!(reduced),
    }
}

fn answers(asked: &Asked<'_>, percent: u64) -> Result<Reply, AttemptError> {
    let task = |kind: &str| {
        let rest = asked.text.split_once(kind).map(|(_, rest)| rest)?;
        rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()
    };
    if let Some(name) = task("Task: Value of ") {
        let leaf = name.replace("outer_", "leaf_");
        // The line is `def outer_1(): return leaf_1() + 7`: what is added stands behind the plus.
        return cell(&format!(
            "line = first(texts(search(\"def {name}\\\\(\\\\): return {leaf}\\\\(\\\\) [+] [0-9]+\")))\n\
             inner = rlm_query(\"Constant of {leaf}\", context=context, schema={{\"type\": \"integer\"}})\n\
             SUBMIT(answer=plus(inner, int(find(line, \"+ \"))))"
        ));
    }
    if let Some(name) = task("Task: Constant of ") {
        return cell(&format!(
            "line = first(texts(search(\"def {name}\\\\(\\\\): return [0-9]+\")))\n\
             n = llm_query(\"Read the constant.\", context=line, schema={{\"type\": \"integer\"}})\nSUBMIT(answer=n)"
        ));
    }
    let line = asked.text.lines().find(|line| line.starts_with("def leaf_")).unwrap_or_default();
    reply(read(line, percent).to_string())
}

/// The constant of a line, or so many times of a hundred another one.
fn read(line: &str, percent: u64) -> u64 {
    let truth = line.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default();
    if Random::of(line).percent(percent) { truth + 100_000 } else { truth }
}

fn letter(choices: &[u64], value: u64) -> Value {
    let mut lettered = ["A", "B", "C", "D"].into_iter().zip(choices);
    Value::from(lettered.find(|(_, choice)| **choice == value).map_or("none", |(letter, _)| letter))
}
