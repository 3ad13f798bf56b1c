//! What the log tells about earlier states, and figures about a store.

use std::ffi::c_char;

use store::{Directory, Past, Reader};

use crate::answer;
use crate::caller::{Sized32, put, text};
use crate::failure::{Failure, LumenError, enter};
use crate::filter::chosen;
use crate::handles::{self, Object};
use crate::mutate::blob_hash;
use crate::plan::id;
use crate::rows::Rows;
use crate::snapshot::Held;

/// Lines `page,changes,bytes` with a header.
pub const LUMEN_HEAT_CSV: u32 = 0;
/// A page of HTML without scripts.
pub const LUMEN_HEAT_HTML: u32 = 1;

/// What an audit looked at.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenAudited {
    /// `sizeof(LumenAudited)`.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Transactions whose intent was decided by the store.
    pub committed: u64,
    /// Refusals of intents.
    pub refused: u64,
    /// Guards that were evaluated again.
    pub guards: u64,
    /// Reads that were held against the state again.
    pub reads: u64,
}

// SAFETY: `repr(C)`, the size first, integers alone.
unsafe impl Sized32 for LumenAudited {}

/// What a verification counted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenVerified {
    /// `sizeof(LumenVerified)`.
    pub struct_size: u32,
    /// 1 if bytes stand behind the last whole record, as a writer that died or is at work leaves them; else 0.
    pub torn: u32,
    /// The last seq.
    pub last_seq: u64,
    /// Segments.
    pub segment_count: u64,
    /// Their bytes up to the last whole record.
    pub log_bytes: u64,
    /// Transactions, refusals, registrations and changes of the graph.
    pub record_count: u64,
    /// Blobs in the directory, named by a record or not.
    pub blob_count: u64,
    /// Bytes of segments, checkpoints and blobs that were checked.
    pub size_bytes: u64,
}

// SAFETY: `repr(C)`, the size first, integers alone.
unsafe impl Sized32 for LumenVerified {}

/// A seq, where 0 means the last.
pub(crate) fn up_to(past: &Past, seq: u64) -> u64 {
    if seq == 0 { past.last_seq() } else { seq }
}

/// Takes the log of an open store as history, up to its last acknowledged seq. It outlives the store, and is freed by
/// `lumen_store_past_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past(store: u64, out_past: *mut u64, error: *mut LumenError) -> i32 {
    let body = || handles::store(store)?.with(|store| Ok(store.past()));
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_past, "out_past", error, body) }
}

/// Opens the log in a directory as history. Another process may be writing it.
///
/// # Safety
/// `path` has `path_len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_open(
    path: *const c_char,
    path_len: usize,
    out_past: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let path = unsafe { text(path, path_len, "path") }?;
        Ok(Reader::open_dir(path)?.past())
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_past, "out_past", error, body) }
}

/// Frees a history.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_free(past: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(past, |object| matches!(object, Object::Past(_)))) }
}

/// Writes the last seq that it knows.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_last_seq(
    past: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, || Ok(handles::past(past)?.last_seq())) }
}

/// Writes the seq of the oldest state that is left: 0 unless a retention dropped a part of the log. Records are there
/// from the next seq on, intents with their answers of all times; what is older is `LUMEN_SEQ_TOO_OLD`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_oldest_seq(
    past: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, || Ok(handles::past(past)?.oldest_seq())) }
}

/// Makes the state at `seq`, or with 0 at the last, from the oldest one on, checked against every state hash.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_replay(
    past: u64,
    seq: u64,
    out_snapshot: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let past = handles::past(past)?;
        Ok(Held::from(past.replay(up_to(&past, seq))?))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_snapshot, "out_snapshot", error, body) }
}

/// Makes the state at `seq` from the newest checkpoint before it.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_snapshot_at(
    past: u64,
    seq: u64,
    out_snapshot: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Ok(Held::from(handles::past(past)?.snapshot_at(seq)?));
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_snapshot, "out_snapshot", error, body) }
}

/// Makes the state that only the transactions selected by a filter make, up to `seq`, or with 0 to the last; writes how
/// many there were, and in rows where one stood on another that was left out.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_replay_only(
    past: u64,
    filter: u64,
    seq: u64,
    out_snapshot: *mut u64,
    out_applied: *mut u64,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let past = handles::past(past)?;
        let partial = past.replay_only(&chosen(filter)?, up_to(&past, seq))?;
        // SAFETY: the caller's promise, three times. What was handed out goes again where the next cannot be.
        unsafe {
            put(out_applied, partial.applied, "out_applied")?;
            handles::hand_out(Held::from(partial.state), out_snapshot, "out_snapshot")?;
            handles::hand_out(Rows::of_dangling(partial.dangling), out_rows, "out_rows").inspect_err(|_| {
                drop(handles::remove(out_snapshot.read(), |_| true));
            })
        }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Asks every recorded guard and read again over the state of then: `LUMEN_DIVERGED` where the answer is another.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_audit(
    past: u64,
    out_audited: *mut LumenAudited,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let found = handles::past(past)?.audit()?;
        Ok(LumenAudited {
            struct_size: size_of::<LumenAudited>() as u32,
            reserved: 0,
            committed: found.committed,
            refused: found.refused,
            guards: found.guards,
            reads: found.reads,
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_audited, "audited", error, body) }
}

/// Gives the changes of a page as rows, oldest first; none for an id that no page ever had. `LUMEN_SEQ_TOO_OLD` where
/// the first of them were dropped.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_history(
    past: u64,
    page: u64,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Rows::of_touches(handles::past(past)?.history(page)?);
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_rows, "out_rows", error, body) }
}

/// Gives the changes of a page behind `seq` as rows, oldest first. A seq before the oldest state is `LUMEN_SEQ_TOO_OLD`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_history_since(
    past: u64,
    page: u64,
    seq: u64,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Rows::of_touches(handles::past(past)?.history_since(page, seq)?);
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_rows, "out_rows", error, body) }
}

/// Gives the change that wrote a byte of a page as it is at `seq`, or with 0 at the last, as one row; none where the
/// page does not exist then or is not so long.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_blame(
    past: u64,
    page: u64,
    offset: u32,
    seq: u64,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let past = handles::past(past)?;
        Rows::of_touches(past.blame(page, offset, up_to(&past, seq))?)
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_rows, "out_rows", error, body) }
}

/// Gives every intent that a filter selects, with its answer, as rows in order; 0 for all that were committed.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_intents(
    past: u64,
    filter: u64,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Ok(Rows::of_stated(handles::past(past)?.intents(&chosen(filter)?)?));
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_rows, "out_rows", error, body) }
}

/// Gives the record that an intent or an entry with this id stands in, with all of its changes, as one row, or answers
/// `LUMEN_NOT_FOUND`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_record(
    past: u64,
    id_low: u64,
    id_high: u64,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Rows::of_records([handles::past(past)?.record_of(id(id_low, id_high))?]);
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_rows, "out_rows", error, body) }
}

/// Reads the blob with this hash, checked against it: also when the store is closed, and where another process writes
/// it. The bytes are freed by `lumen_store_bytes_free`.
///
/// # Safety
/// `hash` has 32 bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_blob(
    past: u64,
    hash: *const u8,
    out_bytes: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let hash = unsafe { blob_hash(hash) }?;
        Ok(handles::past(past)?.get_blob(&hash)?)
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_bytes, "out_bytes", error, body) }
}

/// Gives how often each page changed by the seqs from `first` to `last`, as one of `LUMEN_HEAT_*`. The bytes are freed
/// by `lumen_store_bytes_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_heat(
    past: u64,
    first: u64,
    last: u64,
    form: u32,
    out_bytes: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let heat = handles::past(past)?.heat(first..=last)?;
        match form {
            LUMEN_HEAT_CSV => Ok(heat.to_csv().into_bytes()),
            LUMEN_HEAT_HTML => Ok(heat.to_html().into_bytes()),
            _ => Err(Failure::Argument { field: "form", expected: "one of LUMEN_HEAT_*" }),
        }
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_bytes, "out_bytes", error, body) }
}

/// Gives a transaction's way through derived pages as JSON for Chrome's trace viewer. The bytes are freed by
/// `lumen_store_bytes_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_past_trace(
    past: u64,
    seq: u64,
    out_bytes: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Ok(handles::past(past)?.trace(seq)?.into_bytes());
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_bytes, "out_bytes", error, body) }
}

/// Gives what this process counted and how the store stands, in Prometheus' text format. The bytes are freed by
/// `lumen_store_bytes_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_metrics(store: u64, out_bytes: *mut u64, error: *mut LumenError) -> i32 {
    let body = || handles::store(store)?.with(|store| Ok(store.metrics().render().into_bytes()));
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_bytes, "out_bytes", error, body) }
}

/// Writes the newest state to a checkpoint, durable on return, so that opening reads only the log behind it. Writes the
/// seq that it is of.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_checkpoint(
    store: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || handles::store(store)?.with(|store| Ok(store.checkpoint()?));
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
}

/// Checks every byte of the store in a directory. Takes no lock and writes nothing.
///
/// # Safety
/// `path` has `path_len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_verify(
    path: *const c_char,
    path_len: usize,
    out_verified: *mut LumenVerified,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let path = unsafe { text(path, path_len, "path") }?;
        let found = store::verify(&Directory::new(path))?;
        Ok(LumenVerified {
            struct_size: size_of::<LumenVerified>() as u32,
            torn: u32::from(found.torn.is_some()),
            last_seq: found.end.last_seq,
            segment_count: found.end.segment_count,
            log_bytes: found.end.log_bytes,
            record_count: found.record_count,
            blob_count: found.blob_count,
            size_bytes: found.size_bytes,
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_verified, "verified", error, body) }
}
