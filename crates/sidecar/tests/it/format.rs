//! The bytes as `docs/formats/sidecar.md` says, read by hand, and the code as RFC 6330 says, by the decoder that the
//! format does not use.

use raptorq::{Decoder, EncodingPacket, ObjectTransmissionInformation, PayloadId};

use crate::{encode, payload};

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[test]
fn the_prologue_stands_at_both_ends_as_the_page_says() {
    let payload = payload(25_601);
    let sidecar = encode(&payload);
    let prologue = &sidecar[..160];
    assert_eq!(prologue, &sidecar[sidecar.len() - 160..]);
    assert_eq!(&prologue[..8], b"LUMENRQ1");
    assert_eq!((number(prologue, 8), number(prologue, 12), long(prologue, 16)), (1, 10, 25_601));
    assert_eq!(&prologue[24..56], blake3::hash(&payload).as_bytes());
    // RFC 6330, section 3.3: 40 bits of length, a zero byte, 16 of symbol size; blocks, sub-blocks, alignment.
    assert_eq!(&prologue[56..68], [0, 0, 0, 0x64, 0x01, 0, 1, 0, 1, 0, 1, 8]);
    // By hand: 101 symbols, no longer block; 11 repair symbols for 10 percent, and two.
    let runs: Vec<u32> = (0..6).map(|n| number(prologue, 68 + 4 * n)).collect();
    assert_eq!(runs, [0, 101, 13, 1, 101, 13]);
    assert_eq!(long(prologue, 92), sidecar.len() as u64);
    assert_eq!(prologue[100..128], [0; 28]);
    assert_eq!(&prologue[128..], blake3::hash(&prologue[..128]).as_bytes());
}

#[test]
fn sheets_hold_a_hash_of_every_symbol_and_one_of_their_own() {
    let payload = payload(600 * 256 - 1);
    let sidecar = encode(&payload);
    let hash = |bytes: &[u8]| blake3::hash(bytes).as_bytes()[..8].to_vec();
    // By hand: 600 source and 62 repair symbols; a sheet of 510 hashes, one of 152.
    let sheets = 662 * 8 + 2 * 16;
    let repair = &sidecar[160 + sheets..160 + sheets + 62 * 256];
    let filled = [payload.as_slice(), &[0]].concat();
    let hashes: Vec<u8> = filled.chunks(256).chain(repair.chunks(256)).flat_map(hash).collect();
    let (front, behind) = (160, 160 + sheets + 62 * 256);
    assert_eq!(sidecar.len(), behind + sheets + 160);
    let binding = blake3::hash(&sidecar[..160]);
    for start in [front, behind] {
        for (n, at, hashes) in [(0u64, start, &hashes[..4_080]), (1, start + 4_096, &hashes[4_080..])] {
            assert_eq!(&sidecar[at..at + hashes.len()], hashes);
            let own = blake3::hash(&[binding.as_bytes(), &n.to_le_bytes()[..], hashes].concat());
            assert_eq!(sidecar[at + hashes.len()..at + hashes.len() + 16], own.as_bytes()[..16]);
        }
    }
}

#[test]
fn any_decoder_of_the_standard_reads_the_repair_symbols() {
    let payload = payload(40 * 256 - 100);
    let sidecar = encode(&payload);
    let config =
        ObjectTransmissionInformation::deserialize(sidecar[56..68].try_into().expect("twelve bytes"));
    let mut decoder = Decoder::new(config);
    let filled = [payload.as_slice(), &[0; 100]].concat();
    let front = 160 + 48 * 8 + 16;
    // Source symbols 0 to 7 are gone; the eight repair symbols follow the 40 source symbols in the numbering.
    let source = filled.chunks(256).enumerate().skip(8);
    let repair = sidecar[front..front + 8 * 256].chunks(256).enumerate().map(|(n, s)| (40 + n, s));
    let decoded = source.chain(repair).find_map(|(id, symbol)| {
        decoder.decode(EncodingPacket::new(PayloadId::new(0, id as u32), symbol.to_vec()))
    });
    assert_eq!(decoded, Some(payload));
}
