//! Contended counters: the books balance whoever comes first.

#[path = "../../examples/counters.rs"]
#[allow(dead_code)]
mod example;

use example::{COUNTERS, START, left, open, work};
use store::Filter;

/// By hand: 8 threads draw 3,000 times 1 to 5, three in the mean, which is more than there is.
#[test]
fn what_was_drawn_and_what_is_left_is_what_was_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store")).unwrap();
    let drawn = work(&store, 8, 3_000).unwrap();
    assert_eq!(drawn.committed + drawn.refused, 24_000);
    assert!(drawn.refused > 1_000, "{drawn:?}");
    let left = left(&store).unwrap();
    assert!(left.iter().all(|count| *count >= 0));
    assert_eq!(left.iter().sum::<i64>() + drawn.taken, COUNTERS as i64 * START);
    let refused = Filter { refused: true, ..Filter::default() };
    assert_eq!(store.past().intents(&refused).unwrap().len() as u64, 24_000);
}
