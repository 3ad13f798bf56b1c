//! Checkpoints: the state at one seq in a file of its own, so that opening reads only the log behind it.
//!
//! A checkpoint is derived from the log and holds nothing that the log does not. Losing or damaging one costs time at
//! the next opening and nothing else; verification holds each against the replayed log. Only where segments were
//! dropped one stands for them: see `horizon`.
//!
//! ```text
//! header   64 bytes: magic LUMENCK1, as FORMAT otherwise
//! blocks   pages by id, up to 64 KiB each unless one page is longer; compressed where the options say so
//! footer   seq, state hash, what the index knows, the directory of the blocks with their CRCs, and what each page has
//!          besides its bytes
//! trailer  offset and length of the footer, its CRC, magic LUMENCKE
//! ```
//!
//! Where memory has no limit an opening reads header, footer and trailer; a block is read and checked when one of its
//! pages is asked for first, and what is damaged in it is made from the log then.

mod archive;
mod block;
mod footer;
mod heads;
mod kept;
mod layout;

pub(crate) use archive::Archive;
pub(crate) use layout::{Layout, Place};

use std::sync::Arc;

use plan::Malformation;
use plan::wire::{Decoder, Encoder};

use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, CHECKPOINT_DIR, FooterForm, checkpoint_path};
use crate::ids::Listed;
use crate::index::Index;
use crate::pages::{Entry, Pages};
use crate::trailer::{self, Found};
use crate::vfs::{self, Appender, OpenMode, Vfs, VfsFile};
use block::{Block, Packer};
use footer::Footer;
use heads::Heads;
use kept::Rescue;

const TRAILER_MAGIC: &[u8; 8] = b"LUMENCKE";
/// How many checkpoints are kept.
pub(crate) const KEPT: usize = 2;

/// How the pages of a checkpoint come into memory.
#[derive(Clone, Copy)]
pub(crate) enum Reading<'a> {
    /// All are read and checked. Only so many bytes stay; the others are read from the file when they are asked for.
    Whole {
        /// So many bytes.
        held_bytes_max: u64,
    },
    /// Each is read when it is asked for, and stays then. A file whose footer does not tell of pages is read whole.
    Late(&'a Arc<dyn Vfs>),
}

impl Reading<'_> {
    /// All of them, all in memory.
    pub(crate) const WHOLE: Reading<'static> = Reading::Whole { held_bytes_max: u64::MAX };
}

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

    /// Appends header, blocks, footer and trailer to a file; returns the footer.
    fn write_to(&self, file: &mut Appender<'_>, compressed: bool) -> Result<Footer> {
        let form = FooterForm { compressed, heads: true };
        file.append(&format::checkpoint_header(&self.index.store_id, form))?;
        let mut packer = Packer::new(compressed, &checkpoint_path(self.seq()))?;
        let (mut blocks, mut block, mut layout) = (Vec::new(), Encoder::new(), Layout::default());
        let mut heads = heads::Writer::default();
        let mut close = |file: &mut Appender<'_>, block: &mut Encoder, first_id: u64| -> Result<()> {
            let bytes = std::mem::take(block).finish();
            if bytes.is_empty() {
                return Ok(());
            }
            let (block, stored) = packer.pack(first_id, &bytes);
            blocks.push(block);
            file.append(&stored)
        };
        for (id, page) in self.index.pages.iter() {
            if layout.begins_block(page.size_bytes()) {
                close(file, &mut block, layout.first_id())?;
            }
            layout.place_entry(id, page);
            heads.push(id, page);
            block.varint(id - layout.first_id());
            block.varint(page.version());
            block.bytes(page.name().unwrap_or_default().as_bytes());
            block.bytes(page.metadata());
            block.bytes(&self.index.pages.bytes_of(page)?);
        }
        close(file, &mut block, layout.first_id())?;
        let footer = Footer::of(&self.index, self.tail_first_seq, blocks, heads.finish());
        let (offset, bytes) = (file.offset(), footer.encode(compressed));
        file.append(&bytes)?;
        file.append(&trailer::encode(&bytes, offset, TRAILER_MAGIC))?;
        Ok(footer)
    }

    /// Reads the checkpoint at `seq` from its open file, and the pages as is asked.
    ///
    /// # Errors
    /// `Corrupt` with file and offset, `UnsupportedFormat`, `Io`.
    fn read_from(
        file: Box<dyn VfsFile>,
        path: &str,
        seq: u64,
        store_id: &[u8; 16],
        reading: Reading<'_>,
    ) -> Result<(Checkpoint, u64)> {
        let damaged = |what: &str, offset: u64| damaged(what, path, offset).at_seq(seq);
        let header = vfs::read_range(&*file, path, 0, format::FORMAT_LEN as u64)?;
        let form = format::check_checkpoint_header(&header, store_id, path)?;
        let header_len = format::FORMAT_LEN as u64;
        let Found { footer, offset: footer_at, file_len } =
            trailer::read_footer(&*file, path, "checkpoint", TRAILER_MAGIC)
                .map_err(|error| error.at_seq(seq))?;
        let footer = Footer::decode(&footer, form).map_err(|error| damaged(&error.to_string(), footer_at))?;
        let lens = footer.blocks.iter().try_fold(header_len, |at, block| at.checked_add(block.len));
        match lens {
            Some(end) if end < footer_at => return Err(damaged("blocks leave bytes over", end)),
            Some(end) if end == footer_at => {}
            _ => return Err(damaged("blocks are cut off", footer_at)),
        }
        let (of_seq, state_hash) = footer.state();
        if of_seq != seq {
            return Err(damaged("footer is of another seq", footer_at));
        }

        let late = match (reading, &footer.heads) {
            (Reading::Late(vfs), Some(heads)) => {
                let pages = heads.restore(&footer.blocks).map_err(|what| damaged(what, footer_at))?;
                pages.map(|pages| (pages, Rescue::new(Arc::clone(vfs), seq, state_hash)))
            }
            _ => None,
        };
        if let Some((pages, rescue)) = late {
            let archive = Archive::new(file, path.to_owned(), header_len, &footer.blocks).keeping(rescue);
            let (mut index, tail_first_seq, _) =
                footer.into_index(*store_id, pages).map_err(|what| damaged(what, footer_at))?;
            index.pages.set_archive(Arc::new(archive));
            index.pages.set_hash(state_hash);
            return Ok((Checkpoint { index, tail_first_seq }, file_len));
        }
        let held_bytes_max =
            if let Reading::Whole { held_bytes_max } = reading { held_bytes_max } else { u64::MAX };

        let mut pages = Pages::default();
        let (mut at, mut layout) = (header_len, Layout::default());
        for (number, block) in (0..).zip(&footer.blocks) {
            let bytes = block.read(&*file, path, at).map_err(|error| error.at_seq(seq))?;
            decode_block(&bytes, (number, block.first_id), &mut pages, &mut layout, held_bytes_max)
                .map_err(|error| damaged(&error.to_string(), at))?;
            at += block.len;
        }
        if footer.heads.as_ref().is_some_and(|heads| *heads != Heads::of(&pages)) {
            return Err(damaged("heads are not those of its pages", footer_at));
        }
        if held_bytes_max < u64::MAX {
            pages.set_archive(Arc::new(Archive::new(file, path.to_owned(), header_len, &footer.blocks)));
        }
        let (index, tail_first_seq, hash) =
            footer.into_index(*store_id, pages).map_err(|what| damaged(what, footer_at))?;
        if index.pages.hash() != hash {
            return Err(damaged("pages are not those of its state hash", header_len));
        }
        Ok((Checkpoint { index, tail_first_seq }, file_len))
    }
}

fn damaged(what: &str, path: &str, offset: u64) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the checkpoint's {what}")).in_file(path).at(offset)
}

/// Adds the pages of a block to those before it. Those that memory shall not hold are left where they are.
fn decode_block(
    bytes: &[u8],
    (number, first_id): (u64, u64),
    pages: &mut Pages,
    layout: &mut Layout,
    held_bytes_max: u64,
) -> Result<()> {
    let malformed = |code, field| Err(Error::malformed(plan::Malformed::new(code, field, 0)));
    let mut decoder = Decoder::new(bytes);
    while !decoder.is_empty() {
        let (id, entry) = decode_page(&mut decoder, first_id).map_err(Error::malformed)?;
        if id < pages.next_id() {
            return malformed(Malformation::Order, "page id");
        }
        if entry.name().is_some_and(|name| pages.find(name).is_some()) {
            return malformed(Malformation::Overlap, "page name");
        }
        let place = layout.place_entry(id, &entry);
        // A writer that cuts blocks elsewhere is read as well; only its pages are all held.
        let stands_there = place.is_some_and(|place| {
            let end = place.offset() + place.size_bytes();
            (place.block(), layout.first_id(), end) == (number, first_id, decoder.offset())
        });
        pages.restore(id, entry)?;
        if let Some(place) = place.filter(|_| stands_there && pages.held_bytes() > held_bytes_max) {
            pages.leave_at(id, place);
        }
    }
    Ok(())
}

fn decode_page(
    decoder: &mut Decoder<'_>,
    first_id: u64,
) -> std::result::Result<(u64, Entry), plan::Malformed> {
    let id = first_id.saturating_add(decoder.varint("page id")?);
    let version = decoder.varint("version")?;
    if version == 0 {
        return Err(decoder.malformed(Malformation::Range, "version"));
    }
    let name = decoder.text(plan::query::PAGE_NAME_LEN_MAX, "page name")?;
    let name = (!name.is_empty()).then_some(name);
    let metadata = decoder.bytes(plan::query::METADATA_LEN_MAX, "page metadata")?;
    let content = decoder.bytes(plan::query::PAGE_LEN_MAX as usize, "page")?;
    Ok((id, Entry::new(version, content.into(), name, metadata)))
}

/// Writes a checkpoint and removes all but the newest ones. Returns what its pages can be read from.
///
/// # Errors
/// `Full` and `Io`, with nothing changed that anybody needs; those of reading pages.
pub(crate) fn write(vfs: &dyn Vfs, checkpoint: &Checkpoint, compressed: bool) -> Result<Written> {
    let failed = |error| Error::io("cannot create the directory", CHECKPOINT_DIR, error);
    vfs::uninterrupted(|| vfs.create_dir(CHECKPOINT_DIR)).map_err(failed)?;
    vfs.sync_dir("").map_err(failed)?;
    let path = checkpoint_path(checkpoint.seq());
    let written = write_at(vfs, checkpoint, compressed, CHECKPOINT_DIR, path)?;
    let seqs = list(vfs)?;
    for seq in seqs.iter().rev().skip(KEPT) {
        let path = checkpoint_path(*seq);
        vfs::uninterrupted(|| vfs.remove(&path))
            .map_err(|error| Error::io("cannot remove an old checkpoint", &path, error))?;
    }
    Ok(written)
}

/// Writes a checkpoint to a file of a directory that is there.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_at(
    vfs: &dyn Vfs,
    checkpoint: &Checkpoint,
    compressed: bool,
    dir: &str,
    path: String,
) -> Result<Written> {
    let (mut blocks, mut ids) = (Vec::new(), Listed::default());
    vfs::write_new_with(vfs, &format!("{path}.tmp"), &path, dir, &mut |file| {
        Footer { blocks, ids, .. } = checkpoint.write_to(file, compressed)?;
        Ok(())
    })?;
    Ok(Written { path, blocks, ids })
}

/// A checkpoint on disk.
pub(crate) struct Written {
    path: String,
    blocks: Vec<Block>,
    ids: Listed,
}

impl Written {
    /// The ids that it holds.
    pub(crate) fn ids(&self) -> Listed {
        Arc::clone(&self.ids)
    }

    /// Opens it to read its pages.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn open(self, vfs: &dyn Vfs) -> Result<Archive> {
        let file = vfs::uninterrupted(|| vfs.open(&self.path, OpenMode::Read))
            .map_err(|error| Error::io("cannot open", &self.path, error))?;
        Ok(Archive::new(file, self.path, format::FORMAT_LEN as u64, &self.blocks))
    }
}

/// The seqs of the checkpoints in the directory, ascending.
pub(crate) fn list(vfs: &dyn Vfs) -> Result<Vec<u64>> {
    let names = vfs::list_sorted(vfs, CHECKPOINT_DIR)?;
    Ok(names.iter().filter_map(|name| format::parse_checkpoint_name(name)).collect())
}

/// The checkpoint at `seq`, checked as far as it is read, and the length of its file.
///
/// # Errors
/// As its bytes give: `Corrupt`, `UnsupportedFormat`; `NotFound`, `Io`.
pub(crate) fn read(
    vfs: &dyn Vfs,
    seq: u64,
    store_id: &[u8; 16],
    reading: Reading<'_>,
) -> Result<(Checkpoint, u64)> {
    read_at(vfs, &checkpoint_path(seq), seq, store_id, reading)
}

/// The checkpoint at `seq` in a file.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_at(
    vfs: &dyn Vfs,
    path: &str,
    seq: u64,
    store_id: &[u8; 16],
    reading: Reading<'_>,
) -> Result<(Checkpoint, u64)> {
    let file = vfs::open_if_exists(vfs, path, OpenMode::Read)?
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "no such checkpoint").in_file(path))?;
    Checkpoint::read_from(file, path, seq, store_id, reading)
}

/// The newest checkpoint up to `seq` that is whole as far as it is read. A damaged one is passed over: the log has all
/// that it had.
pub(crate) fn newest(
    vfs: &dyn Vfs,
    seq: u64,
    store_id: &[u8; 16],
    reading: Reading<'_>,
) -> Result<Option<Checkpoint>> {
    let seqs = list(vfs)?;
    let read = |at: &u64| Some(read(vfs, *at, store_id, reading).ok()?.0);
    Ok(seqs.iter().rev().filter(|at| **at <= seq).find_map(read))
}
