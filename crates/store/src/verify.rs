//! Checking every byte of a store's directory.

use std::collections::BTreeMap;

use crate::blobs::{self, BlobHash};
use crate::checkpoint::{self, Reading};
use crate::error::{Error, ErrorKind, Result};
use crate::format::{Horizon, base_path, checkpoint_path, remnant_path};
use crate::index::{Extent, Index, read_base};
use crate::lock;
use crate::log::LogEnd;
use crate::past::check_tables;
use crate::record::{Body, Recovery};
use crate::remnant::{self, Remnants};
use crate::vfs::Vfs;

/// What a verification counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How far the log goes.
    pub end: LogEnd,
    /// The seq of the oldest state that is left; 0 unless segments were dropped.
    pub oldest_seq: u64,
    /// Transactions and registrations, dropped ones included.
    pub record_count: u64,
    /// Blobs in the directory, named by a record or not.
    pub blob_count: u64,
    /// Bytes of segments, checkpoints, tables, blobs and of what stays of dropped segments that were checked.
    pub size_bytes: u64,
    /// What openings found behind the last whole record, oldest first.
    pub recoveries: Vec<Recovery>,
    /// What stands behind the last whole record now. Only a log whose writer died, or is at work, has that; nothing
    /// in it was acknowledged, unless it is the last group of a writer that died before it could mark it.
    pub torn: Option<Torn>,
}

/// Bytes behind the last whole record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The segment.
    pub segment: u64,
    /// Where its last whole record ends.
    pub offset: u64,
    /// Bytes from there to the last one that is not zero.
    pub len_bytes: u64,
}

/// Checks the headers, every record's salt, checksum and order, the chain of segments, every namespace, the content
/// of every blob, every byte of each checkpoint and that its state is the log's, that each table is what its segment
/// says, that each named blob is there in its size, and the lock's text. Where segments were dropped: the state that
/// they made, that the log goes on behind it, and that what stays of them holds every id that the state knows. Takes no
/// lock and writes nothing.
///
/// # Errors
/// The first damage: `Corrupt` with segment, offset, seq and file, or `BlobDamaged` with the file. `NoStore`,
/// `UnsupportedFormat`, `Io`; `SeqTooOld` where a writer drops segments meanwhile: verify again.
pub fn verify(vfs: &dyn Vfs) -> Result<Verified> {
    let mut named: BTreeMap<BlobHash, (u64, u64)> = BTreeMap::new();
    let mut states: BTreeMap<u64, u128> = checkpoint::list(vfs)?.into_iter().map(|seq| (seq, 0)).collect();
    let base = read_base(vfs, Reading::WHOLE)?;
    if let Some(base) = &base
        && let Some(state) = states.get_mut(&base.seq())
    {
        *state = base.index.pages.hash();
    }
    let index = Index::read_from(vfs, Extent::Whole, base, &mut |record, pages| {
        if let Some(state) = states.get_mut(&record.seq) {
            *state = pages.hash();
        }
        if let Body::Transaction { blobs, .. } = &record.body {
            for blob in blobs {
                let (size_bytes, _) = *named.entry(blob.hash).or_insert((blob.size_bytes, record.seq));
                if size_bytes != blob.size_bytes {
                    return Err(Error::new(ErrorKind::Corrupt, "two records disagree about a blob's size")
                        .in_segment(record.position.segment)
                        .at(record.position.offset)
                        .at_seq(record.seq)
                        .expected(format!("{size_bytes} bytes"))
                        .found(format!("{} bytes", blob.size_bytes)));
                }
            }
        }
        Ok(())
    })?;
    lock::check(vfs)?;
    let checkpoint_bytes = check_checkpoints(vfs, &index, &states)?;
    let kept = index.kept_segments();
    let table_bytes = check_tables(vfs, &index.store_id, kept, index.last_seq)?;

    let present = blobs::list(vfs)?;
    let mut size_bytes: u64 = kept.iter().map(|segment| segment.file_len).sum();
    size_bytes += checkpoint_bytes + table_bytes + check_remnants(vfs, &index)?;
    let mut sizes = BTreeMap::new();
    for hash in &present {
        let len = blobs::read(vfs, hash)?.len() as u64;
        size_bytes += len;
        sizes.insert(*hash, len);
    }
    for (hash, (size, seq)) in &named {
        let found = sizes.get(hash);
        if found != Some(size) {
            return Err(Error::new(
                ErrorKind::BlobDamaged,
                "a blob that a record names is missing or of another size",
            )
            .in_file(&hash.path())
            .at_seq(*seq)
            .expected(format!("{size} bytes"))
            .found(found.map_or("no file".to_owned(), |found| format!("{found} bytes"))));
        }
    }
    let torn = index.segments.last().filter(|segment| segment.torn_bytes > 0).map(|segment| Torn {
        segment: segment.number,
        offset: segment.end,
        len_bytes: segment.torn_bytes,
    });
    Ok(Verified {
        end: LogEnd {
            last_seq: index.last_seq,
            segment_count: index.segments.len() as u64,
            log_bytes: index.segments.iter().map(|segment| segment.end).sum(),
        },
        oldest_seq: index.horizon.oldest_seq,
        record_count: index.record_count,
        blob_count: present.len() as u64,
        size_bytes,
        recoveries: index.recoveries,
        torn,
    })
}

/// Holds what stays of dropped segments against the ids that the oldest state knows. Returns the bytes of all that.
fn check_remnants(vfs: &dyn Vfs, index: &Index) -> Result<u64> {
    let Horizon { dropped, oldest_seq, .. } = index.horizon;
    let mut ids: BTreeMap<u128, u64> = BTreeMap::new();
    for (number, segment) in (1..=dropped).zip(&index.segments) {
        let (remnants, _) = Remnants::read(vfs, number, &index.store_id)?;
        if remnants.first_seq != segment.first_seq {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "what stays of a dropped segment is that of another one",
            )
            .in_file(&remnant_path(number))
            .expected(format!("first seq {}", segment.first_seq))
            .found(remnants.first_seq.to_string()));
        }
        ids.extend(remnants.records.iter().flat_map(|record| record.ids().map(|id| (id, record.seq))));
    }
    let listed = index.ids.listed();
    let known = listed.iter().filter(|(_, known)| known.seq <= oldest_seq);
    if known.map(|(id, known)| (*id, known.seq)).eq(ids) {
        return Ok(remnant::count(vfs, index)?.1);
    }
    Err(Error::new(
        ErrorKind::Diverged,
        "what stays of dropped segments does not hold the ids of the oldest state",
    )
    .in_file(&base_path(oldest_seq))
    .at_seq(oldest_seq))
}

/// Holds each checkpoint against what the log says up to its seq. Returns their bytes.
fn check_checkpoints(vfs: &dyn Vfs, index: &Index, states: &BTreeMap<u64, u128>) -> Result<u64> {
    let (mut size_bytes, listed) = (0, index.ids.listed());
    for (seq, state) in states {
        let (found, len) = checkpoint::read(vfs, *seq, &index.store_id, Reading::WHOLE)?;
        let found = found.index;
        let ids = listed.iter().filter(|(_, known)| known.seq <= *seq);
        let agrees = *seq <= index.last_seq
            && found.pages.hash() == *state
            && found.ids.listed().iter().eq(ids)
            && index.namespaces.len() >= found.namespaces.len()
            && index.segments.len() >= found.segments.len()
            && found
                .segments
                .iter()
                .zip(&index.segments)
                .all(|(a, b)| (a.first_seq, a.hash) == (b.first_seq, b.hash));
        if !agrees {
            return Err(Error::new(ErrorKind::Diverged, "the checkpoint is not what the log says")
                .in_file(&checkpoint_path(*seq))
                .at_seq(*seq)
                .expected(format!("state hash {state:032x}"))
                .found(format!("{:032x}", found.pages.hash())));
        }
        size_bytes += len;
    }
    Ok(size_bytes)
}
