//! What PyTorch says about dtypes, operators and tensors, without computing.

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::Value;
use serde::Deserialize;

use super::convert::tensor;
use super::signature;
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "tensor.schema",
        reference: Reference::Torch("torch.ops.aten"),
        inputs: &[],
        params: Params::of::<Schema>(),
        run: schema,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.ops.aten.*._schema"],
    },
    Row {
        op: "tensor.promote_types",
        reference: Reference::Torch("torch.promote_types"),
        inputs: &[],
        params: Params::of::<Promote>(),
        run: promote_types,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.promote_types(type1, type2)"],
    },
    Row {
        op: "tensor.result_type",
        reference: Reference::Torch("torch.result_type"),
        inputs: &[Input::one("a", &[Kind::Tensor]), Input::maybe("b", &[Kind::Tensor])],
        params: Params::of::<Number>(),
        run: result_type,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.result_type(tensor1, tensor2)"],
    },
    Row {
        op: "tensor.repr",
        reference: Reference::Torch("torch.Tensor.__repr__"),
        inputs: &[Input::one("self", &[Kind::Tensor])],
        params: Params::NONE,
        run: repr,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.Tensor.__repr__"],
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema {
    /// Name and overload.
    name: String,
}

fn schema(call: &Call<'_>) -> Result<Value, Failure> {
    let Schema { name } = call.params()?;
    // Whether a name is known is what is asked, so an unknown one is an answer and no feature that is lacking.
    let operator =
        tensor::operator(&name).map_err(|error| Failure::raised(error.kind().class(), error.message()))?;
    Ok(Value::Text(operator.schema.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promote {
    a: Json,
    b: Json,
}

fn promote_types(call: &Call<'_>) -> Result<Value, Failure> {
    let Promote { a, b } = call.params()?;
    let dtype = |json: &Json| {
        let found = evidence::json::brief(json);
        signature::dtype(json).ok_or_else(|| Failure::unsupported(format!("dtype {found}")))
    };
    Ok(Value::Text(dtype(&a)?.promote(dtype(&b)?).to_string()))
}

/// `b` where the other operand is a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    b: Option<Json>,
}

fn result_type(call: &Call<'_>) -> Result<Value, Failure> {
    let Number { b } = call.params()?;
    let a = tensor(call.tensor("a")?)?;
    let number = b.as_ref().and_then(signature::number);
    let found = match (call.maybe("b"), number) {
        (Some(_), None) => a.result_type(&tensor(call.tensor("b")?)?),
        (None, Some(number)) => a.result_type(number),
        _ => return Err(Failure::Malformed("expected b either as an input or as a number".into())),
    };
    Ok(Value::Text(found.to_string()))
}

fn repr(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(Value::Text(tensor(call.tensor("self")?)?.to_string()))
}
