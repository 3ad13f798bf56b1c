"""What a Python object is: the `is_*` predicates on values, `infer_dtype`, and the `no_default` marker.

Predicates on dtypes are in `_dtype_checks`.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import numbers
import re
from collections import abc
from typing import Any

import numpy as np

from lumen.pandas._missing import NA
from lumen.pandas._nat import NaT


class _NoDefault(enum.Enum):
    """The type of the marker."""

    no_default = "NO_DEFAULT"

    def __repr__(self) -> str:
        return "<no_default>"


no_default = _NoDefault.no_default


def is_bool(obj: object) -> bool:
    """Whether it is True or False, Python's or numpy's."""
    return isinstance(obj, (bool, np.bool_))


def is_integer(obj: object) -> bool:
    """Whether it is an integer, Python's or numpy's; booleans and durations are none."""
    return isinstance(obj, (int, np.integer)) and not isinstance(obj, (bool, np.timedelta64))


def is_float(obj: object) -> bool:
    """Whether it is a float, Python's or numpy's."""
    return isinstance(obj, (float, np.floating))


def is_complex(obj: object) -> bool:
    """Whether it is a complex number, Python's or numpy's."""
    return isinstance(obj, (complex, np.complexfloating))


def is_decimal(obj: object) -> bool:
    """Whether it is a `decimal.Decimal`."""
    return isinstance(obj, decimal.Decimal)


def is_number(obj: object) -> bool:
    """Whether it is a number, Python's or numpy's; booleans are."""
    return isinstance(obj, (numbers.Number, np.number))


def is_scalar(val: object) -> bool:
    """Whether it is one value: number, text, bytes, time, duration, period, interval, offset or missing."""
    if val is None or val is NA or val is NaT:
        return True
    if isinstance(
        val,
        (
            str,
            bytes,
            numbers.Number,
            np.generic,
            dt.date,
            dt.time,
            dt.timedelta,
            decimal.Decimal,
            fractions.Fraction,
        ),
    ):
        return True
    offset_or_interval = getattr(val, "_is_offset", False) or type(val).__name__ == "Interval"
    return offset_or_interval and not isinstance(val, type)


def is_list_like(obj: object, allow_sets: bool = True) -> bool:
    """Whether it is iterable and neither text nor an array without dimensions."""
    if isinstance(obj, (list, tuple)):
        return True
    if isinstance(obj, type) or not hasattr(obj, "__iter__") or getattr(obj, "__iter__", None) is None:
        return False
    if isinstance(obj, (str, bytes)) or (isinstance(obj, np.ndarray) and obj.ndim == 0):
        return False
    return allow_sets or not isinstance(obj, abc.Set)


def is_array_like(obj: object) -> bool:
    """Whether it is list-like and has a dtype."""
    return is_list_like(obj) and hasattr(obj, "dtype")


def is_nested_list_like(obj: object) -> bool:
    """Whether it is a list-like of list-likes."""
    return is_list_like(obj) and hasattr(obj, "__len__") and len(obj) > 0 and all(map(is_list_like, obj))


def is_dict_like(obj: object) -> bool:
    """Whether it has `keys`, items and membership."""
    return not isinstance(obj, type) and all(
        hasattr(obj, name) for name in ("__getitem__", "keys", "__contains__")
    )


def is_file_like(obj: object) -> bool:
    """Whether it reads or writes and can be iterated."""
    return (hasattr(obj, "read") or hasattr(obj, "write")) and hasattr(obj, "__iter__")


def is_iterator(obj: object) -> bool:
    """Whether it is an iterator."""
    return isinstance(obj, abc.Iterator)


def is_hashable(obj: object, allow_slice: bool = True) -> bool:
    """Whether it can be hashed; slices only when allowed."""
    if not allow_slice:
        if isinstance(obj, tuple) and any(isinstance(v, slice) for v in obj):
            return False
        if isinstance(obj, slice):
            return False
    try:
        hash(obj)
    except TypeError:
        return False
    return True


def is_named_tuple(obj: object) -> bool:
    """Whether it is a named tuple."""
    return isinstance(obj, abc.Sequence) and hasattr(obj, "_fields")


def is_re(obj: object) -> bool:
    """Whether it is a compiled pattern."""
    return isinstance(obj, re.Pattern)


def is_re_compilable(obj: object) -> bool:
    """Whether it is a text or pattern that compiles."""
    try:
        re.compile(obj)  # type: ignore[call-overload]
    except TypeError:
        return False
    return True


_BY_KIND = {
    "i": "integer",
    "u": "integer",
    "f": "floating",
    "c": "complex",
    "b": "boolean",
    "M": "datetime64",
    "m": "timedelta64",
    "S": "bytes",
    "U": "string",
}
_EXTENSION = {
    "Int": "integer",
    "UInt": "integer",
    "Float": "floating",
    "boolean": "boolean",
    "bool[pyarrow]": "boolean",
    "string": "string",
    "str": "string",
    "category": "categorical",
    "datetime64": "datetime64",
    "interval": "interval",
}


_TIMES = ("nat", "datetime64", "timedelta")


def infer_dtype(value: Any, skipna: bool = True) -> str:
    """What a list-like holds, in one word such as 'integer', 'mixed-integer', 'datetime' or 'empty'.

    Missing values are passed over unless `skipna` is False.
    """
    dtype = getattr(value, "dtype", None)
    if dtype is not None and not (isinstance(dtype, np.dtype) and dtype.kind == "O"):
        return _of_dtype(dtype)
    if dtype is None and not isinstance(value, list):
        if not isinstance(value, str) and not is_list_like(value):
            raise TypeError(f"'{type(value).__name__}' object is not iterable")
    items = list(value.ravel() if isinstance(value, np.ndarray) else value)
    if skipna:
        items = [item for item in items if not _is_null(item) or _kind(item) in _TIMES]
    return _of_items(items)


def _of_dtype(dtype: Any) -> str:
    if isinstance(dtype, np.dtype):
        return _BY_KIND.get(dtype.kind, "mixed")
    for start, word in _EXTENSION.items():
        if str(dtype).startswith(start):
            return word
    return "unknown-array"


def _is_null(item: object) -> bool:
    if item is None or item is NA or item is NaT:
        return True
    if isinstance(item, (float, np.floating, complex, np.complexfloating, np.datetime64, np.timedelta64)):
        return bool(item != item)
    return isinstance(item, decimal.Decimal) and item.is_nan()


def _kind(item: object) -> str:
    """The word for one value."""
    if isinstance(item, (bool, np.bool_)):
        return "boolean"
    if isinstance(item, (np.timedelta64, dt.timedelta)):
        return "timedelta"
    if isinstance(item, (int, np.integer)):
        return "integer"
    if isinstance(item, (float, np.floating)):
        return "floating"
    if isinstance(item, (complex, np.complexfloating)):
        return "complex"
    if isinstance(item, str):
        return "string"
    if isinstance(item, bytes):
        return "bytes"
    if item is None or item is NA:
        return "na"
    if item is NaT:
        return "nat"
    if isinstance(item, np.datetime64):
        return "datetime64"
    if isinstance(item, dt.datetime):
        return "datetime"
    if isinstance(item, dt.date):
        return "date"
    if isinstance(item, dt.time):
        return "time"
    if isinstance(item, decimal.Decimal):
        return "decimal"
    if type(item).__name__ == "Interval":
        return "interval"
    return "mixed"


def _of_items(items: list[Any]) -> str:
    if not items:
        return "empty"
    kinds = {_kind(item) for item in items}
    if len(kinds) == 1:
        (kind,) = kinds
        return {"na": "mixed", "nat": "datetime"}.get(kind, kind)
    # Times pass over every missing value but NA, anything else over none.
    present = {_kind(item) for item in items if not _is_null(item)}
    if not present:
        return "datetime" if "nat" in kinds else "mixed"
    if (
        len(present) == 1
        and present <= {"datetime", "datetime64", "timedelta", "interval"}
        and not any(item is NA for item in items)
    ):
        (kind,) = present
        return kind
    if present == {"date", "datetime"}:
        return "date"
    if kinds == {"integer", "floating"}:
        nans = all(_is_null(item) for item in items if _kind(item) == "floating")
        return "integer-na" if nans else "mixed-integer-float"
    return "mixed-integer" if "integer" in kinds else "mixed"


for _function in (
    is_bool,
    is_integer,
    is_float,
    is_complex,
    is_number,
    is_scalar,
    is_list_like,
    is_array_like,
    is_dict_like,
    is_file_like,
    is_iterator,
    is_hashable,
    is_named_tuple,
    is_re,
    is_re_compilable,
    infer_dtype,
):
    _function.__module__ = "pandas.api.types"
del _function
