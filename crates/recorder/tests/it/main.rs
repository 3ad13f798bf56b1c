//! Runs over a disk and in a world that fail on purpose.

mod checkpoints;
mod crash;
mod faults;
mod interop;
mod large;
mod models;
mod pin;
mod scene;
mod state;
mod tasks;
mod training;
