//! A sidecar against damage, forgery, and its own format page.

mod format;
mod hostile;
mod promise;
mod proof;

/// Bytes without a pattern that a symbol boundary could hide.
pub fn payload(length: usize) -> Vec<u8> {
    let mut state = length as u32 ^ 0x9E37_79B9;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

pub fn encode(payload: &[u8]) -> Vec<u8> {
    sidecar::encode(payload, sidecar::Overhead::default()).expect("small enough")
}

/// Applies damage to copies.
pub fn struck(damage: &sidecar::Damage, payload: &[u8], sidecar: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut payload, mut sidecar) = (payload.to_vec(), sidecar.to_vec());
    damage.strike(&mut payload, &mut sidecar);
    (payload, sidecar)
}
