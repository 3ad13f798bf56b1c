//! Stores: opened, asked, closed.

use std::ffi::c_char;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use store::{Create, Durability, Options, Outcome, Retention, Store};

use crate::answer;
use crate::caller::{Sized32, bytes, fixed, get_struct, text};
use crate::derive;
use crate::failure::{Failure, LumenError, enter, isolated};
use crate::handles::{self, Object};
use crate::subscribe::Listeners;

/// An absent store is an error.
pub const LUMEN_CREATE_NEVER: u32 = 0;
/// An absent store is created.
pub const LUMEN_CREATE_IF_ABSENT: u32 = 1;
/// A present store is an error.
pub const LUMEN_CREATE_NEW: u32 = 2;

/// Acknowledged after its sync.
pub const LUMEN_DURABLE: u32 = 0;
/// Acknowledged after its write, synced within a time.
pub const LUMEN_BUFFERED: u32 = 1;
/// Acknowledged after its write, synced when its segment ends.
pub const LUMEN_MEMORY: u32 = 2;

/// The changes are in the state.
pub const LUMEN_COMMITTED: u32 = 1;
/// Nothing changed, and the log says so.
pub const LUMEN_REFUSED: u32 = 2;

/// How a store is opened.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenOptions {
    /// `sizeof(LumenOptions)`.
    pub struct_size: u32,
    /// One of `LUMEN_CREATE_*`.
    pub create: u32,
    /// `LUMEN_DURABLE`, `LUMEN_BUFFERED` or `LUMEN_MEMORY`.
    pub durability: u32,
    /// 1 for checkpoints that are compressed: smaller files for more time of the processor; 0 for those that are not. Both
    /// are read whatever this says.
    pub compress_checkpoints: u32,
    /// For `LUMEN_BUFFERED`, the longest time between two syncs while transactions arrive; else 0.
    pub sync_after_ms: u64,
    /// How long a snapshot of the store answers; 0 for 10 minutes.
    pub snapshot_age_ms_max: u64,
    /// How many bytes of replaced pages may be held for a snapshot; 0 for 1 GiB.
    pub snapshot_held_bytes_max: u64,
    /// The length of the log behind the last checkpoint at which another one is made; 0 for 256 MiB.
    pub checkpoint_tail_bytes_max: u64,
    /// How much memory the pages of the newest state may take; the bytes of the others are read from a checkpoint. 0
    /// for all that there is.
    pub memory_bytes_max: u64,
    /// The log stays from this seq on, and what is older may be dropped when a checkpoint is made; 0 for all of it.
    pub retention_since_seq: u64,
    /// At least so many bytes of the log stay, the newest; 0 for all of it. Not both.
    pub retention_bytes: u64,
    /// 16 random bytes: they name a new store and salt its segments.
    pub entropy: [u8; 16],
}

// SAFETY: `repr(C)`, the size first, integers alone.
unsafe impl Sized32 for LumenOptions {}

/// What became of a plan.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LumenOutcome {
    /// `sizeof(LumenOutcome)`.
    pub struct_size: u32,
    /// `LUMEN_COMMITTED` or `LUMEN_REFUSED`.
    pub status: u32,
    /// 1 if the log knew the plan already: then this is the answer of then, and nothing happened now.
    pub repeated: u32,
    /// The number of the reason of a refusal; else 0.
    pub cause: u32,
    /// Its place in the log's order.
    pub seq: u64,
    /// The id of the first page that it created; the others follow.
    pub created_first: u64,
    /// How many pages it created.
    pub created_count: u64,
    /// The page that a refusal is about; 0 for none.
    pub page: u64,
    /// A refusal in words, closed by a zero.
    pub detail: [c_char; 256],
}

// SAFETY: `repr(C)`, the size first, integers alone.
unsafe impl Sized32 for LumenOutcome {}

/// A store, and whether a call on it panicked.
pub(crate) struct OpenStore {
    store: Store,
    is_poisoned: AtomicBool,
    listeners: Listeners,
}

impl OpenStore {
    pub(crate) fn new(store: Store) -> OpenStore {
        OpenStore { store, is_poisoned: AtomicBool::new(false), listeners: Listeners::default() }
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// As [`OpenStore::with`], for what may append: whoever follows the store is told, whatever came of it.
    pub(crate) fn change<T>(&self, body: impl FnOnce(&Store) -> Result<T, Failure>) -> Result<T, Failure> {
        let changed = self.with(body);
        self.listeners.wake();
        changed
    }

    /// Runs `body` on the store unless an earlier call panicked; if this one does, later ones are refused.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&Store) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.is_poisoned.load(Ordering::Acquire) {
            return Err(Failure::Poisoned);
        }
        isolated(|| self.is_poisoned.store(true, Ordering::Release), || body(&self.store))
    }
}

/// Nanoseconds since 1970, for the log's record of time; never an order.
#[expect(clippy::disallowed_methods, reason = "a C program has no recorder: here its world begins")]
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds from now on, for figures alone.
#[expect(clippy::disallowed_methods, reason = "a C program has no recorder: here its world begins")]
fn stopwatch() -> impl Fn() -> u64 + Send + Sync + 'static {
    let start = Instant::now();
    move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn options(given: &LumenOptions) -> Result<Options, Failure> {
    let create = match given.create {
        LUMEN_CREATE_NEVER => Create::Never,
        LUMEN_CREATE_IF_ABSENT => Create::IfAbsent,
        LUMEN_CREATE_NEW => Create::New,
        _ => return Err(Failure::Argument { field: "create", expected: "one of LUMEN_CREATE_*" }),
    };
    let durability = match (given.durability, given.sync_after_ms) {
        (LUMEN_DURABLE, 0) => Durability::Durable,
        (LUMEN_BUFFERED, 1..) => Durability::Buffered { sync_after_ms: given.sync_after_ms },
        (LUMEN_MEMORY, 0) => Durability::Memory,
        _ => {
            let expected = "a level, with sync_after_ms for LUMEN_BUFFERED alone";
            return Err(Failure::Argument { field: "durability", expected });
        }
    };
    let retention = match (given.retention_since_seq, given.retention_bytes) {
        (0, 0) => Retention::All,
        (seq, 0) => Retention::SinceSeq(seq),
        (0, bytes) => Retention::Bytes(bytes),
        _ => {
            return Err(Failure::Argument {
                field: "retention_bytes",
                expected: "0 beside retention_since_seq",
            });
        }
    };
    let compress_checkpoints = match given.compress_checkpoints {
        0 => false,
        1 => true,
        _ => return Err(Failure::Argument { field: "compress_checkpoints", expected: "0 or 1" }),
    };
    let seed = u128::from_le_bytes(given.entropy);
    if seed == 0 {
        return Err(Failure::Argument { field: "entropy", expected: "16 random bytes" });
    }
    // Every use another value; the salt of a segment also depends on the log before it.
    let uses = AtomicU64::new(0);
    let entropy = move || {
        let used = uses.fetch_add(1, Ordering::Relaxed);
        seed.wrapping_add(u128::from(used).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
            .to_le_bytes()
    };
    let options = Options::new(now_ns, entropy).create(create).durability(durability);
    let mut options = options.retention(retention).stopwatch(stopwatch());
    options.compress_checkpoints = compress_checkpoints;
    for (limit, given) in [
        (&mut options.snapshot_age_ms_max, given.snapshot_age_ms_max),
        (&mut options.snapshot_held_bytes_max, given.snapshot_held_bytes_max),
        (&mut options.checkpoint_tail_bytes_max, given.checkpoint_tail_bytes_max),
        (&mut options.memory_bytes_max, given.memory_bytes_max),
    ] {
        if given != 0 {
            *limit = given;
        }
    }
    Ok(options)
}

/// Opens the store in a directory for writing. It is closed by `lumen_store_close`.
///
/// # Safety
/// `path` has `path_len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_open(
    path: *const c_char,
    path_len: usize,
    given: *const LumenOptions,
    out_store: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise, twice.
        let (path, given) = unsafe { (text(path, path_len, "path")?, get_struct(given, "options")?) };
        let store = Store::open_dir(path, options(&given)?)?;
        derive::provide_all(&store);
        Ok(OpenStore::new(store))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_store, "out_store", error, body) }
}

/// Makes everything durable and closes a store. Calls that still run on it end first, then it closes by itself.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_close(store: u64, error: *mut LumenError) -> i32 {
    let body = || {
        let taken = handles::remove(store, |object| matches!(object, Object::Store(_)))?;
        let Object::Store(opened) = taken else { return Ok(()) };
        // Who follows it hears of its end from its `Listeners`, whoever lets go of it last.
        if let Ok(OpenStore { store, listeners: _listeners, .. }) = Arc::try_unwrap(opened) {
            store.close()?;
        }
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Decides the plan with these canonical bytes. A refusal is an outcome and no error.
///
/// # Safety
/// `plan` has `len` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_submit(
    store: u64,
    plan: *const u8,
    len: usize,
    out_outcome: *mut LumenOutcome,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let plan = unsafe { bytes(plan, len, "plan") }?;
        let outcome = handles::store(store)?.change(|store| Ok(store.upsert().submit_bytes(plan)?))?;
        Ok(describe(&outcome))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_outcome, "outcome", error, body) }
}

/// An outcome as callers see it.
pub(crate) fn describe(outcome: &Outcome) -> LumenOutcome {
    let mut described = LumenOutcome {
        struct_size: size_of::<LumenOutcome>() as u32,
        status: LUMEN_COMMITTED,
        repeated: 0,
        cause: 0,
        seq: outcome.seq(),
        created_first: 0,
        created_count: 0,
        page: 0,
        detail: [0; 256],
    };
    match outcome {
        Outcome::Committed { repeated, created, .. } => {
            described.repeated = u32::from(*repeated);
            described.created_count = created.end.saturating_sub(created.start);
            described.created_first = if described.created_count == 0 { 0 } else { created.start };
        }
        Outcome::Refused { repeated, refusal, .. } => {
            described.status = LUMEN_REFUSED;
            described.repeated = u32::from(*repeated);
            described.cause = u32::from(refusal.cause.number());
            described.page = refusal.page;
            described.detail = fixed(&refusal.detail);
        }
    }
    described
}

/// Writes the last acknowledged seq; 0 for an empty log.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_last_seq(store: u64, out_seq: *mut u64, error: *mut LumenError) -> i32 {
    let body = || handles::store(store)?.with(|store| Ok(store.last_seq()));
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
}

/// Writes the last seq that is on disk.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_durable_seq(
    store: u64,
    out_seq: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || handles::store(store)?.with(|store| Ok(store.durable_seq()));
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_seq, "out_seq", error, body) }
}

/// Waits until a seq is on disk, whatever the level.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_wait_durable(store: u64, seq: u64, error: *mut LumenError) -> i32 {
    let body = || handles::store(store)?.with(|store| Ok(store.wait_durable(seq)?));
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// The version of this interface: it moves when a function or a struct does. Touches nothing.
#[unsafe(no_mangle)]
pub extern "C" fn lumen_store_abi_version() -> u32 {
    5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> LumenOptions {
        let struct_size = size_of::<LumenOptions>() as u32;
        let create = LUMEN_CREATE_IF_ABSENT;
        LumenOptions {
            struct_size,
            create,
            durability: LUMEN_DURABLE,
            compress_checkpoints: 0,
            sync_after_ms: 0,
            snapshot_age_ms_max: 0,
            snapshot_held_bytes_max: 0,
            checkpoint_tail_bytes_max: 0,
            memory_bytes_max: 0,
            retention_since_seq: 0,
            retention_bytes: 0,
            entropy: [9; 16],
        }
    }

    /// The store is refused from then on; the process, and the files, are fine.
    #[test]
    fn a_panic_poisons_its_store_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let store = Store::open_dir(folder.path(), options(&given()).unwrap()).unwrap();
            OpenStore::new(store)
        };
        let opened = open();
        let panicked = opened.with(|_| -> Result<(), Failure> { panic!("found a defect") });
        assert!(matches!(panicked, Err(Failure::Panic(message)) if message == "found a defect"));
        assert!(matches!(opened.with(|store| Ok(store.last_seq())), Err(Failure::Poisoned)));
        drop(opened);
        assert_eq!(open().with(|store| Ok(store.last_seq())).unwrap(), 0);
    }

    #[test]
    fn levels_take_a_time_where_they_need_one() {
        let options = options(&given()).unwrap();
        let text = format!("{options:?}");
        assert!(text.contains("IfAbsent") && text.contains("Durable"), "{text}");
        let mut other = given();
        other.durability = LUMEN_BUFFERED;
        assert!(super::options(&other).is_err(), "without a time");
        other.sync_after_ms = 5;
        assert!(super::options(&other).is_ok());
    }

    #[test]
    fn checkpoints_are_compressed_or_not() {
        for (given_as, expected) in [(0, Some(false)), (1, Some(true)), (2, None)] {
            let given = LumenOptions { compress_checkpoints: given_as, ..given() };
            assert_eq!(
                options(&given).ok().map(|options| options.compress_checkpoints),
                expected,
                "{given_as}"
            );
        }
    }

    #[test]
    fn retention_is_all_or_one_of_two_bounds() {
        for (since, bytes, expected) in [
            (0, 0, Some(Retention::All)),
            (7, 0, Some(Retention::SinceSeq(7))),
            (0, 9, Some(Retention::Bytes(9))),
            (7, 9, None),
        ] {
            let given = LumenOptions { retention_since_seq: since, retention_bytes: bytes, ..given() };
            assert_eq!(options(&given).ok().map(|options| options.retention), expected, "{since}, {bytes}");
        }
    }
}
