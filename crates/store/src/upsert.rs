//! Conditional changes with a stated intent.

use std::borrow::Cow;

use plan::wire::{Decoder, Encoder};
use plan::{DeltaSpec, Malformation, Malformed, PageRef, Read, UpsertPlan, tag};

use crate::batch::{Batch, Creation};
use crate::error::{Error, Result};
use crate::format::{RECORD_LEN_MAX, kind};
use crate::guard::{Evaluation, NoValue, content_hash};
use crate::index::{Index, request_hash};
use crate::log::{Answer, Draft, Effect, Naming, Request};
use crate::pages::{Entry, Pages};
use crate::refusal::{Cause, Outcome, Refusal};
use crate::store::Store;
use crate::told;

/// The handle for plans: it takes nothing else, and decides them against the newest state.
///
/// ```compile_fail,E0599
/// # fn with(store: &store::Store, mutation: &store::Mutation) {
/// store.upsert().commit(mutation);
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Upsert<'a> {
    store: &'a Store,
}

impl<'a> Upsert<'a> {
    pub(crate) fn new(store: &'a Store) -> Upsert<'a> {
        Upsert { store }
    }

    /// Decides a plan, and returns when the answer is as durable as the options say: commits and refusals alike.
    ///
    /// In this order: structure, intent id, read set, shape, guard, values. The same plan again gets its recorded
    /// answer and has no second effect.
    ///
    /// # Errors
    /// `Malformed` and `LimitExceeded` with the field; `UnknownPage`; `IntentReused` for a known intent id with
    /// another plan; `UnknownKind`; `Full`. With all of them nothing was appended. `Poisoned`.
    pub fn submit(&self, plan: &UpsertPlan) -> Result<Outcome> {
        self.decide(plan, &plan.encode().map_err(Error::malformed)?)
    }

    /// As [`Upsert::submit`] for the plan with these canonical bytes.
    ///
    /// # Errors
    /// As [`Upsert::submit`]; every malformation of the bytes.
    pub fn submit_bytes(&self, plan: &[u8]) -> Result<Outcome> {
        self.decide(&UpsertPlan::decode(plan).map_err(Error::malformed)?, plan)
    }

    fn decide(&self, plan: &UpsertPlan, bytes: &[u8]) -> Result<Outcome> {
        // Checks of form, and the ids; the entries themselves are taken from the plan's bytes.
        let (_, client_ids) = self.store.encode_others(&plan.clients, &[])?;
        let mut ids = vec![plan.intent.id];
        ids.extend(client_ids);
        let request = request_hash(bytes);
        let (stated, clients) = split(bytes)?;
        let naming = if told::tells(plan) { Naming::Told } else { Naming::Request };
        let draft = |index: &Index| -> Result<Draft<'_>> {
            plan.clients.iter().try_for_each(|client| index.kind(client))?;
            let mut entries = Encoder::new();
            entries.raw(stated);
            let drafted = match weigh(plan, index)? {
                Ok(batch) => self.store.draft_changes(index, &batch)?,
                Err(refusal) => Err(refusal),
            };
            let (kind, naming, kept, effect, answer) = match drafted {
                Ok(changes) => {
                    changes.encode_to(&mut entries);
                    entries.raw(clients);
                    let answer = Answer::Committed(changes.created());
                    (kind::TXN, naming, ids.as_slice(), changes.effect(), answer)
                }
                // Of what was refused only the intent is on record.
                Err(refusal) => {
                    entries.entry(tag::REASON, &refusal.encode());
                    (kind::REFUSED, Naming::Request, &ids[..1], Effect::None, Answer::Refused(refusal))
                }
            };
            let entries = entries.finish().into();
            Ok(Draft { kind, entries, graph_entries: Cow::default(), ids: kept, naming, effect, answer })
        };
        self.store.conclude(&Request { ids: &ids, hash: request, draft: &draft }, None)
    }
}

/// The plan's entries that the log takes as they are: intent, reads and guard; and the client entries.
fn split(plan: &[u8]) -> Result<(&[u8], &[u8])> {
    let mut decoder = Decoder::new(plan);
    let (mut stated, mut clients_start, mut clients_end) = (0, plan.len(), plan.len());
    while !decoder.is_empty() {
        let start = decoder.offset();
        let tag = decoder.byte("entry tag").map_err(Error::malformed)?;
        decoder.bytes(RECORD_LEN_MAX, "entry").map_err(Error::malformed)?;
        match tag {
            tag::INTENT..=tag::GUARD => stated = decoder.offset(),
            tag::CLIENT => {
                clients_start = clients_start.min(start);
                clients_end = decoder.offset();
            }
            tag::QUERY => clients_end = clients_end.min(start),
            _ => {}
        }
    }
    let clients = plan.get(clients_start..clients_end).unwrap_or_default();
    Ok((plan.get(..stated).unwrap_or_default(), clients))
}

type Weighed = std::result::Result<Batch<'static>, Refusal>;

/// Holds a plan against the newest state: read set, shape, guard, values.
fn weigh(plan: &UpsertPlan, index: &Index) -> Result<Weighed> {
    let pages = &index.pages;
    for read in &plan.reads {
        if let Some(refusal) = stale(read, pages)? {
            return Ok(Err(refusal));
        }
    }
    let evaluation = Evaluation::new(pages);
    check_selected(plan, pages)?;
    check_shape(plan, pages, &evaluation)?;
    if let Some(guard) = &plan.guard {
        match evaluation.truth(guard) {
            Ok(true) => {}
            Ok(false) => return Ok(Err(Refusal::new(Cause::Guard, 0, "the guard is false"))),
            Err(NoValue::Overflow) => {
                let detail = "an integer of the guard leaves 64 bits";
                return Ok(Err(Refusal::new(Cause::Overflow, 0, detail)));
            }
            Err(NoValue::Misfit) => return Err(misfit()),
            Err(NoValue::Unread(error)) => return Err(*error),
        }
    }
    let batch = match derive(plan, &evaluation)? {
        Ok(batch) => batch.finish()?,
        Err(refusal) => return Ok(Err(refusal)),
    };
    Ok(Ok(batch))
}

/// Why a read no longer holds.
///
/// # Errors
/// `Malformed` for a range outside its page: sizes never change, so it never was one. Those of reading a page.
pub(crate) fn stale(read: &Read, pages: &Pages) -> Result<Option<Refusal>> {
    let detail = match read {
        Read::Version { page, version } => {
            let found = pages.get(*page).map_or(0, Entry::version);
            (found != *version).then(|| format!("page {page} was read in version {version}, and is {found}"))
        }
        Read::Range { page, offset, len, hash } => match pages.page(*page)? {
            None => Some(format!("page {page} was read and does not exist")),
            Some(found) => {
                let rest = found.bytes().get(*offset as usize..);
                let bytes = rest.and_then(|rest| rest.get(..*len as usize)).ok_or_else(|| {
                    Error::malformed(Malformed::new(Malformation::OutOfPage, "reads", 0)).on_page(*page)
                })?;
                (content_hash(bytes) != *hash)
                    .then(|| format!("bytes {offset} to {} of page {page} changed", offset + len - 1))
            }
        },
    };
    Ok(detail.map(|detail| Refusal::new(Cause::StaleRead, read.page(), detail)))
}

/// What selection by name or metadata decides: the plan itself could not.
fn check_selected(plan: &UpsertPlan, pages: &Pages) -> Result<()> {
    let query = &plan.query;
    let selected = |id: u64| {
        query.selects(id).unwrap_or_else(|| {
            pages.get(id).is_some_and(|page| {
                let named = |name: &str| query.names.binary_search_by(|of| of.as_str().cmp(name)).is_ok();
                let described =
                    query.metadata.binary_search_by(|of| of.as_slice().cmp(page.metadata())).is_ok();
                described || page.name().is_some_and(named)
            })
        })
    };
    let mut stray: Option<(u64, &'static str)> = None;
    plan.visit_pages(&mut |page, field| {
        // A page that does not exist is refused as such, where it must exist.
        if stray.is_none() && pages.get(page).is_some() && !selected(page) {
            stray = Some((page, field));
        }
    });
    match stray {
        None => Ok(()),
        Some((page, field)) => {
            Err(Error::malformed(Malformed::new(Malformation::UnselectedPage, field, 0)).on_page(page))
        }
    }
}

/// Whether every place that the plan reads or writes is there.
fn check_shape(plan: &UpsertPlan, pages: &Pages, evaluation: &Evaluation<'_>) -> Result<()> {
    if let Some(guard) = &plan.guard {
        evaluation.check_shape(guard)?;
        evaluation.check_budget(guard)?;
    }
    for delta in &plan.deltas {
        if let DeltaSpec::Write { value, .. } = delta {
            evaluation.check_shape(value)?;
            evaluation.check_budget(value)?;
        }
        let PageRef::Existing(id) = delta.page() else { continue };
        let page = pages.get(id).ok_or_else(|| crate::validate::unknown_page(id))?;
        if let DeltaSpec::Write { offset, field_type, .. } = delta {
            let size = page.size_bytes() as u64;
            let end = u64::from(*offset) + u64::from(field_type.len_bytes());
            if end > size {
                return Err(Error::malformed(Malformed::new(Malformation::OutOfPage, "write", 0))
                    .on_page(id)
                    .expected(format!("at most {size} bytes"))
                    .found(format!("byte {}", end - 1)));
            }
        }
    }
    Ok(())
}

/// The types and the shape were checked, so this is a defect; it is still an answer and not a panic.
fn misfit() -> Error {
    Error::malformed(Malformed::new(Malformation::Type, "expression", 0))
}

/// The changes with their values.
fn derive(plan: &UpsertPlan, evaluation: &Evaluation<'_>) -> Result<Weighed> {
    let mut batch = Batch::default();
    for delta in &plan.deltas {
        match delta {
            DeltaSpec::Write { page, offset, field_type, value } => {
                match evaluation.field_bytes(value, *field_type) {
                    Ok(bytes) => batch.write(*page, *offset, bytes.into()),
                    Err(NoValue::Overflow) => {
                        let id = if let PageRef::Existing(id) = page { *id } else { 0 };
                        let detail = format!("the value at byte {offset} leaves its field");
                        return Ok(Err(Refusal::new(Cause::Overflow, id, detail)));
                    }
                    Err(NoValue::Misfit) => return Err(misfit()),
                    Err(NoValue::Unread(error)) => return Err(*error),
                }
            }
            DeltaSpec::Create { number, size_bytes, name, metadata } => {
                let (name, metadata) = (name.clone(), metadata.clone());
                batch.create(*number, Creation { size_bytes: *size_bytes, name, metadata })?;
            }
            DeltaSpec::Delete { page } => batch.delete(*page)?,
            DeltaSpec::Metadata { page, metadata } => batch.set_metadata(*page, metadata.clone())?,
        }
    }
    Ok(Ok(batch))
}
