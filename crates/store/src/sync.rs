//! The locks, the flag and the shared pointer on the way from a commit to a reader: those of the standard library and
//! of arc-swap or, in the tests that walk through every order of their steps, those of loom.

#[cfg(not(all(test, feature = "loom")))]
mod plain {
    pub(crate) use std::sync::atomic::AtomicBool;
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

    use std::sync::Arc;

    use arc_swap::ArcSwap;

    /// A pointer that readers take without a lock while a writer puts another in its place.
    pub(crate) struct Root<T>(ArcSwap<T>);

    impl<T> Root<T> {
        pub(crate) fn new(first: Arc<T>) -> Root<T> {
            Root(ArcSwap::new(first))
        }

        pub(crate) fn load(&self) -> Arc<T> {
            self.0.load_full()
        }

        pub(crate) fn swap(&self, next: Arc<T>) -> Arc<T> {
            self.0.swap(next)
        }
    }
}

#[cfg(all(test, feature = "loom"))]
mod walked {
    pub(crate) use loom::sync::atomic::AtomicBool;
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};

    use std::sync::{Arc, PoisonError};

    use loom::sync::RwLock;

    /// arc-swap's promise, which its own tests hold: taking and putting happen at one moment each.
    pub(crate) struct Root<T>(RwLock<Arc<T>>);

    impl<T> Root<T> {
        pub(crate) fn new(first: Arc<T>) -> Root<T> {
            Root(RwLock::new(first))
        }

        pub(crate) fn load(&self) -> Arc<T> {
            Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
        }

        pub(crate) fn swap(&self, next: Arc<T>) -> Arc<T> {
            std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), next)
        }
    }
}

#[cfg(not(all(test, feature = "loom")))]
pub(crate) use plain::{AtomicBool, Condvar, Mutex, MutexGuard, Root};
#[cfg(all(test, feature = "loom"))]
pub(crate) use walked::{AtomicBool, Condvar, Mutex, MutexGuard, Root};
