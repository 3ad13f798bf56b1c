//! The builtins' signatures against the functions whose names they bear.

use evidence::compare::Rule;
use evidence::value::{Tree, Value};
use serde::Deserialize;

use super::lines;
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "builtin.signature",
    reference: Reference::CPython("inspect.signature"),
    inputs: &[Input::one("names", &[Kind::Tree])],
    params: Params::of::<Named>(),
    run: signature,
    rule: Rule::Exact,
    hardened: &[],
    api: &["checker::builtins()"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    /// As `builtins.lm` has it: `Frame.merge`.
    builtin: String,
    /// The reference's function: `pandas.DataFrame.merge`.
    #[expect(dead_code, reason = "the engine has its own")]
    function: String,
}

/// The parameters' names, sorted, but those that take any name. The case repeats them, so that a signature that changes
/// is asked about again.
fn signature(call: &Call<'_>) -> Result<Value, Failure> {
    let Named { builtin, .. } = call.params()?;
    if matches!(call.tree("names")?, Tree::Entries(_)) {
        return Err(Failure::Malformed("input names: expected items, found entries".into()));
    }
    let builtins = checker::builtins();
    let mut declared = builtins.iter().filter(|known| known.name == builtin).peekable();
    if declared.peek().is_none() {
        return Err(Failure::raised("NoBuiltin", format!("builtins.lm declares no {builtin}")));
    }
    let mut names: Vec<String> = declared
        .flat_map(|builtin| &builtin.params)
        .filter(|param| matches!(param.takes, checker::Takes::One))
        .map(|param| param.name.clone())
        .collect();
    names.sort();
    names.dedup();
    Ok(lines(names))
}
