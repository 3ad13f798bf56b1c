//! Checking every byte of a store's directory.

use std::collections::BTreeMap;

use crate::blobs::{self, BlobHash};
use crate::checkpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::format::checkpoint_path;
use crate::index::{Extent, Index};
use crate::lock;
use crate::log::LogEnd;
use crate::past::check_tables;
use crate::record::{Body, Recovery};
use crate::vfs::Vfs;

/// What a verification counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How far the log goes.
    pub end: LogEnd,
    /// Transactions and registrations.
    pub record_count: u64,
    /// Blobs in the directory, named by a record or not.
    pub blob_count: u64,
    /// Bytes of segments, checkpoints, tables and blobs that were checked.
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
/// says, that each named blob is there in its size, and the lock's text. Takes no lock and writes nothing.
///
/// # Errors
/// The first damage: `Corrupt` with segment, offset, seq and file, or `BlobDamaged` with the file. `NoStore`,
/// `UnsupportedFormat`, `Io`.
pub fn verify(vfs: &dyn Vfs) -> Result<Verified> {
    let mut named: BTreeMap<BlobHash, (u64, u64)> = BTreeMap::new();
    let mut states: BTreeMap<u64, u128> = checkpoint::list(vfs)?.into_iter().map(|seq| (seq, 0)).collect();
    let index = Index::read(vfs, Extent::Whole, &mut |record, pages| {
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
    let table_bytes = check_tables(vfs, &index.store_id, &index.segments, index.last_seq)?;

    let present = blobs::list(vfs)?;
    let mut size_bytes: u64 = index.segments.iter().map(|segment| segment.file_len).sum();
    size_bytes += checkpoint_bytes + table_bytes;
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
        record_count: index.record_count,
        blob_count: present.len() as u64,
        size_bytes,
        recoveries: index.recoveries,
        torn,
    })
}

/// Holds each checkpoint against what the log says up to its seq. Returns their bytes.
fn check_checkpoints(vfs: &dyn Vfs, index: &Index, states: &BTreeMap<u64, u128>) -> Result<u64> {
    let (mut size_bytes, listed) = (0, index.ids.listed());
    for (seq, state) in states {
        let (found, len) = checkpoint::read(vfs, *seq, &index.store_id, u64::MAX)?;
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
