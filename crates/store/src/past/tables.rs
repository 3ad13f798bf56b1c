//! Which table answers for which segment: one on disk where there is a whole one, else one made in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::contents::{Contents, Ordinals, Place, read_record, salt_of};
use super::table::{self, Table};
use super::terms::Term;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, TABLE_DIR, table_path};
use crate::index::SegmentInfo;
use crate::record::Record;
use crate::vfs::{self, Vfs};

/// The tables of one store that this process has opened or made.
#[derive(Default)]
pub(crate) struct Tables {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    sources: BTreeMap<u64, Source>,
    /// Segments whose table on disk is not what it should be.
    damaged: BTreeSet<u64>,
}

/// One in memory goes as far as somebody asked, and is read on by who asks for more. That locks it alone: whoever asks
/// for another segment does not wait.
#[derive(Clone)]
enum Source {
    Disk(Arc<Table>),
    Memory(Arc<Mutex<Contents>>),
}

impl Source {
    fn is_on_disk(&self) -> bool {
        matches!(self, Source::Disk(_))
    }
}

/// A segment as somebody asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) first_seq: u64,
    /// The last seq that is looked at.
    pub(super) last_seq: u64,
    /// Whether another segment follows, so that it can have a table.
    pub(super) ended: bool,
}

impl Tables {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ordinals of the records of a segment that are about one of the terms, ascending.
    ///
    /// # Errors
    /// Those of reading the segment: whatever is wrong with its table is not one.
    pub(super) fn ordinals(
        &self,
        vfs: &dyn Vfs,
        store_id: &[u8; 16],
        asked: Asked,
        terms: &[Term],
    ) -> Result<Vec<u32>> {
        let mut ordinals = self.answer(vfs, store_id, asked, &|source| {
            let mut ordinals = Vec::new();
            match source {
                Source::Disk(table) => {
                    for term in terms {
                        ordinals.extend(table.ordinals(term)?);
                    }
                }
                Source::Memory(contents) => {
                    let contents = read_on(contents, vfs, asked)?;
                    let found = terms.iter().filter_map(|term| contents.terms.get(term));
                    ordinals.extend(found.flat_map(|ordinals| ordinals.as_slice()).copied());
                }
            }
            Ok(ordinals)
        })?;
        ordinals.sort_unstable();
        ordinals.dedup();
        // A table in memory may know more than is asked for.
        ordinals.retain(|ordinal| asked.first_seq + u64::from(*ordinal) <= asked.last_seq);
        Ok(ordinals)
    }

    /// The ordinals of the records of a segment that are about a term and in which an intent stands, ascending.
    ///
    /// # Errors
    /// As [`Tables::ordinals`].
    pub(super) fn stated_ordinals(
        &self,
        vfs: &dyn Vfs,
        store_id: &[u8; 16],
        asked: Asked,
        term: &Term,
    ) -> Result<Vec<u32>> {
        let mut ordinals = self.answer(vfs, store_id, asked, &|source| match source {
            Source::Disk(table) => table.stated_ordinals(term),
            Source::Memory(contents) => {
                let contents = read_on(contents, vfs, asked)?;
                let of = |term: &Term| contents.terms.get(term).map_or(&[][..], Ordinals::as_slice);
                let stated = of(&Term::stated());
                let is_stated = |ordinal: &&u32| stated.binary_search(ordinal).is_ok();
                Ok(of(term).iter().filter(is_stated).copied().collect())
            }
        })?;
        ordinals.retain(|ordinal| asked.first_seq + u64::from(*ordinal) <= asked.last_seq);
        Ok(ordinals)
    }

    /// What a table says; where one on disk does not say it, one that is made anew does.
    fn answer<T>(
        &self,
        vfs: &dyn Vfs,
        store_id: &[u8; 16],
        asked: Asked,
        ask: &dyn Fn(&Source) -> Result<T>,
    ) -> Result<T> {
        let source = self.source(vfs, store_id, asked)?;
        match ask(&source) {
            Err(_) if source.is_on_disk() => ask(&self.begin(vfs, asked)?),
            answer => answer,
        }
    }

    /// A record of a segment.
    ///
    /// # Errors
    /// As [`Tables::ordinals`].
    pub(super) fn record(
        &self,
        vfs: &dyn Vfs,
        store_id: &[u8; 16],
        asked: Asked,
        ordinal: u32,
    ) -> Result<Record> {
        let seq = asked.first_seq + u64::from(ordinal);
        self.answer(vfs, store_id, asked, &|source| {
            let (salt, place): (u32, Place) = match source {
                Source::Disk(table) => (table.salt, table.place(ordinal)?),
                Source::Memory(contents) => {
                    let contents = read_on(contents, vfs, asked)?;
                    let place = contents.places.get(ordinal as usize).copied();
                    let missing = || Error::new(ErrorKind::Corrupt, "the log ends too early").at_seq(seq);
                    (contents.salt, place.ok_or_else(missing)?)
                }
            };
            read_record(vfs, asked.number, salt, place, seq)
        })
    }

    fn source(&self, vfs: &dyn Vfs, store_id: &[u8; 16], asked: Asked) -> Result<Source> {
        if let Some(source) = self.known().sources.get(&asked.number) {
            return Ok(source.clone());
        }
        if asked.ended {
            match Table::open(vfs, asked.number, store_id) {
                // What tells of records by their ordinals alone is not held against them: it has to be of this segment
                // and of no other with its number, such as one that was given up in a recovery.
                Ok(Some(table)) if fits(&table, asked) && table.salt == salt_of(vfs, asked.number)? => {
                    let source = Source::Disk(Arc::new(table));
                    self.known().sources.insert(asked.number, source.clone());
                    return Ok(source);
                }
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => {
                    self.known().damaged.insert(asked.number);
                }
            }
        }
        self.begin(vfs, asked)
    }

    /// The table in memory, with nothing in it where there was none: it takes the place of one on disk.
    fn begin(&self, vfs: &dyn Vfs, asked: Asked) -> Result<Source> {
        let begun = Source::Memory(Arc::new(Mutex::new(Contents::begin(vfs, asked.number)?)));
        let mut known = self.known();
        let Known { sources, damaged } = &mut *known;
        match sources.get(&asked.number) {
            // Somebody else was first.
            Some(source @ Source::Memory(_)) => return Ok(source.clone()),
            Some(Source::Disk(_)) => {
                damaged.insert(asked.number);
            }
            None => {}
        }
        sources.insert(asked.number, begun.clone());
        Ok(begun)
    }

    /// Forgets the tables of segments before this one.
    pub(crate) fn forget_before(&self, number: u64) {
        let mut known = self.known();
        known.sources = known.sources.split_off(&number);
        known.damaged = known.damaged.split_off(&number);
    }

    /// Writes the tables of ended segments that have at least so many bytes and no table, or a bad one. `next_seq` is
    /// the first behind them.
    ///
    /// # Errors
    /// `Full`, `Io`, with nothing changed that anybody needs; those of reading a segment.
    pub(crate) fn write(
        &self,
        vfs: &dyn Vfs,
        store_id: &[u8; 16],
        segments: &[SegmentInfo],
        next_seq: u64,
        bytes_min: u64,
    ) -> Result<()> {
        let present: BTreeSet<u64> = list(vfs)?.into_iter().collect();
        let damaged = self.known().damaged.clone();
        let ends = segments.iter().skip(1).map(|segment| segment.first_seq).chain([next_seq]);
        for (segment, end) in segments.iter().zip(ends) {
            let written = present.contains(&segment.number) && !damaged.contains(&segment.number);
            if written || segment.end < bytes_min {
                continue;
            }
            let failed = |error| Error::io("cannot create the directory", TABLE_DIR, error);
            vfs::uninterrupted(|| vfs.create_dir(TABLE_DIR)).map_err(failed)?;
            let mut contents = Contents::begin(vfs, segment.number)?;
            contents.extend(vfs, end.saturating_sub(1))?;
            let (path, bytes) = (table_path(segment.number), table::encode(&contents, store_id));
            vfs::write_new(vfs, &format!("{path}.tmp"), &path, TABLE_DIR, &bytes)?;
            let mut known = self.known();
            known.sources.remove(&segment.number);
            known.damaged.remove(&segment.number);
        }
        Ok(())
    }
}

/// A table in memory, at least as far as is asked.
fn read_on<'a>(
    contents: &'a Mutex<Contents>,
    vfs: &dyn Vfs,
    asked: Asked,
) -> Result<MutexGuard<'a, Contents>> {
    // It is whole after each record, so one who panicked left a table that is shorter and no other.
    let mut contents = contents.lock().unwrap_or_else(PoisonError::into_inner);
    contents.extend(vfs, asked.last_seq)?;
    Ok(contents)
}

/// Whether a table is that of the segment which it is named after.
fn fits(table: &Table, asked: Asked) -> bool {
    table.first_seq == asked.first_seq && table.first_seq + table.record_count == asked.last_seq + 1
}

/// The numbers of the tables in the directory, ascending.
fn list(vfs: &dyn Vfs) -> Result<Vec<u64>> {
    let names = vfs::list_sorted(vfs, TABLE_DIR)?;
    Ok(names.iter().filter_map(|name| format::parse_table_name(name)).collect())
}

/// Holds every table against its segment. Returns their bytes.
///
/// # Errors
/// `Corrupt` with the file of one that is not what its segment says.
pub(crate) fn check(
    vfs: &dyn Vfs,
    store_id: &[u8; 16],
    segments: &[SegmentInfo],
    last_seq: u64,
) -> Result<u64> {
    let mut size_bytes = 0;
    let first = segments.first().map_or(1, |segment| segment.number);
    // One of a dropped segment is a leftover.
    for number in list(vfs)?.into_iter().filter(|number| *number >= first) {
        let path = table_path(number);
        let wrong = || Error::new(ErrorKind::Corrupt, "a table is not what its segment says").in_file(&path);
        let at = segments.iter().position(|segment| segment.number == number).ok_or_else(wrong)?;
        let next = segments.get(at + 1).map_or(last_seq + 1, |next| next.first_seq);
        let mut contents = Contents::begin(vfs, number)?;
        contents.extend(vfs, next.saturating_sub(1))?;
        let bytes = vfs::read_if_exists(vfs, &path)?.ok_or_else(wrong)?;
        if bytes != table::encode(&contents, store_id) {
            return Err(wrong());
        }
        size_bytes += bytes.len() as u64;
    }
    Ok(size_bytes)
}
