//! Patterns that change values in pages that exist.

use plan::typed::{Field, Kind};
use plan::{DeltaSpec, Expr, Operator, PageRef, PageView, Value};

use crate::body::{self, datum};
use crate::error::{Error, Result};
use crate::lower::Wanted;
use crate::observed::{Observed, misfit};

fn int(value: i128) -> Expr {
    Expr::Constant(Value::Int(value))
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Binary(operator, Box::new(left), Box::new(right))
}

pub(super) fn write(page: PageRef, field: Field, value: Expr) -> DeltaSpec {
    DeltaSpec::Write { page, offset: field.offset, field_type: field.kind.field_type(), value }
}

/// Checks that the page holds the field.
fn expect_inside(id: u64, page: &PageView<'_>, field: Field) -> Result<()> {
    field.slice(&page.bytes).map(drop).map_err(|why| misfit(id, field, why))
}

fn expect_int(schema: &'static str, kind: Kind) -> Result<()> {
    match kind {
        Kind::Int { .. } => Ok(()),
        _ => Err(Error::bad_body(schema, format!("expected a type of integers, found {kind}"))),
    }
}

/// Blind: what stands there decides whether there is anything to do, not what is done. So it is no part of the read
/// set, and a plan never fails because somebody else wrote first.
pub(super) fn set(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    let asked: body::Set = body::read("set", body)?;
    if asked.fields.is_empty() {
        return Err(Error::bad_body("set", "expected at least one field"));
    }
    let (id, page) = state.expect(&asked.page)?;
    let mut wanted = Wanted::default();
    let mut is_changed = false;
    for written in &asked.fields {
        let field = written.field();
        let value = datum("set", field.kind, &written.value)?;
        let bytes = field.kind.encode(&value).map_err(|why| misfit(id, field, why))?;
        is_changed |= field.slice(&page.bytes).map_err(|why| misfit(id, field, why))? != bytes;
        let constant = field.kind.constant(&value).map_err(|why| misfit(id, field, why))?;
        wanted.deltas.push(write(PageRef::Existing(id), field, constant));
    }
    Ok(is_changed.then_some(wanted))
}

pub(super) fn add(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    let asked: body::Add = body::read("add", body)?;
    expect_int("add", asked.kind)?;
    let field = Field { offset: asked.offset, kind: asked.kind };
    let (id, page) = state.expect(&asked.page)?;
    expect_inside(id, &page, field)?;
    if asked.amount == 0 {
        return Ok(None);
    }
    Ok(Some(Wanted { deltas: vec![added(id, field, asked.amount)], ..Wanted::default() }))
}

fn added(page: u64, field: Field, amount: i64) -> DeltaSpec {
    let sum = binary(Operator::Add, field.of(page), int(amount.into()));
    write(PageRef::Existing(page), field, sum)
}

/// A mismatch is left to the guard: whether it holds is decided, and kept on record, where the plan is carried out.
pub(super) fn compare_and_set(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    let asked: body::CompareAndSet = body::read("compare-and-set", body)?;
    let field = Field { offset: asked.offset, kind: asked.kind };
    let (id, page) = state.expect(&asked.page)?;
    let constant = |value| {
        let value = datum("compare-and-set", field.kind, value)?;
        let bytes = field.kind.encode(&value).map_err(|why| misfit(id, field, why))?;
        let constant = field.kind.constant(&value).map_err(|why| misfit(id, field, why))?;
        Ok::<_, Error>((bytes, constant))
    };
    let (expected_bytes, expected) = constant(&asked.expected)?;
    let (value_bytes, value) = constant(&asked.value)?;
    let stored = field.slice(&page.bytes).map_err(|why| misfit(id, field, why))?;
    if stored == expected_bytes && stored == value_bytes {
        return Ok(None);
    }
    Ok(Some(Wanted {
        guards: vec![binary(Operator::Eq, field.of(id), expected)],
        deltas: vec![write(PageRef::Existing(id), field, value)],
        ..Wanted::default()
    }))
}

/// What one leg gives the others take: the sum over all legs stays, whoever else moves at the same time.
pub(super) fn move_between(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    let asked: body::Move = body::read("move", body)?;
    expect_int("move", asked.kind)?;
    let sum: i128 = asked.legs.iter().map(|leg| i128::from(leg.amount)).sum();
    if sum != 0 {
        return Err(Error::bad_body("move", format!("expected amounts that sum to 0, found a sum of {sum}")));
    }
    let mut wanted = Wanted::default();
    for leg in &asked.legs {
        let field = Field { offset: leg.offset, kind: asked.kind };
        let (id, page) = state.expect(&leg.page)?;
        expect_inside(id, &page, field)?;
        if leg.amount == 0 {
            continue;
        }
        if leg.amount < 0 {
            let least = i128::from(asked.floor) - i128::from(leg.amount);
            wanted.guards.push(binary(Operator::Ge, field.of(id), int(least)));
        }
        wanted.deltas.push(added(id, field, leg.amount));
    }
    // A leg that stands twice, or overlaps another, is refused with the finished plan.
    Ok((!wanted.deltas.is_empty()).then_some(wanted))
}
