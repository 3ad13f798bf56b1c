//! Networks, optimizers, schedules and data loading, as the cases describe them.

use nn::{
    Activation, AdagradOptions, AdamOptions, BatchNorm1d, CrossEntropy, DType, DataLoader, Dropout,
    Embedding, Flatten, Generator, LayerNorm, Linear, Loss, Module, NormOptions, Optimizer, Reduction,
    Result, RmsPropOptions, Rule, Schedule, Scheduler, Sequential, SgdOptions, Tensor, TensorDataset,
    Variable, clip_grad_norm_,
};
use serde_json::Value;

use crate::case::{Case, number, tensor, usizes};
use crate::compare::Item;
use crate::execute::{list, seeded, text};

fn or(options: &Value, name: &str, default: f64) -> f64 {
    if options[name].is_null() { default } else { number(&options[name]) }
}

fn int(options: &Value, name: &str) -> usize {
    options[name].as_u64().expect("a size") as usize
}

fn layer(spec: &Value, generator: &Generator) -> Result<Module> {
    let o = &spec["options"];
    Ok(match text(&spec["layer"]) {
        "Linear" => {
            let bias = o["bias"].as_bool().unwrap_or(true);
            Linear::new(int(o, "in_features"), int(o, "out_features"), bias, generator)?.into()
        }
        "ReLU" => Activation::Relu.into(),
        "GELU" => Activation::Gelu { tanh: false }.into(),
        "Sigmoid" => Activation::Sigmoid.into(),
        "Tanh" => Activation::Tanh.into(),
        "LeakyReLU" => Activation::LeakyRelu { negative_slope: number(&o["negative_slope"]) }.into(),
        "Softmax" => Activation::Softmax { dim: o["dim"].as_i64().expect("a dim") }.into(),
        "LogSoftmax" => Activation::LogSoftmax { dim: o["dim"].as_i64().expect("a dim") }.into(),
        "Dropout" => Dropout::new(number(&o["p"]), generator)?.into(),
        "LayerNorm" => LayerNorm::new(&[int(o, "normalized_shape") as i64], NormOptions::default())?.into(),
        "BatchNorm1d" => BatchNorm1d::new(int(o, "num_features"), NormOptions::default())?.into(),
        "Embedding" => {
            let padding = o["padding_idx"].as_u64().map(|i| i as usize);
            Embedding::new(int(o, "num_embeddings"), int(o, "embedding_dim"), padding, generator)?.into()
        }
        "Flatten" => Flatten::default().into(),
        "Identity" => Module::Identity,
        other => panic!("unknown layer {other}"),
    })
}

fn stack(case: &Case) -> Result<Module> {
    let generator = seeded(case);
    let layers = case.params["layers"].as_array().expect("layers");
    let modules = layers.iter().map(|spec| layer(spec, &generator)).collect::<Result<Vec<_>>>()?;
    Ok(Sequential::new(modules).into())
}

pub fn network(case: &Case) -> Result<Item> {
    let mut net = stack(case)?;
    net.train(case.params["training"].as_bool().expect("a mode"));
    let out = net.forward(&tensor(&case.inputs["x"]).into())?;
    // The bytes hold the whole network.
    let generator = Generator::new(0);
    let again = Module::from_bytes(&net.to_bytes()?, &generator)?;
    assert_eq!(again.to_bytes()?, net.to_bytes()?, "{}", case.id);
    let mut found = vec![out.into_data()];
    found.extend(net.parameters().into_iter().map(Variable::into_data));
    found.extend(net.named_buffers().into_iter().map(|(_, t)| t));
    Ok(list(found))
}

fn rule(name: &str, o: &Value) -> Rule {
    let betas =
        if o["betas"].is_null() { (0.9, 0.999) } else { (number(&o["betas"][0]), number(&o["betas"][1])) };
    let adam = |decay: f64| AdamOptions {
        lr: or(o, "lr", 1e-3),
        betas,
        eps: or(o, "eps", 1e-8),
        weight_decay: or(o, "weight_decay", decay),
    };
    match name {
        "SGD" => Rule::Sgd(SgdOptions {
            lr: or(o, "lr", 1e-3),
            momentum: or(o, "momentum", 0.0),
            dampening: or(o, "dampening", 0.0),
            weight_decay: or(o, "weight_decay", 0.0),
            nesterov: o["nesterov"].as_bool().unwrap_or(false),
        }),
        "Adam" => Rule::Adam(adam(0.0)),
        "AdamW" => Rule::AdamW(adam(0.01)),
        "RMSprop" => Rule::RmsProp(RmsPropOptions {
            lr: or(o, "lr", 1e-2),
            momentum: or(o, "momentum", 0.0),
            weight_decay: or(o, "weight_decay", 0.0),
            ..Default::default()
        }),
        "Adagrad" => Rule::Adagrad(AdagradOptions {
            lr: or(o, "lr", 1e-2),
            lr_decay: or(o, "lr_decay", 0.0),
            weight_decay: or(o, "weight_decay", 0.0),
            initial_accumulator_value: or(o, "initial_accumulator_value", 0.0),
            ..Default::default()
        }),
        other => panic!("unknown optimizer {other}"),
    }
}

fn schedule(name: &str, o: &Value) -> Schedule {
    match name {
        "StepLR" => Schedule::Step { step_size: int(o, "step_size") as u64, gamma: number(&o["gamma"]) },
        "ExponentialLR" => Schedule::Exponential { gamma: number(&o["gamma"]) },
        "CosineAnnealingLR" => {
            Schedule::CosineAnnealing { t_max: int(o, "T_max") as u64, eta_min: number(&o["eta_min"]) }
        }
        other => panic!("unknown schedule {other}"),
    }
}

pub fn training(case: &Case) -> Result<Item> {
    let p = &case.params;
    let net = stack(case)?;
    let loss = match text(&p["loss"]) {
        "MSELoss" => Loss::Mse(Reduction::Mean),
        "BCEWithLogitsLoss" => {
            Loss::BinaryCrossEntropyWithLogits { weight: None, pos_weight: None, reduction: Reduction::Mean }
        }
        "CrossEntropyLoss" => Loss::CrossEntropy(CrossEntropy::default()),
        other => panic!("unknown loss {other}"),
    };
    let rule = rule(text(&p["optimizer"]), &p["options"]);
    let mut optimizer = Optimizer::new(net.parameters(), rule)?;
    let mut scheduler = match &p["schedule"] {
        Value::Null => None,
        s => Some(Scheduler::new(schedule(text(&s["name"]), &s["options"]), &optimizer)?),
    };
    let (x, y): (Variable, Variable) = (tensor(&case.inputs["x"]).into(), tensor(&case.inputs["y"]).into());
    let mut losses = Vec::new();
    for _ in 0..p["steps"].as_u64().expect("steps") {
        optimizer.zero_grad();
        let value = loss.forward(&net.forward(&x)?, &y)?;
        value.backward()?;
        if !p["clip"].is_null() {
            clip_grad_norm_(&net.parameters(), number(&p["clip"]), 2.0)?;
        }
        optimizer.step()?;
        if let Some(scheduler) = &mut scheduler {
            scheduler.step(&mut optimizer);
        }
        losses.push(value.into_data());
        // A run that is stopped here and read back goes on with the same bits.
        optimizer = Optimizer::from_bytes(&optimizer.to_bytes()?, net.parameters())?;
    }
    let mut found = vec![Tensor::stack(&losses, 0)?];
    found.extend(net.parameters().into_iter().map(Variable::into_data));
    Ok(list(found))
}

fn tensors(value: &Value) -> Vec<Tensor> {
    value.as_array().expect("tensors").iter().map(tensor).collect()
}

pub fn update(case: &Case) -> Result<Item> {
    let parameter = Variable::parameter(tensor(&case.inputs["parameter"]))?;
    let rule = rule(text(&case.params["optimizer"]), &case.params["options"]);
    let mut optimizer = Optimizer::new(vec![parameter.clone()], rule)?;
    let mut seen = Vec::new();
    for grad in tensors(&case.inputs["grads"]) {
        parameter.set_grad(Some(grad));
        optimizer.step()?;
        seen.push(parameter.data().copy()?);
    }
    Ok(list(seen))
}

pub fn learning_rates(case: &Case) -> Result<Item> {
    let p = &case.params;
    let parameter = Variable::parameter(Tensor::zeros(&[1], DType::F32)?)?;
    let options = SgdOptions { lr: number(&p["lr"]), ..Default::default() };
    let mut optimizer = Optimizer::new(vec![parameter], Rule::Sgd(options))?;
    let mut scheduler = Scheduler::new(schedule(text(&p["name"]), &p["options"]), &optimizer)?;
    let epochs = p["epochs"].as_u64().expect("epochs") as usize;
    let rates: Vec<f64> = (0..epochs).map(|_| scheduler.step(&mut optimizer)).collect();
    Tensor::from_vec(rates, &[epochs]).map(Item::Tensor)
}

pub fn clip_grad_norm(case: &Case) -> Result<Item> {
    let mut parameters = Vec::new();
    for grad in tensors(&case.inputs["grads"]) {
        let parameter = Variable::parameter(grad.zeros_like()?)?;
        parameter.set_grad(Some(grad));
        parameters.push(parameter);
    }
    let (max, kind) = (number(&case.params["max_norm"]), number(&case.params["norm_type"]));
    let mut found = vec![clip_grad_norm_(&parameters, max, kind)?];
    found.extend(parameters.iter().filter_map(Variable::grad));
    Ok(list(found))
}

fn counted(size: usize) -> Result<TensorDataset> {
    TensorDataset::new(vec![Tensor::from_vec((0..size as i64).collect::<Vec<i64>>(), &[size])?])
}

pub fn loader(case: &Case) -> Result<Item> {
    let p = &case.params;
    let flag = |name: &str| p[name].as_bool().expect("a flag");
    let data = counted(p["size"].as_u64().expect("a size") as usize)?;
    let mut loader = DataLoader::new(data, p["batch_size"].as_u64().expect("a size") as usize)?;
    loader = loader.drop_last(flag("drop_last"));
    if flag("shuffle") {
        loader = loader.shuffle(&seeded(case));
    }
    let mut batches = Vec::new();
    for _ in 0..p["epochs"].as_u64().expect("epochs") {
        for batch in loader.iter()? {
            batches.extend(batch?);
        }
    }
    Ok(list(batches))
}

pub fn random_split(case: &Case) -> Result<Item> {
    let data = counted(case.params["size"].as_u64().expect("a size") as usize)?;
    let parts = nn::random_split(&data, &usizes(&case.params["lengths"]), &seeded(case))?;
    let mut found = Vec::new();
    for part in parts {
        found.extend(part.gather()?.batch(&(0..part.indices.len()).collect::<Vec<_>>())?);
    }
    Ok(list(found))
}
