//! Methods and properties of `Frame`.

use column::{Column, DType, Scalar};
use frame::{
    Absent, Aggregation, Ascending, Assigned, DropNa, Frame, How, Index, Join, Labels, Melt, Merge,
    NaPosition, On, Positions, Reduce, Series, Sort, Validate, ValueCounts,
};
use vm::{Fault, Key, Map, Value};

use super::groups::selected;
use super::series_methods::keep;
use super::{SeriesValue, View, frame_of, frame_value, labels, series_value, view};
use crate::args::Args;
use crate::convert::{from_scalar, items, to_column, to_scalar};
use crate::effects::Ask;
use crate::engine_error::{of_frame, table as table_fault};
use crate::host::{Context, Table};
use crate::world::not_built;

/// Sort options, as `sort_values` and `sort_index` name them.
pub(super) fn sort(args: &mut Args<'_>) -> Result<Sort, Fault> {
    let ascending = match args.optional("ascending") {
        None => Ascending::All(true),
        Some(Value::Bool(one)) => Ascending::All(*one),
        Some(value) => {
            let flags =
                items(value).ok_or_else(|| args.wrong("ascending", "a Bool or a list of them", value))?;
            let flags = flags
                .iter()
                .map(|v| match v {
                    Value::Bool(b) => Ok(*b),
                    other => Err(args.wrong("ascending", "a list of Bool", other)),
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ascending::Each(flags)
        }
    };
    let na_position = match args.optional_text("na_position")? {
        None => NaPosition::Last,
        Some(text) => NaPosition::parse(&text).map_err(of_frame(args.operation()))?,
    };
    Ok(Sort { ascending, na_position, ignore_index: args.flag("ignore_index", false)? })
}

/// What a column is made of: a series by label, a list by position, one value for all.
pub(super) fn assigned(args: &Args<'_>, name: &str, value: &Value) -> Result<Assigned, Fault> {
    if let Some(series) = value.downcast::<SeriesValue>() {
        return Ok(Assigned::Series(series.0.clone()));
    }
    if let Some(scalar) = to_scalar(value).filter(|_| !matches!(value, Value::Tuple(_))) {
        return Ok(Assigned::Scalar(scalar));
    }
    to_column(value)
        .map(Assigned::Column)
        .map_err(|why| Fault::new("R0401", format!("{}({name}:): {why}", args.operation())))
}

/// The pairs of a map from text to text.
fn renames(args: &mut Args<'_>, name: &str) -> Result<Vec<(Scalar, Scalar)>, Fault> {
    let value = args.required(name)?;
    let Value::Map(map) = value else { return Err(args.wrong(name, "a map of names", value)) };
    map.iter()
        .map(|(old, new)| match (old.as_str(), new.as_str()) {
            (Some(old), Some(new)) => Ok((Scalar::str(old), Scalar::str(new))),
            _ => Err(args.wrong(name, "a map from String to String", new)),
        })
        .collect()
}

/// A dtype by pandas' name, or a DType value.
pub(super) fn dtype(args: &Args<'_>, name: &str, value: &Value) -> Result<DType, Fault> {
    let text = match value.as_str() {
        Some(text) => text.to_string(),
        None => crate::tensors::dtype_name(value).ok_or_else(|| args.wrong(name, "a dtype", value))?,
    };
    let text = match text.as_str() {
        "int" => "int64",
        "float" => "float64",
        "datetime64" => "datetime64[us]",
        other => other,
    };
    text.parse().map_err(|_| {
        Fault::new("R0401", format!("{}: TypeError: data type '{text}' not understood", args.operation()))
    })
}

fn merge(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let left = frame_of(args, "self")?;
    let right = frame_of(args, "right")?;
    let how = How::parse(&args.text("how", "inner")?).map_err(of_frame(operation))?;
    let (on, left_on, right_on) = (args.texts("on")?, args.texts("left_on")?, args.texts("right_on")?);
    let suffixes = match args.optional("suffixes") {
        None => (Some("_x".to_string()), Some("_y".to_string())),
        Some(value) => match items(value).as_deref() {
            Some([a, b]) => (a.as_str().map(str::to_string), b.as_str().map(str::to_string)),
            _ => return Err(args.wrong("suffixes", "two texts", value)),
        },
    };
    let indicator = args.flag("indicator", false)?;
    let validate = match args.optional_text("validate")? {
        None => None,
        Some(text) => Some(Validate::parse(&text).map_err(of_frame(operation))?),
    };
    let on = match (on.is_empty(), left_on.is_empty(), right_on.is_empty()) {
        (false, true, true) => On::Both(labels(&on)),
        (true, false, false) => On::Each(labels(&left_on), labels(&right_on)),
        (true, true, true) => On::Common,
        _ => {
            return Err(Fault::new(
                "R0401",
                format!("{operation}: give `on`, or both `left_on` and `right_on`"),
            ));
        }
    };
    let options = Merge { how, on, suffixes, indicator, validate, ..Merge::default() };
    left.merge(&right, &options).map(frame_value).map_err(of_frame(operation))
}

/// The pandas row labels as a series, for `.index`.
pub(super) fn index_series(index: &Index) -> Value {
    series_value(Series::from_column(index.to_column()).with_name(index.name()))
}

fn column_labels(frame: &Frame) -> Value {
    Value::list(frame.columns().iter().map(|l| from_scalar(&l)).collect())
}

/// A labelled reduction of each column.
fn reduce(args: &mut Args<'_>, how: Aggregation) -> Result<Value, Fault> {
    let frame = frame_of(args, "self")?;
    frame.reduce(how, &Reduce::default()).map(series_value).map_err(of_frame(args.operation()))
}

fn loc_rows(args: &Args<'_>, value: &Value) -> Result<Labels, Fault> {
    if let Some(mask) = value.downcast::<SeriesValue>() {
        return Ok(Labels::Series(mask.0.clone()));
    }
    if let (Value::List(_), Some(list)) = (value, items(value)) {
        let scalars: Option<Vec<Scalar>> = list.iter().map(to_scalar).collect();
        return scalars.map(Labels::List).ok_or_else(|| args.wrong("index", "labels", value));
    }
    if let Value::Range(range) = value {
        // A slice of labels holds both ends, as in pandas.
        return Ok(Labels::Slice(Some(Scalar::Int(range.start)), Some(Scalar::Int(range.end))));
    }
    to_scalar(value).map(Labels::One).ok_or_else(|| args.wrong("index", "a label, a list or a mask", value))
}

fn iloc_rows(args: &Args<'_>, value: &Value) -> Result<Positions, Fault> {
    match value {
        Value::Int(i) => Ok(Positions::One(*i)),
        Value::Range(range) => {
            let end = if range.inclusive { range.end.saturating_add(1) } else { range.end };
            Ok(Positions::Slice(Some(range.start), Some(end), None))
        }
        Value::List(_) => {
            let list = items(value).unwrap_or_default();
            let ints: Option<Vec<i64>> =
                list.iter().map(|v| if let Value::Int(i) = v { Some(*i) } else { None }).collect();
            ints.map(Positions::List).ok_or_else(|| args.wrong("index", "positions", value))
        }
        other => Err(args.wrong("index", "a position, a range or a list", other)),
    }
}

/// The columns that have a text as label, for suggestions.
fn names_of(frame: &Frame) -> Vec<String> {
    frame.columns().iter().filter_map(|label| label.as_str().map(str::to_string)).collect()
}

/// `frame[...]`, `series[...]`, `loc[...]`, `iloc[...]`.
pub(super) fn index(args: &mut Args<'_>, base: &Value, key: &Value) -> Option<Result<Value, Fault>> {
    let operation = args.operation();
    if let Some(frame) = base.downcast::<super::FrameValue>() {
        let frame = &frame.0;
        return Some(if let Some(mask) = key.downcast::<SeriesValue>() {
            frame.filter(&mask.0).map(frame_value).map_err(of_frame(operation))
        } else if let Some(label) = key.as_str() {
            frame.get(Scalar::str(label)).map(selected).map_err(|error| {
                crate::engine_error::unknown_column(error.kind().class(), label, &names_of(frame))
            })
        } else if matches!(key, Value::List(_)) {
            args.as_texts("columns", key).and_then(|names| {
                frame.select_columns(&labels(&names)).map(frame_value).map_err(of_frame(operation))
            })
        } else {
            Err(args.wrong("index", "a column, a list of columns or a mask", key))
        });
    }
    if let Some(series) = base.downcast::<SeriesValue>() {
        return Some(if let Some(mask) = key.downcast::<SeriesValue>() {
            series.0.filter(&mask.0).map(series_value).map_err(of_frame(operation))
        } else {
            loc_rows(args, key)
                .and_then(|rows| series.0.loc(&rows).map(selected).map_err(of_frame(operation)))
        });
    }
    Some(match base.downcast::<View>()? {
        View::Loc(frame) => {
            if let (Value::Tuple(_), Some([rows, columns])) = (key, items(key).as_deref()) {
                let rows = match loc_rows(args, rows) {
                    Ok(rows) => rows,
                    Err(fault) => return Some(Err(fault)),
                };
                loc_rows(args, columns).and_then(|columns| {
                    frame.loc(&rows, Some(&columns)).map(selected).map_err(of_frame(operation))
                })
            } else {
                loc_rows(args, key)
                    .and_then(|rows| frame.loc(&rows, None).map(selected).map_err(of_frame(operation)))
            }
        }
        View::ILoc(frame) => iloc_rows(args, key)
            .and_then(|rows| frame.iloc(&rows, None).map(selected).map_err(of_frame(operation))),
        View::SeriesLoc(series) => {
            loc_rows(args, key).and_then(|rows| series.loc(&rows).map(selected).map_err(of_frame(operation)))
        }
        View::SeriesILoc(series) => iloc_rows(args, key)
            .and_then(|rows| series.iloc(&rows).map(selected).map_err(of_frame(operation))),
        View::Groups(grouping) => match (key.as_str(), args.as_texts("columns", key)) {
            (Some(column), _) => Ok(view(View::Groups(grouping.select(vec![column.to_string()], true)))),
            (None, Ok(columns)) => Ok(view(View::Groups(grouping.select(columns, false)))),
            (None, Err(fault)) => Err(fault),
        },
        _ => return None,
    })
}

/// `frame.name` and `frame["name"]`, by a name known when the program was checked.
pub(super) fn column(args: &mut Args<'_>) -> Result<Value, Fault> {
    let base = args.required("self")?;
    let name = args.required_text("column")?;
    let key = Value::str(name);
    match index(args, base, &key) {
        Some(value) => value,
        None => Err(args.wrong("self", "a Frame", base)),
    }
}

fn finish(args: &Args<'_>, made: frame::Result<Frame>) -> Result<Value, Fault> {
    made.map(frame_value).map_err(of_frame(args.operation()))
}

/// Labels of columns, or none for all of them.
fn subset(args: &mut Args<'_>, name: &str) -> Result<Option<Vec<Scalar>>, Fault> {
    Ok(Some(labels(&args.texts(name)?)).filter(|labels| !labels.is_empty()))
}

/// One reduction of every column, or one for each of some: a value a column. Of a list, a row for each.
fn agg(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let frame = frame_of(args, "self")?;
    let func = args.required("func")?;
    let parse = |name: &str| Aggregation::parse(name).map_err(of_frame(operation));
    if let Some(name) = func.as_str() {
        let made = frame.reduce(parse(name)?, &Reduce::default());
        return made.map(series_value).map_err(of_frame(operation));
    }
    if let Value::Map(map) = func {
        let mut labels = Vec::new();
        let mut cells = Vec::new();
        for (column, how) in map.iter() {
            let (Some(column), Some(how)) = (column.as_str(), how.as_str()) else {
                return Err(args.wrong("func", "a map from columns to functions' names", how));
            };
            let series = frame.column(Scalar::str(column)).map_err(|error| {
                crate::engine_error::unknown_column(error.kind().class(), column, &names_of(&frame))
            })?;
            cells.push(series.reduce(parse(how)?, &Reduce::default()).map_err(of_frame(operation))?);
            labels.push(Scalar::str(column));
        }
        let made = Series::new(Column::infer(cells), Index::from_labels(labels), Scalar::None);
        return made.map(series_value).map_err(of_frame(operation));
    }
    let names = args.as_texts("func", func)?;
    let hows = names.iter().map(|name| parse(name)).collect::<Result<Vec<_>, _>>()?;
    let mut data = Vec::with_capacity(frame.data().len());
    for column in frame.data() {
        let series = Series::from_column(column.clone());
        let cells = hows
            .iter()
            .map(|how| series.reduce(*how, &Reduce::default()))
            .collect::<frame::Result<Vec<_>>>()
            .map_err(of_frame(operation))?;
        data.push(Column::infer(cells));
    }
    finish(args, Frame::new(frame.columns().clone(), data, Index::from_strings(&names)))
}

fn fillna(args: &mut Args<'_>) -> Result<Value, Fault> {
    let frame = frame_of(args, "self")?;
    let value = args.required("value")?;
    let cell = |value: &Value| {
        to_scalar(value)
            .filter(|_| !value.is_null())
            .ok_or_else(|| args.wrong("value", "a value that a column can hold", value))
    };
    let Value::Map(map) = value else {
        let cell = cell(value)?;
        return finish(args, frame.fillna(&cell));
    };
    let mut columns = Vec::new();
    for (column, value) in map.iter() {
        let label = column.as_str().ok_or_else(|| args.wrong("value", "column names", column))?;
        columns.push((Scalar::str(label), cell(value)?));
    }
    finish(args, frame.fillna_columns(&columns))
}

/// `replace` with one table for all columns, or with what is old in each of some.
fn replace(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let frame = frame_of(args, "self")?;
    let old = args.required("to_replace")?;
    let new = args.optional("value");
    let nested = |map: &Map| map.iter().any(|(_, table)| matches!(table, Value::Map(_)));
    match old {
        // For each column what is old there, with what is new in its table or for all columns.
        Value::Map(map) if new.is_some() || nested(map) => {
            let mut replaced = frame;
            for (column, old) in map.iter() {
                let label =
                    column.as_str().ok_or_else(|| args.wrong("to_replace", "column names", column))?;
                if new.is_none() && !matches!(old, Value::Map(_)) {
                    return Err(args.wrong("to_replace", "a map for each column", old));
                }
                let label = Scalar::str(label);
                // A column that is not there has nothing to replace, as in pandas.
                if !replaced.columns().contains(&label) {
                    continue;
                }
                let pairs = super::series_methods::pairs(args, old, new)?;
                replaced = replaced
                    .column(label.clone())
                    .and_then(|series| series.replace(&pairs))
                    .and_then(|series| replaced.assign(label, Assigned::Series(series)))
                    .map_err(of_frame(operation))?;
            }
            Ok(frame_value(replaced))
        }
        old => {
            let pairs = super::series_methods::pairs(args, old, new)?;
            finish(args, frame.replace(&pairs))
        }
    }
}

fn pivot_table(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let frame = frame_of(args, "self")?;
    let values = labels(&args.texts("values")?);
    let index = labels(&args.texts("index")?);
    let columns = labels(&args.texts("columns")?);
    let how = Aggregation::parse(&args.text("aggfunc", "mean")?).map_err(of_frame(operation))?;
    let fill = match args.optional("fill_value") {
        None => None,
        Some(value) => Some(
            to_scalar(value)
                .ok_or_else(|| args.wrong("fill_value", "a value that a column can hold", value))?,
        ),
    };
    if args.flag("margins", false)? {
        return Err(Fault::new("R0126", format!("{operation} with margins is not built yet")));
    }
    match (values.as_slice(), index.as_slice(), columns.as_slice()) {
        ([values], [index], columns @ ([] | [_])) => {
            finish(args, frame.pivot_table(values, index, columns.first(), how, fill.as_ref()))
        }
        _ => Err(Fault::new("R0126", format!("{operation} of several columns at once is not built yet"))
            .help("Give one column each for `values`, `index` and `columns`, or use groupby(...).agg(...).")),
    }
}

/// A map for each row, from the columns' labels to its cells.
pub(super) fn records(operation: &str, frame: &Frame) -> Result<Vec<Value>, Fault> {
    if !frame.columns().is_unique() {
        let message = "DataFrame columns must be unique for orient='records'.";
        return Err(table_fault(operation, "ValueError", message));
    }
    let keys: Vec<Key> = frame
        .columns()
        .iter()
        .map(|label| Key::new(Value::str(label.as_str().map_or_else(|| label.to_string(), str::to_string))))
        .collect::<Result<_, _>>()?;
    let row = |row: usize| {
        let mut map = Map::new();
        for (key, column) in keys.iter().zip(frame.data()) {
            map.insert(key.clone(), column.get(row).map_or(Value::Null, |cell| from_scalar(&cell)));
        }
        Value::map(map)
    };
    Ok((0..frame.len()).map(row).collect())
}

/// The frame as CSV: written to a file, or as text where no path is given.
fn to_csv(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let frame = frame_of(args, "self")?;
    let path = args.optional_text("path")?;
    let options = files::ToCsv { index: args.flag("index", true)?, ..files::ToCsv::default() };
    let index = frame.index();
    let names = index.names();
    let levels = (0..index.nlevels()).filter_map(|level| index.level_values(level));
    let table = files::Table {
        columns: frame.columns().iter().zip(frame.data().iter().cloned()).collect(),
        index: names
            .into_iter()
            .map(|name| Some(name).filter(|name| !name.is_missing()))
            .zip(levels)
            .collect(),
        row_count: frame.len(),
        ..files::Table::default()
    };
    let text = files::to_csv(&table, &options)
        .map_err(|error| table_fault(operation, error.kind().class(), error.message()))?;
    match path {
        None => Ok(Value::str(text)),
        Some(path) => context.ask(Ask::WriteFile { path, bytes: text.into_bytes() }).map(|_| Value::Null),
    }
}

pub(crate) const TABLE: Table = &[
    ("Frame.agg", |_, a| agg(a)),
    ("Frame.assign", |_, a| {
        let mut frame = frame_of(a, "self")?;
        for (name, value) in a.rest_named() {
            let made = assigned(a, name, value)?;
            frame = frame.assign(Scalar::str(name), made).map_err(of_frame(a.operation()))?;
        }
        Ok(frame_value(frame))
    }),
    ("Frame.astype", |_, a| {
        let frame = frame_of(a, "self")?;
        let value = a.required("dtype")?;
        let Value::Map(map) = value else {
            return Err(a.wrong("dtype", "a map from column to dtype", value));
        };
        let mut dtypes = Vec::new();
        for (column, to) in map.iter() {
            let column = column.as_str().ok_or_else(|| a.wrong("dtype", "column names", column))?;
            dtypes.push((Scalar::str(column), dtype(a, "dtype", to)?));
        }
        frame.astype_columns(&dtypes).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.bfill", |_, a| {
        let frame = frame_of(a, "self")?;
        finish(a, frame.bfill(None))
    }),
    ("Frame.columns", |_, a| frame_of(a, "self").map(|f| column_labels(&f))),
    ("Frame.copy", |_, a| frame_of(a, "self").map(frame_value)),
    ("Frame.corr", |_, a| {
        let frame = frame_of(a, "self")?;
        match a.text("method", "pearson")?.as_str() {
            "pearson" => finish(a, frame.corr()),
            other => {
                let refused = format!("{} by the method `{other}` is not built yet", a.operation());
                Err(Fault::new("R0126", refused).help("The method that there is: pearson."))
            }
        }
    }),
    ("Frame.describe", |_, a| {
        let frame = frame_of(a, "self")?;
        finish(a, frame.describe())
    }),
    ("Frame.drop", |_, a| {
        let frame = frame_of(a, "self")?;
        let columns = labels(&a.texts("columns")?);
        frame.drop_columns(&columns, Absent::Raise).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.drop_duplicates", |_, a| {
        let frame = frame_of(a, "self")?;
        let subset = subset(a, "subset")?;
        let keep = keep(a)?;
        let ignore_index = a.flag("ignore_index", false)?;
        finish(a, frame.drop_duplicates(subset.as_deref(), keep, ignore_index))
    }),
    ("Frame.dropna", |_, a| {
        let frame = frame_of(a, "self")?;
        let how = DropNa::parse(&a.text("how", "any")?).map_err(of_frame(a.operation()))?;
        let subset = subset(a, "subset")?;
        finish(a, frame.dropna(how, subset.as_deref(), false))
    }),
    ("Frame.duplicated", |_, a| {
        let frame = frame_of(a, "self")?;
        let subset = subset(a, "subset")?;
        let keep = keep(a)?;
        frame.duplicated(subset.as_deref(), keep).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.empty", |_, a| frame_of(a, "self").map(|f| Value::Bool(f.is_empty() || f.columns().is_empty()))),
    ("Frame.explode", |_, a| {
        let frame = frame_of(a, "self")?;
        let column = a.required_text("column")?;
        finish(a, frame.explode(&Scalar::str(column), false))
    }),
    ("Frame.ffill", |_, a| {
        let frame = frame_of(a, "self")?;
        finish(a, frame.ffill(None))
    }),
    ("Frame.fillna", |_, a| fillna(a)),
    ("Frame.filter", |_, a| {
        let frame = frame_of(a, "self")?;
        let wanted = a.texts("items")?;
        let there: Vec<Scalar> =
            labels(&wanted).into_iter().filter(|l| frame.columns().contains(l)).collect();
        frame.select_columns(&there).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.head", |_, a| {
        let frame = frame_of(a, "self")?;
        Ok(frame_value(frame.head(a.int("n", 5)?)))
    }),
    ("Frame.iloc", |_, a| frame_of(a, "self").map(|f| view(View::ILoc(f)))),
    ("Frame.index", |_, a| frame_of(a, "self").map(|f| index_series(f.index()))),
    ("Frame.isna", |_, a| {
        let frame = frame_of(a, "self")?;
        finish(a, frame.isna())
    }),
    ("Frame.join", |_, a| {
        let operation = a.operation();
        let frame = frame_of(a, "self")?;
        let other = frame_of(a, "other")?;
        let how = match a.text("how", "left")?.as_str() {
            "left" => Join::Left,
            "right" => Join::Right,
            "inner" => Join::Inner,
            "outer" => Join::Outer,
            wrong => {
                return Err(Fault::new(
                    "R0401",
                    format!("{operation}: how is left, right, inner or outer, found `{wrong}`"),
                ));
            }
        };
        let (left, right) = (a.text("lsuffix", "")?, a.text("rsuffix", "")?);
        frame.join(&other, how, (&left, &right)).map(frame_value).map_err(of_frame(operation))
    }),
    ("Frame.loc", |_, a| frame_of(a, "self").map(|f| view(View::Loc(f)))),
    ("Frame.max", |_, a| reduce(a, Aggregation::Max)),
    ("Frame.mean", |_, a| reduce(a, Aggregation::Mean)),
    ("Frame.median", |_, a| reduce(a, Aggregation::Median)),
    ("Frame.melt", |_, a| {
        let frame = frame_of(a, "self")?;
        let options = Melt {
            id_vars: labels(&a.texts("id_vars")?),
            value_vars: subset(a, "value_vars")?,
            var_name: Some(Scalar::str(a.text("var_name", "variable")?)),
            value_name: Scalar::str(a.text("value_name", "value")?),
            ..Melt::default()
        };
        finish(a, frame.melt(&options))
    }),
    ("Frame.merge", |_, a| merge(a)),
    ("Frame.min", |_, a| reduce(a, Aggregation::Min)),
    ("Frame.count", |_, a| reduce(a, Aggregation::Count)),
    ("Frame.notna", |_, a| {
        let frame = frame_of(a, "self")?;
        finish(a, frame.notna())
    }),
    ("Frame.nunique", |_, a| reduce(a, Aggregation::Nunique)),
    ("Frame.std", |_, a| reduce(a, Aggregation::Std)),
    ("Frame.sum", |_, a| reduce(a, Aggregation::Sum)),
    ("Frame.nlargest", |_, a| {
        let frame = frame_of(a, "self")?;
        let n = a.size("n", 5)?;
        frame.nlargest(n, &labels(&a.texts("columns")?)).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.nsmallest", |_, a| {
        let frame = frame_of(a, "self")?;
        let n = a.size("n", 5)?;
        frame.nsmallest(n, &labels(&a.texts("columns")?)).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.pivot", |_, a| {
        let frame = frame_of(a, "self")?;
        let columns = Scalar::str(a.required_text("columns")?);
        let index = Scalar::str(a.required_text("index")?);
        let values = Scalar::str(a.required_text("values")?);
        finish(a, frame.pivot(&index, &columns, &values))
    }),
    ("Frame.pivot_table", |_, a| pivot_table(a)),
    ("Frame.rename", |_, a| {
        let frame = frame_of(a, "self")?;
        let pairs = renames(a, "columns")?;
        frame.rename_columns(&pairs, Absent::Ignore).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.replace", |_, a| replace(a)),
    ("Frame.reset_index", |_, a| {
        let frame = frame_of(a, "self")?;
        frame.reset_index(a.flag("drop", false)?).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.sample", |_, a| {
        let frame = frame_of(a, "self")?;
        let options = super::series_methods::sample(a)?;
        finish(a, frame.sample(&options))
    }),
    ("Frame.set_index", |_, a| {
        let frame = frame_of(a, "self")?;
        let keys = labels(&a.texts("keys")?);
        frame.set_index(&keys, true, false, None).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.shape", |_, a| {
        let (rows, columns) = frame_of(a, "self")?.shape();
        Ok(Value::tuple(vec![Value::Int(rows as i64), Value::Int(columns as i64)]))
    }),
    ("Frame.size", |_, a| {
        let (rows, columns) = frame_of(a, "self")?.shape();
        Ok(Value::Int((rows * columns) as i64))
    }),
    ("Frame.sort_index", |_, a| {
        let frame = frame_of(a, "self")?;
        frame.sort_index(&sort(a)?).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.sort_values", |_, a| {
        let frame = frame_of(a, "self")?;
        let by = labels(&a.texts("by")?);
        frame.sort_values(&by, &sort(a)?).map(frame_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.stack", |_, a| {
        let frame = frame_of(a, "self")?;
        frame.stack().map(series_value).map_err(of_frame(a.operation()))
    }),
    ("Frame.tail", |_, a| {
        let frame = frame_of(a, "self")?;
        Ok(frame_value(frame.tail(a.int("n", 5)?)))
    }),
    ("Frame.to_csv", to_csv),
    ("Frame.to_records", |_, a| {
        let frame = frame_of(a, "self")?;
        records(a.operation(), &frame).map(Value::list)
    }),
    ("Frame.unstack", |_, a| not_built(a)),
    ("Frame.value_counts", |_, a| {
        let frame = frame_of(a, "self")?;
        let subset = subset(a, "subset")?;
        let options = ValueCounts { normalize: a.flag("normalize", false)?, ..ValueCounts::default() };
        frame.value_counts(subset.as_deref(), options).map(series_value).map_err(of_frame(a.operation()))
    }),
    ("op.column", |_, a| column(a)),
];
