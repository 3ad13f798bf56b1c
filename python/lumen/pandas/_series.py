"""`Series`: one labelled column.

The class gathers its families by mixins: `_arithmetic`, `_reductions`, `_selection`, `_methods`, `_grouping`. Here
stand the constructor, what the object is made of, and its ways out.
"""

from __future__ import annotations

from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _numpy_arguments
from lumen.pandas._accessors import SeriesAccessors
from lumen.pandas._arithmetic import SeriesArithmetic
from lumen.pandas._arrow import SeriesArrow
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._generic import NDFrame
from lumen.pandas._grouping import SeriesGrouping
from lumen.pandas._index import default_index, ensure_index
from lumen.pandas._methods import SeriesMethods
from lumen.pandas._numpy_arguments import refuse_named
from lumen.pandas._reductions import SeriesReductions
from lumen.pandas._selection import SeriesSelection
from lumen.pandas._generic import built


class Series(
    SeriesGrouping,
    SeriesSelection,
    SeriesAccessors,
    SeriesMethods,
    SeriesArithmetic,
    SeriesReductions,
    SeriesArrow,
    NDFrame,
    _engine.Series,
):
    """One-dimensional labelled values of one dtype."""

    __module__ = "pandas"
    _typ = "series"
    _AXIS_LEN = 1
    _AXIS_ORDERS = ["index"]
    _AXIS_TO_AXIS_NUMBER = {0: 0, "index": 0, "rows": 0}

    def __init__(
        self,
        data: Any = None,
        index: Any = None,
        dtype: Any = None,
        name: Hashable = None,
        copy: bool | None = None,
    ) -> None:
        if index is not None:
            index = ensure_index(index)
        if dtype is not None:
            dtype = pandas_dtype(dtype)
        if isinstance(data, _engine.DataFrame):
            raise ValueError("Data must be 1-dimensional, got DataFrame instead")
        if name is None and isinstance(data, (_engine.Series, _engine.Index)):
            name = data.name
        try:
            hash(name)
        except TypeError:
            raise TypeError(f"{type(self).__name__}.name must be a hashable type") from None
        column, index = _constructed(data, index, dtype)
        self._fill(column, index, name)
        if isinstance(data, NDFrame):
            self.__finalize__(data)

    # What it is made of.

    @property
    def _constructor(self) -> Any:
        return Series

    @property
    def _constructor_expanddim(self) -> Any:
        from lumen.pandas._frame import DataFrame

        return DataFrame

    @property
    def _info_axis(self) -> Any:
        return self._index

    @property
    def name(self) -> Hashable:
        """The name, None where there is none."""
        return self._name

    @name.setter
    def name(self, value: Hashable) -> None:
        try:
            hash(value)
        except TypeError:
            raise TypeError(f"{type(self).__name__}.name must be a hashable type") from None
        self._name = value

    @property
    def dtype(self) -> Any:
        return _convert.dtype_object(self._values)

    @property
    def dtypes(self) -> Any:
        return self.dtype

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
    def axes(self) -> list[Any]:
        return [self.index]

    @property
    def T(self) -> Any:
        return self

    def transpose(self, *args: Any, **kwargs: Any) -> Any:
        _numpy_arguments.check("transpose", args, kwargs)
        return self

    @property
    def hasnans(self) -> bool:
        return bool(_convert.mask_of(self._values).any())

    @property
    def nbytes(self) -> int:
        return _convert.bytes_of(self._values)

    # Ways out.

    @property
    def _mgr(self) -> Any:
        from lumen.pandas import _storage

        return _storage.of_series(self)

    @property
    def values(self) -> Any:
        """The values as numpy's array, read-only; as an extension array where numpy has no such dtype."""
        from lumen.pandas._arrays import values_of

        return values_of(self._values)

    @property
    def array(self) -> Any:
        """The values as an extension array."""
        from lumen.pandas._arrays import array_of

        return array_of(self._values)

    _data_array = array

    @property
    def _can_hold_na(self) -> bool:
        dtype = self.dtype
        return dtype.kind not in "iub" if isinstance(dtype, np.dtype) else dtype._can_hold_na

    def to_numpy(
        self, dtype: Any = None, copy: bool = False, na_value: Any = _convert, **kwargs: Any
    ) -> np.ndarray:
        from lumen.pandas._arrays import to_numpy

        refuse_named("to_numpy", kwargs)
        return to_numpy(self._values, dtype, copy, *(() if na_value is _convert else (na_value,)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = _convert.numpy_of(self._values)
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def tolist(self) -> list[Any]:
        """The values as Python's own objects."""
        return self._values.tolist()

    to_list = tolist

    def __iter__(self) -> Any:
        return iter(self._values.tolist())

    def items(self) -> Any:
        """Pairs of label and value."""
        return zip(iter(self.index), iter(self))

    def to_dict(self, *, into: Any = dict) -> Any:
        pairs = zip(self.index.tolist(), self.tolist())
        if isinstance(into, type):
            return into(pairs)
        made = into.copy()
        made.update(pairs)
        return made

    def to_frame(self, name: Hashable = _convert) -> Any:
        from lumen.pandas._index import Index

        label = name
        if name is _convert:
            label = self.name
        columns = (
            default_index(1) if label is None and name is _convert else Index([label], tupleize_cols=False)
        )
        made = self._constructor_expanddim
        frame = built(made, [self._values], columns, self._index)
        return frame.__finalize__(self)

    def __contains__(self, label: Any) -> bool:
        return label in self.index

    def __reduce__(self) -> Any:
        from lumen.pandas._pickle import series_state

        return series_state(self)


def _constructed(data: Any, index: Any, dtype: Any) -> tuple[Any, Any]:
    """The column and labels of `Series(data, index, dtype)`."""
    if data is None:
        if index is None:
            return _engine.Column.empty(
                "object" if dtype is None else _convert.engine_name(dtype)
            ), default_index(0)
        if dtype is None:
            column = _engine.Column.missing("float64" if len(index) else "object", len(index))
            return column, index
        return _filled(np.nan, len(index), dtype), index
    if isinstance(data, _engine.Series):
        if index is not None:
            data = data.reindex(index)
        column = data._values
        return (
            column if dtype is None else _convert.cast(column, dtype)
        ), data._index if index is None else index
    if isinstance(data, abc.Mapping):
        return _of_mapping(data, index, dtype)
    if not _convert.is_list_like(data):
        length = 1 if index is None else len(index)
        return _filled(data, length, dtype), default_index(length) if index is None else index
    column = _convert.column_of(data, dtype)
    if index is None:
        return column, default_index(len(column))
    if len(column) != len(index):
        raise ValueError(f"Length of values ({len(column)}) does not match length of index ({len(index)})")
    return column, index


def _filled(value: Any, length: int, dtype: Any) -> Any:
    """One value in every row."""
    if dtype is None:
        return _engine.Column.repeat(value, length)
    if length == 0:
        return _convert.cast(_engine.Column.empty("object"), dtype)
    if (
        getattr(value, "tzinfo", None) is not None
        and getattr(dtype, "kind", "") == "M"
        and isinstance(dtype, np.dtype)
    ):
        raise TypeError("Cannot unbox tzaware Timestamp to tznaive dtype")
    one = _convert.column_of([value], dtype)
    return one.take([0] * length)


def _of_mapping(data: Any, index: Any, dtype: Any) -> tuple[Any, Any]:
    keys, values = list(data.keys()), list(data.values())
    if not keys:
        if index is None:
            empty = _engine.Column.empty("object" if dtype is None else _convert.engine_name(dtype))
            return empty, default_index(0)
        return _filled(np.nan, len(index), dtype if dtype is not None else np.dtype("float64")), index
    from lumen.pandas._index import Index

    labels = Index(keys)
    column = _convert.column_of(values, dtype if index is None else None)
    if index is None:
        return column, labels
    made = Series.__new__(Series)
    made._fill(column, labels, None)
    column = made.reindex(index)._values
    return (column if dtype is None else _convert.cast(column, dtype)), index
