//! Scattered writes and reductions against plain loops.

use proptest::prelude::*;
use tensor::{Combine, Result, Scalar, Tensor};

/// The result for each target from the sources that hit it, in order.
fn naive(target: &[f64], hits: &[(usize, f64)], how: Combine, include_self: bool) -> Vec<f64> {
    target
        .iter()
        .enumerate()
        .map(|(at, &own)| {
            let mut seen: Vec<f64> = hits.iter().filter(|(place, _)| *place == at).map(|(_, x)| *x).collect();
            if seen.is_empty() {
                return own;
            }
            if include_self && how != Combine::Replace {
                seen.insert(0, own);
            }
            let sum: f64 = seen.iter().sum();
            match how {
                Combine::Replace => seen[seen.len() - 1],
                Combine::Sum => sum,
                Combine::Product => seen.iter().product(),
                Combine::Mean => sum / seen.len() as f64,
                Combine::Largest => seen.into_iter().fold(f64::NEG_INFINITY, f64::max),
                Combine::Smallest => seen.into_iter().fold(f64::INFINITY, f64::min),
            }
        })
        .collect()
}

const ALL: [Combine; 6] =
    [Combine::Replace, Combine::Sum, Combine::Product, Combine::Mean, Combine::Largest, Combine::Smallest];

proptest! {
    /// Small whole numbers, so that no order of operations rounds.
    #[test]
    fn scattering_agrees_with_loops(
        target in prop::collection::vec(-4i32..5, 12),
        source in prop::collection::vec(-4i32..5, 12),
        index in prop::collection::vec(0usize..4, 6),
        include_self: bool,
    ) {
        let floats = |values: &[i32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let (target, source) = (floats(&target), floats(&source));
        let x = Tensor::from_vec(target.clone(), &[4, 3]).unwrap();
        // Strided, and larger than the index in both dimensions.
        let values = Tensor::from_vec(source.clone(), &[3, 4]).unwrap().t().unwrap();
        let places = Tensor::from_vec(index.iter().map(|&at| at as i64).collect(), &[3, 2]).unwrap();
        let hits: Vec<(usize, f64)> =
            (0..6).map(|k| (index[k] * 3 + k % 2, source[k % 2 * 4 + k / 2])).collect();
        for how in ALL {
            let found = x.scatter(0, &places, &values, how, include_self).unwrap().to_vec::<f64>().unwrap();
            prop_assert_eq!(&found, &naive(&target, &hits, how, include_self), "{:?}", how);
        }
    }
}

#[test]
fn whole_entries_combine() -> Result<()> {
    let x = Tensor::from_vec((0..12).map(f64::from).collect(), &[3, 4])?;
    let index = Tensor::from_vec(vec![2i32, 2], &[2])?;
    let source = Tensor::from_vec((0..6).map(|i| f64::from(i) + 0.5).collect(), &[3, 2])?;
    let target: Vec<f64> = x.to_vec()?;
    let values: Vec<f64> = source.to_vec()?;
    let hits: Vec<(usize, f64)> = (0..6).map(|k| (k / 2 * 4 + 2, values[k])).collect();
    for how in ALL {
        let found = x.index_combine("index_reduce", 1, &index, &source, how, true)?.to_vec::<f64>()?;
        assert_eq!(found, naive(&target, &hits, how, true), "{how:?}");
    }
    let filled =
        x.index_fill(0, &Tensor::from_vec(vec![-1i64], &[1])?, &Tensor::scalar(Scalar::Int(9), x.dtype()))?;
    assert_eq!(filled.to_vec::<f64>()?[8..], [9.0; 4]);
    assert!(x.index_combine("index_add_", 1, &index, &x, Combine::Sum, true).is_err());
    Ok(())
}

#[test]
fn flat_positions_count_from_either_end() -> Result<()> {
    let x = Tensor::from_vec((0..6).collect::<Vec<i64>>(), &[3, 2])?.t()?;
    let index = Tensor::from_vec(vec![-1i64, 0, 2, 0], &[2, 2])?;
    // Row-major: 0 2 4 1 3 5.
    assert_eq!(x.take(&index)?.to_vec::<i64>()?, [5, 0, 4, 0]);
    let source = Tensor::from_vec(vec![10i64, 20, 30, 40], &[4])?;
    assert_eq!(x.put(&index, &source, false)?.to_vec::<i64>()?, [40, 2, 30, 1, 3, 10]);
    assert_eq!(x.put(&index, &source, true)?.to_vec::<i64>()?, [60, 2, 34, 1, 3, 15]);
    assert!(x.take(&index.add(6i64)?).is_err());
    let mask = Tensor::from_vec(vec![true, false, true], &[3])?;
    assert_eq!(x.masked_scatter(&mask, &source)?.to_vec::<i64>()?, [10, 2, 20, 30, 3, 40]);
    assert!(x.masked_scatter(&mask, &source.narrow(0, 0, 3)?).is_err());
    Ok(())
}

/// By hand: rows of ten, at every second index and at one that is repeated without memory.
#[test]
fn rows_are_selected_by_strided_indices() -> Result<()> {
    let x = Tensor::from_vec((0..40i64).collect(), &[4, 10])?;
    let row = |i: i64| i * 10..i * 10 + 10;
    let every_second = Tensor::from_vec(vec![0i64, 9, 2, 9], &[4])?.slice(0, None, None, 2)?;
    let found = x.index_select(0, &every_second)?.to_vec::<i64>()?;
    assert_eq!(found, row(0).chain(row(2)).collect::<Vec<_>>());
    let repeated = Tensor::from_vec(vec![2i64], &[1])?.expand(&[3])?;
    let found = x.index_select(0, &repeated)?.to_vec::<i64>()?;
    assert_eq!(found, row(2).chain(row(2)).chain(row(2)).collect::<Vec<_>>());
    Ok(())
}
