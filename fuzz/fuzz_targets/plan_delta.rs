#![no_main]

#[path = "../bodies/plan.rs"]
#[allow(dead_code)]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::delta(data));
