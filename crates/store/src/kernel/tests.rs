//! Each kernel against its scalar twin: all lengths to 4,096 bytes, every alignment to 64.

use testkit::dice::Dice;

use super::*;

/// Bytes of which about one in `sparse` is not zero, or, with `sparse` 0, all are ones.
fn noise(dice: &mut Dice, len: usize, sparse: u64) -> Vec<u8> {
    let byte = |word: u64| {
        if sparse == 0 {
            0xff
        } else if (word >> 32).is_multiple_of(sparse) {
            word as u8
        } else {
            0
        }
    };
    (0..len).map(|_| byte(dice.roll())).collect()
}

/// From one in 97 to every one.
const DENSITIES: [u64; 5] = [97, 13, 3, 1, 0];

#[test]
fn merging_says_what_its_twin_says() {
    let mut dice = Dice::new(1);
    let mut merged = 0;
    for len in 0..=4_096usize {
        let sparse = DENSITIES[len % DENSITIES.len()];
        let mask = noise(&mut dice, len.div_ceil(8), sparse);
        let bytes = noise(&mut dice, len + 64, 1);
        let page = noise(&mut dice, len + 64, 1);
        for at in alignments(len) {
            let (mut fast, mut slow) = (page.clone(), page.clone());
            // The mask's last bits may point behind the page: neither writes there.
            let (place, source) = (at..at + len, bytes.get(at..).unwrap());
            let counts = (
                merge(&mut fast[place.clone()], &mask, source),
                scalar::merge(&mut slow[place], &mask, source),
            );
            assert_eq!(counts.0, counts.1, "{len} bytes at {at}");
            assert_eq!(fast, slow, "{len} bytes at {at}");
            merged += counts.0;
        }
        let (mut fast, mut slow) = (page.clone(), page);
        let short = bytes.get(..len / 3).unwrap();
        assert_eq!(
            merge(&mut fast, &mask, short),
            scalar::merge(&mut slow, &mask, short),
            "{len} with few bytes"
        );
        assert_eq!(fast, slow, "{len} with few bytes");
    }
    assert!(merged > 1 << 20, "{merged}");
}

/// By hand: the byte in each place of a mask is the one that stands at its rank.
#[test]
fn every_mask_lays_bytes_by_rank() {
    for bits in 0..=u8::MAX {
        let spread = &SPREADS[usize::from(bits)];
        let laid = spread.lay(0x8877_6655_4433_2211).to_le_bytes();
        let mut rank = 0;
        for (lane, byte) in laid.iter().enumerate() {
            let is_set = bits >> lane & 1 == 1;
            rank += u8::from(is_set);
            assert_eq!(spread.lanes.to_le_bytes()[lane], if is_set { 0xff } else { 0 }, "{bits:#010b}");
            assert!(!is_set || *byte == rank * 0x11, "{bits:#010b}: {byte:#x} at {lane}");
        }
        assert_eq!(spread.count, usize::from(rank));
    }
}

#[test]
fn differences_are_those_of_the_twin() {
    let mut dice = Dice::new(2);
    let mut found = 0;
    for len in 0..=4_096usize {
        let sparse = DENSITIES[len % DENSITIES.len()];
        let before = noise(&mut dice, len + 64, 1);
        let change = noise(&mut dice, len + 64, sparse);
        let after: Vec<u8> = before.iter().zip(&change).map(|(byte, change)| byte ^ change).collect();
        for at in alignments(len) {
            let (a, b) = (&before[at..at + len], &after[at..at + len]);
            let runs = differing(a, b);
            assert_eq!(runs, scalar::differing(a, b), "{len} bytes at {at}");
            found += runs.len();
        }
    }
    assert!(found > 1 << 16, "{found}");
    assert_eq!(differing(&[0; 8], &[1, 1, 0, 1, 1, 1, 1, 1]), [(0, 2), (3, 5)]);
}

/// All 64 for short slices and around steps, four for the rest.
fn alignments(len: usize) -> impl Iterator<Item = usize> {
    let all = len <= 192 || len % STEP <= 1 || len % STEP == STEP - 1;
    (0..STEP).step_by(if all { 1 } else { 19 })
}

/// What begins with many short runs and goes on equal takes no memory for runs that never come.
#[test]
fn room_is_made_for_what_a_page_can_have() {
    let before = vec![0; 1 << 20];
    let mut after = before.clone();
    after.iter_mut().take(64).step_by(2).for_each(|byte| *byte = 1);
    let runs = differing(&before, &after);
    assert_eq!(runs.len(), 32);
    assert!(runs.capacity() <= 4_096, "room for {} runs", runs.capacity());
}
