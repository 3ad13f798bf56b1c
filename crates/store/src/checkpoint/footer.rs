//! What a checkpoint says besides its pages.

use std::sync::Arc;

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};

use super::block::Block;
use super::heads::Heads;
use crate::fold::Saved;
use crate::format::{FooterForm, Horizon, NAME_LEN_MAX, RECORD_LEN_MAX};
use crate::graph::GraphEdit;
use crate::ids::{Ids, Known, Listed};
use crate::index::{Index, SegmentInfo};
use crate::namespace::Namespace;
use crate::pages::{Lag, Pages};
use crate::record::Recovery;

/// Everything but the pages.
pub(super) struct Footer {
    seq: u64,
    hash: u128,
    hashed_seq: u64,
    next_id: u64,
    record_count: u64,
    tail_first_seq: u64,
    /// First seq, end and hash of each segment before the tail.
    segments: Vec<(u64, u64, bool, [u8; 32])>,
    recoveries: Vec<Recovery>,
    namespaces: Vec<Vec<u8>>,
    pub(super) ids: Listed,
    /// Each node, and how far it lags.
    graph: Vec<(GraphEdit, Option<Lag>)>,
    pub(super) blocks: Vec<Block>,
    folds: Vec<(String, Saved)>,
    /// `None` in the form without them.
    pub(super) heads: Option<Heads>,
}

impl Footer {
    pub(super) fn of(index: &Index, tail_first_seq: u64, blocks: Vec<Block>, heads: Heads) -> Footer {
        let segment_count = index.segments.len() as u64;
        // What the tail's first segment says about the one before it is read there again.
        let recoveries = index.recoveries.iter().filter(|recovery| recovery.segment < segment_count);
        let numbered = (1u32..).zip(&index.namespaces);
        let graph = index.pages.graph();
        Footer {
            seq: index.last_seq,
            hash: index.pages.hash(),
            hashed_seq: index.hashed_seq,
            next_id: index.pages.next_id(),
            record_count: index.record_count,
            tail_first_seq,
            segments: index.segments.iter().map(|s| (s.first_seq, s.end, s.ended, s.hash)).collect(),
            recoveries: recoveries.copied().collect(),
            namespaces: numbered.map(|(id, namespace)| namespace.encode(plan::NamespaceId(id))).collect(),
            ids: index.ids.listed(),
            graph: graph
                .edits()
                .map(|node| {
                    let lag = index.pages.lag(node.page());
                    (node, lag)
                })
                .collect(),
            blocks,
            folds: index.folds.iter().map(|(name, saved)| (name.clone(), saved.clone())).collect(),
            heads: Some(heads),
        }
    }

    /// The seq that it is of, and the state's hash.
    pub(super) fn state(&self) -> (u64, u128) {
        (self.seq, self.hash)
    }

    /// Its bytes, in the form that says which blocks are compressed or in the one where none is.
    pub(super) fn encode(&self, compressed: bool) -> Vec<u8> {
        let mut footer = Encoder::new();
        footer.varint(self.seq);
        footer.u128(self.hash);
        for number in [self.hashed_seq, self.next_id, self.record_count, self.tail_first_seq] {
            footer.varint(number);
        }
        footer.varint(self.segments.len() as u64);
        for (first_seq, end, ended, hash) in &self.segments {
            footer.varint(*first_seq);
            footer.varint(*end);
            footer.byte(u8::from(*ended));
            footer.raw(hash);
        }
        footer.varint(self.recoveries.len() as u64);
        for recovery in &self.recoveries {
            footer.bytes(&recovery.encode());
        }
        footer.varint(self.namespaces.len() as u64);
        for namespace in &self.namespaces {
            footer.bytes(namespace);
        }
        footer.varint(self.ids.len() as u64);
        for (id, known) in self.ids.iter() {
            footer.u128(*id);
            footer.varint(known.seq);
            footer.raw(&known.request);
        }
        footer.varint(self.graph.len() as u64);
        for (node, lag) in &self.graph {
            let mut item = Encoder::new();
            item.raw(&node.encode());
            lag.iter().for_each(|lag| lag.encode_to(&mut item));
            footer.bytes(item.as_slice());
        }
        footer.varint(self.blocks.len() as u64);
        for block in &self.blocks {
            footer.varint(block.first_id);
            footer.varint(block.len);
            footer.raw(&block.crc.to_le_bytes());
            if compressed {
                footer.varint(block.unpacked_len);
            }
        }
        // Without folds and heads a footer ends here, as all did once.
        if !self.folds.is_empty() || self.heads.is_some() {
            footer.varint(self.folds.len() as u64);
        }
        for (name, saved) in &self.folds {
            footer.bytes(name.as_bytes());
            footer.varint(u64::from(saved.version));
            footer.varint(saved.seq);
            footer.bytes(&saved.bytes);
        }
        self.heads.iter().for_each(|heads| heads.encode_to(&mut footer));
        footer.finish()
    }

    pub(super) fn decode(bytes: &[u8], form: FooterForm) -> Result<Footer, Malformed> {
        let mut decoder = Decoder::new(bytes);
        // Every count is at most the bytes that its items need at least one of.
        let max = bytes.len();
        let footer = Footer {
            seq: decoder.varint("seq")?,
            hash: decoder.u128("state hash")?,
            hashed_seq: decoder.varint("hashed seq")?,
            next_id: decoder.varint("next page")?,
            record_count: decoder.varint("record count")?,
            tail_first_seq: decoder.varint("first seq of the tail")?,
            segments: decoder.items(max, "segments", |decoder| {
                let (first_seq, end) = (decoder.varint("first seq")?, decoder.varint("segment end")?);
                Ok((first_seq, end, decoder.boolean("segment ended")?, decoder.array("segment hash")?))
            })?,
            recoveries: decoder.items(max, "recoveries", |decoder| {
                Recovery::decode(decoder.bytes(RECORD_LEN_MAX, "recovery")?)
            })?,
            namespaces: decoder.items(max, "namespaces", |decoder| {
                Ok(decoder.bytes(RECORD_LEN_MAX, "namespace")?.to_vec())
            })?,
            ids: Arc::new(decoder.items(max, "ids", |decoder| {
                let id = decoder.u128("id")?;
                let known = Known { seq: decoder.varint("seq of id")?, request: decoder.array("request")? };
                Ok((id, known))
            })?),
            graph: decoder.items(max, "graph", |decoder| {
                let mut item = Decoder::new(decoder.bytes(RECORD_LEN_MAX, "node")?);
                let node = GraphEdit::decode_from(&mut item)?;
                let lag = if item.is_empty() { None } else { Some(Lag::decode(&mut item)?) };
                item.finish("node")?;
                Ok((node, lag))
            })?,
            blocks: decoder.items(max, "blocks", |decoder| {
                Ok(Block {
                    first_id: decoder.varint("first page")?,
                    len: decoder.varint("block length")?,
                    crc: u32::from_le_bytes(decoder.array("block checksum")?),
                    unpacked_len: if form.compressed { decoder.varint("unpacked length")? } else { 0 },
                })
            })?,
            folds: if decoder.is_empty() && !form.heads {
                Vec::new()
            } else {
                decoder.items(max, "folds", |decoder| {
                    let name = decoder.text(NAME_LEN_MAX, "fold")?.to_owned();
                    let version = decoder.varint_up_to(u64::from(u32::MAX), "version of the fold")? as u32;
                    let seq = decoder.varint("seq of the fold")?;
                    let bytes = decoder.bytes(max, "saved fold")?.into();
                    Ok((name, Saved { version, seq, bytes }))
                })?
            },
            heads: if form.heads { Some(Heads::decode(&mut decoder, bytes)?) } else { None },
        };
        decoder.finish("footer")?;
        if footer.tail_first_seq > footer.seq.saturating_add(1) || footer.tail_first_seq == 0 {
            return Err(Malformed::new(Malformation::Range, "first seq of the tail", 0));
        }
        Ok(footer)
    }

    /// The index as it was, the seq that the tail begins with, and the hash that the pages must have.
    pub(super) fn into_index(
        self,
        store_id: [u8; 16],
        mut pages: Pages,
    ) -> Result<(Index, u64, u128), &'static str> {
        if self.next_id < pages.next_id() {
            return Err("next page id is one that it has");
        }
        pages.set_next_id(self.next_id);
        let (nodes, lags): (Vec<GraphEdit>, Vec<Option<Lag>>) = self.graph.into_iter().unzip();
        if !nodes.is_empty() && pages.edit_graph(&nodes).is_err() {
            return Err("graph is not one");
        }
        let mut lags = nodes.iter().map(GraphEdit::page).zip(lags);
        if !lags.all(|(page, lag)| pages.restore_lag(page, lag).is_ok()) {
            return Err("page lags that never does");
        }
        let mut namespaces = Vec::new();
        for (number, bytes) in (1u32..).zip(&self.namespaces) {
            match Namespace::decode(bytes) {
                Ok((id, namespace)) if id.0 == number => namespaces.push(namespace),
                _ => return Err("namespaces are not in their form"),
            }
        }
        let segments = (1u64..).zip(&self.segments).map(|(number, (first_seq, end, ended, hash))| {
            let (first_seq, end, ended, hash) = (*first_seq, *end, *ended, *hash);
            SegmentInfo { number, first_seq, end, ended, file_len: end, torn_bytes: 0, hash }
        });
        let index = Index {
            store_id,
            // Whoever reads the log behind it says.
            horizon: Horizon::default(),
            segments: segments.collect(),
            last_seq: self.seq,
            last_time_ns: 0,
            record_count: self.record_count,
            namespaces,
            ids: Ids::of(self.ids).ok_or("ids do not ascend")?,
            recoveries: self.recoveries,
            pages,
            hashed_seq: self.hashed_seq,
            folds: self.folds.into_iter().collect(),
            checkpoint_seq: self.seq,
            tail_bytes: 0,
        };
        Ok((index, self.tail_first_seq, self.hash))
    }
}
