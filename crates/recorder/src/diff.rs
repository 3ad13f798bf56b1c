//! What changed between two runs: the numbers of the prose first, then results, inputs and state.

use serde_json::{Value as Json, json};

use crate::chain::{Graph, InputFile};
use crate::error::Result;
use crate::hash::head;
use crate::history::History;
use crate::record::ValueRef;
use crate::state::{self, form::Form};

/// A line of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The expression of a number, the name of a result, the path of an input.
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
    /// What changed inside a table or tensor.
    pub details: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Diff {
    pub numbers: Vec<Change>,
    pub results: Vec<Change>,
    pub inputs: Vec<Change>,
    /// Entries of the durable state, as the runs left it.
    pub state: Vec<Change>,
    /// Whether the source text differs.
    pub sources: Vec<String>,
    pub unchanged_numbers: usize,
    pub unchanged_results: usize,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
            && self.results.is_empty()
            && self.inputs.is_empty()
            && self.state.is_empty()
            && self.sources.is_empty()
    }

    /// Lines for a terminal.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut section = |title: &str, changes: &[Change]| {
            if changes.is_empty() {
                return;
            }
            lines.push(format!("{title} ({})", changes.len()));
            for change in changes {
                let old = change.old.as_deref().unwrap_or("(absent)");
                let new = change.new.as_deref().unwrap_or("(absent)");
                lines.push(format!("  {}: {old} -> {new}", change.name));
                lines.extend(change.details.iter().map(|d| format!("      {d}")));
            }
        };
        section("Numbers in the prose", &self.numbers);
        section("Results", &self.results);
        section("Inputs", &self.inputs);
        section("State", &self.state);
        if !self.sources.is_empty() {
            lines.push(format!("Sources: {}", self.sources.join(", ")));
        }
        lines.push(format!(
            "{} changed, {} unchanged numbers; {} changed, {} unchanged results.",
            self.numbers.len(),
            self.unchanged_numbers,
            self.results.len(),
            self.unchanged_results
        ));
        lines.iter().map(|l| crate::why::cut(l, width)).collect()
    }

    pub fn json(&self) -> Json {
        let list = |changes: &[Change]| {
            changes
                .iter()
                .map(|c| json!({"name": c.name, "old": c.old, "new": c.new, "details": c.details}))
                .collect::<Vec<_>>()
        };
        json!({
            "schema": "lumen.diff.1",
            "numbers": list(&self.numbers),
            "results": list(&self.results),
            "inputs": list(&self.inputs),
            "state": list(&self.state),
            "sources": self.sources,
            "unchanged": {"numbers": self.unchanged_numbers, "results": self.unchanged_results},
        })
    }
}

/// Compares two runs, the older first.
///
/// # Errors
/// A blob that cannot be read.
pub fn diff(a: &History, b: &History) -> Result<Diff> {
    let mut out = Diff::default();
    let mut matched = Vec::new();
    for (_, new) in &b.numbers {
        // The same expression at the nearest place is the same number, wherever the prose moved it.
        let old = a
            .numbers
            .iter()
            .enumerate()
            .filter(|(i, (_, n))| n.expression == new.expression && !matched.contains(i))
            .min_by_key(|(_, (_, n))| n.number.abs_diff(new.number));
        match old {
            Some((i, (_, old))) => {
                matched.push(i);
                if old.text == new.text {
                    out.unchanged_numbers += 1;
                } else {
                    out.numbers.push(change(&new.expression, Some(&old.text), Some(&new.text)));
                }
            }
            None => out.numbers.push(change(&new.expression, None, Some(&new.text))),
        }
    }
    for (i, (_, old)) in a.numbers.iter().enumerate() {
        if !matched.contains(&i) {
            out.numbers.push(change(&old.expression, Some(&old.text), None));
        }
    }
    let values =
        |h: &History| -> Vec<ValueRef> { h.nodes.iter().flat_map(|(_, n)| n.values.clone()).collect() };
    let (old_values, new_values) = (values(a), values(b));
    for new in &new_values {
        match old_values.iter().find(|o| o.name == new.name) {
            Some(old) if old.hash == new.hash => out.unchanged_results += 1,
            Some(old) => {
                let mut entry = change(&new.name, Some(&old.summary), Some(&new.summary));
                entry.details = details(a, old, b, new);
                out.results.push(entry);
            }
            None => out.results.push(change(&new.name, None, Some(&new.summary))),
        }
    }
    for old in &old_values {
        if !new_values.iter().any(|n| n.name == old.name) {
            out.results.push(change(&old.name, Some(&old.summary), None));
        }
    }
    let files = |h: &History| -> Vec<InputFile> {
        let graph = Graph::new(h.nodes.iter().map(|(_, n)| n), &h.effects);
        let all: Vec<usize> = (0..h.nodes.len()).collect();
        graph.inputs(&all).into_iter().cloned().collect()
    };
    let (old_files, new_files) = (files(a), files(b));
    for new in &new_files {
        let old = old_files.iter().find(|o| o.path == new.path);
        if old.is_none_or(|o| o.sha256 != new.sha256) {
            let old = old.map(|o| format!("sha256 {}", head(&o.sha256)));
            let text = format!("sha256 {}", head(&new.sha256));
            out.inputs.push(change(&new.path, old.as_deref(), Some(&text)));
        }
    }
    for differing in state::tell::differing(&a.state(), &b.state())? {
        let shown = |form: Option<Form>| form.map(|form| form.shown());
        let (old, new) = (shown(differing.old), shown(differing.new));
        out.state.push(change(&differing.entry.shown(), old.as_deref(), new.as_deref()));
    }
    for source in &b.start.sources {
        if a.start.sources.iter().find(|s| s.name == source.name).is_none_or(|s| s.blob != source.blob) {
            out.sources.push(source.name.clone());
        }
    }
    Ok(out)
}

fn change(name: &str, old: Option<&str>, new: Option<&str>) -> Change {
    Change {
        name: name.to_string(),
        old: old.map(str::to_string),
        new: new.map(str::to_string),
        details: Vec::new(),
    }
}

/// What changed inside a value, if both can be read.
fn details(a: &History, old: &ValueRef, b: &History, new: &ValueRef) -> Vec<String> {
    let decode = |history: &History, value: &ValueRef| {
        let bytes = history.value(value).ok()??;
        vm::codec::decode(&bytes, &prelude::Decoder).ok()
    };
    match (decode(a, old), decode(b, new)) {
        (Some(old), Some(new)) => prelude::describe_change(&old, &new),
        _ => Vec::new(),
    }
}
