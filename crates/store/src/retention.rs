//! Dropping the oldest segments.
//!
//! What stays of them is written first, then the state that they made, then the horizon that names it; only then they
//! are removed, and with them the blobs that no other record names. A crash at any point leaves a log that begins at
//! the old or at the new horizon, and leftovers that the next opening for writing removes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::blobs::{BlobHash, Blobs};
use crate::checkpoint::{self, Checkpoint, Reading};
use crate::error::{Error, Result};
use crate::format::{
    self, CHECKPOINT_DIR, Horizon, KEPT_DIR, LOG_DIR, TABLE_DIR, base_path, remnant_path, segment_path,
    table_path,
};
use crate::horizon;
use crate::index::{Extent, Index, SegmentInfo, decode};
use crate::log::Log;
use crate::options::Retention;
use crate::record::Body;
use crate::remnant::{Remnant, Remnants};
use crate::segment::Segment;
use crate::vfs::{self, Vfs};

/// Which is the last segment that may go, now that a checkpoint was made; the last dropped one where none may. The
/// segments that the older of the two kept checkpoints goes on with stay, so that a damaged newer one is no loss.
fn last_droppable(retention: Retention, checkpoint: &Checkpoint, older_checkpoint_seq: u64) -> u64 {
    let kept = checkpoint.index.kept_segments();
    let nexts = kept.iter().skip(1).map(|segment| segment.first_seq).chain([checkpoint.tail_first_seq]);
    let mut left: u64 = kept.iter().map(|segment| segment.end).sum();
    let mut goes = |(segment, next_seq): &(&SegmentInfo, u64)| {
        left = left.saturating_sub(segment.end);
        let may_go = match retention {
            Retention::All => false,
            Retention::SinceSeq(seq) => *next_seq <= seq,
            Retention::Bytes(bytes) => left >= bytes,
        };
        may_go && *next_seq <= older_checkpoint_seq
    };
    let last = kept.iter().zip(nexts).take_while(|of| goes(of)).last();
    last.map_or(checkpoint.index.horizon.dropped, |(segment, _)| segment.number)
}

/// Moves the horizon as far as the retention lets it, and says where it is now; `None` where it stays. Nothing is
/// removed yet.
///
/// # Errors
/// `Full` and `Io`, with nothing changed that anybody needs; those of reading what is dropped.
pub(crate) fn advance(
    vfs: &dyn Vfs,
    retention: Retention,
    checkpoint: &Checkpoint,
    compressed: bool,
    held_bytes_max: u64,
) -> Result<Option<Horizon>> {
    if retention == Retention::All {
        return Ok(None);
    }
    let checkpoints = checkpoint::list(vfs)?;
    let Some(older) = checkpoints.first().filter(|_| checkpoints.len() >= checkpoint::KEPT) else {
        return Ok(None);
    };
    let last = last_droppable(retention, checkpoint, *older);
    if last == checkpoint.index.horizon.dropped {
        return Ok(None);
    }
    // One that was removed a moment ago must not come back behind the horizon.
    vfs.sync_dir(CHECKPOINT_DIR)
        .map_err(|error| Error::io("cannot sync the directory", CHECKPOINT_DIR, error))?;
    let failed = |error| Error::io("cannot create the directory", KEPT_DIR, error);
    vfs::uninterrupted(|| vfs.create_dir(KEPT_DIR)).map_err(failed)?;
    vfs.sync_dir("").map_err(failed)?;

    let store_id = &checkpoint.index.store_id;
    // As it is on disk: an earlier attempt may have failed after it had got its name.
    let begin = horizon::read(vfs, store_id)?;
    let base = horizon::base(vfs, store_id, &begin, Reading::Whole { held_bytes_max })?;
    let mut records = Vec::new();
    let state = Index::read_from(vfs, Extent::Before(last + 1), base, &mut |record, _| {
        records.extend(Remnant::of(record).map(|remnant| (record.position.segment, remnant)));
        Ok(())
    })?;
    let mut records = records.into_iter().peekable();
    let gone = state.segments.get(begin.dropped as usize..).unwrap_or_default();
    let nexts = gone.iter().skip(1).map(|segment| segment.first_seq).chain([state.last_seq + 1]);
    for (segment, next_seq) in gone.iter().zip(nexts) {
        let of_segment = std::iter::from_fn(|| records.next_if(|(number, _)| *number == segment.number));
        let remnants = Remnants {
            segment: segment.number,
            first_seq: segment.first_seq,
            next_seq,
            records: of_segment.map(|(_, remnant)| remnant).collect(),
        };
        let path = remnant_path(segment.number);
        vfs::write_new(vfs, &format!("{path}.tmp"), &path, KEPT_DIR, &remnants.encode(store_id)?)?;
    }
    horizon::write(vfs, state, compressed).map(Some)
}

/// Removes what the horizon leaves behind: dropped segments, their tables, the blobs that only they named, older
/// bases, and what an attempt left that did not come so far.
///
/// # Errors
/// `Io`: what is left goes the next time. Those of reading the log, which is asked for blobs.
pub(crate) fn sweep(vfs: &Arc<dyn Vfs>, store_id: &[u8; 16], log: &Log, blobs: &Blobs) -> Result<()> {
    let horizon = log.lock().index.horizon;
    let kept = vfs::list_sorted(&**vfs, KEPT_DIR)?;
    if horizon.dropped == 0 && kept.is_empty() {
        return Ok(());
    }
    let numbers = |dir: &str, parse: fn(&str) -> Option<u64>| -> Result<Vec<u64>> {
        Ok(vfs::list_sorted(&**vfs, dir)?.iter().filter_map(|name| parse(name)).collect())
    };
    let dropped: Vec<u64> = numbers(LOG_DIR, format::parse_segment_name)?;
    let dropped: Vec<u64> = dropped.into_iter().filter(|number| *number <= horizon.dropped).collect();
    let mut named = BTreeSet::new();
    for number in &dropped {
        named.extend(named_blobs(&**vfs, *number, store_id)?);
    }
    blobs.remove_unnamed(vfs, log, named)?;

    let tables = numbers(TABLE_DIR, format::parse_table_name)?;
    let tables = tables.into_iter().filter(|number| *number <= horizon.dropped).map(table_path);
    let unneeded = kept.iter().filter(|name| match format::parse_remnant_name(name) {
        Some(number) => number > horizon.dropped,
        None => horizon.dropped == 0 || format!("{KEPT_DIR}/{name}") != base_path(horizon.oldest_seq),
    });
    let unneeded = unneeded.map(|name| format!("{KEPT_DIR}/{name}"));
    // The segments last: they are what says that there is something left to do.
    for path in tables.chain(unneeded).chain(dropped.iter().copied().map(segment_path)) {
        vfs::uninterrupted(|| vfs.remove(&path))
            .map_err(|error| Error::io("cannot remove what was dropped", &path, error))?;
    }
    Ok(())
}

/// The blobs that the records of a segment name. One that cannot be read any more names none: its blobs stay.
fn named_blobs(vfs: &dyn Vfs, number: u64, store_id: &[u8; 16]) -> Result<Vec<BlobHash>> {
    let Some(bytes) = vfs::read_if_exists(vfs, &segment_path(number))? else { return Ok(Vec::new()) };
    let Ok(segment) = Segment::parse(&bytes, number) else { return Ok(Vec::new()) };
    if segment.header.store_id != *store_id {
        return Ok(Vec::new());
    }
    let records = segment.records.iter().filter(|raw| !format::kind::is_bookkeeping(raw.kind));
    let named = records.filter_map(|raw| match decode(raw, number, &mut 0).ok()?.0.body {
        Body::Transaction { blobs, .. } => Some(blobs),
        _ => None,
    });
    Ok(named.flatten().map(|blob| blob.hash).collect())
}
