//! Programs that a document starts, each with all that it starts itself.
//!
//! A program leads a process group of its own, so that it is killed with its children. What reaches `lumen` from the
//! terminal does not reach them there: a signal that ends `lumen` ends them first.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::ending::{Before, before};

/// The groups whose leaders nobody has waited for: until then no other process can have their numbers.
static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn groups() -> MutexGuard<'static, BTreeSet<i32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that was started, which is not killed when it is dropped.
pub struct Group {
    leader: Child,
    pid: Pid,
}

impl Group {
    /// Starts a program.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(command: &mut Command) -> io::Result<Group> {
        static LISTENS: Mutex<Option<Before>> = Mutex::new(None);
        let mut listens = LISTENS.lock().unwrap_or_else(PoisonError::into_inner);
        if listens.is_none() {
            *listens = Some(before(kill_all)?);
        }
        drop(listens);
        let mut groups = groups();
        let leader = command.process_group(0).spawn()?;
        let pid = Pid::from_child(&leader);
        groups.insert(pid.as_raw_pid());
        Ok(Group { leader, pid })
    }

    pub fn streams(&mut self) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        (self.leader.stdin.take(), self.leader.stdout.take(), self.leader.stderr.take())
    }

    /// Kills it with what it has started; nothing where somebody has waited for its end.
    pub fn kill(&self) {
        if groups().contains(&self.pid.as_raw_pid()) {
            // A group that has ended meanwhile is not there to be killed.
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Whether it has ended, though nobody has waited for it.
    pub fn has_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.pid), look), Ok(None))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        // Its number is free once this returns, and must not be killed from then on.
        let mut groups = groups();
        groups.remove(&self.pid.as_raw_pid());
        self.leader.wait()
    }
}

fn kill_all() {
    let groups = groups();
    for group in groups.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    // Held to the end of this process: nothing starts behind the last kill.
    std::mem::forget(groups);
}
