//! What reading gives.

use column::{Column, Scalar};

/// Labelled columns and the index columns beside them, all of one length.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Table {
    /// Labels (strings, or integers without a header) and columns, in file order.
    pub columns: Vec<(Scalar, Column)>,
    /// Columns that became the row index, with their names; empty for the default `RangeIndex`.
    pub index: Vec<(Option<Scalar>, Column)>,
    /// Number of rows.
    pub row_count: usize,
    /// For each line set aside by [`OnBadLines::Skip`](crate::OnBadLines::Skip): its number from 1 and its
    /// byte offset.
    pub skipped_lines: Vec<(usize, usize)>,
}

impl Table {
    /// The first column with this label.
    #[must_use]
    pub fn column(&self, label: &str) -> Option<&Column> {
        self.columns.iter().find(|(name, _)| name.as_str() == Some(label)).map(|(_, column)| column)
    }
}
