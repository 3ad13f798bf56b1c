//! The language: recovery from faulty text, what the checker says, what the machine does, how text is formatted.
//!
//! No other implementation of the language exists: the specification attests, in Markdown files and faulty sources
//! that `evidence` reads as cases.

mod check;
mod document;
mod form;
pub(crate) mod program;
mod recover;
mod run;
mod signature;

use evidence::value::{Cell, Tree, Value};

use crate::call::{Call, Failure};
use crate::row::Row;

/// The family's rows.
pub(crate) const ROWS: &[Row] =
    &[recover::ROW, recover::MEND, check::ROW, run::ROW, document::ROW, form::ROW, signature::ROW];

/// The files of a program: name and text, the root last.
fn files<'a>(call: &Call<'a>) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    let misfit = || Failure::Malformed("input program: expected texts by their files' names".into());
    let Tree::Entries(entries) = call.tree("program")? else { return Err(misfit()) };
    let file = |entry: &'a (Cell, Value)| match entry {
        (Cell::Text(name), Value::Text(text)) => Ok((name.as_str(), text.as_str())),
        _ => Err(misfit()),
    };
    entries.iter().map(file).collect()
}

fn lines(mut lines: Vec<String>) -> Value {
    lines.sort();
    Value::Tree(Tree::Items(lines.into_iter().map(Value::Text).collect()))
}
