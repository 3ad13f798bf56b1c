//! A run begins with the state of its parent, the run before of the same document.
//!
//! The pages are copied before anything else of the run is logged, by plans whose intent names the parent and its seq,
//! and the upserts that left the entries so, whichever run made them: a log that holds the start of a run holds all that
//! it inherited, with the reasons. One plan takes the state of most runs; a larger one is several.

use std::collections::BTreeMap;

use plan::{DeltaSpec, Expr, FieldType, Intent, PageRef, Query, UpsertPlan, Value as Constant};
use serde::{Deserialize, Serialize};
use store::{Filter, Snapshot};

use super::form::{Form, HEADER_BYTES, Stored};
use super::name::{Entry, entries};
use crate::error::{Error, Result};
use crate::hash::Fields;
use crate::history::History;

/// The schema of the intents that copy a state, and their author.
pub const SCHEMA: &str = "Inherited";
pub const AUTHOR: &str = "lumen";
/// A plan copies at most so many entries,
const ENTRIES_MAX: usize = 16_384;
/// goes on to the next one behind so many bytes of pages,
const PLAN_BYTES: usize = 4 << 20;
/// and of its intent, which takes 64 KiB: the last entry's reason may be six times as long in JSON.
const BODY_BYTES: usize = 32 << 10;
/// A longer reason is not copied: its run and seq are.
const REASON_BYTES_MAX: usize = 4 << 10;

/// Whose state a run begins with.
#[derive(Clone)]
pub struct Parent {
    /// The name of the run's folder.
    run: String,
    state: Snapshot,
    /// Why entries are what they are, by the names of their pages.
    origins: BTreeMap<String, Origin>,
}

/// The upsert that left an entry as a later run found it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The name of its run's folder.
    pub run: String,
    pub seq: u64,
    pub author: String,
    /// The name of the reason's record.
    pub because: String,
    /// The reason as JSON, unless it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
}

/// The body of an intent that copied a state.
#[derive(Default, Serialize, Deserialize)]
struct Body {
    /// The parent, and the seq at which it ended.
    run: String,
    seq: u64,
    /// Logs of before origins were kept have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origins: Vec<Origin>,
    /// By the names of the entries' pages, the places of their origins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    entries: BTreeMap<String, usize>,
}

impl Parent {
    /// The state of a run, with its reasons.
    ///
    /// # Errors
    /// `Damaged`; those of reading.
    pub fn of(run: &str, history: &History) -> Result<Parent> {
        let mut parent = Parent::without_past(run, history.state());
        let all = entries(&parent.state)?;
        if all.is_empty() {
            return Ok(parent);
        }
        let stated = history.past().intents(&Filter::default())?;
        let reasons: BTreeMap<u64, Intent> = stated.into_iter().map(|s| (s.seq, s.intent)).collect();
        let mut inherited = Inherited::default();
        for (entry, head) in all {
            let seq = Stored::read(&parent.state, head)?.version;
            let Some(intent) = reasons.get(&seq) else { continue };
            let origin = if is_inheritance(intent) {
                inherited.origin(intent, &entry)
            } else {
                let reason = Some(intent.body.clone()).filter(|body| body.len() <= REASON_BYTES_MAX);
                let (author, because) = (intent.author.clone(), intent.schema.clone());
                Some(Origin { run: run.to_string(), seq, author, because, intent: reason })
            };
            parent.origins.extend(origin.map(|origin| (entry.page, origin)));
        }
        Ok(parent)
    }

    /// A state of which nobody asks why it is so.
    pub fn without_past(run: &str, state: Snapshot) -> Parent {
        Parent { run: run.to_string(), state, origins: BTreeMap::new() }
    }
}

/// Whether an intent copied a parent's state.
pub fn is_inheritance(intent: &Intent) -> bool {
    intent.schema == SCHEMA && intent.author == AUTHOR
}

/// The parent that an intent copied the state of, and that one's seq.
pub fn parent(intent: &Intent) -> Option<(String, u64)> {
    let body: Body = serde_json::from_str(&intent.body).ok().filter(|_| is_inheritance(intent))?;
    Some((body.run, body.seq))
}

/// Reads the bodies of intents that copied a state, each once.
#[derive(Default)]
pub struct Inherited(BTreeMap<u128, Body>);

impl Inherited {
    /// The upsert that left an entry as this intent copied it; `None` where nothing tells, and for other intents.
    pub fn origin(&mut self, intent: &Intent, entry: &Entry) -> Option<Origin> {
        if !is_inheritance(intent) {
            return None;
        }
        let parsed = || serde_json::from_str(&intent.body).unwrap_or_default();
        let body = self.0.entry(intent.id).or_insert_with(parsed);
        body.origins.get(*body.entries.get(&entry.page)?).cloned()
    }
}

/// The plans that copy a parent's state into an empty store, in order.
///
/// # Errors
/// `Damaged` for entries that cannot be read.
pub fn plans(run: &str, parent: &Parent) -> Result<Vec<UpsertPlan>> {
    let state = &parent.state;
    let mut plans = Vec::new();
    let mut copy = Copy { first: 1, ..Copy::default() };
    for (entry, head) in entries(state)? {
        copy.entry(&entry, &Stored::read(state, head)?)?;
        if let Some(origin) = parent.origins.get(&entry.page) {
            copy.origin(&entry, origin);
        }
        if copy.names.len() >= ENTRIES_MAX || copy.bytes >= PLAN_BYTES || copy.body_bytes >= BODY_BYTES {
            let next = copy.first + u64::from(copy.created);
            plans.push(std::mem::replace(&mut copy, Copy { first: next, ..Copy::default() }));
        }
    }
    if !copy.names.is_empty() {
        plans.push(copy);
    }
    let plans = plans.into_iter().enumerate().map(|(part, copy)| {
        let id = Fields::new("inherit").text(run).number(part as u64).id();
        let (author, schema) = (AUTHOR.to_string(), SCHEMA.to_string());
        let body = Body { run: parent.run.clone(), seq: state.seq(), ..copy.body };
        let body = serde_json::to_string(&body)
            .map_err(|why| Error::internal(format!("the body of an intent has no JSON form: {why}")))?;
        let intent = Intent { id, parent: 0, author, schema, schema_version: 1, body };
        let query = Query { names: copy.names, ..Query::default() };
        let plan = UpsertPlan {
            intent,
            reads: Vec::new(),
            guard: None,
            deltas: copy.deltas,
            clients: Vec::new(),
            query,
        };
        Ok(plan.sorted())
    });
    plans.collect()
}

/// What one plan copies.
#[derive(Default)]
struct Copy {
    /// The id of the first page that it creates.
    first: u64,
    created: u32,
    bytes: usize,
    names: Vec<String>,
    deltas: Vec<DeltaSpec>,
    body: Body,
    /// How many bytes the body takes.
    body_bytes: usize,
    /// The places of the body's origins.
    places: BTreeMap<Origin, usize>,
}

impl Copy {
    fn entry(&mut self, entry: &Entry, stored: &Stored) -> Result<()> {
        let form = &stored.form;
        let size_bytes = HEADER_BYTES + stored.room_bytes;
        let is_inline = form.bytes.len() <= stored.room_bytes as usize && stored.body.is_none();
        let mut bytes = form.header(is_inline);
        let name = Some(entry.page.clone());
        let metadata = entry.metadata().map_err(|fault| Error::damaged(fault.message))?;
        let head = self.create(size_bytes, name, metadata);
        match is_inline {
            true => bytes.extend_from_slice(&form.bytes),
            false => {
                let body = self.create(length(form), None, Vec::new());
                bytes.extend_from_slice(&(self.first + u64::from(body)).to_le_bytes());
                self.write(body, form.bytes.clone());
            }
        }
        self.write(head, bytes);
        self.names.push(entry.page.clone());
        Ok(())
    }

    fn origin(&mut self, entry: &Entry, origin: &Origin) {
        let next = self.places.len();
        let place = *self.places.entry(origin.clone()).or_insert(next);
        if place == next {
            self.body_bytes += json_bytes(origin);
            self.body.origins.push(origin.clone());
        }
        self.body_bytes += json_bytes(&(&entry.page, place));
        self.body.entries.insert(entry.page.clone(), place);
    }

    fn create(&mut self, size_bytes: u32, name: Option<String>, metadata: Vec<u8>) -> u32 {
        let number = self.created;
        self.created += 1;
        self.bytes += metadata.len();
        self.deltas.push(DeltaSpec::Create { number, size_bytes, name, metadata });
        number
    }

    fn write(&mut self, page: u32, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        let field_type = FieldType::Bytes(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let value = Expr::Constant(Constant::Bytes(bytes));
        self.deltas.push(DeltaSpec::Write { page: PageRef::New(page), offset: 0, field_type, value });
    }
}

fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

fn length(form: &Form) -> u32 {
    u32::try_from(form.bytes.len()).unwrap_or(u32::MAX)
}
