//! The card that stands beside the weights.

use crate::recipe::Recipe;
use crate::score::Score;
use crate::{BYTES_MAX, NAME};

/// The card of a trained network, in Markdown.
pub fn card(recipe: &Recipe, digest: &str, file: &str, scores: &[Score]) -> String {
    let share = |right: usize, asked: usize| format!("{:.1} %", 100.0 * right as f64 / asked.max(1) as f64);
    let rows: Vec<String> = scores
        .iter()
        .map(|s| {
            format!(
                "| {} | {} | {} | {} | {} |",
                s.task.name(),
                s.asked,
                share(s.right, s.asked),
                share(s.counted, s.asked),
                if s.is_enough() { "yes" } else { "no" }
            )
        })
        .collect();
    format!(
        "# {NAME}\n\n\
         A demonstration, not a model to rely on: a transformer over bytes with two layers, width 64 and 115,008\n\
         parameters that reads notes on bird strikes in the words of its templates. It sees {BYTES_MAX} bytes and is\n\
         asked three kinds of questions; what it is not good enough at is refused, and everything else. It is part of no comparison of quality.\n\n\
         ## Data\n\n\
         Notes and questions made from the templates and word lists of `crates/offline/src/lesson.rs`, and names of drawn letters;\n\
         no other text. Of the combinations of part, bird and damage one in eight is held out.\n\n\
         ## Recipe\n\n\
         State {}, {} steps of {} lessons of at most {} bytes, AdamW with a rate of {} at its height that falls along a cosine\n\
         (`crates/offline/src/recipe.rs`). `cargo xtask offline-model` repeats it to the same bytes.\n\n\
         | | BLAKE3 |\n|---|---|\n| parameters | `{digest}` |\n| `weights.safetensors` | `{file}` |\n\n\
         ## Scores\n\n\
         On held-out combinations, with the weights of the file. Beside it stands naive Bayes over words, which for a quote\n\
         chooses among the birds of its lessons that the text has. Below 90 %, or below the count, a task is refused.\n\n\
         | task | questions | right | counting words | answered |\n|---|--:|--:|--:|---|\n{}\n\n\
         ## Limits\n\n\
         Quotes follow `WHAT: ` in the text, where the question is WHAT, whatever the words; of damage it knows the phrases of its\n\
         lessons alone. Other texts give answers without worth. A question is a field's description, or its name, and\n\
         no instructions are read beside it. Texts beyond {BYTES_MAX} bytes, options and question included, are refused.\n",
        recipe.state,
        recipe.steps,
        recipe.lessons,
        recipe.bytes,
        recipe.rate,
        rows.join("\n"),
    )
}
