//! A run begins with the state of its parent, the run before of the same document.
//!
//! The pages are copied before anything else of the run is logged, by plans whose intent names the parent and its seq: a
//! log that holds the start of a run holds all that it inherited. One plan takes the state of most runs; a larger one
//! is several.

use plan::{DeltaSpec, Expr, FieldType, Intent, PageRef, Query, UpsertPlan, Value as Constant};
use serde_json::json;
use store::Snapshot;

use super::form::{Form, HEADER_BYTES, Stored};
use super::name::{Entry, entries};
use crate::error::{Error, Result};
use crate::hash::Fields;

/// The schema of the intents that copy a state, and their author.
pub const SCHEMA: &str = "Inherited";
pub const AUTHOR: &str = "lumen";
/// A plan copies at most so many entries,
const ENTRIES_MAX: usize = 16_384;
/// and goes on to the next one behind so many bytes.
const PLAN_BYTES: usize = 4 << 20;

/// Whose state a run begins with.
#[derive(Clone)]
pub struct Parent {
    /// The name of the run's folder.
    pub run: String,
    pub state: Snapshot,
}

/// Whether an intent copied a parent's state.
pub fn is_inheritance(intent: &Intent) -> bool {
    intent.schema == SCHEMA && intent.author == AUTHOR
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
        if copy.names.len() >= ENTRIES_MAX || copy.bytes >= PLAN_BYTES {
            let next = copy.first + u64::from(copy.created);
            plans.push(std::mem::replace(&mut copy, Copy { first: next, ..Copy::default() }));
        }
    }
    if !copy.names.is_empty() {
        plans.push(copy);
    }
    let body = json!({"run": parent.run, "seq": state.seq()}).to_string();
    let plans = plans.into_iter().enumerate().map(|(part, copy)| {
        let id = Fields::new("inherit").text(run).number(part as u64).id();
        let (author, schema) = (AUTHOR.to_string(), SCHEMA.to_string());
        let intent = Intent { id, parent: 0, author, schema, schema_version: 1, body: body.clone() };
        let query = Query { names: copy.names, ..Query::default() };
        let plan = UpsertPlan {
            intent,
            reads: Vec::new(),
            guard: None,
            deltas: copy.deltas,
            clients: Vec::new(),
            query,
        };
        plan.sorted()
    });
    Ok(plans.collect())
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

fn length(form: &Form) -> u32 {
    u32::try_from(form.bytes.len()).unwrap_or(u32::MAX)
}
