//! A language model of 115,008 parameters that answers without a network, for demonstrations and tests: a transformer
//! over bytes, the text that it learns from, the recipe that trains it, and its answers.
//!
//! The main type is [`Reader`], which chooses among options and quotes from a text. What it can do is measured by
//! [`score`], against a count of words; the card beside its weights says the figures. Equal recipes give equal weights,
//! and equal weights equal answers, for any number of threads.
//!
//! The crate refuses to know providers, schemas and documents. Start reading at `lesson.rs`, then `network.rs`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod card;
mod counting;
mod lesson;
mod network;
mod reader;
mod recipe;
mod score;
mod weights;

pub use card::card;
pub use lesson::{Lesson, Lessons, Question, Task};
pub use network::{BYTES_MAX, Network};
pub use nn::{Error, ErrorKind, Result};
pub use reader::Reader;
pub use recipe::{Progress, Recipe, digest, train};
pub use score::{Score, score};
pub use weights::{read, write};

/// The tasks that the kept weights do well enough: at least nine of ten held-out questions, and more than counting words
/// does. Others are refused.
pub const ANSWERED: &[Task] = &Task::ALL;

/// What the card of the kept weights says.
pub const CARD: &str = include_str!("../model/CARD.md");

/// The name of the model whose weights are kept here.
pub const NAME: &str = "strike-reader-1";

/// Its weights, as safetensors of f16.
pub const WEIGHTS: &[u8] = include_bytes!("../model/weights.safetensors");
