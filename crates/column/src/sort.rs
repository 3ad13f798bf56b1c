//! Searching a sorted column, and sorting what may have no order.

use std::cmp::Ordering;

use crate::column::Column;
use crate::error::{Error, Result};

impl Column {
    /// For each of `values` the position in this sorted column where it would be inserted: before
    /// equal values, or after them if `right`. A missing value goes to the end.
    ///
    /// # Errors
    /// `TypeError` for values that Python does not order.
    pub fn searchsorted(&self, values: &Self, right: bool) -> Result<Vec<usize>> {
        let len = self.count();
        let numbers = |column: &Self| column.dtype().is_numeric() || column.dtype().is_bool();
        if numbers(self) && numbers(values) {
            let (sorted, values) = (self.floats(), values.floats());
            let sorted = &sorted[..len];
            return Ok(values
                .iter()
                .map(|value| match value.is_nan() {
                    true => self.len(),
                    false if right => sorted.partition_point(|other| other <= value),
                    false => sorted.partition_point(|other| other < value),
                })
                .collect());
        }
        let sorted: Vec<_> = self.iter().take(len).collect();
        values
            .iter()
            .enumerate()
            .map(|(i, value)| {
                if value.is_missing() {
                    return Ok(self.len());
                }
                let (mut low, mut high) = (0, len);
                while low < high {
                    let middle = (low + high) / 2;
                    let ordering = sorted[middle].compare(&value).ok_or_else(|| {
                        let (a, b) = (sorted[middle].type_name(), value.type_name());
                        Error::type_error(format!("'<' not supported between instances of '{a}' and '{b}'"))
                            .at(i)
                    })?;
                    let before = ordering == Ordering::Less || (right && ordering == Ordering::Equal);
                    if before { low = middle + 1 } else { high = middle }
                }
                Ok(low)
            })
            .collect()
    }
}

/// Sorts stably by an order that may fail, or contradict itself as Python's order of objects can: `(1, 2) < (2, "a")`
/// and `(1, "a") < (2, 2)`, but `(1, 2)` and `(1, "a")` have none. The standard library's sorts may panic there.
///
/// # Errors
/// The first that `compare` gives; the items are a permutation of themselves even so.
pub fn try_sort_by<T: Copy, E>(
    items: &mut [T],
    mut compare: impl FnMut(T, T) -> Result<Ordering, E>,
) -> Result<(), E> {
    let mut merged = Vec::with_capacity(items.len());
    let mut width = 1;
    while width < items.len() {
        merged.clear();
        for pair in items.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let ([a, behind_a @ ..], [b, behind_b @ ..]) = (left, right) {
                if compare(*a, *b)? == Ordering::Greater {
                    merged.push(*b);
                    right = behind_b;
                } else {
                    merged.push(*a);
                    left = behind_a;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        items.copy_from_slice(&merged);
        width *= 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    /// hand: the standard library is the judge where the order is total.
    #[test]
    fn sorting_is_stable_and_stops_at_what_has_no_order() {
        for len in [0, 1, 2, 7, 64, 65, 300] {
            let items: Vec<(usize, usize)> = (0..len).map(|i| (i * i % 13, i)).collect();
            let mut found = items.clone();
            try_sort_by(&mut found, |a, b| Ok::<_, ()>(a.0.cmp(&b.0))).expect("a total order");
            let mut wanted = items;
            wanted.sort_by_key(|item| item.0);
            assert_eq!(found, wanted);
        }
        let second = |i: i64| if i % 3 == 0 { Scalar::str("a") } else { Scalar::Int(i % 7) };
        let tuple = |i: i64| Scalar::Tuple([Scalar::Int(i % 5), second(i)].into());
        let tuples: Vec<Scalar> = (0..200).map(tuple).collect();
        let mut rows: Vec<usize> = (0..tuples.len()).collect();
        assert!(try_sort_by(&mut rows, |a, b| tuples[a].compare(&tuples[b]).ok_or(())).is_err());
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..tuples.len()));
    }
}
