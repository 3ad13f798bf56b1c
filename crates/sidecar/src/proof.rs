//! The record of a repair that a stranger can repeat.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};
use crate::header::hex;
use crate::repair::{Restored, repair};
use crate::survey::{Losses, Survey};

const SCHEMA: &str = "lumen.sidecar.proof";
const VERSION: u32 = 1;

/// What was lost of an artifact, what it was computed from, and the digest of what came out.
///
/// Text is JSON with the fields in this order; `digest` is the BLAKE3 of that text with an empty `digest`. It covers
/// the payload's own digest, so two payloads never share a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    schema: String,
    version: u32,
    /// The name under which the payload was repaired.
    pub artifact: String,
    /// The payload as the sidecar knows it.
    pub payload: Identity,
    /// The sidecar as it was made; unknown after a failure.
    pub sidecar: Option<Identity>,
    /// Byte ranges of the payload, `[start, end)`, in whole symbols.
    pub payload_lost: Vec<[u64; 2]>,
    /// Byte ranges of the sidecar: repair symbols and pieces of its headers.
    pub sidecar_lost: Vec<[u64; 2]>,
    /// The blocks that were decoded.
    pub decoded: Vec<Decoded>,
    /// BLAKE3 of the repaired payload.
    pub recovered: Option<String>,
    /// What came of it.
    pub status: Status,
    /// BLAKE3 of everything above.
    pub digest: String,
}

/// Length and BLAKE3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Length in bytes.
    pub size_bytes: u64,
    /// In hexadecimal digits.
    pub blake3: String,
}

impl Identity {
    fn of(bytes: &[u8]) -> Identity {
        Identity { size_bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }
}

/// A block that was decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoded {
    /// The block, from 0.
    pub block: u32,
    /// Whole symbols that it needed.
    pub needed: u32,
    /// Source symbols that the decoder was given.
    pub source_used: u32,
    /// Repair symbols that the decoder was given.
    pub repair_used: u32,
}

impl Decoded {
    pub(crate) fn new(number: usize, losses: &Losses) -> Decoded {
        let block = losses.block;
        let source_lost = losses.lost.partition_point(|id| *id < block.source) as u32;
        let source_used = block.source - source_lost;
        Decoded {
            block: number as u32,
            needed: block.source,
            source_used,
            repair_used: losses.have() - source_used,
        }
    }
}

/// What came of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Lost symbols were decoded, and the payload is whole.
    Recovered,
    /// The loss was beyond the budget, or the result was not the payload.
    Failed,
    /// No symbol of the payload was lost, so nothing was decoded.
    NotAttempted,
}

impl Proof {
    pub(crate) fn new(
        artifact: &str,
        survey: &Survey<'_>,
        decoded: Vec<Decoded>,
        restored: Option<&Restored>,
    ) -> Proof {
        let (mut payload_lost, mut sidecar_lost) = (Vec::new(), survey.header_lost.clone());
        for losses in &survey.blocks {
            for id in &losses.lost {
                let lost = if *id < losses.block.source { &mut payload_lost } else { &mut sidecar_lost };
                lost.push(survey.place(losses, *id));
            }
        }
        let status = match restored {
            None => Status::Failed,
            Some(_) if decoded.is_empty() => Status::NotAttempted,
            Some(_) => Status::Recovered,
        };
        let mut proof = Proof {
            schema: SCHEMA.to_string(),
            version: VERSION,
            artifact: artifact.to_string(),
            payload: Identity {
                size_bytes: survey.geometry().length_bytes(),
                blake3: hex(&survey.prologue.digest),
            },
            sidecar: restored.map(|restored| Identity::of(&restored.sidecar)),
            payload_lost: joined(payload_lost),
            sidecar_lost: joined(sidecar_lost),
            decoded,
            recovered: restored.map(|restored| Identity::of(&restored.payload).blake3),
            status,
            digest: String::new(),
        };
        proof.digest = proof.own_digest();
        proof
    }

    /// The proof as a line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are always JSON")
    }

    /// Reads a proof and checks its own digest.
    ///
    /// # Errors
    /// `Disproved` for text that is no proof of this version, and for one that was altered.
    pub fn from_json(text: &str) -> Result<Proof> {
        let disproved =
            |field, expected: String, found: String| ErrorKind::Disproved { field, expected, found };
        let proof: Proof = serde_json::from_str(text)
            .map_err(|error| disproved("the text", "a decode proof".to_string(), error.to_string()))?;
        if (proof.schema.as_str(), proof.version) != (SCHEMA, VERSION) {
            let found = format!("{} {}", proof.schema, proof.version);
            return Err(disproved("the schema", format!("{SCHEMA} {VERSION}"), found).into());
        }
        let expected = proof.own_digest();
        if proof.digest != expected {
            return Err(disproved("the digest", expected, proof.digest).into());
        }
        Ok(proof)
    }

    /// Repeats loss and decoding on a whole payload and its whole sidecar.
    ///
    /// # Errors
    /// `Disproved` with the first field that comes out otherwise; those of [`Survey::new`].
    pub fn check(&self, payload: &[u8], sidecar: &[u8]) -> Result<()> {
        let damaged = invert(payload, &self.payload_lost);
        let repeated = repair(&self.artifact, &damaged, &invert(sidecar, &self.sidecar_lost))?.proof;
        for ((field, expected), (_, found)) in repeated.shown().into_iter().zip(self.shown()) {
            if expected != found {
                return Err(ErrorKind::Disproved { field, expected, found }.into());
            }
        }
        Ok(())
    }

    /// What repeating decides, the digest of it all last.
    fn shown(&self) -> [(&'static str, String); 8] {
        [
            ("the payload", format!("{:?}", self.payload)),
            ("the sidecar", format!("{:?}", self.sidecar)),
            ("the payload's lost ranges", format!("{:?}", self.payload_lost)),
            ("the sidecar's lost ranges", format!("{:?}", self.sidecar_lost)),
            ("the decoded blocks", format!("{:?}", self.decoded)),
            ("the recovered digest", format!("{:?}", self.recovered)),
            ("the status", format!("{:?}", self.status)),
            ("the digest", self.digest.clone()),
        ]
    }

    fn own_digest(&self) -> String {
        let unsigned = Proof { digest: String::new(), ..self.clone() };
        blake3::hash(unsigned.to_json().as_bytes()).to_hex().to_string()
    }
}

/// Ascending ranges, those that touch as one.
fn joined(mut ranges: Vec<Range<u64>>) -> Vec<[u64; 2]> {
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<[u64; 2]> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some([_, end]) if *end == range.start => *end = range.end,
            _ => out.push([range.start, range.end]),
        }
    }
    out
}

/// A copy in which every byte of the ranges is another one.
fn invert(bytes: &[u8], ranges: &[[u64; 2]]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for [start, end] in ranges {
        let length = out.len() as u64;
        let place = (*start).min(length) as usize..(*end).min(length) as usize;
        for byte in out.get_mut(place).into_iter().flatten() {
            *byte = !*byte;
        }
    }
    out
}
