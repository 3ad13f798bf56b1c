//! Tensors in files: PyTorch's `.pt`, safetensors and `.lmt`, read from bytes and written as bytes.
//!
//! The main type is [`Tree`], an object as a file holds it: numbers, texts, containers and tensors, of which several may
//! be one object or share a storage. [`pt`] reads and writes it as PyTorch does, [`lmt`] in our own format, where every
//! byte is under a digest; [`safetensors`] knows tensors by name only.
//!
//! No reader runs anything that a file names. Every size in a file is compared with the bytes that are there before
//! anything is allocated for it, a damaged file gives an [`Error`] with the place and nothing else, and equal trees give
//! equal bytes. The crate refuses to know files, gradients and layers.
//!
//! Start reading at `tree.rs`, then `pt/unpickle.rs`, where what a stranger wrote is met.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod error;
mod limits;
mod tree;

mod cursor;
pub mod lmt;
pub mod pt;
pub mod safetensors;

pub use error::{Error, ErrorKind, Result};
pub use tree::{Id, Node, Tree, TreeBuilder};
