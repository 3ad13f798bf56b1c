//! Those who wait for one write of the log. They are woken together, without the log's lock: whoever was acknowledged
//! has nothing more to ask there.

use std::sync::PoisonError;

use crate::sync::{Condvar, Mutex, MutexGuard};

/// The clients whose records are written as one.
pub(super) struct Group {
    news: Mutex<News>,
    changed: Condvar,
}

/// What they are told.
#[derive(Clone, Copy)]
enum News {
    None,
    /// One of them shall write.
    Lead,
    Done(Reached),
}

/// How far the log was written, and how far it was synced.
#[derive(Clone, Copy, Default)]
pub(super) struct Reached {
    pub(super) written: u64,
    pub(super) durable: u64,
}

impl Group {
    pub(super) fn new() -> Group {
        Group { news: Mutex::new(News::None), changed: Condvar::new() }
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for news. `None` for the one who shall look whether there is something to write.
    pub(super) fn wait(&self) -> Option<Reached> {
        let mut news = self.news();
        loop {
            match *news {
                News::None => news = self.changed.wait(news).unwrap_or_else(PoisonError::into_inner),
                News::Lead => {
                    *news = News::None;
                    return None;
                }
                News::Done(reached) => return Some(reached),
            }
        }
    }

    /// Wakes one, to write what was gathered.
    pub(super) fn promote(&self) {
        *self.news() = News::Lead;
        self.changed.notify_one();
    }

    /// Wakes all.
    pub(super) fn finish(&self, reached: Reached) {
        *self.news() = News::Done(reached);
        self.changed.notify_all();
    }
}
