//! No bytes bring a reader of the store down: mutations of whole files, of records under mended checksums, and of
//! plans. The number of mutations is `LUMEN_FUZZ_RUNS`, so that the same test runs for a second or for a night.

use plan::{Malformation, UpsertPlan};
use store::{ErrorKind, Memory};
use testkit::dice::Dice;

use crate::bodies;
use crate::corpus::{good, malformed};
use crate::pages::{commit, log_bytes, open, state};
use crate::upsert::take;

fn runs(default: usize) -> usize {
    std::env::var("LUMEN_FUZZ_RUNS").map_or(default, |runs| runs.parse().expect("a number"))
}

/// One to four small changes; parts come from the donor.
fn mutate(bytes: &mut Vec<u8>, donor: &[u8], dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() as u64 + 1) as usize;
        let byte = dice.roll() as u8;
        match dice.below(7) {
            0 => bytes.insert(at, byte),
            1 if dice.below(4) == 0 => bytes.truncate(at),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 | 1 if at < bytes.len() => bytes[at] ^= 1 << (byte % 8),
            4 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, byte][usize::from(byte % 6)],
            _ => {
                let from = dice.below(donor.len() as u64 + 1) as usize;
                let to = donor.len().min(from + usize::from(byte % 64));
                let end = bytes.len().min(at + usize::from(byte % 32));
                bytes.splice(at..end, donor[from..to].iter().copied());
            }
        }
    }
}

fn over(seeds: &[Vec<u8>], runs: usize, seed: u64, read: impl Fn(&[u8])) {
    let mut dice = Dice::new(seed);
    seeds.iter().for_each(|seed| read(seed));
    for run in 0..runs {
        let mut bytes = seeds[run % seeds.len()].clone();
        let donor = dice.below(seeds.len() as u64) as usize;
        mutate(&mut bytes, &seeds[donor], &mut dice);
        read(&bytes);
    }
}

#[test]
fn no_mutation_of_a_file_brings_the_store_down() {
    let (_, mut files) = bodies::seeds();
    // Zeros that no record reached teach nothing.
    for bytes in &mut files {
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 65);
        bytes.truncate(end);
    }
    let runs = runs(3_000);
    over(&files, runs, 1, bodies::file);
    println!("{runs} mutations of {} files", files.len());
}

#[test]
fn no_mutation_of_records_brings_the_store_down() {
    let (records, _) = bodies::seeds();
    let runs = runs(3_000);
    over(&records, runs, 2, bodies::records);
    println!("{runs} mutations of the records of {} segments", records.len());
}

/// The corpus, and what is made from it and from good plans: whatever is no plan costs no byte of the log.
#[test]
fn what_is_no_plan_costs_no_byte() {
    let disk = Memory::new();
    let store = open(&disk);
    commit(&store, vec![store::Edit::create(0, 8, None), store::Edit::create(1, 8, Some("b"))]);
    let before = (log_bytes(&disk), state(&store.query().snapshot()));
    let samples = malformed();
    let mut seeds: Vec<Vec<u8>> = samples.iter().map(|sample| sample.bytes.clone()).collect();
    seeds.retain(|seed| seed.len() < 1_000);
    seeds.push(good());
    seeds.extend((1..5).map(|id| take(id, 1, 3).encode().expect("a plan")));
    let refused = |bytes: &[u8]| {
        let error = store.upsert().submit_bytes(bytes).expect_err("no plan");
        assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::LimitExceeded), "{error}");
        error
    };
    for sample in &samples {
        let error = refused(&sample.bytes);
        let code = error.malformation().unwrap_or(Malformation::Limit);
        assert_eq!(code, sample.code, "{}: {error}", sample.name);
    }
    let (runs, rejected) = (runs(20_000), std::cell::Cell::new(0));
    over(&seeds, runs, 3, |bytes| {
        if UpsertPlan::decode(bytes).is_err() {
            let _ = refused(bytes);
            rejected.set(rejected.get() + 1);
        }
    });
    assert_eq!((log_bytes(&disk), state(&store.query().snapshot())), before);
    println!("{} samples and {} of {runs} mutations refused, no byte written", samples.len(), rejected.get());
    assert!(rejected.get() * 2 > runs, "{} rejected", rejected.get());
}
