//! A model server on this machine that answers by a script, over real HTTP, and fails when the script says so.
//!
//! It speaks all protocols of [`crate::Family`], by path, so that tests and measurements go through sockets, framing
//! and decoders. A [`Script`] decides by the request alone, never by the order of arrival: a run with many calls in
//! flight is the same every time.

mod act;
mod render;
mod server;

pub use act::{Act, Asked, Fault, Script, Spoken};
pub use server::Server;
