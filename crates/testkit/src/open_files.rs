//! Files that this process has open.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// The same open files once more, as a child has them between its fork and its own program: closing the first does not
/// close these. For each descriptor of this process that stands for the path.
///
/// # Panics
/// If the system does not say what is open, or nothing at the path is.
pub fn held_by_a_child(path: &Path) -> Vec<OwnedFd> {
    let path = fs::canonicalize(path).expect("a file");
    let this = pidfd_open(getpid(), PidfdFlags::empty()).expect("this process");
    let mut held = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").expect("the descriptors of this process").flatten() {
        if fs::read_link(entry.path()).is_ok_and(|target| target == path) {
            let number = entry.file_name().to_string_lossy().parse().expect("a number");
            held.push(pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).expect("an open file"));
        }
    }
    assert!(!held.is_empty(), "{} is not open", path.display());
    held
}
