//! A table as JSON, as `DataFrame.to_json` and `Series.to_json` write it.

use std::fmt::Write;

use column::{Column, DType, Scalar, TimeUnit};

use super::number::write_float;
use super::{Orient, table_schema};
use crate::error::{Error, Result};
use crate::table::Table;

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DateFormat {
    /// Units since 1970.
    Epoch,
    /// ISO 8601.
    Iso,
}

/// Options of [`to_json`], with pandas' names and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToJson {
    /// `None` for `columns`, of a series `index`.
    pub orient: Option<Orient>,
    /// Whether the table is a series: one column, whose label is its name.
    pub series: bool,
    /// `None` for `epoch`, under `table` for `iso`.
    pub date_format: Option<DateFormat>,
    /// Decimals of floats at most, 0 to 15.
    pub double_precision: usize,
    /// Whether other characters than ASCII are escaped.
    pub force_ascii: bool,
    /// The unit of times.
    pub date_unit: TimeUnit,
    /// A record a line.
    pub lines: bool,
    /// Whether `split` and `table` hold row labels.
    pub index: Option<bool>,
    /// Blanks of one level; 0 writes everything on one line.
    pub indent: usize,
}

impl Default for ToJson {
    fn default() -> Self {
        Self {
            orient: None,
            series: false,
            date_format: None,
            double_precision: 10,
            force_ascii: true,
            date_unit: TimeUnit::Milli,
            lines: false,
            index: None,
            indent: 0,
        }
    }
}

/// Writes a table as JSON text.
///
/// ```
/// use files::{ReadJson, ToJson, read_json, to_json};
///
/// let table = read_json(r#"[{"a":1,"b":0.5},{"a":2,"b":null}]"#, &ReadJson::default())?;
/// assert_eq!(to_json(&table, &ToJson::default())?, r#"{"a":{"0":1,"1":2},"b":{"0":0.5,"1":null}}"#);
/// # Ok::<(), files::Error>(())
/// ```
///
/// # Errors
/// `ValueError` with pandas' text for labels that repeat and options that exclude each other; `NotImplementedError`
/// naming the dtype that has no form here.
pub fn to_json(table: &Table, options: &ToJson) -> Result<String> {
    let orient = options.orient.unwrap_or(if options.series { Orient::Index } else { Orient::Columns });
    if options.double_precision > 15 {
        let message = format!(
            "Invalid value '{}' for option 'double_precision', max is '15'",
            options.double_precision
        );
        return Err(Error::value(message));
    }
    if options.lines && orient != Orient::Records {
        return Err(Error::value("'lines' keyword only valid when 'orient' is records"));
    }
    match (orient, options.index) {
        (Orient::Records | Orient::Values, Some(true)) => {
            let message =
                "'index=True' is only valid when 'orient' is 'split', 'table', 'index', or 'columns'.";
            return Err(Error::value(message));
        }
        (Orient::Index, Some(false)) if !options.series => {
            let message =
                "'index=False' is only valid when 'orient' is 'split', 'table', 'records', or 'values'.";
            return Err(Error::value(message));
        }
        _ => {}
    }
    if orient == Orient::Table && options.date_format == Some(DateFormat::Epoch) {
        let message = "Trying to write with `orient='table'` and `date_format='epoch'`. Table Schema requires dates \
                       to be formatted with `date_format='iso'`";
        return Err(Error::value(message));
    }
    let iso = options.date_format == Some(DateFormat::Iso) || orient == Orient::Table;
    let rows = Rows::new(table);
    if let Some(what) = rows.repeats(orient, options.series) {
        let kind = if options.series { "Series" } else { "DataFrame" };
        return Err(Error::value(format!("{kind} {what} must be unique for orient='{}'.", orient.name())));
    }
    let mut writer = Writer { out: String::new(), options, iso, depth: 0 };
    match orient {
        _ if options.series && !matches!(orient, Orient::Split | Orient::Table) => {
            let column = table.columns.first().map(|(_, column)| column);
            let cells = (0..table.row_count).map(|row| column.and_then(|column| column.get(row)));
            match orient {
                Orient::Records | Orient::Values => writer.array(cells, |writer, cell| writer.cell(cell))?,
                _ => {
                    let keys = (0..table.row_count).map(|row| rows.label(row)).zip(cells);
                    writer.object(keys, |writer, cell| writer.cell(cell))?;
                }
            }
        }
        Orient::Columns => {
            writer.object(
                table.columns.iter().map(|(label, column)| (label.clone(), column)),
                |writer, column| {
                    let cells = (0..table.row_count).map(|row| (rows.label(row), column.get(row)));
                    writer.object(cells, |writer, cell| writer.cell(cell))
                },
            )?;
        }
        Orient::Index => {
            writer.object((0..table.row_count).map(|row| (rows.label(row), row)), |writer, row| {
                writer.record(table, row)
            })?;
        }
        Orient::Records if options.lines => {
            for row in 0..table.row_count {
                writer.record(table, row)?;
                writer.out.push('\n');
            }
            if table.row_count == 0 {
                writer.out.push('\n');
            }
        }
        Orient::Records => writer.array(0..table.row_count, |writer, row| writer.record(table, row))?,
        Orient::Values => writer.array(0..table.row_count, |writer, row| writer.row(table, row))?,
        Orient::Split => writer.split(table, &rows)?,
        Orient::Table => {
            let schema = table_schema::write(table, options.index != Some(false))?;
            writer.out.push_str("{\"schema\":");
            writer.out.push_str(&schema.text);
            writer.out.push_str(",\"data\":");
            writer.array(0..table.row_count, |writer, row| {
                let index = schema.index.iter().map(|(name, column)| (Scalar::str(name), column.get(row)));
                let cells = table.columns.iter().map(|(label, column)| (label.clone(), column.get(row)));
                writer.object(index.chain(cells), |writer, cell| writer.cell(cell))
            })?;
            writer.out.push('}');
        }
    }
    Ok(writer.out)
}

/// Row labels.
struct Rows<'a> {
    table: &'a Table,
    start: i64,
    step: i64,
}

impl<'a> Rows<'a> {
    fn new(table: &'a Table) -> Self {
        let range = table.row_range();
        Self { table, start: range.start, step: range.step }
    }

    fn label(&self, row: usize) -> Scalar {
        match self.table.index.as_slice() {
            [] => Scalar::Int(self.start.wrapping_add(self.step.wrapping_mul(row as i64))),
            [(_, column)] => column.get(row).unwrap_or(Scalar::None),
            levels => Scalar::Tuple(
                levels.iter().map(|(_, column)| column.get(row).unwrap_or(Scalar::None)).collect(),
            ),
        }
    }

    /// Which axis has labels that repeat though they become keys.
    fn repeats(&self, orient: Orient, series: bool) -> Option<&'static str> {
        let by_row = matches!(orient, Orient::Index | Orient::Columns);
        let by_column = matches!(orient, Orient::Index | Orient::Columns | Orient::Records) && !series;
        if by_row
            && !self.table.index.is_empty()
            && !are_unique((0..self.table.row_count).map(|row| self.label(row)))
        {
            return Some("index");
        }
        let repeated = by_column && !are_unique(self.table.columns.iter().map(|(label, _)| label.clone()));
        repeated.then_some("columns")
    }
}

fn are_unique(mut labels: impl Iterator<Item = Scalar>) -> bool {
    let mut seen = std::collections::HashSet::new();
    labels.all(|label| seen.insert(label.key()))
}

struct Writer<'a> {
    out: String,
    options: &'a ToJson,
    iso: bool,
    depth: usize,
}

impl Writer<'_> {
    fn line(&mut self) {
        if self.options.indent > 0 && !self.options.lines {
            self.out.push('\n');
            let blanks = self.options.indent * self.depth;
            self.out.extend(std::iter::repeat_n(' ', blanks));
        }
    }

    fn array<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        self.out.push('[');
        self.depth += 1;
        let mut empty = true;
        for item in items {
            if !empty {
                self.out.push(',');
            }
            empty = false;
            self.line();
            write(self, item)?;
        }
        self.depth -= 1;
        if !empty {
            self.line();
        }
        self.out.push(']');
        Ok(())
    }

    fn object<T>(
        &mut self,
        members: impl Iterator<Item = (Scalar, T)>,
        mut write: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        self.out.push('{');
        self.depth += 1;
        let mut empty = true;
        for (key, value) in members {
            if !empty {
                self.out.push(',');
            }
            empty = false;
            self.line();
            self.key(&key);
            self.out.push(':');
            write(self, value)?;
        }
        self.depth -= 1;
        if !empty {
            self.line();
        }
        self.out.push('}');
        Ok(())
    }

    fn record(&mut self, table: &Table, row: usize) -> Result<()> {
        let cells = table.columns.iter().map(|(label, column)| (label.clone(), column.get(row)));
        self.object(cells, |writer, cell| writer.cell(cell))
    }

    fn row(&mut self, table: &Table, row: usize) -> Result<()> {
        self.array(table.columns.iter(), |writer, (_, column)| writer.cell(column.get(row)))
    }

    fn split(&mut self, table: &Table, rows: &Rows<'_>) -> Result<()> {
        let index = self.options.index != Some(false);
        let series = self.options.series;
        let members = [(if series { "name" } else { "columns" }, true), ("index", index), ("data", true)];
        let members = members.into_iter().filter(|(_, kept)| *kept).map(|(key, _)| (Scalar::str(key), key));
        self.object(members, |writer, key| match key {
            "name" => {
                let name = table.columns.first().map(|(label, _)| label.clone());
                writer.label(name.unwrap_or(Scalar::None))
            }
            "columns" => writer.array(table.columns.iter(), |writer, (label, _)| writer.label(label.clone())),
            "index" => writer.array(0..table.row_count, |writer, row| writer.label(rows.label(row))),
            _ if series => writer.array(0..table.row_count, |writer, row| {
                writer.cell(table.columns.first().and_then(|(_, column)| column.get(row)))
            }),
            _ => writer.array(0..table.row_count, |writer, row| writer.row(table, row)),
        })
    }

    fn label(&mut self, label: Scalar) -> Result<()> {
        self.value(&label)
    }

    fn cell(&mut self, cell: Option<Scalar>) -> Result<()> {
        self.value(&cell.unwrap_or(Scalar::None))
    }

    fn value(&mut self, value: &Scalar) -> Result<()> {
        match value {
            Scalar::Bool(true) => self.out.push_str("true"),
            Scalar::Bool(false) => self.out.push_str("false"),
            Scalar::Int(_) | Scalar::UInt(_) | Scalar::Big(_) => {
                let _ = write!(self.out, "{value}");
            }
            Scalar::Float(value) => write_float(&mut self.out, *value, self.options.double_precision),
            Scalar::Str(text) => self.string(text),
            Scalar::Datetime(..) | Scalar::Zoned(..) | Scalar::Timedelta(..) => {
                let (text, quoted) = self.time(value);
                if quoted {
                    self.string(&text);
                } else {
                    self.out.push_str(&text);
                }
            }
            Scalar::Tuple(items) | Scalar::List(items) => {
                self.array(items.iter(), |writer, item| writer.value(item))?;
            }
            missing if missing.is_missing() => self.out.push_str("null"),
            other => {
                return Err(Error::not_implemented(format!("to_json of {} objects", other.type_name())));
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &Scalar) {
        let text = match key {
            Scalar::Datetime(..) | Scalar::Zoned(..) | Scalar::Timedelta(..) => self.time(key).0,
            Scalar::NaT => "null".to_owned(),
            other => other.to_string(),
        };
        self.string(&text);
    }

    /// A time in the unit asked for, and whether it is text.
    fn time(&self, value: &Scalar) -> (String, bool) {
        let (ticks, from, is_span, zone) = match value {
            Scalar::Datetime(ticks, unit) => (*ticks, *unit, false, ""),
            // Ticks of a zoned time count in UTC, and so it is written.
            Scalar::Zoned(ticks, unit, _) => (*ticks, *unit, false, "Z"),
            Scalar::Timedelta(ticks, unit) => (*ticks, *unit, true, ""),
            _ => return (String::new(), true),
        };
        let nanoseconds = i128::from(ticks) * i128::from(1_000_000_000 / from.per_second());
        let unit = self.options.date_unit;
        let factor = i128::from(1_000_000_000 / unit.per_second());
        match (self.iso, is_span) {
            (false, _) => (nanoseconds.div_euclid(factor).to_string(), false),
            (true, false) => (iso_datetime(nanoseconds, unit) + zone, true),
            (true, true) => (iso_duration(nanoseconds), true),
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '/' => self.out.push_str("\\/"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if c < ' ' || self.options.force_ascii && !c.is_ascii() => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.out, "\\u{unit:04x}");
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

/// `2020-01-01T00:00:00.000`, with the decimals of the unit.
fn iso_datetime(nanoseconds: i128, unit: TimeUnit) -> String {
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    let rest = nanoseconds.rem_euclid(1_000_000_000);
    let whole = Column::datetime(vec![seconds], TimeUnit::Second).cast(DType::Str);
    let day = whole.ok().and_then(|text| text.str_at(0).map(str::to_owned)).unwrap_or_default();
    let text = match day.split_once(' ') {
        Some((date, time)) => format!("{date}T{time}"),
        None => format!("{day}T00:00:00"),
    };
    let decimals = match unit {
        TimeUnit::Second => return text,
        TimeUnit::Milli => 3,
        TimeUnit::Micro => 6,
        TimeUnit::Nano => 9,
    };
    let digits = format!("{rest:09}");
    format!("{text}.{}", &digits[..decimals])
}

/// `P1DT2H3M4.500S`: the decimals come in groups of three.
fn iso_duration(nanoseconds: i128) -> String {
    const DAY: i128 = 86_400_000_000_000;
    let (days, rest) = (nanoseconds.div_euclid(DAY), nanoseconds.rem_euclid(DAY));
    let (seconds, fraction) = (rest / 1_000_000_000, rest % 1_000_000_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let digits = format!("{fraction:09}");
    let decimals = match fraction {
        0 => String::new(),
        _ if fraction % 1_000_000 == 0 => format!(".{}", &digits[..3]),
        _ if fraction % 1_000 == 0 => format!(".{}", &digits[..6]),
        _ => format!(".{digits}"),
    };
    format!("P{days}DT{hours}H{minutes}M{seconds}{decimals}S")
}
