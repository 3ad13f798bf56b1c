//! A table already turned into text: what a frame shows of itself.

use serde::{Deserialize, Serialize};

/// The visible part of a table. Row `i` has the labels `rows[i].labels`, one a level of the index, and a cell for
/// each column; a row that is short shows blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableView {
    /// Names of the index levels, empty text for a level without name; no level at all hides the index.
    pub index: Vec<String>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Rows of the whole table, shown or not.
    pub row_count: u64,
    /// Rows left out lie behind the first `gap_after` rows; `None` when they follow the last one.
    pub gap_after: Option<usize>,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    /// The engine's own spelling: `float64`, `str`, `datetime64[us, UTC]`.
    pub dtype: String,
    pub align: Align,
}

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Text.
    Start,
    /// Numbers: their units line up.
    End,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub labels: Vec<String>,
    pub cells: Vec<TableCell>,
}

/// The text of one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableCell {
    pub text: String,
    /// The value is the dtype's missing one: `NaN`, `NaT`, `None`, `<NA>`. It is drawn quietly.
    pub missing: bool,
}

impl TableCell {
    /// The text of a missing value, as the dtype spells it.
    pub fn missing(text: impl Into<String>) -> Self {
        Self { text: text.into(), missing: true }
    }
}

impl<T: Into<String>> From<T> for TableCell {
    fn from(text: T) -> Self {
        Self { text: text.into(), missing: false }
    }
}

impl Column {
    /// A column whose alignment follows from its dtype: integers and floats stand at the end.
    pub fn new(name: impl Into<String>, dtype: impl Into<String>) -> Self {
        let dtype = dtype.into();
        let numeric = ["int", "uint", "float", "bfloat", "timedelta"];
        let lower = dtype.to_ascii_lowercase();
        let align =
            if numeric.iter().any(|prefix| lower.starts_with(prefix)) { Align::End } else { Align::Start };
        Self { name: name.into(), dtype, align }
    }
}

impl TableView {
    /// Rows of the whole table that are not in `rows`.
    pub fn hidden_row_count(&self) -> u64 {
        self.row_count.saturating_sub(self.rows.len() as u64)
    }

    /// The place of the mark for left-out rows among the visible ones.
    pub(crate) fn gap(&self) -> Option<usize> {
        (self.hidden_row_count() > 0).then(|| self.gap_after.unwrap_or(self.rows.len()).min(self.rows.len()))
    }

    /// `5 of 2,836 rows × 4 columns`.
    pub(crate) fn size(&self) -> String {
        let grouped = |n: u64| crate::format::grouped(&n.to_string());
        let unit = |n: u64, one: &'static str, many: &'static str| if n == 1 { one } else { many };
        let columns = self.columns.len() as u64;
        let shown = self.rows.len() as u64;
        let of = if self.hidden_row_count() > 0 { format!("{} of ", grouped(shown)) } else { String::new() };
        let rows = grouped(self.row_count.max(shown));
        format!(
            "{of}{rows} {} × {} {}",
            unit(self.row_count.max(shown), "row", "rows"),
            grouped(columns),
            unit(columns, "column", "columns")
        )
    }
}
