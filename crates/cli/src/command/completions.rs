//! `lumen completions`

use clap::CommandFactory;

use crate::args::{Arguments, CompletionOptions};
use crate::terminal::{Failure, Terminal};

pub fn completions(options: &CompletionOptions, terminal: &Terminal) -> Result<u8, Failure> {
    // Into memory first: a closed pipe or a full disk is answered here, and would be a panic there.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "lumen", &mut script);
    terminal.out(&String::from_utf8_lossy(&script));
    Ok(0)
}
