//! NAdam beside PyTorch 2.15's: weights [1, 2], a learning rate of .1, three gradients.

use nn::{NAdamOptions, Optimizer, Result, Rule, Tensor, Variable};

const GRADS: [[f32; 2]; 3] = [[0.5, -1.0], [0.1, 0.3], [-0.2, 0.7]];

fn pull(optimizer: &mut Optimizer, weights: &Variable, grad: [f32; 2]) -> Result<()> {
    weights.set_grad(Some(Tensor::from_vec(grad.to_vec(), &[2])?));
    optimizer.step()
}

#[test]
fn nadam_steps_as_pytorch_does() -> Result<()> {
    for (weight_decay, decoupled_weight_decay, wanted) in [
        (0.0, false, [0.901_559_05, 2.022_247_8]),
        (0.1, false, [0.868_704_26, 1.977_949_9]),
        (0.1, true, [0.874_227_3, 1.960_983_4]),
    ] {
        let options = NAdamOptions { lr: 0.1, weight_decay, decoupled_weight_decay, ..Default::default() };
        let weights = Variable::parameter(Tensor::from_vec(vec![1f32, 2.0], &[2])?)?;
        let mut optimizer = Optimizer::new(vec![weights.clone()], Rule::NAdam(options))?;
        GRADS.into_iter().try_for_each(|grad| pull(&mut optimizer, &weights, grad))?;
        crate::near(&weights, &wanted, &format!("{options:?}"))?;
    }
    Ok(())
}

/// Stopped after each step, written and read again, it goes the same way.
#[test]
fn nadam_continues_from_its_bytes() -> Result<()> {
    let rule = Rule::NAdam(NAdamOptions { lr: 0.1, momentum_decay: 0.3, ..Default::default() });
    let start = || Variable::parameter(Tensor::from_vec(vec![1f32, 2.0], &[2])?);
    let (whole, parts) = (start()?, start()?);
    let mut one = Optimizer::new(vec![whole.clone()], rule)?;
    let mut other = Optimizer::new(vec![parts.clone()], rule)?;
    for grad in GRADS {
        pull(&mut one, &whole, grad)?;
        other = Optimizer::from_bytes(&other.to_bytes()?, vec![parts.clone()])?;
        pull(&mut other, &parts, grad)?;
    }
    assert_eq!(whole.data().to_vec::<f32>()?, parts.data().to_vec::<f32>()?);
    assert_eq!(one.to_bytes()?, other.to_bytes()?);
    Ok(())
}
