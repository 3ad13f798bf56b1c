//! Between values of cases and of the language.

use evidence::value::{Cell, Scalar, Tree, Value};

use crate::call::Failure;

/// The type that an argument is declared with, and its value.
pub(super) fn argument(value: &Value) -> Result<(String, vm::Value), Failure> {
    Ok(match value {
        Value::Text(text) => ("String".into(), vm::Value::str(text.as_str())),
        Value::Bytes(bytes) => ("Bytes".into(), vm::Value::bytes(bytes.clone())),
        Value::Scalar(scalar) => match scalar.value() {
            Cell::Bool(x) => ("Bool".into(), vm::Value::Bool(*x)),
            Cell::Integer(x) => ("Int".into(), vm::Value::Int(int(*x)?)),
            Cell::Float(x) => ("Float".into(), vm::Value::Float(*x)),
            Cell::Text(text) => ("String".into(), vm::Value::str(text.as_str())),
            other => return Err(Failure::Malformed(format!("no form in the language for {other:?}"))),
        },
        Value::Tree(Tree::Items(items)) => {
            let items: Vec<_> = items.iter().map(argument).collect::<Result<_, _>>()?;
            let Some(of_type) = items.first().map(|(of_type, _)| of_type.clone()) else {
                return Ok(("list[String]".into(), vm::Value::list(Vec::new())));
            };
            if items.iter().any(|(other, _)| *other != of_type) {
                return Err(Failure::Malformed("a list of more than one type".into()));
            }
            let items = items.into_iter().map(|(_, item)| item).collect();
            (format!("list[{of_type}]"), vm::Value::list(items))
        }
        other => return Err(Failure::Malformed(format!("no form in the language for a {}", other.kind()))),
    })
}

fn int(x: i128) -> Result<i64, Failure> {
    i64::try_from(x).map_err(|_| Failure::Malformed(format!("{x} is no Int")))
}

/// What the language gave, as Python's own value of that kind.
pub(super) fn result(value: &vm::Value) -> Result<Value, Failure> {
    let scalar = |dtype, cell| Ok(Value::Scalar(Scalar::new(dtype, cell)?));
    match value {
        vm::Value::Null => scalar("NoneType", Cell::None),
        vm::Value::Bool(x) => scalar("bool", Cell::Bool(*x)),
        vm::Value::Int(x) => scalar("int", Cell::Integer(i128::from(*x))),
        vm::Value::Float(x) => scalar("float", Cell::Float(*x)),
        vm::Value::Str(text) => Ok(Value::Text(text.as_str().to_owned())),
        vm::Value::Bytes(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        vm::Value::List(list) => {
            Ok(Value::Tree(Tree::Items(list.iter().map(|item| result(&item)).collect::<Result<_, _>>()?)))
        }
        other => Err(Failure::Malformed(format!("no form in Python for a {}", other.type_name()))),
    }
}
