//! A persistent radix tree from page ids to pages, or to what else there is of a page, fan-out 64.
//!
//! A clone is one pointer. A change copies the nodes on its path that another clone still holds, and nothing else, so
//! a snapshot costs as much as what is changed while it lives. Ids are dense, since the store gives them, so nodes
//! are plain arrays.

use std::sync::Arc;

const FAN_OUT: usize = 64;
const BITS: u32 = 6;

/// The pages of one state by id.
#[derive(Clone)]
pub(crate) struct Tree<T> {
    root: Option<Arc<Node<T>>>,
    /// Levels from the root to the leaves, both included; the tree holds ids below 64^height.
    height: u32,
}

/// Sees an id and its page in one tree and in another.
pub(crate) type Differing<'a, T> = dyn FnMut(u64, Option<&T>, Option<&T>) + 'a;

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all nodes are leaves, and a box would cost each read")]
enum Node<T> {
    Branch([Option<Arc<Node<T>>>; FAN_OUT]),
    Leaf([Option<T>; FAN_OUT]),
}

impl<T> Node<T> {
    fn empty(level: u32) -> Node<T> {
        match level {
            0 => Node::Leaf([const { None }; FAN_OUT]),
            _ => Node::Branch([const { None }; FAN_OUT]),
        }
    }
}

/// The place of `id` in a node that stands `level` levels above the leaves.
fn place(id: u64, level: u32) -> usize {
    (id >> (BITS * level)) as usize % FAN_OUT
}

impl<T> Default for Tree<T> {
    fn default() -> Tree<T> {
        Tree { root: None, height: 0 }
    }
}

impl<T: Clone> Tree<T> {
    /// The page with this id.
    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        let mut node = self.root.as_deref().filter(|_| self.reaches(id))?;
        let mut level = self.height - 1;
        loop {
            match node {
                Node::Branch(children) => {
                    node = children[place(id, level)].as_deref()?;
                    level -= 1;
                }
                Node::Leaf(pages) => return pages[place(id, 0)].as_ref(),
            }
        }
    }

    /// The slot of `id`, after every node on the way was made this tree's own.
    pub(crate) fn slot(&mut self, id: u64) -> &mut Option<T> {
        while !self.reaches(id) {
            self.grow();
        }
        let level = self.height - 1;
        slot_in(self.root.get_or_insert_with(|| Arc::new(Node::empty(level))), id, level)
    }

    fn reaches(&self, id: u64) -> bool {
        let bits = BITS * self.height;
        bits >= u64::BITS || (bits > 0 && id >> bits == 0)
    }

    /// Puts a root above the present one.
    fn grow(&mut self) {
        if let Some(below) = self.root.take() {
            let mut children = [const { None }; FAN_OUT];
            children[0] = Some(below);
            self.root = Some(Arc::new(Node::Branch(children)));
        }
        self.height += 1;
    }

    /// All pages by ascending id.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        Iter { path: self.root.iter().map(|root| (&**root, 0, 0)).collect() }
    }

    /// The pages from `first` on, by ascending id.
    pub(crate) fn iter_from(&self, first: u64) -> Iter<'_, T> {
        let mut path: Vec<(&Node<T>, u64, usize)> = Vec::new();
        let Some(mut node) = self.root.as_deref() else { return Iter { path } };
        if !self.reaches(first) {
            return Iter { path };
        }
        for level in (0..self.height).rev() {
            let at = place(first, level);
            // What stands before `first` is passed over; its own place is entered by what follows.
            let base = first.checked_shr(BITS * (level + 1)).unwrap_or(0);
            match node {
                Node::Leaf(_) => path.push((node, base, at)),
                Node::Branch(children) => {
                    let child = children[at].as_deref();
                    path.push((node, base, at + usize::from(child.is_some())));
                    match child {
                        Some(child) => node = child,
                        None => break,
                    }
                }
            }
        }
        Iter { path }
    }

    /// Calls `visit` for every id whose pages differ, ascending, with both pages. What the two trees share is not
    /// looked at.
    pub(crate) fn diff(&self, other: &Tree<T>, visit: &mut Differing<'_, T>)
    where
        T: PartialEq,
    {
        let (mut left, mut right) = (self.clone(), other.clone());
        while left.height < right.height {
            left.grow();
        }
        while right.height < left.height {
            right.grow();
        }
        diff_nodes(left.root.as_ref(), right.root.as_ref(), 0, visit);
    }
}

type Children<T> = [Option<Arc<Node<T>>>; FAN_OUT];

/// Makes a tree of pages that come by ascending id, each node once.
pub(crate) struct Builder<T> {
    /// Each leaf with its first id over the ids of a leaf.
    leaves: Vec<(u64, Arc<Node<T>>)>,
}

impl<T> Default for Builder<T> {
    fn default() -> Builder<T> {
        Builder { leaves: Vec::new() }
    }
}

impl<T> Builder<T> {
    pub(crate) fn push(&mut self, id: u64, page: T) {
        let base = id >> BITS;
        if self.leaves.last().is_none_or(|(last, _)| *last != base) {
            self.leaves.push((base, Arc::new(Node::empty(0))));
        }
        // Nobody else has the leaf yet.
        if let Some((_, leaf)) = self.leaves.last_mut()
            && let Some(Node::Leaf(pages)) = Arc::get_mut(leaf)
        {
            pages[place(id, 0)] = Some(page);
        }
    }

    pub(crate) fn finish(self) -> Tree<T> {
        let (mut nodes, mut height) = (self.leaves, 1);
        while nodes.len() > 1 || nodes.first().is_some_and(|(base, _)| *base > 0) {
            let mut above: Vec<(u64, Children<T>)> = Vec::new();
            for (base, node) in nodes {
                if above.last().is_none_or(|(last, _)| *last != base >> BITS) {
                    above.push((base >> BITS, [const { None }; FAN_OUT]));
                }
                if let Some((_, children)) = above.last_mut() {
                    children[place(base, 0)] = Some(node);
                }
            }
            nodes =
                above.into_iter().map(|(base, children)| (base, Arc::new(Node::Branch(children)))).collect();
            height += 1;
        }
        match nodes.pop() {
            Some((_, root)) => Tree { root: Some(root), height },
            None => Tree::default(),
        }
    }
}

fn slot_in<T: Clone>(node: &mut Arc<Node<T>>, id: u64, level: u32) -> &mut Option<T> {
    match Arc::make_mut(node) {
        Node::Leaf(pages) => &mut pages[place(id, 0)],
        Node::Branch(children) => {
            let child = children[place(id, level)].get_or_insert_with(|| Arc::new(Node::empty(level - 1)));
            slot_in(child, id, level - 1)
        }
    }
}

/// Two nodes of the same level, whose first id is `base` times the ids of a child.
fn diff_nodes<T: Clone + PartialEq>(
    left: Option<&Arc<Node<T>>>,
    right: Option<&Arc<Node<T>>>,
    base: u64,
    visit: &mut Differing<'_, T>,
) {
    let shared = match (left, right) {
        (Some(left), Some(right)) => Arc::ptr_eq(left, right),
        (None, None) => true,
        _ => false,
    };
    if shared {
        return;
    }
    let child = |node: Option<&Arc<Node<T>>>, at: usize| match node.map(|node| &**node) {
        Some(Node::Branch(children)) => children[at].clone(),
        _ => None,
    };
    let page = |node: Option<&Arc<Node<T>>>, at: usize| match node.map(|node| &**node) {
        Some(Node::Leaf(pages)) => pages[at].clone(),
        _ => None,
    };
    for at in 0..FAN_OUT {
        let id = base * FAN_OUT as u64 + at as u64;
        diff_nodes(child(left, at).as_ref(), child(right, at).as_ref(), id, visit);
        let (left, right) = (page(left, at), page(right, at));
        if left != right {
            visit(id, left.as_ref(), right.as_ref());
        }
    }
}

/// The pages of a tree by ascending id.
pub(crate) struct Iter<'a, T> {
    /// The nodes down to the present one: the node, the first of its ids over the ids of a child, the next place.
    path: Vec<(&'a Node<T>, u64, usize)>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (u64, &'a T);

    fn next(&mut self) -> Option<(u64, &'a T)> {
        loop {
            let (node, base, next) = self.path.last_mut()?;
            let at = *next;
            if at == FAN_OUT {
                self.path.pop();
                continue;
            }
            *next += 1;
            let id = *base * FAN_OUT as u64 + at as u64;
            match node {
                Node::Branch(children) => {
                    if let Some(child) = &children[at] {
                        self.path.push((child, id, 0));
                    }
                }
                Node::Leaf(pages) => {
                    if let Some(page) = &pages[at] {
                        return Some((id, page));
                    }
                }
            }
        }
    }
}
