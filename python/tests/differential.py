"""Runs one Python expression against `lumen.pandas` and against pandas itself, and compares what a user can see.

Needs an environment that has both. Text, type, unit, dtype, class and message of an exception are compared; names of
ours stand where pandas' stand in a message, so they need no translation.
"""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import importlib
import operator
import pickle
import warnings
import zoneinfo
from typing import Any

import numpy as np


def namespace(which: str) -> dict[str, Any]:
    """The names an expression may use, bound to 'pandas' or to 'lumen.pandas'."""
    names: dict[str, Any] = {
        "np": np,
        "dt": dt,
        "decimal": decimal,
        "operator": operator,
        "pickle": pickle,
        "copy": copy,
        "zoneinfo": zoneinfo,
        "nan": float("nan"),
        "utc": dt.timezone.utc,
        "ZoneInfo": zoneinfo.ZoneInfo,
        "roundtrip": lambda value: pickle.loads(pickle.dumps(value)),
    }
    if which == "pandas":
        pandas = importlib.import_module("pandas")
        offsets = importlib.import_module("pandas.tseries.frequencies")
        names.update(
            NA=pandas.NA,
            NaT=pandas.NaT,
            Timestamp=pandas.Timestamp,
            Timedelta=pandas.Timedelta,
            offsets=pandas.offsets,
            to_offset=offsets.to_offset,
            api=pandas.api,
            pandas_dtype=pandas.api.types.pandas_dtype,
        )
        dtypes: Any = pandas
    else:
        load = importlib.import_module
        names.update(
            NA=load("lumen.pandas._missing").NA,
            NaT=load("lumen.pandas._nat").NaT,
            Timestamp=load("lumen.pandas._timestamp").Timestamp,
            Timedelta=load("lumen.pandas._timedelta").Timedelta,
            offsets=load("lumen.pandas.tseries.offsets"),
            to_offset=load("lumen.pandas._offsets").to_offset,
            api=None,
            pandas_dtype=load("lumen.pandas._dtype_names").pandas_dtype,
        )
        dtypes = load("lumen.pandas._dtypes")
    for name in (
        "Int8Dtype",
        "Int64Dtype",
        "UInt16Dtype",
        "Float32Dtype",
        "Float64Dtype",
        "BooleanDtype",
        "StringDtype",
        "CategoricalDtype",
        "DatetimeTZDtype",
    ):
        names[name] = getattr(dtypes, name)
    names.update(TS=names["Timestamp"], TD=names["Timedelta"], off=names["offsets"])
    return names


def outcome(expression: str, names: dict[str, Any]) -> tuple[str, ...]:
    """What evaluating shows: repr, type, unit and dtype, or the exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = eval(expression, names)  # noqa: S307
            shown = repr(value)
        except Exception as error:
            return type(error).__name__, str(error).replace("pandas._libs.tslibs.offsets.", "").replace(
                "lumen.pandas._offsets.", ""
            )
    return shown, type(value).__name__, str(getattr(value, "unit", "")), str(getattr(value, "dtype", ""))


def differences(expressions: list[str]) -> list[str]:
    """A line for each expression on which the two disagree."""
    ours, theirs = namespace("lumen"), namespace("pandas")
    found = []
    for expression in expressions:
        mine, expected = outcome(expression, ours), outcome(expression, theirs)
        if mine != expected:
            found.append(f"{expression}\n    ours   {' | '.join(mine)}\n    pandas {' | '.join(expected)}")
    return found


def _assigned(rows: Any, assignment: str, names: dict[str, Any]) -> Any:
    kept = rows.copy()
    exec(f"kept.iloc[{assignment}", {**names, "kept": kept})  # noqa: S102
    return kept


def shown(expression: str, package: str, definitions: dict[str, str] | None = None) -> tuple[str, ...]:
    """What an expression over `pd`, `np` and names of definitions shows: repr, type and dtype, or the exception."""
    names: dict[str, Any] = {
        "pd": importlib.import_module(package),
        "np": np,
        "pickle": pickle,
        "nan": float("nan"),
    }
    names["assigned"] = lambda rows, assignment: _assigned(rows, assignment, names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for name, definition in (definitions or {}).items():
                names[name] = eval(definition, names)  # noqa: S307
            value = eval(expression, names)  # noqa: S307
        except Exception as error:
            return type(error).__name__, str(error)
    return repr(value), type(value).__name__, str(getattr(value, "dtype", getattr(value, "dtypes", "")))
