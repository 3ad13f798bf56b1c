//! The results graph: which top-level statements belong together, and what each node reads.

use std::collections::BTreeSet;

use crate::Type;
use crate::checked::{CellId, GlobalId};
use crate::checker::Checker;
use crate::result_graph::{ResultGraph, ResultNode};
use crate::touched::Touched;

/// No statement makes the global.
const NOBODY: u32 = u32::MAX;

impl Checker<'_> {
    /// A node is a top-level statement; one that assigns a name, or uses a handle made in its fence, joins that name's
    /// `let` and all between.
    pub(crate) fn join_results(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let mut graph = ResultGraph::default();
        let until = self.last_of_nodes(&touched);
        let (mut start, mut reached) = (0, 0);
        for (index, last) in until.into_iter().enumerate() {
            if index > reached {
                self.result_node(&touched, (start, index), &mut graph);
                start = index;
            }
            reached = reached.max(last as usize);
        }
        if !touched.is_empty() {
            self.result_node(&touched, (start, touched.len()), &mut graph);
        }
        self.out.nodes = graph;
        for index in 0..self.out.bindings.len() {
            let cells: BTreeSet<CellId> = self.out.bindings[index].cells.iter().copied().collect();
            let cells = self.reachable(cells);
            let mut reads: BTreeSet<GlobalId> = self.out.bindings[index].reads.iter().copied().collect();
            reads.extend(self.read_by(&cells));
            self.out.bindings[index].reads = reads.into_iter().collect();
            self.out.bindings[index].cells = cells.into_iter().collect();
        }
    }

    /// By statement, the last one that is in a node with it because of what stands there.
    fn last_of_nodes(&self, touched: &Touched) -> Vec<u32> {
        let items = self.items(self.root());
        let fence = |index: usize| touched.item(index).and_then(|item| items.get(item)).and_then(|i| i.fence);
        let mut makers = vec![NOBODY; self.out.globals.len()];
        for (index, statement) in touched.iter().enumerate() {
            for id in statement.defines {
                if let Some(maker) = makers.get_mut(id.0 as usize) {
                    *maker = index as u32;
                }
            }
        }
        let maker = |id: &GlobalId| {
            makers.get(id.0 as usize).filter(|made| **made != NOBODY).map(|made| *made as usize)
        };
        let mut until: Vec<u32> = (0..touched.len() as u32).collect();
        for (index, statement) in touched.iter().enumerate() {
            let handles = statement.reads.iter().filter(|id| {
                let global = self.out.globals.get(id.0 as usize);
                global.is_some_and(|g| self.holds_handle(&self.resolve(&g.ty)))
                    && maker(id).is_some_and(|made| fence(made) == fence(index))
            });
            let first = statement.assigns.iter().chain(handles).filter_map(maker).min();
            if let Some(last) = first.filter(|made| *made < index).and_then(|made| until.get_mut(made)) {
                *last = index as u32;
            }
        }
        until
    }

    /// Adds the node that runs the statements from one up to, not with, another.
    fn result_node(&self, touched: &Touched, (from, to): (usize, usize), graph: &mut ResultGraph) {
        let part = touched.part(from, to);
        let items: Vec<usize> = (from..to).filter_map(|index| touched.item(index)).collect();
        let cells = self.reachable(part.cells.iter().copied().collect());
        let mut reads: BTreeSet<GlobalId> = part.reads.iter().copied().collect();
        reads.extend(part.assigns);
        reads.extend(self.read_by(&cells));
        for own in part.defines {
            reads.remove(own);
        }
        let mut effects: BTreeSet<&String> = part.effects.iter().collect();
        let rows = cells.iter().filter_map(|cell| self.out.cells.get(cell.0 as usize));
        effects.extend(rows.flat_map(|cell| &cell.row));
        // What is declared is handled inside the node: nobody outside sees it.
        let declared =
            |effect: &String| self.out.effects.iter().any(|d| effect.starts_with(&format!("{}.", d.name)));
        let effects: Vec<String> = effects.into_iter().filter(|effect| !declared(effect)).cloned().collect();
        let (reads, cells) = (Vec::from_iter(reads), Vec::from_iter(cells));
        let last = items.last().copied();
        graph.push(ResultNode {
            items: &items,
            defines: part.defines,
            reads: &reads,
            cells: &cells,
            effects: &effects,
            fence: last.and_then(|item| self.items(self.root()).get(item)?.fence),
            shows: last.and_then(|item| self.shown(item)).as_ref(),
        });
    }

    /// The type of the value that the fence ending with this item shows.
    fn shown(&self, item: usize) -> Option<Type> {
        if !self.ends_fence(item) {
            return None;
        }
        let syntax::ast::ItemKind::Stmt(stmt) = &self.items(self.root()).get(item)?.kind else {
            return None;
        };
        let syntax::ast::StmtKind::Expr(e) = &stmt.kind else {
            return None;
        };
        let ty = self.type_of(e.id);
        (!matches!(ty, Type::Null | Type::Never)).then_some(ty)
    }

    /// The cells, and all that they may call.
    pub(crate) fn reachable(&self, start: BTreeSet<CellId>) -> BTreeSet<CellId> {
        let mut all = start.clone();
        let mut work: Vec<CellId> = start.into_iter().collect();
        while let Some(id) = work.pop() {
            for next in self.out.cells.get(id.0 as usize).map_or(&[][..], |c| &c.calls) {
                if all.insert(*next) {
                    work.push(*next);
                }
            }
        }
        all
    }

    pub(crate) fn read_by(&self, cells: &BTreeSet<CellId>) -> BTreeSet<GlobalId> {
        cells
            .iter()
            .filter_map(|id| self.out.cells.get(id.0 as usize))
            .flat_map(|cell| cell.reads.iter().copied())
            .collect()
    }
}
