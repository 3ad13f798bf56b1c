"""One process of the suite: serves a package as `pandas`, runs a selection of pandas' tests, writes a line a
node.

    worker.py --tree TREE [--package DIR | --real DIR | --floor NAMES] [--out FILE] [options] PATH...

`TREE` holds `pandas/tests` and `pandas/conftest.py` as published. `--package` is the folder that holds
`lumen`; `--real` one that holds real pandas (for the denominator); `--floor` a list of public names, each of
which raises. Without `--out` it prints what failed and why, for a person. The parent process decides what to
run, restarts after a crash and scores; this one only runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="run pandas' own tests against a package served as pandas")
    parser.add_argument(
        "--tree", type=Path, required=True, help="folder with pandas/tests and pandas/conftest.py"
    )
    served = parser.add_mutually_exclusive_group(required=True)
    served.add_argument("--package", type=Path, help="folder that holds lumen")
    served.add_argument("--real", type=Path, help="folder that holds real pandas")
    served.add_argument("--floor", type=Path, help="list of pandas' public names, each of which raises")
    parser.add_argument("--out", type=Path, help="where the result lines go")
    parser.add_argument("--shard", default="0/1", help="K/N: nodes whose digest is K modulo N")
    parser.add_argument("--done", type=Path, help="nodes that are not to be run, a line each")
    parser.add_argument("--only", type=Path, help="the only nodes to be run, a line each")
    parser.add_argument("--relaxed", action="store_true", help="ignore match= and warnings")
    parser.add_argument("--collect", action="store_true", help="list the nodes, run none")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds a test may take")
    parser.add_argument("-k", dest="keyword", default="", help="only tests whose name matches, as in pytest")
    parser.add_argument(
        "-x", dest="first", action="store_true", help="stop at the first failure, with its traceback"
    )
    parser.add_argument("paths", nargs="+", help="folders, files or nodes below pandas/tests")
    return parser.parse_args()


def serve(options: argparse.Namespace) -> None:
    """Makes `import pandas` mean what the options say."""
    here = Path(__file__).resolve().parent
    if options.real is not None:
        sys.path.insert(0, str(options.real))
        return
    if options.floor is not None:
        import floor

        floor.install(options.floor, here.parent)
    else:
        sys.path.insert(0, str(options.package.resolve()))
    import shims

    shims.install(options.tree)


def main() -> int:
    options = arguments()
    # Tests are collected in the order of their parameters, some of which are sets.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    serve(options)

    import pytest

    import recorder
    import standin

    tree = options.real if options.real is not None else options.tree
    standin.install()
    if options.out is None:
        lines: recorder.Lines = recorder.Printed(verbose=options.first)
    else:
        lines = recorder.Written(options.out)
    plugin = recorder.Recorder(lines, options)
    configuration = [
        f"--rootdir={tree}",
        "-c",
        str(tree / "pandas/pyproject.toml"),
        "-o",
        "addopts=--strict-markers",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        "--hypothesis-seed=0",
        "-m",
        "not network and not db",
    ]
    if not options.first:
        configuration += ["-p", "no:terminal"]
    else:
        configuration += ["-x", "-q"]
    if options.keyword:
        configuration += ["-k", options.keyword]
    tests = tree / "pandas/tests"
    paths = [str(tests / path.removeprefix("pandas/tests/")) for path in options.paths]
    with warnings.catch_warnings():
        status = pytest.main(configuration + paths, plugins=[plugin])
    lines.finish(plugin, int(status))
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    sys.exit(main())
