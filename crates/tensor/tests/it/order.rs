//! Order statistics, search, unique values and histograms against the plainest counting.

use proptest::prelude::*;
use tensor::{DType, Result, Search, Tensor};

fn floats(values: &[i32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x) / 2.0).collect()
}

proptest! {
    /// The first of equal elements counts, and the first NaN before all: bits and positions.
    #[test]
    fn extremes_are_the_first_ones(values in prop::collection::vec(prop_oneof![
        6 => (-3i8..4).prop_map(f32::from), 1 => Just(-0.0f32), 1 => Just(f32::NAN), 1 => Just(f32::INFINITY),
    ], 1..80)) {
        let x = Tensor::from_vec(values.clone(), &[values.len()]).unwrap();
        for largest in [false, true] {
            let mut wanted = 0;
            for (at, &value) in values.iter().enumerate() {
                let best = values[wanted];
                let is_better = if largest { value > best } else { value < best };
                if !best.is_nan() && (value.is_nan() || is_better) {
                    wanted = at;
                }
            }
            let (value, place) = if largest {
                (x.max().unwrap(), x.argmax(None, false).unwrap())
            } else {
                (x.min().unwrap(), x.argmin(None, false).unwrap())
            };
            prop_assert_eq!(place.item().unwrap().to_i64(), wanted as i64);
            prop_assert_eq!(value.to_vec::<f32>().unwrap()[0].to_bits(), values[wanted].to_bits());
        }
    }

    #[test]
    fn statistics_agree_with_counting(values in prop::collection::vec(-6i32..7, 1..20), probes in prop::collection::vec(-8i32..9, 1..9)) {
        let (values, probes) = (floats(&values), floats(&probes));
        let x = Tensor::from_vec(values.clone(), &[values.len()]).unwrap();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let ascending = Tensor::from_vec(sorted.clone(), &[sorted.len()]).unwrap();
        for k in 1..=values.len() {
            let (value, place) = x.kthvalue(k as i64, 0, false).unwrap();
            let place = place.item().unwrap().to_i64() as usize;
            prop_assert_eq!((value.item().unwrap().to_f64(), values[place]), (sorted[k - 1], sorted[k - 1]));
        }
        // The lower one of two in the middle.
        prop_assert_eq!(x.median(false).unwrap().item().unwrap().to_f64(), sorted[(sorted.len() - 1) / 2]);
        let wanted = Tensor::from_vec(probes.clone(), &[probes.len()]).unwrap();
        for right in [false, true] {
            let found = ascending.searchsorted(&wanted, Search { right, out_int32: false }, None).unwrap();
            let counted: Vec<i64> = probes
                .iter()
                .map(|p| sorted.iter().filter(|x| if right { *x <= p } else { *x < p }).count() as i64)
                .collect();
            prop_assert_eq!(found.to_vec::<i64>().unwrap(), counted);
        }
        let held: Vec<bool> = values.iter().map(|x| probes.contains(x)).collect();
        prop_assert_eq!(x.isin(&wanted, false).unwrap().to_vec::<bool>().unwrap(), held);
        let (distinct, inverse, counts) = x.unique(false).unwrap();
        let mut deduplicated = sorted.clone();
        deduplicated.dedup();
        let counted: Vec<i64> =
            deduplicated.iter().map(|d| values.iter().filter(|x| *x == d).count() as i64).collect();
        prop_assert_eq!(&distinct.to_vec::<f64>().unwrap(), &deduplicated);
        prop_assert_eq!(counts.to_vec::<i64>().unwrap(), &counted[..]);
        let back: Vec<f64> =
            inverse.to_vec::<i64>().unwrap().into_iter().map(|at| deduplicated[at as usize]).collect();
        prop_assert_eq!(&back, &values);
        let (most, _) = x.mode(0, false).unwrap();
        let most_often = counted.iter().max().unwrap();
        let smallest = deduplicated.iter().zip(&counted).find(|(_, count)| *count == most_often).unwrap().0;
        prop_assert_eq!(most.item().unwrap().to_f64(), *smallest);
        // Half-open cells, the last one closed.
        let edges = [-3.0, -1.0, 0.5, 2.0];
        let cells: Vec<f64> = (0..3)
            .map(|k| values.iter().filter(|x| edges[k] <= **x && (**x < edges[k + 1] || (k == 2 && **x == 2.0))).count() as f64)
            .collect();
        let edges = Tensor::from_vec(edges.to_vec(), &[4]).unwrap();
        prop_assert_eq!(x.histogram(&edges, None, false).unwrap().to_vec::<f64>().unwrap(), cells);
    }
}

#[test]
fn unique_entries_of_a_dimension() -> Result<()> {
    // Columns (1 2), (0 5), (1 2): by hand.
    let x = Tensor::from_vec(vec![1i64, 0, 1, 2, 5, 2], &[2, 3])?;
    let (values, inverse, counts) = x.unique_dim(1, false)?;
    assert_eq!((values.sizes(), values.to_vec::<i64>()?), (&[2, 2][..], vec![0, 1, 5, 2]));
    assert_eq!((inverse.to_vec::<i64>()?, counts.to_vec::<i64>()?), (vec![1, 0, 1], vec![1, 2]));
    let (values, ..) = x.unique_dim(1, true)?;
    assert_eq!(values.sizes(), [2, 3]);
    Ok(())
}

/// Two coordinates, weights, and the density: by hand.
#[test]
fn cells_of_two_coordinates() -> Result<()> {
    let points = Tensor::from_vec(vec![0.5, 0.5, 1.5, 0.5, 2.0, 2.0, 9.0, 0.5], &[4, 2])?;
    let weight = Tensor::from_vec(vec![1.0, 2.0, 5.0, 7.0], &[4])?;
    let edges = points.histogram_edges(&[2, 1], Some(&[0.0, 2.0, 0.0, 2.0]))?;
    assert_eq!(edges[0].to_vec::<f64>()?, [0.0, 1.0, 2.0]);
    assert_eq!(points.histogramdd(&edges, Some(&weight), false)?.to_vec::<f64>()?, [1.0, 7.0]);
    assert_eq!(points.histogramdd(&edges, Some(&weight), true)?.to_vec::<f64>()?, [1.0 / 16.0, 7.0 / 16.0]);
    assert!(points.histogram_edges(&[2], None).is_err());
    assert!(points.to_dtype(DType::I64)?.histogramdd(&edges, None, false).is_err());
    Ok(())
}

/// Which of equal elements are named: what torch.topk, mode and kthvalue answer for these rows.
#[test]
fn ties_fall_as_in_pytorch() -> Result<()> {
    let row = |len: i64| {
        let values: Vec<i64> = (0..len).map(|i| (i * 7 + i * i * 3) % 5).collect();
        Tensor::from_vec(values, &[len as usize])
    };
    let x = row(40)?;
    assert_eq!(x.topk(9, 0, true)?.1.to_vec::<i64>()?, [8, 33, 13, 18, 23, 28, 38, 3, 27]);
    assert_eq!(x.topk(9, 0, false)?.1.to_vec::<i64>()?, [26, 15, 16, 20, 21, 25, 31, 36, 35]);
    assert_eq!(x.mode(0, false)?.1.item()?.to_i64(), 6);
    for (k, place) in [(1, 25), (5, 11), (17, 37), (40, 23)] {
        assert_eq!(x.kthvalue(k, 0, false)?.1.item()?.to_i64(), place, "{k}");
    }
    let x = row(200)?;
    assert_eq!(x.topk(3, 0, true)?.1.to_vec::<i64>()?, [13, 3, 8]);
    let places = x.topk(150, 0, true)?.1.to_vec::<i64>()?;
    let tenths: Vec<i64> = places.into_iter().step_by(10).collect();
    assert_eq!(tenths, [53, 158, 88, 143, 134, 84, 124, 129, 182, 197, 17, 174, 195, 146, 191]);
    assert_eq!(x.mode(0, false)?.1.item()?.to_i64(), 0);
    Ok(())
}
