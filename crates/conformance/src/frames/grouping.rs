//! Group-by.
//!
//! The parameters of `groupby` stand beside those of the method that is called on its result; `select` is the column or
//! columns in brackets between the two.

use column::Scalar;
use evidence::json::Json;
use frame::{Aggregation, GroupBy, GroupOptions, Rank, SeriesGroupBy};

use super::operation::{Give, Outcome, cell, cells, frame_of, only, params, row, series_of, tree, unfit};
use super::sorting::rank_method;
use crate::call::{Call, Failure};
use crate::row::Row;

/// `frames!("agg", Agg, agg)`: a method of the groups of a frame.
macro_rules! frames {
    ($name:literal, $params:ty, $run:expr) => {
        row!(
            concat!("frame_groupby.", $name),
            concat!("pandas.api.typing.DataFrameGroupBy.", $name),
            [one self: Frame],
            $params,
            $run
        )
    };
}

/// As `frames!`, of one column's groups: a series by another, or a column of a frame.
macro_rules! column {
    ($name:literal, $params:ty, $run:expr) => {
        row!(
            concat!("series_groupby.", $name),
            concat!("pandas.api.typing.SeriesGroupBy.", $name),
            [one self: Frame | Series, maybe by: Series],
            $params,
            $run
        )
    };
}

pub(crate) const ROWS: &[Row] = &[
    frames!("agg", Agg, frame_agg),
    row!(
        "frame_groupby.named",
        "pandas.api.typing.DataFrameGroupBy.agg",
        [one self: Frame],
        Named,
        named
    ),
    row!("frame_groupby.keys", "pandas.api.typing.DataFrameGroupBy.__iter__", [one self: Frame], Plain, |call| {
        let keys = Plain::of(call)?.by.frame(call)?.keys();
        Ok(tree(keys.iter().map(super::scalars::python_scalar).collect::<Result<_, _>>()?))
    }),
    frames!("size", Plain, |call| Plain::of(call)?.by.frame(call)?.size()?.give()),
    frames!("cumcount", Counted, |call| {
        let Counted { by, ascending } = Counted::of(call)?;
        by.frame(call)?.cumcount(ascending)?.give()
    }),
    frames!("head", Head, |call| {
        let Head { by, n } = Head::of(call)?;
        by.frame(call)?.head(n)?.give()
    }),
    frames!("transform", Transform, |call| {
        let Transform { by, func } = Transform::of(call)?;
        by.frame(call)?.transform(Aggregation::parse(&func)?)?.give()
    }),
    column!("agg", Agg, |call| {
        let Agg { by, func } = Agg::of(call)?;
        match &func {
            Json::String(name) => by.column(call)?.agg(Aggregation::parse(name)?)?.give(),
            list => by.column(call)?.agg_list(&hows(list)?)?.give(),
        }
    }),
    column!("transform", Transform, |call| {
        let Transform { by, func } = Transform::of(call)?;
        by.column(call)?.transform(Aggregation::parse(&func)?)?.give()
    }),
    column!("cumsum", Plain, |call| Plain::of(call)?.by.column(call)?.cumsum()?.give()),
    column!("rank", Ranked, |call| {
        let Ranked { by, method, ascending, pct, .. } = Ranked::of(call)?;
        by.column(call)?.rank(Rank { method: rank_method(&method)?, ascending, pct })?.give()
    }),
    column!("quantile", Quantile, |call| {
        let Quantile { by, q } = Quantile::of(call)?;
        by.column(call)?.agg(Aggregation::Quantile(q))?.give()
    }),
];

/// What makes the groups.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    /// Labels of the keys; none where the key is an input.
    keys: Json,
    as_index: bool,
    sort: bool,
    dropna: bool,
    observed: bool,
    /// The column or columns that the method is for.
    select: Json,
}

params! { Plain { by: By } }

params! { Agg { by: By, func: Json } }

params! {
    /// `named` is `$map`, for the keywords' order is the columns'.
    Named { by: By, named: Json }
}

params! { Counted { by: By, ascending: bool } }

params! { Head { by: By, n: i64 } }

params! { Transform { by: By, func: String } }

params! { Quantile { by: By, q: f64 } }

params! {
    Ranked { by: By, method: String, ascending: bool, pct: bool } but { na_option: "keep" }
}

impl By {
    fn options(&self) -> GroupOptions {
        GroupOptions {
            as_index: self.as_index,
            sort: self.sort,
            dropna: self.dropna,
            observed: self.observed,
        }
    }

    fn groups(&self, call: &Call<'_>) -> Result<GroupBy, Failure> {
        Ok(frame_of(call, "self")?.groupby(&cells(&self.keys)?, self.options())?)
    }

    fn frame(&self, call: &Call<'_>) -> Result<GroupBy, Failure> {
        match &self.select {
            Json::Null => self.groups(call),
            Json::Array(_) => Ok(self.groups(call)?.select(&cells(&self.select)?)?),
            one => Err(unfit("select", one)),
        }
    }

    fn column(&self, call: &Call<'_>) -> Result<SeriesGroupBy, Failure> {
        if call.maybe("by").is_some() {
            only("select", &self.select, &Json::Null)?;
            only("as_index", &self.as_index.into(), &true.into())?;
            return Ok(series_of(call, "self")?.groupby(&[series_of(call, "by")?], self.options())?);
        }
        Ok(self.groups(call)?.column(cell(&self.select)?)?)
    }
}

fn how(name: &Json) -> Result<Aggregation, Failure> {
    let text = name.as_str().ok_or_else(|| unfit("func", name))?;
    Ok(Aggregation::parse(text)?)
}

fn hows(functions: &Json) -> Result<Vec<Aggregation>, Failure> {
    let names = functions.as_array().ok_or_else(|| unfit("func", functions))?;
    names.iter().map(how).collect()
}

fn frame_agg(call: &Call<'_>) -> Outcome {
    let Agg { by, func } = Agg::of(call)?;
    let groups = by.frame(call)?;
    match &func {
        Json::String(name) => groups.agg(Aggregation::parse(name)?)?.give(),
        Json::Object(object) if object.values().all(Json::is_string) => {
            let one = |(label, name): (&String, &Json)| Ok((Scalar::str(label), how(name)?));
            groups.agg_columns(&object.iter().map(one).collect::<Result<Vec<_>, Failure>>()?)?.give()
        }
        Json::Object(object) => {
            let one = |(label, names): (&String, &Json)| Ok((Scalar::str(label), hows(names)?));
            groups.agg_lists(&object.iter().map(one).collect::<Result<Vec<_>, Failure>>()?)?.give()
        }
        other => Err(unfit("func", other)),
    }
}

fn named(call: &Call<'_>) -> Outcome {
    let Named { by, named } = Named::of(call)?;
    let listed = named.get("$map").and_then(Json::as_array).ok_or_else(|| unfit("named", &named))?;
    let one = |entry: &Json| {
        let (out, pair) = (entry.get(0).and_then(Json::as_str), entry.get(1).and_then(Json::as_array));
        match (out, pair.map(Vec::as_slice)) {
            (Some(out), Some([column, name])) => Ok((Scalar::str(out), cell(column)?, how(name)?)),
            _ => Err(unfit("named", entry)),
        }
    };
    let named = listed.iter().map(one).collect::<Result<Vec<_>, Failure>>()?;
    by.frame(call)?.agg_named(&named)?.give()
}
