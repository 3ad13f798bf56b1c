//! The formatter: what it writes, and that writing again changes nothing.

use evidence::compare::Rule;
use evidence::value::Value;
use syntax::format::format_source;

use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "language.format",
    reference: Reference::Spec("the language's specification: the one form of a text"),
    inputs: &[Input::one("text", &[Kind::Text])],
    params: Params::NONE,
    run: format,
    rule: Rule::Exact,
    hardened: &[],
    api: &["syntax::format::format_source(text)"],
};

fn format(call: &Call<'_>) -> Result<Value, Failure> {
    let written = |text: &str| {
        format_source(text).map_err(|faults| {
            let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
            Failure::raised("SyntaxError", codes.join(", "))
        })
    };
    let once = written(call.text("text")?)?;
    if written(&once)? != once {
        return Err(Failure::raised("Divergence", "formatting again changes the text"));
    }
    Ok(Value::Text(once))
}
