"""Runs contestants side by side and says what the difference is worth.

A contestant is a command that prints a result. Results are compared before anything is timed. Then rounds follow in
which everybody runs once, in an order drawn anew from a fixed seed, so that drift of the machine falls on all alike and
nobody always follows the same one. Before each run memory is touched and given back: on a virtual machine a page that
nobody used for a while is dear, and who comes after a large process would be let off. One
contestant runs twice a round: the ratio of its two times is the null, and where the null's interval leaves 5 % the
machine was too restless to judge. Rounds go on while it does, up to a bound: what ends them is the null alone, never
what a peer's times look like.

The first contestant is ours. One of the others may be ours at an earlier commit, the *base*: then it is the base that
runs twice, and the three times of a round are a measurement that `lumen conformance bench` judges.
"""

import hashlib
import json
import math
import mmap
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

ROUNDS = 7
MOST_ROUNDS = 63
TOUCHED_BYTES = 256 << 20
RESAMPLES = 4000
NULL_LIMIT = 0.05

# What a measurement allows before it is a regression: 5 percent, and never a difference below two milliseconds.
BOUND_PERCENT = 5
FLOOR_NS = 2_000_000


@dataclass
class Contestant:
    """A command and how its time is read: `cpu` of the process, or the `seconds` it reports about itself."""

    name: str
    command: list[str]
    timed: str = "cpu"
    cwd: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    before: object = None  # called before each run, outside the time
    result: object = str.strip  # what of the printed text is the result
    is_base: bool = False  # ours at the commit that a regression is judged against


@dataclass
class Sample:
    seconds: float
    peak_bytes: int
    checksum: str


class Failed(Exception):
    pass


def touch_memory():
    """Makes the kernel hold pages for the next process, equally many for every contestant. In a process of its own: the
    peak of what is started later counts this one's memory."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with mmap.mmap(-1, TOUCHED_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as pages:
                for at in range(0, TOUCHED_BYTES, mmap.PAGESIZE):
                    pages[at] = 1
            status = 0
        finally:
            # Never back into the harness, which would run twice from here.
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise Failed(f"the machine does not have {TOUCHED_BYTES >> 20} MiB of memory to touch")


def run_once(contestant: Contestant) -> Sample:
    """One process from start to end, with its own resource usage."""
    if contestant.before:
        contestant.before()
    touch_memory()
    env = {**os.environ, **contestant.env}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            contestant.command, cwd=contestant.cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text = out.read().decode()
        if process.returncode != 0:
            tail = err.read().decode(errors="replace").strip()[-600:]
            raise Failed(f"{contestant.name} ended with {process.returncode}: {tail}")
    seconds = {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall}.get(contestant.timed)
    if contestant.timed == "reported":
        answer = json.loads(text)
        return Sample(answer["seconds"], usage.ru_maxrss * 1024, answer["checksum"])
    return Sample(seconds, usage.ru_maxrss * 1024, contestant.result(text))


def interval(ratios: list[float]) -> tuple[float, float, float]:
    """The median and its bootstrap interval at 95 %; the seed is fixed, so equal data give an equal interval."""
    generator = random.Random(1)
    medians = sorted(statistics.median(generator.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    return statistics.median(ratios), medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES) - 1]


def percentile(values: list[float], share: float) -> float:
    """By the nearest rank, as `lumen conformance bench` counts."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def close(tolerance):
    """Checksums are lists of numbers; another order of addition may differ in the last bits."""

    def agree(ours, theirs):
        return len(ours) == len(theirs) and all(
            abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)) for a, b in zip(ours, theirs)
        )

    return agree


def compare(task: str, contestants: list[Contestant], rounds=ROUNDS, agree=None, most=None) -> dict:
    """Measures the contestants; the first is ours and every ratio is our time over theirs. At least `rounds`, then more
    while the null leaves 5 %, `most` at most; a trial of fewer rounds than evidence needs stays as short as it was
    asked to be."""
    result = {"task": task, "ours": contestants[0].name, "rounds": 0, "rows": [], "absent": [], "verdict": "measured"}
    present = []
    checksums = {}
    for contestant in contestants:
        try:
            checksums[contestant.name] = run_once(contestant).checksum
            present.append(contestant)
        except (Failed, OSError) as error:
            result["absent"].append({"name": contestant.name, "why": str(error)})
    if not present or present[0] is not contestants[0]:
        result["verdict"] = "not evaluated: our own side did not run"
        return result
    agree = agree or (lambda ours, theirs: ours == theirs)
    ours = checksums[present[0].name]
    base = next((c for c in present if c.is_base), None)
    if base:
        result["base"] = {"name": base.name, "checksum": digest(checksums[base.name]), "ours": digest(ours)}
    wrong = [name for name, theirs in checksums.items() if not agree(ours, theirs)]
    if wrong:
        shown = {name: checksums[name][:200] for name in [present[0].name, *wrong]}
        result["verdict"] = f"not evaluated: results differ: {shown}"
        result["differs"] = True
        return result

    twice = base or present[0]
    entries = [("null", twice)] + [(c.name, c) for c in present]
    samples = {name: [] for name, _ in entries}
    order = random.Random(2)

    def null():
        return interval([a.seconds / b.seconds for a, b in zip(samples[twice.name], samples["null"])])

    if most is None:
        most = max(rounds, MOST_ROUNDS) if rounds >= ROUNDS else rounds
    for number in range(most):
        if number >= rounds and is_quiet(null()):
            break
        for name, contestant in order.sample(entries, len(entries)):
            sample = run_once(contestant)
            if not agree(ours, sample.checksum):
                result["verdict"] = f"not evaluated: {name} changed its result in round {number + 1}"
                result["differs"] = True
                return result
            samples[name].append(sample)
        result["rounds"] = number + 1
        print(f"  {task}: round {number + 1}", file=sys.stderr)

    times = {name: [s.seconds for s in taken] for name, taken in samples.items()}
    for name, _ in entries:
        seconds = times[name]
        row = {
            "name": name,
            "median_seconds": statistics.median(seconds),
            "p95_seconds": percentile(seconds, 0.95),
            "p99_seconds": percentile(seconds, 0.99),
            "peak_bytes": max(s.peak_bytes for s in samples[name]),
            "seconds": seconds,
        }
        if name != present[0].name:
            own = times[twice.name if name == "null" else present[0].name]
            row["ratio"], row["low"], row["high"] = interval([a / b for a, b in zip(own, seconds)])
        result["rows"].append(row)
    if not is_quiet(null()):
        _, low, high = null()
        result["verdict"] = f"not evaluated: null interval {low:.3f} to {high:.3f} leaves 5 %"
    return result


def is_quiet(null: tuple[float, float, float]) -> bool:
    return 1 - NULL_LIMIT <= null[1] and null[2] <= 1 + NULL_LIMIT


def digest(checksum) -> str:
    return hashlib.sha256(json.dumps(checksum).encode()).hexdigest()


def measurement(result: dict, base: dict, candidate: dict) -> dict | None:
    """A task against its base in the form that `lumen conformance bench` reads (docs/formats/records.md); none where
    the base did not run. `base` and `candidate` are `commit` and `dirty` of each side."""
    if "base" not in result:
        return None
    times = {row["name"]: row["seconds"] for row in result["rows"]}
    rounds = zip(*(times.get(name, []) for name in (result["base"]["name"], result["ours"], "null")))
    return {
        "measurement": 1,
        "task": result["task"],
        "base": {**base, "checksum": result["base"]["checksum"]},
        "candidate": {**candidate, "checksum": result["base"]["ours"]},
        "bound_percent": BOUND_PERCENT,
        "floor_ns": FLOOR_NS,
        "rounds": [
            dict(zip(("base_ns", "candidate_ns", "null_ns"), (round(seconds * 1e9) for seconds in three)))
            for three in rounds
        ],
    }
