//! `comptime` blocks, computed when a program is read: a fault in one is a diagnostic at its place.

use bytecode::VerifiedModule;
use syntax::{Diagnostic, FileId, Span};

/// What is wrong with the program's blocks.
pub(crate) fn diagnostic(code: &VerifiedModule) -> Option<Diagnostic> {
    let fault = vm::comptime(code).err()?;
    let place = |span: bytecode::Span| Span::new(FileId(span.file), span.start as usize, span.end as usize);
    let block = fault.stack.last().map(|frame| place(frame.span));
    let at = fault.span.map(place).or(block).unwrap_or_else(|| Span::new(FileId(0), 0, 0));
    let message = format!("A `comptime` block comes to no value: {} {}.", fault.code, fault.message);
    let mut diagnostic = Diagnostic::error("E0301", at, message);
    if let Some(block) = block.filter(|block| *block != at) {
        diagnostic = diagnostic.label(block, "computed for this block");
    }
    let help = fault.help.unwrap_or_else(|| format!("`lumen explain {}` says more.", fault.code));
    Some(diagnostic.help(help))
}
