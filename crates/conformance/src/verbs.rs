//! What `lumen conformance` does. Each verb gives data and an exit status; the binary only prints.

mod accept;
mod bench;
mod bundle;
mod e2e;
mod evidence_files;
mod keeping;
mod matrix;
mod pace;
mod poison;
mod run;
mod session;
mod show;
mod shrink;
mod text;
mod validate;

pub use accept::{Accepted, accept, lock};
pub use bench::{Benched, bench};
pub use bundle::{Delivery, Folder, Imported, Manifest, Target, export, import};
pub(crate) use e2e::unreproduced;
pub use e2e::{EndToEnd, e2e};
pub(crate) use evidence_files::unproved;
pub use keeping::{Garbage, Rerun, SIZE_WARNED, anchor, gc, ledger, rerun, snapshot};
pub use matrix::{Compatibility, matrix};
pub use pace::Pace;
pub use poison::{Poisoned, poison};
pub use run::{Options, Outcome, Replayed, exit, replay, run, status_exit};
pub use session::{Problem, Session, default_store};
pub use show::{list, show, show_json};
pub use shrink::shrunk;
pub use text::{replayed_text, summary};
pub use validate::{Validation, validate};

/// Every selected packet passes.
pub const PASS: u8 = 0;
/// A gate, mutant, threat row or lock entry is red.
pub const RED: u8 = 1;
/// Usage; a malformed case, gate or packet file.
pub const MALFORMED: u8 = 2;
/// Something was not evaluated.
pub const NOT_EVALUATED: u8 = 3;
/// Evidence is damaged, altered or unrecoverable.
pub const DAMAGED: u8 = 4;
/// Input, output or internal.
pub const IO: u8 = 5;

#[cfg(test)]
mod tests;
