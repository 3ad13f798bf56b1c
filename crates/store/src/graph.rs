//! The graph of derived pages: which page is computed from which, by what.
//!
//! A node's level is one more than the greatest level of its parents, so that walking levels upwards, and ids within
//! a level, computes every node once and after all that it is made from, whatever the shape.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, ErrorKind, Result};
use crate::format::NAME_LEN_MAX;

/// The most parents of one node.
pub(crate) const PARENTS_MAX: usize = 65_536;

/// A change of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphEdit {
    /// The page is computed from its parents by a function, from their next change on. Replaces what was said about
    /// the page before.
    Derive {
        /// The page.
        page: u64,
        /// The function's name and version, as `name@version`; 1 to 255 bytes.
        function: String,
        /// The pages that it reads, in the order in which it gets them; none twice.
        parents: Vec<u64>,
    },
    /// The page is an ordinary one again.
    Release {
        /// The page.
        page: u64,
    },
}

impl GraphEdit {
    /// The page that it is about.
    pub fn page(&self) -> u64 {
        match self {
            GraphEdit::Derive { page, .. } | GraphEdit::Release { page } => *page,
        }
    }

    /// The payload of a NODE entry.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new();
        encoder.varint(self.page());
        if let GraphEdit::Derive { function, parents, .. } = self {
            encoder.bytes(function.as_bytes());
            encoder.varint(parents.len() as u64);
            parents.iter().for_each(|parent| encoder.varint(*parent));
        }
        encoder.finish()
    }

    pub(crate) fn decode(payload: &[u8]) -> std::result::Result<GraphEdit, Malformed> {
        let mut decoder = Decoder::new(payload);
        let page = decoder.varint("node")?;
        if decoder.is_empty() {
            return Ok(GraphEdit::Release { page });
        }
        let function = decoder.text(NAME_LEN_MAX, "function")?.to_owned();
        let parents = decoder.items(PARENTS_MAX, "parents", |decoder| decoder.varint("parent"))?;
        decoder.finish("node")?;
        Ok(GraphEdit::Derive { page, function, parents })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) function: Arc<str>,
    pub(crate) parents: Arc<[u64]>,
    pub(crate) level: u32,
}

/// All nodes of one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: BTreeMap<u64, Node>,
    dependents: BTreeMap<u64, BTreeSet<u64>>,
}

impl Graph {
    pub(crate) fn node(&self, page: u64) -> Option<&Node> {
        self.nodes.get(&page)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes that are computed from a page, with their levels.
    pub(crate) fn dependents(&self, page: u64) -> impl Iterator<Item = (u32, u64)> {
        let pages = self.dependents.get(&page).into_iter().flatten();
        pages.filter_map(|page| Some((self.nodes.get(page)?.level, *page)))
    }

    /// What makes these nodes again, by page.
    pub(crate) fn edits(&self) -> impl Iterator<Item = GraphEdit> {
        self.nodes.iter().map(|(page, node)| GraphEdit::Derive {
            page: *page,
            function: node.function.to_string(),
            parents: node.parents.to_vec(),
        })
    }

    /// What the graph adds to the state hash: for each node the XXH3-128 of its NODE payload.
    pub(crate) fn hash(&self) -> u128 {
        self.edits().map(|edit| xxh3_128(&edit.encode())).fold(0, u128::wrapping_add)
    }

    /// The graph after these edits.
    ///
    /// # Errors
    /// `Malformed`; `Cycle` with the path; `UnknownPage` for a page that `exists` denies.
    pub(crate) fn edited(&self, edits: &[GraphEdit], exists: &dyn Fn(u64) -> bool) -> Result<Graph> {
        let refuse = |code, field| Err(Error::malformed(Malformed::new(code, field, 0)));
        let mut graph = self.clone();
        if edits.is_empty() {
            return refuse(Malformation::NoDeltas, "graph edit");
        }
        if !edits.is_sorted_by(|a, b| a.page() < b.page()) {
            return refuse(Malformation::Order, "graph edits");
        }
        for edit in edits {
            let known = graph.nodes.remove(&edit.page());
            let GraphEdit::Derive { page, function, parents } = edit else {
                if known.is_none() {
                    return refuse(Malformation::UnselectedPage, "released page");
                }
                continue;
            };
            if function.is_empty() || function.len() > NAME_LEN_MAX || !function.contains('@') {
                return refuse(Malformation::Range, "function");
            }
            if parents.is_empty() || parents.len() > PARENTS_MAX {
                return refuse(Malformation::Limit, "parents");
            }
            if parents.iter().collect::<BTreeSet<_>>().len() != parents.len() {
                return refuse(Malformation::Overlap, "parents");
            }
            if let Some(absent) = parents.iter().chain([page]).find(|id| !exists(**id)) {
                return Err(crate::validate::unknown_page(*absent));
            }
            let (function, parents) = (function.as_str().into(), parents.as_slice().into());
            graph.nodes.insert(*page, Node { function, parents, level: 0 });
        }
        graph.connect()?;
        Ok(graph)
    }

    /// Works out dependents and levels anew.
    fn connect(&mut self) -> Result<()> {
        self.dependents.clear();
        let mut waiting: BTreeMap<u64, usize> = BTreeMap::new();
        for (page, node) in &self.nodes {
            for parent in node.parents.iter() {
                self.dependents.entry(*parent).or_default().insert(*page);
            }
            let derived = node.parents.iter().filter(|parent| self.nodes.contains_key(parent)).count();
            waiting.insert(*page, derived);
        }
        let is_ready = |(page, count): (&u64, &usize)| (*count == 0).then_some(*page);
        let mut ready: Vec<u64> = waiting.iter().filter_map(is_ready).collect();
        let mut done = 0;
        while let Some(page) = ready.pop() {
            done += 1;
            let level = self.nodes.get(&page).map_or(0, |node| {
                let levels = node.parents.iter().filter_map(|parent| self.nodes.get(parent));
                1 + levels.map(|parent| parent.level).max().unwrap_or_default()
            });
            if let Some(node) = self.nodes.get_mut(&page) {
                node.level = level;
            }
            for dependent in self.dependents.get(&page).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(*dependent);
                    }
                }
            }
        }
        if done == self.nodes.len() {
            return Ok(());
        }
        waiting.retain(|_, count| *count > 0);
        Err(self.cycle_among(&waiting))
    }

    /// Every page here waits for another one here, so that walking to parents comes round.
    fn cycle_among(&self, waiting: &BTreeMap<u64, usize>) -> Error {
        let mut path: Vec<u64> = waiting.keys().next().copied().into_iter().collect();
        let mut at: BTreeMap<u64, usize> = path.iter().map(|page| (*page, 0)).collect();
        while let Some(page) = path.last() {
            let parents = self.nodes.get(page).map_or(&[][..], |node| &node.parents);
            let Some(next) = parents.iter().find(|parent| waiting.contains_key(parent)) else { break };
            if let Some(start) = at.get(next) {
                path.drain(..*start);
                path.push(*next);
                break;
            }
            at.insert(*next, path.len());
            path.push(*next);
        }
        // From parent to child, as values flow.
        path.reverse();
        let path: Vec<String> = path.iter().map(u64::to_string).collect();
        Error::new(ErrorKind::Cycle, "a page would be computed from itself")
            .expected("a graph without circles")
            .found(path.join(" -> "))
    }
}
