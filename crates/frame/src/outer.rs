//! The sorted union of two runs of integer labels, and where each label stands in both.

use column::{Column, DType};
use radix::order_by;

use crate::index::Index;
use crate::keys::dense_width;

/// Labels in rising order, and for each its row on either side, −1 where it is absent.
pub(crate) struct Outer {
    pub index: Index,
    pub left: Vec<i64>,
    pub right: Vec<i64>,
}

/// Marks a label that a side has not.
const ABSENT: u32 = u32::MAX;

#[derive(Default)]
struct Met {
    labels: Vec<i64>,
    left: Vec<i64>,
    right: Vec<i64>,
}

impl Met {
    fn with_capacity(rows: usize) -> Self {
        let room = || Vec::with_capacity(rows);
        Self { labels: room(), left: room(), right: room() }
    }

    fn push(&mut self, label: i64, left: i64, right: i64) {
        self.labels.push(label);
        self.left.push(left);
        self.right.push(right);
    }
}

impl Index {
    /// The outer alignment with `other` where both hold integers or times of one dtype, none missing and none twice;
    /// `None` where another way must be taken. The frequency is that of a union of such labels.
    pub(crate) fn outer_of_integers(&self, other: &Self) -> Option<Outer> {
        let dtype = self.dtype();
        let plain = |index: &Self| {
            !index.is_multi() && index.as_range().is_none() && !index.is_empty() && index.dtype() == dtype
        };
        if !plain(self) || !plain(other) {
            return None;
        }
        let (own, others) = (self.to_column(), other.to_column());
        if own.validity().is_some() || others.validity().is_some() {
            return None;
        }
        let wrap = |ticks: Vec<i64>| match dtype {
            DType::INT64 => Some(Column::from(ticks)),
            DType::Datetime(unit) => Some(Column::datetime(ticks, unit)),
            DType::Zoned(unit, zone) => Some(Column::zoned(ticks, unit, zone)),
            DType::Timedelta(unit) => Some(Column::timedelta(ticks, unit)),
            _ => None,
        };
        wrap(Vec::new())?;
        let met = outer(own.as_i64()?, others.as_i64()?)?;
        let labels = Self::from_column(wrap(met.labels)?);
        let labels = self.like(labels).ok()?.with_names(self.common_names(other));
        let shared = self.frequency_of_union(other, &labels);
        let step = shared.or_else(|| labels.infer_frequency());
        Some(Outer { index: labels.with_frequency(step), left: met.left, right: met.right })
    }
}

/// `None` where a label stands twice on a side.
fn outer(left: &[i64], right: &[i64]) -> Option<Met> {
    let (low, high) = left
        .iter()
        .chain(right)
        .fold((i64::MAX, i64::MIN), |(low, high), &label| (low.min(label), high.max(label)));
    let rows = left.len() + right.len();
    let few = u32::try_from(rows).is_ok_and(|rows| rows < ABSENT);
    match dense_width(low, high, rows).filter(|_| few) {
        Some(width) => by_walk(left, right, low, width),
        None => by_order(left, right),
    }
}

fn by_walk(left: &[i64], right: &[i64], low: i64, width: usize) -> Option<Met> {
    let table = |labels: &[i64]| {
        let mut table = vec![ABSENT; width];
        let mut again = false;
        for (row, label) in (0u32..).zip(labels) {
            let held = &mut table[label.abs_diff(low) as usize];
            again |= *held != ABSENT;
            *held = row;
        }
        (!again).then_some(table)
    };
    let (lefts, rights) = (table(left)?, table(right)?);
    let mut met = Met::with_capacity(left.len() + right.len());
    let row = |at: u32| if at == ABSENT { -1 } else { i64::from(at) };
    for (place, (&a, &b)) in (0i64..).zip(lefts.iter().zip(&rights)) {
        if a & b != ABSENT {
            met.push(low.wrapping_add(place), row(a), row(b));
        }
    }
    Some(met)
}

fn by_order(left: &[i64], right: &[i64]) -> Option<Met> {
    let order = |labels: &[i64]| {
        let keys: Vec<u64> = labels.iter().map(|&label| label as u64 ^ 1 << 63).collect();
        let order = order_by(&keys);
        let unique = order.windows(2).all(|pair| labels[pair[0]] != labels[pair[1]]);
        unique.then_some(order)
    };
    let (lefts, rights) = (order(left)?, order(right)?);
    let mut met = Met::with_capacity(left.len() + right.len());
    let (mut lefts, mut rights) = (lefts.into_iter().peekable(), rights.into_iter().peekable());
    loop {
        let (a, b) = (lefts.peek().map(|&row| left[row]), rights.peek().map(|&row| right[row]));
        let Some(label) = a.into_iter().chain(b).min() else { return Some(met) };
        let own = lefts.next_if(|&row| left[row] == label);
        let other = rights.next_if(|&row| right[row] == label);
        let row = |row: Option<usize>| row.map_or(-1, |row| row as i64);
        met.push(label, row(own), row(other));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    /// hand: ordered sets are the judge.
    fn check(left: &[i64], right: &[i64]) {
        let unique = |labels: &[i64]| labels.iter().collect::<BTreeSet<_>>().len() == labels.len();
        let Some(met) = outer(left, right) else {
            assert!(!unique(left) || !unique(right));
            return;
        };
        assert!(unique(left) && unique(right));
        let rows = |labels: &[i64]| -> HashMap<i64, i64> { labels.iter().copied().zip(0..).collect() };
        let (lefts, rights) = (rows(left), rows(right));
        let all: BTreeMap<i64, (i64, i64)> = left
            .iter()
            .chain(right)
            .map(|label| (*label, (*lefts.get(label).unwrap_or(&-1), *rights.get(label).unwrap_or(&-1))))
            .collect();
        assert!(met.labels.iter().eq(all.keys()));
        assert!(met.left.iter().copied().zip(met.right).eq(all.into_values()));
    }

    #[test]
    fn labels_of_any_range_meet_in_rising_order() {
        for len in [0i64, 1, 3, 1_000, 100_000] {
            for step in [1, 3, 1_000_000_007, i64::MAX / 100_001] {
                let left: Vec<i64> = (0..len).rev().map(|place| place * step - 5).collect();
                let right: Vec<i64> =
                    (len / 2..len + len / 2).map(|place| place.min(99_999) * step - 5).collect();
                check(&left, &right);
            }
        }
        check(&[i64::MIN, i64::MAX], &[0, i64::MIN]);
        check(&[1, 2, 1], &[3]);
    }

    proptest! {
        #[test]
        fn any_labels_meet(
            left in prop::collection::vec(prop_oneof![any::<i64>(), -20..20i64], 0..40),
            right in prop::collection::vec(prop_oneof![any::<i64>(), -20..20i64], 0..40),
        ) {
            check(&left, &right);
        }
    }
}
