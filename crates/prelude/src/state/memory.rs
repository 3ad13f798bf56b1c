//! State in memory, for one run: the reference that answers by the rules and nothing else.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use vm::{Fault, Key, Map, Value};

use super::{Change, Entry, Guard, Operator, Request, Upsert, Write, change, refused};

/// The state of a program that nobody records.
#[derive(Debug, Default)]
pub struct Memory {
    entries: BTreeMap<Place, Value>,
    /// Every accepted write, in order.
    changes: Vec<Changed>,
    seq: i64,
}

#[derive(Debug)]
struct Changed {
    place: Place,
    seq: i64,
    value: Value,
    because: String,
    intent: String,
}

/// A state's name and the key of the entry.
#[derive(Clone, Debug)]
struct Place(String, Option<Value>);

impl Place {
    fn of(entry: &Entry) -> Place {
        Place(entry.space.name.clone(), entry.key.clone())
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> Ordering {
        let keys = match (&self.1, &other.1) {
            (Some(a), Some(b)) => vm::compare(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        self.0.cmp(&other.0).then(keys)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}

/// Why an upsert is not carried out.
enum Stop {
    Refused(String),
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

impl Memory {
    /// Answers one request.
    ///
    /// # Errors
    /// What a comparison of values faults with.
    pub fn answer(&mut self, request: Request) -> Result<Value, Fault> {
        match request {
            Request::Get(entry) => Ok(self.get(&entry).unwrap_or_default()),
            Request::Entries(space) => {
                let mut map = Map::new();
                for (place, value) in self.entries.iter().filter(|(place, _)| place.0 == space.name) {
                    if let Some(key) = &place.1 {
                        map.insert(Key::new(key.clone())?, value.clone());
                    }
                }
                Ok(Value::map(map))
            }
            Request::Upsert(upsert) => self.upsert(&upsert),
            Request::History(entry) => Ok(Value::list(self.history(&entry))),
            Request::Blame(entry) => Ok(self.history(&entry).pop().unwrap_or_default()),
        }
    }

    fn get(&self, entry: &Entry) -> Option<Value> {
        self.entries.get(&Place::of(entry)).cloned().or_else(|| entry.default.clone())
    }

    fn history(&self, entry: &Entry) -> Vec<Value> {
        let place = Place::of(entry);
        let changes = self.changes.iter().filter(|c| c.place == place);
        changes.map(|c| change(c.seq, c.value.clone(), &c.because, &c.intent)).collect()
    }

    fn upsert(&mut self, upsert: &Upsert) -> Result<Value, Fault> {
        self.seq += 1;
        let written = match self.decide(upsert) {
            Ok(written) => written,
            Err(Stop::Refused(reason)) => return Ok(Value::err(refused(&reason, self.seq))),
            Err(Stop::Fault(fault)) => return Err(fault),
        };
        let because = match &upsert.because {
            Value::Record(record) => record.desc.name.clone(),
            other => other.type_name().to_string(),
        };
        let intent = vm::to_json(&upsert.because)?;
        for (place, value) in written {
            let before = match value.clone() {
                Some(value) => self.entries.insert(place.clone(), value),
                None => self.entries.remove(&place),
            };
            if before.is_none() && value.is_none() {
                continue;
            }
            let value = value.unwrap_or_default();
            let (because, intent) = (because.clone(), intent.clone());
            self.changes.push(Changed { place, seq: self.seq, value, because, intent });
        }
        Ok(Value::ok(Value::Null))
    }

    /// What the upsert leaves of each entry that it writes, nothing or a value, in the order of the first writes.
    fn decide(&self, upsert: &Upsert) -> Result<Vec<(Place, Option<Value>)>, Stop> {
        if let Some(guard) = &upsert.guard
            && !truth(self.evaluate(guard)?)?
        {
            return Err(Stop::Refused("the guard does not hold".to_string()));
        }
        let mut written: Vec<(Place, Option<Term>)> = Vec::new();
        for write in &upsert.writes {
            let place = Place::of(&write.entry);
            let before = match written.iter().find(|(p, _)| *p == place) {
                Some((_, term)) => term.clone(),
                None => self.get(&write.entry).map(Term::from),
            };
            let term = changed(write, before)?;
            match written.iter_mut().find(|(p, _)| *p == place) {
                Some((_, slot)) => *slot = term,
                None => written.push((place, term)),
            }
        }
        let kept = |(place, term)| match term {
            Some(Term::Number(number)) => match i64::try_from(number) {
                Ok(int) => Ok((place, Some(Value::Int(int)))),
                Err(_) => Err(too_large()),
            },
            Some(Term::Value(value)) => Ok((place, Some(value))),
            None => Ok((place, None)),
        };
        written.into_iter().map(kept).collect()
    }

    fn evaluate(&self, guard: &Guard) -> Result<Term, Stop> {
        Ok(match guard {
            Guard::Constant(value) => value.clone().into(),
            Guard::Entry { entry, optional } => match self.get(entry) {
                Some(value) => value.into(),
                None if *optional || entry.key.is_none() => Term::Value(Value::Null),
                None => return Err(Stop::Refused(absent(entry)?)),
            },
            Guard::Exists(entry) => Term::of(self.get(entry).is_some()),
            Guard::Not(part) => Term::of(!truth(self.evaluate(part)?)?),
            Guard::Binary(operator, left, right) => {
                let left = self.evaluate(left)?;
                match operator {
                    Operator::And | Operator::Or => {
                        let holds = truth(left)?;
                        let is_decided = holds == (*operator == Operator::Or);
                        return if is_decided { Ok(Term::of(holds)) } else { self.evaluate(right) };
                    }
                    _ => binary(*operator, &left, &self.evaluate(right)?)?,
                }
            }
        })
    }
}

/// A part of a guard, or what an entry becomes. Numbers are those of plans, of 64 bits with a sign or without; what is
/// kept is an Int.
#[derive(Clone)]
enum Term {
    Number(i128),
    Value(Value),
}

impl Term {
    fn of(truth: bool) -> Term {
        Term::Value(Value::Bool(truth))
    }
}

impl From<Value> for Term {
    fn from(value: Value) -> Term {
        match value {
            Value::Int(int) => Term::Number(int.into()),
            other => Term::Value(other),
        }
    }
}

/// Any operator but `and` and `or`.
fn binary(operator: Operator, left: &Term, right: &Term) -> Result<Term, Stop> {
    let order = match (left, right) {
        (Term::Number(left), Term::Number(right)) => {
            let computed = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                _ => return Ok(compared(operator, left.cmp(right))),
            };
            let computed = computed.filter(|number| (i64::MIN.into()..=u64::MAX.into()).contains(number));
            return computed.map(Term::Number).ok_or_else(too_large);
        }
        (Term::Value(left), Term::Value(right)) => vm::compare(left, right),
        // Values of two kinds are never equal, and the checker lets nothing else compare them.
        _ => return Ok(Term::of(operator == Operator::Ne)),
    };
    if matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply) {
        return Err(Stop::Fault(Fault::new("R0200", "the guard computes with what is no Int")));
    }
    Ok(compared(operator, order))
}

fn too_large() -> Stop {
    Stop::Refused("a number would leave 64 bits".to_string())
}

fn compared(operator: Operator, order: Ordering) -> Term {
    Term::of(match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Gt => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn changed(write: &Write, before: Option<Term>) -> Result<Option<Term>, Stop> {
    let operator = match write.change {
        Change::Set => return Ok(Some(write.value.clone().into())),
        Change::Remove => return Ok(None),
        Change::Add => Operator::Add,
        Change::Subtract => Operator::Subtract,
    };
    match before {
        None => Err(Stop::Refused(absent(&write.entry)?)),
        Some(before) => binary(operator, &before, &write.value.clone().into()).map(Some),
    }
}

/// That an entry is not there.
fn absent(entry: &Entry) -> Result<String, Fault> {
    let name = &entry.space.name;
    Ok(match &entry.key {
        Some(key) => format!("there is no entry {name}[{}]", vm::repr(key)?),
        None => format!("`{name}` was never written"),
    })
}

fn truth(term: Term) -> Result<bool, Fault> {
    let found = match term {
        Term::Value(Value::Bool(holds)) => return Ok(holds),
        Term::Value(other) => other.type_name().to_string(),
        Term::Number(_) => "Int".to_string(),
    };
    Err(Fault::new("R0200", format!("a guard is a Bool, found {found}")))
}
