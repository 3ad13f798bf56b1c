"""`[]`, `loc`, `iloc`, `at`, `iat` and assignment: the brackets of series and frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert


def is_bool_key(key: Any) -> bool:
    """A mask: booleans by position, or by label in a series."""
    if isinstance(key, (_engine.Series, _engine.Index)) or hasattr(key, "_column"):
        return _convert.column_of(key).dtype in ("bool", "boolean")
    if isinstance(key, np.ndarray):
        return key.dtype == bool
    return isinstance(key, list) and bool(key) and all(isinstance(item, (bool, np.bool_)) for item in key)


def mask_positions(key: Any, length: int) -> list[int]:
    """The rows that a mask by position keeps."""
    column = _convert.column_of(key)
    if len(column) != length:
        raise IndexError(f"Boolean index has wrong length: {len(column)} instead of {length}")
    bits = column.tolist()
    return [row for row, bit in enumerate(bits) if bit is True]


class SeriesSelection:
    """The brackets of a series."""

    def _getitem(self, key: Any) -> Any:
        if key is Ellipsis:
            return self.copy()
        if callable(key):
            return self[key(self)]
        if isinstance(key, slice):
            return self._sliced(key)
        if is_bool_key(key):
            if isinstance(key, _engine.Series):
                return self._filter(key)
            return self._take(mask_positions(key, len(self)))
        if _convert.is_list_like(key) and not isinstance(key, tuple):
            return self._located(list(key))
        return self._located(key)

    def _sliced(self, key: slice) -> Any:
        ends = (key.start, key.stop, key.step)
        if all(end is None or isinstance(end, (int, np.integer)) for end in ends):
            positions = range(len(self))[key]
            if positions.step == 1:
                return self._slice(positions.start, max(positions.start, positions.stop))
            return self._take(list(positions))
        return self._located(key)


class FrameSelection:
    """The brackets of a frame."""

    def _getitem(self, key: Any) -> Any:
        if callable(key):
            return self[key(self)]
        if isinstance(key, _engine.DataFrame):
            return self.where(key)
        if isinstance(key, slice):
            ends = (key.start, key.stop, key.step)
            if all(end is None or isinstance(end, (int, np.integer)) for end in ends):
                positions = range(len(self))[key]
                if positions.step == 1:
                    return self._slice(positions.start, max(positions.start, positions.stop))
                return self._take(list(positions))
            return self._located(key, None)
        if is_bool_key(key):
            if isinstance(key, _engine.Series):
                return self._filter(key)
            if len(key) != len(self):
                raise ValueError(f"Item wrong length {len(key)} instead of {len(self)}.")
            return self._take(mask_positions(key, len(self)))
        if _convert.is_list_like(key) and not isinstance(key, tuple):
            return self._columns_named(list(key))
        return self._column_named(key)
