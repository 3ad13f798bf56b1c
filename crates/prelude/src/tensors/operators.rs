//! Operators on tensors, modules and loaders.

use autograd::{Arg, DType, Scalar, Tensor, Variable};
use vm::{Fault, Value};

use super::data::{LoaderValue, RowsValue};
use super::index;
use super::modules::ModuleValue;
use super::value::{TensorValue, fault, many, missing, one, scalar_of, tensor_value};

/// An operator by its symbol; `None` when no operand is a tensor, module, data set or loader.
pub(crate) fn operator(symbol: &str, operands: &[Value]) -> Option<Result<Value, Fault>> {
    let is_ours = |v: &Value| {
        v.downcast::<TensorValue>().is_some()
            || v.downcast::<ModuleValue>().is_some()
            || v.downcast::<LoaderValue>().is_some()
            || v.downcast::<RowsValue>().is_some()
    };
    operands.iter().any(is_ours).then(|| apply(symbol, operands))
}

fn apply(symbol: &str, operands: &[Value]) -> Result<Value, Fault> {
    match (symbol, operands) {
        ("call", [callee, args @ ..]) => call(callee, args),
        ("len", [value]) => len(value),
        ("iter", [value]) => iterate(value),
        ("index", [base, key]) => match base.downcast::<TensorValue>() {
            Some(tensor) => index::index(&tensor.variable(), key),
            None => Err(missing("index", &format!("`[ ]` on a {}", base.type_name()))),
        },
        ("slice", [base, start, end]) => match base.downcast::<TensorValue>() {
            Some(tensor) => index::slice(&tensor.variable(), start, end),
            None => Err(missing("slice", &format!("`[ ]` on a {}", base.type_name()))),
        },
        (_, [operand]) => match operand.downcast::<TensorValue>() {
            Some(tensor) => unary(symbol, &tensor.variable()),
            None => Err(missing(symbol, &format!("`{symbol}` on a {}", operand.type_name()))),
        },
        (_, [left, right]) => binary(symbol, left, right),
        _ => Err(missing(symbol, &format!("`{symbol}` with {} operands", operands.len()))),
    }
}

fn call(callee: &Value, args: &[Value]) -> Result<Value, Fault> {
    let (Some(module), [x]) = (callee.downcast::<ModuleValue>(), args) else {
        return Err(Fault::new(
            "R0200",
            format!("a {} cannot be called with {} arguments", callee.type_name(), args.len()),
        ));
    };
    match x.downcast::<TensorValue>() {
        Some(x) => module.forward("Module", &x.variable()).map(tensor_value),
        None => Err(Fault::new("R0200", format!("Module(input:) expects a Tensor, found {}", x.type_name()))),
    }
}

fn len(value: &Value) -> Result<Value, Fault> {
    if let Some(loader) = value.downcast::<LoaderValue>() {
        return Ok(Value::Int(loader.len() as i64));
    }
    if let Some(rows) = value.downcast::<RowsValue>() {
        return Ok(Value::Int(rows.len() as i64));
    }
    match value.downcast::<TensorValue>() {
        Some(tensor) => match tensor.leaf().sizes().first() {
            Some(&size) => Ok(Value::Int(size as i64)),
            None => Err(fault("len", "TypeError", "len() of a 0-d tensor")),
        },
        None => Err(missing("len", &format!("the length of a {}", value.type_name()))),
    }
}

fn iterate(value: &Value) -> Result<Value, Fault> {
    if let Some(loader) = value.downcast::<LoaderValue>() {
        return loader.batches();
    }
    match value.downcast::<TensorValue>() {
        Some(tensor) if tensor.leaf().dim() == 0 => {
            Err(fault("for", "TypeError", "iteration over a 0-d tensor"))
        }
        Some(tensor) => many("for", "unbind.int", vec![(&tensor.variable()).into(), 0i64.into()]),
        None => Err(missing("for", &format!("a loop over a {}", value.type_name()))),
    }
}

fn unary(symbol: &str, x: &Variable) -> Result<Value, Fault> {
    match symbol {
        "neg" => one("-", "neg", vec![x.into()]),
        "~" if x.dtype() == DType::Bool => one("~", "logical_not", vec![x.into()]),
        _ => Err(missing(symbol, &format!("`{symbol}` on a {} tensor", x.dtype().name()))),
    }
}

/// A number or tensor among operands.
enum Side {
    Tensor(Variable),
    Number(Scalar),
}

fn side(symbol: &str, value: &Value) -> Result<Side, Fault> {
    match (value.downcast::<TensorValue>(), scalar_of(value)) {
        (Some(tensor), _) => Ok(Side::Tensor(tensor.variable())),
        (None, Some(number)) => Ok(Side::Number(number)),
        (None, None) => Err(Fault::new(
            "R0200",
            format!("`{symbol}` on a Tensor expects a Tensor or a number, found {}", value.type_name()),
        )),
    }
}

/// The schema's base name, how many arguments follow the operands, and the operator with sides swapped.
fn row(symbol: &str) -> Option<(&'static str, bool, Option<&'static str>)> {
    Some(match symbol {
        "+" => ("add", true, Some("add")),
        "-" => ("sub", true, None),
        "*" => ("mul", false, Some("mul")),
        "/" => ("div", false, None),
        "%" => ("remainder", false, None),
        "==" => ("eq", false, Some("eq")),
        "!=" => ("ne", false, Some("ne")),
        "<" => ("lt", false, Some("gt")),
        "<=" => ("le", false, Some("ge")),
        ">" => ("gt", false, Some("lt")),
        ">=" => ("ge", false, Some("le")),
        _ => return None,
    })
}

fn binary(symbol: &str, left: &Value, right: &Value) -> Result<Value, Fault> {
    let (left, right) = (side(symbol, left)?, side(symbol, right)?);
    if matches!(symbol, "&" | "|" | "^") {
        return logical(symbol, left, right);
    }
    if symbol == "**" {
        return match (left, right) {
            (Side::Tensor(x), Side::Tensor(e)) => {
                one(symbol, "pow.Tensor_Tensor", vec![(&x).into(), (&e).into()])
            }
            (Side::Tensor(x), Side::Number(e)) => {
                one(symbol, "pow.Tensor_Scalar", vec![(&x).into(), e.into()])
            }
            (Side::Number(x), Side::Tensor(e)) => one(symbol, "pow.Scalar", vec![x.into(), (&e).into()]),
            (Side::Number(_), Side::Number(_)) => Err(missing(symbol, "an operator without a tensor")),
        };
    }
    if symbol == "//" {
        return match (left, right) {
            (Side::Tensor(x), Side::Number(y)) => {
                one(symbol, "floor_divide.Scalar", vec![(&x).into(), y.into()])
            }
            (x, y) => {
                let (x, y) = both(x, y);
                one(symbol, "floor_divide", vec![(&x).into(), (&y).into()])
            }
        };
    }
    let Some((base, alpha, swapped)) = row(symbol) else {
        return Err(missing(symbol, &format!("`{symbol}` on tensors")));
    };
    let rest: Vec<Arg<Variable>> = if alpha { vec![1i64.into()] } else { Vec::new() };
    let of = |x: &Variable, base: &str, overload: &str, y: Arg<Variable>| {
        let mut args = vec![x.into(), y];
        args.extend(rest.clone());
        one(symbol, &format!("{base}.{overload}"), args)
    };
    match (left, right) {
        (Side::Tensor(x), Side::Tensor(y)) => of(&x, base, "Tensor", (&y).into()),
        (Side::Tensor(x), Side::Number(y)) => of(&x, base, "Scalar", y.into()),
        (Side::Number(x), Side::Tensor(y)) => match (symbol, swapped) {
            (_, Some(swapped)) => of(&y, swapped, "Scalar", x.into()),
            ("-", _) => one(symbol, "rsub.Scalar", vec![(&y).into(), x.into(), 1i64.into()]),
            _ => {
                let (x, y) = both(Side::Number(x), Side::Tensor(y));
                of(&x, base, "Tensor", (&y).into())
            }
        },
        (Side::Number(_), Side::Number(_)) => Err(missing(symbol, "an operator without a tensor")),
    }
}

/// `&`, `|` and `^` on truth values; torch's bitwise operators on integers are another matter.
fn logical(symbol: &str, left: Side, right: Side) -> Result<Value, Fault> {
    let (x, y) = both(left, right);
    if x.dtype() != DType::Bool || y.dtype() != DType::Bool {
        let dtypes = format!("{} and {}", x.dtype().name(), y.dtype().name());
        return Err(missing(symbol, &format!("`{symbol}` on {dtypes} tensors")));
    }
    let name = match symbol {
        "&" => "logical_and",
        "|" => "logical_or",
        _ => "logical_xor",
    };
    one(symbol, name, vec![(&x).into(), (&y).into()])
}

/// Both sides as tensors; a number takes the other's dtype where its kind allows, as a plain number would.
fn both(left: Side, right: Side) -> (Variable, Variable) {
    let dtype = match (&left, &right) {
        (Side::Tensor(t), _) | (_, Side::Tensor(t)) => t.dtype(),
        (Side::Number(n), Side::Number(_)) => n.default_dtype(),
    };
    let lifted = |side: Side| match side {
        Side::Tensor(variable) => variable,
        Side::Number(number) => {
            let own = number.default_dtype();
            let dtype = if own.category() <= dtype.category() { dtype } else { own };
            Tensor::scalar(number, dtype).into()
        }
    };
    (lifted(left), lifted(right))
}
