//! A log in the forms of other programs.

use crate::digest::Digest;
use crate::record::{Body, Kind, Record};
use std::collections::BTreeSet;
use std::fmt::Write;

/// One JSON object a line, in the order of the log.
///
/// # Errors
///
/// Where a record has no JSON form.
pub fn to_jsonl(records: &[Record]) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    for record in records {
        out.push_str(&serde_json::to_string(record)?);
        out.push('\n');
    }
    Ok(out)
}

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: expected a record, found: {error}")]
pub struct LineError {
    /// The line, from one.
    pub line: usize,
    /// What the reader says.
    pub error: serde_json::Error,
}

/// Reads what [`to_jsonl`] wrote.
///
/// # Errors
///
/// The first line that is no record, or whose id is not that of its place.
pub fn from_jsonl(text: &str) -> Result<Vec<Record>, LineError> {
    let mut records = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line_error = |error| LineError { line: n + 1, error };
        let record: Record = serde_json::from_str(line).map_err(line_error)?;
        if record.id != record.place.id() {
            let wrong = format!("the id {} is not that of its place, {}", record.id, record.place.id());
            return Err(line_error(serde::de::Error::custom(wrong)));
        }
        records.push(record);
    }
    Ok(records)
}

/// The call tree as a Mermaid flowchart: calls, their turns' cells, the model calls below them and how all ended.
#[must_use]
pub fn to_mermaid(records: &[Record]) -> String {
    let mut out = String::from("flowchart TD\n");
    let known: BTreeSet<Digest> = records
        .iter()
        .filter(|record| {
            matches!(
                record.body.kind(),
                Kind::CallOpened | Kind::CellIntent | Kind::ModelIntent | Kind::ToolIntent
            )
        })
        .map(|record| record.id)
        .collect();
    for record in records {
        let label = match &record.body {
            Body::CallOpened { role, model, .. } => format!("call: {} {model}", word(role)),
            Body::ModelIntent { request, .. } => format!("{}: {}", record.place.site, request.model),
            Body::CellIntent { .. } => format!("cell {}", record.place.sequence),
            Body::ToolIntent { name, .. } => format!("tool: {name}"),
            Body::FallbackStarted { cause } => {
                let _ = writeln!(out, "  {}{{{{fallback: {}}}}}", node(record.id), word(cause));
                let _ = writeln!(out, "  {} --> {}", node(record.place.parent), node(record.id));
                continue;
            }
            Body::CallClosed { closing, .. } => {
                let end = format!("e{}", node(record.id));
                let _ = writeln!(out, "  {end}([{}])", word(&closing.status));
                if known.contains(&record.id) {
                    let _ = writeln!(out, "  {} --> {end}", node(record.id));
                }
                continue;
            }
            _ => continue,
        };
        let _ = writeln!(out, "  {}[\"{}\"]", node(record.id), escaped(&label));
        if known.contains(&record.place.parent) {
            let _ = writeln!(out, "  {} --> {}", node(record.place.parent), node(record.id));
        }
    }
    out
}

fn node(id: Digest) -> String {
    format!("n{}", id.to_string().chars().take(12).collect::<String>())
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_string)).unwrap_or_default()
}

/// Mermaid reads `#quot;` for a quote; names of models and tools are others' text.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => "#quot;".to_string(),
            '#' => "#35;".to_string(),
            '<' => "#lt;".to_string(),
            '>' => "#gt;".to_string(),
            c if c.is_control() => " ".to_string(),
            c => c.to_string(),
        })
        .collect()
}
