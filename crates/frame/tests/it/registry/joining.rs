//! Merge, join and concat.

use column::Scalar;
use frame::{
    Concat, Frame, How, Join, Merge, On, Series, Validate, concat, concat_columns, concat_series,
    concat_series_columns,
};
use serde_json::{Value as Json, json};

use super::{Row, exact};
use crate::args::{Args, Failure, Outcome};
use crate::text::Value;

pub const ROWS: &[Row] = &[exact("merge", merge), exact("join", join), exact("concat", concat_any)];

fn merge(args: &mut Args<'_>) -> Outcome {
    let (left, right) = (args.frame("left")?, args.frame("right")?);
    args.fixed("left_index", json!(false))?;
    let (both, own, others) = (args.labels("on")?, args.labels("left_on")?, args.labels("right_on")?);
    if args.bool("right_index")? {
        let joined = left.join_on(&right, own.first().unwrap_or(&Scalar::None), ("", ""))?;
        args.fixed("how", json!("left"))?;
        args.fixed("sort", json!(false))?;
        args.fixed("suffixes", json!(["_x", "_y"]))?;
        args.fixed("indicator", json!(false))?;
        args.fixed("validate", Json::Null)?;
        return Ok(Value::Frame(joined));
    }
    let on = match (both.is_empty(), own.is_empty() && others.is_empty()) {
        (true, true) => On::Common,
        (false, _) => On::Both(both),
        (true, false) => On::Each(own, others),
    };
    let suffixes = args.raw("suffixes")?;
    let suffix = |place: usize| suffixes[place].as_str().map(str::to_owned);
    let options = Merge {
        how: How::parse(args.text("how")?)?,
        on,
        sort: args.bool("sort")?,
        suffixes: (suffix(0), suffix(1)),
        indicator: args.bool("indicator")?,
        validate: args.maybe_text("validate")?.map(Validate::parse).transpose()?,
    };
    Ok(Value::Frame(left.merge(&right, &options)?))
}

fn join(args: &mut Args<'_>) -> Outcome {
    args.fixed("sort", json!(false))?;
    let (left, right) = (args.frame("self")?, args.frame("other")?);
    let suffixes = (args.text("lsuffix")?, args.text("rsuffix")?);
    let how = match args.text("how")? {
        "left" => Join::Left,
        "right" => Join::Right,
        "inner" => Join::Inner,
        "outer" => Join::Outer,
        other => return Err(format!("how={other}").into()),
    };
    Ok(Value::Frame(match args.maybe("on")? {
        Some(on) if how == Join::Left => left.join_on(&right, &on, suffixes)?,
        Some(_) => return Err("join(on=) is a left join here".to_owned().into()),
        None => left.join(&right, how, suffixes)?,
    }))
}

fn concat_any(args: &mut Args<'_>) -> Outcome {
    let options = Concat {
        inner: args.text("join")? == "inner",
        ignore_index: args.bool("ignore_index")?,
        keys: args.labels("keys")?,
        names: args.labels("names")?,
        verify_integrity: args.bool("verify_integrity")?,
        sort: args.bool("sort")?,
    };
    let columns = match args.raw("axis")? {
        Json::Number(axis) => axis.as_i64() == Some(1),
        other => return Err(format!("axis={other}").into()),
    };
    let Value::List(objects) = args.input("objs")? else { return Err("a list".to_owned().into()) };
    let (mut frames, mut series): (Vec<Frame>, Vec<Series>) = (Vec::new(), Vec::new());
    for object in objects {
        match object {
            Value::Frame(frame) => frames.push(frame),
            Value::Series(one) => series.push(one),
            _ => return Err(Failure::Case("frames or series".to_owned())),
        }
    }
    let (frames, series): (Vec<&Frame>, Vec<&Series>) = (frames.iter().collect(), series.iter().collect());
    match (columns, series.is_empty()) {
        (false, true) => Ok(Value::Frame(concat(&frames, &options)?)),
        (true, true) => Ok(Value::Frame(concat_columns(&frames, &options)?)),
        (false, false) => Ok(Value::Series(concat_series(&series, &options)?)),
        (true, false) => Ok(Value::Frame(concat_series_columns(&series, &options)?)),
    }
}
