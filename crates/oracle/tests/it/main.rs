//! The oracle's process against workers that misbehave, and against the live references where they are installed.

mod forms;
mod live;
mod misbehaviour;
mod origins;

use oracle::{FaultKind, Process, Setup};

/// `None` where there is no Python at all: then the test is not evaluated, and says so.
fn started(setup: Setup) -> Option<Process> {
    match Process::start(setup) {
        Ok(process) => Some(process),
        Err(fault) if fault.kind() == FaultKind::Unavailable => {
            eprintln!("not evaluated: {fault}");
            None
        }
        Err(fault) => panic!("{fault}\n{}", fault.stderr()),
    }
}
