//! `lumen emit`

use recorder::program::{Settings, compile};

use crate::args::EmitOptions;
use crate::terminal::{Failure, Terminal};
use crate::world::Files;

pub fn emit(options: &EmitOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let program = compile(&options.file, &mut Files, &Settings::default())?;
    if !super::run::report_diagnostics(&program, terminal) {
        return Ok(1);
    }
    terminal.out(&program.listing().unwrap_or_default());
    Ok(0)
}
