//! One fact among many words.

use crate::policy::{code, over};
use crate::random::Random;
use crate::scenario::Scenario;
use serde_json::json;
use std::sync::Arc;

/// A key among so many words, found by a search. No model reads the text, so nothing errs.
#[must_use]
pub fn needle(seed: u64, words: usize) -> Scenario {
    let mut random = Random(seed);
    let wanted = 100_000 + random.below(900_000);
    let fact = format!("the key is {wanted} .");
    let mut text = vec!["hay"; words.max(1)];
    let at = usize::try_from(random.below(text.len() as u64)).unwrap_or_default();
    if let Some(word) = text.get_mut(at) {
        *word = &fact;
    }
    let (task, inputs) = over(&text.join(" "), json!({"type": "integer"}));
    Scenario {
        name: format!("needle {words}"),
        task,
        inputs,
        policy: Arc::new(|asked, _| match asked.turn {
            0 => code("key = find(first(texts(search(\"the key is [0-9]+\"))), \"the key is \")\nprint(key)"),
            _ => code("SUBMIT(answer=int(key))"),
        }),
        truth: json!(wanted),
        reduced: json!(wanted),
    }
}
