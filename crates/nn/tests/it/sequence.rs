//! The loss of a sequence against a sum over every alignment, and its gradient against small steps.

use nn::{Result, Tensor, Variable};

use crate::near;

const STEPS: usize = 4;
const CLASSES: usize = 3;

fn scores() -> Result<Tensor> {
    let raw: Vec<f32> = (0..STEPS * CLASSES).map(|i| (i as f32).sin()).collect();
    Tensor::from_vec(raw, &[STEPS, 1, CLASSES])
}

fn loss(log_probs: &Variable, target: &[i64]) -> Result<Variable> {
    let long = |v: Vec<i64>, sizes: &[usize]| Tensor::from_vec(v, sizes).map(Variable::from);
    let args = vec![
        log_probs.into(),
        (&long(target.to_vec(), &[1, target.len()])?).into(),
        (&long(vec![STEPS as i64], &[1])?).into(),
        (&long(vec![target.len() as i64], &[1])?).into(),
    ];
    crate::call("nn.functional.ctc_loss", args, &[("reduction", "sum".into())])
}

/// Adds the likelihood of every path of classes that spells the target: repetitions merged, blanks (0) left out.
fn naive(log_probs: &[f32], target: &[i64]) -> f64 {
    let mut total = 0.0;
    for path in 0..CLASSES.pow(STEPS as u32) {
        let classes: Vec<usize> = (0..STEPS).map(|step| path / CLASSES.pow(step as u32) % CLASSES).collect();
        let mut spelled: Vec<usize> = classes.clone();
        spelled.dedup();
        spelled.retain(|&class| class != 0);
        if spelled.iter().map(|&class| class as i64).eq(target.iter().copied()) {
            let log: f64 =
                classes.iter().enumerate().map(|(t, &c)| f64::from(log_probs[t * CLASSES + c])).sum();
            total += log.exp();
        }
    }
    -total.ln()
}

#[test]
fn the_likelihood_is_that_of_all_alignments() -> Result<()> {
    let log_probs = Variable::from(scores()?).log_softmax(-1)?;
    let flat = log_probs.data().to_vec::<f32>()?;
    for target in [&[1i64, 2][..], &[1, 1], &[2], &[1, 2, 1], &[]] {
        near(&loss(&log_probs, target)?, &[naive(&flat, target) as f32], &format!("{target:?}"))?;
    }
    // PyTorch's number for the same scores.
    near(&loss(&log_probs, &[1, 2])?, &[1.634_613_3], "PyTorch")
}

#[test]
fn no_alignment_is_an_infinite_loss_or_none() -> Result<()> {
    let log_probs = Variable::from(scores()?).log_softmax(-1)?;
    // Two equal classes need a blank between: five steps.
    let found = loss(&log_probs, &[1, 1, 1])?;
    assert_eq!(found.data().item()?.to_f64(), f64::INFINITY);
    Ok(())
}

/// Through a log-softmax, PyTorch's gradient is the slope.
#[test]
fn the_gradient_is_the_slope() -> Result<()> {
    const STEP: f32 = 1e-2;
    let x = Variable::parameter(scores()?)?;
    loss(&x.log_softmax(-1)?, &[1, 2])?.backward()?;
    let grad = x.grad().expect("a gradient").to_vec::<f32>()?;
    let raw = scores()?.to_vec::<f32>()?;
    for (at, found) in grad.iter().enumerate() {
        let moved = |by: f32| -> Result<f64> {
            let mut raw = raw.clone();
            raw[at] += by;
            let x = Variable::from(Tensor::from_vec(raw, &[STEPS, 1, CLASSES])?);
            Ok(loss(&x.log_softmax(-1)?, &[1, 2])?.data().item()?.to_f64())
        };
        let slope = (moved(STEP)? - moved(-STEP)?) / f64::from(2.0 * STEP);
        assert!((f64::from(*found) - slope).abs() < 1e-3, "{at}: {found} {slope}");
    }
    Ok(())
}
