//! `lumen serve`: runs, their results and confined Python for other programs, over standard input and output.
//!
//! [`stdio`] speaks JSON-RPC 2.0 and [`mcp`] the Model Context Protocol on top of the same messages, one object a line.
//! Both do what the verbs of the command line do, by the same functions; neither has semantics of its own. What takes
//! time is a [`job`](jobs), so that a client is heard meanwhile.

pub mod mcp;
pub mod stdio;

mod answers;
mod ask;
mod jobs;
mod line;
mod message;
mod outlet;
mod params;
mod python;
mod runs;
mod tools;
mod value;
