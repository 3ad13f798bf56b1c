//! What stays of a dropped segment: its intents, their answers, and the ids that make a request known.
//!
//! The bytes that were written are gone. Who wanted what, what came of it, and which pages it changed is not.
//!
//! ```text
//! header   64 bytes: magic LUMENRM1, as FORMAT otherwise
//! segment  number, first seq, first seq behind it
//! records  those with an id, in order
//! crc      of everything before it
//! ```

use std::ops::Range;

use plan::wire::{Decoder, Encoder};
use plan::{Change, Delta, Intent, Malformation, Malformed, NamespaceId, PlanHash};

use crate::error::{Error, ErrorKind, Result};
use crate::format::{
    self, FORMAT_LEN, Fields, HORIZON_LEN, Horizon, RECORD_LEN_MAX, base_path, remnant_path,
};
use crate::index::Index;
use crate::record::{Body, Record};
use crate::refusal::{Outcome, Refusal};
use crate::vfs::{self, OpenMode, Vfs};

/// What stays of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remnant {
    pub(crate) seq: u64,
    pub(crate) time_ns: u64,
    pub(crate) intent: Option<(Intent, PlanHash)>,
    pub(crate) refusal: Option<Refusal>,
    /// The pages that it created.
    pub(crate) created: Range<u64>,
    /// The pages that it changed, derived ones included, ascending.
    pub(crate) pages: Vec<u64>,
    /// The namespaces of its entries, ascending.
    pub(crate) namespaces: Vec<NamespaceId>,
    /// The ids of its entries, ascending.
    pub(crate) entries: Vec<u128>,
}

/// What stays of one segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Remnants {
    pub(crate) segment: u64,
    pub(crate) first_seq: u64,
    /// The first seq behind the segment.
    pub(crate) next_seq: u64,
    pub(crate) records: Vec<Remnant>,
}

const HAS_INTENT: u8 = 1;
const HAS_REFUSAL: u8 = 2;

/// The ids of the pages that deltas create, in the order of the request's own numbers.
pub(crate) fn created_by(deltas: &[Delta]) -> Range<u64> {
    let is_created = |delta: &&Delta| matches!(delta.change, Change::Create { .. });
    let created = deltas.iter().filter(is_created).map(|delta| delta.page);
    let first = created.clone().next().unwrap_or_default();
    first..first + created.count() as u64
}

impl Remnant {
    /// What stays of a record; `None` where nobody can ask for it by an id.
    pub(crate) fn of(record: &Record) -> Option<Remnant> {
        let mut remnant = Remnant {
            seq: record.seq,
            time_ns: record.time_ns,
            intent: None,
            refusal: None,
            created: 0..0,
            pages: Vec::new(),
            namespaces: Vec::new(),
            entries: Vec::new(),
        };
        let decision = match &record.body {
            Body::Transaction { decision, deltas, derived, clients, .. } => {
                remnant.created = created_by(deltas);
                let changed = deltas.iter().chain(derived.iter().map(|made| &made.delta));
                remnant.pages = ascending(changed.map(|delta| delta.page));
                remnant.namespaces = ascending(clients.iter().map(|client| client.namespace));
                remnant.entries = ascending(clients.iter().map(|client| client.id).filter(|id| *id != 0));
                decision
            }
            Body::Refused { decision, refusal } => {
                remnant.refusal = Some(refusal.clone());
                decision
            }
            Body::Graph { .. } | Body::Namespace { .. } => return None,
        };
        remnant.intent = decision.as_ref().map(|decision| (decision.intent.clone(), decision.plan));
        (remnant.intent.is_some() || !remnant.entries.is_empty()).then_some(remnant)
    }

    /// The ids under which the record is known.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u128> {
        self.intent.iter().map(|(intent, _)| intent.id).chain(self.entries.iter().copied())
    }

    /// The answer that its request got.
    pub(crate) fn outcome(self) -> Outcome {
        let (seq, repeated) = (self.seq, true);
        match self.refusal {
            Some(refusal) => Outcome::Refused { seq, repeated, refusal },
            None => Outcome::Committed { seq, repeated, created: self.created },
        }
    }

    fn encode_to(&self, last: (u64, u64), out: &mut Encoder) -> std::result::Result<(), Malformed> {
        out.varint(self.seq - last.0);
        out.varint(self.time_ns - last.1);
        let has = |there: bool, flag| if there { flag } else { 0 };
        out.byte(has(self.intent.is_some(), HAS_INTENT) | has(self.refusal.is_some(), HAS_REFUSAL));
        if let Some((intent, plan)) = &self.intent {
            out.bytes(&intent.encode()?);
            out.raw(&plan.0);
        }
        if let Some(refusal) = &self.refusal {
            out.bytes(&refusal.encode());
        }
        out.varint(self.created.start);
        out.varint(self.created.end - self.created.start);
        let differences = |out: &mut Encoder, values: &mut dyn ExactSizeIterator<Item = u64>| {
            out.varint(values.len() as u64);
            let mut last = 0;
            for value in values {
                out.varint(value - last);
                last = value;
            }
        };
        differences(out, &mut self.pages.iter().copied());
        differences(out, &mut self.namespaces.iter().map(|namespace| u64::from(namespace.0)));
        out.varint(self.entries.len() as u64);
        self.entries.iter().for_each(|id| out.u128(*id));
        Ok(())
    }

    fn decode(
        decoder: &mut Decoder<'_>,
        last: (u64, u64),
        max: usize,
    ) -> std::result::Result<Remnant, Malformed> {
        let step = |decoder: &mut Decoder<'_>, last: u64, field| {
            let next = decoder.varint(field)?.checked_add(last);
            next.ok_or_else(|| decoder.malformed(Malformation::Range, field))
        };
        let seq = step(decoder, last.0, "seq")?;
        if seq == last.0 {
            return Err(decoder.malformed(Malformation::Order, "seq"));
        }
        let time_ns = step(decoder, last.1, "time")?;
        let flags = decoder.byte("flags")?;
        if flags & !(HAS_INTENT | HAS_REFUSAL) != 0 {
            return Err(decoder.malformed(Malformation::UnknownTag, "flags"));
        }
        let intent = match flags & HAS_INTENT {
            0 => None,
            _ => {
                let intent = Intent::decode(decoder.bytes(RECORD_LEN_MAX, "intent")?)?;
                Some((intent, PlanHash(decoder.array("plan")?)))
            }
        };
        let refusal = match flags & HAS_REFUSAL {
            0 => None,
            _ => Some(Refusal::decode(decoder.bytes(RECORD_LEN_MAX, "reason")?)?),
        };
        let first = decoder.varint("first created page")?;
        let created = first..step(decoder, first, "created pages")?;
        let mut last = 0;
        let mut differences = |decoder: &mut Decoder<'_>| {
            last = step(decoder, last, "difference")?;
            Ok(last)
        };
        let pages = decoder.items(max, "pages", &mut differences)?;
        let mut last = 0;
        let namespaces = decoder.items(max, "namespaces", |decoder| {
            last = step(decoder, last, "namespace")?;
            let number = u32::try_from(last);
            number.map(NamespaceId).map_err(|_| decoder.malformed(Malformation::Range, "namespace"))
        })?;
        let entries = decoder.items(max, "entries", |decoder| decoder.u128("id"))?;
        Ok(Remnant { seq, time_ns, intent, refusal, created, pages, namespaces, entries })
    }
}

fn ascending<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

impl Remnants {
    /// The bytes of the file.
    ///
    /// # Errors
    /// `Malformed`: none for what a log holds.
    pub(crate) fn encode(&self, store_id: &[u8; 16]) -> Result<Vec<u8>> {
        let mut body = Encoder::new();
        for number in [self.segment, self.first_seq, self.next_seq, self.records.len() as u64] {
            body.varint(number);
        }
        let mut last = (self.first_seq - 1, 0);
        for record in &self.records {
            record.encode_to(last, &mut body).map_err(Error::malformed)?;
            last = (record.seq, record.time_ns);
        }
        let mut bytes = format::remnant_header(store_id);
        bytes.extend_from_slice(body.as_slice());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// What stays of the dropped segment `number`, and the length of its file.
    ///
    /// # Errors
    /// `Corrupt` with the file, also where it is missing; `UnsupportedFormat`, `Io`.
    pub(crate) fn read(vfs: &dyn Vfs, number: u64, store_id: &[u8; 16]) -> Result<(Remnants, u64)> {
        let path = remnant_path(number);
        let damaged = |what: &str| {
            Error::new(ErrorKind::Corrupt, format!("what stays of a dropped segment {what}")).in_file(&path)
        };
        let bytes = vfs::read_if_exists(vfs, &path)?.ok_or_else(|| damaged("is missing"))?;
        format::check_remnant_header(&bytes, store_id, &path)?;
        let end = bytes.len().checked_sub(4).filter(|end| *end >= FORMAT_LEN);
        let (sealed, crc) =
            end.and_then(|end| bytes.split_at_checked(end)).ok_or_else(|| damaged("is cut off"))?;
        if Fields(crc).half() != crc32c::crc32c(sealed) {
            return Err(damaged("does not match its checksum"));
        }
        let body = sealed.get(FORMAT_LEN..).unwrap_or_default();
        let remnants = Remnants::decode(body).map_err(|error| damaged(&format!("has no form: {error}")))?;
        if remnants.segment != number {
            return Err(damaged("is that of another segment"));
        }
        Ok((remnants, bytes.len() as u64))
    }

    fn decode(body: &[u8]) -> std::result::Result<Remnants, Malformed> {
        let mut decoder = Decoder::new(body);
        let (segment, first_seq) = (decoder.varint("segment")?, decoder.varint("first seq")?);
        let next_seq = decoder.varint("next seq")?;
        let Some(before) = first_seq.checked_sub(1) else {
            return Err(decoder.malformed(Malformation::Range, "first seq"));
        };
        let mut last = (before, 0);
        let records = decoder.items(body.len(), "records", |decoder| {
            let record = Remnant::decode(decoder, last, body.len())?;
            last = (record.seq, record.time_ns);
            Ok(record)
        })?;
        decoder.finish("remnant")?;
        if last.0 >= next_seq {
            return Err(Malformed::new(Malformation::Range, "seq", body.len()));
        }
        Ok(Remnants { segment, first_seq, next_seq, records })
    }
}

/// How many dropped records are known by an id, and the bytes of everything that stays of dropped segments: horizon,
/// oldest state and remnants.
///
/// # Errors
/// As [`Remnants::read`].
pub(crate) fn count(vfs: &dyn Vfs, index: &Index) -> Result<(u64, u64)> {
    let Horizon { dropped, oldest_seq, .. } = index.horizon;
    if dropped == 0 {
        return Ok((0, 0));
    }
    let path = base_path(oldest_seq);
    let base = vfs::open_if_exists(vfs, &path, OpenMode::Read)?;
    let base_len = base.map_or(Ok(0), |base| vfs::uninterrupted(|| base.len()));
    let base_len = base_len.map_err(|error| Error::io("cannot read", &path, error))?;
    let (mut count, mut size_bytes) = (0, HORIZON_LEN as u64 + base_len);
    for number in 1..=dropped {
        let (remnants, len) = Remnants::read(vfs, number, &index.store_id)?;
        count += remnants.records.len() as u64;
        size_bytes += len;
    }
    Ok((count, size_bytes))
}
