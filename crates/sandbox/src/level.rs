//! How far a worker is confined, and the report of what holds.

use std::collections::BTreeMap;
use std::fmt;

/// How far a worker is confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Level {
    /// Every layer: namespaces with a read-only root, Landlock, seccomp, limits. The default.
    #[default]
    Strict,
    /// Landlock, seccomp and limits, in the host's namespaces. Landlock has no rule for metadata: code may see that a
    /// file exists, its size and its times, but neither its content nor a folder's list. There is no writable folder.
    Standard,
    /// No confinement at all: the code may do what the host may.
    None,
}

impl Level {
    /// The layers that a worker of this level must have.
    pub fn layers(self) -> &'static [Layer] {
        match self {
            Level::Strict => &[
                Layer::Namespaces,
                Layer::Root,
                Layer::Landlock,
                Layer::Seccomp,
                Layer::NoNewPrivileges,
                Layer::Rlimits,
            ],
            Level::Standard => &[Layer::Landlock, Layer::Seccomp, Layer::NoNewPrivileges, Layer::Rlimits],
            Level::None => &[],
        }
    }

    /// The flag that would accept less than this level, once `missing` cannot be had.
    pub(crate) fn lower(self, missing: Layer) -> &'static str {
        match missing {
            Layer::Namespaces | Layer::Root if self == Level::Strict => "--sandbox standard",
            _ => "--sandbox none",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Strict => "strict",
            Level::Standard => "standard",
            Level::None => "none",
        })
    }
}

/// One way in which the kernel holds a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// User, mount, process, network, IPC and host-name namespaces of its own.
    Namespaces,
    /// A read-only root that holds the interpreter and its libraries, and a small `/tmp`.
    Root,
    /// Landlock's list of readable files, no TCP, no signals or abstract sockets outside.
    Landlock,
    /// Three filters of system calls.
    Seccomp,
    /// No privileges through `execve`, no capabilities.
    NoNewPrivileges,
    /// Limits of address space, time, descriptors, files and processes.
    Rlimits,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Namespaces => "namespaces",
            Layer::Root => "read-only root",
            Layer::Landlock => "landlock",
            Layer::Seccomp => "seccomp",
            Layer::NoNewPrivileges => "no new privileges",
            Layer::Rlimits => "rlimits",
        })
    }
}

/// What holds a worker, as it was proved at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxReport {
    /// The level asked for.
    pub level: Level,
    /// The layers that the worker has.
    pub layers: Vec<Layer>,
    /// The kernel's version of Landlock; 0 where it has none.
    pub landlock_abi: u32,
    /// How each forbidden act ended that a child with all layers tried; empty where nothing confines.
    pub probes: BTreeMap<String, String>,
    /// The worker's own cgroup of version 2 with its limits, or why it has none: one is used where a folder is delegated.
    pub cgroup: String,
}

impl fmt::Display for SandboxReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sandbox {}", self.level)?;
        let mut separator = ": ";
        for layer in &self.layers {
            write!(f, "{separator}{layer}")?;
            if *layer == Layer::Landlock {
                write!(f, " (ABI {})", self.landlock_abi)?;
            }
            separator = ", ";
        }
        if self.level == Level::None {
            write!(f, ": nothing confines this code")?;
        }
        write!(f, "; cgroup {}", self.cgroup)
    }
}
