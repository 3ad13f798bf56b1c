//! Matrix products.

use super::operators;
use super::rules::ROUNDED;

operators! {
    matmul(self: tensor, other: tensor) {} ROUNDED;
    mm(self: tensor, mat2: tensor) {} ROUNDED;
    bmm(self: tensor, mat2: tensor) {} ROUNDED;
    addmm(self: tensor, mat1: tensor, mat2: tensor) { beta: "Scalar", alpha: "Scalar" } ROUNDED;
    linear(input: tensor, weight: tensor, bias: maybe) {} ROUNDED;
    dot(self: tensor, tensor: tensor) {} ROUNDED;
    mv(self: tensor, vec: tensor) {} ROUNDED;
}
