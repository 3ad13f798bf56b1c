//! Group-by.

use column::Scalar;
use frame::{Aggregation, GroupBy, GroupOptions, SeriesGroupBy};
use serde_json::Value as Json;

use super::selection::{rank_options, selected};
use super::{Row, exact};
use crate::args::{Args, Failure, Outcome};
use crate::text::{Value, read_cell};

pub const ROWS: &[Row] = &[
    exact("groupby.agg", agg),
    exact("groupby.named", named),
    exact("groupby.transform", transform),
    exact("groupby.keys", keys),
    exact("groupby.size", |args| selected(frame_groups(args)?.size()?)),
    exact("groupby.cumcount", |args| {
        let ascending = args.bool("ascending")?;
        Ok(Value::Series(frame_groups(args)?.cumcount(ascending)?))
    }),
    exact("groupby.cumsum", |args| Ok(Value::Series(series_groups(args)?.cumsum()?))),
    exact("groupby.rank", |args| {
        let options = rank_options(args)?;
        Ok(Value::Series(series_groups(args)?.rank(options)?))
    }),
    exact("groupby.quantile", |args| {
        let q = args.float("q")?;
        selected(series_groups(args)?.agg(Aggregation::Quantile(q))?)
    }),
    exact("groupby.head", |args| {
        let n = args.int("n")?;
        Ok(Value::Frame(frame_groups(args)?.head(n)?))
    }),
    exact("series.groupby", series_groupby),
];

fn groups(args: &mut Args<'_>) -> Result<GroupBy, Failure> {
    let options = GroupOptions {
        as_index: args.bool("as_index")?,
        sort: args.bool("sort")?,
        dropna: args.bool("dropna")?,
        observed: args.bool("observed")?,
    };
    let by = args.labels("by")?;
    Ok(args.frame("self")?.groupby(&by, options)?)
}

fn frame_groups(args: &mut Args<'_>) -> Result<GroupBy, Failure> {
    let groups = groups(args)?;
    match args.raw("select")? {
        Json::Null => Ok(groups),
        Json::Array(_) => Ok(groups.select(&args.labels("select")?)?),
        one => Err(format!("select={one}").into()),
    }
}

fn series_groups(args: &mut Args<'_>) -> Result<SeriesGroupBy, Failure> {
    let groups = groups(args)?;
    Ok(groups.column(args.scalar("select")?)?)
}

fn hows(functions: &Json) -> Result<Vec<Aggregation>, Failure> {
    let names = functions.as_array().ok_or("a list of functions".to_owned())?;
    Ok(names
        .iter()
        .map(|name| Aggregation::parse(name.as_str().unwrap_or_default()))
        .collect::<Result<_, _>>()?)
}

fn agg(args: &mut Args<'_>) -> Outcome {
    let func = args.raw("func")?;
    if args.raw("select")?.is_string() {
        let groups = series_groups(args)?;
        return match func {
            Json::String(name) => selected(groups.agg(Aggregation::parse(name)?)?),
            list => Ok(Value::Frame(groups.agg_list(&hows(list)?)?)),
        };
    }
    let groups = frame_groups(args)?;
    Ok(Value::Frame(match func {
        Json::String(name) => groups.agg(Aggregation::parse(name)?)?,
        Json::Object(object) if object.values().all(Json::is_string) => {
            let one = |(label, name): (&String, &Json)| {
                Ok((Scalar::str(label), Aggregation::parse(name.as_str().unwrap_or_default())?))
            };
            groups.agg_columns(&object.iter().map(one).collect::<Result<Vec<_>, Failure>>()?)?
        }
        Json::Object(object) => {
            let one = |(label, names): (&String, &Json)| Ok((Scalar::str(label), hows(names)?));
            groups.agg_lists(&object.iter().map(one).collect::<Result<Vec<_>, Failure>>()?)?
        }
        other => return Err(format!("func={other}").into()),
    }))
}

fn named(args: &mut Args<'_>) -> Outcome {
    let named = args.raw("named")?.as_object().ok_or("an object".to_owned())?;
    let one = |(out, pair): (&String, &Json)| {
        let how = Aggregation::parse(pair[1].as_str().unwrap_or_default())?;
        Ok((Scalar::str(out), read_cell(&pair[0]), how))
    };
    let named = named.iter().map(one).collect::<Result<Vec<_>, Failure>>()?;
    Ok(Value::Frame(frame_groups(args)?.agg_named(&named)?))
}

fn transform(args: &mut Args<'_>) -> Outcome {
    let how = Aggregation::parse(args.text("func")?)?;
    if args.raw("select")?.is_string() {
        return Ok(Value::Series(series_groups(args)?.transform(how)?));
    }
    Ok(Value::Frame(frame_groups(args)?.transform(how)?))
}

fn keys(args: &mut Args<'_>) -> Outcome {
    Ok(Value::List(frame_groups(args)?.keys().into_iter().map(Value::Scalar).collect()))
}

fn series_groupby(args: &mut Args<'_>) -> Outcome {
    let options = GroupOptions {
        sort: args.bool("sort")?,
        dropna: args.bool("dropna")?,
        observed: args.bool("observed")?,
        ..GroupOptions::default()
    };
    let how = Aggregation::parse(args.text("func")?)?;
    let by = args.series("by")?;
    selected(args.series("self")?.groupby(&[by], options)?.agg(how)?)
}
