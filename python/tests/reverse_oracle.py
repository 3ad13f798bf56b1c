"""pandas reads every file that `lumen.pandas` writes, and the other way round; both must get the frame that was written.

    PYTHONPATH=FOLDER python python/tests/reverse_oracle.py

needs an environment with pandas and pyarrow beside the development build in FOLDER. Prints what was read and ends with
status 1 at a difference, or where nothing was compared.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from typing import Any, Callable

import numpy as np


def frames(pd: Any) -> dict[str, Any]:
    """The same frames by either package."""
    rows = 5
    plain = pd.DataFrame(
        {
            "i": np.array([1, -2, 3, 2**62, 0]),
            "u": np.array([1, 2, 3, 2**64 - 1, 0], dtype="uint64"),
            "i8": np.array([1, -2, 3, 127, -128], dtype="int8"),
            "f": [1.5, float("nan"), -0.0, 1e300, 5e-324],
            "f4": np.array([0.1, float("nan"), 3, 4, 5], dtype="float32"),
            "b": [True, False, True, True, False],
            "s": ["a", None, "é\n", "", 'q"'],
        }
    )
    missing = pd.DataFrame(
        {
            "I": pd.Series([1, None, 3, 4, 5], dtype="Int16"),
            "F": pd.Series([1.5, None, 3, 4, 5], dtype="Float64"),
            "B": pd.Series([True, None, False, True, None], dtype="boolean"),
            "S": pd.Series(["x", None, "z", "", "é"], dtype="string"),
        }
    )
    ticks = np.array([0, "NaT", 10**9, -1, 7], dtype="datetime64[us]")
    times = pd.DataFrame(
        {
            "us": pd.Series(ticks),
            "ns": pd.Series(ticks.astype("datetime64[ns]")),
            "ms": pd.Series(ticks.astype("datetime64[ms]")),
            "td": pd.Series(ticks.astype("int64").astype("timedelta64[us]")),
        }
    )
    categories = pd.DataFrame({"c": pd.Series(["b", "a", None, "b", "c"], dtype="category")})
    named = pd.DataFrame({"a": range(rows), "b": list("vwxyz")}, index=pd.Index(list("pqrst"), name="k"))
    ranged = pd.DataFrame({"a": range(rows)}, index=pd.RangeIndex(10, 0, -2, name="r"))
    levels = pd.MultiIndex.from_tuples([("x", n) for n in range(rows)], names=["one", None])
    deep = pd.DataFrame({"a": range(rows)}, index=levels)
    return {
        "plain": plain,
        "missing": missing,
        "times": times,
        "categories": categories,
        "named": named,
        "ranged": ranged,
        "deep": deep,
        "empty": plain.iloc[:0],
    }


def seen(frame: Any) -> Any:
    """What a user can see of a frame, in plain values."""
    index = frame.index
    columns = []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        dtype = str(column.dtype)
        categories = [repr(label) for label in column.dtype.categories] if dtype == "category" else None
        columns.append((dtype, [repr(value) for value in column.tolist()], categories))
    labels = [repr(label) for label in index.tolist()]
    return (list(frame.columns), columns, type(index).__name__, labels, list(index.names))


def formats(pd: Any) -> dict[str, tuple[Callable[[Any, str], Any], Callable[[str], Any], set[str]]]:
    """How each format is written and read, and the frames that it can hold."""
    columnar = {"plain", "missing", "times", "categories", "named", "ranged", "deep", "empty"}
    table: dict[str, Any] = {
        "csv": (lambda f, p: f.to_csv(p), lambda p: pd.read_csv(p, index_col=0), {"named"}),
        "csv.gz": (lambda f, p: f.to_csv(p), lambda p: pd.read_csv(p, index_col=0), {"named"}),
        "csv.bz2": (lambda f, p: f.to_csv(p), lambda p: pd.read_csv(p, index_col=0), {"named"}),
        "csv.xz": (lambda f, p: f.to_csv(p), lambda p: pd.read_csv(p, index_col=0), {"named"}),
        "csv.zip": (lambda f, p: f.to_csv(p), lambda p: pd.read_csv(p, index_col=0), {"named"}),
        "feather": (lambda f, p: f.to_feather(p), pd.read_feather, columnar),
    }
    for orient in ("split", "table"):
        table[f"{orient}.json"] = (
            lambda f, p, orient=orient: f.to_json(p, orient=orient),
            lambda p, orient=orient: pd.read_json(p, orient=orient),
            {"named"} if orient == "table" else {"named", "ranged"},
        )
    for compression in ("snappy", "gzip", "zstd", "lz4", None):
        table[f"{compression}.parquet"] = (
            lambda f, p, compression=compression: f.to_parquet(p, compression=compression),
            pd.read_parquet,
            columnar,
        )
    return table


def main() -> int:
    """Compares every format and frame in both directions."""
    pandas, ours = importlib.import_module("pandas"), importlib.import_module("lumen.pandas")
    compared, different = 0, 0
    made = {"pandas": frames(pandas), "lumen.pandas": frames(ours)}
    forms = {"pandas": formats(pandas), "lumen.pandas": formats(ours)}
    with tempfile.TemporaryDirectory() as folder:
        for writer, reader in (("lumen.pandas", "pandas"), ("pandas", "lumen.pandas")):
            for form, (write, _, holds) in forms[writer].items():
                for name in sorted(holds):
                    path = os.path.join(folder, f"{name}.{form}")
                    write(made[writer][name], path)
                    read = forms[reader][form][1](path)
                    # The writer's own reader says what the file can hold at all: Parquet knows no seconds.
                    own = forms["pandas"][form][1]
                    forms["pandas"][form][0](made["pandas"][name], path)
                    wanted = seen(own(path))
                    compared += 1
                    if seen(read) != wanted:
                        different += 1
                        print(
                            f"{writer} wrote {name} as {form}, {reader} read\n  {seen(read)}\nfor\n  {wanted}"
                        )
    print(f"{compared} files read, {different} differ")
    return 1 if different or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
