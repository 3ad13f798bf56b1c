//! The builtins that the machine itself carries out, one table by name.
//!
//! Arguments come boxed in the order of the signature in `builtins.lm`, defaults filled in and a variadic parameter as
//! one list. Types are proved by the checker; what the signature cannot say faults. `op.…` names are operations of the
//! language that `lower` calls like builtins.

mod args;
mod closures;
mod encodings;
mod json;
mod json_patch;
mod lists;
mod maps;
mod memories;
mod numbers;
mod operations;
mod output;
mod paths;
mod patterns;
mod processes;
mod results;
mod strings;
mod tasks;
mod toml;
mod validate;
mod walks;

pub(crate) use args::{Args, Calls};
pub use json::{from_json, to_json};

use crate::fault::Fault;
use crate::value::Value;

/// How a builtin is carried out.
#[derive(Clone, Copy)]
pub(crate) enum Builtin {
    Pure(fn(Args<'_>) -> Result<Value, Fault>),
    /// Prints, or calls closures.
    Calling(fn(&mut Calls<'_, '_>, Args<'_>) -> Result<Value, Fault>),
}

type Table = &'static [(&'static str, Builtin)];

const TABLES: &[Table] = &[
    output::TABLE,
    strings::TABLE,
    patterns::TABLE,
    processes::TABLE,
    memories::TABLE,
    numbers::TABLE,
    lists::TABLE,
    walks::TABLE,
    tasks::TABLE,
    closures::TABLE,
    maps::TABLE,
    results::TABLE,
    json::TABLE,
    json_patch::TABLE,
    validate::TABLE,
    toml::TABLE,
    encodings::TABLE,
    paths::TABLE,
    operations::TABLE,
];

pub(crate) fn find(name: &str) -> Option<Builtin> {
    TABLES.iter().flat_map(|table| table.iter()).find(|(n, _)| *n == name).map(|(_, b)| *b)
}

/// Every name this machine knows, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = TABLES.iter().flat_map(|table| table.iter()).map(|(n, _)| *n).collect();
    names.sort_unstable();
    names
}
