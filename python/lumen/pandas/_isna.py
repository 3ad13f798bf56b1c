"""`isna` and `notna` of anything: one value, an array, a list, a table."""

from __future__ import annotations

import decimal
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas._missing import NA, NaT


def is_missing(value: Any) -> bool:
    """Whether one value is None, NaN, NA or NaT."""
    if value is None or value is NA or value is NaT:
        return True
    if isinstance(value, (float, complex, np.floating, np.complexfloating)):
        return bool(value != value)
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, decimal.Decimal) and value.is_nan()


def _of_array(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind in "fc":
        return np.isnan(array)
    if array.dtype.kind in "mM":
        return np.isnat(array)
    if array.dtype.kind == "O":
        found = np.frompyfunc(is_missing, 1, 1)(array)
        return found.astype(bool) if isinstance(found, np.ndarray) else np.asarray(found, dtype=bool)
    return np.zeros(array.shape, dtype=bool)


def isna(obj: Any) -> Any:
    """Where values are missing."""
    if isinstance(obj, _engine.Index) and obj.nlevels > 1:
        raise NotImplementedError("isna is not defined for MultiIndex")
    if isinstance(obj, type):
        return False
    if isinstance(obj, (_engine.Series, _engine.DataFrame, _engine.Index)) or hasattr(obj, "_column"):
        return obj.isna()
    if isinstance(obj, np.ndarray):
        return _of_array(obj)
    if isinstance(obj, list):
        return _of_array(np.asarray(obj, dtype=object))
    if hasattr(obj, "__array__") and not np.isscalar(obj):
        return _of_array(np.asarray(obj, dtype=object)) if np.ndim(obj) else is_missing(obj)
    return is_missing(obj)


def notna(obj: Any) -> Any:
    """Where values are not missing."""
    missing = isna(obj)
    return not missing if isinstance(missing, bool) else ~missing


isnull = isna
notnull = notna
