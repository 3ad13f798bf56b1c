"""What `cargo xtask bench workloads` and `bench calls` measure, once and small: both sides give the same numbers.

Run by `cargo xtask python-tests` with the interpreter of the references; ends with a traceback where something differs.
"""

from __future__ import annotations

import importlib.util
import pathlib
import tempfile
from types import ModuleType

import pandas as real

import lumen.pandas as ours

PEERS = pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"
ROWS = 2000


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PEERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def same(name: str, mine: list[float], theirs: list[float]) -> None:
    close = [abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b)) for a, b in zip(mine, theirs, strict=True)]
    assert close and all(close), f"{name}: {mine} is not {theirs}"


def workloads() -> int:
    made = module("workloads")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made.write(folder, ROWS)
        own = [one for one in vars(made.Pandas) if not one.startswith("_")]
        tools = {"read", "by", "sums", "join", "align", "text", "rolling"}
        polars = made.Polars(folder)
        count = 0
        for workload in [one for one in own if one not in tools]:
            numbers = []
            for engine in [made.Pandas(ours, folder), made.Pandas(real, folder), polars]:
                if prepare := getattr(engine, workload, None):
                    run, check = prepare()
                    numbers.append(check(run()))
            for theirs in numbers[1:]:
                same(workload, numbers[0], theirs)
            count += 1
    return count


def calls() -> int:
    made = module("calls")
    pairs = zip(made.calls(ours), made.calls(real), strict=True)
    count = 0
    for (name, mine, check), (_, theirs, _) in pairs:
        same(name, [float(check(mine()))], [float(check(theirs()))])
        count += 1
    return count


def threads() -> None:
    before = ours.get_option("mode.max_threads")
    from lumen import _engine

    with ours.option_context("mode.max_threads", 1):
        assert _engine.get_threads() == 1
        import lumen.torch

        assert lumen.torch.get_num_threads() == 1
    assert ours.get_option("mode.max_threads") is before
    lumen.torch.set_num_threads(3)
    assert _engine.get_threads() == 3
    for wrong in [0, -1, True, 1.5, "a"]:
        try:
            lumen.torch.set_num_threads(wrong)
        except RuntimeError as error:
            assert "set_num_threads expects" in str(error)
        else:
            raise AssertionError(f"{wrong!r} is no number of threads")


threads()
print(f"{workloads()} workloads and {calls()} calls give what pandas gives")
