//! The chain behind a result: the nodes it follows from, and the files they read.

use crate::history::EffectRecord;
use crate::record::NodeRecord;

/// A file that a result depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    pub path: String,
    pub sha256: String,
    pub size_bytes: u64,
    /// Rows and columns, where it was read as a table.
    pub table: Option<(u64, u64)>,
    /// The seq of the intent to read it.
    pub seq: u64,
    pub effect: u128,
    pub grant: String,
}

/// The nodes that `start` follows from, itself first, then what it reads, breadth first.
pub fn upstream<'a>(nodes: &[&'a NodeRecord], start: &'a NodeRecord) -> Vec<&'a NodeRecord> {
    let mut found = vec![start];
    let mut next = 0;
    while let Some(node) = found.get(next).copied() {
        for read in &node.reads {
            let source = nodes.iter().find(|n| n.values.iter().any(|v| v.name == *read));
            if let Some(source) = source
                && !found.iter().any(|f| f.index == source.index)
            {
                found.push(source);
            }
        }
        next += 1;
    }
    found
}

/// The nodes that define any of `names`, and all they follow from.
pub fn upstream_of<'a>(nodes: &[&'a NodeRecord], names: &[String]) -> Vec<&'a NodeRecord> {
    let mut found: Vec<&NodeRecord> = Vec::new();
    for name in names {
        if let Some(node) = nodes.iter().find(|n| n.values.iter().any(|v| v.name == *name)) {
            for more in upstream(nodes, node) {
                if !found.iter().any(|f| f.index == more.index) {
                    found.push(more);
                }
            }
        }
    }
    found
}

/// The files that nodes read, each once, in the order of the log.
pub fn inputs(nodes: &[&NodeRecord], effects: &[EffectRecord]) -> Vec<InputFile> {
    let mut files: Vec<InputFile> = Vec::new();
    for effect in effects {
        let id = crate::hash::id_hex(effect.id);
        let Some(node) = nodes.iter().find(|n| n.effects.contains(&id)) else { continue };
        let Some(path) = effect.intent.request.get("read").and_then(|p| p.as_str()) else { continue };
        let Some(outcome) = effect.outcome.as_ref().filter(|o| o.ok) else { continue };
        if files.iter().any(|f| f.path == path) {
            continue;
        }
        files.push(InputFile {
            path: path.to_string(),
            sha256: outcome.sha256.clone().unwrap_or_default(),
            size_bytes: outcome.size_bytes.unwrap_or(0),
            table: node
                .tables
                .iter()
                .find(|(site, ..)| *site == effect.intent.site)
                .map(|(_, r, c)| (*r, *c)),
            seq: effect.seq,
            effect: effect.id,
            grant: effect.intent.grant.clone(),
        });
    }
    files
}

/// The text of the statements that a node runs.
pub fn code_of(program: &crate::program::Program, index: usize) -> String {
    let Some(node) = program.checked.nodes.get(index) else { return String::new() };
    let Some(module) = program.root() else { return String::new() };
    let Some(source) = program.sources.first() else { return String::new() };
    let parts: Vec<&str> = node
        .items
        .iter()
        .filter_map(|i| module.items.get(*i))
        .map(|item| source.slice(item.span).trim_end())
        .collect();
    parts.join("\n")
}

/// The line of the document where a node starts, from 1.
pub fn line_of(program: &crate::program::Program, index: usize) -> usize {
    let item = program.checked.nodes.get(index).and_then(|n| n.items.first());
    match (item.and_then(|i| program.root()?.items.get(*i)), program.sources.first()) {
        (Some(item), Some(source)) => source.line_column(item.span.start).0,
        _ => 0,
    }
}
