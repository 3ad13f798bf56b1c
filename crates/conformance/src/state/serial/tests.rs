//! When a history counts as looked at.

use super::*;

fn entry(seq: u64, reads: &[(u64, u64)], writes: &[u64]) -> Entry {
    Entry { seq, reads: reads.to_vec(), writes: writes.to_vec() }
}

#[test]
fn a_history_in_which_nobody_read_shows_nothing() {
    let made = entry(1, &[], &[1, 2]);
    assert!(!finds_planted(&[]));
    assert!(!finds_planted(&[made.clone(), entry(2, &[], &[1])]));
    // The second transfer depends on the first, the third on the transaction that made the pages alone.
    let history = [made, entry(2, &[(1, 1)], &[1]), entry(3, &[(1, 2)], &[1]), entry(4, &[(2, 1)], &[2])];
    assert!(!anomaly(&history) && finds_planted(&history));
    // What was read is nowhere written.
    assert!(!finds_planted(&[entry(2, &[(1, 1)], &[1])]));
}
