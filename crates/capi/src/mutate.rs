//! Mutations: changes without conditions, gathered call by call and committed as one.

use std::ffi::c_char;
use std::sync::Mutex;

use ::plan::{ClientEntry, NamespaceId, Patch};
use store::{BlobHash, BlobRef, Edit, Mutation};

use crate::answer::{self, lock};
use crate::caller::{bytes, named, text};
use crate::failure::{Failure, LumenError, enter};
use crate::handles::{self, Object};
use crate::open::{LumenOutcome, describe};
use crate::plan::{id, page_ref};

/// Runs `change` on the mutation behind a handle.
///
/// # Safety
/// `error` is null or as the header says.
unsafe fn change(
    mutation: u64,
    error: *mut LumenError,
    change: impl FnOnce(&mut Mutation) -> Result<(), Failure>,
) -> i32 {
    // SAFETY: the same promise.
    unsafe { answer::change(handles::mutation(mutation), error, change) }
}

/// Begins a mutation: changes that are made as one, whatever the pages' versions. Its writes must not share a byte, so
/// their order does not matter. It is freed by `lumen_store_mutation_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_new(out_mutation: *mut u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_mutation, "out_mutation", error, || Ok(Mutex::new(Mutation::default()))) }
}

/// Frees a mutation.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_free(mutation: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(mutation, |object| matches!(object, Object::Mutation(_)))) }
}

/// Gives `len` bytes of a page from `offset` on new values; `page_kind` is `LUMEN_PAGE` or `LUMEN_NEW_PAGE`.
///
/// # Safety
/// `value` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_write(
    mutation: u64,
    page_kind: u32,
    page: u64,
    offset: u32,
    value: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let value = || unsafe { bytes(value, len, "value") };
    // SAFETY: the caller's promise.
    unsafe {
        change(mutation, error, |mutation| {
            let (page, patch) = (page_ref(page_kind, page)?, Patch::Runs(vec![(offset, value()?.to_vec())]));
            mutation.edits.push(Edit::Write { page, patch });
            Ok(())
        })
    }
}

/// Creates a page of zeros, called `number` in this mutation; without a name if `name_len` is 0.
///
/// # Safety
/// `name` and `metadata` have as many bytes as their lengths say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_create(
    mutation: u64,
    number: u32,
    size_bytes: u32,
    name: *const c_char,
    name_len: usize,
    metadata: *const u8,
    metadata_len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let given = || unsafe { named(name, name_len, metadata, metadata_len) };
    // SAFETY: the caller's promise.
    unsafe {
        change(mutation, error, |mutation| {
            let (name, metadata) = given()?;
            mutation.edits.push(Edit::Create { number, size_bytes, name, metadata });
            Ok(())
        })
    }
}

/// Ends a page.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_delete(
    mutation: u64,
    page: u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(mutation, error, |mutation| {
            mutation.edits.push(Edit::Delete { page });
            Ok(())
        })
    }
}

/// Gives a page other metadata.
///
/// # Safety
/// `metadata` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_set_metadata(
    mutation: u64,
    page: u64,
    metadata: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let metadata = || unsafe { bytes(metadata, len, "metadata") };
    // SAFETY: the caller's promise.
    unsafe {
        change(mutation, error, |mutation| {
            mutation.edits.push(Edit::Metadata { page, metadata: metadata()?.to_vec() });
            Ok(())
        })
    }
}

/// Logs an entry of a registered namespace with the mutation. An id of 0 and 0 is none; with ids the same mutation
/// again has no second effect.
///
/// # Safety
/// `body` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_client(
    mutation: u64,
    namespace: u32,
    entry_kind: u32,
    version: u32,
    id_low: u64,
    id_high: u64,
    parent_low: u64,
    parent_high: u64,
    body: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let body = || unsafe { bytes(body, len, "body") };
    // SAFETY: the caller's promise.
    unsafe {
        change(mutation, error, |mutation| {
            mutation.clients.push(ClientEntry {
                namespace: NamespaceId(namespace),
                kind: entry_kind,
                version,
                id: id(id_low, id_high),
                parent: id(parent_low, parent_high),
                body: body()?.to_vec(),
            });
            Ok(())
        })
    }
}

/// Names a blob that was put before, with its 32 bytes of hash, its size and what it is to the mutation.
///
/// # Safety
/// `hash` has 32 bytes, `role` has `role_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_mutation_blob(
    mutation: u64,
    hash: *const u8,
    size_bytes: u64,
    role: *const c_char,
    role_len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise, twice.
    let given = || unsafe { Ok::<_, Failure>((blob_hash(hash)?, text(role, role_len, "role")?)) };
    // SAFETY: the caller's promise.
    unsafe {
        change(mutation, error, |mutation| {
            let (hash, role) = given()?;
            mutation.blobs.push(BlobRef { hash, size_bytes, role: role.to_owned() });
            Ok(())
        })
    }
}

/// The name of a blob.
///
/// # Safety
/// `hash` is null or has 32 bytes.
pub(crate) unsafe fn blob_hash(hash: *const u8) -> Result<BlobHash, Failure> {
    // SAFETY: the same promise.
    let hash = unsafe { bytes(hash, 32, "hash") }?;
    hash.try_into().map(BlobHash).map_err(|_| Failure::Argument { field: "hash", expected: "32 bytes" })
}

/// Makes the changes of a mutation. That another page has a name that it gives, or that a page derived from its pages
/// cannot be computed, is a refusal: an outcome and no error. The mutation stays as it is.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_commit(
    store: u64,
    mutation: u64,
    out_outcome: *mut LumenOutcome,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let mutation = lock(&*handles::mutation(mutation)?).clone();
        let outcome = handles::store(store)?.change(|store| Ok(store.mutate().commit(&mutation)?))?;
        Ok(describe(&outcome))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::filled(out_outcome, "outcome", error, body) }
}
