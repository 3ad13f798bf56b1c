//! Columns under labels.

use super::{Cell, Column, Index, Misfit};

/// A labelled column: `{"kind":"series","name":cell,"index":index,"values":column}`; as many labels as cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// [`Cell::None`] without a name.
    name: Cell,
    index: Box<Index>,
    values: Column,
}

impl Series {
    /// A series.
    pub fn new(name: Cell, index: Index, values: Column) -> Result<Self, Misfit> {
        index.check()?;
        rows("values", index.len(), values.len())?;
        Ok(Series { name, index: Box::new(index), values })
    }

    /// Its name; [`Cell::None`] without one.
    pub fn name(&self) -> &Cell {
        &self.name
    }

    /// Its labels.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Its cells.
    pub fn values(&self) -> &Column {
        &self.values
    }
}

/// A table: `{"kind":"frame","index":index,"columns":index,"data":[column...]}`. Columns stand by position, so that
/// labels may repeat; each has as many cells as `index` has labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    index: Box<Index>,
    columns: Box<Index>,
    data: Vec<Column>,
}

impl Frame {
    /// A frame.
    pub fn new(index: Index, columns: Index, data: Vec<Column>) -> Result<Self, Misfit> {
        index.check()?;
        columns.check()?;
        if columns.len() != data.len() {
            let found = format!("{} columns", data.len());
            return Err(Misfit::new("data", format!("{} columns, one a label", columns.len()), found));
        }
        for (position, column) in data.iter().enumerate() {
            rows(&format!("data/{position}"), index.len(), column.len())?;
        }
        Ok(Frame { index: Box::new(index), columns: Box::new(columns), data })
    }

    /// Its row labels.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Its column labels.
    pub fn columns(&self) -> &Index {
        &self.columns
    }

    /// Its columns.
    pub fn data(&self) -> &[Column] {
        &self.data
    }
}

fn rows(part: &str, labels: usize, cells: usize) -> Result<(), Misfit> {
    if labels == cells {
        return Ok(());
    }
    Err(Misfit::new(part, format!("{labels} cells, one a row label"), format!("{cells} cells")))
}
