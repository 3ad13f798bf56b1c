//! Every kind of error, brought about for real and taken across the interface: number, category and details.

use std::collections::BTreeSet;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ::plan::{Expr, FieldType, Intent, Malformation, PageRef, Query, UpsertPlan, Value};
use store::{Create, Directory, Edit, Memory, Mutation, Options, Store, Vfs};
use testkit::disk::{Call, FaultyDisk, Watched};

use super::*;
use crate::handles::{self, Object};
use crate::open::{
    LUMEN_CREATE_IF_ABSENT, LUMEN_CREATE_NEVER, LUMEN_CREATE_NEW, LumenOptions, LumenOutcome, OpenStore,
};
use crate::{derive, entry, mutate, open, past, snapshot};

/// A struct of zeros but for its size.
fn sized<T: Sized32>() -> T {
    let mut zeros = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the structs of the interface are integers and pointers, and begin with their size as a `u32`.
    unsafe {
        zeros.as_mut_ptr().cast::<u32>().write(size_of::<T>() as u32);
        zeros.assume_init()
    }
}

fn given(create: u32) -> LumenOptions {
    LumenOptions { create, entropy: [7; 16], ..sized() }
}

fn open_at(path: &Path, options: &LumenOptions, store: &mut u64, error: *mut LumenError) -> i32 {
    let text = path.to_str().unwrap();
    // SAFETY: a text with its length, and structs of this library.
    unsafe { open::lumen_store_open(text.as_ptr().cast(), text.len(), options, store, error) }
}

/// A store on any directory behind a handle.
fn on(vfs: impl Vfs + 'static) -> u64 {
    let options = Options::new(|| 1, || [7; 16]).create(Create::IfAbsent);
    let store = Store::open(Arc::new(vfs), options).unwrap();
    handles::insert(Object::Store(Arc::new(OpenStore::new(store)))).unwrap()
}

fn changed(store: u64, edits: Vec<Edit>, error: *mut LumenError) -> i32 {
    let mutation = Mutation { edits, ..Mutation::default() };
    let handle = handles::insert(Object::Mutation(Arc::new(Mutex::new(mutation)))).unwrap();
    let mut outcome = sized::<LumenOutcome>();
    // SAFETY: structs of this library; null is allowed.
    unsafe {
        let number = mutate::lumen_store_commit(store, handle, &raw mut outcome, error);
        mutate::lumen_store_mutation_free(handle, null_mut());
        number
    }
}

fn plan(id: u128, value: i128) -> UpsertPlan {
    let field_type = FieldType::Int { width_bytes: 8, signed: true, big_endian: false };
    let (page, value) = (PageRef::Existing(1), Expr::Constant(Value::Int(value)));
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: "a".to_owned(),
            schema: "s".to_owned(),
            schema_version: 1,
            body: "{}".to_owned(),
        },
        reads: vec![],
        guard: None,
        deltas: vec![::plan::DeltaSpec::Write { page, offset: 0, field_type, value }],
        clients: vec![],
        query: Query { pages: vec![1], ..Query::default() },
    }
}

fn submitted(store: u64, plan: &[u8], error: *mut LumenError) -> i32 {
    let mut outcome = sized::<LumenOutcome>();
    // SAFETY: a slice with its length and structs of this library.
    unsafe { open::lumen_store_submit(store, plan.as_ptr(), plan.len(), &raw mut outcome, error) }
}

fn close(store: u64) {
    // SAFETY: null is allowed.
    unsafe { open::lumen_store_close(store, null_mut()) };
}

/// What was seen: numbers, for the last check that none is missing.
#[derive(Default)]
struct Seen(BTreeSet<i32>);

impl Seen {
    /// A call that must fail with this number and category; gives the details.
    #[track_caller]
    fn fails(&mut self, number: i32, of: u32, call: impl FnOnce(*mut LumenError) -> i32) -> LumenError {
        let mut error = sized::<LumenError>();
        let returned = call(&raw mut error);
        let text = words(&error.message);
        assert_eq!((returned, error.number, error.category), (number, number, of), "{text}");
        assert!(!text.is_empty());
        self.0.insert(number);
        error
    }
}

fn words(text: &[c_char]) -> String {
    let bytes = text.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0);
    String::from_utf8(bytes.collect()).unwrap()
}

fn has(error: &LumenError, flag: u32) -> bool {
    error.present & flag != 0
}

#[test]
fn every_error_crosses_with_number_category_and_details() {
    let mut seen = Seen::default();
    let folder = tempfile::tempdir().unwrap();
    caller(&mut seen, folder.path());
    retry_and_full(&mut seen, folder.path());
    damaged(&mut seen, folder.path());
    too_old(&mut seen, folder.path());
    poisoned(&mut seen);
    let mut all: BTreeSet<i32> = ErrorKind::ALL.iter().map(|kind| i32::from(kind.number())).collect();
    all.extend([LUMEN_BAD_HANDLE, LUMEN_PANIC]);
    assert_eq!(seen.0, all, "numbers that were reached, and all there are");
    println!("{} kinds of errors reached through the interface", all.len());
}

fn caller(seen: &mut Seen, folder: &Path) {
    let mut store = 0;
    let path = folder.join("caller");
    let error = seen.fails(LUMEN_NO_STORE, LUMEN_CATEGORY_CALLER, |error| {
        open_at(&path, &given(LUMEN_CREATE_NEVER), &mut store, error)
    });
    assert_eq!(words(&error.file), "FORMAT");
    assert_eq!(open_at(&path, &given(LUMEN_CREATE_NEW), &mut store, null_mut()), LUMEN_OK);
    assert_eq!(
        changed(store, vec![Edit::create(0, 8, None), Edit::create(1, 8, None)], null_mut()),
        LUMEN_OK
    );

    let error = seen.fails(LUMEN_MALFORMED, LUMEN_CATEGORY_CALLER, |error| submitted(store, &[99, 0], error));
    assert_eq!(error.malformation, u32::from(Malformation::UnknownTag.number()));
    let error = seen.fails(LUMEN_LIMIT_EXCEEDED, LUMEN_CATEGORY_CALLER, |error| {
        changed(store, vec![Edit::Metadata { page: 1, metadata: vec![0; 4097] }], error)
    });
    assert_eq!(error.malformation, u32::from(Malformation::Limit.number()));
    let error = seen.fails(LUMEN_UNKNOWN_PAGE, LUMEN_CATEGORY_CALLER, |error| {
        changed(store, vec![Edit::write(77, 0, [1])], error)
    });
    assert_eq!((has(&error, LUMEN_HAS_PAGE), error.page), (true, 77));
    assert_eq!(submitted(store, &plan(5, 1).encode().unwrap(), null_mut()), LUMEN_OK);
    seen.fails(LUMEN_INTENT_REUSED, LUMEN_CATEGORY_CALLER, |error| {
        submitted(store, &plan(5, 2).encode().unwrap(), error)
    });
    let derive = |page: u64, parent: u64, error| {
        let (name, mut seq) = ("copy@1", 0);
        // SAFETY: a text and a slice with their lengths, and a number of our own.
        unsafe {
            let (name, len) = (name.as_ptr().cast(), name.len());
            derive::lumen_store_derive(store, page, name, len, &raw const parent, 1, &raw mut seq, error)
        }
    };
    assert_eq!(derive(2, 1, null_mut()), LUMEN_OK);
    let error = seen.fails(LUMEN_CYCLE, LUMEN_CATEGORY_CALLER, |error| derive(1, 2, error));
    assert_eq!(words(&error.found), "1 -> 2 -> 1");
    seen.fails(LUMEN_STORE_EXISTS, LUMEN_CATEGORY_CALLER, |error| {
        close(store);
        open_at(&path, &given(LUMEN_CREATE_NEW), &mut store, error)
    });
    let error = seen.fails(LUMEN_BAD_HANDLE, LUMEN_CATEGORY_CALLER, |error| changed(store, vec![], error));
    assert_eq!(words(&error.found), format!("{store:#x}"));
    assert_eq!(open_at(&path, &given(LUMEN_CREATE_NEVER), &mut store, null_mut()), LUMEN_OK);
    let error = seen.fails(LUMEN_NOT_FOUND, LUMEN_CATEGORY_CALLER, |error| {
        let mut handle = 0;
        // SAFETY: a number of our own.
        unsafe { snapshot::lumen_store_snapshot(store, 99, &raw mut handle, error) }
    });
    assert_eq!((has(&error, LUMEN_HAS_SEQ), error.seq), (true, 99));
    let client = ::plan::ClientEntry {
        namespace: ::plan::NamespaceId(4),
        kind: 1,
        version: 1,
        id: 9,
        parent: 0,
        body: vec![],
    };
    let beside = UpsertPlan { clients: vec![client], ..plan(6, 1) };
    seen.fails(LUMEN_UNKNOWN_KIND, LUMEN_CATEGORY_UNSUPPORTED, |error| {
        submitted(store, &beside.encode().unwrap(), error)
    });
    close(store);
}

fn retry_and_full(seen: &mut Seen, folder: &Path) {
    let (mut store, mut other, mut held) = (0, 0, 0);
    let path = folder.join("retry");
    let options = LumenOptions { snapshot_held_bytes_max: 1, ..given(LUMEN_CREATE_NEW) };
    assert_eq!(open_at(&path, &options, &mut store, null_mut()), LUMEN_OK);
    seen.fails(LUMEN_LOCKED, LUMEN_CATEGORY_RETRY, |error| {
        open_at(&path, &given(LUMEN_CREATE_IF_ABSENT), &mut other, error)
    });
    assert_eq!(changed(store, vec![Edit::create(0, 8, None)], null_mut()), LUMEN_OK);
    // SAFETY: a number of our own; null is allowed.
    assert_eq!(unsafe { snapshot::lumen_store_snapshot(store, 0, &raw mut held, null_mut()) }, LUMEN_OK);
    assert_eq!(changed(store, vec![Edit::write(1, 0, [1])], null_mut()), LUMEN_OK);
    let error = seen.fails(LUMEN_SNAPSHOT_TOO_OLD, LUMEN_CATEGORY_RETRY, |error| {
        let mut page = sized::<snapshot::LumenPage>();
        // SAFETY: a struct of this library.
        unsafe { snapshot::lumen_store_snapshot_page(held, 1, &raw mut page, error) }
    });
    assert_eq!((has(&error, LUMEN_HAS_SEQ), error.seq), (true, 1));
    close(store);
    // A file where a directory has to be.
    std::fs::write(folder.join("file"), b"").unwrap();
    seen.fails(LUMEN_IO, LUMEN_CATEGORY_RETRY, |error| {
        open_at(&folder.join("file/store"), &given(LUMEN_CREATE_NEW), &mut other, error)
    });
    let disk = FaultyDisk::new();
    let store = on(disk.clone());
    assert_eq!(changed(store, vec![Edit::create(0, 1 << 20, None)], null_mut()), LUMEN_OK);
    disk.set_capacity(Some(disk.used_bytes()));
    seen.fails(LUMEN_FULL, LUMEN_CATEGORY_FULL, |error| {
        let whole: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
        changed(store, vec![Edit::write(1, 0, whole)], error)
    });
    disk.set_capacity(None);
    assert_eq!(changed(store, vec![Edit::write(1, 0, [1])], null_mut()), LUMEN_OK, "space again");
    close(store);
}

/// A retention drops the first segments: what they held is asked for.
fn too_old(seen: &mut Seen, folder: &Path) {
    let path = folder.join("old");
    let options = LumenOptions { retention_bytes: 1, ..given(LUMEN_CREATE_IF_ABSENT) };
    let (mut store, mut at, mut held, mut oldest) = (0, 0, 0, 0);
    // Each opening begins a segment, and the newest two checkpoints keep theirs.
    for round in 0..5u8 {
        assert_eq!(open_at(&path, &options, &mut store, null_mut()), LUMEN_OK);
        let edits =
            if round == 0 { vec![Edit::create(0, 8, None)] } else { vec![Edit::write(1, 0, [round])] };
        assert_eq!(changed(store, edits, null_mut()), LUMEN_OK);
        // SAFETY: a number of our own; null is allowed.
        assert_eq!(unsafe { past::lumen_store_checkpoint(store, &raw mut at, null_mut()) }, LUMEN_OK);
        close(store);
    }
    let mut history = 0;
    let text = path.to_str().unwrap();
    // SAFETY: a text of this program and numbers of our own; null is allowed.
    unsafe {
        let opened =
            past::lumen_store_past_open(text.as_ptr().cast(), text.len(), &raw mut history, null_mut());
        assert_eq!(opened, LUMEN_OK);
        assert_eq!(past::lumen_store_past_oldest_seq(history, &raw mut oldest, null_mut()), LUMEN_OK);
    }
    assert_eq!(oldest, 3);
    let error = seen.fails(LUMEN_SEQ_TOO_OLD, LUMEN_CATEGORY_UNSUPPORTED, |error| {
        // SAFETY: numbers of our own.
        unsafe { past::lumen_store_past_replay(history, 2, &raw mut held, error) }
    });
    assert_eq!((has(&error, LUMEN_HAS_SEQ), error.seq), (true, 2));
    // SAFETY: null is allowed.
    assert_eq!(unsafe { past::lumen_store_past_free(history, null_mut()) }, LUMEN_OK);
}

fn damaged(seen: &mut Seen, folder: &Path) {
    let path = folder.join("damaged");
    let mut store = 0;
    assert_eq!(open_at(&path, &given(LUMEN_CREATE_NEW), &mut store, null_mut()), LUMEN_OK);
    let mut hash = [0u8; 32];
    // SAFETY: slices with their lengths; null is allowed.
    assert_eq!(
        unsafe { entry::lumen_store_blob_put(store, [1; 9].as_ptr(), 9, hash.as_mut_ptr(), null_mut()) },
        LUMEN_OK
    );
    let blob = path.join(store::BlobHash(hash).path());
    std::fs::write(&blob, [2; 9]).unwrap();
    let error = seen.fails(LUMEN_BLOB_DAMAGED, LUMEN_CATEGORY_DAMAGED, |error| {
        let mut bytes = 0;
        // SAFETY: 32 bytes and a number of our own.
        unsafe { entry::lumen_store_blob_get(store, hash.as_ptr(), &raw mut bytes, error) }
    });
    assert!(words(&error.file).starts_with("blobs/"));
    std::fs::write(&blob, [1; 9]).unwrap();
    assert_eq!(changed(store, vec![Edit::create(0, 8, None)], null_mut()), LUMEN_OK);
    assert_eq!(changed(store, vec![Edit::write(1, 0, [1, 2, 3])], null_mut()), LUMEN_OK);
    close(store);

    // The checkpoint of a store of the same name with another state.
    let twin = folder.join("twin");
    assert_eq!(open_at(&twin, &given(LUMEN_CREATE_NEW), &mut store, null_mut()), LUMEN_OK);
    assert_eq!(changed(store, vec![Edit::create(0, 8, None)], null_mut()), LUMEN_OK);
    assert_eq!(changed(store, vec![Edit::write(1, 0, [9, 9, 9])], null_mut()), LUMEN_OK);
    let mut seq = 0;
    // SAFETY: a number of our own; null is allowed.
    assert_eq!(unsafe { past::lumen_store_checkpoint(store, &raw mut seq, null_mut()) }, LUMEN_OK);
    close(store);
    let name = std::fs::read_dir(twin.join("check")).unwrap().next().unwrap().unwrap().file_name();
    std::fs::create_dir(path.join("check")).unwrap();
    std::fs::copy(twin.join("check").join(&name), path.join("check").join(&name)).unwrap();
    let verify = |error| {
        let (text, mut verified) = (path.to_str().unwrap(), sized::<past::LumenVerified>());
        // SAFETY: a text with its length and a struct of this library.
        unsafe { past::lumen_store_verify(text.as_ptr().cast(), text.len(), &raw mut verified, error) }
    };
    let error = seen.fails(LUMEN_DIVERGED, LUMEN_CATEGORY_DAMAGED, verify);
    assert_eq!((has(&error, LUMEN_HAS_SEQ), error.seq), (true, 2));
    std::fs::remove_dir_all(path.join("check")).unwrap();
    assert_eq!(verify(null_mut()), LUMEN_OK);

    let segment = path.join("log").join(Directory::new(&path).list("log").unwrap().remove(0));
    let whole = std::fs::read(&segment).unwrap();
    let mut bytes = whole.clone();
    bytes[4096 + 40] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let error = seen.fails(LUMEN_CORRUPT, LUMEN_CATEGORY_DAMAGED, verify);
    assert!(has(&error, LUMEN_HAS_SEGMENT) && has(&error, LUMEN_HAS_OFFSET) && error.offset == 4096);
    std::fs::write(&segment, whole).unwrap();

    let format = path.join("FORMAT");
    let mut bytes = std::fs::read(&format).unwrap();
    bytes[8] += 1;
    let end = bytes.len() - 4;
    let seal = crc32c::crc32c(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&seal);
    std::fs::write(&format, bytes).unwrap();
    let error = seen.fails(LUMEN_UNSUPPORTED_FORMAT, LUMEN_CATEGORY_UNSUPPORTED, verify);
    assert_eq!(words(&error.file), "FORMAT");
}

fn poisoned(seen: &mut Seen) {
    // The disk fails one call after another until a write of the log is hit.
    let failed = (0..200).any(|call| {
        let disk = FaultyDisk::new().fail_at(call, testkit::disk::Fault::Broken);
        let options = Options::new(|| 1, || [7; 16]).create(Create::IfAbsent);
        let Ok(opened) = Store::open(Arc::new(disk), options) else { return false };
        let store = handles::insert(Object::Store(Arc::new(OpenStore::new(opened)))).unwrap();
        let number = changed(store, vec![Edit::create(0, 8, None)], null_mut());
        if number == LUMEN_POISONED {
            seen.fails(LUMEN_POISONED, LUMEN_CATEGORY_POISONED, |error| {
                changed(store, vec![Edit::create(0, 8, None)], error)
            });
        }
        close(store);
        number == LUMEN_POISONED
    });
    assert!(failed, "no call was a write of the log");

    let panics = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&panics);
    let store = on(Watched::new(Memory::new(), move |_, call| {
        assert!(call != Call::Sync || !told.load(Ordering::SeqCst), "a disk that panics");
    }));
    assert_eq!(changed(store, vec![Edit::create(0, 8, None)], null_mut()), LUMEN_OK);
    panics.store(true, Ordering::SeqCst);
    let error = seen.fails(LUMEN_PANIC, LUMEN_CATEGORY_POISONED, |error| {
        changed(store, vec![Edit::create(0, 8, None)], error)
    });
    assert!(words(&error.message).contains("a disk that panics"));
    panics.store(false, Ordering::SeqCst);
    seen.fails(LUMEN_POISONED, LUMEN_CATEGORY_POISONED, |error| {
        changed(store, vec![Edit::create(0, 8, None)], error)
    });
}

/// The numbers are those of the store; the two that only this side has stand in its gaps.
#[test]
fn numbers_and_categories_are_those_of_the_store() {
    use ErrorKind::*;
    for (kind, number, of) in [
        (Malformed, LUMEN_MALFORMED, LUMEN_CATEGORY_CALLER),
        (LimitExceeded, LUMEN_LIMIT_EXCEEDED, LUMEN_CATEGORY_CALLER),
        (IntentReused, LUMEN_INTENT_REUSED, LUMEN_CATEGORY_CALLER),
        (UnknownPage, LUMEN_UNKNOWN_PAGE, LUMEN_CATEGORY_CALLER),
        (Cycle, LUMEN_CYCLE, LUMEN_CATEGORY_CALLER),
        (NoStore, LUMEN_NO_STORE, LUMEN_CATEGORY_CALLER),
        (StoreExists, LUMEN_STORE_EXISTS, LUMEN_CATEGORY_CALLER),
        (NotFound, LUMEN_NOT_FOUND, LUMEN_CATEGORY_CALLER),
        (SnapshotTooOld, LUMEN_SNAPSHOT_TOO_OLD, LUMEN_CATEGORY_RETRY),
        (Locked, LUMEN_LOCKED, LUMEN_CATEGORY_RETRY),
        (Io, LUMEN_IO, LUMEN_CATEGORY_RETRY),
        (Full, LUMEN_FULL, LUMEN_CATEGORY_FULL),
        (Corrupt, LUMEN_CORRUPT, LUMEN_CATEGORY_DAMAGED),
        (BlobDamaged, LUMEN_BLOB_DAMAGED, LUMEN_CATEGORY_DAMAGED),
        (Diverged, LUMEN_DIVERGED, LUMEN_CATEGORY_DAMAGED),
        (UnsupportedFormat, LUMEN_UNSUPPORTED_FORMAT, LUMEN_CATEGORY_UNSUPPORTED),
        (UnknownKind, LUMEN_UNKNOWN_KIND, LUMEN_CATEGORY_UNSUPPORTED),
        (SeqTooOld, LUMEN_SEQ_TOO_OLD, LUMEN_CATEGORY_UNSUPPORTED),
        (Poisoned, LUMEN_POISONED, LUMEN_CATEGORY_POISONED),
    ] {
        assert_eq!(i32::from(kind.number()), number, "{kind:?}");
        assert_eq!(category(kind.category()), of, "{kind:?}");
        assert!(![LUMEN_BAD_HANDLE, LUMEN_PANIC].contains(&i32::from(kind.number())), "{kind:?}");
    }
}

#[test]
fn a_panic_is_an_answer() {
    let mut error = Failure::Poisoned.describe();
    // SAFETY: a struct of this library.
    let number = unsafe { enter(&raw mut error, || panic!("found a defect")) };
    assert_eq!((number, error.number, error.category), (LUMEN_PANIC, LUMEN_PANIC, LUMEN_CATEGORY_POISONED));
    let message: Vec<u8> = error.message.iter().map(|byte| byte.cast_unsigned()).collect();
    assert!(String::from_utf8_lossy(&message).contains("found a defect"));
    // SAFETY: null is allowed.
    assert_eq!(unsafe { enter(std::ptr::null_mut(), || Err(Failure::Handle(3))) }, LUMEN_BAD_HANDLE);
}

#[test]
fn a_struct_of_another_size_is_left_alone() {
    let mut error = Failure::Poisoned.describe();
    error.struct_size = 8;
    error.number = 77;
    // SAFETY: a struct of this library, with a size that it does not have.
    let number = unsafe { enter(&raw mut error, || Err(Failure::Handle(3))) };
    assert_eq!((number, error.number), (LUMEN_BAD_HANDLE, 77));
}
