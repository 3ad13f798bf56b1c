//! Writes in place.

use super::operators;
use super::rules::EXACT;

operators! {
    add_.Tensor(self: tensor, other: tensor) { alpha: "Scalar" } EXACT;
    sub_.Tensor(self: tensor, other: tensor) { alpha: "Scalar" } EXACT;
    mul_.Tensor(self: tensor, other: tensor) {} EXACT;
    div_.Tensor(self: tensor, other: tensor) {} EXACT;
    copy_(self: tensor, src: tensor) { non_blocking: "bool" } EXACT;
    fill_.Scalar(self: tensor) { value: "Scalar" } EXACT;
    zero_(self: tensor) {} EXACT;
}
