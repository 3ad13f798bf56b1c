//! The layers of the kernel, prepared as a list of system calls that the child makes before `execve`.
//!
//! The host has threads, so between `clone3` and `execve` the child may neither allocate nor take a lock. Everything
//! is therefore worked out before: `stage` lists the calls with their arguments, and `launch` makes the child walk
//! that list. A start in two steps, with a small program of ours between, would need that program installed beside
//! the host and visible in the sandbox; the list needs neither.

mod allow_list;
mod filters;
mod launch;
mod stage;

pub(crate) use allow_list::abi as landlock_abi;
pub(crate) use filters::last as last_filter;
pub(crate) use launch::{LaunchError, Launched, launch};
pub(crate) use stage::{Ends, Stage};
