//! `Series.str`, `Series.dt` and `Series.rolling`: what reads a series value by value or window by window.

use column::{Case, DatetimePart, Pattern, Scalar, TextSide};
use frame::{Aggregation, Series};
use vm::{Fault, Value};

use super::{View, series_value, view};
use crate::args::Args;
use crate::engine_error::{of_column, of_frame};
use crate::host::Table;

fn text<'a>(args: &mut Args<'a>) -> Result<&'a Series, Fault> {
    let value = args.required("self")?;
    match value.downcast::<View>() {
        Some(View::Text(series)) => Ok(series),
        _ => Err(args.wrong("self", "StringMethods", value)),
    }
}

fn time<'a>(args: &mut Args<'a>) -> Result<&'a Series, Fault> {
    let value = args.required("self")?;
    match value.downcast::<View>() {
        Some(View::Time(series)) => Ok(series),
        _ => Err(args.wrong("self", "DatetimeMethods", value)),
    }
}

fn finish(args: &Args<'_>, made: frame::Result<Series>) -> Result<Value, Fault> {
    made.map(series_value).map_err(of_frame(args.operation()))
}

fn case(args: &mut Args<'_>, to: Case) -> Result<Value, Fault> {
    let made = text(args)?.str().case(to);
    finish(args, made)
}

fn strip(args: &mut Args<'_>, side: TextSide) -> Result<Value, Fault> {
    let series = text(args)?;
    let chars = args.optional_text("to_strip")?;
    finish(args, series.str().strip(side, chars.as_deref()))
}

/// A pattern as text that stands for itself, or as a regular expression.
fn pattern(args: &Args<'_>, text: &str, case_sensitive: bool, regex: bool) -> Result<Pattern, Fault> {
    match regex {
        true => Pattern::regex(text, case_sensitive),
        false => Pattern::literal(text, case_sensitive),
    }
    .map_err(of_column(args.operation()))
}

/// The only group of a pattern, in each text, under the group's name if it has one. Several would be a frame, which the signature does not promise.
fn extract(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let series = text(args)?;
    let pat = args.required_text("pat")?;
    let found = pattern(args, &pat, true, true)?;
    let mut groups = series.values().str_extract(&found).map_err(of_column(operation))?;
    match (groups.pop(), groups.is_empty()) {
        (Some((name, only)), true) => {
            let named =
                name.map_or_else(|| series.clone(), |name| series.clone().with_name(Scalar::str(name)));
            super::series_methods::with_values(operation, &named, only)
        }
        _ => Err(Fault::new("R0126", format!("{operation} with several groups is not built yet"))
            .help("Extract one group at a time; (?:...) groups without extracting.")),
    }
}

fn pad(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let series = text(args)?;
    let width = args.required_int("width")?;
    let side = match args.text("side", "left")?.as_str() {
        "left" => TextSide::Left,
        "right" => TextSide::Right,
        "both" => TextSide::Both,
        _ => return Err(crate::engine_error::table(operation, "ValueError", "Invalid side")),
    };
    let fill = args.text("fillchar", " ")?;
    let mut fill = fill.chars();
    let (Some(fill), None) = (fill.next(), fill.next()) else {
        let message = "fillchar must be a character, not str";
        return Err(crate::engine_error::table(operation, "TypeError", message));
    };
    // A width below none pads nothing, as in Python.
    let width = usize::try_from(width).unwrap_or(0);
    finish(args, series.map_values(|values| values.str_pad(width, side, fill)))
}

fn part(args: &mut Args<'_>, part: DatetimePart) -> Result<Value, Fault> {
    let made = time(args)?.dt().and_then(|times| times.part(part));
    finish(args, made)
}

/// `Series.rolling`: the windows, which are read when they are aggregated.
pub(super) fn rolling(args: &mut Args<'_>) -> Result<Value, Fault> {
    let series = super::series_of(args, "self")?;
    let window = args.required("window")?;
    let window = match window {
        Value::Int(rows) => {
            usize::try_from(*rows).map_err(|_| args.wrong("window", "an Int from 0", window))?
        }
        other => return Err(args.wrong("window", "an Int from 0", other)),
    };
    let min_periods = match args.optional("min_periods") {
        None => None,
        Some(given @ Value::Int(rows)) => {
            Some(usize::try_from(*rows).map_err(|_| args.wrong("min_periods", "an Int from 0", given))?)
        }
        Some(other) => return Err(args.wrong("min_periods", "an Int from 0", other)),
    };
    Ok(view(View::Rolling { series, window, min_periods }))
}

fn windows(args: &mut Args<'_>, how: Aggregation) -> Result<Value, Fault> {
    let value = args.required("self")?;
    let Some(View::Rolling { series, window, min_periods }) = value.downcast::<View>() else {
        return Err(args.wrong("self", "Rolling", value));
    };
    let rows = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let options = frame::Rolling { window: rows(*window), min_periods: min_periods.map(rows), center: false };
    finish(args, series.rolling(&options, how))
}

pub(crate) const TABLE: Table = &[
    ("DatetimeMethods.day", |_, a| part(a, DatetimePart::Day)),
    ("DatetimeMethods.day_name", |_, a| {
        let made = time(a)?.dt().and_then(|times| times.day_name());
        finish(a, made)
    }),
    ("DatetimeMethods.dayofweek", |_, a| part(a, DatetimePart::DayOfWeek)),
    ("DatetimeMethods.dayofyear", |_, a| part(a, DatetimePart::DayOfYear)),
    ("DatetimeMethods.days_in_month", |_, a| part(a, DatetimePart::DaysInMonth)),
    ("DatetimeMethods.floor", |_, a| {
        let series = time(a)?;
        let frequency = a.required_text("freq")?;
        finish(a, series.dt().and_then(|times| times.floor(&frequency)))
    }),
    ("DatetimeMethods.hour", |_, a| part(a, DatetimePart::Hour)),
    ("DatetimeMethods.is_month_end", |_, a| {
        let made = time(a)?.dt().and_then(|times| times.is_month_end());
        finish(a, made)
    }),
    ("DatetimeMethods.is_month_start", |_, a| {
        let made = time(a)?.dt().and_then(|times| times.is_month_start());
        finish(a, made)
    }),
    ("DatetimeMethods.minute", |_, a| part(a, DatetimePart::Minute)),
    ("DatetimeMethods.month", |_, a| part(a, DatetimePart::Month)),
    ("DatetimeMethods.month_name", |_, a| {
        let made = time(a)?.dt().and_then(|times| times.month_name());
        finish(a, made)
    }),
    ("DatetimeMethods.normalize", |_, a| {
        let made = time(a)?.dt().and_then(|times| times.normalize());
        finish(a, made)
    }),
    ("DatetimeMethods.quarter", |_, a| part(a, DatetimePart::Quarter)),
    ("DatetimeMethods.second", |_, a| part(a, DatetimePart::Second)),
    ("DatetimeMethods.strftime", |_, a| {
        let series = time(a)?;
        let format = a.required_text("date_format")?;
        finish(a, series.dt().and_then(|times| times.strftime(&format)))
    }),
    ("DatetimeMethods.weekday", |_, a| part(a, DatetimePart::DayOfWeek)),
    ("DatetimeMethods.year", |_, a| part(a, DatetimePart::Year)),
    ("Rolling.max", |_, a| windows(a, Aggregation::Max)),
    ("Rolling.mean", |_, a| windows(a, Aggregation::Mean)),
    ("Rolling.min", |_, a| windows(a, Aggregation::Min)),
    ("Rolling.std", |_, a| windows(a, Aggregation::Std)),
    ("Rolling.sum", |_, a| windows(a, Aggregation::Sum)),
    ("StringMethods.capitalize", |_, a| case(a, Case::Capitalize)),
    ("StringMethods.contains", |_, a| {
        let series = text(a)?;
        let pat = a.required_text("pat")?;
        let (case, regex) = (a.flag("case", true)?, a.flag("regex", true)?);
        let found = pattern(a, &pat, case, regex)?;
        finish(a, series.str().contains(&found))
    }),
    ("StringMethods.count", |_, a| {
        let series = text(a)?;
        let pat = a.required_text("pat")?;
        let found = pattern(a, &pat, true, true)?;
        finish(a, series.map_values(|values| values.str_count(&found)))
    }),
    ("StringMethods.endswith", |_, a| {
        let series = text(a)?;
        let pat = a.required_text("pat")?;
        finish(a, series.str().endswith(&[&pat]))
    }),
    ("StringMethods.extract", |_, a| extract(a)),
    ("StringMethods.find", |_, a| {
        let series = text(a)?;
        let sub = a.required_text("sub")?;
        finish(a, series.map_values(|values| values.str_find(&sub)))
    }),
    ("StringMethods.get", |_, a| {
        let series = text(a)?;
        let at = a.required_int("i")?;
        finish(a, series.map_values(|values| values.str_get(at)))
    }),
    ("StringMethods.len", |_, a| {
        let made = text(a)?.str().len();
        finish(a, made)
    }),
    ("StringMethods.lower", |_, a| case(a, Case::Lower)),
    ("StringMethods.lstrip", |_, a| strip(a, TextSide::Left)),
    ("StringMethods.pad", |_, a| pad(a)),
    ("StringMethods.replace", |_, a| {
        let series = text(a)?;
        let pat = a.required_text("pat")?;
        let repl = a.required_text("repl")?;
        let regex = a.flag("regex", false)?;
        let found = pattern(a, &pat, true, regex)?;
        finish(a, series.str().replace(&found, &repl, None))
    }),
    ("StringMethods.rstrip", |_, a| strip(a, TextSide::Right)),
    ("StringMethods.slice", |_, a| {
        let series = text(a)?;
        let (start, stop) = (a.optional_int("start")?, a.optional_int("stop")?);
        let step = a.int("step", 1)?;
        finish(a, series.str().slice(start, stop, step))
    }),
    ("StringMethods.startswith", |_, a| {
        let series = text(a)?;
        let pat = a.required_text("pat")?;
        finish(a, series.str().startswith(&[&pat]))
    }),
    ("StringMethods.strip", |_, a| strip(a, TextSide::Both)),
    ("StringMethods.title", |_, a| case(a, Case::Title)),
    ("StringMethods.upper", |_, a| case(a, Case::Upper)),
    ("StringMethods.zfill", |_, a| {
        let series = text(a)?;
        let width = usize::try_from(a.required_int("width")?).unwrap_or(0);
        finish(a, series.str().zfill(width))
    }),
];
