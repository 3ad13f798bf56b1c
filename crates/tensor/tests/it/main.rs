//! The tensor crate from outside: kernels against naive references, bytes, layouts and refusals. What PyTorch answers
//! stands in the packets of `cases/`.

mod arrange;
mod attention;
mod distribution;
mod functions;
mod image;
mod linalg;
mod matmul;
mod order;
mod scatter;
mod spread;

use proptest::prelude::*;
use tensor::{DType, ErrorKind, Generator, Layout, Result, Scalar, Tensor, operators, parse_schema};

fn ramp(sizes: &[usize]) -> Tensor {
    let count: usize = sizes.iter().product();
    let values: Vec<f32> = (0..count).map(|i| ((i * 37 + 11) % 101) as f32 / 64.0 - 0.7).collect();
    Tensor::from_vec(values, sizes).expect("a tensor")
}

/// The judge of every product but that of few rows with columns in a row: one fused chain along the inner dimension, restarted every 512 and added in order.
fn naive_product(a: &[f32], b: &[f32], m: usize, k: usize, n: usize) -> Vec<f32> {
    let mut out = vec![0f32; m * n];
    for i in 0..m {
        for j in 0..n {
            let mut total = 0f32;
            for from in (0..k).step_by(512) {
                let mut chain = 0f32;
                for p in from..k.min(from + 512) {
                    chain = a[i * k + p].mul_add(b[p * n + j], chain);
                }
                total += chain;
            }
            out[i * n + j] = total;
        }
    }
    out
}

#[test]
fn products_agree_with_the_naive_chain() -> Result<()> {
    for (m, k, n) in [(16, 16, 16), (33, 700, 20), (64, 1100, 48), (1, 9, 5), (7, 3, 1), (100, 30, 64)] {
        let (a, b) = (ramp(&[m, k]), ramp(&[k, n]));
        let wanted = naive_product(&a.to_vec()?, &b.to_vec()?, m, k, n);
        for (left, right) in [(a.clone(), b.clone()), (a.t()?.contiguous()?.t()?, b.t()?.contiguous()?.t()?)]
        {
            let found = left.mm(&right)?.to_vec::<f32>()?;
            // Bit-equal where all sides are at least 16; small shapes take kernels with another order.
            for (x, y) in found.iter().zip(&wanted) {
                let bound = if m.min(k).min(n) >= 16 { 0.0 } else { 1e-5 };
                assert!((x - y).abs() <= bound, "{m}x{k}x{n}: {x} {y}");
            }
        }
    }
    Ok(())
}

/// Above the size where products are cut into bands; the naive chain is the judge for every number of threads.
#[test]
fn products_do_not_depend_on_threads() -> Result<()> {
    for (m, k, n) in [(257, 130, 140), (35, 600, 210), (300, 64, 256)] {
        let (a, b) = (ramp(&[m, k]), ramp(&[k, n]));
        let wanted = naive_product(&a.to_vec()?, &b.to_vec()?, m, k, n);
        for count in [1usize, 2, 4] {
            let setting = threads::Setting::new(count.try_into().expect("not zero"));
            let found = threads::with(setting, || a.mm(&b)?.to_vec::<f32>())?;
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert!(bits(&found) == bits(&wanted), "{m}x{k}x{n} with {count} threads");
        }
    }
    Ok(())
}

#[test]
fn sums_depend_on_length_only() -> Result<()> {
    for len in [1, 15, 16, 17, 4095, 4096, 4097, 10_000] {
        let column = ramp(&[len]);
        let row = column.sum(None)?.to_vec::<f32>()?[0];
        // The same numbers as a column beside others, and through strides, sum to the same bits.
        let matrix = Tensor::stack(&[column.clone(), column.mul(3.0)?], 1)?;
        let by_column = matrix.sum_dims(&[0], false, None)?.to_vec::<f32>()?[0];
        let by_stride = matrix.t()?.sum_dims(&[1], false, None)?.to_vec::<f32>()?[0];
        assert_eq!((row.to_bits(), row.to_bits()), (by_column.to_bits(), by_stride.to_bits()), "{len}");
        let exact: f64 = column.to_vec::<f32>()?.into_iter().map(f64::from).sum();
        assert!((f64::from(row) - exact).abs() <= 1e-6 * exact.abs().max(1.0), "{len}");
    }
    Ok(())
}

#[test]
fn elementary_functions_are_within_a_bit_of_f64() -> Result<()> {
    let values: Vec<f32> = (-4000..4000).map(|i| i as f32 * 0.0237).collect();
    let t = Tensor::from_vec(values.clone(), &[values.len()])?;
    type Pair = (fn(&Tensor) -> Result<Tensor>, fn(f64) -> f64);
    let pairs: [Pair; 3] = [
        (Tensor::exp, libm::exp),
        (Tensor::tanh, libm::tanh),
        (Tensor::sigmoid, |x| 1.0 / (1.0 + libm::exp(-x))),
    ];
    for (ours, exact) in pairs {
        for (x, y) in values.iter().zip(ours(&t)?.to_vec::<f32>()?) {
            let wanted = exact(f64::from(*x)) as f32;
            let apart = (i64::from(wanted.to_bits()) - i64::from(y.to_bits())).abs();
            assert!(apart <= 1, "{x}: {wanted} {y}");
        }
    }
    assert_eq!(ramp(&[1]).full_like(Scalar::Float(200.0))?.exp()?.to_vec::<f32>()?, [f32::INFINITY]);
    Ok(())
}

/// The first draws after `torch.manual_seed(0)`.
#[test]
fn the_stream_is_torchs() -> Result<()> {
    let seeded = || Generator::new(0);
    assert_eq!(Tensor::rand(&[1], DType::F32, &seeded())?.to_vec::<f32>()?, [0.496_256_6]);
    assert_eq!(Tensor::randn(&[1], DType::F32, &seeded())?.to_vec::<f32>()?, [1.540_996_1]);
    assert_eq!(Tensor::randperm(8, DType::I64, &seeded())?.to_vec::<i64>()?, [4, 0, 7, 3, 2, 5, 1, 6]);
    let generator = seeded();
    assert_eq!(generator.set_state(&[0; 7]).unwrap_err().message(), "RNG state is wrong size");
    assert!(generator.set_state(&[255; tensor::STATE_SIZE_BYTES]).is_err());
    assert_eq!(generator.random64(), seeded().random64());
    Ok(())
}

#[test]
fn every_row_of_the_operator_table_parses() {
    assert!(operators().len() > 150);
    for operator in operators() {
        let (name, params) = parse_schema(operator.schema).expect("a schema");
        assert_eq!((name, params.len()), (operator.name, operator.params.len()));
    }
    let mut names: Vec<_> = operators().iter().map(|o| o.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), operators().len(), "an operator is defined twice");
    assert!(parse_schema("broken").is_err());
}

#[test]
fn bytes_hold_exactly_one_tensor() -> Result<()> {
    let t = ramp(&[3, 4]).t()?;
    let bytes = t.to_bytes()?;
    let again = Tensor::from_bytes(&bytes)?;
    assert!(again.equal(&t)? && again.is_contiguous());
    assert_eq!(again.value_hash()?, t.contiguous()?.value_hash()?);
    assert_ne!(again.value_hash()?, t.reshape(&[3, 4])?.value_hash()?);
    for cut in 0..bytes.len() {
        assert_eq!(Tensor::from_bytes(&bytes[..cut]).unwrap_err().kind(), ErrorKind::Value);
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(Tensor::from_bytes(&longer).is_err());
    let mut huge = bytes;
    huge[2..10].fill(255);
    assert!(Tensor::from_bytes(&huge).is_err());
    Ok(())
}

#[test]
fn impossible_sizes_are_refused_before_allocating() {
    for sizes in [vec![i64::MAX, i64::MAX], vec![1 << 40, 1 << 20], vec![1; 65]] {
        assert!(Tensor::zeros(&sizes, DType::F32).is_err(), "{sizes:?}");
    }
    let t = ramp(&[4]);
    assert!(t.expand(&[i64::MAX, i64::MAX, 4]).is_err());
    for (strides, offset, name) in [
        (vec![1, 1, 1], 0, "RankStrideMismatch"),
        (vec![usize::MAX, 1], 0, "StrideOverflow"),
        (vec![1, 1], usize::MAX, "OffsetOverflow"),
        (vec![2, 1], 2, "OutOfStorage"),
    ] {
        let error = Layout::strided(&[2, 2], &strides, offset, 4).unwrap_err();
        assert!(error.message().starts_with(name), "{error}");
    }
}

proptest! {
    /// A view's elements are those of a reshaped copy, whatever the strides it starts from.
    #[test]
    fn views_select_what_copies_hold(order in Just(vec![0i64, 1, 2]).prop_shuffle(), start in 0i64..2, step in 1i64..3) {
        let t = ramp(&[3, 4, 5]).permute(&order).unwrap().slice(1, Some(start), None, step).unwrap();
        let copy = Tensor::from_vec(t.to_vec::<f32>().unwrap(), t.sizes()).unwrap();
        prop_assert!(t.equal(&copy).unwrap());
        let flat = t.reshape(&[-1]).unwrap();
        prop_assert_eq!(flat.to_vec::<f32>().unwrap(), copy.to_vec::<f32>().unwrap());
        for dim in 0..3 {
            let (a, b) = (t.sum_dims(&[dim], false, None).unwrap(), copy.sum_dims(&[dim], false, None).unwrap());
            prop_assert!(a.equal(&b).unwrap());
            prop_assert!(t.softmax(dim, None).unwrap().equal(&copy.softmax(dim, None).unwrap()).unwrap());
        }
        prop_assert!(t.add(&copy).unwrap().equal(&copy.mul(2.0).unwrap()).unwrap());
    }

    /// No bytes make the reader panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = Tensor::from_bytes(&bytes);
    }
}
