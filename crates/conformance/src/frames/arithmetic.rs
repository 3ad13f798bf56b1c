//! Operators and arithmetic with alignment.

use column::{Arithmetic, Column, Comparison, Logic};
use evidence::compare::{Rule, Tolerance};
use evidence::json::Json;
use frame::{FrameRhs, Rhs, Series};

use super::operation::{
    Give, Nothing, Operand, Outcome, frame, frame_of, maybe_cell, operand, params, row, series, series_of,
};
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("add", [one other: Series], Filled, |call| filled(call, Arithmetic::Add)),
    series!("sub", [one other: Series], Filled, |call| filled(call, Arithmetic::Subtract)),
    series!("mul", [one other: Series], Filled, |call| filled(call, Arithmetic::Multiply)),
    series!("truediv", [one other: Series], Filled, |call| filled(call, Arithmetic::Divide)),
    series!("__add__", [one other: Series | Scalar], Nothing, |call| arithmetic(call, Arithmetic::Add)),
    series!("__sub__", [one other: Series | Scalar], Nothing, |call| arithmetic(call, Arithmetic::Subtract)),
    series!("__mul__", [one other: Series | Scalar], Nothing, |call| arithmetic(call, Arithmetic::Multiply)),
    series!("__truediv__", [one other: Series | Scalar], Nothing, |call| arithmetic(call, Arithmetic::Divide)),
    series!("__floordiv__", [one other: Series | Scalar], Nothing, |call| {
        arithmetic(call, Arithmetic::FloorDivide)
    }),
    series!("__mod__", [one other: Series | Scalar], Nothing, |call| arithmetic(call, Arithmetic::Remainder)),
    Row {
        rule: Rule::Within(POWERS),
        ..series!("__pow__", [one other: Series | Scalar], Nothing, |call| arithmetic(call, Arithmetic::Power))
    },
    series!("__radd__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::Add)),
    series!("__rsub__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::Subtract)),
    series!("__rmul__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::Multiply)),
    series!("__rtruediv__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::Divide)),
    series!("__rfloordiv__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::FloorDivide)),
    series!("__rmod__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::Remainder)),
    Row {
        rule: Rule::Within(POWERS),
        ..series!("__rpow__", [one other: Scalar], Nothing, |call| reflected(call, Arithmetic::Power))
    },
    series!("__eq__", [one other: Series | Scalar], Nothing, |call| compare(call, Comparison::Equal)),
    series!("__ne__", [one other: Series | Scalar], Nothing, |call| compare(call, Comparison::NotEqual)),
    series!("__lt__", [one other: Series | Scalar], Nothing, |call| compare(call, Comparison::Less)),
    series!("__le__", [one other: Series | Scalar], Nothing, |call| compare(call, Comparison::LessEqual)),
    series!("__gt__", [one other: Series | Scalar], Nothing, |call| compare(call, Comparison::Greater)),
    series!("__ge__", [one other: Series | Scalar], Nothing, |call| compare(call, Comparison::GreaterEqual)),
    series!("__and__", [one other: Series | Scalar], Nothing, |call| logic(call, Logic::And)),
    series!("__or__", [one other: Series | Scalar], Nothing, |call| logic(call, Logic::Or)),
    series!("__xor__", [one other: Series | Scalar], Nothing, |call| logic(call, Logic::Xor)),
    series!("__invert__", [], Nothing, |call| series_of(call, "self")?.invert()?.give()),
    series!("__neg__", [], Nothing, |call| series_of(call, "self")?.negate()?.give()),
    series!("abs", [], Nothing, |call| series_of(call, "self")?.abs()?.give()),
    series!("round", [], Round, |call| {
        let decimals = Round::of(call)?.decimals;
        series_of(call, "self")?.round(decimals)?.give()
    }),
    frame!("__add__", [one other: Frame | Series | Scalar], Nothing, |call| {
        frame_arithmetic(call, Arithmetic::Add)
    }),
    frame!("__sub__", [one other: Frame | Series | Scalar], Nothing, |call| {
        frame_arithmetic(call, Arithmetic::Subtract)
    }),
    frame!("__mul__", [one other: Frame | Series | Scalar], Nothing, |call| {
        frame_arithmetic(call, Arithmetic::Multiply)
    }),
    frame!("__truediv__", [one other: Frame | Series | Scalar], Nothing, |call| {
        frame_arithmetic(call, Arithmetic::Divide)
    }),
    frame!("__eq__", [one other: Frame | Series | Scalar], Nothing, |call| {
        frame_compare(call, Comparison::Equal)
    }),
    frame!("__gt__", [one other: Frame | Series | Scalar], Nothing, |call| {
        frame_compare(call, Comparison::Greater)
    }),
    frame!("round", [], Round, |call| {
        let decimals = Round::of(call)?.decimals;
        frame_of(call, "self")?.round(decimals)?.give()
    }),
    row!("numpy.sqrt", "numpy.sqrt", [one x: Series], Nothing, |call| elementwise(call, Column::sqrt)),
    row!("numpy.log", "numpy.log", [one x: Series], Nothing, |call| elementwise(call, Column::ln)),
    row!("numpy.exp", "numpy.exp", [one x: Series], Nothing, |call| elementwise(call, Column::exp)),
    row!("numpy.floor", "numpy.floor", [one x: Series], Nothing, |call| elementwise(call, Column::floor)),
    row!("numpy.ceil", "numpy.ceil", [one x: Series], Nothing, |call| elementwise(call, Column::ceil)),
];

/// The C library's `pow` is exact to within a unit in the last place, and so is ours.
const POWERS: &[(&str, Tolerance)] = &[
    ("float64", Tolerance { rtol: 4.5e-16, atol: 0.0 }),
    ("Float64", Tolerance { rtol: 4.5e-16, atol: 0.0 }),
    ("object", Tolerance { rtol: 4.5e-16, atol: 0.0 }),
];

params! {
    Filled { fill_value: Json } but { level: null, axis: 0 }
}

params! { Round { decimals: i32 } }

fn rhs(other: &Operand) -> Result<Rhs<'_>, Failure> {
    match other {
        Operand::Series(series) => Ok(Rhs::Series(series)),
        Operand::Scalar(scalar) => Ok(Rhs::Scalar(scalar)),
        Operand::Frame(_) => Err(Failure::unsupported("a series with a frame")),
    }
}

fn frame_rhs(other: &Operand) -> FrameRhs<'_> {
    match other {
        Operand::Series(series) => FrameRhs::Series(series),
        Operand::Scalar(scalar) => FrameRhs::Scalar(scalar),
        Operand::Frame(frame) => FrameRhs::Frame(frame),
    }
}

fn arithmetic(call: &Call<'_>, op: Arithmetic) -> Outcome {
    let other = operand(call, "other")?;
    series_of(call, "self")?.arithmetic(op, rhs(&other)?)?.give()
}

fn reflected(call: &Call<'_>, op: Arithmetic) -> Outcome {
    let Operand::Scalar(scalar) = operand(call, "other")? else {
        return Err(Failure::unsupported("a reflected operator with a series"));
    };
    series_of(call, "self")?.arithmetic_reflected(op, &scalar)?.give()
}

fn compare(call: &Call<'_>, op: Comparison) -> Outcome {
    let other = operand(call, "other")?;
    series_of(call, "self")?.compare(op, rhs(&other)?)?.give()
}

fn logic(call: &Call<'_>, op: Logic) -> Outcome {
    let other = operand(call, "other")?;
    series_of(call, "self")?.logic(op, rhs(&other)?)?.give()
}

fn frame_arithmetic(call: &Call<'_>, op: Arithmetic) -> Outcome {
    let other = operand(call, "other")?;
    frame_of(call, "self")?.arithmetic(op, frame_rhs(&other))?.give()
}

fn frame_compare(call: &Call<'_>, op: Comparison) -> Outcome {
    let other = operand(call, "other")?;
    frame_of(call, "self")?.compare(op, frame_rhs(&other))?.give()
}

fn filled(call: &Call<'_>, op: Arithmetic) -> Outcome {
    let Filled { fill_value, .. } = Filled::of(call)?;
    let (left, right) = (series_of(call, "self")?, series_of(call, "other")?);
    let fill = maybe_cell(&fill_value)?;
    left.arithmetic_filled(op, &right, fill.as_ref())?.give()
}

fn elementwise(call: &Call<'_>, kernel: impl FnOnce(&Column) -> column::Result<Column>) -> Outcome {
    let series: Series = series_of(call, "x")?;
    series.map_values(kernel)?.give()
}
