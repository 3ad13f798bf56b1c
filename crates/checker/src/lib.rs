//! Names, types, exhaustiveness, effects, grants and frame schemas of a program.
//!
//! [`check`] takes a parsed [`Program`] and returns [`Checked`]: side tables over the syntax tree and every diagnostic
//! found. The builtins' signatures are a text in the language itself, `builtins.lm`, so the crate knows no engine; it
//! knows no bytecode and does no IO. Start reading at `checked.rs`, then `types.rs`.

pub mod checked;
pub mod types;

pub use checked::{Checked, Program};
pub use types::Type;
