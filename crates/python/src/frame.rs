//! Labelled columns over labelled rows.

use ::column::{Column as Values, Scalar};
use frame::{Aggregation, Frame, FrameRhs, Index as Labels, Reduce, Selected};
use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::column::Column;
use crate::error::{engine, raised};
use crate::index::{Axis, Index, check_length};
use crate::operators::{arithmetic, comparison, logic, slots};
use crate::registry;
use crate::scalar::{element, from_python, plain};
use crate::series::{self, Series, mask_over};

/// Base of the facade's `DataFrame`. Its columns are immutable; a change puts others in their place.
#[pyclass(subclass, module = "lumen._engine")]
pub struct DataFrame {
    pub data: Vec<Values>,
    pub columns: Axis,
    pub index: Axis,
}

impl DataFrame {
    /// The engine's frame, sharing the memory.
    pub fn engine(&self, py: Python<'_>) -> PyResult<Frame> {
        let (columns, labels) = (self.columns.labels(py), self.index.labels(py));
        Frame::new(columns, self.data.clone(), labels).map_err(|error| raised(py, &error))
    }

    fn adopt(&mut self, frame: Frame) {
        self.data = frame.data().to_vec();
        self.columns = frame.columns().clone().into();
        self.index = frame.index().clone().into();
    }
}

/// A frame of the facade's own class.
pub fn wrapped(py: Python<'_>, frame: Frame) -> PyResult<Py<PyAny>> {
    let made = registry::instance::<DataFrame>(py, intern!(py, "DataFrame"))?;
    made.borrow_mut().adopt(frame);
    Ok(made.into_any().unbind())
}

/// A frame of the class that operations on `like` give: its own `_constructor` where somebody derived from it.
pub fn wrapped_like(like: &Bound<'_, DataFrame>, frame: Frame) -> PyResult<Py<PyAny>> {
    let py = like.py();
    let class = registry::get(py, intern!(py, "DataFrame"))?.cast_into::<PyType>()?;
    if like.get_type().is(&class) && !like.as_any().call_method0(intern!(py, "_has_baggage"))?.is_truthy()? {
        return wrapped(py, frame);
    }
    let plain = wrapped(py, frame)?;
    Ok(like.call_method1(intern!(py, "_derived"), (plain,))?.unbind())
}

/// A column or row of a frame, in the class that the frame's class names for it.
pub fn sliced(like: &Bound<'_, DataFrame>, series: frame::Series) -> PyResult<Py<PyAny>> {
    let py = like.py();
    let class = registry::get(py, intern!(py, "DataFrame"))?.cast_into::<PyType>()?;
    let plain = series::wrapped(py, series)?;
    if like.get_type().is(&class) && !like.as_any().call_method0(intern!(py, "_has_baggage"))?.is_truthy()? {
        return Ok(plain);
    }
    Ok(like.call_method1(intern!(py, "_derived_sliced"), (plain,))?.unbind())
}

enum Side {
    Scalar(Scalar),
    Series(frame::Series),
    Frame(Frame),
}

impl Side {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = object.py();
        if let Ok(frame) = object.cast::<DataFrame>() {
            return Ok(Some(Self::Frame(frame.borrow().engine(py)?)));
        }
        if let Ok(series) = object.cast::<Series>() {
            return Ok(Some(Self::Series(series.borrow().engine(py)?)));
        }
        Ok(plain(object)?.map(Self::Scalar))
    }

    fn rhs(&self) -> FrameRhs<'_> {
        match self {
            Self::Scalar(scalar) => FrameRhs::Scalar(scalar),
            Self::Series(series) => FrameRhs::Series(series),
            Self::Frame(frame) => FrameRhs::Frame(frame),
        }
    }
}

/// `slf op other`: here for numbers, texts, series and frames, else by the facade's `_operate`.
fn operate(
    slf: &Bound<'_, DataFrame>,
    other: &Bound<'_, PyAny>,
    kind: &str,
    op: &'static str,
    reflected: bool,
) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let side = if reflected { None } else { Side::of(other)? };
    let Some(side) = side else {
        return Ok(slf.call_method1(intern!(py, "_operate"), (kind, op, other, reflected))?.unbind());
    };
    let this = slf.borrow().engine(py)?;
    // What may be added to times depends on the class of the other side, which the facade knows.
    let has_times = |frame: &Frame| frame.data().iter().any(|values| values.dtype().is_time());
    let all_times = |frame: &Frame| frame.data().iter().all(|values| values.dtype().is_time());
    let shifts_times = kind == "arithmetic"
        && matches!(op, "add" | "sub")
        && match &side {
            Side::Scalar(_) => has_times(&this),
            Side::Series(_) => false,
            Side::Frame(that) => {
                (has_times(&this) || has_times(that)) && !(all_times(&this) && all_times(that))
            }
        };
    if shifts_times {
        return Ok(slf.call_method1(intern!(py, "_operate"), (kind, op, other, reflected))?.unbind());
    }
    let result = match kind {
        "arithmetic" => arithmetic(op).and_then(|op| engine(py, || this.arithmetic(op, side.rhs())))?,
        "logic" => logic(op).and_then(|op| engine(py, || this.logic(op, side.rhs())))?,
        _ => comparison(op).and_then(|op| engine(py, || this.compare(op, side.rhs())))?,
    };
    wrapped_like(slf, result)
}

#[pymethods]
impl DataFrame {
    #[new]
    #[pyo3(signature = (*_arguments, **_named))]
    fn new(_arguments: &Bound<'_, PyAny>, _named: Option<&Bound<'_, PyAny>>) -> Self {
        Self { data: Vec::new(), columns: Labels::range(0).into(), index: Labels::range(0).into() }
    }

    /// What a constructor does last.
    ///
    /// # Errors
    /// `ValueError` where the lengths differ.
    fn _fill(
        &mut self,
        data: Vec<PyRef<'_, Column>>,
        columns: &Bound<'_, Index>,
        index: &Bound<'_, Index>,
    ) -> PyResult<()> {
        let (columns, index) = (Axis::of(columns), Axis::of(index));
        if columns.len() != data.len() {
            let message = format!(
                "Length mismatch: Expected axis has {} elements, new values have {} elements",
                data.len(),
                columns.len()
            );
            return Err(PyValueError::new_err(message));
        }
        if let Some(column) = data.iter().find(|column| column.values.len() != index.len()) {
            let message = format!(
                "Length of values ({}) does not match length of index ({})",
                column.values.len(),
                index.len()
            );
            return Err(PyValueError::new_err(message));
        }
        self.data = data.iter().map(|column| column.values.clone()).collect();
        self.columns = columns;
        self.index = index;
        Ok(())
    }

    /// Takes over what another frame holds.
    fn _adopt(&mut self, py: Python<'_>, other: PyRef<'_, Self>) -> PyResult<()> {
        let frame = other.engine(py)?;
        self.adopt(frame);
        Ok(())
    }

    #[getter]
    fn _index(&mut self, py: Python<'_>) -> PyResult<Py<Index>> {
        self.index.object(py)
    }

    #[setter(_index)]
    fn set_index(&mut self, index: &Bound<'_, Index>) -> PyResult<()> {
        self.index.replace(index)
    }

    #[getter]
    fn _columns(&mut self, py: Python<'_>) -> PyResult<Py<Index>> {
        self.columns.object(py)
    }

    #[setter(_columns)]
    fn set_columns(&mut self, columns: &Bound<'_, Index>) -> PyResult<()> {
        self.columns.replace(columns)
    }

    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.index.len(), self.data.len())
    }

    fn __len__(&self) -> usize {
        self.index.len()
    }

    /// pandas' names of the dtypes by position.
    #[getter]
    fn _dtypes(&self) -> Vec<String> {
        self.data.iter().map(|column| column.dtype().to_string()).collect()
    }

    /// The values of the column at a position.
    fn _column(&self, position: usize) -> PyResult<Column> {
        self.data
            .get(position)
            .map(|values| values.clone().into())
            .ok_or_else(|| PyIndexError::new_err("no column"))
    }

    /// Other values in the column at a position.
    fn _set_column(&mut self, position: usize, values: &Bound<'_, Column>) -> PyResult<()> {
        let values = values.get().values.clone();
        check_length(self.index.len(), values.len())?;
        match self.data.get_mut(position) {
            Some(slot) => *slot = values,
            None => return Err(PyIndexError::new_err("no column")),
        }
        Ok(())
    }

    /// The column at a position as a series.
    fn _series(slf: &Bound<'_, Self>, position: usize) -> PyResult<Py<PyAny>> {
        let series = slf.borrow().engine(slf.py())?.series_at(position);
        sliced(
            slf,
            series.ok_or_else(|| PyIndexError::new_err("single positional indexer is out-of-bounds"))?,
        )
    }

    /// The value of a cell that is there.
    fn _at(&self, py: Python<'_>, row: usize, column: usize) -> PyResult<Py<PyAny>> {
        match self.data.get(column) {
            Some(values) => element(py, values, row),
            None => Err(PyIndexError::new_err("no column")),
        }
    }

    fn _take(slf: &Bound<'_, Self>, positions: Vec<usize>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || frame.take(&positions))?)
    }

    fn _slice(slf: &Bound<'_, Self>, start: usize, stop: usize) -> PyResult<Py<PyAny>> {
        let frame = slf.borrow().engine(slf.py())?;
        wrapped_like(slf, frame.slice(start, stop))
    }

    /// The column under a label; the facade answers for other keys.
    fn __getitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if let Ok(text) = key.cast_exact::<PyString>() {
            let frame = slf.borrow().engine(py)?;
            let label = Scalar::str(text.to_str()?);
            if !frame.columns().is_multi() && frame.columns().contains(&label) {
                return match engine(py, || frame.get(label))? {
                    Selected::Series(series) => sliced(slf, series),
                    Selected::Frame(frame) => wrapped_like(slf, frame),
                    Selected::Scalar(_) => Err(PyIndexError::new_err("a column is expected")),
                };
            }
        } else if key.is_instance_of::<Series>() {
            let frame = slf.borrow().engine(py)?;
            if let Some(mask) = mask_over(py, key, frame.index())? {
                return wrapped_like(slf, engine(py, || frame.filter(&mask))?);
            }
        }
        Ok(slf.call_method1(intern!(py, "_getitem"), (key,))?.unbind())
    }

    /// `self op other` of the kinds `arithmetic`, `comparison` and `logic`, where the facade has made the other side a
    /// value, a series or a frame.
    fn _operated(
        slf: &Bound<'_, Self>,
        kind: &str,
        op: &str,
        other: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let side = match Side::of(other)? {
            Some(side) => side,
            None => Side::Scalar(from_python(other)?),
        };
        let this = slf.borrow().engine(py)?;
        let result = match kind {
            "arithmetic" => arithmetic(op).and_then(|op| engine(py, || this.arithmetic(op, side.rhs())))?,
            "logic" => logic(op).and_then(|op| engine(py, || this.logic(op, side.rhs())))?,
            _ => comparison(op).and_then(|op| engine(py, || this.compare(op, side.rhs())))?,
        };
        wrapped_like(slf, result)
    }

    /// Columns (`axis` 0) or rows (1) reduced to a value each.
    #[pyo3(signature = (how, axis = 0, skipna = true, min_count = 0, ddof = 1, numeric_only = false))]
    fn _reduce(
        slf: &Bound<'_, Self>,
        how: &str,
        axis: u8,
        skipna: bool,
        min_count: usize,
        ddof: usize,
        numeric_only: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        let options = Reduce { skipna, min_count, ddof, numeric_only };
        let series = engine(py, || {
            let how = Aggregation::parse(how)?;
            if axis == 0 { frame.reduce(how, &options) } else { frame.reduce_rows(how, &options) }
        })?;
        sliced(slf, series)
    }

    fn _transpose(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || frame.transpose())?)
    }

    /// What pandas prints.
    fn _repr(&self, py: Python<'_>, options: (usize, usize, usize, usize)) -> PyResult<String> {
        let (max_rows, min_rows, max_columns, width) = options;
        Ok(self.engine(py)?.repr(&frame::ReprOptions { max_rows, min_rows, max_columns, width }))
    }

    fn __richcmp__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, op: CompareOp) -> PyResult<Py<PyAny>> {
        let op = match op {
            CompareOp::Eq => "eq",
            CompareOp::Ne => "ne",
            CompareOp::Lt => "lt",
            CompareOp::Le => "le",
            CompareOp::Gt => "gt",
            CompareOp::Ge => "ge",
        };
        operate(slf, other, "comparison", op, false)
    }
}

slots!(DataFrame {
    __add__ __radd__ "arithmetic" "add",
    __sub__ __rsub__ "arithmetic" "sub",
    __mul__ __rmul__ "arithmetic" "mul",
    __truediv__ __rtruediv__ "arithmetic" "truediv",
    __floordiv__ __rfloordiv__ "arithmetic" "floordiv",
    __mod__ __rmod__ "arithmetic" "mod",
    __and__ __rand__ "logic" "and",
    __or__ __ror__ "logic" "or",
    __xor__ __rxor__ "logic" "xor"
});
