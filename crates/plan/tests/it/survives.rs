//! No bytes bring a reader down: the corpus, and mutations of it and of good plans. The number of mutations is
//! `LUMEN_FUZZ_RUNS`, so that the same test runs for a minute or for a night.

use plan::{Malformation, UpsertPlan};

use crate::corpus::{good, malformed};
use crate::mutated;
use crate::support::transfer;

#[test]
fn every_malformation_has_samples_and_its_code() {
    assert!(UpsertPlan::decode(&good()).is_ok(), "nothing else is wrong with the samples");
    let samples = malformed();
    for sample in &samples {
        let why = UpsertPlan::decode(&sample.bytes).map(drop).expect_err(sample.name);
        assert_eq!(why.code, sample.code, "{}: {why}", sample.name);
        assert!(why.offset <= sample.bytes.len(), "{}: {why}", sample.name);
    }
    for code in Malformation::ALL {
        assert!(samples.iter().any(|sample| sample.code == code), "{code:?} has no sample");
    }
    println!("{} malformed plans, {} codes", samples.len(), Malformation::ALL.len());
}

#[test]
fn numbers_of_codes_are_those_of_the_format() {
    let numbers: Vec<u16> = Malformation::ALL.into_iter().map(Malformation::number).collect();
    assert_eq!(numbers, (1..=17).collect::<Vec<_>>());
    let page = include_str!("../../../../docs/formats/plan.md");
    for code in Malformation::ALL {
        let row = format!("| {} | {code:?} |", code.number());
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
}

/// The step of a 64-bit xorshift generator (Marsaglia, "Xorshift RNGs", 2003, the triple 13, 7, 17).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn mutate(bytes: &mut Vec<u8>, donor: &[u8], state: &mut u64) {
    for _ in 0..=next(state) % 4 {
        let at = next(state) as usize % (bytes.len() + 1);
        let byte = next(state) as u8;
        match next(state) % 6 {
            0 => bytes.insert(at, byte),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 if at < bytes.len() => bytes[at] ^= 1 << (byte % 8),
            4 if at < bytes.len() => bytes[at] = byte,
            _ => {
                let from = next(state) as usize % (donor.len() + 1);
                let to = donor.len().min(from + usize::from(byte % 32));
                let end = bytes.len().min(at + usize::from(byte % 16));
                bytes.splice(at..end, donor[from..to].iter().copied());
            }
        }
    }
}

#[test]
fn no_mutation_brings_a_reader_down() {
    let runs = std::env::var("LUMEN_FUZZ_RUNS").map_or(60_000, |runs| runs.parse().expect("a number"));
    let mut seeds: Vec<Vec<u8>> = malformed().into_iter().map(|sample| sample.bytes).collect();
    seeds.extend([good(), transfer().encode().unwrap(), transfer().intent.encode().unwrap()]);
    // A long seed costs as much as a hundred short ones and shows nothing that those do not.
    seeds.retain(|seed| seed.len() < 1000);
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut read = 0u64;
    for run in 0..runs {
        let mut bytes = seeds[run % seeds.len()].clone();
        let donor = next(&mut state) as usize % seeds.len();
        mutate(&mut bytes, &seeds[donor], &mut state);
        read += u64::from(UpsertPlan::decode(&bytes).is_ok());
        mutated::upsert(&bytes);
        mutated::intent(&bytes);
        mutated::client(&bytes);
        mutated::delta(&bytes);
    }
    println!("{runs} mutations of {} seeds, {read} of them plans", seeds.len());
}
