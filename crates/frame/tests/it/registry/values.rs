//! Operators, reductions, counting, missing values, exchange of values and bins.

use std::cmp::Ordering;

use column::{Arithmetic, Comparison, Logic, Scalar};
use frame::{
    Aggregation, BinLabels, Bins, Cut, DropNa, FrameRhs, Inclusive, Other, Reduce, Rhs, ValueCounts,
};
use serde_json::{Value as Json, json};

use super::selection::keep;
use super::{Row, close, exact};
use crate::args::{Args, Failure, Outcome};
use crate::text::{Value, read_cell};

pub const ROWS: &[Row] = &[
    exact("op.+", |args| arithmetic(args, Arithmetic::Add)),
    exact("op.-", |args| arithmetic(args, Arithmetic::Subtract)),
    exact("op.*", |args| arithmetic(args, Arithmetic::Multiply)),
    exact("op./", |args| arithmetic(args, Arithmetic::Divide)),
    exact("op.//", |args| arithmetic(args, Arithmetic::FloorDivide)),
    exact("op.%", |args| arithmetic(args, Arithmetic::Remainder)),
    exact("op.**", |args| arithmetic(args, Arithmetic::Power)),
    exact("op.==", |args| compare(args, Comparison::Equal)),
    exact("op.!=", |args| compare(args, Comparison::NotEqual)),
    exact("op.<", |args| compare(args, Comparison::Less)),
    exact("op.<=", |args| compare(args, Comparison::LessEqual)),
    exact("op.>", |args| compare(args, Comparison::Greater)),
    exact("op.>=", |args| compare(args, Comparison::GreaterEqual)),
    exact("op.&", |args| logic(args, Logic::And)),
    exact("op.|", |args| logic(args, Logic::Or)),
    exact("op.^", |args| logic(args, Logic::Xor)),
    exact("arith.add", |args| filled(args, Arithmetic::Add)),
    exact("arith.sub", |args| filled(args, Arithmetic::Subtract)),
    exact("unary.~", |args| Ok(Value::Series(args.series("self")?.invert()?))),
    exact("unary.-", |args| Ok(Value::Series(args.series("self")?.negate()?))),
    exact("unary.abs", |args| Ok(Value::Series(args.series("self")?.abs()?))),
    exact("round", round),
    exact("sum", |args| reduce(args, Aggregation::Sum)),
    exact("prod", |args| reduce(args, Aggregation::Prod)),
    exact("mean", |args| reduce(args, Aggregation::Mean)),
    exact("median", |args| reduce(args, Aggregation::Median)),
    exact("min", |args| reduce(args, Aggregation::Min)),
    exact("max", |args| reduce(args, Aggregation::Max)),
    exact("var", |args| reduce(args, Aggregation::Var)),
    exact("std", |args| reduce(args, Aggregation::Std)),
    exact("any", |args| reduce(args, Aggregation::Any)),
    exact("all", |args| reduce(args, Aggregation::All)),
    exact("count", |args| reduce(args, Aggregation::Count)),
    exact("series.count", |args| Ok(Value::Scalar(Scalar::Int(args.series("self")?.count() as i64)))),
    exact("nunique", |args| {
        args.fixed("axis", json!(0))?;
        let dropna = args.bool("dropna")?;
        Ok(Value::Series(args.frame("self")?.nunique(dropna)?))
    }),
    exact("series.nunique", |args| {
        let dropna = args.bool("dropna")?;
        Ok(Value::Scalar(Scalar::Int(args.series("self")?.nunique(dropna) as i64)))
    }),
    exact("idxmin", |args| idx_extreme(args, Ordering::Less)),
    exact("idxmax", |args| idx_extreme(args, Ordering::Greater)),
    exact("series.quantile", quantile),
    exact("quantile", quantile),
    exact("describe", |args| match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.describe()?)),
        Value::Series(series) => Ok(Value::Series(series.describe()?)),
        _ => Err(no_table()),
    }),
    close("corr", |args| {
        args.fixed("method", json!("pearson"))?;
        args.fixed("min_periods", json!(1))?;
        args.fixed("numeric_only", json!(false))?;
        Ok(Value::Frame(args.frame("self")?.corr()?))
    }),
    exact("value_counts", |args| {
        let options = value_counts(args)?;
        Ok(Value::Series(args.series("self")?.value_counts(options)?))
    }),
    exact("frame.value_counts", |args| {
        let (subset, options) = (args.labels("subset")?, value_counts(args)?);
        Ok(Value::Series(args.frame("self")?.value_counts(Some(&subset), options)?))
    }),
    exact("unique", |args| Ok(Value::Column(args.series("self")?.unique()?))),
    exact("mode", |args| {
        let dropna = args.bool("dropna")?;
        Ok(Value::Series(args.series("self")?.mode(dropna)?))
    }),
    exact("isin", isin),
    exact("between", |args| {
        let inclusive = Inclusive::parse(args.text("inclusive")?)?;
        let (left, right) = (args.scalar("left")?, args.scalar("right")?);
        Ok(Value::Series(args.series("self")?.between(&left, &right, inclusive)?))
    }),
    exact("clip", |args| {
        let (lower, upper) = (args.maybe("lower")?, args.maybe("upper")?);
        Ok(Value::Series(args.series("self")?.clip(lower.as_ref(), upper.as_ref())?))
    }),
    exact("where", |args| {
        let other = args.scalar("other")?;
        match (args.input("self")?, args.input("cond")?) {
            (Value::Frame(frame), Value::Frame(cond)) => Ok(Value::Frame(frame.where_(&cond, &other)?)),
            (Value::Series(series), Value::Series(cond)) => {
                Ok(Value::Series(series.where_(&cond, &Other::Scalar(other))?))
            }
            _ => Err(no_table()),
        }
    }),
    exact("where_with", |args| {
        let (cond, other) = (args.series("cond")?, args.series("other")?);
        Ok(Value::Series(args.series("self")?.where_(&cond, &Other::Series(other))?))
    }),
    exact("mask", |args| {
        let (cond, other) = (args.series("cond")?, args.scalar("other")?);
        Ok(Value::Series(args.series("self")?.mask(&cond, &Other::Scalar(other))?))
    }),
    exact("replace", replace),
    exact("map", |args| {
        let pairs = args.pairs("arg")?.ok_or("pairs".to_owned())?;
        Ok(Value::Series(args.series("self")?.map(&pairs)?))
    }),
    exact("duplicated", |args| {
        let (subset, keep) = (subset(args)?, keep(args.raw("keep")?)?);
        Ok(Value::Series(args.frame("self")?.duplicated(subset.as_deref(), keep)?))
    }),
    exact("drop_duplicates", |args| {
        let (subset, keep) = (subset(args)?, keep(args.raw("keep")?)?);
        let ignore_index = args.bool("ignore_index")?;
        Ok(Value::Frame(args.frame("self")?.drop_duplicates(subset.as_deref(), keep, ignore_index)?))
    }),
    exact("series.duplicated", |args| {
        let keep = keep(args.raw("keep")?)?;
        Ok(Value::Series(args.series("self")?.duplicated(keep)))
    }),
    exact("series.drop_duplicates", |args| {
        let (keep, ignore_index) = (keep(args.raw("keep")?)?, args.bool("ignore_index")?);
        Ok(Value::Series(args.series("self")?.drop_duplicates(keep, ignore_index)?))
    }),
    exact("isna", |args| match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.isna()?)),
        Value::Series(series) => Ok(Value::Series(series.isna())),
        _ => Err(no_table()),
    }),
    exact("notna", |args| match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.notna()?)),
        Value::Series(series) => Ok(Value::Series(series.notna())),
        _ => Err(no_table()),
    }),
    exact("fillna", fillna),
    exact("fillna_with", |args| {
        let value = args.series("value")?;
        Ok(Value::Series(args.series("self")?.fillna_from(&value)?))
    }),
    exact("dropna", dropna),
    exact("series.dropna", |args| {
        let ignore_index = args.bool("ignore_index")?;
        Ok(Value::Series(args.series("self")?.dropna(ignore_index)?))
    }),
    exact("ffill", |args| carry(args, true)),
    exact("bfill", |args| carry(args, false)),
    exact("cut", cut),
    exact("qcut", qcut),
];

fn no_table() -> Failure {
    Failure::Case("a frame or a series".to_owned())
}

fn rhs(value: &Value) -> Result<Rhs<'_>, Failure> {
    match value {
        Value::Series(series) => Ok(Rhs::Series(series)),
        Value::Scalar(scalar) => Ok(Rhs::Scalar(scalar)),
        _ => Err(no_table()),
    }
}

fn frame_rhs(value: &Value) -> Result<FrameRhs<'_>, Failure> {
    match value {
        Value::Series(series) => Ok(FrameRhs::Series(series)),
        Value::Scalar(scalar) => Ok(FrameRhs::Scalar(scalar)),
        Value::Frame(frame) => Ok(FrameRhs::Frame(frame)),
        _ => Err(no_table()),
    }
}

fn arithmetic(args: &mut Args<'_>, op: Arithmetic) -> Outcome {
    let other = args.input("other")?;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.arithmetic(op, frame_rhs(&other)?)?)),
        Value::Series(series) => Ok(Value::Series(series.arithmetic(op, rhs(&other)?)?)),
        _ => Err(no_table()),
    }
}

fn compare(args: &mut Args<'_>, op: Comparison) -> Outcome {
    let other = args.input("other")?;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.compare(op, frame_rhs(&other)?)?)),
        Value::Series(series) => Ok(Value::Series(series.compare(op, rhs(&other)?)?)),
        _ => Err(no_table()),
    }
}

fn logic(args: &mut Args<'_>, op: Logic) -> Outcome {
    let other = args.input("other")?;
    Ok(Value::Series(args.series("self")?.logic(op, rhs(&other)?)?))
}

fn filled(args: &mut Args<'_>, op: Arithmetic) -> Outcome {
    let other = args.series("other")?;
    let series = args.series("self")?;
    Ok(Value::Series(match args.maybe("fill_value")? {
        Some(fill) => series.arithmetic_filled(op, &other, &fill)?,
        None => series.arithmetic(op, &other)?,
    }))
}

fn round(args: &mut Args<'_>) -> Outcome {
    let decimals = args.int("decimals")? as i32;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.round(decimals)?)),
        Value::Series(series) => Ok(Value::Series(series.round(decimals)?)),
        _ => Err(no_table()),
    }
}

fn reduce(args: &mut Args<'_>, how: Aggregation) -> Outcome {
    let mut options = Reduce::default();
    if args.has_param("skipna") {
        options.skipna = args.bool("skipna")?;
    }
    if args.has_param("min_count") {
        options.min_count = args.int("min_count")? as usize;
    }
    if args.has_param("ddof") {
        options.ddof = args.int("ddof")? as usize;
    }
    if args.has_param("numeric_only") {
        options.numeric_only = args.bool("numeric_only")?;
    }
    let axis = args.int("axis")?;
    match args.input("self")? {
        Value::Frame(frame) if axis == 1 => Ok(Value::Series(frame.reduce_rows(how, &options)?)),
        Value::Frame(frame) => Ok(Value::Series(frame.reduce(how, &options)?)),
        Value::Series(series) => Ok(Value::Scalar(series.reduce(how, &options)?)),
        _ => Err(no_table()),
    }
}

fn idx_extreme(args: &mut Args<'_>, wanted: Ordering) -> Outcome {
    args.fixed("axis", json!(0))?;
    args.fixed("skipna", json!(true))?;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Series(frame.idx_extreme(wanted)?)),
        Value::Series(series) => Ok(Value::Scalar(series.idx_extreme(wanted)?)),
        _ => Err(no_table()),
    }
}

fn quantile(args: &mut Args<'_>) -> Outcome {
    args.fixed("interpolation", json!("linear"))?;
    if args.has_param("axis") {
        args.fixed("axis", json!(0))?;
        args.fixed("numeric_only", json!(false))?;
    }
    let qs: Option<Vec<f64>> =
        args.raw("q")?.as_array().map(|qs| qs.iter().filter_map(Json::as_f64).collect());
    match (args.input("self")?, qs) {
        (Value::Frame(frame), Some(qs)) => Ok(Value::Frame(frame.quantiles(&qs)?)),
        (Value::Frame(frame), None) => Ok(Value::Series(frame.quantile(args.float("q")?)?)),
        (Value::Series(series), Some(qs)) => Ok(Value::Series(series.quantiles(&qs)?)),
        (Value::Series(series), None) => Ok(Value::Scalar(series.quantile(args.float("q")?)?)),
        _ => Err(no_table()),
    }
}

fn value_counts(args: &mut Args<'_>) -> Result<ValueCounts, Failure> {
    Ok(ValueCounts {
        normalize: args.bool("normalize")?,
        sort: args.bool("sort")?,
        ascending: args.bool("ascending")?,
        dropna: args.bool("dropna")?,
    })
}

fn isin(args: &mut Args<'_>) -> Outcome {
    // The front's check: a series takes a list only.
    let Json::Array(values) = args.raw("values")? else {
        return Err("a list of values".to_owned().into());
    };
    let values: Vec<Scalar> = values.iter().map(read_cell).collect();
    Ok(Value::Series(args.series("self")?.isin(&values)?))
}

fn replace(args: &mut Args<'_>) -> Outcome {
    let pairs = match args.pairs("to_replace")? {
        Some(pairs) => {
            args.fixed("value", json!("no value"))?;
            pairs
        }
        None => {
            let value = args.scalar("value")?;
            args.labels("to_replace")?.into_iter().map(|from| (from, value.clone())).collect()
        }
    };
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.replace(&pairs)?)),
        Value::Series(series) => Ok(Value::Series(series.replace(&pairs)?)),
        _ => Err(no_table()),
    }
}

fn subset(args: &mut Args<'_>) -> Result<Option<Vec<Scalar>>, Failure> {
    match args.raw("subset")? {
        Json::Null => Ok(None),
        _ => Ok(Some(args.labels("subset")?)),
    }
}

fn fillna(args: &mut Args<'_>) -> Outcome {
    let pairs = args.pairs("value")?;
    match (args.input("self")?, pairs) {
        (Value::Frame(frame), Some(pairs)) => Ok(Value::Frame(frame.fillna_columns(&pairs)?)),
        (Value::Frame(frame), None) => Ok(Value::Frame(frame.fillna(&args.scalar("value")?)?)),
        (Value::Series(series), None) => Ok(Value::Series(series.fillna(&args.scalar("value")?)?)),
        _ => Err(no_table()),
    }
}

fn dropna(args: &mut Args<'_>) -> Outcome {
    let (how, subset) = (DropNa::parse(args.text("how")?)?, subset(args)?);
    let (axis, ignore_index) = (args.int("axis")?, args.bool("ignore_index")?);
    let frame = args.frame("self")?;
    Ok(Value::Frame(match axis {
        1 => frame.dropna_columns(how)?,
        _ => frame.dropna(how, subset.as_deref(), ignore_index)?,
    }))
}

fn carry(args: &mut Args<'_>, forward: bool) -> Outcome {
    let limit = args.raw("limit")?.as_u64().map(|limit| limit as usize);
    match (args.input("self")?, forward) {
        (Value::Frame(frame), true) => Ok(Value::Frame(frame.ffill(limit)?)),
        (Value::Frame(frame), false) => Ok(Value::Frame(frame.bfill(limit)?)),
        (Value::Series(series), true) => Ok(Value::Series(series.ffill(limit)?)),
        (Value::Series(series), false) => Ok(Value::Series(series.bfill(limit)?)),
        _ => Err(no_table()),
    }
}

fn bin_labels(args: &mut Args<'_>) -> Result<BinLabels, Failure> {
    match args.raw("labels")? {
        Json::Array(_) => Ok(BinLabels::Labels(args.labels("labels")?)),
        Json::Bool(false) => Ok(BinLabels::Numbers),
        other => Err(format!("labels={other}").into()),
    }
}

fn drops(args: &mut Args<'_>) -> Result<bool, Failure> {
    Ok(args.text("duplicates")? == "drop")
}

fn cut(args: &mut Args<'_>) -> Outcome {
    let bins = match args.raw("bins")? {
        Json::Array(_) => Bins::Edges(args.labels("bins")?),
        _ => Bins::Count(args.int("bins")? as usize),
    };
    let labels = bin_labels(args)?;
    let options = Cut {
        right: args.bool("right")?,
        include_lowest: args.bool("include_lowest")?,
        drop_duplicates: drops(args)?,
        ordered: args.bool("ordered")?,
    };
    Ok(Value::Series(args.series("self")?.cut(&bins, &labels, options)?))
}

fn qcut(args: &mut Args<'_>) -> Outcome {
    let quantiles = match args.raw("q")? {
        Json::Array(qs) => qs.iter().filter_map(Json::as_f64).collect(),
        _ => {
            let count = args.int("q")? as usize;
            (0..=count).map(|place| place as f64 * (1.0 / count as f64)).collect::<Vec<f64>>()
        }
    };
    let (labels, drop) = (bin_labels(args)?, drops(args)?);
    Ok(Value::Series(args.series("self")?.qcut(&quantiles, &labels, drop)?))
}
