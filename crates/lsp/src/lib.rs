//! The language server: the protocol around what [`ide`] answers.
//!
//! [`serve`] talks to one editor over a [`lsp_server::Connection`] until it says that it ends. How a file becomes a checked program
//! is the caller's: it gives a [`Compile`]. One thread, no timers: messages that wait are taken together, so a text that was
//! changed again meanwhile is never checked, and a question about it is answered with *content modified*. Start at
//! `server.rs`.

mod answer;
mod place;
mod server;
mod tokens;

pub use lsp_server::Connection;
pub use server::{Compile, Error, serve};
