//! Putting back what was lost.

use crate::encode::{Encoded, encoded};
use crate::error::{ErrorKind, Result};
use crate::header::hex;
use crate::proof::{Decoded, Proof};
use crate::survey::Survey;

/// An attempt: what came of it, and the record of what was done.
#[derive(Debug)]
pub struct Repair {
    /// The bytes as they were made, or why not. On failure nothing partial is returned.
    pub outcome: Result<Restored>,
    /// What was lost, what it was computed from, and the digest of the result.
    pub proof: Proof,
}

/// Payload and sidecar as they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Its BLAKE3 is the one in the sidecar.
    pub payload: Vec<u8>,
    /// Equal to what [`encode`](crate::encode) gives for the payload.
    pub sidecar: Vec<u8>,
}

/// Repairs a payload and its sidecar; the artifact's name goes into the proof.
///
/// # Errors
/// Those of [`Survey::new`]. A loss beyond the budget is an outcome, since it has a proof too.
pub fn repair(artifact: &str, payload: &[u8], sidecar: &[u8]) -> Result<Repair> {
    Ok(Survey::new(payload, sidecar)?.repair(artifact))
}

impl Survey<'_> {
    /// Decodes the damaged blocks, checks the whole payload, and makes a damaged sidecar anew.
    pub fn repair(&self, artifact: &str) -> Repair {
        let mut decoded = Vec::new();
        let outcome = self.restore(&mut decoded);
        let proof = Proof::new(artifact, self, decoded, outcome.as_ref().ok());
        Repair { outcome, proof }
    }

    fn restore(&self, decoded: &mut Vec<Decoded>) -> Result<Restored> {
        let payload = if self.payload_whole { self.payload.to_vec() } else { self.restore_payload(decoded)? };
        let sidecar =
            if self.sidecar_whole { self.sidecar.bytes().to_vec() } else { self.restore_sidecar(&payload)? };
        Ok(Restored { payload, sidecar })
    }

    fn restore_payload(&self, decoded: &mut Vec<Decoded>) -> Result<Vec<u8>> {
        // Every block is counted before any memory is taken for the length that the header claims.
        for (number, losses) in self.blocks.iter().enumerate() {
            let (needed, have) = (losses.block.source, losses.have());
            if have < needed {
                return Err(ErrorKind::Unrecoverable { block: number as u32, needed, have }.into());
            }
        }
        let geometry = self.geometry();
        let symbol_bytes = u64::from(geometry.symbol_bytes());
        let mut payload = Vec::with_capacity(geometry.length_bytes() as usize);
        for (number, losses) in self.blocks.iter().enumerate() {
            let start = losses.first_source * symbol_bytes;
            let end = (start + u64::from(losses.block.source) * symbol_bytes).min(geometry.length_bytes());
            let as_found = self.payload.get(start as usize..end as usize);
            match as_found.filter(|_| !losses.source_lost()) {
                Some(bytes) => payload.extend_from_slice(bytes),
                None => {
                    let symbols = self.decode(number, losses)?;
                    let bytes = symbols.get(..(end - start) as usize).unwrap_or(&symbols);
                    payload.extend_from_slice(bytes);
                    decoded.push(Decoded::new(number, losses));
                }
            }
        }
        let found = blake3::hash(&payload);
        if *found.as_bytes() != self.prologue.digest {
            return Err(ErrorKind::WrongResult {
                what: "payload",
                expected: hex(&self.prologue.digest),
                found: hex(found.as_bytes()),
            }
            .into());
        }
        Ok(payload)
    }

    /// Encodes the payload again. Every hash that was readable must come out once more: only then are these the bytes
    /// that stood there.
    fn restore_sidecar(&self, payload: &[u8]) -> Result<Vec<u8>> {
        let Encoded { hashes, sidecar } = encoded(payload, self.geometry().overhead())?;
        let differs = self.hashes.iter().zip(&hashes).find_map(|(read, made)| {
            let read = read.as_ref()?;
            (read != made).then(|| (hex(read), hex(made)))
        });
        match differs {
            Some((expected, found)) => {
                Err(ErrorKind::WrongResult { what: "sidecar", expected, found }.into())
            }
            None => Ok(sidecar),
        }
    }
}
