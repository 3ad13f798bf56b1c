//! Results.

use super::args::unexpected;
use super::{Args, Builtin};
use crate::fault::Fault;
use crate::show;
use crate::value::{Outcome, Value};

pub(super) const TABLE: super::Table = &[
    ("is_ok", Builtin::Pure(|a| Ok(Value::Bool(outcome(&a)?.is_ok)))),
    ("is_err", Builtin::Pure(|a| Ok(Value::Bool(!outcome(&a)?.is_ok)))),
    ("ok", Builtin::Pure(|mut a| Ok(Value::ok(a.take(0))))),
    ("err", Builtin::Pure(|mut a| Ok(Value::err(a.take(0))))),
    ("unwrap", Builtin::Pure(unwrap)),
    ("unwrap_or", Builtin::Pure(unwrap_or)),
];

fn outcome<'a>(args: &'a Args<'_>) -> Result<&'a Outcome, Fault> {
    match args.value(0) {
        Value::Result(outcome) => Ok(outcome),
        other => Err(unexpected("a result", other)),
    }
}

fn unwrap(args: Args<'_>) -> Result<Value, Fault> {
    let outcome = outcome(&args)?;
    if outcome.is_ok {
        Ok(outcome.value.clone())
    } else {
        Err(Fault::new("R0105", format!("unwrap of err({})", show::repr(&outcome.value)?)))
    }
}

fn unwrap_or(mut args: Args<'_>) -> Result<Value, Fault> {
    let outcome = outcome(&args)?;
    if outcome.is_ok { Ok(outcome.value.clone()) } else { Ok(args.take(1)) }
}
