//! Trees that several tests use.

use checkpoint::{Id, Node, Tree, TreeBuilder};
use tensor::Tensor;

/// A dictionary of texts.
pub fn dict(builder: &mut TreeBuilder, items: Vec<(&str, Id)>) -> Id {
    let items = items.into_iter().map(|(key, value)| (builder.text(key).unwrap(), value)).collect();
    builder.add(Node::Dict(items)).unwrap()
}

/// Two tensors over one storage, numbers and a list that stands twice.
pub fn small() -> Tree {
    let mut builder = TreeBuilder::new();
    let base = Tensor::from_vec((0..6).map(|x| x as f32 / 2.0).collect(), &[2, 3]).unwrap();
    let view = base.t().unwrap();
    let base = builder.tensor(base).unwrap();
    let view = builder.add(Node::Tensor { tensor: view, requires_grad: true }).unwrap();
    let count = builder.add(Node::Int(1 << 60)).unwrap();
    let rate = builder.add(Node::Float(0.1)).unwrap();
    let list = builder.add(Node::List(vec![count, rate])).unwrap();
    let flag = builder.tensor(Tensor::from_vec(vec![true, false, true], &[3]).unwrap()).unwrap();
    let items = vec![("base", base), ("view", view), ("list", list), ("again", list), ("flags", flag)];
    let root = dict(&mut builder, items);
    builder.finish(root).unwrap()
}

/// What a tree says, in a text: every node, tensors with their layout, storage and bytes.
pub fn shown(tree: &Tree) -> String {
    let mut storages = Vec::new();
    let mut out = format!("root {}\n", tree.root().number());
    for node in tree.nodes() {
        let Node::Tensor { tensor, requires_grad } = node else {
            out += &format!("{node:?}\n");
            continue;
        };
        let address = tensor.storage_address();
        let at = storages.iter().position(|&known| known == address).unwrap_or_else(|| {
            storages.push(address);
            storages.len() - 1
        });
        let bytes = tensor.to_element_bytes().unwrap();
        out += &format!(
            "{} {:?} {:?} {} of storage {at} with {}, {requires_grad}: {bytes:?}\n",
            tensor.dtype().name(),
            tensor.sizes(),
            tensor.strides(),
            tensor.layout().offset(),
            tensor.storage_len()
        );
    }
    out
}
