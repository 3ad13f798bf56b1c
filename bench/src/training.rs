//! A thousand training steps of a small network, as in `peers/training.py`: equal weights, data and optimizer.

mod stopwatch;

use anyhow::Result;
use nn::{
    Activation, AdamOptions, CrossEntropy, Generator, Linear, Module, Optimizer, Rule, Sequential, Tensor,
    Variable, cross_entropy,
};

const ROWS: usize = 4096;
const WIDTH: usize = 16;
const HIDDEN: usize = 64;
const STEPS: usize = 1000;
const BATCH: usize = 256;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let net = network()?;
    let x = Variable::from(filled(&[ROWS, WIDTH], input)?);
    let totals = (0..ROWS).map(|row| (row * WIDTH..(row + 1) * WIDTH).map(input).sum::<f64>());
    let y = Variable::from(Tensor::from_vec(totals.map(|total| i64::from(total > 0.0)).collect(), &[ROWS])?);
    let mut optimizer = Optimizer::new(net.parameters(), Rule::Adam(AdamOptions::default()))?;
    let (seconds, losses) = stopwatch::timed(|| {
        let mut losses = Vec::with_capacity(STEPS);
        for step in 0..STEPS {
            let at = (step * BATCH % ROWS) as i64;
            optimizer.zero_grad();
            let scores = net.forward(&x.narrow(0, at, BATCH as i64)?)?;
            let loss = cross_entropy(&scores, &y.narrow(0, at, BATCH as i64)?, &CrossEntropy::default())?;
            loss.backward()?;
            optimizer.step()?;
            losses.extend(loss.data().to_vec_as::<f64>()?);
        }
        Ok(losses)
    })?;
    stopwatch::report(seconds, &[losses[0], losses[STEPS - 1]]);
    Ok(())
}

fn network() -> Result<Module> {
    let generator = Generator::new(0);
    let net = Module::from(Sequential::new(vec![
        Linear::new(WIDTH, HIDDEN, true, &generator)?.into(),
        Activation::Relu.into(),
        Linear::new(HIDDEN, HIDDEN, true, &generator)?.into(),
        Activation::Relu.into(),
        Linear::new(HIDDEN, 2, true, &generator)?.into(),
    ]));
    for parameter in net.parameters() {
        parameter.data().copy_(&filled(parameter.sizes(), |n| 0.1 * ((n + 1) as f64).sin())?)?;
    }
    Ok(net)
}

fn input(n: usize) -> f64 {
    (0.01 * n as f64).cos()
}

fn filled(sizes: &[usize], formula: impl Fn(usize) -> f64) -> Result<Tensor> {
    let count = sizes.iter().product();
    Ok(Tensor::from_vec((0..count).map(|n| formula(n) as f32).collect(), sizes)?)
}
