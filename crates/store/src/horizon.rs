//! Where a log begins whose first segments were dropped.
//!
//! The file `HORIZON` says it, checked by its own sum, and `kept/` has the state at that place: the base, a checkpoint
//! of which the log holds nothing any more. Both are on disk before the first segment is removed, so what is left of
//! dropped segments is a leftover, and a segment that is missing behind them is damage.

use crate::checkpoint::{self, Checkpoint, Reading};
use crate::error::{Error, ErrorKind, Result};
use crate::format::{HORIZON_FILE, Horizon, KEPT_DIR, base_path};
use crate::index::Index;
use crate::vfs::{self, Vfs};

/// The bytes of the file; `None` where nothing was dropped.
pub(crate) fn bytes(vfs: &dyn Vfs) -> Result<Option<Vec<u8>>> {
    vfs::read_if_exists(vfs, HORIZON_FILE)
}

/// Where the log of a store begins.
///
/// # Errors
/// `Corrupt`, `UnsupportedFormat`, `Io`.
pub(crate) fn read(vfs: &dyn Vfs, store_id: &[u8; 16]) -> Result<Horizon> {
    bytes(vfs)?.map_or(Ok(Horizon::default()), |bytes| Horizon::decode(&bytes, store_id))
}

/// The oldest state that is left; `None` where that is the empty one.
///
/// # Errors
/// `Corrupt` with the file, also where it is missing; `SeqTooOld` where a writer has replaced it meanwhile; `Io`.
pub(crate) fn base(
    vfs: &dyn Vfs,
    store_id: &[u8; 16],
    horizon: &Horizon,
    reading: Reading<'_>,
) -> Result<Option<Checkpoint>> {
    if horizon.dropped == 0 {
        return Ok(None);
    }
    let path = base_path(horizon.oldest_seq);
    let (base, _) = match checkpoint::read_at(vfs, &path, horizon.oldest_seq, store_id, reading) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let now = read(vfs, store_id)?;
            return Err(if now.dropped > horizon.dropped {
                Error::too_old(horizon.oldest_seq, now.oldest_seq)
            } else {
                Error::new(ErrorKind::Corrupt, "the oldest state is missing")
                    .in_file(&path)
                    .at_seq(horizon.oldest_seq)
            });
        }
        read => read?,
    };
    let next_page = base.index.pages.next_id();
    if base.tail_first_seq != horizon.oldest_seq + 1 || next_page != horizon.next_page {
        return Err(Error::new(ErrorKind::Corrupt, "the oldest state is not the one that the horizon names")
            .in_file(&path)
            .expected(format!("seq {}, next page {}", horizon.oldest_seq, horizon.next_page))
            .found(format!("seq {}, next page {next_page}", base.tail_first_seq - 1)));
    }
    Ok(Some(base))
}

/// Writes the state that dropped segments made, and then the horizon behind them: from here on the log begins there.
///
/// # Errors
/// `Full` and `Io`, with nothing changed that anybody needs; those of reading pages.
pub(crate) fn write(vfs: &dyn Vfs, mut state: Index, compressed: bool) -> Result<Horizon> {
    let Some(last) = state.segments.last().copied() else { return Ok(Horizon::default()) };
    let horizon = Horizon {
        dropped: last.number,
        oldest_seq: state.last_seq,
        next_page: state.pages.next_id(),
        previous_len: last.end,
        previous_hash: last.hash,
    };
    let store_id = state.store_id;
    state.pages.settle();
    let base = Checkpoint { tail_first_seq: state.last_seq + 1, index: state };
    checkpoint::write_at(vfs, &base, compressed, KEPT_DIR, base_path(horizon.oldest_seq))?;
    vfs::write_new(vfs, "HORIZON.tmp", HORIZON_FILE, "", &horizon.encode(&store_id))?;
    Ok(horizon)
}

/// Why a segment is not there: it was dropped, or it is damage.
pub(crate) fn missing_segment(vfs: &dyn Vfs, number: u64) -> Error {
    let missing = Error::new(ErrorKind::Corrupt, "a segment is missing").in_segment(number);
    let Ok(Some(bytes)) = bytes(vfs) else { return missing };
    let store_id = bytes.get(32..).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or_default();
    match Horizon::decode(&bytes, &store_id) {
        Ok(horizon) if number <= horizon.dropped => {
            Error::too_old(horizon.oldest_seq, horizon.oldest_seq).in_segment(number)
        }
        _ => missing,
    }
}
