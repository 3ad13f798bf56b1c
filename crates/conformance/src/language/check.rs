//! What parser and checker say of a program.

use evidence::compare::Rule;
use evidence::value::Value;
use serde::Deserialize;
use syntax::{Diagnostic, Severity};

use super::program::Front;
use super::{files, lines};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "language.check",
    reference: Reference::Spec("the language's specification: types, effects, grants"),
    inputs: &[Input::one("program", &[Kind::Tree])],
    params: Params::of::<Check>(),
    run: check,
    rule: Rule::Exact,
    hardened: &[],
    api: &["syntax::parse(text)", "checker::check(program)"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    /// What the specification says at a place: an answer repeats the words that it found there.
    mentions: Vec<Mention>,
    /// Whether warnings that nobody mentions count.
    warnings: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mention {
    /// `main.lm:3 error E0200`
    place: String,
    /// A part of the message or of its help; empty for any.
    part: String,
}

/// A line for every diagnostic, `FILE:LINE KIND CODE "PART"`, sorted.
fn check(call: &Call<'_>) -> Result<Value, Failure> {
    let Check { mut mentions, warnings } = call.params()?;
    let front = Front::read(files(call)?);
    let mut found = Vec::new();
    for diagnostic in front.diagnostics() {
        let place = place(&front, &diagnostic);
        let help = diagnostic.help.as_deref().filter(|_| diagnostic.code != REVEALED).unwrap_or_default();
        let says = |part: &str| diagnostic.message.contains(part) || help.contains(part);
        match mentions.iter().position(|mention| mention.place == place && says(&mention.part)) {
            Some(at) => {
                let mention = mentions.remove(at);
                found.push(if mention.part.is_empty() {
                    place
                } else {
                    format!("{place} {:?}", mention.part)
                });
            }
            None if diagnostic.severity == Severity::Warning && !warnings => {}
            None => found.push(place),
        }
    }
    Ok(lines(found))
}

/// The warning by which the checker reveals a type.
const REVEALED: &str = "W0200";

fn place(front: &Front, diagnostic: &Diagnostic) -> String {
    let kind = match (diagnostic.severity, diagnostic.code) {
        (_, REVEALED) => "revealed",
        (Severity::Error, _) => "error",
        (Severity::Warning, _) => "warning",
    };
    let (file, line) = match front.source(diagnostic.span.file) {
        Some(source) => (source.name.as_str(), source.line_column(diagnostic.span.start).0),
        None => ("?", 0),
    };
    format!("{file}:{line} {kind} {}", diagnostic.code)
}
