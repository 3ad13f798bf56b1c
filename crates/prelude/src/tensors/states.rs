//! `state_dict` and `load_state_dict` of modules, optimizers and generators, in PyTorch's form.

use autograd::{Tensor, Variable};
use nn::{Optimizer, Rule};
use vm::{Fault, Key, Map, Value};

use super::value::{TensorValue, fault, refused, tensor_value};

/// A map from texts.
pub(super) fn map_of(items: Vec<(String, Value)>) -> Result<Value, Fault> {
    let mut map = Map::new();
    for (key, value) in items {
        map.insert(Key::new(Value::str(key))?, value);
    }
    Ok(Value::map(map))
}

/// A copy, since in the language tensors are values.
pub(super) fn copied(operation: &str, tensor: &Tensor) -> Result<Value, Fault> {
    Ok(tensor_value(Variable::from(tensor.copy().map_err(refused(operation))?)))
}

/// PyTorch's names of what a rule remembers of each parameter, in the engine's order.
fn buffers(rule: &Rule) -> &'static [&'static str] {
    match rule {
        Rule::Sgd(_) => &["momentum_buffer"],
        Rule::Adam(_) | Rule::AdamW(_) | Rule::NAdam(_) => &["exp_avg", "exp_avg_sq"],
        Rule::RmsProp(options) if options.momentum > 0.0 => &["square_avg", "momentum_buffer"],
        Rule::RmsProp(_) => &["square_avg"],
        Rule::Adagrad(_) => &["sum"],
    }
}

/// A rule's options by PyTorch's names.
fn options(rule: &Rule) -> Vec<(&'static str, Value)> {
    let float = Value::Float;
    let betas = |(first, second): (f64, f64)| Value::tuple(vec![float(first), float(second)]);
    match *rule {
        Rule::Sgd(o) => vec![
            ("lr", float(o.lr)),
            ("momentum", float(o.momentum)),
            ("dampening", float(o.dampening)),
            ("weight_decay", float(o.weight_decay)),
            ("nesterov", Value::Bool(o.nesterov)),
        ],
        Rule::Adam(o) | Rule::AdamW(o) => vec![
            ("lr", float(o.lr)),
            ("betas", betas(o.betas)),
            ("eps", float(o.eps)),
            ("weight_decay", float(o.weight_decay)),
        ],
        Rule::RmsProp(o) => vec![
            ("lr", float(o.lr)),
            ("alpha", float(o.alpha)),
            ("eps", float(o.eps)),
            ("weight_decay", float(o.weight_decay)),
            ("momentum", float(o.momentum)),
        ],
        Rule::Adagrad(o) => vec![
            ("lr", float(o.lr)),
            ("lr_decay", float(o.lr_decay)),
            ("weight_decay", float(o.weight_decay)),
            ("initial_accumulator_value", float(o.initial_accumulator_value)),
            ("eps", float(o.eps)),
        ],
        Rule::NAdam(o) => vec![
            ("lr", float(o.lr)),
            ("betas", betas(o.betas)),
            ("eps", float(o.eps)),
            ("weight_decay", float(o.weight_decay)),
            ("momentum_decay", float(o.momentum_decay)),
            ("decoupled_weight_decay", Value::Bool(o.decoupled_weight_decay)),
        ],
    }
}

/// What PyTorch's `load_state_dict` puts into groups and this release does not have; a value that would change a step
/// is refused.
const WITHOUT_EFFECT: [&str; 8] =
    ["amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused", "centered", "initial_lr"];

fn set_option(operation: &str, rule: &mut Rule, name: &str, value: &Value) -> Result<(), Fault> {
    let betas = || match value {
        Value::Tuple(_) | Value::List(_) => {
            let numbers: Option<Vec<f64>> =
                crate::convert::items(value).and_then(|items| items.iter().map(Value::as_number).collect());
            match numbers.as_deref() {
                Some([first, second]) => Some((*first, *second)),
                _ => None,
            }
        }
        _ => None,
    };
    let number = value.as_number();
    let flag = matches!(value, Value::Bool(_)).then_some(matches!(value, Value::Bool(true)));
    let set = match (&mut *rule, name) {
        (Rule::Sgd(o), "lr") => number.map(|x| o.lr = x),
        (Rule::Sgd(o), "momentum") => number.map(|x| o.momentum = x),
        (Rule::Sgd(o), "dampening") => number.map(|x| o.dampening = x),
        (Rule::Sgd(o), "weight_decay") => number.map(|x| o.weight_decay = x),
        (Rule::Sgd(o), "nesterov") => flag.map(|x| o.nesterov = x),
        (Rule::Adam(o) | Rule::AdamW(o), "lr") => number.map(|x| o.lr = x),
        (Rule::Adam(o) | Rule::AdamW(o), "betas") => betas().map(|x| o.betas = x),
        (Rule::Adam(o) | Rule::AdamW(o), "eps") => number.map(|x| o.eps = x),
        (Rule::Adam(o) | Rule::AdamW(o), "weight_decay") => number.map(|x| o.weight_decay = x),
        (Rule::RmsProp(o), "lr") => number.map(|x| o.lr = x),
        (Rule::RmsProp(o), "alpha") => number.map(|x| o.alpha = x),
        (Rule::RmsProp(o), "eps") => number.map(|x| o.eps = x),
        (Rule::RmsProp(o), "weight_decay") => number.map(|x| o.weight_decay = x),
        (Rule::RmsProp(o), "momentum") => number.map(|x| o.momentum = x),
        (Rule::Adagrad(o), "lr") => number.map(|x| o.lr = x),
        (Rule::Adagrad(o), "lr_decay") => number.map(|x| o.lr_decay = x),
        (Rule::Adagrad(o), "weight_decay") => number.map(|x| o.weight_decay = x),
        (Rule::Adagrad(o), "initial_accumulator_value") => number.map(|x| o.initial_accumulator_value = x),
        (Rule::Adagrad(o), "eps") => number.map(|x| o.eps = x),
        (Rule::NAdam(o), "lr") => number.map(|x| o.lr = x),
        (Rule::NAdam(o), "betas") => betas().map(|x| o.betas = x),
        (Rule::NAdam(o), "eps") => number.map(|x| o.eps = x),
        (Rule::NAdam(o), "weight_decay") => number.map(|x| o.weight_decay = x),
        (Rule::NAdam(o), "momentum_decay") => number.map(|x| o.momentum_decay = x),
        (Rule::NAdam(o), "decoupled_weight_decay") => flag.map(|x| o.decoupled_weight_decay = x),
        // PyTorch's AdamW is Adam with this flag.
        (Rule::Adam(_), "decoupled_weight_decay") => flag.filter(|x| !x).map(|_| ()),
        (Rule::AdamW(_), "decoupled_weight_decay") => flag.filter(|x| *x).map(|_| ()),
        (_, "initial_lr") => number.map(|_| ()),
        (_, other) if WITHOUT_EFFECT.contains(&other) => {
            matches!(value, Value::Null | Value::Bool(false)).then_some(())
        }
        _ => None,
    };
    set.ok_or_else(|| {
        let text = format!("the option `{name}` of this value is not one of the optimizer's");
        fault(operation, "ValueError", &text)
    })
}

/// `{state: {0: {step, exp_avg, ...}}, param_groups: [{lr, ..., params: [0]}]}`.
pub(super) fn of_optimizer(operation: &str, optimizer: &Optimizer, count: usize) -> Result<Value, Fault> {
    let rule = optimizer.rule();
    let mut state = Map::new();
    for at in 0..count {
        let Some((steps, held)) = optimizer.state(at) else { continue };
        let mut one = Vec::new();
        if !matches!(rule, Rule::Sgd(_)) {
            // A float as in PyTorch, which counts so up to 2^24.
            let step = Tensor::from_vec(vec![steps as f32], &[]).map_err(refused(operation))?;
            one.push(("step".to_string(), tensor_value(step.into())));
        }
        if let Some(product) = optimizer.momentum_product(at) {
            let product = Tensor::from_vec(vec![product], &[]).map_err(refused(operation))?;
            one.push(("mu_product".to_string(), tensor_value(product.into())));
        }
        for (name, buffer) in buffers(&rule).iter().zip(held) {
            one.push(((*name).to_string(), copied(operation, buffer)?));
        }
        state.insert(Key::new(Value::Int(at as i64))?, map_of(one)?);
    }
    let mut group: Vec<(String, Value)> =
        options(&rule).into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let members = (0..count).map(|at| at as i64).collect();
    group.push(("params".to_string(), Value::ints(members)));
    map_of(vec![
        ("state".to_string(), Value::map(state)),
        ("param_groups".to_string(), Value::list(vec![map_of(group)?])),
    ])
}

/// Gives an optimizer what [`of_optimizer`] or PyTorch's `state_dict` gave, or leaves it as it was.
pub(super) fn to_optimizer(
    operation: &str,
    optimizer: &mut Optimizer,
    count: usize,
    value: &Value,
) -> Result<(), Fault> {
    let refuse = |text: &str| fault(operation, "ValueError", text);
    let entry = |value: &Value, key: &str| match value {
        Value::Map(map) => map.get_str(key).cloned(),
        _ => None,
    };
    let groups = entry(value, "param_groups").as_ref().and_then(crate::convert::items);
    let groups = groups.ok_or_else(|| refuse("a state_dict has `state` and a list `param_groups`"))?;
    let [group] = groups.as_slice() else {
        return Err(refuse("loaded state dict has a different number of parameter groups"));
    };
    let members = entry(group, "params").as_ref().and_then(crate::convert::items).unwrap_or_default();
    if members.len() != count {
        let text =
            "loaded state dict contains a parameter group that doesn't match the size of optimizer's group";
        return Err(refuse(text));
    }
    let mut rule = optimizer.rule();
    let Value::Map(given) = group else { return Err(refuse("a parameter group is a map")) };
    for (key, option) in given.iter() {
        match key.as_str() {
            Some("params") => {}
            Some(name) => set_option(operation, &mut rule, name, option)?,
            None => return Err(refuse("an option's name is text")),
        }
    }
    let Some(Value::Map(state)) = entry(value, "state") else {
        return Err(refuse("a state_dict has a map `state`"));
    };
    let mut held = Vec::new();
    for (at, member) in members.into_iter().enumerate() {
        let Some(one) = state.get(&Key::new(member)?) else { continue };
        let tensor = |name: &str| {
            entry(one, name).and_then(|v| Some(v.downcast::<TensorValue>()?.leaf().data().clone()))
        };
        let steps = match (&rule, tensor("step")) {
            // PyTorch's keeps no count: its first buffer is there or not.
            (Rule::Sgd(_), _) => 1,
            (_, Some(step)) => match step.item().map_err(refused(operation))?.to_f64() {
                steps if steps >= 0.0 && steps.fract() == 0.0 => steps as u64,
                _ => return Err(refuse("`step` is a count")),
            },
            (_, None) => return Err(refuse("a parameter's state has no tensor `step`")),
        };
        let mut kept = Vec::new();
        for name in buffers(&rule) {
            match tensor(name) {
                Some(buffer) => kept.push(buffer.copy().map_err(refused(operation))?),
                None if matches!(rule, Rule::Sgd(_)) => {}
                None => return Err(refuse(&format!("a parameter's state has no tensor `{name}`"))),
            }
        }
        held.push((at, steps, kept));
    }
    // On a twin first, so that a state that does not fit changes nothing.
    let mut twin = optimizer.fresh();
    twin.set_rule(rule).map_err(refused(operation))?;
    for (at, steps, kept) in held {
        if steps > 0 && !(kept.is_empty() && matches!(rule, Rule::Sgd(_))) {
            twin.set_state(at, steps, kept).map_err(refused(operation))?;
        }
    }
    *optimizer = twin;
    Ok(())
}
