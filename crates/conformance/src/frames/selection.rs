//! Rows and columns chosen by label, position or condition.

use evidence::json::Json;
use frame::{Labels, Positions};

use super::operation::{Give, Outcome, cell, cells, frame, frame_of, params, series, series_of, unfit};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("__getitem__", [maybe key: Series], Key, |call| match Key::of(call)?.key {
        Some(key) => Err(unfit("key", &key)),
        None => series_of(call, "self")?.filter(&series_of(call, "key")?)?.give(),
    }),
    series!("loc", [maybe rows: Series], Place, |call| {
        let Place { rows, columns } = Place::of(call)?;
        if !columns.is_null() {
            return Err(unfit("columns", &columns));
        }
        series_of(call, "self")?.loc(&row_labels(call, rows)?)?.give()
    }),
    series!("iloc", [], At, |call| {
        let At { rows, columns } = At::of(call)?;
        if !columns.is_null() {
            return Err(unfit("columns", &columns));
        }
        series_of(call, "self")?.iloc(&positions(&rows)?)?.give()
    }),
    series!("head", [], Few, |call| series_of(call, "self")?.head(Few::of(call)?.n).give()),
    series!("tail", [], Few, |call| series_of(call, "self")?.tail(Few::of(call)?.n).give()),
    frame!("__getitem__", [maybe key: Series], Key, getitem),
    frame!("loc", [maybe rows: Series], Place, |call| {
        let Place { rows, columns } = Place::of(call)?;
        let columns = if columns.is_null() { None } else { Some(labels(&columns)?) };
        frame_of(call, "self")?.loc(&row_labels(call, rows)?, columns.as_ref())?.give()
    }),
    frame!("iloc", [], At, |call| {
        let At { rows, columns } = At::of(call)?;
        let columns = if columns.is_null() { None } else { Some(positions(&columns)?) };
        frame_of(call, "self")?.iloc(&positions(&rows)?, columns.as_ref())?.give()
    }),
    frame!("head", [], Few, |call| frame_of(call, "self")?.head(Few::of(call)?.n).give()),
    frame!("tail", [], Few, |call| frame_of(call, "self")?.tail(Few::of(call)?.n).give()),
];

params! {
    /// `key` stands here unless it is a mask, which is an input.
    Key { key: Option<Json> }
}

params! {
    /// What stands in the brackets; `rows` unless it is a mask, which is an input.
    Place { rows: Option<Json>, columns: Json }
}

params! { At { rows: Json, columns: Json } }

params! { Few { n: i64 } }

fn getitem(call: &Call<'_>) -> Outcome {
    let frame = frame_of(call, "self")?;
    match Key::of(call)?.key {
        None => frame.filter(&series_of(call, "key")?)?.give(),
        Some(key @ Json::Array(_)) => frame.select_columns(&cells(&key)?)?.give(),
        Some(key) => frame.get(cell(&key)?)?.give(),
    }
}

fn row_labels(call: &Call<'_>, rows: Option<Json>) -> Result<Labels, Failure> {
    match rows {
        Some(rows) => labels(&rows),
        None => Ok(Labels::Series(series_of(call, "rows")?)),
    }
}

fn bound(bounds: &[Json], place: usize) -> &Json {
    bounds.get(place).unwrap_or(&Json::Null)
}

fn labels(selector: &Json) -> Result<Labels, Failure> {
    let maybe = super::operation::maybe_cell;
    Ok(match (selector, selector.get("$slice").and_then(Json::as_array)) {
        (Json::Array(items), _) => Labels::List(items.iter().map(cell).collect::<Result<_, _>>()?),
        (_, Some(bounds)) if bound(bounds, 2).is_null() => {
            Labels::Slice(maybe(bound(bounds, 0))?, maybe(bound(bounds, 1))?)
        }
        (_, Some(_)) => return Err(unfit("slice", selector)),
        (one, None) => Labels::One(cell(one)?),
    })
}

fn positions(selector: &Json) -> Result<Positions, Failure> {
    let place = |json: &Json| json.as_i64().ok_or_else(|| unfit("iloc", json));
    let maybe = |json: &Json| if json.is_null() { Ok(None) } else { place(json).map(Some) };
    Ok(match (selector, selector.get("$slice").and_then(Json::as_array)) {
        (Json::Array(items), _) => Positions::List(items.iter().map(place).collect::<Result<_, _>>()?),
        (_, Some(bounds)) => {
            Positions::Slice(maybe(bound(bounds, 0))?, maybe(bound(bounds, 1))?, maybe(bound(bounds, 2))?)
        }
        (one, None) => Positions::One(place(one)?),
    })
}
