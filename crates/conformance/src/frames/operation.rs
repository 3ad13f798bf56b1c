//! How an operation of pandas becomes a row: its inputs, its parameters, its executor.
//!
//! A row is named like the function that attests it: `series.sort_values` is `pandas.Series.sort_values`. Its struct has
//! every parameter of that function, in pandas' spelling. Those after `but` the engine does not have: any value other
//! than pandas' default is an unsupported feature, by name, and never ignored.

use column::{Column, Scalar};
use evidence::json::Json;
use evidence::value::{self, Value};
use frame::{Frame, Index, Selected, Series};
use serde_json::json;

use super::convert::{
    cell_of_json, from_column, from_frame, from_index, from_series, qualified, to_column, to_frame, to_index,
    to_series,
};
use super::scalars::plain_scalar;
use crate::call::{Call, Failure};

pub(super) type Outcome = Result<Value, Failure>;

/// Runs an executor and passes on what the engine warns of.
pub(crate) fn warned(call: &Call<'_>, run: impl FnOnce(&Call<'_>) -> Outcome) -> Outcome {
    let (outcome, warnings) = column::with_warnings(|| run(call));
    for warning in warnings {
        call.warn(qualified(warning.kind.class()), warning.message);
    }
    outcome
}

/// `series!("head", [one n: Scalar], Head, head)`: the row of `pandas.Series.head`. The input `self` is its object.
macro_rules! series {
    ($name:literal, [$($inputs:tt)*], $params:ty, $run:expr) => {
        $crate::frames::operation::row!(
            concat!("series.", $name), concat!("pandas.Series.", $name), [one self: Series, $($inputs)*], $params, $run
        )
    };
}

/// As `series!`, of `pandas.DataFrame`.
macro_rules! frame {
    ($name:literal, [$($inputs:tt)*], $params:ty, $run:expr) => {
        $crate::frames::operation::row!(
            concat!("frame.", $name), concat!("pandas.DataFrame.", $name), [one self: Frame, $($inputs)*], $params, $run
        )
    };
}

/// As `series!`, of `pandas.Index`.
macro_rules! index {
    ($name:literal, [$($inputs:tt)*], $params:ty, $run:expr) => {
        $crate::frames::operation::row!(
            concat!("index.", $name), concat!("pandas.Index.", $name), [one self: Index, $($inputs)*], $params, $run
        )
    };
}

/// As `series!`, of a function of the module `pandas`, which has no object.
macro_rules! pandas {
    ($name:literal, [$($inputs:tt)*], $params:ty, $run:expr) => {
        $crate::frames::operation::row!(
            concat!("pandas.", $name), concat!("pandas.", $name), [$($inputs)*], $params, $run
        )
    };
}

/// A row with its inputs, each `one` that every case gives or `maybe` one that a case may leave out.
macro_rules! row {
    (
        $op:expr, $reference:expr, [$($how:ident $input:ident: $($kind:ident)|+),* $(,)?], $params:ty, $run:expr
    ) => {
        $crate::row::Row {
            op: $op,
            reference: $crate::row::Reference::Pandas($reference),
            inputs: &[$($crate::row::Input::$how(stringify!($input), &[$($crate::row::Kind::$kind),+])),*],
            params: $crate::row::Params::of::<$params>(),
            run: |call| $crate::frames::operation::warned(call, $run),
            rule: evidence::compare::Rule::Exact,
            hardened: &[],
            api: &[$reference],
        }
    };
}

/// The parameters of an operation: those that the executor reads, `but` those that must stand at pandas' default.
macro_rules! params {
    (
        $(#[$about:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }
        $(but { $($fixed:ident: $default:expr),* $(,)? })?
    ) => {
        $(#[$about])*
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $($field: $type,)*
            $($($fixed: evidence::json::Json,)*)?
        }

        impl $name {
            fn of(call: &$crate::call::Call<'_>) -> Result<Self, $crate::call::Failure> {
                // Defaults are written as JSON has them.
                #[allow(non_upper_case_globals, dead_code)]
                const null: evidence::json::Json = evidence::json::Json::Null;
                let params: Self = call.params()?;
                $($($crate::frames::operation::only(
                    stringify!($fixed), &params.$fixed, &serde_json::json!($default),
                )?;)*)?
                Ok(params)
            }
        }
    };
}

pub(super) use {frame, index, pandas, params, row, series};

/// An operation without parameters.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The tag for pandas' `no_default`: a parameter that was not given, where none of its values says that.
pub(super) fn unset() -> Json {
    json!({"$": "no default"})
}

/// Refuses a parameter that the engine does not have, unless it stands at its default.
pub(super) fn only(name: &str, found: &Json, default: &Json) -> Result<(), Failure> {
    if found == default { Ok(()) } else { Err(Failure::unsupported(format!("{name}={found}"))) }
}

// --- inputs -------------------------------------------------------------------------------------------------------

pub(super) fn series_of(call: &Call<'_>, name: &str) -> Result<Series, Failure> {
    to_series(call.series(name)?)
}

pub(super) fn frame_of(call: &Call<'_>, name: &str) -> Result<Frame, Failure> {
    to_frame(call.frame(name)?)
}

pub(super) fn index_of(call: &Call<'_>, name: &str) -> Result<Index, Failure> {
    to_index(call.index(name)?)
}

pub(super) fn column_of(call: &Call<'_>, name: &str) -> Result<Column, Failure> {
    to_column(call.column(name)?)
}

/// A frame, a series or a scalar.
pub(super) enum Operand {
    Frame(Frame),
    Series(Series),
    Scalar(Scalar),
}

/// The input as the engine's value.
pub(super) fn operand(call: &Call<'_>, name: &str) -> Result<Operand, Failure> {
    Ok(match call.input(name)? {
        Value::Frame(frame) => Operand::Frame(to_frame(frame)?),
        Value::Series(series) => Operand::Series(to_series(series)?),
        Value::Scalar(scalar) => Operand::Scalar(super::scalars::to_scalar(scalar)?),
        other => {
            return Err(Failure::Malformed(format!(
                "input {name}: expected a table or a scalar, found a {}",
                other.kind()
            )));
        }
    })
}

// --- parameters ---------------------------------------------------------------------------------------------------

/// A cell, `null` for `None`.
pub(super) fn cell(json: &Json) -> Result<Scalar, Failure> {
    match json {
        Json::Array(items) => Ok(Scalar::List(items.iter().map(cell).collect::<Result<_, _>>()?)),
        one => cell_of_json(one),
    }
}

/// A cell, nothing for `null`.
pub(super) fn maybe_cell(json: &Json) -> Result<Option<Scalar>, Failure> {
    if json.is_null() { Ok(None) } else { cell(json).map(Some) }
}

/// A label or a list of labels; `null` for none.
pub(super) fn cells(json: &Json) -> Result<Vec<Scalar>, Failure> {
    match json {
        Json::Null => Ok(Vec::new()),
        Json::Array(items) => items.iter().map(cell).collect(),
        one => Ok(vec![cell(one)?]),
    }
}

/// A label or a list of labels; nothing for `null`.
pub(super) fn maybe_cells(json: &Json) -> Result<Option<Vec<Scalar>>, Failure> {
    if json.is_null() { Ok(None) } else { cells(json).map(Some) }
}

/// The pairs of an object or of `{"$map": [[from, to], …]}`; nothing for anything else.
pub(super) fn pairs(json: &Json) -> Result<Option<Vec<(Scalar, Scalar)>>, Failure> {
    let Json::Object(object) = json else { return Ok(None) };
    if let Some(Json::Array(pairs)) = object.get("$map") {
        let pair = |pair: &Json| match pair.as_array().map(Vec::as_slice) {
            Some([from, to]) => Ok((cell(from)?, cell(to)?)),
            _ => Err(Failure::Malformed(format!("expected a pair in $map, found {pair}"))),
        };
        return pairs.iter().map(pair).collect::<Result<_, _>>().map(Some);
    }
    if object.keys().any(|key| key.starts_with('$')) {
        return Ok(None);
    }
    let pair = |(from, to): (&String, &Json)| Ok((Scalar::str(from), cell(to)?));
    object.iter().map(pair).collect::<Result<_, Failure>>().map(Some)
}

/// A parameter of another form than the executor passes on.
pub(super) fn unfit(name: &str, found: &Json) -> Failure {
    Failure::unsupported(format!("{name}={found}"))
}

// --- results ------------------------------------------------------------------------------------------------------

/// What the engine gives, as a value of the plane.
pub(super) trait Give {
    fn give(&self) -> Outcome;
}

impl Give for Series {
    fn give(&self) -> Outcome {
        from_series(self)
    }
}

impl Give for Frame {
    fn give(&self) -> Outcome {
        from_frame(self)
    }
}

impl Give for Index {
    fn give(&self) -> Outcome {
        Ok(Value::Index(from_index(self)?))
    }
}

impl Give for Column {
    fn give(&self) -> Outcome {
        Ok(Value::Column(from_column(self)?))
    }
}

impl Give for Scalar {
    fn give(&self) -> Outcome {
        plain_scalar(self)
    }
}

impl Give for bool {
    fn give(&self) -> Outcome {
        plain_scalar(&Scalar::Bool(*self))
    }
}

impl Give for Selected {
    fn give(&self) -> Outcome {
        match self {
            Selected::Frame(frame) => frame.give(),
            Selected::Series(series) => series.give(),
            Selected::Scalar(scalar) => scalar.give(),
        }
    }
}

/// A tree of results.
pub(super) fn tree(items: Vec<Value>) -> Value {
    Value::Tree(value::Tree::Items(items))
}
