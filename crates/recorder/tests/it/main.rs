//! Runs over a disk and in a world that fail on purpose.

mod crash;
mod faults;
mod large;
mod pin;
mod scene;
mod state;
mod tasks;
mod training;
