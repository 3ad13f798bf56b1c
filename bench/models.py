"""The model runtime's measures, in the order of `tasks`. No model is asked anywhere.

Confined workers run at the highest level that the machine has, which every row names. A task with a peer is paired by
`measure`; one without is held against its target, and a row that misses it says by how much.
"""

import json
import pathlib
import random
import subprocess
import sys

import editor
from measure import Contestant, compare

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE / "peers/models.py"

# What a trial divides the sizes by.
SMALL = 20


class Server:
    """A scripted server in a process of its own; it ends with its standard input."""

    def __init__(self, binary, delay_ms):
        command = [binary, "serve", str(delay_ms)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise SystemExit(f"the scripted server ended with {self.process.wait()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise SystemExit(f"the scripted server ended with {self.process.returncode}")


def said(binary, *words):
    """What one run of our side reports, with the peak of its memory."""
    command = ["python3", "-c", WITH_PEAK, str(binary), *map(str, words)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise Missing(run.stderr.strip()[-600:])
    return json.loads(run.stdout)


# A process of its own, whose only child is the one that is measured.
WITH_PEAK = """
import json, resource, subprocess, sys
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
if run.returncode != 0:
    sys.exit(run.returncode)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({**json.loads(run.stdout), "peak_bytes": peak}))
"""


class Missing(Exception):
    pass


def alone(task, name, binary, words, bounds, facts=()):
    """A task without a peer. `facts` are (what, found, holds) of a report."""
    try:
        report = said(binary, *words)
    except Missing as why:
        return {
            "task": task, "ours": name, "rounds": 0, "rows": [], "absent": [{"name": name, "why": str(why)}],
            "verdict": "not evaluated: our own side did not run",
        }  # fmt: skip
    samples = report["samples"]
    row = editor.row(name, samples if len(samples) > 1 else samples * 2, report["peak_bytes"])
    result = editor.result(task, row, bounds)
    missed = [f"{what}" for what in (fact(report) for fact in facts) if what]
    if missed:
        before = "" if result["verdict"] == "measured" else result["verdict"] + "; "
        result["verdict"] = f"{before}target missed: {', '.join(missed)}"
    result["facts"] = report["facts"]
    return result


def at_most(what, bound, read):
    def fact(report):
        found = read(report)
        return f"{what} {found:.3g}, at most {bound:.3g}" if found > bound else None

    return fact


def at_least(what, bound, read):
    def fact(report):
        found = read(report)
        return f"{what} {found:.3g}, at least {bound:.3g}" if found < bound else None

    return fact


def haystack(path, size):
    """Text with a key every few thousand bytes, from a fixed seed."""
    if path.exists() and path.stat().st_size == size:
        return
    order = random.Random(4)
    words = " ".join(order.choice(["hay", "straw", "grass", "barn"]) for _ in range(4_000))
    with open(path, "wb") as file:
        left = size
        while left > 0:
            part = f"{words} key {order.randrange(10**6)}\n".encode()[:left]
            file.write(part)
            left -= len(part)


def tasks(options, scratch):
    """Every measure, one result a task."""
    binary = options.engines / "models"
    small = SMALL if options.small else 1
    try:
        level = said(binary, "level")["level"]
    except Missing as why:
        print(f"not evaluated: {why}", file=sys.stderr)
        level = "strict"
    yield from workers(options, binary, level, small)
    yield from calls(options, binary, small)
    yield from contexts(options, binary, level, small, scratch)


def workers(options, binary, level, small):
    def ours(*words):
        return Contestant(f"lumen, {level}", [binary, *map(str, words)], timed="reported")

    count = 20 // min(small, 4)
    peer = Contestant("bare python3", [sys.executable, str(PEERS), "starts", str(count)], timed="reported")
    yield compare("cold worker", [ours("cold", level, count), peer], options.rounds)
    bounds = {"median_seconds": 0.003, "p99_seconds": 0.010}
    yield alone("warm worker", f"lumen, {level}", binary, ["warm", level, 1_000 // small], bounds)
    count = 5_000 // small
    peer = Contestant("socketpair echo in Python", [sys.executable, str(PEERS), "echo", str(count)], timed="reported")
    yield compare("exec round trip", [ours("echo", level, count), peer], options.rounds)
    words = ["query", level, 2_000 // small]
    yield alone("llm_query, with the worker's round trip", f"lumen, {level}", binary, words, {"median_seconds": 0.0003})


def calls(options, binary, small):
    count, in_flight, delay_ms = 10_000 // small, 1_000 // small, 50
    with Server(binary, delay_ms) as server:
        ours = Contestant("lumen", [binary, "calls", server.url, str(count), str(in_flight)], timed="reported")
        url = f"{server.url}/chat/completions"
        peer = [str(options.peers), str(PEERS), "calls", url, str(count), str(in_flight)]
        contestants = [ours, Contestant("aiohttp", peer, timed="reported")]
        result = compare(f"{count:,} calls of {delay_ms} ms, {in_flight:,} in flight", contestants, options.rounds)
        ideal = count / in_flight * delay_ms / 1e3
        for row in result["rows"]:
            row["of_ideal"] = row["median_seconds"] / ideal
        yield result
    with Server(binary, 0) as server:
        blocks, block = 10, 10_000 // small
        fresh = at_least("rate of fresh", 0.95, lambda report: report["facts"]["rate_of_fresh"])
        words = ["endurance", server.url, blocks, block]
        yield alone(f"{blocks * block:,} calls, blocks of {block:,}", "lumen", binary, words, {}, [fresh])
    with Server(binary, 60_000) as server:
        all_ended = at_least("calls ended", 100, lambda report: report["checksum"][0])
        words = ["cancel", server.url, 100]
        yield alone("cancel with 100 in flight", "lumen", binary, words, {"median_seconds": 0.1}, [all_ended])


def contexts(options, binary, level, small, scratch):
    size = (1 << 30) // small
    grown = at_most("grown by share", 0.01, lambda report: max(report["facts"]["grown_bytes"]) / size)
    name = f"lumen, {level}"
    yield alone(f"context of {size >> 20} MiB", name, binary, ["context", level, size], {"median_seconds": 0.005}, [grown])
    path = scratch / "haystack"
    haystack(path, size)
    ours = Contestant("lumen", [binary, "search", str(path), "key [0-9]+"], timed="reported")
    peer = [sys.executable, str(PEERS), "finditer", str(path), "key [0-9]+"]
    contestants = [ours, Contestant("re.finditer", peer, timed="reported")]
    yield compare(f"search {size >> 20} MiB", contestants, options.rounds)
    path.unlink()


def scores(options):
    """Lines on what the orchestrator answered, under the label that says what the scores are of."""
    report = json.loads(subprocess.run(
        [options.engines / "models", "scores", "50" if options.small else "1000"],
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout)  # fmt: skip
    lines = ["", f"## Scores: {report['label']}", ""]
    lines += ["| scenario | wrong labels | right | of | equals the reduction of the same labels |", "|---|--:|--:|--:|---|"]
    for one in report["scores"]:
        exact = "yes" if one["is_exact"] else "NO"
        lines.append(f"| {one['scenario']} | {one['wrong_percent']} % | {one['right']} | {one['of']} | {exact} |")
    return lines, all(one["is_exact"] for one in report["scores"])
