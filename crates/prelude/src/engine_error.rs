//! What an engine refuses, as a fault of the program.

use vm::Fault;

/// The fault for a refused operation on tables: pandas' message, with its exception class.
pub(crate) fn table(operation: &str, class: &str, message: &str) -> Fault {
    Fault::new("R0401", format!("{operation}: {class}: {message}"))
}

pub(crate) fn of_frame(operation: &str) -> impl Fn(frame::Error) -> Fault + '_ {
    move |error| table(operation, error.kind().class(), error.message())
}

pub(crate) fn of_column(operation: &str) -> impl Fn(column::Error) -> Fault + '_ {
    move |error| table(operation, error.kind().class(), error.message())
}
