"""`DataFrame`: labelled columns over labelled rows.

The class gathers its families by mixins, as `Series` does. Here stand the constructor, what the object is made of, and
its ways out.
"""

from __future__ import annotations

from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._deprecation import check_copy
from lumen.pandas._arithmetic import FrameArithmetic
from lumen.pandas._arrow import FrameArrow
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._generic import NDFrame
from lumen.pandas._grouping import FrameGrouping
from lumen.pandas._index import Index, default_index, ensure_index
from lumen.pandas._inference import no_default
from lumen.pandas._io_arrow import FrameWriters
from lumen.pandas._methods import FrameMethods
from lumen.pandas._reductions import FrameReductions
from lumen.pandas._selection import FrameSelection
from lumen.pandas._series import Series, _filled


class DataFrame(
    FrameGrouping,
    FrameSelection,
    FrameMethods,
    FrameArithmetic,
    FrameReductions,
    FrameArrow,
    FrameWriters,
    NDFrame,
    _engine.DataFrame,
):
    """Two-dimensional labelled data; every column has a dtype of its own."""

    __module__ = "pandas"
    _typ = "dataframe"
    _AXIS_LEN = 2
    _AXIS_ORDERS = ["index", "columns"]
    _AXIS_TO_AXIS_NUMBER = {0: 0, "index": 0, "rows": 0, 1: 1, "columns": 1}

    def __init__(
        self,
        data: Any = None,
        index: Any = None,
        columns: Any = None,
        dtype: Any = None,
        copy: bool | None = None,
    ) -> None:
        if dtype is not None:
            dtype = pandas_dtype(dtype)
        index = None if index is None else ensure_index(index)
        columns = None if columns is None else ensure_index(columns)
        values, columns, index = _constructed(data, index, columns, dtype)
        self._fill(values, columns, index)
        if isinstance(data, NDFrame):
            self.__finalize__(data)

    # What it is made of.

    @property
    def _constructor(self) -> Any:
        return DataFrame

    @property
    def _constructor_sliced(self) -> Any:
        return Series

    @property
    def _info_axis(self) -> Any:
        return self.columns

    @property
    def columns(self) -> Any:
        return self._columns

    @columns.setter
    def columns(self, labels: Any) -> None:
        self._columns = ensure_index(labels)._view()

    @property
    def axes(self) -> list[Any]:
        return [self.index, self.columns]

    @property
    def ndim(self) -> int:
        return 2

    @property
    def size(self) -> int:
        return len(self) * self.shape[1]

    @property
    def dtypes(self) -> Any:
        kinds = [_convert.dtype_object(self._column(place)) for place in range(self.shape[1])]
        made = Series.__new__(Series)
        made._fill(_engine.Column.from_items(kinds, infer=False), self._columns, None)
        return made

    @property
    def _mgr(self) -> Any:
        from lumen.pandas import _storage

        return _storage.of_frame(self)

    def _get_column_array(self, i: int) -> Any:
        from lumen.pandas._storage import column_array

        return column_array(self._column(i))

    def select(self, /, *args: Any, **kwargs: Any) -> Any:
        """Columns by label, and computed ones by expression or keyword, in this order."""
        from lumen.pandas._selecting import select

        return select(self, args, kwargs)

    @property
    def T(self) -> Any:
        return self.transpose()

    def transpose(self, *args: Any, copy: Any = no_default) -> Any:
        check_copy(copy)
        if args:
            if not (len(args) == 1 and args[0] is None):
                raise TypeError("transpose() takes no axes")
        return self._transpose()

    # Ways out.

    @property
    def values(self) -> np.ndarray:
        """The cells as an array of one dtype, read-only."""
        array = self.to_numpy()
        array.flags.writeable = False
        return array

    def to_numpy(self, dtype: Any = None, copy: bool = False, na_value: Any = _convert) -> np.ndarray:
        from lumen.pandas._arrays import table_to_numpy

        columns = [self._column(place) for place in range(self.shape[1])]
        return table_to_numpy(columns, len(self), dtype, *(() if na_value is _convert else (na_value,)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False and len(set(self._dtypes)) > 1:
            # Columns of one dtype stand in one block of pandas, so that it has an array of them.
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        array = self.to_numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __iter__(self) -> Any:
        return iter(self.columns)

    def __contains__(self, label: Any) -> bool:
        return label in self.columns

    def items(self) -> Any:
        """Pairs of column label and column."""
        for place, label in enumerate(self.columns):
            yield label, self._series(place)

    def iterrows(self) -> Any:
        """Pairs of row label and row."""
        for place, label in enumerate(self.index):
            yield label, self.iloc[place]

    def itertuples(self, index: bool = True, name: str | None = "Pandas") -> Any:
        arrays = [self._column(place).tolist() for place in range(self.shape[1])]
        fields = list(self.columns)
        if index:
            arrays.insert(0, self.index.tolist())
            fields.insert(0, "Index")
        if name is not None:
            from collections import namedtuple

            made = namedtuple(name, [str(field) for field in fields], rename=True)  # type: ignore[misc]
            return map(made._make, zip(*arrays))
        return zip(*arrays)

    def __dataframe__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("lumen.pandas: DataFrame.__dataframe__")

    def __reduce__(self) -> Any:
        from lumen.pandas._pickle import frame_state

        return frame_state(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        try:
            if name in self._columns:
                return self[name]
        except TypeError:
            pass
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and not hasattr(type(self), name) and name not in self.__dict__:
            try:
                if name in self._columns:
                    self[name] = value
                    return
            except TypeError:
                pass
            if _convert.is_list_like(value) and name not in self._metadata:
                import warnings

                warnings.warn(
                    "Pandas doesn't allow columns to be created via a new attribute name - see"
                    " https://pandas.pydata.org/pandas-docs/stable/indexing.html#attribute-access",
                    stacklevel=2,
                )
        object.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        names = [label for label in self.columns if isinstance(label, str) and label.isidentifier()]
        return sorted(set(super().__dir__()) | set(names))


def _constructed(data: Any, index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    """The columns and labels of `DataFrame(data, index, columns, dtype)`."""
    if data is None:
        data = {}
    if isinstance(data, _engine.DataFrame):
        return _of_frame(data, index, columns, dtype)
    if isinstance(data, _engine.Series):
        return _of_series(data, index, columns, dtype)
    if isinstance(data, abc.Mapping):
        return _of_mapping(data, index, columns, dtype)
    if isinstance(data, np.ndarray):
        if data.dtype.names:
            return _of_mapping({name: data[name] for name in data.dtype.names}, index, columns, dtype)
        return _of_array(data, index, columns, dtype)
    if isinstance(data, _engine.Index) or hasattr(data, "_column"):
        column = _convert.column_of(data, dtype)
        name = getattr(data, "name", None)
        if columns is None:
            columns = default_index(1) if name is None else Index([name])
        return _checked([column], columns, index, default_index)
    if isinstance(data, (str, bytes)) or not _convert.is_list_like(data):
        if index is None or columns is None:
            raise ValueError("DataFrame constructor not properly called!")
        column = _filled(data, len(index), dtype)
        return [column] * len(columns), columns, index
    if hasattr(data, "__array__"):
        return _of_array(np.asarray(data), index, columns, dtype)
    if isinstance(data, abc.Set):
        raise TypeError(f"{type(data).__name__} type is unordered")
    return _of_rows(list(data), index, columns, dtype)


def _checked(values: list[Any], columns: Any, index: Any, rows: Any) -> tuple[list[Any], Any, Any]:
    length = len(values[0]) if values else 0
    if index is None:
        index = rows(length)
    if len(columns) != len(values) or (values and len(index) != length):
        raise ValueError(
            f"Shape of passed values is ({length}, {len(values)}), indices imply ({len(index)}, {len(columns)})"
        )
    return values, columns, index


def _of_frame(data: Any, index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    if index is not None or columns is not None:
        data = data.reindex(index=index, columns=columns)
    values = [data._column(place) for place in range(data.shape[1])]
    if dtype is not None:
        values = [_convert.cast(value, dtype) for value in values]
    return values, data._columns if columns is None else columns, data._index if index is None else index


def _of_series(data: Any, index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    if index is not None:
        data = data.reindex(index)
    column = data._values if dtype is None else _convert.cast(data._values, dtype)
    index = data._index if index is None else index
    if columns is None:
        columns = default_index(1) if data.name is None else Index([data.name], tupleize_cols=False)
    elif data.name is not None and len(columns) and not (len(columns) == 1 and data.name in columns):
        held = [column if label == data.name else _filled(np.nan, len(index), dtype) for label in columns]
        return held, columns, index
    if len(columns) != 1:
        raise ValueError(
            f"Shape of passed values is ({len(index)}, 1), indices imply ({len(index)}, {len(columns)})"
        )
    return [column], columns, index


def _of_array(data: np.ndarray, index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    if data.ndim == 0:
        raise ValueError("Must pass 2-d input. shape=()")
    if data.ndim == 1:
        data = data.reshape(-1, 1)
    if data.ndim != 2:
        raise ValueError(f"Must pass 2-d input. shape={data.shape}")
    if isinstance(data, np.ma.MaskedArray):
        values = [_convert.column_of(data[:, place], dtype) for place in range(data.shape[1])]
    else:
        values = [
            _convert.column_of(np.ascontiguousarray(data[:, place]), dtype) for place in range(data.shape[1])
        ]
    length = data.shape[0]
    columns = default_index(len(values)) if columns is None else columns
    index = default_index(length) if index is None else index
    if len(columns) != len(values) or len(index) != length:
        raise ValueError(
            f"Shape of passed values is ({length}, {len(values)}), indices imply ({len(index)}, {len(columns)})"
        )
    return values, columns, index


def _of_mapping(data: Any, index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    keys = list(data.keys())
    held = [data[key] for key in keys]
    if index is None:
        index = _rows_of(held) if keys else None
    if columns is None:
        labels = Index(keys) if keys else default_index(0)
        values = [_aligned(value, index, dtype) for value in held]
        return values, labels, default_index(0) if index is None else index
    place = {key: number for number, key in reversed(list(enumerate(keys)))}
    if index is None:
        index = default_index(0)
    values = []
    for label in columns.tolist():
        if label in place:
            values.append(_aligned(held[place[label]], index, dtype))
        elif dtype is None:
            values.append(_engine.Column.missing("object", len(index)))
        else:
            values.append(
                _filled(np.nan, len(index), dtype)
                if len(index)
                else _engine.Column.empty(_convert.engine_name(dtype))
            )
    return values, columns, index


def _rows_of(held: list[Any]) -> Any:
    """The row labels of columns: the union of those of series, else as many as the arrays are long."""
    labelled, lengths = [], set()
    for value in held:
        if type(value) is list:
            lengths.add(len(value))
        elif isinstance(value, (_engine.Series, abc.Mapping)):
            labelled.append(value)
        elif _convert.is_list_like(value) and hasattr(value, "__len__"):
            lengths.add(len(value))
    if not labelled and not lengths:
        raise ValueError("If using all scalar values, you must pass an index")
    if len(lengths) > 1:
        raise ValueError("All arrays must be of the same length")
    if not labelled:
        return default_index(lengths.pop())
    indexes = [value.index if isinstance(value, _engine.Series) else Index(list(value)) for value in labelled]
    union = indexes[0]
    for other in indexes[1:]:
        if not union.equals(other):
            union = union.union(
                other, sort=False if any(isinstance(v, abc.Mapping) for v in labelled) else None
            )
    if lengths and lengths != {len(union)}:
        if any(isinstance(value, abc.Mapping) for value in labelled):
            raise ValueError("Mixing dicts with non-Series may lead to ambiguous ordering.")
        raise ValueError(f"array length {lengths.pop()} does not match index length {len(union)}")
    return union._view()


def _aligned(value: Any, index: Any, dtype: Any) -> Any:
    """One column over the rows."""
    if type(value) is not list and isinstance(value, abc.Mapping):
        value = Series(value)
    if isinstance(value, _engine.Series):
        if not value._index._equals(index):
            value = value.reindex(index)
        column = value._values
        return column if dtype is None else _convert.cast(column, dtype)
    if not _convert.is_list_like(value):
        return _filled(value, len(index), dtype)
    if isinstance(value, np.ndarray) and value.ndim > 1:
        raise ValueError("Per-column arrays must each be 1-dimensional")
    column = _convert.column_of(value, dtype)
    if len(column) != len(index):
        raise ValueError(f"Length of values ({len(column)}) does not match length of index ({len(index)})")
    return column


def _of_rows(rows: list[Any], index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    """Rows as lists, tuples, dictionaries, series or single values."""
    if not rows:
        columns = default_index(0) if columns is None else columns
        index = default_index(0) if index is None else index
        name = "object" if dtype is None else _convert.engine_name(dtype)
        return [_engine.Column.missing(name, len(index)) for _ in range(len(columns))], columns, index
    first = rows[0]
    if isinstance(first, _engine.Series):
        return _of_series_rows(rows, index, columns, dtype)
    if isinstance(first, abc.Mapping):
        return _of_records(rows, index, columns, dtype)
    if hasattr(first, "_fields") and columns is None:
        columns = Index(list(first._fields))
    if hasattr(first, "__dataclass_fields__") and not isinstance(first, type):
        import dataclasses

        return _of_records([dataclasses.asdict(row) for row in rows], index, columns, dtype)
    if not _convert.is_list_like(first):
        column = _convert.column_of(rows, dtype)
        return _checked([column], default_index(1) if columns is None else columns, index, default_index)
    width = max(len(row) for row in rows)
    padded = [list(row) + [None] * (width - len(row)) for row in rows]
    values = [_convert.column_of([row[place] for row in padded], dtype) for place in range(width)]
    if columns is None:
        columns = default_index(width)
    elif len(columns) != width:
        raise ValueError(f"{len(columns)} columns passed, passed data had {width} columns")
    if index is None:
        index = default_index(len(rows))
    elif len(index) != len(rows):
        raise ValueError(
            f"Shape of passed values is ({len(rows)}, {width}), indices imply ({len(index)}, {len(columns)})"
        )
    return values, columns, index


def _of_series_rows(rows: list[Any], index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    labels: Any = None
    for row in rows:
        own = row.index if isinstance(row, _engine.Series) else Index(list(range(len(row))))
        labels = own if labels is None else (labels if labels.equals(own) else labels.union(own, sort=False))
    if index is None:
        names = [getattr(row, "name", None) for row in rows]
        if all(name is None for name in names):
            index = default_index(len(rows))
        else:
            count = iter(range(len(rows)))
            index = Index([f"Unnamed {next(count)}" if name is None else name for name in names])
    wanted = labels if columns is None else columns
    taken = [row.reindex(wanted).tolist() if isinstance(row, _engine.Series) else list(row) for row in rows]
    values = [_convert.column_of([row[place] for row in taken], dtype) for place in range(len(wanted))]
    return values, wanted, index


def _of_records(rows: list[Any], index: Any, columns: Any, dtype: Any) -> tuple[list[Any], Any, Any]:
    if columns is None:
        columns = Index(list(dict.fromkeys(key for row in rows for key in row)))
    values = [
        _convert.column_of([row.get(label, np.nan) for row in rows], dtype) for label in columns.tolist()
    ]
    return values, columns, default_index(len(rows)) if index is None else index
