//! How operators are compared. Where nothing rounds, bit for bit; elsewhere the two sides add in another order or use
//! another polynomial.

use evidence::compare::{Rule, Tolerance};

type Pairs = &'static [(&'static str, Tolerance)];

const fn within(rtol: f64, atol: f64) -> Tolerance {
    Tolerance { rtol, atol }
}

/// One ulp.
const ONE_ULP: Pairs = &[("torch.float32", within(1.2e-7, 0.0)), ("torch.float64", within(3e-16, 0.0))];
/// Two ulp.
const TWO_ULP: Pairs = &[("torch.float32", within(3e-7, 1e-37)), ("torch.float64", within(1e-14, 1e-300))];
/// A sum over the dimensions along which an operand was repeated.
const FEW_TERMS: Pairs = &[("torch.float32", within(1e-6, 1e-7)), ("torch.float64", within(1e-14, 1e-15))];
const MANY_TERMS: Pairs = &[("torch.float32", within(2e-6, 1e-6)), ("torch.float64", within(1e-13, 1e-14))];

/// Bit for bit.
pub(super) const EXACT: Rule = Rule::Exact;
/// Sums and elementary functions.
pub(in crate::tensors) const ROUNDED: Rule = Rule::Within(MANY_TERMS);
/// Division, of which PyTorch's vectorised kernels multiply by a reciprocal.
pub(super) const QUOTIENT: Rule = Rule::Within(TWO_ULP);
/// Exact values; gradients that are summed.
pub(super) const SUMMED_BACK: Rule = Rule::Graded { values: &[], gradients: FEW_TERMS };
/// Exact values; gradients of several factors.
pub(super) const SCALED_BACK: Rule = Rule::Graded { values: &[], gradients: TWO_ULP };
/// Division with gradients that are summed.
pub(super) const QUOTIENT_SUMMED_BACK: Rule = Rule::Graded { values: TWO_ULP, gradients: FEW_TERMS };
/// A root; PyTorch's vectorised ones are off by an ulp, that of binary32 on processors of some makers alone.
pub(super) const SQRT: Rule = Rule::Graded { values: ONE_ULP, gradients: TWO_ULP };
/// Normal draws: PyTorch's logarithm and sine have bits of their own.
pub(super) const NORMAL: Rule =
    Rule::Within(&[("torch.float32", within(3e-7, 1e-7)), ("torch.float64", within(1e-14, 1e-16))]);
