//! Operators on engine values. A name such as `op.+` is one for tables and tensors: the operands decide.

use column::{Arithmetic, Column, Comparison, Logic, Scalar};
use frame::{Alignment, Frame, Join, Series};
use vm::{Fault, Value};

use super::{FrameValue, SeriesValue, View, frame_methods, frame_value, series_value};
use crate::args::Args;
use crate::convert::{from_scalar, items, to_column, to_scalar};
use crate::engine_error::{of_column, of_frame};
use crate::host::Table;

/// An element-wise operator of two sides.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    Arithmetic(Arithmetic),
    Compare(Comparison),
    Logic(Logic),
}

impl Operator {
    fn parse(symbol: &str) -> Option<Operator> {
        use Operator as O;
        Some(match symbol {
            "+" => O::Arithmetic(Arithmetic::Add),
            "-" => O::Arithmetic(Arithmetic::Subtract),
            "*" => O::Arithmetic(Arithmetic::Multiply),
            "/" => O::Arithmetic(Arithmetic::Divide),
            "//" => O::Arithmetic(Arithmetic::FloorDivide),
            "%" => O::Arithmetic(Arithmetic::Remainder),
            "**" => O::Arithmetic(Arithmetic::Power),
            "==" => O::Compare(Comparison::Equal),
            "!=" => O::Compare(Comparison::NotEqual),
            "<" => O::Compare(Comparison::Less),
            "<=" => O::Compare(Comparison::LessEqual),
            ">" => O::Compare(Comparison::Greater),
            ">=" => O::Compare(Comparison::GreaterEqual),
            "&" => O::Logic(Logic::And),
            "|" => O::Logic(Logic::Or),
            "^" => O::Logic(Logic::Xor),
            _ => return None,
        })
    }

    fn columns(self, left: &Column, right: &Column) -> column::Result<Column> {
        match self {
            Operator::Arithmetic(op) => Column::arithmetic(op, left, right),
            Operator::Compare(op) => Column::compare(op, left, right),
            Operator::Logic(op) => Column::logic(op, left, right),
        }
    }

    fn right_scalar(self, left: &Column, right: &Scalar) -> column::Result<Column> {
        match self {
            Operator::Arithmetic(op) => Column::arithmetic(op, left, right),
            Operator::Compare(op) => Column::compare(op, left, right),
            Operator::Logic(op) => Column::logic(op, left, right),
        }
    }

    fn left_scalar(self, left: &Scalar, right: &Column) -> column::Result<Column> {
        match self {
            Operator::Arithmetic(op) => Column::arithmetic(op, left, right),
            Operator::Compare(op) => Column::compare(op, left, right),
            Operator::Logic(op) => Column::logic(op, left, right),
        }
    }
}

/// Two series, aligned by label; the name is kept only if both have it (S6).
fn of_series(operation: &str, op: Operator, left: &Series, right: &Series) -> Result<Value, Fault> {
    if matches!(op, Operator::Compare(_)) && !left.index().equals(right.index()) {
        let message = "Can only compare identically-labeled Series objects";
        return Err(crate::engine_error::table(operation, "ValueError", message));
    }
    let plan = Alignment::plan(left.index(), right.index(), Join::Outer).map_err(of_frame(operation))?;
    let a = Alignment::apply(plan.left.as_ref(), left.values()).map_err(of_frame(operation))?;
    let b = Alignment::apply(plan.right.as_ref(), right.values()).map_err(of_frame(operation))?;
    let values = op.columns(&a, &b).map_err(of_column(operation))?;
    let name = if left.name() == right.name() { left.name().clone() } else { Scalar::None };
    Series::new(values, plan.index, name).map(series_value).map_err(of_frame(operation))
}

fn like(operation: &str, series: &Series, values: column::Result<Column>) -> Result<Value, Fault> {
    let values = values.map_err(of_column(operation))?;
    Series::new(values, series.index().clone(), series.name().clone())
        .map(series_value)
        .map_err(of_frame(operation))
}

fn binary(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let symbol = operation.strip_prefix("op.").unwrap_or(operation);
    let (left, right) = (args.required("left")?, args.required("right")?);
    if let Some(done) = crate::tensors::operator(symbol, &[left.clone(), right.clone()]) {
        return done;
    }
    let Some(op) = Operator::parse(symbol) else {
        return Err(Fault::new("R0126", format!("`{symbol}` on engine values is not built yet")));
    };
    let (a, b) = (left.downcast::<SeriesValue>(), right.downcast::<SeriesValue>());
    match (a, b) {
        (Some(a), Some(b)) => of_series(symbol, op, &a.0, &b.0),
        (Some(a), None) => match to_scalar(right) {
            Some(scalar) => like(symbol, &a.0, op.right_scalar(a.0.values(), &scalar)),
            None => {
                let column =
                    to_column(right).map_err(|why| Fault::new("R0401", format!("{symbol}: {why}")))?;
                like(symbol, &a.0, op.columns(a.0.values(), &column))
            }
        },
        (None, Some(b)) => match to_scalar(left) {
            Some(scalar) => like(symbol, &b.0, op.left_scalar(&scalar, b.0.values())),
            None => {
                let column =
                    to_column(left).map_err(|why| Fault::new("R0401", format!("{symbol}: {why}")))?;
                like(symbol, &b.0, op.columns(&column, b.0.values()))
            }
        },
        (None, None) => frames(symbol, op, left, right),
    }
}

/// A frame and a scalar, column by column.
fn frames(symbol: &str, op: Operator, left: &Value, right: &Value) -> Result<Value, Fault> {
    let scalar_right = (left.downcast::<FrameValue>(), to_scalar(right));
    let scalar_left = (to_scalar(left), right.downcast::<FrameValue>());
    let (frame, columns) = match (scalar_right, scalar_left) {
        ((Some(frame), Some(scalar)), _) => {
            let columns: column::Result<Vec<Column>> =
                frame.0.data().iter().map(|c| op.right_scalar(c, &scalar)).collect();
            (frame, columns)
        }
        (_, (Some(scalar), Some(frame))) => {
            let columns: column::Result<Vec<Column>> =
                frame.0.data().iter().map(|c| op.left_scalar(&scalar, c)).collect();
            (frame, columns)
        }
        _ => {
            return Err(Fault::new(
                "R0126",
                format!("`{symbol}` between {} and {} is not built yet", left.type_name(), right.type_name()),
            ));
        }
    };
    let columns = columns.map_err(of_column(symbol))?;
    Frame::new(frame.0.columns().clone(), columns, frame.0.index().clone())
        .map(frame_value)
        .map_err(of_frame(symbol))
}

fn unary(args: &mut Args<'_>, symbol: &str) -> Result<Value, Fault> {
    let value = args.required("operand")?;
    if let Some(done) = crate::tensors::operator(symbol, std::slice::from_ref(value)) {
        return done;
    }
    match value.downcast::<SeriesValue>() {
        Some(series) => {
            let values = series.0.values();
            like(symbol, &series.0, if symbol == "~" { values.invert() } else { values.negate() })
        }
        None => Err(Fault::new("R0126", format!("`{symbol}` on a {} is not built yet", value.type_name()))),
    }
}

fn index(args: &mut Args<'_>) -> Result<Value, Fault> {
    let (base, key) = (args.required("base")?, args.required("index")?);
    if let Some(done) = crate::tensors::operator("index", &[base.clone(), key.clone()]) {
        return done;
    }
    match frame_methods::index(args, base, key) {
        Some(done) => done,
        None => Err(args.wrong("base", "a Frame, Series or Tensor", base)),
    }
}

fn iterate(args: &mut Args<'_>) -> Result<Value, Fault> {
    let value = args.required("value")?;
    if let Some(done) = crate::tensors::operator("iter", std::slice::from_ref(value)) {
        return done;
    }
    if let Some(series) = value.downcast::<SeriesValue>() {
        return Ok(Value::list(series.0.values().iter().map(|s| from_scalar(&s)).collect()));
    }
    if let Some(frame) = value.downcast::<FrameValue>() {
        return Ok(Value::list(frame.0.columns().iter().map(|l| from_scalar(&l)).collect()));
    }
    if let Some(View::Groups(grouping)) = value.downcast::<View>() {
        let options = frame::GroupOptions { as_index: true, ..grouping.options };
        let groups =
            grouping.frame.groupby(&super::labels(&grouping.by), options).map_err(of_frame("groupby"))?;
        let keys = groups.keys();
        let frames = groups.frames().map_err(of_frame("groupby"))?;
        let pairs = keys.iter().zip(frames).map(|(k, f)| Value::tuple(vec![from_scalar(k), frame_value(f)]));
        return Ok(Value::list(pairs.collect()));
    }
    items(value).map(Value::list).ok_or_else(|| args.wrong("value", "something to iterate", value))
}

fn len(args: &mut Args<'_>) -> Result<Value, Fault> {
    let value = args.required("value")?;
    if let Some(done) = crate::tensors::operator("len", std::slice::from_ref(value)) {
        return done;
    }
    let len = match (value.downcast::<SeriesValue>(), value.downcast::<FrameValue>()) {
        (Some(series), _) => series.0.len(),
        (None, Some(frame)) => frame.0.len(),
        (None, None) => return Err(args.wrong("value", "a table or tensor", value)),
    };
    Ok(Value::Int(len as i64))
}

fn call(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operands = args.rest();
    match crate::tensors::operator("call", operands) {
        Some(done) => done,
        None => Err(Fault::new("R0200", "this value cannot be called")),
    }
}

fn slice(args: &mut Args<'_>) -> Result<Value, Fault> {
    let base = args.required("base")?;
    let (start, end) = (args.optional_int("start")?, args.optional_int("end")?);
    let operation = args.operation();
    if let Some(done) = crate::tensors::operator(
        "slice",
        &[base.clone(), start.map_or(Value::Null, Value::Int), end.map_or(Value::Null, Value::Int)],
    ) {
        return done;
    }
    // On a table a slice is positional, as in pandas.
    let positions = frame::Positions::Slice(start, end, None);
    if let Some(frame) = base.downcast::<FrameValue>() {
        return frame.0.iloc(&positions, None).map(super::groups::selected).map_err(of_frame(operation));
    }
    match base.downcast::<SeriesValue>() {
        Some(series) => series.0.iloc(&positions).map(super::groups::selected).map_err(of_frame(operation)),
        None => match base.downcast::<View>() {
            Some(View::ILoc(frame)) => {
                frame.iloc(&positions, None).map(super::groups::selected).map_err(of_frame(operation))
            }
            Some(View::SeriesILoc(series)) => {
                series.iloc(&positions).map(super::groups::selected).map_err(of_frame(operation))
            }
            _ => Err(args.wrong("base", "a Frame, Series or Tensor", base)),
        },
    }
}

pub(crate) const TABLE: Table = &[
    ("op.!=", |_, a| binary(a)),
    ("op.%", |_, a| binary(a)),
    ("op.&", |_, a| binary(a)),
    ("op.*", |_, a| binary(a)),
    ("op.**", |_, a| binary(a)),
    ("op.+", |_, a| binary(a)),
    ("op.-", |_, a| binary(a)),
    ("op./", |_, a| binary(a)),
    ("op.//", |_, a| binary(a)),
    ("op.<", |_, a| binary(a)),
    ("op.<=", |_, a| binary(a)),
    ("op.==", |_, a| binary(a)),
    ("op.>", |_, a| binary(a)),
    ("op.>=", |_, a| binary(a)),
    ("op.^", |_, a| binary(a)),
    ("op.call", |_, a| call(a)),
    ("op.index", |_, a| index(a)),
    ("op.iter", |_, a| iterate(a)),
    ("op.len", |_, a| len(a)),
    ("op.neg", |_, a| unary(a, "neg")),
    ("op.slice", |_, a| slice(a)),
    ("op.|", |_, a| binary(a)),
    ("op.~", |_, a| unary(a, "~")),
];
