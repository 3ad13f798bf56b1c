//! The graph of derived pages: which page is computed from which, by what, and when.
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
    /// the page before, its watermark too.
    Derive {
        /// The page.
        page: u64,
        /// The function's name and version, as `name@version`; 1 to 255 bytes.
        function: String,
        /// The pages that it reads, in the order in which it gets them; none twice.
        parents: Vec<u64>,
        /// Those of the parents whose change only makes the page stale, ascending. A change of any other computes it.
        stale: Vec<u64>,
        /// Whether it is computed outside the commit that changes a parent, see [`Derive::tasks`](crate::Derive::tasks).
        asynchronous: bool,
    },
    /// The page is an ordinary one again.
    Release {
        /// The page.
        page: u64,
    },
}

impl GraphEdit {
    /// The page is computed from its parents in every commit that changes one of them.
    pub fn derive(page: u64, function: impl Into<String>, parents: impl Into<Vec<u64>>) -> GraphEdit {
        let (function, parents) = (function.into(), parents.into());
        GraphEdit::Derive { page, function, parents, stale: Vec::new(), asynchronous: false }
    }

    /// The page that it is about.
    pub fn page(&self) -> u64 {
        match self {
            GraphEdit::Derive { page, .. } | GraphEdit::Release { page } => *page,
        }
    }

    /// Whether the page may have the bytes of older inputs.
    pub(crate) fn may_lag(&self) -> bool {
        match self {
            GraphEdit::Derive { stale, asynchronous, .. } => *asynchronous || !stale.is_empty(),
            GraphEdit::Release { .. } => false,
        }
    }

    /// The payload of a NODE entry. Only a node that may fall behind says more than its function and parents.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new();
        encoder.varint(self.page());
        if let GraphEdit::Derive { function, parents, stale, asynchronous, .. } = self {
            encoder.bytes(function.as_bytes());
            encoder.varint(parents.len() as u64);
            parents.iter().for_each(|parent| encoder.varint(*parent));
            if self.may_lag() {
                encoder.byte(u8::from(*asynchronous));
                encoder.varint(stale.len() as u64);
                stale.iter().for_each(|parent| encoder.varint(*parent));
            }
        }
        encoder.finish()
    }

    pub(crate) fn decode(payload: &[u8]) -> std::result::Result<GraphEdit, Malformed> {
        let mut decoder = Decoder::new(payload);
        let edit = GraphEdit::decode_from(&mut decoder)?;
        decoder.finish("node")?;
        Ok(edit)
    }

    /// Reads the payload of a NODE entry; of a node that may lag, something may follow.
    pub(crate) fn decode_from(decoder: &mut Decoder<'_>) -> std::result::Result<GraphEdit, Malformed> {
        let page = decoder.varint("node")?;
        if decoder.is_empty() {
            return Ok(GraphEdit::Release { page });
        }
        let function = decoder.text(NAME_LEN_MAX, "function")?.to_owned();
        let parents = decoder.items(PARENTS_MAX, "parents", |decoder| decoder.varint("parent"))?;
        let (mut stale, mut asynchronous) = (Vec::new(), false);
        if !decoder.is_empty() {
            asynchronous = decoder.boolean("asynchronous")?;
            stale = decoder.items(PARENTS_MAX, "stale parents", |decoder| decoder.varint("parent"))?;
            if !asynchronous && stale.is_empty() {
                return Err(decoder.malformed(Malformation::Range, "node"));
            }
        }
        Ok(GraphEdit::Derive { page, function, parents, stale, asynchronous })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) function: Arc<str>,
    pub(crate) parents: Arc<[u64]>,
    stale: Arc<[u64]>,
    pub(crate) asynchronous: bool,
    pub(crate) level: u32,
}

impl Node {
    /// Whether its bytes may be those of older inputs. A node of which this is not true follows in every commit.
    pub(crate) fn may_lag(&self) -> bool {
        self.asynchronous || !self.stale.is_empty()
    }

    /// Whether it is the same function of the same parents at the same times. Levels follow from other nodes.
    pub(crate) fn is_as(&self, other: &Node) -> bool {
        let said = |node: &Node| {
            (node.function.clone(), node.parents.clone(), node.stale.clone(), node.asynchronous)
        };
        said(self) == said(other)
    }
}

/// A node as one of its parents sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dependent {
    pub(crate) level: u32,
    pub(crate) page: u64,
    pub(crate) follows: Follows,
    /// As [`Node::may_lag`].
    pub(crate) may_lag: bool,
}

/// What a change of a parent does to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// It is computed in the same commit.
    AtOnce,
    /// It is stale until a task computes it.
    Soon,
    /// It is stale until somebody asks.
    OnDemand,
}

/// All nodes of one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: BTreeMap<u64, Node>,
    /// By parent, each list by page.
    dependents: BTreeMap<u64, Vec<Dependent>>,
    /// Whether any node may lag.
    may_lag: bool,
}

impl Graph {
    pub(crate) fn node(&self, page: u64) -> Option<&Node> {
        self.nodes.get(&page)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether any node may lag.
    pub(crate) fn may_lag(&self) -> bool {
        self.may_lag
    }

    /// The nodes that are made from a page, by page.
    pub(crate) fn dependents(&self, page: u64) -> &[Dependent] {
        self.dependents.get(&page).map_or(&[], Vec::as_slice)
    }

    /// A node and all nodes that it is made from, through any number of others.
    pub(crate) fn sources(&self, page: u64) -> BTreeSet<u64> {
        let (mut found, mut open) = (BTreeSet::new(), vec![page]);
        while let Some(page) = open.pop() {
            if let Some(node) = self.nodes.get(&page)
                && found.insert(page)
            {
                open.extend(node.parents.iter().copied());
            }
        }
        found
    }

    /// All nodes that are made from some pages, through any number of others; those pages only where one follows from
    /// another.
    pub(crate) fn behind(&self, pages: impl Iterator<Item = u64>) -> BTreeSet<u64> {
        let (mut found, mut open) = (BTreeSet::new(), pages.collect::<Vec<_>>());
        while let Some(page) = open.pop() {
            open.extend(
                self.dependents(page).iter().map(|node| node.page).filter(|page| found.insert(*page)),
            );
        }
        found
    }

    /// What makes these nodes again, by page.
    pub(crate) fn edits(&self) -> impl Iterator<Item = GraphEdit> {
        self.nodes.iter().map(|(page, node)| GraphEdit::Derive {
            page: *page,
            function: node.function.to_string(),
            parents: node.parents.to_vec(),
            stale: node.stale.to_vec(),
            asynchronous: node.asynchronous,
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
            let GraphEdit::Derive { page, function, parents, stale, asynchronous } = edit else {
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
            let distinct: BTreeSet<_> = parents.iter().collect();
            if distinct.len() != parents.len() {
                return refuse(Malformation::Overlap, "parents");
            }
            if !stale.is_sorted_by(|a, b| a < b) {
                return refuse(Malformation::Order, "stale parents");
            }
            if stale.iter().any(|parent| !distinct.contains(parent)) {
                return refuse(Malformation::UnselectedPage, "stale parent");
            }
            if let Some(absent) = parents.iter().chain([page]).find(|id| !exists(**id)) {
                return Err(crate::validate::unknown_page(*absent));
            }
            let (function, parents) = (function.as_str().into(), parents.as_slice().into());
            let (stale, asynchronous) = (stale.as_slice().into(), *asynchronous);
            graph.nodes.insert(*page, Node { function, parents, stale, asynchronous, level: 0 });
        }
        graph.connect()?;
        Ok(graph)
    }

    /// Works out dependents and levels anew.
    fn connect(&mut self) -> Result<()> {
        let mut children: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut waiting: BTreeMap<u64, usize> = BTreeMap::new();
        for (page, node) in &self.nodes {
            for parent in node.parents.iter() {
                children.entry(*parent).or_default().push(*page);
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
            for child in children.get(&page).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(child) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(*child);
                    }
                }
            }
        }
        if done < self.nodes.len() {
            waiting.retain(|_, count| *count > 0);
            return Err(self.cycle_among(&waiting));
        }
        let seen_by = |parent: u64, page: u64| {
            let node = self.nodes.get(&page)?;
            let follows = match (node.stale.binary_search(&parent), node.asynchronous) {
                (Ok(_), _) => Follows::OnDemand,
                (Err(_), true) => Follows::Soon,
                (Err(_), false) => Follows::AtOnce,
            };
            Some(Dependent { level: node.level, page, follows, may_lag: node.may_lag() })
        };
        let dependents = children.into_iter().map(|(parent, pages)| {
            (parent, pages.into_iter().filter_map(|page| seen_by(parent, page)).collect())
        });
        self.dependents = dependents.collect();
        self.may_lag = self.nodes.values().any(Node::may_lag);
        Ok(())
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
