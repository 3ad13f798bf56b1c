//! The results graph as `lower` and the recorder read it: flat lists, since a long program has a node for each line.

use crate::checked::{CellId, GlobalId};
use crate::types::Type;

/// A node of the results graph: one top-level statement, or the statements that one name's `let`, its assignments and
/// the uses of its handle join together.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResultNode<'g> {
    /// The root module's items it runs, by index into `Module::items`, ascending.
    pub items: &'g [usize],
    /// Globals it defines; the first names the node. Empty for a bare expression statement.
    pub defines: &'g [GlobalId],
    /// Globals it reads that other nodes define.
    pub reads: &'g [GlobalId],
    /// All cells it may call, transitively, sorted.
    pub cells: &'g [CellId],
    /// Effects it may have, sorted.
    pub effects: &'g [String],
    pub fence: Option<usize>,
    /// The type of the value it shows, if its last statement is the fence's last expression.
    pub shows: Option<&'g Type>,
}

/// The nodes, in source order.
#[derive(Clone, Debug, Default)]
pub struct ResultGraph {
    ends: Vec<Ends>,
    items: Vec<usize>,
    defines: Vec<GlobalId>,
    reads: Vec<GlobalId>,
    cells: Vec<CellId>,
    effects: Vec<String>,
    /// By node, ascending.
    shows: Vec<(usize, Type)>,
}

/// Where the parts of a node end in the lists; they begin where those of the one before it end.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    items: u32,
    defines: u32,
    reads: u32,
    cells: u32,
    effects: u32,
    /// One more than the fence; 0 outside of one.
    fence: u32,
}

impl ResultGraph {
    /// Adds a node behind the others.
    pub(crate) fn push(&mut self, node: ResultNode<'_>) {
        if let Some(ty) = node.shows {
            self.shows.push((self.ends.len(), ty.clone()));
        }
        self.items.extend(node.items);
        self.defines.extend(node.defines);
        self.reads.extend(node.reads);
        self.cells.extend(node.cells);
        self.effects.extend_from_slice(node.effects);
        self.ends.push(Ends {
            items: self.items.len() as u32,
            defines: self.defines.len() as u32,
            reads: self.reads.len() as u32,
            cells: self.cells.len() as u32,
            effects: self.effects.len() as u32,
            fence: node.fence.map_or(0, |fence| fence as u32 + 1),
        });
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<ResultNode<'_>> {
        let to = self.ends.get(index)?;
        let from = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let shows = self.shows.binary_search_by_key(&index, |(node, _)| *node).ok();
        Some(ResultNode {
            items: slice(&self.items, from.items, to.items),
            defines: slice(&self.defines, from.defines, to.defines),
            reads: slice(&self.reads, from.reads, to.reads),
            cells: slice(&self.cells, from.cells, to.cells),
            effects: slice(&self.effects, from.effects, to.effects),
            fence: to.fence.checked_sub(1).map(|fence| fence as usize),
            shows: shows.and_then(|at| self.shows.get(at)).map(|(_, ty)| ty),
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = ResultNode<'_>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

fn slice<T>(all: &[T], from: u32, to: u32) -> &[T] {
    all.get(from as usize..to as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_own_parts() {
        let mut graph = ResultGraph::default();
        let (a, b) = ([GlobalId(0), GlobalId(2)], [GlobalId(1)]);
        graph.push(ResultNode { items: &[0, 2], defines: &a, fence: Some(0), ..ResultNode::default() });
        let cells = [CellId(4)];
        let effects = ["clock".to_string()];
        let node =
            ResultNode { items: &[3], reads: &b, cells: &cells, effects: &effects, ..ResultNode::default() };
        graph.push(node);
        graph.push(ResultNode {
            items: &[5],
            shows: Some(&Type::Int),
            fence: Some(7),
            ..ResultNode::default()
        });
        assert_eq!(graph.len(), 3);
        let first = graph.get(0).unwrap();
        assert_eq!(
            (first.items, first.defines, first.reads, first.fence),
            (&[0, 2][..], &a[..], &[][..], Some(0))
        );
        let second = graph.get(1).unwrap();
        assert_eq!((second.items, second.defines, second.reads), (&[3][..], &[][..], &b[..]));
        assert_eq!((second.cells, second.effects, second.fence), (&cells[..], &effects[..], None));
        assert_eq!((graph.get(2).unwrap().shows, graph.get(2).unwrap().fence), (Some(&Type::Int), Some(7)));
        assert!(graph.get(3).is_none() && graph.iter().count() == 3);
    }
}
