//! Plans that are none, through the interface: each is refused with its code, and the log does not grow by a byte.

use std::path::Path;

use lumen_store::failure::{LUMEN_LIMIT_EXCEEDED, LUMEN_MALFORMED, LumenError};
use lumen_store::open::{
    LUMEN_CREATE_NEW, LumenOptions, LumenOutcome, lumen_store_close, lumen_store_open, lumen_store_submit,
};
use lumen_store::plan::lumen_store_plan_validate;
use plan::{Malformation, UpsertPlan};

#[path = "../../../plan/tests/corpus/malformed.rs"]
pub mod samples;

/// A struct of zeros but for its size.
pub fn sized<T: Copy>() -> T {
    let mut zeros = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the structs of the interface are integers and begin with their size as a `u32`.
    unsafe {
        zeros.as_mut_ptr().cast::<u32>().write(size_of::<T>() as u32);
        zeros.assume_init()
    }
}

fn validate(plan: &[u8]) -> (i32, LumenError) {
    let mut error = sized::<LumenError>();
    // SAFETY: a slice with its length and a struct of this library.
    let number = unsafe { lumen_store_plan_validate(plan.as_ptr(), plan.len(), &raw mut error) };
    (number, error)
}

fn expected(code: Malformation) -> i32 {
    if code == Malformation::Limit { LUMEN_LIMIT_EXCEEDED } else { LUMEN_MALFORMED }
}

/// Every byte of the log.
fn log(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let files = std::fs::read_dir(folder.join("log")).unwrap().map(Result::unwrap);
    let mut files: Vec<_> =
        files.map(|file| (file.file_name(), std::fs::read(file.path()).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_is_refused_and_leaves_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let text = path.to_str().unwrap();
    let mut options = sized::<LumenOptions>();
    options.create = LUMEN_CREATE_NEW;
    options.entropy = [5; 16];
    let (mut store, null) = (0, std::ptr::null_mut());
    // SAFETY: a text with its length, and structs of this library.
    let opened = unsafe {
        lumen_store_open(text.as_ptr().cast(), text.len(), &raw const options, &raw mut store, null)
    };
    assert_eq!(opened, 0);
    let before = log(&path);
    let samples = samples::malformed();
    for sample in &samples {
        let (number, error) = validate(&sample.bytes);
        assert_eq!(number, expected(sample.code), "{}", sample.name);
        assert_eq!(error.malformation, u32::from(sample.code.number()), "{}", sample.name);
        let (mut outcome, mut error) = (sized::<LumenOutcome>(), sized::<LumenError>());
        // SAFETY: a slice with its length, and structs of this library.
        let number = unsafe {
            let plan = &sample.bytes;
            lumen_store_submit(store, plan.as_ptr(), plan.len(), &raw mut outcome, &raw mut error)
        };
        assert_eq!(number, expected(sample.code), "{}", sample.name);
        assert_eq!(error.malformation, u32::from(sample.code.number()), "{}", sample.name);
        assert_eq!(outcome.status, 0, "an outcome of nothing");
    }
    assert!(log(&path) == before, "0 log bytes");
    // SAFETY: null is allowed.
    assert_eq!(unsafe { lumen_store_close(store, null) }, 0);
    println!("{} malformed plans, {} codes", samples.len(), Malformation::ALL.len());
}

/// The library's verdict is that of the crate it wraps, on plans with one changed byte at every place.
#[test]
fn verdicts_are_those_of_the_decoder() {
    let good = samples::good();
    let mut refused = 0;
    for at in 0..good.len() {
        for change in 1..=255u8 {
            let mut bytes = good.clone();
            bytes[at] ^= change;
            let (number, error) = validate(&bytes);
            match UpsertPlan::decode(&bytes) {
                Ok(_) => assert_eq!(number, 0),
                Err(why) => {
                    assert_eq!(number, expected(why.code));
                    assert_eq!(error.malformation, u32::from(why.code.number()));
                    assert_eq!(usize::try_from(error.offset), Ok(why.offset));
                    refused += 1;
                }
            }
        }
    }
    println!("{} plans, {refused} refused", good.len() * 255);
}
