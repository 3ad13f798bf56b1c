"""Time and randomness of a cell come from the host, so that a cell runs the same way again.

This serves replay and is no protection: a cell that asks the processor for its clock gets it.
"""

import os
import sys
import time

# The C modules read the clock by themselves; their twins in Python ask `time`, which is ours.
sys.modules["_datetime"] = None
sys.modules["_uuid"] = None

_STEP_NS = 1_000

_now_ns = 0
_start_ns = 0
_stream = None

# What a package keeps of randomness by itself begins with the cell too.
reseeded = []


def _read():
    global _now_ns
    _now_ns += _STEP_NS
    return _now_ns


def advance(now_ns):
    """Sets the time of the last event that the host recorded; it never goes back."""
    global _now_ns
    _now_ns = max(_now_ns, now_ns)


def begin(seed, now_ns):
    """Sets the randomness of one cell and the time at its start."""
    global _now_ns, _start_ns, _stream
    _now_ns = _start_ns = now_ns
    _stream = random.Random(int.from_bytes(bytes.fromhex(seed), "big"))
    random.seed(int.from_bytes(urandom(32), "big"))
    for reseed in reseeded:
        reseed(int.from_bytes(urandom(4), "big"))


def urandom(size, /):
    """`os.urandom`, from the seed of the cell."""
    if size < 0:
        raise ValueError("negative argument not allowed")
    return _stream.randbytes(size)


def _getrandom(size, flags=0):
    return urandom(size)


def _sleep(seconds, /):
    global _now_ns
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    _now_ns += int(seconds * 1_000_000_000)


def _given_or_now(convert):
    return lambda seconds=None, /: convert(_read() / 1e9 if seconds is None else seconds)


def _install():
    # A counter of the process and a clock of the wall differ in their zero alone.
    for name in ("time", "clock_gettime"):
        setattr(time, name, lambda *clock: _read() / 1e9)
        setattr(time, f"{name}_ns", lambda *clock: _read())
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: (_read() - _start_ns) / 1e9)
        setattr(time, f"{name}_ns", lambda: _read() - _start_ns)
    real_strftime, real_asctime = time.strftime, time.asctime
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _given_or_now(getattr(time, name)))
    time.strftime = lambda form, moment=None, /: real_strftime(
        form, time.localtime() if moment is None else moment
    )
    time.asctime = lambda moment=None, /: real_asctime(time.localtime() if moment is None else moment)
    time.sleep = _sleep
    os.urandom = urandom
    if hasattr(os, "getrandom"):
        os.getrandom = _getrandom


_install()

import random  # noqa: E402  it takes `urandom` from `os` as it is now

_real_seed = random.Random.seed


def _seed(self, a=None, version=2):
    if a is None and _stream is not None:
        a = int.from_bytes(urandom(32), "big")
    return _real_seed(self, a, version)


random.Random.seed = _seed
random.seed = random._inst.seed
