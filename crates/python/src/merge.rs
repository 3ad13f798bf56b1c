//! Joins of two frames.

use frame::{Asof, Direction, How, Merge, MergeKey, MergeSide, Validate};
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::engine;
use crate::frame::{DataFrame, wrapped};
use crate::scalar::from_python;

/// The keys of a side: labels and columns of values; none for its row labels.
fn side(keys: Option<Vec<Bound<'_, PyAny>>>) -> PyResult<MergeSide> {
    let Some(keys) = keys else { return Ok(MergeSide::Index) };
    let key = |key: &Bound<'_, PyAny>| match key.cast::<Column>() {
        Ok(column) => Ok(MergeKey::Values(column.get().values.clone())),
        Err(_) => Ok(MergeKey::Label(from_python(key)?)),
    };
    Ok(MergeSide::Keys(keys.iter().map(key).collect::<PyResult<_>>()?))
}

type Suffixes = (Option<String>, Option<String>);

/// `merge` of two frames by the keys of each side, its row labels where there are none.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn merge(
    left: PyRef<'_, DataFrame>,
    right: PyRef<'_, DataFrame>,
    left_on: Option<Vec<Bound<'_, PyAny>>>,
    right_on: Option<Vec<Bound<'_, PyAny>>>,
    how: &str,
    sort: bool,
    suffixes: Suffixes,
    indicator: bool,
    validate: Option<&str>,
) -> PyResult<Py<PyAny>> {
    let py = left.py();
    let (this, that) = (left.engine(py)?, right.engine(py)?);
    let sides = (side(left_on)?, side(right_on)?);
    let merged = engine(py, || {
        let validate = validate.map(Validate::parse).transpose()?;
        let options =
            Merge { how: How::parse(how)?, sort, suffixes, indicator, validate, ..Merge::default() };
        match options.how {
            How::Cross => this.merge(&that, &options),
            _ => this.merge_sides(&that, (&sides.0, &sides.1), &options),
        }
    })?;
    wrapped(py, merged)
}

/// `merge_asof`: the first `by` keys of each side must be equal, the last one is the one that is compared.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn merge_asof(
    left: PyRef<'_, DataFrame>,
    right: PyRef<'_, DataFrame>,
    left_on: Option<Vec<Bound<'_, PyAny>>>,
    right_on: Option<Vec<Bound<'_, PyAny>>>,
    by: usize,
    direction: &str,
    allow_exact_matches: bool,
    tolerance: Option<&Bound<'_, PyAny>>,
    suffixes: Suffixes,
) -> PyResult<Py<PyAny>> {
    let py = left.py();
    let (this, that) = (left.engine(py)?, right.engine(py)?);
    let sides = (side(left_on)?, side(right_on)?);
    let tolerance = tolerance.map(from_python).transpose()?;
    let merged = engine(py, || {
        let direction = Direction::parse(direction)?;
        let options = Asof { direction, allow_exact_matches, tolerance, suffixes };
        this.merge_asof(&that, (&sides.0, &sides.1), by, &options)
    })?;
    wrapped(py, merged)
}
