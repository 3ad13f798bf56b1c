//! Running a case: an operator by its schema, or one of the few operations that are none.

use nn::{Arg, DType, Generator, Result, Tensor, Variable};
use serde_json::Value;

use crate::case::{Case, input, number, param, tensor, usizes};
use crate::compare::{Found, Item, Outcome};
use crate::training;

pub fn run(case: &Case) -> Outcome {
    let mut outcome = Outcome { found: Found::Value(Item::None), after: Vec::new(), grads: Vec::new() };
    let result = match adapter(&case.op) {
        Some(adapter) => adapter(case),
        None => operator(case, &mut outcome),
    };
    outcome.found = match result {
        Ok(item) => Found::Value(item),
        Err(error) => Found::Error { class: error.kind().class(), message: error.message().to_string() },
    };
    outcome
}

pub fn list(tensors: Vec<Tensor>) -> Item {
    Item::List(tensors.into_iter().map(Item::Tensor).collect())
}

fn operator(case: &Case, outcome: &mut Outcome) -> Result<Item> {
    let mut leaves: Vec<(String, Variable)> = Vec::new();
    let mut named = Vec::new();
    let mut before = Vec::new();
    for (name, value) in &case.inputs {
        let arg = input(value);
        let is_list = matches!(arg, Arg::Tensors(_));
        for (i, v) in arg.tensors().enumerate() {
            before.push((name.clone(), v.data().clone(), v.data().value_hash()?));
            if case.wants_grad(name) && v.dtype().is_float() {
                v.requires_grad_(true)?;
                leaves.push((if is_list { format!("{name}.{i}") } else { name.clone() }, v.clone()));
            }
        }
        named.push((name.clone(), arg));
    }
    named.extend(case.params.iter().map(|(name, value)| (name.clone(), param(value))));
    let outputs = nn::call(&case.op, Vec::new(), named)?;
    if !leaves.is_empty() && case.expect["error"].is_null() {
        let cotangents =
            case.expect["cotangents"].as_array().map(|c| c.iter().map(tensor).collect::<Vec<_>>());
        let roots: Vec<&Variable> = outputs.iter().filter(|v| v.requires_grad()).collect();
        let cotangents: Vec<Option<Tensor>> = cotangents.unwrap_or_default().into_iter().map(Some).collect();
        assert_eq!(roots.len(), cotangents.len(), "{}: outputs that want a gradient", case.id);
        autograd::backward(&roots, &cotangents, false)?;
        outcome.grads = leaves.into_iter().map(|(name, v)| (name, v.grad())).collect();
    }
    for (name, t, hash) in before {
        if t.value_hash()? != hash {
            outcome.after.push((name, t));
        }
    }
    // PyTorch returns a lone tensor bare, and lists and tuples as lists.
    let mut items: Vec<Item> = outputs.into_iter().map(|v| Item::Tensor(v.into_data())).collect();
    let bare = !case.expect["value"].is_array();
    Ok(if bare && items.len() == 1 { items.remove(0) } else { Item::List(items) })
}

type Adapter = fn(&Case) -> Result<Item>;

fn adapter(op: &str) -> Option<Adapter> {
    Some(match op {
        "repr" => |case| Ok(Item::Text(tensor(&case.inputs["self"]).to_string())),
        "schema" => |case| {
            let name = text(&case.params["name"]);
            Ok(Item::Text(::tensor::operator(name)?.schema.to_string()))
        },
        "promote_types" => |case| {
            let (a, b) = (DType::parse(text(&case.params["a"]))?, DType::parse(text(&case.params["b"]))?);
            Ok(Item::Text(a.promote(b).to_string()))
        },
        "result_type" => |case| {
            let a = tensor(&case.inputs["a"]);
            let found = match case.inputs.get("b") {
                Some(b) => a.result_type(&tensor(b)),
                None => match param(&case.params["b"]) {
                    Arg::Scalar(s) => a.result_type(s),
                    _ => panic!("{}: a number was expected", case.id),
                },
            };
            Ok(Item::Text(found.to_string()))
        },
        "uniform" => |case| {
            let p = &case.params;
            let sizes: Vec<i64> = usizes(&p["size"]).into_iter().map(|s| s as i64).collect();
            let dtype = DType::parse(text(&p["dtype"]))?;
            Tensor::uniform(&sizes, number(&p["from"]), number(&p["to"]), dtype, &seeded(case))
                .map(Item::Tensor)
        },
        "generator_state" => |case| {
            let generator = seeded(case);
            let count = |name: &str| case.params[name].as_i64().expect("a count");
            Tensor::rand(&[count("draws")], DType::F32, &generator)?;
            Tensor::randn(&[count("normals")], DType::F32, &generator)?;
            let state = generator.get_state();
            // A state that was set continues where the other would.
            let copy = Generator::new(1);
            copy.set_state(&state)?;
            assert_eq!(copy.random64(), generator.random64());
            let len = state.len();
            Tensor::from_vec(state, &[len]).map(Item::Tensor)
        },
        "network" => training::network,
        "training" => training::training,
        "update" => training::update,
        "learning_rates" => training::learning_rates,
        "clip_grad_norm_" => training::clip_grad_norm,
        "loader" => training::loader,
        "random_split" => training::random_split,
        _ => return None,
    })
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

pub fn seeded(case: &Case) -> Generator {
    Generator::new(case.params["seed"].as_u64().expect("a seed"))
}
