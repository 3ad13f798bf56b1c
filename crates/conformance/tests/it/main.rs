//! Packets: what each has, every one in the recorded lane, and engines in processes.

mod catalogue;
mod contained;
mod models;
mod recorded;
