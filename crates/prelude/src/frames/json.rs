//! `read_json` and `write_json`: tables as an array of objects, one a row, or as a line for each.
//!
//! JSON says what is a number and what a text, so a column is what its cells are: as pandas reads with `dtype=False,
//! convert_dates=False`, never guessing a number or a day from a text. A record says more. Numbers are written with all
//! their digits and times as text, where pandas' `to_json` keeps ten digits and writes times as milliseconds.

use std::collections::{BTreeSet, HashMap};

use column::{Column, DType, Scalar};
use frame::{Frame, Index};
use vm::{Fault, Map, Value, from_json, to_json};

use super::record::{self, Field, PROBLEMS_SHOWN};
use super::{FrameValue, frame_methods, frame_value};
use crate::args::Args;
use crate::convert::to_scalar;
use crate::effects::Ask;
use crate::engine_error::of_frame;
use crate::host::{Context, Table};
use crate::world;

pub(crate) const TABLE: Table = &[("read_json", read), ("write_json", write)];

/// Whether each line is a row. The only orientation is that of rows.
fn lines(args: &mut Args<'_>) -> Result<bool, Fault> {
    let operation = args.operation();
    match args.text("orient", "records")?.as_str() {
        "records" => args.flag("lines", false),
        other => Err(Fault::new("R0126", format!("{operation} with orient {other:?} is not built yet"))
            .help("There is \"records\": an array of objects, one a row; and lines: true for one a line.")),
    }
}

fn refused(operation: &str, message: impl std::fmt::Display) -> Fault {
    Fault::new("R0400", format!("{operation}: {message}"))
}

fn read(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let record = record::of_rows(context)?;
    let fields = record.as_deref().map(|desc| record::fields(operation, desc)).transpose()?;
    let text = world::text_of(world::read(context, args)?, "the file")?;
    let lines = lines(args)?;
    let drops_extra = record::drops_extra(args)?;
    let check = args.optional("where");
    let rows = if lines { rows_of_lines(operation, &text)? } else { rows_of_array(operation, &text)? };
    let frame = match &fields {
        Some(fields) => typed(operation, &rows, fields, drops_extra)?,
        None => inferred(operation, &rows)?,
    };
    context.effects.table_read(context.site, frame.len(), frame.data().len());
    if let (Some(check), Some(record)) = (check, record) {
        record::check_rows(context, &record, check, &frame)?;
    }
    Ok(frame_value(frame))
}

/// The rows, and where each stands, for messages.
struct Rows {
    values: Vec<Value>,
    place: &'static str,
    /// The line of each row, where rows are lines.
    lines: Vec<usize>,
}

impl Rows {
    fn place(&self, row: usize) -> String {
        format!("{} {}", self.place, self.lines.get(row).copied().unwrap_or(row + 1))
    }

    fn objects<'r>(&'r self, operation: &'r str) -> impl Iterator<Item = Result<&'r Map, Fault>> + 'r {
        self.values.iter().enumerate().map(move |(row, value)| match value {
            Value::Map(map) => Ok(&**map),
            other => {
                let (place, found) = (self.place(row), other.type_name());
                Err(refused(operation, format!("expected an object in {place}, found a {found}")))
            }
        })
    }
}

fn rows_of_array(operation: &str, text: &str) -> Result<Rows, Fault> {
    match from_json(text) {
        Ok(Value::List(list)) => Ok(Rows { values: list.to_values(), place: "row", lines: Vec::new() }),
        Ok(other) => Err(refused(
            operation,
            format!("expected an array of objects, found a {}", other.type_name()),
        )
        .help("One object a line is read with lines: true; any other JSON by json_parse(read_text(path)).")),
        Err(reason) => Err(refused(operation, format!("the file is no JSON: {reason}"))
            .help("One object a line is read with lines: true.")),
    }
}

fn rows_of_lines(operation: &str, text: &str) -> Result<Rows, Fault> {
    let mut rows = Rows { values: Vec::new(), place: "line", lines: Vec::new() };
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        // What the reader says of its place is that inside the line.
        let value = from_json(line).map_err(|reason| {
            let reason = reason.replace("line 1 column", "column");
            refused(operation, format!("line {number} is no JSON: {reason}"))
                .help("With lines: true each line is one object; without it the file is one array of them.")
        })?;
        rows.values.push(value);
        rows.lines.push(number);
    }
    Ok(rows)
}

/// A value as a cell; an array of cells is a list.
fn cell(value: &Value) -> Option<Scalar> {
    match value {
        Value::List(list) => {
            let items: Option<Vec<Scalar>> = list.to_values().iter().map(cell).collect();
            Some(Scalar::List(items?.into()))
        }
        value => to_scalar(value),
    }
}

/// A column for each key, in the order in which they first stand; a row without it has a missing value.
fn inferred(operation: &str, rows: &Rows) -> Result<Frame, Fault> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut columns: Vec<(Scalar, Vec<Scalar>)> = Vec::new();
    for (row, object) in rows.objects(operation).enumerate() {
        for (key, value) in object?.iter() {
            let key = key.as_str().unwrap_or_default();
            let place = *places.entry(key).or_insert_with(|| {
                columns.push((Scalar::str(key), Vec::with_capacity(rows.values.len())));
                columns.len() - 1
            });
            let cell = cell(value).ok_or_else(|| {
                let place = rows.place(row);
                refused(operation, format!("column '{key}': an object in {place} cannot stand in a column"))
            })?;
            if let Some((_, cells)) = columns.get_mut(place) {
                cells.resize(row, Scalar::NAN);
                cells.push(cell);
            }
        }
    }
    let finish = |(label, mut cells): (Scalar, Vec<Scalar>)| {
        cells.resize(rows.values.len(), Scalar::NAN);
        (label, Column::infer(cells))
    };
    let (labels, data): (Vec<Scalar>, Vec<Column>) = columns.into_iter().map(finish).unzip();
    let index = Index::range(rows.values.len());
    Frame::new(Index::from_labels(labels), data, index).map_err(of_frame(operation))
}

/// The first cell of a column that is not as the record says, and how many there are.
struct Misfits {
    first: String,
    count: usize,
}

fn typed(operation: &str, rows: &Rows, fields: &[Field], drops_extra: bool) -> Result<Frame, Fault> {
    let slots: HashMap<&str, usize> =
        fields.iter().enumerate().map(|(slot, field)| (field.column.as_str(), slot)).collect();
    let mut columns: Vec<Vec<Scalar>> =
        fields.iter().map(|_| Vec::with_capacity(rows.values.len())).collect();
    let mut misfits: Vec<Option<Misfits>> = fields.iter().map(|_| None).collect();
    let mut extra: BTreeSet<&str> = BTreeSet::new();
    for (row, object) in rows.objects(operation).enumerate() {
        let object = object?;
        for ((field, cells), misfits) in fields.iter().zip(&mut columns).zip(&mut misfits) {
            let value = object.get_str(&field.column).unwrap_or(&Value::Null);
            match fit(field, value) {
                Some(cell) => cells.push(cell),
                None => {
                    cells.push(Scalar::None);
                    let first = || {
                        let found = match value {
                            Value::Null => "none".to_string(),
                            value => to_json(value).unwrap_or_else(|_| value.type_name().to_string()),
                        };
                        format!("expected {}, found {found} in {}", field.dtype, rows.place(row))
                    };
                    misfits.get_or_insert_with(|| Misfits { first: first(), count: 0 }).count += 1;
                }
            }
        }
        let keys = object.iter().filter_map(|(key, _)| key.as_str());
        extra.extend(keys.filter(|key| !drops_extra && !slots.contains_key(key)));
    }
    let mut problems: Vec<String> = Vec::new();
    for (field, misfits) in fields.iter().zip(misfits) {
        if let Some(Misfits { first, count }) = misfits {
            let such = if count > 1 { format!(" ({count} such cells)") } else { String::new() };
            problems.push(format!("  column '{}': {first}{such}", field.column));
        }
    }
    problems.extend(
        extra.iter().map(|key| format!("  column '{key}' is in the file but not in the record type")),
    );
    if !problems.is_empty() {
        let more = problems.len().saturating_sub(PROBLEMS_SHOWN);
        problems.truncate(PROBLEMS_SHOWN);
        if more > 0 {
            problems.push(format!("  and {more} more"));
        }
        let fault = refused(operation, format!("the file does not fit the record:\n{}", problems.join("\n")));
        return Err(fault.help(match extra.is_empty() {
            true => "A field that may be missing is optional: `name: T?`.",
            false => "Add the columns to the record, or pass extra: \"drop\".",
        }));
    }
    let labels = fields.iter().map(|field| Scalar::str(&field.name)).collect();
    let data = fields
        .iter()
        .zip(columns)
        .map(|(field, cells)| field.typed(operation, cells))
        .collect::<Result<Vec<_>, Fault>>()?;
    let index = Index::range(rows.values.len());
    Frame::new(Index::from_labels(labels), data, index).map_err(of_frame(operation))
}

/// The value as a cell of the field's column, if it is one.
fn fit(field: &Field, value: &Value) -> Option<Scalar> {
    match (field.dtype, value) {
        (_, Value::Null) => field.nullable.then_some(Scalar::None),
        (DType::Object, value) => cell(value),
        (DType::Bool | DType::Boolean, Value::Bool(x)) => Some(Scalar::Bool(*x)),
        (dtype, Value::Int(x)) if dtype.is_integer() => Some(Scalar::Int(*x)),
        (dtype, Value::Int(x)) if dtype.is_float() => Some(Scalar::Float(*x as f64)),
        (dtype, Value::Float(x)) if dtype.is_float() => Some(Scalar::Float(*x)),
        (DType::Str | DType::Category | DType::Datetime(_) | DType::Timedelta(_), Value::Str(text)) => {
            Some(Scalar::str(text.as_str()))
        }
        _ => None,
    }
}

fn write(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let path = args.required_text("path")?;
    let value = args.required("value")?;
    let lines = lines(args)?;
    let text = match value.downcast::<FrameValue>() {
        Some(frame) => {
            let rows = frame_methods::records(operation, &frame.0)?;
            match lines {
                false => to_json(&Value::list(rows))?,
                true => {
                    let mut text = String::new();
                    for row in &rows {
                        text.push_str(&to_json(row)?);
                        text.push('\n');
                    }
                    text
                }
            }
        }
        None if lines => return Err(args.wrong("value", "a Frame where lines is true", value)),
        None => to_json(value)?,
    };
    context.ask(Ask::WriteFile { path, bytes: text.into_bytes() }).map(|_| Value::Null)
}
