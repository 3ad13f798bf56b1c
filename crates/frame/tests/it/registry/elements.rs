//! Values changed one by one: the `dt` accessor and conversions.

use column::DatetimePart;
use frame::{OnError, Series};

use super::{Row, exact};
use crate::args::{Args, Outcome};
use crate::text::Value;

pub const ROWS: &[Row] = &[
    exact("dt.year", |args| part(args, DatetimePart::Year)),
    exact("dt.month", |args| part(args, DatetimePart::Month)),
    exact("dt.day", |args| part(args, DatetimePart::Day)),
    exact("dt.hour", |args| part(args, DatetimePart::Hour)),
    exact("dt.minute", |args| part(args, DatetimePart::Minute)),
    exact("dt.second", |args| part(args, DatetimePart::Second)),
    exact("dt.dayofweek", |args| part(args, DatetimePart::DayOfWeek)),
    exact("dt.dayofyear", |args| part(args, DatetimePart::DayOfYear)),
    exact("dt.quarter", |args| part(args, DatetimePart::Quarter)),
    exact("dt.day_name", |args| Ok(Value::Series(args.series("self")?.dt()?.day_name()?))),
    exact("dt.month_name", |args| Ok(Value::Series(args.series("self")?.dt()?.month_name()?))),
    exact("dt.floor", |args| {
        let frequency = args.text("freq")?;
        Ok(Value::Series(args.series("self")?.dt()?.floor(frequency)?))
    }),
    exact("to_datetime", |args| {
        let (errors, format) = (OnError::parse(args.text("errors")?)?, args.maybe_text("format")?);
        Ok(Value::Series(args.series("self")?.to_datetime(format, errors)?))
    }),
    exact("to_numeric", |args| {
        let errors = OnError::parse(args.text("errors")?)?;
        Ok(Value::Series(args.series("self")?.to_numeric(errors)?))
    }),
];

fn part(args: &mut Args<'_>, part: DatetimePart) -> Outcome {
    let series: Series = args.series("self")?;
    Ok(Value::Series(series.dt()?.part(part)?))
}
