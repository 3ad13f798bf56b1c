//! Making a sidecar.

use crate::block::{filled, repair_symbols};
use crate::error::Result;
use crate::geometry::{Geometry, Overhead};
use crate::header::{Prologue, SymbolHash, symbol_hash};

/// The sidecar of a payload. The same payload and overhead give the same bytes everywhere.
///
/// ```
/// let payload = b"what must survive".repeat(100);
/// let sidecar = sidecar::encode(&payload, sidecar::Overhead::default())?;
/// let mut damaged = payload.clone();
/// damaged[7] ^= 1;
/// let repair = sidecar::repair("survivor.txt", &damaged, &sidecar)?;
/// assert_eq!(repair.outcome?.payload, payload);
/// # Ok::<(), sidecar::Error>(())
/// ```
///
/// # Errors
/// `TooLarge` for a payload beyond [`PAYLOAD_BYTES_MAX`](crate::PAYLOAD_BYTES_MAX).
pub fn encode(payload: &[u8], overhead: Overhead) -> Result<Vec<u8>> {
    Ok(encoded(payload, overhead)?.sidecar)
}

pub(crate) struct Encoded {
    /// Of every symbol, in order.
    pub hashes: Vec<SymbolHash>,
    pub sidecar: Vec<u8>,
}

pub(crate) fn encoded(payload: &[u8], overhead: Overhead) -> Result<Encoded> {
    let geometry = Geometry::new(payload.len() as u64, overhead)?;
    let prologue = Prologue { digest: *blake3::hash(payload).as_bytes(), geometry };
    let geometry = &prologue.geometry;
    let symbol_bytes = usize::from(geometry.symbol_bytes());

    let mut hashes = Vec::with_capacity(geometry.symbol_count());
    let mut repair = Vec::with_capacity(geometry.repair_bytes() as usize);
    let config = geometry.transmission();
    let mut rest = payload;
    for block in geometry.blocks() {
        let (bytes, after) = rest.split_at(rest.len().min(block.source as usize * symbol_bytes));
        rest = after;
        let symbols = filled(bytes, block, symbol_bytes);
        hashes.extend(symbols.chunks(symbol_bytes).map(symbol_hash));
        for symbol in repair_symbols(&config, block, &symbols) {
            hashes.push(symbol_hash(&symbol));
            repair.extend(symbol);
        }
    }

    let sheets = prologue.sheets(&hashes);
    let mut sidecar = Vec::with_capacity(prologue.geometry.sidecar_bytes() as usize);
    sidecar.extend(prologue.to_bytes());
    sidecar.extend_from_slice(&sheets);
    sidecar.append(&mut repair);
    sidecar.extend_from_slice(&sheets);
    sidecar.extend(prologue.to_bytes());
    Ok(Encoded { hashes, sidecar })
}
