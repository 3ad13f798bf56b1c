//! One source block through the code: its repair symbols, and its source symbols from what is left.

use std::borrow::Cow;

use raptorq::{
    EncodingPacket, ObjectTransmissionInformation, PayloadId, SourceBlockDecoder, SourceBlockEncoder,
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

/// The repair symbols of a block of whole symbols, one after the other.
pub(crate) fn repair_symbols(
    config: &ObjectTransmissionInformation,
    block: Block,
    symbols: &[u8],
) -> impl Iterator<Item = Vec<u8>> + use<> {
    // A packet's block number is no part of its symbol. The order of operations depends on k alone; the code keeps it
    // from one block to the next.
    let encoder = SourceBlockEncoder::new(0, config, symbols);
    encoder.repair_packets(0, block.repair).into_iter().map(|packet| packet.split().1)
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
