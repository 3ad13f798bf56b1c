//! `lumen completions`

use clap::CommandFactory;

use crate::args::{Arguments, CompletionOptions};
use crate::terminal::Failure;

pub fn completions(options: &CompletionOptions) -> Result<u8, Failure> {
    clap_complete::generate(options.shell, &mut Arguments::command(), "lumen", &mut std::io::stdout().lock());
    Ok(0)
}
