//! Checked tree to bytecode.
