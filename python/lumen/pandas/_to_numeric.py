"""`to_numeric`: text and objects as numbers, in the smallest dtype when asked."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _dtypes
from lumen.pandas._inference import is_list_like, no_default
from lumen.pandas._missing import is_missing
from lumen.pandas._nat import NaT

_NUMBER = re.compile(r"\s*[+-]?(?:(?P<digits>\d+)(?P<rest>\.\d*)?|\.\d+)(?P<exponent>[eE][+-]?\d+)?\s*$")
_INFINITE = re.compile(r"\s*([+-]?)(inf|infinity)\s*$", re.IGNORECASE)
_DOWNCASTS = {
    "integer": ("int8", "int16", "int32", "int64"),
    "signed": ("int8", "int16", "int32", "int64"),
    "unsigned": ("uint8", "uint16", "uint32", "uint64"),
    "float": ("float32", "float64"),
}


def to_numeric(
    arg: Any, errors: str = "raise", downcast: str | None = None, dtype_backend: Any = no_default
) -> Any:
    """Numbers of what `arg` holds; with `errors='coerce'` what is none becomes NaN.

    `downcast` ('integer', 'signed', 'unsigned', 'float') takes the smallest dtype of that kind that holds all.
    """
    if downcast not in (None, *_DOWNCASTS):
        raise ValueError("invalid downcasting method provided")
    if errors not in ("raise", "coerce"):
        raise ValueError("invalid error value specified")
    if dtype_backend not in (no_default, "numpy_nullable", "pyarrow"):
        raise ValueError(
            f"dtype_backend {dtype_backend} is invalid, only 'numpy_nullable' and 'pyarrow' are allowed."
        )
    if dtype_backend == "pyarrow":
        raise NotImplementedError("lumen.pandas: to_numeric(dtype_backend='pyarrow')")
    nullable = dtype_backend == "numpy_nullable"
    from lumen.pandas import Index, Series

    if isinstance(arg, (_engine.Series, _engine.Index)):
        column = _downcast(_backed(_numbers(arg._values, errors), nullable), downcast)
        if isinstance(arg, _engine.Series):
            return Series(column, index=arg.index, name=arg.name)
        return Index(column, name=arg.name)
    if is_list_like(arg):
        if (
            isinstance(arg, (list, tuple))
            and any(is_list_like(item) for item in arg)
            or getattr(arg, "ndim", 1) > 1
        ):
            raise TypeError("arg must be a list, tuple, 1-d array, or Series")
        if isinstance(arg, np.ndarray) and arg.dtype.kind in "mM":
            arg = arg.view("i8")
        held = (
            _convert.column_of(arg)
            if hasattr(arg, "dtype")
            else _convert.column_of(list(arg), np.dtype(object))
        )
        column = _downcast(_backed(_numbers(held, errors), nullable), downcast)
        return _shown(column, arg)
    if isinstance(arg, (dt.datetime, dt.timedelta)) and arg is not NaT:
        return arg.value if hasattr(arg, "value") else arg
    if isinstance(arg, (int, float, np.number)) and not isinstance(arg, bool) and downcast is None:
        return arg
    found = _numbers(_convert.column_of([arg], np.dtype(object)), errors)
    return _convert.numpy_of(_downcast(found, downcast))[0]


def _shown(column: Any, arg: Any) -> Any:
    from lumen.pandas._extension_arrays import array_of

    nullable = column.dtype[:1].isupper() or column.dtype == "boolean"
    return array_of(column) if nullable or hasattr(arg, "_column") else _convert.numpy_of(column)


_NULLABLE = {"bool": "boolean", **_dtypes._MASKED_NAMES}


def _backed(column: Any, nullable: bool) -> Any:
    """The column in the nullable dtype beside its own, when that is asked; whole floats become integers."""
    name = column.dtype
    if not nullable or name not in _NULLABLE:
        return column
    if name.startswith("float"):
        values = _convert.numpy_of(column)
        present = values[~np.isnan(values)]
        if len(present) and (np.trunc(present) == present).all() and np.isnan(values).any():
            return column.cast("Float64" if name == "float64" else "Float32").cast("Int64")
    return column.cast(_NULLABLE[name])


def _numbers(column: Any, errors: str) -> Any:
    name = column.dtype
    if name.startswith(("datetime64", "timedelta64")):
        return _convert.column_of(_convert.numpy_of(column.cast("int64")))
    if name not in ("object", "str", "string", "category"):
        return column
    nullable = name == "string"
    numbers = [_number(item, position, errors) for position, item in enumerate(column.tolist())]
    present = [number for number in numbers if number is not None]
    if nullable:
        target = "Int64" if all(isinstance(n, int) for n in present) and present else "Float64"
        from lumen.pandas._missing import NA

        return _convert.column_of([NA if n is None else n for n in numbers], target)
    whole = all(isinstance(number, int) for number in present)
    if whole and len(present) == len(numbers):
        if all(-(2**63) <= n < 2**63 for n in present):
            return _convert.column_of(np.array(present, dtype="int64"))
        if all(0 <= n < 2**64 for n in present):
            return _convert.column_of(np.array(present, dtype="uint64"))
        if errors != "coerce":
            return _convert.column_of(present, np.dtype(object))
    return _convert.column_of(np.array([np.nan if n is None else float(n) for n in numbers], dtype="float64"))


def _number(item: Any, position: int, errors: str) -> int | float | None:
    if isinstance(item, str):
        if item == "":
            return None
        match = _NUMBER.match(item)
        if match:
            whole = match["digits"] and not match["rest"] and not match["exponent"]
            return int(item) if whole else float(item)
        match = _INFINITE.match(item)
        if match:
            return float(item)
        if errors == "coerce":
            return None
        raise ValueError(f"Unable to parse string '{item}' at position {position}")
    if is_missing(item):
        return None
    if isinstance(item, (bool, np.bool_, int, np.integer)):
        return int(item)
    if isinstance(item, (float, np.floating, decimal.Decimal)):
        return float(item)
    if errors == "coerce":
        return None
    raise TypeError(f"Invalid object type at position {position}")


def _downcast(column: Any, downcast: str | None) -> Any:
    if downcast is None:
        return column
    name = column.dtype
    nullable = name[:1].isupper()
    values = _convert.numpy_of(column.cast("float64")) if nullable else _convert.numpy_of(column)
    if values.dtype.kind not in "iufb":
        return column
    present = values[~_convert.mask_of(column)] if nullable else values
    if (
        downcast != "float"
        and len(present)
        and (np.isnan(present.astype(float)).any() or not (np.trunc(present) == present).all())
    ):
        return column
    if downcast == "unsigned" and len(present) and present.min() < 0:
        return column
    for target in _DOWNCASTS[downcast]:
        if np.dtype(target).itemsize > values.dtype.itemsize and not nullable:
            break
        if downcast == "float":
            with np.errstate(over="ignore"):
                shrunk = present.astype(target)
            if np.allclose(
                shrunk.astype("float64"), present.astype("float64"), equal_nan=True, rtol=0.0, atol=5e-4
            ):
                return column.cast(target.capitalize() if nullable else target)
            continue
        bounds = np.iinfo(target)
        if not len(present) or (present.min() >= bounds.min and present.max() <= bounds.max):
            if nullable:
                return column.cast(target[0].upper() + target[1:] if target[0] == "i" else "UI" + target[2:])
            return column.cast(target)
    return column


to_numeric.__module__ = "pandas"
