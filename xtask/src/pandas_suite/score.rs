//! What a run's outcomes amount to, over the fixed list of nodes.
//!
//! A node passes when it passed; skipped, deselected, timed out, crashed or not collected is failed. A function passes
//! when all its nodes of the list do.

use super::nodes::{CLASSES, Counts, Nodes, directory_of};
use super::shard::{Ended, Outcomes};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Nodes of the list and how many of them passed, by class.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    pub nodes: Counts,
    pub passed: Counts,
}

impl Score {
    /// Over the nodes of `list`, each with whether it passed.
    pub fn of<'a>(
        list: impl IntoIterator<Item = (&'a String, &'a char)>,
        passed: impl Fn(&str) -> bool,
    ) -> Self {
        let mut score = Self::default();
        for (node, class) in list {
            if let Some(place) = CLASSES.iter().position(|known| known == class) {
                score.nodes[place] += 1;
                score.passed[place] += u64::from(passed(node));
            }
        }
        score
    }

    /// The share of the first `classes` classes that passed, in percent; 0 of nothing.
    pub fn share(&self, classes: usize) -> f64 {
        let nodes: u64 = self.nodes.iter().take(classes).sum();
        let passed: u64 = self.passed.iter().take(classes).sum();
        if nodes == 0 { 0.0 } else { passed as f64 * 100.0 / nodes as f64 }
    }
}

/// Whether a node passed.
pub fn passed(outcomes: &Outcomes) -> impl Fn(&str) -> bool + '_ {
    |node| outcomes.nodes.get(node).is_some_and(|ended| ended.outcome == "passed")
}

/// The test function of a node: its name without the parameters.
fn function_of(node: &str) -> &str {
    node.split('[').next().unwrap_or(node)
}

/// `S_A=… S_AB=… S_all=…` of a score.
pub fn shares(score: &Score) -> String {
    format!("S_A={:.2}% S_AB={:.2}% S_all={:.2}%", score.share(1), score.share(2), score.share(CLASSES.len()))
}

/// The score by node and by function, as text.
pub fn both(list: &Nodes, outcomes: &Outcomes) -> (Score, Score) {
    let by_node = Score::of(list, passed(outcomes));
    let pass = passed(outcomes);
    let failed: BTreeSet<&str> =
        list.keys().filter(|node| !pass(node)).map(|node| function_of(node)).collect();
    let functions: Nodes = list.iter().map(|(node, class)| (function_of(node).to_owned(), *class)).collect();
    let by_function = Score::of(&functions, |function| !failed.contains(function));
    (by_node, by_function)
}

/// A row a directory: nodes passed and listed by class.
pub fn table(list: &Nodes, outcomes: &Outcomes) -> String {
    let mut directories: BTreeMap<&str, Vec<(&String, &char)>> = BTreeMap::new();
    for (node, class) in list {
        directories.entry(directory_of(node)).or_default().push((node, class));
    }
    let mut out = format!("{:<14}{:>18}{:>18}{:>18}{:>18}\n", "directory", "A", "B", "C", "I");
    for (directory, nodes) in directories {
        let score = Score::of(nodes, passed(outcomes));
        let _ = write!(out, "{directory:<14}");
        for (passed, nodes) in score.passed.iter().zip(score.nodes) {
            let _ = write!(out, "{:>18}", format!("{passed} of {nodes}"));
        }
        out.push('\n');
    }
    out
}

/// How nodes of the list ended that did not pass, by outcome.
pub fn failures(list: &Nodes, outcomes: &Outcomes) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for node in list.keys() {
        match outcomes.nodes.get(node) {
            Some(ended) if ended.outcome == "passed" => {}
            Some(ended) => *counts.entry(ended.outcome.clone()).or_default() += 1,
            None => *counts.entry("not collected".to_owned()).or_default() += 1,
        }
    }
    counts
}

/// The commonest causes, each with its count and one node that shows it.
pub fn causes<'a>(
    ended: impl IntoIterator<Item = (&'a String, &'a Ended)>,
    most: usize,
) -> Vec<(u64, String, &'a str)> {
    let mut counts: BTreeMap<String, (u64, &str)> = BTreeMap::new();
    for (node, ended) in ended {
        if ended.outcome != "passed" {
            counts.entry(cause(ended)).or_insert((0, node)).0 += 1;
        }
    }
    let mut rows: Vec<_> = counts.into_iter().map(|(cause, (count, node))| (count, cause, node)).collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    rows.truncate(most);
    rows
}

/// A failure's kind: its message without what differs from node to node, and where it was raised.
fn cause(ended: &Ended) -> String {
    let message = normalised(&ended.message);
    let place = if ended.place.starts_with("tests:") { "" } else { ended.place.as_str() };
    let class = if ended.class.is_empty() { &ended.outcome } else { &ended.class };
    format!("{class}: {message} {place}").trim_end().to_owned()
}

/// A message with its numbers and quoted values blanked.
fn normalised(message: &str) -> String {
    let mut out = String::new();
    let mut digits = false;
    for c in message.chars().take(200) {
        if c.is_ascii_digit() {
            if !digits {
                out.push('#');
            }
            digits = true;
        } else {
            out.push(c);
            digits = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(passed: &[&str], failed: &[&str]) -> Outcomes {
        let ended = |outcome: &str| Ended { outcome: outcome.to_owned(), ..Ended::default() };
        let mut outcomes = Outcomes::default();
        outcomes.nodes.extend(passed.iter().map(|node| ((*node).to_owned(), ended("passed"))));
        outcomes.nodes.extend(failed.iter().map(|node| ((*node).to_owned(), ended("skipped"))));
        outcomes
    }

    fn list(rows: &[(&str, char)]) -> Nodes {
        rows.iter().map(|(node, class)| ((*node).to_owned(), *class)).collect()
    }

    #[test]
    fn what_was_skipped_or_never_ran_is_failed() {
        let list = list(&[
            ("frame/test_a.py::test_x[1]", 'A'),
            ("frame/test_a.py::test_x[2]", 'A'),
            ("frame/test_a.py::test_y", 'A'),
            ("series/test_b.py::test_z", 'B'),
        ]);
        let outcomes = outcomes(
            &["frame/test_a.py::test_x[1]", "frame/test_a.py::test_unlisted", "series/test_b.py::test_z"],
            &["frame/test_a.py::test_x[2]"],
        );
        let (nodes, functions) = both(&list, &outcomes);
        assert_eq!(nodes, Score { nodes: [3, 1, 0, 0], passed: [1, 1, 0, 0] });
        assert_eq!(functions, Score { nodes: [2, 1, 0, 0], passed: [0, 1, 0, 0] });
        assert_eq!(shares(&nodes), "S_A=33.33% S_AB=50.00% S_all=50.00%");
        let failures = failures(&list, &outcomes);
        assert_eq!(failures.get("not collected"), Some(&1));
        assert_eq!(failures.get("skipped"), Some(&1));
    }

    #[test]
    fn causes_ignore_numbers() {
        let ended = |message: &str| Ended {
            outcome: "failed".to_owned(),
            class: "AssertionError".to_owned(),
            message: message.to_owned(),
            place: "tests:12".to_owned(),
        };
        let mut outcomes = Outcomes::default();
        outcomes.nodes.insert("a.py::x".to_owned(), ended("12 != 3"));
        outcomes.nodes.insert("a.py::y".to_owned(), ended("4 != 56"));
        let causes = causes(&outcomes.nodes, 10);
        assert_eq!(causes, vec![(2, "AssertionError: # != #".to_owned(), "a.py::x")]);
    }
}
