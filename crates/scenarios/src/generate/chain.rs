//! A chain of facts across documents.

use crate::policy::{code, over, reply};
use crate::random::Random;
use crate::scenario::Scenario;
use serde_json::json;
use std::sync::Arc;

/// Follows so many links through so many documents: a search finds each fact, the sub-model reads its number.
#[must_use]
pub fn hops(seed: u64, documents: usize, links: usize, percent: u64) -> Scenario {
    let mut random = Random(seed);
    let (links, documents) = (links.max(1), documents.max(links.max(1)));
    let mut text: Vec<String> = (0..documents).map(|n| format!("doc {n}: nothing of note")).collect();
    let share = documents / links;
    let mut key = "start".to_string();
    for link in 0..links {
        let next = 1_000 + random.below(9_000) + 10_000 * (link as u64 + 1);
        let at = link * share + usize::try_from(random.below(share as u64)).unwrap_or_default();
        if let Some(document) = text.get_mut(at) {
            *document = format!("behind-{key}: {next}");
        }
        key = next.to_string();
    }
    let text = text.join("\n");
    let walked = (0..links).fold("start".to_string(), |key, _| read(&fact(&text, &key), percent));
    let (mut task, inputs) = over(&text, json!({"type": "integer"}));
    task.limits.turns = u32::try_from(links + 2).unwrap_or(u32::MAX).min(200);
    Scenario {
        name: format!("hops {documents}"),
        task,
        inputs,
        policy: Arc::new(move |asked, _| match (asked.model, asked.turn) {
            ("root", turn) if turn == links => code("SUBMIT(answer=int(k))"),
            ("root", turn) => {
                // What the last turn printed is the next key.
                let key = if turn == 0 { "start" } else { asked.shown() };
                let found = format!("first(texts(search(\"behind-{key}: [0-9]+\")))");
                code(&format!("k = llm_query(\"Read the number.\", context={found})\nprint(k)"))
            }
            _ => {
                let fact = asked.text.lines().find(|line| line.starts_with("behind-")).unwrap_or_default();
                reply(read(fact, percent))
            }
        }),
        truth: json!(key.parse::<i64>().unwrap_or_default()),
        reduced: json!(walked.parse::<i64>().unwrap_or_default()),
    }
}

/// The line that a search for a key finds.
fn fact(text: &str, key: &str) -> String {
    let start = format!("behind-{key}: ");
    text.lines().find(|line| line.starts_with(&start)).unwrap_or_default().to_string()
}

/// The number of a fact, or so many times of a hundred another one; 0 where there is no fact.
fn read(fact: &str, percent: u64) -> String {
    let truth = fact.rsplit(' ').next().filter(|word| !word.is_empty()).unwrap_or("0");
    if Random::of(fact).percent(percent) { format!("{truth}9") } else { truth.to_string() }
}
