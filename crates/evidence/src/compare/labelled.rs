//! Indexes, series and frames.

use super::cells::shown;
use super::{Category, Comparison, Rule};
use crate::value::{Cell, Column, Frame, Index, Series};

impl Comparison<'_> {
    /// Class, name, frequency and the forms of labels; whether the labels can be compared one by one.
    fn index_forms(&mut self, at: &str, expected: &Index, found: &Index) -> bool {
        let before = self.drifts.len();
        self.texts(Category::Label, &format!("{at} type"), expected.class(), found.class());
        match (expected, found) {
            (Index::Range { name: a, .. }, Index::Range { name: b, .. }) => self.names(at, a, b),
            (
                Index::Flat { values: a, name: name_a, freq: freq_a, .. },
                Index::Flat { values: b, name: name_b, freq: freq_b, .. },
            ) => {
                self.names(at, name_a, name_b);
                if freq_a != freq_b {
                    let show = |freq: &Option<String>| freq.clone().unwrap_or_else(|| "none".to_string());
                    self.critical(Category::Label, &format!("{at} freq"), show(freq_a), show(freq_b));
                }
                self.column_forms(at, a, b);
            }
            (Index::Multi { arrays: a, names: names_a }, Index::Multi { arrays: b, names: names_b }) => {
                if a.len() != b.len() {
                    let (expected, found) = (format!("{} levels", a.len()), format!("{} levels", b.len()));
                    self.critical(Category::Shape, at, expected, found);
                    return false;
                }
                for (level, (a, b)) in names_a.iter().zip(names_b).enumerate() {
                    self.names(&format!("{at} level {level}"), a, b);
                }
                for (level, (a, b)) in a.iter().zip(b).enumerate() {
                    self.column_forms(&format!("{at} level {level}"), a, b);
                }
            }
            // Another class: said above.
            _ => {}
        }
        // A difference of the name alone does not keep the labels from being compared.
        let forms = |category| matches!(category, Category::Dtype | Category::Shape);
        expected.class() == found.class()
            && !self.drifts[before.min(self.drifts.len())..].iter().any(|drift| forms(drift.category))
    }

    fn names(&mut self, at: &str, expected: &Cell, found: &Cell) {
        if expected != found {
            let show = |name: &Cell| if *name == Cell::None { "no name".to_string() } else { shown(name) };
            self.critical(Category::Label, &format!("{at} name"), show(expected), show(found));
        }
    }

    /// The labels of two indexes of one form.
    fn index_labels(&mut self, at: &str, expected: &Index, found: &Index) {
        if let (Index::Range { .. }, Index::Range { .. }) = (expected, found) {
            let show = |index: &Index| match index {
                Index::Range { start, stop, step, .. } => format!("{start} to {stop} by {step}"),
                other => other.class().to_string(),
            };
            let category = if expected.len() == found.len() { Category::Label } else { Category::Shape };
            return self.texts(category, at, &show(expected), &show(found));
        }
        let before = self.drifts.len();
        // A label is a name for a row: no rule for values lets another one pass.
        let rule = std::mem::replace(&mut self.rule, &Rule::Exact);
        for (level, (a, b)) in arrays(expected).into_iter().zip(arrays(found)).enumerate() {
            let at = if matches!(expected, Index::Multi { .. }) {
                format!("{at} level {level}")
            } else {
                at.to_string()
            };
            self.column_cells(&at, a, b, None);
        }
        self.rule = rule;
        // Labels have a category of their own, whatever differs in them.
        for drift in self.drifts.iter_mut().skip(before).filter(|drift| drift.category == Category::Value) {
            drift.category = Category::Label;
        }
    }

    pub(super) fn indexes(&mut self, at: &str, expected: &Index, found: &Index) {
        if self.index_forms(at, expected, found) && !self.reordered(at, &arrays(expected), &arrays(found)) {
            self.index_labels(at, expected, found);
        }
    }

    pub(super) fn series(&mut self, at: &str, expected: &Series, found: &Series) {
        self.names(at, expected.name(), found.name());
        let index = format!("{at} index");
        let values = format!("{at} values");
        let labels_fit = self.index_forms(&index, expected.index(), found.index());
        let values_fit = self.column_forms(&values, expected.values(), found.values());
        if labels_fit && values_fit {
            let a: Vec<&Column> = arrays(expected.index()).into_iter().chain([expected.values()]).collect();
            let b: Vec<&Column> = arrays(found.index()).into_iter().chain([found.values()]).collect();
            if self.rows_reordered(at, &a, &b, expected.index(), found.index()) {
                return;
            }
        }
        if labels_fit {
            self.index_labels(&index, expected.index(), found.index());
        }
        if values_fit {
            self.column_cells(&values, expected.values(), found.values(), Some(expected.index()));
        }
    }

    pub(super) fn frames(&mut self, at: &str, expected: &Frame, found: &Frame) {
        let columns = format!("{at} columns");
        // Under the rule of sets it is rows that have no order; columns keep theirs.
        let before = self.drifts.len();
        let rule = std::mem::replace(&mut self.rule, &Rule::Exact);
        self.indexes(&columns, expected.columns(), found.columns());
        self.rule = rule;
        if expected.data().len() != found.data().len() {
            if self.drifts.len() == before {
                let (expected, found) = (expected.data().len(), found.data().len());
                self.critical(
                    Category::Shape,
                    &columns,
                    format!("{expected} columns"),
                    format!("{found} columns"),
                );
            }
            return;
        }
        if self.drifts[before..].iter().any(|drift| drift.category == Category::Order) {
            return;
        }
        let index = format!("{at} index");
        let labels_fit = self.index_forms(&index, expected.index(), found.index());
        let place = |position: usize| {
            format!(
                "{at} data[{position}] (column {})",
                super::cells::shown_label(expected.columns(), position)
            )
        };
        let pairs: Vec<(usize, (&Column, &Column))> =
            expected.data().iter().zip(found.data()).enumerate().collect();
        let fitting: Vec<bool> =
            pairs.iter().map(|(position, (a, b))| self.column_forms(&place(*position), a, b)).collect();
        if labels_fit && fitting.iter().all(|fits| *fits) {
            let a: Vec<&Column> = arrays(expected.index()).into_iter().chain(expected.data()).collect();
            let b: Vec<&Column> = arrays(found.index()).into_iter().chain(found.data()).collect();
            if self.rows_reordered(at, &a, &b, expected.index(), found.index()) {
                return;
            }
        }
        if labels_fit {
            self.index_labels(&index, expected.index(), found.index());
        }
        for ((position, (a, b)), fits) in pairs.into_iter().zip(fitting) {
            if fits {
                self.column_cells(&place(position), a, b, Some(expected.index()));
            }
        }
    }

    /// Rows with their labels. Labels of a range stand in no column; they are compared first, for a range is in order.
    fn rows_reordered(
        &mut self,
        at: &str,
        a: &[&Column],
        b: &[&Column],
        index_a: &Index,
        index_b: &Index,
    ) -> bool {
        let is_range = matches!(index_a, Index::Range { .. });
        if is_range && index_a.len() != index_b.len() {
            return false;
        }
        let settled = self.reordered(at, a, b);
        if settled && is_range {
            self.index_labels(&format!("{at} index"), index_a, index_b);
        }
        settled
    }
}

/// The columns of labels; none for a range, whose three numbers say all.
fn arrays(index: &Index) -> Vec<&Column> {
    match index {
        Index::Range { .. } => Vec::new(),
        Index::Flat { values, .. } => vec![values],
        Index::Multi { arrays, .. } => arrays.iter().collect(),
    }
}
