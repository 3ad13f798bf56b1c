//! Reductions of a series to a scalar and of a frame to a series.

use std::cmp::Ordering;

use column::Scalar;
use evidence::compare::{Rule, Tolerance};
use evidence::json::Json;
use frame::{Aggregation, Reduce};

use super::convert::to_series;
use super::operation::{Give, Nothing, Outcome, frame, frame_of, only, params, series, series_of, unfit};
use super::scalars::{plain_scalar, reduced, scalar_of};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("sum", [], Summed, |call| summed(call, Aggregation::Sum)),
    series!("prod", [], Summed, |call| summed(call, Aggregation::Prod)),
    series!("mean", [], Averaged, |call| averaged(call, Aggregation::Mean)),
    series!("median", [], Averaged, |call| averaged(call, Aggregation::Median)),
    series!("min", [], Averaged, |call| averaged(call, Aggregation::Min)),
    series!("max", [], Averaged, |call| averaged(call, Aggregation::Max)),
    series!("var", [], Spread, |call| spread(call, Aggregation::Var)),
    series!("std", [], Spread, |call| spread(call, Aggregation::Std)),
    series!("sem", [], Spread, error_of_mean),
    Row {
        rule: Rule::Within(CORRELATION),
        ..series!("corr", [one other: Series], SeriesCorrelation, |call| {
            SeriesCorrelation::of(call)?;
            let (own, other) = (series_of(call, "self")?, to_series(call.series("other")?)?);
            // Without a label in common pandas answers with a NaN of its own.
            let is_apart = own.index().intersection(other.index())?.is_empty();
            scalar_of(&Scalar::Float(own.corr(&other)?), if is_apart { "float" } else { "float64" })
        })
    },
    series!("any", [], Truth, |call| truth(call, Aggregation::Any)),
    series!("all", [], Truth, |call| truth(call, Aggregation::All)),
    series!("count", [], Nothing, |call| reduce_series(call, Aggregation::Count, Reduce::default())),
    series!("idxmin", [], Extreme, |call| extreme(call, Ordering::Less)),
    series!("idxmax", [], Extreme, |call| extreme(call, Ordering::Greater)),
    series!("quantile", [], SeriesQuantile, series_quantile),
    series!("describe", [], Describe, |call| {
        Describe::of(call)?;
        series_of(call, "self")?.describe()?.give()
    }),
    frame!("sum", [], FrameSummed, |call| frame_summed(call, Aggregation::Sum)),
    frame!("prod", [], FrameSummed, |call| frame_summed(call, Aggregation::Prod)),
    frame!("mean", [], FrameAveraged, |call| frame_averaged(call, Aggregation::Mean)),
    frame!("median", [], FrameAveraged, |call| frame_averaged(call, Aggregation::Median)),
    frame!("min", [], FrameAveraged, |call| frame_averaged(call, Aggregation::Min)),
    frame!("max", [], FrameAveraged, |call| frame_averaged(call, Aggregation::Max)),
    frame!("var", [], FrameSpread, |call| frame_spread(call, Aggregation::Var)),
    frame!("std", [], FrameSpread, |call| frame_spread(call, Aggregation::Std)),
    frame!("any", [], Truth, |call| frame_truth(call, Aggregation::Any)),
    frame!("all", [], Truth, |call| frame_truth(call, Aggregation::All)),
    frame!("count", [], FrameCount, frame_count),
    frame!("idxmax", [], FrameExtreme, |call| {
        FrameExtreme::of(call)?;
        frame_of(call, "self")?.idx_extreme(Ordering::Greater)?.give()
    }),
    frame!("quantile", [], FrameQuantile, frame_quantile),
    frame!("describe", [], Describe, |call| {
        Describe::of(call)?;
        frame_of(call, "self")?.describe()?.give()
    }),
    Row {
        rule: Rule::Within(CORRELATION),
        ..frame!("corr", [], Correlation, |call| {
            Correlation::of(call)?;
            frame_of(call, "self")?.corr()?.give()
        })
    },
];

/// The reference's sums of products go through BLAS, whose order is not ours.
const CORRELATION: &[(&str, Tolerance)] = &[("float64", Tolerance { rtol: 1e-12, atol: 0.0 })];

params! {
    Summed { axis: Json, skipna: bool, min_count: i64 } but { numeric_only: false }
}

params! {
    Averaged { skipna: bool } but { axis: 0, numeric_only: false }
}

params! {
    Spread { axis: Json, skipna: bool, ddof: usize } but { numeric_only: false }
}

params! {
    Truth { } but { axis: 0, bool_only: false, skipna: true }
}

params! {
    Extreme { } but { axis: 0, skipna: true }
}

params! {
    SeriesQuantile { q: Json } but { interpolation: "linear" }
}

params! {
    Describe { } but { percentiles: null, include: null, exclude: null }
}

params! {
    FrameSummed { axis: i64, skipna: bool, numeric_only: bool, min_count: i64 }
}

params! {
    FrameAveraged { axis: i64, skipna: bool, numeric_only: bool }
}

params! {
    FrameSpread { axis: i64, skipna: bool, ddof: usize, numeric_only: bool }
}

params! {
    FrameCount { axis: i64, numeric_only: bool }
}

params! {
    FrameExtreme { } but { axis: 0, skipna: true, numeric_only: false }
}

params! {
    FrameQuantile { q: Json } but { axis: 0, numeric_only: false, interpolation: "linear", method: "single" }
}

params! {
    SeriesCorrelation { } but { method: "pearson", min_periods: null }
}

params! {
    Correlation { } but { method: "pearson", min_periods: 1, numeric_only: false }
}

fn count_of(min_count: i64) -> usize {
    usize::try_from(min_count).unwrap_or(0)
}

/// A series has one axis; `null` is the same one.
fn series_axis(axis: &Json) -> Result<(), Failure> {
    if axis.is_null() { Ok(()) } else { only("axis", axis, &Json::from(0)) }
}

fn reduce_series(call: &Call<'_>, how: Aggregation, options: Reduce) -> Outcome {
    let series = series_of(call, "self")?;
    reduced(&series.reduce(how, &options)?, how, options.skipna, &series)
}

fn reduce_frame(call: &Call<'_>, how: Aggregation, axis: i64, options: Reduce) -> Outcome {
    let frame = frame_of(call, "self")?;
    match axis {
        0 => frame.reduce(how, &options)?.give(),
        1 => frame.reduce_rows(how, &options)?.give(),
        other => Err(unfit("axis", &other.into())),
    }
}

fn summed(call: &Call<'_>, how: Aggregation) -> Outcome {
    let Summed { axis, skipna, min_count, .. } = Summed::of(call)?;
    series_axis(&axis)?;
    reduce_series(call, how, Reduce { skipna, min_count: count_of(min_count), ..Reduce::default() })
}

fn averaged(call: &Call<'_>, how: Aggregation) -> Outcome {
    let Averaged { skipna, .. } = Averaged::of(call)?;
    reduce_series(call, how, Reduce { skipna, ..Reduce::default() })
}

fn spread(call: &Call<'_>, how: Aggregation) -> Outcome {
    let Spread { axis, skipna, ddof, .. } = Spread::of(call)?;
    series_axis(&axis)?;
    reduce_series(call, how, Reduce { skipna, ddof, ..Reduce::default() })
}

fn error_of_mean(call: &Call<'_>) -> Outcome {
    let Spread { axis, skipna, ddof, .. } = Spread::of(call)?;
    series_axis(&axis)?;
    only("skipna", &skipna.into(), &true.into())?;
    only("ddof", &ddof.into(), &1.into())?;
    scalar_of(&Scalar::Float(series_of(call, "self")?.sem()?), "float64")
}

fn truth(call: &Call<'_>, how: Aggregation) -> Outcome {
    Truth::of(call)?;
    reduce_series(call, how, Reduce::default())
}

fn extreme(call: &Call<'_>, wanted: Ordering) -> Outcome {
    Extreme::of(call)?;
    plain_scalar(&series_of(call, "self")?.idx_extreme(wanted)?)
}

fn quantiles(q: &Json) -> Result<Option<Vec<f64>>, Failure> {
    let Json::Array(qs) = q else { return Ok(None) };
    qs.iter().map(|q| number("q", q)).collect::<Result<_, _>>().map(Some)
}

fn number(name: &str, json: &Json) -> Result<f64, Failure> {
    super::operation::cell(json)?.as_f64().ok_or_else(|| unfit(name, json))
}

fn series_quantile(call: &Call<'_>) -> Outcome {
    let SeriesQuantile { q, .. } = SeriesQuantile::of(call)?;
    let series = series_of(call, "self")?;
    match quantiles(&q)? {
        Some(qs) => series.quantiles(&qs)?.give(),
        None => {
            let q = number("q", &q)?;
            reduced(&series.quantile(q)?, Aggregation::Quantile(q), true, &series)
        }
    }
}

fn frame_quantile(call: &Call<'_>) -> Outcome {
    let FrameQuantile { q, .. } = FrameQuantile::of(call)?;
    let frame = frame_of(call, "self")?;
    match quantiles(&q)? {
        Some(qs) => frame.quantiles(&qs)?.give(),
        None => frame.quantile(number("q", &q)?)?.give(),
    }
}

fn frame_summed(call: &Call<'_>, how: Aggregation) -> Outcome {
    let FrameSummed { axis, skipna, numeric_only, min_count } = FrameSummed::of(call)?;
    let min_count = count_of(min_count);
    reduce_frame(call, how, axis, Reduce { skipna, numeric_only, min_count, ..Reduce::default() })
}

fn frame_averaged(call: &Call<'_>, how: Aggregation) -> Outcome {
    let FrameAveraged { axis, skipna, numeric_only } = FrameAveraged::of(call)?;
    reduce_frame(call, how, axis, Reduce { skipna, numeric_only, ..Reduce::default() })
}

fn frame_spread(call: &Call<'_>, how: Aggregation) -> Outcome {
    let FrameSpread { axis, skipna, ddof, numeric_only } = FrameSpread::of(call)?;
    reduce_frame(call, how, axis, Reduce { skipna, ddof, numeric_only, ..Reduce::default() })
}

fn frame_truth(call: &Call<'_>, how: Aggregation) -> Outcome {
    Truth::of(call)?;
    reduce_frame(call, how, 0, Reduce::default())
}

fn frame_count(call: &Call<'_>) -> Outcome {
    let FrameCount { axis, numeric_only } = FrameCount::of(call)?;
    reduce_frame(call, Aggregation::Count, axis, Reduce { numeric_only, ..Reduce::default() })
}
