//! Programs from text to their output: parsed, checked, lowered, verified, run.

mod builtins;
mod cases;
mod program;
