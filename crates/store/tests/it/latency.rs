//! Histograms from the intent to who follows, beside a plain append: everything that was asked for is in each.

#[path = "../../examples/latency.rs"]
#[allow(dead_code)]
mod example;

use example::{Histogram, measure};

/// By hand: one page and one intent came before anybody followed.
#[test]
fn every_intent_is_timed_at_every_stage() {
    let folder = tempfile::tempdir().unwrap();
    let histograms = measure(folder.path(), 25).unwrap();
    let found: Vec<(&str, u64)> = histograms
        .iter()
        .map(|histogram| (histogram.name.as_str(), histogram.buckets.last().unwrap().1))
        .collect();
    assert_eq!(found, [("plain append", 25), ("durable", 27), ("visible", 27), ("delivered", 25)]);
    for histogram in &histograms {
        assert!(histogram.buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{histogram:?}");
    }
}

#[test]
fn the_bound_of_a_part_is_the_least_that_keeps_it() {
    let histogram =
        Histogram { name: "by hand".to_owned(), buckets: vec![(1.0, 2), (2.0, 9), (f64::INFINITY, 10)] };
    assert_eq!([0.2, 0.21, 0.9, 0.99].map(|part| histogram.bound_of(part)), [1.0, 2.0, 2.0, f64::INFINITY]);
}
