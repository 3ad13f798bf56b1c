//! What the root's top-level statements touch, in flat lists: a long program has as many statements as lines, and a set
//! for each of their parts would take more memory than their trees.

use crate::checked::{CellId, GlobalId};
use crate::checker::{Body, EffectSite};

/// The statements in the order of the text.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    ends: Vec<Ends>,
    defines: Vec<GlobalId>,
    assigns: Vec<GlobalId>,
    reads: Vec<GlobalId>,
    cells: Vec<CellId>,
    effects: Vec<String>,
    sites: Vec<EffectSite>,
}

/// Where the parts of a statement end in the lists; they begin where those of the one before it end.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    item: u32,
    defines: u32,
    assigns: u32,
    reads: u32,
    cells: u32,
    effects: u32,
    sites: u32,
}

/// What statements that follow each other touch, each in the order of its ids, one statement behind the other.
#[derive(Clone, Copy)]
pub(crate) struct Part<'t> {
    pub defines: &'t [GlobalId],
    pub assigns: &'t [GlobalId],
    pub reads: &'t [GlobalId],
    pub cells: &'t [CellId],
    pub effects: &'t [String],
    pub sites: &'t [EffectSite],
}

impl Touched {
    /// Takes what a body did for a statement, and leaves it empty for the next one.
    pub(crate) fn push(&mut self, item: usize, defines: &[GlobalId], body: &mut Body) {
        self.defines.extend(defines);
        self.assigns.extend(std::mem::take(&mut body.assigns));
        self.reads.extend(std::mem::take(&mut body.reads));
        self.cells.extend(std::mem::take(&mut body.calls));
        self.effects.extend(std::mem::take(&mut body.effects));
        self.sites.append(&mut body.sites);
        self.ends.push(Ends {
            item: item as u32,
            defines: self.defines.len() as u32,
            assigns: self.assigns.len() as u32,
            reads: self.reads.len() as u32,
            cells: self.cells.len() as u32,
            effects: self.effects.len() as u32,
            sites: self.sites.len() as u32,
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The item that the statement is.
    pub(crate) fn item(&self, index: usize) -> Option<usize> {
        self.ends.get(index).map(|ends| ends.item as usize)
    }

    /// The statements from one up to, not with, another.
    pub(crate) fn part(&self, from: usize, to: usize) -> Part<'_> {
        let at = |index: usize| index.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        let (from, to) = (at(from).unwrap_or_default(), at(to).unwrap_or_default());
        Part {
            defines: slice(&self.defines, from.defines, to.defines),
            assigns: slice(&self.assigns, from.assigns, to.assigns),
            reads: slice(&self.reads, from.reads, to.reads),
            cells: slice(&self.cells, from.cells, to.cells),
            effects: slice(&self.effects, from.effects, to.effects),
            sites: slice(&self.sites, from.sites, to.sites),
        }
    }

    /// Each statement by itself.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Part<'_>> + '_ {
        (0..self.ends.len()).map(|index| self.part(index, index + 1))
    }

    /// The places of each statement where an effect may happen; most have none.
    pub(crate) fn sites(&self) -> Vec<Vec<EffectSite>> {
        self.iter().map(|part| part.sites).filter(|sites| !sites.is_empty()).map(<[_]>::to_vec).collect()
    }
}

fn slice<T>(all: &[T], from: u32, to: u32) -> &[T] {
    all.get(from as usize..to as usize).unwrap_or_default()
}
