//! Work in fixed pieces on several threads, with the same result for any number of them.
//!
//! The main type is [`Setting`]: how many threads there are and how many rows a piece has. Pieces are cut by the
//! length of the data alone, every piece writes to its own place, and results come back in the order of the pieces, so
//! a kernel built on [`map`], [`map_pieces`] and [`fill`] cannot see how many threads there were. What it must not do
//! is add up floats across pieces, unless its own tree of additions says so.
//!
//! The crate refuses to know what the work is. Start reading at `setting.rs`, then `work.rs`.

#![warn(missing_docs)]

mod setting;

mod work;

pub use setting::{Setting, current, set_threads, with};
pub use work::{fill, for_each, map, map_pieces};
