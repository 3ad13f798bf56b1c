//! Rows: what the log answers, one record or one change of a page after another.
//!
//! Whatever was asked (a history, intents, records that were followed), an answer is rows of one form: a row is a place
//! in the log, and has an intent, changes, entries and blobs as far as the question brought them along. Nothing is
//! copied for the caller: pointers live until the rows are freed.

use std::ffi::c_char;
use std::ptr::null;

use ::plan::{Change, ClientEntry, Delta, Intent, PlanHash};
use store::{BlobRef, Body, Dangling, Record, Refusal, Stated, Touch};

use crate::answer;
use crate::caller::{Sized32, put};
use crate::failure::{Failure, LumenError, enter};
use crate::handles::{self, Object};

/// A transaction.
pub const LUMEN_ROW_TRANSACTION: u32 = 1;
/// A refusal: it changed nothing.
pub const LUMEN_ROW_REFUSED: u32 = 2;
/// A change of the graph of derived pages.
pub const LUMEN_ROW_GRAPH: u32 = 3;
/// A namespace was registered.
pub const LUMEN_ROW_NAMESPACE: u32 = 4;

/// Bytes of a page got other values.
pub const LUMEN_CHANGE_WRITE: u32 = 0;
/// A page came to be.
pub const LUMEN_CHANGE_CREATE: u32 = 1;
/// A page ended.
pub const LUMEN_CHANGE_DELETE: u32 = 2;
/// A page got other metadata.
pub const LUMEN_CHANGE_METADATA: u32 = 3;

/// `intent` of a dangling dependency is set.
pub const LUMEN_HAS_INTENT: u32 = 1;
/// `expected` of a dangling dependency is set.
pub const LUMEN_HAS_EXPECTED: u32 = 2;
/// `found` of a dangling dependency is set: the page exists.
pub const LUMEN_HAS_FOUND: u32 = 4;

/// A place in the log.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenRow {
    /// `sizeof(LumenRow)`.
    pub struct_size: u32,
    /// One of `LUMEN_ROW_*`.
    pub kind: u32,
    /// Its place in the log's order.
    pub seq: u64,
    /// When it was sequenced, nanoseconds since 1970. Never an order.
    pub time_ns: u64,
    /// 1 if it has an intent; else 0.
    pub has_intent: u32,
    /// The number of the reason of a refusal; else 0.
    pub cause: u32,
    /// The page that a refusal is about; 0 for none.
    pub page: u64,
    /// A refusal in words.
    pub detail: *const c_char,
    /// The length of the words.
    pub detail_len: usize,
    /// The hash of the plan, where the answer brings it along; else zeros.
    pub plan: [u8; 16],
    /// How many changes of pages it brings along.
    pub change_count: usize,
    /// How many client entries.
    pub client_count: usize,
    /// How many blobs.
    pub blob_count: usize,
    /// The ids of the client entries of the transaction, low half first, without those that are 0.
    pub entries: *const u64,
    /// How many ids: each is two numbers.
    pub entry_count: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers.
unsafe impl Sized32 for LumenRow {}

/// Who wanted something, and why.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenIntent {
    /// `sizeof(LumenIntent)`.
    pub struct_size: u32,
    /// The version of the schema.
    pub schema_version: u32,
    /// The low half of its id.
    pub id_low: u64,
    /// The high half.
    pub id_high: u64,
    /// The low half of the id of what caused it; 0 and 0 for none.
    pub parent_low: u64,
    /// The high half.
    pub parent_high: u64,
    /// Who.
    pub author: *const c_char,
    /// The length of the author.
    pub author_len: usize,
    /// The name of the body's form.
    pub schema: *const c_char,
    /// The length of the schema.
    pub schema_len: usize,
    /// Why: JSON, byte for byte as it was stated.
    pub body: *const c_char,
    /// The length of the body.
    pub body_len: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers.
unsafe impl Sized32 for LumenIntent {}

/// One change of one page.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenChange {
    /// `sizeof(LumenChange)`.
    pub struct_size: u32,
    /// One of `LUMEN_CHANGE_*`.
    pub kind: u32,
    /// The page.
    pub page: u64,
    /// The version that it was made from; 0 for a page that the transaction created.
    pub base: u64,
    /// All of it, in the canonical encoding of a delta.
    pub delta: *const u8,
    /// The length of the encoding.
    pub delta_len: usize,
    /// What computed it, for a derived page, as `name@version`; else null.
    pub function: *const c_char,
    /// The length of the function's name.
    pub function_len: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers.
unsafe impl Sized32 for LumenChange {}

/// A client entry.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenClient {
    /// `sizeof(LumenClient)`.
    pub struct_size: u32,
    /// The number of its namespace in this log.
    pub client_namespace: u32,
    /// Its kind in the namespace.
    pub kind: u32,
    /// The version of its form.
    pub version: u32,
    /// The low half of its id; 0 and 0 for none.
    pub id_low: u64,
    /// The high half.
    pub id_high: u64,
    /// The low half of the id of what caused it; 0 and 0 for none.
    pub parent_low: u64,
    /// The high half.
    pub parent_high: u64,
    /// What it says.
    pub body: *const u8,
    /// The length of the body.
    pub body_len: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers.
unsafe impl Sized32 for LumenClient {}

/// A blob that a transaction names.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenBlob {
    /// `sizeof(LumenBlob)`.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Its BLAKE3.
    pub hash: [u8; 32],
    /// Its length.
    pub size_bytes: u64,
    /// What it is to the transaction.
    pub role: *const c_char,
    /// The length of the role.
    pub role_len: usize,
}

// SAFETY: `repr(C)`, the size first, integers and pointers.
unsafe impl Sized32 for LumenBlob {}

/// A transaction of a partial replay that stood on one that was left out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenDangling {
    /// `sizeof(LumenDangling)`.
    pub struct_size: u32,
    /// Which of intent, expected and found are set: bits of `LUMEN_HAS_INTENT`, `_EXPECTED`, `_FOUND`.
    pub present: u32,
    /// The transaction.
    pub seq: u64,
    /// The low half of the id of its intent.
    pub intent_low: u64,
    /// The high half.
    pub intent_high: u64,
    /// The page.
    pub page: u64,
    /// The version that the transaction was made from.
    pub expected: u64,
    /// The version that the page has here.
    pub found: u64,
}

// SAFETY: `repr(C)`, the size first, integers alone.
unsafe impl Sized32 for LumenDangling {}

struct Changed {
    delta: Delta,
    encoded: Vec<u8>,
    function: Option<String>,
}

impl Changed {
    fn new(delta: Delta, function: Option<String>) -> Result<Changed, Failure> {
        Ok(Changed { encoded: delta.encode()?, delta, function })
    }
}

struct Row {
    kind: u32,
    seq: u64,
    time_ns: u64,
    intent: Option<Intent>,
    plan: Option<PlanHash>,
    refusal: Option<Refusal>,
    changes: Vec<Changed>,
    entries: Vec<[u64; 2]>,
    clients: Vec<ClientEntry>,
    blobs: Vec<BlobRef>,
}

fn halves(id: u128) -> [u64; 2] {
    [id as u64, (id >> 64) as u64]
}

impl Row {
    fn new(kind: u32, seq: u64, time_ns: u64) -> Row {
        Row {
            kind,
            seq,
            time_ns,
            intent: None,
            plan: None,
            refusal: None,
            changes: Vec::new(),
            entries: Vec::new(),
            clients: Vec::new(),
            blobs: Vec::new(),
        }
    }

    fn of_record(record: Record) -> Result<Row, Failure> {
        let row = |kind| Row::new(kind, record.seq, record.time_ns);
        let (mut row, decision) = match record.body {
            Body::Transaction { decision, deltas, derived, clients, blobs, .. } => {
                let asked = deltas.into_iter().map(|delta| Changed::new(delta, None));
                let followed =
                    derived.into_iter().map(|made| Changed::new(made.delta, Some(made.function.to_string())));
                let mut row = row(LUMEN_ROW_TRANSACTION);
                row.changes = asked.chain(followed).collect::<Result<_, _>>()?;
                row.entries =
                    clients.iter().map(|client| client.id).filter(|id| *id != 0).map(halves).collect();
                (row.clients, row.blobs) = (clients, blobs);
                (row, decision)
            }
            Body::Refused { decision, refusal } => {
                (Row { refusal: Some(refusal), ..row(LUMEN_ROW_REFUSED) }, decision)
            }
            Body::Graph { .. } => (row(LUMEN_ROW_GRAPH), None),
            Body::Namespace { .. } => (row(LUMEN_ROW_NAMESPACE), None),
            _ => return Err(Failure::Absent("a record of a later day")),
        };
        if let Some(decision) = decision {
            (row.plan, row.intent) = (Some(decision.plan), Some(decision.intent));
        }
        Ok(row)
    }

    fn of_touch(touch: Touch) -> Result<Row, Failure> {
        Ok(Row {
            intent: touch.intent,
            changes: vec![Changed::new(touch.delta, touch.function)?],
            entries: touch.entries.into_iter().map(halves).collect(),
            ..Row::new(LUMEN_ROW_TRANSACTION, touch.seq, touch.time_ns)
        })
    }

    fn of_stated(stated: Stated) -> Row {
        let kind = if stated.refusal.is_some() { LUMEN_ROW_REFUSED } else { LUMEN_ROW_TRANSACTION };
        Row {
            intent: Some(stated.intent),
            plan: Some(stated.plan),
            refusal: stated.refusal,
            ..Row::new(kind, stated.seq, stated.time_ns)
        }
    }
}

/// An answer behind a handle. It does not change, so pointers into it live as long as it does.
pub(crate) struct Rows {
    rows: Vec<Row>,
    dangling: Vec<Dangling>,
}

impl Rows {
    pub(crate) fn of_records(records: impl IntoIterator<Item = Record>) -> Result<Rows, Failure> {
        let rows = records.into_iter().map(Row::of_record).collect::<Result<_, _>>()?;
        Ok(Rows { rows, dangling: Vec::new() })
    }

    pub(crate) fn of_touches(touches: impl IntoIterator<Item = Touch>) -> Result<Rows, Failure> {
        let rows = touches.into_iter().map(Row::of_touch).collect::<Result<_, _>>()?;
        Ok(Rows { rows, dangling: Vec::new() })
    }

    pub(crate) fn of_stated(stated: Vec<Stated>) -> Rows {
        Rows { rows: stated.into_iter().map(Row::of_stated).collect(), dangling: Vec::new() }
    }

    pub(crate) fn of_dangling(dangling: Vec<Dangling>) -> Rows {
        Rows { rows: Vec::new(), dangling }
    }

    fn row(&self, row: usize) -> Result<&Row, Failure> {
        item(&self.rows, row, "row")
    }
}

fn item<'a, T>(items: &'a [T], at: usize, what: &'static str) -> Result<&'a T, Failure> {
    items.get(at).ok_or(Failure::Beyond { what, at, count: items.len() })
}

fn start(text: &str) -> *const c_char {
    text.as_ptr().cast()
}

/// Writes how many rows there are, dangling dependencies not among them, and how many of those.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_count(
    rows: u64,
    out_rows: *mut usize,
    out_dangling: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        // SAFETY: the caller's promise, twice.
        unsafe {
            put(out_rows, held.rows.len(), "out_rows")?;
            put(out_dangling, held.dangling.len(), "out_dangling")
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Frees rows, and with them every pointer into them.
///
/// # Safety
/// No such pointer is used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_free(rows: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(rows, |object| matches!(object, Object::Rows(_)))) }
}

/// Writes a row, from 0 on, or answers `LUMEN_NOT_FOUND` behind the last.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_row(
    rows: u64,
    row: usize,
    out_row: *mut LumenRow,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        let row = held.row(row)?;
        let detail = row.refusal.as_ref().map(|refusal| refusal.detail.as_str());
        Ok(LumenRow {
            struct_size: size_of::<LumenRow>() as u32,
            kind: row.kind,
            seq: row.seq,
            time_ns: row.time_ns,
            has_intent: u32::from(row.intent.is_some()),
            cause: row.refusal.as_ref().map_or(0, |refusal| u32::from(refusal.cause.number())),
            page: row.refusal.as_ref().map_or(0, |refusal| refusal.page),
            detail: detail.map_or(null(), start),
            detail_len: detail.map_or(0, str::len),
            plan: row.plan.map_or([0; 16], |plan| plan.0),
            change_count: row.changes.len(),
            client_count: row.clients.len(),
            blob_count: row.blobs.len(),
            entries: row.entries.as_ptr().cast(),
            entry_count: row.entries.len(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_row, "row", error, body) }
}

/// Writes the intent of a row, or answers `LUMEN_NOT_FOUND` where it has none.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_intent(
    rows: u64,
    row: usize,
    out_intent: *mut LumenIntent,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        let intent = held.row(row)?.intent.as_ref().ok_or(Failure::Absent("the row has no intent"))?;
        let ([id_low, id_high], [parent_low, parent_high]) = (halves(intent.id), halves(intent.parent));
        Ok(LumenIntent {
            struct_size: size_of::<LumenIntent>() as u32,
            schema_version: intent.schema_version,
            id_low,
            id_high,
            parent_low,
            parent_high,
            author: start(&intent.author),
            author_len: intent.author.len(),
            schema: start(&intent.schema),
            schema_len: intent.schema.len(),
            body: start(&intent.body),
            body_len: intent.body.len(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_intent, "intent", error, body) }
}

/// Writes a change of a row, from 0 on: first those that were asked for, then those of derived pages.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_change(
    rows: u64,
    row: usize,
    change: usize,
    out_change: *mut LumenChange,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        let changed = item(&held.row(row)?.changes, change, "change")?;
        Ok(LumenChange {
            struct_size: size_of::<LumenChange>() as u32,
            kind: match changed.delta.change {
                Change::Write(_) => LUMEN_CHANGE_WRITE,
                Change::Create { .. } => LUMEN_CHANGE_CREATE,
                Change::Delete => LUMEN_CHANGE_DELETE,
                Change::Metadata(_) => LUMEN_CHANGE_METADATA,
            },
            page: changed.delta.page,
            base: changed.delta.base,
            delta: changed.encoded.as_ptr(),
            delta_len: changed.encoded.len(),
            function: changed.function.as_deref().map_or(null(), start),
            function_len: changed.function.as_deref().map_or(0, str::len),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_change, "change", error, body) }
}

/// Writes a client entry of a row, from 0 on.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_client(
    rows: u64,
    row: usize,
    client: usize,
    out_client: *mut LumenClient,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        let client = item(&held.row(row)?.clients, client, "entry")?;
        let ([id_low, id_high], [parent_low, parent_high]) = (halves(client.id), halves(client.parent));
        Ok(LumenClient {
            struct_size: size_of::<LumenClient>() as u32,
            client_namespace: client.namespace.0,
            kind: client.kind,
            version: client.version,
            id_low,
            id_high,
            parent_low,
            parent_high,
            body: client.body.as_ptr(),
            body_len: client.body.len(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_client, "client", error, body) }
}

/// Writes a blob that a row names, from 0 on.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_blob(
    rows: u64,
    row: usize,
    blob: usize,
    out_blob: *mut LumenBlob,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        let blob = item(&held.row(row)?.blobs, blob, "blob")?;
        Ok(LumenBlob {
            struct_size: size_of::<LumenBlob>() as u32,
            reserved: 0,
            hash: blob.hash.0,
            size_bytes: blob.size_bytes,
            role: start(&blob.role),
            role_len: blob.role.len(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_blob, "blob", error, body) }
}

/// Writes a dangling dependency of a partial replay, from 0 on.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_rows_dangling(
    rows: u64,
    dangling: usize,
    out_dangling: *mut LumenDangling,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let held = handles::rows(rows)?;
        let found = item(&held.dangling, dangling, "dependency")?;
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        let [intent_low, intent_high] = halves(found.intent.unwrap_or_default());
        Ok(LumenDangling {
            struct_size: size_of::<LumenDangling>() as u32,
            present: flag(found.intent.is_some(), LUMEN_HAS_INTENT)
                | flag(found.expected.is_some(), LUMEN_HAS_EXPECTED)
                | flag(found.found.is_some(), LUMEN_HAS_FOUND),
            seq: found.seq,
            intent_low,
            intent_high,
            page: found.page,
            expected: found.expected.unwrap_or_default(),
            found: found.found.unwrap_or_default(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_dangling, "dangling", error, body) }
}
