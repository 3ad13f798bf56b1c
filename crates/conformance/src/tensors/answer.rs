//! Runs an operator on a call's inputs and answers what it returned, wrote and sent back.

use evidence::value::{Cell, Value};
use nn::{Arg, Tensor, Variable};

use super::convert::{Given, Storages, cells, is_none, tensors};
use super::signature::{Signature, read};
use crate::call::{Call, Failure};

/// The input with the gradients of the results: no argument of the operator.
const COTANGENTS: &str = "cotangents";

/// The operator of a signature.
pub(super) fn run<S: Signature>(call: &Call<'_>) -> Result<Value, Failure> {
    let params = read::<S>(call.raw_params()).map_err(Failure::Malformed)?;
    let mut storages = Storages::default();
    let mut arguments = Vec::new();
    let mut given: Vec<(String, Variable)> = Vec::new();
    for (name, value) in call.inputs().iter().filter(|(name, _)| *name != COTANGENTS) {
        let argument = match value {
            Value::Tensor(tensor) => Arg::Tensor(storages.variable(tensor)?),
            Value::Tree(tree) => Arg::Tensors(storages.variables(name, tree)?),
            other if is_none(other) => Arg::None,
            other => {
                let found = other.kind();
                return Err(Failure::Malformed(format!("input {name}: expected tensors, found a {found}")));
            }
        };
        match &argument {
            Arg::Tensors(list) => {
                let present = list.iter().enumerate().filter_map(|(n, v)| v.as_ref().map(|v| (n, v)));
                given.extend(present.map(|(n, v)| (format!("{name}.{n}"), v.clone())));
            }
            other => given.extend(other.tensors().map(|v| (name.clone(), v.clone()))),
        }
        arguments.push((name.clone(), argument));
    }
    arguments.extend(params);
    let before: Vec<Vec<Cell>> = given.iter().map(|(_, v)| cells(v.data())).collect::<Result<_, _>>()?;
    let results = nn::call(S::NAME, Vec::new(), arguments)?;
    let mut written = Vec::new();
    for ((name, variable), before) in given.iter().zip(&before) {
        if !same(before, &cells(variable.data())?) {
            written.push((name.clone(), Given::from(variable.clone())));
        }
    }
    let sent = match call.maybe(COTANGENTS) {
        Some(_) => {
            let cotangents = tensors(COTANGENTS, call.tree(COTANGENTS)?)?;
            Some(send_back(&results, cotangents, &given)?)
        }
        None => None,
    };
    let mut answer = vec![("value".to_string(), returned(S::NAME, results)?)];
    if !written.is_empty() {
        answer.push(("after".into(), Given::Entries(written)));
    }
    answer.extend(sent.map(|grads| ("grads".to_string(), grads)));
    Given::Entries(answer).into_value()
}

/// The gradients of every input that asks for one.
fn send_back(
    results: &[Variable],
    cotangents: Vec<Tensor>,
    given: &[(String, Variable)],
) -> Result<Given, Failure> {
    let roots: Vec<&Variable> = results.iter().filter(|v| v.requires_grad()).collect();
    if roots.len() != cotangents.len() {
        let (expected, found) = (roots.len(), cotangents.len());
        return Err(Failure::Malformed(format!("cotangents: expected {expected}, found {found}")));
    }
    // Before the pass a result written in place is the input itself: what asks now may be no leaf.
    let leaves = given.iter().filter(|(_, v)| v.requires_grad());
    let leaves: Vec<(String, Variable)> = leaves.cloned().collect();
    autograd::backward(&roots, &cotangents.into_iter().map(Some).collect::<Vec<_>>(), false)?;
    let grads = leaves.into_iter().map(|(name, v)| (name, v.grad().map_or(Given::Nothing, Given::from)));
    Ok(Given::Entries(grads.collect()))
}

/// A schema says whether one tensor comes back or several.
fn returned(name: &str, results: Vec<Variable>) -> Result<Given, Failure> {
    let is_one = returns(name)?;
    let mut results: Vec<Given> = results.into_iter().map(Given::from).collect();
    match (is_one, results.len()) {
        (true, 1) => Ok(results.remove(0)),
        (true, n) => Err(Failure::Malformed(format!("{name} returns one tensor, found {n}"))),
        (false, _) => Ok(Given::Items(results)),
    }
}

fn returns(name: &str) -> Result<bool, Failure> {
    let composite = nn::composites().find(|composite| composite.name() == name);
    let schema = match composite {
        Some(composite) => composite.schema,
        None => tensor::operator(name)?.schema,
    };
    let returns = schema.rsplit_once("-> ").map_or("", |(_, returns)| returns);
    Ok(!returns.starts_with('(') && !returns.ends_with(']'))
}

/// Whether nothing was written, as `==` tells it; NaN equals NaN.
fn same(before: &[Cell], after: &[Cell]) -> bool {
    let equal = |(a, b): (&Cell, &Cell)| match (a, b) {
        (Cell::Float(a), Cell::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (a, b) => a == b,
    };
    before.len() == after.len() && before.iter().zip(after).all(equal)
}
