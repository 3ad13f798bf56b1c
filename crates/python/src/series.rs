//! One labelled column.

use ::column::{Column as Values, DType, Scalar};
use frame::{Aggregation, Labels, Reduce, Rhs, Selected};
use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::column::{Column, wrapped as wrapped_column};
use crate::error::{engine, raised};
use crate::index::{Axis, Index};
use crate::operators::{arithmetic, comparison, logic, slots};
use crate::registry;
use crate::scalar::{element, from_python, of_dtype, plain, reduced, to_python};

/// Base of the facade's `Series`. Its values are immutable; a change puts others in their place.
#[pyclass(subclass, module = "lumen._engine")]
pub struct Series {
    pub values: Values,
    pub index: Axis,
    pub name: Scalar,
}

impl Series {
    /// The engine's series, sharing the memory.
    pub fn engine(&self, py: Python<'_>) -> PyResult<frame::Series> {
        let (values, labels, name) = (self.values.clone(), self.index.labels(py), self.name.clone());
        frame::Series::new(values, labels, name).map_err(|error| raised(py, &error))
    }

    fn adopt(&mut self, series: frame::Series) {
        self.values = series.values().clone();
        self.index = series.index().clone().into();
        self.name = series.name().clone();
    }
}

/// A series of the facade's own class.
pub fn wrapped(py: Python<'_>, series: frame::Series) -> PyResult<Py<PyAny>> {
    let made = registry::instance::<Series>(py, intern!(py, "Series"))?;
    made.borrow_mut().adopt(series);
    Ok(made.into_any().unbind())
}

/// A series of the class that operations on `like` give: its own `_constructor` where somebody derived from it.
pub fn wrapped_like(like: &Bound<'_, Series>, series: frame::Series) -> PyResult<Py<PyAny>> {
    let py = like.py();
    let class = registry::get(py, intern!(py, "Series"))?.cast_into::<PyType>()?;
    if like.get_type().is(&class) && !like.as_any().call_method0(intern!(py, "_has_baggage"))?.is_truthy()? {
        return wrapped(py, series);
    }
    let plain = wrapped(py, series)?;
    Ok(like.call_method1(intern!(py, "_derived"), (plain,))?.unbind())
}

/// What a selection gives.
pub fn selected(py: Python<'_>, found: Selected, dtype: ::column::DType) -> PyResult<Py<PyAny>> {
    match found {
        Selected::Frame(frame) => crate::frame::wrapped(py, frame),
        Selected::Series(series) => wrapped(py, series),
        Selected::Scalar(scalar) => of_dtype(py, &scalar, dtype),
    }
}

enum Side<'py> {
    Scalar(Scalar),
    Series(Bound<'py, Series>),
}

impl<'py> Side<'py> {
    /// The other side of an operator where it needs no help of the facade.
    fn of(object: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        if let Ok(series) = object.cast::<Series>() {
            return Ok(Some(Self::Series(series.clone())));
        }
        Ok(plain(object)?.map(Self::Scalar))
    }
}

/// Whether both sides are times, or neither is.
pub fn pairs_times(this: &Values, that: Option<&Values>) -> bool {
    this.dtype().is_time() == that.is_some_and(|values| values.dtype().is_time())
}

/// `slf op other`: here for numbers, texts and series, else by the facade's `_operate`.
fn operate(
    slf: &Bound<'_, Series>,
    other: &Bound<'_, PyAny>,
    kind: &str,
    op: &'static str,
    reflected: bool,
) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let side = match Side::of(other)? {
        // A series on the left does its own; both sides' aligning is the engine's.
        Some(side) if !(reflected && matches!(side, Side::Series(_))) => side,
        _ => return Ok(slf.call_method1(intern!(py, "_operate"), (kind, op, other, reflected))?.unbind()),
    };
    let this = slf.borrow().engine(py)?;
    let that = match &side {
        Side::Series(series) => Some(series.borrow().engine(py)?),
        Side::Scalar(_) => None,
    };
    // Labels of several levels meet those of one by the level's name, which the facade settles.
    if that.as_ref().is_some_and(|that| (that.index().nlevels() > 1) != (this.index().nlevels() > 1)) {
        return Ok(slf.call_method1(intern!(py, "_operate"), (kind, op, other, reflected))?.unbind());
    }
    let rhs = match (&side, &that) {
        (_, Some(series)) => Rhs::Series(series),
        (Side::Scalar(scalar), None) => Rhs::Scalar(scalar),
        (Side::Series(_), None) => return Err(PyTypeError::new_err("a series is expected")),
    };
    // What may be added to times depends on the class of the other side, which the facade knows.
    let shifts_times = kind == "arithmetic" && matches!(op, "add" | "sub");
    if shifts_times && !pairs_times(this.values(), that.as_ref().map(frame::Series::values)) {
        return Ok(slf.call_method1(intern!(py, "_operate"), (kind, op, other, reflected))?.unbind());
    }
    let result = match (kind, reflected, rhs) {
        ("arithmetic", true, Rhs::Scalar(scalar)) => {
            let op = arithmetic(op)?;
            engine(py, || this.arithmetic_reflected(op, scalar))?
        }
        ("arithmetic", _, rhs) => {
            let op = arithmetic(op)?;
            engine(py, || this.arithmetic(op, rhs))?
        }
        ("logic", _, rhs) => {
            let op = logic(op)?;
            engine(py, || this.logic(op, rhs))?
        }
        (_, _, rhs) => {
            let op = comparison(op)?;
            engine(py, || this.compare(op, rhs))?
        }
    };
    wrapped_like(slf, result)
}

/// A series of booleans over these labels as a mask; `None` of anything else. Where labels are times, the facade says
/// what becomes of their frequency.
pub fn mask_over(
    py: Python<'_>,
    key: &Bound<'_, PyAny>,
    labels: &frame::Index,
) -> PyResult<Option<frame::Series>> {
    let Ok(key) = key.cast::<Series>() else { return Ok(None) };
    let key = key.borrow();
    let fits =
        key.values.dtype() == DType::Bool && !labels.dtype().is_time() && key.index.labels(py).equals(labels);
    fits.then(|| key.engine(py)).transpose()
}

#[pymethods]
impl Series {
    #[new]
    #[pyo3(signature = (*_arguments, **_named))]
    fn new(_arguments: &Bound<'_, PyAny>, _named: Option<&Bound<'_, PyAny>>) -> Self {
        Self { values: Values::object(Vec::new()), index: frame::Index::range(0).into(), name: Scalar::None }
    }

    /// What a constructor does last.
    ///
    /// # Errors
    /// `ValueError` where the lengths differ.
    fn _fill(&mut self, values: &Column, index: &Bound<'_, Index>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        let axis = Axis::of(index);
        if values.values.len() != axis.len() {
            let message = format!(
                "Length of values ({}) does not match length of index ({})",
                values.values.len(),
                axis.len()
            );
            return Err(PyValueError::new_err(message));
        }
        self.name = from_python(name)?;
        self.values = values.values.clone();
        self.index = axis;
        Ok(())
    }

    /// Takes over what another series holds.
    fn _adopt(&mut self, py: Python<'_>, other: PyRef<'_, Self>) -> PyResult<()> {
        let series = other.engine(py)?;
        self.adopt(series);
        Ok(())
    }

    /// The values.
    #[getter]
    fn _values(&self) -> Column {
        self.values.clone().into()
    }

    /// Other values of the same length in place of these.
    #[setter(_values)]
    fn set_values(&mut self, values: &Bound<'_, Column>) -> PyResult<()> {
        let values = &values.get().values;
        if values.len() != self.values.len() {
            let message = format!(
                "Length of values ({}) does not match length of index ({})",
                values.len(),
                self.values.len()
            );
            return Err(PyValueError::new_err(message));
        }
        self.values = values.clone();
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
    fn _name(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.name)
    }

    #[setter(_name)]
    fn set_name(&mut self, name: &Bound<'_, PyAny>) -> PyResult<()> {
        self.name = from_python(name)?;
        Ok(())
    }

    /// pandas' name of the dtype.
    #[getter]
    fn _dtype(&self) -> String {
        self.values.dtype().to_string()
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }

    /// The value at a position that is there.
    fn _at(&self, py: Python<'_>, position: usize) -> PyResult<Py<PyAny>> {
        element(py, &self.values, position)
    }

    fn _take(slf: &Bound<'_, Self>, positions: Vec<usize>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || series.take(&positions))?)
    }

    fn _slice(slf: &Bound<'_, Self>, start: usize, stop: usize) -> PyResult<Py<PyAny>> {
        let series = slf.borrow().engine(slf.py())?;
        wrapped_like(slf, series.slice(start, stop))
    }

    /// The values under a label; the facade answers for other keys.
    fn __getitem__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let label = match key.cast_exact::<PyString>() {
            Ok(text) => Scalar::str(text.to_str()?),
            Err(_) => {
                if key.is_instance_of::<Self>() {
                    let series = slf.borrow().engine(py)?;
                    if let Some(mask) = mask_over(py, key, series.index())? {
                        return wrapped_like(slf, engine(py, || series.filter(&mask))?);
                    }
                }
                return Ok(slf.call_method1(intern!(py, "_getitem"), (key,))?.unbind());
            }
        };
        let this = slf.borrow();
        if this.index.labels(py).is_multi() || !this.index.labels(py).contains(&label) {
            drop(this);
            return Ok(slf.call_method1(intern!(py, "_getitem"), (key,))?.unbind());
        }
        let series = this.engine(py)?;
        let found = engine(py, || series.loc(&Labels::One(label)))?;
        match found {
            Selected::Series(series) => {
                drop(this);
                wrapped_like(slf, series)
            }
            other => selected(py, other, this.values.dtype()),
        }
    }

    /// `self op other` of the kinds `arithmetic`, `comparison` and `logic`, where the facade has made the other side a
    /// value, a column or a series.
    #[pyo3(signature = (kind, op, other, reflected = false))]
    fn _operated(
        slf: &Bound<'_, Self>,
        kind: &str,
        op: &str,
        other: &Bound<'_, PyAny>,
        reflected: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let this = slf.borrow().engine(py)?;
        if let Ok(series) = other.cast::<Self>() {
            let that = series.borrow().engine(py)?;
            let (left, right) = if reflected { (&that, &this) } else { (&this, &that) };
            let result = match kind {
                "arithmetic" => arithmetic(op).and_then(|op| engine(py, || left.arithmetic(op, right)))?,
                "logic" => logic(op).and_then(|op| engine(py, || left.logic(op, right)))?,
                _ => comparison(op).and_then(|op| engine(py, || left.compare(op, right)))?,
            };
            return wrapped_like(slf, result);
        }
        let column = wrapped_column(py, this.values().clone())?;
        let column = column.bind(py);
        let result = match kind {
            "comparison" => column.call_method1(intern!(py, "compare"), (op, other))?,
            kind => column.call_method1(kind, (op, other, reflected))?,
        };
        let values = result.cast::<Column>().map_err(PyErr::from)?.get().values.clone();
        let series = engine(py, || frame::Series::new(values, this.index().clone(), this.name().clone()))?;
        wrapped_like(slf, series)
    }

    /// `self op other` with a value in place of what only one side has.
    fn _filled(
        slf: &Bound<'_, Self>,
        op: &str,
        other: PyRef<'_, Self>,
        fill: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (this, that) = (slf.borrow().engine(py)?, other.engine(py)?);
        let (op, fill) = (arithmetic(op)?, fill.map(from_python).transpose()?);
        wrapped_like(slf, engine(py, || this.arithmetic_filled(op, &that, fill.as_ref()))?)
    }

    /// A reduction by pandas' name.
    #[pyo3(signature = (how, skipna = true, min_count = 0, ddof = 1))]
    fn _reduce(
        &self,
        py: Python<'_>,
        how: &str,
        skipna: bool,
        min_count: usize,
        ddof: usize,
    ) -> PyResult<Py<PyAny>> {
        let options = Reduce { skipna, min_count, ddof, numeric_only: false };
        let series = self.engine(py)?;
        let scalar = engine(py, || series.reduce(Aggregation::parse(how)?, &options))?;
        reduced(py, &scalar, self.values.dtype())
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

    /// A method of the engine's series that takes nothing and gives a series.
    fn _plain(slf: &Bound<'_, Self>, method: &str) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        let result = engine(py, || match method {
            "neg" => series.negate(),
            "invert" => series.invert(),
            "abs" => series.abs(),
            "isna" => Ok(series.isna()),
            "notna" => Ok(series.notna()),
            "drop_index" => Ok(series.drop_index()),
            other => series.map_values(|values| match other {
                "floor" => values.floor(),
                "ceil" => values.ceil(),
                "sqrt" => values.sqrt(),
                "exp" => values.exp(),
                "log" => values.ln(),
                _ => Err(unknown_method(other)),
            }),
        })?;
        wrapped_like(slf, result)
    }
}

fn unknown_method(name: &str) -> ::column::Error {
    ::column::Error::new(::column::ErrorKind::NotImplemented, format!("lumen.pandas: {name}"))
}

slots!(Series {
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
