//! What costs no memory: a delta that fits its state is validated without a single allocation.
//!
//! It stands here because a counting allocator is unsafe code, of which the store's own crate has none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use plan::{Change, Delta, Patch};
use store::{Create, Edit, Memory, Mutation, Options, Store, validate};

/// The system's allocator, and how often this thread asked it.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is the system allocator's own; the count lies in a cell of the thread that needs no allocation and no
// destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn a_delta_that_fits_is_validated_without_an_allocation() {
    let options = Options::new(|| 1, || [7; 16]).create(Create::New);
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    let edits = vec![Edit::create(0, 64, Some("first")), Edit::create(1, 8, None)];
    store.mutate().commit(&Mutation { edits, ..Mutation::default() }).unwrap();
    let snapshot = store.query().snapshot();
    let write = |patch| Change::Write(patch);
    let changes = [
        write(Patch::Runs(vec![(3, vec![1, 2]), (9, vec![3])])),
        write(Patch::Bitmap { offset: 8, mask: vec![0b101], bytes: vec![4, 5] }),
        write(Patch::Full(vec![6; 64])),
        write(Patch::Fill { offset: 1, len: 60, byte: 7 }),
        Change::Metadata(vec![8; 30]),
        Change::Delete,
    ];
    let mut deltas: Vec<Delta> =
        changes.into_iter().map(|change| Delta { page: 1, base: 1, change }).collect();
    let created = Change::Create { size_bytes: 9, name: Some("new".to_owned()), metadata: vec![1] };
    deltas.push(Delta { page: 3, base: 0, change: created });
    for delta in &deltas {
        let mut fits = false;
        assert_eq!(allocations(|| fits = validate(&snapshot, delta).is_ok()), 0, "{delta:?}");
        assert!(fits, "{delta:?}");
    }
    // The answer no is an error with words, and the count is one that sees it.
    let stale = Delta { base: 9, ..deltas[0].clone() };
    assert!(allocations(|| assert!(validate(&snapshot, &stale).is_err())) > 0);
}
