//! Merge, join, align and concat.

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::report::Mode;
use evidence::value::{Tree, Value};
use frame::{
    Aggregation, Alignment, Ascending, Concat, ErrorKind, Frame, GroupOptions, How, Join, Merge, On, Series,
    Sort, Validate, concat, concat_columns, concat_series, concat_series_columns,
};

use super::convert::{to_frame, to_series};
use super::operation::{
    Give, Outcome, cells, frame, frame_of, maybe_cell, only, pandas, params, row, series, series_of, tree,
    unfit, unset,
};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(crate) const ROWS: &[Row] = &[
    pandas!("merge", [one left: Frame, one right: Frame], Merged, merge),
    frame!("join", [one other: Frame], Joined, join),
    pandas!("concat", [one objs: Tree], Concatenated, concatenate),
    series!("align", [one other: Series], Aligned, align),
    row!("chain.join_group_sort", "pandas.merge", [one left: Frame, one right: Frame], Chain, chain),
    Row {
        op: "frame.capped_merge",
        reference: Reference::Spec("frames: join_row_cap, counted before anything is allocated"),
        inputs: &[Input::one("left", &[Kind::Frame]), Input::one("right", &[Kind::Frame])],
        params: Params::of::<Capped>(),
        run: capped_merge,
        rule: Rule::Exact,
        hardened: &[ROW_CAP],
        api: &["frame::Frame::merge(right, how, on, row_cap)"],
    },
];

/// The category of a join that hardened mode refuses.
const ROW_CAP: &str = "join_row_cap";

params! {
    Merged {
        how: String, on: Json, left_on: Json, right_on: Json, right_index: bool, sort: bool, suffixes: Json,
        indicator: bool, validate: Option<String>,
    }
    but { left_index: false, copy: unset() }
}

params! {
    /// The cap is hardened mode's; strict mode has none.
    Capped { how: String, on: Json, row_cap: u64 }
}

params! {
    Joined { on: Json, how: String, sort: bool, suffixes: Json }
    but { lsuffix: unset(), rsuffix: unset(), validate: null }
}

params! {
    Concatenated {
        axis: i64, join: String, ignore_index: bool, keys: Json, names: Json, verify_integrity: bool, sort: Json,
    }
    but { levels: null, copy: unset(), union_categories: false }
}

fn merge(call: &Call<'_>) -> Outcome {
    let params = Merged::of(call)?;
    let (left, right) = (frame_of(call, "left")?, frame_of(call, "right")?);
    if params.right_index {
        return merge_on_index(&left, &right, &params);
    }
    let (both, own, others) = (cells(&params.on)?, cells(&params.left_on)?, cells(&params.right_on)?);
    let on = match (both.is_empty(), own.is_empty() && others.is_empty()) {
        (true, true) => On::Common,
        (false, _) => On::Both(both),
        (true, false) => On::Each(own, others),
    };
    let suffix = |place: usize| params.suffixes.get(place).and_then(Json::as_str).map(str::to_owned);
    let options = Merge {
        how: How::parse(&params.how)?,
        on,
        sort: params.sort,
        suffixes: (suffix(0), suffix(1)),
        indicator: params.indicator,
        validate: params.validate.as_deref().map(Validate::parse).transpose()?,
        row_cap: None,
    };
    left.merge(&right, &options)?.give()
}

/// The merge itself; hardened mode refuses one of more rows than the cap, and says so.
fn capped_merge(call: &Call<'_>) -> Outcome {
    let Capped { how, on, row_cap } = Capped::of(call)?;
    let on = cells(&on)?;
    let options = Merge {
        how: How::parse(&how)?,
        on: if on.is_empty() { On::Common } else { On::Both(on) },
        row_cap: (call.mode() == Mode::Hardened).then_some(row_cap),
        ..Merge::default()
    };
    let merged = frame_of(call, "left")?.merge(&frame_of(call, "right")?, &options);
    if merged.as_ref().is_err_and(|error| error.kind() == ErrorKind::RowCap) {
        call.repaired(ROW_CAP, 1);
    }
    merged?.give()
}

/// The engine has one form of it: a column of the left side with the labels of the right.
fn merge_on_index(left: &Frame, right: &Frame, params: &Merged) -> Outcome {
    only("how", &params.how.as_str().into(), &"left".into())?;
    only("sort", &params.sort.into(), &false.into())?;
    only("suffixes", &params.suffixes, &serde_json::json!(["_x", "_y"]))?;
    only("indicator", &params.indicator.into(), &false.into())?;
    only("validate", &params.validate.as_deref().into(), &Json::Null)?;
    only("on", &params.on, &Json::Null)?;
    only("right_on", &params.right_on, &Json::Null)?;
    let own = maybe_cell(&params.left_on)?.ok_or_else(|| unfit("left_on", &params.left_on))?;
    left.join_on(right, &own, ("", ""))?.give()
}

fn join(call: &Call<'_>) -> Outcome {
    let Joined { on, how, sort, suffixes, .. } = Joined::of(call)?;
    only("sort", &sort.into(), &false.into())?;
    let (left, right) = (frame_of(call, "self")?, frame_of(call, "other")?);
    let suffix = |place: usize| suffixes.get(place).and_then(Json::as_str).unwrap_or_default();
    let suffixes = (suffix(0), suffix(1));
    let how = join_of(&how)?;
    match maybe_cell(&on)? {
        Some(on) if how == Join::Left => left.join_on(&right, &on, suffixes)?.give(),
        Some(_) => Err(Failure::unsupported("DataFrame.join(on=) but as a left join")),
        None => left.join(&right, how, suffixes)?.give(),
    }
}

fn join_of(how: &str) -> Result<Join, Failure> {
    Ok(match how {
        "left" => Join::Left,
        "right" => Join::Right,
        "inner" => Join::Inner,
        "outer" => Join::Outer,
        other => return Err(unfit("how", &other.into())),
    })
}

fn concatenate(call: &Call<'_>) -> Outcome {
    let params = Concatenated::of(call)?;
    let sort = if params.sort == unset() {
        false
    } else {
        params.sort.as_bool().ok_or_else(|| unfit("sort", &params.sort))?
    };
    let options = Concat {
        inner: match params.join.as_str() {
            "inner" => true,
            "outer" => false,
            other => return Err(unfit("join", &other.into())),
        },
        ignore_index: params.ignore_index,
        keys: cells(&params.keys)?,
        names: cells(&params.names)?,
        verify_integrity: params.verify_integrity,
        sort,
    };
    let Tree::Items(items) = call.tree("objs")? else {
        return Err(Failure::Malformed("input objs: expected a list".into()));
    };
    let (mut frames, mut series): (Vec<Frame>, Vec<Series>) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Value::Frame(frame) => frames.push(to_frame(frame)?),
            Value::Series(one) => series.push(to_series(one)?),
            other => return Err(Failure::Malformed(format!("input objs: found a {}", other.kind()))),
        }
    }
    if !frames.is_empty() && !series.is_empty() {
        return Err(Failure::unsupported("concat of frames with series"));
    }
    let (frames, series): (Vec<&Frame>, Vec<&Series>) = (frames.iter().collect(), series.iter().collect());
    match (params.axis, series.is_empty()) {
        (0, true) => concat(&frames, &options)?.give(),
        (1, true) => concat_columns(&frames, &options)?.give(),
        (0, false) => concat_series(&series, &options)?.give(),
        (1, false) => concat_series_columns(&series, &options)?.give(),
        (other, _) => Err(unfit("axis", &other.into())),
    }
}

params! {
    Aligned { join: String } but { axis: null, level: null, copy: unset(), fill_value: null }
}

/// Both series over the joined labels.
fn align(call: &Call<'_>) -> Outcome {
    let Aligned { join, .. } = Aligned::of(call)?;
    let (left, right) = (series_of(call, "self")?, series_of(call, "other")?);
    let plan = Alignment::plan(left.index(), right.index(), join_of(&join)?)?;
    let side = |rows: Option<&Vec<i64>>, series: &Series| {
        let values = Alignment::apply(rows, series.values())?;
        Series::new(values, plan.index.clone(), series.name().clone())?.give()
    };
    Ok(tree(vec![side(plan.left.as_ref(), &left)?, side(plan.right.as_ref(), &right)?]))
}

params! {
    /// `how` of the merge on `on`; `sort` of the group-by of `by`, whose columns `values` are summed; `order` to sort
    /// by.
    Chain { on: Json, how: String, by: Json, sort: bool, values: Json, order: Json, ascending: bool }
}

/// `merge`, `groupby(…).sum()` and a stable `sort_values`, one after another.
fn chain(call: &Call<'_>) -> Outcome {
    let Chain { on, how, by, sort, values, order, ascending } = Chain::of(call)?;
    let options = Merge { how: How::parse(&how)?, on: On::Both(cells(&on)?), ..Merge::default() };
    let merged = frame_of(call, "left")?.merge(&frame_of(call, "right")?, &options)?;
    let groups = GroupOptions { as_index: false, sort, ..GroupOptions::default() };
    let summed = merged.groupby(&cells(&by)?, groups)?.select(&cells(&values)?)?.agg(Aggregation::Sum)?;
    let options = Sort { ascending: Ascending::All(ascending), ..Sort::default() };
    summed.sort_values(&cells(&order)?, &options)?.give()
}
