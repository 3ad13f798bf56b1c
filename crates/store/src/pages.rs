//! The state: pages, their names, and the hash over all of them.

mod names;
mod page;
mod tree;

pub use page::Page;

use std::sync::Arc;

use plan::{Change, Delta, Malformation, Malformed};

use crate::derive::Derived;
use crate::error::{Error, Result};
use crate::graph::{Graph, GraphEdit};
use crate::patch;
use crate::validate::{self, ValidDelta};
use names::Names;
use tree::{Differing, Tree};

/// One state. A clone shares everything, and a change of one copies only what it touches.
#[derive(Clone)]
pub(crate) struct Pages {
    tree: Tree,
    names: Names,
    /// The id that the next page gets; ids are never used again.
    next_id: u64,
    len: u64,
    /// Sum of the pages' hashes, modulo 2^128: it does not depend on an order, and a change costs two pages' hashing.
    hash: u128,
    /// What is computed from what.
    graph: Arc<Graph>,
    /// Bytes of all pages that any change replaced or ended, ever: what older snapshots keep alive at most.
    replaced_bytes: u64,
}

impl Default for Pages {
    fn default() -> Pages {
        Pages {
            tree: Tree::default(),
            names: Names::default(),
            next_id: 1,
            len: 0,
            hash: 0,
            graph: Arc::default(),
            replaced_bytes: 0,
        }
    }
}

impl Pages {
    pub(crate) fn get(&self, id: u64) -> Option<&Page> {
        self.tree.get(id)
    }

    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.names.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Page)> {
        self.tree.iter()
    }

    /// The pages with ids from `first` to `last`, both included.
    pub(crate) fn range(&self, first: u64, last: u64) -> impl Iterator<Item = (u64, &Page)> {
        self.tree.iter_from(first).take_while(move |(id, _)| *id <= last)
    }

    /// Calls `visit` for every page that differs.
    pub(crate) fn diff(&self, other: &Pages, visit: &mut Differing<'_>) {
        self.tree.diff(&other.tree, visit);
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn hash(&self) -> u128 {
        self.hash
    }

    pub(crate) fn replaced_bytes(&self) -> u64 {
        self.replaced_bytes
    }

    /// Makes a validated change at `seq`. The deltas of one transaction are validated together and applied
    /// creations first, deletions last.
    pub(crate) fn apply(&mut self, seq: u64, delta: ValidDelta<'_>) {
        let Delta { page: id, change, .. } = delta.delta();
        let id = *id;
        match change {
            Change::Create { size_bytes, name, metadata } => {
                let bytes = vec![0; *size_bytes as usize].into();
                let page = Page::new(seq, bytes, name.as_deref(), metadata);
                self.put(id, page);
                self.next_id = id + 1;
            }
            Change::Write(patch) => self.change(id, seq, |page| patch::apply(patch, page.bytes_mut())),
            Change::Metadata(metadata) => self.change(id, seq, |page| page.set_metadata(metadata)),
            Change::Delete => {
                if let Some(page) = self.tree.slot(id).take() {
                    self.hash = self.hash.wrapping_sub(page.hash(id));
                    self.len -= 1;
                    self.replaced_bytes += page.bytes().len() as u64;
                    if let Some(name) = page.name() {
                        self.names.remove(name);
                    }
                }
            }
        }
    }

    pub(crate) fn graph(&self) -> Arc<Graph> {
        Arc::clone(&self.graph)
    }

    /// Changes the graph.
    ///
    /// # Errors
    /// `Malformed`, `UnknownPage`, `Cycle`, with nothing changed.
    pub(crate) fn edit_graph(&mut self, edits: &[GraphEdit]) -> Result<()> {
        let after = self.graph.edited(edits, &|page| self.get(page).is_some())?;
        self.hash = self.hash.wrapping_sub(self.graph.hash()).wrapping_add(after.hash());
        self.graph = Arc::new(after);
        Ok(())
    }

    /// Refuses a write to a derived page, and the end of a page that is in the graph.
    fn check_graph(&self, deltas: &[Delta]) -> Result<()> {
        if self.graph.is_empty() {
            return Ok(());
        }
        let held = |delta: &&Delta| match delta.change {
            Change::Create { .. } | Change::Metadata(_) => false,
            Change::Write(_) => self.graph.node(delta.page).is_some(),
            Change::Delete => {
                self.graph.node(delta.page).is_some() || self.graph.dependents(delta.page).next().is_some()
            }
        };
        match deltas.iter().find(held) {
            None => Ok(()),
            Some(delta) => Err(Error::malformed(Malformed::new(Malformation::Overlap, "derived page", 0))
                .on_page(delta.page)
                .expected("a page outside the graph; derived pages change with their parents")),
        }
    }

    /// Makes the changes of derived pages, in the order in which they were computed.
    ///
    /// # Errors
    /// `Malformed`, `UnknownPage` for what no propagation makes.
    pub(crate) fn commit_derived(&mut self, seq: u64, derived: &[Derived]) -> Result<()> {
        for Derived { function, delta } in derived {
            let known = self.graph.node(delta.page).is_some_and(|node| *node.function == **function);
            if !known || !matches!(delta.change, Change::Write(_)) {
                return Err(Error::malformed(Malformed::new(Malformation::Overlap, "derived page", 0))
                    .on_page(delta.page));
            }
            let valid = validate::one(self, delta)?;
            self.apply(seq, valid);
        }
        Ok(())
    }

    /// Makes the changes of one record.
    ///
    /// # Errors
    /// Those of validation, with nothing changed.
    pub(crate) fn commit(&mut self, seq: u64, deltas: &[Delta]) -> Result<()> {
        self.check_graph(deltas)?;
        validate::batch(self, deltas)?.iter().for_each(|delta| self.apply(seq, delta));
        Ok(())
    }

    /// Puts a page back, as a checkpoint has it. Pages come by ascending id.
    pub(crate) fn restore(&mut self, id: u64, page: Page) {
        self.put(id, page);
        self.next_id = id + 1;
    }

    /// Goes on with this id: the pages before it that are not there were deleted.
    pub(crate) fn set_next_id(&mut self, next_id: u64) {
        self.next_id = next_id;
    }

    /// Puts a page where none is.
    fn put(&mut self, id: u64, page: Page) {
        self.hash = self.hash.wrapping_add(page.hash(id));
        if let Some(name) = page.name() {
            self.names.insert(name, id);
        }
        *self.tree.slot(id) = Some(page);
        self.len += 1;
    }

    fn change(&mut self, id: u64, seq: u64, change: impl FnOnce(&mut Page)) {
        let Some(page) = self.tree.slot(id) else { return };
        self.replaced_bytes += page.bytes().len() as u64;
        let before = page.hash(id);
        page.set_version(seq);
        change(page);
        self.hash = self.hash.wrapping_sub(before).wrapping_add(page.hash(id));
    }
}
