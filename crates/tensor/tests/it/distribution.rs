//! Draws: what PyTorch 2.15 on CPU gives under `torch.manual_seed(42)`, to the digits it prints.

use tensor::{DType, Generator, Result, Tensor};

fn near(found: &Tensor, wanted: &[f64]) {
    let found = found.to_vec_as::<f64>().expect("numbers");
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(x, y)| (x - y).abs() < 6e-5), "{found:?} {wanted:?}");
}

#[test]
fn draws_are_pytorchs() -> Result<()> {
    let seeded = || Generator::new(42);
    let x = Tensor::zeros(&[5], DType::F32)?;
    near(&x.exponential_like(1.0, &seeded())?, &[0.0599, 0.0650, 0.1319, 0.0540, 0.7469]);
    near(&x.cauchy_like(0.0, 1.0, &seeded())?, &[-5.4125, -4.9937, -2.4449, -5.9986, 0.0824]);
    near(&x.geometric_like(0.3, &seeded())?, &[8.0, 8.0, 6.0, 9.0, 2.0]);
    near(&x.log_normal_like(1.0, 2.0, &seeded())?, &[5.3302, 3.5170, 4.3446, 4.3088, 0.2877]);
    near(&x.uniform_like(0.0, 1.0, &seeded())?, &[0.8823, 0.9150, 0.3829, 0.9593, 0.3904]);
    near(&Tensor::normal(&[4], 0.0, 1.0, DType::F32, &seeded())?, &[0.3367, 0.1288, 0.2345, 0.2303]);
    Ok(())
}

#[test]
fn positions_are_drawn_by_weight() -> Result<()> {
    let weights = Tensor::from_vec(vec![0.1f32, 0.2, 0.3, 0.4], &[4])?;
    // Three calls on one stream.
    let generator = Generator::new(42);
    assert_eq!(weights.multinomial(2, false, &generator)?.to_vec::<i64>()?, [3, 1]);
    assert_eq!(weights.multinomial(6, true, &generator)?.to_vec::<i64>()?, [2, 2, 3, 3, 0, 1]);
    assert_eq!(weights.multinomial(1, false, &generator)?.to_vec::<i64>()?, [0]);
    let refusal = |t: &Tensor, count, replacement| t.multinomial(count, replacement, &generator).unwrap_err();
    assert_eq!(
        refusal(&weights.mul(0.0)?, 1, false).message(),
        "invalid multinomial distribution (sum of probabilities <= 0)"
    );
    assert_eq!(
        refusal(&weights, 5, false).message(),
        "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
    );
    assert_eq!(
        refusal(&weights.neg()?, 2, true).message(),
        "invalid multinomial distribution (encountering probability entry < 0)"
    );
    Ok(())
}

#[test]
fn parameters_outside_are_refused() -> Result<()> {
    let x = Tensor::zeros(&[2], DType::F32)?;
    let generator = Generator::new(42);
    let text = |result: Result<Tensor>| result.unwrap_err().message().to_string();
    assert_eq!(
        text(x.exponential_like(0.0, &generator)),
        "exponential_ expects lambda > 0.0, but found lambda=0"
    );
    assert_eq!(text(x.geometric_like(1.0, &generator)), "geometric_ expects p to be in (0, 1), but got p=1");
    assert_eq!(
        text(x.uniform_like(3.0, 1.0, &generator)),
        "uniform_ expects to return a [from, to) range, but found from=3 > to=1"
    );
    assert!(x.to_dtype(DType::I64)?.cauchy_like(0.0, 1.0, &generator).is_err());
    Ok(())
}
