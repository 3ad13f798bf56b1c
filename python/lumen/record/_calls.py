"""The calls of the engines that a script makes, seen from outside: no frame, name or reference count of the script changes.

A call is told when it returns, with where its inputs came from. What is no data (an accessor, a group-by) is not told;
it stands for what it was made of.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import lumen
from lumen.record import _values

_ENGINES = os.path.dirname(os.path.abspath(lumen.__file__)) + os.sep
_OURS = os.path.join(_ENGINES, "record") + os.sep
_OPERATORS = frozenset(
    f"__{name}__"
    for name in (
        "init getitem len contains neg pos abs invert add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod "
        "pow rpow matmul rmatmul and rand or ror xor rxor eq ne lt le gt ge"
    ).split()
)


class Calls:
    """Follows a script's calls. `tell` hears the name, the line, the sources of the inputs, whether
    one had none that is known, and the result."""

    def __init__(self, script: str, tell: Callable[[str, int, list[str], bool, Any], str]) -> None:
        self._script, self._tell = script, tell
        # The call that is followed; what the engine calls itself is not.
        self._frame: FrameType | None = None
        self._sources: dict[int, tuple[Any, list[str]]] = {}

    def start(self) -> None:
        """Follows from now on."""
        sys.setprofile(self._event)

    def stop(self) -> None:
        """Follows no more."""
        sys.setprofile(None)
        self._frame = None

    def sources(self, value: Any) -> list[str]:
        """The nodes that a value came from; empty where nothing is known of it."""
        known = self._sources.get(id(value))
        return known[1] if known is not None and known[0]() is value else []

    def note(self, value: Any, sources: list[str]) -> None:
        """Notes where a value came from."""
        key = id(value)
        try:
            reference = weakref.ref(value, lambda _: self._sources.pop(key, None))
        except TypeError:
            return
        self._sources[key] = (reference, sources)

    def line(self) -> int:
        """The script's line that is running."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self._script:
            frame = frame.f_back
        return 0 if frame is None else frame.f_lineno

    def _event(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            if self._frame is None and self._is_entry(frame):
                self._frame = frame
        elif event == "return" and frame is self._frame:
            sys.setprofile(None)
            try:
                self._returned(frame, argument)
            finally:
                self._frame = None
                sys.setprofile(self._event)

    def _is_entry(self, frame: FrameType) -> bool:
        """Whether the script, or what it calls, enters an engine here."""
        caller = frame.f_back
        return (
            frame.f_code.co_filename.startswith(_ENGINES)
            and not frame.f_code.co_filename.startswith(_OURS)
            and caller is not None
            and not caller.f_code.co_filename.startswith((_ENGINES, "<frozen"))
        )

    def _returned(self, frame: FrameType, result: Any) -> None:
        code = frame.f_code
        name = code.co_name
        inputs = _inputs(code, frame)
        if name == "__init__" and inputs:
            result, inputs = inputs[0], inputs[1:]
        sources: list[str] = []
        # Whether a table had no source that is known.
        is_open = False
        for value in inputs:
            for part in value if isinstance(value, (list, tuple)) else (value,):
                found = self.sources(part)
                is_open |= not found and _values.is_table(part)
                sources.extend(source for source in found if source not in sources)
        # A function that was left by an exception returns nothing either.
        if result is None or (name.startswith("_") and name not in _OPERATORS):
            return
        if not _values.is_result(result):
            self.note(result, sources)
            return
        owner = code.co_varnames[:1] == ("self",) and name != "__init__"
        shown = {"__getitem__": "[]", "__init__": ""}.get(name, name)
        label = f"{type(inputs[0]).__name__}.{shown}" if owner and inputs else shown or type(result).__name__
        self.note(result, [self._tell(label, self.line(), sources, is_open, result)])


def _inputs(code: CodeType, frame: FrameType) -> list[Any]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    local = frame.f_locals
    found = [local.get(name) for name in code.co_varnames[:count]]
    if code.co_flags & 0x08 and found and isinstance(found[-1], dict):
        found[-1:] = found[-1].values()
    return found
