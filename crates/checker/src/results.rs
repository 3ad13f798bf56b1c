//! The results graph: which top-level statements belong together, and what each node reads.

use std::collections::{BTreeSet, HashMap};

use crate::Type;
use crate::checked::{CellId, GlobalId, ResultNode};
use crate::checker::{Checker, Touched};

impl Checker<'_> {
    /// A node is a top-level statement; one that assigns a name, or uses a handle made in its fence, joins that name's
    /// `let` and all between.
    pub(crate) fn join_results(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let items = self.items(self.root());
        let fence = |t: &Touched| items.get(t.item).and_then(|i| i.fence);
        // `until[i]`: the last statement that is in one node with statement i because of what stands there.
        let mut until: Vec<usize> = (0..touched.len()).collect();
        let makers: HashMap<GlobalId, usize> = touched
            .iter()
            .enumerate()
            .flat_map(|(index, statement)| statement.defines.iter().map(move |id| (*id, index)))
            .collect();
        for (index, statement) in touched.iter().enumerate() {
            let handles = statement.reads.iter().filter(|id| {
                let handle = self
                    .out
                    .globals
                    .get(id.0 as usize)
                    .is_some_and(|g| self.holds_handle(&self.resolve(&g.ty)));
                let maker = makers.get(id).and_then(|made| touched.get(*made));
                handle && maker.is_some_and(|maker| fence(maker) == fence(statement))
            });
            let first = statement.assigns.iter().chain(handles).filter_map(|id| makers.get(id)).min();
            if let Some(made) = first.filter(|made| **made < index)
                && let Some(last) = until.get_mut(*made)
            {
                *last = index;
            }
        }
        let mut groups: Vec<Vec<Touched>> = Vec::new();
        let mut reached = 0;
        for (index, (statement, last)) in touched.into_iter().zip(until).enumerate() {
            match groups.last_mut() {
                Some(group) if index <= reached => group.push(statement),
                _ => groups.push(vec![statement]),
            }
            reached = reached.max(last);
        }
        // Each group is let go once its node stands.
        self.out.nodes = groups.into_iter().map(|group| self.result_node(&group)).collect();
        for index in 0..self.out.bindings.len() {
            let cells: BTreeSet<CellId> = self.out.bindings[index].cells.iter().copied().collect();
            let cells = self.reachable(cells);
            let mut reads: BTreeSet<GlobalId> = self.out.bindings[index].reads.iter().copied().collect();
            reads.extend(self.read_by(&cells));
            self.out.bindings[index].reads = reads.into_iter().collect();
            self.out.bindings[index].cells = cells.into_iter().collect();
        }
    }

    fn result_node(&self, group: &[Touched]) -> ResultNode {
        let mut node = ResultNode {
            items: group.iter().map(|t| t.item).collect(),
            defines: group.iter().flat_map(|t| t.defines.iter().copied()).collect(),
            reads: Vec::new(),
            cells: Vec::new(),
            effects: Vec::new(),
            fence: None,
            shows: None,
        };
        let cells = self.reachable(group.iter().flat_map(|t| t.cells.iter().copied()).collect());
        let mut reads: BTreeSet<GlobalId> = group.iter().flat_map(|t| t.reads.iter().copied()).collect();
        reads.extend(group.iter().flat_map(|t| t.assigns.iter().copied()));
        reads.extend(self.read_by(&cells));
        for own in &node.defines {
            reads.remove(own);
        }
        node.reads = reads.into_iter().collect();
        let mut effects: BTreeSet<String> = group.iter().flat_map(|t| t.effects.iter().cloned()).collect();
        for cell in &cells {
            if let Some(cell) = self.out.cells.get(cell.0 as usize) {
                effects.extend(cell.row.iter().cloned());
            }
        }
        // What is declared is handled inside the node: nobody outside sees it.
        let declared =
            |effect: &String| self.out.effects.iter().any(|d| effect.starts_with(&format!("{}.", d.name)));
        node.effects = effects.into_iter().filter(|effect| !declared(effect)).collect();
        node.cells = cells.into_iter().collect();
        if let Some(last) = group.last() {
            let item = self.items(self.root()).get(last.item);
            node.fence = item.and_then(|i| i.fence);
            node.shows = self.shown(last.item);
        }
        node
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
