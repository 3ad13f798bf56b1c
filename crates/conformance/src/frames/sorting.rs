//! Order: sorting, ranks, the largest and smallest.

use column::Column;
use evidence::json::Json;
use frame::{Ascending, NaPosition, Rank, RankMethod, Sort};

use super::operation::{Give, cells, column_of, frame, frame_of, params, series, series_of, unfit, unset};
use crate::call::Failure;
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("sort_values", [], SeriesSort, |call| {
        let SeriesSort { ascending, na_position, ignore_index, .. } = SeriesSort::of(call)?;
        series_of(call, "self")?.sort_values(&sort(&ascending, &na_position, ignore_index)?)?.give()
    }),
    series!("sort_index", [], SortIndex, |call| {
        let SortIndex { axis, ascending, na_position, ignore_index, .. } = SortIndex::of(call)?;
        let options = sort(&ascending, &na_position, ignore_index)?;
        match axis {
            0 => series_of(call, "self")?.sort_index(&options)?.give(),
            other => Err(unfit("axis", &other.into())),
        }
    }),
    series!("nlargest", [], SeriesTop, |call| {
        series_of(call, "self")?.nlargest(SeriesTop::of(call)?.n)?.give()
    }),
    series!("nsmallest", [], SeriesTop, |call| {
        series_of(call, "self")?.nsmallest(SeriesTop::of(call)?.n)?.give()
    }),
    series!("rank", [], Ranked, |call| {
        let Ranked { method, ascending, pct, .. } = Ranked::of(call)?;
        series_of(call, "self")?.rank(Rank { method: rank_method(&method)?, ascending, pct })?.give()
    }),
    series!("searchsorted", [one value: Column], Search, |call| {
        let Search { side, .. } = Search::of(call)?;
        let values = series_of(call, "self")?;
        let found = values.values().searchsorted(&column_of(call, "value")?, side == "right")?;
        Column::from(found.into_iter().map(|place| place as i64).collect::<Vec<_>>()).give()
    }),
    frame!("sort_values", [], FrameSort, |call| {
        let FrameSort { by, ascending, na_position, ignore_index, .. } = FrameSort::of(call)?;
        let options = sort(&ascending, &na_position, ignore_index)?;
        frame_of(call, "self")?.sort_values(&cells(&by)?, &options)?.give()
    }),
    frame!("sort_index", [], SortIndex, |call| {
        let SortIndex { axis, ascending, na_position, ignore_index, .. } = SortIndex::of(call)?;
        let (frame, options) = (frame_of(call, "self")?, sort(&ascending, &na_position, ignore_index)?);
        match axis {
            0 => frame.sort_index(&options)?.give(),
            1 => frame.sort_columns(&options)?.give(),
            other => Err(unfit("axis", &other.into())),
        }
    }),
    frame!("nlargest", [], Top, |call| {
        let Top { n, columns, .. } = Top::of(call)?;
        frame_of(call, "self")?.nlargest(n, &cells(&columns)?)?.give()
    }),
    frame!("nsmallest", [], Top, |call| {
        let Top { n, columns, .. } = Top::of(call)?;
        frame_of(call, "self")?.nsmallest(n, &cells(&columns)?)?.give()
    }),
];

params! {
    SeriesSort { ascending: Json, na_position: String, ignore_index: bool }
    but { axis: 0, inplace: unset(), kind: "stable", key: null }
}

params! {
    FrameSort { by: Json, ascending: Json, na_position: String, ignore_index: bool }
    but { axis: 0, inplace: unset(), kind: "stable", key: null }
}

params! {
    SortIndex { axis: i64, ascending: Json, na_position: String, ignore_index: bool }
    but { level: null, inplace: unset(), kind: "stable", sort_remaining: true, key: null }
}

params! {
    SeriesTop { n: usize } but { keep: "first" }
}

params! {
    Top { n: usize, columns: Json } but { keep: "first" }
}

params! {
    Ranked { method: String, ascending: bool, pct: bool } but { axis: 0, numeric_only: false, na_option: "keep" }
}

params! {
    Search { side: String } but { sorter: null }
}

fn sort(ascending: &Json, na_position: &str, ignore_index: bool) -> Result<Sort, Failure> {
    let flag = |json: &Json| json.as_bool().ok_or_else(|| unfit("ascending", json));
    let ascending = match ascending {
        Json::Array(items) => Ascending::Each(items.iter().map(flag).collect::<Result<_, _>>()?),
        one => Ascending::All(flag(one)?),
    };
    Ok(Sort { ascending, na_position: NaPosition::parse(na_position)?, ignore_index })
}

pub(super) fn rank_method(method: &str) -> Result<RankMethod, Failure> {
    Ok(match method {
        "average" => RankMethod::Average,
        "min" => RankMethod::Min,
        "max" => RankMethod::Max,
        "first" => RankMethod::First,
        "dense" => RankMethod::Dense,
        other => return Err(unfit("method", &other.into())),
    })
}
