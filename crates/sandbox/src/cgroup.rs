//! Control groups of version 2: a second bound of a worker's memory and tasks, where somebody has given us a folder.
//!
//! A folder of groups is ours only if it was *delegated*: it belongs to our user, or carries the mark that systemd sets
//! (`Delegate=yes`, with `DelegateSubgroup=` so that our own process stands in a group below it; the kernel gives no
//! controllers to groups beside processes). Nothing else is touched, whoever we are: a root that makes folders in a
//! service manager's tree would be in its way. Where there is none, the report says why, and address space stays bounded
//! by `rlimits`.

use crate::limits::Limits;
use rustix::fs::getxattr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The controllers that a worker's group wants.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// A worker is one task. While it starts, a child tries a forbidden act, and that one may have one of its own.
const TASKS_MAX: u64 = 8;

/// Where groups for workers can be made, or why nowhere.
pub(crate) type Place = Result<PathBuf, String>;

/// What this process may use; found once.
pub(crate) fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        find(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"), &is_delegated)
    })
}

/// Looks for a delegated folder with both controllers above the group of a process whose `cgroup` and `mountinfo` these are.
fn find(cgroup: &str, mounts: &str, is_delegated: &dyn Fn(&Path) -> bool) -> Place {
    let own = cgroup.lines().find_map(|line| line.strip_prefix("0::"));
    let own = own.ok_or("version 2 absent")?;
    let mounted = mounts.lines().find_map(|line| {
        // proc_pid_mountinfo(5): the fifth field is the place; behind a hyphen stands the kind.
        let (place, kind) = line.split_once(" - ")?;
        kind.starts_with("cgroup2 ").then(|| place.split(' ').nth(4)).flatten()
    });
    let mounted = mounted.ok_or("version 2 is not mounted")?;
    let above = Path::new(own).parent().ok_or_else(|| format!("not delegated: {own} has none above it"))?;
    let folder = Path::new(mounted).join(above.strip_prefix("/").unwrap_or(above));
    let shown = folder.display();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let has = |list: &str, name: &str| list.split_whitespace().any(|one| one == name);
    let known = read("cgroup.controllers");
    let lacks: Vec<&str> = CONTROLLERS.into_iter().filter(|name| !has(&known, name)).collect();
    if !lacks.is_empty() {
        return Err(format!("not delegated: {shown} has no {}", lacks.join(" and no ")));
    }
    if !is_delegated(&folder) {
        return Err(format!("not delegated: {shown} is not ours"));
    }
    let given = read("cgroup.subtree_control");
    let wanted: Vec<String> =
        CONTROLLERS.iter().filter(|name| !has(&given, name)).map(|name| format!("+{name}")).collect();
    if !wanted.is_empty() {
        let written = std::fs::write(folder.join("cgroup.subtree_control"), wanted.join(" "));
        written.map_err(|error| format!("not delegated: {shown} gives no controllers: {error}"))?;
    }
    Ok(folder)
}

fn is_delegated(folder: &Path) -> bool {
    let user = rustix::process::geteuid();
    let is_owner = std::fs::metadata(folder).is_ok_and(|known| known.uid() == user.as_raw());
    let is_marked = ["user.delegate", "trusted.delegate"].iter().any(|name| {
        let mut value = [0u8; 8];
        getxattr(folder, *name, &mut value[..]).is_ok_and(|length| value.get(..length) == Some(b"1"))
    });
    is_marked || is_owner && !user.is_root()
}

/// The group of one worker; removed with this value, which must outlive the worker.
pub(crate) struct Group {
    folder: PathBuf,
    memory_bytes: u64,
}

impl Group {
    /// Makes a group with these limits at the place.
    pub fn make(place: &Path, limits: &Limits) -> io::Result<Group> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("lumen-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = place.join(name);
        std::fs::create_dir(&folder)?;
        // Pages of its `/tmp` count too, and no limit of address space knows them.
        let memory_bytes = limits.memory_bytes.saturating_add(limits.tmp_bytes);
        let group = Group { folder, memory_bytes };
        group.write("memory.max", memory_bytes)?;
        group.write("pids.max", TASKS_MAX)?;
        // A kernel without swap has no such file.
        let _ = group.write("memory.swap.max", 0);
        Ok(group)
    }

    fn write(&self, name: &str, value: u64) -> io::Result<()> {
        std::fs::write(self.folder.join(name), value.to_string())
    }

    /// Takes the process of the handle in, and what it starts from then on.
    pub fn take(&self, process: BorrowedFd<'_>) -> io::Result<()> {
        let known = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", process.as_raw_fd()))?;
        let pid = known.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse::<u64>().ok());
        let pid = pid.filter(|pid| *pid > 0).ok_or_else(|| io::Error::other("the process is gone"))?;
        self.write("cgroup.procs", pid)
    }

    /// Whether the kernel killed a process of the group because its memory did not suffice.
    pub fn ran_out_of_memory(&self) -> bool {
        let events = std::fs::read_to_string(self.folder.join("memory.events")).unwrap_or_default();
        let count =
            events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u64>().ok());
        count.is_some_and(|count| count > 0)
    }

    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// As a report shows it.
    pub fn shown(&self) -> String {
        format!("{}: memory {} bytes, {TASKS_MAX} tasks", self.folder.display(), self.memory_bytes)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // One that is still occupied stays until its parent is removed: it bounds nobody else.
        let _ = std::fs::remove_dir(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str =
        "24 1 0:22 / /proc rw - proc proc rw\n30 24 0:26 / ROOT rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";

    fn tree(controllers: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let unit = folder.path().join("user.slice/job");
        std::fs::create_dir_all(unit.join("host")).expect("made");
        std::fs::write(unit.join("cgroup.controllers"), controllers).expect("written");
        std::fs::write(unit.join("cgroup.subtree_control"), "pids\n").expect("written");
        let mounts = MOUNTS.replace("ROOT", &folder.path().display().to_string());
        (folder, mounts)
    }

    #[test]
    fn a_delegated_folder_above_the_own_group_is_used_and_anything_else_is_named() {
        let own = "1:memory:/x\n0::/user.slice/job/host\n";
        let (root, mounts) = tree("cpu memory pids\n");
        let place = find(own, &mounts, &|_| true).expect("it is delegated");
        assert_eq!(place, root.path().join("user.slice/job"));
        // What was not given yet is asked for.
        let asked = std::fs::read_to_string(place.join("cgroup.subtree_control")).expect("read");
        assert_eq!(asked, "+memory");

        let refused =
            |cgroup: &str, mounts: &str, ours: bool| find(cgroup, mounts, &|_| ours).expect_err("none");
        assert_eq!(refused("1:memory:/x\n", &mounts, true), "version 2 absent");
        assert_eq!(refused(own, "24 1 0:22 / /proc rw - proc proc rw\n", true), "version 2 is not mounted");
        assert_eq!(refused("0::/\n", &mounts, true), "not delegated: / has none above it");
        assert!(refused(own, &mounts, false).ends_with("job is not ours"));
        let (_root, mounts) = tree("cpu memory\n");
        assert!(refused(own, &mounts, true).ends_with("job has no pids"));
    }

    #[test]
    fn a_folder_of_this_user_is_delegated_and_one_of_the_system_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(is_delegated(folder.path()), !is_root);
        // What systemd sets on a folder that it gives away; not every file system keeps it.
        let flags = rustix::fs::XattrFlags::empty();
        if rustix::fs::setxattr(folder.path(), "user.delegate", b"1", flags).is_ok() {
            assert!(is_delegated(folder.path()));
        }
        assert!(!is_delegated(Path::new("/nowhere")));
    }

    #[test]
    fn a_group_has_its_limits_and_says_what_killed() {
        let place = tempfile::tempdir().expect("a folder");
        let limits = Limits { memory_bytes: 100 << 20, tmp_bytes: 1 << 20, ..Limits::default() };
        let group = Group::make(place.path(), &limits).expect("made");
        let read = |name: &str| std::fs::read_to_string(group.folder.join(name)).expect("read");
        assert_eq!((read("memory.max"), read("pids.max")), ((101u64 << 20).to_string(), "8".to_string()));
        assert!(group.shown().ends_with(": memory 105906176 bytes, 8 tasks"), "{}", group.shown());
        assert!(!group.ran_out_of_memory());
        // The form of memory.events in the kernel's cgroup-v2 page.
        for (events, expected) in [("low 0\noom 3\noom_kill 0\n", false), ("oom 3\noom_kill 1\n", true)] {
            std::fs::write(group.folder.join("memory.events"), events).expect("written");
            assert_eq!(group.ran_out_of_memory(), expected, "{events}");
        }
    }

    /// In the kernel's own tree, where this user may make a group in it: without controllers there are no limits, but
    /// who stands where is the same.
    #[test]
    fn a_process_is_taken_into_a_group_by_its_handle() {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("proc");
        let root = mounts.lines().find_map(|line| {
            let (place, kind) = line.split_once(" - ")?;
            kind.starts_with("cgroup2 ").then(|| place.split(' ').nth(4)).flatten()
        });
        let folder = root.map(|root| Path::new(root).join(format!("lumen-test-{}", std::process::id())));
        let made = folder.as_ref().map(std::fs::create_dir);
        let (Some(folder), Some(Ok(()))) = (folder, made) else {
            println!("NOT EVALUATED: no group can be made here");
            return;
        };
        let group = Group { folder, memory_bytes: 0 };
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("it starts");
        let pid = rustix::process::Pid::from_child(&child);
        let handle = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).expect("it runs");
        group.take(std::os::fd::AsFd::as_fd(&handle)).expect("taken");
        let stands = std::fs::read_to_string(format!("/proc/{}/cgroup", child.id())).expect("proc");
        let name = group.folder.file_name().expect("a name").to_string_lossy().into_owned();
        let is_in = stands.lines().any(|line| line.starts_with("0::") && line.ends_with(&name));
        child.kill().and_then(|()| child.wait()).expect("it ends");
        assert!(is_in, "{stands}");
        assert!(group.take(std::os::fd::AsFd::as_fd(&handle)).is_err(), "it is gone");
        let folder = group.folder.clone();
        drop(group);
        assert!(!folder.exists());
    }
}
