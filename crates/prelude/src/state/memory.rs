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
            self.entries.insert(place.clone(), value.clone());
            let (because, intent) = (because.clone(), intent.clone());
            self.changes.push(Changed { place, seq: self.seq, value, because, intent });
        }
        Ok(Value::ok(Value::Null))
    }

    /// What the upsert leaves behind, each entry once, in the order of the first writes.
    fn decide(&self, upsert: &Upsert) -> Result<Vec<(Place, Value)>, Stop> {
        if let Some(guard) = &upsert.guard
            && !truth(&self.evaluate(guard)?)?
        {
            return Err(Stop::Refused("the guard does not hold".to_string()));
        }
        let mut written: Vec<(Place, Value)> = Vec::new();
        for write in &upsert.writes {
            let place = Place::of(&write.entry);
            let before = written.iter().find(|(p, _)| *p == place).map(|(_, value)| value.clone());
            let value = changed(write, before.or_else(|| self.get(&write.entry)))?;
            match written.iter_mut().find(|(p, _)| *p == place) {
                Some((_, slot)) => *slot = value,
                None => written.push((place, value)),
            }
        }
        Ok(written)
    }

    fn evaluate(&self, guard: &Guard) -> Result<Value, Stop> {
        Ok(match guard {
            Guard::Constant(value) => value.clone(),
            Guard::Entry { entry, optional } => match self.get(entry) {
                Some(value) => value,
                None if *optional || entry.key.is_none() => Value::Null,
                None => return Err(Stop::Refused(absent(entry)?)),
            },
            Guard::Exists(entry) => Value::Bool(self.get(entry).is_some()),
            Guard::Not(part) => Value::Bool(!truth(&self.evaluate(part)?)?),
            Guard::Binary(operator, left, right) => {
                let left = self.evaluate(left)?;
                match operator {
                    Operator::And if !truth(&left)? => return Ok(left),
                    Operator::Or if truth(&left)? => return Ok(left),
                    Operator::And | Operator::Or => return self.evaluate(right),
                    _ => {}
                }
                let right = self.evaluate(right)?;
                let sum = |f: fn(i64, i64) -> Option<i64>| {
                    let (Value::Int(a), Value::Int(b)) = (&left, &right) else {
                        return Err(Stop::Fault(Fault::new(
                            "R0200",
                            "the guard computes with what is no Int",
                        )));
                    };
                    let beyond = || Stop::Refused("the guard computes a number beyond 64 bits".to_string());
                    f(*a, *b).map(Value::Int).ok_or_else(beyond)
                };
                match operator {
                    Operator::Add => sum(i64::checked_add)?,
                    Operator::Subtract => sum(i64::checked_sub)?,
                    Operator::Multiply => sum(i64::checked_mul)?,
                    Operator::Eq => Value::Bool(vm::equal(&left, &right)?),
                    Operator::Ne => Value::Bool(!vm::equal(&left, &right)?),
                    Operator::Lt => Value::Bool(vm::compare(&left, &right).is_lt()),
                    Operator::Le => Value::Bool(vm::compare(&left, &right).is_le()),
                    Operator::Gt => Value::Bool(vm::compare(&left, &right).is_gt()),
                    _ => Value::Bool(vm::compare(&left, &right).is_ge()),
                }
            }
        })
    }
}

fn changed(write: &Write, before: Option<Value>) -> Result<Value, Stop> {
    let sum = match (write.change, before, &write.value) {
        (Change::Set, _, value) => return Ok(value.clone()),
        (_, None, _) => return Err(Stop::Refused(absent(&write.entry)?)),
        (Change::Add, Some(Value::Int(a)), Value::Int(b)) => a.checked_add(*b),
        (Change::Subtract, Some(Value::Int(a)), Value::Int(b)) => a.checked_sub(*b),
        _ => return Err(Stop::Fault(Fault::new("R0200", "an upsert adds what is no Int"))),
    };
    sum.map(Value::Int).ok_or_else(|| {
        Stop::Refused(format!("`{}` would hold a number beyond 64 bits", write.entry.space.name))
    })
}

/// That an entry is not there.
fn absent(entry: &Entry) -> Result<String, Fault> {
    let name = &entry.space.name;
    Ok(match &entry.key {
        Some(key) => format!("there is no entry {name}[{}]", vm::repr(key)?),
        None => format!("`{name}` was never written"),
    })
}

fn truth(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(holds) => Ok(*holds),
        other => Err(Fault::new("R0200", format!("a guard is a Bool, found {}", other.type_name()))),
    }
}
