//! A gradient formula as data: for which operators, what it keeps, and how it computes.

use tensor::Result;

use crate::graph::Context;
use crate::value::Value;

/// Gradients of an operator's tensor arguments, in order, from those of its results. They may still be broadcast;
/// the engine sums them to the argument's sizes and converts them to its dtype.
pub(crate) type Backward = fn(&Context<'_>) -> Result<Vec<Option<Value>>>;

/// The gradient of one or several operators.
pub struct Formula {
    /// The operators it answers for.
    pub operators: &'static [&'static str],
    /// The node's name in PyTorch, `AddBackward0`.
    pub node: &'static str,
    /// How to compute it, or why there is none.
    pub gradient: Gradient,
    /// Positions of the results that have none although they are floats.
    pub constants: &'static [usize],
}

impl Formula {
    /// The same, with results that have no gradient.
    pub(crate) const fn with_constants(self, constants: &'static [usize]) -> Formula {
        Formula { constants, ..self }
    }
}

/// How a gradient is computed.
pub enum Gradient {
    /// By a formula.
    #[non_exhaustive]
    Formula {
        /// Positions of the arguments whose tensors are kept.
        args: &'static [usize],
        /// Positions of the results that are kept.
        results: &'static [usize],
        #[doc(hidden)]
        backward: BackwardFn,
    },
    /// There is none, for this reason; results want no gradient.
    None(&'static str),
}

/// A formula's function; its argument is private to the crate.
#[derive(Clone, Copy)]
pub struct BackwardFn(pub(crate) Backward);

/// A row with a formula.
pub(crate) const fn row(
    operators: &'static [&'static str],
    node: &'static str,
    args: &'static [usize],
    results: &'static [usize],
    backward: Backward,
) -> Formula {
    Formula {
        operators,
        node,
        gradient: Gradient::Formula { args, results, backward: BackwardFn(backward) },
        constants: &[],
    }
}

/// A row without a gradient.
pub(crate) const fn none(operators: &'static [&'static str], reason: &'static str) -> Formula {
    Formula { operators, node: "", gradient: Gradient::None(reason), constants: &[] }
}

/// All formulas.
pub fn formulas() -> impl Iterator<Item = &'static Formula> {
    crate::formulas::TABLES.iter().copied().flatten()
}
