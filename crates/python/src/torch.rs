//! `lumen._engine.torch`: what `lumen.torch` holds of the tensor engine.
//!
//! One function, [`call::call`], answers every operator by PyTorch's public name; what a call means is decided by
//! `nn::call_public`. The classes here are the bases and values that cannot be expressed as such a call.

mod call;
mod convert;
mod data;
mod dlpack;
mod files;
mod graph;
mod hooks;
mod optim;
mod slots;
mod tensor;
mod values;

use pyo3::prelude::*;

/// Adds the module `torch` and what it holds.
pub fn register(parent: &Bound<'_, PyModule>) -> PyResult<()> {
    let module = PyModule::new(parent.py(), "torch")?;
    module.add_class::<tensor::Tensor>()?;
    module.add_class::<values::Dtype>()?;
    module.add_class::<values::MemoryFormat>()?;
    module.add_class::<values::Generator>()?;
    module.add_class::<optim::Optimizer>()?;
    module.add_class::<hooks::Node>()?;
    module.add_class::<hooks::Handle>()?;
    module.add_function(wrap_pyfunction!(call::call, &module)?)?;
    module.add_function(wrap_pyfunction!(call::is_known, &module)?)?;
    module.add_function(wrap_pyfunction!(data::tensor, &module)?)?;
    module.add_function(wrap_pyfunction!(data::from_buffer, &module)?)?;
    module.add_function(wrap_pyfunction!(dlpack::to_dlpack, &module)?)?;
    module.add_function(wrap_pyfunction!(dlpack::from_dlpack, &module)?)?;
    module.add_function(wrap_pyfunction!(files::read_pt, &module)?)?;
    module.add_function(wrap_pyfunction!(files::write_pt, &module)?)?;
    module.add_function(wrap_pyfunction!(graph::set_grad_enabled, &module)?)?;
    module.add_function(wrap_pyfunction!(graph::is_grad_enabled, &module)?)?;
    module.add_function(wrap_pyfunction!(graph::backward, &module)?)?;
    module.add_function(wrap_pyfunction!(graph::grad, &module)?)?;
    module.add_function(wrap_pyfunction!(graph::record, &module)?)?;
    module.add_function(wrap_pyfunction!(hooks::register_hook, &module)?)?;
    module.add_function(wrap_pyfunction!(hooks::register_post_accumulate_grad_hook, &module)?)?;
    module.add_function(wrap_pyfunction!(hooks::set_anomaly, &module)?)?;
    module.add_function(wrap_pyfunction!(hooks::clear_anomaly, &module)?)?;
    module.add_function(wrap_pyfunction!(hooks::anomaly, &module)?)?;
    module.add_function(wrap_pyfunction!(hooks::reported, &module)?)?;
    module.add_function(wrap_pyfunction!(optim::clip_grad_norm_, &module)?)?;
    module.add_function(wrap_pyfunction!(values::default_generator, &module)?)?;
    parent.add_submodule(&module)
}
