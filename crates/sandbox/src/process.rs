//! A worker's process by its handle: signals, its end, and never an orphan.

use crate::cgroup::Group;
use crate::clock::{now, timespec};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a status.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// Nobody knows: another took its status.
    Unknown,
}

/// After a kill the kernel needs some time to take down a large process.
const AFTER_KILL: Duration = Duration::from_secs(30);

/// A process that ends with this value.
pub(crate) struct Process {
    handle: OwnedFd,
    ended: Option<Ending>,
    /// Asks the parent of a process that is no child of ours how it ended.
    reap: Option<Reap>,
    /// Where it runs; given up once it has ended.
    group: Option<Group>,
}

pub(crate) type Reap = Box<dyn FnOnce() -> Ending + Send>;

impl Process {
    /// A child of this process.
    pub fn child(handle: OwnedFd) -> Process {
        Process { handle, ended: None, reap: None, group: None }
    }

    /// A child of a zygote, which reaps it.
    pub fn grandchild(handle: OwnedFd, reap: Reap) -> Process {
        Process { handle, ended: None, reap: Some(reap), group: None }
    }

    /// Runs in this group from now on.
    pub fn bounded_by(&mut self, group: Group) {
        self.group = Some(group);
    }

    /// The bytes of its group, if the kernel killed it because they did not suffice.
    pub fn ran_out_of_memory(&self) -> Option<u64> {
        self.group.as_ref().filter(|group| group.ran_out_of_memory()).map(Group::memory_bytes)
    }

    pub fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    pub fn interrupt(&self) {
        // A process that is gone needs no interrupt.
        let _ = pidfd_send_signal(&self.handle, Signal::INT);
    }

    /// Kills and waits for the end.
    pub fn kill(&mut self) -> Ending {
        if self.ended.is_none() {
            // A process that is gone needs no kill.
            let _ = pidfd_send_signal(&self.handle, Signal::KILL);
        }
        self.wait(AFTER_KILL).unwrap_or(Ending::Unknown)
    }

    /// The end, if it comes within the time.
    pub fn wait(&mut self, time: Duration) -> Option<Ending> {
        if self.ended.is_some() {
            return self.ended;
        }
        let deadline = now() + time;
        loop {
            let left = deadline.saturating_duration_since(now());
            match poll(&mut [PollFd::new(&self.handle, PollFlags::IN)], Some(&timespec(left))) {
                Ok(0) if left.is_zero() => return None,
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => break,
                Err(_) => return None,
            }
        }
        if let Some(reap) = self.reap.take() {
            self.ended = Some(reap());
            return self.ended;
        }
        let ending = match waitid(WaitId::PidFd(self.handle.as_fd()), WaitIdOptions::EXITED) {
            Ok(Some(status)) => match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Ending::Exit(code),
                (None, Some(signal)) => Ending::Signal(signal),
                (None, None) => Ending::Unknown,
            },
            _ => Ending::Unknown,
        };
        self.ended = Some(ending);
        self.ended
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
