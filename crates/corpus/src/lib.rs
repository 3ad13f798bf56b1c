//! The scoreboard of tensors: PyTorch's own samples of its operators (OpInfo), recorded from the pinned reference and
//! replayed on ours.
//!
//! [`export`] has the reference write a corpus outside the tree: what each call is given, what comes of it, which
//! gradients flow back, which calls are refused. [`run`] replays it and gives each sample a [`Status`]; an operator
//! counts only when every one of its samples passes. There is no list of samples to skip, and no expected value is
//! ours.
//!
//! The crate refuses to know packets, gates and verdicts, which are `conformance`'s.
//!
//! Start reading at `words.rs` for what a corpus holds, then `replay.rs`.

mod words;

mod build;
mod compare;
mod errors;
mod replay;
mod variants;

mod bits;
mod board;
mod status;

mod export;
mod folder;
mod run;

mod command;

pub use bits::{Bits, same_bits};
pub use board::{Board, OperatorScore};
pub use command::main;
pub use export::export;
pub use folder::{corpus_folder, file_name};
pub use run::{Options, run};
pub use status::{Outcome, Status};
