"""What numpy's functions refuse of our objects before they are computed on plain arrays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas._extension import ExtensionArray
from lumen.pandas._missing import NA, NaT

_LOGICAL = ("logical_and", "logical_or", "logical_xor", "logical_not")
_TIMES = ("datetime64", "timedelta64")
_TIME_SCALARS = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)


def refuse_logic_of_times(ufunc: Any, inputs: tuple[Any, ...]) -> None:
    """TypeError for `logical_and` and its like on dates and durations, which have no truth."""
    if ufunc.__name__ not in _LOGICAL or any(_computes_itself(item) for item in inputs):
        return
    for item in inputs:
        dtypes = item._dtypes if isinstance(item, _engine.DataFrame) else [_time_dtype(item)]
        held = next((dtype for dtype in dtypes if dtype is not None and str(dtype).startswith(_TIMES)), None)
        if held is not None:
            raise TypeError(f"Object with dtype {held} cannot perform the numpy op {ufunc.__name__}")
        if item is NaT or isinstance(item, _TIME_SCALARS) or getattr(item, "_is_offset", False):
            raise TypeError(
                f"Object of type {type(item).__name__} cannot perform the numpy op {ufunc.__name__}"
            )


def _time_dtype(item: Any) -> Any:
    """The dtype of several values; of categories that of what they stand for."""
    if isinstance(item, np.generic) or not hasattr(item, "__len__"):
        return None
    dtype = getattr(item, "dtype", None)
    categories = getattr(dtype, "categories", None)
    return dtype if categories is None else categories.dtype


def _computes_itself(item: Any) -> bool:
    """Whether an operand of somebody else's has its own way with numpy's functions."""
    own = getattr(type(item), "__array_ufunc__", None)
    if own is None or own is np.ndarray.__array_ufunc__:
        return False
    known = (_engine.Series, _engine.DataFrame, _engine.Index, ExtensionArray, np.generic, np.ndarray)
    # By type: a symbolic operand answers every question that is asked of it itself.
    return item is not NA and not issubclass(type(item), known)
