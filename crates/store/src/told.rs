//! Plans that their records tell: then the plan's hash needs no bytes in the log.
//!
//! A record holds resulting bytes, so in general nobody can make the plan from it again. Where every value was a
//! constant and the query lists just what the plan names, nothing is lost.

use plan::{
    Change, ClientEntry, Delta, DeltaSpec, Expr, FieldType, Intent, PageRef, Query, Read, UpsertPlan, Value,
};

use crate::patch;

/// Whether [`plan()`] makes exactly this plan from the record of its commit.
pub(crate) fn tells(plan: &UpsertPlan) -> bool {
    let mut next_number = 0;
    let mut behind = None;
    let constant = plan.deltas.iter().all(|delta| match delta {
        DeltaSpec::Write { page, offset, field_type: FieldType::Bytes(len), value } => {
            // Writes that touch become one in the record.
            let apart = behind != Some((*page, *offset));
            behind = Some((*page, offset.saturating_add(*len)));
            apart && matches!(value, Expr::Constant(Value::Bytes(_)))
        }
        DeltaSpec::Write { .. } => false,
        DeltaSpec::Create { number, .. } => {
            let in_order = *number == next_number;
            next_number += 1;
            in_order
        }
        DeltaSpec::Delete { .. } | DeltaSpec::Metadata { .. } => true,
    });
    let Query { pages, ranges, names, metadata } = &plan.query;
    constant && ranges.is_empty() && names.is_empty() && metadata.is_empty() && *pages == named_pages(plan)
}

/// The plan that these parts of a record tell.
pub(crate) fn plan(
    intent: Intent,
    reads: Vec<Read>,
    guard: Option<Expr>,
    deltas: &[Delta],
    clients: &[ClientEntry],
) -> UpsertPlan {
    let is_created = |delta: &&Delta| matches!(delta.change, Change::Create { .. });
    let first_created = deltas.iter().find(is_created).map_or(u64::MAX, |delta| delta.page);
    let number = |page: u64| u32::try_from(page.saturating_sub(first_created)).unwrap_or(u32::MAX);
    let mut specs = Vec::with_capacity(deltas.len());
    for Delta { page, base, change } in deltas {
        match change {
            Change::Write(patch) => {
                let page = if *base == 0 { PageRef::New(number(*page)) } else { PageRef::Existing(*page) };
                patch::for_each_piece(patch, &mut |offset, bytes| {
                    let field_type = FieldType::Bytes(bytes.len() as u32);
                    let value = Expr::Constant(Value::Bytes(bytes.into_owned()));
                    specs.push(DeltaSpec::Write { page, offset, field_type, value });
                });
            }
            Change::Create { size_bytes, name, metadata } => specs.push(DeltaSpec::Create {
                number: number(*page),
                size_bytes: *size_bytes,
                name: name.clone(),
                metadata: metadata.clone(),
            }),
            Change::Delete => specs.push(DeltaSpec::Delete { page: *page }),
            Change::Metadata(metadata) => {
                specs.push(DeltaSpec::Metadata { page: *page, metadata: metadata.clone() });
            }
        }
    }
    let clients = clients.to_vec();
    let mut plan = UpsertPlan { intent, reads, guard, deltas: specs, clients, query: Query::default() };
    plan.query.pages = named_pages(&plan);
    plan
}

/// The existing pages that a plan reads or changes, ascending.
fn named_pages(plan: &UpsertPlan) -> Vec<u64> {
    let mut pages = Vec::new();
    plan.visit_pages(&mut |page, _| pages.push(page));
    pages.sort_unstable();
    pages.dedup();
    pages
}
