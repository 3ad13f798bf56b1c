//! What of a payload and its sidecar is whole.

use std::borrow::Cow;
use std::ops::Range;

use crate::block;
use crate::error::{ErrorKind, Result};
use crate::geometry::{Block, Geometry};
use crate::header::{PROLOGUE_BYTES, Prologue, SymbolHash, symbol_hash};

/// Which symbols of a payload and its sidecar are whole, by their hashes alone; nothing is decoded yet.
pub struct Survey<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) sidecar: Stored<'a>,
    pub(crate) prologue: Prologue,
    pub(crate) payload_whole: bool,
    pub(crate) sidecar_whole: bool,
    /// Of every symbol in order; `None` where both copies of its sheet are damaged.
    pub(crate) hashes: Vec<Option<SymbolHash>>,
    pub(crate) blocks: Vec<Losses>,
    /// Damaged pieces of the headers, as ranges of the sidecar as it was made.
    pub(crate) header_lost: Vec<Range<u64>>,
}

/// A block and its damaged symbols.
pub(crate) struct Losses {
    pub block: Block,
    /// Where the block's first source symbol stands in the payload, counted in symbols.
    pub first_source: u64,
    /// Where its first repair symbol stands among all repair symbols.
    pub first_repair: u64,
    /// Encoding ids, ascending: source below k, repair from k on.
    pub lost: Vec<u32>,
}

impl Losses {
    pub fn have(&self) -> u32 {
        self.block.source + self.block.repair - self.lost.len() as u32
    }

    pub fn source_lost(&self) -> bool {
        self.lost.first().is_some_and(|id| *id < self.block.source)
    }
}

/// A sidecar's bytes, which may have been cut at either end or prolonged.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    bytes: &'a [u8],
    /// Bytes that are missing before the first one; negative for bytes too many.
    missing_before: i64,
}

impl<'a> Stored<'a> {
    /// A piece by its place in the sidecar as it was made.
    pub fn piece(&self, place: Range<u64>) -> Option<&'a [u8]> {
        let at =
            |place: u64| usize::try_from(i64::try_from(place).ok()?.checked_sub(self.missing_before)?).ok();
        self.bytes.get(at(place.start)?..at(place.end)?)
    }

    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Survey<'a> {
    /// Looks at a payload and its sidecar. Both may have any content and length.
    ///
    /// # Errors
    /// `Unreadable` if no header is whole, `UnknownFormat`, and `Malformed` for a header that contradicts itself.
    pub fn new(payload: &'a [u8], sidecar: &'a [u8]) -> Result<Survey<'a>> {
        let (prologue, missing_before) = find_prologue(sidecar)?;
        let stored = Stored { bytes: sidecar, missing_before };
        let mut header_lost = Vec::new();
        let hashes = read_headers(&prologue, stored, &mut header_lost);

        let payload_whole = payload.len() as u64 == prologue.geometry.length_bytes()
            && *blake3::hash(payload).as_bytes() == prologue.digest;
        let mut survey = Survey {
            payload,
            sidecar: stored,
            payload_whole,
            sidecar_whole: false,
            hashes,
            blocks: Vec::new(),
            header_lost,
            prologue,
        };
        survey.blocks = survey.losses();
        let repair_whole = survey.blocks.iter().all(|b| b.lost.iter().all(|id| *id < b.block.source));
        survey.sidecar_whole = repair_whole
            && survey.header_lost.is_empty()
            && sidecar.len() as u64 == survey.prologue.geometry.sidecar_bytes();
        Ok(survey)
    }

    /// How the payload is cut.
    pub fn geometry(&self) -> &Geometry {
        &self.prologue.geometry
    }

    /// The BLAKE3 of the payload for which the sidecar was made.
    pub fn payload_digest(&self) -> [u8; 32] {
        self.prologue.digest
    }

    /// Damaged symbols a block, of payload and sidecar together.
    pub fn lost_symbols(&self) -> impl Iterator<Item = (Block, usize)> + '_ {
        self.blocks.iter().map(|losses| (losses.block, losses.lost.len()))
    }

    fn losses(&self) -> Vec<Losses> {
        let mut hashes = self.hashes.iter();
        let (mut first_source, mut first_repair) = (0, 0);
        let mut all = Vec::new();
        for block in self.geometry().blocks() {
            let mut losses = Losses { block, first_source, first_repair, lost: Vec::new() };
            for (id, hash) in (0..block.source + block.repair).zip(hashes.by_ref()) {
                let trusted = self.payload_whole && id < block.source;
                if !trusted && (hash.is_none() || self.symbol(&losses, id).map(|s| symbol_hash(&s)) != *hash)
                {
                    losses.lost.push(id);
                }
            }
            first_source += u64::from(block.source);
            first_repair += u64::from(block.repair);
            all.push(losses);
        }
        all
    }

    /// A symbol of a block as it stands in payload or sidecar, if all its bytes are there.
    fn symbol(&self, block: &Losses, id: u32) -> Option<Cow<'a, [u8]>> {
        let place = self.place(block, id);
        if id >= block.block.source {
            return self.sidecar.piece(place).map(Cow::Borrowed);
        }
        let bytes = self.payload.get(usize::try_from(place.start).ok()?..usize::try_from(place.end).ok()?)?;
        let one = Block { source: 1, repair: 0 };
        Some(block::filled(bytes, one, usize::from(self.geometry().symbol_bytes())))
    }

    /// Where a symbol stands, in the payload or in the sidecar as they were made.
    pub(crate) fn place(&self, block: &Losses, id: u32) -> Range<u64> {
        let geometry = self.geometry();
        let symbol_bytes = u64::from(geometry.symbol_bytes());
        match id.checked_sub(block.block.source) {
            None => {
                let start = (block.first_source + u64::from(id)) * symbol_bytes;
                start..(start + symbol_bytes).min(geometry.length_bytes())
            }
            Some(repair) => {
                let front = (PROLOGUE_BYTES + self.prologue.geometry.sheets_bytes()) as u64;
                let start = front + (block.first_repair + u64::from(repair)) * symbol_bytes;
                start..start + symbol_bytes
            }
        }
    }

    /// All source symbols of a block, decoded from its whole symbols.
    ///
    /// # Errors
    /// `Unrecoverable` if too few are whole, `Undetermined` if those do not suffice.
    pub(crate) fn decode(&self, number: usize, losses: &Losses) -> Result<Vec<u8>> {
        let (block, have) = (losses.block, losses.have());
        if have < block.source {
            let block_number = number as u32;
            return Err(ErrorKind::Unrecoverable { block: block_number, needed: block.source, have }.into());
        }
        let ids = 0..block.source + block.repair;
        let whole = ids.filter(|id| losses.lost.binary_search(id).is_err());
        let symbols = whole.filter_map(|id| Some((id, self.symbol(losses, id)?)));
        block::decode(&self.geometry().transmission(), block, symbols)
            .ok_or_else(|| ErrorKind::Undetermined { block: number as u32, have }.into())
    }
}

/// The prologue from either end, and how many bytes are missing before the sidecar's first.
fn find_prologue(sidecar: &[u8]) -> Result<(Prologue, i64)> {
    let parse = |bytes: Option<&[u8]>| bytes.map_or(Ok(None), Prologue::parse);
    let head = parse(sidecar.first_chunk::<PROLOGUE_BYTES>().map(<[u8; _]>::as_slice));
    let tail = parse(sidecar.last_chunk::<PROLOGUE_BYTES>().map(<[u8; _]>::as_slice));
    match (head, tail) {
        (Ok(Some(prologue)), _) => Ok((prologue, 0)),
        (_, Ok(Some(prologue))) => {
            let missing = prologue.geometry.sidecar_bytes() as i64 - sidecar.len() as i64;
            Ok((prologue, missing))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(None), Ok(None)) => Err(ErrorKind::Unreadable { length_bytes: sidecar.len() as u64 }.into()),
    }
}

/// The hashes of all symbols, each sheet from a copy that is whole; and which pieces are not.
fn read_headers(
    prologue: &Prologue,
    stored: Stored<'_>,
    lost: &mut Vec<Range<u64>>,
) -> Vec<Option<SymbolHash>> {
    let size = prologue.geometry.sidecar_bytes();
    let (edge, sheets) = (PROLOGUE_BYTES as u64, prologue.geometry.sheets_bytes() as u64);
    for place in [0..edge, size - edge..size] {
        let whole = stored.piece(place.clone()) == Some(&prologue.to_bytes());
        if !whole {
            lost.push(place);
        }
    }
    let mut hashes = vec![None; prologue.geometry.symbol_count()];
    for number in 0..prologue.geometry.sheet_count() {
        let (bytes, symbols) = prologue.sheet(number);
        for front in [edge, size - edge - sheets] {
            let place = front + bytes.start as u64..front + bytes.end as u64;
            match stored.piece(place.clone()).and_then(|bytes| prologue.parse_sheet(number, bytes)) {
                Some(found) => {
                    for (hash, found) in hashes[symbols.clone()].iter_mut().zip(found) {
                        *hash = Some(*found);
                    }
                }
                None => lost.push(place),
            }
        }
    }
    lost.sort_by_key(|place| place.start);
    hashes
}
