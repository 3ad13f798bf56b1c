//! Laws that hold for any table, and naive references that judge the kernels.

use std::collections::BTreeMap;

use column::{Arithmetic, Column, Scalar};
use frame::{
    Aggregation, Alignment, Ascending, Concat, Frame, GroupOptions, How, Index, Join, Merge, On, Series,
    Sort, concat,
};
use proptest::prelude::*;

fn frame(keys: &[i64]) -> Frame {
    let rows = (0..keys.len() as i64).collect::<Vec<i64>>();
    Frame::from_columns([("k", Column::from(keys.to_vec())), ("row", Column::from(rows))]).expect("a frame")
}

fn ints(frame: &Frame, label: &str) -> Vec<i64> {
    frame.column(label).expect("a column").values().as_i64().expect("int64").to_vec()
}

/// Keys close together (looked up in a table) or far apart (hashed).
fn keys() -> impl Strategy<Value = Vec<i64>> {
    (prop::collection::vec(-5i64..5, 0..40), prop::bool::ANY).prop_map(|(keys, far)| {
        keys.into_iter().map(|key| if far { key * 1_000_000_007 } else { key }).collect()
    })
}

proptest! {
    #[test]
    fn a_sort_is_the_naive_stable_sort(keys in keys(), ascending in prop::bool::ANY) {
        let options = Sort { ascending: Ascending::All(ascending), ..Sort::default() };
        let sorted = frame(&keys).sort_values(&["k".into()], &options).expect("sorted");
        let mut naive: Vec<i64> = (0..keys.len() as i64).collect();
        naive.sort_by(|&a, &b| {
            let order = keys[a as usize].cmp(&keys[b as usize]);
            if ascending { order } else { order.reverse() }
        });
        prop_assert_eq!(ints(&sorted, "row"), naive);
    }

    #[test]
    fn a_group_sum_is_the_naive_sum(keys in keys()) {
        let groups = frame(&keys).groupby(&["k".into()], GroupOptions::default()).expect("groups");
        let sums = groups.agg(Aggregation::Sum).expect("sums").reset_index(false).expect("keys as a column");
        let mut naive: BTreeMap<i64, i64> = BTreeMap::new();
        keys.iter().zip(0i64..).for_each(|(&key, row)| *naive.entry(key).or_default() += row);
        prop_assert_eq!(ints(&sums, "k"), naive.keys().copied().collect::<Vec<_>>());
        prop_assert_eq!(ints(&sums, "row"), naive.values().copied().collect::<Vec<_>>());
    }

    #[test]
    fn an_inner_merge_is_the_nested_loop(left in keys(), right in keys()) {
        let options = Merge { how: How::Inner, on: On::Both(vec!["k".into()]), ..Merge::default() };
        let merged = frame(&left).merge(&frame(&right), &options).expect("merged");
        let naive: Vec<(i64, i64)> = (0..left.len())
            .flat_map(|a| (0..right.len()).map(move |b| (a, b)))
            .filter(|&(a, b)| left[a] == right[b])
            .map(|(a, b)| (a as i64, b as i64))
            .collect();
        let found: Vec<(i64, i64)> = ints(&merged, "row_x").into_iter().zip(ints(&merged, "row_y")).collect();
        prop_assert_eq!(found, naive);
    }

    #[test]
    fn operating_is_aligning_then_operating(left in keys(), right in keys()) {
        let series = |labels: &[i64]| {
            let values = Column::from((0..labels.len() as i64).collect::<Vec<i64>>());
            Series::new(values, Index::from_column(Column::from(labels.to_vec())), Scalar::None).expect("a series")
        };
        let (left, right) = (series(&left), series(&right));
        let plan = Alignment::plan(left.index(), right.index(), Join::Outer).expect("a plan");
        let side = |rows: &Option<Vec<i64>>, series: &Series| {
            let values = Alignment::apply(rows.as_ref(), series.values()).expect("rows of the series");
            Series::new(values, plan.index.clone(), Scalar::None).expect("aligned")
        };
        let aligned = side(&plan.left, &left).arithmetic(Arithmetic::Add, &side(&plan.right, &right)).expect("a sum");
        prop_assert_eq!(left.arithmetic(Arithmetic::Add, &right).expect("a sum"), aligned);
    }

    #[test]
    fn slices_put_together_are_the_table(keys in keys(), cut in 0usize..40) {
        let whole = frame(&keys);
        let parts = [whole.slice(0, cut), whole.slice(cut, keys.len().max(cut))];
        let joined = concat(&[&parts[0], &parts[1]], &Concat::default()).expect("joined");
        prop_assert_eq!(joined.digest().expect("bytes"), whole.digest().expect("bytes"));
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..64) {
        let mut forged = frame(&[1, 2, 3]).to_bytes().expect("bytes");
        let at = at.min(forged.len());
        forged.splice(at..(at + bytes.len()).min(forged.len()), bytes);
        let _ = Frame::from_bytes(&forged);
    }
}
