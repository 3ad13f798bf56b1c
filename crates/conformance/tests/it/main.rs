//! Packets through the whole of a run: every one of `cases/` in the recorded lane, and engines in processes.

mod contained;
mod recorded;
