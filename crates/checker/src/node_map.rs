//! A table by node id. Ids are dense, so a vector says where an entry stands: looking one up is two reads.

use syntax::ast::NodeId;

/// No entry stands for the node. Zero, so that the parts of a table where no node has an entry take no memory.
const NONE: u32 = 0;

/// Values by node, in the order in which they were added.
#[derive(Clone, Debug)]
pub struct NodeMap<T> {
    /// By node, how many entries stand up to its own.
    places: Vec<u32>,
    /// Whose entries they are, beside them.
    nodes: Vec<NodeId>,
    entries: Vec<T>,
}

impl<T> Default for NodeMap<T> {
    fn default() -> NodeMap<T> {
        NodeMap { places: Vec::new(), nodes: Vec::new(), entries: Vec::new() }
    }
}

impl<T> NodeMap<T> {
    /// An empty table, with room for nodes up to that many.
    pub fn with_nodes(nodes: usize) -> NodeMap<T> {
        NodeMap { places: vec![NONE; nodes], nodes: Vec::new(), entries: Vec::new() }
    }

    fn place(&self, node: NodeId) -> Option<usize> {
        self.places.get(node.0 as usize).filter(|place| **place != NONE).map(|place| *place as usize - 1)
    }

    pub fn get(&self, node: &NodeId) -> Option<&T> {
        self.entries.get(self.place(*node)?)
    }

    pub fn get_mut(&mut self, node: &NodeId) -> Option<&mut T> {
        let place = self.place(*node)?;
        self.entries.get_mut(place)
    }

    pub fn contains_key(&self, node: &NodeId) -> bool {
        self.place(*node).is_some()
    }

    /// Gives back the value that stood there before.
    pub fn insert(&mut self, node: NodeId, value: T) -> Option<T> {
        if let Some(known) = self.get_mut(&node) {
            return Some(std::mem::replace(known, value));
        }
        let at = node.0 as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, NONE);
        }
        if let Some(place) = self.places.get_mut(at) {
            grow(&mut self.nodes);
            grow(&mut self.entries);
            self.nodes.push(node);
            self.entries.push(value);
            *place = self.entries.len() as u32;
        }
        None
    }

    /// The newest entry takes the place of the one taken out.
    pub fn remove(&mut self, node: &NodeId) -> Option<T> {
        let place = self.place(*node)?;
        if let Some(known) = self.places.get_mut(node.0 as usize) {
            *known = NONE;
        }
        self.nodes.swap_remove(place);
        let value = self.entries.swap_remove(place);
        if let Some(moved) = self.nodes.get(place)
            && let Some(known) = self.places.get_mut(moved.0 as usize)
        {
            *known = place as u32 + 1;
        }
        Some(value)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&NodeId, &T)> + '_ {
        self.nodes.iter().zip(&self.entries)
    }

    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> + '_ {
        self.entries.iter()
    }

    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut T> + '_ {
        self.entries.iter_mut()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.nodes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }
}

/// Makes room for one more, by a quarter at a time: these are the largest tables of a program, and doubling would leave
/// half of one unused when memory is scarcest.
pub(crate) fn grow<T>(entries: &mut Vec<T>) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact(entries.len() / 4 + 16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn it_answers_as_a_hash_map_does() {
        let (mut map, mut naive) = (NodeMap::with_nodes(3), HashMap::new());
        let mut state = 7u32;
        for step in 0..10_000u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let node = NodeId((state >> 16) % 97);
            if state >> 30 == 0 {
                assert_eq!(map.remove(&node), naive.remove(&node));
            } else {
                assert_eq!(map.insert(node, step), naive.insert(node, step));
            }
            assert_eq!(map.len(), naive.len());
            assert_eq!(map.get(&node), naive.get(&node));
        }
        assert!(map.iter().all(|(node, value)| naive.get(node) == Some(value)));
        assert_eq!(map.get(&NodeId(1 << 20)), None);
    }
}
