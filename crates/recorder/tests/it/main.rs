//! Runs over a disk and in a world that fail on purpose.

mod agents;
mod cell_tools;
mod checkpoints;
mod crash;
mod faults;
mod interop;
mod large;
mod models;
mod offline;
mod pin;
mod recursion;
mod scene;
mod scripts;
mod state;
mod tasks;
mod training;
