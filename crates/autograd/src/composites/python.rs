//! What Python calls for an operator between a number and a tensor: the reflected methods of `torch.Tensor`.

use tensor::{Arg, Args, Result};

use crate::composite::Composite;
use crate::dispatch::call;
use crate::variable::Variable;

/// The operator with its operands exchanged.
fn exchanged(args: &Args<'_, Variable>, tensors: &str, number: &str) -> Result<Vec<Variable>> {
    let other = args.value(1);
    let name = if matches!(other, Arg::Tensor(_)) { tensors } else { number };
    call(name, vec![other.clone(), args.value(0).clone()])
}

/// The operator as it stands, which is its own reflection.
fn symmetric(args: &Args<'_, Variable>, tensors: &str, number: &str) -> Result<Vec<Variable>> {
    let other = args.value(1);
    let name = if matches!(other, Arg::Tensor(_)) { tensors } else { number };
    call(name, vec![args.value(0).clone(), other.clone()])
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "__radd__(Tensor self, Any other) -> Tensor",
        body: |a| symmetric(a, "add.Tensor", "add.Scalar"),
    },
    Composite {
        schema: "__rmul__(Tensor self, Any other) -> Tensor",
        body: |a| symmetric(a, "mul.Tensor", "mul.Scalar"),
    },
    Composite {
        schema: "__rsub__(Tensor self, Any other) -> Tensor",
        body: |a| match a.value(1) {
            Arg::Tensor(other) => Ok(vec![other.sub(a.tensor(0)?)?]),
            number => call("rsub.Scalar", vec![a.value(0).clone(), number.clone()]),
        },
    },
    Composite {
        schema: "__rdiv__(Tensor self, Any other) -> Tensor",
        body: |a| match a.value(1) {
            Arg::Tensor(other) => Ok(vec![other.div(a.tensor(0)?)?]),
            // As PyTorch computes it: a reciprocal, then a product.
            number => {
                let inverse = a.tensor(0)?.reciprocal()?;
                call("mul.Scalar", vec![Arg::Tensor(inverse), number.clone()])
            }
        },
    },
    Composite {
        schema: "__rpow__(Tensor self, Any other) -> Tensor",
        body: |a| exchanged(a, "pow.Tensor_Tensor", "pow.Scalar"),
    },
    Composite {
        schema: "__rmod__(Tensor self, Any other) -> Tensor",
        body: |a| exchanged(a, "remainder.Tensor", "remainder.Scalar_Tensor"),
    },
    Composite {
        schema: "__rand__(Tensor self, Any other) -> Tensor",
        body: |a| symmetric(a, "bitwise_and.Tensor", "bitwise_and.Scalar"),
    },
    Composite {
        schema: "__ror__(Tensor self, Any other) -> Tensor",
        body: |a| symmetric(a, "bitwise_or.Tensor", "bitwise_or.Scalar"),
    },
    Composite {
        schema: "__rxor__(Tensor self, Any other) -> Tensor",
        body: |a| symmetric(a, "bitwise_xor.Tensor", "bitwise_xor.Scalar"),
    },
    Composite {
        schema: "__rmatmul__(Tensor self, Tensor other) -> Tensor",
        body: |a| call("matmul", vec![a.value(1).clone(), a.value(0).clone()]),
    },
];
