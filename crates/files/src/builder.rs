//! Fields of one column, row by row, into a typed column.
//!
//! The type is inferred while values arrive and only widens: integer to float in place. A column whose
//! earlier values would be needed again (text after numbers, integers beyond `int64`) is marked for a
//! second pass over the input, which keeps its texts; most files never need one. `join.rs` puts builders
//! of consecutive rows together.

use column::{Bitmap, Column, DType, DatetimeFormat, Scalar, Text, TimeUnit};

use crate::cell::{Integer, NumberStyle, boolean, float, integer};
use crate::error::{Error, ErrorKind, Result};
use crate::join::floats;
use crate::options::ReadCsv;
use crate::texts::Texts;

/// What a column's cells are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Infer,
    Text,
    /// Each cell must be of this dtype; those that are not are counted.
    Typed(DType),
}

#[derive(Debug, Default)]
pub(crate) enum State {
    /// Only missing values so far.
    #[default]
    Unknown,
    Integers {
        values: Vec<i64>,
        minus_zero: bool,
    },
    Floats(Vec<f64>),
    Bools(Vec<bool>),
    Texts(Texts),
    Ticks(Vec<i64>),
    Redo,
}

/// The first cell of a kind, and how many there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    pub line: usize,
    pub offset: usize,
    pub text: String,
    pub count: usize,
}

impl Finding {
    fn note(&mut self, at: (usize, usize), cell: &[u8]) {
        if self.count == 0 {
            (self.line, self.offset) = at;
            self.text = String::from_utf8_lossy(cell).chars().take(80).collect();
        }
        self.count += 1;
    }
}

#[derive(Debug)]
pub(crate) struct Builder<'a> {
    want: Want,
    pub(crate) state: State,
    pub(crate) rows: usize,
    pub(crate) missing: Vec<usize>,
    /// Second pass: the texts of missing cells are kept too.
    keep_missing_text: bool,
    format: Option<DatetimeFormat>,
    options: &'a ReadCsv,
    pub bad: Finding,
    pub absent: Finding,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(want: Want, options: &'a ReadCsv) -> Self {
        Self {
            want,
            state: if want == Want::Text { State::Texts(Texts::default()) } else { State::Unknown },
            rows: 0,
            missing: Vec::new(),
            keep_missing_text: false,
            format: None,
            options,
            bad: Finding::default(),
            absent: Finding::default(),
        }
    }

    /// The builder of a second pass.
    pub(crate) fn again(options: &'a ReadCsv) -> Self {
        Self { keep_missing_text: true, ..Self::new(Want::Text, options) }
    }

    pub(crate) fn needs_second_pass(&self) -> bool {
        matches!(self.state, State::Redo)
    }

    fn style(&self) -> NumberStyle {
        NumberStyle { thousands: self.options.thousands, decimal: self.options.decimal }
    }

    /// Adds the cell of the next row, which stands at `at` (line, offset). Text is not checked to be UTF-8.
    #[inline]
    pub(crate) fn push(&mut self, cell: &[u8], is_missing: bool, at: (usize, usize)) {
        self.rows += 1;
        if is_missing {
            return self.push_missing(cell, at);
        }
        match self.want {
            Want::Infer => self.push_inferred(cell),
            Want::Text => self.push_text(cell),
            Want::Typed(dtype) => self.push_typed(dtype, cell, at),
        }
    }

    fn push_missing(&mut self, cell: &[u8], at: (usize, usize)) {
        self.missing.push(self.rows - 1);
        if matches!(self.want, Want::Typed(_)) {
            self.absent.note(at, cell);
        }
        match &mut self.state {
            State::Unknown | State::Redo => {}
            State::Integers { values, .. } => values.push(0),
            State::Floats(values) => values.push(f64::NAN),
            State::Bools(values) => values.push(false),
            State::Texts(texts) => texts.push(if self.keep_missing_text { cell } else { b"" }),
            State::Ticks(ticks) => ticks.push(i64::MIN),
        }
    }

    fn push_inferred(&mut self, cell: &[u8]) {
        let style = self.style();
        match &mut self.state {
            State::Redo => {}
            State::Texts(texts) => texts.push(cell),
            State::Integers { values, minus_zero } => match integer(cell, style) {
                Some(Integer::Small(value)) => {
                    *minus_zero |= value == 0 && cell.contains(&b'-');
                    values.push(value);
                }
                None if !*minus_zero => match float(cell, style) {
                    Some(value) => {
                        let mut floats = floats(values, &self.missing);
                        floats.push(value);
                        self.state = State::Floats(floats);
                    }
                    None => self.state = State::Redo,
                },
                _ => self.state = State::Redo,
            },
            State::Floats(values) => match float(cell, style) {
                Some(value) => values.push(value),
                None => self.state = State::Redo,
            },
            State::Bools(values) => {
                match boolean(cell, &self.options.true_values, &self.options.false_values) {
                    Some(value) => values.push(value),
                    None => self.state = State::Redo,
                }
            }
            State::Ticks(_) => self.state = State::Redo,
            State::Unknown => {
                let before = self.rows - 1;
                if let Some(found) = integer(cell, style) {
                    self.state = match found {
                        Integer::Small(value) => {
                            let mut values = vec![0; before];
                            values.push(value);
                            State::Integers { values, minus_zero: value == 0 && cell.contains(&b'-') }
                        }
                        Integer::Large => State::Redo,
                    };
                } else if let Some(value) = float(cell, style) {
                    let mut values = vec![f64::NAN; before];
                    values.push(value);
                    self.state = State::Floats(values);
                } else if let Some(value) =
                    boolean(cell, &self.options.true_values, &self.options.false_values)
                {
                    let mut values = vec![false; before];
                    values.push(value);
                    self.state = State::Bools(values);
                } else {
                    self.push_text(cell);
                }
            }
        }
    }

    fn push_text(&mut self, cell: &[u8]) {
        if let State::Unknown = self.state {
            self.state = State::Texts(Texts::empty(self.rows - 1));
        }
        if let State::Texts(texts) = &mut self.state {
            texts.push(cell);
        }
    }

    fn push_typed(&mut self, dtype: DType, cell: &[u8], at: (usize, usize)) {
        let style = self.style();
        let before = self.rows - 1;
        let fits = match dtype {
            DType::Number(number) | DType::Nullable(number) if !number.is_float() => {
                let (low, high) = number.integer_range().unwrap_or((0, 0));
                let value = match integer(cell, style) {
                    Some(Integer::Small(value)) if (low..=high).contains(&i128::from(value)) => Some(value),
                    _ => None,
                };
                self.integers(before).push(value.unwrap_or(0));
                value.is_some()
            }
            DType::Number(_) | DType::Nullable(_) => {
                let value = float(cell, style);
                self.floats(before).push(value.unwrap_or(f64::NAN));
                value.is_some()
            }
            DType::Bool | DType::Boolean => {
                let value = boolean(cell, &self.options.true_values, &self.options.false_values);
                if let State::Unknown = self.state {
                    self.state = State::Bools(vec![false; before]);
                }
                if let State::Bools(values) = &mut self.state {
                    values.push(value.unwrap_or(false));
                }
                value.is_some()
            }
            DType::Datetime(_) => {
                let text = std::str::from_utf8(cell).unwrap_or("");
                if self.format.is_none() {
                    self.format = match &self.options.date_format {
                        Some(format) => DatetimeFormat::new(format).ok(),
                        None => DatetimeFormat::guess(text),
                    };
                }
                let tick = self.format.as_ref().and_then(|format| format.parse(text, TimeUnit::Micro));
                if let State::Unknown = self.state {
                    self.state = State::Ticks(vec![i64::MIN; before]);
                }
                if let State::Ticks(ticks) = &mut self.state {
                    ticks.push(tick.unwrap_or(i64::MIN));
                }
                tick.is_some()
            }
            _ => return self.push_text(cell),
        };
        if !fits {
            self.bad.note(at, cell);
        }
    }

    /// Whether a cell of this text would be kept as text, so that it must be UTF-8.
    pub(crate) fn keeps_text(&self) -> bool {
        matches!(self.state, State::Texts(_))
    }

    /// Whether the texts that were kept are UTF-8, each for itself.
    pub(crate) fn is_utf8(&self) -> bool {
        match &self.state {
            State::Texts(texts) => texts.are_utf8(),
            _ => true,
        }
    }

    fn integers(&mut self, before: usize) -> &mut Vec<i64> {
        if !matches!(self.state, State::Integers { .. }) {
            self.state = State::Integers { values: vec![0; before], minus_zero: false };
        }
        match &mut self.state {
            State::Integers { values, .. } => values,
            _ => unreachable!("set above"),
        }
    }

    fn floats(&mut self, before: usize) -> &mut Vec<f64> {
        if !matches!(self.state, State::Floats(_)) {
            self.state = State::Floats(vec![f64::NAN; before]);
        }
        match &mut self.state {
            State::Floats(values) => values,
            _ => unreachable!("set above"),
        }
    }

    fn valid(&self) -> Option<Bitmap> {
        if self.missing.is_empty() {
            return None;
        }
        let mut missing = self.missing.iter().peekable();
        Some(Bitmap::from_fn(self.rows, |row| missing.next_if(|at| **at == row).is_none()))
    }

    /// The column as inferred. Integers with missing values become float64, booleans with missing
    /// values object.
    ///
    /// # Errors
    /// `UnicodeDecodeError` for texts that are not UTF-8.
    pub(crate) fn finish(self) -> Result<Column> {
        let valid = self.valid();
        let style = self.style();
        Ok(match self.state {
            State::Unknown | State::Redo if self.rows == 0 => Column::object(Vec::new()),
            State::Unknown | State::Redo => vec![f64::NAN; self.rows].into(),
            State::Integers { values, .. } => match valid {
                None => values.into(),
                Some(valid) => {
                    let float =
                        |(row, value): (usize, i64)| if valid.get(row) { value as f64 } else { f64::NAN };
                    values.into_iter().enumerate().map(float).collect::<Vec<f64>>().into()
                }
            },
            State::Floats(values) => values.into(),
            State::Bools(values) => match valid {
                None => values.into(),
                Some(valid) => {
                    let scalar = |(row, value): (usize, bool)| {
                        if valid.get(row) { Scalar::Bool(value) } else { Scalar::NAN }
                    };
                    Column::object(values.into_iter().enumerate().map(scalar).collect())
                }
            },
            State::Texts(_) if self.rows == 0 && self.want == Want::Infer => Column::object(Vec::new()),
            State::Texts(texts) if self.keep_missing_text => from_texts(texts.finish()?, valid, style),
            State::Texts(texts) => Column::text(DType::Str, texts.finish()?, valid),
            State::Ticks(ticks) => Column::datetime(ticks, TimeUnit::Micro),
        })
    }

    /// The column as the nullable sibling of what was inferred, for dtypes that keep integers beside
    /// missing values.
    ///
    /// # Errors
    /// As [`Builder::finish`].
    pub(crate) fn finish_nullable(self) -> Result<Column> {
        let valid = self.valid().unwrap_or_else(|| Bitmap::filled(true, self.rows));
        match self.state {
            State::Integers { values, .. } => Ok(Column::nullable(values, valid)),
            State::Bools(values) => Ok(Column::boolean(values.into_iter().collect(), valid)),
            _ => self.finish(),
        }
    }

    pub(crate) fn missing_count(&self) -> usize {
        self.missing.len()
    }
}

/// What a column of a second pass is: integers beyond `int64`, floats, or text.
fn from_texts(text: Text, valid: Option<Bitmap>, style: NumberStyle) -> Column {
    let present = || (0..text.len()).filter(|&row| valid.as_ref().is_none_or(|bits| bits.get(row)));
    let big = |row: usize| {
        let plain: String =
            text.get(row).chars().filter(|&c| style.thousands.is_none_or(|t| c != char::from(t))).collect();
        column::parse_int(&plain)
    };
    if present().all(|row| integer(text.get(row).as_bytes(), style).is_some()) {
        let scalars: Vec<Scalar> = (0..text.len())
            .map(|row| match valid.as_ref().is_none_or(|bits| bits.get(row)) {
                true => big(row).unwrap_or(Scalar::NAN),
                false => Scalar::NAN,
            })
            .collect();
        let beyond = scalars.iter().any(|scalar| matches!(scalar, Scalar::Big(_)));
        let negative = scalars.iter().any(|scalar| matches!(scalar, Scalar::Int(value) if *value < 0));
        return match (beyond, negative || valid.is_some()) {
            (true, _) => Column::object(scalars),
            (false, false) => Column::infer(scalars),
            // The oracle gives up on such columns as numbers and keeps every text, also missing words.
            (false, true) => Column::text(DType::Str, text, None),
        };
    }
    let floats: Option<Vec<f64>> = (0..text.len())
        .map(|row| match valid.as_ref().is_none_or(|bits| bits.get(row)) {
            true => float(text.get(row).as_bytes(), style),
            false => Some(f64::NAN),
        })
        .collect();
    match floats {
        Some(floats) => floats.into(),
        None => Column::text(DType::Str, text, valid),
    }
}

/// CPython's `UnicodeDecodeError` for one field.
pub(crate) fn bad_utf8(field: &[u8], error: std::str::Utf8Error) -> Error {
    let start = error.valid_up_to();
    let end = error.error_len().map_or(field.len(), |len| start + len);
    let byte = field.get(start).copied().unwrap_or(0);
    let reason = match error.error_len() {
        None => "unexpected end of data",
        Some(_) if matches!(byte, 0xc2..=0xf4) => "invalid continuation byte",
        Some(_) => "invalid start byte",
    };
    let place = match end - start {
        1 => format!("byte 0x{byte:02x} in position {start}"),
        _ => format!("bytes in position {start}-{}", end - 1),
    };
    Error::new(ErrorKind::UnicodeDecode, format!("'utf-8' codec can't decode {place}: {reason}"))
}
