//! What selection and assignment need of columns and frames.

use ::column::{Column as Values, Operand};
use frame::{Positions, Selected};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::{engine, of_column};
use crate::frame::{DataFrame, sliced, wrapped_like};
use crate::scalar::from_python;

#[pymethods]
impl Column {
    /// The column with other values in some rows: one, or a column of as many. A value that the dtype cannot hold is an
    /// error, or makes the dtype wider where `widen` is set.
    #[pyo3(signature = (positions, value, shown = None, widen = false))]
    fn set_rows(
        &self,
        py: Python<'_>,
        positions: Vec<usize>,
        value: &Bound<'_, PyAny>,
        shown: Option<String>,
        widen: bool,
    ) -> PyResult<Self> {
        let set = |operand: Operand<'_>| match widen {
            true => self.values.set_widening(&positions, operand),
            false => self.values.set(&positions, operand, shown.as_deref()),
        };
        if let Ok(column) = value.cast::<Self>() {
            let values = &column.get().values;
            return of_column(py, || set(Operand::Column(values))).map(Into::into);
        }
        let scalar = from_python(value)?;
        of_column(py, || set(Operand::Scalar(&scalar))).map(Into::into)
    }

    /// The column with one more row.
    fn with_row(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let scalar = from_python(value)?;
        of_column(py, || self.values.append_value(&scalar)).map(Into::into)
    }
}

#[pymethods]
impl DataFrame {
    /// A row as a series over the columns, in the dtype that all of them share.
    fn _row(slf: &Bound<'_, Self>, position: i64) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        match engine(py, || frame.iloc(&Positions::One(position), None))? {
            Selected::Series(series) => sliced(slf, series),
            _ => Err(PyIndexError::new_err("a row is expected")),
        }
    }

    /// The columns at positions.
    fn _take_columns(slf: &Bound<'_, Self>, positions: Vec<i64>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        let rows = Positions::Slice(None, None, None);
        match engine(py, || frame.iloc(&rows, Some(&Positions::List(positions))))? {
            Selected::Frame(frame) => wrapped_like(slf, frame),
            _ => Err(PyIndexError::new_err("columns are expected")),
        }
    }

    /// The rows at positions, a missing one for −1, under other labels.
    fn _reindexed(&self, py: Python<'_>, positions: Vec<i64>) -> PyResult<Vec<Column>> {
        let columns: Vec<Values> = self.data.clone();
        of_column(py, || {
            columns.iter().map(|column| column.reindex(&positions)).collect::<::column::Result<Vec<_>>>()
        })
        .map(|columns| columns.into_iter().map(Into::into).collect())
    }
}
