//! The segments of a log that is written: the next one is prepared, the present one is ended.

use std::sync::Arc;

use super::{Log, State};
use crate::error::{Error, Result};
use crate::format::{LOG_DIR, RECORD_HEADER_LEN, SEGMENT_HEADER_LEN, SegmentHeader, kind, segment_path};
use crate::index::{Index, SegmentInfo};
use crate::record::{self, Recovery};
use crate::recovery;
use crate::vfs::{self, OpenMode, Vfs, VfsFile};
use crate::way::Stage;

/// A MARK behind the last record and the END must always fit.
const RESERVED: usize = 2 * RECORD_HEADER_LEN;
/// Zeros are written in pieces of this size.
const ZEROS_LEN: usize = 64 << 10;

/// The segment that is appended to.
pub(super) struct Active {
    pub(super) file: Arc<dyn VfsFile>,
    pub(super) header: SegmentHeader,
    /// Where the next write goes.
    pub(super) offset: u64,
    capacity: u64,
    /// Over everything written so far.
    hasher: blake3::Hasher,
}

/// What the next segment's header says about the one before it.
#[derive(Clone, Copy)]
pub(super) struct Previous {
    pub(super) number: u64,
    len: u64,
    hash: [u8; 32],
}

impl Active {
    /// Whether so many bytes fit, and a MARK and the END behind them.
    pub(super) fn fits(&self, len: usize) -> bool {
        self.offset + (len + RESERVED) as u64 <= self.capacity
    }

    /// Notes the bytes that are written next. Returns where they go.
    pub(super) fn place(&mut self, bytes: &[u8]) -> u64 {
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.hasher.update(bytes);
        offset
    }
}

impl Previous {
    /// The last segment of a log.
    pub(super) fn of(index: &Index) -> Previous {
        match index.segments.last() {
            None => Previous { number: 0, len: 0, hash: [0; 32] },
            Some(last) => Previous { number: last.number, len: last.end, hash: last.hash },
        }
    }
}

impl Log {
    /// Prepares the next segment, then ends the present one, then gives the next its header and name. A full disk
    /// strikes in the first step, where nothing has changed.
    pub(super) fn begin_segment(
        &self,
        state: &mut State,
        len: usize,
        recovery: Option<Recovery>,
    ) -> Result<()> {
        let needed = (SEGMENT_HEADER_LEN + len + RESERVED).next_multiple_of(SEGMENT_HEADER_LEN) as u64;
        let capacity = state.next_capacity.max(needed);
        let number = state.active.as_ref().map_or(state.previous.number, |active| active.header.number) + 1;
        let path = segment_path(number);
        let temporary = format!("{path}.tmp");
        let vfs = &*self.vfs;
        let file = prepare(vfs, &temporary, capacity);
        let file = file.and_then(|file| self.secure_previous(state).map(|()| file)).inspect_err(|_| {
            // The next opening removes it if this does not succeed.
            let _ = vfs.remove(&temporary);
        })?;
        self.end_segment(state)?;

        let header = self.next_header(state, number);
        let mut bytes = header.encode();
        if let Some(recovery) = recovery {
            let (seq, salt) = (state.index.last_seq, header.record_salt());
            record::encode(&mut bytes, salt, kind::RECOVERED, seq, state.durable, &recovery.encode());
        }
        let begun = vfs::write_all(&*file, &bytes, 0)
            .and_then(|()| file.sync())
            .and_then(|()| vfs::uninterrupted(|| vfs.rename(&temporary, &path)))
            .and_then(|()| vfs.sync_dir(LOG_DIR));
        if let Err(error) = begun {
            return Err(state.poison(Error::io("cannot begin a segment", &path, error)));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes);
        state.index.last_time_ns = header.start_time_ns;
        state.segments.push((number, header.first_seq));
        state.next_capacity = capacity.saturating_mul(2).min(self.options.segment_bytes_max);
        state.active =
            Some(Active { file: file.into(), header, offset: bytes.len() as u64, capacity, hasher });
        Ok(())
    }

    /// Makes sure that the segment which the opening found last is on disk with its END, before anything says so.
    ///
    /// # Errors
    /// `Full`, `Io`, with nothing changed.
    pub(super) fn secure_previous(&self, state: &mut State) -> Result<()> {
        if let Some(unsure) = &state.unsure {
            recovery::copy_whole_part(&*self.vfs, unsure)?;
            state.unsure = None;
        }
        Ok(())
    }

    /// The header of the segment that follows the ended one.
    fn next_header(&self, state: &State, number: u64) -> SegmentHeader {
        let Previous { len, hash, .. } = state.previous;
        let start_time_ns = self.options.now_ns().max(state.index.last_time_ns);
        // The log so far goes in as well: even with constant entropy no two segments share a salt.
        let mut salt = blake3::Hasher::new();
        salt.update(&self.options.entropy()).update(&state.index.store_id).update(&hash);
        for word in [number, len, start_time_ns] {
            salt.update(&word.to_le_bytes());
        }
        let mut salt_bytes = [0; 8];
        salt.finalize_xof().fill(&mut salt_bytes);
        SegmentHeader {
            store_id: state.index.store_id,
            number,
            first_seq: state.index.last_seq + 1,
            salt: u64::from_le_bytes(salt_bytes),
            start_time_ns,
            previous_len: len,
            previous_hash: hash,
        }
    }

    /// Ends the present segment, if there is one: everything durable, END durable, the file cut.
    pub(super) fn end_segment(&self, state: &mut State) -> Result<()> {
        let Some(mut active) = state.active.take() else { return Ok(()) };
        let seq = state.index.last_seq;
        let mut end = Vec::new();
        record::encode(&mut end, active.header.record_salt(), kind::END, seq, seq, &[]);
        // Also the last MARK: were it lost and END not, that would vouch for what nobody finds.
        let is_behind = state.durable < seq || state.marked == seq;
        let synced = if is_behind { active.file.sync() } else { Ok(()) };
        let len = active.offset + end.len() as u64;
        let ended = synced
            .and_then(|()| vfs::write_all(&*active.file, &end, active.offset))
            .and_then(|()| vfs::uninterrupted(|| active.file.set_len(len)))
            .and_then(|()| active.file.sync());
        if let Err(error) = ended {
            let path = segment_path(active.header.number);
            return Err(state.poison(Error::io("cannot end a segment", &path, error)));
        }
        active.place(&end);
        state.durable = seq;
        state.reach(Stage::Durable, seq, self.options.elapsed_ns());
        state.marked = seq;
        state.ended_bytes += len;
        let (number, hash) = (active.header.number, *active.hasher.finalize().as_bytes());
        state.previous = Previous { number, len, hash };
        let first_seq = active.header.first_seq;
        let ended =
            SegmentInfo { number, first_seq, end: len, ended: true, file_len: len, torn_bytes: 0, hash };
        state.index.segments.push(ended);
        Ok(())
    }
}

/// A file of zeros, on disk: writing records into it later allocates nothing and changes no length.
fn prepare(vfs: &dyn Vfs, path: &str, capacity: u64) -> Result<Box<dyn VfsFile>> {
    let failed = |error| Error::io("cannot prepare a segment", path, error);
    let file = vfs::uninterrupted(|| vfs.open(path, OpenMode::Create)).map_err(failed)?;
    let zeros = vec![0; ZEROS_LEN];
    let mut offset = 0;
    while offset < capacity {
        let len = (capacity - offset).min(ZEROS_LEN as u64);
        let piece = zeros.get(..len as usize).unwrap_or(&zeros);
        vfs::write_all(&*file, piece, offset).map_err(failed)?;
        offset += len;
    }
    file.sync().map_err(failed)?;
    Ok(file)
}
