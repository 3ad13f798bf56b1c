//! The store as its users see it.

mod append;
mod checkpoint;
mod compiler;
mod crash;
mod crash_pages;
mod damage;
mod derive;
mod faults;
mod format;
mod isolation;
mod memory;
mod model;
mod pages;
mod past;
mod portfolio;
mod processes;
mod support;
mod ticks;
mod upsert;
