//! Proofs can be repeated, and only on what they are about.

use sidecar::{Damage, ErrorKind, Pattern, Proof, Status, repair};

use crate::{encode, payload, struck};

fn proof_of(payload: &[u8], pattern: Pattern, lose: u32) -> (Vec<u8>, Proof) {
    let sidecar = encode(payload);
    let damage = Damage::new(&sidecar, pattern, |_| lose, 11).expect("readable");
    let (bad_payload, bad_sidecar) = struck(&damage, payload, &sidecar);
    (sidecar, repair("packet.json", &bad_payload, &bad_sidecar).expect("readable").proof)
}

#[test]
fn a_proof_says_what_was_lost_and_used() {
    let payload = payload(20 * 256);
    let (_, proof) = proof_of(&payload, Pattern::First, 3);
    assert_eq!(proof.status, Status::Recovered);
    assert_eq!(proof.payload_lost, [[0, 768]]);
    // The header in front: prologue, 28 hashes and the sheet's own.
    assert_eq!(proof.sidecar_lost, [[0, 160 + 28 * 8 + 16]]);
    assert_eq!(proof.recovered.as_deref(), Some(blake3::hash(&payload).to_hex().as_str()));
    let decoded = &proof.decoded[0];
    assert_eq!((decoded.block, decoded.needed, decoded.source_used, decoded.repair_used), (0, 20, 17, 8));
}

#[test]
fn loss_and_decoding_can_be_repeated_from_the_text() {
    let payload = payload(30_000);
    for pattern in Pattern::ALL {
        for (lose, status) in [(0, Status::NotAttempted), (10, Status::Recovered), (15, Status::Failed)] {
            let (sidecar, proof) = proof_of(&payload, pattern, lose);
            if pattern != Pattern::Sidecar {
                assert_eq!(proof.status, status, "{} of {lose}", pattern.name());
            }
            let read = Proof::from_json(&proof.to_json()).expect("its own text");
            assert_eq!(read, proof);
            read.check(&payload, &sidecar).expect("repeats");
        }
    }
}

#[test]
fn proofs_of_two_payloads_differ_and_do_not_serve_each_other() {
    let (one, mut other) = (payload(5_000), payload(5_000));
    other[17] ^= 1;
    let (_, proof) = proof_of(&one, Pattern::Burst, 4);
    let (sidecar, another) = proof_of(&other, Pattern::Burst, 4);
    assert_ne!(proof.digest, another.digest);
    let error = proof.check(&other, &sidecar).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Disproved { field: "the payload", .. }), "{error}");
}

#[test]
fn an_altered_proof_is_refused() {
    let payload = payload(5_000);
    let (sidecar, proof) = proof_of(&payload, Pattern::Burst, 4);
    let text = proof.to_json();
    for (from, to) in [
        ("packet.json", "packet.jsom"),
        ("\"recovered\",\"digest\"", "\"failed\",\"digest\""),
        ("\"repair_used\":8", "\"repair_used\":7"),
        ("\"version\":1", "\"version\":2"),
        ("\"status\"", "\"extra\":0,\"status\""),
    ] {
        let altered = text.replacen(from, to, 1);
        assert_ne!(altered, text, "{from} stands in {text}");
        assert!(
            matches!(Proof::from_json(&altered).unwrap_err().kind(), ErrorKind::Disproved { .. }),
            "{from}"
        );
    }
    // One whose own digest was made again is caught by repeating it.
    let mut forged = proof.clone();
    forged.status = Status::Failed;
    let error = forged.check(&payload, &sidecar).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Disproved { field: "the status", .. }), "{error}");
    let mut forged = proof;
    forged.payload_lost.push([u64::MAX - 1, 3]);
    assert!(forged.check(&payload, &sidecar).is_err());
}
