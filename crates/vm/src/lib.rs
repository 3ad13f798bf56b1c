//! Executes bytecode behind a [`Host`]: values, fuel, deterministic order.
//!
//! A [`Vm`] runs a verified module: one node of the results graph, one prose binding or one function at a time. All
//! that touches the world, and all work of the engines, goes through the [`Host`]; engine values pass through as
//! [`Opaque`]. The crate knows no syntax, no checker and no engine, has no `unsafe`, and never panics on verified code.
//! Start reading at `value.rs`, then `machine.rs`.

mod access;
mod builtins;
pub mod codec;
mod comptime;
mod conform;
mod cost;
mod dispatch;
mod fault;
mod fiber;
mod format;
mod handle;
mod hashed;
mod host;
mod image;
mod iterate;
mod leave;
mod list;
mod machine;
mod map;
mod number;
mod order;
mod process;
mod release;
mod schedule;
mod show;
mod task;
mod value;
mod within;

pub use comptime::comptime;
pub use conform::fits;
pub use cost::size;
pub use fault::{Fault, FaultKind, FrameTrace};
pub use host::{Callback, Host, HostCall, Opaque, Print};
pub use list::List;
pub use machine::Vm;
pub use map::{Key, Map, Set};
pub use process::Process;
pub use value::{Closure, Handle, Outcome, RangeValue, Record, Str, Value, Variant};

pub use builtins::{from_json, names as core_names, to_json};
pub use order::{compare, equal};
pub use show::{float_text, repr, show};
