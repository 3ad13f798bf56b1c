//! Times in bins of a regular step.

use ::column::{DType, Frequency};
use frame::{Origin, Resample, TimeBins};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::{engine, of_column};

/// Edges, labels and the bin of each time: the step by pandas' alias, the origin by its word or in ticks.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn time_bins(
    py: Python<'_>,
    times: &Column,
    first: i64,
    last: i64,
    frequency: &str,
    closed_right: Option<bool>,
    label_right: Option<bool>,
    origin: &Bound<'_, PyAny>,
    offset: i64,
) -> PyResult<(Column, Vec<i64>, bool)> {
    let unit = match times.values.dtype() {
        DType::Datetime(unit) | DType::Timedelta(unit) | DType::Zoned(unit, _) => unit,
        other => return Err(PyTypeError::new_err(format!("resample takes times, found the dtype {other}"))),
    };
    let origin = match origin.extract::<i64>() {
        Ok(ticks) => Origin::At(ticks),
        Err(_) => match origin.extract::<String>()?.as_str() {
            "epoch" => Origin::Epoch,
            "start" => Origin::Start,
            "end" => Origin::End,
            "end_day" => Origin::EndDay,
            _ => Origin::StartDay,
        },
    };
    let frequency: Frequency = of_column(py, || frequency.parse())?;
    let options = Resample { closed_right, label_right, origin, offset };
    let bins = engine(py, || TimeBins::between(first, last, unit, &frequency, options))?;
    let ticks = times.values.as_i64().unwrap_or_default();
    Ok((::column::Column::from(bins.labels.clone()).into(), bins.codes(ticks), bins.closed_right))
}
