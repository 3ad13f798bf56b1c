//! Conversions to one dtype, under the names that Python gives them.

use tensor::{Arg, Args, DType, Result};

use super::one;
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

fn cast(a: &Args<'_, Variable>, dtype: DType) -> Result<Vec<Variable>> {
    let [x, format] = [a.value(0).clone(), a.value(1).clone()];
    one(call_one("to.dtype", vec![x, dtype.into(), false.into(), false.into(), format]))
}

macro_rules! casts {
    ($($name:literal => $dtype:ident;)*) => {
        pub(super) const ROWS: &[Composite] = &[
            $(Composite {
                schema: concat!($name, "(Tensor(a) self, *, MemoryFormat? memory_format=None) -> Tensor(a)"),
                body: |a| cast(a, DType::$dtype),
            },)*
            Composite {
                schema: "type_as(Tensor self, Tensor other) -> Tensor",
                body: |a| {
                    let dtype = a.tensor(1)?.dtype();
                    one(call_one("to.dtype", vec![a.value(0).clone(), dtype.into(), false.into(), false.into(), Arg::None]))
                },
            },
        ];
    };
}

casts! {
    "bool" => Bool;
    "byte" => U8;
    "char" => I8;
    "short" => I16;
    "int" => I32;
    "long" => I64;
    "float" => F32;
    "double" => F64;
}
