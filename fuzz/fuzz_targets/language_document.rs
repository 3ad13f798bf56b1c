#![no_main]

#[path = "../bodies/language.rs"]
#[allow(dead_code)]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::document(data));
