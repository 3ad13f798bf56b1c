//! Arithmetic with alignment.

use column::Arithmetic;
use evidence::json::Json;
use evidence::value::Value;
use frame::FrameRhs;
use serde::Deserialize;

use super::convert::{cell_of_json, from_frame, from_series, to_frame, to_series};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};
use evidence::compare::Rule;

pub(crate) const ROWS: &[Row] = &[
    Row {
        op: "series.add",
        reference: Reference::Pandas("pandas.Series.add"),
        inputs: &[Input::one("self", &[Kind::Series]), Input::one("other", &[Kind::Series])],
        params: Params::of::<Add>(),
        run: series_add,
        rule: Rule::Exact,
        hardened: &[],
        api: &["pandas.Series.add(other, level, fill_value, axis)"],
    },
    Row {
        op: "frame.add",
        reference: Reference::Pandas("pandas.DataFrame.add"),
        inputs: &[Input::one("self", &[Kind::Frame]), Input::one("other", &[Kind::Frame])],
        params: Params::NONE,
        run: frame_add,
        rule: Rule::Exact,
        hardened: &[],
        api: &["pandas.DataFrame.add(other)"],
    },
];

/// pandas' own parameters, `other` aside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    /// A level of a MultiIndex to align on.
    level: Option<Json>,
    /// Stands for what is missing on one side only.
    fill_value: Option<Json>,
    /// Without effect on a series.
    axis: u8,
}

fn series_add(call: &Call<'_>) -> Result<Value, Failure> {
    let Add { level, fill_value, axis } = call.params()?;
    if level.is_some() {
        return Err(Failure::unsupported("Series.add(level=)"));
    }
    if axis != 0 {
        return Err(Failure::unsupported("Series.add(axis=) other than 0"));
    }
    let (left, right) = (to_series(call.series("self")?)?, to_series(call.series("other")?)?);
    let sum = match fill_value {
        None => left.arithmetic(Arithmetic::Add, &right)?,
        Some(fill) => left.arithmetic_filled(Arithmetic::Add, &right, &cell_of_json(&fill)?)?,
    };
    from_series(&sum)
}

fn frame_add(call: &Call<'_>) -> Result<Value, Failure> {
    let (left, right) = (to_frame(call.frame("self")?)?, to_frame(call.frame("other")?)?);
    from_frame(&left.arithmetic(Arithmetic::Add, FrameRhs::Frame(&right))?)
}
