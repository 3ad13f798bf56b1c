//! Tables as CSV.

use column::{Column, DType, Scalar, TextBuilder};

use crate::error::{Error, ErrorKind, Result};
use crate::percent::FloatFormat;
use crate::table::Table;

/// Rows whose texts are held at a time.
const ROWS_AT_ONCE: usize = 1 << 16;

/// Which fields stand in quotes, as in Python's `csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Quoting {
    /// Those that need it.
    #[default]
    Minimal,
    /// All.
    All,
    /// All but numbers.
    NonNumeric,
    /// None: what would need quotes is escaped.
    None,
}

/// Labels over the row index.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum IndexLabel {
    /// The names of its levels.
    #[default]
    Names,
    /// No field at all.
    Never,
    /// These.
    Labels(Vec<String>),
}

/// Options of [`to_csv`], with pandas' names and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToCsv {
    /// Field separator.
    pub sep: char,
    /// What a missing value is written as.
    pub na_rep: String,
    /// How floats are written; `None` for the shortest form that reads back.
    pub float_format: Option<FloatFormat>,
    /// Whether to write labels.
    pub header: bool,
    /// Labels to write instead of the columns' own.
    pub aliases: Option<Vec<String>>,
    /// Whether to write the row index; a table without index columns counts rows from 0.
    pub index: bool,
    /// Labels over the row index.
    pub index_label: IndexLabel,
    /// Which fields stand in quotes.
    pub quoting: Quoting,
    /// The quote.
    pub quotechar: char,
    /// Line end.
    pub lineterminator: String,
    /// `strftime` format of datetimes.
    pub date_format: Option<String>,
    /// Whether a quote inside quotes is doubled; else it is escaped.
    pub doublequote: bool,
    /// What stands before a character that would need quotes.
    pub escapechar: Option<char>,
    /// The decimal point.
    pub decimal: char,
}

impl Default for ToCsv {
    fn default() -> Self {
        Self {
            sep: ',',
            na_rep: String::new(),
            float_format: None,
            header: true,
            aliases: None,
            index: true,
            index_label: IndexLabel::Names,
            quoting: Quoting::Minimal,
            quotechar: '"',
            lineterminator: "\n".into(),
            date_format: None,
            doublequote: true,
            escapechar: None,
            decimal: '.',
        }
    }
}

/// Writes a table as `DataFrame.to_csv`: floats in the shortest form that reads back, fields quoted
/// only where they hold a separator, a quote or a line end.
///
/// # Errors
/// `ValueError` if the columns differ in length or in number from their aliases; `_csv.Error` for a field that can
/// neither be quoted nor escaped.
pub fn to_csv(table: &Table, options: &ToCsv) -> Result<String> {
    let range;
    let index: Vec<&Column> = match (options.index, table.index.is_empty()) {
        (false, _) => Vec::new(),
        (true, false) => table.index.iter().map(|(_, column)| column).collect(),
        (true, true) => {
            range = table.row_range().labels(table.row_count);
            vec![&range]
        }
    };
    let columns = index.iter().copied().chain(table.columns.iter().map(|(_, column)| column));
    let columns: Vec<&Column> = columns.collect();
    if columns.iter().any(|column| column.len() != table.row_count) {
        return Err(Error::value("columns differ in length"));
    }
    let mut writer = Writer::new(options);
    if options.header {
        header(&mut writer, table, index.len())?;
    }
    for start in (0..table.row_count).step_by(ROWS_AT_ONCE) {
        let end = table.row_count.min(start + ROWS_AT_ONCE);
        let fields = columns.iter().map(|column| Fields::new(column, start, end, options));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        for row in 0..end - start {
            for column in &fields {
                match column.text.str_at(row) {
                    Some(text) => writer.field(text, column.numeric)?,
                    None => writer.field(&options.na_rep, false)?,
                }
            }
            writer.end()?;
        }
    }
    Ok(writer.out)
}

/// The labels: one line, or a line for each level of the columns and one for the names of the index.
fn header(writer: &mut Writer<'_>, table: &Table, index_len: usize) -> Result<()> {
    let options = writer.options;
    let names: Vec<String> = match &options.index_label {
        _ if index_len == 0 => Vec::new(),
        IndexLabel::Labels(labels) => labels.clone(),
        IndexLabel::Names | IndexLabel::Never => {
            let names = table.index.iter().map(|(name, _)| name.clone());
            let range = table.index.is_empty().then(|| table.row_range().name);
            let text = |name: Option<Scalar>| {
                name.filter(|name| *name != Scalar::None).map_or(String::new(), |name| name.to_string())
            };
            names.chain(range).map(text).collect()
        }
    };
    let depth = table.columns.iter().map(|(label, _)| match label {
        Scalar::Tuple(parts) => parts.len(),
        _ => 1,
    });
    let depth = depth.max().unwrap_or(1);
    if let Some(aliases) = &options.aliases
        && aliases.len() != table.columns.len()
    {
        let (columns, aliases) = (table.columns.len(), aliases.len());
        return Err(Error::value(format!("Writing {columns} cols but got {aliases} aliases")));
    }
    if depth == 1 || options.aliases.is_some() {
        if options.index_label != IndexLabel::Never {
            names.iter().try_for_each(|name| writer.field(name, false))?;
        }
        for (at, (label, _)) in table.columns.iter().enumerate() {
            match options.aliases.as_ref().and_then(|aliases| aliases.get(at)) {
                Some(alias) => writer.field(alias, false)?,
                None => writer.label(label)?,
            }
        }
        return writer.end();
    }
    for level in 0..depth {
        if index_len > 0 {
            let name = table.column_names.get(level).cloned().flatten();
            writer.label(&name.unwrap_or(Scalar::None))?;
            (1..index_len).try_for_each(|_| writer.field("", false))?;
        }
        for (label, _) in &table.columns {
            match label {
                Scalar::Tuple(parts) => writer.label(parts.get(level).unwrap_or(&Scalar::None))?,
                other => writer.label(other)?,
            }
        }
        writer.end()?;
    }
    if names.iter().any(|name| !name.is_empty()) {
        names.iter().try_for_each(|name| writer.field(name, false))?;
        table.columns.iter().try_for_each(|_| writer.field("", false))?;
        writer.end()?;
    }
    Ok(())
}

/// The texts of some rows of a column; missing ones are missing.
struct Fields {
    text: Column,
    numeric: bool,
}

impl Fields {
    fn new(column: &Column, start: usize, end: usize, options: &ToCsv) -> Result<Self> {
        let part = column.slice(start, end);
        let numeric = part.dtype().is_numeric() || part.dtype().is_bool();
        let text = match part.dtype() {
            DType::Str | DType::String => part,
            dtype if dtype.is_float() => floats(&part, options)?,
            dtype if dtype.is_datetime() => match &options.date_format {
                Some(format) => part.strftime(format)?,
                // Whether all stand at midnight is asked of the whole column.
                None => column.cast(DType::Str)?.slice(start, end),
            },
            DType::Number(_) | DType::Nullable(_) | DType::Timedelta(_) => part.cast(DType::Str)?,
            DType::Category => match (part.categories(), part.codes()) {
                (Some(categories), Some(codes)) => {
                    let texts = Self::new(categories, 0, categories.len(), options)?.text;
                    texts.reindex(&codes.iter().map(|&code| i64::from(code)).collect::<Vec<_>>())?
                }
                _ => part,
            },
            _ => {
                let scalars = part.iter().map(|scalar| (!scalar.is_missing()).then(|| scalar.to_string()));
                let texts: Vec<Option<String>> = scalars.collect();
                texts.iter().map(Option::as_deref).collect()
            }
        };
        Ok(Self { text, numeric })
    }
}

fn floats(column: &Column, options: &ToCsv) -> Result<Column> {
    let plain = match &options.float_format {
        None => column.cast(DType::Str)?,
        Some(format) => {
            let mut text = TextBuilder::with_capacity(column.len(), 8 * column.len());
            for scalar in column.iter() {
                let value = scalar.as_f64().filter(|value| !value.is_nan());
                text.push_with(|out| {
                    if let Some(value) = value {
                        format.write(out, value);
                    }
                });
            }
            Column::text(DType::Str, text.finish(), column.valid())
        }
    };
    if options.decimal == '.' {
        return Ok(plain);
    }
    let mut point = [0; 4];
    let point: &str = options.decimal.encode_utf8(&mut point);
    let texts = (0..plain.len()).map(|row| plain.str_at(row).map(|text| text.replace('.', point)));
    let texts: Vec<Option<String>> = texts.collect();
    Ok(texts.iter().map(Option::as_deref).collect())
}

/// Lines of fields, by the rules of Python's `csv.writer`.
struct Writer<'a> {
    out: String,
    options: &'a ToCsv,
    /// Fields on the line.
    count: usize,
    /// Whether the line's one field is empty and in no quotes.
    bare: bool,
    /// ASCII characters that need quotes or an escape; others are compared one by one.
    special: [bool; 128],
    other_special: Vec<char>,
}

impl<'a> Writer<'a> {
    fn new(options: &'a ToCsv) -> Self {
        let mut special = [false; 128];
        let mut other_special = Vec::new();
        let quote =
            (options.quoting != Quoting::None || options.escapechar.is_some()).then_some(options.quotechar);
        let chars = [Some(options.sep), quote, options.escapechar].into_iter().flatten();
        for c in chars.chain(options.lineterminator.chars()) {
            match special.get_mut(c as usize) {
                Some(flag) => *flag = true,
                None => other_special.push(c),
            }
        }
        Self { out: String::new(), options, count: 0, bare: false, special, other_special }
    }

    fn is_special(&self, c: char) -> bool {
        self.special.get(c as usize).copied().unwrap_or_else(|| self.other_special.contains(&c))
    }

    fn label(&mut self, label: &Scalar) -> Result<()> {
        match label {
            missing if missing.is_missing() => self.field("", false),
            number @ (Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_)) => {
                self.field(&number.to_string(), true)
            }
            other => self.field(&other.to_string(), false),
        }
    }

    fn field(&mut self, text: &str, numeric: bool) -> Result<()> {
        if self.count > 0 {
            self.out.push(self.options.sep);
        }
        self.count += 1;
        let plain = match self.other_special.is_empty() {
            true => !text.bytes().any(|byte| self.special.get(usize::from(byte)).copied().unwrap_or(false)),
            false => !text.chars().any(|c| self.is_special(c)),
        };
        let quoted = match self.options.quoting {
            Quoting::Minimal => !plain && self.needs_quotes(text),
            Quoting::All => true,
            Quoting::NonNumeric => !numeric || !plain && self.needs_quotes(text),
            Quoting::None => false,
        };
        self.bare = text.is_empty() && !quoted;
        let quote = self.options.quotechar;
        if quoted {
            self.out.push(quote);
        }
        match plain {
            true => self.out.push_str(text),
            false => self.special_text(text, quoted)?,
        }
        if quoted {
            self.out.push(quote);
        }
        Ok(())
    }

    /// Quotes help against all but a quote that is escaped; such a field needs none for it.
    fn needs_quotes(&self, text: &str) -> bool {
        let options = self.options;
        text.chars().any(|c| {
            self.is_special(c)
                && (c != options.quotechar || options.doublequote)
                && Some(c) != options.escapechar
        })
    }

    fn special_text(&mut self, text: &str, quoted: bool) -> Result<()> {
        let options = self.options;
        for c in text.chars() {
            if self.is_special(c) {
                let doubled = c == options.quotechar && options.doublequote && quoted;
                let escaped = !quoted || c == options.quotechar && !doubled || Some(c) == options.escapechar;
                if doubled {
                    self.out.push(c);
                } else if escaped {
                    let message = "need to escape, but no escapechar set";
                    self.out.push(options.escapechar.ok_or_else(|| Error::new(ErrorKind::Csv, message))?);
                }
            }
            self.out.push(c);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.count == 0 || self.count == 1 && self.bare {
            // A record of one empty field would read as a blank line.
            if self.options.quoting == Quoting::None {
                return Err(Error::new(ErrorKind::Csv, "single empty field record must be quoted"));
            }
            self.out.extend([self.options.quotechar; 2]);
        }
        self.out.push_str(&self.options.lineterminator);
        (self.count, self.bare) = (0, false);
        Ok(())
    }
}
