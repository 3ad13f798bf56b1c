"""`IntervalIndex` and `interval_range`. The ends, and which interval holds a value, are the engine's."""

from __future__ import annotations

import operator
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _interval_array as _arrays
from lumen.pandas._errors import InvalidIndexError
from lumen.pandas._index import Index, check_name, ensure_index
from lumen.pandas._index_lookup import as_positions
from lumen.pandas._interval import CLOSED, Interval, IntervalMixin
from lumen.pandas._missing import is_missing

_OVERLAPPING = "cannot handle overlapping indices; use IntervalIndex.get_indexer_non_unique"


class IntervalIndex(IntervalMixin, Index):
    """Labels that are intervals, all closed on the same side."""

    __module__ = "pandas"
    _typ = "intervalindex"

    def __new__(
        cls,
        data: Any,
        closed: str | None = None,
        dtype: Any = None,
        copy: bool | None = None,
        name: Hashable = None,
        verify_integrity: bool = True,
    ) -> Any:
        name = check_name(name, data, cls.__name__)
        column = _arrays.from_items(data, closed, dtype, cls.__name__, verify_integrity)
        return cls._from_column(column, name)

    @classmethod
    def from_breaks(
        cls,
        breaks: Any,
        closed: Any = "right",
        name: Hashable = None,
        copy: bool = False,
        dtype: Any = None,
    ) -> Any:
        """Intervals between neighbours."""
        return cls._from_column(_arrays.from_breaks(breaks, closed, dtype, cls.__name__), name)

    @classmethod
    def from_arrays(
        cls,
        left: Any,
        right: Any,
        closed: Any = "right",
        name: Hashable = None,
        copy: bool = False,
        dtype: Any = None,
    ) -> Any:
        """Intervals between the ends of two arrays."""
        return cls._from_column(_arrays.from_arrays(left, right, closed, dtype, cls.__name__), name)

    @classmethod
    def from_tuples(
        cls,
        data: Any,
        closed: Any = "right",
        name: Hashable = None,
        copy: bool = False,
        dtype: Any = None,
    ) -> Any:
        """Intervals from pairs of ends."""
        return cls._from_column(_arrays.from_tuples(data, closed, dtype, cls.__name__), name)

    # What it is made of.

    @property
    def left(self) -> Any:
        """The lower ends."""
        return Index._from_column(self._values.interval_ends[0])

    @property
    def right(self) -> Any:
        """The upper ends."""
        return Index._from_column(self._values.interval_ends[1])

    @property
    def closed(self) -> str:
        """'left', 'right', 'both' or 'neither'."""
        return self._values.interval_ends[2]

    @property
    def inferred_type(self) -> str:
        return "interval"

    @property
    def nbytes(self) -> int:
        return self.left.nbytes + self.right.nbytes

    def memory_usage(self, deep: bool = False) -> int:
        """Bytes of the ends."""
        return self.left.memory_usage(deep=deep) + self.right.memory_usage(deep=deep)

    def _again(self, column: Any) -> Any:
        return self._from_column(column, self._name)

    def set_closed(self, closed: str) -> Any:
        """The same ends, others of them belonging to the intervals."""
        return self._again(self.array.set_closed(closed)._column)

    def to_tuples(self, na_tuple: bool = True) -> Any:
        """The ends in pairs."""
        pairs = _engine.Column.from_items(list(self.array.to_tuples(na_tuple)), infer=False)
        return Index._from_column(pairs, self._name)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The labels with other ends, or as another dtype."""
        from lumen.pandas._dtype_names import pandas_dtype
        from lumen.pandas._dtypes import IntervalDtype

        target = pandas_dtype(dtype)
        if isinstance(target, IntervalDtype):
            return self._again(self.array.astype(target, copy)._column)
        try:
            return super().astype(target, copy)
        except (TypeError, ValueError) as error:
            raise TypeError(f"Cannot cast {type(self).__name__} to dtype {target}") from error

    # What the intervals hold.

    def contains(self, other: Any) -> np.ndarray:
        """Which intervals hold a value."""
        return self.array.contains(other)

    def overlaps(self, other: Any) -> np.ndarray:
        """Which intervals share a point with another one."""
        if isinstance(other, (IntervalIndex, _arrays.IntervalArray)):
            raise NotImplementedError
        return self.array.overlaps(other)

    @property
    def is_overlapping(self) -> bool:
        """Whether two intervals share a point."""
        return self._values.intervals_are_overlapping()

    @property
    def is_non_overlapping_monotonic(self) -> bool:
        """Whether the intervals only rise or only fall, and share no point."""
        return self.array.is_non_overlapping_monotonic

    @property
    def _index_as_unique(self) -> bool:
        return not self.is_overlapping and sum(self._values.isna()) < 2

    def _extreme(self, how: str, axis: Any, skipna: bool) -> Any:
        self._check_reduction(axis)
        return getattr(self.array, how)(skipna=skipna)

    # Lookup.

    def __contains__(self, key: Any) -> bool:
        hash(key)
        if not isinstance(key, Interval):
            return is_missing(key) and self._holds_missing(key) and self.hasnans
        try:
            self.get_loc(key)
        except KeyError:
            return False
        return True

    def _holds_missing(self, key: Any) -> bool:
        return _arrays.stands_for_missing(key, self._values)

    def get_loc(self, key: Any) -> Any:
        """The row of an interval, or of those that hold a value: a slice where they stand together, else a mask."""
        self._check_key(key)
        if isinstance(key, tuple):
            raise InvalidIndexError(key)
        if isinstance(key, Interval):
            if self.closed != key.closed:
                raise KeyError(key)
            mask = np.asarray((self.left == key.left) & (self.right == key.right))
        elif is_missing(key) and self._holds_missing(key):
            mask = np.asarray(self.isna())
        else:
            try:
                low = operator.lt if self.open_left else operator.le
                high = operator.gt if self.open_right else operator.ge
                mask = np.asarray(low(self.left, key) & high(self.right, key))
            except TypeError as error:
                raise KeyError(key) from error
        rows = np.flatnonzero(mask)
        if not len(rows):
            raise KeyError(key)
        if len(rows) == 1:
            return int(rows[0])
        first, last = int(rows[0]), int(rows[-1])
        return slice(first, last + 1, None) if last - first + 1 == len(rows) else mask

    def get_indexer(
        self, target: Any, method: Any = None, limit: int | None = None, tolerance: Any = None
    ) -> np.ndarray:
        """For each label of the target its row, −1 where it has none; a value means the interval that holds it."""
        if method in ("bfill", "backfill", "pad", "ffill", "nearest"):
            raise NotImplementedError(f"method {method} not yet implemented for IntervalIndex")
        if limit is not None:
            raise ValueError("limit argument only valid if doing pad, backfill or nearest reindexing")
        if tolerance is not None:
            raise ValueError("tolerance argument only valid if doing pad, backfill or nearest reindexing")
        target = ensure_index(target)
        if not self._index_as_unique:
            raise InvalidIndexError(_OVERLAPPING)
        if len(target) == 0:
            return np.array([], dtype=np.intp)
        if isinstance(target, IntervalIndex):
            if self.closed != target.closed:
                return np.full(len(target), -1, dtype=np.intp)
            return as_positions(self._get_indexer(target, None, None, None))
        if target._values.dtype in ("object", "str", "string"):
            return self._pointwise(target)[0]
        if target._values.dtype == "category":
            rows = self.get_indexer(target.categories)
            codes = np.asarray(target.codes)
            found = rows[codes] if len(rows) else np.full(len(codes), -1)
            return np.where(codes < 0, self._missing_row(), found).astype(np.intp)
        if not self._comparable(target):
            return np.full(len(target), -1, dtype=np.intp)
        return as_positions(self._values.intervals_holding(target._values))

    def _missing_row(self) -> int:
        rows = np.flatnonzero(self.isna())
        return int(rows[0]) if len(rows) else -1

    def _comparable(self, target: Any) -> bool:
        mine, theirs = (getattr(labels.dtype, "kind", "O") for labels in (self.left, target))
        zones = [getattr(labels.dtype, "tz", None) is None for labels in (self.left, target)]
        return (mine in "iuf" and theirs in "iufb") or (mine == theirs and zones[0] == zones[1])

    def get_indexer_non_unique(self, target: Any) -> tuple[np.ndarray, np.ndarray]:
        """All rows of each label of the target, and the places of the target that have none."""
        target = ensure_index(target)
        if isinstance(target, IntervalIndex) and self.closed != target.closed:
            return np.full(len(target), -1, dtype=np.intp), np.arange(len(target), dtype=np.intp)
        return self._pointwise(target)

    def get_indexer_for(self, target: Any) -> np.ndarray:
        """`get_indexer`, for intervals that overlap too."""
        if self._index_as_unique:
            return self.get_indexer(target)
        return self.get_indexer_non_unique(target)[0]

    def _pointwise(self, target: Any) -> tuple[np.ndarray, np.ndarray]:
        found: list[np.ndarray] = []
        missing = []
        for place, key in enumerate(target):
            try:
                rows = self.get_loc(key)
            except (KeyError, InvalidIndexError, TypeError):
                missing.append(place)
                found.append(np.array([-1]))
                continue
            if isinstance(rows, slice):
                found.append(np.arange(rows.start, rows.stop))
            else:
                found.append(np.array([rows]) if isinstance(rows, int) else np.flatnonzero(rows))
        joined = np.concatenate(found) if found else np.array([])
        return joined.astype(np.intp), np.array(missing, dtype=np.intp)

    def get_slice_bound(self, label: Any, side: str) -> int:
        """The row at which a slice from or to a label starts or ends."""
        if side not in ("left", "right"):
            raise ValueError(f"Invalid value for side kwarg, must be either 'left' or 'right': {side}")
        try:
            rows = self.get_loc(label)
        except KeyError:
            return self._bound_of_absent(label, side)
        if isinstance(rows, np.ndarray):
            raise KeyError(f"Cannot get {side} slice bound for non-unique label: {label!r}")
        if isinstance(rows, slice):
            return rows.start if side == "left" else rows.stop
        return rows if side == "left" else rows + 1

    def _bound_of_absent(self, label: Any, side: str) -> int:
        """The bound of a label that is no interval and lies in none."""
        if not self.is_non_overlapping_monotonic:
            raise KeyError(
                "can only get slices from an IntervalIndex if bounds are non-overlapping and all monotonic increasing"
                " or decreasing"
            )
        if isinstance(label, (Interval, IntervalIndex)):
            raise NotImplementedError("Interval objects are not currently supported")
        rising = self.left.is_monotonic_increasing
        label = getattr(self, side)._as_label(label)
        if (side == "left") == rising:
            ends = self.right
            label = _neighbour(label, 1) if self.open_right else label
        else:
            ends = self.left
            label = _neighbour(label, -1) if self.open_left else label
        if rising:
            return int(ends.searchsorted(label, side=side))
        opposite = "right" if side == "left" else "left"
        return len(ends) - int(ends[::-1].searchsorted(label, side=opposite))

    def slice_indexer(self, start: Any = None, end: Any = None, step: Any = None) -> slice:
        """The slice of rows between two labels, both included."""
        if step is not None and step != 1:
            raise ValueError("label-based slicing with step!=1 is not supported for IntervalIndex")
        return super().slice_indexer(start, end, step)

    # Set operations and changes.

    def insert(self, loc: int, item: Any) -> Any:
        """The index with one interval more."""
        try:
            return self._again(self.array.insert(loc, item)._column)
        except (TypeError, ValueError):
            # What no interval of this kind is, objects hold.
            return self.astype(object).insert(loc, item)

    def equals(self, other: Any) -> bool:
        """Whether the labels are the same in the same order."""
        if self is other:
            return True
        return (
            isinstance(other, IntervalIndex)
            and self.closed == other.closed
            and self.left.equals(other.left)
            and self.right.equals(other.right)
        )

    def __reduce__(self) -> Any:
        return _restored, (self._values.interval_ends[2], self.left, self.right, self.name)


def _restored(closed: str, left: Any, right: Any, name: Any) -> Any:
    return IntervalIndex.from_arrays(left, right, closed=closed, name=name)


def _neighbour(label: Any, step: int) -> Any:
    """The next value above or below a label."""
    from lumen.pandas._timedelta import Timedelta
    from lumen.pandas._timestamp import Timestamp

    if isinstance(label, (Timestamp, Timedelta)):
        return label.as_unit("ns") + Timedelta(step, unit="ns")
    if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
        return label + step
    if isinstance(label, (float, np.floating)):
        return np.nextafter(label, np.inf * step)
    raise TypeError(f"cannot determine next label for type {type(label)!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, np.timedelta64)


def interval_range(
    start: Any = None,
    end: Any = None,
    periods: int | None = None,
    freq: Any = None,
    name: Hashable = None,
    closed: str = "right",
) -> Any:
    """Intervals of one length, or so many between two bounds.

    ValueError unless three of start, end, periods and freq are given (freq is 1 or a day where nothing is said).
    """
    from lumen.pandas._offset_names import to_offset
    from lumen.pandas._ranges import date_range, timedelta_range
    from lumen.pandas._timestamp import Timestamp

    start, end = _boxed(start), _boxed(end)
    endpoint = start if start is not None else end
    if freq is None and any(part is None for part in (periods, start, end)):
        freq = 1 if _is_number(endpoint) else "D"
    if sum(part is not None for part in (start, end, periods, freq)) != 3:
        raise ValueError(
            "Of the four parameters: start, end, periods, and freq, exactly three must be specified"
        )
    for word, bound in (("start", start), ("end", end)):
        if not (bound is None or _is_number(bound) or type(bound).__name__ in ("Timestamp", "Timedelta")):
            raise ValueError(f"{word} must be numeric or datetime-like, got {bound}")
    if periods is not None:
        if not isinstance(periods, (int, np.integer)) or isinstance(periods, bool):
            raise TypeError(f"periods must be an integer, got {periods}")
        periods = int(periods)
    if freq is not None and not _is_number(freq):
        try:
            freq = to_offset(freq)
        except ValueError as error:
            raise ValueError(f"freq must be numeric or convertible to DateOffset, got {freq}") from error
    if not (_fit(start, end) and _fit(start, freq) and _fit(end, freq)):
        raise TypeError("start, end, freq need to be type compatible")
    if closed not in CLOSED:
        raise ValueError("closed must be one of 'right', 'left', 'both', 'neither'")
    if periods is not None:
        periods += 1
    if _is_number(endpoint):
        breaks: Any = _even_numbers(start, end, periods, freq)
    elif isinstance(endpoint, Timestamp):
        breaks = date_range(start=start, end=end, periods=periods, freq=freq)
    else:
        breaks = timedelta_range(start=start, end=end, periods=periods, freq=freq)
    return IntervalIndex.from_breaks(breaks, name=name, closed=closed)


def _boxed(bound: Any) -> Any:
    """Python's and numpy's times as pandas' own."""
    import datetime as dt

    from lumen.pandas._timedelta import Timedelta
    from lumen.pandas._timestamp import Timestamp

    if isinstance(bound, (dt.datetime, np.datetime64)):
        return Timestamp(bound)
    return Timedelta(bound) if isinstance(bound, (dt.timedelta, np.timedelta64)) else bound


def _fit(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return True

    def kinds(value: Any) -> set[str]:
        if _is_number(value):
            return {"number"}
        return (
            {type(value).__name__}
            if type(value).__name__ in ("Timestamp", "Timedelta")
            else {
                "Timestamp",
                "Timedelta",
            }
        )

    return bool(kinds(a) & kinds(b))


def _even_numbers(start: Any, end: Any, periods: int | None, freq: Any) -> np.ndarray:
    dtype = np.dtype("int64")
    if start is not None and end is not None and freq is not None:
        typed = isinstance(start, np.number) and isinstance(end, np.number)
        if typed and start.dtype == end.dtype:
            dtype = start.dtype
        elif any(isinstance(part, (float, np.floating)) for part in (start, end, freq)):
            dtype = np.dtype("float64")
        breaks = _narrowed(np.arange(start, end + freq * 0.1, freq), dtype)
    else:
        if periods is None:
            periods = int((end - start) // freq) + 1
        elif start is None:
            start = end - (periods - 1) * freq
        elif end is None:
            end = start + (periods - 1) * freq
        breaks = np.linspace(start, end, periods)
    if all(isinstance(part, (int, np.integer)) for part in (start, end, freq) if part is not None):
        breaks = _narrowed(breaks, dtype)
    return breaks


def _narrowed(breaks: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The numbers in a narrower dtype, where that says the same."""
    if breaks.dtype == dtype:
        return breaks
    cast = breaks.astype(dtype)
    return cast if dtype.kind == "f" or bool((cast == breaks).all()) else breaks


interval_range.__module__ = "pandas"
