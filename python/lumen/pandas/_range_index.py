"""`RangeIndex`: labels that are Python's `range`. Operations that stay regular stay a range."""

from __future__ import annotations

import operator
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _numpy_arguments
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._index import Index, check_name


def _integer(value: Any) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise TypeError(f"Wrong type {type(value)} for value {value}")


class RangeIndex(Index):
    """Evenly spaced integers."""

    __module__ = "pandas"
    _typ = "rangeindex"

    def __new__(
        cls,
        start: Any = None,
        stop: Any = None,
        step: Any = None,
        dtype: Any = None,
        copy: bool = False,
        name: Hashable = None,
    ) -> Any:
        _check_dtype(dtype)
        name = check_name(name, start, cls.__name__)
        if isinstance(start, RangeIndex):
            return start.copy(name=name)
        if isinstance(start, range):
            return _engine.Index._of_range(start.start, start.stop, start.step, name)
        if start is None and stop is None and step is None:
            raise TypeError("RangeIndex(...) must be called with integers")
        first = 0 if start is None else _integer(start)
        if stop is None:
            first, last = 0, first
        else:
            last = _integer(stop)
        by = 1 if step is None else _integer(step)
        if by == 0:
            raise ValueError("Step must not be zero")
        return _engine.Index._of_range(first, last, by, name)

    @classmethod
    def from_range(cls, data: range, name: Any = None, dtype: Any = None) -> Any:
        """The index of a range."""
        if not isinstance(data, range):
            raise TypeError(
                f"{cls.__name__}(...) must be called with object coercible to a range, {data!r} was passed"
            )
        _check_dtype(dtype)
        return _engine.Index._of_range(data.start, data.stop, data.step, name)

    @property
    def start(self) -> int:
        """The first label."""
        return self._range[0]

    @property
    def stop(self) -> int:
        """The label behind the last."""
        return self._range[1]

    @property
    def step(self) -> int:
        """The distance between labels."""
        return self._range[2]

    def _labels(self) -> range:
        return range(*self._range)

    @property
    def dtype(self) -> Any:
        return np.dtype(np.int64)

    @property
    def inferred_type(self) -> str:
        return "integer"

    @property
    def hasnans(self) -> bool:
        return False

    @property
    def nbytes(self) -> int:
        import sys

        labels = self._labels()
        return sys.getsizeof(labels) + sum(
            sys.getsizeof(getattr(labels, part)) for part in ("start", "stop", "step")
        )

    def memory_usage(self, deep: bool = False) -> int:
        return self.nbytes

    def __iter__(self) -> Any:
        return iter(self._labels())

    def tolist(self) -> list[int]:
        return list(self._labels())

    def __contains__(self, label: Any) -> bool:
        hash(label)
        try:
            return operator.index(label) in self._labels() and not isinstance(label, (bool, np.bool_))
        except TypeError:
            return super().__contains__(label)

    def _get(self, position: int) -> int:
        try:
            return self._labels()[position]
        except IndexError:
            raise IndexError(f"index {position} is out of bounds for axis 0 with size {len(self)}") from None

    def _extreme(self, how: str, axis: Any, skipna: bool) -> Any:
        self._check_reduction(axis)
        if len(self) == 0:
            return np.nan
        labels = self._labels()
        return min(labels[0], labels[-1]) if how == "min" else max(labels[0], labels[-1])

    def _logical(self, name: str) -> bool:
        labels = self._labels()
        return 0 not in labels if name == "all" else any(labels)

    def copy(self, name: Any = None, deep: bool = False) -> Any:
        return super().copy(name=name, deep=deep)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        return super().astype(dtype, copy)

    def argsort(self, *args: Any, **kwargs: Any) -> np.ndarray:
        ascending = kwargs.pop("ascending", True)
        kwargs.pop("na_position", None)
        _numpy_arguments.check("argsort", args, kwargs)
        rows = np.arange(len(self), dtype=np.intp)
        return rows if (self.step > 0) == bool(ascending) else rows[::-1]

    def sort_values(
        self,
        *,
        return_indexer: bool = False,
        ascending: bool = True,
        na_position: str = "last",
        key: Any = None,
    ) -> Any:
        if key is not None or len(self) <= 1:
            return super().sort_values(
                return_indexer=return_indexer, ascending=ascending, na_position=na_position, key=key
            )
        turned = (self.step > 0) != bool(ascending)
        made = self._reversed() if turned else self._view()
        if not return_indexer:
            return made
        rows = np.arange(len(self), dtype=np.intp)
        return made, rows[::-1] if turned else rows

    def _reversed(self) -> Any:
        labels = self._labels()[::-1]
        return _engine.Index._of_range(labels.start, labels.stop, labels.step, self._name)

    def factorize(self, sort: bool = False, use_na_sentinel: bool = True) -> tuple[np.ndarray, Any]:
        rows = np.arange(len(self), dtype=np.intp)
        if sort and self.step < 0:
            return rows[::-1], self._reversed()
        return rows, self._view()

    def where(self, cond: Any, other: Any = None) -> Any:
        plain = Index._from_column(self._values, self._name)
        return plain.where(cond, other)

    def round(self, decimals: int = 0) -> Any:
        if decimals >= 0:
            return self.copy()
        return super().round(decimals)

    def searchsorted(self, value: Any, side: str = "left", sorter: Any = None) -> Any:
        return np.asarray(self).searchsorted(value, side=side, sorter=sorter)

    def _sliced(self, key: slice) -> Any:
        labels = self._labels()[key]
        return _engine.Index._of_range(labels.start, labels.stop, labels.step, self._name)

    # Operators that keep a range.

    def _operate(self, kind: str, op: str, other: Any, reflected: bool = False) -> Any:
        if (
            kind == "arithmetic"
            and isinstance(other, (int, np.integer))
            and not isinstance(other, (bool, np.bool_))
        ):
            labels, other = self._labels(), int(other)
            start, stop, step = labels.start, labels.stop, labels.step
            made = None
            if op == "add":
                made = (start + other, stop + other, step)
            elif op == "sub":
                made = (
                    (other - start, other - stop, -step) if reflected else (start - other, stop - other, step)
                )
            elif op == "mul" and other != 0:
                made = (start * other, stop * other, step * other)
            elif op == "floordiv" and not reflected and other != 0:
                if len(self) == 0 or start % other == 0 and step % other == 0:
                    start, step = start // other, step // other
                    made = (start, start + len(self) * step, step or 1)
                elif len(self) == 1:
                    made = (start // other, start // other + 1, 1)
            if made is not None and max(abs(part) for part in made) < 2**63:
                return _engine.Index._of_range(*made, self._name)
        return super()._operate(kind, op, other, reflected)

    def __neg__(self) -> Any:
        labels = self._labels()
        return _engine.Index._of_range(-labels.start, -labels.stop, -labels.step, self._name)

    def __pos__(self) -> Any:
        return self._view()

    def __abs__(self) -> Any:
        labels = self._labels()
        if len(labels) == 0 or min(labels[0], labels[-1]) >= 0:
            return self.copy()
        if max(labels[0], labels[-1]) <= 0:
            return -self
        return super().__abs__()

    def __invert__(self) -> Any:
        labels = self._labels()
        if len(labels) == 0:
            return self[:0].copy()
        return _engine.Index._of_range(~labels.start, ~labels.stop, -labels.step, self._name)


def _check_dtype(dtype: Any) -> None:
    if dtype is None:
        return
    dtype = pandas_dtype(dtype)
    if getattr(dtype, "kind", "O") != "i" or dtype != np.dtype(np.int64):
        raise ValueError(f"Incorrect `dtype` passed: expected signed integer, received {dtype}")
