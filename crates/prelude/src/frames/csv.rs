//! `read_csv`, typed by a record, and the record that fits a file.

use column::{Column, DType, Scalar};
use files::{
    Extra, Header, IndexCol, Problem, ReadCsv, Schema, SchemaColumn, SkipRows, Table as CsvTable, read_csv,
};
use frame::{Frame, Index};
use vm::{Fault, Value};

use super::frame_value;
use super::record::{self, Field, PROBLEMS_SHOWN};
use crate::args::Args;
use crate::engine_error::{of_frame, table};
use crate::host::{Context, Table};

pub(crate) const TABLE: Table = &[("read_csv", read)];

fn byte(args: &mut Args<'_>, name: &str, default: &str) -> Result<Option<u8>, Fault> {
    let text = args.text(name, default)?;
    match text.as_bytes() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => Err(Fault::new("R0400", format!("read_csv: `{name}` is one byte, found {text:?}"))),
    }
}

fn read(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let record = record::of_rows(context)?;
    let fields = record.as_deref().map(|desc| record::fields("read_csv", desc)).transpose()?;
    let bytes = crate::world::read(context, args)?;
    let extra = if record::drops_extra(args)? { Extra::Drop } else { Extra::Error };
    let mut options = ReadCsv { sep: byte(args, "sep", ",")?.unwrap_or(b','), ..ReadCsv::default() };
    if !args.flag("header", true)? {
        options.header = Header::None;
    }
    let names = args.texts("names")?;
    options.names = (!names.is_empty()).then_some(names);
    let usecols = args.texts("usecols")?;
    options.usecols = (!usecols.is_empty()).then(|| usecols.iter().map(|c| c.as_str().into()).collect());
    if let Some(column) = args.optional_text("index_col")? {
        options.index_col = IndexCol::Columns(vec![column.as_str().into()]);
    }
    options.skiprows = SkipRows::First(args.size("skiprows", 0)?);
    options.nrows = args.optional_int("nrows")?.map(|n| n.max(0) as usize);
    options.na_values = args.texts("na_values")?;
    options.keep_default_na = args.flag("keep_default_na", true)?;
    options.parse_dates = args.texts("parse_dates")?.iter().map(|c| c.as_str().into()).collect();
    options.date_format = args.optional_text("date_format")?;
    options.decimal = byte(args, "decimal", ".")?.unwrap_or(b'.');
    options.thousands = byte(args, "thousands", "")?;
    options.comment = byte(args, "comment", "")?;
    options.true_values = args.texts("true_values")?;
    options.false_values = args.texts("false_values")?;
    options.quotechar = byte(args, "quotechar", "\"")?;
    options.encoding = args.text("encoding", "utf-8")?;
    if let Some(fields) = &fields {
        let columns = fields
            .iter()
            .map(|f| SchemaColumn {
                name: f.column.clone(),
                // A category is read as text first, so that a value outside the enum is named.
                dtype: if f.variants.is_some() { DType::Str } else { f.dtype },
                nullable: f.nullable,
            })
            .collect();
        options.schema = Some(Schema { columns, extra });
    }
    let loaded = read_csv(&bytes, &options).map_err(|error| refused(&error))?;
    context.effects.table_read(context.site, loaded.row_count, loaded.columns.len());
    let check = args.optional("where").cloned();
    let frame = frame(loaded, fields.as_deref())?;
    if let (Some(check), Some(record)) = (check, record) {
        record::check_rows(context, &record, &check, &frame)?;
    }
    Ok(frame_value(frame))
}

/// The table under the record's names.
fn frame(loaded: CsvTable, fields: Option<&[Field]>) -> Result<Frame, Fault> {
    let mut columns: Vec<(Scalar, Column)> = Vec::with_capacity(loaded.columns.len());
    for (position, (label, column)) in loaded.columns.into_iter().enumerate() {
        match fields.and_then(|f| f.get(position)) {
            None => columns.push((label, column)),
            Some(field) => {
                let column = match &field.variants {
                    None => column,
                    Some(variants) => field.category("read_csv", &column, variants)?,
                };
                columns.push((Scalar::str(&field.name), column));
            }
        }
    }
    let (labels, data): (Vec<Scalar>, Vec<Column>) = columns.into_iter().unzip();
    let index = match loaded.index.as_slice() {
        [] => Index::range(loaded.row_count),
        [(name, column)] => {
            Index::from_sequence(column.clone()).with_name(name.clone().unwrap_or(Scalar::None))
        }
        several => Index::from_arrays(
            several.iter().map(|(_, c)| c.clone()).collect(),
            several.iter().map(|(n, _)| n.clone().unwrap_or(Scalar::None)).collect(),
        ),
    };
    Frame::new(Index::from_labels(labels), data, index).map_err(of_frame("read_csv"))
}

/// The reader's refusal, with every difference from the record.
fn refused(error: &files::Error) -> Fault {
    if error.problems().is_empty() {
        let place = error.place().map_or(String::new(), |p| format!(" (line {}, byte {})", p.line, p.offset));
        let class = error.kind().class();
        let fault = table("read_csv", class, &format!("{}{place}", error.message().trim_end()));
        return match class {
            "UnicodeDecodeError" => {
                fault.help("Save the file as UTF-8, or name its encoding: encoding: \"latin-1\".")
            }
            "ParserError" => {
                fault.help("Mend that line: a field with a separator in it stands in double quotes, and each quote is closed.")
            }
            "EmptyDataError" => {
                fault.help("The file has not even a header; look whether it was written in full.")
            }
            _ => fault,
        };
    }
    let problems = error.problems();
    let mut lines: Vec<String> = problems.iter().take(PROBLEMS_SHOWN).map(|p| format!("  {p}")).collect();
    if problems.len() > PROBLEMS_SHOWN {
        lines.push(format!("  and {} more", problems.len() - PROBLEMS_SHOWN));
    }
    let fault =
        Fault::new("R0400", format!("read_csv: the file does not fit the record:\n{}", lines.join("\n")));
    let suggestion = problems.iter().find_map(|p| match p {
        Problem::MissingColumn { name, present, .. } => {
            syntax::suggest::nearest(name, present.iter().map(String::as_str))
                .map(|near| (name, near.to_string()))
        }
        _ => None,
    });
    match (suggestion, separator(problems), renamed(problems)) {
        (Some((name, near)), ..) => {
            fault.help(format!("Did you mean the column '{near}' instead of '{name}'?"))
        }
        (_, Some(separator), _) => fault.help(format!(
            "The header is one field: its separator seems to be another. Pass sep: {separator:?}."
        )),
        (.., Some((missing, extra))) => fault.help(format!(
            "If '{missing}' is called '{extra}' in the file, write `@column({extra:?})` before that field. What the \
             record does not need is left out with extra: \"drop\"."
        )),
        _ if problems.iter().any(|p| matches!(p, Problem::ExtraColumn { .. })) => {
            fault.help("Add the columns to the record, or pass extra: \"drop\".")
        }
        _ if problems.iter().any(|p| matches!(p, Problem::MissingValue { .. })) => {
            fault.help("A field with missing values is optional: `name: T?`.")
        }
        _ => fault.help(
            "Correct these cells, declare the field as `String`, or name what stands for a missing value: na_values: \
             [\"...\"].",
        ),
    }
}

/// The first column that is not there, and the first that nobody asked for: perhaps the same under another name.
fn renamed(problems: &[Problem]) -> Option<(&str, &str)> {
    let missing = problems.iter().find_map(|p| match p {
        Problem::MissingColumn { name, .. } => Some(name.as_str()),
        _ => None,
    })?;
    let extra = problems.iter().find_map(|p| match p {
        Problem::ExtraColumn { name, .. } => Some(name.as_str()),
        _ => None,
    })?;
    Some((missing, extra))
}

/// The separator that a header which came as one field probably has.
fn separator(problems: &[Problem]) -> Option<&'static str> {
    let header = problems.iter().find_map(|p| match p {
        Problem::MissingColumn { present, .. } => match present.as_slice() {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    })?;
    [";", "\t", "|"].into_iter().find(|sep| header.contains(*sep))
}

/// Rows that are looked at to find a file's columns.
const ROWS_SNIFFED: usize = 1000;

/// Labels and dtypes of a table file's columns, from its first rows.
pub fn columns_of(name: &str, bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    if !(name.ends_with(".csv") || name.ends_with(".csv.gz")) {
        return Err(format!("`{name}` is no .csv or .csv.gz file"));
    }
    let options = ReadCsv { nrows: Some(ROWS_SNIFFED), ..ReadCsv::default() };
    let loaded = read_csv(bytes, &options).map_err(|e| e.message().to_string())?;
    Ok(loaded.columns.iter().map(|(label, column)| (text(label), column.dtype().to_string())).collect())
}

fn text(label: &Scalar) -> String {
    label.as_str().map_or_else(|| label.to_string(), str::to_string)
}

/// The declaration of the record that fits a file.
pub fn record_of(name: &str, bytes: &[u8]) -> Result<String, String> {
    let loaded = read_csv(bytes, &ReadCsv::default()).map_err(|e| e.message().to_string())?;
    let mut out = format!("record {name}\n");
    for (label, column) in &loaded.columns {
        let label = text(label);
        let missing = column.missing_count() > 0;
        let looks_like_days = column.dtype() == DType::Str
            && column.len() > missing as usize
            && (0..column.len().min(ROWS_SNIFFED)).all(|i| column.str_at(i).is_none_or(is_day));
        let ty = match column.dtype() {
            DType::Bool | DType::Boolean => "Bool",
            d if d.is_integer() => "Int",
            d if d.is_float() => {
                let whole = column.floats().iter().filter(|x| x.is_finite()).all(|x| x.fract() == 0.0);
                if missing && whole { "Int" } else { "Float" }
            }
            DType::Datetime(_) | DType::Zoned(..) => "DateTime",
            _ if looks_like_days => "DateTime",
            _ => "String",
        };
        let field = field_name(&label);
        let attribute = if field == label { String::new() } else { format!("@column({label:?}) ") };
        out.push_str(&format!("  {attribute}{field}: {ty}{}\n", if missing { "?" } else { "" }));
    }
    out.push_str("end\n");
    Ok(out)
}

/// `YYYY-MM-DD`
fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
}

/// A label as a name: lower-case words joined by `_`.
fn field_name(label: &str) -> String {
    let mut out = String::new();
    for c in label.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    let name = out.trim_end_matches('_').to_string();
    match name.chars().next() {
        Some(c) if c.is_ascii_alphabetic() && !syntax::KEYWORDS.contains(&name.as_str()) => name,
        _ => format!("column_{name}"),
    }
}
