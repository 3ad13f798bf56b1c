//! What is done before a signal ends `lumen`.
//!
//! One thread listens, so that all of it is done before the end, and no listener ends the process while another has
//! still to give back what it holds.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

type Action = Box<dyn Fn() + Send>;

static ACTIONS: Mutex<Actions> = Mutex::new(Actions { last: 0, listed: BTreeMap::new(), listens: false });

struct Actions {
    last: u64,
    /// In the order in which they are done.
    listed: BTreeMap<u64, Action>,
    listens: bool,
}

fn actions() -> MutexGuard<'static, Actions> {
    ACTIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An action that is done before a signal ends this process, until this is dropped.
pub struct Before(u64);

/// Has something done before a signal ends this process. A signal that whoever started it had it ignore, as `nohup`
/// does, stays ignored.
///
/// # Errors
/// Those of the system.
pub fn before(action: impl Fn() + Send + 'static) -> io::Result<Before> {
    let mut actions = actions();
    if !actions.listens {
        listen()?;
        actions.listens = true;
    }
    actions.last += 1;
    let number = actions.last;
    actions.listed.insert(number, Box::new(action));
    Ok(Before(number))
}

impl Drop for Before {
    fn drop(&mut self) {
        actions().listed.remove(&self.0);
    }
}

fn listen() -> io::Result<()> {
    let ignored = ignored();
    let heard =
        [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(heard)?;
    let ends = move || {
        for signal in signals.forever() {
            for action in actions().listed.values() {
                action();
            }
            // As if nobody had listened, so that whoever sent the signal sees that it worked.
            let _ = emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new().name("signals".to_string()).spawn(ends).map(drop)
}

/// The signals that this process ignores, a bit each from the first on; none where the system does not tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
