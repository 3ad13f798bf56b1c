//! The module `lumen._engine`: what Python holds of the engines.
//!
//! The main types are [`series::Series`], [`frame::DataFrame`], [`index::Index`] and [`column::Column`], base classes of
//! those that `lumen.pandas` shows. A hot call (an operator, an element, a reduction) runs here without a Python frame;
//! what needs Python's own objects falls back to a method of the facade, by name. Conversions stand in `scalar.rs` and
//! `values.rs`, exceptions and warnings in `error.rs`; `registry.rs` holds the classes that the facade binds.
//!
//! The crate refuses semantics of its own: what a call means is decided in `column` and `frame`.

mod arrow;
mod column;
mod error;
mod foreign;
mod frame;
mod groupby;
mod index;
mod indexing;
mod io;
mod kernels;
mod labels;
mod merge;
mod methods;
mod multi;
mod operators;
mod registry;
mod resample;
mod reshape;
mod scalar;
mod series;
mod values;
mod window;

use pyo3::prelude::*;

/// The module itself.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
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
    io::register(module)?;
    module.add_function(wrap_pyfunction!(registry::bind, module)?)
}
