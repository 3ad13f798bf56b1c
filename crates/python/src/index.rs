//! Row and column labels.

use ::column::Scalar;
use frame::Index as Labels;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::column::Column;
use crate::error::engine;
use crate::registry;
use crate::scalar::{element, from_python, to_python};

/// Base of the facade's index classes. The labels never change; the names may.
#[pyclass(subclass, module = "lumen._engine")]
pub struct Index {
    pub labels: Labels,
}

/// Labels as an object of the class that pandas gives them.
pub fn wrapped(py: Python<'_>, labels: Labels) -> PyResult<Py<Index>> {
    let class = match labels.class() {
        "Index" => match labels.dtype() {
            ::column::DType::Category => "CategoricalIndex",
            ::column::DType::Datetime(_) => "DatetimeIndex",
            ::column::DType::Timedelta(_) => "TimedeltaIndex",
            ::column::DType::Interval(..) => "IntervalIndex",
            _ => "Index",
        },
        other => other,
    };
    let made = registry::instance::<Index>(py, &PyString::intern(py, class))?;
    made.borrow_mut().labels = labels;
    Ok(made.unbind())
}

/// The labels of one axis as a series or frame holds them: the engine's own until somebody asks for the object, whose
/// names may then be changed.
pub struct Axis {
    labels: Labels,
    object: Option<Py<Index>>,
}

impl From<Labels> for Axis {
    fn from(labels: Labels) -> Self {
        Self { labels, object: None }
    }
}

impl Axis {
    /// The axis of an index object, which is kept.
    pub fn of(object: &Bound<'_, Index>) -> Self {
        Self { labels: object.borrow().labels.clone(), object: Some(object.clone().unbind()) }
    }

    pub fn labels(&self, py: Python<'_>) -> Labels {
        match &self.object {
            Some(object) => object.borrow(py).labels.clone(),
            None => self.labels.clone(),
        }
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Other labels in place of these.
    ///
    /// # Errors
    /// `ValueError` where the lengths differ.
    pub fn replace(&mut self, object: &Bound<'_, Index>) -> PyResult<()> {
        let axis = Self::of(object);
        check_length(self.len(), axis.len())?;
        *self = axis;
        Ok(())
    }

    pub fn object(&mut self, py: Python<'_>) -> PyResult<Py<Index>> {
        if let Some(object) = &self.object {
            return Ok(object.clone_ref(py));
        }
        let object = wrapped(py, self.labels.clone())?;
        self.object = Some(object.clone_ref(py));
        Ok(object)
    }
}

/// pandas' error where as many labels or values are given as are not there.
pub fn check_length(held: usize, given: usize) -> PyResult<()> {
    if held == given {
        return Ok(());
    }
    let message =
        format!("Length mismatch: Expected axis has {held} elements, new values have {given} elements");
    Err(PyValueError::new_err(message))
}

#[pymethods]
impl Index {
    #[new]
    #[pyo3(signature = (*_arguments, **_named))]
    fn new(_arguments: &Bound<'_, PyAny>, _named: Option<&Bound<'_, PyAny>>) -> Self {
        Self { labels: Labels::range(0) }
    }

    /// The labels of a column, under one name.
    #[staticmethod]
    fn _of_column(py: Python<'_>, column: &Column, name: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        wrapped(py, Labels::from_column(column.values.clone()).with_name(from_python(name)?))
    }

    /// `start, start + step, …` under one name.
    #[staticmethod]
    fn _of_range(
        py: Python<'_>,
        start: i64,
        stop: i64,
        step: i64,
        name: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Self>> {
        let span = i128::from(stop) - i128::from(start);
        let step_wide = i128::from(step);
        if step == 0 {
            return Err(PyValueError::new_err("Step must not be zero"));
        }
        let length = ((span + step_wide - step_wide.signum()) / step_wide).max(0);
        let length = usize::try_from(length).map_err(|_| PyIndexError::new_err("the range is too long"))?;
        let labels = Labels::range_of(start, length, step);
        let labels = labels.rebased(start, stop, step).unwrap_or(labels);
        wrapped(py, labels.with_name(from_python(name)?))
    }

    /// A MultiIndex of columns of equal length.
    #[staticmethod]
    fn _of_columns(
        py: Python<'_>,
        columns: Vec<PyRef<'_, Column>>,
        names: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Self>> {
        let columns = columns.iter().map(|column| column.values.clone()).collect();
        wrapped(py, Labels::from_arrays(columns, crate::values::scalars(names)?))
    }

    /// The same labels in an object of its own.
    fn _view(&self, py: Python<'_>) -> PyResult<Py<Self>> {
        wrapped(py, self.labels.clone())
    }

    /// Takes over the labels of another index: what a constructor does last.
    fn _adopt(&mut self, other: PyRef<'_, Self>) {
        self.labels = other.labels.clone();
    }

    /// The class that pandas gives these labels.
    #[getter]
    fn _class(&self) -> &'static str {
        self.labels.class()
    }

    /// The labels as an array; tuples where there are several levels.
    #[getter]
    fn _values(&self) -> Column {
        self.labels.to_column().into()
    }

    /// The labels of one level.
    fn _level(&self, level: usize) -> PyResult<Column> {
        match self.labels.level_values(level) {
            Some(column) => Ok(column.into()),
            None => Err(PyIndexError::new_err(format!("there is no level {level}"))),
        }
    }

    /// Start, stop and step of a range.
    #[getter]
    fn _range(&self) -> Option<(i64, i64, i64)> {
        self.labels.as_range()
    }

    /// pandas' name of the dtype.
    #[getter]
    fn _dtype(&self) -> String {
        self.labels.dtype().to_string()
    }

    /// The step of dates and durations, where the operation that made them knows it.
    #[getter]
    fn _freq(&self) -> Option<String> {
        self.labels.frequency().map(ToString::to_string)
    }

    #[getter]
    fn nlevels(&self) -> usize {
        self.labels.nlevels()
    }

    #[getter]
    fn _name(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.labels.name())
    }

    #[getter]
    fn _names(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        self.labels.names().iter().map(|name| to_python(py, name)).collect()
    }

    /// Names of all levels, in place.
    fn _set_names(&mut self, names: &Bound<'_, PyAny>) -> PyResult<()> {
        self.labels = self.labels.clone().with_names(crate::values::scalars(names)?);
        Ok(())
    }

    fn __len__(&self) -> usize {
        self.labels.len()
    }

    #[getter]
    fn is_unique(&self) -> bool {
        self.labels.is_unique()
    }

    #[getter]
    fn has_duplicates(&self) -> bool {
        self.labels.has_duplicates()
    }

    #[getter]
    fn is_monotonic_increasing(&self) -> bool {
        self.labels.is_monotonic_increasing()
    }

    /// The label at a position, as pandas hands it out.
    fn _get(&self, py: Python<'_>, position: isize) -> PyResult<Py<PyAny>> {
        let length = self.labels.len() as isize;
        let row = if position < 0 { position + length } else { position };
        let out = || {
            let message = format!("index {position} is out of bounds for axis 0 with size {length}");
            PyIndexError::new_err(message)
        };
        let row = usize::try_from(row).map_err(|_| out())?;
        if row as isize >= length {
            return Err(out());
        }
        if self.labels.as_range().is_some() || self.labels.is_multi() {
            return to_python(py, &self.labels.get(row).unwrap_or(Scalar::None));
        }
        element(py, &self.labels.to_column(), row)
    }

    /// The labels as Python's own objects.
    fn tolist(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        self.labels.iter().map(|label| to_python(py, &label)).collect()
    }

    fn _take(&self, py: Python<'_>, positions: Vec<usize>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.take(&positions))?)
    }

    fn _slice(&self, py: Python<'_>, start: usize, stop: usize) -> PyResult<Py<Self>> {
        wrapped(py, self.labels.slice(start, stop))
    }

    /// Same labels in the same order; dtype, names and class do not matter.
    fn _equals(&self, other: PyRef<'_, Self>) -> bool {
        self.labels.equals(&other.labels)
    }

    fn _identical(&self, other: PyRef<'_, Self>) -> bool {
        self.labels.identical(&other.labels)
    }

    fn __contains__(&self, label: &Bound<'_, PyAny>) -> PyResult<bool> {
        label.hash()?;
        Ok(self.labels.contains(&from_python(label)?))
    }
}
