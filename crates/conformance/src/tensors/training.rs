//! Optimizers, schedules and whole training runs.

use evidence::compare::Rule as Compared;
use evidence::json::Json;
use evidence::value::Value;
use nn::{
    AdagradOptions, AdamOptions, CrossEntropy, DType, Loss, Optimizer, Reduction, RmsPropOptions, Rule,
    Schedule, Scheduler, SgdOptions, Tensor, Variable, clip_grad_norm_,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::convert::{Given, Storages, tensor, tensors};
use super::network::{STEPS, stack};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "tensor.update",
        reference: Reference::Torch("torch.optim.Optimizer.add_param_group"),
        inputs: &[Input::one("parameter", &[Kind::Tensor]), Input::one("grads", &[Kind::Tree])],
        params: Params::of::<Update>(),
        run: update,
        rule: STEPS,
        hardened: &[],
        api: &[
            "torch.optim.SGD(lr, momentum, dampening, weight_decay, nesterov)",
            "torch.optim.Adam(lr, betas, eps, weight_decay)",
            "torch.optim.AdamW(lr, betas, eps, weight_decay)",
            "torch.optim.RMSprop(lr, alpha, eps, weight_decay, momentum)",
            "torch.optim.Adagrad(lr, lr_decay, weight_decay, initial_accumulator_value, eps)",
        ],
    },
    Row {
        op: "tensor.learning_rates",
        reference: Reference::Torch("torch.optim.lr_scheduler.LRScheduler.__init__"),
        inputs: &[],
        params: Params::of::<Rates>(),
        run: learning_rates,
        rule: Compared::Within(&[(
            "torch.float64",
            evidence::compare::Tolerance { rtol: 1e-12, atol: 1e-15 },
        )]),
        hardened: &[],
        api: &[
            "torch.optim.lr_scheduler.StepLR(step_size, gamma)",
            "torch.optim.lr_scheduler.ExponentialLR(gamma)",
            "torch.optim.lr_scheduler.CosineAnnealingLR(T_max, eta_min)",
        ],
    },
    Row {
        op: "tensor.clip_grad_norm_",
        reference: Reference::Torch("torch.nn.utils.clip_grad_norm_"),
        inputs: &[Input::one("grads", &[Kind::Tree])],
        params: Params::of::<Clip>(),
        run: clip_grad_norm,
        rule: STEPS,
        hardened: &[],
        api: &["torch.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type)"],
    },
    Row {
        op: "tensor.training",
        reference: Reference::Torch("torch.optim.Optimizer.add_param_group"),
        inputs: &[Input::one("x", &[Kind::Tensor]), Input::one("y", &[Kind::Tensor])],
        params: Params::of::<Training>(),
        run: training,
        rule: STEPS,
        hardened: &[],
        api: &["torch.nn.MSELoss", "torch.nn.BCEWithLogitsLoss", "torch.nn.CrossEntropyLoss"],
    },
];

fn options<T: DeserializeOwned>(json: Json) -> Result<T, Failure> {
    serde_json::from_value(json).map_err(|why| Failure::Malformed(format!("params: options: {why}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sgd {
    lr: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adam {
    lr: f64,
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RmsProp {
    lr: f64,
    alpha: f64,
    eps: f64,
    weight_decay: f64,
    momentum: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adagrad {
    lr: f64,
    lr_decay: f64,
    weight_decay: f64,
    initial_accumulator_value: f64,
    eps: f64,
}

fn rule(optimizer: &str, json: Json) -> Result<Rule, Failure> {
    let adam = |json| {
        let Adam { lr, betas, eps, weight_decay } = options(json)?;
        Ok::<_, Failure>(AdamOptions { lr, betas, eps, weight_decay })
    };
    Ok(match optimizer {
        "SGD" => {
            let Sgd { lr, momentum, dampening, weight_decay, nesterov } = options(json)?;
            Rule::Sgd(SgdOptions { lr, momentum, dampening, weight_decay, nesterov })
        }
        "Adam" => Rule::Adam(adam(json)?),
        "AdamW" => Rule::AdamW(adam(json)?),
        "RMSprop" => {
            let RmsProp { lr, alpha, eps, weight_decay, momentum } = options(json)?;
            Rule::RmsProp(RmsPropOptions { lr, alpha, eps, weight_decay, momentum })
        }
        "Adagrad" => {
            let Adagrad { lr, lr_decay, weight_decay, initial_accumulator_value, eps } = options(json)?;
            Rule::Adagrad(AdagradOptions { lr, lr_decay, weight_decay, initial_accumulator_value, eps })
        }
        other => return Err(Failure::unsupported(format!("torch.optim.{other}"))),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    step_size: u64,
    gamma: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exponential {
    gamma: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cosine {
    #[serde(rename = "T_max")]
    t_max: u64,
    eta_min: f64,
}

fn schedule(name: &str, json: Json) -> Result<Schedule, Failure> {
    Ok(match name {
        "StepLR" => {
            let Step { step_size, gamma } = options(json)?;
            Schedule::Step { step_size, gamma }
        }
        "ExponentialLR" => {
            let Exponential { gamma } = options(json)?;
            Schedule::Exponential { gamma }
        }
        "CosineAnnealingLR" => {
            let Cosine { t_max, eta_min } = options(json)?;
            Schedule::CosineAnnealing { t_max, eta_min }
        }
        other => return Err(Failure::unsupported(format!("torch.optim.lr_scheduler.{other}"))),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    optimizer: String,
    options: Json,
}

/// The parameter after each of the given gradients.
fn update(call: &Call<'_>) -> Result<Value, Failure> {
    let Update { optimizer, options } = call.params()?;
    let parameter = Variable::parameter(tensor(call.tensor("parameter")?)?)?;
    let mut optimizer = Optimizer::new(vec![parameter.clone()], rule(&optimizer, options)?)?;
    let mut seen = Vec::new();
    for grad in tensors("grads", call.tree("grads")?)? {
        parameter.set_grad(Some(grad));
        optimizer.step()?;
        seen.push(parameter.data().copy()?);
    }
    Given::from_iter(seen).into_value()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    name: String,
    options: Json,
    lr: f64,
    epochs: usize,
}

fn learning_rates(call: &Call<'_>) -> Result<Value, Failure> {
    let Rates { name, options, lr, epochs } = call.params()?;
    let parameter = Variable::parameter(Tensor::zeros(&[1], DType::F32)?)?;
    let rule = Rule::Sgd(SgdOptions { lr, ..Default::default() });
    let mut optimizer = Optimizer::new(vec![parameter], rule)?;
    let mut scheduler = Scheduler::new(schedule(&name, options)?, &optimizer)?;
    let rates: Vec<f64> = (0..epochs).map(|_| scheduler.step(&mut optimizer)).collect();
    Given::from(Tensor::from_vec(rates, &[epochs])?).into_value()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clip {
    max_norm: f64,
    norm_type: f64,
}

fn clip_grad_norm(call: &Call<'_>) -> Result<Value, Failure> {
    let Clip { max_norm, norm_type } = call.params()?;
    let mut parameters = Vec::new();
    for grad in tensors("grads", call.tree("grads")?)? {
        let parameter = Variable::parameter(grad.zeros_like()?)?;
        parameter.set_grad(Some(grad));
        parameters.push(parameter);
    }
    let total = clip_grad_norm_(&parameters, max_norm, norm_type)?;
    let grads = parameters.iter().filter_map(Variable::grad);
    Given::from_iter(std::iter::once(total).chain(grads)).into_value()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Training {
    seed: u64,
    layers: Vec<Json>,
    loss: String,
    optimizer: String,
    options: Json,
    schedule: Option<Json>,
    clip: Option<f64>,
    steps: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    options: Json,
}

/// The loss of each step, then the parameters.
fn training(call: &Call<'_>) -> Result<Value, Failure> {
    let params: Training = call.params()?;
    let net = stack(&params.layers, params.seed)?;
    let loss = match params.loss.as_str() {
        "MSELoss" => Loss::Mse(Reduction::Mean),
        "BCEWithLogitsLoss" => {
            Loss::BinaryCrossEntropyWithLogits { weight: None, pos_weight: None, reduction: Reduction::Mean }
        }
        "CrossEntropyLoss" => Loss::CrossEntropy(CrossEntropy::default()),
        other => return Err(Failure::unsupported(format!("torch.nn.{other}"))),
    };
    let mut optimizer = Optimizer::new(net.parameters(), rule(&params.optimizer, params.options)?)?;
    let mut scheduler = match params.schedule {
        None => None,
        Some(json) => {
            let Named { name, options: given } = options(json)?;
            Some(Scheduler::new(schedule(&name, given)?, &optimizer)?)
        }
    };
    let mut storages = Storages::default();
    let (x, y) = (storages.variable(call.tensor("x")?)?, storages.variable(call.tensor("y")?)?);
    let mut losses = Vec::new();
    for _ in 0..params.steps {
        optimizer.zero_grad();
        let value = loss.forward(&net.forward(&x)?, &y)?;
        value.backward()?;
        if let Some(max_norm) = params.clip {
            clip_grad_norm_(&net.parameters(), max_norm, 2.0)?;
        }
        optimizer.step()?;
        if let Some(scheduler) = &mut scheduler {
            scheduler.step(&mut optimizer);
        }
        losses.push(value.into_data());
        // A run that is stopped here and read back goes on with the same bits.
        optimizer = Optimizer::from_bytes(&optimizer.to_bytes()?, net.parameters())?;
    }
    let mut found = vec![Given::from(Tensor::stack(&losses, 0)?)];
    found.extend(net.parameters().into_iter().map(Given::from));
    Given::Items(found).into_value()
}
