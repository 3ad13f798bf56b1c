#![no_main]

#[path = "../bodies/checkpoint.rs"]
#[allow(dead_code)]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::pickle(data));
