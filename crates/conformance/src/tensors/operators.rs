//! The operators of ATen: a row each, with the tensors it takes, its other parameters and its comparison.

mod create;
mod index;
mod inplace;
mod matmul;
mod nn;
mod pointwise;
mod reduce;
mod rules;
mod view;

pub(super) use create::ROWS as CREATE;
pub(super) use index::ROWS as INDEX;
pub(super) use inplace::ROWS as INPLACE;
pub(super) use matmul::ROWS as MATMUL;
pub(super) use nn::ROWS as NN;
pub(super) use pointwise::ROWS as POINTWISE;
pub(super) use reduce::ROWS as REDUCE;
pub(super) use rules::ROUNDED;
pub(super) use view::ROWS as VIEW;

/// Rows of the form `name.overload(input: kind, …) { parameter: "type", … } RULE;`, where a kind is `tensor`, `maybe`
/// (a tensor that a case may leave out) or `tensors`. `as "function"` names what PyTorch calls in the operator's
/// stead, because that is where it checks the arguments.
macro_rules! operators {
    ($($base:ident $(. $overload:ident)? ($($input:ident: $kind:ident),*)
        { $($param:ident: $ty:literal),* } $rule:ident $(as $function:literal)?;)+) => {
        pub(in crate::tensors) const ROWS: &[$crate::row::Row] = &[$({
            struct Operator;
            impl $crate::tensors::signature::Signature for Operator {
                const NAME: &'static str = concat!(stringify!($base) $(, ".", stringify!($overload))?);
                const PARAMS: &'static [(&'static str, &'static str)] = &[$((stringify!($param), $ty)),*];
            }
            $crate::row::Row {
                op: concat!("tensor.", stringify!($base) $(, ".", stringify!($overload))?),
                reference: $crate::row::Reference::Torch(
                    $crate::tensors::operators::function!($base $(. $overload)? $(as $function)?)
                ),
                inputs: &[
                    $($crate::tensors::operators::input!($input $kind),)*
                    $crate::row::Input::maybe("cotangents", &[$crate::row::Kind::Tree]),
                ],
                params: $crate::tensors::signature::params::<Operator>(),
                run: $crate::tensors::answer::run::<Operator>,
                rule: $rule,
                hardened: &[],
                api: &[concat!(
                    "torch.ops.aten.", stringify!($base) $(, ".", stringify!($overload))?,
                    "(" $(, stringify!($input), ", ")* $(, stringify!($param), ", ")* , ")"
                )],
            }
        }),+];
    };
}

macro_rules! function {
    ($base:ident $(. $overload:ident)? as $function:literal) => {
        $function
    };
    ($base:ident . $overload:ident) => {
        concat!("torch.ops.aten.", stringify!($base), ".", stringify!($overload))
    };
    ($base:ident) => {
        concat!("torch.ops.aten.", stringify!($base), ".default")
    };
}

macro_rules! input {
    ($name:ident tensor) => {
        $crate::row::Input::one(stringify!($name), &[$crate::row::Kind::Tensor])
    };
    ($name:ident maybe) => {
        $crate::row::Input::maybe(stringify!($name), &[$crate::row::Kind::Tensor])
    };
    ($name:ident tensors) => {
        $crate::row::Input::one(stringify!($name), &[$crate::row::Kind::Tree])
    };
}

use {function, input, operators};
