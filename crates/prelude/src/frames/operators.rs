//! Operators on engine values. A name such as `op.+` is one for tables and tensors: the operands decide.

use column::{Arithmetic, Column, Comparison, Logic, Operand, Scalar};
use frame::{Frame, FrameRhs, Series};
use vm::{Fault, Value};

use super::series_methods::with_values;
use super::{FrameValue, SeriesValue, View, frame_methods, frame_value, series_value};
use crate::args::Args;
use crate::convert::{from_scalar, items, to_column, to_scalar};
use crate::engine_error::{of_column, of_frame};
use crate::host::Table;

/// An element-wise operator of two sides.
#[derive(Clone, Copy)]
enum Operator {
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

    /// On columns and single values, row by row.
    fn cells<'a>(
        self,
        left: impl Into<Operand<'a>>,
        right: impl Into<Operand<'a>>,
    ) -> column::Result<Column> {
        match self {
            Operator::Arithmetic(op) => Column::arithmetic(op, left, right),
            Operator::Compare(op) => Column::compare(op, left, right),
            Operator::Logic(op) => Column::logic(op, left, right),
        }
    }

    fn series(self, left: &Series, right: &Series) -> frame::Result<Series> {
        match self {
            Operator::Arithmetic(op) => left.arithmetic(op, right),
            Operator::Compare(op) => left.compare(op, right),
            Operator::Logic(op) => left.logic(op, right),
        }
    }

    fn frame(self, left: &Frame, right: FrameRhs<'_>) -> frame::Result<Frame> {
        match self {
            Operator::Arithmetic(op) => left.arithmetic(op, right),
            Operator::Compare(op) => left.compare(op, right),
            Operator::Logic(op) => left.logic(op, right),
        }
    }
}

/// One side of an operator on tables.
enum Side<'a> {
    Frame(&'a Frame),
    Series(&'a Series),
    Scalar(Scalar),
    /// A list: a value for every row.
    Column(Column),
}

fn side<'a>(symbol: &str, value: &'a Value) -> Result<Side<'a>, Fault> {
    if let Some(frame) = value.downcast::<FrameValue>() {
        return Ok(Side::Frame(&frame.0));
    }
    if let Some(series) = value.downcast::<SeriesValue>() {
        return Ok(Side::Series(&series.0));
    }
    if let Some(scalar) = to_scalar(value) {
        return Ok(Side::Scalar(scalar));
    }
    to_column(value).map(Side::Column).map_err(|why| Fault::new("R0401", format!("{symbol}: {why}")))
}

fn binary(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let symbol = operation.strip_prefix("op.").unwrap_or(operation);
    let (left, right) = (args.required("left")?, args.required("right")?);
    if let Some(done) = crate::tensors::operator(symbol, &[left.clone(), right.clone()]) {
        return done;
    }
    let unbuilt = || {
        let (left, right) = (left.type_name(), right.type_name());
        Fault::new("R0126", format!("`{symbol}` between {left} and {right} is not built yet"))
    };
    let op = Operator::parse(symbol).ok_or_else(unbuilt)?;
    let like = |series: &Series, cells: column::Result<Column>| {
        with_values(symbol, series, cells.map_err(of_column(symbol))?)
    };
    let framed = |made: frame::Result<Frame>| made.map(frame_value).map_err(of_frame(symbol));
    match (side(symbol, left)?, side(symbol, right)?) {
        (Side::Series(a), Side::Series(b)) => op.series(a, b).map(series_value).map_err(of_frame(symbol)),
        (Side::Series(a), Side::Scalar(b)) => like(a, op.cells(a.values(), &b)),
        (Side::Scalar(a), Side::Series(b)) => like(b, op.cells(&a, b.values())),
        (Side::Series(a), Side::Column(b)) => like(a, op.cells(a.values(), &b)),
        (Side::Column(a), Side::Series(b)) => like(b, op.cells(&a, b.values())),
        (Side::Frame(a), Side::Frame(b)) => framed(op.frame(a, FrameRhs::Frame(b))),
        (Side::Frame(a), Side::Series(b)) => framed(op.frame(a, FrameRhs::Series(b))),
        (Side::Frame(a), Side::Scalar(b)) => framed(op.frame(a, FrameRhs::Scalar(&b))),
        (Side::Scalar(a), Side::Frame(b)) => {
            let cells: column::Result<Vec<Column>> =
                b.data().iter().map(|column| op.cells(&a, column)).collect();
            let cells = cells.map_err(of_column(symbol))?;
            framed(Frame::new(b.columns().clone(), cells, b.index().clone()))
        }
        _ => Err(unbuilt()),
    }
}

fn unary(args: &mut Args<'_>, symbol: &str) -> Result<Value, Fault> {
    let value = args.required("operand")?;
    if let Some(done) = crate::tensors::operator(symbol, std::slice::from_ref(value)) {
        return done;
    }
    let made = match value.downcast::<SeriesValue>() {
        Some(series) if symbol == "~" => series.0.invert(),
        Some(series) => series.0.negate(),
        None => {
            return Err(Fault::new(
                "R0126",
                format!("`{symbol}` on a {} is not built yet", value.type_name()),
            ));
        }
    };
    made.map(series_value).map_err(of_frame(symbol))
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

pub(crate) fn iterate(args: &mut Args<'_>) -> Result<Value, Fault> {
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
