//! How a row's values are compared.

/// How the values of a row are compared. Dtypes, sizes, labels, names and layouts are compared under every rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Bit for bit; NaN equals NaN.
    Exact,
    /// Floats within the pair of their dtype; a dtype that is not listed, bit for bit.
    Within(&'static [(&'static str, Tolerance)]),
    /// Values within one pair of their dtype, gradients within another: a gradient may be a sum where the value is
    /// none.
    Graded {
        /// For what an operation returned or wrote.
        values: &'static [(&'static str, Tolerance)],
        /// For what stands under the tree key `grads`.
        gradients: &'static [(&'static str, Tolerance)],
    },
    /// Not at all: uninitialised storage. Dtype, shape and strides are compared.
    Undefined,
    /// Bit for bit, but rows in any order: ties of an unstable sort.
    Sets,
    /// By what the factors of a matrix multiply to, for their signs are arbitrary; within the pair of the dtype.
    Reconstruction(Factors, &'static [(&'static str, Tolerance)]),
}

/// |found − expected| ≤ `atol` + `rtol` · |expected|.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Relative to the expected value.
    pub rtol: f64,
    /// Absolute.
    pub atol: f64,
}

/// Which factors a tree of tensors holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factors {
    /// `[U, S, Vh]`: U · diag(S) · Vh, with orthonormal columns of U and rows of Vh.
    Svd,
    /// `[Q, R]`: Q · R, with orthonormal columns of Q.
    Qr,
    /// `[L, Q]`: Q · diag(L) · Qᵀ, with orthonormal columns of Q.
    Eigh,
}

/// The tolerances of tensors where a row names no others.
pub const TORCH_TOLERANCES: &[(&str, Tolerance)] = &[
    ("torch.float16", Tolerance { rtol: 1e-3, atol: 1e-5 }),
    ("torch.bfloat16", Tolerance { rtol: 1.6e-2, atol: 1e-5 }),
    ("torch.float32", Tolerance { rtol: 1.3e-6, atol: 1e-5 }),
    ("torch.float64", Tolerance { rtol: 1e-7, atol: 1e-7 }),
];

impl Rule {
    /// The tolerance for cells of a dtype; `None` for bit for bit.
    pub(super) fn tolerance(&self, dtype: &str, is_gradient: bool) -> Option<Tolerance> {
        let pairs = match self {
            Rule::Within(pairs) | Rule::Reconstruction(_, pairs) => pairs,
            Rule::Graded { gradients, .. } if is_gradient => gradients,
            Rule::Graded { values, .. } => values,
            Rule::Exact | Rule::Undefined | Rule::Sets => return None,
        };
        pairs.iter().find(|(name, _)| *name == dtype).map(|(_, pair)| *pair)
    }

    /// Whether equal answers have equal digests.
    pub fn is_exact(&self) -> bool {
        matches!(self, Rule::Exact)
    }
}

impl Tolerance {
    /// Whether `found` lies within so many times the tolerance. An infinity lies within none but its own.
    pub fn holds(&self, expected: f64, found: f64, times: f64) -> bool {
        if expected == found || (expected.is_nan() && found.is_nan()) {
            return true;
        }
        let bound = times * (self.atol + self.rtol * expected.abs());
        expected.is_finite() && found.is_finite() && (found - expected).abs() <= bound
    }
}
