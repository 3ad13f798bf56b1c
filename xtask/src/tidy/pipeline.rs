//! The way from an intent to a delta, as the page about upserts shows it, is that of the crates.

use super::expect_none;
use crate::workspace::{Graph, root};
use std::fs;

const PAGE: &str = "docs/store/upsert.md";

/// Rows `| crate | what it links | what it must not reach |` of the page that shows the way.
fn untrue_rows(page: &str, graph: &Graph) -> Vec<String> {
    let rows = page.lines().skip_while(|line| !line.starts_with("| crate | links | refuses |")).skip(2);
    let mut found = Vec::new();
    let mut count = 0;
    for row in rows.take_while(|line| line.starts_with('|')) {
        count += 1;
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [krate, links, refuses] = cells[..] else {
            found.push(format!("not three cells: {row}"));
            continue;
        };
        let targets: Vec<&str> = graph.crates.get(krate).into_iter().flatten().map(String::as_str).collect();
        let stated: Vec<&str> = links.split(", ").filter(|name| *name != "nothing of ours").collect();
        if targets != stated {
            found.push(format!("{krate} links {targets:?}, the page says {stated:?}"));
        }
        if targets.contains(&refuses) {
            found.push(format!("{krate} links {refuses}, which the page says it refuses"));
        }
    }
    if count == 0 {
        found.push("the page has no table of crates".to_owned());
    }
    found
}

#[test]
fn the_way_from_an_intent_to_a_delta_is_that_of_the_crates() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    expect_none(untrue_rows(&page, &Graph::load(root()).unwrap()));
    // Every crate of the picture stands in the table, and so has been held.
    for krate in ["plan", "reason", "store"] {
        assert!(page.contains(&format!("\n| {krate} |")) && page.contains(&format!("({krate}")), "{krate}");
    }
}

#[test]
fn a_row_that_is_not_true_is_found() {
    let mut graph = Graph::default();
    graph.crates.insert("reason".to_owned(), ["plan".to_owned(), "store".to_owned()].into());
    let page = "| crate | links | refuses |\n|---|---|---|\n| reason | plan | store |\n";
    assert_eq!(untrue_rows(page, &graph).len(), 2);
    assert_eq!(untrue_rows("", &graph).len(), 1);
}
