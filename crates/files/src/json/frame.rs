//! From JSON to a table.

use std::sync::Arc;

use column::{Column, DType, Scalar, TimeUnit};
use indexmap::{IndexMap, IndexSet};

use super::parse::{Json, parse};
use super::{Orient, convert, table_schema};
use crate::error::{Error, Result};
use crate::table::Table;

/// Which dtypes columns get.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum JsonDType {
    /// Those that fit.
    #[default]
    Infer,
    /// Those of the values as they stand.
    Keep,
    /// This one, where it fits.
    All(DType),
    /// These by label; columns that are not named stay as they stand.
    Columns(Vec<(String, DType)>),
}

/// Which columns are read as dates.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ConvertDates {
    /// Those whose name says so.
    #[default]
    ByName,
    /// None.
    Never,
    /// These.
    Columns(Vec<String>),
}

/// Options of [`read_json`], with pandas' names and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadJson {
    /// `None` for what fits, which is `columns`.
    pub orient: Option<Orient>,
    /// Whether a series is read: one column, whose label is its name.
    pub series: bool,
    /// Dtypes of the columns.
    pub dtype: JsonDType,
    /// Whether labels get the dtypes that fit; `None` is true but for `table`.
    pub convert_axes: Option<bool>,
    /// Columns to read as dates.
    pub convert_dates: ConvertDates,
    /// Whether columns are dates by their name beside those listed.
    pub keep_default_dates: bool,
    /// Whether floats are rounded correctly.
    pub precise_float: bool,
    /// The unit of numbers that are dates; `None` tries all.
    pub date_unit: Option<TimeUnit>,
    /// Whether each line is a value.
    pub lines: bool,
    /// Lines to read at most.
    pub nrows: Option<usize>,
}

impl Default for ReadJson {
    fn default() -> Self {
        Self {
            orient: None,
            series: false,
            dtype: JsonDType::Infer,
            convert_axes: None,
            convert_dates: ConvertDates::ByName,
            keep_default_dates: true,
            precise_float: false,
            date_unit: None,
            lines: false,
            nrows: None,
        }
    }
}

/// Labels and columns before dtypes are looked for.
#[derive(Default)]
pub(super) struct Raw {
    pub columns: Vec<(Scalar, Column)>,
    /// Whether the labels of columns count from 0.
    pub counted_columns: bool,
    pub index: Option<Column>,
    pub row_count: usize,
}

/// Reads JSON text as `pandas.read_json`.
///
/// ```
/// use files::{ReadJson, read_json};
///
/// let table = read_json(r#"[{"name": "wren", "size": 10}, {"name": "owl"}]"#, &ReadJson::default())?;
/// assert_eq!(table.column("size").map(|size| size.dtype()), Some(column::DType::FLOAT64));
/// # Ok::<(), files::Error>(())
/// ```
///
/// # Errors
/// pandas' class and text, with the place in the text; `NotImplementedError` for objects as values.
pub fn read_json(text: &str, options: &ReadJson) -> Result<Table> {
    if options.nrows.is_some() && !options.lines {
        return Err(Error::value("nrows can only be passed if lines=True"));
    }
    let json = match options.lines {
        true => lines(text, options)?,
        false => parse(text, options.precise_float)?,
    };
    if options.orient == Some(Orient::Table) {
        return table_schema::read(json, options);
    }
    let raw = match (options.orient, options.series) {
        (Some(Orient::Split), series) => split(json, series)?,
        (_, true) => series(json)?,
        (Some(Orient::Index), false) => by_index(json)?,
        (_, false) => by_columns(json)?,
    };
    raw.finish(options)
}

/// All lines as one array; each error names the byte of the whole, as pandas joins them.
fn lines(text: &str, options: &ReadJson) -> Result<Json> {
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.take(options.nrows.unwrap_or(usize::MAX)).collect();
    parse(&format!("[{}]", lines.join(",")), options.precise_float)
}

fn attribute(json: &Json, name: &str) -> Error {
    let class = match json {
        Json::Array(_) => "list",
        Json::Str(_) => "str",
        Json::Int(_) | Json::UInt(_) => "int",
        Json::Float(_) => "float",
        Json::Bool(_) => "bool",
        Json::Null => "NoneType",
        Json::Object(_) => "dict",
    };
    let message = format!("'{class}' object has no attribute '{name}'");
    column::Error::new(column::ErrorKind::Attribute, message).into()
}

/// A value in a column.
pub(super) fn scalar(json: Json) -> Result<Scalar> {
    Ok(match json {
        Json::Null => Scalar::None,
        Json::Bool(value) => Scalar::Bool(value),
        Json::Int(value) => Scalar::Int(value),
        Json::UInt(value) => Scalar::UInt(value),
        Json::Float(value) => Scalar::Float(value),
        Json::Str(text) => Scalar::Str(text),
        Json::Array(items) => Scalar::List(items.into_iter().map(scalar).collect::<Result<_>>()?),
        Json::Object(_) => {
            return Err(Error::not_implemented("read_json of objects as values (use json_normalize)"));
        }
    })
}

fn column(values: Vec<Json>) -> Result<Column> {
    Ok(Column::infer(values.into_iter().map(scalar).collect::<Result<_>>()?))
}

/// `orient="split"`; a series' `data` is one list.
fn split(json: Json, series: bool) -> Result<Raw> {
    let Json::Object(mut members) = json else { return Err(attribute(&json, "items")) };
    let allowed: &[&str] = if series { &["name", "index", "data"] } else { &["columns", "index", "data"] };
    let mut unknown: Vec<&str> =
        members.keys().map(|key| &**key).filter(|key| !allowed.contains(key)).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        return Err(Error::value(format!("JSON data had unexpected key(s): {}", unknown.join(", "))));
    }
    let mut list = |key: &str| match members.shift_remove(key) {
        Some(Json::Array(items)) => Some(items),
        _ => None,
    };
    let (index, data) = (list("index"), list("data").unwrap_or_default());
    let names = list("columns");
    let index = index.map(labels).transpose()?;
    if series {
        let name = members.shift_remove("name").map_or(Ok(Scalar::None), scalar)?;
        let row_count = data.len();
        return Ok(Raw { columns: vec![(name, column(data)?)], counted_columns: false, index, row_count });
    }
    let Some(names) = names else {
        return Err(column::Error::new(column::ErrorKind::Key, "'columns'").into());
    };
    let names = repeated(names.into_iter().map(label).collect::<Result<_>>()?);
    let row_count = data.len();
    let rows = rows(data);
    let width = rows.iter().map(Vec::len).max().unwrap_or(names.len());
    if width != names.len() {
        let (wanted, found) = (names.len(), width);
        return Err(Error::value(format!("{wanted} columns passed, passed data had {found} columns")));
    }
    let mut raw = Raw { index, row_count, ..Raw::default() };
    if let Some(index) = &raw.index
        && index.len() != row_count
    {
        if row_count != 1 {
            let message = format!(
                "Shape of passed values is ({row_count}, {width}), indices imply ({}, {width})",
                index.len()
            );
            return Err(Error::value(message));
        }
        raw.row_count = index.len();
    }
    for ((name, values), rows) in
        names.into_iter().zip(transposed(rows, width)).zip(std::iter::repeat(raw.row_count))
    {
        let mut column = column(values)?;
        if column.len() != rows {
            column = column.take(&vec![0; rows])?;
        }
        raw.columns.push((name, column));
    }
    Ok(raw)
}

/// Labels of rows: nested lists are tuples.
fn labels(items: Vec<Json>) -> Result<Column> {
    Ok(Column::infer(items.into_iter().map(label).collect::<Result<_>>()?))
}

fn label(json: Json) -> Result<Scalar> {
    match json {
        Json::Array(_) => Err(Error::not_implemented("read_json(orient='split') of a MultiIndex")),
        other => scalar(other),
    }
}

/// A repeated label gets `.1`, `.2` …
fn repeated(labels: Vec<Scalar>) -> Vec<Scalar> {
    let mut seen: IndexMap<column::Key, usize> = IndexMap::new();
    labels
        .into_iter()
        .map(|label| {
            let count = seen.entry(label.key()).and_modify(|count| *count += 1).or_insert(0);
            if *count == 0 { label } else { Scalar::from(format!("{label}.{count}")) }
        })
        .collect()
}

/// Lists as rows; anything else is a row of one.
fn rows(data: Vec<Json>) -> Vec<Vec<Json>> {
    let lists = data.iter().any(|row| matches!(row, Json::Array(_)));
    let all = data.iter().all(|row| matches!(row, Json::Array(_)));
    data.into_iter()
        .map(|row| match row {
            Json::Array(items) if lists && all => items,
            other => vec![other],
        })
        .collect()
}

/// Columns of rows; short ones are filled up.
fn transposed(rows: Vec<Vec<Json>>, width: usize) -> Vec<Vec<Json>> {
    let mut columns: Vec<Vec<Json>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        let mut row = row.into_iter();
        for column in &mut columns {
            column.push(row.next().unwrap_or(Json::Null));
        }
    }
    columns
}

/// What `pandas.Series` makes of it.
fn series(json: Json) -> Result<Raw> {
    match json {
        Json::Object(members) => {
            let (keys, values): (Vec<Arc<str>>, Vec<Json>) = members.into_iter().unzip();
            let row_count = keys.len();
            let index: Column = keys.iter().map(|key| Some(&**key)).collect();
            Ok(Raw {
                columns: vec![(Scalar::None, column(values)?)],
                index: Some(index),
                row_count,
                ..Raw::default()
            })
        }
        Json::Array(items) => {
            let row_count = items.len();
            Ok(Raw { columns: vec![(Scalar::None, column(items)?)], row_count, ..Raw::default() })
        }
        other => {
            Ok(Raw { columns: vec![(Scalar::None, column(vec![other])?)], row_count: 1, ..Raw::default() })
        }
    }
}

/// What `pandas.DataFrame` makes of it.
fn by_columns(json: Json) -> Result<Raw> {
    match json {
        Json::Null => Ok(Raw { counted_columns: true, ..Raw::default() }),
        Json::Array(items) if items.first().is_some_and(|item| matches!(item, Json::Object(_))) => {
            records(items)
        }
        Json::Array(items) => {
            let row_count = items.len();
            let rows = rows(items);
            let width = rows.iter().map(Vec::len).max().unwrap_or(0);
            let columns = transposed(rows, width).into_iter().enumerate();
            let columns = columns.map(|(at, values)| Ok((Scalar::Int(at as i64), column(values)?)));
            Ok(Raw {
                columns: columns.collect::<Result<_>>()?,
                counted_columns: true,
                row_count,
                index: None,
            })
        }
        Json::Object(members) => of_members(members),
        _ => Err(Error::value("DataFrame constructor not properly called!")),
    }
}

/// A list of objects, one a row.
fn records(items: Vec<Json>) -> Result<Raw> {
    let row_count = items.len();
    let mut columns: IndexMap<Arc<str>, Vec<Json>> = IndexMap::new();
    for (row, item) in items.into_iter().enumerate() {
        let Json::Object(members) = item else {
            let class = match item {
                Json::Null => "NoneType",
                Json::Int(_) | Json::UInt(_) => "int",
                Json::Float(_) => "float",
                Json::Bool(_) => "bool",
                _ => return Err(Error::not_implemented("read_json of a list of objects and other values")),
            };
            let message = format!("'{class}' object is not iterable");
            return Err(column::Error::new(column::ErrorKind::Type, message).into());
        };
        for (key, value) in members {
            let values = columns.entry(key).or_default();
            values.resize(row, Json::Float(f64::NAN));
            values.push(value);
        }
    }
    let columns = columns.into_iter().map(|(key, mut values)| {
        values.resize(row_count, Json::Float(f64::NAN));
        Ok((Scalar::Str(key), column(values)?))
    });
    Ok(Raw { columns: columns.collect::<Result<_>>()?, row_count, ..Raw::default() })
}

/// An object of columns: objects by label, lists by position, or values for every row.
fn of_members(members: IndexMap<Arc<str>, Json>) -> Result<Raw> {
    if members.is_empty() {
        return Ok(Raw { counted_columns: true, ..Raw::default() });
    }
    let objects = members.values().any(|value| matches!(value, Json::Object(_)));
    let mut lengths = members.values().filter_map(|value| match value {
        Json::Array(items) => Some(items.len()),
        _ => None,
    });
    let first = lengths.next();
    if objects && first.is_some() {
        return Err(Error::value("Mixing dicts with non-Series may lead to ambiguous ordering."));
    }
    if lengths.any(|length| Some(length) != first) {
        return Err(Error::value("All arrays must be of the same length"));
    }
    if !objects && first.is_none() {
        return Err(Error::value("If using all scalar values, you must pass an index"));
    }
    let labels: IndexSet<Arc<str>> = members
        .values()
        .filter_map(
            |value| if let Json::Object(members) = value { Some(members.keys().cloned()) } else { None },
        )
        .flatten()
        .collect();
    let row_count = first.unwrap_or(labels.len());
    let mut raw = Raw { row_count, ..Raw::default() };
    if objects {
        raw.index = Some(match labels.is_empty() {
            true => Column::object(Vec::new()),
            false => labels.iter().map(|label| Some(&**label)).collect(),
        });
    }
    for (name, value) in members {
        let values = match value {
            Json::Array(items) => items,
            Json::Object(mut members) => labels
                .iter()
                .map(|label| members.swap_remove(label).unwrap_or(Json::Float(f64::NAN)))
                .collect(),
            value => vec![value; row_count],
        };
        raw.columns.push((Scalar::Str(name), column(values)?));
    }
    Ok(raw)
}

/// An object of rows.
fn by_index(json: Json) -> Result<Raw> {
    let Json::Object(members) = json else { return Err(attribute(&json, "values")) };
    if members.is_empty() {
        return Ok(Raw { counted_columns: true, ..Raw::default() });
    }
    let (keys, values): (Vec<Arc<str>>, Vec<Json>) = members.into_iter().unzip();
    let mut raw = by_columns(Json::Array(values))?;
    raw.index = Some(keys.iter().map(|key| Some(&**key)).collect());
    Ok(raw)
}

impl Raw {
    fn finish(self, options: &ReadJson) -> Result<Table> {
        let convert_axes = options.convert_axes.unwrap_or(true);
        let axis = |labels: Column| -> Result<Column> {
            Ok(match convert_axes {
                false => labels,
                true => match convert::dates(&labels, options.date_unit)? {
                    Some(dates) => dates,
                    None => convert::numbers(labels),
                },
            })
        };
        let mut table = Table { row_count: self.row_count, ..Table::default() };
        table.index = self.index.map(axis).transpose()?.map(|labels| (None, labels)).into_iter().collect();
        let (labels, data): (Vec<Scalar>, Vec<Column>) = self.columns.into_iter().unzip();
        let mut columns = Vec::with_capacity(data.len());
        for (label, column) in labels.iter().zip(data) {
            columns.push(typed(label, column, options)?);
        }
        let keep = self.counted_columns || options.series;
        let labels = if keep { labels } else { axis(Column::infer(labels))?.iter().collect() };
        table.counted_columns = self.counted_columns;
        table.columns = labels.into_iter().zip(columns).collect();
        Ok(table)
    }
}

/// A column in the dtype that is asked for, or that fits. Dates come before any other dtype.
fn typed(label: &Scalar, column: Column, options: &ReadJson) -> Result<Column> {
    let name = label.as_str();
    if options.dtype == JsonDType::Keep {
        return Ok(match column.as_object() {
            Some(scalars) => {
                let filled = |scalar: &Scalar| if scalar.is_missing() { Scalar::NAN } else { scalar.clone() };
                Column::object(scalars.iter().map(filled).collect())
            }
            None => column,
        });
    }
    let by_name = options.series || options.keep_default_dates && name.is_some_and(is_date_name);
    let is_date = match &options.convert_dates {
        ConvertDates::Never => false,
        ConvertDates::ByName => by_name,
        ConvertDates::Columns(names) => by_name || names.iter().any(|date| name == Some(date)),
    };
    if is_date && let Some(dates) = convert::dates(&column, options.date_unit)? {
        return Ok(dates);
    }
    let asked = match &options.dtype {
        JsonDType::Infer | JsonDType::Keep => None,
        JsonDType::All(dtype) => Some(*dtype),
        JsonDType::Columns(dtypes) => dtypes.iter().find(|(of, _)| name == Some(of)).map(|(_, dtype)| *dtype),
    };
    Ok(match asked {
        Some(dtype) => column.cast(dtype).unwrap_or(column),
        None => convert::numbers(column),
    })
}

/// Names that pandas takes for dates.
fn is_date_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with("_at")
        || name.ends_with("_time")
        || name.starts_with("timestamp")
        || matches!(name.as_str(), "modified" | "date" | "datetime")
}
