//! Behaviour of the parser, seen from outside.

mod parse;
