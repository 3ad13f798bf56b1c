//! How a payload is cut: a function of its length and the overhead alone.

use raptorq::ObjectTransmissionInformation;

use crate::error::{ErrorKind, Result};

const BLOCK_BYTES_MAX: u64 = 64 << 20;

/// 255 blocks of 64 MiB; the transmission information counts blocks in one byte.
pub const PAYLOAD_BYTES_MAX: u64 = 255 * BLOCK_BYTES_MAX;

/// How many repair symbols a block gets, in percent of its source symbols.
///
/// A block of k symbols gets r = max(8, ⌈k·percent/100⌉ + 2) repair symbols; any r − 2 damaged symbols of the block
/// and its repair symbols together are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead(u32);

impl Overhead {
    /// From 1 to 400 percent.
    ///
    /// # Errors
    /// `OverheadOutOfBounds` otherwise.
    pub fn percent(percent: u32) -> Result<Overhead> {
        if (1..=400).contains(&percent) {
            Ok(Overhead(percent))
        } else {
            Err(ErrorKind::OverheadOutOfBounds { percent }.into())
        }
    }

    /// The percentage.
    pub fn get(self) -> u32 {
        self.0
    }

    fn repair_symbols(self, source: u32) -> u32 {
        8.max((source * self.0).div_ceil(100) + 2)
    }
}

impl Default for Overhead {
    /// 10 percent.
    fn default() -> Overhead {
        Overhead(10)
    }
}

/// One source block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// k, the symbols cut from the payload.
    pub source: u32,
    /// r, the symbols in the sidecar.
    pub repair: u32,
}

impl Block {
    /// Damaged symbols, of payload and sidecar together, that are mended for certain but for one chance in a million.
    pub fn promise(self) -> u32 {
        self.repair - 2
    }
}

/// How a payload is cut into blocks and symbols (RFC 6330, section 4.4.1.2, with one sub-block).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    length: u64,
    overhead: Overhead,
    symbol_bytes: u16,
    /// The first `longer.0` blocks are `longer.1`, the next `shorter.0` are `shorter.1`.
    longer: (u32, Block),
    shorter: (u32, Block),
}

impl Geometry {
    /// The cut of a payload.
    ///
    /// # Errors
    /// `TooLarge` beyond [`PAYLOAD_BYTES_MAX`].
    pub fn new(length: u64, overhead: Overhead) -> Result<Geometry> {
        if length > PAYLOAD_BYTES_MAX {
            return Err(ErrorKind::TooLarge { length_bytes: length, limit_bytes: PAYLOAD_BYTES_MAX }.into());
        }
        let symbol_bytes: u16 = match length {
            0..=0x40_0000 => 256,
            0x40_0001..=0x100_0000 => 1024,
            _ => 4096,
        };
        let symbols = length.div_ceil(u64::from(symbol_bytes)) as u32;
        let blocks = length.div_ceil(BLOCK_BYTES_MAX) as u32;
        let block = |source| Block { source, repair: overhead.repair_symbols(source) };
        let (longer, shorter) = match blocks {
            0 => ((0, block(1)), (0, block(1))),
            blocks => {
                let longer = symbols % blocks;
                let (ceil, floor) = (symbols.div_ceil(blocks), symbols / blocks);
                ((longer, block(ceil)), (blocks - longer, block(floor)))
            }
        };
        Ok(Geometry { length, overhead, symbol_bytes, longer, shorter })
    }

    /// The payload's length.
    pub fn length_bytes(&self) -> u64 {
        self.length
    }

    /// The overhead it was cut for.
    pub fn overhead(&self) -> Overhead {
        self.overhead
    }

    /// Bytes of every symbol, the last one filled with zeros.
    pub fn symbol_bytes(&self) -> u16 {
        self.symbol_bytes
    }

    /// The blocks in order; none for an empty payload.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        [self.longer, self.shorter].into_iter().flat_map(|(count, block)| (0..count).map(move |_| block))
    }

    /// Each kind of block with its count, as the header stores them.
    pub(crate) fn runs(&self) -> [(u32, Block); 2] {
        [self.longer, self.shorter]
    }

    pub(crate) fn block_count(&self) -> u32 {
        self.longer.0 + self.shorter.0
    }

    /// Source and repair symbols of all blocks: at most 255 · 16,384 · 5.
    pub(crate) fn symbol_count(&self) -> usize {
        self.runs()
            .iter()
            .map(|(count, block)| *count as usize * (block.source + block.repair) as usize)
            .sum()
    }

    pub(crate) fn repair_bytes(&self) -> u64 {
        let symbols: u64 =
            self.runs().iter().map(|(count, block)| u64::from(*count) * u64::from(block.repair)).sum();
        symbols * u64::from(self.symbol_bytes)
    }

    /// What an RFC 6330 decoder must know. Its assertions hold for every length up to the limit.
    pub(crate) fn transmission(&self) -> ObjectTransmissionInformation {
        ObjectTransmissionInformation::new(self.length, self.symbol_bytes, self.block_count() as u8, 1, 8)
    }
}
