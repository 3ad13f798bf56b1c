//! Following a store as it grows: records behind a cursor, and a file descriptor that says when to look.
//!
//! All changes of a store that is open here come through this interface, so the calls that make them say so; nobody
//! runs a thread for it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::event::{EventfdFlags, eventfd};
use store::Filter;

use crate::answer::{self, lock};
use crate::failure::{Failure, LumenError, enter};
use crate::filter::chosen;
use crate::handles::{self, Object};
use crate::open::OpenStore;
use crate::rows::Rows;

/// Who wants to know that something was published, or that the store is gone: when these go with it they wake once more.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Vec<Weak<OwnedFd>>>);

impl Listeners {
    /// Makes every descriptor readable.
    pub(crate) fn wake(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|listener| {
            let Some(descriptor) = listener.upgrade() else { return false };
            raise(&descriptor);
            true
        });
    }

    fn add(&self, listener: &Arc<OwnedFd>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(listener));
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.wake();
    }
}

/// Makes a descriptor readable. A counter at its limit is so already, which is all that it has to be.
fn raise(event: &OwnedFd) {
    let _ = rustix::io::write(event, &1u64.to_ne_bytes());
}

/// A subscription behind a handle. It does not keep its store open.
pub(crate) struct Following {
    store: Weak<OpenStore>,
    filter: Filter,
    state: Mutex<State>,
}

struct State {
    cursor: u64,
    event: Option<Arc<OwnedFd>>,
}

impl Following {
    fn store(&self) -> Result<Arc<OpenStore>, Failure> {
        self.store.upgrade().ok_or(Failure::Closed)
    }

    /// The next records behind a cursor, the cursor behind them, and whether more is published.
    fn next(
        &self,
        opened: &OpenStore,
        cursor: u64,
        row_count_max: usize,
    ) -> Result<(Rows, u64, bool), Failure> {
        let (records, cursor, more) = opened.with(|store| {
            let mut subscription = store.subscribe(cursor, self.filter.clone());
            let mut records = Vec::new();
            while records.len() < row_count_max
                && let Some(record) = subscription.poll()?
            {
                records.push(record);
            }
            let cursor = subscription.cursor();
            Ok((records, cursor, store.last_seq() > cursor))
        })?;
        Ok((Rows::of_records(records)?, cursor, more))
    }
}

/// Follows a store behind a cursor, which is the last seq that is known already; 0 for everything. A filter of 0
/// selects every transaction. It is freed by `lumen_store_subscription_free`; closing the store ends it.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_subscribe(
    store: u64,
    cursor: u64,
    filter: u64,
    out_subscription: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        Ok(Following {
            store: Arc::downgrade(&handles::store(store)?),
            filter: chosen(filter)?,
            state: Mutex::new(State { cursor, event: None }),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_subscription, "out_subscription", error, body) }
}

/// Gives the next records that are published by now, at most `row_count_max`, in order, and moves the cursor behind
/// them; no rows where there are none yet. Each record comes at least once: a cursor that was kept goes on in another
/// process. Rows are freed by `lumen_store_rows_free`.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_subscription_poll(
    subscription: u64,
    row_count_max: usize,
    out_rows: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let following = handles::subscription(subscription)?;
        let mut state = lock(&following.state);
        let opened = following.store()?;
        // Before looking: what is published afterwards makes it readable again.
        if let Some(event) = &state.event {
            let _ = rustix::io::read(&**event, &mut [0u8; 8]);
        }
        let given = following.next(&opened, state.cursor, row_count_max).and_then(|(rows, cursor, more)| {
            // SAFETY: the caller's promise.
            unsafe { handles::hand_out(rows, out_rows, "out_rows") }?;
            state.cursor = cursor;
            Ok(more)
        });
        // Where the caller got nothing, it is still there to be looked for.
        if let (Some(event), true) = (&state.event, *given.as_ref().unwrap_or(&true)) {
            raise(event);
        }
        given.map(drop)
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Writes the last seq that was given or passed over.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_subscription_cursor(
    subscription: u64,
    out_cursor: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let body = || Ok(lock(&handles::subscription(subscription)?.state).cursor);
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_cursor, "out_cursor", error, body) }
}

/// Writes an eventfd that is readable as long as there may be something to poll for, also when the store was closed:
/// for poll, epoll or select, together with whatever else the caller waits for. It belongs to the subscription: the
/// caller neither reads nor closes it.
///
/// # Safety
/// Pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_subscription_eventfd(
    subscription: u64,
    out_descriptor: *mut i32,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let following = handles::subscription(subscription)?;
        let mut state = lock(&following.state);
        let opened = following.store()?;
        let event = match &state.event {
            Some(event) => event,
            None => {
                // Readable at once: what is there already is news as well.
                let made = eventfd(1, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
                    .map_err(|error| Failure::System { what: "no eventfd", error: error.into() })?;
                let event = Arc::new(made);
                opened.listeners().add(&event);
                state.event.insert(event)
            }
        };
        Ok(event.as_raw_fd())
    };
    // SAFETY: the caller's promise.
    unsafe { answer::value(out_descriptor, "out_descriptor", error, body) }
}

/// Frees a subscription, and closes its descriptor.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_subscription_free(subscription: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        enter(error, || handles::free(subscription, |object| matches!(object, Object::Subscription(_))))
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use store::{Create, Memory, Options, Store};

    use super::*;

    fn readable(descriptor: &OwnedFd) -> bool {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&at_once)) == Ok(1)
    }

    /// A descriptor that was read while another call kept the store open would stay silent for ever.
    #[test]
    fn the_end_of_a_store_is_told_when_it_comes() {
        let options = Options::new(|| 1, || [7; 16]).create(Create::New);
        let store = Store::open(Arc::new(Memory::new()), options).unwrap();
        let handle = handles::insert(OpenStore::new(store).into()).unwrap();
        let busy = handles::store(handle).unwrap();
        let event = Arc::new(eventfd(0, EventfdFlags::NONBLOCK).unwrap());
        busy.listeners().add(&event);
        // SAFETY: null is allowed.
        assert_eq!(unsafe { crate::open::lumen_store_close(handle, std::ptr::null_mut()) }, 0);
        let _ = rustix::io::read(&*event, &mut [0u8; 8]);
        assert!(!readable(&event));
        drop(busy);
        assert!(readable(&event));
    }
}
