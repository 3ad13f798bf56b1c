"""One workload on tables through the Python API of one engine, in a process of its own.

usage: workloads.py data FOLDER ROWS
       workloads.py pandas|lumen|polars|duckdb WORKLOAD FOLDER THREADS

The first form writes the tables: those of the db-benchmark (group-by and join, 100 groups) and what the other workloads
need, drawn from a fixed state. The second reads its tables before the clock starts, runs the workload once unmeasured,
and prints the median seconds of three runs with numbers that every engine must agree on. pandas and lumen run the same
text: `lumen.pandas` has pandas' names. An engine that cannot do a workload ends with 4.
"""

import importlib
import json
import os
import pathlib
import statistics
import sys
import time

RUNS = 3
GROUPS = 100


def write(folder, rows):
    """Parquet files, and one of CSV."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    draw = np.random.default_rng(108)
    many = max(rows // GROUPS, 1)

    def whole(most, count=rows):
        return draw.integers(1, most + 1, count)

    def text(numbers, width):
        return pa.array([f"id{n:0{width}}" for n in numbers.tolist()], pa.large_string())

    def keep(name, **columns):
        pq.write_table(
            pa.table({key: pa.array(value) for key, value in columns.items()}), folder / f"{name}.parquet"
        )

    grouped = dict(
        id1=text(whole(GROUPS), 3),
        id2=text(whole(GROUPS), 3),
        id3=text(whole(many), 10),
        id4=whole(GROUPS),
        id5=whole(GROUPS),
        id6=whole(many),
        v1=whole(5),
        v2=whole(15),
        v3=draw.random(rows) * 100,
    )
    keep("grouped", **grouped)
    half = max(rows // 2, 1)
    keep("half", **{key: value[:half] for key, value in grouped.items()})
    medium = max(rows // 1000, 1)
    keep("left", id2=whole(medium), id3=whole(half), id5=text(whole(medium), 8), v1=draw.random(rows) * 100)
    order = draw.permutation(medium) + 1
    keep("medium", id2=order, id5=text(order, 8), v2=draw.random(medium) * 100)
    keep("left_half", id3=whole(half, half), v1=draw.random(half) * 100)
    keep("big", id3=draw.permutation(half) + 1, v2=draw.random(half) * 100)
    trades, quotes = max(rows // 50, 1), max(rows // 10, 1)
    keep(
        "trades",
        time=np.sort(draw.integers(0, 10**9, trades)),
        key=whole(50, trades),
        price=draw.random(trades),
    )
    keep(
        "quotes",
        time=np.sort(draw.integers(0, 10**9, quotes)),
        key=whole(50, quotes),
        bid=draw.random(quotes),
    )
    first = draw.permutation(half)
    keep("first", at=first, value=draw.random(half))
    keep("second", at=draw.permutation(half) + half // 2, value=draw.random(half))
    words = np.array(
        ["alpha beta", "Gamma delta", "EPSILON zeta", "eta THETA iota", "kappa", "lambda Mu nu xi"]
    )
    keep("words", text=pa.array(words[draw.integers(0, len(words), half)].tolist(), pa.large_string()))
    tenth = max(rows // 10, 1)
    keep("cells", row=whole(100, tenth), column=whole(1000, tenth), value=draw.random(tenth))
    csv = pa.table({key: grouped[key] for key in ("id1", "id3", "id4", "v1", "v3")})
    pa.csv.write_csv(csv, folder / "table.csv")


class Pandas:
    """The workloads as a user of pandas writes them: also those of `lumen.pandas`."""

    def __init__(self, pd, folder):
        self.pd, self.folder = pd, folder

    def read(self, name):
        return self.pd.read_parquet(self.folder / f"{name}.parquet")

    def by(self, keys, table="grouped"):
        frame = self.read(table)
        return frame, lambda: frame.groupby(keys, observed=True, sort=False, as_index=False)

    def sums(self, frame, *columns):
        return [float(len(frame)), *(float(frame[column].sum()) for column in columns)]

    def q1(self):
        _, by = self.by("id1")
        return lambda: by().agg({"v1": "sum"}), lambda f: self.sums(f, "v1")

    def q3(self):
        _, by = self.by("id3")
        return lambda: by().agg({"v1": "sum", "v3": "mean"}), lambda f: self.sums(f, "v1", "v3")

    def q5(self):
        _, by = self.by("id6")
        return lambda: by().agg({"v1": "sum", "v2": "sum", "v3": "sum"}), lambda f: self.sums(
            f, "v1", "v2", "v3"
        )

    def q6(self):
        _, by = self.by(["id4", "id5"])
        return (
            lambda: by().agg(median=("v3", "median"), std=("v3", "std")),
            lambda f: self.sums(f, "median", "std"),
        )

    def q10(self):
        _, by = self.by(["id1", "id2", "id3", "id4", "id5", "id6"], "half")
        return lambda: by().agg(total=("v3", "sum"), count=("v1", "count")), lambda f: self.sums(
            f, "total", "count"
        )

    def join(self, left, right, on, how="inner"):
        a, b = self.read(left), self.read(right)
        if len([c for c in b.columns if c in a.columns]) > 1:
            b = b[[on, "v2"]]
        return lambda: a.merge(b, on=on, how=how), lambda f: self.sums(f, "v1", "v2")

    def join_medium(self):
        return self.join("left", "medium", "id2")

    def join_left(self):
        return self.join("left", "medium", "id2", "left")

    def join_string(self):
        return self.join("left", "medium", "id5")

    def join_big(self):
        return self.join("left_half", "big", "id3")

    def asof(self):
        a, b = self.read("trades"), self.read("quotes")
        return lambda: self.pd.merge_asof(a, b, on="time", by="key"), lambda f: self.sums(f, "price", "bid")

    def align(self, convert):
        def series(name):
            frame = self.read(name)
            return self.pd.Series(frame["value"].to_numpy(), index=convert(frame["at"]))

        a, b = series("first"), series("second")
        return lambda: a + b, lambda s: [float(len(s)), float(s.sum()), float(s.isna().sum())]

    def align_integers(self):
        return self.align(lambda at: self.pd.Index(at))

    def align_datetimes(self):
        return self.align(lambda at: self.pd.DatetimeIndex(self.pd.to_datetime(at, unit="s")))

    def sort_float(self):
        f = self.read("half")
        return lambda: f.sort_values("v3"), lambda f: [float(f["v3"].iloc[0]), float(f["v3"].iloc[-1])]

    def sort_stable(self):
        f = self.read("half")
        return (
            lambda: f.sort_values(["id3", "id6"], kind="stable"),
            lambda f: [float(f["id6"].iloc[0]), float(f["id6"].iloc[-1]), float(f["v1"].iloc[0])],
        )

    def filter(self):
        f = self.read("grouped")
        return lambda: f[f["v3"] > 50.0], lambda f: self.sums(f, "v1", "v3")

    def text(self, run, check):
        s = self.read("words")["text"]
        return lambda: run(s), check

    def contains(self):
        return self.text(lambda s: s.str.contains("eta"), lambda s: [float(s.sum())])

    def lower(self):
        return self.text(
            lambda s: s.str.lower(), lambda s: [float(s.str.len().sum()), float((s == "kappa").sum())]
        )

    def split(self):
        return self.text(lambda s: s.str.split(" "), lambda s: [float(s.str.len().sum())])

    def rolling(self, how):
        s = self.read("half")["v3"]
        return lambda: getattr(s.rolling(100), how)(), lambda s: [float(s.sum()), float(s.isna().sum())]

    def rolling_mean(self):
        return self.rolling("mean")

    def rolling_std(self):
        return self.rolling("std")

    def read_csv(self):
        return lambda: self.pd.read_csv(self.folder / "table.csv"), lambda f: self.sums(f, "v1", "v3")

    def read_parquet(self):
        return lambda: self.read("grouped"), lambda f: self.sums(f, "v1", "v3")

    def pivot(self):
        f = self.read("cells")
        return (
            lambda: f.pivot_table(index="row", columns="column", values="value", aggfunc="mean"),
            lambda f: [*map(float, f.shape), float(f.sum().sum())],
        )


class Polars:
    def __init__(self, folder):
        import polars

        self.pl, self.folder = polars, folder

    def read(self, name):
        return self.pl.read_parquet(self.folder / f"{name}.parquet").rechunk()

    def sums(self, frame, *columns):
        return [float(frame.height), *(float(frame[column].sum()) for column in columns)]

    def by(self, keys, table="grouped", **values):
        frame, col = self.read(table), self.pl.col
        made = [getattr(col(column), how)().alias(name) for name, (column, how) in values.items()]
        return lambda: frame.group_by(keys).agg(made), lambda f: self.sums(f, *values)

    def q1(self):
        return self.by("id1", v1=("v1", "sum"))

    def q3(self):
        return self.by("id3", v1=("v1", "sum"), v3=("v3", "mean"))

    def q5(self):
        return self.by("id6", v1=("v1", "sum"), v2=("v2", "sum"), v3=("v3", "sum"))

    def q6(self):
        return self.by(["id4", "id5"], median=("v3", "median"), std=("v3", "std"))

    def q10(self):
        return self.by(
            ["id1", "id2", "id3", "id4", "id5", "id6"], "half", total=("v3", "sum"), count=("v1", "count")
        )

    def join(self, left, right, on, how="inner"):
        a, b = self.read(left), self.read(right).select(on, "v2")
        return lambda: a.join(b, on=on, how=how, maintain_order="left"), lambda f: self.sums(f, "v1", "v2")

    def join_medium(self):
        return self.join("left", "medium", "id2")

    def join_left(self):
        return self.join("left", "medium", "id2", "left")

    def join_string(self):
        return self.join("left", "medium", "id5")

    def join_big(self):
        return self.join("left_half", "big", "id3")

    def asof(self):
        a, b = self.read("trades"), self.read("quotes")
        return lambda: a.join_asof(b, on="time", by="key"), lambda f: self.sums(f, "price", "bid")

    def sort_float(self):
        f = self.read("half")
        return lambda: f.sort("v3"), lambda f: [f["v3"][0], f["v3"][-1]]

    def sort_stable(self):
        f = self.read("half")
        return (
            lambda: f.sort("id3", "id6", maintain_order=True),
            lambda f: [float(f["id6"][0]), float(f["id6"][-1]), float(f["v1"][0])],
        )

    def filter(self):
        f = self.read("grouped")
        return lambda: f.filter(self.pl.col("v3") > 50.0), lambda f: self.sums(f, "v1", "v3")

    def text(self, run, check):
        s = self.read("words")["text"]
        return lambda: run(s), check

    def contains(self):
        return self.text(lambda s: s.str.contains("eta"), lambda s: [float(s.sum())])

    def lower(self):
        return self.text(
            lambda s: s.str.to_lowercase(),
            lambda s: [float(s.str.len_chars().sum()), float((s == "kappa").sum())],
        )

    def split(self):
        return self.text(lambda s: s.str.split(" "), lambda s: [float(s.list.len().sum())])

    def rolling_mean(self):
        s = self.read("half")["v3"]
        return lambda: s.rolling_mean(100), lambda s: [float(s.sum()), float(s.null_count())]

    def rolling_std(self):
        s = self.read("half")["v3"]
        return lambda: s.rolling_std(100), lambda s: [float(s.sum()), float(s.null_count())]

    def read_csv(self):
        return lambda: self.pl.read_csv(self.folder / "table.csv"), lambda f: self.sums(f, "v1", "v3")

    def read_parquet(self):
        return lambda: self.read("grouped"), lambda f: self.sums(f, "v1", "v3")

    def pivot(self):
        f = self.read("cells")

        def check(f):
            values = f.drop("row")
            return [float(f.height), float(values.width), float(values.sum().sum_horizontal()[0])]

        return lambda: f.pivot("column", index="row", values="value", aggregate_function="mean").sort(
            "row"
        ), check


class DuckDb:
    """Only what is one query over a table in memory."""

    GROUPED = {
        "q1": "select id1, sum(v1) a from t group by id1",
        "q3": "select id3, sum(v1) a, avg(v3) b from t group by id3",
        "q5": "select id6, sum(v1) a, sum(v2) b, sum(v3) c from t group by id6",
        "q6": "select id4, id5, median(v3) a, stddev(v3) b from t group by id4, id5",
        "q10": "select id1, id2, id3, id4, id5, id6, sum(v3) a, count(v1) b from t group by all",
    }
    JOINED = {
        "join_medium": ("left", "medium", "id2", "join"),
        "join_left": ("left", "medium", "id2", "left join"),
        "join_string": ("left", "medium", "id5", "join"),
        "join_big": ("left_half", "big", "id3", "join"),
    }

    def __init__(self, folder, threads):
        import duckdb

        self.db, self.folder = duckdb.connect(), folder
        self.db.execute(f"set threads = {threads}")

    def table(self, name, source):
        self.db.execute(f"create table {name} as select * from '{self.folder}/{source}.parquet'")

    def sums(self, made, *columns):
        import pyarrow.compute as pc

        return [float(made.num_rows), *(float(pc.sum(made[column]).as_py()) for column in columns)]

    def __getattr__(self, name):
        if query := self.GROUPED.get(name):
            self.table("t", "half" if name == "q10" else "grouped")
            columns = [word.rstrip(",") for word in query.split() if word.rstrip(",") in ("a", "b", "c")]
            return lambda: (
                lambda: self.db.sql(query).to_arrow_table(),
                lambda made: self.sums(made, *columns),
            )
        if parts := self.JOINED.get(name):
            left, right, on, how = parts
            self.table("l", left), self.table("r", right)
            query = f"select l.*, r.v2 from l {how} r on l.{on} = r.{on}"
            return lambda: (
                lambda: self.db.sql(query).to_arrow_table(),
                lambda made: self.sums(made, "v1", "v2"),
            )
        if name == "filter":
            self.table("t", "grouped")
            query = "select * from t where v3 > 50.0"
            return lambda: (
                lambda: self.db.sql(query).to_arrow_table(),
                lambda made: self.sums(made, "v1", "v3"),
            )
        if name == "read_csv":
            query = f"select * from read_csv('{self.folder}/table.csv')"
            return lambda: (
                lambda: self.db.sql(query).to_arrow_table(),
                lambda made: self.sums(made, "v1", "v3"),
            )
        raise AttributeError(name)


def engine(name, folder, threads):
    if name in ("lumen", "pandas"):
        pd = importlib.import_module("lumen.pandas" if name == "lumen" else "pandas")
        # pandas too reads CSV on all cores unless it is told otherwise.
        pd.set_option("mode.max_threads", threads)
        return Pandas(pd, folder)
    return Polars(folder) if name == "polars" else DuckDb(folder, threads)


def main():
    if sys.argv[1] == "data":
        folder = pathlib.Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        return write(folder, int(sys.argv[3]))
    _, name, workload, folder, threads = sys.argv
    if name == "polars":
        os.environ["POLARS_MAX_THREADS"] = threads
    side = engine(name, pathlib.Path(folder), int(threads))
    if (prepare := getattr(side, workload, None)) is None:
        print(f"{name} has no way to do {workload}", file=sys.stderr)
        return 4
    run, check = prepare()
    numbers = check(run())
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        made = run()
        seconds.append(time.perf_counter() - start)
        del made
    print(json.dumps({"seconds": statistics.median(seconds), "checksum": numbers}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
