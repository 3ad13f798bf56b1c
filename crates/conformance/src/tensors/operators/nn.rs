//! Losses and normalisation: composites of operators, under PyTorch's schema texts.

use super::operators;
use super::rules::ROUNDED;

operators! {
    mse_loss(self: tensor, target: tensor) { reduction: "int" } ROUNDED;
    l1_loss(self: tensor, target: tensor) { reduction: "int" } ROUNDED;
    smooth_l1_loss(self: tensor, target: tensor) { reduction: "int", beta: "float" } ROUNDED;
    huber_loss(self: tensor, target: tensor) { reduction: "int", delta: "float" } ROUNDED;
    binary_cross_entropy(self: tensor, target: tensor, weight: maybe) {
        reduction: "int"
    } ROUNDED as "torch.nn.functional.binary_cross_entropy";
    binary_cross_entropy_with_logits(self: tensor, target: tensor, weight: maybe, pos_weight: maybe) {
        reduction: "int"
    } ROUNDED as "torch.nn.functional.binary_cross_entropy_with_logits";
    nll_loss_nd(self: tensor, target: tensor, weight: maybe) {
        reduction: "int", ignore_index: "SymInt"
    } ROUNDED;
    cross_entropy_loss(self: tensor, target: tensor, weight: maybe) {
        reduction: "int", ignore_index: "SymInt", label_smoothing: "float"
    } ROUNDED;
    layer_norm(input: tensor, weight: maybe, bias: maybe) {
        normalized_shape: "SymInt[]", eps: "float", cudnn_enable: "bool"
    } ROUNDED;
    batch_norm(input: tensor, weight: maybe, bias: maybe, running_mean: maybe, running_var: maybe) {
        training: "bool", momentum: "float", eps: "float", cudnn_enabled: "bool"
    } ROUNDED as "torch.nn.functional.batch_norm";
}
