"""Assignment through brackets, `loc` and `iloc`: what is set where, aligned by label, and enlargement.

What a dtype can hold is the engine's (`Column.set_rows`); here a value becomes one column or scalar for each column that
is set.
"""

from __future__ import annotations

import sys
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _chained, _convert
from lumen.pandas._col import resolved
from lumen.pandas._errors import InvalidIndexError, Pandas4Warning
from lumen.pandas._locating import Found, as_array, by_label, is_integer, is_mask, located_list
from lumen.pandas._warn import warn


def _column_of(value: Any) -> _engine.Column:
    if isinstance(value, np.ndarray) and value.ndim == 1 or not isinstance(value, (tuple, list)):
        return _convert.column_of(value)
    return _convert.column_of(list(value))


def _set_rows(column: _engine.Column, rows: np.ndarray, value: Any) -> _engine.Column:
    """The column with other values in some rows; a whole column of another dtype stays what its own dtype can hold."""
    shown = None
    if isinstance(value, _engine.Column):
        shown = str(value.tolist()) if len(value) < 100 else "[...]"
    return column.set_rows(rows.tolist(), value, shown)


def _different_length(rows: Any) -> ValueError:
    word = "slice" if isinstance(rows, slice) else "list-like"
    return ValueError(f"cannot set using a {word} indexer with a different length than the value")


def set_found(obj: Any, rows: Found, columns: Found | None, value: Any, by_label: bool = True) -> None:
    """Sets the cells at positions."""
    if obj.ndim == 1:
        _set_in_series(obj, rows, value, by_label)
    else:
        _set_in_frame(obj, rows, columns, value, by_label)


def _set_in_series(obj: Any, rows: Found, value: Any, aligned: bool) -> None:
    places = as_array(rows.rows, len(obj))
    if isinstance(value, _engine.DataFrame):
        raise ValueError("Incompatible indexer with DataFrame")
    if isinstance(value, _engine.Series) and aligned and not rows.is_one:
        value = _aligned(value, obj.index[places])
    elif isinstance(value, dict) and not rows.is_one:
        value = _aligned(type(obj)(value), obj.index[places])
    elif _convert.is_list_like(value) and rows.is_one:
        column = _boxed(value) if obj._dtype == "object" else None
        if column is None:
            raise ValueError("setting an array element with a sequence.")
        value = column
    elif _convert.is_list_like(value) and not isinstance(value, dict):
        value = _column_of(value)
        if len(value) != len(places):
            raise _different_length(rows.rows)
    obj._values = _set_rows(obj._values, places, value)


def _boxed(value: Any) -> _engine.Column:
    return _engine.Column.from_items([value], infer=False)


def _aligned(series: Any, labels: Any) -> _engine.Column:
    """The values of a series under labels."""
    if series.index.equals(labels):
        return series._values
    if not series.index.is_unique:
        raise ValueError("cannot reindex on an axis with duplicate labels")
    return series.reindex(labels)._values


def _set_in_frame(obj: Any, rows: Found, columns: Found | None, value: Any, aligned: bool) -> None:
    places = as_array(rows.rows, len(obj))
    whole = columns is None
    numbers = list(range(obj.shape[1])) if whole else as_array(columns.rows, obj.shape[1]).tolist()
    single = columns is not None and columns.is_one
    parts = _parts(obj, rows, places, numbers, single, value, aligned)
    made = [_set_rows(obj._column(number), places, part) for number, part in zip(numbers, parts)]
    for number, column in zip(numbers, made):
        obj._set_column(number, column)


def _parts(
    obj: Any, rows: Found, places: np.ndarray, numbers: list[int], single: bool, value: Any, aligned: bool
) -> list[Any]:
    """What each column is set to: a scalar, or a column as long as the rows."""
    wide = len(numbers)
    labels = obj.columns
    if isinstance(value, _engine.DataFrame):
        return _frame_parts(obj, places, numbers, value, aligned)
    if isinstance(value, dict):
        value = obj._constructor_sliced(value)
    if isinstance(value, _engine.Series) and aligned:
        if rows.is_one and not single:
            return _aligned(value, labels[np.array(numbers, dtype=np.intp)]).tolist()
        if rows.is_one:
            return [value.reindex([obj.index[int(places[0])]])._values] * wide
        column = _aligned(value, obj.index[places])
        return [column] * wide
    if not _convert.is_list_like(value):
        return [value] * wide
    array = np.asarray(value, dtype=object) if isinstance(value, (list, tuple)) and _nested(value) else value
    if isinstance(array, np.ndarray) and array.ndim > 1:
        return _array_parts(array, places, numbers, rows.is_one)
    column = _column_of(value)
    if rows.is_one and single:
        if obj._column(numbers[0]).dtype == "object":
            return [_boxed(value)]
        raise ValueError("setting an array element with a sequence.")
    if rows.is_one:
        if len(column) != wide:
            raise ValueError("Must have equal len keys and value when setting with an iterable")
        return list(value)
    if single or wide == 1 and len(column) == len(places):
        if len(column) != len(places):
            if len(column) == 1 and isinstance(value, np.ndarray):
                return [column[0]] * wide
            raise ValueError("Must have equal len keys and value when setting with an iterable")
        return [column] * wide
    if len(column) == wide:
        return list(value)
    if len(column) == 1:
        return [column[0]] * wide
    raise ValueError("Must have equal len keys and value when setting with an iterable")


def _nested(value: Any) -> bool:
    return len(value) > 0 and all(isinstance(item, (list, tuple, np.ndarray)) for item in value)


def _frame_parts(obj: Any, places: np.ndarray, numbers: list[int], value: Any, aligned: bool) -> list[Any]:
    if not aligned:
        if value.shape != (len(places), len(numbers)):
            raise ValueError(
                f"could not broadcast input array from shape {value.shape} into shape ({len(places)},{len(numbers)})"
            )
        return [value._column(place) for place in range(len(numbers))]
    index = obj.index[places]
    same = value.index.equals(index)
    rows = None if same else value.index.get_indexer(index).tolist()
    parts = []
    for number in numbers:
        label = obj.columns[number]
        if label in value.columns:
            column = value._column(int(value.columns.get_indexer_for([label])[0]))
            parts.append(column if rows is None else column.reindex(rows))
        else:
            parts.append(np.nan)
    return parts


def _array_parts(array: np.ndarray, places: np.ndarray, numbers: list[int], one: bool) -> list[Any]:
    if one and array.shape[0] != 1:
        array = array.reshape(1, -1) if array.size == len(numbers) else array
    if array.shape != (len(places), len(numbers)):
        if array.shape == (1, len(numbers)):
            array = np.repeat(array, len(places), axis=0)
        elif array.shape == (len(places), 1):
            array = np.repeat(array, len(numbers), axis=1)
        else:
            raise ValueError("Must have equal len keys and value when setting with an ndarray")
    return [
        _column_of(array[:, place] if array.dtype != object else array[:, place].tolist())
        for place in range(len(numbers))
    ]


# By label, with enlargement.


def set_located(obj: Any, key: Any, value: Any) -> None:
    """`obj.loc[key] = value`."""
    if obj.ndim == 1:
        if isinstance(key, tuple) and obj.index.nlevels == 1 and len(key) == 1:
            key = key[0]
        rows = _rows_or_none(obj.index, key)
        if rows is None:
            _append_value(obj, key, value)
        else:
            set_found(obj, rows, None, value)
        return
    row_key, column_key = _split(obj, key)
    if column_key is None:
        rows = _rows_or_none(obj.index, row_key)
        if rows is None:
            _append_row(obj, row_key, value)
        else:
            set_found(obj, rows, None, value)
        return
    columns = _columns_or_added(obj, row_key, column_key, value)
    if columns is None:
        return
    rows = _rows_or_none(obj.index, row_key)
    if rows is None:
        _append_cells(obj, row_key, columns, value)
    else:
        set_found(obj, rows, columns, value)


def _split(obj: Any, key: Any) -> tuple[Any, Any]:
    if key is Ellipsis:
        return slice(None), None
    if not isinstance(key, tuple):
        return key, None
    index = obj.index
    if index.nlevels > 1 and not any(isinstance(part, tuple) for part in key):
        try:
            by_label(index, key, "index")
            return key, None
        except (KeyError, TypeError, InvalidIndexError, IndexError):
            pass
        if len(key) == 2 and _known_column(obj, key[1]):
            return key[0], key[1]
        if len(key) == index.nlevels and not any(isinstance(part, slice) for part in key):
            return key, None
    key = tuple(slice(None) if part is Ellipsis else part for part in key)
    if len(key) > 2:
        from lumen.pandas._errors import IndexingError

        raise IndexingError("Too many indexers")
    if len(key) == 1:
        return key[0], None
    return key[0], key[1]


def _known_column(obj: Any, key: Any) -> bool:
    try:
        by_label(obj.columns, key, "columns")
        return True
    except (KeyError, TypeError, InvalidIndexError, IndexError):
        return False


def _rows_or_none(index: Any, key: Any) -> Found | None:
    """Where labels stand; None for one label that is not there."""
    scalar = not (
        isinstance(key, slice) or is_mask(key) or _convert.is_list_like(key) and not isinstance(key, tuple)
    )
    if isinstance(key, dict):
        raise TypeError("Passing a dict as an indexer is not supported. Use a list instead.")
    try:
        return by_label(index, key, "index", drop=False)
    except KeyError as error:
        if not scalar or str(error.args[0] if error.args else "").endswith("without a boolean index"):
            raise
        return None


def _append_value(obj: Any, key: Any, value: Any) -> None:
    index = obj.index
    if len(index) == 0 and index._dtype == "object" and index._range is None:
        labels = _first_label(key, index)
    else:
        labels = index.insert(len(index), key)
    if _convert.is_list_like(value) and not isinstance(value, (tuple, dict)):
        column = _engine.Column.concat(
            [obj._values.cast("object") if obj._dtype != "object" else obj._values, _boxed(value)]
        )
    else:
        column = _grown(obj._values, value)
    obj._fill(column, labels, obj.name)


def _first_label(key: Any, index: Any) -> Any:
    from lumen.pandas._index import Index

    return Index([key], tupleize_cols=False, name=index.name)


def _grown(column: _engine.Column, value: Any) -> _engine.Column:
    """A column with one more row."""
    if len(column) == 0 and column.dtype == "object":
        return _engine.Column.from_items([value])
    made = column.with_row(value)
    if made.dtype != column.dtype and not (
        column.dtype.startswith(_convert.WHOLE) and made.dtype.startswith("float") and made.isna()[-1]
    ):
        warn(
            "Setting an item of incompatible dtype is deprecated and will raise an error in a future version of pandas. "
            f"The existing dtype {column.dtype} cannot hold the value being set, so the result has dtype {made.dtype}. "
            f"Cast the object to {made.dtype} before this operation to retain the current behavior.",
            Pandas4Warning,
        )
    return made


def _append_row(obj: Any, key: Any, value: Any) -> None:
    wide = obj.shape[1]
    if wide == 0:
        raise ValueError("cannot set a frame with no defined columns")
    if isinstance(value, dict):
        value = obj._constructor_sliced(value)
    if isinstance(value, _engine.Series):
        items = value.reindex(obj.columns).tolist()
    elif isinstance(value, _engine.DataFrame):
        raise ValueError("cannot set a row with mismatched columns")
    elif _convert.is_list_like(value):
        items = list(value)
        if len(items) != wide:
            raise ValueError("cannot set a row with mismatched columns")
    else:
        items = [value] * wide
    _grow(obj, key, items)


def _grow(obj: Any, key: Any, items: list[Any]) -> None:
    columns = [_grown(obj._column(place), item) for place, item in enumerate(items)]
    index = obj.index
    if len(index) == 0 and index._dtype == "object" and index._range is None:
        labels = _first_label(key, index)
    else:
        labels = index.insert(len(index), key)
    obj._fill(columns, obj.columns, labels)


def _append_cells(obj: Any, key: Any, columns: Found, value: Any) -> None:
    numbers = as_array(columns.rows, obj.shape[1]).tolist()
    if isinstance(value, _engine.Series) and not columns.is_one:
        given = value.reindex(obj.columns[np.array(numbers, dtype=np.intp)]).tolist()
    elif _convert.is_list_like(value):
        given = list(value)
        if len(given) != len(numbers):
            raise ValueError("Must have equal len keys and value when setting with an iterable")
    else:
        given = [value] * len(numbers)
    items: list[Any] = [np.nan] * obj.shape[1]
    for number, item in zip(numbers, given):
        items[number] = item
    _grow(obj, key, items)


def _columns_or_added(obj: Any, row_key: Any, key: Any, value: Any) -> Found | None:
    """Where the columns stand; those that are not there are added. None where nothing is left to do."""
    labels = obj.columns
    is_list = _convert.is_list_like(key) and not isinstance(key, tuple) and not is_mask(key)
    if isinstance(key, slice) or is_mask(key):
        return by_label(labels, key, "columns")
    if is_list:
        absent = [label for label in key if label not in labels]
        everywhere = (
            isinstance(row_key, slice) and row_key == slice(None) and not _convert.is_list_like(value)
        )
        for label in dict.fromkeys(absent):
            if everywhere:
                obj[label] = value
            else:
                _add_missing(obj, label, value)
        return Found(located_list(obj.columns, list(key), "columns"))
    try:
        return by_label(labels, key, "columns", drop=False)
    except KeyError:
        pass
    if isinstance(row_key, slice) and row_key == slice(None):
        obj[key] = value
        return None
    _add_missing(obj, key, value)
    return by_label(obj.columns, key, "columns", drop=False)


def _add_missing(obj: Any, label: Any, value: Any) -> None:
    """A new column of missing values, in the dtype that the value gives it."""
    length = len(obj)
    if isinstance(value, (_engine.DataFrame, dict)):
        sample = _engine.Column.from_items([np.nan])
    elif isinstance(value, _engine.Series):
        sample = value._values if len(value) else _engine.Column.from_items([np.nan])
    elif _convert.is_list_like(value):
        sample = (
            _column_of(value)
            if not (
                isinstance(value, np.ndarray)
                and value.ndim > 1
                or isinstance(value, (list, tuple))
                and _nested(value)
            )
            else _engine.Column.from_items([np.nan])
        )
    else:
        sample = _engine.Column.from_items([value])
    if len(sample) == 0:
        sample = _engine.Column.from_items([np.nan])
    column = sample.reindex([-1] * length) if length else sample.slice(0, 0)
    insert_column(obj, obj.shape[1], label, column)


def insert_column(obj: Any, place: int, label: Any, column: _engine.Column) -> None:
    """A column more."""
    held = [obj._column(number) for number in range(obj.shape[1])]
    labels = obj.columns
    if len(labels) == 0 and labels.nlevels == 1:
        from lumen.pandas._index import Index

        named = Index([label], name=labels.name, tupleize_cols=False)
        labels = named
    else:
        labels = labels.insert(place, label)
    held.insert(place, column)
    obj._fill(held, labels, obj.index)


def whole_column(obj: Any, value: Any) -> _engine.Column:
    """A value as a column over the rows of a frame."""
    length = len(obj)
    if isinstance(value, _engine.DataFrame):
        if value.shape[1] != 1:
            raise ValueError("Columns must be same length as key")
        value = value._series(0)
    if isinstance(value, dict):
        value = list(value)
    if isinstance(value, _engine.Series):
        if value.index.equals(obj.index):
            return value._values
        if not value.index.is_unique:
            raise ValueError("cannot reindex on an axis with duplicate labels")
        return value.reindex(obj.index)._values
    if isinstance(value, abc.Iterator) or isinstance(value, (range, set, frozenset)):
        if isinstance(value, (set, frozenset)):
            raise TypeError("Set type is unordered")
        value = list(value)
    if _convert.is_list_like(value) and not isinstance(value, str):
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == 1:
            value = value[:, 0]
        column = _column_of(value)
        if len(column) != length:
            raise ValueError(f"Length of values ({len(column)}) does not match length of index ({length})")
        return column
    from lumen.pandas._series import _filled

    return _filled(value, length, None)


class FrameAssignment:
    """`frame[key] = value`, `insert`, `pop` and `del`."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if sys.getrefcount(self) <= _chained.SETTING:
            _chained.warn_of_setting()
        key = resolved(key, self)
        if isinstance(key, slice):
            from lumen.pandas._selection import row_slice

            set_found(self, Found(row_slice(self.index, key)), None, value)
        elif isinstance(key, np.ndarray) and key.ndim > 2:
            raise ValueError("Array conditional must be same shape as self")
        elif isinstance(key, _engine.DataFrame) or isinstance(key, np.ndarray) and key.ndim == 2:
            self._set_where(key, value)
        elif is_mask(key):
            from lumen.pandas._selection import frame_mask

            set_found(self, Found(frame_mask(self, key)), None, value)
        elif _convert.is_list_like(key) and not isinstance(key, tuple):
            self._set_columns(list(key), value)
        elif isinstance(value, _engine.DataFrame):
            self._set_frame(key, value)
        else:
            self._set_label(key, value)

    def _set_label(self, label: Any, value: Any) -> None:
        if isinstance(label, (list, dict)) or not _hashable(label):
            raise TypeError(f"unhashable type: '{type(label).__name__}'")
        if (
            len(self) == 0
            and self.shape[1] == 0
            or len(self) == 0
            and _convert.is_list_like(value)
            and len(value)
        ):
            self._take_rows_of(value)
        column = whole_column(self, value)
        found = self.columns.get_indexer_for([label]) if label in self.columns else None
        if found is None or (found < 0).all():
            if label in self.columns:
                located = by_label(self.columns, label, "columns", drop=False)
                numbers = as_array(located.rows, self.shape[1]).tolist()
            else:
                insert_column(self, self.shape[1], label, column)
                return
        else:
            numbers = found.tolist()
        for number in numbers:
            self._set_column(int(number), column)

    def _take_rows_of(self, value: Any) -> None:
        """The rows of the first column of an empty frame."""
        from lumen.pandas._index import default_index

        if not _convert.is_list_like(value) or isinstance(value, str):
            return
        if isinstance(value, _engine.Series):
            index = value.index._view()
        else:
            value = list(value) if not hasattr(value, "__len__") else value
            if self.index._dtype != "object" and self.index._range is None and len(self.index) == len(value):
                return
            index = default_index(len(value))
        held = [self._column(n).reindex([-1] * len(index)) for n in range(self.shape[1])]
        self._fill(held, self.columns, index)

    def _set_frame(self, label: Any, value: Any) -> None:
        if label in self.columns:
            located = by_label(self.columns, label, "columns", drop=False)
            numbers = as_array(located.rows, self.shape[1]).tolist()
            if len(numbers) != value.shape[1]:
                raise ValueError("Columns must be same length as key")
            for place, number in enumerate(numbers):
                self._set_column(number, whole_column(self, value._series(place)))
            return
        if value.shape[1] != 1:
            raise ValueError(f"Cannot set a DataFrame with multiple columns to the single column {label}")
        self._set_label(label, value._series(0))

    def _set_columns(self, labels: list[Any], value: Any) -> None:
        if isinstance(value, _engine.DataFrame):
            if value.shape[1] != len(labels):
                raise ValueError("Columns must be same length as key")
            for place, label in enumerate(labels):
                self._set_label(label, value._series(place))
            return
        if not _convert.is_list_like(value) or isinstance(value, _engine.Series):
            for label in labels:
                self._set_label(label, value)
            return
        array = value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object)
        if array.ndim > 1:
            if array.shape[1] != len(labels):
                raise ValueError("Columns must be same length as key")
            for place, label in enumerate(labels):
                part = array[:, place]
                self._set_label(label, part.tolist() if part.dtype == object else np.ascontiguousarray(part))
            return
        if len(labels) == 1 and len(array) == len(self):
            self._set_label(labels[0], value)
            return
        if len(array) != len(labels):
            raise ValueError("Columns must be same length as key")
        for label, item in zip(labels, list(value)):
            self._set_label(label, item)

    def _set_where(self, key: Any, value: Any) -> None:
        if isinstance(key, np.ndarray):
            if key.shape != self.shape:
                raise ValueError("Array conditional must be same shape as self")
            key = self._constructor(key, index=self.index, columns=self.columns)
        if key.size and not all(name in ("bool", "boolean") for name in key._dtypes):
            raise TypeError("Must pass DataFrame or 2-d ndarray with boolean values only")
        if not key.empty:
            self._adopt(self.where(~key, value))

    def insert(self, loc: int, column: Any, value: Any, allow_duplicates: Any = False) -> None:
        """A column in front of a position."""
        if not allow_duplicates and column in self.columns:
            raise ValueError(f"cannot insert {column}, already exists")
        if not is_integer(loc):
            raise TypeError("loc must be int")
        loc = int(loc)
        if loc < 0:
            raise ValueError("unbounded slice")
        if loc > self.shape[1]:
            raise IndexError(f"index {loc} is out of bounds for axis 0 with size {self.shape[1]}")
        if isinstance(value, _engine.DataFrame) and value.shape[1] > 1:
            raise ValueError(
                f"Expected a one-dimensional object, got a DataFrame with {value.shape[1]} columns instead."
            )
        if len(self) == 0 and self.shape[1] == 0:
            self._take_rows_of(value)
        insert_column(self, loc, column, whole_column(self, value))

    def pop(self, item: Any) -> Any:
        """The column, taken out."""
        found = self[item]
        del self[item]
        return found

    def __delitem__(self, label: Any) -> None:
        located = by_label(self.columns, label, "columns", drop=False)
        gone = set(as_array(located.rows, self.shape[1]).tolist())
        kept = [number for number in range(self.shape[1]) if number not in gone]
        labels = self.columns.take(np.array(kept, dtype=np.intp)) if kept else self.columns[:0]
        self._fill([self._column(number) for number in kept], labels, self.index)


def _hashable(label: Any) -> bool:
    try:
        hash(label)
        return True
    except TypeError:
        return False


class SeriesAssignment:
    """`series[key] = value`, `pop` and `del`."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if sys.getrefcount(self) <= _chained.SETTING:
            _chained.warn_of_setting()
        if key is Ellipsis:
            key = slice(None)
        key = resolved(key, self)
        if isinstance(key, slice):
            from lumen.pandas._selection import row_slice

            set_found(self, Found(row_slice(self.index, key)), None, value)
            return
        if isinstance(key, np.ndarray) and key.ndim > 2:
            raise ValueError("Index data must be 1-dimensional")
        if is_mask(key):
            from lumen.pandas._locating import mask_bits

            bits = mask_bits(key, self.index)
            if (
                _convert.is_list_like(value)
                and not isinstance(value, _engine.Series)
                and len(value) == len(self) != int(bits.sum())
            ):
                self._adopt(self.where(~bits, value))
                return
            if not bits.any() and not _convert.is_list_like(value):
                # A mask that takes nothing asks nothing of the dtype.
                return
            set_found(self, Found(np.flatnonzero(bits)), None, value)
            return
        if isinstance(key, tuple) and self.index.nlevels == 1 and not _hashable(key):
            raise KeyError("key of type tuple not found and not a MultiIndex")
        if _convert.is_list_like(key) and not isinstance(key, tuple):
            labels = list(key) if not hasattr(key, "dtype") else key
            rows = Found(located_list(self.index, labels, "index"))
            set_found(self, rows, None, value, by_label=False)
            return
        if not _hashable(key):
            raise InvalidIndexError(key)
        set_located(self, key, value)

    def pop(self, item: Any) -> Any:
        """The value, taken out."""
        found = self[item]
        del self[item]
        return found

    def __delitem__(self, label: Any) -> None:
        located = by_label(self.index, label, "index", drop=False)
        gone = set(as_array(located.rows, len(self)).tolist())
        self._adopt(self._take([row for row in range(len(self)) if row not in gone]))
