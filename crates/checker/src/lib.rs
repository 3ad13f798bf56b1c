//! Names, types, exhaustiveness, effects, grants and frame schemas of a program.
//!
//! [`check`] takes a parsed [`Program`] and returns [`Checked`]: side tables over the syntax tree and every diagnostic
//! found. The builtins' signatures are a text in the language itself, `builtins.lm`, so the crate knows no engine; it
//! knows no bytecode and does no IO. Start reading at `checker.rs`, which shows the order of the passes, then
//! `checked.rs` and `types.rs`, the contract with `lower`.

mod checker;

pub mod checked;
pub mod show;
pub mod types;

mod access;
mod args;
mod assigned;
mod body;
mod builtin_call;
mod builtins;
mod call;
mod comptime;
mod constant;
mod constrained;
mod construct;
mod control;
mod declare;
mod deprecate;
mod directive;
mod documentation;
mod effects;
mod engine;
mod evidence;
mod exhaustive;
mod explain;
mod expr;
mod frame_types;
mod generator;
mod grant;
mod group_types;
mod handle;
mod implement;
mod locals;
mod machine;
mod method;
mod model;
mod model_tool;
mod named;
mod narrow;
mod nearest;
mod node_map;
mod node_types;
mod operator;
mod pattern;
mod pipeline;
mod python;
mod refine;
mod resolve;
mod result_graph;
mod results;
mod role;
mod row;
mod schema;
mod shape;
mod shape_rule;
mod shape_within;
mod shared;
mod sibling;
mod signature;
mod sources;
mod state;
mod statement;
mod task;
mod tool;
mod touched;
mod traits;
mod unify;
mod upsert;
mod variant_part;

pub use builtins::{Bound, Builtin, BuiltinParam, Takes, builtins};
pub use checked::{
    Asking, Checked, Given, ModelDef, ModelTool, Program, ToolDef, ToolParam, ToolSchema, module_names,
};
pub use checker::{check, check_given};
pub use documentation::{Documentation, documentation, documented};
pub use explain::{explain, explained};
pub use grant::{LIMITS, check_grant, unconfined};
pub use named::type_names;
pub use node_map::NodeMap;
pub use node_types::NodeTypes;
pub use result_graph::{ResultGraph, ResultNode};
pub use tool::CALL as TOOL_CALL;
pub use types::{EngineType, FnType, FrameType, GroupType, Type};
