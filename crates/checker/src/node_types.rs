//! The types of a program's nodes: one for each node, so that four bytes a node are what counts.

use syntax::ast::NodeId;

use crate::types::Type;

/// Types without parts: what they are is their place among [`NodeTypes::known`]. The first is that of nodes that have
/// none, so that the parts of a table that nobody wrote take no memory.
const PLAIN: [Type; 14] = [
    Type::Error,
    Type::Never,
    Type::Any,
    Type::Null,
    Type::Bool,
    Type::Int,
    Type::Float,
    Type::String,
    Type::Bytes,
    Type::DateTime,
    Type::Duration,
    Type::Path,
    Type::Json,
    Type::Range,
];

fn plain(ty: &Type) -> Option<u32> {
    Some(match ty {
        Type::Error => 0,
        Type::Never => 1,
        Type::Any => 2,
        Type::Null => 3,
        Type::Bool => 4,
        Type::Int => 5,
        Type::Float => 6,
        Type::String => 7,
        Type::Bytes => 8,
        Type::DateTime => 9,
        Type::Duration => 10,
        Type::Path => 11,
        Type::Json => 12,
        Type::Range => 13,
        _ => return None,
    })
}

/// The type of each node; [`Type::Error`] where none was set.
#[derive(Clone, Debug)]
pub struct NodeTypes {
    /// By node, where its type stands among the known ones.
    places: Vec<u32>,
    /// The plain types, then one for each node that has another.
    known: Vec<Type>,
}

impl Default for NodeTypes {
    fn default() -> NodeTypes {
        NodeTypes::with_nodes(0)
    }
}

impl NodeTypes {
    pub fn with_nodes(nodes: usize) -> NodeTypes {
        NodeTypes { places: vec![0; nodes], known: PLAIN.to_vec() }
    }

    /// `None` for a node that the program does not have.
    pub fn get(&self, node: NodeId) -> Option<&Type> {
        self.known.get(*self.places.get(node.0 as usize)? as usize)
    }

    pub(crate) fn set(&mut self, node: NodeId, ty: Type) {
        let Some(place) = self.places.get_mut(node.0 as usize) else { return };
        if let Some(known) = plain(&ty) {
            *place = known;
            return;
        }
        match self.known.get_mut(*place as usize) {
            Some(known) if *place as usize >= PLAIN.len() => *known = ty,
            _ => {
                *place = self.known.len() as u32;
                crate::node_map::grow(&mut self.known);
                self.known.push(ty);
            }
        }
    }

    /// The types with parts, and the variables among them.
    pub(crate) fn compound_mut(&mut self) -> impl Iterator<Item = &mut Type> + '_ {
        self.known.iter_mut().skip(PLAIN.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_type_stands_where_its_number_says() {
        for (at, ty) in (0..).zip(&PLAIN) {
            assert_eq!(plain(ty), Some(at), "{ty:?}");
        }
    }

    #[test]
    fn it_answers_as_a_vector_does() {
        let (mut types, mut naive) = (NodeTypes::with_nodes(50), vec![Type::Error; 50]);
        let mut state = 11u32;
        for _ in 0..5_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (node, choice) = ((state >> 16) % 50, (state >> 8) as usize % 20);
            let ty = PLAIN.get(choice).cloned().unwrap_or(Type::list(Type::Var(choice as u32)));
            types.set(NodeId(node), ty.clone());
            naive[node as usize] = ty;
            assert!((0..50).map(|at| types.get(NodeId(at))).eq(naive.iter().map(Some)));
        }
        assert_eq!(types.get(NodeId(50)), None);
        types.set(NodeId(50), Type::Int);
        types.compound_mut().for_each(|ty| *ty = Type::Any);
        let closed = |ty: &Type| if matches!(ty, Type::List(_)) { Type::Any } else { ty.clone() };
        assert!((0..50).map(|at| types.get(NodeId(at)).cloned()).eq(naive.iter().map(closed).map(Some)));
    }
}
