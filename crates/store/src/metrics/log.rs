//! The figures of a log, from its records.

use std::sync::Arc;

use super::{Counters, Metrics, encoded_bytes};
use crate::checkpoint;
use crate::error::Result;
use crate::follow::Follower;
use crate::horizon;
use crate::reader::Reader;
use crate::record::{Body, Record};
use crate::vfs::Vfs;

impl Metrics {
    /// What a log holds: the counters are those of the records that are left, and nothing is said about times.
    ///
    /// # Errors
    /// Those of reading the log.
    pub fn of_log(reader: &Reader) -> Result<Metrics> {
        let counters = Counters::of_log(reader)?;
        let snapshot = reader.snapshot();
        let (page_count, stale_count) = (snapshot.page_count(), snapshot.pages().lag_count());
        let (last_seq, oldest_seq) = (reader.last_seq(), reader.oldest_seq());
        Ok(Metrics { counters, last_seq, oldest_seq, page_count, stale_count, process: None })
    }
}

impl Counters {
    fn of_log(reader: &Reader) -> Result<Counters> {
        let mut counters = Counters::new(reader.checkpoint_seq());
        for record in reader.scan(reader.oldest_seq() + 1) {
            counters.record(&record?);
        }
        Ok(counters)
    }

    fn record(&mut self, record: &Record) {
        match &record.body {
            Body::Transaction { deltas, derived, .. } => {
                self.committed();
                self.encoded(encoded_bytes(deltas.iter().chain(derived.iter().map(|made| &made.delta))));
            }
            Body::Refused { refusal, .. } => self.refused(refusal.cause),
            Body::Graph { .. } | Body::Namespace { .. } => self.committed(),
        }
    }
}

/// The figures of a log that another process may be writing, for who asks again and again: the log is read once, and
/// then what is new. The counters begin as those of [`Metrics::of_log`] and never go down, also when records that were
/// counted are dropped.
pub struct LogMetrics {
    vfs: Arc<dyn Vfs>,
    store_id: [u8; 16],
    counters: Counters,
    follower: Follower,
}

impl LogMetrics {
    /// Reads and counts the log as it is.
    ///
    /// # Errors
    /// As [`Reader::open`](crate::Reader::open).
    pub fn open(vfs: Arc<dyn Vfs>) -> Result<LogMetrics> {
        let reader = Reader::open(Arc::clone(&vfs))?;
        let counters = Counters::of_log(&reader)?;
        Ok(LogMetrics { vfs, store_id: reader.id(), counters, follower: reader.follow()? })
    }

    /// The figures of now.
    ///
    /// # Errors
    /// As [`Follower::poll`](crate::Follower::poll).
    pub fn now(&mut self) -> Result<Metrics> {
        while let Some(record) = self.follower.poll()? {
            self.counters.record(&record);
        }
        let checkpoints = checkpoint::list(&*self.vfs)?;
        let newest_seq = checkpoints.last().copied().filter(|seq| *seq <= self.follower.last_seq());
        self.counters.checkpoint_seq = self.counters.checkpoint_seq.max(newest_seq.unwrap_or_default());
        let snapshot = self.follower.snapshot();
        Ok(Metrics {
            counters: self.counters.clone(),
            last_seq: self.follower.last_seq(),
            oldest_seq: horizon::read(&*self.vfs, &self.store_id)?.oldest_seq,
            page_count: snapshot.page_count(),
            stale_count: snapshot.pages().lag_count(),
            process: None,
        })
    }
}
