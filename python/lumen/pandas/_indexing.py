"""`loc`, `iloc`, `at` and `iat`: selection by label and by position. Assignment stands in `_assigning`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _chained, _convert
from lumen.pandas._assigning import set_located
from lumen.pandas._col import resolved
from lumen.pandas._errors import IndexingError, InvalidIndexError, Pandas4Warning
from lumen.pandas._index import Index, RangeIndex
from lumen.pandas._locating import (
    Found,
    as_array,
    by_label,
    by_position,
    check_indexer,
    is_integer,
    is_mask,
)
from lumen.pandas._warn import warn


def select(obj: Any, rows: Found, columns: Found | None = None) -> Any:
    """The cells at positions."""
    if isinstance(obj, _engine.Series):
        return _select_series(obj, rows)
    if columns is not None and not _is_all(columns.rows):
        if columns.is_one:
            series = obj._series(columns.rows)
            return series if _is_all(rows.rows) else _select_series(series, rows)
        picked = as_array(columns.rows, obj.shape[1])
        obj = obj._take_columns(picked.tolist())
        if columns.index is not None:
            obj.columns = columns.index
    if rows.is_one:
        return obj._row(rows.rows)
    if _is_all(rows.rows):
        return obj.copy()
    made = _taken(obj, rows.rows)
    if rows.index is not None:
        made.index = rows.index
    return made


def _is_all(rows: Any) -> bool:
    return isinstance(rows, slice) and rows.start is None and rows.stop is None and rows.step in (None, 1)


def _taken(obj: Any, rows: Any) -> Any:
    length = len(obj)
    if isinstance(rows, slice):
        start, stop, step = rows.indices(length)
        if step == 1:
            return obj._slice(start, max(start, stop))
        made = obj._take(list(range(start, stop, step)))
        made.index = obj.index[rows]
        return made
    return obj._take(rows.tolist())


def _select_series(obj: Any, rows: Found) -> Any:
    if rows.is_one:
        return obj._at(rows.rows)
    if _is_all(rows.rows):
        return obj.copy()
    made = _taken(obj, rows.rows)
    if rows.index is not None:
        made.index = rows.index
    return made


# How many references an object without a holder has, seen from its indexer.
_INDEXED = 2


# Types of keys that are nothing but labels, and of indexes that look for them as they are.
_LABELS = frozenset((int, str))
_PLAIN = frozenset((Index, RangeIndex))


def _plain_row(index: Any, label: Any) -> int | None:
    """The row of a label that stands once in plain labels; None where it takes more to say. KeyError where it stands nowhere."""
    if type(index) not in _PLAIN:
        return None
    found = index._get_loc(label)
    return found if type(found) is int else None


class _Indexer:
    """What the brackets of one of the four are given."""

    name = ""

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    @property
    def ndim(self) -> int:
        return self.obj.ndim

    def __iter__(self) -> Any:
        raise TypeError(f"'{type(self).__name__}' object is not iterable")

    def _resolved(self, key: Any) -> Any:
        """Functions in the key are called with the object."""
        if isinstance(key, tuple):
            key = tuple(list(part) if isinstance(part, type(iter([]))) else part for part in key)
            return tuple(resolved(part, self.obj) for part in key)
        return resolved(key, self.obj)

    def _axes(self) -> list[Any]:
        return [self.obj.index] if self.obj.ndim == 1 else [self.obj.index, self.obj.columns]

    def _expanded(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        """Dots stand for the axes that nothing is said of."""
        if Ellipsis in [part for part in key if part is Ellipsis]:
            if sum(part is Ellipsis for part in key) > 1:
                raise IndexingError("indexer may only contain one '...' entry")
            place = next(n for n, part in enumerate(key) if part is Ellipsis)
            rest = self.ndim - (len(key) - 1)
            key = key[:place] + (slice(None),) * max(rest, 0) + key[place + 1 :]
        if len(key) > self.ndim:
            raise IndexingError("Too many indexers")
        return key


class _LocIndexer(_Indexer):
    """Selection by label."""

    name = "loc"

    def __call__(self, axis: Any = None) -> Any:
        made = _LocIndexer(self.obj)
        made.__dict__["axis"] = self.obj._get_axis_number(axis) if axis is not None else None
        return made

    def __getitem__(self, key: Any) -> Any:
        axis = self.__dict__.get("axis")
        if type(key) in _LABELS and axis is None:
            found = _plain_row(self.obj.index, key)
            if found is not None:
                return self.obj._at(found) if self.obj.ndim == 1 else self.obj._row(found)
        check_indexer(key)
        key = self._resolved(key)
        rows, columns = self._found(key, axis)
        return select(self.obj, rows, columns)

    def _found(self, key: Any, axis: Any = None) -> tuple[Found, Found | None]:
        obj = self.obj
        index = obj.index
        if axis == 1:
            return Found(slice(None)), by_label(obj.columns, key, "columns")
        if axis == 0 or not isinstance(key, tuple):
            if key is Ellipsis:
                return Found(slice(None)), None
            return by_label(index, key, "index"), None
        if index.nlevels > 1:
            found = self._whole_key(key)
            if found is not None:
                return found
        if obj.ndim == 1:
            if len(key) == 1 and index.nlevels == 1:
                return by_label(index, key[0], "index"), None
            key = self._expanded(key)
            return by_label(index, key[0], "index"), None
        if not key:
            return Found(slice(None)), None
        key = self._expanded(key)
        rows = by_label(index, key[0], "index")
        if len(key) == 1:
            return rows, None
        return rows, by_label(obj.columns, key[1], "columns")

    def _whole_key(self, key: tuple[Any, ...]) -> Any:
        """The rows that a tuple means as one key of several levels; None where it means rows and columns."""
        obj, index = self.obj, self.obj.index
        nested = any(
            isinstance(part, slice) or _convert.is_list_like(part) and not isinstance(part, tuple)
            for part in key
        )
        if obj.ndim == 1:
            if key and isinstance(key[0], tuple) and len(key) == 1:
                return by_label(index, key[0], "index"), None
            return by_label(index, key, "index"), None
        if nested or not key:
            if (
                all(not isinstance(part, tuple) for part in key)
                and len(key) > 2
                and len(key) <= index.nlevels
            ):
                return by_label(index, key, "index"), None
            return None
        if any(isinstance(part, tuple) or part is Ellipsis for part in key):
            return None
        try:
            return by_label(index, key, "index"), None
        except (KeyError, InvalidIndexError, TypeError, IndexingError):
            if len(key) > 2 and len(key) <= index.nlevels:
                raise
            return None

    def __setitem__(self, key: Any, value: Any) -> None:
        if sys.getrefcount(self.obj) <= _INDEXED:
            _chained.warn_of_setting()
        check_indexer(key)
        if isinstance(key, np.ndarray) and key.ndim > 2:
            raise ValueError("Index data must be 1-dimensional")
        set_located(self.obj, self._resolved(key), value)


class _iLocIndexer(_Indexer):  # noqa: N801
    """Selection by position."""

    name = "iloc"

    def __call__(self, axis: Any = None) -> Any:
        made = _iLocIndexer(self.obj)
        made.__dict__["axis"] = self.obj._get_axis_number(axis) if axis is not None else None
        return made

    def __getitem__(self, key: Any) -> Any:
        obj = self.obj
        if type(key) is int and 0 <= key < len(obj) and "axis" not in self.__dict__:
            return obj._at(key) if obj.ndim == 1 else obj._row(key)
        check_indexer(key)
        key = self._resolved(key)
        rows, columns = self._found(key)
        return select(self.obj, rows, columns)

    def _found(self, key: Any) -> tuple[Found, Found | None]:
        obj = self.obj
        axis = self.__dict__.get("axis")
        if axis == 1:
            return Found(slice(None)), by_position(obj.columns, key)
        if key is Ellipsis:
            return Found(slice(None)), None
        if isinstance(key, tuple):
            key = self._expanded(key)
            if obj.ndim == 1 or len(key) < 2:
                return by_position(obj.index, key[0] if key else slice(None)), None
            single = not (is_integer(key[0]) and is_integer(key[1]))
            return by_position(obj.index, key[0], single), by_position(obj.columns, key[1], single)
        if isinstance(key, _engine.DataFrame):
            raise TypeError(
                "DataFrame indexer is not allowed for .iloc\nConsider using .loc for automatic alignment."
            )
        return by_position(obj.index, key), None

    def __setitem__(self, key: Any, value: Any) -> None:
        if sys.getrefcount(self.obj) <= _INDEXED:
            _chained.warn_of_setting()
        check_indexer(key)
        from lumen.pandas._assigning import set_found

        key = self._resolved(key)
        parts = key if isinstance(key, tuple) else (key,)
        for part, labels in zip(parts, self._axes()):
            if isinstance(part, dict):
                raise IndexError("iloc cannot enlarge its target object")
            if isinstance(part, np.ndarray) and part.ndim > 2:
                raise ValueError(f"Cannot set values with ndim > {self.obj.ndim}")
            if isinstance(part, (float, np.floating)):
                raise IndexError(
                    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are "
                    "valid indices"
                )
            if is_integer(part) and not -len(labels) <= part < len(labels):
                raise IndexError("iloc cannot enlarge its target object")
            if _convert.is_list_like(part) and not is_mask(part):
                array = np.asarray(part)
                beyond = array.dtype.kind in "iu" and ((array >= len(labels)) | (array < -len(labels))).any()
                if beyond:
                    raise IndexError("iloc cannot enlarge its target object")
        rows, columns = self._found(key)
        set_found(self.obj, rows, columns, value, by_label=False)


class _AtIndexer(_Indexer):
    """One cell by its labels."""

    name = "at"

    def __getitem__(self, key: Any) -> Any:
        obj = self.obj
        if obj.ndim == 1:
            label = key[0] if isinstance(key, tuple) and obj.index.nlevels == 1 and len(key) == 1 else key
            self._check(label if not isinstance(key, tuple) else None)
            if isinstance(key, tuple) and obj.index.nlevels == 1 and len(key) > 1:
                raise ValueError("Invalid call for scalar access (getting)!")
            return obj.loc[label]
        if not isinstance(key, tuple):
            raise TypeError("DataFrame._get_value() missing 1 required positional argument: 'col'")
        if len(key) == 2 and type(key[0]) in _LABELS and type(key[1]) in _LABELS:
            try:
                place, found = _plain_row(obj.columns, key[1]), _plain_row(obj.index, key[0])
            except KeyError:
                # Which of the two is named depends on more.
                place = found = None
            if place is not None and found is not None:
                return obj._at(found, place)
        if obj.index.is_unique and obj.columns.is_unique:
            self._check(*key)
            row, column = key if len(key) == 2 else (key[:-1], key[-1])
            place = obj.columns.get_loc(column)
            found = obj.index.get_loc(row)
            if is_integer(place) and is_integer(found):
                return obj._at(int(found), int(place))
        return obj.loc[key]

    def _check(self, *labels: Any) -> None:
        for label in labels:
            if isinstance(label, (list, np.ndarray, slice)) or isinstance(label, _engine.Series):
                raise InvalidIndexError(label)

    def __setitem__(self, key: Any, value: Any) -> None:
        if sys.getrefcount(self.obj) <= _INDEXED:
            _chained.warn_of_setting()
        obj = self.obj
        if obj.ndim == 1:
            self._check(key if not isinstance(key, tuple) else None)
            self._warn_of_growth((key,), "Series")
            obj.loc[key] = value
            return
        if not isinstance(key, tuple) or len(key) != 2:
            raise ValueError("Not enough indexers for scalar access (setting)!")
        self._check(*key)
        self._warn_of_growth(key, "DataFrame")
        obj.loc[key] = value

    def _warn_of_growth(self, labels: Any, kind: str) -> None:
        """A cell that is not there yet is made, for a while still."""
        for label, axis in zip(labels, self.obj.axes):
            if label not in axis:
                warn(
                    f"Setting a value on a {kind} via .at with a key that does not exist in the index is deprecated and"
                    " will raise a KeyError in a future version. Use .loc instead.",
                    Pandas4Warning,
                )
                return


class _iAtIndexer(_Indexer):  # noqa: N801
    """One cell by its positions."""

    name = "iat"

    def _positions(self, key: Any) -> tuple[Any, ...]:
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) != self.ndim:
            if self.ndim == 2 and len(parts) == 1:
                raise TypeError("DataFrame._get_value() missing 1 required positional argument: 'col'")
            if len(parts) < self.ndim:
                raise ValueError("Not enough indexers for scalar access (setting)!")
            raise ValueError("Invalid call for scalar access (getting)!")
        for part in parts:
            if not is_integer(part):
                raise ValueError("iAt based indexing can only have integer indexers")
        counted = []
        for part, labels in zip(parts, self._axes()):
            if not -len(labels) <= part < len(labels):
                raise IndexError(f"index {part} is out of bounds for axis 0 with size {len(labels)}")
            counted.append(int(part) + (len(labels) if part < 0 else 0))
        return tuple(counted)

    def __getitem__(self, key: Any) -> Any:
        return self.obj._at(*self._positions(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) != self.ndim:
            raise ValueError("Not enough indexers for scalar access (setting)!")
        for part in parts:
            if not is_integer(part):
                raise ValueError("iAt based indexing can only have integer indexers")
        if sys.getrefcount(self.obj) <= _INDEXED:
            _chained.warn_of_setting()
        self.obj.iloc[key] = value


class _IndexSlice:
    """Gives back what stands in its brackets: slices of several levels."""

    def __getitem__(self, arg: Any) -> Any:
        return arg


IndexSlice = _IndexSlice()
