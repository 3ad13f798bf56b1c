//! What reading gives, and what writing takes.

use column::{Column, Scalar};

/// Labelled columns and the index columns beside them, all of one length.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Table {
    /// Labels (strings, integers without a header, tuples of several header rows) and columns, in file order.
    pub columns: Vec<(Scalar, Column)>,
    /// Whether the labels are the `RangeIndex` that counts columns from 0.
    pub counted_columns: bool,
    /// Names of the levels of the column labels; empty where none has a name.
    pub column_names: Vec<Option<Scalar>>,
    /// Columns that became the row index, with their names; empty for a `RangeIndex`.
    pub index: Vec<(Option<Scalar>, Column)>,
    /// The `RangeIndex` where `index` is empty; `None` counts rows from 0.
    pub range: Option<RowRange>,
    /// Number of rows.
    pub row_count: usize,
    /// For each line set aside by [`OnBadLines::Skip`](crate::OnBadLines::Skip): its number from 1 and its
    /// byte offset.
    pub skipped_lines: Vec<(usize, usize)>,
    /// Fields of each of them.
    pub skipped_fields: Vec<usize>,
    /// Fields of a full record of a CSV.
    pub width: usize,
    /// Where a CSV goes on behind the records that were read: byte offset and line.
    pub next: (usize, usize),
}

/// Row labels `start`, `start + step` … before `stop`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RowRange {
    pub name: Option<Scalar>,
    pub start: i64,
    pub stop: i64,
    pub step: i64,
}

impl RowRange {
    /// The labels of `row_count` rows, as a column.
    pub(crate) fn labels(&self, row_count: usize) -> Column {
        let mut label = self.start;
        let mut labels = Vec::with_capacity(row_count);
        for _ in 0..row_count {
            labels.push(label);
            label = label.wrapping_add(self.step);
        }
        labels.into()
    }
}

impl Table {
    /// The first column with this label.
    #[must_use]
    pub fn column(&self, label: &str) -> Option<&Column> {
        self.columns.iter().find(|(name, _)| name.as_str() == Some(label)).map(|(_, column)| column)
    }

    /// The row labels where `index` is empty.
    pub(crate) fn row_range(&self) -> RowRange {
        self.range.clone().unwrap_or(RowRange {
            name: None,
            start: 0,
            stop: i64::try_from(self.row_count).unwrap_or(i64::MAX),
            step: 1,
        })
    }
}
