//! Columns of intervals across the border.

use ::column::{Bitmap, Column as Values, Interval};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::column::Column;
use crate::error::of_column;
use crate::scalar::{closed, from_python};

fn bytes<'py>(py: Python<'py>, bits: &Bitmap) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &bits.iter().map(u8::from).collect::<Vec<u8>>())
}

#[pymethods]
impl Column {
    /// Intervals between two columns of ends.
    #[staticmethod]
    fn intervals(py: Python<'_>, left: &Self, right: &Self, closed_on: &str) -> PyResult<Self> {
        let closed = closed(closed_on)?;
        of_column(py, || Values::intervals(left.values.clone(), right.values.clone(), closed)).map(Into::into)
    }

    /// The left ends, the right ends, and which of them belong to the intervals; None where the dtype is another.
    #[getter]
    fn interval_ends(&self) -> Option<(Self, Self, &'static str)> {
        let (left, right, closed) = self.values.interval_ends()?;
        Some((left.clone().into(), right.clone().into(), closed.name()))
    }

    /// The same ends, others of them belonging to the intervals.
    fn with_closed(&self, py: Python<'_>, closed_on: &str) -> PyResult<Self> {
        let closed = closed(closed_on)?;
        of_column(py, || self.values.with_closed(closed)).map(Into::into)
    }

    /// A byte a row: 1 where the interval holds a value.
    fn intervals_contain<'py>(
        &self,
        py: Python<'py>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let value = from_python(value)?;
        Ok(bytes(py, &of_column(py, || self.values.intervals_contain(&value))?))
    }

    /// A byte a row: 1 where the interval shares a point with another one.
    fn intervals_overlap<'py>(
        &self,
        left: &Bound<'py, PyAny>,
        right: &Bound<'py, PyAny>,
        closed_on: &str,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let other =
            Interval { left: from_python(left)?, right: from_python(right)?, closed: closed(closed_on)? };
        let py = left.py();
        Ok(bytes(py, &of_column(py, || self.values.intervals_overlap(&other))?))
    }

    /// Whether two of the intervals share more than an open end.
    fn intervals_are_overlapping(&self, py: Python<'_>) -> PyResult<bool> {
        of_column(py, || self.values.intervals_are_overlapping())
    }

    /// For each value the row whose interval holds it, -1 where none does.
    fn intervals_holding(&self, py: Python<'_>, values: &Self) -> PyResult<Vec<i64>> {
        of_column(py, || self.values.intervals_holding(&values.values))
    }

    /// Edges as pandas rounds them for the labels of bins.
    fn interval_breaks(&self, precision: i32, lowered: bool) -> Self {
        Values::from(frame::interval_breaks(&self.values.floats(), precision, lowered)).into()
    }

    /// The categories in lines as pandas prints them; None where the dtype is another.
    fn category_lines(&self, width: usize) -> Option<String> {
        frame::category_lines(&self.values, width)
    }
}
