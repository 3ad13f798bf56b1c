"""The kind of the values of a column, in the words of pandas' `infer_dtype`."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

from lumen.pandas._missing import NA, NaT

_KINDS = {
    "bool": "boolean",
    "boolean": "boolean",
    "str": "string",
    "string": "string",
    "category": "categorical",
}


def inferred_type(column: Any) -> str:
    """`integer`, `floating`, `string`, `mixed` … of a column."""
    name = column.dtype
    if name in _KINDS:
        return _KINDS[name]
    lower = name.lower()
    if lower.startswith("interval"):
        return "interval"
    if lower.startswith(("int", "uint")):
        return "integer"
    if lower.startswith("float"):
        return "floating"
    if lower.startswith("datetime64"):
        return "datetime64"
    if lower.startswith("timedelta64"):
        return "timedelta64"
    return infer_objects(column.tolist())


def infer_objects(items: list[Any], skipna: bool = False) -> str:
    """The same of a list of objects."""
    held = [
        item for item in items if not (skipna and (item is None or item is NA or item is NaT or item != item))
    ]
    if not held:
        return "empty"
    kinds = {_kind(item) for item in held}
    if kinds == {"integer", "floating"}:
        return "mixed-integer-float"
    if kinds == {"integer-na"} or kinds == {"integer", "nan"}:
        return "integer-na"
    if len(kinds) == 1:
        return kinds.pop()
    if "integer" in kinds:
        return "mixed-integer"
    times = kinds - {"missing-time", "missing"}
    if len(times) == 1 and times <= {"datetime", "timedelta", "date"} and kinds != times:
        return times.pop()
    return "mixed"


def _kind(item: Any) -> str:
    import numpy as np

    if isinstance(item, (bool, np.bool_)):
        return "boolean"
    if isinstance(item, (int, np.integer)) and not isinstance(item, np.timedelta64):
        return "integer"
    if isinstance(item, (float, np.floating)):
        return "floating"
    if isinstance(item, str):
        return "string"
    if isinstance(item, bytes):
        return "bytes"
    if isinstance(item, (complex, np.complexfloating)):
        return "complex"
    if isinstance(item, decimal.Decimal):
        return "decimal"
    if item is NaT:
        return "missing-time"
    if isinstance(item, (dt.datetime, np.datetime64)):
        return "datetime"
    if isinstance(item, dt.date):
        return "date"
    if isinstance(item, (dt.timedelta, np.timedelta64)):
        return "timedelta"
    if isinstance(item, dt.time):
        return "time"
    if type(item).__name__ == "Interval":
        return "interval"
    if item is None or item is NA:
        return "missing"
    return "mixed"
