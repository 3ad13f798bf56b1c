//! Durable state as programs use it: the calls that `lower` makes, read into [`Request`]s.
//!
//! Whoever runs a program answers them in [`Effects::state`](crate::effects::Effects::state). [`Memory`] does so for one
//! run, without a log: what the recorder's store answers, it answers too.

mod memory;

use std::rc::Rc;

use bytecode::TypeDesc;
use vm::{Fault, Value};

use crate::args::Args;
use crate::host::{Context, Table, record};

pub use memory::Memory;

/// What a program asks of its state.
#[derive(Clone, Debug)]
pub enum Request {
    /// The value of an entry; null where there is none.
    Get(Entry),
    /// All entries of a map, as a map in the total order of its keys.
    Entries(Space),
    /// [`Value::ok`] of null, or [`Value::err`] of [`refused`].
    Upsert(Upsert),
    /// All changes of an entry, the first one first: a list of [`change`].
    History(Entry),
    /// The last change of an entry; null where there is none.
    Blame(Entry),
}

/// A declared state.
#[derive(Clone, Debug)]
pub struct Space {
    pub name: String,
    /// The type of a map's keys; without one the state is a single entry.
    pub key: Option<Rc<TypeDesc>>,
    /// The type of an entry.
    pub value: Rc<TypeDesc>,
}

/// One entry of a state, which need not be there.
#[derive(Clone, Debug)]
pub struct Entry {
    pub space: Space,
    /// An Int, Bool, String or variant without payload; as the space says.
    pub key: Option<Value>,
    /// What a single entry holds before it is written; a map's entries have none.
    pub default: Option<Value>,
}

/// Writes that are carried out together if the guard holds of the state before them, else not at all.
#[derive(Clone, Debug)]
pub struct Upsert {
    pub writes: Vec<Write>,
    pub guard: Option<Guard>,
    /// The reason: a record.
    pub because: Value,
}

/// One write.
#[derive(Clone, Debug)]
pub struct Write {
    pub entry: Entry,
    pub change: Change,
    pub value: Value,
}

/// How a write changes an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Set,
    /// Takes an entry of a map away, if it is there.
    Remove,
    /// Of Ints. Refused where the entry is not there, or the sum is none of 64 bits.
    Add,
    Subtract,
}

/// What must hold for an upsert, or an operand of it.
#[derive(Clone, Debug)]
pub enum Guard {
    Constant(Value),
    /// The value of an entry. Where there is none it is null if `optional`, else the upsert is refused.
    Entry {
        entry: Entry,
        optional: bool,
    },
    Exists(Entry),
    Not(Box<Guard>),
    /// `And` and `Or` look at their right side only if the left one leaves it open.
    Binary(Operator, Box<Guard>, Box<Guard>),
}

/// An operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    And,
    Or,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Subtract,
    Multiply,
}

/// Why an upsert was not carried out, and the seq under which that is on record.
pub fn refused(reason: &str, seq: i64) -> Value {
    record(
        "Refused",
        &[("reason", TypeDesc::String), ("seq", TypeDesc::Int)],
        vec![Value::str(reason), Value::Int(seq)],
    )
}

/// A change of an entry: its seq, the value it left (null if it took the entry away), the name of the reason's record
/// and the reason as JSON.
pub fn change(seq: i64, value: Value, because: &str, intent: &str) -> Value {
    let fields = [
        ("seq", TypeDesc::Int),
        ("value", TypeDesc::Any),
        ("because", TypeDesc::String),
        ("intent", TypeDesc::String),
    ];
    record("Change", &fields, vec![Value::Int(seq), value, Value::str(because), Value::str(intent)])
}

/// The calls of `lower`, by name.
pub(crate) const TABLE: Table = &[
    ("state.blame", call),
    ("state.entries", call),
    ("state.entry", call),
    ("state.get", call),
    ("state.has", call),
    ("state.history", call),
    ("state.upsert", call),
];

fn call(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let (operation, types) = (context.operation, context.types);
    carry_out(operation, args.rest(), types, &mut |request| context.ask_state(request))
}

/// Reads a call that `lower` makes of the program's state, and has it answered.
///
/// # Errors
/// R0102 for an entry that is not there, R0999 for a call that `lower` does not make, and what `answer` refuses.
pub fn carry_out(
    name: &str,
    args: &[Value],
    types: &[Rc<TypeDesc>],
    answer: &mut dyn FnMut(Request) -> Result<Value, Fault>,
) -> Result<Value, Fault> {
    let mut call = Call { types: types.chunks_exact(2) };
    match name {
        "state.entries" => {
            let name = args.first().ok_or_else(|| malformed("no name"))?;
            answer(Request::Entries(call.space(name)?))
        }
        "state.get" => answer(Request::Get(call.entry(args)?)),
        "state.entry" => {
            let entry = call.entry(args)?;
            let (name, key) = (entry.space.name.clone(), entry.key.clone().unwrap_or_default());
            match answer(Request::Get(entry))? {
                Value::Null => {
                    let key = vm::repr(&key)?;
                    Err(Fault::new("R0102", format!("the state `{name}` has no entry {key}"))
                        .help(format!("`{name}?[key]` gives null instead, `key in {name}` looks for it.")))
                }
                value => Ok(value),
            }
        }
        "state.has" => Ok(Value::Bool(!answer(Request::Get(call.entry(args)?))?.is_null())),
        "state.history" => answer(Request::History(call.entry(args)?)),
        "state.blame" => answer(Request::Blame(call.entry(args)?)),
        "state.upsert" => answer(Request::Upsert(call.upsert(args)?)),
        other => Err(malformed(other)),
    }
}

fn malformed(what: &str) -> Fault {
    Fault::new("R0999", format!("a call of state that no program makes: {what}"))
        .kind(vm::FaultKind::Internal)
}

/// A call being read; its types are used up from the front, a pair for each entry.
struct Call<'t> {
    types: std::slice::ChunksExact<'t, Rc<TypeDesc>>,
}

impl Call<'_> {
    fn space(&mut self, name: &Value) -> Result<Space, Fault> {
        let name = name.as_str().ok_or_else(|| malformed("a name that is no text"))?.to_string();
        match self.types.next() {
            Some([value, key]) => {
                let key = (**key != TypeDesc::Null).then(|| key.clone());
                Ok(Space { name, key, value: value.clone() })
            }
            _ => Err(malformed("an entry without types")),
        }
    }

    /// Of name, key and, where it may have one, default.
    fn entry(&mut self, parts: &[Value]) -> Result<Entry, Fault> {
        let given = |value: &Value| (!value.is_null()).then(|| value.clone());
        match parts {
            [name, key] => Ok(Entry { space: self.space(name)?, key: given(key), default: None }),
            [name, key, default] => {
                Ok(Entry { space: self.space(name)?, key: given(key), default: given(default) })
            }
            _ => Err(malformed("an entry that is not name, key and default")),
        }
    }

    fn upsert(&mut self, args: &[Value]) -> Result<Upsert, Fault> {
        let [Value::List(written), guard, because] = args else {
            return Err(malformed("an upsert that is not writes, guard and reason"));
        };
        let mut writes = Vec::with_capacity(written.len());
        for write in written.iter() {
            let Value::Tuple(parts) = &write else { return Err(malformed("a write")) };
            let [name, key, operator, value, default] = &***parts else { return Err(malformed("a write")) };
            let change = match operator.as_str() {
                Some("=") if value.is_null() && !key.is_null() => Change::Remove,
                Some("=") => Change::Set,
                Some("+=") => Change::Add,
                Some("-=") => Change::Subtract,
                _ => return Err(malformed("the operator of a write")),
            };
            let entry = self.entry(&[name.clone(), key.clone(), default.clone()])?;
            writes.push(Write { entry, change, value: value.clone() });
        }
        let guard = if guard.is_null() { None } else { Some(self.guard(guard)?) };
        Ok(Upsert { writes, guard, because: because.clone() })
    }

    fn guard(&mut self, tree: &Value) -> Result<Guard, Fault> {
        let Value::List(parts) = tree else { return Err(malformed("a guard")) };
        let parts = parts.to_values();
        let Some((operator, parts)) = parts.split_first() else { return Err(malformed("a guard")) };
        let operator = match operator.as_str().unwrap_or_default() {
            "const" => {
                let [value] = parts else { return Err(malformed("a constant of a guard")) };
                return Ok(Guard::Constant(value.clone()));
            }
            what @ ("entry" | "entry?") => {
                return Ok(Guard::Entry { entry: self.entry(parts)?, optional: what == "entry?" });
            }
            "exists" => return Ok(Guard::Exists(self.entry(parts)?)),
            "not" => {
                let [part] = parts else { return Err(malformed("a negation of a guard")) };
                return Ok(Guard::Not(Box::new(self.guard(part)?)));
            }
            "and" => Operator::And,
            "or" => Operator::Or,
            "==" => Operator::Eq,
            "!=" => Operator::Ne,
            "<" => Operator::Lt,
            "<=" => Operator::Le,
            ">" => Operator::Gt,
            ">=" => Operator::Ge,
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            _ => return Err(malformed("the operator of a guard")),
        };
        let [left, right] = parts else { return Err(malformed("the operands of a guard")) };
        Ok(Guard::Binary(operator, Box::new(self.guard(left)?), Box::new(self.guard(right)?)))
    }
}
