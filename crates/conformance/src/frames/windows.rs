//! Cumulative values, shifts, rolling windows and samples.

use evidence::json::Json;
use frame::{Aggregation, Cumulative, Rolling, Sample};

use super::operation::{Give, Outcome, cell, frame, frame_of, params, row, series, series_of, unfit, unset};
use crate::call::{Call, Failure};
use crate::row::Row;

/// `rolling!(series "mean", Mean)`: `Series.rolling(…).mean()`.
macro_rules! rolling {
    ($name:literal, $how:expr) => {
        row!(
            concat!("series.rolling.", $name),
            concat!("pandas.api.typing.Rolling.", $name),
            [one self: Series],
            Window,
            |call| series_of(call, "self")?.rolling(&Window::of(call)?.options(), $how)?.give()
        )
    };
}

pub(crate) const ROWS: &[Row] = &[
    series!("cumsum", [], SeriesCumulative, |call| cumulative(call, Cumulative::Sum)),
    series!("cumprod", [], SeriesCumulative, |call| cumulative(call, Cumulative::Prod)),
    series!("cummax", [], SeriesCumulative, |call| cumulative(call, Cumulative::Max)),
    series!("cummin", [], SeriesCumulative, |call| cumulative(call, Cumulative::Min)),
    series!("shift", [], Shift, |call| series_of(call, "self")?.shift(Shift::of(call)?.periods)?.give()),
    series!("diff", [], Diff, |call| series_of(call, "self")?.diff(Diff::of(call)?.periods)?.give()),
    series!("pct_change", [], Change, |call| {
        series_of(call, "self")?.pct_change(Change::of(call)?.periods)?.give()
    }),
    rolling!("sum", Aggregation::Sum),
    rolling!("mean", Aggregation::Mean),
    rolling!("median", Aggregation::Median),
    rolling!("min", Aggregation::Min),
    rolling!("max", Aggregation::Max),
    rolling!("var", Aggregation::Var),
    rolling!("std", Aggregation::Std),
    rolling!("count", Aggregation::Count),
    series!("sample", [], Sampled, |call| series_of(call, "self")?.sample(&sample(call)?)?.give()),
    frame!("cumsum", [], FrameCumulative, |call| {
        FrameCumulative::of(call)?;
        frame_of(call, "self")?.cumulative(Cumulative::Sum, true)?.give()
    }),
    row!(
        "frame.rolling.mean",
        "pandas.api.typing.Rolling.mean",
        [one self: Frame],
        Window,
        |call| frame_of(call, "self")?.rolling(&Window::of(call)?.options(), Aggregation::Mean)?.give()
    ),
    frame!("sample", [], Sampled, |call| frame_of(call, "self")?.sample(&sample(call)?)?.give()),
];

params! {
    SeriesCumulative { } but { axis: 0, skipna: true }
}

params! {
    FrameCumulative { } but { axis: 0, skipna: true, numeric_only: false }
}

params! {
    Shift { periods: i64 } but { freq: null, axis: 0, fill_value: unset(), suffix: null }
}

params! { Diff { periods: i64 } }

params! {
    Change { periods: i64 } but { fill_method: null, freq: null }
}

params! {
    Window { window: i64, min_periods: Option<i64>, center: bool }
    but { win_type: null, on: null, closed: null, step: null, method: "single" }
}

params! {
    Sampled { n: Option<i64>, frac: Json, replace: bool, random_state: Json, ignore_index: bool }
    but { weights: null, axis: null }
}

impl Window {
    fn options(&self) -> Rolling {
        Rolling { window: self.window, min_periods: self.min_periods, center: self.center }
    }
}

fn cumulative(call: &Call<'_>, how: Cumulative) -> Outcome {
    SeriesCumulative::of(call)?;
    series_of(call, "self")?.cumulative(how, true)?.give()
}

fn sample(call: &Call<'_>) -> Result<Sample, Failure> {
    let Sampled { n, frac, replace, random_state, ignore_index, .. } = Sampled::of(call)?;
    let seed = random_state.as_u64().and_then(|seed| u32::try_from(seed).ok());
    Ok(Sample {
        n,
        frac: if frac.is_null() { None } else { cell(&frac)?.as_f64() },
        replace,
        random_state: seed.ok_or_else(|| unfit("random_state", &random_state))?,
        ignore_index,
    })
}
