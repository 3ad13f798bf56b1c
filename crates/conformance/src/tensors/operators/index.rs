//! Joining, indexing and sorting.

use super::operators;
use super::rules::EXACT;

operators! {
    cat(tensors: tensors) { dim: "int" } EXACT;
    stack(tensors: tensors) { dim: "int" } EXACT;
    index_select(self: tensor, index: tensor) { dim: "int" } EXACT;
    gather(self: tensor, index: tensor) { dim: "int", sparse_grad: "bool" } EXACT;
    scatter_add(self: tensor, index: tensor, src: tensor) { dim: "int" } EXACT;
    masked_select(self: tensor, mask: tensor) {} EXACT;
    index.Tensor(self: tensor, indices: tensors) {} EXACT;
    nonzero(self: tensor) {} EXACT;
    embedding(weight: tensor, indices: tensor) {
        padding_idx: "SymInt", scale_grad_by_freq: "bool", sparse: "bool"
    } EXACT;
    one_hot(self: tensor) { num_classes: "int" } EXACT;
    sort(self: tensor) { dim: "int", descending: "bool" } EXACT;
    argsort(self: tensor) { dim: "int", descending: "bool" } EXACT;
    topk(self: tensor) { k: "SymInt", dim: "int", largest: "bool", sorted: "bool" } EXACT;
}
