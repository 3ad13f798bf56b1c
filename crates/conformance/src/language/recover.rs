//! Every fault of a text at its line, and safe fixes that mend what they promise.

use evidence::compare::Rule;
use evidence::value::{Cell, Tree, Value};
use serde::Deserialize;
use syntax::ast::NodeIds;
use syntax::render::apply_safe_fixes;
use syntax::{Diagnostic, FileId, Source, parse};

use super::lines;
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "language.recover",
    reference: Reference::Spec("the language's specification: recovery and diagnostics"),
    inputs: &[Input::one("text", &[Kind::Text])],
    params: Params::of::<Recover>(),
    run: recover,
    rule: Rule::Exact,
    hardened: &[],
    api: &["syntax::parse(text)", "syntax::render::apply_safe_fixes(text)"],
};

pub(super) const MEND: Row = Row {
    op: "language.mend",
    reference: Reference::Spec("the language's specification: safe fixes"),
    inputs: &[Input::one("text", &[Kind::Text])],
    params: Params::NONE,
    run: mend,
    rule: Rule::Exact,
    hardened: &[],
    api: &["syntax::render::apply_safe_fixes(text)"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recover {
    /// Whether the safe fixes are applied, and what is then left told.
    mend: bool,
}

/// Fixes open the way to others, but not for ever.
const ROUNDS_MAX: usize = 8;

fn faults(text: &str) -> Vec<Diagnostic> {
    parse(FileId(0), text, &mut NodeIds::default()).diagnostics
}

fn placed(text: &str, found: &[Diagnostic]) -> Value {
    let source = Source::new("case.lm", text);
    let mut places: Vec<(usize, &str)> =
        found.iter().map(|fault| (source.line_column(fault.span.start).0, fault.code)).collect();
    places.sort_unstable();
    let lines = places.into_iter().map(|(line, code)| Value::Text(format!("{line} {code}")));
    Value::Tree(Tree::Items(lines.collect()))
}

/// The text after every safe fix, and what is still wrong with it.
fn mended(text: &str) -> (String, Vec<Diagnostic>) {
    let (mut now, mut open) = (text.to_string(), faults(text));
    for _ in 0..ROUNDS_MAX {
        if open.is_empty() {
            break;
        }
        now = apply_safe_fixes(FileId(0), &now, &open).0;
        open = faults(&now);
    }
    (now, open)
}

fn mend(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(Value::Text(mended(call.text("text")?).0))
}

fn recover(call: &Call<'_>) -> Result<Value, Failure> {
    let Recover { mend } = call.params()?;
    let text = call.text("text")?;
    let found = faults(text);
    let mut left = lines(Vec::new());
    if mend {
        let (now, open) = mended(text);
        left = placed(&now, &open);
    }
    Ok(Value::Tree(Tree::Entries(vec![
        (Cell::Text("faults".into()), placed(text, &found)),
        (Cell::Text("left".into()), left),
    ])))
}
