"""The strictness of `lumen.pandas._testing`, proved on real pandas' objects.

    PYTHONPATH=<folder of real pandas> python python/tests/asserters.py

Needs an environment with pandas and numpy. The asserters are loaded with real pandas in the place of
`lumen.pandas`; every pair of objects and every option must then get the verdict that pandas' own asserter
gives, and for each planted difference that verdict must be a failure.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
import types
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandas._testing as tm

SOURCES = Path(__file__).resolve().parents[1] / "lumen" / "pandas"


def load() -> types.ModuleType:
    """`lumen.pandas._testing`, speaking to real pandas."""
    lumen = types.ModuleType("lumen")
    lumen.__path__ = []  # type: ignore[attr-defined]
    lumen.pandas = pd  # type: ignore[attr-defined]
    sys.modules["lumen"] = lumen
    sys.modules["lumen.pandas"] = pd
    for name in ("_testing_values", "_testing_objects", "_testing_contexts", "_testing"):
        spec = importlib.util.spec_from_file_location(f"lumen.pandas.{name}", SOURCES / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules["lumen.pandas._testing"]


ours = load()


def arrays() -> dict[str, Any]:
    nan = float("nan")
    return {
        "int64": np.array([1, 2, 3]),
        "int64 other": np.array([1, 2, 4]),
        "large int": np.array([10**15, 2, 3]),
        "large int + 1": np.array([10**15 + 1, 2, 3]),
        "int32": np.array([1, 2, 3], dtype="int32"),
        "uint8": np.array([1, 2, 3], dtype="uint8"),
        "float": np.array([1.0, 2.0, 3.0]),
        "float near": np.array([1.0 + 4e-6, 2.0, 3.0]),
        "float near zero": np.array([1e-9, 2.0, 3.0]),
        "float zero": np.array([0.0, 2.0, 3.0]),
        "float far": np.array([1.0 + 4e-5, 2.0, 3.0]),
        "float nan": np.array([1.0, nan, 3.0]),
        "float inf": np.array([1.0, np.inf, 3.0]),
        "float32": np.array([1.0, 2.0, 3.0], dtype="float32"),
        "complex": np.array([1.0 + 1j, 2.0, 3.0]),
        "bool": np.array([True, False, True]),
        "object int": np.array([1, 2, 3], dtype=object),
        "object None": np.array([1, None, 3], dtype=object),
        "object nan": np.array([1, nan, 3], dtype=object),
        "object NA": np.array([1, pd.NA, 3], dtype=object),
        "object NaT": np.array([1, pd.NaT, 3], dtype=object),
        "object str": np.array(["a", "b", "c"], dtype=object),
        "object Decimal": np.array([Decimal(1), Decimal(2), Decimal("NaN")], dtype=object),
        "object lists": np.array([[1, 2], [3], []], dtype=object),
        "str": pd.array(["a", "b", "c"], dtype="str"),
        "str nan": pd.array(["a", None, "c"], dtype="str"),
        "string": pd.array(["a", "b", "c"], dtype="string"),
        "string python": pd.array(["a", "b", "c"], dtype="string[python]"),
        "Int64": pd.array([1, 2, 3], dtype="Int64"),
        "Int64 NA": pd.array([1, None, 3], dtype="Int64"),
        "Float64": pd.array([1.0, 2.0, 3.0], dtype="Float64"),
        "Float64 near": pd.array([1.0 + 4e-6, 2.0, 3.0], dtype="Float64"),
        "boolean": pd.array([True, False, None], dtype="boolean"),
        "datetime ns": np.array(["2020-01-01", "2020-01-02", "NaT"], dtype="M8[ns]"),
        "datetime s": np.array(["2020-01-01", "2020-01-02", "NaT"], dtype="M8[s]"),
        "datetime utc": pd.array(pd.to_datetime(["2020-01-01", "2020-01-02", None], utc=True)),
        "datetime zone": pd.array(
            pd.to_datetime(["2020-01-01", "2020-01-02", None]).tz_localize("Europe/Berlin")
        ),
        "timedelta": np.array([1, 2, 3], dtype="m8[s]"),
        "category": pd.Categorical(["a", "b", "a"]),
        "category order": pd.Categorical(["a", "b", "a"], categories=["b", "a"]),
        "category ordered": pd.Categorical(["a", "b", "a"], ordered=True),
        "category more": pd.Categorical(["a", "b", "a"], categories=["a", "b", "c"]),
        "category int": pd.Categorical([1, 2, 1]),
        "period": pd.array(pd.period_range("2020", periods=3, freq="M")),
        "interval": pd.array(pd.interval_range(0, 3)),
        "short": np.array([1, 2]),
        "empty": np.array([]),
        "empty object": np.array([], dtype=object),
    }


def indexes() -> dict[str, Any]:
    dates = pd.date_range("2020-01-01", periods=3)
    product = pd.MultiIndex.from_product([["a"], [1, 2, 3]], names=["x", "y"])
    return {
        "range": pd.RangeIndex(3),
        "range named": pd.RangeIndex(3, name="n"),
        "int": pd.Index([0, 1, 2]),
        "int32": pd.Index([0, 1, 2], dtype="int32"),
        "float": pd.Index([0.0, 1.0, 2.0]),
        "float near": pd.Index([0.0, 1.0 + 1e-7, 2.0]),
        "reversed": pd.Index([2, 1, 0]),
        "object": pd.Index([0, 1, 2], dtype=object),
        "str": pd.Index(["a", "b", "c"]),
        "str object": pd.Index(["a", "b", "c"], dtype=object),
        "dates": dates,
        "dates without freq": pd.DatetimeIndex(dates, freq=None),
        "dates ns": dates.as_unit("ns"),
        "dates zone": dates.tz_localize("UTC"),
        "business days": pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-03"], freq="B"),
        "timedeltas": pd.timedelta_range("1D", periods=3),
        "category": pd.CategoricalIndex(["a", "b", "c"]),
        "category order": pd.CategoricalIndex(["a", "b", "c"], categories=["c", "b", "a"]),
        "multi": product,
        "multi unnamed": product.set_names([None, None]),
        "multi unused": pd.MultiIndex.from_product([["a", "b"], [1, 2, 3]], names=["x", "y"])[:3],
        "multi float": pd.MultiIndex.from_product([["a"], [1.0, 2.0, 3.0]], names=["x", "y"]),
        "intervals": pd.interval_range(0, 3),
        "periods": pd.period_range("2020", periods=3, freq="D"),
        "short": pd.Index([0, 1]),
    }


def series() -> dict[str, Any]:
    made = {f"values {name}": pd.Series(values) for name, values in arrays().items()}
    plain = np.array([1.0, 2.0, 3.0])
    for name, index in indexes().items():
        if len(index) == 3:
            made[f"index {name}"] = pd.Series(plain, index=index)
    made["named"] = pd.Series(plain, name="n")
    made["named nan"] = pd.Series(plain, name=np.nan)
    made["named tuple"] = pd.Series(plain, name=("a", 1))
    made["flags"] = pd.Series(plain).set_flags(allows_duplicate_labels=False)
    made["subclass"] = tm.SubclassedSeries(plain)
    return made


def frames() -> dict[str, Any]:
    made = {f"column of {name}": pd.DataFrame({"a": one}) for name, one in series().items()}
    base = pd.DataFrame({"a": [1, 2], "b": [1.5, np.nan]})
    made |= {
        "two": base,
        "two exchanged": base[["b", "a"]],
        "two renamed": base.rename(columns={"b": "c"}),
        "two named columns": base.rename_axis(columns="n"),
        "two as float": base.astype(float),
        "two rows exchanged": base.iloc[::-1],
        "two duplicated": pd.concat([base, base], axis=1),
        "no columns": base[[]],
        "no rows": base.iloc[:0],
        "integer columns": pd.DataFrame([[1, 1.5], [2, np.nan]]),
        "subclass": tm.SubclassedDataFrame(base),
    }
    return made


OPTIONS: dict[str, list[dict[str, Any]]] = {
    "assert_index_equal": [
        {},
        {"exact": True},
        {"exact": False},
        {"check_names": False},
        {"check_exact": False},
        {"check_order": False},
        {"check_categorical": False},
        {"check_exact": False, "rtol": 1e-9},
    ],
    "assert_series_equal": [
        {},
        {"check_dtype": False},
        {"check_index_type": False},
        {"check_index_type": True},
        {"check_names": False},
        {"check_exact": True},
        {"check_exact": False},
        {"rtol": 1e-3},
        {"check_categorical": False},
        {"check_category_order": False},
        {"check_freq": False},
        {"check_flags": False},
        {"check_series_type": False},
        {"check_index": False},
        {"check_like": True},
    ],
    "assert_frame_equal": [
        {},
        {"check_dtype": False},
        {"check_like": True},
        {"check_names": False},
        {"check_column_type": False},
        {"check_index_type": False},
        {"check_exact": True},
        {"check_freq": False},
        {"check_frame_type": False},
        {"rtol": 1e-3},
    ],
    "assert_extension_array_equal": [{}, {"check_dtype": False}, {"check_exact": True}, {"rtol": 1e-3}],
    "assert_numpy_array_equal": [{}, {"check_dtype": False}],
    "assert_almost_equal": [{}, {"check_dtype": False}, {"rtol": 1e-3}],
    "assert_equal": [{}],
}


def verdict(asserter: Any, left: Any, right: Any, options: dict[str, Any]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            asserter(left, right, **options)
        except AssertionError:
            return "differ"
        except Exception as error:  # noqa: BLE001: an asserter may refuse its arguments
            return f"refused by {type(error).__name__}"
    return "equal"


def differences(name: str, objects: dict[str, Any]) -> list[str]:
    """Pairs on which our asserter and pandas' disagree."""
    found = []
    for left, right in itertools.product(objects, repeat=2):
        for options in OPTIONS[name]:
            # A verdict on an object and itself may take a short way; a copy cannot.
            other = objects[right].copy() if left == right else objects[right]
            expected = verdict(getattr(tm, name), objects[left], other, options)
            given = verdict(getattr(ours, name), objects[left], other, options)
            if {left, right} & {"timedelta"} and name == "assert_almost_equal" and options:
                continue  # durations beside numbers, which pandas compares as numbers and we do not
            # That a comparison breaks down where pandas' does too, or fails there, is no laxity.
            if given != expected and not (expected.startswith("refused") and given != "equal"):
                found.append(f"{name}({left!r}, {right!r}, {options}): expected {expected}, found {given}")
    return found


def planted() -> list[str]:
    """Differences that must be seen: a wrong dtype, name, frequency and class of index, and an integer off by
    one.
    """
    base = pd.Series([1, 2, 3], index=pd.date_range("2020", periods=3), name="n")
    wrong = {
        "dtype": base.astype("int32"),
        "name": base.rename("m"),
        "freq": pd.Series(base.to_numpy(), pd.DatetimeIndex(base.index, freq=None), name="n"),
        "index type": base.set_axis(base.index.astype(object)),
        "index name": base.rename_axis("t"),
        "integer": base + [0, 0, 1],
    }
    found = []
    for what, other in wrong.items():
        for asserter, one, two in (
            ("assert_series_equal", base, other),
            ("assert_frame_equal", base.to_frame("n"), other.to_frame("n")),
        ):
            same_frames = what == "name" and asserter == "assert_frame_equal"
            if not same_frames and verdict(getattr(ours, asserter), one, two, {}) != "differ":
                found.append(f"{asserter} does not see a wrong {what}")
    return found


def main() -> None:
    extension = {name: one for name, one in arrays().items() if not isinstance(one, np.ndarray)}
    plain = {name: one for name, one in arrays().items() if isinstance(one, np.ndarray)}
    found = planted()
    found += differences("assert_index_equal", indexes())
    found += differences("assert_series_equal", series())
    found += differences("assert_frame_equal", frames())
    found += differences("assert_extension_array_equal", extension)
    found += differences("assert_numpy_array_equal", plain)
    found += differences("assert_almost_equal", plain)
    found += differences("assert_equal", indexes())
    found += differences("assert_equal", extension)
    print("\n".join(found[:200]))
    sys.exit(f"{len(found)} differences" if found else 0)


if __name__ == "__main__":
    main()
