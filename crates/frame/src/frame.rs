//! A table of labelled columns over labelled rows.

use column::{Column, DType, Scalar, Warning, warn};

use crate::error::{Error, Result};
use crate::index::Index;
use crate::series::Series;
use crate::setops::key_text;

/// Columns by position under any labels, duplicates allowed, over one row index. Clones share memory.
///
/// ```
/// use column::Column;
/// use frame::Frame;
///
/// let frame = Frame::from_columns([("a", Column::from(vec![1i64, 2])), ("b", Column::from(vec!["x", "y"]))])?;
/// assert_eq!(frame.shape(), (2, 2));
/// assert_eq!(frame.to_string(), "   a  b\n0  1  x\n1  2  y");
/// # Ok::<(), frame::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub(crate) columns: Index,
    pub(crate) index: Index,
    pub(crate) data: Vec<Column>,
}

impl Frame {
    /// `data` under the labels `columns` and `index`.
    ///
    /// # Errors
    /// `ValueError` where the lengths do not fit.
    pub fn new(columns: Index, data: Vec<Column>, index: Index) -> Result<Self> {
        if columns.len() != data.len() {
            let message = format!(
                "Length mismatch: Expected axis has {} elements, new values have {} elements",
                data.len(),
                columns.len()
            );
            return Err(Error::value(message));
        }
        if let Some(column) = data.iter().find(|column| column.len() != index.len()) {
            let message = format!(
                "Length of values ({}) does not match length of index ({})",
                column.len(),
                index.len()
            );
            return Err(Error::value(message));
        }
        Ok(Self { columns, index, data })
    }

    /// Labelled columns over the rows 0, 1, 2 …, as `DataFrame({label: column, …})`.
    ///
    /// # Errors
    /// `ValueError` where the lengths differ.
    pub fn from_columns<L: Into<Scalar>>(columns: impl IntoIterator<Item = (L, Column)>) -> Result<Self> {
        let (labels, data): (Vec<Scalar>, Vec<Column>) =
            columns.into_iter().map(|(label, column)| (label.into(), column)).unzip();
        let rows = data.first().map_or(0, Column::len);
        if data.iter().any(|column| column.len() != rows) {
            return Err(Error::value("All arrays must be of the same length"));
        }
        let columns = if labels.is_empty() { Index::range(0) } else { Index::from_labels(labels) };
        Ok(Self { columns, index: Index::range(rows), data })
    }

    /// The same data under another row index.
    ///
    /// # Errors
    /// `ValueError` where the length differs.
    pub fn with_index(&self, index: Index) -> Result<Self> {
        if index.len() != self.index.len() {
            let message = format!(
                "Length mismatch: Expected axis has {} elements, new values have {} elements",
                self.index.len(),
                index.len()
            );
            return Err(Error::value(message));
        }
        Ok(Self { index, ..self.clone() })
    }

    /// The column labels.
    pub fn columns(&self) -> &Index {
        &self.columns
    }

    /// The row labels.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The columns by position.
    pub fn data(&self) -> &[Column] {
        &self.data
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.index.len(), self.data.len())
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are no rows or no columns (pandas' `empty`).
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() || self.data.is_empty()
    }

    /// dtypes of the columns by position.
    pub fn dtypes(&self) -> Vec<DType> {
        self.data.iter().map(Column::dtype).collect()
    }

    /// The column at a position as a series.
    pub fn series_at(&self, position: usize) -> Option<Series> {
        let values = self.data.get(position)?.clone();
        Some(Series { values, index: self.index.clone(), name: self.columns.get(position)? })
    }

    /// Positions of the columns labelled `label`.
    ///
    /// # Errors
    /// `KeyError` with the label.
    pub(crate) fn positions_of(&self, label: &Scalar) -> Result<Vec<usize>> {
        Ok(self.columns.locate(label)?.positions())
    }

    /// The one column labelled `label`.
    ///
    /// # Errors
    /// `KeyError` where there is none, `ValueError` where there are several.
    pub(crate) fn one_column(&self, label: &Scalar) -> Result<&Column> {
        match self.positions_of(label)?.as_slice() {
            &[position] => self.data.get(position).ok_or_else(|| Error::key(key_text(label))),
            _ => Err(Error::value(format!("The column label '{label}' is not unique."))),
        }
    }

    /// Columns at `positions`, in that order.
    pub(crate) fn take_columns(&self, positions: &[usize]) -> Result<Self> {
        let columns = self.columns.take(positions)?;
        let data = positions.iter().filter_map(|&position| self.data.get(position).cloned()).collect();
        Ok(Self { columns, index: self.index.clone(), data })
    }

    /// Rows at `positions`, labels included.
    ///
    /// # Errors
    /// `IndexError` for a position past the end.
    pub fn take(&self, positions: &[usize]) -> Result<Self> {
        let data = each_column(&self.data, positions.len(), |column| Ok(column.take(positions)?))?;
        Ok(Self { columns: self.columns.clone(), index: self.index.take(positions)?, data })
    }

    /// Rows `start..end`, cut off at the end.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let data = self.data.iter().map(|column| column.slice(start, end)).collect();
        Self { columns: self.columns.clone(), index: self.index.slice(start, end), data }
    }

    /// Each column changed by itself, in place.
    pub(crate) fn map_columns(&self, change: impl Fn(&Column) -> Result<Column> + Sync) -> Result<Self> {
        let data = each_column(&self.data, self.len(), change)?;
        Ok(Self { columns: self.columns.clone(), index: self.index.clone(), data })
    }
}

/// A column for each column, made at once; `rows` is how many each passes over. The first column's error counts.
pub(crate) fn each_column(
    columns: &[Column],
    rows: usize,
    make: impl Fn(&Column) -> Result<Column> + Sync,
) -> Result<Vec<Column>> {
    at_once(columns.len(), rows, |place| make(&columns[place])).into_iter().collect()
}

/// The results of tasks done at once, each passing over so many rows, in order; then their warnings, each text once as
/// pandas says it of a block of columns.
pub(crate) fn at_once<T: Send>(count: usize, rows: usize, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let done = threads::map(count, rows, |number| column::with_warnings(|| task(number)));
    let mut said: Vec<Warning> = Vec::new();
    let results = done.into_iter().map(|(result, warnings)| {
        for warning in warnings {
            if !said.contains(&warning) {
                said.push(warning);
            }
        }
        result
    });
    let results = results.collect();
    said.into_iter().for_each(|warning| warn(warning.kind, warning.message));
    results
}
