//! Views, copies and their strides.

use super::operators;
use super::rules::EXACT;

operators! {
    view(self: tensor) { size: "SymInt[]" } EXACT;
    reshape(self: tensor) { shape: "SymInt[]" } EXACT;
    permute(self: tensor) { dims: "int[]" } EXACT;
    transpose.int(self: tensor) { dim0: "int", dim1: "int" } EXACT;
    t(self: tensor) {} EXACT;
    narrow(self: tensor) { dim: "int", start: "SymInt", length: "SymInt" } EXACT;
    select.int(self: tensor) { dim: "int", index: "SymInt" } EXACT;
    slice.Tensor(self: tensor) { dim: "int", start: "SymInt?", end: "SymInt?", step: "SymInt" } EXACT;
    squeeze(self: tensor) {} EXACT;
    squeeze.dim(self: tensor) { dim: "int" } EXACT;
    squeeze.dims(self: tensor) { dim: "int[]" } EXACT;
    unsqueeze(self: tensor) { dim: "int" } EXACT;
    expand(self: tensor) { size: "SymInt[]", implicit: "bool" } EXACT;
    flatten.using_ints(self: tensor) { start_dim: "int", end_dim: "int" } EXACT;
    split.Tensor(self: tensor) { split_size: "SymInt", dim: "int" } EXACT;
    split_with_sizes(self: tensor) { split_sizes: "SymInt[]", dim: "int" } EXACT;
    chunk(self: tensor) { chunks: "int", dim: "int" } EXACT;
    unbind.int(self: tensor) { dim: "int" } EXACT;
    contiguous(self: tensor) { memory_format: "MemoryFormat" } EXACT;
    clone(self: tensor) { memory_format: "MemoryFormat?" } EXACT;
    detach(self: tensor) {} EXACT;
}
