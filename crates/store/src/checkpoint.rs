//! Checkpoints: the state at one seq in a file of its own, so that opening reads only the log behind it.
//!
//! A checkpoint is derived from the log and holds nothing that the log does not. Losing or damaging one costs time at
//! the next opening and nothing else; verification holds each against the replayed log.
//!
//! ```text
//! header   64 bytes: magic LUMENCK1, as FORMAT otherwise
//! blocks   pages by id, up to 64 KiB each unless one page is longer
//! footer   seq, state hash, what the index knows, and the directory of the blocks with their CRCs
//! trailer  offset and length of the footer, its CRC, magic LUMENCKE
//! ```

mod footer;

use plan::wire::{Decoder, Encoder};

use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, CHECKPOINT_DIR, Fields, checkpoint_path};
use crate::index::Index;
use crate::pages::{Page, Pages};
use crate::vfs::{self, Vfs};
use footer::{Block, Footer};

/// The most bytes of pages in one block, unless a single page has more.
const BLOCK_LEN_MAX: usize = 64 << 10;
/// Length of the trailer in bytes.
const TRAILER_LEN: usize = 28;
const TRAILER_MAGIC: &[u8; 8] = b"LUMENCKE";
/// How many checkpoints are kept.
const KEPT: usize = 2;

/// A state with everything that opening would learn from the log before it.
pub(crate) struct Checkpoint {
    pub(crate) index: Index,
    /// The first seq of the segment that the log goes on in; records of it up to the checkpoint's seq are skipped.
    pub(crate) tail_first_seq: u64,
}

impl Checkpoint {
    /// The seq that it is of.
    pub(crate) fn seq(&self) -> u64 {
        self.index.last_seq
    }

    fn encode(&self) -> Vec<u8> {
        let mut file = format::checkpoint_header(&self.index.store_id);
        let mut blocks = Vec::new();
        let mut block = Encoder::new();
        let mut first_id = 0;
        let mut close = |file: &mut Vec<u8>, block: &mut Encoder, first_id: u64| {
            let bytes = std::mem::take(block).finish();
            if !bytes.is_empty() {
                blocks.push(Block { first_id, len: bytes.len() as u64, crc: crc32c::crc32c(&bytes) });
                file.extend_from_slice(&bytes);
            }
        };
        for (id, page) in self.index.pages.iter() {
            if block.len() + page.bytes().len() > BLOCK_LEN_MAX {
                close(&mut file, &mut block, first_id);
            }
            if block.is_empty() {
                first_id = id;
            }
            block.varint(id - first_id);
            block.varint(page.version());
            block.bytes(page.name().unwrap_or_default().as_bytes());
            block.bytes(page.metadata());
            block.bytes(page.bytes());
        }
        close(&mut file, &mut block, first_id);
        let footer = Footer::of(&self.index, self.tail_first_seq, blocks).encode();
        let offset = file.len() as u64;
        file.extend_from_slice(&footer);
        file.extend_from_slice(&offset.to_le_bytes());
        file.extend_from_slice(&(footer.len() as u64).to_le_bytes());
        file.extend_from_slice(&crc32c::crc32c(&footer).to_le_bytes());
        file.extend_from_slice(TRAILER_MAGIC);
        file
    }

    /// Reads the file of the checkpoint at `seq`, every byte of it.
    ///
    /// # Errors
    /// `Corrupt` with file and offset, `UnsupportedFormat`.
    fn decode(bytes: &[u8], seq: u64, store_id: &[u8; 16]) -> Result<Checkpoint> {
        let file = checkpoint_path(seq);
        let damaged = |what: &str, offset: usize| {
            Error::new(ErrorKind::Corrupt, format!("the checkpoint's {what}"))
                .in_file(&file)
                .at(offset as u64)
                .at_seq(seq)
        };
        let header_len = format::check_checkpoint_header(bytes, store_id, &file)?;
        let trailer_at = bytes.len().checked_sub(TRAILER_LEN).filter(|at| *at >= header_len);
        let trailer_at = trailer_at.ok_or_else(|| damaged("trailer is cut off", bytes.len()))?;
        let (body, trailer) = bytes.split_at(trailer_at);
        let mut fields = Fields(trailer);
        let (offset, len, crc) = (fields.word(), fields.word(), fields.half());
        let footer_at = usize::try_from(offset).ok().filter(|at| *at >= header_len && *at <= body.len());
        let footer_at = footer_at.ok_or_else(|| damaged("trailer points nowhere", trailer_at))?;
        let footer = body.get(footer_at..).unwrap_or_default();
        if fields.take::<8>() != *TRAILER_MAGIC || footer.len() as u64 != len || crc32c::crc32c(footer) != crc
        {
            return Err(damaged("footer does not match its checksum", footer_at));
        }
        let footer = Footer::decode(footer).map_err(|error| damaged(&error.to_string(), footer_at))?;

        let mut pages = Pages::default();
        let mut at = header_len;
        for block in &footer.blocks {
            let end = usize::try_from(block.len).ok().and_then(|len| at.checked_add(len));
            let bytes = end.filter(|end| *end <= footer_at).and_then(|end| body.get(at..end));
            let bytes = bytes.ok_or_else(|| damaged("block is cut off", at))?;
            if crc32c::crc32c(bytes) != block.crc {
                return Err(damaged("block does not match its checksum", at));
            }
            decode_block(bytes, block.first_id, &mut pages)
                .map_err(|error| damaged(&error.to_string(), at))?;
            at += bytes.len();
        }
        if at != footer_at {
            return Err(damaged("blocks leave bytes over", at));
        }
        let (index, tail_first_seq, hash) =
            footer.into_index(*store_id, pages).map_err(|what| damaged(what, footer_at))?;
        if index.last_seq != seq {
            return Err(damaged("footer is of another seq", footer_at));
        }
        if index.pages.hash() != hash {
            return Err(damaged("pages are not those of its state hash", header_len));
        }
        Ok(Checkpoint { index, tail_first_seq })
    }
}

fn decode_block(bytes: &[u8], first_id: u64, pages: &mut Pages) -> std::result::Result<(), plan::Malformed> {
    let mut decoder = Decoder::new(bytes);
    while !decoder.is_empty() {
        let id = first_id.saturating_add(decoder.varint("page id")?);
        if id < pages.next_id() {
            return Err(decoder.malformed(plan::Malformation::Order, "page id"));
        }
        let version = decoder.varint("version")?;
        let name = decoder.text(plan::query::PAGE_NAME_LEN_MAX, "page name")?;
        let name = (!name.is_empty()).then_some(name);
        let metadata = decoder.bytes(plan::query::METADATA_LEN_MAX, "page metadata")?;
        let content = decoder.bytes(plan::query::PAGE_LEN_MAX as usize, "page")?;
        if name.is_some_and(|name| pages.find(name).is_some()) {
            return Err(decoder.malformed(plan::Malformation::Overlap, "page name"));
        }
        pages.restore(id, Page::new(version, content.into(), name, metadata));
    }
    Ok(())
}

/// Writes a checkpoint and removes all but the newest ones.
///
/// # Errors
/// `Full` and `Io`, with nothing changed that anybody needs.
pub(crate) fn write(vfs: &dyn Vfs, checkpoint: &Checkpoint) -> Result<()> {
    let failed = |error| Error::io("cannot create the directory", CHECKPOINT_DIR, error);
    vfs::uninterrupted(|| vfs.create_dir(CHECKPOINT_DIR)).map_err(failed)?;
    vfs.sync_dir("").map_err(failed)?;
    let path = checkpoint_path(checkpoint.seq());
    vfs::write_new(vfs, &format!("{path}.tmp"), &path, CHECKPOINT_DIR, &checkpoint.encode())?;
    let seqs = list(vfs)?;
    for seq in seqs.iter().rev().skip(KEPT) {
        let path = checkpoint_path(*seq);
        vfs::uninterrupted(|| vfs.remove(&path))
            .map_err(|error| Error::io("cannot remove an old checkpoint", &path, error))?;
    }
    Ok(())
}

/// The seqs of the checkpoints in the directory, ascending.
pub(crate) fn list(vfs: &dyn Vfs) -> Result<Vec<u64>> {
    let names = vfs::list_sorted(vfs, CHECKPOINT_DIR)?;
    Ok(names.iter().filter_map(|name| format::parse_checkpoint_name(name)).collect())
}

/// The checkpoint at `seq`, checked, and the length of its file.
///
/// # Errors
/// As its bytes give: `Corrupt`, `UnsupportedFormat`; `NotFound`, `Io`.
pub(crate) fn read(vfs: &dyn Vfs, seq: u64, store_id: &[u8; 16]) -> Result<(Checkpoint, u64)> {
    let path = checkpoint_path(seq);
    let bytes = vfs::read_if_exists(vfs, &path)?
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "no such checkpoint").in_file(&path))?;
    Ok((Checkpoint::decode(&bytes, seq, store_id)?, bytes.len() as u64))
}

/// The newest whole checkpoint up to `seq`. A damaged one is passed over: the log has all that it had.
pub(crate) fn newest(vfs: &dyn Vfs, seq: u64, store_id: &[u8; 16]) -> Result<Option<Checkpoint>> {
    let seqs = list(vfs)?;
    Ok(seqs.iter().rev().filter(|at| **at <= seq).find_map(|at| Some(read(vfs, *at, store_id).ok()?.0)))
}
