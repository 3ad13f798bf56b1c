//! An upsert of a program as a plan of the store.

use std::collections::BTreeMap;

use plan::{
    ClientEntry, DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, Read, UpsertPlan,
    Value as Constant,
};
use prelude::state::{Change, Upsert, Write};
use serde_json::{Value as Json, json};
use store::Snapshot;
use vm::{Fault, Value};

use super::form::{Form, HEADER_BYTES, INT, Kind, Stored};
use super::guard::{Compiler, constant};
use super::name::Entry;
use super::{Look, next_page};
use crate::hash::{Fields, blake3_hex};

/// So many writes are told one by one; of more, the request says how many and their hash.
const WRITES_TOLD_MAX: usize = 16;
/// An entry or a value is told up to so many characters.
const TOLD_CHARS_MAX: usize = 120;

/// The id of the intent of an effect's upsert.
pub fn intent_id(effect: u128) -> u128 {
    Fields::new("upsert").bytes(&effect.to_le_bytes()).id()
}

/// What a program wants to change, over the state that it sees.
pub struct Lowered {
    pub plan: UpsertPlan,
    /// What guard and sums looked at.
    pub looks: Vec<Look>,
    /// Why it is refused if its guard is: an entry that it needs is not there.
    pub absent: Option<String>,
}

/// The intent behind an upsert: the record that says why.
///
/// # Errors
/// R0820 for one that is too long, R0205 for one that has no JSON.
pub fn intent(upsert: &Upsert, effect: u128, author: &str) -> Result<Intent, Fault> {
    let (schema, shape) = match &upsert.because {
        Value::Record(record) => {
            let fields = record.desc.fields.iter().map(|field| format!("{}: {}", field.name, field.ty));
            (record.desc.name.clone(), fields.collect::<Vec<_>>().join(", "))
        }
        other => (other.type_name().to_string(), String::new()),
    };
    // The same record with other fields is another version of the schema.
    let schema_version = Fields::new("schema").text(&schema).text(&shape).id() as u32;
    let body = vm::to_json(&upsert.because)?;
    let intent = Intent {
        id: intent_id(effect),
        parent: effect,
        author: cut(author, plan::intent::NAME_LEN_MAX),
        schema: cut(&schema, plan::intent::NAME_LEN_MAX),
        schema_version,
        body,
    };
    intent.validate().map_err(|why| too_large(&why))?;
    Ok(intent)
}

/// The request as the log holds it: what decides whether a replay asks for the same.
///
/// # Errors
/// R0906 for a value that has no canonical bytes.
pub fn request(upsert: &Upsert, intent: &Intent) -> Result<Json, Fault> {
    let mut fields = Fields::new("writes");
    let mut told = Vec::new();
    for write in &upsert.writes {
        let entry = Entry::new(&write.entry.space.name, write.entry.key.clone())?;
        let (operator, bytes) = (operator(write.change), vm::codec::encode(&write.value)?);
        fields = fields.text(&entry.page).text(operator).bytes(&bytes);
        if told.len() < WRITES_TOLD_MAX {
            told.push(json!([shortened(&entry.shown()), operator, shortened(&vm::repr(&write.value)?)]));
        }
    }
    Ok(json!({
        "upsert": told,
        "writes": upsert.writes.len(),
        "hash": fields.hex(),
        "guarded": upsert.guard.is_some(),
        "because": intent.schema,
        "intent": blake3_hex(intent.body.as_bytes()),
    }))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TOLD_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}

fn operator(change: Change) -> &'static str {
    match change {
        Change::Set | Change::Remove => "=",
        Change::Add => "+=",
        Change::Subtract => "-=",
    }
}

/// What an entry is to become.
enum Becomes {
    Value(Form),
    /// An Int that the store computes.
    Sum(Expr),
    Gone,
}

/// Lowers an upsert to a plan over a state. The same upsert over the same state gives the same plan.
///
/// # Errors
/// R0820 for what is larger than the store takes, and what a guard cannot compare.
pub fn lower(
    upsert: &Upsert,
    intent: Intent,
    clients: Vec<ClientEntry>,
    state: Option<&Snapshot>,
) -> Result<Lowered, Fault> {
    let (reads, bodies, looks) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut compiler = Compiler { state, reads, bodies, looks, absent: None, is_open: false };
    let mut guard = upsert.guard.as_ref().map(|guard| compiler.guard(guard)).transpose()?;
    let looked = compiler.looks.len();
    let mut targets: Vec<(Entry, Option<Stored>, Becomes)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for write in &upsert.writes {
        let (entry, stored) = compiler.entry(&write.entry)?;
        let place = places.get(&entry.page).copied();
        let before = place.and_then(|at| targets.get(at)).map(|(.., becomes)| becomes);
        let becomes = match sum(write, before, stored.as_ref().filter(|stored| stored.is_there()))? {
            Some(becomes) => becomes,
            None => {
                (compiler.absent, compiler.is_open) = (Some(entry.shown()), false);
                guard = Some(constant(false));
                continue;
            }
        };
        match place.and_then(|at| targets.get_mut(at)) {
            Some((.., slot)) => *slot = becomes,
            None => {
                places.insert(entry.page.clone(), targets.len());
                targets.push((entry, stored, becomes));
            }
        }
    }
    let names = compiler.looks.iter().map(|look| look.entry.clone()).collect();
    // Where an entry is only set, what it was decides nothing.
    if upsert.writes.iter().all(|write| matches!(write.change, Change::Set | Change::Remove)) {
        compiler.looks.truncate(looked);
    }
    let Compiler { reads, bodies, looks, absent, is_open, .. } = compiler;
    let absent = absent.map(|entry| match is_open {
        true => format!("the guard does not hold, or asks for the entry {entry}, which is not there"),
        false => format!("there is no entry {entry}"),
    });
    let pages: Vec<u64> = reads.keys().copied().chain(bodies).collect();
    let mut builder = Builder { next: next_page(state), deltas: Vec::new(), created: 0 };
    for (entry, stored, becomes) in &targets {
        builder.write(entry, stored.as_ref(), becomes)?;
    }
    let reads = reads.into_iter().map(|(page, version)| Read::Version { page, version }).collect();
    let query = Query { pages, names, ..Query::default() };
    let plan = UpsertPlan { intent, reads, guard, deltas: builder.deltas, clients, query }.sorted();
    plan.validate().map_err(|why| too_large(&why))?;
    Ok(Lowered { plan, looks, absent })
}

/// What a write makes of an entry; `None` where there is nothing to add to.
fn sum(write: &Write, before: Option<&Becomes>, stored: Option<&Stored>) -> Result<Option<Becomes>, Fault> {
    let operator = match write.change {
        Change::Set => return Ok(Some(Becomes::Value(Form::of(&write.value)?))),
        Change::Remove => return Ok(Some(Becomes::Gone)),
        Change::Add => Operator::Add,
        Change::Subtract => Operator::Sub,
    };
    let no_int = || Fault::new("R0200", "an upsert adds what is no Int");
    let int = |value: &Value| match value {
        Value::Int(int) => Ok(Expr::Constant(Constant::Int(i128::from(*int)))),
        _ => Err(no_int()),
    };
    let base = match (before, stored, &write.entry.default) {
        (Some(Becomes::Sum(sum)), ..) => sum.clone(),
        (Some(Becomes::Gone), ..) => return Ok(None),
        (Some(Becomes::Value(form)), ..) => {
            int(&form.value(None, &prelude::Decoder).map_err(|_| no_int())?)?
        }
        (None, Some(stored), _) if stored.form.kind == Kind::Int => stored.int(),
        (None, Some(_), _) => return Err(no_int()),
        (None, None, Some(default)) => int(default)?,
        (None, None, None) => return Ok(None),
    };
    Ok(Some(Becomes::Sum(Expr::Binary(operator, Box::new(base), Box::new(int(&write.value)?)))))
}

/// Gathers the changes of pages.
struct Builder {
    /// The id that the first page of the plan gets: nobody else writes a run's log.
    next: u64,
    deltas: Vec<DeltaSpec>,
    created: u32,
}

impl Builder {
    fn create(&mut self, size_bytes: u32, entry: Option<&Entry>) -> Result<u32, Fault> {
        let number = self.created;
        self.created += 1;
        let metadata = entry.map(Entry::metadata).transpose()?.unwrap_or_default();
        let name = entry.map(|entry| entry.page.clone());
        self.deltas.push(DeltaSpec::Create { number, size_bytes, name, metadata });
        Ok(number)
    }

    fn bytes(&mut self, page: PageRef, offset: u32, bytes: Vec<u8>) {
        let field_type = FieldType::Bytes(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let value = Expr::Constant(Constant::Bytes(bytes));
        self.deltas.push(DeltaSpec::Write { page, offset, field_type, value });
    }

    fn write(&mut self, entry: &Entry, stored: Option<&Stored>, becomes: &Becomes) -> Result<(), Fault> {
        match (becomes, stored) {
            (Becomes::Gone, Some(before)) if before.is_there() => {
                let gone = Becomes::Value(Form { kind: Kind::Gone, bytes: Vec::new() });
                self.write(entry, stored, &gone)
            }
            (Becomes::Gone, _) => Ok(()),
            (Becomes::Sum(value), Some(stored)) if stored.form.kind == Kind::Int => {
                let (page, value) = (PageRef::Existing(stored.head), value.clone());
                self.deltas.push(DeltaSpec::Write { page, offset: HEADER_BYTES, field_type: INT, value });
                Ok(())
            }
            (Becomes::Sum(value), stored) => {
                let form = Form { kind: Kind::Int, bytes: vec![0; 8] };
                let page = self.head(entry, stored, &form)?;
                self.bytes(page, 0, form.header(true));
                let value = value.clone();
                self.deltas.push(DeltaSpec::Write { page, offset: HEADER_BYTES, field_type: INT, value });
                Ok(())
            }
            (Becomes::Value(form), stored) => {
                let page = self.head(entry, stored, form)?;
                let room =
                    stored.map_or(form.head_bytes() - HEADER_BYTES, |stored| stored.room_bytes) as usize;
                let is_inline = form.bytes.len() <= room;
                let mut bytes = form.header(is_inline);
                if is_inline {
                    bytes.extend_from_slice(&form.bytes);
                } else {
                    let body = self.create(u32::try_from(form.bytes.len()).unwrap_or(u32::MAX), None)?;
                    self.bytes(PageRef::New(body), 0, form.bytes.clone());
                    bytes.extend_from_slice(&(self.next + u64::from(body)).to_le_bytes());
                }
                // What the value before left is gone: equal entries are equal bytes.
                let end = (HEADER_BYTES + stored.map_or(0, |stored| stored.inline_bytes)) as usize;
                bytes.resize(bytes.len().max(end), 0);
                self.bytes(page, 0, bytes);
                Ok(())
            }
        }
    }

    /// The entry's head, which is made if it is not there; what a body held before goes.
    fn head(&mut self, entry: &Entry, stored: Option<&Stored>, form: &Form) -> Result<PageRef, Fault> {
        let Some(stored) = stored else {
            return Ok(PageRef::New(self.create(form.head_bytes(), Some(entry))?));
        };
        self.deltas.extend(stored.body.map(|page| DeltaSpec::Delete { page }));
        Ok(PageRef::Existing(stored.head))
    }
}

/// A plan that keeps no limit of the store.
pub fn too_large(why: &plan::Malformed) -> Fault {
    Fault::new("R0820", format!("the upsert is more than the store takes: {why}"))
        .help("Change less in one upsert, or state a shorter reason.")
}

/// A text of at most so many bytes, and of at least one.
fn cut(text: &str, bytes_max: usize) -> String {
    match text.get(..text.floor_char_boundary(bytes_max)) {
        None | Some("") => "-".to_string(),
        Some(cut) => cut.to_string(),
    }
}
