//! The instruction set of the virtual machine, the module that carries it, its encoding and its verifier.
//!
//! A [`Module`] is what `lower` makes and `vm` runs. [`verify`] turns it into a [`VerifiedModule`], the only form the
//! machine accepts: registers are inside the frame and hold the type their instruction reads, jumps land on
//! instructions, calls fit their callee, nothing runs off the end. The crate knows no syntax, no values and no builtin:
//! names of builtins are text that the machine resolves. Start reading at `op.rs`, then `module.rs`.

mod decode;
mod digest;
mod encode;
mod flow;
mod instr;
mod listing;
mod module;
mod op;
mod types;
mod verify;

pub use decode::DecodeError;
pub use instr::Instr;
pub use module::{Constant, Export, FormatSpec, Function, Module, NodeCode, Pad, Site, Span, TRIED};
pub use op::{Op, Operand};
pub use types::{EnumDesc, FieldDesc, RecordDesc, Repr, TypeDesc, VariantDesc};
pub use verify::{VerifiedModule, VerifyError, verify};
