"""Opening what a reader or writer is handed: paths, buffers, compression and text encodings.

Everything that touches a file goes through `read_bytes` and `write_bytes`. Nothing here goes over a network: a URL is
refused by name.
"""

from __future__ import annotations

import io
import os
import re
from typing import Any

from lumen import _engine, _files

_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def missing(name: str) -> NotImplementedError:
    """What is raised for a part of pandas that is not here."""
    return NotImplementedError(f"lumen.pandas: {name}")


def as_path(target: Any, function: str) -> str | None:
    """The path that a target names; None for a buffer.

    A `file://` URL is a path, any other is refused.
    """
    if isinstance(target, (str, os.PathLike)):
        path = os.fspath(target)
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if path.startswith("file://"):
            return path[len("file://") :]
        if _URL.match(path):
            raise missing(f"{function}({path.split(':')[0]}://…)")
        return os.path.expanduser(path)
    return None


def method_of(compression: Any, path: str | None) -> tuple[str | None, dict[str, Any]]:
    """The compression's word (None for none), and what else a dictionary asked for."""
    rest: dict[str, Any] = {}
    if isinstance(compression, dict):
        rest = dict(compression)
        if "method" not in rest:
            raise ValueError("If mapping, compression must have key 'method'")
        compression = rest.pop("method")
    if compression == "infer":
        compression = None if path is None else _engine._compression_of(path)
    if compression is not None:
        # An unknown word is refused before anything is opened.
        _engine._decompress(b"", None)
        if compression not in ("gzip", "bz2", "zip", "xz", "zstd"):
            _engine._compress(b"", compression, "")
    return compression, rest


def check_storage(storage_options: Any, path: str | None) -> None:
    """`storage_options` belongs to file systems that are not here."""
    if storage_options:
        raise ValueError("storage_options passed with file object or non-fsspec file path")


def read_bytes(
    source: Any, function: str, compression: Any = "infer", storage_options: Any = None
) -> bytes | str:
    """All that a path or buffer holds: bytes, or text where the buffer gives text."""
    path = as_path(source, function)
    check_storage(storage_options, path)
    method, _ = method_of(compression, path)
    if path is not None:
        data: Any = _files.disk.read(path)
    elif hasattr(source, "read"):
        data = source.read()
    else:
        raise ValueError(f"Invalid file path or buffer object type: {type(source)}")
    if isinstance(data, str):
        if method is not None:
            raise TypeError("a bytes-like object is required, not 'str'")
        return data
    return _engine._decompress(bytes(data), method)


def utf8(data: bytes | str, encoding: str | None, errors: str | None) -> bytes:
    """The same text as UTF-8. Text that already is UTF-8 is checked where it is read."""
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    name = (encoding or "utf-8").lower().replace("_", "-")
    if name in ("utf-8", "utf8", "utf-8-sig") and errors in (None, "strict"):
        return data
    return data.decode(encoding or "utf-8", errors or "strict").encode("utf-8", "surrogatepass")


def write_bytes(
    text: str | bytes,
    target: Any,
    function: str,
    *,
    mode: str = "w",
    encoding: str | None = None,
    errors: str = "strict",
    compression: Any = "infer",
    storage_options: Any = None,
) -> None:
    """Writes text or bytes to a path or buffer. A file is replaced as a whole or not at all."""
    path = as_path(target, function)
    check_storage(storage_options, path)
    method, rest = method_of(compression, path)
    archive = rest.pop("archive_name", None)
    rest.pop("mtime", None)
    if rest:
        raise missing(f"{function}(compression={{{next(iter(rest))!r}: …}})")
    if path is None:
        if not hasattr(target, "write"):
            raise ValueError(f"Invalid file path or buffer object type: {type(target)}")
        _into_buffer(text, target, encoding, errors, method, mode)
        return
    data = text.encode(encoding or "utf-8", errors) if isinstance(text, str) else text
    name = archive or _inner_name(path, method)
    parent = os.path.dirname(path)
    if parent and not os.path.isdir(parent):
        raise OSError(f"Cannot save file into a non-existent directory: '{parent}'")
    data = _engine._compress(data, method, name)
    if mode.startswith("w"):
        _files.disk.write(path, data)
    elif mode.startswith("a"):
        _files.disk.append(path, data)
    else:
        with open(path, mode.replace("t", "").rstrip("b") + "b") as file:
            file.write(data)


def _inner_name(path: str, method: str | None) -> str:
    name = os.path.basename(path)
    return name[: -len(".zip")] if method == "zip" and name.endswith(".zip") else name


def _into_buffer(
    text: str | bytes, target: Any, encoding: str | None, errors: str, method: str | None, mode: str
) -> None:
    textual = isinstance(target, io.TextIOBase) or not (
        isinstance(target, (io.RawIOBase, io.BufferedIOBase)) or "b" in str(getattr(target, "mode", ""))
    )
    if isinstance(text, str) and method is None and textual and "b" not in mode:
        target.write(text)
        return
    data = text.encode(encoding or "utf-8", errors) if isinstance(text, str) else text
    target.write(_engine._compress(data, method, "zip" if method == "zip" else ""))
