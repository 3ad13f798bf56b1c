//! What an editor asks about a program, in the editor's terms: what stands here, where it comes from, who uses it, what
//! may follow.
//!
//! [`Analysis`] takes a checked program and answers from side tables that are made once. Places are byte ranges of its
//! sources; the crate knows no protocol and no JSON, and reads no file. Start at `analysis.rs`, then `occurrence.rs`,
//! which says what every name in the sources means.

mod analysis;
mod call_site;
mod completion;
mod describe;
mod implementation;
mod lint;
mod navigation;
mod occurrence;
mod outline;
mod reference;
mod rename;
mod scope;
mod symbol;

pub use analysis::{Analysis, Hint, Hover};
pub use call_site::Signature;
pub use completion::{Completion, CompletionKind};
pub use lint::LINTS;
pub use occurrence::{Occurrence, Role};
pub use outline::{Outline, OutlineKind, outline};
pub use reference::{Reference, ReferenceKind, reference, referenced};
pub use rename::{RenameError, is_same_program};
pub use symbol::Symbol;
