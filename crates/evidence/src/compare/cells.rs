//! Columns and scalars.

use super::{Category, Comparison, Level, Rule};
use crate::json::canonical;
use crate::value::{Cell, Column, Dtype, Index, Scalar};

/// A cell as a person reads it in a drift.
pub(super) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Missing => "null".to_string(),
        cell => canonical(&cell.write_object()),
    }
}

/// A cell of a column: a category's by what its code names, a point in time by its text.
pub(super) fn shown_in(column: &Column, position: usize) -> String {
    let Some(cell) = column.values().get(position) else { return "nothing".to_string() };
    match (cell, column.categories()) {
        (Cell::Integer(code), Some(categories)) => {
            let named = usize::try_from(*code).ok().map(|code| shown_in(&categories.values, code));
            format!("code {code} ({})", named.unwrap_or_default())
        }
        _ => canonical(&cell.write(column.dtype())),
    }
}

/// A row's label.
pub(super) fn shown_label(index: &Index, position: usize) -> String {
    match index {
        Index::Range { start, step, .. } => {
            (i128::from(*start) + i128::from(*step) * position as i128).to_string()
        }
        Index::Flat { values, .. } => shown_in(values, position),
        Index::Multi { arrays, .. } => {
            let parts: Vec<String> = arrays.iter().map(|array| shown_in(array, position)).collect();
            format!("({})", parts.join(", "))
        }
    }
}

impl Comparison<'_> {
    /// Dtype, categories and length; whether the cells can be compared one by one.
    pub(super) fn column_forms(&mut self, at: &str, expected: &Column, found: &Column) -> bool {
        let before = self.drifts.len();
        self.texts(Category::Dtype, at, expected.dtype().name(), found.dtype().name());
        if let (Some(a), Some(b)) = (expected.categories(), found.categories()) {
            let at = format!("{at} categories");
            self.texts(Category::Dtype, &at, a.values.dtype().name(), b.values.dtype().name());
            if a.values.values() != b.values.values() {
                let list = |column: &Column| -> Vec<String> {
                    (0..column.len()).map(|p| shown_in(column, p)).collect()
                };
                let (expected, found) = (list(&a.values).join(", "), list(&b.values).join(", "));
                self.critical(Category::Dtype, &at, expected, found);
            }
            if a.ordered != b.ordered {
                let words = |ordered| if ordered { "ordered" } else { "without order" };
                self.critical(Category::Dtype, &at, words(a.ordered), words(b.ordered));
            }
        }
        if expected.len() != found.len() {
            let (expected, found) = (format!("{} cells", expected.len()), format!("{} cells", found.len()));
            self.critical(Category::Shape, at, expected, found);
        }
        self.drifts.len() == before
    }

    /// Two columns; `labels` name the rows.
    pub(super) fn columns(&mut self, at: &str, expected: &Column, found: &Column, labels: Option<&Index>) {
        if !self.column_forms(at, expected, found) {
            return;
        }
        if self.reordered(at, &[expected], &[found]) {
            return;
        }
        self.column_cells(at, expected, found, labels);
    }

    /// The cells of two columns of one form.
    pub(super) fn column_cells(
        &mut self,
        at: &str,
        expected: &Column,
        found: &Column,
        labels: Option<&Index>,
    ) {
        let dtype = expected.dtype();
        for position in 0..expected.len() {
            let (Some(a), Some(b)) = (expected.values().get(position), found.values().get(position)) else {
                return;
            };
            if let Some((category, level)) =
                self.cell_drift(dtype, a, b).filter(|(c, l)| !self.is_full(*c, *l))
            {
                let label = labels.map(|labels| format!(", label {}", shown_label(labels, position)));
                let location = format!("{at}[{position}] ({dtype}{})", label.unwrap_or_default());
                let (expected, found) = (shown_in(expected, position), shown_in(found, position));
                self.drift(category, level, &location, expected, found);
            }
        }
    }

    pub(super) fn cell_drift(
        &self,
        dtype: &Dtype,
        expected: &Cell,
        found: &Cell,
    ) -> Option<(Category, Level)> {
        if expected == found || *self.rule == Rule::Undefined {
            return None;
        }
        let has_missing = !dtype.is_torch();
        if has_missing && (expected.is_missing() || found.is_missing()) {
            return Some((Category::Missing, Level::Critical));
        }
        let (Cell::Float(a), Cell::Float(b), Some(tolerance)) =
            (expected, found, self.rule.tolerance(dtype.name(), self.in_gradients))
        else {
            return Some((Category::Value, Level::Critical));
        };
        let level = if tolerance.holds(*a, *b, 1.0) {
            Level::Informational
        } else if tolerance.holds(*a, *b, 10.0) {
            Level::Minor
        } else {
            Level::Critical
        };
        Some((Category::Value, level))
    }

    pub(super) fn scalars(&mut self, at: &str, expected: &Scalar, found: &Scalar) {
        let dtype = expected.dtype();
        if dtype != found.dtype() {
            return self.texts(Category::Dtype, at, dtype.name(), found.dtype().name());
        }
        if let Some((category, level)) = self.cell_drift(dtype, expected.value(), found.value()) {
            let show = |scalar: &Scalar| canonical(&scalar.value().write(dtype));
            self.drift(category, level, &format!("{at} ({dtype})"), show(expected), show(found));
        }
    }

    /// Compares rows across columns of one form as a whole. Under [`Rule::Sets`] it settles the comparison; under the
    /// others it says whether the same rows stand in another order, which is one difference and not one a cell.
    pub(super) fn reordered(&mut self, at: &str, expected: &[&Column], found: &[&Column]) -> bool {
        if *self.rule == Rule::Undefined || (*self.rule != Rule::Sets && expected == found) {
            return false;
        }
        let (a, b) = (rows(expected), rows(found));
        let (mut sorted_a, mut sorted_b) = (a.clone(), b.clone());
        sorted_a.sort_unstable();
        sorted_b.sort_unstable();
        let is_same = sorted_a == sorted_b;
        if *self.rule != Rule::Sets {
            if let (true, Some(first)) = (is_same, a.iter().zip(&b).position(|(a, b)| a != b)) {
                let location = format!("{at} row {first}");
                self.critical(Category::Order, &location, a[first].as_str(), b[first].as_str());
            }
            return is_same;
        }
        for row in without(&sorted_a, &sorted_b) {
            self.critical(Category::Value, &format!("{at} rows"), row, "no such row");
        }
        for row in without(&sorted_b, &sorted_a) {
            self.critical(Category::Value, &format!("{at} rows"), "no such row", row);
        }
        true
    }
}

/// Each row as one text.
fn rows(columns: &[&Column]) -> Vec<String> {
    let count = columns.first().map_or(0, |column| column.len());
    let row = |position: usize| {
        let cells: Vec<String> = columns.iter().map(|column| shown_in(column, position)).collect();
        cells.join(" | ")
    };
    (0..count).map(row).collect()
}

/// What of one sorted list the other does not have, as often as it has it.
fn without<'a>(rows: &'a [String], others: &[String]) -> Vec<&'a str> {
    let mut others = others.iter().peekable();
    let mut left = Vec::new();
    for row in rows {
        while others.next_if(|other| *other < row).is_some() {}
        if others.next_if(|other| *other == row).is_none() {
            left.push(row.as_str());
        }
    }
    left
}
