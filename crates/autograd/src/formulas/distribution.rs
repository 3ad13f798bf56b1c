//! Draws: what is drawn does not depend on what was there, and only PyTorch's own choice of zeros flows back.

use super::pointwise::zeros_for_all;
use crate::formula::{Formula, none, row};

pub(super) const ROWS: &[Formula] = &[
    row(&["bernoulli"], "BernoulliBackward0", &[], &[], zeros_for_all),
    row(&["bernoulli.p"], "BernoulliBackward2", &[], &[], zeros_for_all),
    row(&["normal.Tensor_Tensor"], "NormalBackward3", &[], &[], zeros_for_all),
    row(&["normal.Tensor_float"], "NormalBackward1", &[], &[], zeros_for_all),
    row(&["normal.float_Tensor"], "NormalBackward2", &[], &[], zeros_for_all),
    row(&["normal_functional", "normal_"], "NormalBackward0", &[], &[], zeros_for_all),
    row(&["uniform"], "UniformBackward0", &[], &[], zeros_for_all),
    row(&["exponential"], "ExponentialBackward0", &[], &[], zeros_for_all),
    row(&["cauchy"], "CauchyBackward0", &[], &[], zeros_for_all),
    row(&["geometric"], "GeometricBackward0", &[], &[], zeros_for_all),
    row(&["log_normal"], "LogNormalBackward0", &[], &[], zeros_for_all),
    none(&["normal.float_float"], "the result depends on no tensor"),
    none(&["multinomial"], "the result holds positions"),
];
