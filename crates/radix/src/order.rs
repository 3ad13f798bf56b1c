//! Rows and their keys move together, so that every pass reads memory in order. Only bits in which keys differ are
//! looked at; where key and row fit one word, half as much is moved.

use std::ops::Range;

/// Rows up to which comparing is quicker than counting.
const FEW: usize = 2_048;

/// The order that puts rows in rising order of their keys; equal rows keep their order.
pub fn order_by(keys: &[u64]) -> Vec<usize> {
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
