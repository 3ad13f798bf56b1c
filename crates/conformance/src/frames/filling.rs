//! Missing values, and values exchanged for others.

use evidence::json::Json;
use frame::{DropNa, Other};

use super::operation::{
    Give, Nothing, Operand, Outcome, cell, cells, frame, frame_of, maybe_cells, operand, pairs, params,
    series, series_of, unfit, unset,
};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("isna", [], Nothing, |call| series_of(call, "self")?.isna().give()),
    series!("notna", [], Nothing, |call| series_of(call, "self")?.notna().give()),
    series!("fillna", [maybe value: Series], Fill, series_fillna),
    series!("dropna", [], SeriesDrop, |call| {
        let SeriesDrop { ignore_index, .. } = SeriesDrop::of(call)?;
        series_of(call, "self")?.dropna(ignore_index)?.give()
    }),
    series!("ffill", [], Carry, |call| series_of(call, "self")?.ffill(Carry::of(call)?.limit)?.give()),
    series!("bfill", [], Carry, |call| series_of(call, "self")?.bfill(Carry::of(call)?.limit)?.give()),
    series!("where", [one cond: Series, maybe other: Series], Where, |call| {
        let (series, cond) = (series_of(call, "self")?, series_of(call, "cond")?);
        series.where_(&cond, &other_of(call)?)?.give()
    }),
    series!("mask", [one cond: Series, maybe other: Series], Where, |call| {
        let (series, cond) = (series_of(call, "self")?, series_of(call, "cond")?);
        series.mask(&cond, &other_of(call)?)?.give()
    }),
    series!("replace", [], Replace, |call| {
        let Replace { to_replace, value, .. } = Replace::of(call)?;
        series_of(call, "self")?.replace(&replacements(&to_replace, &value)?)?.give()
    }),
    series!("map", [], Map, |call| {
        let Map { func, .. } = Map::of(call)?;
        let pairs = pairs(&func)?.ok_or_else(|| unfit("func", &func))?;
        series_of(call, "self")?.map(&pairs)?.give()
    }),
    frame!("isna", [], Nothing, |call| frame_of(call, "self")?.isna()?.give()),
    frame!("notna", [], Nothing, |call| frame_of(call, "self")?.notna()?.give()),
    frame!("fillna", [], Fill, |call| {
        let value = Fill::of(call)?.value.unwrap_or_default();
        let frame = frame_of(call, "self")?;
        match pairs(&value)? {
            Some(pairs) => frame.fillna_columns(&pairs)?.give(),
            None => frame.fillna(&cell(&value)?)?.give(),
        }
    }),
    frame!("dropna", [], Drop, |call| {
        let Drop { axis, how, subset, ignore_index, .. } = Drop::of(call)?;
        let (how, frame) = (DropNa::parse(&how)?, frame_of(call, "self")?);
        match axis {
            0 => frame.dropna(how, maybe_cells(&subset)?.as_deref(), ignore_index)?.give(),
            1 if subset.is_null() => frame.dropna_columns(how)?.give(),
            other => Err(unfit("axis", &other.into())),
        }
    }),
    frame!("ffill", [], Carry, |call| frame_of(call, "self")?.ffill(Carry::of(call)?.limit)?.give()),
    frame!("bfill", [], Carry, |call| frame_of(call, "self")?.bfill(Carry::of(call)?.limit)?.give()),
    frame!("where", [one cond: Frame], Where, |call| {
        let other = cell(&Where::of(call)?.other.unwrap_or_default())?;
        frame_of(call, "self")?.where_(&frame_of(call, "cond")?, &other)?.give()
    }),
    frame!("replace", [], Replace, |call| {
        let Replace { to_replace, value, .. } = Replace::of(call)?;
        frame_of(call, "self")?.replace(&replacements(&to_replace, &value)?)?.give()
    }),
];

params! {
    /// `value` stands here unless it is an input.
    Fill { value: Option<Json> } but { axis: null, inplace: false, limit: null }
}

params! {
    SeriesDrop { ignore_index: bool } but { axis: 0, inplace: unset(), how: null }
}

params! {
    Drop { axis: i64, how: String, subset: Json, ignore_index: bool } but { thresh: unset(), inplace: unset() }
}

params! {
    Carry { limit: Option<usize> } but { axis: null, inplace: false, limit_area: null }
}

params! {
    /// `other` stands here unless it is an input.
    Where { other: Option<Json> } but { inplace: false, axis: null, level: null }
}

params! {
    Replace { to_replace: Json, value: Json } but { inplace: false, regex: false }
}

params! {
    Map { func: Json } but { na_action: null, engine: null }
}

fn series_fillna(call: &Call<'_>) -> Outcome {
    let Fill { value, .. } = Fill::of(call)?;
    let series = series_of(call, "self")?;
    match value {
        Some(value) => series.fillna(&cell(&value)?)?.give(),
        None => series.fillna_from(&series_of(call, "value")?)?.give(),
    }
}

fn other_of(call: &Call<'_>) -> Result<Other, Failure> {
    match Where::of(call)?.other {
        Some(other) => Ok(Other::Scalar(cell(&other)?)),
        None => match operand(call, "other")? {
            Operand::Series(series) => Ok(Other::Series(Box::new(series))),
            _ => Err(Failure::unsupported("where(other=) of another kind")),
        },
    }
}

/// The pairs of a dictionary, or each of a list with one value.
fn replacements(to_replace: &Json, value: &Json) -> Result<Vec<(column::Scalar, column::Scalar)>, Failure> {
    if let Some(pairs) = pairs(to_replace)? {
        super::operation::only("value", value, &unset())?;
        return Ok(pairs);
    }
    let value = cell(value)?;
    Ok(cells(to_replace)?.into_iter().map(|from| (from, value.clone())).collect())
}
