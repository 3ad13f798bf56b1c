//! Tensors: the bindings of `Tensor`, `nn`, `optim` and `data`.
//!
//! Tensors are values, modules and optimizers are handles. A handle may change only in the node that made it;
//! [`freeze`] ends that time. Start reading at `value.rs`, then `methods.rs` and `modules.rs`.

mod bytes;
mod create;
mod data;
mod files;
mod functional;
pub(crate) mod image;
mod index;
mod losses;
mod methods;
mod modules;
mod operators;
mod optimizers;
mod stated;
mod states;
mod table;
mod value;

#[cfg(test)]
mod tests;

use vm::{Fault, Value};

use crate::host::Table;
use data::{LoaderValue, RowsValue};
use modules::ModuleValue;
use optimizers::{OptimizerValue, SchedulerValue};
use value::DTypeValue;

pub(crate) use operators::operator;
pub(crate) use value::{TensorValue, bytes_tensor, dtype_name, refused, tensor_bytes};

pub(crate) const TABLES: &[Table] = &[
    create::TABLE,
    data::TABLE,
    files::TABLE,
    functional::TABLE,
    losses::TABLE,
    methods::TABLE,
    modules::TABLE,
    optimizers::TABLE,
    stated::TABLE,
    table::TABLE,
];

pub(crate) fn decode(type_name: &str, bytes: &[u8]) -> Option<Result<Value, String>> {
    Some(match type_name {
        "Tensor" => TensorValue::decode(bytes),
        "DType" => DTypeValue::decode(bytes),
        "Module" => ModuleValue::decode(bytes),
        "Optimizer" => OptimizerValue::decode(bytes),
        "Scheduler" => SchedulerValue::decode(bytes),
        "Dataset" => RowsValue::decode(bytes),
        "DataLoader" => LoaderValue::decode(bytes),
        _ => return None,
    })
}

/// Ends the time in which a handle may change, also for the handles inside a collection.
pub(crate) fn freeze(value: &Value) {
    match value {
        Value::List(list) => list.iter().for_each(|item| freeze(&item)),
        Value::Tuple(items) => items.iter().for_each(freeze),
        Value::Map(map) => map.iter().for_each(|(_, item)| freeze(item)),
        Value::Record(record) => record.fields.iter().for_each(freeze),
        Value::Variant(variant) => variant.payload.iter().for_each(freeze),
        Value::Result(outcome) => freeze(&outcome.value),
        Value::Process(process) => {
            // One that holds itself is met again.
            let is_first = process.freeze();
            if is_first {
                freeze(&process.held());
            }
        }
        Value::Opaque(_) => {
            if let Some(tensor) = value.downcast::<TensorValue>() {
                tensor.freeze();
            } else if let Some(module) = value.downcast::<ModuleValue>() {
                module.freeze();
            } else if let Some(optimizer) = value.downcast::<OptimizerValue>() {
                optimizer.freeze();
            } else if let Some(scheduler) = value.downcast::<SchedulerValue>() {
                scheduler.freeze();
            } else if let Some(loader) = value.downcast::<LoaderValue>() {
                loader.freeze();
            }
        }
        _ => {}
    }
}

/// The refusal to change what another result made.
pub(crate) fn frozen(operation: &str) -> Fault {
    Fault::new("R0902", format!("{operation}: the handle is frozen: it belongs to the result that made it"))
        .help(
            "change it in the fence that makes it; elsewhere it can be read, and applied in evaluation mode",
        )
}

/// A tensor's shape or a handle's size in a phrase.
pub(crate) fn summary(value: &Value) -> Option<String> {
    if let Some(tensor) = value.downcast::<TensorValue>() {
        return Some(tensor.summary());
    }
    if let Some(module) = value.downcast::<ModuleValue>() {
        return Some(module.summary());
    }
    if let Some(optimizer) = value.downcast::<OptimizerValue>() {
        return Some(optimizer.summary());
    }
    if let Some(rows) = value.downcast::<RowsValue>() {
        return Some(rows.summary());
    }
    value.downcast::<LoaderValue>().map(LoaderValue::summary)
}
