//! PyTorch's files: `.pt` and `.pth`, written as `torch.save` writes them, read as `torch.load(weights_only=True)`.
//!
//! A file is an archive of stored entries with a pickle and one entry a storage; before PyTorch 1.6 it was five pickles
//! and the storages behind them, which is read too. The bytes written are PyTorch's own but for the entry
//! `.data/serialization_id`, a fingerprint that PyTorch takes from the order of a hash table.

mod archive;
mod graph;
mod legacy;
mod pickle;
mod records;
mod unpickle;

pub use records::{File, read, write};
