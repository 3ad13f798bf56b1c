"""Our Python packages beside the libraries whose names they have: equal text on both sides, an engine a process.

Groups that run only when they are named: `workloads` (tables, at one thread and at two), `calls` (small frames) and
`tensors` (at one thread and at two, and beside an allocator that keeps its memory). A ratio is our time over theirs. Behind
the rows stand the geometric means that the targets are stated for; a row with parts counts as the mean of its parts.
"""

import json
import math
import os
import pathlib
import subprocess

from measure import Contestant, close, compare

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE / "peers"

ROWS, SMALL_ROWS = 1_000_000, 20_000

# The twelve workloads, each with its parts, and which engines can do it.
WORKLOADS = [
    ("q1", ["q1"]),
    ("q3", ["q3"]),
    ("q5", ["q5"]),
    ("q6", ["q6"]),
    ("q10", ["q10"]),
    ("joins", ["join_medium", "join_left", "join_string", "join_big"]),
    ("merge_asof", ["asof"]),
    ("alignment", ["align_integers", "align_datetimes"]),
    ("sort", ["sort_float", "sort_stable"]),
    ("filter", ["filter"]),
    ("text and windows", ["contains", "lower", "split", "rolling_mean", "rolling_std"]),
    ("files and pivot", ["read_csv", "read_parquet", "pivot"]),
]
PANDAS_ONLY = {"align_integers", "align_datetimes"}
DUCKDB = {
    "q1",
    "q3",
    "q5",
    "q6",
    "q10",
    "join_medium",
    "join_left",
    "join_string",
    "join_big",
    "filter",
    "read_csv",
}

TENSORS = [
    "sgemm_256", "sgemm_1024", "sgemm_2048", "dgemm_1024", "linear", "gemv_4096", "bmm", "conv_3x3", "conv_stem",
    "conv_depthwise", "conv_1x1", "add_1m", "gelu_1m", "exp_1m", "erf_1m", "tanh_1m", "add_16m", "chain_16m", "sum_16m",
    "sum_dim1", "sum_dim0", "transpose", "svd_256", "solve_512", "fft_1m", "layer_norm", "softmax", "batch_norm",
    "max_pool", "attention", "sort_1m", "topk_50", "cumsum_1m", "embedding", "randn_1m", "mlp_adam", "lstm", "adam_10m",
    "gpt_train", "gpt_infer", "save_128mb", "load_128mb",
]  # fmt: skip

# An allocator that gives nothing back: PyTorch's default one asks the kernel for every large block again.
TUNED = {
    "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296"
    ":glibc.malloc.top_pad=268435456"
}


def bounded(threads):
    """The environment in which nobody uses more threads."""
    names = [
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "ARROW_NUM_THREADS",
    ]
    return {name: str(threads) for name in names}


def contestant(options, name, peer, words, threads=1, extra=None):
    env = {**bounded(threads), **(extra or {})}
    if name == "lumen":
        env["PYTHONPATH"] = str(options.package)
    return Contestant(name, [options.python, str(PEERS / peer), *words], timed="reported", env=env)


def workloads(options, scratch):
    """The twelve workloads on tables."""
    data, rows = scratch / "workloads", SMALL_ROWS if options.small else ROWS
    subprocess.run([options.python, str(PEERS / "workloads.py"), "data", str(data), str(rows)], check=True)
    for threads in [1, 2]:
        for _, parts in WORKLOADS:
            for part in parts:
                names = ["lumen", "pandas"]
                names += [] if part in PANDAS_ONLY else ["polars"]
                names += ["duckdb"] if part in DUCKDB else []
                sides = [
                    contestant(options, name, "workloads.py", [name, part, str(data), str(threads)], threads)
                    for name in names
                ]
                yield compare(f"{part}, {rows} rows, {threads} threads", sides, options.rounds, close(1e-9))


def calls(options, scratch):
    """The geometric mean of 24 calls on a thousand rows."""
    sides = [contestant(options, name, "calls.py", [name]) for name in ["lumen", "pandas"]]
    yield compare("24 calls on 1000 rows", sides, options.rounds, close(1e-9))


def tensors(options, scratch):
    """The workloads on tensors."""
    chosen = ["sgemm_256", "add_1m", "mlp_adam"] if options.small else TENSORS
    for threads in [1] if options.small else [1, 2]:
        for name in chosen:
            sides = [
                contestant(options, "lumen", "tensors.py", ["lumen", name, str(threads)], threads),
                contestant(options, "torch", "tensors.py", ["torch", name, str(threads)], threads),
            ]
            tuned = contestant(options, "torch", "tensors.py", ["torch", name, str(threads)], threads, TUNED)
            tuned.name = "torch, tuned allocator"
            yield compare(f"{name}, {threads} threads", [*sides, tuned], options.rounds, close(1e-3))


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def ratios(results, task, peer):
    """Our time over a peer's in the tasks whose names begin so; none where one was not measured."""
    for result in results:
        if result["task"].startswith(f"{task},"):
            return [row["ratio"] for row in result["rows"] if row["name"] == peer and "ratio" in row]
    return []


def summary(options, results):
    """Lines on what the targets are stated for."""
    lines = []
    if "workloads" in options.groups:
        lines += ["", "## The twelve workloads", ""]
        lines += ["How many times as fast we are, as geometric means; a workload counts once.", ""]
        for threads in [1, 2]:
            for peer in ["pandas", "polars", "duckdb"]:
                each = []
                for _, parts in WORKLOADS:
                    found = [
                        ratio
                        for part in parts
                        for result in results
                        if result["task"].startswith(f"{part},")
                        and result["task"].endswith(f", {threads} threads")
                        for ratio in ratios([result], part, peer)
                    ]
                    each += [mean(found)] if found else []
                if each:
                    lines.append(f"- {threads} threads, {peer}: {1 / mean(each):.2f} ({len(each)} workloads)")
    if "tensors" in options.groups:
        lines += ["", "## The workloads on tensors", ""]
        for threads in [1, 2]:
            for peer in ["torch", "torch, tuned allocator"]:
                found = [
                    row["ratio"]
                    for result in results
                    if result["task"].endswith(f", {threads} threads")
                    for row in result["rows"]
                    if row["name"] == peer and "ratio" in row
                ]
                if found:
                    lines.append(
                        f"- {threads} threads, {peer}: {1 / mean(found):.2f} ({len(found)} workloads)"
                    )
    if "calls" in options.groups:
        sides = {
            name: json.loads(text_of(contestant(options, name, "calls.py", [name])))["calls"]
            for name in ["lumen", "pandas"]
        }
        lines += [
            "",
            "## Calls on 1,000 rows",
            "",
            "| call | ours, µs | pandas, µs | ratio |",
            "|---|--:|--:|--:|",
        ]
        for name, seconds in sides["lumen"].items():
            theirs = sides["pandas"][name]
            lines.append(f"| {name} | {seconds * 1e6:.1f} | {theirs * 1e6:.1f} | {seconds / theirs:.2f} |")
    return lines


def text_of(side):
    run = subprocess.run(
        side.command, capture_output=True, text=True, env={**os.environ, **side.env}, check=True
    )
    return run.stdout
