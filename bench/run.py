"""Measures this project against its peers and writes one table, losses included.

Started by `cargo xtask bench [GROUP...] [--base COMMIT] [--out DIR] [--rounds N]`. Groups: document, programs, frames,
training, tools; all of them take about ten minutes on a quiet machine. Others run only when they are named: store
measures the store beside its peers in a process of its own (`bench/store`) and takes longer; models measures the model
runtime without a model and prints what its orchestrator scored; workloads, calls and tensors measure our Python packages
beside those whose names they have; `--small` is a trial of a named group at small sizes. With a base, every task of the
others runs that commit's build too, and `lumen conformance bench` judges whether ours is slower. The table and the raw
samples go to a folder outside the tree. Exit status: 0 all measured and no regression, 1 a result differs or a regression, 3
something was not evaluated.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile

import editor
import measure
import models
import python_api
from measure import Contestant, close, compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def ours(options, contestant):
    """Our side of a task, made by `contestant` from a name and a folder of binaries: this build, and the base's."""
    sides = [contestant("lumen", options.engines)]
    if options.base:
        base = contestant("lumen, base", options.base)
        base.is_base = True
        sides.append(base)
    return sides


def programs(options, scratch):
    """The virtual machine: processor time with start-up, equal text printed."""
    for program in sorted((HERE / "programs").glob("*.lm")):

        def run(name, binaries, record="--fresh"):
            folder = scratch / f"programs, {name}"
            folder.mkdir(exist_ok=True)
            copy = shutil.copy(program, folder)
            return Contestant(name, [binaries / "lumen", "run", record, str(copy)], cwd=str(folder))

        contestants = [*ours(options, run), run("lumen, not recorded", options.engines, "--no-record")]
        for interpreter, ending in [("python3", "py"), ("lua5.4", "lua"), ("luajit", "lua"), ("node", "js")]:
            source = program.with_suffix(f".{ending}")
            contestants.append(Contestant(interpreter, [interpreter, str(source)]))
        yield compare(program.stem, contestants, options.rounds)


def document(options, scratch):
    """The whole example, from an empty folder to the report, with and without a record; equal are the hashes of all
    results."""

    def hashes(text):
        return [[result["name"], result["hash"]] for result in json.loads(text)["results"]]

    def run(name, binaries, *flags):
        folder = scratch / name

        def copy():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(ROOT / "examples/birdstrikes", folder)

        copy()
        command = [binaries / "lumen", "run", *flags, "--json", "birdstrikes.lm.md"]
        return Contestant(name, command, timed="wall", cwd=str(folder), before=copy, result=hashes)

    pair = [*ours(options, run), run("lumen, not recorded", options.engines, "--no-record")]
    yield compare("birdstrikes", pair, options.rounds)


def frames(options, scratch):
    """Tables: reading, grouping, joining a million rows."""
    csv, right = scratch / "left.csv", scratch / "right.csv"
    subprocess.run([sys.executable, str(HERE / "peers/tables.py"), str(csv), str(right)], check=True)
    for task in ["read_csv", "groupby", "join"]:
        words = [task, str(csv), str(right)]
        contestants = ours(
            options, lambda name, binaries: Contestant(name, [binaries / "frames", *words], timed="reported")
        )
        for peer in ["pandas", "polars", "duckdb"]:
            command = [options.python, str(HERE / "peers/frames.py"), peer, *words]
            contestants.append(Contestant(peer, command, timed="reported"))
        yield compare(task, contestants, options.rounds, close(1e-9))


def training(options, scratch):
    """A thousand training steps of a small network from equal weights."""
    contestants = ours(
        options, lambda name, binaries: Contestant(name, [binaries / "training"], timed="reported")
    )
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [options.python, str(HERE / "peers/training.py")]
    contestants.append(Contestant("torch", command, timed="reported", env=threads))
    # A thousand steps of single precision: rounding grows from step to step.
    yield compare("training", contestants, options.rounds, close(1e-3))


def tools(options, scratch):
    """What somebody who writes code waits for; targets in place of peers."""
    lumen = options.engines / "lumen"
    yield editor.edits(lumen, scratch, 1_000, 200, {"median_seconds": 0.010, "p95_seconds": 0.030})
    yield editor.edits(lumen, scratch, 10_000, 50, {"p95_seconds": 0.100})
    yield editor.check(lumen, scratch, 10_000, 500_000)
    yield editor.check(lumen, scratch, 100_000, 500_000)


GROUPS = {"document": document, "programs": programs, "frames": frames, "training": training, "tools": tools}


# Groups that run only when they are named.
NAMED = {
    "models": models.tasks,
    "workloads": python_api.workloads,
    "calls": python_api.calls,
    "tensors": python_api.tensors,
}


def store(options, out):
    """The store beside its peers: one process runs everybody, compares what they hold, and judges by itself."""
    command = [options.engines / "store", "--rounds", str(options.rounds), "--json", str(out / "store.json")]
    measured = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if measured.returncode not in (0, 1, 3):
        raise SystemExit(f"the store's measurements ended with {measured.returncode}")
    return ["", "## The store", "", "```text", *measured.stdout.splitlines(), "```"], measured.returncode


def record(options):
    """The circumstances, without which a number means nothing."""

    def said(*command):
        try:
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return "unknown"

    cpu = "unknown"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as info:
            cpu = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), cpu)
    return {
        "commit": said("git", "rev-parse", "HEAD"),
        "dirty": said("git", "status", "--porcelain") != "",
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "rustc": said("rustc", "--version"),
        "python": platform.python_version(),
        "references": said(
            options.python, "-c",
            "import pandas, polars, duckdb, torch; "
            "print(*(f'{m.__name__} {m.__version__}' for m in (pandas, polars, duckdb, torch)), sep=', ')",
        ),
        "lua": said("lua5.4", "-v"),
        "luajit": said("luajit", "-v"),
        "node": said("node", "--version"),
        "rounds": options.rounds,
    }


def peak(row):
    """A child's peak counts the harness it was forked from, so below that only a bound is known."""
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    bound = "≤ " if row["peak_bytes"] <= floor else ""
    return f"{bound}{row['peak_bytes'] / 2**20:.1f}"


def table(results, circumstances):
    lines = ["# Measurements", ""]
    lines += [f"- {key}: {value}" for key, value in circumstances.items()]
    lines += ["", "A ratio is our time over theirs, with its bootstrap interval at 95 %: below 1 we are faster.", ""]
    lines += ["| task | | rounds | p50 s | p95 s | p99 s | peak MiB | ratio | interval | |"]
    lines += ["|---|---|--:|--:|--:|--:|--:|--:|---|---|"]
    for result in results:
        if not result["rows"]:
            lines.append(f"| {result['task']} | | | | | | | | | {result['verdict']} |")
        for row in result["rows"]:
            judged = result["verdict"] == "measured"
            ratio = low_high = word = ""
            if "ratio" in row:
                ratio, low_high = f"{row['ratio']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}"
                if row["name"] != "null":
                    word = "win" if row["high"] < 1 else "loss" if row["low"] > 1 else "even"
                    word = word if judged else "not evaluated"
            lines.append(
                f"| {result['task']} | {row['name']} | {result['rounds']} | {row['median_seconds']:.4f} | {row['p95_seconds']:.4f} "
                f"| {row['p99_seconds']:.4f} | {peak(row)} | {ratio} | {low_high} | {word} |"
            )
        if result["rows"] and result["verdict"] != "measured":
            lines.append(f"| {result['task']} | | | | | | | | | {result['verdict']} |")
        for absent in result["absent"]:
            why = " ".join(absent["why"].split())[:160].replace("|", "\\|")
            lines.append(f"| {result['task']} | {absent['name']} | | | | | | | | not evaluated: {why} |")
    return "\n".join(lines) + "\n"


def judged(options, measurements, out):
    """Lines on each task against its base, in the words of the judge, and the judge's exit status."""
    file = out / "measurements.json"
    file.write_text(json.dumps(measurements, indent=1))
    command = [options.engines / "lumen", "conformance", "bench", str(file)]
    judge = subprocess.run(command, capture_output=True, text=True)
    if judge.returncode not in (0, 1, 3):
        raise SystemExit(f"the judge ended with {judge.returncode}: {judge.stderr.strip()}")
    return ["", "## Against the base", "", "```text", *judge.stdout.splitlines(), "```"], judge.returncode


def main():
    parser = argparse.ArgumentParser(prog="cargo xtask bench")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join([*GROUPS, *NAMED, "store"]))
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=measure.ROUNDS)
    parser.add_argument("--default-out", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--engines", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--base", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--base-commit", help=argparse.SUPPRESS)
    parser.add_argument("--python", default="python3", help=argparse.SUPPRESS)
    parser.add_argument("--peers", type=pathlib.Path, default=pathlib.Path("python3"), help=argparse.SUPPRESS)
    parser.add_argument("--package", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--small", action="store_true", help="a trial of one named group at small sizes")
    options = parser.parse_args()
    groups = {**GROUPS, **NAMED}
    unknown = [name for name in options.groups if name not in [*groups, "store"]]
    if unknown:
        parser.error(f"no group {unknown[0]!r}; expected {', '.join(groups)}, store")
    if options.small and (len(options.groups) != 1 or options.groups[0] not in NAMED):
        parser.error(f"--small is a trial of one group: {', '.join(NAMED)}")
    if options.rounds < 1:
        parser.error(f"expected at least one round, found {options.rounds}")
    if options.rounds < measure.ROUNDS:
        print(f"fewer than {measure.ROUNDS} rounds: the table is a trial, not evidence", file=sys.stderr)

    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    out = (options.out or options.default_out / now).resolve()
    if out.is_relative_to(ROOT):
        parser.error(f"{out} is inside the tree; measurements stay outside")
    out.mkdir(parents=True, exist_ok=True)

    results, measurements = [], []
    text = ""
    circumstances = record(options)
    candidate = {key: circumstances[key] for key in ("commit", "dirty")}
    base = {"commit": options.base_commit, "dirty": False}
    with tempfile.TemporaryDirectory(prefix="lumen-bench-") as scratch:
        for name in [name for name in options.groups or GROUPS if name != "store"]:
            for result in groups[name](options, pathlib.Path(scratch)):
                results.append(result)
                if one := measure.measurement(result, base, candidate):
                    measurements.append(one)
                # Written after every task, so that an interrupted run keeps what it has.
                text = table(results, circumstances)
                (out / "table.md").write_text(text)
                samples = {"circumstances": circumstances, "results": results}
                (out / "samples.json").write_text(json.dumps(samples, indent=1))
    statuses = {3} if any(result["verdict"] != "measured" or result["absent"] for result in results) else set()
    if any(result.get("differs") for result in results):
        statuses.add(1)
    if "models" in options.groups:
        lines, is_exact = models.scores(options)
        statuses.update(set() if is_exact else {1})
        text += "\n".join(lines) + "\n"
        (out / "table.md").write_text(text)
    if lines := python_api.summary(options, results):
        text += "\n".join(lines) + "\n"
        (out / "table.md").write_text(text)
    if "store" in options.groups:
        lines, status = store(options, out)
        statuses.add(status)
        text = (text or table(results, circumstances)) + "\n".join(lines) + "\n"
        (out / "table.md").write_text(text)
    if options.base:
        lines, status = judged(options, measurements, out)
        statuses.add(status)
        text += "\n".join(lines) + "\n"
        (out / "table.md").write_text(text)
    print(text)
    print(f"written to {out}")
    return next((status for status in (1, 3) if status in statuses), 0)


if __name__ == "__main__":
    sys.exit(main())
