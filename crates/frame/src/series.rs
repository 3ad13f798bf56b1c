//! One labelled column.

use column::{Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::Index;

/// A column with row labels and a name ([`Scalar::None`] where it has none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub(crate) values: Column,
    pub(crate) index: Index,
    pub(crate) name: Scalar,
}

impl Series {
    /// Values under the labels of `index`.
    ///
    /// # Errors
    /// `ValueError` where the lengths differ.
    pub fn new(values: Column, index: Index, name: impl Into<Scalar>) -> Result<Self> {
        if values.len() != index.len() {
            let message = format!(
                "Length of values ({}) does not match length of index ({})",
                values.len(),
                index.len()
            );
            return Err(Error::value(message));
        }
        Ok(Self { values, index, name: name.into() })
    }

    /// Values under the labels 0, 1, 2 …, unnamed.
    pub fn from_column(values: Column) -> Self {
        let index = Index::range(values.len());
        Self { values, index, name: Scalar::None }
    }

    /// The same rows with other values of the same length.
    pub(crate) fn with_values(&self, values: Column) -> Self {
        debug_assert_eq!(values.len(), self.index.len());
        Self { values, index: self.index.clone(), name: self.name.clone() }
    }

    /// The same series under another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Scalar>) -> Self {
        self.name = name.into();
        self
    }

    /// The values.
    pub fn values(&self) -> &Column {
        &self.values
    }

    /// The row labels.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The name, [`Scalar::None`] where there is none.
    pub fn name(&self) -> &Scalar {
        &self.name
    }

    /// dtype of the values.
    pub fn dtype(&self) -> DType {
        self.values.dtype()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value at a position.
    pub fn get(&self, position: usize) -> Option<Scalar> {
        self.values.get(position)
    }

    /// A frame of this one column, labelled by the name (0 where there is none).
    pub fn to_frame(&self) -> Frame {
        let label = if self.name == Scalar::None { Scalar::Int(0) } else { self.name.clone() };
        let columns = match self.name {
            Scalar::None => Index::range(1),
            _ => Index::from_labels(vec![label]),
        };
        Frame { columns, index: self.index.clone(), data: vec![self.values.clone()] }
    }

    /// Rows at `positions`, labels included.
    ///
    /// # Errors
    /// `IndexError` for a position past the end.
    pub fn take(&self, positions: &[usize]) -> Result<Self> {
        Ok(Self {
            values: self.values.take(positions)?,
            index: self.index.take(positions)?,
            name: self.name.clone(),
        })
    }
}
