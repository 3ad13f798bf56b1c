//! A slow judge of plans: each rule by itself, pair by pair and byte by byte, against the fast one.

use plan::{DeltaSpec, Expr, FieldType, Operator, PageRef, Query, Read, Type, UpsertPlan, Value};
use proptest::prelude::*;

use crate::support::plans;

const MIB: u64 = 1 << 20;

/// Type, nodes, levels and bytes of an expression; `None` when a part of it is wrong by itself.
fn measured(expr: &Expr) -> Option<(Type, usize, usize, u64)> {
    let field_ok = |offset: u32, field: FieldType| {
        let width_ok = match field {
            FieldType::Int { width_bytes, big_endian, .. } => {
                [1, 2, 4, 8].contains(&width_bytes) && !(width_bytes == 1 && big_endian)
            }
            FieldType::Bytes(len) => len > 0,
        };
        width_ok && u64::from(offset) + u64::from(field.len_bytes()) <= MIB
    };
    let leaf = |of, bytes| Some((of, 1, 1, bytes));
    match expr {
        Expr::Constant(Value::Int(int)) => {
            let fits = i64::try_from(*int).is_ok() || u64::try_from(*int).is_ok();
            if fits { leaf(Type::Int, 0) } else { None }
        }
        Expr::Constant(Value::Bytes(bytes)) => leaf(Type::Bytes, bytes.len() as u64),
        Expr::Constant(Value::Bool(_)) | Expr::Exists(_) => leaf(Type::Bool, 0),
        Expr::Version(_) | Expr::Length(_) => leaf(Type::Int, 0),
        Expr::Hash(_) => leaf(Type::Bytes, 0),
        Expr::Field { offset, field_type, .. } if field_ok(*offset, *field_type) => {
            let of = if matches!(field_type, FieldType::Bytes(_)) { Type::Bytes } else { Type::Int };
            leaf(of, field_type.len_bytes().into())
        }
        Expr::Field { .. } => None,
        Expr::Not(operand) => {
            let (of, nodes, levels, bytes) = measured(operand)?;
            (of == Type::Bool).then_some((Type::Bool, nodes + 1, levels + 1, bytes))
        }
        Expr::Binary(operator, left, right) => {
            let (a, b) = (measured(left)?, measured(right)?);
            use Operator::*;
            let of = match operator {
                Add | Sub | Mul if (a.0, b.0) == (Type::Int, Type::Int) => Type::Int,
                Eq | Ne if a.0 == b.0 => Type::Bool,
                Lt | Le | Gt | Ge if a.0 == b.0 && a.0 != Type::Bool => Type::Bool,
                And | Or if (a.0, b.0) == (Type::Bool, Type::Bool) => Type::Bool,
                _ => return None,
            };
            Some((of, a.1 + b.1 + 1, a.2.max(b.2) + 1, a.3 + b.3))
        }
    }
}

fn type_of(expr: &Expr) -> Option<Type> {
    let (of, nodes, levels, bytes) = measured(expr)?;
    (nodes <= 4096 && levels <= 64 && bytes <= MIB).then_some(of)
}

fn pages_of(expr: &Expr) -> Vec<u64> {
    match expr {
        Expr::Constant(_) => vec![],
        Expr::Field { page, .. }
        | Expr::Version(page)
        | Expr::Exists(page)
        | Expr::Length(page)
        | Expr::Hash(page) => vec![*page],
        Expr::Not(operand) => pages_of(operand),
        Expr::Binary(_, left, right) => [pages_of(left), pages_of(right)].concat(),
    }
}

/// All pairs, in order.
fn pairs<T>(items: &[T]) -> impl Iterator<Item = (&T, &T)> {
    items.iter().enumerate().flat_map(|(at, a)| items[at + 1..].iter().map(move |b| (a, b)))
}

fn query_ok(query: &Query) -> bool {
    let Query { pages, ranges, names, metadata } = query;
    let any = !(pages.is_empty() && ranges.is_empty() && names.is_empty() && metadata.is_empty());
    any && pairs(pages).all(|(a, b)| a < b)
        && pairs(names).all(|(a, b)| a < b)
        && pairs(metadata).all(|(a, b)| a < b)
        && ranges.iter().all(|(first, last)| first <= last)
        && pairs(ranges).all(|((_, last), (first, _))| last < first)
        && pages.iter().all(|page| !ranges.iter().any(|(first, last)| first <= page && page <= last))
        && names.iter().all(|name| (1..=255).contains(&name.len()))
        && metadata.iter().all(|bytes| bytes.len() <= 4096)
}

fn selected(query: &Query, page: u64) -> bool {
    !query.names.is_empty()
        || !query.metadata.is_empty()
        || query.pages.contains(&page)
        || query.ranges.iter().any(|(first, last)| *first <= page && page <= *last)
}

fn reads_ok(reads: &[Read]) -> bool {
    let key = |read: &Read| match *read {
        Read::Version { page, .. } => (page, None),
        Read::Range { page, offset, len, .. } => (page, Some((offset, len))),
    };
    let inside = |read: &Read| match *read {
        Read::Version { .. } => true,
        Read::Range { offset, len, .. } => len > 0 && u64::from(offset) + u64::from(len) <= MIB,
    };
    pairs(reads).all(|(a, b)| key(a) < key(b)) && reads.iter().all(inside)
}

fn holds(field: FieldType, value: &Expr) -> bool {
    match (field, value, type_of(value)) {
        (_, _, None) => false,
        (FieldType::Int { width_bytes, signed, .. }, Expr::Constant(Value::Int(int)), _) => {
            let states = 1i128 << (8 * u32::from(width_bytes));
            if signed { -states / 2 <= *int && *int < states / 2 } else { 0 <= *int && *int < states }
        }
        (FieldType::Int { .. }, _, of) => of == Some(Type::Int),
        (FieldType::Bytes(len), Expr::Constant(Value::Bytes(bytes)), _) => bytes.len() == len as usize,
        (FieldType::Bytes(len), Expr::Field { field_type: FieldType::Bytes(from), .. }, _) => *from == len,
        (FieldType::Bytes(len), Expr::Hash(_), _) => len == 16,
        (FieldType::Bytes(_), _, of) => of == Some(Type::Bytes),
    }
}

fn delta_ok(plan: &UpsertPlan, delta: &DeltaSpec) -> bool {
    match delta {
        DeltaSpec::Write { page, offset, field_type, value } => {
            let as_field = Expr::Field { page: 0, offset: *offset, field_type: *field_type };
            let end = u64::from(*offset) + u64::from(field_type.len_bytes());
            let new_ok = match page {
                PageRef::Existing(_) => true,
                PageRef::New(wanted) => plan.deltas.iter().any(|delta| {
                    matches!(delta, DeltaSpec::Create { number, size_bytes, .. }
                        if number == wanted && end <= u64::from(*size_bytes))
                }),
            };
            measured(&as_field).is_some() && holds(*field_type, value) && new_ok
        }
        DeltaSpec::Create { size_bytes, name, metadata, .. } => {
            (1..=MIB).contains(&u64::from(*size_bytes))
                && name.as_ref().is_none_or(|name| (1..=255).contains(&name.len()))
                && metadata.len() <= 4096
        }
        DeltaSpec::Delete { .. } => true,
        DeltaSpec::Metadata { metadata, .. } => metadata.len() <= 4096,
    }
}

/// Whether two deltas may stand in this order in one plan.
fn compatible(a: &DeltaSpec, b: &DeltaSpec) -> bool {
    let key = |delta: &DeltaSpec| match delta {
        DeltaSpec::Write { page, offset, .. } => (4, *page, *offset),
        DeltaSpec::Create { number, .. } => (5, PageRef::New(*number), 0),
        DeltaSpec::Delete { page } => (6, PageRef::Existing(*page), 0),
        DeltaSpec::Metadata { page, .. } => (7, PageRef::Existing(*page), 0),
    };
    let share = |a: &DeltaSpec, b: &DeltaSpec| match (a, b) {
        (
            DeltaSpec::Write { page: a, offset: at, field_type: of, .. },
            DeltaSpec::Write { page: b, offset: other, field_type: other_of, .. },
        ) => {
            let (at, other) = (u64::from(*at), u64::from(*other));
            a == b && at < other + u64::from(other_of.len_bytes()) && other < at + u64::from(of.len_bytes())
        }
        (DeltaSpec::Create { name: a, .. }, DeltaSpec::Create { name: b, .. }) => a.is_some() && a == b,
        (DeltaSpec::Delete { .. }, DeltaSpec::Delete { .. }) => false,
        (DeltaSpec::Delete { page }, other) | (other, DeltaSpec::Delete { page }) => {
            key(other).1 == PageRef::Existing(*page)
        }
        _ => false,
    };
    key(a) < key(b) && !share(a, b)
}

/// Whether a plan keeps every rule. Intents have judges of their own.
fn accepts(plan: &UpsertPlan) -> bool {
    let UpsertPlan { intent, reads, guard, deltas, clients, query } = plan;
    let visible = |expr: &Expr| pages_of(expr).into_iter().all(|page| selected(query, page));
    let ids: Vec<u128> = clients.iter().map(|client| client.id).filter(|id| *id != 0).collect();
    intent.validate().is_ok()
        && query_ok(query)
        && reads_ok(reads)
        && reads.iter().all(|read| selected(query, read.page()))
        && guard.as_ref().is_none_or(|guard| type_of(guard) == Some(Type::Bool) && visible(guard))
        && !(deltas.is_empty() && clients.is_empty())
        && deltas.iter().all(|delta| delta_ok(plan, delta))
        && pairs(deltas).all(|(a, b)| compatible(a, b))
        && deltas.iter().all(|delta| match (delta.page(), delta) {
            (PageRef::Existing(page), _) if !selected(query, page) => false,
            (_, DeltaSpec::Write { value, .. }) => visible(value),
            _ => true,
        })
        && clients.iter().all(|client| client.body.len() <= 64 << 10 && client.id != intent.id)
        && pairs(&ids).all(|(a, b)| a != b)
}

/// A change of a plan that may or may not break it.
fn spoiled(mut plan: UpsertPlan, other: &UpsertPlan, how: u8, at: usize, number: u32) -> UpsertPlan {
    let pick = |len: usize| at % len.max(1);
    match how {
        0 => plan.query = Query { pages: vec![number.into()], ..Query::default() },
        1 => plan.query.pages.push(number.into()),
        2 => plan.query.ranges.push((at as u64, number.into())),
        3 => plan.query.names.clear(),
        4 => plan.query.metadata.clear(),
        5 => plan.reads.extend(other.reads.first()),
        6 => plan.guard = other.guard.clone().map(|guard| Expr::Not(Box::new(guard))),
        7 => plan.deltas.extend(other.deltas.get(pick(other.deltas.len())).cloned()),
        8 => plan.deltas.extend(other.deltas.iter().cloned()),
        9 => plan.deltas.sort_by_key(|delta| (delta.tag(), delta.page())),
        10 => plan.clients.extend(other.clients.first().cloned()),
        11 => plan.clients.clear(),
        12 => plan.deltas.clear(),
        13 => {
            let at = pick(plan.deltas.len());
            if let Some(DeltaSpec::Write { offset, .. }) = plan.deltas.get_mut(at) {
                *offset = number % 70;
            }
        }
        14 => {
            let at = pick(plan.deltas.len());
            if let Some(DeltaSpec::Write { field_type, .. }) = plan.deltas.get_mut(at) {
                *field_type = FieldType::Bytes(number % 20);
            }
        }
        15 => {
            let at = pick(plan.deltas.len());
            if let Some(DeltaSpec::Write { value, .. }) = plan.deltas.get_mut(at) {
                *value = Expr::Constant(Value::Int(i128::from(number) - 40_000));
            }
        }
        16 => plan.deltas.push(DeltaSpec::Delete { page: u64::from(number) % 9 }),
        17 => {
            let at = pick(plan.deltas.len());
            if let Some(DeltaSpec::Create { size_bytes, .. }) = plan.deltas.get_mut(at) {
                *size_bytes = number % 80;
            }
        }
        18 => plan.intent.id = plan.clients.first().map_or(0, |client| client.id),
        _ => {}
    }
    plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_fast_judge_accepts_what_the_slow_one_does(
        plan in plans(),
        other in plans(),
        changes in prop::collection::vec((0..20u8, any::<usize>(), any::<u16>()), 0..3),
    ) {
        let plan = changes.into_iter().fold(plan, |plan, (how, at, number)| {
            // Small numbers meet, large ones do not.
            let number = u32::from(if at % 2 == 0 { number % 16 } else { number });
            spoiled(plan, &other, how, at % 4096, number)
        });
        prop_assert_eq!(plan.validate().is_ok(), accepts(&plan), "{:?}: {:?}", plan.validate(), plan);
    }
}
