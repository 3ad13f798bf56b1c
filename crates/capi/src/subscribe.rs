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

/// Who wants to know that something was published.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Vec<Weak<OwnedFd>>>);

impl Listeners {
    /// Makes every descriptor readable.
    pub(crate) fn wake(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|listener| {
            let Some(descriptor) = listener.upgrade() else { return false };
            // A counter at its limit is readable already, which is all that it has to be.
            let _ = rustix::io::write(&*descriptor, &1u64.to_ne_bytes());
            true
        });
    }

    fn add(&self, listener: &Arc<OwnedFd>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(listener));
    }
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
        let (records, cursor, more) = opened.with(|store| {
            let mut subscription = store.subscribe(state.cursor, following.filter.clone());
            let mut records = Vec::new();
            while records.len() < row_count_max
                && let Some(record) = subscription.poll()?
            {
                records.push(record);
            }
            let cursor = subscription.cursor();
            Ok((records, cursor, store.last_seq() > cursor))
        })?;
        // SAFETY: the caller's promise.
        unsafe { handles::hand_out(Rows::of_records(records)?, out_rows, "out_rows") }?;
        state.cursor = cursor;
        if let (true, Some(event)) = (more, &state.event) {
            let _ = rustix::io::write(&**event, &1u64.to_ne_bytes());
        }
        Ok(())
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
