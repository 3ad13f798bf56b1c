//! `nn.functional`'s losses.

use autograd::Variable;
use nn::{CrossEntropy, Reduction};
use vm::{Fault, Value};

use super::value::{fault, optional_tensor, refused, tensor_of, tensor_value};
use crate::args::Args;
use crate::host::Table;

fn reduction(args: &mut Args<'_>) -> Result<Reduction, Fault> {
    match args.text("reduction", "mean")?.as_str() {
        "none" => Ok(Reduction::None),
        "mean" => Ok(Reduction::Mean),
        "sum" => Ok(Reduction::Sum),
        other => {
            let text = format!("{other} is not a valid value for reduction");
            Err(fault(args.operation(), "ValueError", &text).help("it is \"mean\", \"sum\" or \"none\""))
        }
    }
}

fn pair(args: &mut Args<'_>) -> Result<(Variable, Variable), Fault> {
    Ok((tensor_of(args, "input")?, tensor_of(args, "target")?))
}

fn loss(args: &Args<'_>, value: autograd::Result<Variable>) -> Result<Value, Fault> {
    value.map(tensor_value).map_err(refused(args.operation()))
}

fn classes(args: &mut Args<'_>) -> Result<CrossEntropy, Fault> {
    let weight = optional_tensor(args, "weight")?;
    let ignore_index = args.int("ignore_index", -100)?;
    Ok(CrossEntropy { weight, ignore_index, reduction: reduction(args)?, label_smoothing: 0.0 })
}

pub(crate) const TABLE: Table = &[
    ("nn.functional.binary_cross_entropy", |_, a| {
        let (input, target) = pair(a)?;
        let weight = optional_tensor(a, "weight")?;
        let reduction = reduction(a)?;
        loss(a, nn::binary_cross_entropy(&input, &target, weight.as_ref(), reduction))
    }),
    ("nn.functional.binary_cross_entropy_with_logits", |_, a| {
        let (input, target) = pair(a)?;
        let weight = optional_tensor(a, "weight")?;
        let reduction = reduction(a)?;
        let positive = optional_tensor(a, "pos_weight")?;
        let (weight, positive) = (weight.as_ref(), positive.as_ref());
        loss(a, nn::binary_cross_entropy_with_logits(&input, &target, weight, positive, reduction))
    }),
    ("nn.functional.cross_entropy", |_, a| {
        let (input, target) = pair(a)?;
        let mut options = classes(a)?;
        options.label_smoothing = a.float("label_smoothing", 0.0)?;
        loss(a, nn::cross_entropy(&input, &target, &options))
    }),
    ("nn.functional.huber_loss", |_, a| {
        let (input, target) = pair(a)?;
        let reduction = reduction(a)?;
        let delta = a.float("delta", 1.0)?;
        loss(a, nn::huber_loss(&input, &target, reduction, delta))
    }),
    ("nn.functional.l1_loss", |_, a| {
        let (input, target) = pair(a)?;
        let reduction = reduction(a)?;
        loss(a, nn::l1_loss(&input, &target, reduction))
    }),
    ("nn.functional.mse_loss", |_, a| {
        let (input, target) = pair(a)?;
        let reduction = reduction(a)?;
        loss(a, nn::mse_loss(&input, &target, reduction))
    }),
    ("nn.functional.nll_loss", |_, a| {
        let (input, target) = pair(a)?;
        let options = classes(a)?;
        loss(a, nn::nll_loss(&input, &target, &options))
    }),
    ("nn.functional.smooth_l1_loss", |_, a| {
        let (input, target) = pair(a)?;
        let reduction = reduction(a)?;
        let beta = a.float("beta", 1.0)?;
        loss(a, nn::smooth_l1_loss(&input, &target, reduction, beta))
    }),
];
