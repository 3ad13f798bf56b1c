//! Construction, selection, sorting and index operations.

use column::{Column, DType, Scalar};
use frame::{
    Ascending, Frame, Index, Keep, Labels, NaPosition, Positions, Rank, RankMethod, ReprOptions, Selected,
    Series, Sort,
};
use serde_json::{Value as Json, json};

use super::{Row, exact};
use crate::args::{Args, Failure, Outcome};
use crate::text::{Value, read_cell};

pub const ROWS: &[Row] = &[
    exact("series.new", new_series),
    exact("frame.new", new_frame),
    exact("getitem", getitem),
    exact("getitem_mask", getitem_mask),
    exact("loc", loc),
    exact("loc_mask", loc_mask),
    exact("iloc", iloc),
    exact("head", head),
    exact("tail", tail),
    exact("sort_values", sort_values),
    exact("series.sort_values", series_sort_values),
    exact("sort_index", sort_index),
    exact("nlargest", nlargest),
    exact("nsmallest", nsmallest),
    exact("series.nlargest", series_nlargest),
    exact("series.nsmallest", series_nsmallest),
    exact("rank", rank),
    exact("repr", repr),
    exact("index.union", union),
    exact("index.intersection", intersection),
    exact("index.duplicated", index_duplicated),
    exact("index.is_unique", |args| Ok(Value::Scalar(args.index("self")?.is_unique().into()))),
    exact("index.has_duplicates", |args| Ok(Value::Scalar(args.index("self")?.has_duplicates().into()))),
    exact("index.is_monotonic_increasing", |args| {
        Ok(Value::Scalar(args.index("self")?.is_monotonic_increasing().into()))
    }),
    exact("index.get_indexer", |args| {
        let positions = args.index("self")?.get_indexer(&args.index("target")?)?;
        Ok(Value::Column(Column::from(positions)))
    }),
];

fn column_of(cells: &[Json], dtype: Option<&str>) -> Result<Column, Failure> {
    let cells: Vec<Scalar> = cells.iter().map(read_cell).collect();
    Ok(match dtype {
        Some(dtype) => Column::object(cells).cast(dtype.parse::<DType>()?)?,
        None => Column::infer(cells),
    })
}

fn new_series(args: &mut Args<'_>) -> Outcome {
    let dtype = args.maybe_text("dtype")?;
    let values = column_of(args.raw("data")?.as_array().ok_or("a list".to_owned())?, dtype)?;
    let index = match args.raw("index")? {
        Json::Null => Index::range(values.len()),
        _ => Index::from_labels(args.labels("index")?),
    };
    Ok(Value::Series(Series::new(values, index, args.scalar("name")?)?))
}

fn new_frame(args: &mut Args<'_>) -> Outcome {
    let data = args.raw("data")?.as_object().ok_or("an object".to_owned())?;
    let columns = data.iter().map(|(label, cells)| {
        Ok((label.as_str(), column_of(cells.as_array().ok_or("a list".to_owned())?, None)?))
    });
    let mut frame = Frame::from_columns(columns.collect::<Result<Vec<_>, Failure>>()?)?;
    if !args.raw("columns")?.is_null() {
        frame = frame.select_columns(&args.labels("columns")?)?;
    }
    if !args.raw("index")?.is_null() {
        frame = frame.with_index(Index::from_labels(args.labels("index")?))?;
    }
    Ok(Value::Frame(frame))
}

pub fn selected(selected: Selected) -> Outcome {
    match selected {
        Selected::Frame(frame) => Ok(Value::Frame(frame)),
        Selected::Series(series) => Ok(Value::Series(series)),
        Selected::Scalar(scalar) => Ok(Value::Scalar(scalar)),
        _ => Err("an unknown kind of selection".to_owned().into()),
    }
}

fn getitem(args: &mut Args<'_>) -> Outcome {
    let frame = args.frame("self")?;
    match args.raw("key")? {
        Json::Array(_) => Ok(Value::Frame(frame.select_columns(&args.labels("key")?)?)),
        key => selected(frame.get(read_cell(key))?),
    }
}

fn getitem_mask(args: &mut Args<'_>) -> Outcome {
    let mask = args.series("mask")?;
    match args.input("self")? {
        Value::Frame(frame) => Ok(Value::Frame(frame.filter(&mask)?)),
        Value::Series(series) => Ok(Value::Series(series.filter(&mask)?)),
        _ => Err("a frame or a series".to_owned().into()),
    }
}

fn labels(selector: &Json) -> Labels {
    let maybe = |bound: &Json| Some(bound).filter(|bound| !bound.is_null()).map(read_cell);
    match selector {
        Json::Array(items) => Labels::List(items.iter().map(read_cell).collect()),
        Json::Object(object) if object.contains_key("slice") => {
            Labels::Slice(maybe(&selector["slice"][0]), maybe(&selector["slice"][1]))
        }
        one => Labels::One(read_cell(one)),
    }
}

fn loc(args: &mut Args<'_>) -> Outcome {
    let rows = labels(args.raw("rows")?);
    let columns = Some(args.raw("columns")?).filter(|columns| !columns.is_null()).map(labels);
    match args.input("self")? {
        Value::Frame(frame) => selected(frame.loc(&rows, columns.as_ref())?),
        Value::Series(series) => selected(series.loc(&rows)?),
        _ => Err("a frame or a series".to_owned().into()),
    }
}

fn loc_mask(args: &mut Args<'_>) -> Outcome {
    let columns = Some(args.raw("columns")?).filter(|columns| !columns.is_null()).map(labels);
    let mask = Labels::Mask(args.series("mask")?);
    selected(args.frame("self")?.loc(&mask, columns.as_ref())?)
}

fn iloc(args: &mut Args<'_>) -> Outcome {
    let positions = |selector: &Json| {
        let slice = |place: usize| selector["slice"].get(place).and_then(Json::as_i64);
        match selector {
            Json::Array(items) => Positions::List(items.iter().filter_map(Json::as_i64).collect()),
            Json::Object(_) => Positions::Slice(slice(0), slice(1), slice(2)),
            one => Positions::One(one.as_i64().unwrap_or(i64::MAX)),
        }
    };
    let rows = positions(args.raw("rows")?);
    let columns = Some(args.raw("columns")?).filter(|columns| !columns.is_null()).map(positions);
    selected(args.frame("self")?.iloc(&rows, columns.as_ref())?)
}

fn head(args: &mut Args<'_>) -> Outcome {
    let n = args.int("n")?;
    Ok(match args.input("self")? {
        Value::Frame(frame) => Value::Frame(frame.head(n)),
        Value::Series(series) => Value::Series(series.head(n)),
        other => other,
    })
}

fn tail(args: &mut Args<'_>) -> Outcome {
    let n = args.int("n")?;
    Ok(match args.input("self")? {
        Value::Frame(frame) => Value::Frame(frame.tail(n)),
        Value::Series(series) => Value::Series(series.tail(n)),
        other => other,
    })
}

fn sort(args: &mut Args<'_>) -> Result<Sort, Failure> {
    args.fixed("kind", json!("stable"))?;
    let ascending = match args.raw("ascending")? {
        Json::Array(items) => Ascending::Each(items.iter().filter_map(Json::as_bool).collect()),
        one => Ascending::All(one.as_bool().ok_or("a boolean".to_owned())?),
    };
    let na_position = NaPosition::parse(args.text("na_position")?)?;
    Ok(Sort { ascending, na_position, ignore_index: args.bool("ignore_index")? })
}

fn sort_values(args: &mut Args<'_>) -> Outcome {
    let (by, options) = (args.labels("by")?, sort(args)?);
    Ok(Value::Frame(args.frame("self")?.sort_values(&by, &options)?))
}

fn series_sort_values(args: &mut Args<'_>) -> Outcome {
    let options = sort(args)?;
    Ok(Value::Series(args.series("self")?.sort_values(&options)?))
}

fn sort_index(args: &mut Args<'_>) -> Outcome {
    let (options, axis) = (sort(args)?, args.int("axis")?);
    Ok(match args.input("self")? {
        Value::Frame(frame) if axis == 1 => Value::Frame(frame.sort_columns(&options)?),
        Value::Frame(frame) => Value::Frame(frame.sort_index(&options)?),
        Value::Series(series) => Value::Series(series.sort_index(&options)?),
        other => other,
    })
}

fn nlargest(args: &mut Args<'_>) -> Outcome {
    args.fixed("keep", json!("first"))?;
    let (n, by) = (args.int("n")? as usize, args.labels("columns")?);
    Ok(Value::Frame(args.frame("self")?.nlargest(n, &by)?))
}

fn nsmallest(args: &mut Args<'_>) -> Outcome {
    args.fixed("keep", json!("first"))?;
    let (n, by) = (args.int("n")? as usize, args.labels("columns")?);
    Ok(Value::Frame(args.frame("self")?.nsmallest(n, &by)?))
}

fn series_nlargest(args: &mut Args<'_>) -> Outcome {
    args.fixed("keep", json!("first"))?;
    let n = args.int("n")? as usize;
    Ok(Value::Series(args.series("self")?.nlargest(n)?))
}

fn series_nsmallest(args: &mut Args<'_>) -> Outcome {
    args.fixed("keep", json!("first"))?;
    let n = args.int("n")? as usize;
    Ok(Value::Series(args.series("self")?.nsmallest(n)?))
}

fn union(args: &mut Args<'_>) -> Outcome {
    args.fixed("sort", Json::Null)?;
    Ok(Value::Index(args.index("self")?.union(&args.index("other")?)?))
}

fn intersection(args: &mut Args<'_>) -> Outcome {
    args.fixed("sort", json!(false))?;
    Ok(Value::Index(args.index("self")?.intersection(&args.index("other")?)?))
}

pub fn keep(value: &Json) -> Result<Keep, Failure> {
    match value {
        Json::Bool(false) => Ok(Keep::Neither),
        Json::String(text) if text == "first" => Ok(Keep::First),
        Json::String(text) if text == "last" => Ok(Keep::Last),
        other => Err(format!("keep={other}").into()),
    }
}

fn index_duplicated(args: &mut Args<'_>) -> Outcome {
    let keep = keep(args.raw("keep")?)?;
    Ok(Value::Column(Column::from(args.index("self")?.duplicated(keep))))
}

pub fn rank_options(args: &mut Args<'_>) -> Result<Rank, Failure> {
    args.fixed("na_option", json!("keep"))?;
    let method = match args.text("method")? {
        "average" => RankMethod::Average,
        "min" => RankMethod::Min,
        "max" => RankMethod::Max,
        "first" => RankMethod::First,
        "dense" => RankMethod::Dense,
        other => return Err(format!("method={other}").into()),
    };
    Ok(Rank { method, ascending: args.bool("ascending")?, pct: args.bool("pct")? })
}

fn rank(args: &mut Args<'_>) -> Outcome {
    let options = rank_options(args)?;
    Ok(Value::Series(args.series("self")?.rank(options)?))
}

fn repr(args: &mut Args<'_>) -> Outcome {
    let mut size = |name: &str| args.int(name).map(|size| size as usize);
    let options = ReprOptions {
        max_rows: size("max_rows")?,
        min_rows: size("min_rows")?,
        max_columns: size("max_columns")?,
        width: size("width")?,
    };
    Ok(Value::Scalar(Scalar::str(match args.input("self")? {
        Value::Frame(frame) => frame.repr(&options),
        Value::Series(series) => series.repr(&options),
        _ => return Err("a frame or a series".to_owned().into()),
    })))
}
