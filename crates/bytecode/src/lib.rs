//! Instruction set, encoding and verifier.
