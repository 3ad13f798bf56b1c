//! Methods of the MultiIndex.

use ::column::{Bitmap, Column as Values, Scalar};
use frame::{Index as Labels, LevelKey};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::engine;
use crate::index::{Index, wrapped};
use crate::labels::{positions, rows_column};
use crate::scalar::from_python;
use crate::values::scalars;

/// One level's part of a selection: a kind and what it holds.
fn level_key(kind: &str, parts: &Bound<'_, PyAny>) -> PyResult<LevelKey> {
    let bound = |place: usize| -> PyResult<Option<Scalar>> {
        let part = parts.get_item(place)?;
        if part.is_none() { Ok(None) } else { from_python(&part).map(Some) }
    };
    Ok(match kind {
        "one" => LevelKey::One(from_python(parts)?),
        "list" => LevelKey::List(scalars(parts)?),
        "slice" => LevelKey::Slice(bound(0)?, bound(1)?),
        _ => {
            let bytes: Vec<u8> = parts.extract()?;
            LevelKey::Mask(Bitmap::from_fn(bytes.len(), |row| bytes[row] != 0))
        }
    })
}

#[pymethods]
impl Index {
    /// A MultiIndex of levels and codes.
    #[staticmethod]
    fn _of_codes(
        py: Python<'_>,
        levels: Vec<PyRef<'_, Column>>,
        codes: Vec<Vec<i64>>,
        names: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Self>> {
        let names = scalars(names)?;
        let parts = levels.iter().zip(codes).zip(names);
        let parts = parts.map(|((level, codes), name)| (level.values.clone(), codes, name)).collect();
        wrapped(py, engine(py, || Labels::from_codes(parts))?)
    }

    /// Every combination of the labels of columns.
    #[staticmethod]
    fn _of_product(
        py: Python<'_>,
        columns: Vec<PyRef<'_, Column>>,
        names: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Self>> {
        let columns: Vec<Values> = columns.iter().map(|column| column.values.clone()).collect();
        let names = scalars(names)?;
        wrapped(py, engine(py, || Labels::from_product(&columns, names))?)
    }

    /// The distinct labels of a level.
    fn _level_labels(&self, level: usize) -> PyResult<Column> {
        let labels = self.labels.level_labels(level).cloned();
        labels.map(Into::into).ok_or_else(|| PyIndexError::new_err(format!("there is no level {level}")))
    }

    /// The codes of a level.
    fn _level_codes(&self, level: usize) -> PyResult<Column> {
        let codes = self.labels.level_codes(level).map(<[i64]>::to_vec);
        codes.map(positions).ok_or_else(|| PyIndexError::new_err(format!("there is no level {level}")))
    }

    fn _reorder_levels(&self, py: Python<'_>, order: Vec<usize>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.reorder_levels(&order))?)
    }

    fn _droplevel(&self, py: Python<'_>, gone: Vec<usize>) -> PyResult<Py<Self>> {
        wrapped(py, engine(py, || self.labels.droplevel(&gone))?)
    }

    fn _remove_unused_levels(&self, py: Python<'_>) -> PyResult<Py<Self>> {
        wrapped(py, self.labels.remove_unused_levels())
    }

    #[getter]
    fn _lexsort_depth(&self) -> usize {
        self.labels.lexsort_depth()
    }

    /// Positions that sort the rows by levels.
    fn _sortlevel(&self, by: Vec<(usize, bool)>, remaining: bool, missing_first: bool) -> Column {
        rows_column(&self.labels.sortlevel(&by, remaining, missing_first))
    }

    /// The rows with given labels in given levels.
    fn _rows_at(&self, py: Python<'_>, keys: Vec<(usize, Bound<'_, PyAny>)>) -> PyResult<Column> {
        let keys = keys.iter().map(|(level, label)| Ok((*level, from_python(label)?)));
        let keys = keys.collect::<PyResult<Vec<_>>>()?;
        Ok(rows_column(&engine(py, || self.labels.rows_at(&keys))?))
    }

    /// The rows that a key a level asks for.
    fn _get_locs(&self, py: Python<'_>, keys: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Column> {
        let keys = keys.iter().map(|(kind, parts)| level_key(kind, parts)).collect::<PyResult<Vec<_>>>()?;
        Ok(rows_column(&engine(py, || self.labels.get_locs(&keys))?))
    }
}
