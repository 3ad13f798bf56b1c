//! Text of the language: files and spans, diagnostics, lexer, lossless tree with recovery, formatter, documents.
//!
//! [`parse`] turns text into a [`Parse`]: an owned tree ([`ast::Module`]) and every diagnostic found; it never stops at
//! the first. [`document`] does the same for a `.lm.md` file, whose fences form one module. [`parse_lossless`] gives the
//! tree that keeps each byte, which the formatter lays out. The crate knows nothing of types and does no IO. Start
//! reading at `parser.rs`.

pub mod ast;
pub mod diagnostic;
pub mod document;
pub mod documentation;
pub mod format;
mod incomplete;
pub mod kind;
mod lexer;
mod parser;
pub mod render;
pub mod suggest;
pub mod text;
pub mod visit;

pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
pub use document::{Document, parse_document};
pub use incomplete::is_incomplete;
pub use lexer::KEYWORDS;
pub use parser::{Parse, hidden, is_hidden, parse, parse_lossless, unhidden};
pub use text::{FileId, Source, Span};
