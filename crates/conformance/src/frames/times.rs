//! The `dt` accessor and conversions of whole columns.

use column::DatetimePart;
use frame::{OnError, Series};

use super::operation::{Give, Nothing, Outcome, pandas, params, row, series_of, unset};
use crate::call::{Call, Failure};
use crate::row::Row;

/// `part!("year", Nothing, year)`: a member of the accessor `dt`, whose class depends on the values.
macro_rules! part {
    ($name:literal, $params:ty, $run:expr) => {
        row!(concat!("series.dt.", $name), "pandas.Series.dt", [one self: Series], $params, $run)
    };
}

pub(crate) const ROWS: &[Row] = &[
    part!("year", Nothing, |call| part(call, DatetimePart::Year)),
    part!("month", Nothing, |call| part(call, DatetimePart::Month)),
    part!("day", Nothing, |call| part(call, DatetimePart::Day)),
    part!("hour", Nothing, |call| part(call, DatetimePart::Hour)),
    part!("minute", Nothing, |call| part(call, DatetimePart::Minute)),
    part!("second", Nothing, |call| part(call, DatetimePart::Second)),
    part!("microsecond", Nothing, |call| named_part(call, "microsecond")),
    part!("nanosecond", Nothing, |call| named_part(call, "nanosecond")),
    part!("day_of_week", Nothing, |call| part(call, DatetimePart::DayOfWeek)),
    part!("day_of_year", Nothing, |call| part(call, DatetimePart::DayOfYear)),
    part!("quarter", Nothing, |call| part(call, DatetimePart::Quarter)),
    part!("days_in_month", Nothing, |call| named_part(call, "days_in_month")),
    part!("is_leap_year", Nothing, |call| {
        moments(call)?.map_values(|column| column.is_leap_year())?.give()
    }),
    part!("is_month_start", Nothing, |call| series_of(call, "self")?.dt()?.is_month_start()?.give()),
    part!("is_month_end", Nothing, |call| series_of(call, "self")?.dt()?.is_month_end()?.give()),
    part!("day_name", Names, |call| {
        Names::of(call)?;
        series_of(call, "self")?.dt()?.day_name()?.give()
    }),
    part!("month_name", Names, |call| {
        Names::of(call)?;
        series_of(call, "self")?.dt()?.month_name()?.give()
    }),
    part!("normalize", Nothing, |call| series_of(call, "self")?.dt()?.normalize()?.give()),
    part!("floor", Floor, |call| {
        let Floor { freq, .. } = Floor::of(call)?;
        series_of(call, "self")?.dt()?.floor(&freq)?.give()
    }),
    part!("strftime", Format, |call| {
        let Format { date_format } = Format::of(call)?;
        series_of(call, "self")?.dt()?.strftime(&date_format)?.give()
    }),
    part!("days", Nothing, |call| series_of(call, "self")?.dt()?.days()?.give()),
    part!("total_seconds", Nothing, |call| series_of(call, "self")?.dt()?.total_seconds()?.give()),
    pandas!("to_datetime", [one arg: Series], ToDatetime, |call| {
        let ToDatetime { errors, format, .. } = ToDatetime::of(call)?;
        let errors = OnError::parse(&errors)?;
        series_of(call, "arg")?.to_datetime(format.as_deref(), errors)?.give()
    }),
    pandas!("to_numeric", [one arg: Series], ToNumeric, |call| {
        let ToNumeric { errors, .. } = ToNumeric::of(call)?;
        series_of(call, "arg")?.to_numeric(OnError::parse(&errors)?)?.give()
    }),
];

params! {
    Names { } but { locale: null }
}

params! {
    Floor { freq: String } but { ambiguous: "raise", nonexistent: "raise" }
}

params! { Format { date_format: String } }

params! {
    ToDatetime { errors: String, format: Option<String> }
    but {
        dayfirst: false, yearfirst: false, utc: false, exact: unset(), unit: null, origin: "unix", cache: true,
    }
}

params! {
    ToNumeric { errors: String } but { downcast: null, dtype_backend: unset() }
}

fn moments(call: &Call<'_>) -> Result<Series, Failure> {
    let series = series_of(call, "self")?;
    // The accessor itself refuses what is no time.
    series.dt()?;
    Ok(series)
}

fn part(call: &Call<'_>, part: DatetimePart) -> Outcome {
    series_of(call, "self")?.dt()?.part(part)?.give()
}

fn named_part(call: &Call<'_>, name: &str) -> Outcome {
    part(call, name.parse()?)
}
