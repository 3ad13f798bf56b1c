//! Products of matrices beside sums in f64.

use tensor::{Result, Tensor};

/// Numbers between -1 and 1 without a pattern.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn a_layer_of_few_rows_is_the_sum_of_its_products() -> Result<()> {
    for m in [1, 3, 4, 5, 16, 17, 64, 65] {
        for k in [1, 63, 64, 65, 79, 512] {
            for n in [1, 3, 4, 5, 33] {
                let (x, w) = (numbers(m * k, 1), numbers(n * k, 2));
                let rows = Tensor::from_vec(x.clone(), &[m, k])?;
                let weight = Tensor::from_vec(w.clone(), &[n, k])?;
                let found = rows.linear(&weight, None)?;
                for (at, found) in found.to_vec::<f32>()?.into_iter().enumerate() {
                    let (i, j) = (at / n, at % n);
                    let products = (0..k).map(|p| f64::from(x[i * k + p]) * f64::from(w[j * k + p]));
                    let (sum, size) = products.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()));
                    let miss = (f64::from(found) - sum).abs();
                    assert!(miss <= size * 1e-6, "{m} {k} {n}: {found} is not {sum}");
                }
            }
        }
    }
    Ok(())
}

/// A row's bits do not depend on how many others there are, nor on the number of threads.
#[test]
fn a_row_of_few_has_the_same_bits_among_others() -> Result<()> {
    let (m, k, n) = (48, 300, 400);
    let rows = Tensor::from_vec(numbers(m * k, 3), &[m, k])?;
    let weight = Tensor::from_vec(numbers(n * k, 4), &[n, k])?;
    let threads = |count: usize| threads::Setting::new(count.try_into().unwrap());
    let all = threads::with(threads(1), || rows.linear(&weight, None))?.to_vec::<f32>()?;
    let shared = threads::with(threads(4), || rows.linear(&weight, None))?.to_vec::<f32>()?;
    assert_eq!(all, shared);
    for few in [4, 7, 20] {
        let first = rows.narrow(0, 0, few as i64)?.linear(&weight, None)?.to_vec::<f32>()?;
        assert_eq!(first, all[..few * n]);
    }
    Ok(())
}
