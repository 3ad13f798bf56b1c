//! A frame's labels and dtypes as text, for checks against a declared record.

use column::{DType, Scalar};

use crate::frame::Frame;

/// One column or index level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The label as text; empty for an unnamed index level.
    pub label: String,
    /// dtype of the values.
    pub dtype: DType,
    /// Whether a value is missing.
    pub has_missing: bool,
}

/// Labels, dtypes and index levels of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The columns by position.
    pub columns: Vec<Field>,
    /// The index levels.
    pub levels: Vec<Field>,
    /// Number of rows.
    pub row_count: usize,
}

impl Frame {
    /// Labels, dtypes and index levels.
    #[must_use]
    pub fn schema(&self) -> Schema {
        let columns = self.columns.iter().zip(&self.data).map(|(label, column)| Field {
            label: label.to_string(),
            dtype: column.dtype(),
            has_missing: column.missing_count() > 0,
        });
        let names = self.index.names();
        let levels = names.iter().enumerate().filter_map(|(level, name)| {
            let values = self.index.level_values(level)?;
            let label = if *name == Scalar::None { String::new() } else { name.to_string() };
            Some(Field { label, dtype: values.dtype(), has_missing: values.missing_count() > 0 })
        });
        Schema { columns: columns.collect(), levels: levels.collect(), row_count: self.len() }
    }
}
