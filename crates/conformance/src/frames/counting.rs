//! Counting and comparing values: counts, distinct values, duplicates, membership.

use column::{Column, Scalar};
use evidence::json::Json;
use frame::{Aggregation, Inclusive, Index, Keep, ValueCounts};

use super::operation::{
    Give, Nothing, Outcome, cell, cells, frame, frame_of, index, index_of, maybe_cell, maybe_cells, params,
    series, series_of, tree, unfit, unset,
};
use super::scalars::reduced;
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("value_counts", [], SeriesCounts, |call| {
        let SeriesCounts { normalize, sort, ascending, dropna, .. } = SeriesCounts::of(call)?;
        series_of(call, "self")?.value_counts(ValueCounts { normalize, sort, ascending, dropna })?.give()
    }),
    series!("unique", [], Nothing, |call| series_of(call, "self")?.unique()?.give()),
    series!("nunique", [], Distinct, |call| {
        let Distinct { dropna } = Distinct::of(call)?;
        let series = series_of(call, "self")?;
        reduced(&Scalar::Int(series.nunique(dropna) as i64), Aggregation::Nunique, dropna, &series)
    }),
    series!("mode", [], Distinct, |call| {
        let Distinct { dropna } = Distinct::of(call)?;
        series_of(call, "self")?.mode(dropna)?.give()
    }),
    series!("factorize", [], Factorize, factorize),
    series!("duplicated", [], Kept, |call| {
        let Kept { keep } = Kept::of(call)?;
        series_of(call, "self")?.duplicated(keep_of(&keep)?).give()
    }),
    series!("drop_duplicates", [], SeriesDeduplicate, |call| {
        let SeriesDeduplicate { keep, ignore_index, .. } = SeriesDeduplicate::of(call)?;
        series_of(call, "self")?.drop_duplicates(keep_of(&keep)?, ignore_index)?.give()
    }),
    series!("isin", [], Membership, |call| {
        let Membership { values } = Membership::of(call)?;
        series_of(call, "self")?.isin(&cells(&values)?)?.give()
    }),
    series!("between", [], Between, |call| {
        let Between { left, right, inclusive } = Between::of(call)?;
        let inclusive = Inclusive::parse(&inclusive)?;
        series_of(call, "self")?.between(&cell(&left)?, &cell(&right)?, inclusive)?.give()
    }),
    series!("clip", [], Clip, |call| {
        let Clip { lower, upper, .. } = Clip::of(call)?;
        let (lower, upper) = (maybe_cell(&lower)?, maybe_cell(&upper)?);
        series_of(call, "self")?.clip(lower.as_ref(), upper.as_ref())?.give()
    }),
    frame!("value_counts", [], FrameCounts, |call| {
        let FrameCounts { subset, normalize, sort, ascending, dropna } = FrameCounts::of(call)?;
        let options = ValueCounts { normalize, sort, ascending, dropna };
        frame_of(call, "self")?.value_counts(maybe_cells(&subset)?.as_deref(), options)?.give()
    }),
    frame!("nunique", [], FrameDistinct, |call| {
        let FrameDistinct { dropna, .. } = FrameDistinct::of(call)?;
        frame_of(call, "self")?.nunique(dropna)?.give()
    }),
    frame!("duplicated", [], Duplicated, |call| {
        let Duplicated { subset, keep } = Duplicated::of(call)?;
        frame_of(call, "self")?.duplicated(maybe_cells(&subset)?.as_deref(), keep_of(&keep)?)?.give()
    }),
    frame!("drop_duplicates", [], Deduplicate, |call| {
        let Deduplicate { subset, keep, ignore_index, .. } = Deduplicate::of(call)?;
        let (subset, keep) = (maybe_cells(&subset)?, keep_of(&keep)?);
        frame_of(call, "self")?.drop_duplicates(subset.as_deref(), keep, ignore_index)?.give()
    }),
    index!("union", [one other: Index], Union, |call| {
        Union::of(call)?;
        index_of(call, "self")?.union(&index_of(call, "other")?)?.give()
    }),
    index!("intersection", [one other: Index], Intersection, |call| {
        Intersection::of(call)?;
        index_of(call, "self")?.intersection(&index_of(call, "other")?)?.give()
    }),
    index!("duplicated", [], Kept, |call| {
        let Kept { keep } = Kept::of(call)?;
        Column::from(index_of(call, "self")?.duplicated(keep_of(&keep)?)).give()
    }),
    index!("is_unique", [], Nothing, |call| index_of(call, "self")?.is_unique().give()),
    index!("has_duplicates", [], Nothing, |call| index_of(call, "self")?.has_duplicates().give()),
    index!("is_monotonic_increasing", [], Nothing, |call| {
        index_of(call, "self")?.is_monotonic_increasing().give()
    }),
    index!("get_indexer", [one target: Index], Indexer, |call| {
        Indexer::of(call)?;
        Column::from(index_of(call, "self")?.get_indexer(&index_of(call, "target")?)?).give()
    }),
];

params! {
    SeriesCounts { normalize: bool, sort: bool, ascending: bool, dropna: bool } but { bins: null }
}

params! { Distinct { dropna: bool } }

params! {
    Factorize { use_na_sentinel: bool } but { sort: false }
}

params! { Kept { keep: Json } }

params! {
    SeriesDeduplicate { keep: Json, ignore_index: bool } but { inplace: unset() }
}

params! { Membership { values: Json } }

params! { Between { left: Json, right: Json, inclusive: String } }

params! {
    Clip { lower: Json, upper: Json } but { axis: null, inplace: false }
}

params! {
    FrameCounts { subset: Json, normalize: bool, sort: bool, ascending: bool, dropna: bool }
}

params! {
    FrameDistinct { dropna: bool } but { axis: 0 }
}

params! { Duplicated { subset: Json, keep: Json } }

params! {
    Deduplicate { subset: Json, keep: Json, ignore_index: bool } but { inplace: unset() }
}

params! {
    Union { } but { sort: null }
}

params! {
    Intersection { } but { sort: false }
}

params! {
    Indexer { } but { method: null, limit: null, tolerance: null }
}

fn keep_of(keep: &Json) -> Result<Keep, Failure> {
    match keep {
        Json::Bool(false) => Ok(Keep::Neither),
        Json::String(text) if text == "first" => Ok(Keep::First),
        Json::String(text) if text == "last" => Ok(Keep::Last),
        other => Err(unfit("keep", other)),
    }
}

fn factorize(call: &Call<'_>) -> Outcome {
    let Factorize { use_na_sentinel, .. } = Factorize::of(call)?;
    let series = series_of(call, "self")?;
    let found = series.values().factorize(!use_na_sentinel);
    let uniques = Index::from_column(series.values().take(&found.first_rows)?);
    Ok(tree(vec![Column::from(found.codes).give()?, uniques.give()?]))
}
