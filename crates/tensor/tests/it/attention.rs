//! Attention against its definition, and memory that is kept for the next tensor.

use tensor::{DType, Result, Seen, Tensor, kept_memory, release_memory};

fn waves(sizes: &[usize], step: f64) -> Result<Tensor> {
    let count: usize = sizes.iter().product();
    Tensor::from_vec((0..count).map(|i| (i as f64 * step).sin() * 2.0).collect::<Vec<f64>>(), sizes)
}

/// Softmax of the scores, by single sums; a query that sees nothing gets zeros.
fn naive(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    bias: impl Fn(usize, usize, usize) -> f64,
    scale: f64,
) -> Result<Vec<f64>> {
    let (&[heads, queries, width], &[_, keys, values]) = (q.sizes(), v.sizes()) else { panic!("sizes") };
    let (q, k, v) = (q.to_vec::<f64>()?, k.to_vec::<f64>()?, v.to_vec::<f64>()?);
    let mut out = Vec::new();
    for (head, query) in (0..heads).flat_map(|h| (0..queries).map(move |i| (h, i))) {
        let score = |key: usize| {
            let product: f64 = (0..width)
                .map(|e| q[(head * queries + query) * width + e] * k[(head * keys + key) * width + e])
                .sum();
            product * scale + bias(head, query, key)
        };
        let powers: Vec<f64> = (0..keys).map(|key| score(key).exp()).collect();
        let total: f64 = powers.iter().sum();
        for e in 0..values {
            let sum: f64 = (0..keys).map(|key| powers[key] * v[(head * keys + key) * values + e]).sum();
            out.push(if total == 0.0 { 0.0 } else { sum / total });
        }
    }
    Ok(out)
}

fn near(found: &Tensor, wanted: &[f64], what: &str) -> Result<()> {
    let found = found.to_vec::<f64>()?;
    assert_eq!(found.len(), wanted.len(), "{what}");
    let worst = found.iter().zip(wanted).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{what}: {worst}");
    Ok(())
}

/// More queries than are taken at a time, and a number of keys that is no multiple of anything.
#[test]
fn attention_is_the_naive_sum() -> Result<()> {
    let (q, k, v) = (waves(&[3, 130, 5], 0.7)?, waves(&[3, 71, 5], 0.3)?, waves(&[3, 71, 4], 0.9)?);
    let seen = Seen { bias: None, causal: false, scale: 0.4 };
    near(&q.attend(&k, &v, &seen)?.0, &naive(&q, &k, &v, |_, _, _| 0.0, 0.4)?, "plain")?;

    let causal = Seen { causal: true, ..seen.clone() };
    let hidden = |_, query: usize, key: usize| if key > query { f64::NEG_INFINITY } else { 0.0 };
    near(&q.attend(&k, &v, &causal)?.0, &naive(&q, &k, &v, hidden, 0.4)?, "causal")?;

    // A number for each head and key, and a mask that hides everything from every third query.
    let bias = waves(&[3, 1, 71], 1.1)?;
    let numbers = bias.to_vec::<f64>()?;
    let seen = Seen { bias: Some(bias), causal: false, scale: -0.2 };
    let wanted = naive(&q, &k, &v, |head, _, key| numbers[head * 71 + key], -0.2)?;
    near(&q.attend(&k, &v, &seen)?.0, &wanted, "bias")?;
    let mask = Tensor::from_vec((0..130).map(|query| query % 3 > 0).collect::<Vec<bool>>(), &[130, 1])?;
    let seen = Seen { bias: Some(Seen::bias_of(&mask, DType::F64)?), causal: false, scale: 1.0 };
    let wanted = naive(&q, &k, &v, |_, query, _| if query % 3 > 0 { 0.0 } else { f64::NEG_INFINITY }, 1.0)?;
    let (found, sums) = q.attend(&k, &v, &seen)?;
    near(&found, &wanted, "mask")?;
    assert_eq!(sums.to_vec::<f64>()?[0], f64::NEG_INFINITY);
    Ok(())
}

#[test]
fn attention_does_not_depend_on_threads() -> Result<()> {
    let all = [waves(&[2, 100, 16], 0.7)?, waves(&[2, 90, 16], 0.3)?, waves(&[2, 90, 8], 0.9)?];
    let [q, k, v] = all
        .map(|t| t.to_dtype(DType::F32))
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .try_into()
        .expect("three");
    let seen = Seen { bias: None, causal: true, scale: 0.25 };
    let run = |count: usize| -> Result<Vec<u32>> {
        let setting = threads::Setting::new(count.try_into().expect("not zero"));
        threads::with(setting, || {
            let (result, sums) = q.attend(&k, &v, &seen)?;
            let grads = q.attend_backward([&k, &v], &seen, [&result, &sums], &result.cos()?)?;
            let all = [vec![result, sums], grads.to_vec()].concat();
            let bits =
                all.iter().map(|t| Ok(t.to_vec::<f32>()?.into_iter().map(f32::to_bits).collect::<Vec<_>>()));
            Ok(bits.collect::<Result<Vec<_>>>()?.concat())
        })
    };
    let one = run(1)?;
    assert!(one == run(2)? && one == run(4)?);
    Ok(())
}

/// What a large tensor leaves is used by the next of about its size, and nothing of it is seen there.
#[test]
fn memory_is_kept_and_given_back() -> Result<()> {
    let large = Tensor::full(&[1 << 17], tensor::Scalar::Float(3.0), Some(DType::F64))?;
    drop(large);
    assert!(kept_memory() >= 1 << 20);
    let next = Tensor::zeros(&[(1 << 17) - 100], DType::F64)?;
    assert!(next.to_vec::<f64>()?.iter().all(|&x| x == 0.0));
    drop(next);
    assert!(release_memory() >= 1 << 20);
    Ok(())
}

/// Copies of transposed planes, beside the index of every element.
#[test]
fn transposed_copies_have_every_element_in_its_place() -> Result<()> {
    let (a, b, c) = (3usize, 50usize, 37usize);
    let x = Tensor::from_vec((0..a * b * c).map(|n| n as f64).collect::<Vec<f64>>(), &[a, b, c])?;
    for (order, at) in [([0i64, 2, 1], [b * c, 1, c]), ([2, 0, 1], [1, b * c, c]), ([2, 1, 0], [1, c, b * c])]
    {
        let turned = x.permute(&order)?;
        let sizes = turned.sizes().to_vec();
        let mut wanted = Vec::new();
        for (i, j) in (0..sizes[0]).flat_map(|i| (0..sizes[1]).map(move |j| (i, j))) {
            wanted.extend((0..sizes[2]).map(|k| (i * at[0] + j * at[1] + k * at[2]) as f64));
        }
        assert_eq!(turned.contiguous()?.to_vec::<f64>()?, wanted, "{order:?}");
    }
    Ok(())
}
