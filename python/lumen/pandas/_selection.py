"""`[]` of series and frames, and the doors to `loc`, `iloc`, `at` and `iat`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._col import resolved
from lumen.pandas._assigning import FrameAssignment, SeriesAssignment
from lumen.pandas._axes import FrameAxes, SeriesAxes
from lumen.pandas._errors import InvalidIndexError
from lumen.pandas._indexing import _AtIndexer, _iAtIndexer, _iLocIndexer, _LocIndexer, select
from lumen.pandas._locating import (
    Found,
    by_label,
    check_indexer,
    is_integer,
    is_mask,
    label_slice,
    located_list,
    mask_bits,
)


_MANY_AXES = (
    "Multi-dimensional indexing (e.g. `obj[:, None]`) is no longer supported. Convert to a numpy array before indexing "
    "instead."
)


def row_slice(index: Any, key: slice) -> Any:
    """The rows of a slice in plain brackets: positions for integers, else labels."""
    ends = (key.start, key.stop, key.step)
    if all(end is None or is_integer(end) for end in ends):
        return slice(*(None if end is None else int(end) for end in ends))
    if getattr(index.dtype, "kind", "O") in "iu":
        for end in ends:
            if end is not None and not is_integer(end):
                raise TypeError(
                    f"cannot do slice indexing on {type(index).__name__} with these indexers [{end}] of type "
                    f"{type(end).__name__}"
                )
    return label_slice(index, key)


def frame_mask(frame: Any, key: Any) -> np.ndarray:
    """The rows that a mask in plain brackets keeps."""
    if isinstance(key, _engine.Series):
        if not key.index.equals(frame.index):
            warnings.warn(
                "Boolean Series key will be reindexed to match DataFrame index.", UserWarning, stacklevel=4
            )
    elif len(key) != len(frame):
        raise ValueError(f"Item wrong length {len(key)} instead of {len(frame)}.")
    return np.flatnonzero(mask_bits(key, frame.index))


class _Doors:
    """Selection by label and by position."""

    @property
    def loc(self) -> Any:
        """Selection by label."""
        return _LocIndexer(self)

    @property
    def iloc(self) -> Any:
        """Selection by position."""
        return _iLocIndexer(self)

    @property
    def at(self) -> Any:
        """One cell by its labels."""
        return _AtIndexer(self)

    @property
    def iat(self) -> Any:
        """One cell by its positions."""
        return _iAtIndexer(self)


class SeriesSelection(SeriesAssignment, SeriesAxes, _Doors):
    """The brackets of a series."""

    def _getitem(self, key: Any) -> Any:
        check_indexer(key)
        if key is Ellipsis:
            return self.copy()
        if callable(key) and not isinstance(key, type):
            return self[resolved(key, self)]
        if isinstance(key, slice):
            return select(self, Found(row_slice(self.index, key)))
        if is_mask(key):
            return select(self, Found(np.flatnonzero(mask_bits(key, self.index))))
        if isinstance(key, tuple) and self.index.nlevels == 1:
            return self._by_tuple(key)
        if _convert.is_list_like(key) and not isinstance(key, tuple):
            if isinstance(key, _engine.DataFrame):
                raise TypeError(
                    "Indexing a Series with DataFrame is not supported, use the appropriate DataFrame column"
                )
            if isinstance(key, np.ndarray) and key.ndim > 1:
                raise ValueError(_MANY_AXES)
            return select(self, Found(located_list(self.index, key, "index")))
        try:
            hash(key)
        except TypeError:
            raise InvalidIndexError(key) from None
        return select(self, by_label(self.index, key, "index"))

    def _by_tuple(self, key: tuple[Any, ...]) -> Any:
        try:
            return select(self, by_label(self.index, key, "index"))
        except (KeyError, TypeError, InvalidIndexError):
            if any(part is None for part in key):
                raise ValueError(_MANY_AXES) from None
            raise KeyError("key of type tuple not found and not a MultiIndex") from None


class FrameSelection(FrameAssignment, FrameAxes, _Doors):
    """The brackets of a frame."""

    def _getitem(self, key: Any) -> Any:
        check_indexer(key)
        if callable(key) and not isinstance(key, type):
            return self[resolved(key, self)]
        if isinstance(key, _engine.DataFrame):
            return self.where(key)
        if isinstance(key, slice):
            return select(self, Found(row_slice(self.index, key)))
        if isinstance(key, np.ndarray) and key.ndim == 2:
            return self.where(key)
        if is_mask(key):
            return select(self, Found(frame_mask(self, key)))
        if _convert.is_list_like(key) and not isinstance(key, tuple):
            return select(self, Found(slice(None)), Found(located_list(self.columns, key, "columns")))
        try:
            hash(key)
        except TypeError:
            raise InvalidIndexError(key) from None
        found = by_label(self.columns, key, "columns")
        made = select(self, Found(slice(None)), found)
        if found.index is not None and isinstance(made, _engine.DataFrame) and made.shape[1] == 1:
            label = found.index[0]
            if label == "" or isinstance(label, tuple) and all(part == "" for part in label):
                series = made._series(0)
                series.name = key
                return series
        return made
