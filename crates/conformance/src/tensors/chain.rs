//! Several operators one after another on the same tensors: which results share a storage, how often each was written,
//! where it came from, what is sent back to it.

use evidence::json::Json;
use evidence::value::Value;
use nn::{Arg, Variable};
use serde::Deserialize;
use serde_json::Map;

use super::convert::{Given, Storages};
use super::operators::ROUNDED;
use super::signature;
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "tensor.chain",
    reference: Reference::Torch("torch.Tensor._version"),
    inputs: &[Input::one("tensors", &[Kind::Tree])],
    params: Params::of::<Chain>(),
    run: chain,
    rule: ROUNDED,
    hardened: &[],
    api: &[
        "torch.Tensor._version",
        "torch.Tensor.grad_fn",
        "torch.Tensor.grad",
        "torch.Tensor.detach",
        "torch.Tensor.requires_grad_(requires_grad)",
        "torch.Tensor.retain_grad",
        "torch.Tensor.backward(gradient, retain_graph)",
        "torch.autograd.graph.Node.register_prehook",
    ],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    steps: Vec<Json>,
}

/// `{"call": "mul.Tensor", "with": {"self": {"$t": 0}, "other": {"$t": 1}}, "grad": true}`: an operator, or `detach`,
/// `requires_grad_`, `retain_grad`, `backward`. Its results join the tensors that later steps name by position.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    call: String,
    with: Map<String, Json>,
    /// Whether the step is recorded for gradients.
    grad: bool,
}

fn malformed(why: impl Into<String>) -> Failure {
    Failure::Malformed(why.into())
}

/// Every tensor; the writes that its storage saw; the node it came from; its gradient; the nodes of all backward
/// passes as they ran.
fn chain(call: &Call<'_>) -> Result<Value, Failure> {
    let Chain { steps } = call.params()?;
    let listed = Storages::default().variables("tensors", call.tree("tensors")?)?;
    let mut tensors: Vec<Variable> = listed.into_iter().flatten().collect();
    let (done, report) = autograd::reported(|| {
        steps.into_iter().try_for_each(|json| {
            let step: Step =
                serde_json::from_value(json).map_err(|why| malformed(format!("params: steps: {why}")))?;
            if step.grad { step.run(&mut tensors) } else { autograd::no_grad(|| step.run(&mut tensors)) }
        })
    });
    done?;
    let version = |v: &Variable| i64::try_from(v.data().version()).map(Given::Integer);
    let versions: Result<Vec<Given>, _> = tensors.iter().map(version).collect();
    let node = |v: &Variable| v.grad_fn().map_or(Given::Nothing, |name| Given::Text(name.into()));
    let order = report.execution_order.into_iter().map(|name| Given::Text(name.into()));
    Given::Entries(vec![
        ("tensors".into(), tensors.iter().cloned().collect()),
        ("versions".into(), Given::Items(versions.map_err(|_| malformed("a version beyond 64 bits"))?)),
        ("grad_fn".into(), Given::Items(tensors.iter().map(node).collect())),
        (
            "grads".into(),
            Given::Items(tensors.iter().map(|v| v.grad().map_or(Given::Nothing, Given::from)).collect()),
        ),
        ("order".into(), Given::Items(order.collect())),
    ])
    .into_value()
}

impl Step {
    fn run(&self, tensors: &mut Vec<Variable>) -> Result<(), Failure> {
        match self.call.as_str() {
            "detach" => {
                self.only(&["self"])?;
                tensors.push(self.tensor("self", tensors)?.detach());
            }
            "requires_grad_" => {
                self.only(&["self", "requires_grad"])?;
                self.tensor("self", tensors)?.requires_grad_(self.flag("requires_grad")?)?;
            }
            "retain_grad" => {
                self.only(&["self"])?;
                self.tensor("self", tensors)?.retain_grad()?;
            }
            "backward" => {
                self.only(&["self", "gradient", "retain_graph"])?;
                let gradient = match self.with.get("gradient") {
                    Some(Json::Null) => None,
                    _ => Some(self.tensor("gradient", tensors)?.data().clone()),
                };
                self.tensor("self", tensors)?.backward_with(gradient, self.flag("retain_graph")?)?;
            }
            operator => tensors.extend(nn::call(operator, Vec::new(), self.arguments(operator, tensors)?)?),
        }
        Ok(())
    }

    fn only(&self, names: &[&str]) -> Result<(), Failure> {
        match self.with.keys().find(|key| !names.contains(&key.as_str())) {
            Some(unknown) => Err(malformed(format!("params: steps: {} has no {unknown:?}", self.call))),
            None => Ok(()),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Failure> {
        let flag = self.with.get(name).and_then(Json::as_bool);
        flag.ok_or_else(|| malformed(format!("params: steps: {}: expected a flag {name:?}", self.call)))
    }

    fn tensor<'t>(&self, name: &str, tensors: &'t [Variable]) -> Result<&'t Variable, Failure> {
        let found = self.with.get(name).and_then(|json| reference(json, tensors));
        found.ok_or_else(|| malformed(format!("params: steps: {}: expected a tensor {name:?}", self.call)))
    }

    fn arguments(
        &self,
        operator: &str,
        tensors: &[Variable],
    ) -> Result<Vec<(String, Arg<Variable>)>, Failure> {
        let params = signature::parameters(operator)?;
        let argument = |(name, json): (&String, &Json)| {
            let ty = params.iter().find(|param| param.name == name.as_str()).map(|param| param.ty);
            let argument = match ty {
                Some(ty) if ty.starts_with("Tensor") => match json {
                    Json::Array(items) => {
                        let items = items.iter().map(|item| reference(item, tensors).cloned().map(Some));
                        items.collect::<Option<Vec<_>>>().map(Arg::Tensors)
                    }
                    json => reference(json, tensors).cloned().map(Arg::Tensor),
                },
                Some(ty) => signature::argument(json, ty),
                None => None,
            };
            let wrong = || malformed(format!("params: steps: {operator}: {name}: no such argument"));
            Ok((name.clone(), argument.ok_or_else(wrong)?))
        };
        self.with.iter().map(argument).collect()
    }
}

/// `{"$t": position}`.
fn reference<'t>(json: &Json, tensors: &'t [Variable]) -> Option<&'t Variable> {
    let tagged = json.as_object().filter(|tagged| tagged.len() == 1)?;
    tensors.get(usize::try_from(tagged.get("$t")?.as_u64()?).ok()?)
}
