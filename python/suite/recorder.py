"""The pytest plugin that selects a shard's nodes, limits their time and records one line a node.

A line is a JSON object with one of these keys first: `s` (a node starts), `n` (a node ended: outcome `o`,
seconds `t`, and for what did not pass the error's class `c`, message `m` and place `w`), `e` (a module that
could not be collected), `l` (a node listed, with `--collect`), `end` (the run's end, with the modules of
pandas that were loaded).
"""

from __future__ import annotations

import collections
import hashlib
import json
import os
import re
import signal
import sys
import time
import traceback
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import pytest

import standin

MESSAGE_LENGTH = 300


class TimedOut(BaseException):
    """A test took longer than it may. No `Exception`, so that the test cannot catch it."""


class Lines(Protocol):
    def write(self, line: dict[str, Any]) -> None: ...

    def finish(self, recorder: Recorder, status: int) -> None: ...


class Written:
    """Lines for the parent process. Unbuffered: what a crash leaves behind names the node that crashed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line, ensure_ascii=True).encode() + b"\n")

    def finish(self, recorder: Recorder, status: int) -> None:
        self.write({"end": status, "standins": standin.MADE, "modules": loaded()})


class Printed:
    """What failed, for a person: the commonest causes first, then the counts."""

    def __init__(self, verbose: bool) -> None:
        self._outcomes: collections.Counter[str] = collections.Counter()
        self._causes: dict[str, list[str]] = collections.defaultdict(list)
        self._verbose = verbose

    def write(self, line: dict[str, Any]) -> None:
        if "n" in line:
            self._outcomes[line["o"]] += 1
            if line["o"] != "passed":
                self._causes[cause(line)].append(line["n"])
        elif "e" in line:
            self._outcomes["not collected"] += 1
            self._causes[f"not collected: {line['c']}: {line['m']} at {line['w']}"].append(line["e"])
        elif "l" in line:
            print(line["l"])

    def finish(self, recorder: Recorder, status: int) -> None:
        for text, error in standin.MADE:
            self._causes[f"stand-in: {error}"].append(text)
        for name, nodes in sorted(self._causes.items(), key=lambda item: (-len(item[1]), item[0])):
            print(f"{len(nodes):6} {name}\n         {nodes[0]}")
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self._outcomes.items()))
        print(counts or "no test ran")


def cause(line: dict[str, Any]) -> str:
    """The failure's kind: its message without what differs from node to node, and where it was raised."""
    message = re.sub(r"0x[0-9a-f]+", "0x…", line.get("m", ""))
    return f"{line['o']}: {line.get('c', '')}: {message} at {line.get('w', '')}"


def loaded() -> dict[str, str]:
    """Every module that is called pandas or lies in the package under test, and its file."""
    return {
        name: str(getattr(module, "__file__", None))
        for name, module in sorted(sys.modules.items())
        if name.split(".")[0] in {"pandas", "lumen"} and not name.startswith("pandas.tests")
    }


class Recorder:
    def __init__(self, lines: Lines, options: Namespace) -> None:
        self._lines = lines
        self._options = options
        index, count = options.shard.split("/")
        self._shard, self._shards = int(index), int(count)
        self._done = _listed(options.done)
        self._only = _listed(options.only)
        self._worst: dict[str, Any] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self._mine(item.nodeid)]
        if self._options.collect:
            for item in items:
                self._lines.write({"l": node(item.nodeid)})
            items.clear()
        if self._options.relaxed:
            for item in items:
                item.add_marker(pytest.mark.filterwarnings("ignore"))

    def _mine(self, nodeid: str) -> bool:
        name = node(nodeid)
        if self._done is not None and name in self._done:
            return False
        if self._only is not None and name not in self._only:
            return False
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self._shards == self._shard

    def pytest_configure(self, config: pytest.Config) -> None:
        if self._options.relaxed:
            import relaxed

            relaxed.install()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._lines.write({"e": node(report.nodeid), **_parts(report.longrepr)})
        elif report.skipped:
            self._lines.write(
                {"e": node(report.nodeid), "c": "Skipped", "m": str(report.longrepr)[:300], "w": ""}
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        name = node(item.nodeid)
        self._lines.write({"s": name})
        self._worst = {"n": name, "o": "passed"}
        # A short text instead of a rendered traceback: rendering takes longer than most tests.
        if not self._options.first:
            item._repr_failure_py = _described  # type: ignore[attr-defined]
            item.repr_failure = _described  # type: ignore[method-assign]
        started = time.monotonic()
        signal.signal(signal.SIGALRM, _expire)
        signal.setitimer(signal.ITIMER_REAL, self._options.timeout)
        try:
            return (yield)
        except TimedOut:
            self._worst = {"n": name, "o": "timeout", "c": "TimedOut", "m": "", "w": ""}
            return True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._worst["t"] = round(time.monotonic() - started, 3)
            self._lines.write(self._worst)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.passed and not hasattr(report, "wasxfail"):
            return
        if self._worst["o"] != "passed":
            return
        if hasattr(report, "wasxfail"):
            self._worst.update(o="xpassed" if report.passed else "xfailed")
        elif report.skipped:
            self._worst.update(o="skipped", m=str(report.longrepr)[:MESSAGE_LENGTH])
        else:
            self._worst.update(o="failed" if report.when == "call" else "error", **_parts(report.longrepr))
            if self._worst.get("c") == "TimedOut":
                self._worst["o"] = "timeout"


def node(nodeid: str) -> str:
    """The node's name below `pandas/tests`."""
    return nodeid.removeprefix("pandas/tests/")


def _listed(path: Path | None) -> set[str] | None:
    return None if path is None else set(path.read_text("utf-8").split("\n"))


def _expire(number: int, frame: FrameType | None) -> None:
    raise TimedOut


class _Description(str):
    """A failure in one line: `class\\nmessage\\nplace`."""

    def toterminal(self, writer: Any) -> None:
        writer.line(str(self))


def _described(excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None) -> _Description:
    error = excinfo.value
    try:
        message = str(error)
    except Exception as fault:  # noqa: BLE001: the error's own text may be broken
        message = f"(no text: {type(fault).__name__})"
    place = ""
    for frame, line in traceback.walk_tb(excinfo.tb):
        file = frame.f_code.co_filename
        if "/lumen/pandas/" in file:
            place = f"{file.rpartition('/lumen/pandas/')[2]}:{line}"
        elif "/pandas/tests/" in file:
            place = f"tests:{line}"
    first = " ".join(message.split())[:MESSAGE_LENGTH]
    return _Description("\n".join((type(error).__name__, first, place)))


def _parts(longrepr: Any) -> dict[str, str]:
    if isinstance(longrepr, _Description):
        kind, message, place = longrepr.split("\n", 2)
        return {"c": kind, "m": message, "w": place}
    text = str(longrepr).strip()
    last = [line for line in text.splitlines() if line.startswith("E ")] or text.splitlines()[-1:]
    final = last[-1].removeprefix("E").strip() if last else ""
    kind, _, message = final.partition(": ")
    return {"c": kind[:80], "m": message[:MESSAGE_LENGTH], "w": ""}
