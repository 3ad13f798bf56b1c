//! The formats of a number bound in prose.

use evidence::compare::Rule;
use evidence::value::{Cell, Value};
use report::format::{self, Format};
use serde::Deserialize;

use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "format_number",
    reference: Reference::CPython("builtins.format"),
    inputs: &[Input::one("value", &[Kind::Scalar])],
    params: Params::of::<Written>(),
    run: format_number,
    rule: Rule::Exact,
    hardened: &[],
    api: &["fixed(n)", "percent(n)", "sig(n)", "sci(n)", "thousands", "money(code)"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// As it stands behind the bar: `percent(1)`.
    format: String,
}

fn format_number(call: &Call<'_>) -> Result<Value, Failure> {
    let Written { format } = call.params()?;
    let format = Format::parse(&format).map_err(|why| Failure::raised("FormatError", why.to_string()))?;
    let value = match call.scalar("value")?.value() {
        Cell::Integer(x) => match i64::try_from(*x) {
            Ok(x) => format::Value::Int(x),
            Err(_) => return Err(Failure::Malformed(format!("{x} is no Int"))),
        },
        Cell::Float(x) => format::Value::Float(*x),
        other => return Err(Failure::Malformed(format!("expected a number, found {other:?}"))),
    };
    let text = format::format_number(value, &format);
    text.map(Value::Text).map_err(|why| Failure::raised("FormatError", why.to_string()))
}
