//! The store as its users see it.

mod append;
#[path = "../../../../fuzz/bodies/store.rs"]
mod bodies;
mod checkpoint;
mod compiler;
#[path = "../../../plan/tests/corpus/malformed.rs"]
mod corpus;
mod counters;
mod crash;
mod crash_points;
mod crowd;
mod damage;
mod derive;
mod faults;
mod figures;
mod folds;
mod follow;
mod format;
mod group;
mod isolation;
mod kill;
mod lag;
mod late;
mod latency;
mod memory;
mod model;
mod pages;
mod past;
mod portfolio;
mod processes;
mod retention;
mod rules;
mod support;
mod survives;
mod tables;
mod ticks;
mod upsert;
mod work;
