//! What each overhead survives, found by damaging and repairing: the table of `docs/repair.md`.
//!
//! A burst is tried at both ends and at places in between, scattered damage with several seeds; a row is printed only
//! if every trial within the promise gave the payload back and every trial beyond the repair symbols was refused.

use sidecar::{Damage, Error, Geometry, Overhead, Pattern, encode, repair};

const PAYLOADS: [(&str, usize); 4] =
    [("100 KiB", 100 << 10), ("1 MiB", 1 << 20), ("8 MiB", 8 << 20), ("64 MiB", 64 << 20)];
const OVERHEADS: [u32; 4] = [5, 10, 25, 100];

fn main() -> Result<(), Error> {
    println!("| file | overhead | sidecar | one burst of | scattered places | trials | refused beyond |");
    println!("|---|---|---|---|---|---|---|");
    for (name, length) in PAYLOADS {
        let payload = noise(length);
        for percent in OVERHEADS {
            row(name, &payload, Overhead::percent(percent)?)?;
        }
    }
    Ok(())
}

fn row(name: &str, payload: &[u8], overhead: Overhead) -> Result<(), Error> {
    let sidecar = encode(payload, overhead)?;
    let geometry = Geometry::new(payload.len() as u64, overhead)?;
    let Some(block) = geometry.blocks().next() else { return Ok(()) };
    let symbol = usize::from(geometry.symbol_bytes());
    // A burst that begins in the middle of a symbol touches one symbol more than its length says.
    let burst = ((block.promise() as usize - 1) * symbol + 1).min(payload.len());

    let mut trials = 0;
    for start in (0..=4).map(|n| (payload.len() - burst) / 4 * n) {
        let mut damaged = payload.to_vec();
        damaged[start..start + burst].iter_mut().for_each(|byte| *byte = !*byte);
        trials += 1;
        assert!(repair(name, &damaged, &sidecar)?.outcome?.payload == payload, "burst at {start} of {name}");
    }
    let scattered = |count: u32, seed| -> Result<bool, Error> {
        let damage = Damage::new(&sidecar, Pattern::Scattered, |_| count, seed)?;
        let (mut damaged, mut damaged_sidecar) = (payload.to_vec(), sidecar.clone());
        damage.strike(&mut damaged, &mut damaged_sidecar);
        Ok(repair(name, &damaged, &damaged_sidecar)?
            .outcome
            .is_ok_and(|restored| restored.payload == payload))
    };
    for seed in 0..5 {
        trials += 1;
        assert!(scattered(block.promise(), seed)?, "{} places of {name}", block.promise());
        assert!(!scattered(block.repair + 1, seed)?, "{} places of {name}", block.repair + 1);
    }
    println!(
        "| {name} | {} % | {} | {} | {} | {trials} of {trials} | {} |",
        overhead.get(),
        size(sidecar.len()),
        size(burst),
        block.promise(),
        block.repair
    );
    Ok(())
}

fn size(bytes: usize) -> String {
    match bytes {
        0..0x40_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Bytes of a xorshift generator (Marsaglia 2003).
fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
