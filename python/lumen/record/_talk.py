"""The other end of the two streams: lines of JSON, and bytes behind those that announce them."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from lumen import _files


class Talk:
    """Says messages, and waits for the answers of those that have one."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._lock = threading.Lock()
        self._is_fresh = True

    def say(self, what: str, /, **fields: Any) -> None:
        """Says a message that has no answer."""
        line = _line(what, fields)
        with self._lock:
            self._write(what, line)

    def ask(self, what: str, data: bytes = b"", /, **fields: Any) -> bytes:
        """Says a message with bytes behind it; gives the bytes of its answer.

        Raises `OSError`, as the file system would have, where the answer is an error.
        """
        line = _line(what, fields)
        with self._lock:
            self._write(what, line, data)
            answer = json.loads(self._source.readline() or b'{"error": {}}')
            count = answer.get("size_bytes", 0)
            found = self._source.read(count)
        error = answer.get("error")
        if error is not None:
            number = error.get("errno", errno.EIO)
            raise OSError(number, os.strerror(number), fields.get("path"))
        return found

    def has_said(self) -> bool:
        """Whether anything but a node was said since this was asked last."""
        with self._lock:
            is_fresh, self._is_fresh = self._is_fresh, True
            return not is_fresh

    def _write(self, what: str, line: bytes, data: bytes = b"") -> None:
        self._is_fresh &= what == "node"
        self._sink.write(line)
        self._sink.write(data)
        self._sink.flush()


def _line(what: str, fields: dict[str, Any]) -> bytes:
    # Made before the lock is taken: what the collector runs meanwhile may print.
    return json.dumps({"say": what, **fields}).encode() + b"\n"


class Files(_files.Disk):
    """The files of whoever is at the other end."""

    def __init__(self, talk: Talk, line: Callable[[], int]) -> None:
        self._talk, self._line = talk, line

    def read(self, path: str) -> bytes:
        return self._talk.ask("read", path=os.fspath(path), line=self._line())

    def write(self, path: str, data: bytes) -> None:
        data = bytes(data)
        self._talk.ask("write", data, path=os.fspath(path), line=self._line(), size_bytes=len(data))

    def append(self, path: str, data: bytes) -> None:
        try:
            before = self.read(path)
        except FileNotFoundError:
            before = b""
        self.write(path, before + bytes(data))


# What one message says of a print at most.
_PRINTED_BYTES = 1 << 20


class _Told(io.RawIOBase):
    def __init__(self, talk: Talk, is_error: bool) -> None:
        self._talk, self._is_error = talk, is_error
        # A write may end within a character.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        data = bytes(data)
        for start in range(0, len(data), _PRINTED_BYTES):
            text = self._decoder.decode(data[start : start + _PRINTED_BYTES])
            self._talk.say("print", is_error=self._is_error, text=text)
        return len(data)


def stream(talk: Talk, is_error: bool) -> io.TextIOWrapper:
    """A text stream whose every write is told."""
    return io.TextIOWrapper(_Buffered(_Told(talk, is_error)), encoding="utf-8", write_through=True)


class _Buffered(io.BufferedWriter):
    def write(self, data: Any) -> int:
        count = super().write(data)
        self.flush()
        return count
