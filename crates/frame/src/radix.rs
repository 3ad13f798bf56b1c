//! Stable sorting of rows by whole numbers, digit by digit.
//!
//! Rows and their keys move together, so that every pass reads memory in order. Only bits in which keys differ are
//! looked at; where key and row fit one word, half as much is moved.

use std::ops::Range;

/// Rows up to which comparing is quicker than counting.
const FEW: usize = 2_048;

/// The order that puts rows in rising order of their keys; equal rows keep their order.
pub(crate) fn order_by(keys: &[u64]) -> Vec<usize> {
    let len = keys.len();
    if keys.is_sorted() {
        return (0..len).collect();
    }
    let (any, all) = keys.iter().fold((0, u64::MAX), |(any, all), key| (any | key, all & key));
    let differing = any ^ all;
    let bits = differing.trailing_zeros()..u64::BITS - differing.leading_zeros();
    let row_bits = usize::BITS - len.leading_zeros();
    if (bits.end - bits.start) + row_bits <= u64::BITS {
        let rows = (1u64 << row_bits) - 1;
        let mask = (u64::MAX >> (u64::BITS - (bits.end - bits.start))) << row_bits;
        let place = |key: u64| (key >> bits.start) << row_bits & mask;
        let packed: Vec<u64> = keys.iter().zip(0..).map(|(&key, row)| place(key) | row).collect();
        let digits = row_bits..row_bits + (bits.end - bits.start);
        return sorted(packed, digits, |item| item).into_iter().map(|item| (item & rows) as usize).collect();
    }
    if u32::try_from(len).is_err() {
        let mut order: Vec<usize> = (0..len).collect();
        order.sort_by_key(|&row| keys[row]);
        return order;
    }
    let pairs: Vec<(u64, u32)> = keys.iter().copied().zip(0..).collect();
    sorted(pairs, bits, |(key, _)| key).into_iter().map(|(_, row)| row as usize).collect()
}

/// Items in rising order of the bits `bits` of their keys. Items differ and those of equal keys rise already.
fn sorted<T: Copy + Ord + Default>(mut items: Vec<T>, bits: Range<u32>, key: impl Fn(T) -> u64) -> Vec<T> {
    if items.len() <= FEW {
        items.sort_unstable();
        return items;
    }
    let widest = if items.len() < 1 << 16 { 8 } else { 11 };
    let passes = (bits.end - bits.start).div_ceil(widest);
    let width = (bits.end - bits.start).div_ceil(passes.max(1));
    let digit = |item: T, pass: u32| (key(item) >> (bits.start + pass * width)) as usize & ((1 << width) - 1);
    let mut counts = vec![0usize; (passes as usize) << width];
    for &item in &items {
        for pass in 0..passes {
            counts[((pass as usize) << width) + digit(item, pass)] += 1;
        }
    }
    let mut other = vec![T::default(); items.len()];
    for (pass, counts) in (0..passes).zip(counts.chunks_mut(1 << width)) {
        if counts.contains(&items.len()) {
            continue;
        }
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &item in &items {
            let slot = &mut counts[digit(item, pass)];
            other[*slot] = item;
            *slot += 1;
        }
        std::mem::swap(&mut items, &mut other);
    }
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_comparison(keys: &[u64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_key(|&row| keys[row]);
        order
    }

    /// hand: the standard library's stable sort is the judge.
    #[test]
    fn rows_of_equal_keys_keep_their_order_at_every_size() {
        for len in [0usize, 1, 3, 1_000, 3_000, 100_000] {
            for mask in [0, 1, 0xff00, 0xffff_ffff, u64::MAX, 1 << 63, u64::MAX << 20] {
                let keys: Vec<u64> =
                    (0..len as u64).map(|row| (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
                assert_eq!(order_by(&keys), by_comparison(&keys), "{len} rows of bits {mask:x}");
            }
        }
    }

    proptest! {
        #[test]
        fn keys_of_any_kind_are_sorted(keys in prop::collection::vec(prop_oneof![any::<u64>(), 0..4u64], 0..5_000)) {
            prop_assert_eq!(order_by(&keys), by_comparison(&keys));
        }
    }
}
