//! The scoreboard's program; `cargo xtask corpus` and `cargo xtask opinfo` run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    corpus::main(&arguments)
}
