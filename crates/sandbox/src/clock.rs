//! The clock that holds workers to their limits; no result depends on it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::process::Child;
use std::time::{Duration, Instant};

/// The time now.
#[allow(clippy::disallowed_methods, reason = "limits of time are what this crate enforces")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A duration for `poll`, rounded up so that nobody wakes before the time.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: i64::from(duration.subsec_nanos()) }
}

/// Whether the child ends within the time.
pub(crate) fn wait_child(child: &Child, time: Duration) -> bool {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let Some(handle) = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { return false };
    let deadline = now() + time;
    loop {
        let left = deadline.saturating_duration_since(now());
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&timespec(left))) {
            Ok(0) if left.is_zero() => return false,
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => return true,
            Err(_) => return false,
        }
    }
}
