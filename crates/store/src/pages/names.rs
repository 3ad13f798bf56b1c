//! A persistent map from page names to ids: a hash trie whose nodes are shared between states.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

const BITS: u32 = 6;

/// The names of one state. A clone is one pointer.
#[derive(Clone, Default)]
pub(crate) struct Names {
    root: Option<Arc<Node>>,
}

#[derive(Clone)]
enum Node {
    /// The names with one hash; nearly always a single one.
    Leaf { hash: u64, entries: Vec<(Box<str>, u64)> },
    /// The children whose bit is set in `present`, lowest first.
    Branch { present: u64, children: Vec<Arc<Node>> },
}

/// The bit of `hash` in a node that stands `depth` levels below the root.
fn bit(hash: u64, depth: u32) -> u64 {
    1 << (hash.checked_shr(BITS * depth).unwrap_or(0) & 63)
}

/// The place of a bit's child among the present ones.
fn place(present: u64, bit: u64) -> usize {
    (present & (bit - 1)).count_ones() as usize
}

impl Names {
    /// The page of this name.
    pub(crate) fn get(&self, name: &str) -> Option<u64> {
        let wanted = xxh3_64(name.as_bytes());
        let mut node = self.root.as_deref()?;
        for depth in 0.. {
            match node {
                Node::Leaf { hash, entries } => {
                    let mut entries = entries.iter().filter(|_| *hash == wanted);
                    return entries.find(|(of, _)| **of == *name).map(|(_, id)| *id);
                }
                Node::Branch { present, children } => {
                    let bit = bit(wanted, depth);
                    if present & bit == 0 {
                        return None;
                    }
                    node = children.get(place(*present, bit))?;
                }
            }
        }
        None
    }

    /// Gives a name that no page has to a page.
    pub(crate) fn insert(&mut self, name: &str, id: u64) {
        let hash = xxh3_64(name.as_bytes());
        let leaf = || Node::Leaf { hash, entries: vec![(Box::from(name), id)] };
        match &mut self.root {
            None => self.root = Some(Arc::new(leaf())),
            Some(root) => insert(root, 0, hash, name, id),
        }
    }

    /// Takes a name away.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(root) = &mut self.root
            && remove(root, 0, xxh3_64(name.as_bytes()), name)
        {
            self.root = None;
        }
    }
}

fn insert(node: &mut Arc<Node>, depth: u32, hash: u64, name: &str, id: u64) {
    let node = Arc::make_mut(node);
    match node {
        Node::Leaf { hash: present, entries } if *present == hash => entries.push((Box::from(name), id)),
        Node::Leaf { hash: present, .. } => {
            let bit = bit(*present, depth);
            let below = std::mem::replace(node, Node::Branch { present: bit, children: Vec::new() });
            if let Node::Branch { children, .. } = node {
                children.push(Arc::new(below));
            }
            insert_below(node, depth, hash, name, id);
        }
        Node::Branch { .. } => insert_below(node, depth, hash, name, id),
    }
}

fn insert_below(node: &mut Node, depth: u32, hash: u64, name: &str, id: u64) {
    let Node::Branch { present, children } = node else { return };
    let bit = bit(hash, depth);
    let at = place(*present, bit);
    match children.get_mut(at).filter(|_| *present & bit != 0) {
        Some(child) => insert(child, depth + 1, hash, name, id),
        None => {
            children.insert(at, Arc::new(Node::Leaf { hash, entries: vec![(Box::from(name), id)] }));
            *present |= bit;
        }
    }
}

/// Whether the node is empty afterwards. Branches of one child stay: they cost little and come back.
fn remove(node: &mut Arc<Node>, depth: u32, wanted: u64, name: &str) -> bool {
    match Arc::make_mut(node) {
        Node::Leaf { entries, .. } => {
            entries.retain(|(of, _)| **of != *name);
            entries.is_empty()
        }
        Node::Branch { present, children } => {
            let bit = bit(wanted, depth);
            let at = place(*present, bit);
            if let Some(child) = children.get_mut(at).filter(|_| *present & bit != 0)
                && remove(child, depth + 1, wanted, name)
            {
                children.remove(at);
                *present &= !bit;
            }
            children.is_empty()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn agrees_with_a_map_and_leaves_clones_alone() {
        let mut names = Names::default();
        let mut map = BTreeMap::new();
        for step in 0..4_000u64 {
            // A walk over few names, so that many are taken away again.
            let name = format!("page {}", step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55);
            let before = (names.clone(), map.clone());
            if map.remove(&name).is_some() {
                names.remove(&name);
            } else {
                names.insert(&name, step);
                map.insert(name.clone(), step);
            }
            assert_eq!(names.get(&name), map.get(&name).copied());
            assert_eq!(before.0.get(&name), before.1.get(&name).copied());
        }
        assert!(map.len() > 50);
        for number in 0..512 {
            let name = format!("page {number}");
            assert_eq!(names.get(&name), map.get(&name).copied(), "{name}");
        }
    }

    #[test]
    fn names_with_one_hash_stand_side_by_side() {
        let mut root = Arc::new(Node::Leaf { hash: 7, entries: vec![("a".into(), 1)] });
        insert(&mut root, 0, 7, "b", 2);
        insert(&mut root, 0, 7 | 1 << 60, "c", 3);
        assert!(!remove(&mut root, 0, 7, "a"));
        assert!(!remove(&mut root, 0, 7, "b"));
        assert!(remove(&mut root, 0, 7 | 1 << 60, "c"));
    }
}
