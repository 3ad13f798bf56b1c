"""`Index`: labels of one axis.

The labels are the engine's and never change; a name may. Here stand the constructor, what an index is made of, and its
ways out. Lookups, set operations, changes, operators and the repr stand in modules of their own, as do the subclasses.
"""

from __future__ import annotations

from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._frozen import FrozenList
from lumen.pandas._index_edit import Editing
from lumen.pandas._index_lookup import Lookup
from lumen.pandas._index_operators import Operators
from lumen.pandas._index_repr import index_repr
from lumen.pandas._index_sets import SetOperations
from lumen.pandas._inference import no_default
from lumen.pandas._numpy_arguments import refuse_named

_UNSET: Any = no_default
_MANY_AXES = (
    "Multi-dimensional indexing (e.g. `obj[:, None]`) is no longer supported. Convert to a numpy array before indexing "
    "instead."
)
_BAD_KEY = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid "
    "indices"
)


def ensure_index(labels: Any, copy: bool = False) -> Index:
    """Labels as an index: the same one where they are an index already."""
    if isinstance(labels, Index):
        return labels._view() if copy else labels
    if isinstance(labels, _engine.Series):
        return Index(labels, name=labels.name)
    if isinstance(labels, abc.Iterator):
        labels = list(labels)
    if isinstance(labels, list) and labels and all(isinstance(item, (list, np.ndarray)) for item in labels):
        from lumen.pandas._multi import MultiIndex

        return MultiIndex.from_arrays(labels)
    return Index(labels)


def default_index(length: int) -> Any:
    """0, 1, 2 … for rows without labels."""
    return _engine.Index._of_range(0, length, 1, None)


def series_of(column: _engine.Column, index: Any, name: Any = None) -> Any:
    """A series of a column under labels."""
    from lumen.pandas._series import Series

    made = Series.__new__(Series)
    made._fill(column, index, name)
    return made


def frame_of(columns: list[_engine.Column], labels: Any, index: Any) -> Any:
    """A frame of columns under labels."""
    from lumen.pandas._frame import DataFrame

    made = DataFrame.__new__(DataFrame)
    made._fill(columns, labels, index)
    return made


def check_name(name: Any, data: Any, owner: str) -> Any:
    """The name of an index, the data's own where none is given."""
    if name is None and isinstance(data, (_engine.Index, _engine.Series)):
        name = data.name if not isinstance(data, _engine.Index) or data.nlevels == 1 else None
    try:
        hash(name)
    except TypeError:
        raise TypeError(f"{owner}.name must be a hashable type") from None
    return name


class Index(Lookup, SetOperations, Editing, Operators, _engine.Index):
    """Labels of one axis: any hashable values, duplicates allowed."""

    __module__ = "pandas"
    _typ = "index"

    def __new__(
        cls,
        data: Any = None,
        dtype: Any = None,
        copy: bool | None = None,
        name: Hashable = None,
        tupleize_cols: bool = True,
    ) -> Any:
        if data is None or not _convert.is_list_like(data):
            shown = repr(data) if data is not None else "None"
            raise TypeError(
                f"{cls.__name__}(...) must be called with a collection of some kind, {shown} was passed"
            )
        if dtype is not None:
            dtype = pandas_dtype(dtype)
        if isinstance(data, _engine.Index) and data.nlevels > 1 and dtype is None:
            made = data._view()
            if name is not None:
                made.names = name
            return made
        given = name
        name = check_name(name, data, cls.__name__)
        made = cls._constructed(data, dtype, name, given, tupleize_cols)
        return made

    @classmethod
    def _constructed(cls, data: Any, dtype: Any, name: Any, given: Any, tupleize: bool) -> Any:
        is_int = dtype is None or dtype == np.dtype("int64")
        if isinstance(data, range) and is_int:
            return _engine.Index._of_range(data.start, data.stop, data.step, name)
        if isinstance(data, _engine.Index) and (dtype is None or dtype == data.dtype):
            made = data._view()
            made._set_names([name])
            return made
        if isinstance(data, np.ndarray):
            if data.ndim > 1:
                raise ValueError("Index data must be 1-dimensional")
            if data.dtype == np.float16:
                raise NotImplementedError("float16 indexes are not supported")
        array = isinstance(data, (np.ndarray, _engine.Series, _engine.Index)) or hasattr(data, "_column")
        if not array and not isinstance(data, range):
            data = list(data)
            if tupleize and data and dtype is None and all(isinstance(item, tuple) for item in data):
                from lumen.pandas._multi import MultiIndex

                return MultiIndex.from_tuples(data, names=given)
            if not data and dtype is None:
                return cls._from_column(_engine.Column.empty("object"), name)
        if dtype is not None and dtype == np.float16:
            raise NotImplementedError("float16 indexes are not supported")
        if getattr(data, "ndim", 1) > 1:
            raise ValueError("Index data must be 1-dimensional")
        column = _convert.column_of(data, dtype)
        if dtype is None and not array:
            column = column.inferred()
        return cls._from_column(column, name)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do."""

    @classmethod
    def _from_column(cls, column: _engine.Column, name: Hashable = None) -> Any:
        return _engine.Index._of_column(column, name)

    # What it is made of.

    @property
    def _constructor(self) -> Any:
        return Index

    @property
    def name(self) -> Any:
        """The name, None where there is none."""
        return self._name

    @name.setter
    def name(self, value: Any) -> None:
        try:
            hash(value)
        except TypeError:
            raise TypeError(f"{type(self).__name__}.name must be a hashable type") from None
        self._set_names([value])

    @property
    def names(self) -> Any:
        """The names of the levels."""
        return FrozenList(self._names)

    @names.setter
    def names(self, values: Any) -> None:
        if not _convert.is_list_like(values):
            raise ValueError("Names must be a list-like")
        values = list(values)
        if len(values) != self.nlevels:
            raise ValueError(f"Length of new names must be {self.nlevels}, got {len(values)}")
        for value in values:
            try:
                hash(value)
            except TypeError:
                raise TypeError(f"{type(self).__name__}.name must be a hashable type") from None
        self._set_names(values)

    @property
    def dtype(self) -> Any:
        """The dtype of the labels."""
        return _convert.dtype_object(self._values)

    @property
    def values(self) -> Any:
        """The labels as an array, read-only."""
        from lumen.pandas._arrays import values_of

        return values_of(self._values)

    @property
    def _data(self) -> Any:
        """The labels as the array that holds them: numpy's where it has the dtype."""
        from lumen.pandas._arrays import array_of, is_numpy

        return (
            self.values
            if is_numpy(self._values) and self._dtype[:4] not in ("date", "time")
            else array_of(self._values)
        )

    @property
    def array(self) -> Any:
        """The labels as an extension array."""
        from lumen.pandas._arrays import array_of

        return array_of(self._values)

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
    def T(self) -> Any:
        """The index itself."""
        return self

    def transpose(self, *args: Any, **kwargs: Any) -> Any:
        if any(item is not None for item in args) or kwargs.get("axes") is not None:
            raise ValueError(
                "the 'axes' parameter is not supported in the pandas implementation of transpose()"
            )
        return self

    @property
    def hasnans(self) -> bool:
        """Whether a label is missing."""
        return b"\x01" in self._isna()

    @property
    def nbytes(self) -> int:
        return int(_convert.numpy_of(self._values).nbytes)

    def memory_usage(self, deep: bool = False) -> int:
        """Bytes of the labels."""
        held = self.nbytes
        if deep and self.dtype == object:
            import sys

            held += sum(sys.getsizeof(item) for item in self.tolist())
        return held

    @property
    def _index_as_unique(self) -> bool:
        """Whether a label stands for at most one row."""
        return self.is_unique

    @property
    def _na_value(self) -> Any:
        return self._missing_label()

    @property
    def _can_hold_na(self) -> bool:
        dtype = self.dtype
        return dtype.kind not in "iub" if isinstance(dtype, np.dtype) else dtype._can_hold_na

    @property
    def _is_strictly_monotonic_increasing(self) -> bool:
        return bool(self.is_unique and self.is_monotonic_increasing)

    @property
    def _is_strictly_monotonic_decreasing(self) -> bool:
        return bool(self.is_unique and self.is_monotonic_decreasing)

    @property
    def inferred_type(self) -> str:
        """What kind of labels these are."""
        from lumen.pandas._inferred import inferred_type

        return inferred_type(self._values)

    @property
    def str(self) -> Any:
        """String methods of the labels."""
        from lumen.pandas._index_strings import IndexStrings

        return IndexStrings(self)

    # Identity.

    def view(self, cls: Any = None) -> Any:
        """The same labels in another object, or as an array of another dtype."""
        if cls is not None and not isinstance(cls, type):
            return np.asarray(self).view(cls)
        if cls is not None and cls is not Index and not issubclass(cls, Index):
            return np.asarray(self).view(cls)
        made = self._view()
        made.__dict__["_identity"] = self.__dict__.setdefault("_identity", object())
        return made

    def is_(self, other: Any) -> bool:
        """Whether both are views of one index."""
        if self is other:
            return True
        if not isinstance(other, Index):
            return False
        own = self.__dict__.get("_identity")
        return own is not None and own is other.__dict__.get("_identity")

    def ravel(self, order: Any = "C") -> Any:
        return self.view()

    def copy(self, name: Any = None, deep: bool = False) -> Any:
        """The same labels in an object of its own."""
        made = self._view()
        if name is not None:
            made.names = name if isinstance(name, list) else [name]
        return made

    def __copy__(self, **kwargs: Any) -> Any:
        return self.copy(**kwargs)

    def __deepcopy__(self, memo: Any = None) -> Any:
        return self.copy(deep=True)

    def equals(self, other: Any) -> bool:
        """Whether the labels are the same in the same order."""
        if self is other:
            return True
        if not isinstance(other, Index):
            return False
        return self._equals(other)

    def identical(self, other: Any) -> bool:
        """Whether class, dtype and names are the same too."""
        return (
            isinstance(other, Index)
            and type(self) is type(other)
            and self.dtype == other.dtype
            and list(self.names) == list(other.names)
            and self._equals(other)
        )

    # Labels one by one.

    def __iter__(self) -> Any:
        return iter(self.tolist())

    def to_list(self) -> list[Any]:
        """The labels as Python's own objects."""
        return self.tolist()

    def item(self) -> Any:
        """The only label."""
        if len(self) != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.tolist()[0]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, np.integer)) and not isinstance(key, (bool, np.bool_)):
            return self._get(int(key))
        if isinstance(key, slice):
            return self._own(self._sliced(key))
        if key is Ellipsis:
            return self._own(self._view())
        if isinstance(key, np.ndarray) and key.ndim == 0 and key.dtype.kind in "iu":
            return self._get(int(key))
        if isinstance(key, (float, np.floating)) and float(key).is_integer():
            raise IndexError(
                "Indexing with a float is no longer supported. Manually convert to an integer key instead."
            )
        if (
            key is None
            or isinstance(key, tuple)
            and any(isinstance(part, slice) or part is None for part in key)
        ):
            raise ValueError(_MANY_AXES)
        return self._own(self._chosen(key))

    def _sliced(self, key: slice) -> Any:
        rows = range(*key.indices(len(self)))
        return self._stepped(max(rows.start, 0), len(rows), rows.step, rows.stop)

    def _chosen(self, key: Any) -> Any:
        held = (
            key._values if isinstance(key, (_engine.Index, _engine.Series)) else getattr(key, "_column", None)
        )
        if isinstance(held, _engine.Column) and held.dtype == "boolean":
            if any(held.isna()):
                key = np.array([item is True for item in held.tolist()])
        rows = np.asarray(key)
        if rows.ndim > 1:
            raise ValueError(_MANY_AXES)
        if rows.dtype == object and rows.size and all(isinstance(item, (bool, np.bool_)) for item in rows):
            rows = rows.astype(bool)
        if rows.size == 0 and rows.ndim == 1:
            return self._take([])
        if rows.dtype == bool:
            if len(rows) != len(self):
                raise IndexError(
                    f"boolean index did not match indexed array along axis 0; size of axis is {len(self)} but size of "
                    f"corresponding boolean axis is {len(rows)}"
                )
            return self._take(np.flatnonzero(rows).tolist())
        if rows.size == 0:
            return self._take([])
        if rows.dtype.kind not in "iu" or rows.ndim == 0:
            raise IndexError(_BAD_KEY)
        counted = np.where(rows < 0, rows + len(self), rows)
        bad = (counted < 0) | (counted >= len(self))
        if bad.any():
            raise IndexError(f"index {int(rows[bad][0])} is out of bounds for axis 0 with size {len(self)}")
        return self._take(counted.tolist())

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("Index does not support mutable operations")

    def __bool__(self) -> bool:
        raise ValueError(
            f"The truth value of a {type(self).__name__} is ambiguous. Use a.empty, a.item(), a.any() or a.all()."
        )

    __nonzero__ = __bool__

    def __hash__(self) -> int:
        raise TypeError(f"unhashable type: '{type(self).__name__}'")

    def __contains__(self, label: Any) -> bool:
        hash(label)
        try:
            self.get_loc(label)
            return True
        except (KeyError, TypeError, ValueError):
            return False

    # Levels.

    def _get_level_number(self, level: Any) -> int:
        self._validate_level(level)
        return 0

    def get_level_values(self, level: Any) -> Any:
        """The labels of the only level."""
        self._validate_level(level)
        return self

    def droplevel(self, level: Any = 0) -> Any:
        """Without some levels, of which one must be left."""
        levels = level if isinstance(level, (list, tuple)) else [level]
        numbers = [self._get_level_number(item) for item in levels]
        return self._view() if not numbers else self._droplevel(numbers)

    def to_flat_index(self) -> Any:
        return self

    # Ways out.

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = _convert.numpy_of(self._values)
        if dtype is not None and array.dtype != np.dtype(dtype):
            return array.astype(dtype)
        return array.copy() if copy else array

    def to_numpy(
        self, dtype: Any = None, copy: bool = False, na_value: Any = _UNSET, **kwargs: Any
    ) -> np.ndarray:
        """The labels as numpy's array."""
        from lumen.pandas._arrays import to_numpy

        refuse_named("to_numpy", kwargs)
        return to_numpy(self._values, dtype, copy, *(() if na_value is _UNSET else (na_value,)))

    def to_series(self, index: Any = None, name: Hashable = None) -> Any:
        """The labels as values under themselves."""
        index = self._view() if index is None else ensure_index(index)
        values = self._values if self.nlevels == 1 else _engine.Column.from_items(self.tolist(), infer=False)
        return series_of(values, index, self.name if name is None else name)

    def to_frame(self, index: bool = True, name: Any = _UNSET) -> Any:
        """The labels as a column under themselves."""
        if name is _UNSET:
            name = 0 if self.name is None else self.name
        columns = (
            default_index(1)
            if name == 0 and not isinstance(name, bool)
            else Index([name], tupleize_cols=False)
        )
        return frame_of([self._values], columns, self._view() if index else default_index(len(self)))

    def __repr__(self) -> str:
        return index_repr(self)

    def __reduce__(self) -> Any:
        return _restored, (self.tolist(), str(self._dtype), list(self._names), self._range, self._freq)

    def __dir__(self) -> list[str]:
        names = set(super().__dir__())
        return sorted(names if hasattr(self, "str") else names - {"str"})


def _restored(labels: list[Any], dtype: Any, names: list[Any], bounds: Any, freq: Any) -> Any:
    """An index of what `__reduce__` kept."""
    if bounds is not None:
        return _engine.Index._of_range(*bounds, names[0])
    if len(names) > 1:
        from lumen.pandas._multi import MultiIndex

        return MultiIndex.from_tuples(labels, names=names)
    made = Index(labels, dtype=dtype, name=names[0], tupleize_cols=False)
    return made if freq is None else made._with_freq(freq)


from lumen.pandas._categorical_index import CategoricalIndex  # noqa: E402
from lumen.pandas._datetime_index import DatetimeIndex, TimedeltaIndex  # noqa: E402
from lumen.pandas._multi import MultiIndex  # noqa: E402
from lumen.pandas._range_index import RangeIndex  # noqa: E402

__all__ = [
    "CategoricalIndex",
    "DatetimeIndex",
    "FrozenList",
    "Index",
    "MultiIndex",
    "RangeIndex",
    "TimedeltaIndex",
    "default_index",
    "ensure_index",
]
