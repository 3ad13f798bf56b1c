//! Guards of the language as guards of the store.
//!
//! The store compares integers and bytes of pages; what it has no pages for is decided here, over the same state: an
//! entry that is not there, a null, two values of different kinds. The pages that this looked at are reads of the plan,
//! so the store would refuse it if they changed in between.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytecode::{EnumDesc, TypeDesc};
use plan::{Expr, Operator as Op, Value as Constant};
use prelude::state::{Guard, Operator};
use store::Snapshot;
use vm::{Fault, Value};

use super::form::{Kind, Stored, qualified};
use super::name::Entry;
use super::{Look, look};

/// A guard, and whether it has a value at all: one that names an entry that is not there has none, and refuses.
struct Truth {
    holds: Expr,
    known: Expr,
}

/// A part of a guard.
enum Term {
    /// An entry that is not there where one must be.
    Absent,
    Null,
    Truth(Truth),
    Int(Expr),
    Text(Expr),
    Variant(Variant),
}

/// A variant: its name as pages hold it, its enum, and its place among the enum's variants where that is known.
struct Variant {
    name: Expr,
    desc: Option<Rc<EnumDesc>>,
    tag: Option<u32>,
}

/// Compiles guards over one state.
pub struct Compiler<'s> {
    pub state: Option<&'s Snapshot>,
    /// Pages that were looked at, with their versions.
    pub reads: BTreeMap<u64, u64>,
    /// Pages of long values among them, which never change.
    pub bodies: Vec<u64>,
    /// The entries that were looked at, and what they were.
    pub looks: Vec<Look>,
    /// The first entry that is not there and must be.
    pub absent: Option<String>,
    /// Whether the guard may be decided without that entry.
    pub is_open: bool,
}

impl Compiler<'_> {
    /// # Errors
    /// R0104 for a key or value that the store cannot compare.
    pub fn guard(&mut self, guard: &Guard) -> Result<Expr, Fault> {
        let Truth { holds, known } = self.truth(guard)?;
        self.is_open = self.absent.is_some() && truth_of(&known) != Some(false);
        Ok(and(known, holds))
    }

    /// The entry as it is, or as it was taken away, which the plan then depends on.
    pub fn entry(&mut self, entry: &prelude::state::Entry) -> Result<(Entry, Option<Stored>), Fault> {
        let named = Entry::new(&entry.space.name, entry.key.clone())?;
        let stored = super::find(self.state, &named)?;
        self.looks.push(look(&named, stored.as_ref()));
        if let Some(stored) = &stored {
            self.reads.insert(stored.head, stored.version);
            self.bodies.extend(stored.body);
        }
        Ok((named, stored))
    }

    fn truth(&mut self, guard: &Guard) -> Result<Truth, Fault> {
        match self.term(guard)? {
            Term::Truth(truth) => Ok(truth),
            Term::Absent => Ok(Truth { holds: constant(false), known: constant(false) }),
            Term::Null | Term::Int(_) | Term::Text(_) | Term::Variant(_) => {
                Err(Fault::new("R0200", "a guard is a Bool"))
            }
        }
    }

    fn term(&mut self, guard: &Guard) -> Result<Term, Fault> {
        match guard {
            Guard::Constant(value) => of_constant(value),
            Guard::Exists(entry) => {
                let (_, stored) = self.entry(entry)?;
                let there = stored.filter(Stored::is_there).map(|found| Expr::Exists(found.head));
                Ok(certain(there.unwrap_or(constant(entry.default.is_some()))))
            }
            Guard::Entry { entry, optional } => {
                let (named, stored) = self.entry(entry)?;
                match (stored.filter(Stored::is_there), &entry.default) {
                    (Some(stored), _) => of_entry(&stored, &entry.space.value),
                    (None, Some(default)) => of_constant(default),
                    (None, None) if *optional || entry.key.is_none() => Ok(Term::Null),
                    (None, None) => {
                        self.absent.get_or_insert(named.shown());
                        Ok(Term::Absent)
                    }
                }
            }
            Guard::Not(part) => {
                let Truth { holds, known } = self.truth(part)?;
                Ok(Term::Truth(Truth { holds: not(holds), known }))
            }
            Guard::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
                let (left, right) = (self.truth(left)?, self.truth(right)?);
                // The right side counts only where the left one leaves it open.
                let (holds, closed) = match operator {
                    Operator::And => (and(left.holds.clone(), right.holds), not(left.holds)),
                    _ => (or(left.holds.clone(), right.holds), left.holds),
                };
                Ok(Term::Truth(Truth { holds, known: and(left.known, or(closed, right.known)) }))
            }
            Guard::Binary(operator, left, right) => {
                let (left, right) = (self.term(left)?, self.term(right)?);
                binary(*operator, left, right)
            }
        }
    }
}

fn binary(operator: Operator, left: Term, right: Term) -> Result<Term, Fault> {
    let compared = match operator {
        Operator::Eq => Op::Eq,
        Operator::Ne => Op::Ne,
        Operator::Lt => Op::Lt,
        Operator::Le => Op::Le,
        Operator::Gt => Op::Gt,
        Operator::Ge => Op::Ge,
        Operator::Add | Operator::Subtract | Operator::Multiply => {
            let op = match operator {
                Operator::Add => Op::Add,
                Operator::Subtract => Op::Sub,
                _ => Op::Mul,
            };
            return match (left, right) {
                (Term::Absent, _) | (_, Term::Absent) => Ok(Term::Absent),
                (Term::Int(left), Term::Int(right)) => Ok(Term::Int(apply(op, left, right))),
                _ => Err(Fault::new("R0200", "the guard computes with what is no Int")),
            };
        }
        Operator::And | Operator::Or => return Err(Fault::new("R0200", "a guard is a Bool")),
    };
    Ok(match (left, right) {
        (Term::Absent, _) | (_, Term::Absent) => Term::Absent,
        (Term::Null, Term::Null) => certain(constant(matches!(compared, Op::Eq | Op::Le | Op::Ge))),
        (Term::Int(left), Term::Int(right)) | (Term::Text(left), Term::Text(right)) => {
            certain(apply(compared, left, right))
        }
        (Term::Truth(left), Term::Truth(right)) => {
            let holds = match compared {
                Op::Eq | Op::Ne => apply(compared, left.holds, right.holds),
                _ => return Err(no_order("Bools")),
            };
            Term::Truth(Truth { holds, known: and(left.known, right.known) })
        }
        (Term::Variant(left), Term::Variant(right)) => match compared {
            Op::Eq | Op::Ne => certain(apply(compared, left.name, right.name)),
            _ => certain(variants_ordered(compared, &left, &right)?),
        },
        // Values of two kinds are never equal, and the checker lets nothing else compare them.
        _ => certain(constant(compared == Op::Ne)),
    })
}

fn of_constant(value: &Value) -> Result<Term, Fault> {
    Ok(match value {
        Value::Null => Term::Null,
        Value::Bool(truth) => certain(constant(*truth)),
        Value::Int(int) => Term::Int(Expr::Constant(Constant::Int(i128::from(*int)))),
        Value::Str(text) => Term::Text(Expr::Constant(Constant::Bytes(text.as_bytes().to_vec()))),
        Value::Variant(variant) if variant.payload.is_empty() => {
            let name = qualified(&variant.desc, variant.name()).into_bytes();
            let name = Expr::Constant(Constant::Bytes(name));
            Term::Variant(Variant { name, desc: Some(variant.desc.clone()), tag: Some(variant.tag) })
        }
        other => return Err(no_order(other.type_name())),
    })
}

fn of_entry(stored: &Stored, ty: &TypeDesc) -> Result<Term, Fault> {
    Ok(match stored.form.kind {
        Kind::Null | Kind::Gone => Term::Null,
        Kind::Bool => {
            let field = Expr::Field {
                page: stored.head,
                offset: super::form::HEADER_BYTES,
                field_type: super::form::BOOL,
            };
            certain(apply(Op::Ne, field, Expr::Constant(Constant::Int(0))))
        }
        Kind::Int => Term::Int(stored.int()),
        Kind::Variant => {
            let desc = match ty {
                TypeDesc::Optional(ty) => enum_of(ty),
                ty => enum_of(ty),
            };
            Term::Variant(Variant { name: stored.field(), desc, tag: None })
        }
        Kind::Text => Term::Text(stored.field()),
        Kind::Other => return Err(no_order("values of this type")),
    })
}

fn enum_of(ty: &TypeDesc) -> Option<Rc<EnumDesc>> {
    if let TypeDesc::Enum(desc) = ty { Some(desc.clone()) } else { None }
}

/// Whether two variants stand in an order. Pages hold names, so this asks for each of those that would.
fn variants_ordered(op: Op, left: &Variant, right: &Variant) -> Result<Expr, Fault> {
    let desc = left.desc.as_ref().or(right.desc.as_ref()).ok_or_else(|| no_order("values of this type"))?;
    Ok(match (left.tag, right.tag) {
        (Some(left), Some(right)) => constant(ordered(op, left, right)),
        (None, Some(tag)) => among(&left.name, desc, |t| ordered(op, t, tag)),
        (Some(tag), None) => among(&right.name, desc, |t| ordered(op, tag, t)),
        (None, None) => (0..).zip(&desc.variants).fold(constant(false), |found, (tag, _)| {
            let this = among(&left.name, desc, |t| t == tag);
            or(found, and(this, among(&right.name, desc, |t| ordered(op, tag, t))))
        }),
    })
}

/// Whether a variant is one of those whose tag is among the wanted.
fn among(variant: &Expr, desc: &EnumDesc, wanted: impl Fn(u32) -> bool) -> Expr {
    let names = (0..).zip(&desc.variants).filter(|(tag, _)| wanted(*tag));
    names.fold(constant(false), |found, (_, other)| {
        let name = Expr::Constant(Constant::Bytes(qualified(desc, &other.name).into_bytes()));
        or(found, apply(Op::Eq, variant.clone(), name))
    })
}

fn ordered(op: Op, left: u32, right: u32) -> bool {
    match op {
        Op::Lt => left < right,
        Op::Le => left <= right,
        Op::Gt => left > right,
        _ => left >= right,
    }
}

fn no_order(what: &str) -> Fault {
    Fault::new("R0104", format!("a guard cannot compare {what} so"))
        .help("Guards compare Int, Bool, String, variants without payload, and null.")
}

fn certain(holds: Expr) -> Term {
    Term::Truth(Truth { holds, known: constant(true) })
}

pub fn constant(truth: bool) -> Expr {
    Expr::Constant(Constant::Bool(truth))
}

fn truth_of(expr: &Expr) -> Option<bool> {
    if let Expr::Constant(Constant::Bool(truth)) = expr { Some(*truth) } else { None }
}

fn apply(op: Op, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, Box::new(left), Box::new(right))
}

pub fn and(left: Expr, right: Expr) -> Expr {
    match (truth_of(&left), truth_of(&right)) {
        (Some(true), _) => right,
        (_, Some(true)) => left,
        (Some(false), _) | (_, Some(false)) => constant(false),
        (None, None) => apply(Op::And, left, right),
    }
}

fn or(left: Expr, right: Expr) -> Expr {
    match (truth_of(&left), truth_of(&right)) {
        (Some(false), _) => right,
        (_, Some(false)) => left,
        (Some(true), _) | (_, Some(true)) => constant(true),
        (None, None) => apply(Op::Or, left, right),
    }
}

fn not(part: Expr) -> Expr {
    match truth_of(&part) {
        Some(truth) => constant(!truth),
        None => Expr::Not(Box::new(part)),
    }
}
