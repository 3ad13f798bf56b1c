//! Methods of series and frames whose work is one call of the engine.

use ::column::Scalar;
use frame::{
    Ascending, Cumulative, DropNa, Inclusive, Keep, NaOption, NaPosition, Other as Replacement, Rank,
    RankMethod, Sample, Sort, ValueCounts,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::column::Column;
use crate::error::{engine, of_column};
use crate::frame::{DataFrame, wrapped as wrapped_frame, wrapped_like as frame_like};
use crate::scalar::{from_python, of_dtype};
use crate::series::{Series, wrapped_like};
use crate::values::scalars;

fn sort(ascending: Vec<bool>, na_position: &str, ignore_index: bool) -> frame::Result<Sort> {
    let ascending = match ascending.as_slice() {
        [one] => Ascending::All(*one),
        _ => Ascending::Each(ascending),
    };
    Ok(Sort { ascending, na_position: NaPosition::parse(na_position)?, ignore_index })
}

fn keep(word: Option<&str>) -> PyResult<Keep> {
    match word {
        Some("first") => Ok(Keep::First),
        Some("last") => Ok(Keep::Last),
        None => Ok(Keep::Neither),
        Some(_) => Err(PyValueError::new_err(r#"keep must be either "first", "last" or False"#)),
    }
}

fn cumulative(name: &str) -> PyResult<Cumulative> {
    match name {
        "sum" => Ok(Cumulative::Sum),
        "prod" => Ok(Cumulative::Prod),
        "max" => Ok(Cumulative::Max),
        "min" => Ok(Cumulative::Min),
        other => Err(PyValueError::new_err(format!("expected sum, prod, max or min, found {other}"))),
    }
}

fn rank(method: &str, ascending: bool, pct: bool) -> PyResult<Rank> {
    let method = match method {
        "average" => RankMethod::Average,
        "min" => RankMethod::Min,
        "max" => RankMethod::Max,
        "first" => RankMethod::First,
        "dense" => RankMethod::Dense,
        other => return Err(PyValueError::new_err(format!("expected a method of rank, found {other}"))),
    };
    Ok(Rank { method, ascending, pct })
}

fn pairs(keys: &Bound<'_, PyAny>, values: &Bound<'_, PyAny>) -> PyResult<Vec<(Scalar, Scalar)>> {
    Ok(scalars(keys)?.into_iter().zip(scalars(values)?).collect())
}

#[pymethods]
impl Column {
    /// The different values, in order of appearance.
    fn unique(&self) -> Self {
        self.values.unique().into()
    }

    /// Numbers of the different values by row (−1 where missing and not counted), and the values.
    fn factorize(&self, py: Python<'_>, missing_is_value: bool) -> PyResult<(Vec<i64>, Self)> {
        let found = self.values.factorize(missing_is_value);
        let uniques = of_column(py, || self.values.take(&found.first_rows))?;
        Ok((found.codes, uniques.into()))
    }

    /// How many different values there are.
    fn nunique(&self, skip_missing: bool) -> usize {
        self.values.nunique(skip_missing)
    }

    /// A byte a row: 1 where the value is among those of another column.
    fn isin<'py>(&self, py: Python<'py>, values: &Self) -> Bound<'py, PyBytes> {
        let bits: Vec<u8> = self.values.isin(&values.values).iter().map(u8::from).collect();
        PyBytes::new(py, &bits)
    }

    /// Where values would be inserted to keep the order.
    fn searchsorted(&self, py: Python<'_>, values: &Self, right: bool) -> PyResult<Vec<usize>> {
        of_column(py, || self.values.searchsorted(&values.values, right))
    }

    /// Rounded to so many decimal places.
    fn round(&self, py: Python<'_>, digits: i32) -> PyResult<Self> {
        of_column(py, || self.values.round(digits)).map(Into::into)
    }

    /// Values put into rows, in this dtype alone.
    fn set(&self, py: Python<'_>, rows: Vec<usize>, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let value = crate::column::Other::of(value)?;
        of_column(py, || self.values.set(&rows, value.operand(), None)).map(Into::into)
    }

    /// Values put into rows; the dtype widens where one does not fit.
    fn set_widening(&self, py: Python<'_>, rows: Vec<usize>, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let value = crate::column::Other::of(value)?;
        of_column(py, || self.values.set_widening(&rows, value.operand())).map(Into::into)
    }

    /// Rows in order of their values; equal ones stay in row order.
    #[pyo3(signature = (ascending = true, na_position = "last"))]
    fn argsort(&self, py: Python<'_>, ascending: bool, na_position: &str) -> PyResult<Vec<i64>> {
        let numbered = frame::Series::from_column(self.values.clone());
        let sorted = engine(py, || numbered.sort_values(&sort(vec![ascending], na_position, false)?))?;
        Ok(sorted.index().iter().filter_map(|label| label.as_i128()).map(|row| row as i64).collect())
    }
}

#[pymethods]
impl Series {
    #[pyo3(name = "_fillna")]
    fn fillna(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        let filled = match value.cast::<Self>() {
            Ok(values) => {
                let values = values.borrow().engine(py)?;
                engine(py, || series.fillna_from(&values))?
            }
            Err(_) => {
                let value = from_python(value)?;
                engine(py, || series.fillna(&value))?
            }
        };
        wrapped_like(slf, filled)
    }

    fn _dropna(slf: &Bound<'_, Self>, ignore_index: bool) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || series.dropna(ignore_index))?)
    }

    /// Missing values from the row before, or after where `backward`.
    fn _filled_from(slf: &Bound<'_, Self>, backward: bool, limit: Option<usize>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || if backward { series.bfill(limit) } else { series.ffill(limit) })?)
    }

    fn _sort_values(
        slf: &Bound<'_, Self>,
        ascending: bool,
        na_position: &str,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(
            slf,
            engine(py, || series.sort_values(&sort(vec![ascending], na_position, ignore_index)?))?,
        )
    }

    fn _nlargest(slf: &Bound<'_, Self>, n: usize, smallest: bool) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || if smallest { series.nsmallest(n) } else { series.nlargest(n) })?)
    }

    fn _value_counts(
        slf: &Bound<'_, Self>,
        normalize: bool,
        sort: bool,
        ascending: bool,
        dropna: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        let options = ValueCounts { normalize, sort, ascending, dropna };
        wrapped_like(slf, engine(py, || series.value_counts(options))?)
    }

    fn _mode(slf: &Bound<'_, Self>, dropna: bool) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || series.mode(dropna))?)
    }

    fn _duplicated(slf: &Bound<'_, Self>, kept: Option<&str>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, kept) = (slf.borrow().engine(py)?, keep(kept)?);
        wrapped_like(slf, engine(py, || Ok(series.duplicated(kept)))?)
    }

    fn _drop_duplicates(
        slf: &Bound<'_, Self>,
        kept: Option<&str>,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, kept) = (slf.borrow().engine(py)?, keep(kept)?);
        wrapped_like(slf, engine(py, || series.drop_duplicates(kept, ignore_index))?)
    }

    fn _between(
        slf: &Bound<'_, Self>,
        left: &Bound<'_, PyAny>,
        right: &Bound<'_, PyAny>,
        inclusive: &str,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, left, right) = (slf.borrow().engine(py)?, from_python(left)?, from_python(right)?);
        wrapped_like(slf, engine(py, || series.between(&left, &right, Inclusive::parse(inclusive)?))?)
    }

    /// Values where the condition holds (or does not, for `mask`), another value or series elsewhere.
    fn _chosen(
        slf: &Bound<'_, Self>,
        condition: PyRef<'_, Self>,
        other: &Bound<'_, PyAny>,
        mask: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, condition) = (slf.borrow().engine(py)?, condition.engine(py)?);
        let other = match other.cast::<Self>() {
            Ok(other) => Replacement::Series(Box::new(other.borrow().engine(py)?)),
            Err(_) => Replacement::Scalar(from_python(other)?),
        };
        let work = || if mask { series.mask(&condition, &other) } else { series.where_(&condition, &other) };
        wrapped_like(slf, engine(py, work)?)
    }

    /// Values by a table; values that are not in it are missing (`map`) or stay (`replace`).
    fn _by_table(
        slf: &Bound<'_, Self>,
        keys: &Bound<'_, PyAny>,
        values: &Bound<'_, PyAny>,
        replace: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, pairs) = (slf.borrow().engine(py)?, pairs(keys, values)?);
        wrapped_like(slf, engine(py, || if replace { series.replace(&pairs) } else { series.map(&pairs) })?)
    }

    fn _clip(
        slf: &Bound<'_, Self>,
        lower: Option<&Bound<'_, PyAny>>,
        upper: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        let (lower, upper) = (lower.map(from_python).transpose()?, upper.map(from_python).transpose()?);
        wrapped_like(slf, engine(py, || series.clip(lower.as_ref(), upper.as_ref()))?)
    }

    fn _round(slf: &Bound<'_, Self>, decimals: i32) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || series.round(decimals))?)
    }

    fn _cumulative(slf: &Bound<'_, Self>, how: &str, skipna: bool) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, how) = (slf.borrow().engine(py)?, cumulative(how)?);
        wrapped_like(slf, engine(py, || series.cumulative(how, skipna))?)
    }

    /// `shift`, `diff` or `pct_change` over so many rows.
    fn _moved(slf: &Bound<'_, Self>, method: &str, periods: i64) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        let work = || match method {
            "shift" => series.shift(periods),
            "diff" => series.diff(periods),
            _ => series.pct_change(periods),
        };
        wrapped_like(slf, engine(py, work)?)
    }

    fn _ranked(
        slf: &Bound<'_, Self>,
        method: &str,
        ascending: bool,
        pct: bool,
        na_option: &str,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (series, options) = (slf.borrow().engine(py)?, rank(method, ascending, pct)?);
        let ranked = engine(py, || {
            let ranks = frame::rank_column(series.values(), options, NaOption::parse(na_option)?)?;
            frame::Series::new(ranks, series.index().clone(), series.name().clone())
        })?;
        wrapped_like(slf, ranked)
    }

    fn _quantile(&self, py: Python<'_>, q: f64, interpolation: &str) -> PyResult<Py<PyAny>> {
        use ::column::Interpolation;
        let how = match interpolation {
            "linear" => Interpolation::Linear,
            "lower" => Interpolation::Lower,
            "higher" => Interpolation::Higher,
            "midpoint" => Interpolation::Midpoint,
            "nearest" => Interpolation::Nearest,
            other => {
                let message = format!("invalid interpolation {other}");
                return Err(PyValueError::new_err(message));
            }
        };
        let scalar = of_column(py, || self.values.quantile(q, how))?;
        let dtype = match (&scalar, self.values.dtype()) {
            (Scalar::Float(_), dtype) if dtype.is_numeric() => ::column::DType::FLOAT64,
            (_, dtype) => dtype,
        };
        of_dtype(py, &scalar, dtype)
    }

    fn _describe(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        wrapped_like(slf, engine(py, || series.describe())?)
    }

    fn _corr(&self, py: Python<'_>, other: PyRef<'_, Self>) -> PyResult<f64> {
        let (series, other) = (self.engine(py)?, other.engine(py)?);
        engine(py, || series.corr(&other))
    }

    /// The row of the smallest or largest value; None where all are missing.
    fn _arg_extreme(&self, py: Python<'_>, smallest: bool) -> PyResult<Option<usize>> {
        let wanted = if smallest { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
        of_column(py, || self.values.extreme_row(wanted))
    }

    #[pyo3(signature = (n, frac, replace, seed, ignore_index))]
    fn _sample(
        slf: &Bound<'_, Self>,
        n: Option<i64>,
        frac: Option<f64>,
        replace: bool,
        seed: u32,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let series = slf.borrow().engine(py)?;
        let options = Sample { n, frac, replace, random_state: seed, ignore_index };
        wrapped_like(slf, engine(py, || series.sample(&options))?)
    }
}

#[pymethods]
impl DataFrame {
    /// What pandas prints of the table without its row labels.
    fn _text_without_index(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.engine(py)?.to_string_without_index())
    }

    fn _dropna(
        slf: &Bound<'_, Self>,
        how: &str,
        subset: Option<&Bound<'_, PyAny>>,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        let subset: Option<Vec<Scalar>> = subset.map(scalars).transpose()?;
        frame_like(slf, engine(py, || frame.dropna(DropNa::parse(how)?, subset.as_deref(), ignore_index))?)
    }

    fn _sort_values(
        slf: &Bound<'_, Self>,
        by: &Bound<'_, PyAny>,
        ascending: Vec<bool>,
        na_position: &str,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (frame, by) = (slf.borrow().engine(py)?, scalars(by)?);
        frame_like(slf, engine(py, || frame.sort_values(&by, &sort(ascending, na_position, ignore_index)?))?)
    }

    fn _nlargest(
        slf: &Bound<'_, Self>,
        n: usize,
        by: &Bound<'_, PyAny>,
        smallest: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (frame, by) = (slf.borrow().engine(py)?, scalars(by)?);
        frame_like(
            slf,
            engine(py, || if smallest { frame.nsmallest(n, &by) } else { frame.nlargest(n, &by) })?,
        )
    }

    fn _value_counts(
        slf: &Bound<'_, Self>,
        subset: Option<&Bound<'_, PyAny>>,
        normalize: bool,
        sort: bool,
        ascending: bool,
        dropna: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        let subset: Option<Vec<Scalar>> = subset.map(scalars).transpose()?;
        let options = ValueCounts { normalize, sort, ascending, dropna };
        let counts = engine(py, || frame.value_counts(subset.as_deref(), options))?;
        crate::series::wrapped(py, counts)
    }

    fn _duplicated(
        slf: &Bound<'_, Self>,
        subset: Option<&Bound<'_, PyAny>>,
        kept: Option<&str>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (frame, kept) = (slf.borrow().engine(py)?, keep(kept)?);
        let subset: Option<Vec<Scalar>> = subset.map(scalars).transpose()?;
        let found = engine(py, || frame.duplicated(subset.as_deref(), kept))?;
        crate::series::wrapped(py, found)
    }

    fn _drop_duplicates(
        slf: &Bound<'_, Self>,
        subset: Option<&Bound<'_, PyAny>>,
        kept: Option<&str>,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let (frame, kept) = (slf.borrow().engine(py)?, keep(kept)?);
        let subset: Option<Vec<Scalar>> = subset.map(scalars).transpose()?;
        frame_like(slf, engine(py, || frame.drop_duplicates(subset.as_deref(), kept, ignore_index))?)
    }

    #[pyo3(signature = (n, frac, replace, seed, ignore_index))]
    fn _sample(
        slf: &Bound<'_, Self>,
        n: Option<i64>,
        frac: Option<f64>,
        replace: bool,
        seed: u32,
        ignore_index: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        let options = Sample { n, frac, replace, random_state: seed, ignore_index };
        frame_like(slf, engine(py, || frame.sample(&options))?)
    }

    /// pandas' summary of the columns that it summarises by default.
    fn _describe(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        let described = engine(py, || frame.describe())?;
        wrapped_frame(py, described)
    }

    fn _corr(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let frame = slf.borrow().engine(py)?;
        frame_like(slf, engine(py, || frame.corr())?)
    }
}
