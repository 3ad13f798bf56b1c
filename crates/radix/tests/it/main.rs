//! The order of rows beside the standard library's.

use proptest::prelude::*;

use radix::order_by;

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
