//! What an engine refuses, as a fault of the program.

use vm::Fault;

/// The fault for a refused operation on tables: pandas' message, with its exception class.
pub(crate) fn table(operation: &str, class: &str, message: &str) -> Fault {
    Fault::new("R0401", format!("{operation}: {class}: {message}"))
}

/// The fault for a column that a table does not have.
pub(crate) fn unknown_column(class: &str, label: &str, known: &[String]) -> Fault {
    let fault = Fault::new("R0401", format!("{class}: the frame has no column '{label}'"));
    match syntax::suggest::nearest(label, known.iter().map(String::as_str)) {
        Some(near) => fault.help(format!("Did you mean `{near}`?")),
        None => fault.help(format!("Its columns are {}.", known.join(", "))),
    }
}

pub(crate) fn of_frame(operation: &str) -> impl Fn(frame::Error) -> Fault + '_ {
    move |error| table(operation, error.kind().class(), error.message())
}

pub(crate) fn of_column(operation: &str) -> impl Fn(column::Error) -> Fault + '_ {
    move |error| table(operation, error.kind().class(), error.message())
}
