//! The module as Python imports it.

use std::num::NonZeroUsize;

use pyo3::prelude::*;

use crate::{
    arrow, column, digest, frame, groupby, index, io, merge, registry, resample, reshape, scalar, series,
    torch, window,
};

/// The module `lumen._engine`: its classes and functions.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<column::Column>()?;
    module.add_class::<index::Index>()?;
    module.add_class::<series::Series>()?;
    module.add_class::<frame::DataFrame>()?;
    module.add_class::<groupby::Groups>()?;
    module.add_class::<window::Windows>()?;
    module.add_function(wrap_pyfunction!(window::center_of_mass, module)?)?;
    module.add_function(wrap_pyfunction!(window::weighted, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::arrow_import, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::arrow_import_array, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::arrow_import_column, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::arrow_export, module)?)?;
    module.add_function(wrap_pyfunction!(arrow::arrow_export_column, module)?)?;
    module.add_function(wrap_pyfunction!(merge::merge, module)?)?;
    module.add_function(wrap_pyfunction!(merge::merge_asof, module)?)?;
    module.add_function(wrap_pyfunction!(reshape::concat_frames, module)?)?;
    module.add_function(wrap_pyfunction!(reshape::concat_series, module)?)?;
    module.add_function(wrap_pyfunction!(reshape::unstack, module)?)?;
    module.add_function(wrap_pyfunction!(reshape::stack, module)?)?;
    module.add_function(wrap_pyfunction!(reshape::dummies, module)?)?;
    module.add_function(wrap_pyfunction!(resample::time_bins, module)?)?;
    module.add_function(wrap_pyfunction!(digest::digest, module)?)?;
    module.add_function(wrap_pyfunction!(set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(get_threads, module)?)?;
    module.add_function(wrap_pyfunction!(scalar::name_zone, module)?)?;
    io::register(module)?;
    torch::register(module)?;
    module.add_function(wrap_pyfunction!(registry::bind, module)?)
}

/// Sets how many threads the engines use from here on; `None` for all cores.
#[pyfunction]
fn set_threads(count: Option<NonZeroUsize>) {
    threads::set_threads(count);
}

/// How many threads the engines use.
#[pyfunction]
fn get_threads() -> usize {
    threads::current().threads.get()
}
