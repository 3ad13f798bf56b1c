//! The list of system calls between `clone3` and `execve`, with everything that they point to.

use super::{allow_list, filters};
use crate::interpreter::Interpreter;
use crate::level::Layer;
use crate::limits::Limits;
use std::collections::BTreeSet;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Stands for the result of the last call that was kept.
pub(super) const KEPT: usize = usize::MAX - 4096;

/// The user and group that a worker in a namespace of users sees itself as.
const NOBODY: u32 = 65534;

/// Number that the folder `/tmp` has while its rule is made.
const TMP_NUMBER: i32 = 5;

/// Descriptors are moved here before, so that no `dup3` onto 0–5 hits one that is still needed.
const HIGH: i32 = 64;

/// One system call of the child.
pub(super) struct Step {
    pub what: &'static str,
    pub layer: Option<Layer>,
    pub call: libc::c_long,
    pub arguments: [usize; 6],
    /// Its result stands for `KEPT` in later calls.
    pub keep: bool,
    /// A refusal is no reason to stop.
    pub may_fail: bool,
}

/// The descriptors of a worker: the socket to the host and its two outputs.
pub(crate) struct Ends {
    pub socket: OwnedFd,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

/// A start, prepared: nothing is left to work out in the child.
///
/// Addresses in `steps` point into the boxes and texts beside them, which live and stay as long as the stage.
pub(crate) struct Stage {
    pub(super) steps: Vec<Step>,
    pub(super) namespaces: u64,
    /// Where the child writes what failed.
    pub(super) report: OwnedFd,
    texts: Vec<CString>,
    bytes: Vec<Box<[u8]>>,
    words: Vec<Box<[u64]>>,
    descriptors: Vec<OwnedFd>,
    layer: Option<Layer>,
}

const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;

impl Stage {
    /// Prepares to run `arguments` (the first is the executable) with these layers.
    pub fn new(
        interpreter: &Interpreter,
        layers: &[Layer],
        limits: &Limits,
        arguments: &[String],
        ends: Ends,
        report: OwnedFd,
    ) -> Result<Stage, (Option<Layer>, String)> {
        let report = high(&report).map_err(|error| (None, error))?;
        let mut stage = Stage {
            steps: Vec::new(),
            namespaces: 0,
            report,
            texts: Vec::new(),
            bytes: Vec::new(),
            words: Vec::new(),
            descriptors: Vec::new(),
            layer: None,
        };
        let has = |layer| layers.contains(&layer);
        stage.call("setsid", libc::SYS_setsid, []);
        if has(Layer::Namespaces) {
            stage.layer = Some(Layer::Namespaces);
            stage.users()?;
        }
        let tmp = has(Layer::Root) && limits.tmp_bytes > 0;
        if has(Layer::Root) {
            stage.layer = Some(Layer::Root);
            stage.root(interpreter, limits)?;
        }
        stage.layer = None;
        stage.ends(ends)?;
        if has(Layer::NoNewPrivileges) {
            stage.layer = Some(Layer::NoNewPrivileges);
            stage.privileges();
        }
        if has(Layer::Landlock) {
            stage.layer = Some(Layer::Landlock);
            stage.landlock(interpreter, has(Layer::Root), tmp)?;
        }
        if has(Layer::Rlimits) {
            stage.layer = Some(Layer::Rlimits);
            stage.rlimits(limits);
        }
        stage.layer = None;
        stage.call("die with the host", libc::SYS_prctl, [arg(libc::PR_SET_PDEATHSIG), arg(libc::SIGKILL)]);
        let no_signals = stage.words(&[0]);
        stage.call("unblock signals", libc::SYS_rt_sigprocmask, [arg(libc::SIG_SETMASK), no_signals, 0, 8]);
        if has(Layer::Seccomp) {
            stage.layer = Some(Layer::Seccomp);
            stage.seccomp()?;
        }
        stage.layer = None;
        stage.execute(arguments)?;
        Ok(stage)
    }

    fn call<const N: usize>(
        &mut self,
        what: &'static str,
        call: libc::c_long,
        given: [usize; N],
    ) -> &mut Step {
        let mut arguments = [0; 6];
        for (place, value) in arguments.iter_mut().zip(given) {
            *place = value;
        }
        self.steps.push(Step { what, layer: self.layer, call, arguments, keep: false, may_fail: false });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    fn text(&mut self, text: impl AsRef<[u8]>) -> Result<usize, (Option<Layer>, String)> {
        let text = CString::new(text.as_ref()).map_err(|error| (self.layer, error.to_string()))?;
        let address = text.as_ptr() as usize;
        self.texts.push(text);
        Ok(address)
    }

    fn words(&mut self, words: &[u64]) -> usize {
        let words: Box<[u64]> = words.into();
        let address = words.as_ptr() as usize;
        self.words.push(words);
        address
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> (usize, usize) {
        let bytes: Box<[u8]> = bytes.into();
        let (address, length) = (bytes.as_ptr() as usize, bytes.len());
        self.bytes.push(bytes);
        (address, length)
    }

    fn write_file(
        &mut self,
        what: &'static str,
        path: &str,
        content: String,
    ) -> Result<(), (Option<Layer>, String)> {
        let path = self.text(path)?;
        let (address, length) = self.bytes(content.into_bytes());
        self.call(what, libc::SYS_openat, [arg(libc::AT_FDCWD), path, arg(libc::O_WRONLY), 0]).keep = true;
        self.call(what, libc::SYS_write, [KEPT, address, length]);
        self.call(what, libc::SYS_close, [KEPT]);
        Ok(())
    }

    /// New namespaces, in which the one user is nobody: `execve` then takes every capability away.
    fn users(&mut self) -> Result<(), (Option<Layer>, String)> {
        let flags = libc::CLONE_NEWUSER
            | libc::CLONE_NEWNS
            | libc::CLONE_NEWPID
            | libc::CLONE_NEWNET
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS;
        self.namespaces = u64::from(flags.cast_unsigned());
        let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        self.write_file("refuse to set groups", "/proc/self/setgroups", "deny".to_string())?;
        self.write_file("map the user", "/proc/self/uid_map", format!("{NOBODY} {user} 1"))?;
        self.write_file("map the group", "/proc/self/gid_map", format!("{NOBODY} {group} 1"))?;
        let name = self.text("worker")?;
        self.call("name the host", libc::SYS_sethostname, [name, 6]);
        Ok(())
    }

    /// A root of its own with the interpreter and its libraries at their places, read-only.
    ///
    /// It is put together over `/proc`, the one folder that every Linux has and that holds no interpreter.
    fn root(&mut self, interpreter: &Interpreter, limits: &Limits) -> Result<(), (Option<Layer>, String)> {
        let (here, top) = (self.text(".")?, self.text("/")?);
        let (none, tmpfs, place) = (self.text("none")?, self.text("tmpfs")?, self.text("/proc")?);
        let private = wide(libc::MS_REC | libc::MS_PRIVATE);
        self.call("keep mounts private", libc::SYS_mount, [none, top, 0, private, 0]);
        let options = self.text("size=1m,nr_inodes=4096,mode=755")?;
        let flags = wide(libc::MS_NOSUID | libc::MS_NODEV);
        self.call("mount the root", libc::SYS_mount, [tmpfs, place, tmpfs, flags, options]);
        self.call("enter the root", libc::SYS_chdir, [place]);

        let null = Path::new("/dev/null");
        let mut folders: BTreeSet<&Path> = BTreeSet::new();
        let inside = interpreter.readable().iter().map(|path| path.as_path()).chain([null]);
        for path in inside.chain(interpreter.links().iter().map(|(link, _)| link.as_path())) {
            folders.extend(path.ancestors().skip(1));
        }
        folders.extend(interpreter.readable().iter().map(|path| path.as_path()).filter(|path| path.is_dir()));
        folders.insert(Path::new("/tmp"));
        // A folder sorts before what it holds.
        for folder in folders.into_iter().filter(|folder| *folder != Path::new("/")) {
            let folder = self.text(relative(folder))?;
            self.call("make a folder", libc::SYS_mkdirat, [arg(libc::AT_FDCWD), folder, 0o755]);
        }
        for (link, target) in interpreter.links() {
            let (link, target) = (self.text(relative(link))?, self.text(target.as_os_str().as_bytes())?);
            self.call("make a link", libc::SYS_symlinkat, [target, arg(libc::AT_FDCWD), link]);
        }
        for path in interpreter.readable().iter().map(|path| path.as_path()).chain([null]) {
            let (source, target) = (self.text(path.as_os_str().as_bytes())?, self.text(relative(path))?);
            if !path.is_dir() {
                let flags = arg(libc::O_CREAT | libc::O_WRONLY);
                self.call("make a file", libc::SYS_openat, [arg(libc::AT_FDCWD), target, flags, 0o644])
                    .keep = true;
                self.call("make a file", libc::SYS_close, [KEPT]);
            }
            let bind = wide(libc::MS_BIND | libc::MS_REC);
            self.call("bind the interpreter", libc::SYS_mount, [source, target, 0, bind, 0]);
            let devices = if path == null { 0 } else { libc::MOUNT_ATTR_NODEV };
            self.attributes(target, arg(libc::AT_RECURSIVE), READ_ONLY | devices);
        }
        if limits.tmp_bytes > 0 {
            let (target, options) = (
                self.text("tmp")?,
                self.text(format!("size={},nr_inodes=1024,mode=1777", limits.tmp_bytes))?,
            );
            let flags = wide(libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC);
            self.call("mount /tmp", libc::SYS_mount, [tmpfs, target, tmpfs, flags, options]);
        }
        self.call("change the root", libc::SYS_pivot_root, [here, here]);
        self.call("drop the old root", libc::SYS_umount2, [here, arg(libc::MNT_DETACH)]);
        self.attributes(top, 0, READ_ONLY | libc::MOUNT_ATTR_NODEV);
        let tmp = self.text("/tmp")?;
        self.call("enter /tmp", libc::SYS_chdir, [tmp]);
        Ok(())
    }

    fn attributes(&mut self, path: usize, flags: usize, set: u64) {
        // `struct mount_attr`: set, clear, propagation, descriptor of a user namespace.
        let attributes = self.words(&[set, 0, 0, 0]);
        let arguments = [arg(libc::AT_FDCWD), path, flags, attributes, 32];
        self.call("make it read-only", libc::SYS_mount_setattr, arguments);
    }

    /// Descriptors 0 to 3; every other closes with `execve`.
    fn ends(&mut self, ends: Ends) -> Result<(), (Option<Layer>, String)> {
        let null = std::fs::File::open("/dev/null").map_err(|error| (None, format!("/dev/null: {error}")))?;
        let places = [OwnedFd::from(null), ends.stdout, ends.stderr, ends.socket];
        for (number, descriptor) in places.iter().enumerate() {
            let moved = high(descriptor).map_err(|error| (None, error))?;
            self.call("place a descriptor", libc::SYS_dup3, [arg(moved.as_raw_fd()), number, 0]);
            self.descriptors.push(moved);
        }
        let cloexec = libc::CLOSE_RANGE_CLOEXEC as usize;
        self.call("close the others", libc::SYS_close_range, [4, u32::MAX as usize, cloexec]);
        Ok(())
    }

    fn privileges(&mut self) {
        self.call("no new privileges", libc::SYS_prctl, [arg(libc::PR_SET_NO_NEW_PRIVS), 1]);
        for capability in 0..64 {
            // Who has no privilege cannot drop from the bounding set and need not; the numbers end before 64.
            let arguments = [arg(libc::PR_CAPBSET_DROP), capability];
            self.call("drop a capability", libc::SYS_prctl, arguments).may_fail = true;
        }
        // Version 3 of the header, this process; then three words twice, all zero.
        let (header, none) = (self.words(&[0x2008_0522]), self.words(&[0, 0, 0]));
        self.call("drop the capabilities", libc::SYS_capset, [header, none]);
    }

    fn landlock(
        &mut self,
        interpreter: &Interpreter,
        root: bool,
        tmp: bool,
    ) -> Result<(), (Option<Layer>, String)> {
        // Before ABI 3 (Linux 6.2) a readable file can be truncated, unless the root is read-only anyway.
        let least = if root { 1 } else { 3 };
        let rules = allow_list::ruleset(interpreter.readable(), least).and_then(|rules| high(&rules));
        let rules = rules.map_err(|error| (self.layer, error))?;
        if tmp {
            let path = self.text("/tmp")?;
            let flags = arg(libc::O_PATH | libc::O_CLOEXEC);
            self.call("open /tmp", libc::SYS_openat, [arg(libc::AT_FDCWD), path, flags, 0]).keep = true;
            // It may be this very number already, which `dup3` refuses and `dup2` would not; the copy has its own.
            let number = arg(TMP_NUMBER);
            let place = [KEPT, arg(libc::F_DUPFD_CLOEXEC), arg(HIGH)];
            self.call("move /tmp", libc::SYS_fcntl, place).keep = true;
            self.call("place /tmp", libc::SYS_dup3, [KEPT, number, arg(libc::O_CLOEXEC)]);
            let mut attribute = allow_list::TMP_ACCESS.to_ne_bytes().to_vec();
            attribute.extend(TMP_NUMBER.to_ne_bytes());
            let (attribute, _) = self.bytes(attribute);
            let arguments = [arg(rules.as_raw_fd()), 1, attribute, 0];
            self.call("allow /tmp", libc::SYS_landlock_add_rule, arguments);
        }
        self.call("restrict files", libc::SYS_landlock_restrict_self, [arg(rules.as_raw_fd()), 0]);
        self.descriptors.push(rules);
        Ok(())
    }

    fn rlimits(&mut self, limits: &Limits) {
        let limit = |seconds: std::time::Duration| seconds.as_secs().max(1);
        for (what, resource, value) in [
            ("limit of memory", libc::RLIMIT_AS, limits.memory_bytes),
            ("limit of processor time", libc::RLIMIT_CPU, limit(limits.processor)),
            ("limit of files' sizes", libc::RLIMIT_FSIZE, limits.tmp_bytes),
            ("no core dumps", libc::RLIMIT_CORE, 0),
            ("limit of descriptors", libc::RLIMIT_NOFILE, limits.descriptors),
        ] {
            let value = self.words(&[value, value]);
            self.call(what, libc::SYS_prlimit64, [0, resource as usize, value, 0]);
        }
        // The usual size; a host with a smaller one keeps it.
        let stack = self.words(&[8 << 20, 8 << 20]);
        let arguments = [0, libc::RLIMIT_STACK as usize, stack, 0];
        self.call("limit of the stack", libc::SYS_prlimit64, arguments).may_fail = true;
    }

    fn seccomp(&mut self) -> Result<(), (Option<Layer>, String)> {
        for program in filters::first_two().map_err(|error| (self.layer, error))? {
            let mut code = Vec::with_capacity(program.len() * 8);
            for instruction in &program {
                code.extend(instruction.code.to_ne_bytes());
                code.extend([instruction.jt, instruction.jf]);
                code.extend(instruction.k.to_ne_bytes());
            }
            let (address, _) = self.bytes(code);
            // `struct sock_fprog`: a count of 16 bits, padding, an address.
            let mut header = [0u8; 8];
            let count = u16::try_from(program.len()).map_err(|error| (self.layer, error.to_string()))?;
            for (place, byte) in header.iter_mut().zip(count.to_ne_bytes()) {
                *place = byte;
            }
            let header = self.words(&[u64::from_ne_bytes(header), address as u64]);
            let set = libc::SECCOMP_SET_MODE_FILTER as usize;
            self.call("filter system calls", libc::SYS_seccomp, [set, 0, header]);
        }
        Ok(())
    }

    fn execute(&mut self, arguments: &[String]) -> Result<(), (Option<Layer>, String)> {
        let mut addresses = Vec::new();
        for argument in arguments {
            addresses.push(self.text(argument)? as u64);
        }
        let Some(executable) = addresses.first().copied() else {
            return Err((None, "no executable".to_string()));
        };
        addresses.push(0);
        let arguments = self.words(&addresses);
        // Hashes of text are the same in every worker; nothing else is in the environment.
        let hash_seed = self.text("PYTHONHASHSEED=0")? as u64;
        let environment = self.words(&[hash_seed, 0]);
        self.call("start the interpreter", libc::SYS_execve, [executable as usize, arguments, environment]);
        Ok(())
    }
}

fn relative(path: &Path) -> &[u8] {
    let bytes = path.as_os_str().as_bytes();
    bytes.strip_prefix(b"/").unwrap_or(bytes)
}

fn high(descriptor: &impl AsFd) -> Result<OwnedFd, String> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, HIGH)
        .map_err(|error| format!("no descriptor is free: {error}"))
}

/// A number of the kernel's interface as the register holds it, sign included.
fn arg(number: i32) -> usize {
    i64::from(number).cast_unsigned() as usize
}

fn wide(flags: libc::c_ulong) -> usize {
    flags as usize
}
