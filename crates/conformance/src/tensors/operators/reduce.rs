//! Reductions, scans and softmax.

use super::operators;
use super::rules::{EXACT, ROUNDED};

operators! {
    sum(self: tensor) { dtype: "ScalarType?" } ROUNDED;
    sum.dim_IntList(self: tensor) { dim: "int[1]?", keepdim: "bool", dtype: "ScalarType?" } ROUNDED;
    mean(self: tensor) { dtype: "ScalarType?" } ROUNDED;
    mean.dim(self: tensor) { dim: "int[1]?", keepdim: "bool", dtype: "ScalarType?" } ROUNDED;
    var.correction(self: tensor) { dim: "int[1]?", correction: "Scalar?", keepdim: "bool" } ROUNDED;
    std.correction(self: tensor) { dim: "int[1]?", correction: "Scalar?", keepdim: "bool" } ROUNDED;
    prod(self: tensor) { dtype: "ScalarType?" } ROUNDED;
    prod.dim_int(self: tensor) { dim: "int", keepdim: "bool", dtype: "ScalarType?" } ROUNDED;
    max(self: tensor) {} ROUNDED;
    max.dim(self: tensor) { dim: "int", keepdim: "bool" } EXACT;
    amax(self: tensor) { dim: "int[1]", keepdim: "bool" } ROUNDED;
    argmax(self: tensor) { dim: "int?", keepdim: "bool" } EXACT;
    min(self: tensor) {} ROUNDED;
    min.dim(self: tensor) { dim: "int", keepdim: "bool" } EXACT;
    amin(self: tensor) { dim: "int[1]", keepdim: "bool" } ROUNDED;
    argmin(self: tensor) { dim: "int?", keepdim: "bool" } EXACT;
    any(self: tensor) {} EXACT;
    any.dim(self: tensor) { dim: "int", keepdim: "bool" } EXACT;
    all(self: tensor) {} EXACT;
    all.dim(self: tensor) { dim: "int", keepdim: "bool" } EXACT;
    logsumexp(self: tensor) { dim: "int[1]", keepdim: "bool" } ROUNDED;
    linalg_vector_norm(self: tensor) {
        ord: "Scalar", dim: "int[1]?", keepdim: "bool", dtype: "ScalarType?"
    } ROUNDED;
    softmax.int(self: tensor) { dim: "int", dtype: "ScalarType?" } ROUNDED;
    log_softmax.int(self: tensor) { dim: "int", dtype: "ScalarType?" } ROUNDED;
    cumsum(self: tensor) { dim: "int", dtype: "ScalarType?" } ROUNDED;
}
