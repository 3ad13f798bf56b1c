//! The state of a payload and its sidecar in words.

use std::fmt;

use crate::error::{ErrorKind, Result};
use crate::survey::Survey;

/// What a scrub found. It changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrub {
    /// The state of the payload.
    pub payload: Health,
    /// The state of the sidecar.
    pub sidecar: Health,
}

/// The state of a payload or a sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Every byte is as it was made.
    Ok,
    /// Damaged, and what is whole suffices to mend it. The numbers are those of the block that comes closest to loss.
    Repairable {
        /// The block, from 0.
        block: u32,
        /// Its damaged symbols, of payload and sidecar together; 0 if only a header or the length is wrong.
        damaged: u32,
        /// Its repair symbols.
        repair: u32,
    },
    /// Damaged beyond what the sidecar can mend.
    Lost {
        /// The first such block, from 0.
        block: u32,
        /// Whole symbols that it needs.
        needed: u32,
        /// Whole symbols that there are.
        have: u32,
    },
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Health::Ok => write!(f, "ok"),
            Health::Repairable { damaged, repair, .. } => write!(f, "repairable ({damaged} of {repair})"),
            Health::Lost { block, needed, have } => {
                write!(f, "lost (block {block} needs {needed} whole symbols and has {have})")
            }
        }
    }
}

/// Whether a payload and its sidecar are whole, can be mended, or are lost.
///
/// # Errors
/// Those of [`Survey::new`]: a sidecar without a readable header says nothing of either.
pub fn scrub(payload: &[u8], sidecar: &[u8]) -> Result<Scrub> {
    Ok(Survey::new(payload, sidecar)?.scrub())
}

impl Survey<'_> {
    /// Sums up what is whole. A block with fewer than two symbols to spare is decoded, because counting does not
    /// settle whether it can be.
    pub fn scrub(&self) -> Scrub {
        let mended = self.mendable();
        let health = |whole| if whole { Health::Ok } else { mended };
        Scrub { payload: health(self.payload_whole), sidecar: health(self.sidecar_whole) }
    }

    fn mendable(&self) -> Health {
        let mut closest = Health::Repairable { block: 0, damaged: 0, repair: 0 };
        let mut spare_min = u32::MAX;
        for (number, losses) in self.blocks.iter().enumerate() {
            let (block, have) = (losses.block, losses.have());
            let spare = have.checked_sub(block.source);
            let thin = spare.is_none_or(|spare| spare < block.repair - block.promise());
            let lost = losses.source_lost()
                && thin
                && self.decode(number, losses).is_err_and(|e| {
                    matches!(e.kind(), ErrorKind::Unrecoverable { .. } | ErrorKind::Undetermined { .. })
                });
            if lost {
                return Health::Lost { block: number as u32, needed: block.source, have };
            }
            // A block whose source symbols are whole never fails, however few repair symbols are left.
            let spare = if losses.source_lost() { spare.unwrap_or(0) } else { u32::MAX - 1 };
            if spare < spare_min {
                spare_min = spare;
                closest = Health::Repairable {
                    block: number as u32,
                    damaged: losses.lost.len() as u32,
                    repair: block.repair,
                };
            }
        }
        closest
    }
}
