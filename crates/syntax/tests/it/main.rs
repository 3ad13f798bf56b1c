//! Behaviour of the parser, seen from outside.

mod document;
mod format;
mod malformed;
mod parse;
mod robust;
