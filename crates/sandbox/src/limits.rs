//! The limits of a worker.

use std::time::Duration;

/// What a worker may use; the defaults suit a cell of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time in which a cell works; waiting for the host does not count. At most 1 h.
    pub active: Duration,
    /// Time from a cell's start to its end. At most 24 h.
    pub wall: Duration,
    /// Time until the worker said hello.
    pub start: Duration,
    /// Processor time of the worker over all its cells (`RLIMIT_CPU`).
    pub processor: Duration,
    /// Address space in bytes (`RLIMIT_AS`). At most 64 GiB. Mappings count: a large context asks for its size more,
    /// and where it is decoded for that of the text too.
    pub memory_bytes: u64,
    /// Bytes kept of each output of a cell, half of the beginning and half of the end. At most 1 GiB.
    pub kept_bytes: usize,
    /// Bytes that a cell may print to each output before it is interrupted.
    pub printed_bytes: u64,
    /// The longest message that the host takes from the worker. At most a frame, 64 MiB.
    pub message_bytes: usize,
    /// Size of the worker's own `/tmp`, which only `strict` has; 0 is none.
    pub tmp_bytes: u64,
    /// Open descriptors (`RLIMIT_NOFILE`).
    pub descriptors: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            active: Duration::from_secs(30),
            wall: Duration::from_secs(600),
            start: Duration::from_secs(20),
            processor: Duration::from_secs(3600),
            memory_bytes: 1 << 30,
            kept_bytes: 16 << 20,
            printed_bytes: 1 << 30,
            message_bytes: 16 << 20,
            tmp_bytes: 16 << 20,
            descriptors: 64,
        }
    }
}

impl Limits {
    /// The first limit beyond its ceiling, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let beyond =
            |name: &str, ceiling: &str| Some(format!("limit {name} is beyond its ceiling, {ceiling}"));
        if self.active > Duration::from_secs(3600) {
            return beyond("active", "1 h");
        }
        if self.wall > Duration::from_secs(24 * 3600) {
            return beyond("wall", "24 h");
        }
        if self.memory_bytes > 64 << 30 {
            return beyond("memory_bytes", "64 GiB");
        }
        if self.kept_bytes > 1 << 30 {
            return beyond("kept_bytes", "1 GiB");
        }
        if self.message_bytes > crate::schema::FRAME_BYTES_MAX {
            return beyond("message_bytes", "64 MiB");
        }
        if self.memory_bytes < 64 << 20 {
            return Some(
                "limit memory_bytes is below 64 MiB, which the interpreter itself needs".to_string(),
            );
        }
        if self.descriptors < 16 {
            return Some(
                "limit descriptors is below 16, which the standard library itself needs".to_string(),
            );
        }
        None
    }
}
