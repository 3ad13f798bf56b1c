"""`python -m lumen.record SCRIPT [ARGUMENTS]`: started by `lumen record`, which is at the other end of standard input and
output.
"""

from __future__ import annotations

import os
import sys

from lumen.record import _run
from lumen.record._talk import Talk


def main(arguments: list[str]) -> None:
    """Runs the script that the arguments name."""
    if not arguments or sys.stdin.isatty():
        print("usage: lumen record SCRIPT [ARGUMENTS]", file=sys.stderr)
        sys.exit(2)
    # The script has no standard input, and what it prints is told, not written.
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8")
    _run.script(Talk(os.fdopen(source, "rb"), os.fdopen(sink, "wb")), arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
