//! Records: a 32-byte header, entries, and zeros up to a multiple of 8.
//!
//! One record is one transaction, so a transaction is whole or absent. Records of bookkeeping repeat the last seq:
//! how often they are written changes no seq.

use plan::wire::{Decoder, Encoder};
use plan::{
    ClientEntry, Delta, Expr, Intent, Malformation, Malformed, NamespaceId, PlanHash, Read, UpsertPlan, query,
};

use crate::blobs::BlobRef;
use crate::derive::Derived;
use crate::format::{Fields, RECORD_HEADER_LEN, RECORD_LEN_MAX, kind, tag};
use crate::graph::GraphEdit;
use crate::namespace::Namespace;
use crate::pages::Watermark;
use crate::refusal::Refusal;
use crate::told;
use crate::validate::ValidDeltas;

/// The version of every record kind's form that this crate writes and reads.
pub(crate) const RECORD_VERSION: u8 = 1;
/// The version of a TXN whose plan its entries tell, so that no REQUEST stands in it.
pub(crate) const TOLD_VERSION: u8 = 2;
/// The version of a GRAPH behind which nodes may lag.
pub(crate) const LAGGING_VERSION: u8 = 2;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The number of its segment.
    pub segment: u64,
    /// The byte offset of its header in the segment's file.
    pub offset: u64,
}

/// A record as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the one order of the log.
    pub seq: u64,
    /// When it was sequenced, nanoseconds since 1970, strictly ascending. Never an order.
    pub time_ns: u64,
    /// Where it stands.
    pub position: Position,
    /// Its length in the file, padding included.
    pub len_bytes: u64,
    /// What it says.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// A transaction.
    Transaction {
        /// What an upsert was decided on; `None` for a transaction without conditions.
        decision: Option<Box<Decision>>,
        /// What it did to pages, by kind of change and page. A write with base 0 is to a page that it created.
        deltas: Vec<Delta>,
        /// What followed for derived pages, in the order in which they were computed.
        derived: Vec<Derived>,
        /// How far the inputs reach of the pages that it computed on their own account, by page.
        watermarks: Vec<Watermark>,
        /// Its client entries, in the order of the request.
        clients: Vec<ClientEntry>,
        /// The blobs it names, in the order of the request.
        blobs: Vec<BlobRef>,
    },
    /// A request was refused: it changed nothing and is on record.
    Refused {
        /// What an upsert was decided on; `None` for changes without conditions.
        decision: Option<Box<Decision>>,
        /// Why.
        refusal: Refusal,
    },
    /// The graph of derived pages changed.
    Graph {
        /// By page.
        edits: Vec<GraphEdit>,
    },
    /// A namespace was registered, or gained kinds.
    Namespace {
        /// Its number in this log.
        id: NamespaceId,
        /// All its kinds from here on.
        namespace: Namespace,
    },
}

/// What the store decided an upsert on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who wanted it, and why.
    pub intent: Intent,
    /// The hash of the plan.
    pub plan: PlanHash,
    /// What it was made from.
    pub reads: Vec<Read>,
    /// What had to hold.
    pub guard: Option<Expr>,
}

/// What an opening found behind the last whole record of a writer that did not close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The segment that had no end.
    pub segment: u64,
    /// How many bytes of it were kept.
    pub kept_bytes: u64,
    /// How many bytes behind them, up to the last one that was not zero, were dropped. Nothing in them was
    /// acknowledged.
    pub dropped_bytes: u64,
}

impl Recovery {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = Encoder::new();
        payload.varint(self.segment);
        payload.varint(self.kept_bytes);
        payload.varint(self.dropped_bytes);
        let mut entries = Encoder::new();
        entries.entry(tag::RECOVERY, payload.as_slice());
        entries.finish()
    }

    pub(crate) fn decode(entries: &[u8]) -> Result<Recovery, Malformed> {
        let mut decoder = Decoder::new(single(entries, tag::RECOVERY)?);
        let recovery = Recovery {
            segment: decoder.varint("recovered segment")?,
            kept_bytes: decoder.varint("kept bytes")?,
            dropped_bytes: decoder.varint("dropped bytes")?,
        };
        decoder.finish("recovery")?;
        Ok(recovery)
    }
}

/// The payload of entries that must be one entry with this tag.
pub(crate) fn single(entries: &[u8], expected: u8) -> Result<&[u8], Malformed> {
    let mut decoder = Decoder::new(entries);
    if decoder.byte("entry tag")? != expected {
        return Err(Malformed::new(Malformation::UnknownTag, "entry tag", 0));
    }
    let payload = decoder.bytes(RECORD_LEN_MAX, "entry")?;
    decoder.finish("record")?;
    Ok(payload)
}

/// The entries of a transaction or a refusal, then its time as the difference to the one before it.
#[derive(Default)]
pub(crate) struct Entries {
    intent: Option<Intent>,
    reads: Vec<Read>,
    guard: Option<Expr>,
    pub(crate) deltas: Vec<Delta>,
    pub(crate) derived: Vec<Derived>,
    pub(crate) edits: Vec<GraphEdit>,
    pub(crate) watermarks: Vec<Watermark>,
    pub(crate) clients: Vec<ClientEntry>,
    pub(crate) blobs: Vec<BlobRef>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) time_step_ns: u64,
    /// How many bytes stand before the time: what a request of only clients and blobs consists of.
    pub(crate) request_len: usize,
    /// The hash of any other request.
    pub(crate) request: Option<[u8; 16]>,
}

impl Entries {
    /// Reads the entries of the record with this seq.
    pub(crate) fn decode(bytes: &[u8], seq: u64) -> Result<Entries, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let mut entries = Entries::default();
        let mut last = 0;
        while !decoder.is_empty() {
            let start = decoder.offset();
            let tag = decoder.byte("entry tag")?;
            let repeats = matches!(tag, tag::WRITE..=tag::DERIVED | tag::CLIENT | tag::BLOB | tag::NODE..=tag::WATERMARK);
            if start > 0 && (tag < last || (tag == last && !repeats)) {
                return Err(Malformed::new(Malformation::Order, "entry tag", start));
            }
            last = tag;
            let payload = decoder.bytes(RECORD_LEN_MAX, "entry")?;
            match tag {
                tag::INTENT => entries.intent = Some(Intent::decode(payload)?),
                tag::READS => entries.reads = query::decode_reads(payload)?,
                tag::GUARD => {
                    let mut payload = Decoder::new(payload);
                    entries.guard = Some(Expr::decode(&mut payload)?);
                    payload.finish("guard")?;
                }
                tag::WRITE..=tag::META => entries.deltas.push(decode_delta(tag, payload, seq)?),
                tag::DERIVED => {
                    let (function, write) = Derived::split(payload)?;
                    let delta = decode_delta(tag::WRITE, write, seq)?;
                    entries.derived.push(Derived { function, delta });
                }
                tag::NODE => entries.edits.push(GraphEdit::decode(payload)?),
                tag::WATERMARK => entries.watermarks.push(Watermark::decode(payload, seq)?),
                tag::CLIENT => entries.clients.push(ClientEntry::decode(payload)?),
                tag::BLOB => entries.blobs.push(BlobRef::decode(payload)?),
                tag::REASON => entries.refusal = Some(Refusal::decode(payload)?),
                tag::TIME => {
                    entries.time_step_ns = decode_time(payload)?;
                    entries.request_len = start;
                }
                tag::REQUEST => entries.request = Some(hash_of(payload, "request")?),
                _ => return Err(Malformed::new(Malformation::UnknownTag, "entry tag", start)),
            }
        }
        if entries.time_step_ns == 0 {
            return Err(Malformed::new(Malformation::Range, "time", bytes.len()));
        }
        Ok(entries)
    }

    /// What was decided on, if somebody stated an intent; `told` where the entries stand for their plan.
    pub(crate) fn take_decision(&mut self, told: bool) -> Result<Option<Box<Decision>>, Malformed> {
        let reads = std::mem::take(&mut self.reads);
        let guard = self.guard.take();
        if told {
            let (Some(intent), None) = (self.intent.take(), self.request) else {
                return Err(Malformed::new(Malformation::UnknownTag, "request", 0));
            };
            let plan = told::plan(intent, reads, guard, &self.deltas, &self.clients);
            let hash = plan.hash()?;
            self.request = Some(hash.0);
            let UpsertPlan { intent, reads, guard, .. } = plan;
            return Ok(Some(Box::new(Decision { intent, plan: hash, reads, guard })));
        }
        match (self.intent.take(), self.request) {
            (Some(intent), Some(plan)) => {
                Ok(Some(Box::new(Decision { intent, plan: PlanHash(plan), reads, guard })))
            }
            (Some(_), None) => Err(Malformed::new(Malformation::Truncated, "request", 0)),
            (None, _) if reads.is_empty() && guard.is_none() => Ok(None),
            (None, _) => Err(Malformed::new(Malformation::Truncated, "intent", 0)),
        }
    }
}

/// Appends the entries of a transaction's deltas. Versions stand as their distance from `seq`, which stays short in a
/// long log; 0 is a page that the transaction itself creates.
pub(crate) fn encode_deltas(entries: &mut Encoder, seq: u64, deltas: &ValidDeltas) {
    for delta in deltas.as_slice() {
        let age = if delta.base == 0 { 0 } else { seq.saturating_sub(delta.base) };
        entries.entry_with(delta.tag(), |payload| delta.encode_to(age, payload));
    }
}

fn decode_delta(tag: u8, payload: &[u8], seq: u64) -> Result<Delta, Malformed> {
    let mut delta = Delta::decode(tag, payload)?;
    if delta.base != 0 {
        delta.base = seq.checked_sub(delta.base).filter(|base| *base > 0).ok_or(Malformed::new(
            Malformation::Range,
            "base version",
            0,
        ))?;
    }
    Ok(delta)
}

fn hash_of(payload: &[u8], field: &'static str) -> Result<[u8; 16], Malformed> {
    let mut decoder = Decoder::new(payload);
    let hash = decoder.array(field)?;
    decoder.finish(field)?;
    Ok(hash)
}

/// The longest REQUEST entry: tag, length, hash.
pub(crate) const REQUEST_LEN: usize = 18;
/// The entries of a HASH record, padded.
pub(crate) const STATE_HASH_LEN: usize = 24;

/// The entries of a HASH record.
pub(crate) fn encode_state_hash(hash: u128) -> Vec<u8> {
    let mut entries = Encoder::new();
    entries.entry(tag::STATE_HASH, &hash.to_le_bytes());
    entries.finish()
}

pub(crate) fn decode_state_hash(entries: &[u8]) -> Result<u128, Malformed> {
    Ok(u128::from_le_bytes(hash_of(single(entries, tag::STATE_HASH)?, "state hash")?))
}

pub(crate) fn encode_time(entries: &mut Encoder, step_ns: u64) {
    let mut payload = Encoder::new();
    payload.varint(step_ns);
    entries.entry(tag::TIME, payload.as_slice());
}

fn decode_time(payload: &[u8]) -> Result<u64, Malformed> {
    let mut decoder = Decoder::new(payload);
    let step = decoder.varint("time")?;
    decoder.finish("time")?;
    Ok(step)
}

/// The time of a record as the difference to the one before it, whatever else stands among its entries.
pub(crate) fn time_step_ns(entries: &[u8]) -> Result<u64, Malformed> {
    let mut decoder = Decoder::new(entries);
    while !decoder.is_empty() {
        let tag = decoder.byte("entry tag")?;
        let payload = decoder.bytes(RECORD_LEN_MAX, "entry")?;
        if tag == tag::TIME {
            return decode_time(payload);
        }
    }
    Err(decoder.malformed(Malformation::Truncated, "time"))
}

/// A record's header and the place of its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawRecord<'a> {
    pub(crate) offset: u64,
    pub(crate) kind: u8,
    pub(crate) version: u8,
    pub(crate) flags: u16,
    pub(crate) seq: u64,
    pub(crate) durable_upto: u64,
    pub(crate) entries: &'a [u8],
}

impl<'a> RawRecord<'a> {
    /// The record at `offset` of a segment's bytes, if length, salt, checksum and padding hold.
    pub(crate) fn parse(segment: &'a [u8], offset: usize, salt: u32) -> Option<RawRecord<'a>> {
        let rest = segment.get(offset..)?;
        let mut fields = Fields(rest.get(..RECORD_HEADER_LEN)?);
        let len = fields.half() as usize;
        let crc = fields.half();
        let salted = fields.half() == salt;
        if !salted || !(RECORD_HEADER_LEN..=RECORD_LEN_MAX).contains(&len) {
            return None;
        }
        let padding = rest.get(len..padded(len))?;
        let record = rest.get(..len)?;
        if padding.iter().any(|byte| *byte != 0) || checksum(record) != crc {
            return None;
        }
        let [kind, version] = fields.take();
        let flags = u16::from_le_bytes(fields.take());
        let (seq, durable_upto) = (fields.word(), fields.word());
        let entries = record.get(RECORD_HEADER_LEN..)?;
        Some(RawRecord { offset: offset as u64, kind, version, flags, seq, durable_upto, entries })
    }

    /// Its length in the file.
    pub(crate) fn padded_len(&self) -> usize {
        padded(RECORD_HEADER_LEN + self.entries.len())
    }

    /// Whether the writer vouched that all before `seq` ends was on disk when it wrote this record. MARK and END
    /// are written only then; any other record says how far it goes.
    pub(crate) fn claims(&self, seq: u64) -> bool {
        matches!(self.kind, kind::MARK | kind::END) || self.durable_upto >= seq
    }
}

/// Appends a record of the usual version to `out`.
pub(crate) fn encode(out: &mut Vec<u8>, salt: u32, kind: u8, seq: u64, durable_upto: u64, entries: &[u8]) {
    encode_parts(out, salt, [kind, RECORD_VERSION], seq, durable_upto, &[entries]);
}

/// Appends a record of this kind and version, whose entries come in pieces, to `out`.
pub(crate) fn encode_parts(
    out: &mut Vec<u8>,
    salt: u32,
    [kind, version]: [u8; 2],
    seq: u64,
    durable_upto: u64,
    entries: &[&[u8]],
) {
    let start = out.len();
    let len = RECORD_HEADER_LEN + entries.iter().map(|part| part.len()).sum::<usize>();
    let mut header = [0; RECORD_HEADER_LEN];
    header[..4].copy_from_slice(&(len as u32).to_le_bytes());
    header[8..12].copy_from_slice(&salt.to_le_bytes());
    header[12..14].copy_from_slice(&[kind, version]);
    header[16..24].copy_from_slice(&seq.to_le_bytes());
    header[24..].copy_from_slice(&durable_upto.to_le_bytes());
    out.reserve(padded(len));
    out.extend_from_slice(&header);
    entries.iter().for_each(|part| out.extend_from_slice(part));
    let crc = checksum(&out[start..]).to_le_bytes();
    out[start + 4..start + 8].copy_from_slice(&crc);
    out.resize(start + padded(len), 0);
}

/// `len` rounded up to the alignment of records.
pub(crate) fn padded(len: usize) -> usize {
    len.next_multiple_of(8)
}

/// The CRC32C of a record without its own four bytes.
fn checksum(record: &[u8]) -> u32 {
    let (len, rest) = record.split_at_checked(4).unwrap_or((record, &[]));
    crc32c::crc32c_append(crc32c::crc32c(len), rest.get(4..).unwrap_or_default())
}
