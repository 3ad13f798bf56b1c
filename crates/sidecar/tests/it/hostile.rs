//! No bytes reach a panic, and whatever comes out is the payload or an error.

use proptest::prelude::*;
use sidecar::{ErrorKind, Health, Survey, repair, scrub};

use crate::{encode, payload};

#[test]
fn any_flipped_byte_is_found_and_mended() {
    let payload = payload(1_000);
    let sidecar = encode(&payload);
    for at in 0..sidecar.len() {
        let mut damaged = sidecar.clone();
        damaged[at] ^= 1;
        let found = scrub(&payload, &damaged).expect("the other header is whole");
        assert_eq!(found.payload, Health::Ok);
        assert!(matches!(found.sidecar, Health::Repairable { .. }), "byte {at}: {found:?}");
        let restored = repair("x", &payload, &damaged).expect("readable").outcome.expect("mended");
        assert_eq!(restored.sidecar, sidecar, "byte {at}");
    }
    for at in 0..payload.len() {
        let mut damaged = payload.clone();
        damaged[at] ^= 0x80;
        let found = scrub(&damaged, &sidecar).expect("readable");
        assert_eq!((found.payload.to_string().as_str(), found.sidecar), ("repairable (1 of 8)", Health::Ok));
        assert_eq!(
            repair("x", &damaged, &sidecar).expect("readable").outcome.expect("mended").payload,
            payload
        );
    }
}

#[test]
fn without_a_whole_header_nothing_is_guessed() {
    let payload = payload(1_000);
    let mut sidecar = encode(&payload);
    let end = sidecar.len() - 1;
    sidecar[100] ^= 1;
    sidecar[end] ^= 1;
    for bytes in [sidecar.as_slice(), b"", b"LUMENRQ1", &sidecar[..159], &payload] {
        let error = scrub(&payload, bytes).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unreadable { length_bytes: bytes.len() as u64 });
    }
}

#[test]
fn a_sheet_lost_on_both_sides_takes_its_symbols_with_it() {
    let payload = payload(1_000);
    let mut sidecar = encode(&payload);
    let behind = sidecar.len() - 160 - 1;
    sidecar[170] ^= 1;
    sidecar[behind] ^= 1;
    let found = scrub(&payload, &sidecar).expect("readable");
    assert_eq!(found.payload, Health::Ok, "the digest of the whole vouches for the payload");
    assert!(matches!(found.sidecar, Health::Repairable { .. }));
    let mut damaged = payload.clone();
    damaged[0] ^= 1;
    let error = repair("x", &damaged, &sidecar).expect("readable").outcome.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unrecoverable { block: 0, needed: 4, have: 0 });
}

#[test]
fn the_sidecar_of_another_payload_repairs_nothing() {
    let (mine, other) = (payload(40_000), payload(40_001));
    let foreign = encode(&other);
    assert!(matches!(scrub(&mine, &foreign).expect("readable").payload, Health::Lost { .. }));
    let repair = repair("x", &mine, &foreign).expect("readable");
    assert!(matches!(repair.outcome.unwrap_err().kind(), ErrorKind::Unrecoverable { .. }));
}

/// A prologue with other content and a hash that fits.
fn forged(sidecar: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut prologue = sidecar[..160].to_vec();
    prologue[at] = byte;
    let hash = *blake3::hash(&prologue[..128]).as_bytes();
    prologue[128..].copy_from_slice(&hash);
    let mut out = sidecar.to_vec();
    let behind = out.len() - 160;
    out[..160].copy_from_slice(&prologue);
    out[behind..].copy_from_slice(&prologue);
    out
}

#[test]
fn a_forged_header_is_named() {
    let payload = payload(1_000);
    let sidecar = encode(&payload);
    let kind = |at, byte| scrub(&payload, &forged(&sidecar, at, byte)).unwrap_err().kind().clone();
    assert_eq!(kind(8, 2), ErrorKind::UnknownFormat { found: 2 });
    assert_eq!(kind(12, 0), ErrorKind::OverheadOutOfBounds { percent: 0 });
    assert!(matches!(kind(22, 1), ErrorKind::TooLarge { .. }));
    for (at, name) in [
        (16, "the table of blocks"),
        (61, "the transmission information"),
        (62, "the transmission information"),
        (65, "the transmission information"),
        (66, "the transmission information"),
        (72, "the table of blocks"),
        (84, "the table of blocks"),
        (88, "the table of blocks"),
        (99, "the sidecar's length"),
        (127, "the reserved space"),
    ] {
        let byte = sidecar[at] ^ 0xFF;
        match kind(at, byte) {
            // Another length implies another transmission information too.
            ErrorKind::Malformed { field, .. } => assert!(field == name || at == 16, "byte {at}: {field}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
    // A plausible header for a far longer payload.
    let long = sidecar::encode(&vec![0; 100_000], sidecar::Overhead::default()).expect("small");
    let mixed = [&long[..160], &sidecar[160..]].concat();
    assert!(matches!(
        repair("x", &payload, &mixed[..mixed.len() - 160]).expect("readable").outcome.unwrap_err().kind(),
        ErrorKind::Unrecoverable { .. }
    ));
}

/// Wrong repair symbols under hashes that fit: the decoder gives other bytes without complaint, the digest does not.
#[test]
fn the_digest_of_the_whole_decides_last() {
    let payload = payload(4 * 256);
    let mut sidecar = encode(&payload);
    let front = 160 + 12 * 8 + 16;
    for byte in &mut sidecar[front..front + 8 * 256] {
        *byte ^= 0x11;
    }
    let mut hashes: Vec<u8> = sidecar[160..160 + 4 * 8].to_vec();
    for symbol in sidecar[front..front + 8 * 256].chunks(256) {
        hashes.extend(&blake3::hash(symbol).as_bytes()[..8]);
    }
    let binding = blake3::hash(&sidecar[..160]);
    let own = blake3::hash(&[binding.as_bytes(), &0u64.to_le_bytes()[..], &hashes].concat());
    hashes.extend(&own.as_bytes()[..16]);
    for start in [160, front + 8 * 256] {
        sidecar[start..start + hashes.len()].copy_from_slice(&hashes);
    }
    assert_eq!(scrub(&payload, &sidecar).expect("readable").sidecar, Health::Ok);
    let mut damaged = payload;
    damaged[300] ^= 1;
    let error = repair("x", &damaged, &sidecar).expect("readable").outcome.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WrongResult { what: "payload", .. }), "{error}");
}

/// A change to a file, as hardware, editors and transfers make them.
#[derive(Clone, Debug)]
enum Edit {
    Flip(prop::sample::Index, u8),
    Zero(prop::sample::Index, usize),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), 1u8..).prop_map(|(at, mask)| Edit::Flip(at, mask)),
        2 => (at(), 1usize..800).prop_map(|(at, n)| Edit::Zero(at, n)),
        1 => at().prop_map(Edit::Cut),
        1 => (at(), 1usize..600).prop_map(|(at, n)| Edit::Remove(at, n)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..300)).prop_map(|(at, b)| Edit::Insert(at, b)),
        1 => at().prop_map(Edit::Repeat),
    ]
}

fn apply(bytes: &mut Vec<u8>, edits: &[Edit]) {
    for edit in edits {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        match edit {
            Edit::Flip(at, mask) => bytes[at.index(length)] ^= mask,
            Edit::Zero(at, n) => bytes.iter_mut().skip(at.index(length)).take(*n).for_each(|b| *b = 0),
            Edit::Cut(at) => bytes.truncate(at.index(length)),
            Edit::Remove(at, n) => {
                let start = at.index(length);
                bytes.drain(start..(start + n).min(length));
            }
            Edit::Insert(at, more) => {
                let at = at.index(length);
                bytes.splice(at..at, more.iter().copied());
            }
            Edit::Repeat(at) => bytes.extend_from_within(at.index(length)..),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_of_any_kind_gives_the_payload_or_an_error(
        length in 0usize..20_000,
        payload_edits in prop::collection::vec(edit(), 0..6),
        sidecar_edits in prop::collection::vec(edit(), 0..6),
    ) {
        let payload = payload(length);
        let sidecar = encode(&payload);
        let (mut bad_payload, mut bad_sidecar) = (payload.clone(), sidecar.clone());
        apply(&mut bad_payload, &payload_edits);
        apply(&mut bad_sidecar, &sidecar_edits);
        if let Ok(survey) = Survey::new(&bad_payload, &bad_sidecar) {
            let found = survey.scrub();
            prop_assert_eq!(found.payload == Health::Ok, bad_payload == payload);
            prop_assert_eq!(found.sidecar == Health::Ok, bad_sidecar == sidecar);
            let repair = survey.repair("x");
            prop_assert_eq!(matches!(found.payload, Health::Lost { .. }), repair.outcome.is_err());
            if let Ok(restored) = repair.outcome {
                prop_assert_eq!(&restored.payload, &payload);
                prop_assert_eq!(&restored.sidecar, &sidecar);
            }
            prop_assert!(repair.proof.check(&payload, &sidecar).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_sidecar(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(Survey::new(b"payload", &bytes).is_err());
    }
}
