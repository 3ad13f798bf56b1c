//! Handles: what a caller holds instead of a pointer.
//!
//! The lower half is a slot (from 1), the upper half how often the slot was given out. Freeing moves the count on, so
//! a handle that was freed is refused for ever: a slot whose count is used up is not given out again.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use store::{Filter, Mutation, Past};

use crate::caller::put;
use crate::failure::Failure;
use crate::open::OpenStore;
use crate::plan::Builder;
use crate::rows::Rows;
use crate::snapshot::Held;
use crate::subscribe::Following;

struct Slot {
    generation: u32,
    object: Option<Object>,
}

#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

static TABLE: RwLock<Table> = RwLock::new(Table { slots: Vec::new(), free: Vec::new() });

fn handle(slot: u32, generation: u32) -> u64 {
    u64::from(generation) << 32 | (u64::from(slot) + 1)
}

impl Table {
    fn insert(&mut self, object: Object) -> Result<u64, Failure> {
        if let Some(slot) = self.free.pop()
            && let Some(entry) = self.slots.get_mut(slot as usize)
        {
            entry.object = Some(object);
            return Ok(handle(slot, entry.generation));
        }
        let full = Failure::Argument { field: "handle", expected: "one of at most 2^32 - 1" };
        let slot = u32::try_from(self.slots.len()).ok().filter(|slot| *slot < u32::MAX).ok_or(full)?;
        self.slots.push(Slot { generation: 1, object: Some(object) });
        Ok(handle(slot, 1))
    }

    fn slot(&self, wanted: u64) -> Option<usize> {
        let slot = usize::try_from((wanted & u64::from(u32::MAX)).checked_sub(1)?).ok()?;
        let entry = self.slots.get(slot)?;
        (u64::from(entry.generation) == wanted >> 32 && entry.object.is_some()).then_some(slot)
    }

    fn remove(&mut self, wanted: u64) -> Option<Object> {
        let slot = self.slot(wanted)?;
        let entry = self.slots.get_mut(slot)?;
        let object = entry.object.take();
        if let Some(next) = entry.generation.checked_add(1) {
            entry.generation = next;
            self.free.push(slot as u32);
        }
        object
    }
}

/// Gives an object a handle.
pub(crate) fn insert(object: Object) -> Result<u64, Failure> {
    TABLE.write().unwrap_or_else(PoisonError::into_inner).insert(object)
}

fn get(wanted: u64) -> Result<Object, Failure> {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    let object = table.slot(wanted).and_then(|slot| table.slots.get(slot)?.object.clone());
    object.ok_or(Failure::Handle(wanted))
}

macro_rules! objects {
    ($($name:ident: $variant:ident of $object:ty;)*) => {
        /// What a handle stands for. Shared, so that a call that runs while another frees the handle ends undisturbed.
        #[derive(Clone)]
        pub(crate) enum Object {
            $($variant(Arc<$object>),)*
        }

        $(
        #[doc = concat!("The ", stringify!($name), " behind a handle.")]
        pub(crate) fn $name(handle: u64) -> Result<Arc<$object>, Failure> {
            match get(handle)? {
                Object::$variant(object) => Ok(object),
                _ => Err(Failure::Handle(handle)),
            }
        }

        impl From<$object> for Object {
            fn from(object: $object) -> Object {
                Object::$variant(Arc::new(object))
            }
        }
        )*
    };
}

objects! {
    store: Store of OpenStore;
    snapshot: Snapshot of Held;
    plan: Plan of Mutex<Builder>;
    mutation: Mutation of Mutex<Mutation>;
    filter: Filter of Mutex<Filter>;
    past: Past of Past;
    rows: Rows of Rows;
    bytes: Bytes of Vec<u8>;
    subscription: Subscription of Following;
}

/// Gives an object a handle and writes that where the caller wants it; where this fails the object goes again.
///
/// # Safety
/// As [`caller`](crate::caller) says.
pub(crate) unsafe fn hand_out(
    object: impl Into<Object>,
    out: *mut u64,
    field: &'static str,
) -> Result<(), Failure> {
    let handle = insert(object.into())?;
    // SAFETY: the same promise.
    unsafe { put(out, handle, field) }.inspect_err(|_| drop(remove(handle, |_| true)))
}

/// Frees a handle if `wanted` says that it is the right one.
pub(crate) fn free(handle: u64, wanted: impl FnOnce(&Object) -> bool) -> Result<(), Failure> {
    remove(handle, wanted).map(drop)
}

/// Takes a handle back if `wanted` says that it is the right one.
pub(crate) fn remove(handle: u64, wanted: impl FnOnce(&Object) -> bool) -> Result<Object, Failure> {
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let slot = table.slot(handle).and_then(|slot| table.slots.get(slot)?.object.as_ref());
    if !slot.is_some_and(wanted) {
        return Err(Failure::Handle(handle));
    }
    // Dropped by the caller, behind the lock: closing a store takes its time.
    table.remove(handle).ok_or(Failure::Handle(handle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        Mutex::new(Builder::empty()).into()
    }

    #[test]
    fn a_freed_handle_is_refused_for_ever() {
        let mut table = Table::default();
        let first = table.insert(object()).unwrap();
        assert_eq!(first, (1 << 32) + 1);
        assert!(table.remove(first).is_some() && table.remove(first).is_none());
        let second = table.insert(object()).unwrap();
        assert_eq!(second, (2 << 32) + 1, "the slot of the first, given out again");
        assert_eq!((table.slot(first), table.slot(second)), (None, Some(0)));
        for never in [0, 1, 1 << 32, second + 1, second + (1 << 32), u64::MAX] {
            assert_eq!(table.slot(never), None, "{never:#x}");
        }
    }

    #[test]
    fn a_slot_whose_count_is_used_up_is_retired() {
        let mut table = Table::default();
        let first = table.insert(object()).unwrap();
        table.slots[0].generation = u32::MAX;
        let last = first | u64::from(u32::MAX) << 32;
        assert!(table.remove(last).is_some());
        assert!(table.remove(last).is_none());
        assert_eq!(table.insert(object()).unwrap(), (1 << 32) + 2);
    }
}
