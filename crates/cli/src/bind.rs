//! Fixes for numbers of the prose that nothing produced: a result of the document's last run that prints the same.

use recorder::history::History;
use syntax::{Applicability, Diagnostic, Edit, Source};

use crate::project::Project;

/// An unbound number, as a warning and as an error.
const UNBOUND: [&str; 2] = ["W0601", "E0601"];

/// Offers to bind each such number. What the last run came to may not be what the next one does, so that the fixes want
/// a look.
pub fn offer(file: &str, sources: &[Source], found: &mut [Diagnostic]) {
    if !found.iter().any(|diagnostic| UNBOUND.contains(&diagnostic.code)) {
        return;
    }
    // Without a run that can be read there is nothing to offer.
    let Ok(Some((_, history))) = Project::find().last_of(file, None, false) else { return };
    let Some(source) = sources.first() else { return };
    for diagnostic in found.iter_mut().filter(|diagnostic| UNBOUND.contains(&diagnostic.code)) {
        let span = diagnostic.span;
        let Some(number) = source.text.get(span.start as usize..span.end as usize) else { continue };
        let fixed = numbers(&history).filter(|(_, printed)| *printed == number).fold(
            diagnostic.clone(),
            |fixed, (name, _)| {
                let edits = vec![Edit { span, text: format!("`{{lumen}} {name}`") }];
                fixed.fix(format!("bind it to `{name}`"), Applicability::Maybe, edits)
            },
        );
        *diagnostic = fixed;
    }
}

/// The results that are numbers, with what they print.
fn numbers(history: &History) -> impl Iterator<Item = (&str, &str)> {
    let values = history.nodes.iter().flat_map(|(_, node)| &node.values);
    let numbers = values.filter(|value| matches!(value.type_name.as_str(), "Int" | "Float"));
    numbers.map(|value| (value.name.as_str(), value.summary.as_str()))
}
