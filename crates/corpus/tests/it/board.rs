//! What the board says of a whole corpus.

use serde_json::Value;

use crate::{Span, board, entry, replayed, sample};

/// `x + x` of one element, which is 1: right if the corpus says 2.
fn doubled(right: bool) -> Value {
    let x = || Span::new(0, &[1], &[1]);
    sample(&[x(), x()], &[Span::new(if right { 1 } else { 2 }, &[1], &[1])], None)
}

fn entries() -> Vec<Value> {
    vec![
        entry("add.right", true, vec![doubled(true), doubled(true)]),
        entry("add.half", true, vec![doubled(true), doubled(false)]),
        entry("add.plain", false, vec![doubled(true)]),
        entry("add.nothing", true, Vec::new()),
    ]
}

#[test]
fn an_operator_counts_when_it_has_samples_and_all_of_them_pass() {
    let board = board(&entries(), 1);
    assert_eq!(board.score(), "2/4 operators, 1/3 with gradients");
    assert!(board.summary().ends_with("\n2/4 operators, 1/3 with gradients\n"));
    let lines = board.lines(false);
    let statuses: Vec<Vec<&str>> = lines.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        statuses,
        [
            vec!["add.half", "1/2", "value"],
            vec!["add.nothing", "0/0", "no", "samples"],
            vec!["add.plain", "1/1", "pass"],
            vec!["add.right", "2/2", "pass"],
        ]
    );
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let one = board(&entries(), 1);
    let three = board(&entries(), 3);
    assert_eq!(one.to_json(), three.to_json());
    assert_eq!(one.lines(true) + &one.summary(), three.lines(true) + &three.summary());
}

#[test]
fn an_interrupted_corpus_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(replayed(folder.path(), 1).is_none());
    assert!(replayed(&folder.path().join("absent"), 1).is_none());
}
