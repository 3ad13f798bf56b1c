//! Where a run takes place: the machine, the program, the checkout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use evidence::run::Environment;
use evidence::typed;

/// The instruction set that the kernels may use here. Results that hold across sets are locked as `portable`.
#[must_use]
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
            return "x86-64-v4";
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return "x86-64-v3";
        }
        "x86-64-v2"
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        env::consts::ARCH
    }
}

/// What the environment's record holds.
#[must_use]
pub fn environment(threads: &[usize]) -> Environment {
    let system = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    Environment {
        cpu: cpu_name().unwrap_or_else(|| env::consts::ARCH.into()),
        isa: instruction_set().into(),
        kernel: format!("{} {}", text(system.sysname()), text(system.release())),
        libc: env!("CONFORMANCE_TARGET").rsplit('-').next().unwrap_or_default().into(),
        rustc: env!("CONFORMANCE_RUSTC").into(),
        profile: env!("CONFORMANCE_PROFILE").into(),
        binary: binary_digest().unwrap_or_else(|| "unknown".into()),
        threads: threads.to_vec(),
        locale: locale.unwrap_or_else(|| "C".into()),
    }
}

fn cpu_name() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_string())
}

/// The program does not change while it runs, and reading it takes longer than a small run.
fn binary_digest() -> Option<String> {
    static DIGEST: OnceLock<Option<String>> = OnceLock::new();
    let digest = || fs::read(env::current_exe().ok()?).ok().map(|bytes| typed::digest(&bytes));
    DIGEST.get_or_init(digest).clone()
}

/// A git checkout, as far as evidence speaks of it.
pub struct Checkout {
    pub root: PathBuf,
    pub commit: String,
    pub dirty: bool,
}

impl Checkout {
    /// The checkout around a folder; none outside one, or where git is not installed.
    #[must_use]
    pub fn around(folder: &Path) -> Option<Checkout> {
        let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?);
        let commit = git(folder, &["rev-parse", "HEAD"])?;
        let dirty = git(folder, &["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
        Some(Checkout { root, commit, dirty })
    }

    /// Digests of the lock files at its root.
    #[must_use]
    pub fn lockfiles(&self) -> BTreeMap<String, String> {
        let digest = |name: &str| {
            let bytes = fs::read(self.root.join(name)).ok()?;
            Some((name.to_string(), typed::digest(&bytes)))
        };
        ["Cargo.lock", evidence::lock::FILE].into_iter().filter_map(digest).collect()
    }
}

/// Whether a path lies in a checkout and git does not ignore it: evidence does not belong there.
#[must_use]
pub fn is_tracked(path: &Path) -> bool {
    let existing = path.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(Path::new("/"));
    if git(existing, &["rev-parse", "--show-toplevel"]).is_none() {
        return false;
    }
    let ignored = Command::new("git").arg("-C").arg(existing).args(["check-ignore", "-q"]).arg(path).status();
    !ignored.is_ok_and(|status| status.success())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}
