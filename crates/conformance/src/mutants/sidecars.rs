//! Faults of stored bytes, their sidecar and its proof.

use sidecar::{Block, Damage, Overhead, Pattern, Proof, Status, encode, repair};

use super::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "sidecar.payload-bit-flipped",
        plant: || {
            let (mut payload, sidecar) = stored(1)?;
            *payload.get_mut(700)? ^= 1;
            let scrub = sidecar::scrub(&payload, &sidecar).ok()?;
            let whole = scrub.payload == sidecar::Health::Ok;
            (!whole).then(|| format!("scrub: payload {:?}", scrub.payload))
        },
    },
    Mutant {
        name: "sidecar.symbols-lost-beyond-budget",
        plant: || {
            let (mut payload, mut sidecar) = stored(1)?;
            damage(&mut payload, &mut sidecar, |block| block.repair + 1)?;
            let repair = repair("toy", &payload, &sidecar).ok()?;
            repair.outcome.err().map(|error| error.to_string())
        },
    },
    Mutant {
        name: "sidecar.foreign",
        plant: || {
            let (payload, _) = stored(1)?;
            let (_, foreign) = stored(2)?;
            let repair = repair("toy", &payload, &foreign).ok()?;
            repair.outcome.err().map(|error| error.to_string())
        },
    },
    Mutant {
        name: "proof.of-another-payload",
        plant: || {
            let (payload, sidecar) = stored(2)?;
            proof(1)?.check(&payload, &sidecar).err().map(|error| error.to_string())
        },
    },
    Mutant {
        name: "proof.altered",
        plant: || {
            let text = proof(1)?.to_json().replace("recovered\",\"digest", "failed\",\"digest");
            let text = text.replace("\"artifact\":\"toy\"", "\"artifact\":\"other\"");
            Proof::from_json(&text).err().map(|error| error.to_string())
        },
    },
];

/// A payload and its sidecar.
fn stored(seed: u8) -> Option<(Vec<u8>, Vec<u8>)> {
    let payload: Vec<u8> =
        (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ seed).collect();
    let sidecar = encode(&payload, Overhead::default()).ok()?;
    Some((payload, sidecar))
}

/// Flips every byte of so many symbols a block.
fn damage(payload: &mut [u8], sidecar: &mut [u8], count: impl Fn(Block) -> u32) -> Option<()> {
    Damage::new(sidecar, Pattern::Burst, count, 7).ok()?.strike(payload, sidecar);
    Some(())
}

/// The proof of a repair that the budget allows.
fn proof(seed: u8) -> Option<Proof> {
    let (mut payload, mut sidecar) = stored(seed)?;
    damage(&mut payload, &mut sidecar, Block::promise)?;
    Some(repair("toy", &payload, &sidecar).ok()?.proof)
}

/// Unharmed bytes are whole, and a loss within the budget is repaired with a whole proof.
pub(super) fn ground() -> Option<String> {
    let Some((payload, sidecar)) = stored(1) else { return Some("no sidecar".into()) };
    match sidecar::scrub(&payload, &sidecar) {
        Ok(scrub) if scrub.payload == sidecar::Health::Ok => {}
        other => return Some(format!("{other:?}")),
    }
    match proof(1) {
        Some(proof) if proof.status == Status::Recovered => {
            proof.check(&payload, &sidecar).err().map(|e| e.to_string())
        }
        other => Some(format!("{other:?}")),
    }
}
