//! Behaviour of the parser and the formatter, seen from outside; what they say and write of single texts is held by
//! `cases/language`.

mod document;
mod format;
mod operators;
mod parse;
mod robust;
mod sizes;
mod tree_sitter;
