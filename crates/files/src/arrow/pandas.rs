//! The metadata block `pandas` of an Arrow schema: index, names and dtypes that Arrow itself has no place for.
//!
//! Its keys were observed on files that pandas 3.1 writes. Unknown keys are passed over, as pandas does; a block that
//! is no JSON object is no block.

use std::collections::HashMap;

use column::{Column, DType, Scalar};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::table::{RowRange, Table};

/// The key of the block.
pub(super) const KEY: &str = "pandas";

/// Columns under the names a file gets, and the block that describes them.
pub(super) struct Described<'a> {
    pub columns: Vec<(String, std::borrow::Cow<'a, Column>)>,
    pub block: String,
}

/// Describes a table. `index` keeps row labels as columns (a range as metadata where it is `None`) or drops them.
///
/// # Errors
/// `ValueError` for columns that would have the same name.
pub(super) fn describe(table: &Table, index: Option<bool>) -> Result<Described<'_>> {
    use std::borrow::Cow;
    let labels: Vec<&Scalar> = table.columns.iter().map(|(label, _)| label).collect();
    let names: Vec<String> = labels.iter().map(|label| file_name(label)).collect();
    let mut seen = std::collections::HashSet::new();
    if !names.iter().all(|name| seen.insert(name)) {
        let all: Vec<String> = labels.iter().map(|label| label.repr()).collect();
        return Err(Error::value(format!("Duplicate column names found: [{}]", all.join(", "))));
    }
    let mut described = Vec::new();
    let mut columns: Vec<(String, Cow<'_, Column>)> = Vec::new();
    for (name, (_, column)) in names.iter().zip(&table.columns) {
        described.push(column_entry(Some(name), name, column));
        columns.push((name.clone(), Cow::Borrowed(column)));
    }
    let mut index_columns = Vec::new();
    let levels: Vec<(Option<Scalar>, Cow<'_, Column>)> = match (index, table.index.is_empty()) {
        (Some(false), _) => Vec::new(),
        (_, false) => table.index.iter().map(|(name, level)| (name.clone(), Cow::Borrowed(level))).collect(),
        (None, true) => {
            let RowRange { name, start, stop, step } = table.row_range();
            let name = name.map(|name| file_name(&name));
            index_columns
                .push(json!({"kind": "range", "name": name, "start": start, "stop": stop, "step": step}));
            Vec::new()
        }
        (Some(true), true) => {
            let range = table.row_range();
            let labels = range.labels(table.row_count);
            vec![(range.name, Cow::Owned(labels))]
        }
    };
    for (at, (name, level)) in levels.into_iter().enumerate() {
        let name = name.filter(|name| *name != Scalar::None).map(|name| file_name(&name));
        let field = match &name {
            Some(name) if !names.contains(name) => name.clone(),
            _ => format!("__index_level_{at}__"),
        };
        described.push(column_entry(name.as_deref(), &field, &level));
        index_columns.push(Value::String(field.clone()));
        columns.push((field, level));
    }
    let block = json!({
        "index_columns": index_columns,
        "column_indexes": if index == Some(false) { Vec::new() } else { label_entries(table, &labels) },
        "columns": described,
        "attributes": {},
        "creator": {"library": "lumen", "version": env!("CARGO_PKG_VERSION")},
        "pandas_version": "3.1.1",
    });
    Ok(Described { columns, block: block.to_string() })
}

/// Python's `str` of a label; a tuple's parts are made strings first.
fn file_name(label: &Scalar) -> String {
    match label {
        Scalar::Tuple(parts) => {
            let parts = parts.iter().map(|part| Scalar::Str(part.to_string().into())).collect();
            Scalar::Tuple(parts).to_string()
        }
        other => other.to_string(),
    }
}

fn column_entry(name: Option<&str>, field_name: &str, column: &Column) -> Value {
    let dtype = column.dtype();
    let (kind, numpy, metadata) = match dtype {
        DType::Category => {
            let count = column.categories().map_or(0, Column::len);
            let codes = if count <= 0x7f {
                "int8"
            } else if count <= 0x7fff {
                "int16"
            } else {
                "int32"
            };
            let metadata = json!({"num_categories": count, "ordered": column.is_ordered()});
            ("categorical".to_owned(), codes.to_owned(), metadata)
        }
        DType::Datetime(_) => ("datetime".into(), dtype.to_string(), Value::Null),
        DType::Zoned(unit, zone) => {
            let numpy = DType::Datetime(unit).to_string();
            ("datetimetz".into(), numpy, json!({"timezone": zone.to_string()}))
        }
        DType::Number(number) | DType::Nullable(number) => {
            (number.name().to_owned(), dtype.to_string(), Value::Null)
        }
        DType::Bool | DType::Boolean => ("bool".into(), dtype.to_string(), Value::Null),
        DType::Object => (object_kind(column).into(), "object".into(), Value::Null),
        _ => ("object".into(), dtype.to_string(), Value::Null),
    };
    json!({"name": name, "field_name": field_name, "pandas_type": kind, "numpy_type": numpy, "metadata": metadata})
}

fn object_kind(column: &Column) -> &'static str {
    let scalars = column.as_object().unwrap_or(&[]);
    match scalars.iter().find(|scalar| !scalar.is_missing()) {
        None => "empty",
        Some(Scalar::Str(_)) => "unicode",
        Some(Scalar::Bool(_)) => "bool",
        Some(Scalar::Float(_)) => "float64",
        Some(Scalar::Int(_))
            if scalars.iter().any(|scalar| matches!(scalar, Scalar::Float(x) if !x.is_nan())) =>
        {
            "float64"
        }
        Some(Scalar::Int(_)) => "int64",
        Some(Scalar::Datetime(..)) => "datetime",
        Some(_) => "mixed",
    }
}

/// An entry a level of the column labels.
fn label_entries(table: &Table, labels: &[&Scalar]) -> Vec<Value> {
    let depth =
        labels.iter().map(|label| if let Scalar::Tuple(parts) = label { parts.len() } else { 1 }).max();
    let level = |level: usize| -> Vec<Scalar> {
        labels
            .iter()
            .map(|label| match label {
                Scalar::Tuple(parts) => parts.get(level).cloned().unwrap_or(Scalar::None),
                other => (*other).clone(),
            })
            .collect()
    };
    (0..depth.unwrap_or(1))
        .map(|at| {
            let name = table.column_names.get(at).cloned().flatten().map(|name| file_name(&name));
            let labels = Column::infer(level(at));
            let (kind, numpy, metadata) = match labels.dtype() {
                DType::Str => ("unicode".to_owned(), "str".to_owned(), json!({"encoding": "UTF-8"})),
                // pandas gives a frame without columns an integer range of labels.
                DType::Object if labels.is_empty() => ("int64".into(), "int64".into(), Value::Null),
                DType::Object => ("mixed-integer".into(), "object".into(), Value::Null),
                other => (other.to_string(), other.to_string(), Value::Null),
            };
            json!({"name": name, "field_name": name, "pandas_type": kind, "numpy_type": numpy, "metadata": metadata})
        })
        .collect()
}

/// One entry of `index_columns`.
enum Level {
    Range(RowRange),
    Column(String),
}

/// A block that was read.
#[derive(Default)]
pub(super) struct Block {
    levels: Vec<Level>,
    /// Name and dtype by the file's name of a column.
    columns: HashMap<String, (Option<String>, Option<DType>)>,
    /// Name and dtype of each level of the column labels.
    labels: Vec<(Option<Scalar>, String)>,
}

impl Block {
    /// Reads a block; one that cannot be read counts as none.
    pub(super) fn parse(text: &str) -> Self {
        let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) else { return Self::default() };
        let list = |key: &str| map.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let text =
            |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
        let level = |entry: &Value| match entry {
            Value::String(name) => Some(Level::Column(name.clone())),
            Value::Object(range) if text(range, "kind").as_deref() == Some("range") => {
                let int = |key: &str| range.get(key).and_then(Value::as_i64);
                let name = text(range, "name").map(Scalar::from);
                Some(Level::Range(RowRange {
                    name,
                    start: int("start")?,
                    stop: int("stop")?,
                    step: int("step")?,
                }))
            }
            _ => None,
        };
        let columns = list("columns").iter().filter_map(Value::as_object).filter_map(|entry| {
            let field = text(entry, "field_name").or_else(|| text(entry, "name"))?;
            let dtype = text(entry, "numpy_type").and_then(|name| name.parse::<DType>().ok());
            Some((field, (text(entry, "name"), dtype)))
        });
        let labels = list("column_indexes").iter().filter_map(Value::as_object).map(|entry| {
            (text(entry, "name").map(Scalar::from), text(entry, "numpy_type").unwrap_or_default())
        });
        Self {
            levels: list("index_columns").iter().filter_map(level).collect(),
            columns: columns.collect(),
            labels: labels.collect(),
        }
    }

    /// The dtype pandas had for a column of the file.
    pub(super) fn dtype(&self, field: &str) -> Option<DType> {
        self.columns.get(field).and_then(|(_, dtype)| *dtype)
    }

    /// Whether a column of the file holds row labels.
    pub(super) fn is_index(&self, field: &str) -> bool {
        self.levels.iter().any(|level| matches!(level, Level::Column(name) if name == field))
    }

    /// The table of columns under the file's names.
    pub(super) fn table(&self, columns: Vec<(String, Column)>, row_count: usize) -> Table {
        let mut table = Table { row_count, ..Table::default() };
        let mut rest: Vec<Option<(String, Column)>> = columns.into_iter().map(Some).collect();
        for level in &self.levels {
            match level {
                Level::Column(field) => {
                    let named = |column: &&mut Option<(String, Column)>| {
                        column.as_ref().is_some_and(|(name, _)| name == field)
                    };
                    let Some((_, column)) = rest.iter_mut().find(named).and_then(Option::take) else {
                        continue;
                    };
                    let name = self.columns.get(field).map_or(Some(field.clone()), |(name, _)| name.clone());
                    table.index.push((name.map(Scalar::from), column));
                }
                Level::Range(range) if covers(range, row_count) => table.range = Some(range.clone()),
                Level::Range(range) => {
                    let stop = i64::try_from(row_count).unwrap_or(i64::MAX);
                    table.range = Some(RowRange { start: 0, stop, step: 1, name: range.name.clone() });
                }
            }
        }
        let (names, data): (Vec<String>, Vec<Column>) = rest.into_iter().flatten().unzip();
        table.columns = self.column_labels(names).into_iter().zip(data).collect();
        table.column_names = self.labels.iter().map(|(name, _)| name.clone()).collect();
        if table.column_names.iter().all(Option::is_none) {
            table.column_names.clear();
        }
        table
    }

    /// Labels in the dtypes they had, as far as every one of them reads as such.
    fn column_labels(&self, names: Vec<String>) -> Vec<Scalar> {
        if let [(_, dtype)] = self.labels.as_slice() {
            return typed(names, dtype);
        }
        let tuples: Option<Vec<Vec<String>>> = names
            .iter()
            .map(|name| parse_tuple(name).filter(|parts| parts.len() == self.labels.len()))
            .collect();
        let Some(tuples) = tuples.filter(|_| self.labels.len() > 1) else {
            return names.into_iter().map(Scalar::from).collect();
        };
        let levels: Vec<Vec<Scalar>> = self
            .labels
            .iter()
            .enumerate()
            .map(|(at, (_, dtype))| {
                typed(tuples.iter().filter_map(|parts| parts.get(at).cloned()).collect(), dtype)
            })
            .collect();
        (0..tuples.len())
            .map(|row| Scalar::Tuple(levels.iter().filter_map(|level| level.get(row).cloned()).collect()))
            .collect()
    }
}

/// Whether a range has as many labels as there are rows.
fn covers(range: &RowRange, row_count: usize) -> bool {
    let (start, stop, step) = (i128::from(range.start), i128::from(range.stop), i128::from(range.step));
    let count = match step {
        0 => return false,
        1.. => (stop - start + step - 1).max(0) / step,
        _ => (start - stop - step - 1).max(0) / -step,
    };
    usize::try_from(count) == Ok(row_count)
}

fn typed(names: Vec<String>, dtype: &str) -> Vec<Scalar> {
    let plain = || names.iter().map(Scalar::str).collect::<Vec<_>>();
    match dtype.parse::<DType>() {
        Ok(dtype @ (DType::Number(_) | DType::Bool)) => {
            let one = |name: &String| match dtype {
                DType::Bool => match name.as_str() {
                    "True" => Some(Scalar::Bool(true)),
                    "False" => Some(Scalar::Bool(false)),
                    _ => None,
                },
                dtype if dtype.is_float() => column::parse_float(name).map(Scalar::Float),
                _ => column::parse_int(name),
            };
            names.iter().map(one).collect::<Option<Vec<_>>>().unwrap_or_else(plain)
        }
        Ok(DType::Datetime(unit)) => {
            let texts: Column = names.iter().map(|name| Some(name.as_str())).collect();
            let times = texts.to_datetime(None, false).and_then(|times| times.cast(DType::Datetime(unit)));
            times.map(|times| times.iter().collect()).unwrap_or_else(|_| plain())
        }
        _ => plain(),
    }
}

/// The strings of a Python tuple of string literals, `('a', '1')`.
fn parse_tuple(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('(')?.strip_suffix(')')?.chars().peekable();
    let mut parts = Vec::new();
    loop {
        while rest.next_if(|c| matches!(c, ' ' | ',')).is_some() {}
        let Some(quote) = rest.next() else { return Some(parts) };
        if !matches!(quote, '\'' | '"') {
            return None;
        }
        let mut part = String::new();
        loop {
            match rest.next()? {
                c if c == quote => break,
                '\\' => part.push(match rest.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    c @ ('\\' | '\'' | '"') => c,
                    _ => return None,
                }),
                c => part.push(c),
            }
        }
        parts.push(part);
    }
}
