//! Values changed one by one: the `str` and `dt` accessors and conversions.

use column::{Case, DatetimePart, Pattern, TextSide};
use frame::{OnError, Series};

use super::{Row, exact};
use crate::args::{Args, Failure, Outcome};
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
    exact("str.len", |args| Ok(Value::Series(args.series("self")?.str().len()?))),
    exact("str.lower", |args| case(args, Case::Lower)),
    exact("str.upper", |args| case(args, Case::Upper)),
    exact("str.title", |args| case(args, Case::Title)),
    exact("str.capitalize", |args| case(args, Case::Capitalize)),
    exact("str.strip", |args| {
        let chars = args.maybe_text("to_strip")?;
        Ok(Value::Series(args.series("self")?.str().strip(TextSide::Both, chars)?))
    }),
    exact("str.contains", |args| {
        let pattern = pattern(args)?;
        Ok(Value::Series(args.series("self")?.str().contains(&pattern)?))
    }),
    exact("str.startswith", |args| {
        let prefix = args.text("pat")?;
        Ok(Value::Series(args.series("self")?.str().startswith(&[prefix])?))
    }),
    exact("str.endswith", |args| {
        let suffix = args.text("pat")?;
        Ok(Value::Series(args.series("self")?.str().endswith(&[suffix])?))
    }),
    exact("str.replace", |args| {
        let (pattern, with) = (pattern(args)?, args.text("repl")?);
        let count = usize::try_from(args.int("n")?).ok();
        Ok(Value::Series(args.series("self")?.str().replace(&pattern, with, count)?))
    }),
    exact("str.slice", |args| {
        let (start, stop) = (args.raw("start")?.as_i64(), args.raw("stop")?.as_i64());
        let step = args.raw("step")?.as_i64().unwrap_or(1);
        Ok(Value::Series(args.series("self")?.str().slice(start, stop, step)?))
    }),
    exact("str.zfill", |args| {
        let width = args.int("width")? as usize;
        Ok(Value::Series(args.series("self")?.str().zfill(width)?))
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

fn case(args: &mut Args<'_>, case: Case) -> Outcome {
    Ok(Value::Series(args.series("self")?.str().case(case)?))
}

fn pattern(args: &mut Args<'_>) -> Result<Pattern, Failure> {
    let (text, sensitive) = (args.text("pat")?, args.raw("case")?.as_bool().unwrap_or(true));
    Ok(if args.bool("regex")? {
        Pattern::regex(text, sensitive)?
    } else {
        Pattern::literal(text, sensitive)?
    })
}
