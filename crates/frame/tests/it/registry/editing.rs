//! Columns and labels exchanged.

use column::{DType, Scalar};
use frame::{Absent, Assigned, Index};
use serde_json::Value as Json;

use super::{Row, exact};
use crate::args::{Args, Failure, Outcome};
use crate::text::Value;

pub const ROWS: &[Row] = &[
    exact("assign", assign),
    exact("drop", drop),
    exact("rename", rename),
    exact("set_index", set_index),
    exact("reset_index", reset_index),
    exact("reindex", reindex),
    exact("astype", astype),
];

fn absent(args: &mut Args<'_>) -> Result<Absent, Failure> {
    match args.text("errors")? {
        "raise" => Ok(Absent::Raise),
        "ignore" => Ok(Absent::Ignore),
        other => Err(format!("errors={other}").into()),
    }
}

fn assign(args: &mut Args<'_>) -> Outcome {
    let label = args.scalar("name")?;
    let value = match args.input("value")? {
        Value::Series(series) => Assigned::Series(series),
        Value::Scalar(scalar) => Assigned::Scalar(scalar),
        _ => return Err("a series or a scalar".to_owned().into()),
    };
    Ok(Value::Frame(args.frame("self")?.assign(label, value)?))
}

fn drop(args: &mut Args<'_>) -> Outcome {
    let (absent, axis) = (absent(args)?, args.int("axis")?);
    let (labels, mut rows, mut columns) =
        (args.labels("labels")?, args.labels("index")?, args.labels("columns")?);
    if axis == 1 {
        columns.extend(labels)
    } else {
        rows.extend(labels)
    }
    let frame = args.frame("self")?;
    let frame = if rows.is_empty() { frame } else { frame.drop_rows(&rows, absent)? };
    Ok(Value::Frame(if columns.is_empty() { frame } else { frame.drop_columns(&columns, absent)? }))
}

fn rename(args: &mut Args<'_>) -> Outcome {
    let absent = absent(args)?;
    let (columns, index) = (args.pairs("columns")?, args.pairs("index")?);
    let mut frame = args.frame("self")?;
    if let Some(pairs) = columns {
        frame = frame.rename_columns(&pairs, absent)?;
    }
    if let Some(pairs) = index {
        frame = frame.rename_rows(&pairs, absent)?;
    }
    Ok(Value::Frame(frame))
}

fn set_index(args: &mut Args<'_>) -> Outcome {
    let keys = args.labels("keys")?;
    let (drop, append, verify) = (args.bool("drop")?, args.bool("append")?, args.bool("verify_integrity")?);
    Ok(Value::Frame(args.frame("self")?.set_index(&keys, drop, append, verify)?))
}

fn reset_index(args: &mut Args<'_>) -> Outcome {
    args.fixed("level", Json::Null)?;
    let drop = args.bool("drop")?;
    Ok(match args.input("self")? {
        Value::Frame(frame) => Value::Frame(frame.reset_index(drop)?),
        Value::Series(series) if drop => Value::Series(series.drop_index()),
        Value::Series(series) => Value::Frame(series.reset_index()?),
        other => other,
    })
}

fn reindex(args: &mut Args<'_>) -> Outcome {
    let index = Index::from_labels(args.labels("index")?);
    let fill = args.scalar("fill_value")?;
    Ok(match args.input("self")? {
        Value::Frame(frame) => Value::Frame(frame.reindex(&index, Some(&fill))?),
        Value::Series(series) => Value::Series(series.reindex(&index, Some(&fill))?),
        other => other,
    })
}

fn astype(args: &mut Args<'_>) -> Outcome {
    let pairs = args.pairs("dtype")?;
    let input = args.input("self")?;
    if let (Some(pairs), Value::Frame(frame)) = (&pairs, &input) {
        let dtype = |(label, dtype): &(Scalar, Scalar)| {
            Ok((label.clone(), dtype.as_str().unwrap_or_default().parse::<DType>()?))
        };
        let dtypes = pairs.iter().map(dtype).collect::<Result<Vec<_>, column::Error>>()?;
        return Ok(Value::Frame(frame.astype_columns(&dtypes)?));
    }
    let dtype: DType = args.text("dtype")?.parse()?;
    Ok(match input {
        Value::Frame(frame) => Value::Frame(frame.astype(dtype)?),
        Value::Series(series) => Value::Series(series.astype(dtype)?),
        other => other,
    })
}
