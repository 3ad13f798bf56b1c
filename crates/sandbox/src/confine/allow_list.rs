//! Landlock: the list of files that a worker may read.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// What a worker may do below its own `/tmp`.
pub(super) const TMP_ACCESS: u64 = {
    // Bits of `linux/landlock.h`: write, read, list, remove folder, remove file, make folder, make file, truncate.
    (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 14)
};

/// The kernel's version of Landlock; 0 where it has none.
pub(crate) fn abi() -> u32 {
    // SAFETY: with no attribute, size 0 and flag 1 (LANDLOCK_CREATE_RULESET_VERSION) the call only answers a number.
    let answer = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0usize, 0usize, 1usize) };
    u32::try_from(answer).unwrap_or(0)
}

/// A ruleset that allows to read and run `readable` and to write to `/dev/null`, refuses all other files, TCP, and as
/// far as the kernel's version goes signals and abstract sockets beyond the worker.
///
/// A kernel whose Landlock is older than `least` is refused.
pub(super) fn ruleset(readable: &[PathBuf], least: u32) -> Result<OwnedFd, String> {
    let known = abi();
    if known == 0 {
        return Err("the kernel has no Landlock, or it is off".to_string());
    }
    if known < least {
        return Err(format!("the kernel's Landlock is of ABI {known}, and {least} is needed"));
    }
    let files = AccessFs::from_all(ABI::V5);
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute;
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(files)
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V4)))
        .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .map_err(|error| words(&error))?;
    for path in readable {
        let file = path.is_file();
        let opened = PathFd::new(path).map_err(|error| words(&error))?;
        let access = if file { read & AccessFs::from_file(ABI::V5) } else { read };
        rules = rules.add_rule(PathBeneath::new(opened, access)).map_err(|error| words(&error))?;
    }
    let null = PathFd::new("/dev/null").map_err(|error| words(&error))?;
    let access = AccessFs::ReadFile | AccessFs::WriteFile;
    rules = rules.add_rule(PathBeneath::new(null, access)).map_err(|error| words(&error))?;
    Option::<OwnedFd>::from(rules).ok_or_else(|| "the kernel made no ruleset".to_string())
}
