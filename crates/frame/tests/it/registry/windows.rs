//! Cumulative values, shifts, rolling windows and samples.

use frame::{Aggregation, Cumulative, Rolling, Sample};

use super::{Row, exact};
use crate::args::{Args, Failure, Outcome};
use crate::text::Value;

pub const ROWS: &[Row] = &[
    exact("cumsum", |args| cumulative(args, Cumulative::Sum)),
    exact("cumprod", |args| cumulative(args, Cumulative::Prod)),
    exact("cummax", |args| cumulative(args, Cumulative::Max)),
    exact("cummin", |args| cumulative(args, Cumulative::Min)),
    exact("shift", |args| {
        let periods = args.int("periods")?;
        Ok(Value::Series(args.series("self")?.shift(periods)?))
    }),
    exact("diff", |args| {
        let periods = args.int("periods")?;
        Ok(Value::Series(args.series("self")?.diff(periods)?))
    }),
    exact("pct_change", |args| {
        let periods = args.int("periods")?;
        Ok(Value::Series(args.series("self")?.pct_change(periods)?))
    }),
    exact("rolling", rolling),
    exact("sample", sample),
];

fn cumulative(args: &mut Args<'_>, how: Cumulative) -> Outcome {
    args.fixed("skipna", serde_json::json!(true))?;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.cumulative(how)?)),
        Value::Series(series) => Ok(Value::Series(series.cumulative(how)?)),
        _ => Err(Failure::Case("a frame or a series".to_owned())),
    }
}

fn rolling(args: &mut Args<'_>) -> Outcome {
    let options = Rolling {
        window: args.int("window")?,
        min_periods: args.raw("min_periods")?.as_i64(),
        center: args.bool("center")?,
    };
    let how = Aggregation::parse(args.text("func")?)?;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.rolling(&options, how)?)),
        Value::Series(series) => Ok(Value::Series(series.rolling(&options, how)?)),
        _ => Err(Failure::Case("a frame or a series".to_owned())),
    }
}

fn sample(args: &mut Args<'_>) -> Outcome {
    let options = Sample {
        n: args.raw("n")?.as_i64(),
        frac: args.raw("frac")?.as_f64(),
        replace: args.bool("replace")?,
        random_state: args.int("random_state")? as u32,
        ignore_index: args.bool("ignore_index")?,
    };
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.sample(&options)?)),
        Value::Series(series) => Ok(Value::Series(series.sample(&options)?)),
        _ => Err(Failure::Case("a frame or a series".to_owned())),
    }
}
