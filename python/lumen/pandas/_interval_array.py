"""`arrays.IntervalArray`: a column of intervals as an array, and how ends of any origin become such a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._dtypes import CategoricalDtype, DatetimeTZDtype, IntervalDtype
from lumen.pandas._extension_arrays import ColumnArray
from lumen.pandas._interval import CLOSED, Interval, IntervalMixin


def _side(values: Any) -> Any:
    """The ends on one side as a column; ValueError and TypeError as pandas raises them."""
    if isinstance(values, (list, tuple)) and not values:
        return _engine.Column.empty("int64")
    if not _convert.is_list_like(values) or isinstance(values, _engine.DataFrame):
        raise TypeError(f"Index(...) must be called with a collection of some kind, {values!r} was passed")
    column = _convert.column_of(values if hasattr(values, "dtype") else list(values))
    if column.dtype == "category":
        column = column.decategorized()
    return column.inferred() if column.dtype == "object" else column


def _class_name(column: Any) -> str:
    """The class of index that pandas puts a side into, as its messages name it."""
    kinds = {"datetime64": "DatetimeIndex", "timedelta6": "TimedeltaIndex", "category": "CategoricalIndex"}
    return kinds.get(column.dtype[:10], "Index")


def intervals(left: Any, right: Any, closed: str | None, dtype: Any, owner: str, verify: bool = True) -> Any:
    """A column of intervals between two columns of ends."""
    wanted = None if dtype is None else pandas_dtype(dtype)
    if wanted is not None and not isinstance(wanted, IntervalDtype):
        raise TypeError(f"dtype must be an IntervalDtype, got {wanted}")
    if closed is None and wanted is not None:
        closed = wanted.closed
    closed = closed or "right"
    if closed not in CLOSED:
        raise ValueError("closed must be one of 'right', 'left', 'both', 'neither'")
    if wanted is not None:
        if wanted.subtype is not None:
            left, right = _convert.cast(left, wanted.subtype), _convert.cast(right, wanted.subtype)
        if wanted.closed is not None and closed != wanted.closed:
            raise ValueError("closed keyword does not match dtype.closed")
    kinds = [_convert.dtype_object(side) for side in (left, right)]
    letters = [getattr(kind, "kind", "O") for kind in kinds]
    if letters[0] == "f" and letters[1] in "iu":
        right = right.cast(left.dtype)
    elif letters[1] == "f" and letters[0] in "iu":
        left = left.cast(right.dtype)
    elif letters[0] in "iu" and letters[1] in "iu" and letters[0] != letters[1]:
        raise TypeError(
            f"Left and right arrays must have matching signedness. Got {kinds[0]} and {kinds[1]}."
        )
    names = _class_name(left), _class_name(right)
    if names[0] != names[1]:
        raise ValueError(f"must not have differing left [{names[0]}] and right [{names[1]}] types")
    if any(side.dtype in ("category", "object", "str", "string") for side in (left, right)):
        raise TypeError(f"category, object, and string subtypes are not supported for {owner}")
    zones = [kind.tz if isinstance(kind, DatetimeTZDtype) else None for kind in kinds]
    if str(zones[0]) != str(zones[1]):
        raise ValueError(f"left and right must have the same time zone, got '{zones[0]}' and '{zones[1]}'")
    if left.dtype != right.dtype and "64[" in left.dtype:
        finest = max(left.unit, right.unit, key=("s", "ms", "us", "ns").index)
        left, right = left.as_unit(finest), right.as_unit(finest)
    elif left.dtype != right.dtype:
        joint = np.result_type(*kinds).name
        left, right = left.cast(joint), right.cast(joint)
    if not verify:
        raise NotImplementedError(f"lumen.pandas: {owner}(verify_integrity=False)")
    return _engine.Column.intervals(left, right, closed)


def from_breaks(breaks: Any, closed: str | None, dtype: Any, owner: str) -> Any:
    """Intervals between neighbours."""
    column = _side(breaks)
    count = len(column)
    return intervals(
        column.slice(0, max(count - 1, 0)), column.slice(min(1, count), count), closed, dtype, owner
    )


def from_arrays(left: Any, right: Any, closed: str | None, dtype: Any, owner: str) -> Any:
    """Intervals between the ends of two arrays."""
    return intervals(_side(left), _side(right), closed, dtype, owner)


def from_tuples(data: Any, closed: str | None, dtype: Any, owner: str) -> Any:
    """Intervals from pairs of ends."""
    from lumen.pandas._missing import is_missing

    if not len(data):
        return from_arrays(data, data, closed, dtype, owner)
    left, right = [], []
    for item in data:
        if not isinstance(item, tuple) and is_missing(item):
            low = high = np.nan
        else:
            try:
                low, high = item
            except ValueError as error:
                raise ValueError(f"{owner}.from_tuples requires tuples of length 2, got {item}") from error
            except TypeError as error:
                raise TypeError(f"{owner}.from_tuples received an invalid item, {item}") from error
        left.append(low)
        right.append(high)
    return from_arrays(left, right, closed, dtype, owner)


def from_items(data: Any, closed: str | None, dtype: Any, owner: str, verify: bool = True) -> Any:
    """Intervals from an array or list of intervals."""
    from lumen.pandas._missing import is_missing

    held = getattr(data, "_column", None) if not isinstance(data, _engine.Index) else data._values
    held = data._values if isinstance(data, _engine.Series) else held
    if held is not None and held.dtype == "category":
        held = held.decategorized()
    if held is not None and held.interval_ends is not None:
        left, right, own = held.interval_ends
        return intervals(left, right, closed or own, dtype, owner, verify)
    if not _convert.is_list_like(data):
        raise TypeError(f"{owner}(...) must be called with a collection of some kind, {data} was passed")
    items = list(data)
    if (
        not items
        and held is not None
        and held.dtype in ("str", "string", "category")
        or isinstance(getattr(data, "dtype", None), CategoricalDtype)
        and not items
    ):
        left = right = held if held is not None else _engine.Column.empty("object")
        return intervals(left, right, closed, dtype, owner, verify)
    found: str | None = None
    for item in items:
        if isinstance(item, Interval):
            if closed is None and found is not None and found != item.closed:
                raise ValueError("intervals must all be closed on the same side")
            found = found or item.closed
        elif not is_missing(item):
            raise TypeError(f"type {type(item)} with value {item} is not an interval")
    ends = [
        [getattr(item, side) if isinstance(item, Interval) else np.nan for item in items]
        for side in ("left", "right")
    ]
    if items or isinstance(data, (list, tuple)):
        return intervals(_side(ends[0]), _side(ends[1]), closed or found, dtype, owner, verify)
    column = _side(data)
    return intervals(column, column, closed, dtype, owner, verify)


def stands_for_missing(value: Any, column: Any) -> bool:
    """Whether a missing value is one of those that stand for a missing interval of a column."""
    kind = getattr(_convert.dtype_object(column.interval_ends[0]), "kind", "O")
    if isinstance(value, np.datetime64):
        return kind == "M"
    if isinstance(value, np.timedelta64):
        return kind == "m"
    if type(value).__name__ == "NaTType":
        return kind in "mM"
    return type(value).__name__ != "Decimal"


class IntervalArray(IntervalMixin, ColumnArray):
    """Intervals that are closed on the same side."""

    __module__ = "pandas.arrays"
    can_hold_na = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(cls)

    def __init__(
        self,
        data: Any,
        closed: str | None = None,
        dtype: Any = None,
        copy: bool = False,
        verify_integrity: bool = True,
    ) -> None:
        self._column = from_items(data, closed, dtype, "IntervalArray", verify_integrity)

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> Any:
        return cls(scalars, dtype=dtype, copy=copy)

    @classmethod
    def from_breaks(cls, breaks: Any, closed: Any = "right", copy: bool = False, dtype: Any = None) -> Any:
        """Intervals between neighbours."""
        return cls._of(from_breaks(breaks, closed, dtype, cls.__name__))

    @classmethod
    def from_arrays(
        cls, left: Any, right: Any, closed: Any = "right", copy: bool = False, dtype: Any = None
    ) -> Any:
        """Intervals between the ends of two arrays."""
        return cls._of(from_arrays(left, right, closed, dtype, cls.__name__))

    @classmethod
    def from_tuples(cls, data: Any, closed: Any = "right", copy: bool = False, dtype: Any = None) -> Any:
        """Intervals from pairs of ends."""
        return cls._of(from_tuples(data, closed, dtype, cls.__name__))

    @property
    def left(self) -> Any:
        """The lower ends, an index."""
        return _index(self._column.interval_ends[0])

    @property
    def right(self) -> Any:
        """The upper ends, an index."""
        return _index(self._column.interval_ends[1])

    @property
    def closed(self) -> str:
        """'left', 'right', 'both' or 'neither'."""
        return self._column.interval_ends[2]

    @property
    def nbytes(self) -> int:
        """Bytes that the ends take."""
        return self.left.nbytes + self.right.nbytes

    def set_closed(self, closed: str) -> Any:
        """The same ends, others of them belonging to the intervals."""
        if closed not in CLOSED:
            raise ValueError(f"invalid option for 'closed': {closed}")
        return self._again(self._column.with_closed(closed))

    def contains(self, other: Any) -> np.ndarray:
        """Which intervals hold a value."""
        if isinstance(other, Interval):
            raise NotImplementedError("contains not implemented for two intervals")
        low = self.left < other if self.open_left else self.left <= other
        return np.asarray(low & (self.right > other if self.open_right else self.right >= other))

    def overlaps(self, other: Any) -> np.ndarray:
        """Which intervals share a point with another one."""
        if isinstance(other, (IntervalArray, _engine.Index)) and hasattr(other, "closed"):
            raise NotImplementedError
        if not isinstance(other, Interval):
            raise TypeError(f"`other` must be Interval-like, got {type(other).__name__}")
        bits = self._column.intervals_overlap(other.left, other.right, other.closed)
        return np.frombuffer(bits, dtype="?").copy()

    @property
    def is_non_overlapping_monotonic(self) -> bool:
        """Whether the intervals only rise or only fall, and share no point."""
        left, right = (np.asarray(side) for side in (self.left, self.right))
        if self.closed == "both":
            return bool((right[:-1] < left[1:]).all() or (left[:-1] > right[1:]).all())
        return bool((right[:-1] <= left[1:]).all() or (left[:-1] >= right[1:]).all())

    def to_tuples(self, na_tuple: bool = True) -> np.ndarray:
        """The ends in pairs; missing intervals as a pair of missing ends, or one missing value."""
        pairs = np.empty(len(self), dtype=object)
        for row, (pair, missing) in enumerate(zip(zip(self.left, self.right), self.isna())):
            pairs[row] = pair if na_tuple or not missing else np.nan
        return pairs

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        array = _convert.objects_of(self._column)
        return array if dtype is None else array.astype(dtype)

    def __iter__(self) -> Any:
        return iter(self._column.tolist())

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The intervals with other ends, or as another dtype."""
        target = pandas_dtype(dtype)
        if not isinstance(target, IntervalDtype):
            try:
                return super().astype(target, copy)
            except (TypeError, ValueError) as error:
                raise TypeError(f"Cannot cast {type(self).__name__} to dtype {target}") from error
        if target == self.dtype:
            return self.copy() if copy else self
        return self._again(recast(self._column, target))

    def fillna(self, value: Any, limit: int | None = None, copy: bool = True) -> Any:
        """Missing intervals filled."""
        if copy is False:
            raise NotImplementedError
        if isinstance(value, dict):
            raise TypeError(
                "ExtensionArray.fillna does not support filling with a dict. Use Series.fillna instead."
            )
        if limit is not None:
            raise ValueError("limit must be None")
        made = self.copy()
        made[made.isna()] = value
        return made

    def __setitem__(self, key: Any, value: Any) -> None:
        if _convert.is_list_like(value):
            try:
                value = IntervalArray(value)
            except TypeError as error:
                raise TypeError(f"'value' should be an interval type, got {type(value)} instead.") from error
            self._check_closed_matches(value, name="value")
        else:
            self._check_item(value)
            if not isinstance(value, Interval) and self.dtype.subtype.kind in "iu":
                raise TypeError("Cannot set float NaN to integer-backed IntervalArray")
        if isinstance(key, tuple) and len(key) == 1:
            key = key[0]
        if _convert.is_list_like(key):
            from lumen.pandas._window_indexers import check_array_indexer

            key = check_array_indexer(self, key)
        rows = np.arange(len(self))[key]
        if isinstance(value, IntervalArray) and len(value) not in (1, np.size(rows)):
            raise ValueError(
                f"could not broadcast input array from shape ({len(value)},) into shape ({np.size(rows)},)"
            )
        places = np.full(len(self), -1)
        each = isinstance(value, IntervalArray) and len(value) > 1
        places[rows] = np.arange(np.size(rows)) if each else 0
        new = value if isinstance(value, IntervalArray) else IntervalArray([value], closed=self.closed)
        ends = []
        for own, given in zip(self._column.interval_ends[:2], new._column.interval_ends[:2]):
            if all(given.isna()):
                given = _engine.Column.missing(own.dtype, len(given))
            joined = _engine.Column.concat([own, given.cast(own.dtype)])
            taken = [row if place < 0 else len(own) + int(place) for row, place in enumerate(places)]
            ends.append(joined.take(taken))
        self._column = _engine.Column.intervals(*ends, self.closed)

    def insert(self, loc: int, item: Any) -> Any:
        """The array with one interval more."""
        self._check_item(item)
        left, right, closed = self._column.interval_ends
        ends = (item.left, item.right) if isinstance(item, Interval) else (_missing_end(left),) * 2
        sides = [_index(side).insert(loc, end)._values for side, end in zip((left, right), ends)]
        return self._again(intervals(*sides, closed, None, type(self).__name__))

    def _check_item(self, item: Any) -> None:
        """ValueError for an interval that is closed elsewhere, TypeError for what is neither interval nor missing."""
        from lumen.pandas._missing import is_missing

        if isinstance(item, Interval):
            self._check_closed_matches(item, name="value")
        elif not (is_missing(item) and stands_for_missing(item, self._column)):
            raise TypeError("can only insert Interval objects and NA into an IntervalArray")

    def shift(self, periods: int = 1, fill_value: Any = None) -> Any:
        """The intervals so many rows further; what comes in is missing or `fill_value`."""
        self._check_item(fill_value)
        count = len(self)
        rows = np.arange(count) - periods
        rows = np.where((rows < 0) | (rows >= count), -1, rows)
        if not isinstance(fill_value, Interval):
            return self._again(self._column.reindex(rows.tolist()))
        given = type(self)([fill_value], dtype=self.dtype)._column
        rows = np.where(rows < 0, count, rows)
        return self._again(_engine.Column.concat([self._column, given]).take(rows.tolist()))

    def delete(self, loc: Any) -> Any:
        """The array without some intervals."""
        return self[np.delete(np.arange(len(self)), loc)]

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Each interval several times."""
        if axis is not None:
            raise ValueError("the 'axis' parameter is not supported in the pandas implementation of repeat()")
        return self[np.repeat(np.arange(len(self)), repeats)]

    def min(self, *, axis: Any = None, skipna: bool = True) -> Any:
        """The smallest interval."""
        return self._extreme(0, axis, skipna)

    def max(self, *, axis: Any = None, skipna: bool = True) -> Any:
        """The greatest interval."""
        return self._extreme(-1, axis, skipna)

    def _extreme(self, place: int, axis: Any, skipna: bool) -> Any:
        if axis is not None and (axis >= self.ndim or axis < -self.ndim):
            raise ValueError(f"`axis` must be fewer than the number of dimensions ({self.ndim})")
        missing = self.isna()
        if not len(self) or missing.all() or missing.any() and not skipna:
            return np.nan
        present = self[~missing]
        return present[int(present.argsort()[place])]


def _missing_end(column: Any) -> Any:
    from lumen.pandas._nat import NaT

    return NaT if column.unit is not None else np.nan


def recast(column: Any, target: Any) -> Any:
    """The intervals with ends of the dtype's subtype."""
    left, right, closed = column.interval_ends
    if target.subtype is None:
        return column
    own = _convert.dtype_object(left)
    clash = f"Cannot convert {column.dtype} to {target}; subtypes are incompatible"
    if own.kind == "f" and target.subtype.kind in "mM":
        raise TypeError(clash)
    from lumen.pandas._errors import IntCastingNaNError

    try:
        sides = [_index(side).astype(target.subtype)._values for side in (left, right)]
    except IntCastingNaNError:
        raise
    except (TypeError, ValueError) as error:
        raise TypeError(clash) from error
    return _engine.Column.intervals(*sides, closed)


def _index(column: Any) -> Any:
    from lumen.pandas._index import Index

    return Index._from_column(column)
