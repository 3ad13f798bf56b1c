//! The verbs, one a file.

pub mod agent_card;
pub mod bundle;
pub mod check;
pub mod ci;
pub mod completions;
pub mod conformance;
pub mod diff;
pub mod doc;
pub mod docs;
pub mod doctor;
pub mod emit;
pub mod explain;
pub mod fmt;
pub mod home;
pub mod lsp;
pub mod new;
pub mod repair;
pub mod repl;
pub mod run;
pub mod schema;
pub mod state;
pub mod store;
pub mod test;
pub mod trace;
pub mod verify;
pub mod why;
