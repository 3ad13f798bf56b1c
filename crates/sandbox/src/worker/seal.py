"""The last layer of a worker, and the proof that the layers hold."""

import ctypes
import errno
import os
import resource
import signal

import _socket

PR_SET_PDEATHSIG = 1
SECCOMP_SET_MODE_FILTER = 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def die_with_parent():
    """The kernel kills this process when its parent ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def install(program, call_number):
    """Installs a compiled filter of system calls; it takes fork, exec, sockets and signals away."""
    code = bytes.fromhex(program)
    held = ctypes.create_string_buffer(code, len(code))
    header = _Program(len(code) // 8, ctypes.cast(held, ctypes.c_void_p))
    if _libc.syscall(call_number, SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(header)) != 0:
        raise OSError(ctypes.get_errno(), "the last filter of system calls was refused")


def refuse_processes():
    """No further process, as a limit beside the filter."""
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _open(probe):
    os.close(os.open(probe["host_file"], os.O_RDONLY))


def _connect(probe):
    number = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    # A datagram socket connects without a peer, so only a layer can refuse it.
    number.connect(("127.0.0.1", 9))


def _execute(probe):
    os.execv(probe["executable"], [probe["executable"], "-S", "-c", "import os; os._exit(0)"])


def _fork(probe):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _ptrace(probe):
    if _libc.ptrace(0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _mount(probe):
    # No kernel has this file system, so a mount that is allowed changes nothing: it is told by ENODEV.
    if _libc.mount(b"none", b"/", b"lumen-probe", 0, None) != 0 and ctypes.get_errno() != errno.ENODEV:
        raise OSError(ctypes.get_errno(), "mount")


ACTS = {
    "open": _open,
    "connect": _connect,
    "exec": _execute,
    "fork": _fork,
    "ptrace": _ptrace,
    "mount": _mount,
}


def probe(options, seal):
    """Tries each forbidden act in a child with all layers; says how each ended."""
    results = {}
    for name, act in ACTS.items():
        child = os.fork()
        if child == 0:
            try:
                seal()
            except BaseException:
                os._exit(255)
            try:
                act(options)
                os._exit(0)
            except OSError as error:
                # Numbers of errors fit beside "succeeded".
                os._exit(min(error.errno or 255, 254))
            except BaseException:
                os._exit(255)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            results[name] = f"killed by signal {os.WTERMSIG(status)}"
        elif os.WEXITSTATUS(status) == 0:
            results[name] = "succeeded"
        elif os.WEXITSTATUS(status) == 255:
            results[name] = "not tried"
        else:
            results[name] = f"refused: {os.strerror(os.WEXITSTATUS(status))}"
    return results
