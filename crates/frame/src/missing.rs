//! `isna`, `fillna`, `dropna`, `ffill` and `bfill`.

use column::{Bitmap, Column, DType, Scalar, WarningKind, warn};

use crate::alignment::reindexer;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::Index;
use crate::replace::choose;
use crate::series::Series;

/// Which rows (or columns) `dropna` drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DropNa {
    /// Those with any missing value.
    #[default]
    Any,
    /// Those with nothing but missing values.
    All,
}

impl DropNa {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "any" => Ok(Self::Any),
            "all" => Ok(Self::All),
            other => Err(Error::value(format!("invalid how option: {other}"))),
        }
    }
}

fn present(column: &Column) -> Bitmap {
    column.valid().unwrap_or_else(|| Bitmap::filled(true, column.len()))
}

/// A value in place of each missing one; the dtype widens where the value does not fit.
fn filled(column: &Column, value: &Column) -> Result<Column> {
    match column.valid() {
        None => Ok(column.clone()),
        Some(valid) => choose(column, value, &valid),
    }
}

/// As [`filled`], with one value and pandas' warning where the dtype does not take it.
fn filled_with(column: &Column, value: &Scalar) -> Result<Column> {
    let result = filled(column, &Column::repeat(value, column.len()))?;
    if result.dtype() == DType::Object && column.dtype() != DType::Object {
        let message = format!(
            "'{}' is not supported as a fill value for {} dtype. In a future version, calling fillna with an \
             incompatible value will raise. Explicitly cast to a common dtype before filling.",
            value.type_name(),
            column.dtype()
        );
        warn(WarningKind::Pandas4, message);
    }
    Ok(result)
}

/// The nearest value above (or below) in place of each missing one, at most `limit` rows away.
fn carried(column: &Column, forward: bool, limit: Option<usize>) -> Result<Column> {
    let Some(valid) = column.valid() else { return Ok(column.clone()) };
    let len = column.len();
    let mut rows = vec![-1i64; len];
    let mut last: Option<usize> = None;
    for step in 0..len {
        let row = if forward { step } else { len - 1 - step };
        if valid.get(row) {
            last = Some(row);
        }
        let near = last.filter(|source| limit.is_none_or(|limit| source.abs_diff(row) <= limit));
        rows[row] = near.map_or(-1, |source| source as i64);
    }
    if rows.iter().any(|&row| row < 0) && column.as_object().is_some() {
        // Objects keep the kind of their missing values.
        let rows: Vec<usize> =
            rows.iter().enumerate().map(|(row, &source)| usize::try_from(source).unwrap_or(row)).collect();
        return Ok(column.take(&rows)?);
    }
    Ok(column.reindex(&rows)?)
}

impl Series {
    /// Which values are missing.
    #[must_use]
    pub fn isna(&self) -> Self {
        self.with_values(Column::from(present(&self.values).negated()))
    }

    /// Which values are present.
    #[must_use]
    pub fn notna(&self) -> Self {
        self.with_values(Column::from(present(&self.values)))
    }

    /// `value` in place of each missing value.
    ///
    /// # Errors
    /// `TypeError` for a category that is not there.
    pub fn fillna(&self, value: &Scalar) -> Result<Self> {
        Ok(self.with_values(filled_with(&self.values, value)?))
    }

    /// The value of the same label in `values` in place of each missing value.
    ///
    /// # Errors
    /// `ValueError` where labels of `values` stand twice.
    pub fn fillna_from(&self, values: &Self) -> Result<Self> {
        let aligned = match reindexer(&values.index, &self.index)? {
            None => values.values.clone(),
            Some(positions) => values.values.reindex(&positions)?,
        };
        Ok(self.with_values(filled(&self.values, &aligned)?))
    }

    /// The rows with a value.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn dropna(&self, ignore_index: bool) -> Result<Self> {
        let kept = match self.values.valid() {
            None => self.clone(),
            Some(valid) => self.filter_bits(&valid)?,
        };
        Ok(if ignore_index { kept.drop_index() } else { kept })
    }

    /// The last value above in place of each missing one, at most `limit` rows away.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn ffill(&self, limit: Option<usize>) -> Result<Self> {
        Ok(self.with_values(carried(&self.values, true, limit)?))
    }

    /// The next value below in place of each missing one, at most `limit` rows away.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn bfill(&self, limit: Option<usize>) -> Result<Self> {
        Ok(self.with_values(carried(&self.values, false, limit)?))
    }
}

impl Frame {
    /// Which values are missing.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn isna(&self) -> Result<Self> {
        self.map_columns(|column| Ok(Column::from(present(column).negated())))
    }

    /// Which values are present.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn notna(&self) -> Result<Self> {
        self.map_columns(|column| Ok(Column::from(present(column))))
    }

    /// `value` in place of each missing value.
    ///
    /// # Errors
    /// `TypeError` for a category that is not there.
    pub fn fillna(&self, value: &Scalar) -> Result<Self> {
        self.map_columns(|column| filled_with(column, value))
    }

    /// A value of its own for the missing values of each named column; labels that are no column are passed over.
    ///
    /// # Errors
    /// `TypeError` for a category that is not there.
    pub fn fillna_columns(&self, values: &[(Scalar, Scalar)]) -> Result<Self> {
        let mut data = self.data.clone();
        for (label, value) in values {
            for position in self.columns.find(label).map(|found| found.positions()).unwrap_or_default() {
                data[position] = filled_with(&data[position], value)?;
            }
        }
        Ok(Self { data, ..self.clone() })
    }

    /// The rows without missing values in the columns `subset` (in all columns where there is none).
    ///
    /// # Errors
    /// `KeyError` naming the columns that are not there.
    pub fn dropna(&self, how: DropNa, subset: Option<&[Scalar]>, ignore_index: bool) -> Result<Self> {
        let absent: Vec<Scalar> = subset
            .unwrap_or_default()
            .iter()
            .filter(|label| !self.columns.contains(label))
            .cloned()
            .collect();
        if !absent.is_empty() {
            return Err(Error::key(Scalar::List(absent.into()).to_string()));
        }
        let looked_at = match subset {
            Some(labels) => self.select_columns(labels)?.data,
            None => self.data.clone(),
        };
        let start = Bitmap::filled(how == DropNa::Any || looked_at.is_empty(), self.len());
        let kept = looked_at.iter().fold(start, |kept, column| match how {
            DropNa::Any => kept.and(&present(column)),
            DropNa::All => kept.or(&present(column)),
        });
        let frame = if kept.all() { self.clone() } else { self.filter_bits(&kept)? };
        Ok(if ignore_index { Self { index: Index::range(frame.len()), ..frame } } else { frame })
    }

    /// The columns without missing values.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn dropna_columns(&self, how: DropNa) -> Result<Self> {
        let kept = |column: &Column| match how {
            DropNa::Any => column.missing_count() == 0,
            DropNa::All => column.missing_count() < column.len() || column.is_empty(),
        };
        let positions: Vec<usize> = (0..self.data.len()).filter(|&place| kept(&self.data[place])).collect();
        self.take_columns(&positions)
    }

    /// The last value above in place of each missing one.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn ffill(&self, limit: Option<usize>) -> Result<Self> {
        self.map_columns(|column| carried(column, true, limit))
    }

    /// The next value below in place of each missing one.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn bfill(&self, limit: Option<usize>) -> Result<Self> {
        self.map_columns(|column| carried(column, false, limit))
    }
}
