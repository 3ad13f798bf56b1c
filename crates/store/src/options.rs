//! How a store is opened; also where clock and entropy come in.

use std::fmt;
use std::sync::Arc;

/// Whether opening may create a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// An absent store is an error.
    Never,
    /// An absent store is created.
    IfAbsent,
    /// A present store is an error.
    New,
}

/// When a transaction is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// After its sync; transactions that arrive while a sync runs share the next one.
    Durable,
    /// After its write. The first transaction at least so many milliseconds after the last sync syncs all; so do
    /// [`Store::wait_durable`](crate::Store::wait_durable) and closing. Survives the death of the process, not of
    /// the machine.
    Buffered {
        /// The longest time between two syncs while transactions arrive.
        sync_after_ms: u64,
    },
    /// After its write; synced when its segment ends.
    Memory,
}

/// How much of the log stays. What may go goes with whole segments, when a checkpoint is made: the newest two
/// checkpoints, the log that they need, and every intent with its answer always stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// All of it.
    All,
    /// At least every record from this seq on.
    SinceSeq(u64),
    /// At least so many bytes of ended segments, the newest.
    Bytes(u64),
}

type Clock = dyn Fn() -> u64 + Send + Sync;
type Entropy = dyn Fn() -> [u8; 16] + Send + Sync;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Whether opening may create a store. Default: [`Create::Never`].
    pub create: Create,
    /// When a transaction is acknowledged. Default: [`Durability::Durable`].
    pub durability: Durability,
    /// How much of the log stays. Default: [`Retention::All`].
    pub retention: Retention,
    /// Prepared bytes of the first segment of an opening; each next one has twice as many, up to
    /// `segment_bytes_max`. An ended segment is cut to what it holds. Default: 32 KiB.
    pub segment_bytes_min: u64,
    /// The greatest prepared segment; one record may need a greater one. Default: 64 MiB.
    pub segment_bytes_max: u64,
    /// Once the log behind the last checkpoint has so many bytes, whoever appends next makes another, which bounds the
    /// time of the next opening. Default: 256 MiB.
    pub checkpoint_tail_bytes_max: u64,
    /// How much memory the pages of the newest state may take; unlimited by default. Beyond it the bytes of pages are
    /// read from a checkpoint, which is made when it is needed. What each page takes besides its bytes (34 bytes, name
    /// and metadata) counts and stays, and so does what one transaction changes.
    pub memory_bytes_max: u64,
    /// Whether checkpoints are compressed, with zstd: smaller files for more time of the processor, also where memory is
    /// limited and pages are read from them. Checkpoints of either form are read whatever this says. Default: no.
    pub compress_checkpoints: bool,
    /// Segments with fewer bytes get no table beside them: reading them whole is as quick. The others get theirs at the
    /// next checkpoint. Default: 256 KiB.
    pub table_bytes_min: u64,
    /// How long a snapshot answers, in milliseconds from its first answer on. Default: 10 minutes.
    pub snapshot_age_ms_max: u64,
    /// How many bytes of replaced pages may be held for a snapshot; past it, it answers no more. Default: 1 GiB.
    pub snapshot_held_bytes_max: u64,
    clock: Arc<Clock>,
    entropy: Arc<Entropy>,
    stopwatch: Option<Arc<Clock>>,
}

impl Options {
    /// Options with the caller's clock (nanoseconds since 1970) and source of random bytes.
    ///
    /// Time is recorded, never an order. The random bytes name a new store and salt its segments; a constant source
    /// is safe for tests, since the salt also depends on the log before it.
    pub fn new(
        clock: impl Fn() -> u64 + Send + Sync + 'static,
        entropy: impl Fn() -> [u8; 16] + Send + Sync + 'static,
    ) -> Options {
        Options {
            create: Create::Never,
            durability: Durability::Durable,
            retention: Retention::All,
            segment_bytes_min: 32 << 10,
            segment_bytes_max: 64 << 20,
            checkpoint_tail_bytes_max: 256 << 20,
            memory_bytes_max: u64::MAX,
            compress_checkpoints: false,
            table_bytes_min: 256 << 10,
            snapshot_age_ms_max: 10 * 60 * 1_000,
            snapshot_held_bytes_max: 1 << 30,
            clock: Arc::new(clock),
            entropy: Arc::new(entropy),
            stopwatch: None,
        }
    }

    /// The same options with a clock that times what the store does: nanoseconds from any start, never going back. Its
    /// readings become figures of [`Metrics`](crate::Metrics) and nothing else: no record and no state depends on
    /// them. Without it those figures are absent and cost nothing.
    pub fn stopwatch(mut self, elapsed_ns: impl Fn() -> u64 + Send + Sync + 'static) -> Options {
        self.stopwatch = Some(Arc::new(elapsed_ns));
        self
    }

    /// The same options with another rule for creation.
    pub fn create(mut self, create: Create) -> Options {
        self.create = create;
        self
    }

    /// The same options with another level.
    pub fn durability(mut self, durability: Durability) -> Options {
        self.durability = durability;
        self
    }

    /// The same options with another retention.
    pub fn retention(mut self, retention: Retention) -> Options {
        self.retention = retention;
        self
    }

    /// How much of a checkpoint is taken into memory, and stays there when another is made: the rest is left for what
    /// changes until the next one.
    pub(crate) fn held_bytes_min(&self) -> u64 {
        if self.memory_bytes_max == u64::MAX { u64::MAX } else { self.memory_bytes_max / 4 }
    }

    pub(crate) fn now_ns(&self) -> u64 {
        (self.clock)()
    }

    /// What the stopwatch shows, if there is one.
    pub(crate) fn elapsed_ns(&self) -> Option<u64> {
        self.stopwatch.as_ref().map(|stopwatch| stopwatch())
    }

    pub(crate) fn entropy(&self) -> [u8; 16] {
        (self.entropy)()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("create", &self.create)
            .field("durability", &self.durability)
            .field("retention", &self.retention)
            .field("segment_bytes_min", &self.segment_bytes_min)
            .field("segment_bytes_max", &self.segment_bytes_max)
            .field("checkpoint_tail_bytes_max", &self.checkpoint_tail_bytes_max)
            .field("memory_bytes_max", &self.memory_bytes_max)
            .field("compress_checkpoints", &self.compress_checkpoints)
            .field("table_bytes_min", &self.table_bytes_min)
            .field("snapshot_age_ms_max", &self.snapshot_age_ms_max)
            .field("snapshot_held_bytes_max", &self.snapshot_held_bytes_max)
            .finish_non_exhaustive()
    }
}
