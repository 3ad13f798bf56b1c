//! Times in bins of a regular step.

use ::column::{Ambiguous, DType, Frequency, Nonexistent};
use frame::{Origin, Resample, TimeBins};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::{engine, of_column};
use crate::index::Index;

/// The labels of the bins, and the bin of each time: the step by pandas' alias, the origin by its word or in ticks.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn time_bins(
    py: Python<'_>,
    times: &Column,
    frequency: &str,
    closed_right: Option<bool>,
    label_right: Option<bool>,
    origin: &Bound<'_, PyAny>,
    offset: i64,
) -> PyResult<(Py<Index>, Vec<i64>)> {
    let (unit, zone) = match times.values.dtype() {
        DType::Datetime(unit) | DType::Timedelta(unit) => (unit, None),
        DType::Zoned(unit, zone) => (unit, Some(zone)),
        other => return Err(PyTypeError::new_err(format!("resample takes times, found the dtype {other}"))),
    };
    // Bins of zoned times are those of the clocks on the wall.
    let local = match zone {
        Some(_) => of_column(py, || times.values.delocalize())?,
        None => times.values.clone(),
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
    let found = engine(py, || {
        let ticks = local.as_i64().unwrap_or_default();
        let present = || ticks.iter().copied().filter(|&tick| tick != i64::MIN);
        let bins = match (present().min(), present().max()) {
            (Some(first), Some(last)) => TimeBins::between(first, last, unit, &frequency, options)?,
            _ => TimeBins { edges: Vec::new(), labels: Vec::new(), closed_right: false },
        };
        let codes = bins.codes(ticks);
        let labels = match local.dtype() {
            DType::Timedelta(unit) => ::column::Column::timedelta(bins.labels, unit),
            _ => ::column::Column::datetime(bins.labels, unit),
        };
        let labels = match zone {
            Some(zone) => {
                let summer = ::column::Bitmap::filled(true, labels.len());
                labels.localize(zone, &Ambiguous::Dst(summer), Nonexistent::ShiftForward)?
            }
            None => labels,
        };
        Ok((frame::Index::from_column(labels).with_frequency(Some(frequency)), codes))
    })?;
    Ok((crate::index::wrapped(py, found.0)?, found.1))
}
