//! `nn.functional`: activations and what needs no parameters.

use vm::{Fault, Value};

use super::value::{one, refused, tensor_of, tensor_value};
use crate::args::Args;
use crate::host::{Context, Table};

fn unary(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "input")?;
    one(args.operation(), name, vec![(&x).into()])
}

fn along(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "input")?;
    let dim = args.required_int("dim")?;
    one(args.operation(), name, vec![(&x).into(), dim.into()])
}

/// Draws from the node's own generator while training.
fn dropout(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let x = tensor_of(args, "input")?;
    let p = args.float("p", 0.5)?;
    let operation = args.operation();
    if !args.flag("training", true)? {
        return Ok(tensor_value(x));
    }
    context.with_default_generator(|g| x.dropout(p, g).map(tensor_value).map_err(refused(operation)))
}

pub(crate) const TABLE: Table = &[
    ("nn.functional.dropout", dropout),
    ("nn.functional.log_softmax", |_, a| along(a, "log_softmax.int")),
    ("nn.functional.one_hot", |_, a| {
        let x = tensor_of(a, "input")?;
        let classes = a.int("num_classes", -1)?;
        one(a.operation(), "one_hot", vec![(&x).into(), classes.into()])
    }),
    ("nn.functional.relu", |_, a| unary(a, "relu")),
    ("nn.functional.sigmoid", |_, a| unary(a, "sigmoid")),
    ("nn.functional.softmax", |_, a| along(a, "softmax.int")),
];
