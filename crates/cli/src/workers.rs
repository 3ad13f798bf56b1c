//! How many threads the engines share.

use std::num::NonZeroUsize;

use crate::args::ThreadOptions;
use crate::terminal::Failure;

const VARIABLE: &str = "LUMEN_THREADS";

/// Sets the number of threads: the option, else the environment's, else all cores.
pub fn set(options: &ThreadOptions) -> Result<(), Failure> {
    let wanted = match (options.threads, std::env::var_os(VARIABLE)) {
        (Some(count), _) => Some(count),
        (None, Some(text)) => Some(parse(&text.to_string_lossy())?),
        (None, None) => None,
    };
    threads::set_threads(wanted);
    Ok(())
}

fn parse(text: &str) -> Result<NonZeroUsize, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!("{VARIABLE} expects a number of threads from 1 on, found `{text}`"))
    })
}
