//! Tables in and out by Arrow's PyCapsule interface.

use std::ffi::CStr;

use ::column::arrow::{self, ArrowArray, ArrowArrayStream, ArrowSchema, Host};
use ::column::{Column as Values, Error, Scalar};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict};

use crate::column::Column;
use crate::scalar::{from_python, to_python};

/// The name of a capsule with a stream.
const STREAM: &CStr = c"arrow_array_stream";

/// Makes Python's own objects of what no column holds.
struct Interpreter<'py>(Python<'py>);

impl<'py> Interpreter<'py> {
    fn made(&self, object: PyResult<Bound<'py, PyAny>>) -> ::column::Result<Scalar> {
        let raised = |error: PyErr| {
            let message = error.value(self.0).to_string();
            Error::foreign(message, std::sync::Arc::new(error))
        };
        object.and_then(|object| from_python(&object)).map_err(raised)
    }

    fn named(&self, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.0.import(module)?.getattr(name)
    }
}

impl Host for Interpreter<'_> {
    fn date(&self, days: i64) -> ::column::Result<Scalar> {
        // Python counts the days from 0001-01-01, which is 1.
        const EPOCH: i64 = 719_163;
        let date =
            || self.named("datetime", "date")?.call_method1("fromordinal", (days.saturating_add(EPOCH),));
        self.made(date())
    }

    fn time(&self, nanoseconds: i64) -> ::column::Result<Scalar> {
        let (seconds, micros) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000 / 1_000);
        let parts = (seconds / 3_600, seconds / 60 % 60, seconds % 60, micros);
        self.made((|| self.named("datetime", "time")?.call1(parts))())
    }

    fn decimal(&self, digits: i128, scale: i32) -> ::column::Result<Scalar> {
        let text = format!("{digits}E{}", -i64::from(scale));
        self.made((|| self.named("decimal", "Decimal")?.call1((text,)))())
    }

    fn bytes(&self, bytes: &[u8]) -> ::column::Result<Scalar> {
        self.made(Ok(PyBytes::new(self.0, bytes).into_any()))
    }

    fn list(&self, items: Values) -> ::column::Result<Scalar> {
        let array = || {
            let column = Bound::new(self.0, Column::from(items))?;
            self.named("lumen.pandas._convert", "numpy_of")?.call1((column,))
        };
        self.made(array())
    }

    fn record(&self, fields: Vec<(String, Scalar)>) -> ::column::Result<Scalar> {
        let record = || {
            let record = PyDict::new(self.0);
            for (name, value) in &fields {
                record.set_item(name, to_python(self.0, value)?)?;
            }
            Ok(record.into_any())
        };
        self.made(record())
    }
}

/// Moves the stream out of its capsule, which keeps a released one.
fn taken(capsule: &Bound<'_, PyCapsule>) -> PyResult<ArrowArrayStream> {
    let place = capsule.pointer_checked(Some(STREAM))?.cast::<ArrowArrayStream>();
    // SAFETY: a capsule of this name points to a live stream, which the consumer may move out of it, leaving it released.
    let stream = unsafe { place.replace(ArrowArrayStream::empty()) };
    match stream.release {
        Some(_) => Ok(stream),
        None => Err(PyValueError::new_err("the Arrow stream was read before")),
    }
}

/// One column of a stream's capsule, whose arrays stand end to end; the stream is used up.
#[pyfunction]
pub fn arrow_import_column(capsule: &Bound<'_, PyCapsule>) -> PyResult<Column> {
    let (py, mut stream) = (capsule.py(), taken(capsule)?);
    // SAFETY: the producer's promise, by the capsule's name.
    let column = unsafe { arrow::import_column_stream(&mut stream, &Interpreter(py)) };
    column.map(Into::into).map_err(|error| crate::error::raised(py, &error.into()))
}

/// The column that a schema's and an array's capsule are; the array is used up.
#[pyfunction]
pub fn arrow_import_array(schema: &Bound<'_, PyCapsule>, array: &Bound<'_, PyCapsule>) -> PyResult<Column> {
    let py = schema.py();
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<ArrowSchema>();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<ArrowArray>();
    // SAFETY: capsules of these names point to live structures, and the consumer may move the array out.
    let (schema, array) = unsafe { (schema.as_ref(), array.replace(ArrowArray::empty())) };
    // SAFETY: the producer's promise, by the capsules' names.
    let column = unsafe { arrow::import_column(array, schema, &Interpreter(py)) };
    column.map(Into::into).map_err(|error| crate::error::raised(py, &error.into()))
}

/// The columns of a stream's capsule with their names; the stream is used up.
#[pyfunction]
pub fn arrow_import(capsule: &Bound<'_, PyCapsule>) -> PyResult<Vec<(String, Column)>> {
    let (py, mut stream) = (capsule.py(), taken(capsule)?);
    // SAFETY: the producer's promise, by the capsule's name.
    let columns = unsafe { arrow::import_stream(&mut stream, &Interpreter(py)) };
    let columns = columns.map_err(|error| crate::error::raised(py, &error.into()))?;
    Ok(columns.into_iter().map(|(name, column)| (name, column.into())).collect())
}

/// A capsule with a stream of one column.
#[pyfunction]
pub fn arrow_export_column<'py>(
    py: Python<'py>,
    name: &str,
    column: PyRef<'py, Column>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let stream = arrow::export_column_stream(&column.values, name);
    let stream = stream.map_err(|error| crate::error::raised(py, &error.into()))?;
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// A capsule with a stream of columns of one length.
#[pyfunction]
pub fn arrow_export<'py>(
    py: Python<'py>,
    names: Vec<String>,
    columns: Vec<PyRef<'py, Column>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let columns: Vec<(&str, &Values)> =
        names.iter().map(String::as_str).zip(columns.iter().map(|column| &column.values)).collect();
    let stream = arrow::export_stream(&columns).map_err(|error| crate::error::raised(py, &error.into()))?;
    // A stream that nobody takes is released with the capsule.
    PyCapsule::new_with_value(py, stream, STREAM)
}
