//! `lumen explain`

use crate::args::ExplainOptions;
use crate::terminal::{Failure, Terminal};

pub fn explain(options: &ExplainOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let code = options.code.trim().to_uppercase();
    match checker::explain(&code) {
        Some(text) => {
            terminal.out(text);
            if !text.ends_with('\n') {
                terminal.out("\n");
            }
            Ok(0)
        }
        None => {
            let known: Vec<&str> = checker::explained().collect();
            let failure = Failure::usage(format!("there is no page for `{code}`"));
            Err(match syntax::suggest::nearest(&code, known.iter().copied()) {
                Some(near) => failure.help(format!("Did you mean `{near}`?")),
                None => failure
                    .help("Codes look like E0200, W0601 or R0101; diagnostics show theirs in brackets."),
            })
        }
    }
}
