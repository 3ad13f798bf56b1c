//! Functions of layers from outside: against naive definitions and, where a comment says so, against PyTorch's numbers.

mod draws;
mod functional;
mod optim;
mod sequence;
mod threads;

use nn::{Arg, Result, Scalar, Tensor, Variable};

/// A float32 tensor outside the graph.
fn values(values: &[f32], sizes: &[usize]) -> Result<Variable> {
    Ok(Variable::from(Tensor::from_vec(values.to_vec(), sizes)?))
}

/// 0, 1, 2, …
fn ramp(sizes: &[usize]) -> Result<Variable> {
    let count: usize = sizes.iter().product();
    values(&(0..count).map(|i| i as f32).collect::<Vec<_>>(), sizes)
}

/// The first result of a function called by name.
fn call(name: &str, args: Vec<Arg<Variable>>, named: &[(&str, Arg<Variable>)]) -> Result<Variable> {
    let named = named.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    Ok(nn::call(name, args, named)?.remove(0))
}

fn number(value: f64) -> Arg<Variable> {
    Arg::Scalar(Scalar::Float(value))
}

fn near(found: &Variable, wanted: &[f32], what: &str) -> Result<()> {
    let found = found.data().to_vec_as::<f32>()?;
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (at, (x, y)) in found.iter().zip(wanted).enumerate() {
        assert!((x - y).abs() <= 1e-5 + 1.3e-6 * y.abs(), "{what} at {at}: {x} {y}");
    }
    Ok(())
}
