//! The embedded worker against the installed references. Where there are none, nothing here is evaluated, and the
//! test says so; the gate that demands their presence is the live lane's.

use oracle::{Process, Setup, interpreter};

fn process() -> Option<Process> {
    let python = match interpreter(None) {
        Ok(python) => python,
        Err(fault) => {
            eprintln!("not evaluated: {fault}");
            return None;
        }
    };
    Some(Process::start(Setup::new(python)).unwrap_or_else(|fault| panic!("{fault}\n{}", fault.stderr())))
}

#[test]
fn the_worker_is_ready_with_the_pinned_versions() {
    let Some(oracle) = process() else { return };
    oracle.finish().unwrap();
}
