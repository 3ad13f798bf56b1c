"""Calls on small frames through the Python API of pandas or of ours: what a loop of a script pays a call.

usage: calls.py pandas|lumen

Prints the geometric mean of all calls' seconds, the seconds of each, and numbers that both engines must agree on. A call
is repeated for at least 20 ms, five times; its seconds are the least of the five.
"""

import io
import json
import math
import sys
import time

ROWS = 1000
REPEATS = 5
LEAST = 0.02


def calls(pd):
    draw = [(n * 7919 + 13) % 1009 for n in range(ROWS)]
    columns = {
        "key": [n % 50 for n in draw],
        "name": [f"name {n % 40:02}" for n in draw],
        "x": [n / 7 for n in draw],
        "y": [math.sin(n) for n in draw],
        "n": draw,
    }
    df = pd.DataFrame(columns)
    s, t = df["x"], df["y"]
    part = pd.Series(range(ROWS // 2), index=range(ROWS // 4, ROWS // 4 + ROWS // 2), dtype="float64")
    right = pd.DataFrame({"key": list(range(50)), "weight": [n / 3 for n in range(50)]})
    mask = df["n"] > 500
    wide = df[["x", "y", "n"]]
    text = df.to_csv(index=False)

    def assign():
        copy = df.copy(deep=False)
        copy["z"] = s
        return copy

    yield "dict constructor", lambda: pd.DataFrame(columns), len
    yield "df[c]", lambda: df["x"], len
    yield "loc row", lambda: df.loc[500], lambda row: row["x"]
    yield "iloc", lambda: s.iloc[500], float
    yield "at", lambda: df.at[500, "x"], float
    yield "s + t", lambda: s + t, lambda made: made.sum()
    yield "s + u aligned", lambda: s + part, lambda made: made.sum()
    yield "mask", lambda: df[mask], len
    yield "assign", assign, lambda made: made["z"].sum()
    yield "group sum", lambda: df.groupby("key")["x"].sum(), lambda made: made.sum()
    yield (
        "string group agg",
        lambda: df.groupby("name").agg({"x": "mean", "n": "max"}),
        lambda made: made["x"].sum(),
    )
    yield "merge", lambda: df.merge(right, on="key"), lambda made: made["weight"].sum()
    yield "sort", lambda: df.sort_values("x"), lambda made: made["x"].iloc[0]
    yield "value_counts", lambda: df["name"].value_counts(), lambda made: made.sum()
    yield "str.upper", lambda: df["name"].str.upper(), lambda made: made.str.len().sum()
    yield "concat", lambda: pd.concat([df, df]), len
    yield "sum", lambda: s.sum(), float
    yield "mean of columns", lambda: wide.mean(), lambda made: made["x"]
    yield (
        "pivot_table",
        lambda: df.pivot_table(index="key", columns="name", values="x"),
        lambda made: made.shape[0],
    )
    yield "rolling", lambda: s.rolling(10).mean(), lambda made: made.sum()
    yield "repr", lambda: repr(df), len
    yield "read_csv", lambda: pd.read_csv(io.StringIO(text)), lambda made: made["x"].sum()
    yield "to_csv", lambda: df.to_csv(), len
    yield "describe", lambda: df.describe(), lambda made: made["x"]["std"]


def seconds_of(call):
    call()
    count, best = 1, math.inf
    for _ in range(REPEATS):
        while True:
            start = time.perf_counter()
            for _ in range(count):
                call()
            took = time.perf_counter() - start
            if took >= LEAST:
                break
            count *= 2
        best = min(best, took / count)
    return best


def main():
    if sys.argv[1] == "lumen":
        import lumen.pandas as pd
    else:
        import pandas as pd
    each, numbers = {}, []
    for name, call, check in calls(pd):
        numbers.append(float(check(call())))
        each[name] = seconds_of(call)
    mean = math.exp(sum(map(math.log, each.values())) / len(each))
    print(json.dumps({"seconds": mean, "checksum": numbers, "calls": each}))


if __name__ == "__main__":
    main()
