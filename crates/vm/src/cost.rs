//! What work costs beside the blocks of code that it stands in: fuel by the sizes of what it is done on.
//!
//! A block is charged for its instructions, and an instruction does the same whatever it is given; some do more on more.
//! Those, and the builtins, are charged here before they begin: 1 for each element that they look at, copy or make, and
//! for each 8 bytes of text. So neither time nor memory is had for less than the run was given. What a builtin does that
//! stands in no list of [`of`] is taken to look at all that it is given.

use std::rc::Rc;

use bytecode::{Constant, Instr, Module, Op};

use crate::fault::Fault;
use crate::list::List;
use crate::machine::out_of_fuel;
use crate::value::Value;

/// Charges for a builtin with these arguments.
pub(crate) type Cost = fn(&mut Meter, &[Value]);

/// Counts up to what is left: beyond that nobody needs to know, and a value can be larger than what it takes to say so.
#[derive(Debug)]
pub(crate) struct Meter {
    used: u64,
    left: u64,
}

impl Meter {
    fn new(left: u64) -> Meter {
        Meter { used: 0, left }
    }

    /// What is left, if it is enough.
    fn paid(&self) -> Option<u64> {
        self.left.checked_sub(self.used)
    }

    pub(crate) fn add(&mut self, count: u64) {
        self.used = self.used.saturating_add(count);
    }

    fn is_over(&self) -> bool {
        self.used > self.left
    }

    fn text(&mut self, bytes: usize) {
        self.add(bytes as u64 / 8);
    }

    /// The elements of a collection, or the text, without what the elements hold.
    pub(crate) fn flat(&mut self, value: &Value) {
        match value {
            Value::Range(range) => self.add(range.len()),
            value => {
                if let Some(text) = text(value) {
                    return self.text(text);
                }
                self.add(count(value) as u64);
            }
        }
    }

    /// The same where others hold the value too: only then a change copies it.
    fn copied(&mut self, value: &Value) {
        let is_shared = match value {
            Value::List(of) => Rc::strong_count(of) > 1,
            Value::Map(of) => Rc::strong_count(of) > 1,
            Value::Set(of) => Rc::strong_count(of) > 1,
            Value::Record(of) => Rc::strong_count(of) > 1,
            Value::Tuple(of) => Rc::strong_count(of) > 1,
            Value::Bytes(of) => Rc::strong_count(of) > 1,
            Value::Str(of) | Value::Path(of) => of.is_shared(),
            _ => false,
        };
        if is_shared {
            self.flat(value);
        }
    }

    /// All that the value holds.
    pub(crate) fn deep(&mut self, value: &Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            self.add(1);
            match value {
                Value::List(of) => match &**of {
                    List::Any(items) => self.open(&mut open, items.len(), items.iter()),
                    plain => self.add(plain.len() as u64),
                },
                Value::Map(of) => {
                    self.open(&mut open, 2 * of.len(), of.iter().flat_map(|(key, value)| [key, value]));
                }
                Value::Set(of) => self.open(&mut open, of.len(), of.iter()),
                Value::Tuple(of) => self.open(&mut open, of.len(), of.iter()),
                Value::Record(of) => self.open(&mut open, of.fields.len(), of.fields.iter()),
                Value::Variant(of) => self.open(&mut open, of.payload.len(), of.payload.iter()),
                Value::Result(of) => open.push(&of.value),
                value => self.text(text(value).unwrap_or(0)),
            }
            if self.is_over() {
                return;
            }
        }
    }

    /// All that the value holds, looked at so many times.
    pub(crate) fn deep_times(&mut self, value: &Value, times: u64) {
        let mut once = Meter::new(self.left.saturating_sub(self.used));
        once.deep(value);
        self.add(once.used.saturating_mul(times));
    }

    fn open<'v>(&mut self, open: &mut Vec<&'v Value>, count: usize, parts: impl Iterator<Item = &'v Value>) {
        // Each is counted when it is looked at.
        if self.left.saturating_sub(self.used) < count as u64 {
            return self.add(count as u64);
        }
        open.extend(parts);
    }

    /// All that the value holds, and the numbers of a range.
    fn walk(&mut self, value: &Value) {
        match value {
            Value::Range(range) => self.add(range.len()),
            value => self.deep(value),
        }
    }

    /// What is compared of two values.
    fn less(&mut self, one: &Value, other: &Value) {
        let left = self.left.saturating_sub(self.used);
        let (mut first, mut second) = (Meter::new(left), Meter::new(left));
        first.deep(one);
        second.deep(other);
        self.add(first.used.min(second.used));
    }
}

/// Where fuel is taken from: what is at hand, and behind it what a machine that listens has not been given yet.
pub(crate) struct Tank<'a> {
    pub(crate) fuel: &'a mut Option<u64>,
    pub(crate) kept: &'a mut Option<u64>,
    pub(crate) listens: bool,
}

impl Tank<'_> {
    /// Charges what is counted, where fuel is limited.
    pub(crate) fn charge(self, count: impl FnOnce(&mut Meter)) -> Result<(), Fault> {
        let Some(part) = *self.fuel else { return Ok(()) };
        let left = match (self.listens, *self.kept) {
            (true, None) => return Ok(()),
            (true, Some(kept)) => kept.saturating_add(part),
            (false, _) => part,
        };
        let mut meter = Meter::new(left);
        count(&mut meter);
        let rest = meter.paid().ok_or_else(out_of_fuel)?;
        let at_hand = part.saturating_sub(meter.used);
        *self.fuel = Some(at_hand);
        if self.listens {
            *self.kept = Some(rest - at_hand);
        }
        Ok(())
    }
}

/// How much a value holds: 1 for each part, and for each 8 bytes of text; nothing more is counted once that is above
/// the limit.
pub fn size(value: &Value, limit: u64) -> u64 {
    let mut meter = Meter::new(limit);
    meter.walk(value);
    meter.used
}

/// The bytes of a text.
fn text(value: &Value) -> Option<usize> {
    match value {
        Value::Str(text) | Value::Path(text) => Some(text.as_str().len()),
        Value::Bytes(bytes) => Some(bytes.len()),
        _ => None,
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::List(of) => of.len(),
        Value::Map(of) => of.len(),
        Value::Set(of) => of.len(),
        Value::Tuple(of) => of.len(),
        Value::Record(of) => of.fields.len(),
        _ => 0,
    }
}

fn bytes(args: &[Value], at: usize) -> u64 {
    args.get(at).and_then(text).unwrap_or(0) as u64
}

/// A number among the arguments; 0 for one below.
fn number(args: &[Value], at: usize) -> u64 {
    match args.get(at) {
        Some(Value::Int(number)) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn nothing(_: &mut Meter, _: &[Value]) {}

/// All that it is given.
fn everything(meter: &mut Meter, args: &[Value]) {
    args.iter().for_each(|arg| meter.walk(arg));
}

/// The first one's elements or text.
fn first(meter: &mut Meter, args: &[Value]) {
    args.iter().take(1).for_each(|arg| meter.flat(arg));
}

/// As much of the first as is taken. A walk of a generator pays for itself.
fn taken(meter: &mut Meter, args: &[Value]) {
    let wanted = number(args, 1);
    meter.add(match args.first() {
        Some(Value::Range(range)) => range.len().min(wanted),
        Some(value) => (count(value) as u64 + bytes(args, 0)).min(wanted),
        None => 0,
    });
}

/// As many pairs as the shorter one has elements.
fn pairs(meter: &mut Meter, args: &[Value]) {
    let len = |value: &Value| match value {
        Value::Range(range) => Some(range.len()),
        Value::Generator(_) => None,
        value => Some(count(value) as u64 + text(value).unwrap_or(0) as u64),
    };
    meter.add(args.iter().filter_map(len).min().unwrap_or(0));
}

/// The end of a list takes no time; anything else is listed first.
fn last(meter: &mut Meter, args: &[Value]) {
    if !matches!(args.first(), Some(Value::List(_))) {
        first(meter, args);
    }
}

/// A list, and the elements of what it lists.
fn two_levels(meter: &mut Meter, args: &[Value]) {
    let Some(outer) = args.first() else { return };
    meter.flat(outer);
    if let Value::List(items) = outer
        && let List::Any(items) = &**items
        && !meter.is_over()
    {
        items.iter().for_each(|item| meter.flat(item));
    }
}

/// The first one's text: of other values it takes no time.
fn first_text(meter: &mut Meter, args: &[Value]) {
    meter.text(bytes(args, 0) as usize);
}

/// A key, which is compared.
fn key(meter: &mut Meter, args: &[Value]) {
    first_text(meter, args);
    args.iter().skip(1).for_each(|arg| meter.deep(arg));
}

/// The first one changes, in place if nobody else has it.
fn change(meter: &mut Meter, args: &[Value]) {
    args.iter().take(1).for_each(|arg| meter.copied(arg));
    args.iter().skip(1).for_each(|arg| meter.walk(arg));
}

/// Each scalar or piece of a text becomes a value of its own.
fn pieces(meter: &mut Meter, args: &[Value]) {
    (0..args.len()).for_each(|at| meter.add(bytes(args, at)));
}

fn sort(meter: &mut Meter, args: &[Value]) {
    everything(meter, args);
    comparisons(meter, args);
}

/// What is compared costs what the function that does it costs.
fn sort_by(meter: &mut Meter, args: &[Value]) {
    first(meter, args);
    comparisons(meter, args);
}

fn comparisons(meter: &mut Meter, args: &[Value]) {
    let count = args.first().map_or(0, count) as u64;
    meter.add(count.saturating_mul(u64::from(count.checked_ilog2().unwrap_or(0))));
}

fn windows(meter: &mut Meter, args: &[Value]) {
    first(meter, args);
    let count = args.first().map_or(0, count) as u64;
    meter.add(count.saturating_mul(number(args, 1)));
}

fn padded(meter: &mut Meter, args: &[Value]) {
    everything(meter, args);
    meter.add(number(args, 1));
}

fn replaced(meter: &mut Meter, args: &[Value]) {
    everything(meter, args);
    let places = bytes(args, 0) / bytes(args, 1).max(1) + 1;
    meter.add(places.saturating_mul(bytes(args, 2) / 8 + 1));
}

fn joined(meter: &mut Meter, args: &[Value]) {
    everything(meter, args);
    let count = args.first().map_or(0, count) as u64;
    meter.add(count.saturating_mul(bytes(args, 1) / 8));
}

/// A pattern takes its own length of steps at each place of the text; to read it takes more.
fn pattern(meter: &mut Meter, args: &[Value]) {
    let pattern = bytes(args, 0).saturating_add(1);
    meter.add(pattern.saturating_mul(16));
    meter.add(bytes(args, 1).saturating_mul(pattern) / 8 + bytes(args, 1));
    meter.add(bytes(args, 1).saturating_add(1).saturating_mul(bytes(args, 2) / 8));
}

/// Numbers from the first to the second.
fn numbers(meter: &mut Meter, args: &[Value]) {
    if let (Some(Value::Int(from)), Some(Value::Int(to))) = (args.first(), args.get(1)) {
        meter.add(u64::try_from(to.saturating_sub(*from)).unwrap_or(0));
    }
}

/// All that a process has kept.
fn kept(meter: &mut Meter, args: &[Value]) {
    if let Some(Value::Process(process)) = args.first() {
        meter.deep(&process.held());
    }
    args.iter().skip(1).for_each(|arg| meter.walk(arg));
}

/// Two JSON values, each part of the one with each of the other at worst.
fn differences(meter: &mut Meter, args: &[Value]) {
    let (mut one, mut other) = (Meter::new(meter.left), Meter::new(meter.left));
    args.iter().take(1).for_each(|arg| one.deep(arg));
    args.iter().skip(1).take(1).for_each(|arg| other.deep(arg));
    meter.add(one.used.saturating_mul(other.used));
}

/// The cost of a builtin of the machine.
pub(crate) fn of(name: &str) -> Cost {
    match name {
        // What stops early calls a function for each element that it looks at, or runs a generator on.
        "find" | "any" | "all" | "position" | "op.tried" | "op.is_handled" => nothing,
        "is_empty" | "first" | "bytes_len" | "ok" | "err" | "is_ok" | "is_err" | "unwrap" | "unwrap_or"
        | "abs" | "round" | "ceil" | "floor" | "sqrt" | "pow" | "exp" | "log" | "log2" | "log10" | "sin"
        | "cos" | "tan" | "is_nan" | "is_infinite" | "wrapping_add" | "wrapping_sub" | "wrapping_mul"
        | "PI" | "E" | "TAU" | "INFINITY" | "NAN" | "MAX_INT" | "MIN_INT" | "op.range" | "op.process"
        | "op.held" | "op.current" | "op.keep" | "op.variant" | "op.spawn" | "op.await" | "op.join"
        | "op.message" | "clone" | "type_of" => nothing,
        "len" | "size" => first_text,
        "take" => taken,
        "last" => last,
        "zip" => pairs,
        "flatten" => two_levels,
        "op.slice" | "slice" | "drop" | "chunk" | "enumerate" | "bytes_slice" | "op.parallel" | "op.race"
        | "op.select" | "map" | "filter" | "flat_map" | "count" | "group_by" | "partition" | "min_by"
        | "max_by" | "reduce" | "to_list" | "reverse" | "keys" | "values" | "entries" => first,
        "get" | "has_key" | "op.index_or_null" => key,
        "append" | "add" | "op.extend" | "op.extend_map" => change,
        "chars" | "split" | "csv_parse" | "json_parse" | "toml_parse" => pieces,
        "sort" | "sort_desc" => sort,
        "sort_by" | "sort_by_key" => sort_by,
        "window" => windows,
        "pad_left" | "pad_right" => padded,
        "replace" => replaced,
        "join" => joined,
        "matches" | "regex_match" | "regex_find_all" | "regex_replace" => pattern,
        "range" => numbers,
        "op.recent" | "op.recall" | "op.query" => kept,
        "diff" => differences,
        _ => everything,
    }
}

/// What an instruction costs beside its block.
pub(crate) fn of_instruction(meter: &mut Meter, module: &Module, i: Instr, r: &[Value]) {
    let (a, b, c) = (usize::from(i.a), usize::from(i.b), usize::from(i.c));
    let at = |at: usize| r.get(at).unwrap_or(&Value::Null);
    match i.op {
        Op::Push | Op::PushI | Op::PushF | Op::ListSetI | Op::ListSetF | Op::ListSet | Op::SetField => {
            meter.copied(at(a));
        }
        Op::SetIndex => {
            meter.copied(at(a));
            meter.deep(at(b));
        }
        Op::TakeIndex => {
            meter.copied(at(b));
            meter.deep(at(c));
        }
        Op::TakeField => meter.copied(at(b)),
        Op::Index => {
            meter.text(text(at(b)).unwrap_or(0));
            meter.deep(at(c));
        }
        Op::Len => meter.text(text(at(b)).unwrap_or(0)),
        Op::EqR | Op::LtR | Op::LeR => meter.less(at(b), at(c)),
        Op::In => match at(c) {
            Value::Range(_) => {}
            Value::Map(_) | Value::Set(_) => meter.deep(at(b)),
            container => meter.deep(container),
        },
        Op::IsType | Op::Cast => meter.deep(at(b)),
        Op::Concat => {
            meter.flat(at(b));
            meter.flat(at(c));
        }
        Op::Append => {
            meter.copied(at(a));
            meter.flat(at(b));
        }
        Op::Join => r.get(b..b + c).unwrap_or_default().iter().for_each(|value| meter.deep(value)),
        Op::Format => {
            meter.deep(at(b));
            if let Some(Constant::Format(spec)) = module.constants.get(c) {
                meter.add(u64::from(spec.width.unwrap_or(0)) + u64::from(spec.precision.unwrap_or(0)));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(name: &str, args: &[Value]) -> Option<u64> {
        let mut meter = Meter::new(1000);
        of(name)(&mut meter, args);
        meter.paid().map(|left| 1000 - left)
    }

    #[test]
    fn work_costs_what_it_looks_at_and_makes() {
        let (ten, text) = (Value::ints((0..10).collect()), Value::str("a".repeat(80)));
        assert_eq!(cost("len", std::slice::from_ref(&ten)), Some(0));
        assert_eq!(cost("len", std::slice::from_ref(&text)), Some(10));
        // Itself and ten numbers.
        assert_eq!(cost("sum", std::slice::from_ref(&ten)), Some(11));
        assert_eq!(cost("sum", &[Value::range(0, 7, false)]), Some(7));
        // The same, and 10 times the 3 of log2.
        assert_eq!(cost("sort", std::slice::from_ref(&ten)), Some(11 + 30));
        assert_eq!(cost("chars", std::slice::from_ref(&text)), Some(80));
        assert_eq!(cost("pad_left", &[Value::str("a"), Value::Int(500)]), Some(1 + 1 + 500));
        assert_eq!(cost("range", &[Value::Int(-3), Value::Int(4)]), Some(7));
        // 81 places, each with 16 bytes more.
        let (nothing, long) = (Value::str(""), Value::str("b".repeat(16)));
        assert_eq!(cost("replace", &[text, nothing, long]), Some(11 + 1 + 3 + 81 * 3));
        assert_eq!(cost("window", &[ten, Value::Int(4)]), Some(10 + 40));
        assert_eq!(cost("range", &[Value::Int(0), Value::Int(i64::MAX)]), None);
    }

    #[test]
    fn what_is_not_looked_at_costs_nothing() {
        let (text, function) = (Value::str("a".repeat(80)), Value::Null);
        // Three texts of 80 bytes, of which only the places are looked at.
        let texts = Value::list(vec![text.clone(), text.clone(), text.clone()]);
        for name in ["map", "filter", "flat_map", "count", "group_by", "partition", "min_by", "reverse"] {
            assert_eq!(cost(name, &[texts.clone(), function.clone()]), Some(3), "{name}");
        }
        for name in ["find", "any", "all", "position"] {
            assert_eq!(cost(name, &[texts.clone(), function.clone()]), Some(0), "{name}");
        }
        assert_eq!(cost("take", &[texts.clone(), Value::Int(2)]), Some(2));
        assert_eq!(cost("take", &[texts.clone(), Value::Int(9)]), Some(3));
        assert_eq!(cost("take", &[text.clone(), Value::Int(7)]), Some(7));
        assert_eq!(cost("take", &[Value::range(0, 50, false), Value::Int(10)]), Some(10));
        assert_eq!(cost("last", std::slice::from_ref(&texts)), Some(0));
        assert_eq!(cost("last", &[Value::range(0, 50, false)]), Some(50));
        assert_eq!(cost("zip", &[texts.clone(), Value::range(0, 50, false)]), Some(3));
        // Two lists, and the four elements of both.
        let lists = Value::list(vec![Value::ints(vec![1]), texts.clone()]);
        assert_eq!(cost("flatten", &[lists]), Some(2 + 4));
        // Itself and its two parts.
        let key = Value::tuple(vec![Value::Int(1), Value::Int(2)]);
        assert_eq!(cost("op.index_or_null", &[texts, key]), Some(3));
    }

    #[test]
    fn what_others_hold_is_copied() {
        let mut args = [Value::ints(vec![1, 2, 3]), Value::Int(4)];
        assert_eq!(cost("append", &args), Some(1));
        let other = args[0].clone();
        assert_eq!(cost("append", &args), Some(4));
        args[0] = Value::Null;
        drop(other);
    }

    #[test]
    fn what_holds_itself_many_times_is_counted_no_further_than_can_be_paid() {
        let mut value = Value::Int(1);
        for _ in 0..60 {
            value = Value::tuple(vec![value.clone(), value]);
        }
        assert_eq!(cost("json_encode", &[value]), None);
    }
}
