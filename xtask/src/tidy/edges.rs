//! Who may depend on whom: the snapshot of edges, the forbidden paths, the islands, the longest chain.

use self::Refuses::{AllBut, Only};
use super::expect_none;
use crate::workspace::{EDGES, Graph, root};
use std::collections::BTreeSet;

/// What a crate must not reach, directly or through others.
enum Refuses {
    AllBut(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// Every crate has a row, so that a new one states its own; a name that does not exist yet is a promise about the
/// crate to come.
const FORBIDDEN: &[(&str, Refuses)] = &[
    ("syntax", AllBut(&[])),
    ("checker", AllBut(&["syntax"])),
    ("bytecode", AllBut(&[])),
    ("lower", Only(&["vm"])),
    ("vm", AllBut(&["bytecode"])),
    ("ide", AllBut(&["syntax", "checker"])),
    ("lsp", AllBut(&["syntax", "checker", "ide"])),
    ("threads", AllBut(&[])),
    ("radix", AllBut(&[])),
    ("column", AllBut(&["threads"])),
    ("frame", Only(&["files", "tensor", "python"])),
    ("files", Only(&["tensor", "vm"])),
    ("tensor", Only(&["autograd", "nn", "frame"])),
    ("autograd", Only(&["nn"])),
    ("nn", Only(&["frame", "vm"])),
    ("checkpoint", AllBut(&["tensor", "threads", "radix"])),
    ("offline", AllBut(&["tensor", "threads", "radix", "autograd", "nn", "checkpoint"])),
    ("plan", AllBut(&[])),
    ("store", AllBut(&["plan"])),
    ("reason", AllBut(&["plan"])),
    ("capi", AllBut(&["plan", "store"])),
    ("rlm", AllBut(&[])),
    ("cells", AllBut(&["rlm", "sandbox"])),
    ("derive", AllBut(&[])),
    ("evidence", AllBut(&[])),
    ("conformance", Only(&["cli", "xtask"])),
    ("corpus", Only(&["cli", "xtask", "conformance"])),
    ("sidecar", AllBut(&[])),
    ("dashboard", AllBut(&["evidence", "report"])),
    ("provider", AllBut(&[])),
    ("sandbox", AllBut(&[])),
    // What it stands for is a run: models that are functions, cells in real Python, faults of a server.
    ("scenarios", AllBut(&["cells", "provider", "rlm", "sandbox"])),
    ("prelude", Only(&["lsp", "python", "evidence"])),
    ("recorder", Only(&["lsp", "python"])),
    ("report", Only(&["column", "frame", "files", "tensor", "autograd", "nn", "store", "vm"])),
    ("oracle", AllBut(&["evidence"])),
    // Its faulty disk implements the store's trait.
    ("testkit", AllBut(&["plan", "store"])),
    ("cli", Only(&["xtask"])),
    // The pinned environment's folder is the oracle's to know.
    ("xtask", AllBut(&["oracle", "evidence"])),
    ("python", Only(&["cli", "xtask", "lsp"])),
    ("bench", Only(&["cli", "xtask"])),
];

/// Groups of crates that know nothing of each other.
const ISLANDS: &[(&str, &[&str])] = &[
    ("language", &["syntax", "checker", "bytecode", "lower", "vm", "ide", "lsp", "package", "registry"]),
    ("data", &["column", "frame", "files"]),
    ("tensor", &["tensor", "autograd", "nn", "checkpoint", "offline", "cuda"]),
    ("state", &["plan", "store", "reason", "capi", "archive"]),
    ("models", &["provider", "sandbox", "rlm", "cells", "derive", "scenarios"]),
];

/// The only crates that may reach two islands. `bench` measures them and is linked by nobody.
const MEETING_PLACES: &[&str] = &["prelude", "recorder", "python", "conformance", "cli", "bench"];

/// Counted in crates.
const LONGEST_CHAIN: usize = 8;

impl Graph {
    /// Everything a crate links, directly or not, itself not included.
    fn reachable(&self, from: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&str> = vec![from];
        while let Some(name) = next.pop() {
            for target in self.crates.get(name).into_iter().flatten() {
                if seen.insert(target.as_str()) {
                    next.push(target);
                }
            }
        }
        seen
    }

    /// The longest path from a crate, as names. Cargo refuses cycles, so it ends.
    fn longest_chain(&self, from: &str) -> Vec<String> {
        let targets = self.crates.get(from).into_iter().flatten();
        let mut chain = targets.map(|t| self.longest_chain(t)).max_by_key(Vec::len).unwrap_or_default();
        chain.insert(0, from.to_string());
        chain
    }
}

fn forbidden_paths(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for name in graph.crates.keys() {
        let Some((_, refused)) = FORBIDDEN.iter().find(|(row, _)| row == name) else {
            found.push(format!("{name} has no row in the table of forbidden dependencies"));
            continue;
        };
        for reached in graph.reachable(name) {
            let breach = match refused {
                AllBut(names) => !names.contains(&reached),
                Only(names) => names.contains(&reached),
            };
            if breach {
                found.push(format!("{name} reaches {reached}"));
            }
        }
        // What exists for tests alone is never linked.
        if graph.crates[name].contains("testkit") {
            found.push(format!("{name} links testkit outside its tests"));
        }
    }
    found
}

fn bridges(graph: &Graph) -> Vec<String> {
    let home =
        |name: &str| ISLANDS.iter().find(|(_, crates)| crates.contains(&name)).map(|(island, _)| *island);
    let mut found = Vec::new();
    for name in graph.crates.keys().map(String::as_str).filter(|name| !MEETING_PLACES.contains(name)) {
        let reached = graph.reachable(name);
        let islands: BTreeSet<&str> = reached.iter().copied().chain([name]).filter_map(home).collect();
        if islands.len() > 1 {
            found.push(format!("{name} joins the islands {islands:?}"));
        }
        if home(name).is_some() {
            let meeting = reached.iter().filter(|r| MEETING_PLACES.contains(r));
            found.extend(meeting.map(|place| format!("{name}, on an island, reaches {place}")));
        }
    }
    found
}

/// An engine never grades itself: no path between the evidence plane and an engine, either way.
fn self_graded(graph: &Graph) -> Vec<String> {
    let engines: Vec<&str> = ISLANDS.iter().flat_map(|(_, crates)| crates.iter().copied()).collect();
    let judges = ["evidence", "oracle"];
    let mut found = Vec::new();
    for (from, to) in engines.iter().flat_map(|e| judges.map(|j| (*e, j))) {
        for (a, b) in [(from, to), (to, from)] {
            if graph.reachable(a).contains(b) {
                found.push(format!("{a} reaches {b}"));
            }
        }
    }
    found
}

fn long_chains(graph: &Graph) -> Vec<String> {
    let chains = graph.crates.keys().map(|name| graph.longest_chain(name));
    chains.filter(|chain| chain.len() > LONGEST_CHAIN).map(|chain| chain.join(" -> ")).collect()
}

fn snapshot_differences(snapshot: &str, graph: &Graph) -> Vec<String> {
    let stored: BTreeSet<String> = snapshot.lines().map(str::to_string).collect();
    let actual = graph.edge_lines();
    let new = actual.difference(&stored).map(|edge| format!("new: {edge}"));
    let gone = stored.difference(&actual).map(|edge| format!("gone: {edge}"));
    new.chain(gone).map(|line| format!("{line} (`cargo xtask edges` writes the snapshot)")).collect()
}

fn graph() -> Graph {
    let graph = Graph::load(root()).unwrap();
    assert!(
        graph.crates.contains_key("cli") && graph.crates.len() > 10,
        "cargo shows {:?}",
        graph.crates.keys()
    );
    graph
}

fn planted(edges: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::default();
    for (from, to) in edges {
        graph.crates.entry(from.to_string()).or_default().insert(to.to_string());
        graph.crates.entry(to.to_string()).or_default();
    }
    graph
}

#[test]
fn no_crate_reaches_what_it_refuses_to_know() {
    expect_none(forbidden_paths(&graph()));
}

#[test]
fn forbidden_paths_are_found_through_others() {
    let graph = planted(&[("vm", "bytecode"), ("bytecode", "syntax"), ("store", "plan"), ("nn", "testkit")]);
    let found = forbidden_paths(&graph);
    for breach in ["vm reaches syntax", "bytecode reaches syntax", "nn links testkit outside its tests"] {
        assert!(found.contains(&breach.to_string()), "{breach} in {found:?}");
    }
    assert!(!found.iter().any(|line| line.starts_with("store")), "{found:?}");
    assert_eq!(forbidden_paths(&planted(&[("nameless", "plan")])).len(), 1);
}

#[test]
fn islands_meet_only_in_the_meeting_places() {
    expect_none(bridges(&graph()));
}

#[test]
fn a_bridge_between_islands_is_found() {
    assert_eq!(bridges(&planted(&[("frame", "vm")])), [r#"frame joins the islands {"data", "language"}"#]);
    assert_eq!(bridges(&planted(&[("nn", "recorder")])), ["nn, on an island, reaches recorder"]);
    assert_eq!(bridges(&planted(&[("prelude", "vm"), ("prelude", "frame")])), [""; 0]);
}

#[test]
fn no_engine_grades_itself() {
    expect_none(self_graded(&graph()));
    assert_eq!(self_graded(&planted(&[("oracle", "frame")])), ["oracle reaches frame"]);
    assert_eq!(self_graded(&planted(&[("frame", "x"), ("x", "evidence")])), ["frame reaches evidence"]);
}

#[test]
fn no_chain_is_longer_than_the_limit() {
    expect_none(long_chains(&graph()));
}

#[test]
fn a_long_chain_is_found() {
    let names: Vec<String> = (0..=LONGEST_CHAIN).map(|n| format!("c{n}")).collect();
    let edges: Vec<(&str, &str)> =
        names.iter().zip(&names[1..]).map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(long_chains(&planted(&edges)).len(), 1);
    assert_eq!(long_chains(&planted(&edges[1..])).len(), 0);
}

#[test]
fn every_edge_stands_in_the_snapshot() {
    let snapshot = std::fs::read_to_string(root().join(EDGES)).unwrap();
    expect_none(snapshot_differences(&snapshot, &graph()));
}

#[test]
fn a_new_and_a_lost_edge_are_found() {
    let found = snapshot_differences("a -> b\n", &planted(&[("a", "c")]));
    assert!(found[0].starts_with("new: a -> c") && found[1].starts_with("gone: a -> b"), "{found:?}");
}
