"""One task on tables by one peer, in a process of its own; prints the seconds of the task alone and a checksum.

usage: frames.py pandas|polars|duckdb read_csv|groupby|join LEFT RIGHT

Imports, and for grouping and joining the reading too, happen before the clock starts; one run before the timed
ones warms caches, and the seconds are the median of five. Every peer keeps its own default number of threads and
materialises its result. The checksum of a read is rows, the sum of count, the sum of value and its missing cells; of a
grouping the groups, and the sums over them of sum, mean and count; of a join the rows, and the sums of value and
weight.
"""

import json
import statistics
import sys
import time

REPEATS = 5


def pandas_tasks(left, right):
    import pandas as pd

    def checksum_read(f):
        return [len(f), int(f["count"].sum()), f["value"].sum(), int(f["value"].isna().sum())]

    def checksum_group(f):
        return [len(f), f["total"].sum(), f["mean"].sum(), int(f["known"].sum())]

    def checksum_join(f):
        return [len(f), f["value"].sum(), f["weight"].sum()]

    yield "read_csv", lambda: None, lambda _: pd.read_csv(left), checksum_read
    yield "groupby", lambda: pd.read_csv(left), lambda f: f.groupby("group", as_index=False).agg(
        total=("value", "sum"), mean=("value", "mean"), known=("value", "count")
    ), checksum_group
    yield "join", lambda: (pd.read_csv(left), pd.read_csv(right)), lambda t: t[0].merge(
        t[1], on="key", how="inner"
    ), checksum_join


def polars_tasks(left, right):
    import polars as pl

    value = pl.col("value")

    def checksum_read(f):
        return [f.height, int(f["count"].sum()), f["value"].sum(), f["value"].null_count()]

    def checksum_group(f):
        return [f.height, f["total"].sum(), f["mean"].sum(), int(f["known"].sum())]

    def checksum_join(f):
        return [f.height, f["value"].sum(), f["weight"].sum()]

    yield "read_csv", lambda: None, lambda _: pl.read_csv(left), checksum_read
    # Sorted by key, as pandas gives it.
    yield "groupby", lambda: pl.read_csv(left), lambda f: f.group_by("group").agg(
        total=value.sum(), mean=value.mean(), known=value.count()
    ).sort("group"), checksum_group
    yield "join", lambda: (pl.read_csv(left), pl.read_csv(right)), lambda t: t[0].join(
        t[1], on="key", how="inner", maintain_order="left"
    ), checksum_join


def duckdb_tasks(left, right):
    import duckdb

    db = duckdb.connect()

    def table(name, path):
        db.execute(f"create or replace table {name} as select * from read_csv('{path}')")
        return name

    def one(query):
        return list(db.execute(query).fetchone())

    def made(query):
        db.execute(f"create or replace table made as {query}")
        return "made"

    yield "read_csv", lambda: None, lambda _: table("left_table", left), lambda t: one(
        f'select count(*), sum("count")::double, sum(value), count(*) - count(value) from {t}'
    )
    yield "groupby", lambda: table("left_table", left), lambda t: made(
        f'select "group", sum(value) as total, avg(value) as mean, count(value) as known from {t} '
        'group by "group" order by "group"'
    ), lambda t: one(f"select count(*), sum(total), sum(mean), sum(known)::double from {t}")
    yield "join", lambda: (table("left_table", left), table("right_table", right)), lambda t: made(
        f"select * from {t[0]} join {t[1]} using (key)"
    ), lambda t: one(f"select count(*), sum(value), sum(weight) from {t}")


def main(peer, task, left, right):
    tasks = {"pandas": pandas_tasks, "polars": polars_tasks, "duckdb": duckdb_tasks}[peer]
    for name, prepare, act, checksum in tasks(left, right):
        if name != task:
            continue
        prepared = prepare()
        act(prepared)
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            made = act(prepared)
            seconds.append(time.perf_counter() - start)
        answer = {"seconds": statistics.median(seconds), "checksum": [float(x) for x in checksum(made)]}
        print(json.dumps(answer))
        return
    raise SystemExit(f"no task {task}")


main(*sys.argv[1:])
