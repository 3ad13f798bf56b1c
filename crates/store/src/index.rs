//! What a pass over the whole log learns and checks: segments and their chain, order, namespaces, ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use plan::{ClientEntry, Malformation, Malformed, NamespaceId};

use crate::checkpoint::{self, Checkpoint, Reading};
use crate::error::{Error, ErrorKind, Result};
use crate::fold::Saved;
use crate::format::{
    self, HORIZON_FILE, Horizon, LOG_DIR, SEGMENT_HEADER_LEN, SegmentHeader, StoreHeader, kind, tag,
};
use crate::graph::GraphEdit;
use crate::horizon;
use crate::ids::{Ids, Known};
use crate::namespace::Namespace;
use crate::pages::Pages;
use crate::record::{
    Body, Entries, LAGGING_VERSION, Position, RawRecord, Record, Recovery, TOLD_VERSION, decode_state_hash,
    single, time_step_ns,
};
use crate::segment::{Segment, unreadable};
use crate::vfs::{self, Vfs};

/// How far a pass goes into a segment without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Up to the last seq that a later record vouches for: another process may be writing the rest.
    Published,
    /// Every whole record: nobody else writes.
    Whole,
    /// The whole segments before this one, which was begun.
    Before(u64),
}

/// Sees each sequenced record in order, and the state after it.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&Record, &Pages) -> Result<()>;

/// What of a segment is read.
#[derive(Clone, Copy)]
struct Part {
    /// Whether no other follows.
    last: bool,
    extent: Extent,
    /// Records up to this seq are in the state already.
    skip: u64,
}

/// One segment as it was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentInfo {
    pub(crate) number: u64,
    pub(crate) first_seq: u64,
    /// Where its last whole record ends.
    pub(crate) end: u64,
    pub(crate) ended: bool,
    pub(crate) file_len: u64,
    pub(crate) torn_bytes: u64,
    /// BLAKE3 of the bytes up to `end`.
    pub(crate) hash: [u8; 32],
}

/// What a pass learned.
#[derive(Clone, Default)]
pub(crate) struct Index {
    pub(crate) store_id: [u8; 16],
    /// Where the log begins.
    pub(crate) horizon: Horizon,
    /// By number, from 1 on, dropped ones included.
    pub(crate) segments: Vec<SegmentInfo>,
    pub(crate) last_seq: u64,
    pub(crate) last_time_ns: u64,
    pub(crate) record_count: u64,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) ids: Ids,
    pub(crate) recoveries: Vec<Recovery>,
    /// The state after the last record.
    pub(crate) pages: Pages,
    /// The last seq whose state hash the log confirmed.
    pub(crate) hashed_seq: u64,
    /// What the checkpoint carries for other crates, by name.
    pub(crate) folds: BTreeMap<String, Saved>,
    /// The seq of the checkpoint that the pass began with; 0 for none.
    pub(crate) checkpoint_seq: u64,
    /// Bytes of the log behind that checkpoint.
    pub(crate) tail_bytes: u64,
}

/// Every so many seqs the log holds the state's hash, from the first page on.
pub(crate) const HASH_INTERVAL: u64 = 1_024;

impl Index {
    /// Reads every segment, from the oldest state on, and calls `visit` for each sequenced record in order.
    ///
    /// # Errors
    /// `NoStore`, `Corrupt`, `UnsupportedFormat`, `Io`, and what `visit` returns.
    pub(crate) fn read(vfs: &dyn Vfs, extent: Extent, visit: Visit<'_>) -> Result<Index> {
        Index::read_from(vfs, extent, read_base(vfs, Reading::WHOLE)?, visit)
    }

    /// Reads the newest checkpoint that is whole and fits the log, and the log behind it; without one, the whole log.
    /// Of the checkpoint's pages only so many bytes are taken into memory; where that has no limit, what is asked for.
    ///
    /// # Errors
    /// As [`Index::read`]: what the log before the checkpoint says is not looked at. `Corrupt` also when the whole log
    /// ends before a checkpoint, which is only made of what was on disk.
    pub(crate) fn open(vfs: &Arc<dyn Vfs>, extent: Extent, held_bytes_max: u64) -> Result<Index> {
        loop {
            let begin = horizon::bytes(&**vfs)?;
            match Index::open_once(vfs, extent, held_bytes_max) {
                // A writer dropped what was just read.
                Err(_) if horizon::bytes(&**vfs)? != begin => {}
                opened => return opened,
            }
        }
    }

    fn open_once(vfs: &Arc<dyn Vfs>, extent: Extent, held_bytes_max: u64) -> Result<Index> {
        let whole = Reading::Whole { held_bytes_max };
        let reading = if held_bytes_max == u64::MAX { Reading::Late(vfs) } else { whole };
        let vfs = &**vfs;
        let header = read_header(vfs)?;
        let mut next = checkpoint::newest(vfs, u64::MAX, &header.store_id, reading)?;
        let newest_seq = next.as_ref().map_or(0, Checkpoint::seq);
        let mut found = None;
        while let Some(checkpoint) = next {
            let before = checkpoint.seq().checked_sub(1);
            found = Index::read_from(vfs, extent, Some(checkpoint), &mut |_, _| Ok(())).ok();
            next = match before {
                Some(before) if found.is_none() => {
                    checkpoint::newest(vfs, before, &header.store_id, reading)?
                }
                _ => None,
            };
        }
        let index = match found {
            Some(index) => index,
            None => Index::read_from(vfs, extent, read_base(vfs, whole)?, &mut |_, _| Ok(()))?,
        };
        // A live writer's newest records may not be vouched for yet.
        if extent == Extent::Whole && index.last_seq < newest_seq {
            return Err(Error::new(ErrorKind::Corrupt, "the log ends before its checkpoint")
                .in_file(&format::checkpoint_path(newest_seq))
                .at_seq(index.last_seq + 1)
                .expected(format!("records up to seq {newest_seq}"))
                .found(index.last_seq.to_string()));
        }
        Ok(index)
    }

    /// The state at `seq` as the log has it, without the checkpoint that was made of it.
    ///
    /// # Errors
    /// As [`Index::read`]; `Corrupt` where the log does not tell of that state.
    pub(crate) fn state_at(vfs: &dyn Vfs, seq: u64) -> Result<Pages> {
        // Beside a live writer the end may look damaged; what is vouched for is read again then.
        let whole = Index::state_in(vfs, Extent::Whole, seq);
        whole.or_else(|error| Index::state_in(vfs, Extent::Published, seq).map_err(|_| error))
    }

    fn state_in(vfs: &dyn Vfs, extent: Extent, seq: u64) -> Result<Pages> {
        let store_id = read_header(vfs)?.store_id;
        let older = checkpoint::newest(vfs, seq.saturating_sub(1), &store_id, Reading::WHOLE)?;
        let replayed = |begin: Option<Checkpoint>| {
            let mut found =
                begin.as_ref().filter(|begin| begin.seq() == seq).map(|begin| begin.index.pages.clone());
            let missing = || Error::new(ErrorKind::Corrupt, "the log does not tell of a state").at_seq(seq);
            let read = Index::read_from(vfs, extent, begin, &mut |record, pages| {
                // What stands behind it has no part in it: a writer may be at work there.
                if record.seq > seq {
                    return Err(missing());
                }
                if record.seq == seq {
                    found = Some(pages.clone());
                }
                Ok(())
            });
            found.ok_or_else(|| read.err().unwrap_or_else(missing))
        };
        match older.map(|older| replayed(Some(older))) {
            Some(Ok(found)) => Ok(found),
            _ => replayed(read_base(vfs, Reading::WHOLE)?),
        }
    }

    /// Reads the log behind a checkpoint; without one, from its first record on.
    ///
    /// # Errors
    /// As [`Index::read`].
    pub(crate) fn read_from(
        vfs: &dyn Vfs,
        extent: Extent,
        checkpoint: Option<Checkpoint>,
        visit: Visit<'_>,
    ) -> Result<Index> {
        let header = read_header(vfs)?;
        let mut index = Index { store_id: header.store_id, ..Index::default() };
        let mut skip = 0;
        if let Some(Checkpoint { index: known, tail_first_seq }) = checkpoint {
            skip = known.last_seq;
            // The tail begins with a segment; what of it the checkpoint holds already is skipped.
            index = Index { last_seq: tail_first_seq - 1, ..known };
        }
        index.horizon = horizon::read(vfs, &index.store_id)?;
        index.check_horizon()?;
        let dropped = index.horizon.dropped;
        let begun = if let Extent::Before(number) = extent { number } else { u64::MAX };
        let names = vfs::list_sorted(vfs, LOG_DIR)?;
        let numbers = names.iter().filter_map(|name| format::parse_segment_name(name));
        // What stands before the horizon is a leftover.
        let numbers: Vec<u64> = numbers.filter(|number| *number > dropped && *number < begun).collect();
        let missing = |number: u64, index: &Index| {
            Err(Error::new(ErrorKind::Corrupt, "a segment is missing")
                .in_segment(number)
                .at_seq(index.last_seq.saturating_add(1)))
        };
        for (number, expected) in numbers.iter().zip(dropped + 1..) {
            if *number != expected {
                return missing(expected, &index);
            }
            if *number <= index.segments.len() as u64 {
                continue;
            }
            let last = Some(number) == numbers.last() && begun == u64::MAX;
            index.read_segment(vfs, *number, Part { last, extent, skip }, visit)?;
        }
        if numbers.is_empty() && dropped > 0 && dropped + 1 < begun {
            return missing(dropped + 1, &index);
        }
        if index.last_seq < skip || dropped + (numbers.len() as u64) < index.segments.len() as u64 {
            return Err(Error::new(ErrorKind::Corrupt, "the log ends before its checkpoint").at_seq(skip));
        }
        Ok(index)
    }

    /// The segments that were not dropped.
    pub(crate) fn kept_segments(&self) -> &[SegmentInfo] {
        let dropped = usize::try_from(self.horizon.dropped).unwrap_or(usize::MAX);
        self.segments.get(dropped..).unwrap_or_default()
    }

    /// Holds what is known of the last dropped segment against the horizon.
    fn check_horizon(&self) -> Result<()> {
        let Horizon { dropped, previous_len, previous_hash, .. } = self.horizon;
        let Some(at) = dropped.checked_sub(1) else { return Ok(()) };
        let last = usize::try_from(at).ok().and_then(|at| self.segments.get(at));
        if last.is_some_and(|last| (last.end, last.hash) == (previous_len, previous_hash)) {
            return Ok(());
        }
        let found = last.map(|last| format!("{} bytes, BLAKE3 {}", last.end, hex(&last.hash)));
        Err(Error::new(ErrorKind::Corrupt, "the horizon is not behind the segments that the state knows")
            .in_file(HORIZON_FILE)
            .expected(format!("segment {dropped} with {previous_len} bytes, BLAKE3 {}", hex(&previous_hash)))
            .found(found.unwrap_or("no such segment".to_owned())))
    }

    fn read_segment(&mut self, vfs: &dyn Vfs, number: u64, part: Part, visit: Visit<'_>) -> Result<()> {
        let bytes = read_segment_bytes(vfs, number)?;
        let segment = match Segment::parse(&bytes, number) {
            // A live writer may have filled the part that was read first while the rest was read.
            Err(error)
                if part.last && part.extent == Extent::Published && error.kind() == ErrorKind::Corrupt =>
            {
                let again = read_segment_bytes(vfs, number)?;
                if again == bytes {
                    return Err(error);
                }
                return self.admit(&again, &Segment::parse(&again, number)?, part, visit);
            }
            segment => segment?,
        };
        self.admit(&bytes, &segment, part, visit)
    }

    fn admit(
        &mut self,
        bytes: &[u8],
        segment: &Segment<'_>,
        Part { last, extent, skip }: Part,
        visit: Visit<'_>,
    ) -> Result<()> {
        let number = segment.header.number;
        self.check_chain(segment)?;
        if !last && segment.tail.end != bytes.len() as u64 {
            return Err(Error::new(ErrorKind::Corrupt, "acknowledged data is damaged")
                .in_segment(number)
                .at(segment.tail.end)
                .at_seq(segment.last_seq.saturating_add(1))
                .expected("a whole segment, since another follows")
                .found(format!(
                    "{} bytes behind the last whole record",
                    bytes.len() as u64 - segment.tail.end
                )));
        }
        let cut = extent == Extent::Published && last && !segment.tail.ended;
        let upto = if cut { segment.durable_upto } else { segment.last_seq };
        if segment.header.first_seq > skip {
            self.tail_bytes += SEGMENT_HEADER_LEN as u64;
        }
        let mut time_ns = segment.header.start_time_ns;
        for (at, raw) in segment.records.iter().enumerate().filter(|(_, raw)| raw.seq <= upto) {
            if raw.seq > skip {
                self.tail_bytes += raw.padded_len() as u64;
            }
            match raw.kind {
                kind::RECOVERED => self.admit_recovery(number, at, raw)?,
                kind::MARK | kind::END => check_no_entries(number, raw)?,
                kind::HASH | kind::NAMESPACE if raw.seq <= skip => {}
                kind::HASH => self.admit_hash(number, raw)?,
                // Only the time goes on from what the checkpoint holds already.
                _ if raw.seq <= skip => {
                    let step_ns =
                        time_step_ns(raw.entries).map_err(|error| unreadable(&error, number, raw))?;
                    time_ns = time_ns.saturating_add(step_ns);
                }
                _ => {
                    let (record, request) = decode(raw, number, &mut time_ns)?;
                    self.admit_record(raw, &record, request)?;
                    visit(&record, &self.pages)?;
                    self.record_count += 1;
                }
            }
        }
        self.last_seq = upto;
        self.last_time_ns = time_ns;
        let whole = usize::try_from(segment.tail.end).ok().and_then(|end| bytes.get(..end)).unwrap_or(bytes);
        self.segments.push(SegmentInfo {
            number,
            first_seq: segment.header.first_seq,
            end: segment.tail.end,
            ended: segment.tail.ended,
            file_len: bytes.len() as u64,
            torn_bytes: segment.tail.torn_bytes,
            hash: *blake3::hash(whole).as_bytes(),
        });
        Ok(())
    }

    /// Holds a segment's header against the segment before it.
    fn check_chain(&self, segment: &Segment<'_>) -> Result<()> {
        let header: &SegmentHeader = &segment.header;
        let corrupt =
            |what: &str| Error::new(ErrorKind::Corrupt, what.to_owned()).in_segment(header.number).at(0);
        if header.store_id != self.store_id {
            return Err(corrupt("the segment belongs to another store"));
        }
        if header.first_seq != self.last_seq + 1 {
            return Err(corrupt("the log's order has a gap between two segments")
                .at_seq(self.last_seq + 1)
                .expected(format!("first seq {}", self.last_seq + 1))
                .found(header.first_seq.to_string()));
        }
        let (len, hash, ended) =
            self.segments.last().map_or((0, [0; 32], true), |s| (s.end, s.hash, s.ended));
        if (header.previous_len, header.previous_hash) != (len, hash) {
            return Err(corrupt("the segment before is not the one that this one continues")
                .expected(format!("{} bytes, BLAKE3 {}", header.previous_len, hex(&header.previous_hash)))
                .found(format!("{len} bytes, BLAKE3 {}", hex(&hash))));
        }
        let recovers = segment.records.first().is_some_and(|record| record.kind == kind::RECOVERED);
        if !ended && !recovers {
            return Err(corrupt("the segment before has no end, and no record says that it was recovered"));
        }
        Ok(())
    }

    fn admit_recovery(&mut self, number: u64, at: usize, raw: &RawRecord<'_>) -> Result<()> {
        let recovery = Recovery::decode(raw.entries).map_err(|error| unreadable(&error, number, raw))?;
        let previous = self.segments.last();
        let fits = at == 0
            && previous
                .is_some_and(|p| !p.ended && (p.number, p.end) == (recovery.segment, recovery.kept_bytes));
        if !fits {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the log says that a segment was recovered which was not",
            )
            .in_segment(number)
            .at(raw.offset)
            .found(format!("{recovery:?}")));
        }
        self.recoveries.push(recovery);
        Ok(())
    }

    /// Whether a HASH belongs behind the last record.
    pub(crate) fn hash_is_due(&self) -> bool {
        self.last_seq.is_multiple_of(HASH_INTERVAL) && self.pages.next_id() > 1
    }

    /// Holds the state against the hash that the log states.
    pub(crate) fn admit_hash(&mut self, number: u64, raw: &RawRecord<'_>) -> Result<()> {
        let logged = decode_state_hash(raw.entries).map_err(|error| unreadable(&error, number, raw))?;
        check_hash(logged, self.pages.hash(), self.hashed_seq, raw.seq)
            .map_err(|error| error.in_segment(number).at(raw.offset))?;
        self.hashed_seq = raw.seq;
        Ok(())
    }

    fn admit_record(&mut self, raw: &RawRecord<'_>, record: &Record, request: [u8; 16]) -> Result<()> {
        let corrupt = |what: String| {
            Error::new(ErrorKind::Corrupt, what)
                .in_segment(record.position.segment)
                .at(raw.offset)
                .at_seq(raw.seq)
        };
        self.pages.replay(record)?;
        match &record.body {
            Body::Transaction { decision, clients, .. } => {
                for client in clients {
                    self.kind(client).map_err(|error| corrupt(error.to_string()))?;
                }
                let intent = decision.iter().map(|decision| decision.intent.id);
                self.admit_ids(raw.seq, request, intent.chain(clients.iter().map(|client| client.id)))
                    .map_err(corrupt)?;
            }
            Body::Refused { decision, .. } => {
                let intent = decision.iter().map(|decision| decision.intent.id);
                self.admit_ids(raw.seq, request, intent).map_err(corrupt)?;
            }
            Body::Graph { .. } => {}
            Body::Namespace { id, namespace } => {
                self.admit_namespace(*id, namespace).map_err(|error| corrupt(error.to_string()))?;
            }
        }
        Ok(())
    }

    fn admit_ids(
        &mut self,
        seq: u64,
        request: [u8; 16],
        ids: impl Iterator<Item = u128>,
    ) -> std::result::Result<(), String> {
        for id in ids.filter(|id| *id != 0) {
            if self.ids.get(id).is_some() {
                return Err(format!("id {id:032x} stands in two entries"));
            }
            self.ids.insert(id, Known { seq, request });
        }
        Ok(())
    }

    fn admit_namespace(&mut self, id: NamespaceId, namespace: &Namespace) -> Result<()> {
        // Only what the writer would have logged: the next number, or more kinds under the same one.
        let (planned, joined, known) = self.plan_registration(namespace)?;
        if planned != id || joined != *namespace || known {
            return Err(Error::new(ErrorKind::Malformed, "a namespace is registered out of order")
                .expected(format!("number {}", planned.0))
                .found(format!("`{}` as number {}", namespace.name, id.0)));
        }
        self.set_namespace(id, joined);
        Ok(())
    }

    /// The number a namespace has or would get, its kinds joined with the logged ones, and whether the log says
    /// all of that already.
    pub(crate) fn plan_registration(&self, namespace: &Namespace) -> Result<(NamespaceId, Namespace, bool)> {
        let Some(at) = self.namespaces.iter().position(|logged| logged.name == namespace.name) else {
            return Ok((NamespaceId(self.namespaces.len() as u32 + 1), namespace.clone(), false));
        };
        let logged = self.namespaces.get(at).unwrap_or(namespace);
        let joined = namespace.join(logged)?;
        let known = joined == *logged;
        Ok((NamespaceId(at as u32 + 1), joined, known))
    }

    /// Takes over a registration that [`Index::plan_registration`] planned.
    pub(crate) fn set_namespace(&mut self, id: NamespaceId, namespace: Namespace) {
        match self.namespaces.get_mut((id.0 as usize).wrapping_sub(1)) {
            Some(logged) => *logged = namespace,
            None => self.namespaces.push(namespace),
        }
    }

    /// The namespace that the log knows under a number.
    pub(crate) fn namespace(&self, id: NamespaceId) -> Option<&Namespace> {
        self.namespaces.get((id.0 as usize).checked_sub(1)?)
    }

    /// Checks that an entry's namespace, kind and version are registered.
    pub(crate) fn kind(&self, client: &ClientEntry) -> Result<()> {
        let Some(namespace) = self.namespace(client.namespace) else {
            return Err(Error::new(ErrorKind::UnknownKind, "the entry's namespace is not registered")
                .expected(format!("a number from 1 to {}", self.namespaces.len()))
                .found(client.namespace.0.to_string()));
        };
        if namespace.kind(client.kind, client.version).is_none() {
            return Err(Error::new(
                ErrorKind::UnknownKind,
                format!("the entry's kind is not registered in namespace `{}`", namespace.name),
            )
            .found(format!("kind {} version {}", client.kind, client.version)));
        }
        Ok(())
    }
}

/// The state that the log begins with; `None` for the empty one.
pub(crate) fn read_base(vfs: &dyn Vfs, reading: Reading<'_>) -> Result<Option<Checkpoint>> {
    let store_id = read_header(vfs)?.store_id;
    horizon::base(vfs, &store_id, &horizon::read(vfs, &store_id)?, reading)
}

fn read_header(vfs: &dyn Vfs) -> Result<StoreHeader> {
    match vfs::read_if_exists(vfs, format::FORMAT_FILE)? {
        Some(bytes) => StoreHeader::decode(&bytes),
        None => Err(Error::new(ErrorKind::NoStore, "no store here").in_file(format::FORMAT_FILE)),
    }
}

/// Holds the hash of a replayed state against the logged one.
///
/// # Errors
/// `Diverged` with the seq where they differ and the last one where they were equal.
pub(crate) fn check_hash(logged: u128, found: u128, equal_at: u64, seq: u64) -> Result<()> {
    if logged == found {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Diverged, "the replayed state is not the one that was")
        .at_seq(seq)
        .expected(format!("state hash {logged:032x}, equal up to seq {equal_at}"))
        .found(format!("{found:032x}")))
}

/// All bytes of a segment.
///
/// # Errors
/// `Corrupt` where it is missing, `SeqTooOld` where it was dropped; `Io`.
pub(crate) fn read_segment_bytes(vfs: &dyn Vfs, number: u64) -> Result<Vec<u8>> {
    vfs::read_if_exists(vfs, &format::segment_path(number))?
        .ok_or_else(|| horizon::missing_segment(vfs, number))
}

/// A sequenced record in typed form, and the hash of its request. `time_ns` runs along the segment.
pub(crate) fn decode(raw: &RawRecord<'_>, segment: u64, time_ns: &mut u64) -> Result<(Record, [u8; 16])> {
    let failed = |error| unreadable(&error, segment, raw);
    let mut request = [0; 16];
    let body = if raw.kind == kind::NAMESPACE {
        let payload = single(raw.entries, tag::NAMESPACE).map_err(failed)?;
        let (id, namespace) = Namespace::decode(payload).map_err(failed)?;
        Body::Namespace { id, namespace }
    } else {
        let mut entries = Entries::decode(raw.entries, raw.seq).map_err(failed)?;
        *time_ns = time_ns.saturating_add(entries.time_step_ns);
        let told = (raw.kind, raw.version) == (kind::TXN, TOLD_VERSION);
        let decision = entries.take_decision(told).map_err(failed)?;
        let own_bytes = || request_hash(raw.entries.get(..entries.request_len).unwrap_or_default());
        request = entries.request.unwrap_or_else(own_bytes);
        let Entries { deltas, derived, watermarks, edits, clients, blobs, refusal, .. } = entries;
        let pageless = deltas.is_empty() && derived.is_empty() && watermarks.is_empty();
        let plain = pageless && clients.is_empty() && blobs.is_empty();
        match (raw.kind, refusal, edits.is_empty()) {
            (kind::REFUSED, Some(refusal), true) if plain => Body::Refused { decision, refusal },
            (kind::GRAPH, None, false) if plain && decision.is_none() => {
                if raw.version != LAGGING_VERSION && edits.iter().any(GraphEdit::may_lag) {
                    return Err(failed(Malformed::new(Malformation::Trailing, "node", 0)));
                }
                Body::Graph { edits }
            }
            (kind::TXN, None, true) => {
                Body::Transaction { decision, deltas, derived, watermarks, clients, blobs }
            }
            _ => return Err(failed(Malformed::new(Malformation::Order, "reason", 0))),
        }
    };
    let position = Position { segment, offset: raw.offset };
    let len_bytes = raw.padded_len() as u64;
    Ok((Record { seq: raw.seq, time_ns: *time_ns, position, len_bytes, body }, request))
}

/// What identifies a request: its entries without the time they were sequenced at.
pub(crate) fn request_hash(entries: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(entries).as_bytes()[..16]);
    hash
}

fn check_no_entries(segment: u64, raw: &RawRecord<'_>) -> Result<()> {
    if raw.entries.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::UnsupportedFormat, "a mark with entries").in_segment(segment).at(raw.offset))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
