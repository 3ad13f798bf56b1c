//! A training gives the same bits with any number of threads.

use std::num::NonZeroUsize;

use autograd::{DType, Generator};
use nn::{AdamOptions, Optimizer, Result, Rule, Tensor, Variable};
use threads::Setting;

/// 50 epochs of a small network with everything that is spread: products, a norm, a reduction, dropout, clipping, Adam.
/// The hashes of the loss of each epoch, then of the parameters.
fn trained() -> Result<Vec<[u8; 32]>> {
    let generator = Generator::new(7);
    let x: Variable = Tensor::randn(&[96, 12], DType::F32, &generator)?.into();
    let y = x.square()?.sum_dims(&[1], true)?;
    let parameters = [[32, 12], [32, 1], [32, 32], [1, 32]]
        .into_iter()
        .map(|sizes| Variable::parameter(Tensor::randn(&sizes, DType::F32, &generator)?.mul(0.3)?))
        .collect::<Result<Vec<_>>>()?;
    let mut optimizer = Optimizer::new(parameters.clone(), Rule::Adam(AdamOptions::default()))?;
    let mut hashes = Vec::new();
    for _ in 0..50 {
        optimizer.zero_grad();
        let hidden = x.matmul(&parameters[0].t()?)?.add(&parameters[1].t()?)?;
        let scale = hidden.var(&[1], 0, true)?.add(1e-5)?.rsqrt()?;
        let hidden = hidden.sub(&hidden.mean_dims(&[1], true)?)?.mul(&scale)?;
        let hidden = hidden.tanh()?.dropout(0.1, &generator)?.matmul(&parameters[2])?.softmax(1)?;
        let loss = hidden.matmul(&parameters[3].t()?)?.sub(&y)?.square()?.mean()?;
        loss.backward()?;
        nn::clip_grad_norm_(&parameters, 1.0, 2.0)?;
        optimizer.step()?;
        hashes.push(loss.data().value_hash()?);
    }
    for parameter in &parameters {
        hashes.push(parameter.data().value_hash()?);
    }
    Ok(hashes)
}

#[test]
fn fifty_epochs_are_the_same_for_any_number_of_threads() -> Result<()> {
    let under = |threads| {
        let positive = |n| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
        let mut setting = Setting::new(positive(threads));
        // Pieces so small that even this training is spread.
        setting.rows_a_piece = positive(16);
        threads::with(setting, trained)
    };
    let one = under(1)?;
    assert_ne!(one[0], one[49], "the loss moves");
    for threads in [2, 4] {
        assert_eq!(one, under(threads)?, "{threads} threads");
    }
    Ok(())
}
