//! Melt, pivot, crosstab, dummies, stack and unstack.

use column::DType;
use frame::{Aggregation, Dummies, Melt, Normalize, crosstab};
use serde_json::{Value as Json, json};

use super::{Row, exact};
use crate::args::{Args, Outcome};
use crate::text::Value;

pub const ROWS: &[Row] = &[
    exact("melt", melt),
    exact("pivot", |args| {
        let (index, columns, values) =
            (args.scalar("index")?, args.scalar("columns")?, args.scalar("values")?);
        Ok(Value::Frame(args.frame("self")?.pivot(&index, &columns, &values)?))
    }),
    exact("pivot_table", pivot_table),
    exact("crosstab", |args| {
        args.fixed("dropna", json!(true))?;
        args.fixed("margins", json!(false))?;
        let normalize = match args.raw("normalize")? {
            Json::Bool(false) => Normalize::None,
            _ => Normalize::parse(args.text("normalize")?)?,
        };
        let (index, columns) = (args.series("index")?, args.series("columns")?);
        Ok(Value::Frame(crosstab(&index, &columns, normalize)?))
    }),
    exact("get_dummies", get_dummies),
    exact("explode", |args| {
        let (column, ignore_index) = (args.scalar("column")?, args.bool("ignore_index")?);
        Ok(Value::Frame(args.frame("self")?.explode(&column, ignore_index)?))
    }),
    exact("transpose", |args| Ok(Value::Frame(args.frame("self")?.transpose()?))),
    exact("stack", |args| Ok(Value::Series(args.frame("self")?.stack()?))),
    exact("unstack", |args| {
        args.fixed("level", json!(-1))?;
        let fill = args.maybe("fill_value")?;
        Ok(Value::Frame(args.series("self")?.unstack(fill.as_ref())?))
    }),
];

fn melt(args: &mut Args<'_>) -> Outcome {
    let value_vars = match args.raw("value_vars")? {
        Json::Null => None,
        _ => Some(args.labels("value_vars")?),
    };
    let options = Melt {
        id_vars: args.labels("id_vars")?,
        value_vars,
        var_name: args.maybe("var_name")?,
        value_name: args.scalar("value_name")?,
        ignore_index: args.bool("ignore_index")?,
    };
    Ok(Value::Frame(args.frame("self")?.melt(&options)?))
}

fn pivot_table(args: &mut Args<'_>) -> Outcome {
    for name in ["dropna", "observed", "sort"] {
        args.fixed(name, json!(true))?;
    }
    let (index, values) = (args.scalar("index")?, args.scalar("values")?);
    let (columns, fill) = (args.maybe("columns")?, args.maybe("fill_value")?);
    let how = Aggregation::parse(args.text("aggfunc")?)?;
    Ok(Value::Frame(args.frame("self")?.pivot_table(
        &values,
        &index,
        columns.as_ref(),
        how,
        fill.as_ref(),
    )?))
}

fn get_dummies(args: &mut Args<'_>) -> Outcome {
    let columns = match args.raw("columns")? {
        Json::Null => None,
        _ => Some(args.labels("columns")?),
    };
    let options = Dummies {
        prefix: args.maybe_text("prefix")?.map(str::to_owned),
        prefix_sep: args.text("prefix_sep")?.to_owned(),
        dummy_na: args.bool("dummy_na")?,
        columns,
        drop_first: args.bool("drop_first")?,
        dtype: args.maybe_text("dtype")?.map_or(Ok(DType::Bool), str::parse)?,
    };
    Ok(Value::Frame(match args.input("self")? {
        Value::Frame(frame) => frame.get_dummies(&options)?,
        Value::Series(series) => series.get_dummies(&options)?,
        _ => return Err("a frame or a series".to_owned().into()),
    }))
}
