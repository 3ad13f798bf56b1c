//! Methods of the index classes: lookup, set operations and changes of labels.

use ::column::{Bitmap, Column as Values};
use frame::{
    ErrorKind, Fill, Index as Labels, Join, Keep, LabelOrder, Located, Nearby, PartialDate, SetSort, Side,
};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice};

use crate::column::Column;
use crate::error::{engine, raised};
use crate::index::{Index, wrapped};
use crate::scalar::from_python;
use crate::values::scalars;

/// Positions as an array of `int64`.
pub fn positions(rows: Vec<i64>) -> Column {
    Values::from(rows).into()
}

/// Rows as an array of `int64`.
pub fn rows_column(rows: &[usize]) -> Column {
    positions(rows.iter().map(|&row| row as i64).collect())
}

/// A byte a row.
pub fn bits<'py>(py: Python<'py>, bits: &Bitmap) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &bits.iter().map(u8::from).collect::<Vec<u8>>())
}

/// Where a label stands: an integer, a slice, or a byte a row.
pub fn located(py: Python<'_>, found: Located) -> PyResult<Py<PyAny>> {
    Ok(match found {
        Located::One(row) => row.into_pyobject(py)?.into_any().unbind(),
        Located::Slice(start, stop) => PySlice::new(py, start as isize, stop as isize, 1).into_any().unbind(),
        Located::Mask(mask) => bits(py, &mask).into_any().unbind(),
    })
}

fn sorting(sort: Option<bool>) -> SetSort {
    match sort {
        None => SetSort::IfPossible,
        Some(false) => SetSort::Never,
        Some(true) => SetSort::Always,
    }
}

fn keeping(keep: &Bound<'_, PyAny>) -> PyResult<Keep> {
    if let Ok(false) = keep.extract::<bool>() {
        return Ok(Keep::Neither);
    }
    match keep.extract::<String>().as_deref() {
        Ok("first") => Ok(Keep::First),
        Ok("last") => Ok(Keep::Last),
        _ => Err(PyValueError::new_err("keep must be either \"first\", \"last\" or False")),
    }
}

fn side(name: &str) -> PyResult<Side> {
    match name {
        "left" => Ok(Side::Left),
        "right" => Ok(Side::Right),
        other => {
            let message = format!("Invalid value for side kwarg, must be either 'left' or 'right': {other}");
            Err(PyValueError::new_err(message))
        }
    }
}

/// The result of a lookup of `label`, whose absence is a `KeyError` of the object itself.
fn looked_up<T>(py: Python<'_>, label: &Bound<'_, PyAny>, found: frame::Result<T>) -> PyResult<T> {
    match found {
        Ok(found) => Ok(found),
        Err(error) if error.kind() == ErrorKind::KeyError && error.message().starts_with("Cannot get ") => {
            Err(PyKeyError::new_err(error.message().to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::KeyError => {
            Err(PyKeyError::new_err((label.clone().unbind(),)))
        }
        Err(error) => Err(raised(py, &error)),
    }
}

#[pymethods]
impl Index {
    #[getter]
    fn is_monotonic_decreasing(&self) -> bool {
        self.labels.is_monotonic_decreasing()
    }

    /// Where a label stands.
    fn _get_loc(&self, py: Python<'_>, label: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        located(py, looked_up(py, label, self.labels.get_loc(&from_python(label)?))?)
    }

    /// Where the dates stand that a date written in part means; None for a text that is no such date.
    fn _get_span(&self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let written: String = text.extract()?;
        let Some(span) = PartialDate::parse(&written) else { return Ok(None) };
        located(py, looked_up(py, text, self.labels.locate_span(&span, &written))?).map(Some)
    }

    /// The bound of a slice that a date written in part is; None for a text that is no such date.
    fn _span_bound(&self, py: Python<'_>, text: &Bound<'_, PyAny>, end: &str) -> PyResult<Option<usize>> {
        let written: String = text.extract()?;
        let Some(span) = PartialDate::parse(&written) else { return Ok(None) };
        looked_up(py, text, self.labels.span_bound(&span, &written, side(end)?)).map(Some)
    }

    /// How finely the dates are spaced.
    #[getter]
    fn _resolution(&self) -> &'static str {
        self.labels.resolution().name()
    }

    fn _rows_between(&self, py: Python<'_>, start: i64, end: i64, closed: (bool, bool)) -> PyResult<Column> {
        Ok(rows_column(&engine(py, || self.labels.rows_between_times(start, end, closed))?))
    }

    #[pyo3(signature = (target, method = None, limit = None, tolerance = None))]
    fn _get_indexer(
        &self,
        py: Python<'_>,
        target: PyRef<'_, Self>,
        method: Option<&str>,
        limit: Option<usize>,
        tolerance: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Column> {
        let method = match method {
            None => None,
            Some("pad") => Some(Fill::Pad),
            Some("backfill") => Some(Fill::Backfill),
            Some(_) => Some(Fill::Nearest),
        };
        let tolerance = tolerance.map_or_else(|| Ok(Vec::new()), scalars)?;
        let nearby = Nearby { method, limit, tolerance };
        let target = &target.labels;
        Ok(positions(engine(py, || self.labels.get_indexer_nearby(target, &nearby))?))
    }

    fn _get_indexer_non_unique(&self, py: Python<'_>, target: PyRef<'_, Self>) -> PyResult<(Column, Column)> {
        let target = &target.labels;
        let (found, missing) = engine(py, || self.labels.get_indexer_with_missing(target))?;
        Ok((positions(found), positions(missing)))
    }

    fn _get_slice_bound(&self, py: Python<'_>, label: &Bound<'_, PyAny>, end: &str) -> PyResult<usize> {
        looked_up(py, label, self.labels.get_slice_bound(&from_python(label)?, side(end)?))
    }

    fn _isin<'py>(&self, py: Python<'py>, values: PyRef<'_, Self>) -> PyResult<Bound<'py, PyBytes>> {
        let values = &values.labels;
        Ok(bits(py, &engine(py, || self.labels.isin(values))?))
    }

    fn _union(&self, py: Python<'_>, other: PyRef<'_, Self>, sort: Option<bool>) -> PyResult<Py<Self>> {
        let other = &other.labels;
        wrapped(py, engine(py, || self.labels.union_as(other, sorting(sort)))?)
    }

    fn _intersection(
        &self,
        py: Python<'_>,
        other: PyRef<'_, Self>,
        sort: Option<bool>,
    ) -> PyResult<Py<Self>> {
        let other = &other.labels;
        wrapped(py, engine(py, || self.labels.intersection_as(other, sorting(sort)))?)
    }

    fn _difference(&self, py: Python<'_>, other: PyRef<'_, Self>, sort: Option<bool>) -> PyResult<Py<Self>> {
        let other = &other.labels;
        wrapped(py, engine(py, || self.labels.difference(other, sorting(sort)))?)
    }

    fn _symmetric_difference(
        &self,
        py: Python<'_>,
        other: PyRef<'_, Self>,
        sort: Option<bool>,
    ) -> PyResult<Py<Self>> {
        let other = &other.labels;
        wrapped(py, engine(py, || self.labels.symmetric_difference(other, sorting(sort)))?)
    }

    /// The joined labels and where they stand in both; None where a side's rows stay as they are.
    fn _join(
        &self,
        py: Python<'_>,
        other: PyRef<'_, Self>,
        how: &str,
        sort: bool,
    ) -> PyResult<(Py<Self>, Option<Column>, Option<Column>)> {
        let how = match how {
            "left" => Join::Left,
            "right" => Join::Right,
            "inner" => Join::Inner,
            "outer" => Join::Outer,
            other => return Err(PyValueError::new_err(format!("do not recognize join method {other}"))),
        };
        let other = &other.labels;
        let joined = engine(py, || self.labels.join(other, how, sort))?;
        Ok((wrapped(py, joined.index)?, joined.left.map(positions), joined.right.map(positions)))
    }

    /// The labels of this index and of others, one after the other.
    fn _append(&self, py: Python<'_>, others: Vec<PyRef<'_, Self>>) -> PyResult<Py<Self>> {
        let parts: Vec<&Labels> =
            std::iter::once(&self.labels).chain(others.iter().map(|other| &other.labels)).collect();
        wrapped(py, engine(py, || Labels::append_all(&parts))?)
    }

    fn _delete(&self, py: Python<'_>, positions: Vec<i64>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.delete(&positions))?)
    }

    fn _insert(&self, py: Python<'_>, position: i64, label: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let label = from_python(label)?;
        wrapped(py, engine(py, || self.labels.insert(position, &label))?)
    }

    fn _repeat(&self, py: Python<'_>, counts: Vec<usize>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.repeat(&counts))?)
    }

    /// The labels where a byte is set, those of `other` elsewhere.
    fn _where(&self, py: Python<'_>, mask: Vec<u8>, other: &Column) -> PyResult<Py<Self>> {
        let mask = Bitmap::from_fn(mask.len(), |row| mask[row] != 0);
        wrapped(py, engine(py, || self.labels.where_mask(&mask, &other.values))?)
    }

    fn _unique(&self, py: Python<'_>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.unique())?)
    }

    fn _duplicated<'py>(&self, py: Python<'py>, keep: &Bound<'_, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(bits(py, &self.labels.duplicated(keeping(keep)?)))
    }

    fn _drop_duplicates(&self, py: Python<'_>, keep: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let keep = keeping(keep)?;
        wrapped(py, engine(py, || self.labels.drop_duplicates(keep))?)
    }

    fn _factorize(&self, py: Python<'_>, sort: bool, missing: bool) -> PyResult<(Column, Py<Self>)> {
        let (codes, uniques) = engine(py, || self.labels.factorize(sort, missing))?;
        Ok((positions(codes), wrapped(py, uniques)?))
    }

    fn _argsort(&self, py: Python<'_>, ascending: bool, missing_first: bool) -> PyResult<Column> {
        let order = LabelOrder { ascending, missing_first };
        Ok(rows_column(&engine(py, || self.labels.sorted_positions(order))?))
    }

    fn _isna<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bits(py, &self.labels.missing())
    }

    fn _dropna(&self, py: Python<'_>, only_all: bool) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.dropna(only_all))?)
    }

    /// The labels at positions, a missing one for −1.
    fn _reindexed(&self, py: Python<'_>, positions: Vec<i64>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.take_or_missing(&positions))?)
    }

    /// `count` labels from `start` on by `step`; `stop` is the end of the slice, which a range's own stop follows.
    fn _stepped(
        &self,
        py: Python<'_>,
        start: usize,
        count: usize,
        step: i64,
        stop: i64,
    ) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.stepped(start, count, step, stop))?)
    }

    /// The same labels with a step, or without one.
    fn _with_freq(&self, py: Python<'_>, freq: Option<&str>) -> PyResult<Py<Self>> {
        let freq = match freq {
            Some(text) => Some(crate::error::of_column(py, || text.parse::<::column::Frequency>())?),
            None => None,
        };
        wrapped(py, self.labels.clone().with_frequency(freq))
    }

    /// The step that pandas' `infer_freq` finds.
    #[getter]
    fn _inferred_freq(&self) -> Option<String> {
        self.labels.inferred_frequency().map(|step| step.to_string())
    }

    /// The same labels in another dtype, by pandas' name.
    fn _cast(&self, py: Python<'_>, dtype: &str) -> PyResult<Py<Self>> {
        let dtype = crate::values::dtype(py, dtype)?;
        wrapped(py, engine(py, || self.labels.with_dtype(dtype))?)
    }

    /// The number that a level's name or number means.
    fn _level_number(&self, py: Python<'_>, level: &Bound<'_, PyAny>) -> PyResult<usize> {
        let level = from_python(level)?;
        engine(py, || self.labels.level_number(&level))
    }
}
