//! One source block through the code: its repair symbols, and its source symbols from what is left.

use std::borrow::Cow;

use raptorq::{
    EncodingPacket, ObjectTransmissionInformation, PayloadId, SourceBlockDecoder, SourceBlockEncoder,
    SourceBlockEncodingPlan,
};

use crate::geometry::Block;

/// A block's bytes as whole symbols: the last block's last symbol is filled with zeros.
pub(crate) fn filled(bytes: &[u8], block: Block, symbol_bytes: usize) -> Cow<'_, [u8]> {
    let full = block.source as usize * symbol_bytes;
    if bytes.len() == full {
        return Cow::Borrowed(bytes);
    }
    let mut padded = Vec::with_capacity(full);
    padded.extend_from_slice(bytes);
    padded.resize(full, 0);
    Cow::Owned(padded)
}

/// Encodes blocks one after the other. The plan depends on k alone and most blocks share it.
pub(crate) struct Encoder {
    config: ObjectTransmissionInformation,
    plan: Option<(u32, SourceBlockEncodingPlan)>,
}

impl Encoder {
    pub fn new(config: ObjectTransmissionInformation) -> Encoder {
        Encoder { config, plan: None }
    }

    /// The repair symbols of a block of whole symbols, one after the other.
    pub fn repair_symbols(&mut self, block: Block, symbols: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<> {
        let plan = match &mut self.plan {
            Some((source, plan)) if *source == block.source => plan,
            stale => &mut stale.insert((block.source, plan_of(block))).1,
        };
        // A packet's block number is no part of its symbol.
        let encoder = SourceBlockEncoder::with_encoding_plan(0, &self.config, symbols, plan);
        encoder.repair_packets(0, block.repair).into_iter().map(|packet| packet.split().1)
    }
}

/// Blocks have 1 to 16,384 symbols; the code takes up to 56,403.
fn plan_of(block: Block) -> SourceBlockEncodingPlan {
    SourceBlockEncodingPlan::generate(block.source as u16)
}

/// All source symbols of a block from whole symbols with their encoding ids (source below k, repair from k on), each
/// at most once; `None` if they do not determine the block.
pub(crate) fn decode<'a>(
    config: &ObjectTransmissionInformation,
    block: Block,
    whole: impl Iterator<Item = (u32, Cow<'a, [u8]>)>,
) -> Option<Vec<u8>> {
    let length = u64::from(block.source) * u64::from(config.symbol_size());
    let packets = whole.map(|(id, symbol)| EncodingPacket::new(PayloadId::new(0, id), symbol.into_owned()));
    SourceBlockDecoder::new(0, config, length).decode(packets)
}
