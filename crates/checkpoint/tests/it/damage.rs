//! Files cut at every byte and with every byte changed: an error or the same value, never a panic.

use checkpoint::lmt::{self, Mode};
use checkpoint::{pt, safetensors};

use crate::states::{shown, small};
use crate::{bodies, pt as ours};

#[test]
fn a_file_of_ours_cut_or_changed_anywhere_is_refused() {
    let whole = lmt::write(&small(), Mode::Strict).unwrap();
    for len in 0..whole.len() {
        assert!(lmt::read(&whole[..len], Mode::Strict).is_err(), "cut at {len}");
        assert!(lmt::read(&whole[..len], Mode::Hardened).is_err(), "cut at {len}");
    }
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            let (strict, hardened) = (lmt::read(&bytes, Mode::Strict), lmt::read(&bytes, Mode::Hardened));
            assert!(strict.is_err() && hardened.is_err(), "byte {at} changed by {change:#x}");
        }
    }
}

#[test]
fn an_archive_cut_anywhere_is_refused_and_changed_gives_no_other_value() {
    let whole = pt::write(&small(), "archive").unwrap();
    let value = shown(&pt::read(&whole).unwrap());
    for len in 0..whole.len() {
        assert!(pt::read(&whole[..len]).is_err(), "cut at {len}");
    }
    for at in 0..whole.len() {
        for change in [0x01, 0x20, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            // Padding, dates and the like say nothing; everything that does is under a checksum.
            if let Ok(read) = pt::read(&bytes) {
                assert_eq!(shown(&read), value, "byte {at} changed by {change:#x}");
            }
        }
    }
}

#[test]
fn an_old_file_cut_anywhere_is_refused() {
    for len in 0..ours::LEGACY.len() {
        assert!(pt::read(&ours::LEGACY[..len]).is_err(), "cut at {len}");
    }
    for at in 0..ours::LEGACY.len() {
        for change in [0x01, 0x20, 0xff] {
            let mut bytes = ours::LEGACY.to_vec();
            bytes[at] ^= change;
            bodies::pt(&bytes);
        }
    }
}

#[test]
fn safetensors_cut_anywhere_are_refused() {
    let whole = crate::safetensors::STATE;
    for len in 0..whole.len() {
        assert!(safetensors::read(&whole[..len]).is_err(), "cut at {len}");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 0x11;
        bodies::safetensors(&bytes);
    }
}

#[test]
fn mutated_seeds_hold_what_the_fuzz_targets_check() {
    let runs: u64 = std::env::var("LUMEN_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(2_000);
    let lmt = lmt::write(&small(), Mode::Strict).unwrap();
    type Body = fn(&[u8]);
    let seeds: [(&[u8], Body); 4] = [
        (&lmt, bodies::lmt),
        (ours::LEGACY, bodies::pt),
        (ours::STATE, bodies::pickle),
        (crate::safetensors::STATE, bodies::safetensors),
    ];
    // A linear congruential stream (Knuth's MMIX constants), so that a failure comes again.
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for (seed, body) in seeds {
        for _ in 0..runs {
            let mut bytes = seed[..seed.len().min(4096)].to_vec();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                match next(4) {
                    0 => bytes[at] = next(256) as u8,
                    1 => bytes.truncate(at + 1),
                    2 => bytes.insert(at, next(256) as u8),
                    _ => {
                        let from = next(bytes.len());
                        let part = bytes[from..bytes.len().min(from + next(64))].to_vec();
                        bytes.splice(at..at, part);
                    }
                }
            }
            body(&bytes);
        }
    }
}
