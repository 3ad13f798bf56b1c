"""`python -m lumen.pandas script.py [ARGUMENTS]`: a plain pandas script on Lumen's engine.

`-m MODULE` and `-c CODE` mean what they mean to Python itself. `import pandas` gives `lumen.pandas`; what is missing
there raises, and nothing falls back.
"""

from __future__ import annotations

import runpy
import sys

from lumen.pandas import _finder

_USAGE = "usage: python -m lumen.pandas (SCRIPT | -m MODULE | -c CODE) [ARGUMENTS]"


def main(arguments: list[str]) -> int:
    """Runs what the arguments name; the status is what the script leaves."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__ if arguments else _USAGE, file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    flag, rest = arguments[0], arguments[1:]
    if flag in ("-m", "-c") and not rest:
        print(f"{_USAGE}\nexpected something behind {flag}", file=sys.stderr)
        return 2
    _finder.install()
    if flag == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif flag == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        try:
            runpy.run_path(flag, run_name="__main__")
        except FileNotFoundError as error:
            if error.filename != flag:
                raise
            print(f"lumen.pandas: cannot read {flag}: {error.strerror}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
