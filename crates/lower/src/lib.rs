//! Checked tree to bytecode.
//!
//! [`lower`] takes a program without errors and makes one function a cell, lambda, result and prose binding, and only
//! those that are reached. It knows no values and runs nothing; what the machine calls a builtin is a name to it. Start
//! reading at `program.rs`, then `function.rs`.

mod call;
mod closure;
mod collection;
mod condition;
mod constrained;
mod control;
mod convert;
mod defer;
mod dictionary;
mod expression;
mod function;
mod generator;
mod handle;
mod iteration;
mod mentions;
mod model;
mod model_tool;
mod operator;
mod pattern;
mod place;
mod program;
mod record;
mod state;
mod statement;
mod table;
mod task;
mod types;
mod validate;

pub use program::{judge, lower};
