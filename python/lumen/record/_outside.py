"""What a script does around the engines, as far as the interpreter says so."""

from __future__ import annotations

import os
import sys
from typing import Any

from lumen.record._talk import Talk

# Events of the interpreter that reach the world, and which of their arguments says where.
_EVENTS = {
    "open": 0, "os.remove": 0, "os.rename": 0, "os.mkdir": 0, "os.rmdir": 0, "os.listdir": 0, "os.system": 0,
    "subprocess.Popen": 0, "socket.connect": 1, "sqlite3.connect": 0, "shutil.copyfile": 0, "shutil.move": 0,
    "urllib.Request": 0,
}  # fmt: skip


def listen(talk: Talk, script: str) -> None:
    """Tells of every such event that the script causes, until the process ends."""
    inside = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal inside
        if event not in _EVENTS or inside:
            return
        what = arguments[_EVENTS[event]]
        # A number is a file that was opened before.
        if isinstance(what, int) or what == os.devnull:
            return
        inside = True
        try:
            line = _line(script)
            if line:
                text = os.fsdecode(what) if isinstance(what, (str, bytes, os.PathLike)) else str(what)
                talk.say("outside", event=event, what=text, line=line)
        finally:
            inside = False

    sys.addaudithook(hook)


def modules(talk: Talk) -> None:
    """Tells of the modules beside the script, whose text is not recorded."""
    folder = os.path.realpath(sys.path[0]) + os.sep
    found = set()
    for module in list(sys.modules.values()):
        path = os.path.realpath(getattr(module, "__file__", None) or "")
        if path.startswith(folder) and "site-packages" not in path and module.__name__ != "__main__":
            found.add(os.path.relpath(path))
    for path in sorted(found):
        talk.say("outside", event="import", what=path, line=0)


def _line(script: str) -> int:
    """The script's line behind an event; 0 for what the interpreter does by itself, such as an import."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name == script:
            return frame.f_lineno
        if name.startswith("<frozen importlib") or name.endswith("linecache.py"):
            return 0
        frame = frame.f_back
    return 0
