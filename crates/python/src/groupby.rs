//! Rows in groups, and what is made of a column's groups.

use ::column::{Column as Values, Interpolation, Scalar};
use frame::{Aggregation, Cumulative, FillFrom, GroupOptions, GroupReduce, NaOption, Rank, RankMethod};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::column::Column;
use crate::error::engine;
use crate::index::{self, Index};
use crate::scalar::from_python;
use crate::values::scalars;

/// Which group each row is in. Made once; every reduction and transform of a group-by reads it.
#[pyclass(frozen, module = "lumen._engine")]
pub struct Groups {
    pub groups: frame::Groups,
}

/// Between which values a quantile lies, by pandas' word.
pub fn interpolation(word: &str) -> PyResult<Interpolation> {
    Ok(match word {
        "linear" => Interpolation::Linear,
        "lower" => Interpolation::Lower,
        "higher" => Interpolation::Higher,
        "midpoint" => Interpolation::Midpoint,
        "nearest" => Interpolation::Nearest,
        other => return Err(PyValueError::new_err(format!("'{other}' is not a valid interpolation"))),
    })
}

/// A running operation by pandas' name.
fn running(name: &str) -> PyResult<Cumulative> {
    Ok(match name {
        "cumsum" => Cumulative::Sum,
        "cumprod" => Cumulative::Prod,
        "cummin" => Cumulative::Min,
        "cummax" => Cumulative::Max,
        other => {
            return Err(PyValueError::new_err(format!("expected a cumulative operation, found {other}")));
        }
    })
}

#[pymethods]
impl Groups {
    /// The rows grouped by key columns.
    #[new]
    #[pyo3(signature = (keys, names, length, sort = true, dropna = true, observed = true))]
    fn new(
        py: Python<'_>,
        keys: Vec<PyRef<'_, Column>>,
        names: &Bound<'_, PyAny>,
        length: usize,
        sort: bool,
        dropna: bool,
        observed: bool,
    ) -> PyResult<Self> {
        let keys: Vec<Values> = keys.iter().map(|key| key.values.clone()).collect();
        let names = scalars(names)?;
        let options = GroupOptions { as_index: true, sort, dropna, observed };
        Ok(Self { groups: engine(py, || frame::Groups::of(&keys, names, length, options))? })
    }

    /// Groups found elsewhere: the group of each row, −1 for none, and the labels of the groups by key.
    #[staticmethod]
    fn of_codes(
        py: Python<'_>,
        codes: Vec<i64>,
        keys: Vec<PyRef<'_, Column>>,
        names: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let keys: Vec<Values> = keys.iter().map(|key| key.values.clone()).collect();
        let names = scalars(names)?;
        let groups = engine(py, || frame::Groups::from_codes(codes, keys, names));
        Ok(Self { groups: groups? })
    }

    /// The group of each row, −1 for rows in none.
    #[getter]
    fn codes(&self) -> Column {
        Values::from(self.groups.codes().to_vec()).into()
    }

    /// Number of groups.
    fn __len__(&self) -> usize {
        self.groups.count()
    }

    /// The labels of the groups, a column a key.
    fn keys(&self) -> Vec<Column> {
        self.groups.keys().iter().map(|key| key.clone().into()).collect()
    }

    /// The labels of the groups as an index.
    fn index(&self, py: Python<'_>) -> PyResult<Py<Index>> {
        index::wrapped(py, self.groups.index())
    }

    /// The rows of each group.
    fn rows(&self) -> Vec<Vec<usize>> {
        let (offsets, rows) = self.groups.rows();
        offsets.windows(2).map(|bounds| rows[bounds[0]..bounds[1]].to_vec()).collect()
    }

    /// Columns reduced to a row a group, by pandas' name of the reduction.
    #[pyo3(signature = (columns, how, min_count = -1, ddof = 1, skipna = true, dropna = true, q = 0.5, between = "linear"))]
    #[allow(clippy::too_many_arguments)]
    fn reduce(
        &self,
        py: Python<'_>,
        columns: Vec<PyRef<'_, Column>>,
        how: &str,
        min_count: i64,
        ddof: usize,
        skipna: bool,
        dropna: bool,
        q: f64,
        between: &str,
    ) -> PyResult<Vec<Column>> {
        let options = GroupReduce { min_count, ddof, skipna, dropna, interpolation: interpolation(between)? };
        let how = match how {
            "quantile" => Aggregation::Quantile(q),
            other => engine(py, || Aggregation::parse(other))?,
        };
        let wanted: Vec<(Values, Aggregation)> =
            columns.iter().map(|column| (column.values.clone(), how)).collect();
        let reduced = engine(py, || self.groups.reduce_each(&wanted, &options))?;
        Ok(reduced.into_iter().map(Into::into).collect())
    }

    /// Columns reduced to a row a group, each by pandas' name of its own reduction.
    fn reduce_each(
        &self,
        py: Python<'_>,
        columns: Vec<PyRef<'_, Column>>,
        hows: Vec<PyBackedStr>,
    ) -> PyResult<Vec<Column>> {
        let hows =
            engine(py, || hows.iter().map(|how| Aggregation::parse(how)).collect::<frame::Result<Vec<_>>>())?;
        let values = columns.iter().map(|column| column.values.clone());
        let wanted: Vec<(Values, Aggregation)> = values.zip(hows).collect();
        let reduced = engine(py, || self.groups.reduce_each(&wanted, &GroupReduce::default()))?;
        Ok(reduced.into_iter().map(Into::into).collect())
    }

    /// Running values of each group: `cumsum`, `cumprod`, `cummin`, `cummax`.
    fn cumulative(&self, py: Python<'_>, column: &Column, how: &str, skipna: bool) -> PyResult<Column> {
        let how = running(how)?;
        engine(py, || self.groups.cumulative(&column.values, how, skipna)).map(Into::into)
    }

    /// One value a row: its group's.
    fn spread(&self, py: Python<'_>, column: &Column) -> PyResult<Column> {
        engine(py, || self.groups.spread(&column.values)).map(Into::into)
    }

    /// Rows moved within their groups.
    #[pyo3(signature = (column, periods, fill = None))]
    fn shift(
        &self,
        py: Python<'_>,
        column: &Column,
        periods: i64,
        fill: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Column> {
        let fill: Option<Scalar> = fill.map(from_python).transpose()?;
        engine(py, || self.groups.shift(&column.values, periods, fill.as_ref())).map(Into::into)
    }

    /// Each value less an earlier one of its group.
    fn diff(&self, py: Python<'_>, column: &Column, periods: i64) -> PyResult<Column> {
        engine(py, || self.groups.diff(&column.values, periods)).map(Into::into)
    }

    /// The share by which each value differs from an earlier one of its group.
    fn pct_change(&self, py: Python<'_>, column: &Column, periods: i64) -> PyResult<Column> {
        engine(py, || self.groups.pct_change(&column.values, periods)).map(Into::into)
    }

    /// Missing values filled from their group, forwards or backwards.
    #[pyo3(signature = (column, forwards, limit = None))]
    fn fill(
        &self,
        py: Python<'_>,
        column: &Column,
        forwards: bool,
        limit: Option<usize>,
    ) -> PyResult<Column> {
        let how = if forwards { FillFrom::Forward } else { FillFrom::Backward };
        engine(py, || self.groups.fill(&column.values, how, limit)).map(Into::into)
    }

    /// Places among the values of the group.
    fn rank(
        &self,
        py: Python<'_>,
        column: &Column,
        method: &str,
        ascending: bool,
        missing: &str,
        pct: bool,
    ) -> PyResult<Column> {
        engine(py, || {
            let options = Rank { method: RankMethod::parse(method)?, ascending, pct };
            self.groups.rank(&column.values, options, NaOption::parse(missing)?)
        })
        .map(Into::into)
    }

    /// The number of each row's group.
    fn numbers(&self, ascending: bool) -> Column {
        self.groups.numbers(ascending).into()
    }

    /// The number of each row in its group.
    fn cumcount(&self, ascending: bool) -> Column {
        self.groups.cumcount(ascending).into()
    }

    /// The rows at places of their groups, or in slices of them.
    fn nth_rows(&self, places: Vec<i64>, slices: Vec<(Option<i64>, Option<i64>, i64)>) -> Vec<usize> {
        self.groups.nth_rows(&places, &slices)
    }

    /// For each group the row of its smallest or largest value, −1 where it has none.
    fn extreme_rows(&self, py: Python<'_>, column: &Column, smallest: bool) -> PyResult<Vec<i64>> {
        engine(py, || self.groups.extreme_rows(&column.values, smallest))
    }
}
