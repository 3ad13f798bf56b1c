//! Losses as values, chosen once and applied many times.

use autograd::{Result, Variable};

use crate::functional::{self, CrossEntropy, Reduction};

/// A loss with its options.
#[derive(Clone, Debug)]
pub enum Loss {
    /// `CrossEntropyLoss`.
    CrossEntropy(CrossEntropy),
    /// `NLLLoss`; label smoothing is not used.
    Nll(CrossEntropy),
    /// `BCELoss`.
    BinaryCrossEntropy {
        /// A weight for each element.
        weight: Option<Variable>,
        /// How the losses are reduced.
        reduction: Reduction,
    },
    /// `BCEWithLogitsLoss`.
    BinaryCrossEntropyWithLogits {
        /// A weight for each element.
        weight: Option<Variable>,
        /// A weight of positive targets.
        pos_weight: Option<Variable>,
        /// How the losses are reduced.
        reduction: Reduction,
    },
    /// `MSELoss`.
    Mse(Reduction),
    /// `L1Loss`.
    L1(Reduction),
    /// `SmoothL1Loss`.
    SmoothL1 {
        /// Where the loss becomes linear.
        beta: f64,
        /// How the losses are reduced.
        reduction: Reduction,
    },
    /// `HuberLoss`.
    Huber {
        /// Where the loss becomes linear.
        delta: f64,
        /// How the losses are reduced.
        reduction: Reduction,
    },
}

impl Loss {
    /// The loss of predictions against targets.
    ///
    /// # Errors
    /// Those of the function of the same name.
    pub fn forward(&self, input: &Variable, target: &Variable) -> Result<Variable> {
        match self {
            Loss::CrossEntropy(options) => functional::cross_entropy(input, target, options),
            Loss::Nll(options) => functional::nll_loss(input, target, options),
            Loss::BinaryCrossEntropy { weight, reduction } => {
                functional::binary_cross_entropy(input, target, weight.as_ref(), *reduction)
            }
            Loss::BinaryCrossEntropyWithLogits { weight, pos_weight, reduction } => {
                let (weight, positive) = (weight.as_ref(), pos_weight.as_ref());
                functional::binary_cross_entropy_with_logits(input, target, weight, positive, *reduction)
            }
            Loss::Mse(reduction) => functional::mse_loss(input, target, *reduction),
            Loss::L1(reduction) => functional::l1_loss(input, target, *reduction),
            Loss::SmoothL1 { beta, reduction } => {
                functional::smooth_l1_loss(input, target, *reduction, *beta)
            }
            Loss::Huber { delta, reduction } => functional::huber_loss(input, target, *reduction, *delta),
        }
    }
}
