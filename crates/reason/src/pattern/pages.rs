//! Patterns that begin and end pages.

use plan::{DeltaSpec, Expr, Operator, PageRef, Value};

use super::fields::write;
use crate::body::{self, Page, datum, unhex};
use crate::error::{Error, Result};
use crate::lower::Wanted;
use crate::observed::Observed;

/// That the name is still free is for the name itself to guard: names are unique.
pub(super) fn create_if_absent(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    const SCHEMA: &str = "create-if-absent";
    let asked: body::CreateIfAbsent = body::read(SCHEMA, body)?;
    let metadata = unhex(&asked.metadata)
        .ok_or_else(|| Error::bad_body(SCHEMA, "expected metadata as pairs of hexadecimal digits"))?;
    let mut deltas = Vec::new();
    for written in &asked.fields {
        let field = written.field();
        let place = || format!("{} at byte {} of the new page", field.kind, field.offset);
        let value = datum(SCHEMA, field.kind, &written.value)?;
        let constant = field.kind.constant(&value).map_err(|why| Error::misfit(place(), why))?;
        deltas.push(write(PageRef::New(0), field, constant));
    }
    if state.find(&Page::Name(asked.name.clone()))?.is_some() {
        return Ok(None);
    }
    let (size_bytes, name) = (asked.size_bytes, Some(asked.name.clone()));
    deltas.push(DeltaSpec::Create { number: 0, size_bytes, name, metadata });
    Ok(Some(Wanted { deltas, names: vec![asked.name], ..Wanted::default() }))
}

pub(super) fn delete(body: &str, state: &mut Observed<'_>) -> Result<Option<Wanted>> {
    let asked: body::Delete = body::read("delete", body)?;
    let Some((page, _)) = state.find(&asked.page)? else { return Ok(None) };
    let guard = asked.version.map(|version| {
        let version = Expr::Constant(Value::Int(version.into()));
        Expr::Binary(Operator::Eq, Box::new(Expr::Version(page)), Box::new(version))
    });
    Ok(Some(Wanted {
        guards: guard.into_iter().collect(),
        deltas: vec![DeltaSpec::Delete { page }],
        ..Wanted::default()
    }))
}
