//! `clone3`, and the child that walks its list of system calls.

use super::stage::{KEPT, Stage};
use crate::level::Layer;
use rustix::process::{WaitId, WaitIdOptions, waitid};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A child that runs the interpreter.
pub(crate) struct Launched {
    pub handle: OwnedFd,
}

/// The step that failed, its layer, and the kernel's error.
pub(crate) struct LaunchError {
    pub what: &'static str,
    pub layer: Option<Layer>,
    pub error: std::io::Error,
}

struct Order {
    stage: Stage,
    /// The end of the pipe to which the child writes what failed.
    failed: OwnedFd,
    answer: Sender<Result<Launched, LaunchError>>,
}

/// Starts what is prepared; returns once the interpreter runs or a step has failed.
///
/// All children have one parent thread that lives as long as the process: the kernel kills a child when the *thread*
/// that made it ends, and that must mean that the host has ended.
pub(crate) fn launch(stage: Stage, failed: OwnedFd) -> Result<Launched, LaunchError> {
    static LAUNCHER: OnceLock<Option<Sender<Order>>> = OnceLock::new();
    let gone = || LaunchError {
        what: "reach the launching thread",
        layer: None,
        error: std::io::ErrorKind::Other.into(),
    };
    let launcher = LAUNCHER.get_or_init(|| {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("sandbox launcher".to_string());
        thread.spawn(move || serve(&receiver)).ok().map(|_| sender)
    });
    let (answer, answered) = channel();
    let order = Order { stage, failed, answer };
    launcher.as_ref().ok_or_else(gone)?.send(order).map_err(|_| gone())?;
    answered.recv().map_err(|_| gone())?
}

fn serve(orders: &Receiver<Order>) {
    // No handler of the host may run in a child before `execve`, so this thread takes no signals; the child unblocks
    // them as its last step.
    let all = u64::MAX;
    // SAFETY: the call reads eight bytes at `all`, which outlives it, and changes the mask of this thread alone.
    unsafe {
        let set = libc::SIG_SETMASK;
        libc::syscall(libc::SYS_rt_sigprocmask, set, &raw const all, std::ptr::null::<u64>(), 8usize)
    };
    while let Ok(Order { stage, failed, answer }) = orders.recv() {
        // Whoever asked may be gone; then the worker goes with the dropped handle's owner.
        let _ = answer.send(start(stage, failed));
    }
}

fn start(stage: Stage, failed: OwnedFd) -> Result<Launched, LaunchError> {
    let mut handle: RawFd = -1;
    // SAFETY: all zero is a value of this plain structure.
    let mut clone: libc::clone_args = unsafe { std::mem::zeroed() };
    clone.flags = stage.namespaces | u64::from(libc::CLONE_PIDFD.cast_unsigned());
    clone.pidfd = (&raw mut handle) as u64;
    clone.exit_signal = u64::from(libc::SIGCHLD.cast_unsigned());
    let length = size_of::<libc::clone_args>();
    // SAFETY: without CLONE_VM the child has a copy of all memory and, with no stack given, of this stack. It calls
    // `walk` alone, which neither allocates nor locks nor returns. `clone` and `handle` outlive the call.
    let child = unsafe { libc::syscall(libc::SYS_clone3, &raw mut clone, length) };
    let is_kept_back = child < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS);
    let child = match is_kept_back {
        // Filters of containers refuse the call whose flags they cannot see, and look at those of the older one. Its
        // arguments are flags, stack, where the new descriptor goes, and two that no flag asks for.
        true => {
            let flags = (clone.flags | clone.exit_signal) as usize;
            // SAFETY: as above; the kernel writes the descriptor to `handle`, which outlives the call.
            unsafe { libc::syscall(libc::SYS_clone, flags, 0usize, &raw mut handle, 0usize, 0usize) }
        }
        false => child,
    };
    if child == 0 {
        // SAFETY: this is the fresh child with one thread, and the stage's addresses are valid in its copy.
        unsafe { walk(&stage) }
    }
    if child < 0 {
        let error = std::io::Error::last_os_error();
        let layer = (stage.namespaces != 0).then_some(Layer::Namespaces);
        return Err(LaunchError { what: "make the process", layer, error });
    }
    // SAFETY: the kernel stored a new descriptor that nobody else owns.
    let handle = unsafe { OwnedFd::from_raw_fd(handle) };
    // The writing end must be the child's alone, so that `execve` closes the last one.
    let steps: Vec<_> = stage.steps.iter().map(|step| (step.what, step.layer)).collect();
    drop(stage);
    let mut report = [0u8; 8];
    let mut filled = 0;
    while let Some(rest) = report.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::io::read(&failed, rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => break,
        }
    }
    if filled == 0 {
        return Ok(Launched { handle });
    }
    // It ends by itself after its report.
    let _ = waitid(WaitId::PidFd(handle.as_fd()), WaitIdOptions::EXITED);
    let [a, b, c, d, e, f, g, h] = report;
    let (step, number) = (u32::from_ne_bytes([a, b, c, d]), i32::from_ne_bytes([e, f, g, h]));
    let (what, layer) = steps.get(step as usize).copied().unwrap_or(("start", None));
    Err(LaunchError { what, layer, error: std::io::Error::from_raw_os_error(number) })
}

/// Makes the stage's calls; the last one is `execve`.
///
/// # Safety
///
/// Must run in a process of one thread that will be nothing else; the addresses in the stage must be valid.
unsafe fn walk(stage: &Stage) -> ! {
    let mut kept = 0usize;
    let mut number = 0u32;
    for step in &stage.steps {
        let [a, b, c, d, e, f] =
            step.arguments.map(|argument| if argument == KEPT { kept } else { argument });
        // SAFETY: the stage made each call's arguments for it. `syscall` allocates nothing and takes no lock.
        let result = unsafe { libc::syscall(step.call, a, b, c, d, e, f) };
        if result < 0 && !step.may_fail {
            // SAFETY: the address is this thread's own `errno`.
            let error = unsafe { *libc::__errno_location() };
            let report = (u64::from(error.cast_unsigned()) << 32) | u64::from(number);
            let bytes = if cfg!(target_endian = "little") { report } else { report.rotate_left(32) };
            // SAFETY: eight bytes of a local, a descriptor that the stage owns, and the end of the process.
            unsafe {
                libc::syscall(libc::SYS_write, stage.report.as_raw_fd(), &raw const bytes, 8usize);
                libc::syscall(libc::SYS_exit_group, 1usize);
            }
        }
        if step.keep {
            kept = result.cast_unsigned() as usize;
        }
        number = number.wrapping_add(1);
    }
    loop {
        // SAFETY: ends the process.
        unsafe { libc::syscall(libc::SYS_exit_group, 1usize) };
    }
}
