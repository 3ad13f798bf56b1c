//! The oracle's process against workers that misbehave, and against the live references where they are installed.

mod forms;
mod live;
mod misbehaviour;
mod origins;
