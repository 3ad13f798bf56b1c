//! What the cells of processes are made with; no program names these.

use std::rc::Rc;

use super::args::unexpected;
use super::{Args, Builtin};
use crate::fault::Fault;
use crate::process::Process;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("op.process", Builtin::Pure(|_| Ok(Value::Process(Rc::new(Process::default()))))),
    ("op.held", Builtin::Pure(|a| Ok(process(&a)?.held()))),
    ("op.current", Builtin::Pure(current)),
    ("op.keep", Builtin::Pure(keep)),
    ("op.variant", Builtin::Pure(variant)),
];

pub(super) fn process<'a>(args: &'a Args<'_>) -> Result<&'a Process, Fault> {
    match args.value(0) {
        Value::Process(process) => Ok(process),
        other => Err(unexpected("a process", other)),
    }
}

/// (process, the machine's name): what it holds, which is there once the machine is started.
fn current(args: Args<'_>) -> Result<Value, Fault> {
    let held = process(&args)?.held();
    if held.is_null() {
        return Err(Fault::new("R0110", format!("the machine `{}` is not started", args.str(1)?))
            .help("call `start` with what its initial state holds, or `resume_from` with a state"));
    }
    Ok(held)
}

fn keep(mut args: Args<'_>) -> Result<Value, Fault> {
    let value = args.take(1);
    process(&args)?.change(|held| {
        *held = value;
        Ok(Value::Null)
    })
}

/// A variant's name.
fn variant(args: Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Variant(variant) => Ok(Value::str(variant.name())),
        other => Err(unexpected("a variant", other)),
    }
}
