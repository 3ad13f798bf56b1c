//! From bytes to a table.

use std::sync::Arc;

use column::{Column, DType, Number, Scalar};

use crate::builder::{Builder, Want, bad_utf8};
use crate::cell::NumberStyle;
use crate::decompress::plain;
use crate::error::{Error, ErrorKind, Result};
use crate::missing::MissingWords;
use crate::options::{ColumnRef, Header, IndexCol, ReadCsv};
use crate::records::Read;
use crate::schema::{Extra, Problem, Schema, SchemaColumn};
use crate::table::Table;
use crate::tokenizer::{Record, Tokenizer};

/// Reads CSV as `pandas.read_csv`, from plain or gzip-compressed bytes.
///
/// ```
/// use files::{ReadCsv, read_csv};
///
/// let table = read_csv(b"name,size\nwren,10\nowl,\n", &ReadCsv::default())?;
/// let size = table.column("size").expect("a column");
/// assert_eq!(size.dtype(), column::DType::FLOAT64); // integers beside a missing value
/// # Ok::<(), files::Error>(())
/// ```
///
/// # Errors
/// pandas' class and text with the place: `ParserError`, `EmptyDataError`, `UnicodeDecodeError`,
/// `ValueError` for labels and dtypes that do not fit, `NotImplementedError` naming an option that is
/// not supported. [`ErrorKind::Schema`] collects every difference from [`ReadCsv::schema`].
pub fn read_csv(bytes: &[u8], options: &ReadCsv) -> Result<Table> {
    check_options(options)?;
    let input = plain(bytes, options)?;
    read_plain(&input, options)
}

/// Reads text that is neither compressed nor in another encoding; the options were checked.
pub(crate) fn read_plain(input: &[u8], options: &ReadCsv) -> Result<Table> {
    let layout = Layout::find(input, options)?;
    let reader = Reader::new(input, options, &layout)?;
    let read = reader.read()?;
    reader.table(read)
}

pub(crate) fn check_options(options: &ReadCsv) -> Result<()> {
    let special = |byte: u8| matches!(byte, b'\n' | b'\r') || options.lineterminator == Some(byte);
    if special(options.sep) || options.quotechar == Some(options.sep) {
        return Err(Error::value("bad delimiter value"));
    }
    if options.thousands == Some(options.sep) && options.quotechar.is_none() {
        return Err(Error::value("thousands must not be the delimiter"));
    }
    Ok(())
}

/// Labels and widths, from the header and the first record.
struct Layout<'a> {
    /// Where the records start.
    tokenizer: Tokenizer<'a>,
    labels: Vec<Scalar>,
    /// Fields before the first label.
    leading: usize,
    /// Fields of a full record.
    width: usize,
}

impl<'a> Layout<'a> {
    fn find(input: &'a [u8], options: &ReadCsv) -> Result<Self> {
        let mut tokenizer = Tokenizer::new(input, options);
        let mut record = Record::default();
        let rows: &[usize] = match &options.header {
            Header::Infer if options.names.is_none() => &[0],
            Header::Infer | Header::None => &[],
            Header::Row(row) => std::slice::from_ref(row),
            Header::Rows(rows) => rows,
        };
        let empty = || Error::new(ErrorKind::EmptyData, "No columns to parse from file");
        let mut levels = Vec::with_capacity(rows.len());
        if let Some(&last) = rows.last() {
            for count in 0..=last {
                if !tokenizer.next(&mut record)? {
                    if count == 0 {
                        return Err(empty());
                    }
                    let message = match &options.header {
                        Header::Rows(rows) => {
                            let rows: Vec<String> = rows.iter().map(usize::to_string).collect();
                            format!(
                                "Passed header=[{}], len of {}, but only {count} lines in file",
                                rows.join(","),
                                rows.len()
                            )
                        }
                        _ => format!("Passed header={last} but only {count} lines in file"),
                    };
                    return Err(Error::new(ErrorKind::Parser, message));
                }
                if rows.contains(&count) {
                    levels.push(header_texts(input, &record)?);
                }
            }
        }
        let header = match &options.header {
            Header::Rows(_) => Some(level_labels(levels)),
            _ => levels.pop().map(header_labels),
        };
        let start = tokenizer.clone();
        let first = if tokenizer.next(&mut record)? { record.len() } else { 0 };
        if header.is_none() && first == 0 && options.names.is_none() {
            return Err(empty());
        }
        let names = options.names.as_ref().map(|names| names.iter().map(Scalar::str).collect::<Vec<_>>());
        if let Some(names) = &names
            && (1..names.len()).any(|i| names[..i].contains(&names[i]))
        {
            return Err(Error::value("Duplicate names are not allowed."));
        }
        let labels = match (names, header) {
            (Some(names), _) => names,
            (None, Some(labels)) => labels,
            (None, None) => (0..first as i64).map(Scalar::Int).collect(),
        };
        let leading = match options.index_col {
            IndexCol::Never => 0,
            _ => first.saturating_sub(labels.len()),
        };
        let width = if options.index_col == IndexCol::Never { labels.len() } else { labels.len() + leading };
        let tokenizer = match options.resume {
            Some((offset, line)) => start.within(offset.min(input.len())..input.len(), line),
            None => start,
        };
        Ok(Self { tokenizer, labels, leading, width })
    }
}

fn header_texts(input: &[u8], record: &Record) -> Result<Vec<String>> {
    let text = |field| {
        let bad = |error| bad_utf8(field, error).at(record.line, record.offset);
        std::str::from_utf8(field).map(str::to_owned).map_err(bad)
    };
    (0..record.len()).map(|i| text(record.get(input, i).unwrap_or(&[]))).collect()
}

/// Labels of several header records: an empty one is named by its column and level, and lets those to the left stand.
fn level_labels(levels: Vec<Vec<String>>) -> Vec<Scalar> {
    let width = levels.iter().map(Vec::len).max().unwrap_or(0);
    let part = |level: usize, column: usize| {
        let text = levels.get(level).and_then(|texts| texts.get(column)).filter(|text| !text.is_empty());
        Scalar::from(text.cloned().unwrap_or_else(|| format!("Unnamed: {column}_level_{level}")))
    };
    (0..width)
        .map(|column| Scalar::Tuple((0..levels.len()).map(|level| part(level, column)).collect()))
        .collect()
}

/// Labels of a header record: an empty one is `Unnamed: i`, a repeated one gets `.1`, `.2` …
fn header_labels(texts: Vec<String>) -> Vec<Scalar> {
    let unnamed =
        |(i, label): (usize, String)| if label.is_empty() { format!("Unnamed: {i}") } else { label };
    let mut labels: Vec<String> = texts.into_iter().enumerate().map(unnamed).collect();
    let mut taken: std::collections::HashSet<String> = std::collections::HashSet::new();
    let originals: std::collections::HashSet<String> = labels.iter().cloned().collect();
    let mut counts: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for label in &mut labels {
        if taken.contains(label) {
            let count = counts.entry(label.clone()).or_insert(0);
            let fresh = loop {
                *count += 1;
                let candidate = format!("{label}.{count}");
                if !taken.contains(&candidate) && !originals.contains(&candidate) {
                    break candidate;
                }
            };
            *label = fresh;
        }
        taken.insert(label.clone());
    }
    labels.into_iter().map(Scalar::from).collect()
}

/// One column of the result.
pub(crate) struct Target {
    /// Field of a record.
    pub field: usize,
    /// `None` for an unnamed index column.
    label: Option<Scalar>,
    pub words: Arc<MissingWords>,
    pub want: Want,
    dtype: Option<DType>,
    is_date: bool,
}

impl Target {
    pub fn name(&self) -> String {
        self.label.as_ref().map_or_else(|| format!("{}", self.field), Scalar::to_string)
    }
}

pub(crate) struct Reader<'a> {
    pub input: &'a [u8],
    pub options: &'a ReadCsv,
    pub start: Tokenizer<'a>,
    pub width: usize,
    pub targets: Vec<Target>,
    index: Vec<usize>,
    absent: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn new(input: &'a [u8], options: &'a ReadCsv, layout: &Layout<'a>) -> Result<Self> {
        let labels = &layout.labels;
        let position = |reference: &ColumnRef| match reference {
            ColumnRef::Position(at) => (*at < labels.len()).then_some(*at),
            ColumnRef::Label(label) => labels.iter().position(|other| other.as_str() == Some(label)),
        };
        let dates = expect_dates(options, position)?;
        let raw: Vec<usize> = options.raw.iter().filter_map(position).collect();
        let mut kept: Vec<usize> = (0..labels.len()).collect();
        if let Some(wanted) = &options.usecols {
            kept = expect_usecols(wanted, labels, position)?;
        }
        let mut index = Vec::new();
        if let IndexCol::Columns(wanted) = &options.index_col {
            for reference in wanted {
                let at = match reference {
                    ColumnRef::Label(label) => position(reference)
                        .filter(|at| kept.contains(at))
                        .ok_or_else(|| Error::value(format!("Index {label} invalid")))?,
                    // Positions count the columns that are kept.
                    ColumnRef::Position(at) => *kept.get(*at).ok_or_else(|| {
                        Error::new(ErrorKind::Column(column::ErrorKind::Index), "list index out of range")
                    })?,
                };
                index.push(at);
            }
        }
        let mut absent = Vec::new();
        let expected = |label: &Scalar| -> Option<&SchemaColumn> {
            options.schema.as_ref()?.columns.iter().find(|column| label.as_str() == Some(&column.name))
        };
        if let Some(schema) = &options.schema {
            (kept, absent) = compare_header(schema, labels, &kept);
        }
        let mut targets: Vec<Target> = Vec::new();
        let common = Arc::new(match options.na_filter {
            true => MissingWords::new(options.keep_default_na, options.na_values.iter()),
            false => MissingWords::none(),
        });
        for field in 0..layout.leading {
            targets.push(Target {
                field,
                label: None,
                words: Arc::clone(&common),
                want: Want::Infer,
                dtype: None,
                is_date: false,
            });
        }
        for &at in &kept {
            let label = labels[at].clone();
            let named = |(name, _): &&(String, DType)| label.as_str() == Some(name);
            let dtype = options.dtype.iter().find(named).map(|(_, dtype)| *dtype).or(options.dtype_default);
            let is_date = dates.contains(&at);
            let want = match (expected(&label), dtype) {
                (Some(column), _) => Want::Typed(column.dtype),
                _ if is_date || raw.contains(&at) => Want::Text,
                (None, Some(dtype)) if wants_text(dtype) => Want::Text,
                (None, Some(dtype)) if dtype.is_time() => {
                    let message = format!(
                        "the dtype {dtype} is not supported for parsing, pass this column using parse_dates instead"
                    );
                    return Err(column::Error::new(column::ErrorKind::Type, message).into());
                }
                _ => Want::Infer,
            };
            targets.push(Target {
                field: layout.leading + at,
                words: match raw.contains(&at) {
                    true => Arc::new(MissingWords::none()),
                    false => words(options, label.as_str()).map_or_else(|| Arc::clone(&common), Arc::new),
                },
                label: Some(label),
                want,
                dtype,
                is_date,
            });
        }
        // Positions in `targets` of what becomes the index.
        let index = match &options.index_col {
            IndexCol::Columns(_) => index
                .iter()
                .filter_map(|at| targets.iter().position(|target| target.field == layout.leading + at))
                .collect(),
            _ => (0..layout.leading).collect(),
        };
        Ok(Self {
            input,
            options,
            start: layout.tokenizer.clone(),
            width: layout.width,
            targets,
            index,
            absent,
        })
    }

    fn table(self, read: Read<'_>) -> Result<Table> {
        let mut problems = self.absent;
        let style = NumberStyle { thousands: self.options.thousands, decimal: self.options.decimal };
        let mut columns = Vec::with_capacity(self.targets.len());
        let (row_count, next) = (read.row_count, read.next());
        let fields: Vec<usize> = self.targets.iter().map(|target| target.field).collect();
        for (i, (target, builder)) in self.targets.into_iter().zip(read.builders).enumerate() {
            if let Some(schema) = &self.options.schema {
                let named = |column: &&SchemaColumn| {
                    target.label.as_ref().and_then(Scalar::as_str) == Some(column.name.as_str())
                };
                if let Some(expected) = schema.columns.iter().find(named) {
                    let found = problems.len();
                    note_problems(expected, &builder, &mut problems);
                    let column = match problems.len() > found {
                        true => Column::object(Vec::new()),
                        false => builder.finish_nullable()?.cast(expected.dtype)?,
                    };
                    columns.push((target.label, column));
                    continue;
                }
            }
            let name = target.name();
            let (label, is_date) = (target.label, target.is_date);
            let column = match target.dtype {
                None => builder.finish()?,
                Some(dtype) => typed(builder, dtype, i, style).map_err(|error| error.in_column(&name))?,
            };
            columns.push((label, if is_date { dates(column, self.options) } else { column }));
        }
        if !problems.is_empty() {
            return Err(Error::schema(problems));
        }
        let mut table = Table { row_count, next, width: self.width, ..Table::default() };
        (table.skipped_lines, table.skipped_fields) = (read.skipped_lines, read.skipped_fields);
        table.index = self.index.iter().filter_map(|&at| columns.get(at).cloned()).collect();
        if !matches!(self.options.header, Header::None) && self.options.names.is_none() {
            // What the header left without a label is an index without a name.
            for (&at, (label, _)) in self.index.iter().zip(&mut table.index) {
                let unnamed = fields.get(at).map(|field| format!("Unnamed: {field}"));
                if unnamed.is_some() && label.as_ref().and_then(Scalar::as_str) == unnamed.as_deref() {
                    *label = None;
                }
            }
        }
        for (i, (label, column)) in columns.into_iter().enumerate() {
            if !self.index.contains(&i) {
                table.columns.push((label.unwrap_or(Scalar::None), column));
            }
        }
        if let Some(schema) = &self.options.schema {
            let rank = |label: &Scalar| {
                schema.columns.iter().position(|column| label.as_str() == Some(&column.name))
            };
            table.columns.sort_by_key(|(label, _)| rank(label).unwrap_or(usize::MAX));
        }
        Ok(table)
    }
}

/// Texts as datetimes where all of them parse.
fn dates(column: Column, options: &ReadCsv) -> Column {
    if column.is_empty() {
        return column;
    }
    let parsed = column.to_datetime(options.date_format.as_deref(), false);
    parsed.unwrap_or(column)
}

/// The words of a column that has some of its own.
fn words(options: &ReadCsv, label: Option<&str>) -> Option<MissingWords> {
    let of_column = options.na_values_by_column.iter().filter(|(name, _)| Some(name.as_str()) == label);
    let own: Vec<&String> = of_column.flat_map(|(_, words)| words).collect();
    let more = options.na_values.iter().chain(own.iter().copied());
    (options.na_filter && !own.is_empty()).then(|| MissingWords::new(options.keep_default_na, more))
}

fn wants_text(dtype: DType) -> bool {
    matches!(dtype, DType::Str | DType::String | DType::Object)
}

fn expect_dates(options: &ReadCsv, position: impl Fn(&ColumnRef) -> Option<usize>) -> Result<Vec<usize>> {
    let find = |reference: &ColumnRef| {
        position(reference).ok_or_else(|| {
            let name = match reference {
                ColumnRef::Label(label) => format!("'{label}'"),
                ColumnRef::Position(at) => at.to_string(),
            };
            Error::value(format!("Missing column provided to 'parse_dates': {name}"))
        })
    };
    options.parse_dates.iter().map(find).collect()
}

fn expect_usecols(
    wanted: &[ColumnRef],
    labels: &[Scalar],
    position: impl Fn(&ColumnRef) -> Option<usize>,
) -> Result<Vec<usize>> {
    let missing: Vec<String> = wanted
        .iter()
        .filter(|reference| position(reference).is_none())
        .map(|reference| match reference {
            ColumnRef::Label(label) => Scalar::str(label).repr(),
            ColumnRef::Position(at) => at.to_string(),
        })
        .collect();
    if !missing.is_empty() {
        let message =
            format!("Usecols do not match columns, columns expected but not found: [{}]", missing.join(", "));
        return Err(Error::value(message));
    }
    let wanted: Vec<usize> = wanted.iter().filter_map(position).collect();
    Ok((0..labels.len()).filter(|at| wanted.contains(at)).collect())
}

/// Columns to keep for a schema, and what the header lacks or has too much.
fn compare_header(schema: &Schema, labels: &[Scalar], kept: &[usize]) -> (Vec<usize>, Vec<Problem>) {
    let mut problems = Vec::new();
    let named = |at: &usize, name: &str| labels[*at].as_str() == Some(name);
    for column in &schema.columns {
        if !kept.iter().any(|at| named(at, &column.name)) {
            problems.push(Problem::MissingColumn {
                name: column.name.clone(),
                dtype: column.dtype,
                present: kept.iter().map(|&at| labels[at].to_string()).collect(),
            });
        }
    }
    let (expected, extra): (Vec<usize>, Vec<usize>) =
        kept.iter().partition(|at| schema.columns.iter().any(|column| named(at, &column.name)));
    if schema.extra == Extra::Error {
        problems.extend(extra.iter().map(|&at| Problem::ExtraColumn { name: labels[at].to_string() }));
    }
    (expected, problems)
}

fn note_problems(expected: &SchemaColumn, builder: &Builder<'_>, problems: &mut Vec<Problem>) {
    let (name, dtype) = (expected.name.clone(), expected.dtype);
    let bad = &builder.bad;
    if bad.count > 0 {
        let (line, offset, found, count) = (bad.line, bad.offset, bad.text.clone(), bad.count);
        problems.push(Problem::Mistyped { name: name.clone(), dtype, line, offset, found, count });
    }
    let absent = &builder.absent;
    let holds_missing = matches!(dtype, DType::Bool) || matches!(dtype, DType::Number(n) if !n.is_float());
    if absent.count > 0 && (!expected.nullable || holds_missing) {
        let (line, offset, count) = (absent.line, absent.offset, absent.count);
        problems.push(Problem::MissingValue { name, dtype, line, offset, count });
    }
}

/// A column under `dtype=`, by the checks of pandas' C parser.
fn typed(builder: Builder<'_>, dtype: DType, position: usize, style: NumberStyle) -> Result<Column> {
    if wants_text(dtype) {
        return Ok(builder.finish()?.cast(dtype)?);
    }
    if dtype == DType::Category {
        return category(builder.finish_nullable()?);
    }
    let missing = builder.missing_count() > 0;
    if dtype.is_nullable() {
        return nullable(builder.finish_nullable()?, dtype);
    }
    let (found, rows) = (builder.finish_nullable()?, position);
    let text_at = |test: fn(&[u8], NumberStyle) -> bool| {
        (0..found.len())
            .filter_map(|i| found.str_at(i))
            .find(|text| !test(text.as_bytes(), style))
            .map(Scalar::str)
    };
    match dtype {
        DType::Number(number) if number.is_float() => match text_at(|cell, style| {
            crate::cell::float(cell, style).is_some()
        }) {
            Some(text) => Err(Error::value(format!("could not convert string to float: {}", text.repr()))),
            None => Ok(found.cast(DType::FLOAT64)?.cast(dtype)?),
        },
        DType::Number(number) => {
            if let Some(text) = text_at(|cell, style| crate::cell::integer(cell, style).is_some()) {
                return Err(Error::value(format!("invalid literal for int() with base 10: {}", text.repr())));
            }
            if missing {
                return Err(Error::value(format!("Integer column has NA values in column {rows}")));
            }
            integers(&found, number, position)
        }
        DType::Bool => {
            if missing && found.dtype() == DType::Boolean {
                return Err(Error::value(format!("Bool column has NA values in column {rows}")));
            }
            match found.dtype() {
                DType::Boolean => Ok(found.cast(DType::Bool)?),
                other => {
                    let name = if other.is_text() { "object".to_owned() } else { plain_name(other) };
                    Err(unsafe_cast(dtype, &name, position))
                }
            }
        }
        other => Ok(found.cast(other)?),
    }
}

/// Categories are what the texts say: numbers, truth values, else texts.
fn category(found: Column) -> Result<Column> {
    if found.count() == 0 {
        return Ok(Column::category(vec![-1; found.len()], Column::object(Vec::new()), false)?);
    }
    let made = found.cast(DType::Category)?;
    let plain = match found.dtype() {
        DType::Nullable(number) => DType::Number(number),
        DType::Boolean => DType::Bool,
        _ => return Ok(made),
    };
    match (made.codes(), made.categories()) {
        (Some(codes), Some(categories)) => {
            Ok(Column::category(codes.to_vec(), categories.cast(plain)?, false)?)
        }
        _ => Ok(made),
    }
}

fn plain_name(dtype: DType) -> String {
    dtype.number().map_or_else(|| dtype.to_string(), |number| number.name().to_owned())
}

fn unsafe_cast(dtype: DType, found: &str, position: usize) -> Error {
    Error::value(format!(
        "cannot safely convert passed user dtype of {dtype} for {found} dtyped data in column {position}"
    ))
}

fn integers(found: &Column, number: Number, position: usize) -> Result<Column> {
    let dtype = DType::Number(number);
    let (low, high) = number.integer_range().unwrap_or((0, 0));
    let fits = found.dtype().is_integer()
        && found.iter().all(|scalar| scalar.as_i128().is_some_and(|value| (low..=high).contains(&value)));
    match fits {
        true => Ok(found.cast(dtype)?),
        false if found.is_empty() => Ok(Column::empty(dtype)),
        false => Err(unsafe_cast(dtype, &plain_name(found.dtype()), position)),
    }
}

fn nullable(found: Column, dtype: DType) -> Result<Column> {
    if found.dtype().is_text() {
        for position in 0..found.len() {
            let Some(text) = found.str_at(position) else { continue };
            return Err(match dtype {
                DType::Boolean => Error::value(format!("{text} cannot be cast to bool")),
                _ => Error::value(format!("Unable to parse string '{text}' at position {position}")),
            });
        }
    }
    if dtype == DType::Boolean && found.count() == 0 {
        return Ok(Column::missing(DType::Boolean, found.len()));
    }
    Ok(found.cast(dtype)?)
}
