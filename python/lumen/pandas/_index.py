"""`Index` and its subclasses: labels of an axis.

The labels are the engine's and never change; a name may. Refuses to know series and frames.
"""

from __future__ import annotations

from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._missing import NA  # noqa: F401  (shown by `isna` in reprs of object labels)


def ensure_index(labels: Any, copy: bool = False) -> Index:
    """Labels as an index: the same one where they are an index already."""
    if isinstance(labels, Index):
        return labels
    return Index(labels, tupleize_cols=True)


def default_index(length: int) -> RangeIndex:
    """0, 1, 2 … for rows without labels."""
    return _engine.Index._of_range(0, length, 1, None)


class Index(_engine.Index):
    """Labels of one axis: any hashable values, duplicates allowed."""

    __module__ = "pandas"

    def __new__(
        cls, data: Any = None, dtype: Any = None, copy: bool | None = None, name: Hashable = None, tupleize_cols: bool = True
    ) -> Index:
        if data is None:
            raise TypeError(f"{cls.__name__}(...) must be called with a collection of some kind, None was passed")
        if not _convert.is_list_like(data):
            raise TypeError(
                f"{cls.__name__}(...) must be called with a collection of some kind, {data!r} was passed"
            )
        if name is None:
            name = getattr(data, "name", None)
        hash(name)
        if isinstance(data, range) and dtype is None:
            return _engine.Index._of_range(data.start, data.stop, data.step, name)
        if isinstance(data, _engine.Index) and dtype is None:
            made = data._view()
            made._set_names([name] if made.nlevels == 1 else data._names)
            return made
        if isinstance(data, abc.Set) and not isinstance(data, abc.KeysView):
            raise TypeError("Set type is unordered")
        if not isinstance(data, (np.ndarray, _engine.Series, _engine.Index)) and not hasattr(data, "_column"):
            data = list(data)
            if tupleize_cols and data and dtype is None and all(isinstance(item, tuple) for item in data):
                return MultiIndex.from_tuples(data, names=name if isinstance(name, (list, tuple)) else None)
        column = _convert.column_of(data, dtype)
        if dtype is None and not isinstance(data, (np.ndarray, _engine.Series, _engine.Index)):
            column = column.inferred()
        elif isinstance(data, np.ndarray) and data.dtype == object and dtype is None:
            column = column.inferred()
        return cls._from_column(column, name)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do."""

    @classmethod
    def _from_column(cls, column: _engine.Column, name: Hashable = None) -> Index:
        return _engine.Index._of_column(column, name)

    # What the labels are.

    @property
    def name(self) -> Hashable:
        return self._name

    @name.setter
    def name(self, value: Hashable) -> None:
        hash(value)
        self._set_names([value])

    @property
    def names(self) -> Any:
        return FrozenList(self._names)

    @names.setter
    def names(self, values: Any) -> None:
        if not _convert.is_list_like(values):
            raise ValueError("Names must be a list-like")
        values = list(values)
        if len(values) != self.nlevels:
            raise ValueError(f"Length of new names must be {self.nlevels}, got {len(values)}")
        self._set_names(values)

    @property
    def dtype(self) -> Any:
        return _convert.dtype_object(self._values)

    @property
    def values(self) -> Any:
        return _convert.numpy_of(self._values)

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    @property
    def size(self) -> int:
        return len(self)

    @property
    def ndim(self) -> int:
        return 1

    @property
    def empty(self) -> bool:
        return len(self) == 0

    @property
    def hasnans(self) -> bool:
        return bool(_convert.mask_of(self._values).any())

    def __iter__(self) -> Any:
        return iter(self.tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = _convert.numpy_of(self._values)
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def to_numpy(self, dtype: Any = None, copy: bool = False, na_value: Any = None) -> np.ndarray:
        return self.__array__(dtype, copy)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self._get(int(key))
        if isinstance(key, slice):
            positions = range(len(self))[key]
            if self._range is not None:
                start, _, step = self._range
                return _engine.Index._of_range(
                    start + positions.start * step, start + positions.stop * step, step * positions.step, self._name
                )
            if positions.step == 1:
                return self._slice(positions.start, max(positions.stop, positions.start))
            return self._take(list(positions))
        key = np.asarray(key)
        if key.dtype == bool:
            if len(key) != len(self):
                raise IndexError(
                    f"boolean index did not match indexed array along axis 0; size of axis is {len(self)} but size of"
                    f" corresponding boolean axis is {len(key)}"
                )
            return self._take(np.flatnonzero(key).tolist())
        if key.size == 0:
            return self._take([])
        if key.dtype.kind not in "iu":
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays"
                " are valid indices"
            )
        return self._take(np.where(key < 0, key + len(self), key).tolist())

    def equals(self, other: Any) -> bool:
        return isinstance(other, _engine.Index) and self._equals(other)

    def identical(self, other: Any) -> bool:
        return isinstance(other, _engine.Index) and type(self) is type(other) and self._identical(other)

    def copy(self, name: Hashable = None, deep: bool = False) -> Index:
        made = self._view()
        if name is not None:
            made.name = name
        return made

    def astype(self, dtype: Any, copy: bool = True) -> Index:
        dtype = pandas_dtype(dtype)
        if dtype == self.dtype:
            return self._view() if copy else self
        return Index._from_column(_convert.cast(self._values, dtype), self._name)

    def rename(self, name: Any, *, inplace: bool = False) -> Index | None:
        target = self if inplace else self._view()
        if self.nlevels > 1:
            target.names = name
        else:
            target.name = name
        return None if inplace else target

    def __repr__(self) -> str:
        items = ", ".join(repr(item) for item in self.tolist())
        if self._range is not None:
            start, stop, step = self._range
            body = f"start={start}, stop={stop}, step={step}"
        else:
            body = f"[{items}], dtype='{self.dtype}'"
        named = f", name={self._name!r}" if self._name is not None else ""
        return f"{type(self).__name__}({body}{named})"


class RangeIndex(Index):
    """Labels that are Python's `range`."""

    __module__ = "pandas"


class CategoricalIndex(Index):
    """Labels that are categories."""

    __module__ = "pandas"


class DatetimeIndex(Index):
    """Labels that are times."""

    __module__ = "pandas"


class TimedeltaIndex(Index):
    """Labels that are durations."""

    __module__ = "pandas"


class MultiIndex(Index):
    """Labels of several levels."""

    __module__ = "pandas"

    @classmethod
    def from_tuples(cls, tuples: Any, sortorder: Any = None, names: Any = None) -> MultiIndex:
        rows = [tuple(row) for row in tuples]
        width = max((len(row) for row in rows), default=len(names) if names else 0)
        columns = [_convert.column_of([row[level] for row in rows]) for level in range(width)]
        return _engine.Index._of_columns(columns, list(names) if names is not None else [None] * width)

    @classmethod
    def from_arrays(cls, arrays: Any, sortorder: Any = None, names: Any = None) -> MultiIndex:
        columns = [_convert.column_of(array) for array in arrays]
        if names is None:
            names = [getattr(array, "name", None) for array in arrays]
        return _engine.Index._of_columns(columns, list(names))


class FrozenList(list):
    """The names of levels: a list that refuses to change."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def _refuse(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"'{type(self).__name__}' does not support mutable operations.")

    __setitem__ = __delitem__ = append = extend = insert = pop = remove = sort = clear = _refuse  # type: ignore

    def __repr__(self) -> str:
        return f"FrozenList({list(self)!r})"
