"""Answers the host's requests, one after the other."""

import codecs
import mmap
import os
import platform
import signal
import struct
import sys

import lumen_calls
import lumen_cell
import lumen_errors
import lumen_frames
import lumen_packages
import lumen_replay
import lumen_seal
import lumen_signature
import lumen_table
import lumen_values
from lumen_frames import Malformed

_in_cell = False
_shields = 0
_interrupted = False
_cells = 0
_hello = None


class _Shield:
    """While it stands, an interrupt waits: half a frame would spoil the stream."""

    def __enter__(self):
        global _shields
        _shields += 1

    def __exit__(self, *raised):
        global _shields, _interrupted
        _shields -= 1
        if _interrupted and _in_cell and not _shields:
            _interrupt()


class _Interruptible:
    """The part in which an interrupt ends the cell."""

    def __enter__(self):
        global _in_cell, _interrupted
        signal.signal(signal.SIGINT, _on_interrupt)
        _interrupted = False
        _in_cell = True

    def __exit__(self, *raised):
        global _in_cell
        _in_cell = False


def _interrupt():
    """Raises once: the host repeats its signal, which must not meet the end of a cell that is ending."""
    global _in_cell, _interrupted
    _in_cell = _interrupted = False
    raise KeyboardInterrupt


def _on_interrupt(number, frame):
    global _interrupted
    if not _in_cell:
        return
    if _shields:
        _interrupted = True
    else:
        _interrupt()


lumen_calls.shielded = _Shield()


def _expect(params, **kinds):
    """The parameters by name; a wrong one is an error that names each field."""
    if not isinstance(params, dict):
        raise Refused("params", f"expected an object, got {type(params).__name__}")
    faults = {}
    for name, (kind, required) in kinds.items():
        if name not in params:
            if required:
                faults[name] = "missing"
        elif not isinstance(params[name], kind) or (kind is int and isinstance(params[name], bool)):
            faults[name] = f"expected {kind.__name__}, got {type(params[name]).__name__}"
    for name in params:
        if name not in kinds:
            faults[name] = "unknown field"
    if faults:
        raise Refused(faults)
    return [params.get(name) for name in kinds]


class Refused(Exception):
    """Invalid parameters, by field."""

    def __init__(self, faults, reason=None):
        self.faults = {faults: reason} if reason else faults
        super().__init__("; ".join(f"{name or '/'}: {why}" for name, why in self.faults.items()))


def _name(text):
    if not text.isidentifier():
        raise Refused("name", f"{text!r} is no name of Python")
    return text


def _do_hello(params, descriptors):
    global _hello
    if _hello is not None:
        raise Refused("hello", "was said before")
    low, high = params["protocol"]["min"], params["protocol"]["max"]
    own = lumen_errors.PROTOCOL
    if not low <= own <= high:
        raise lumen_errors.of(
            lumen_errors.PROTOCOL_VERSION, f"the worker speaks {own}", {"worker": own, "host": [low, high]}
        )
    _hello = params
    lumen_frames.message_bytes_max = params["limits"]["message_bytes"]
    zygote = params.get("zygote", False)
    probes = None
    packages = params.get("packages")
    if packages:
        try:
            lumen_packages.install(packages["places"], packages["tops"])
        except Exception as error:
            what = f"a granted package cannot be imported: {type(error).__name__}: {error}"
            raise lumen_errors.of(-32603, what, None) from None
    if params.get("filter"):
        probes = lumen_seal.probe(params["probe"], _seal)
    elif params.get("probe"):
        probes = lumen_seal.probe(params["probe"], lambda: None)
    if not zygote:
        try:
            _seal()
        except OSError:
            os._exit(43)
    return {
        "protocol": own,
        "features": ["context", "interrupt", "memfd", "tables"] + (["zygote"] if zygote else []),
        "limits": {"message_bytes": lumen_frames.message_bytes_max, "depth": lumen_values.DEPTH_MAX},
        "interpreter": {
            "version": platform.python_version(),
            "executable": sys.executable,
            "build": sys.version,
        },
        "sandbox": {"probes": probes, "pid": os.getpid()},
    }


def _seal():
    if _hello.get("no_processes"):
        lumen_seal.refuse_processes()
    if _hello.get("filter"):
        lumen_seal.install(_hello["filter"], _hello["seccomp_call"])


def _do_exec(params, descriptors):
    global _cells
    code, seed, now = _expect(params, code=(str, True), seed=(str, True), now_ns=(int, True))
    try:
        lumen_replay.begin(seed, now)
    except ValueError:
        raise Refused("seed", "expected hexadecimal digits") from None
    _cells += 1
    return lumen_cell.run(code, _cells, _Interruptible())


def _do_set_var(params, descriptors):
    name, value, encoding, decode = _expect(
        params, name=(str, True), value=(object, False), encoding=(str, False), decode=(bool, False)
    )
    _name(name)
    if encoding is None:
        if "value" not in params:
            raise Refused("value", "missing")
        lumen_cell.variables.lazy.pop(name, None)
        lumen_cell.variables[name] = value
        return {"set": name}
    if encoding not in ("text", "bytes", "context", "arrow"):
        raise Refused("encoding", f"{encoding!r} is none of text, bytes, context, arrow")
    if "value" in params and encoding != "arrow":
        _lazy(name, encoding, value)
        return {"set": name}
    if len(descriptors) != 1:
        raise Refused("encoding", "expected one descriptor with the frame")
    number = descriptors.pop()
    try:
        size = os.fstat(number).st_size
        view = mmap.mmap(number, size, prot=mmap.PROT_READ) if size else b""
    finally:
        os.close(number)
    if encoding == "arrow":
        try:
            table = lumen_table.read(memoryview(view))
        except (ValueError, struct.error, LookupError, StopIteration) as error:
            raise Refused("value", f"no table of Arrow IPC: {error}") from None
        lumen_cell.variables.lazy.pop(name, None)
        lumen_cell.variables[name] = table
        return {"set": name}
    if encoding == "context":
        lumen_cell.variables["ctx"] = lumen_calls.Context(view)
    _later(name, lambda: _decoded(view) if encoding != "bytes" else bytes(view))
    if decode:
        lumen_cell.variables[name]
    return {"set": name}


def _decoded(view):
    try:
        return str(view, "utf-8")
    except MemoryError:
        # The error of a text that breaks would hold a copy of all of it, so that a large one has no room to say so.
        broken = _break(view)
        if broken is None:
            raise
        raise UnicodeError(broken) from None


def _break(view):
    """Where bytes stop being UTF-8, in the words of the codec; None where they are."""
    decoder, at = codecs.getincrementaldecoder("utf-8")(), 0
    while at < len(view):
        pending = len(decoder.getstate()[0])
        part = bytes(view[at : at + (1 << 20)])
        try:
            decoder.decode(part, final=at + len(part) == len(view))
        except UnicodeDecodeError as error:
            place = at - pending + error.start
            return f"'utf-8' codec can't decode byte {view[place]:#04x} in position {place}: {error.reason}"
        at += len(part)
    return None


def _later(name, load):
    lumen_cell.variables.pop(name, None)
    lumen_cell.variables.lazy[name] = load


def _lazy(name, encoding, blob):
    if not isinstance(blob, str) or encoding == "context":
        raise Refused("value", "expected the name of a blob, for text or bytes")

    def load():
        content = lumen_calls.ask("blob_get", {"blob": blob})
        content = content if isinstance(content, bytes) else bytes.fromhex(content["hex"])
        return str(content, "utf-8") if encoding == "text" else content

    _later(name, load)


def _do_get_var(params, descriptors):
    (name,) = _expect(params, name=(str, True))
    try:
        value = lumen_cell.variables[name]
    except KeyError:
        raise Refused("name", f"no variable {lumen_values.clean(name)!r}") from None
    return lumen_values.describe(value)


def _do_get_table(params, descriptors):
    """A table, or lists by name, as an Arrow IPC file; `unfit` says why it is none."""
    (name,) = _expect(params, name=(str, True))
    try:
        value = lumen_cell.variables[name]
    except KeyError:
        raise Refused("name", f"no variable {lumen_values.clean(name)!r}") from None
    answer = {"type": type(value).__name__}
    try:
        if not isinstance(value, (lumen_table.Table, dict)):
            raise TypeError("expected a Table, or lists by name in a dict")
        answer["table"] = lumen_table.write(value).hex()
    except MemoryError:
        raise lumen_errors.of(lumen_errors.MEMORY, "the table does not fit", {}) from None
    except Exception as error:
        # The value's own methods are code of the cell.
        answer["unfit"] = lumen_values.clean(f"{error}"[:1000])
    return answer


def _do_list_vars(params, descriptors):
    _expect(params)
    own, lazy = lumen_cell.names()
    shown = []
    for name in own:
        if isinstance(name, str) and name not in ("ctx",):
            value = lumen_cell.variables[name]
            one = {
                "name": lumen_values.clean(name),
                "type": type(value).__name__,
                "preview": lumen_values.preview(value),
            }
            length = lumen_values.size(value)
            if length is not None:
                one["size"] = length
            shown.append(one)
    shown += [{"name": name, "type": "unread", "preview": ""} for name in lazy]
    return {"variables": shown}


def _do_register_signature(params, descriptors):
    name, schema = _expect(params, name=(str, True), schema=(dict, True))
    faults = lumen_signature.faults(schema)
    if not faults and schema.get("type") != "object":
        faults = {"/type": "a signature's outputs are an object"}
    if faults:
        raise Refused({f"schema{pointer}": reason for pointer, reason in faults.items()})
    replaced = next(iter(lumen_calls.signatures), None)
    lumen_calls.signatures.clear()
    lumen_calls.signatures[name] = schema
    return {"registered": name, "replaced": replaced}


def _do_clear_signature(params, descriptors):
    _expect(params)
    cleared = next(iter(lumen_calls.signatures), None)
    lumen_calls.signatures.clear()
    return {"cleared": cleared}


def _do_status(params, descriptors):
    _expect(params)
    own, lazy = lumen_cell.names()
    return {
        "signature": next(iter(lumen_calls.signatures), None),
        "cells": _cells,
        "variables": len(own) + len(lazy),
    }


def _do_reset(params, descriptors):
    _expect(params)
    lumen_cell.reset()
    lumen_calls.signatures.clear()
    return {"reset": True}


def _do_fork(params, descriptors):
    """A zygote's own method: a worker over the three descriptors."""
    if not _hello.get("zygote"):
        raise Refused("fork", "only a zygote forks")
    _expect(params)
    if len(descriptors) != 3:
        raise Refused("fork", "expected a socket and two pipes")
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            for number, place in zip(descriptors, (3, 1, 2), strict=True):
                os.dup2(number, place)
            os.closerange(4, 64)
            descriptors.clear()
            _hello["zygote"] = False
            lumen_seal.die_with_parent()
            if os.getppid() != parent:
                os._exit(0)
            _seal()
        except BaseException:
            # Nothing may be served without the last layer.
            os._exit(43)
        return None
    handle = os.pidfd_open(child)
    _descriptors_to_send.append(handle)
    return {"pid": child}


def _do_reap(params, descriptors):
    """A zygote's own method: how a worker ended."""
    (child,) = _expect(params, pid=(int, True))
    try:
        _, status = os.waitpid(child, 0)
    except ChildProcessError:
        raise Refused("pid", "no such worker") from None
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return {"exit": os.WEXITSTATUS(status)}


_descriptors_to_send = []
_METHODS = {name[4:]: function for name, function in list(globals().items()) if name.startswith("_do_")}


def _answer(message, descriptors):
    if not isinstance(message, dict):
        raise Malformed(-32600, "a batch is not taken" if isinstance(message, list) else "expected an object")
    number, method = message.get("id"), message.get("method")
    if (
        message.get("jsonrpc") != "2.0"
        or not isinstance(method, str)
        or not isinstance(number, (int, str))
        or isinstance(number, bool)
    ):
        raise Malformed(-32600, "expected jsonrpc 2.0, a method and an id that is an integer or text")
    if method == "shutdown":
        lumen_frames.send({"jsonrpc": "2.0", "id": number, "result": {"shutdown": True}})
        os._exit(0)
    function = _METHODS.get(method)
    if function is None:
        raise lumen_errors.of(-32601, f"no method {lumen_values.clean(method)!r}", None)
    if _hello is None and method != "hello":
        raise Malformed(-32600, "hello comes first")
    return function(message.get("params", {}), descriptors)


def _serve_one():
    number, error, result, descriptors = None, None, None, []
    try:
        message, descriptors = lumen_frames.receive()
        if isinstance(message, dict) and isinstance(message.get("id"), (int, str)):
            number = message["id"]
        result = _answer(message, descriptors)
        if result is None:
            return
    except Malformed as malformed:
        error = {"code": malformed.code, "message": str(malformed)}
    except Refused as refused:
        error = {"code": -32602, "message": lumen_values.clean(str(refused)), "data": refused.faults}
    except lumen_errors.LumenError as failed:
        error = {"code": failed.code, "message": str(failed), "data": failed.data}
    except (KeyError, TypeError, IndexError, OSError, MemoryError) as failed:
        error = {"code": -32603, "message": lumen_values.clean(f"{type(failed).__name__}: {failed}")}
    for left in descriptors:
        os.close(left)
    answer = {"jsonrpc": "2.0", "id": number}
    answer.update({"error": error} if error else {"result": result})
    try:
        lumen_frames.send(answer, _descriptors_to_send)
    except lumen_errors.LumenError as failed:
        error = {"code": failed.code, "message": str(failed), "data": failed.data}
        lumen_frames.send({"jsonrpc": "2.0", "id": number, "error": error})
    while _descriptors_to_send:
        os.close(_descriptors_to_send.pop())


def main():
    """Serves until the host closes the socket or says shutdown."""
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    sys.argv = [""]
    signal.signal(signal.SIGINT, _on_interrupt)
    lumen_cell.reset()
    while True:
        _serve_one()
