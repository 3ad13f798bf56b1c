//! A log of the last values in a page of fixed size.

use plan::typed::{Datum, Field, Kind};
use plan::{Expr, Malformation, Malformed, Operator, PageRef, Value};

use super::fields::write;
use crate::body::{self, datum};
use crate::error::{Error, Result};
use crate::lower::Wanted;
use crate::observed::{Observed, misfit};

/// The counter says how many values were ever appended; the next goes to slot `counter mod slots`. Where that is
/// depends on the counter, so the counter is in the read set: of two that append at once one is refused.
pub(super) fn append(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    const SCHEMA: &str = "ring-append";
    let asked: body::RingAppend = body::read(SCHEMA, body)?;
    if asked.slots == 0 {
        return Err(Error::bad_body(SCHEMA, "expected at least one slot"));
    }
    let counter = Field { offset: asked.counter.offset, kind: asked.counter.kind };
    if !matches!(counter.kind, Kind::Int { signed: false, .. }) {
        let found = counter.kind;
        return Err(Error::bad_body(
            SCHEMA,
            format!("expected a counter of unsigned integers, found {found}"),
        ));
    }
    let (id, page) = state.expect(&asked.page)?;
    let slot = |number: u64| {
        let offset = u64::from(asked.first) + number * u64::from(asked.kind.len_bytes());
        let outside = Field { offset: asked.first, kind: asked.kind };
        let out_of_page =
            Malformed::new(Malformation::OutOfPage, "slot", 0).over(page.bytes.len() as u64, offset);
        let offset = u32::try_from(offset).map_err(|_| misfit(id, outside, out_of_page))?;
        let field = Field { offset, kind: asked.kind };
        field.slice(&page.bytes).map_err(|why| misfit(id, field, why))?;
        Ok::<_, Error>(field)
    };
    // The whole ring lies in the page, not only the slot of today.
    slot(u64::from(asked.slots) - 1)?;
    let last = u64::from(asked.first) + u64::from(asked.slots) * u64::from(asked.kind.len_bytes());
    let counter_end = u64::from(counter.offset) + u64::from(counter.kind.len_bytes());
    if u64::from(counter.offset) < last && u64::from(asked.first) < counter_end {
        return Err(Error::bad_body(SCHEMA, "expected the counter outside the slots"));
    }
    let Datum::Int(count) = state.read(id, &page, counter)? else {
        return Err(Error::bad_body(SCHEMA, "expected a counter of integers"));
    };
    let place = slot(count.unsigned_abs() as u64 % u64::from(asked.slots))?;
    let value = datum(SCHEMA, place.kind, &asked.value)?;
    let constant = place.kind.constant(&value).map_err(|why| misfit(id, place, why))?;
    let one = Box::new(Expr::Constant(Value::Int(1)));
    let next = Expr::Binary(Operator::Add, Box::new(counter.of(id)), one);
    Ok(Some(Wanted {
        deltas: vec![
            write(PageRef::Existing(id), place, constant),
            write(PageRef::Existing(id), counter, next),
        ],
        ..Wanted::default()
    }))
}
