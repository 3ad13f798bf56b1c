//! Numbers and texts against CPython: the language's operators and builtins, and the formats of a report.
//!
//! A row is a function of Python and an expression of the language over `a`, `b` and `c`, the items of the input
//! `args`. Where the two differ on purpose (division of integers by `/`, overflow, rounding half away from zero), the
//! specification attests and not CPython: see `language/`.

mod convert;
mod report_format;

use evidence::compare::Rule;
use evidence::value::{Cell, Tree, Value};
use vm::Vm;

use crate::call::{Call, Failure};
use crate::language::program::{Front, Silent};
use crate::row::{Input, Kind, Params, Reference, Row};

macro_rules! rows {
    ($($op:literal = $path:literal: $api:literal, $run:expr;)+) => {
        /// The family's rows.
        pub(crate) const ROWS: &[Row] = &[report_format::ROW, $(Row {
            op: $op,
            reference: Reference::CPython($path),
            inputs: &[Input::one("args", &[Kind::Tree])],
            params: Params::NONE,
            run: $run,
            rule: Rule::Exact,
            hardened: &[],
            api: &[$api],
        }),+];
    };
}

rows! {
    "python.operator.add" = "operator.add": "operator +", |call| evaluate(call, "a + b");
    "python.operator.sub" = "operator.sub": "operator -", |call| evaluate(call, "a - b");
    "python.operator.mul" = "operator.mul": "operator *", |call| evaluate(call, "a * b");
    "python.operator.truediv" = "operator.truediv": "operator /", |call| evaluate(call, "a / b");
    "python.operator.floordiv" = "operator.floordiv": "operator //", |call| evaluate(call, "a // b");
    "python.operator.mod" = "operator.mod": "operator %", |call| evaluate(call, "a % b");
    "python.operator.pow" = "operator.pow": "operator **", |call| evaluate(call, "a ** b");
    "python.operator.neg" = "operator.neg": "operator - of one", |call| evaluate(call, "-a");
    "python.operator.and_" = "operator.and_": "operator &", |call| evaluate(call, "a & b");
    "python.operator.or_" = "operator.or_": "operator |", |call| evaluate(call, "a | b");
    "python.operator.xor" = "operator.xor": "operator ^", |call| evaluate(call, "a ^ b");
    "python.operator.lshift" = "operator.lshift": "operator <<", |call| evaluate(call, "a << b");
    "python.operator.rshift" = "operator.rshift": "operator >>", |call| evaluate(call, "a >> b");
    "python.operator.eq" = "operator.eq": "operator ==", |call| evaluate(call, "a == b");
    "python.operator.ne" = "operator.ne": "operator !=", |call| evaluate(call, "a != b");
    "python.operator.lt" = "operator.lt": "operator <", |call| evaluate(call, "a < b");
    "python.operator.le" = "operator.le": "operator <=", |call| evaluate(call, "a <= b");
    "python.operator.gt" = "operator.gt": "operator >", |call| evaluate(call, "a > b");
    "python.operator.ge" = "operator.ge": "operator >=", |call| evaluate(call, "a >= b");
    "python.operator.contains" = "operator.contains": "operator in", |call| evaluate(call, "b in a");
    "python.abs" = "builtins.abs": "abs(x)", |call| evaluate(call, "abs(a)");
    "python.len" = "builtins.len": "len(s)", |call| evaluate(call, "len(a)");
    "python.sum" = "builtins.sum": "sum(xs)", |call| evaluate(call, "sum(a)");
    "python.sorted" = "builtins.sorted": "sort(xs)", |call| evaluate(call, "sort(a)");
    "python.int" = "builtins.int": "parse_int(s)", |call| evaluate(call, "unwrap(parse_int(a))");
    "python.float" = "builtins.float": "parse_float(s)", |call| evaluate(call, "unwrap(parse_float(a))");
    "python.format" = "builtins.format": "format specification", interpolate;
    "python.math.floor" = "math.floor": "floor(x)", |call| evaluate(call, "floor(a)");
    "python.math.ceil" = "math.ceil": "ceil(x)", |call| evaluate(call, "ceil(a)");
    "python.math.trunc" = "math.trunc": "x as Int", |call| evaluate(call, "a as Int");
    "python.math.sqrt" = "math.sqrt": "sqrt(x)", |call| evaluate(call, "sqrt(a)");
    "python.math.isnan" = "math.isnan": "is_nan(x)", |call| evaluate(call, "is_nan(a)");
    "python.math.isinf" = "math.isinf": "is_infinite(x)", |call| evaluate(call, "is_infinite(a)");
    "python.str.upper" = "builtins.str.upper": "upper(s)", |call| evaluate(call, "upper(a)");
    "python.str.lower" = "builtins.str.lower": "lower(s)", |call| evaluate(call, "lower(a)");
    "python.str.strip" = "builtins.str.strip": "trim(s)", |call| evaluate(call, "trim(a)");
    "python.str.lstrip" = "builtins.str.lstrip": "trim_start(s)", |call| evaluate(call, "trim_start(a)");
    "python.str.rstrip" = "builtins.str.rstrip": "trim_end(s)", |call| evaluate(call, "trim_end(a)");
    "python.str.capitalize" = "builtins.str.capitalize": "capitalize(s)", |call| evaluate(call, "capitalize(a)");
    "python.str.split" = "builtins.str.split": "split(s, sep)", |call| evaluate(call, "split(a, b)");
    "python.str.join" = "builtins.str.join": "join(list, sep)", |call| evaluate(call, "join(b, a)");
    "python.str.replace" = "builtins.str.replace": "replace(s, a, b)", |call| evaluate(call, "replace(a, b, c)");
    "python.str.startswith" = "builtins.str.startswith": "starts_with(s, t)", |call| evaluate(call, "starts_with(a, b)");
    "python.str.endswith" = "builtins.str.endswith": "ends_with(s, t)", |call| evaluate(call, "ends_with(a, b)");
    "python.str.find" = "builtins.str.find": "index_of(s, t)", |call| evaluate(call, "index_of(a, b)");
    "python.str.rjust" = "builtins.str.rjust": "pad_left(s, n, fill)", |call| evaluate(call, "pad_left(a, b, c)");
    "python.str.ljust" = "builtins.str.ljust": "pad_right(s, n, fill)", |call| evaluate(call, "pad_right(a, b, c)");
    "python.bytes.hex" = "builtins.bytes.hex": "hex_encode(x)", |call| evaluate(call, "hex_encode(a)");
}

fn items<'a>(call: &Call<'a>) -> Result<&'a [Value], Failure> {
    match call.tree("args")? {
        Tree::Items(items) => Ok(items),
        Tree::Entries(_) => Err(Failure::Malformed("input args: expected items, found entries".into())),
    }
}

/// The expression's value over the arguments, compiled and run.
fn evaluate(call: &Call<'_>, expression: &str) -> Result<Value, Failure> {
    value_of(items(call)?, expression)
}

fn value_of(items: &[Value], expression: &str) -> Result<Value, Failure> {
    let mut parameters = Vec::new();
    let mut arguments = Vec::new();
    for (name, item) in ["a", "b", "c"].into_iter().zip(items) {
        let (of_type, value) = convert::argument(item)?;
        parameters.push(format!("{name}: {of_type}"));
        arguments.push(value);
    }
    if parameters.len() != items.len() {
        return Err(Failure::Malformed(format!("input args: at most 3 items, found {}", items.len())));
    }
    let text = format!("cell f({}) = {expression}\n", parameters.join(", "));
    let module = Front::read([("case.lm", text.as_str())]).compile().map_err(Failure::Malformed)?;
    let raised = |fault: vm::Fault| Failure::raised(fault.code, fault.message);
    let mut machine = Vm::new(&module).map_err(raised)?;
    let value = machine.call_function(&mut Silent::default(), "f", &arguments).map_err(raised)?;
    convert::result(&value)
}

/// `format(value, specification)` as interpolation, where the specification is part of the program's text.
fn interpolate(call: &Call<'_>) -> Result<Value, Failure> {
    let [value, specification] = items(call)? else {
        return Err(Failure::Malformed("input args: expected a value and a specification".into()));
    };
    let specification = match specification {
        Value::Text(text) => text.as_str(),
        Value::Scalar(scalar) => match scalar.value() {
            Cell::Text(text) => text.as_str(),
            _ => "\"",
        },
        _ => "\"",
    };
    if specification.contains(['"', '\\', '{', '}', '\n']) {
        return Err(Failure::Malformed("input args: the specification is no plain text".into()));
    }
    let place = if specification.is_empty() { "{a}".into() } else { format!("{{a:{specification}}}") };
    value_of(std::slice::from_ref(value), &format!("\"{place}\""))
}
