"""Indexers that say where windows begin and end, for rolling with a window of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas._extension_dtype import ExtensionDtype
from lumen.pandas._inference import is_list_like

_Bounds = tuple[np.ndarray, np.ndarray]


class BaseIndexer:
    """The base: `get_window_bounds` gives the first position of each window and the one after its last."""

    def __init__(self, index_array: np.ndarray | None = None, window_size: int = 0, **kwargs: Any) -> None:
        self.index_array = index_array
        self.window_size = window_size
        for name, value in kwargs.items():
            setattr(self, name, value)

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> _Bounds:
        """Start and end of each window; a subclass says which."""
        raise NotImplementedError


class FixedForwardWindowIndexer(BaseIndexer):
    """Windows of one length that begin at the row itself."""

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> _Bounds:
        """Start and end of each window; ValueError for `center` and `closed`, which have no meaning here."""
        if center:
            raise ValueError("Forward-looking windows can't have center=True")
        if closed is not None:
            raise ValueError("Forward-looking windows don't support setting the closed argument")
        start = np.arange(0, num_values, 1 if step is None else step, dtype="int64")
        end = start + self.window_size
        if self.window_size:
            end = np.clip(end, 0, num_values)
        return start, end


class VariableOffsetWindowIndexer(BaseIndexer):
    """Windows that reach back by an offset of the calendar."""

    def __init__(
        self,
        index_array: np.ndarray | None = None,
        window_size: int = 0,
        index: Any = None,
        offset: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(index_array, window_size, **kwargs)
        from lumen.pandas import DatetimeIndex

        if not isinstance(index, DatetimeIndex):
            raise ValueError("index must be a DatetimeIndex.")
        if not getattr(offset, "_is_offset", False):
            raise ValueError("offset must be a DateOffset-like object.")
        self.index = index
        self.offset = offset

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> _Bounds:
        """Start and end of each window; NotImplementedError for `step` and `center`."""
        if step is not None:
            raise NotImplementedError("step not implemented for variable offset window")
        if center is not None:
            raise NotImplementedError("center not implemented for variable offset window")
        closed = closed or ("right" if self.index is not None else "both")
        left, right = closed in ("left", "both"), closed in ("right", "both")
        stamps = list(self.index)
        start, end = np.zeros(num_values, dtype="int64"), np.zeros(num_values, dtype="int64")
        for i in range(num_values):
            bound = stamps[i] - self.offset
            first = start[i - 1] if i else 0
            while first < i and (stamps[first] < bound or (stamps[first] == bound and not left)):
                first += 1
            start[i] = first
            last = i + 1 if right else i
            if not right:
                while last > first and stamps[last - 1] == stamps[i]:
                    last -= 1
            end[i] = last
        return start, end


def check_array_indexer(array: Any, indexer: Any) -> Any:
    """An indexer as a numpy array fit for `array`; IndexError or ValueError for one that is not."""
    if not is_list_like(indexer) or isinstance(indexer, tuple):
        return indexer
    dtype = getattr(indexer, "dtype", None)
    if dtype is None:
        values = list(indexer)
        if not values:
            return np.empty(0, dtype=np.intp)
        indexer, dtype = _as_array(values)
    if isinstance(dtype, ExtensionDtype) or not isinstance(indexer, np.ndarray):
        if dtype.kind == "b":
            indexer = np.asarray(indexer.to_numpy(dtype=bool, na_value=False))
        elif dtype.kind in "iu":
            try:
                indexer = np.asarray(indexer, dtype=np.intp)
            except (TypeError, ValueError) as error:
                raise ValueError("Cannot index with an integer indexer containing NA values") from error
    kind = getattr(indexer, "dtype", dtype).kind
    if kind == "b":
        if len(indexer) != len(array):
            raise IndexError(f"Boolean index has wrong length: {len(indexer)} instead of {len(array)}")
        return np.asarray(indexer, dtype=bool)
    if kind in "iu":
        return np.asarray(indexer, dtype=np.intp)
    raise IndexError("arrays used as indices must be of integer or boolean type")


def _as_array(values: list[Any]) -> tuple[np.ndarray, np.dtype]:
    from lumen.pandas._inference import infer_dtype
    from lumen.pandas._missing import is_missing

    missing = [is_missing(v) for v in values]
    kind = infer_dtype(values)
    if any(missing) and kind == "integer":
        raise ValueError("Cannot index with an integer indexer containing NA values")
    if any(missing) and kind == "boolean":
        values = [False if gone else v for v, gone in zip(values, missing, strict=True)]
    made = np.asarray(values) if kind in ("integer", "boolean") else np.asarray(values, dtype=object)
    return made, made.dtype


for _object in (BaseIndexer, FixedForwardWindowIndexer, VariableOffsetWindowIndexer, check_array_indexer):
    _object.__module__ = "pandas.api.indexers"
del _object
