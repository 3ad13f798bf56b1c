//! The chain behind a result: the nodes it follows from, and the files they read.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::hash::id_hex;
use crate::history::{EffectRecord, History};
use crate::program::Program;
use crate::record::NodeRecord;
use crate::run::recorded_program;

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

/// The results graph of a run as its log tells it: who defines what, who asked for what.
pub struct Graph<'a> {
    nodes: Vec<&'a NodeRecord>,
    /// The first node that defines a name.
    defined_by: BTreeMap<&'a str, usize>,
    /// Effects by the text that nodes name them with.
    effects: BTreeMap<String, &'a EffectRecord>,
    /// Files that were read, with the node that read them, in the order of the log.
    files: Vec<(usize, InputFile)>,
}

impl<'a> Graph<'a> {
    /// Indexes all nodes and effects of a run once, so that a chain costs what it is long.
    pub fn new(nodes: impl IntoIterator<Item = &'a NodeRecord>, effects: &'a [EffectRecord]) -> Graph<'a> {
        let nodes: Vec<&NodeRecord> = nodes.into_iter().collect();
        let mut defined_by = BTreeMap::new();
        let mut asked_by = BTreeMap::new();
        for (position, node) in nodes.iter().enumerate() {
            for value in &node.values {
                defined_by.entry(value.name.as_str()).or_insert(position);
            }
            for id in &node.effects {
                asked_by.entry(id.as_str()).or_insert(position);
            }
        }
        let mut files = Vec::new();
        let mut by_id = BTreeMap::new();
        for effect in effects {
            let id = id_hex(effect.id);
            let asker = asked_by.get(id.as_str()).and_then(|at| Some((*at, *nodes.get(*at)?)));
            files.extend(asker.and_then(|(at, node)| Some((at, file_of(effect, node)?))));
            by_id.entry(id).or_insert(effect);
        }
        Graph { nodes, defined_by, effects: by_id, files }
    }

    /// The place of the node that defines a name.
    pub fn definer(&self, name: &str) -> Option<usize> {
        self.defined_by.get(name).copied()
    }

    /// The nodes at `starts` and all that they follow from, breadth first, each once.
    pub fn upstream(&self, starts: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut seen = vec![false; self.nodes.len()];
        let mut found = Vec::new();
        let mut visit = |at: usize, found: &mut Vec<usize>| {
            if seen.get_mut(at).is_some_and(|seen| !std::mem::replace(seen, true)) {
                found.push(at);
            }
        };
        let mut next = 0;
        for start in starts {
            visit(start, &mut found);
            while let Some(node) = found.get(next).and_then(|at| self.nodes.get(*at)) {
                node.reads.iter().filter_map(|read| self.definer(read)).for_each(|at| visit(at, &mut found));
                next += 1;
            }
        }
        found
    }

    /// The files that nodes read, each once, in the order of the log.
    pub fn inputs(&self, nodes: &[usize]) -> Vec<&InputFile> {
        let nodes: BTreeSet<usize> = nodes.iter().copied().collect();
        let mut paths = BTreeSet::new();
        let read = self.files.iter().filter(|(at, _)| nodes.contains(at)).map(|(_, file)| file);
        read.filter(|file| paths.insert(file.path.as_str())).collect()
    }

    /// The effects of nodes, in their order.
    pub fn effects(&self, upstream: &[usize]) -> impl Iterator<Item = &'a EffectRecord> {
        let nodes = upstream.iter().filter_map(|at| self.nodes.get(*at));
        let ids = nodes.flat_map(|node| &node.effects).collect::<Vec<_>>();
        ids.into_iter()
            .filter_map(|id| self.effects.get(id.as_str()).copied())
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The promise nearest to a result: its own node's, or that of what it follows from.
    pub fn intent(&self, upstream: &[usize]) -> Option<&'a EffectRecord> {
        let nodes = upstream.iter().filter_map(|at| self.nodes.get(*at));
        let id = nodes.flat_map(|node| &node.effects).next()?;
        self.effects.get(id).copied()
    }
}

/// The file that an effect read for a node; none for another effect, and one that failed.
fn file_of(effect: &EffectRecord, node: &NodeRecord) -> Option<InputFile> {
    let path = effect.intent.request.get("read")?.as_str()?;
    let outcome = effect.outcome.as_ref().filter(|o| o.ok)?;
    let table = node.tables.iter().find(|(site, ..)| *site == effect.intent.site);
    Some(InputFile {
        path: path.to_string(),
        sha256: outcome.sha256.clone().unwrap_or_default(),
        size_bytes: outcome.size_bytes.unwrap_or(0),
        table: table.map(|(_, rows, columns)| (*rows, *columns)),
        seq: effect.seq,
        effect: effect.id,
        grant: effect.intent.grant.clone(),
    })
}

/// What a run was made of, to show the code behind its nodes.
pub enum Text {
    Program(Box<Program>),
    Script(String),
}

impl Text {
    /// That of a recorded run.
    ///
    /// # Errors
    /// Those of [`recorded_program`]; a script that is damaged.
    pub fn of(history: &History) -> Result<Text> {
        Ok(match &history.start.script {
            None => Text::Program(Box::new(recorded_program(history)?)),
            Some(_) => Text::Script(history.source(&history.start.document)?),
        })
    }

    /// The statements that a node is.
    pub fn code(&self, node: &NodeRecord) -> String {
        match (self, node.lines) {
            (Text::Program(program), _) => code_of(program, node.index),
            (Text::Script(text), Some((first, last))) => {
                let lines = text.lines().skip(first.saturating_sub(1) as usize);
                lines.take(last.saturating_sub(first) as usize + 1).collect::<Vec<_>>().join("\n")
            }
            (Text::Script(_), None) => String::new(),
        }
    }

    /// The line where a node starts, from 1.
    pub fn line(&self, node: &NodeRecord) -> usize {
        match self {
            Text::Program(program) => line_of(program, node.index),
            Text::Script(_) => node.lines.map_or(0, |(first, _)| first as usize),
        }
    }
}

/// The text of the statements that a node runs.
pub(crate) fn code_of(program: &Program, index: usize) -> String {
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
fn line_of(program: &Program, index: usize) -> usize {
    let item = program.checked.nodes.get(index).and_then(|n| n.items.first());
    match (item.and_then(|i| program.root()?.items.get(*i)), program.sources.first()) {
        (Some(item), Some(source)) => source.line_column(item.span.start).0,
        _ => 0,
    }
}
