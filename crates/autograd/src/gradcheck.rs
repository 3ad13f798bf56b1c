//! Judging a gradient by finite differences.

use tensor::{Error, Result, Scalar, Tensor};

use crate::engine::{Pass, grad_pass};
use crate::variable::Variable;

/// Compares analytic gradients with central differences in f64, input by input, element by element.
///
/// The function's result is weighted by 1, 2, 3, … and summed, so that no element's gradient can hide.
///
/// # Errors
/// `RuntimeError` naming the first element that differs by more than `atol + 1e-3 * |numeric|`; whatever the
/// function itself refuses.
pub fn gradcheck(f: impl Fn(&[Variable]) -> Result<Variable>, inputs: &[Tensor], atol: f64) -> Result<()> {
    const STEP: f64 = 1e-6;
    let weigh = |out: &Variable| -> Result<Tensor> {
        let count = out.numel();
        let weights: Vec<f64> = (1..=count).map(|i| i as f64).collect();
        Tensor::from_vec(weights, out.sizes())
    };
    let variables = inputs.iter().map(|t| Variable::parameter(t.copy()?)).collect::<Result<Vec<_>>>()?;
    let out = f(&variables)?;
    crate::backward(&[&out], &[Some(weigh(&out)?)], false)?;
    let value = |inputs: &[Tensor]| -> Result<f64> {
        let variables: Vec<Variable> = inputs.iter().cloned().map(Variable::from).collect();
        let out = f(&variables)?;
        Ok(out.data().mul(&weigh(&out)?)?.sum(None)?.item()?.to_f64())
    };
    for (k, variable) in variables.iter().enumerate() {
        let analytic = match variable.grad() {
            Some(grad) => grad.to_vec_as::<f64>()?,
            None => vec![0.0; variable.numel()],
        };
        for (i, &found) in analytic.iter().enumerate() {
            let shifted = |by: f64| -> Result<f64> {
                let mut moved = Vec::with_capacity(inputs.len());
                for (j, t) in inputs.iter().enumerate() {
                    let mut values = t.to_vec_as::<f64>()?;
                    if j == k {
                        values[i] += by;
                    }
                    moved.push(Tensor::from_vec(values, t.sizes())?);
                }
                value(&moved)
            };
            let numeric = (shifted(STEP)? - shifted(-STEP)?) / (2.0 * STEP);
            if (found - numeric).abs() > atol + 1e-3 * numeric.abs() || found.is_nan() != numeric.is_nan() {
                return Err(Error::runtime(
                    "gradcheck",
                    format!("gradient of input {k} at element {i}: expected {numeric}, found {found}"),
                )
                .expected(Scalar::Float(numeric).to_string())
                .found(Scalar::Float(found).to_string()));
            }
        }
    }
    Ok(())
}

/// As [`gradcheck`] for the gradient itself: the gradients of `f` by its inputs, computed with a graph of their own, are
/// differentiated by the inputs and by what the result is weighted with.
///
/// # Errors
/// As [`gradcheck`]; `NotImplementedError` where a gradient on the way has none.
pub fn gradgradcheck(
    f: impl Fn(&[Variable]) -> Result<Variable>,
    inputs: &[Tensor],
    atol: f64,
) -> Result<()> {
    let plain: Vec<Variable> = inputs.iter().cloned().map(Variable::from).collect();
    let result = f(&plain)?;
    let weights: Vec<f64> = (0..result.numel()).map(|i| 1.0 + 0.25 * (i % 5) as f64).collect();
    let mut all = inputs.to_vec();
    all.push(Tensor::from_vec(weights, result.sizes())?);
    let slopes = |given: &[Variable]| -> Result<Variable> {
        // Without a gradient wanted from outside, as for differences, the inputs still are what `f` is derived by.
        let derivable = |v: &Variable| {
            if v.requires_grad() { Ok(v.clone()) } else { Variable::parameter(v.data().clone()) }
        };
        let Some((weight, inputs)) = given.split_last() else {
            return Err(Error::value("gradgradcheck", "no inputs"));
        };
        let inputs = inputs.iter().map(derivable).collect::<Result<Vec<_>>>()?;
        let by: Vec<&Variable> = inputs.iter().collect();
        let pass = Pass { retain_graph: true, create_graph: true };
        let found = grad_pass(&[&f(&inputs)?], &by, &[Some(weight.clone())], pass, true)?;
        let flat = found.into_iter().flatten().map(|grad| grad.reshape(&[-1]));
        Variable::cat(&flat.collect::<Result<Vec<_>>>()?, 0)
    };
    gradcheck(slopes, &all, atol)
}
