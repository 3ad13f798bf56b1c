//! Windows over rows, and exponential weights.

use ::column::Column as Values;
use frame::{Closed, Ewm, RankMethod, WindowReduction};
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::engine;
use crate::groupby::interpolation;

/// The rows of each window.
#[pyclass(frozen, module = "lumen._engine")]
pub struct Windows {
    windows: frame::Windows,
}

#[pymethods]
impl Windows {
    /// So many rows up to each row, or around it.
    #[staticmethod]
    fn fixed(
        py: Python<'_>,
        length: usize,
        window: usize,
        center: bool,
        closed: &str,
        step: usize,
    ) -> PyResult<Self> {
        let closed = engine(py, || Closed::parse(closed))?;
        Ok(Self { windows: frame::Windows::fixed(length, window, center, closed, step) })
    }

    /// The rows of less than `width` ticks before each row's time, or around it.
    #[staticmethod]
    fn timed(
        py: Python<'_>,
        times: &Column,
        width: i64,
        center: bool,
        closed: &str,
        step: usize,
    ) -> PyResult<Self> {
        let closed = engine(py, || Closed::parse(closed))?;
        let ticks = times.values.as_i64().unwrap_or_default();
        Ok(Self { windows: frame::Windows::timed(ticks, width, center, closed, step) })
    }

    /// All rows up to each row.
    #[staticmethod]
    fn expanding(length: usize) -> Self {
        Self { windows: frame::Windows::expanding(length) }
    }

    /// Windows of any bounds.
    #[staticmethod]
    fn custom(py: Python<'_>, start: Vec<i64>, end: Vec<i64>, length: usize) -> PyResult<Self> {
        Ok(Self { windows: engine(py, || frame::Windows::custom(start, end, length))? })
    }

    fn __len__(&self) -> usize {
        self.windows.len()
    }

    /// Start and end of each window.
    fn bounds(&self) -> Vec<(usize, usize)> {
        (0..self.windows.len()).filter_map(|place| self.windows.get(place)).collect()
    }

    /// The values of each window reduced to one.
    #[pyo3(signature = (column, needed, how, ddof = 1, q = 0.5, between = "linear", method = "average", ascending = true, pct = false))]
    #[allow(clippy::too_many_arguments)]
    fn reduce(
        &self,
        py: Python<'_>,
        column: &Column,
        needed: usize,
        how: &str,
        ddof: usize,
        q: f64,
        between: &str,
        method: &str,
        ascending: bool,
        pct: bool,
    ) -> PyResult<Column> {
        let how = match how {
            "sum" => WindowReduction::Sum,
            "mean" => WindowReduction::Mean,
            "var" => WindowReduction::Var(ddof),
            "std" => WindowReduction::Std(ddof),
            "sem" => WindowReduction::Sem(ddof),
            "skew" => WindowReduction::Skew,
            "kurt" => WindowReduction::Kurt,
            "min" => WindowReduction::Min,
            "max" => WindowReduction::Max,
            "median" => WindowReduction::Median,
            "quantile" => WindowReduction::Quantile(q, interpolation(between)?),
            "rank" => WindowReduction::Rank(engine(py, || RankMethod::parse(method))?, ascending, pct),
            "first" => WindowReduction::First,
            "last" => WindowReduction::Last,
            "nunique" => WindowReduction::Nunique,
            other => return Err(PyNotImplementedError::new_err(format!("lumen.pandas: Rolling.{other}"))),
        };
        let found =
            py.detach(|| match column.values.as_f64().filter(|_| column.values.validity().is_none()) {
                Some(floats) => self.windows.reduce(floats, needed, how),
                None => self.windows.reduce(&column.values.floats(), needed, how),
            });
        Ok(Values::from(found).into())
    }
}

/// The centre of mass of one of the ways to say a decay.
#[pyfunction]
#[pyo3(signature = (com = None, span = None, halflife = None, alpha = None))]
pub fn center_of_mass(
    py: Python<'_>,
    com: Option<f64>,
    span: Option<f64>,
    halflife: Option<f64>,
    alpha: Option<f64>,
) -> PyResult<f64> {
    engine(py, || Ewm::center_of_mass(com, span, halflife, alpha))
}

/// Exponentially weighted `mean`, `sum`, `cov`, `biased_cov` or `corr` of a column, the latter with another one.
#[pyfunction]
#[pyo3(signature = (how, column, other, com, min_periods, adjust, ignore_na, deltas = None))]
#[allow(clippy::too_many_arguments)]
pub fn weighted(
    how: &str,
    column: &Column,
    other: &Column,
    com: f64,
    min_periods: usize,
    adjust: bool,
    ignore_na: bool,
    deltas: Option<Vec<f64>>,
) -> PyResult<Column> {
    let ewm = Ewm { com, min_periods, adjust, ignore_na, deltas };
    let (left, right) = (column.values.floats(), other.values.floats());
    Ok(Values::from(match how {
        "mean" => ewm.mean(&left, false),
        "sum" => ewm.mean(&left, true),
        "cov" => ewm.cov(&left, &right, false),
        "biased_cov" => ewm.cov(&left, &right, true),
        "corr" => ewm.corr(&left, &right),
        other => {
            let message = format!("lumen.pandas: ExponentialMovingWindow.{other}");
            return Err(PyNotImplementedError::new_err(message));
        }
    })
    .into())
}
