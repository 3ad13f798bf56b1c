//! The workspace as Cargo sees it: its crates, the edges between them, and the packages it was resolved to.

use crate::Outcome;
use crate::process::output;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The snapshot of the internal edges, below the root.
pub const EDGES: &str = "xtask/edges.txt";

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace's root")
}

/// The workspace's own crates and who depends on whom.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Every member with what it links: normal and build dependencies on other members.
    pub crates: BTreeMap<String, BTreeSet<String>>,
    /// Edges only its tests have.
    pub dev: BTreeSet<(String, String)>,
}

impl Graph {
    /// Asks Cargo; reads manifests alone, so it needs no network.
    pub fn load(root: &Path) -> Result<Graph> {
        Graph::parse(&metadata(root, &["--no-deps"])?)
    }

    pub fn parse(metadata: &Value) -> Result<Graph> {
        let packages = array(metadata, "packages")?;
        let names: BTreeSet<&str> = packages.iter().map(|p| text(p, "name")).collect::<Result<_>>()?;
        let mut graph = Graph::default();
        for package in packages {
            let name = text(package, "name")?;
            let links = graph.crates.entry(name.to_string()).or_default();
            for dependency in array(package, "dependencies")? {
                let target = text(dependency, "name")?;
                // A member is a path dependency; a crate from a registry may carry the same name.
                if !names.contains(target) || dependency["path"].is_null() {
                    continue;
                }
                match dependency["kind"].as_str() {
                    Some("dev") => _ = graph.dev.insert((name.to_string(), target.to_string())),
                    _ => _ = links.insert(target.to_string()),
                }
            }
        }
        Ok(graph)
    }

    /// One line an edge, sorted: what [`EDGES`] holds.
    pub fn edge_lines(&self) -> BTreeSet<String> {
        let links = self.crates.iter().flat_map(|(a, bs)| bs.iter().map(move |b| format!("{a} -> {b}")));
        let dev = self.dev.iter().map(|(a, b)| format!("{a} -> {b} (tests)"));
        links.chain(dev).collect()
    }
}

/// `cargo metadata` with the lock file as it stands.
pub fn metadata(root: &Path, arguments: &[&str]) -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked"]).args(arguments).current_dir(root);
    Ok(serde_json::from_slice(&output(&mut command)?)?)
}

/// A list in Cargo's answer.
pub fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| format!("cargo metadata has no list `{key}`"))
}

/// A string in Cargo's answer.
pub fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no text `{key}`"))
}

/// Writes the snapshot, so that a new edge is a line of the commit that made it.
pub fn write_edges(root: &Path) -> Result<Outcome> {
    let lines: Vec<String> = Graph::load(root)?.edge_lines().into_iter().collect();
    if lines.is_empty() {
        bail!("cargo metadata shows no internal edge");
    }
    let path = root.join(EDGES);
    std::fs::write(&path, lines.join("\n") + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("{} edges in {EDGES}", lines.len());
    Ok(Outcome::Done)
}
