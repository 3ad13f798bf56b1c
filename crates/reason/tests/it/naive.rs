//! A state as a map of pages, and the plainest way to carry a plan out on it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, PageView, Read, UpsertPlan, Value, View};

pub type State = BTreeMap<u64, PageView<'static>>;

/// Pages 7 `a`, 8 `b` and 9 without a name, 64 zero bytes each.
pub fn state() -> State {
    let page = |version, name: Option<&'static str>| PageView {
        version,
        name: name.map(Cow::Borrowed),
        metadata: Cow::Borrowed(b"ledger"),
        bytes: Cow::Owned(vec![0; 64]),
    };
    BTreeMap::from([(7, page(1, Some("a"))), (8, page(2, Some("b"))), (9, page(3, None))])
}

pub fn intent(schema: &str, body: &str) -> Intent {
    Intent {
        id: 0x1234,
        parent: 0,
        author: "tester".to_owned(),
        schema: schema.to_owned(),
        schema_version: 1,
        body: body.to_owned(),
    }
}

/// The plan, which must be one.
pub fn lowered(schema: &str, body: &str, state: &State) -> Option<UpsertPlan> {
    let plan = reason::lower(&intent(schema, body), state).unwrap_or_else(|error| panic!("{body}: {error}"));
    if let Some(plan) = &plan {
        assert_eq!(plan.intent.body, body, "kept byte for byte");
        assert_eq!(UpsertPlan::decode(&plan.encode().unwrap()).as_ref(), Ok(plan));
    }
    plan
}

fn evaluate(expr: &Expr, state: &State) -> Option<Value> {
    let page = |id: &u64| state.get(id);
    let checked = |int: i128| {
        let range = i128::from(i64::MIN)..=i128::from(u64::MAX);
        range.contains(&int).then_some(Value::Int(int))
    };
    match expr {
        Expr::Constant(value) => Some(value.clone()),
        Expr::Field { page: id, offset, field_type } => {
            let start = *offset as usize;
            let bytes = page(id)?.bytes.get(start..start + field_type.len_bytes() as usize)?;
            match field_type {
                FieldType::Bytes(_) => Some(Value::Bytes(bytes.to_vec())),
                of => of.read_int(bytes).ok().map(Value::Int),
            }
        }
        Expr::Version(id) => page(id).map(|page| Value::Int(page.version.into())),
        Expr::Exists(id) => Some(Value::Bool(page(id).is_some())),
        Expr::Length(id) => page(id).map(|page| Value::Int(page.bytes.len() as i128)),
        Expr::Hash(_) => panic!("no pattern hashes"),
        Expr::Not(operand) => match evaluate(operand, state)? {
            Value::Bool(truth) => Some(Value::Bool(!truth)),
            _ => None,
        },
        Expr::Binary(operator, left, right) => {
            use Operator::*;
            Some(match (operator, evaluate(left, state)?, evaluate(right, state)?) {
                (Add, Value::Int(a), Value::Int(b)) => return checked(a + b),
                (Sub, Value::Int(a), Value::Int(b)) => return checked(a - b),
                (Eq, a, b) => Value::Bool(a == b),
                (Ge, Value::Int(a), Value::Int(b)) => Value::Bool(a >= b),
                (And, Value::Bool(a), Value::Bool(b)) => Value::Bool(a && b),
                (operator, ..) => panic!("no pattern uses {operator:?}"),
            })
        }
    }
}

/// Carries a plan out at the next seq; `None` when it is refused, with nothing changed.
pub fn carry_out(plan: &UpsertPlan, before: &State) -> Option<State> {
    for read in &plan.reads {
        let holds = match *read {
            Read::Version { page, version } => before.get(&page).map_or(0, |page| page.version) == version,
            Read::Range { page, offset, len, .. } => {
                let start = offset as usize;
                let bytes = before.get(&page)?.bytes.get(start..start + len as usize)?;
                *read == Read::of_range(page, offset, bytes)
            }
        };
        if !holds {
            return None;
        }
    }
    if let Some(guard) = &plan.guard
        && evaluate(guard, before) != Some(Value::Bool(true))
    {
        return None;
    }
    let mut after = before.clone();
    let seq = before.seq() + 1;
    let id_of = |page: PageRef| match page {
        PageRef::Existing(id) => id,
        PageRef::New(number) => 1000 + u64::from(number),
    };
    // New pages first: writes stand before creations in a plan.
    for delta in &plan.deltas {
        if let DeltaSpec::Create { number, size_bytes, name, metadata } = delta {
            if name.as_deref().is_some_and(|name| before.page_named(name).unwrap().is_some()) {
                return None;
            }
            let page = PageView {
                version: seq,
                name: name.clone().map(Cow::Owned),
                metadata: Cow::Owned(metadata.clone()),
                bytes: Cow::Owned(vec![0; *size_bytes as usize]),
            };
            after.insert(id_of(PageRef::New(*number)), page);
        }
    }
    for delta in &plan.deltas {
        match delta {
            DeltaSpec::Write { page, offset, field_type, value } => {
                let value = evaluate(value, before)?;
                let page = after.get_mut(&id_of(*page))?;
                page.version = seq;
                let start = *offset as usize;
                let place = page.bytes.to_mut().get_mut(start..start + field_type.len_bytes() as usize)?;
                match value {
                    Value::Int(int) => field_type.write_int(int, place).ok()?,
                    Value::Bytes(bytes) => place.copy_from_slice(&bytes),
                    Value::Bool(_) => return None,
                }
            }
            DeltaSpec::Delete { page } => drop(after.remove(page)?),
            DeltaSpec::Create { .. } => {}
            DeltaSpec::Metadata { .. } => panic!("no pattern sets metadata"),
        }
    }
    Some(after)
}

/// The 8 little-endian bytes of a page from `offset` on, signed.
pub fn i64_at(state: &State, page: u64, offset: usize) -> i64 {
    i64::from_le_bytes(state[&page].bytes[offset..offset + 8].try_into().unwrap())
}
