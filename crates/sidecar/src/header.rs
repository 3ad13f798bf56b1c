//! The sidecar's bytes around the repair symbols.
//!
//! A header is a *prologue* of fixed size and *sheets* of symbol hashes. It stands at both ends, mirrored, so that
//! each end of the file leads in; every piece carries its own hash, and any whole copy of a piece serves.

use std::ops::Range;

use crate::error::{ErrorKind, Result};
use crate::geometry::{Geometry, Overhead};

const MAGIC: [u8; 8] = *b"LUMENRQ1";
const FORMAT: u32 = 1;

pub(crate) const PROLOGUE_BYTES: usize = 160;
/// The prologue's last 32 bytes are the BLAKE3 of these.
const HASHED_BYTES: usize = PROLOGUE_BYTES - 32;

/// Hashes in a sheet; with its own hash a full sheet has 4,096 bytes.
const SHEET_HASHES: usize = 510;
const SHEET_HASH_BYTES: usize = 16;

/// The first eight bytes of a symbol's BLAKE3.
pub(crate) type SymbolHash = [u8; 8];

pub(crate) fn symbol_hash(symbol: &[u8]) -> SymbolHash {
    first(blake3::hash(symbol).as_bytes())
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|n| bytes[n])
}

impl Geometry {
    /// Bytes of the whole sidecar.
    pub fn sidecar_bytes(&self) -> u64 {
        2 * (PROLOGUE_BYTES + self.sheets_bytes()) as u64 + self.repair_bytes()
    }

    pub(crate) fn sheet_count(&self) -> usize {
        self.symbol_count().div_ceil(SHEET_HASHES)
    }

    /// Bytes of all sheets of one header.
    pub(crate) fn sheets_bytes(&self) -> usize {
        self.symbol_count() * size_of::<SymbolHash>() + self.sheet_count() * SHEET_HASH_BYTES
    }
}

/// What the prologue says: the payload's digest and the cut. All else follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prologue {
    pub digest: [u8; 32],
    pub geometry: Geometry,
}

impl Prologue {
    pub fn to_bytes(&self) -> [u8; PROLOGUE_BYTES] {
        let mut out = Vec::with_capacity(PROLOGUE_BYTES);
        out.extend(MAGIC);
        out.extend(FORMAT.to_le_bytes());
        out.extend(self.geometry.overhead().get().to_le_bytes());
        out.extend(self.geometry.length_bytes().to_le_bytes());
        out.extend(self.digest);
        out.extend(self.geometry.transmission().serialize());
        for (count, block) in self.geometry.runs() {
            for number in [count, block.source, block.repair] {
                out.extend(number.to_le_bytes());
            }
        }
        out.extend(self.geometry.sidecar_bytes().to_le_bytes());
        out.resize(HASHED_BYTES, 0);
        out.extend(blake3::hash(&out).as_bytes());
        std::array::from_fn(|n| out[n])
    }

    /// Reads a prologue; `None` if its hash or magic says that these bytes are not one.
    ///
    /// # Errors
    /// `UnknownFormat`, or `Malformed` for fields that contradict each other though the hash holds.
    pub fn parse(bytes: &[u8]) -> Result<Option<Prologue>> {
        let Ok(bytes) = <&[u8; PROLOGUE_BYTES]>::try_from(bytes) else { return Ok(None) };
        let (hashed, hash) = bytes.split_at(HASHED_BYTES);
        if blake3::hash(hashed).as_bytes() != hash || !hashed.starts_with(&MAGIC) {
            return Ok(None);
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        if number(8) != FORMAT {
            return Err(ErrorKind::UnknownFormat { found: number(8) }.into());
        }
        let geometry = Geometry::new(long(16), Overhead::percent(number(12))?)?;
        let prologue = Prologue { digest: std::array::from_fn(|n| bytes[24 + n]), geometry };
        // One cut belongs to a length and an overhead, so a prologue that says anything else is none of ours.
        let implied = prologue.to_bytes();
        for (field, range) in FIELDS {
            let (expected, found) = (&implied[range.clone()], &bytes[range.clone()]);
            if expected != found {
                return Err(ErrorKind::Malformed { field, expected: hex(expected), found: hex(found) }.into());
            }
        }
        Ok(Some(prologue))
    }

    /// All sheets of a header for the hashes of all symbols, in order.
    pub fn sheets(&self, hashes: &[SymbolHash]) -> Vec<u8> {
        let bind = self.binding();
        let mut out = Vec::with_capacity(self.geometry.sheets_bytes());
        for (number, hashes) in hashes.chunks(SHEET_HASHES).enumerate() {
            let start = out.len();
            out.extend(hashes.as_flattened());
            let own = sheet_hash(&bind, number, &out[start..]);
            out.extend(own);
        }
        out
    }

    /// The hashes of a sheet, if the bytes are that sheet of this header.
    pub fn parse_sheet<'a>(&self, number: usize, bytes: &'a [u8]) -> Option<&'a [SymbolHash]> {
        let (hashes, own) = bytes.split_at_checked(bytes.len().checked_sub(SHEET_HASH_BYTES)?)?;
        let whole = sheet_hash(&self.binding(), number, hashes) == own;
        whole.then_some(hashes.as_chunks().0)
    }

    /// Where a sheet stands among the sheets of a header, and which symbols' hashes it holds.
    pub fn sheet(&self, number: usize) -> (Range<usize>, Range<usize>) {
        let symbols = number * SHEET_HASHES..((number + 1) * SHEET_HASHES).min(self.geometry.symbol_count());
        let start = number * (SHEET_HASHES * size_of::<SymbolHash>() + SHEET_HASH_BYTES);
        (start..start + symbols.len() * size_of::<SymbolHash>() + SHEET_HASH_BYTES, symbols)
    }

    /// Ties a sheet to its header, so that sheets of two sidecars never mix.
    fn binding(&self) -> [u8; 32] {
        *blake3::hash(&self.to_bytes()).as_bytes()
    }
}

const FIELDS: [(&str, Range<usize>); 4] = [
    ("the transmission information", 56..68),
    ("the table of blocks", 68..92),
    ("the sidecar's length", 92..100),
    ("the reserved space", 100..HASHED_BYTES),
];

fn sheet_hash(binding: &[u8; 32], number: usize, hashes: &[u8]) -> [u8; SHEET_HASH_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(binding).update(&(number as u64).to_le_bytes()).update(hashes);
    first(hasher.finalize().as_bytes())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
