//! What the budget promises holds, and beyond it nothing is invented.

use sidecar::{Damage, ErrorKind, Geometry, Health, Overhead, Pattern, repair, scrub};

use crate::{encode, payload, struck};

/// Around each change of the cut: no symbol, one, a whole one, ten (the code's smallest block), r above its minimum.
const LENGTHS: [usize; 10] = [1, 255, 256, 257, 2_560, 2_561, 15_360, 15_616, 100_000, 300_001];

#[test]
fn every_pattern_is_repaired_up_to_the_promise() {
    for length in LENGTHS {
        let payload = payload(length);
        let sidecar = encode(&payload);
        for pattern in Pattern::ALL {
            let damage = Damage::new(&sidecar, pattern, |b| b.promise(), length as u64).expect("readable");
            let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
            let place = format!("{length} bytes, {}", pattern.name());
            let found = scrub(&bad_payload, &bad_sidecar).expect(&place);
            assert!(!matches!(found.payload, Health::Lost { .. }), "{place}: {found:?}");
            let restored = repair("x", &bad_payload, &bad_sidecar).expect(&place).outcome.expect(&place);
            assert_eq!(restored.payload, payload, "{place}");
            assert_eq!(restored.sidecar, sidecar, "{place}");
        }
    }
}

#[test]
fn one_symbol_more_than_there_are_is_refused_with_its_numbers() {
    for length in LENGTHS {
        let payload = payload(length);
        let sidecar = encode(&payload);
        let geometry = Geometry::new(length as u64, Overhead::default()).expect("small");
        let block = geometry.blocks().next().expect("one block");
        for pattern in Pattern::ALL {
            let damage = Damage::new(&sidecar, pattern, |b| b.repair + 1, 7).expect("readable");
            let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
            let expected =
                ErrorKind::Unrecoverable { block: 0, needed: block.source, have: block.source - 1 };
            let error = repair("x", &bad_payload, &bad_sidecar).expect("readable").outcome.unwrap_err();
            assert_eq!(error.kind(), &expected, "{length} bytes, {}", pattern.name());
            let found = scrub(&bad_payload, &bad_sidecar).expect("readable");
            let lost = Health::Lost { block: 0, needed: block.source, have: block.source - 1 };
            assert_eq!(found.payload, lost);
            assert_eq!(found.sidecar, if bad_sidecar == sidecar { Health::Ok } else { lost });
        }
    }
}

#[test]
fn every_small_block_decodes_from_its_promise() {
    for symbols in 1..=120 {
        let payload = payload(symbols * 256 - 3);
        let sidecar = encode(&payload);
        for seed in 0..4 {
            let damage = Damage::new(&sidecar, Pattern::Scattered, |b| b.promise(), seed).expect("readable");
            let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
            let restored = repair("x", &bad_payload, &bad_sidecar).expect("readable").outcome;
            assert_eq!(
                restored.expect("within the promise").payload,
                payload,
                "{symbols} symbols, seed {seed}"
            );
        }
    }
}

/// Counting does not settle whether r − 1 or r damaged symbols are mended; a scrub says what a repair then does.
#[test]
fn a_scrub_foretells_the_repair_where_counting_does_not_suffice() {
    let payload = payload(12 * 256);
    let sidecar = encode(&payload);
    let mut refused = 0;
    for seed in 0..400 {
        for spare in [0, 1] {
            let damage =
                Damage::new(&sidecar, Pattern::Scattered, |b| b.repair - spare, seed).expect("readable");
            let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
            let found = scrub(&bad_payload, &bad_sidecar).expect("readable").payload;
            let outcome = repair("x", &bad_payload, &bad_sidecar).expect("readable").outcome;
            assert_eq!(matches!(found, Health::Lost { .. }), outcome.is_err(), "seed {seed}: {found}");
            refused += u32::from(outcome.is_err());
        }
    }
    assert!(refused < 40, "{refused} of 800 thin blocks did not decode; RFC 6330 lets expect about 4");
}

#[test]
fn whole_files_are_ok_and_come_back_as_they_are() {
    for length in LENGTHS {
        let payload = payload(length);
        let sidecar = encode(&payload);
        let found = scrub(&payload, &sidecar).expect("readable");
        assert_eq!((found.payload, found.sidecar), (Health::Ok, Health::Ok));
        let restored = repair("x", &payload, &sidecar).expect("readable").outcome.expect("whole");
        assert_eq!((restored.payload, restored.sidecar), (payload, sidecar));
    }
}

#[test]
fn an_empty_payload_has_no_symbols_and_comes_back_empty() {
    let sidecar = encode(&[]);
    assert_eq!(sidecar.len(), 320);
    assert_eq!(scrub(&[], &sidecar).expect("readable").payload, Health::Ok);
    let found = scrub(b"something", &sidecar).expect("readable").payload;
    assert_eq!(found.to_string(), "repairable (0 of 0)");
    let restored = repair("x", b"something", &sidecar).expect("readable").outcome.expect("cut");
    assert!(restored.payload.is_empty());
}

#[test]
fn cut_and_prolonged_files_are_mended() {
    let payload = payload(50_000);
    let sidecar = encode(&payload);
    let restored = |payload: &[u8], sidecar: &[u8]| {
        let restored = repair("x", payload, sidecar).expect("readable").outcome.expect("within the budget");
        (restored.payload, restored.sidecar)
    };
    let whole = (payload.clone(), sidecar.clone());
    for cut in [1, 255, 1_500] {
        assert_eq!(restored(&payload[..payload.len() - cut], &sidecar), whole);
        assert_eq!(restored(&payload, &sidecar[cut..]), whole, "front cut by {cut}");
        assert_eq!(restored(&payload, &sidecar[..sidecar.len() - cut]), whole, "end cut by {cut}");
        let longer = [sidecar.as_slice(), &payload[..cut]].concat();
        assert_eq!(restored(&payload, &longer), whole);
        let pushed = [&payload[..cut], sidecar.as_slice()].concat();
        assert_eq!(restored(&payload, &pushed), whole);
    }
    let longer = [payload.as_slice(), b"more"].concat();
    assert_eq!(restored(&longer, &sidecar), whole);
    assert_eq!(scrub(&longer, &sidecar).expect("readable").payload.to_string(), "repairable (0 of 22)");
}

#[test]
fn a_larger_overhead_survives_more() {
    let payload = payload(25_600);
    for (percent, repair_symbols) in [(1, 8), (10, 12), (25, 27), (100, 102), (400, 402)] {
        let sidecar =
            sidecar::encode(&payload, Overhead::percent(percent).expect("in bounds")).expect("small");
        // By hand: max(8, ceil(100 symbols * percent / 100) + 2).
        let lose = repair_symbols - 2;
        let damage = Damage::new(&sidecar, Pattern::Scattered, |_| lose, 3).expect("readable");
        let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
        let restored = repair("x", &bad_payload, &bad_sidecar).expect("readable").outcome;
        assert_eq!(restored.expect("within the promise").payload, payload, "{percent} %");
        let damage = Damage::new(&sidecar, Pattern::Scattered, |_| repair_symbols + 1, 3).expect("readable");
        let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
        assert!(repair("x", &bad_payload, &bad_sidecar).expect("readable").outcome.is_err(), "{percent} %");
    }
    for percent in [0, 401] {
        assert!(Overhead::percent(percent).is_err());
    }
}

/// The specification's bound: 18 % and 4 KiB.
#[test]
fn a_sidecar_stays_small() {
    let lengths = [0, 1, 257, 3_000, 100_000, 1 << 20, 4 << 20, (4 << 20) + 1, 16 << 20, (16 << 20) + 1];
    for length in lengths.into_iter().chain([64 << 20, (64 << 20) + 1, 1 << 30, sidecar::PAYLOAD_BYTES_MAX]) {
        let bytes = Geometry::new(length, Overhead::default()).expect("in bounds").sidecar_bytes();
        assert!(bytes * 100 <= length * 18 + 409_600, "{length} bytes: {bytes}");
    }
    let error = Geometry::new(sidecar::PAYLOAD_BYTES_MAX + 1, Overhead::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }));
}

/// RFC 6330, section 4.4.1.2: the blocks' symbols add up, differ by one at most, and the longer blocks come first.
#[test]
fn blocks_divide_the_symbols_evenly() {
    for length in [(64 << 20) + 1, (130 << 20) + 4_097, (1 << 30) - 1, sidecar::PAYLOAD_BYTES_MAX] {
        let geometry = Geometry::new(length, Overhead::default()).expect("in bounds");
        let sources: Vec<u32> = geometry.blocks().map(|block| block.source).collect();
        assert_eq!(sources.iter().map(|k| u64::from(*k)).sum::<u64>(), length.div_ceil(4_096));
        assert_eq!(sources.len() as u64, length.div_ceil(64 << 20));
        assert!(sources.is_sorted_by(|a, b| a >= b) && sources[0] - sources[sources.len() - 1] <= 1);
        assert!(sources[0] <= 16_384);
    }
}

#[test]
fn several_blocks_are_repaired_each_by_its_own_symbols() {
    let payload = payload((64 << 20) + 5_000);
    let sidecar = encode(&payload);
    let damage = Damage::new(&sidecar, Pattern::Scattered, |_| 40, 1).expect("readable");
    let (bad_payload, bad_sidecar) = struck(&damage, &payload, &sidecar);
    let repair = repair("x", &bad_payload, &bad_sidecar).expect("readable");
    assert_eq!(repair.proof.decoded.len(), 2);
    let restored = repair.outcome.expect("within the budget");
    assert!(restored.payload == payload && restored.sidecar == sidecar);
}

/// The page's table comes from `examples/losses.rs`; here its numbers are held against the cut.
#[test]
fn the_page_on_repair_promises_what_the_code_does() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/repair.md"))
        .expect("the page is there");
    let bytes = |text: &str| {
        let (number, unit) = text.split_once(' ').expect("a number and its unit");
        let number: f64 = number.parse().expect("a number");
        number * if unit == "MiB" { 1_048_576.0 } else { 1_024.0 }
    };
    let mut rows = 0;
    for row in page.lines().filter(|line| line.contains(" % | ")) {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [file, percent, size, burst, places, _, repair] = cells[..] else { panic!("{row}") };
        let percent = percent.trim_end_matches(" %").parse().expect("a percentage");
        let overhead = Overhead::percent(percent).expect("in bounds");
        let geometry = Geometry::new(bytes(file) as u64, overhead).expect("in bounds");
        let block = geometry.blocks().next().expect("one block");
        assert_eq!((places, repair), (&*block.promise().to_string(), &*block.repair.to_string()), "{row}");
        // The table rounds to a tenth.
        assert!((bytes(size) / geometry.sidecar_bytes() as f64 - 1.0).abs() < 0.01, "{row}");
        let longest = u64::from(block.promise() - 1) * u64::from(geometry.symbol_bytes()) + 1;
        let longest = longest.min(geometry.length_bytes());
        assert!((bytes(burst) / longest as f64 - 1.0).abs() < 0.02, "{row}");
        rows += 1;
    }
    assert_eq!(rows, 16);
}
