"""Arrays: a column with Python's sequence protocol, one class a family of dtypes, and `pandas.array`.

Every operation is that of the series over the same column; here stands only what an array adds to it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _datetimes, _dtypes, _numpy_arguments, _reflected
from lumen.pandas._datetimes import deprecated_name
from lumen.pandas._extension_dtype import ExtensionDtype
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._extension import ExtensionArray
from lumen.pandas._ufunc_guard import refuse_logic_of_times
from lumen.pandas._inference import infer_dtype, is_list_like


def _operator(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: ColumnArray, other: Any) -> Any:
        if isinstance(other, (_engine.Series, _engine.Index, _engine.DataFrame)):
            return NotImplemented
        if is_list_like(other) and hasattr(other, "__len__") and len(other) != len(self):
            raise ValueError(
                "Lengths must match to compare" if function in _COMPARISONS else "Lengths must match"
            )
        mine = self._series()
        theirs = other._series() if isinstance(other, ColumnArray) else other
        return self._answer(function(mine, theirs))

    return method


_COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


def _shown(result: Any) -> Any:
    """An answer as an array: numpy's where it has the dtype and times are not meant."""
    if isinstance(result, tuple):
        return tuple(_shown(part) for part in result)
    if not isinstance(result, _engine.Series):
        return result
    dtype = result.dtype
    if isinstance(dtype, np.dtype) and dtype.kind not in "mM":
        return result.to_numpy()
    return array_of(result._values)


class ColumnArray(ExtensionArray):
    """An array over one column of the engine."""

    __array_priority__ = 1000
    _column: _engine.Column

    def __init__(self, values: Any, dtype: Any = None, copy: bool = False) -> None:
        self._column = _convert.column_of(values, dtype)

    @classmethod
    def _of(cls, column: _engine.Column, dtype: Any = None) -> Any:
        made = object.__new__(cls)
        made._column = column
        made._own_dtype = dtype
        return made

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> Any:
        """From a list of values."""
        return array_of(_convert.column_of(scalars, dtype), dtype)

    def _answer(self, result: Any) -> Any:
        """What an operator gives."""
        return _shown(result)

    def _series(self) -> Any:
        from lumen.pandas import Series

        return Series(self._column)

    @property
    def dtype(self) -> Any:
        """The dtype."""
        own = getattr(self, "_own_dtype", None)
        return own if own is not None else _convert.dtype_object(self._column)

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension: the length."""
        return (len(self._column),)

    ndim = 1

    @property
    def size(self) -> int:
        """How many values."""
        return len(self._column)

    @property
    def nbytes(self) -> int:
        """Bytes the values take in numpy."""
        return int(self._series().nbytes)

    @property
    def T(self) -> Any:  # noqa: N802
        """Itself."""
        return self

    def __len__(self) -> int:
        return len(self._column)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._series())

    def __contains__(self, item: Any) -> bool:
        from lumen.pandas._missing import is_missing

        if is_missing(item):
            return bool(_convert.mask_of(self._column).any())
        return item in self.tolist()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and len(key) == 1:
            key = key[0]
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            if not -len(self) <= key < len(self):
                raise IndexError(f"index {key} is out of bounds for axis 0 with size {len(self)}")
            return self._column[int(key) if key >= 0 else int(key) + len(self)]
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._again(self._column.slice(start, max(start, stop)))
            return self._again(self._column.take(list(range(start, stop, step))))
        from lumen.pandas._window_indexers import check_array_indexer

        if not is_list_like(key):
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are"
                " valid indices"
            )
        positions = check_array_indexer(self, key)
        if positions.dtype.kind == "b":
            positions = np.flatnonzero(positions)
        positions = np.where(positions < 0, positions + len(self), positions)
        if ((positions < 0) | (positions >= len(self))).any():
            raise IndexError("index out of bounds")
        return self._again(self._column.take(positions.tolist()))

    def __setitem__(self, key: Any, value: Any) -> None:
        series = self._series()
        series.iloc[key] = value._series() if isinstance(value, ColumnArray) else value
        self._column = series._values

    def _again(self, column: _engine.Column) -> Any:
        return type(self)._of(column, getattr(self, "_own_dtype", None))

    def copy(self) -> Any:
        """Another array of the same values."""
        return self._again(self._column)

    def view(self, dtype: Any = None) -> Any:
        """The same values; the ticks of times as integers."""
        if dtype is None:
            return self._again(self._column)
        return self.to_numpy().view(dtype)

    def tolist(self) -> list[Any]:
        """The values in a list."""
        return self._column.tolist()

    def to_numpy(self, dtype: Any = None, copy: bool = False, na_value: Any = _convert) -> np.ndarray:
        """The values as numpy's array."""
        return self._series().to_numpy(
            dtype, copy, **({} if na_value is _convert else {"na_value": na_value})
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._series().__array__(dtype, copy)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The values in another dtype; numpy's array where numpy has it."""
        target = pandas_dtype(dtype)
        if target == self.dtype:
            return self.copy() if copy else self
        column = _convert.cast(self._column, target)
        if isinstance(target, np.dtype) and target.kind not in "mM":
            return _convert.numpy_of(column)
        return array_of(column, target)

    def isna(self) -> np.ndarray:
        """Where values are missing."""
        return _convert.mask_of(self._column)

    @property
    def _hasna(self) -> bool:
        return bool(self.isna().any())

    def equals(self, other: object) -> bool:
        """Whether dtype and values are the same, missing beside missing included."""
        return (
            type(self) is type(other)
            and isinstance(other, ColumnArray)
            and self.dtype == other.dtype
            and self._column.equals(other._column)
        )

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None, axis: int = 0) -> Any:
        """Values by position; with `allow_fill`, -1 gives the missing value or `fill_value`."""
        if axis not in (0, -1):
            raise np.exceptions.AxisError(axis, 1)
        positions = np.asarray(indices, dtype=np.intp)
        if not allow_fill:
            return self[positions]
        if (positions < -1).any():
            raise ValueError(f"'indices' contains values less than allowed ({positions.min()} < -1)")
        if (positions >= len(self)).any():
            raise IndexError(
                "out of bounds value in 'indices'."
                if len(self)
                else "cannot do a non-empty take from an empty axes."
            )
        made = self._again(self._column.reindex(positions.tolist()))
        if fill_value is not None and fill_value == fill_value and (positions == -1).any():
            made[np.flatnonzero(positions == -1)] = fill_value
        return made

    def unique(self) -> Any:
        """The values without repetition, in the order of their first places."""
        return self._again(self._column.unique())

    def argsort(
        self, *, ascending: bool = True, kind: str = "quicksort", na_position: str = "last", **kwargs: Any
    ) -> Any:
        """Positions that sort the values; equal ones keep their order, whatever `kind` would allow."""
        from lumen.pandas._ordering import _check_kind

        _check_kind(kind)
        _numpy_arguments.check("argsort", (), kwargs)
        series = self._series().sort_values(ascending=ascending, kind="stable", na_position=na_position)
        return np.asarray(series.index, dtype=np.intp)

    def item(self, index: int | None = None) -> Any:
        """The value at a position, or the only one."""
        if index is not None:
            return self[index]
        if len(self) != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self[0]

    def ravel(self, order: str = "C") -> Any:
        """Itself: there is one dimension in any order."""
        return self

    def transpose(self, *axes: int) -> Any:
        """Itself: there is one dimension."""
        return self

    @classmethod
    def _concat_same_type(cls, to_concat: Any) -> Any:
        """The values of arrays of one dtype below one another."""
        parts = list(to_concat)
        return parts[0]._again(_engine.Column.concat([part._column for part in parts]))

    def _reduce(self, name: str, *, skipna: bool = True, keepdims: bool = False, **kwargs: Any) -> Any:
        """A reduction by name; with `keepdims` as an array of one value."""
        if name != "count":
            kwargs["skipna"] = skipna
        found = getattr(self._series(), name)(**kwargs)
        if not keepdims:
            return found
        column = _convert.column_of([found])
        return array_of(_convert.cast(column, self.dtype) if name in ("min", "max") else column)

    def __repr__(self) -> str:
        from lumen.pandas._array_repr import shown

        return shown(self)

    def _formatter(self, boxed: bool = False) -> Callable[[Any], str | None]:
        return str if boxed else repr

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._series(),)

    def __getattr__(self, name: str) -> Any:
        # What a series can do with its values alone, an array can.
        if name.startswith("_") or name not in _LENT:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        found = getattr(self._series(), name)
        if not callable(found):
            return _shown(found)
        return lambda *args, **kwargs: _shown(found(*args, **kwargs))

    def __neg__(self) -> Any:
        return self._answer(-self._series())

    def __pos__(self) -> Any:
        return self._answer(+self._series())

    def __abs__(self) -> Any:
        return self._answer(abs(self._series()))

    def __invert__(self) -> Any:
        return self._answer(~self._series())

    def __hash__(self) -> int:
        raise TypeError(f"unhashable type: {type(self).__name__!r}")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, (_engine.Series, _engine.Index, _engine.DataFrame)) for x in inputs):
            return NotImplemented
        refuse_logic_of_times(ufunc, inputs)
        plain = [x._series() if isinstance(x, ColumnArray) else x for x in inputs]
        return _shown(getattr(ufunc, method)(*plain, **kwargs))


_LENT = frozenset(
    "sum mean min max std var median prod any all count nunique fillna ffill bfill dropna shift isin duplicated round"
    " value_counts factorize searchsorted interpolate map skew kurt sem argmin argmax repeat".split()
)

for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(ColumnArray, f"__{_name}__", _operator(getattr(operator, _name)))
    setattr(ColumnArray, f"__r{_name}__", _operator(getattr(_reflected, f"r{_name}")))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(ColumnArray, f"__{_name}__", _operator(getattr(operator, _name)))
for _name in ("and_", "or_", "xor"):
    setattr(ColumnArray, f"__{_name.rstrip('_')}__", _operator(getattr(operator, _name)))
    setattr(ColumnArray, f"__r{_name.rstrip('_')}__", _operator(getattr(_reflected, f"r{_name}")))
ColumnArray.__divmod__ = _operator(divmod)  # type: ignore[attr-defined]
ColumnArray.__rdivmod__ = _operator(_reflected.rdivmod)  # type: ignore[attr-defined]
del _name


class BaseMaskedArray(ColumnArray):
    """Values with a mask; made from the two."""

    def __init__(self, values: np.ndarray, mask: np.ndarray, copy: bool = False) -> None:
        if not (isinstance(mask, np.ndarray) and mask.dtype == np.bool_):
            raise TypeError("mask should be boolean numpy array. Use the 'pd.array' function instead")
        if values.shape != mask.shape:
            raise ValueError("values.shape must match mask.shape")
        name = _dtypes._MASKED_NAMES.get(values.dtype.name)
        if name is None:
            raise TypeError(
                "values should be a numpy array of a nullable dtype's kind. Use the 'pd.array' function instead"
            )
        plain = values.view("u1") if values.dtype.kind == "b" else values
        valid = (~mask).view("u1")
        self._column = _engine.Column.masked(np.ascontiguousarray(plain), values.dtype.name, valid)

    @property
    def _mask(self) -> np.ndarray:
        return self.isna()


class IntegerArray(BaseMaskedArray):
    """Integers with ``NA``."""


class FloatingArray(BaseMaskedArray):
    """Floats with ``NA``."""


class BooleanArray(BaseMaskedArray):
    """Booleans with ``NA``."""


class StringArray(ColumnArray):
    """Text whose dtype says Python stores it."""


class ArrowStringArray(ColumnArray):
    """Text whose dtype says Arrow stores it."""


class ArrowExtensionArray(ColumnArray):
    """Values of a dtype named by its Arrow type."""


class NumpyExtensionArray(ColumnArray):
    """Values of a dtype numpy has; an operator gives one again."""

    def _answer(self, result: Any) -> Any:
        if isinstance(result, tuple):
            return tuple(self._answer(part) for part in result)
        return array_of(result._values) if isinstance(result, _engine.Series) else result


def _of_times(names: str) -> Callable[[type], type]:
    """Gives a class what `.dt` of a series has under these names."""

    def lend(owner: type) -> type:
        for name in names.split():
            setattr(owner, name, _lent(name, callable(getattr(_datetimes.DatetimeProperties, name, None))))
        return owner

    return lend


def _lent(name: str, is_method: bool) -> Any:
    if is_method:

        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return _shown(getattr(self._series().dt, name)(*args, **kwargs))

        method.__name__ = name
        return method
    return property(lambda self: _shown(getattr(self._series().dt, name)), doc=f"`{name}` of each value.")


@_of_times(
    "year month day hour minute second microsecond nanosecond quarter day_of_week day_of_year days_in_month is_leap_year"
    " is_month_start is_month_end is_quarter_start is_quarter_end is_year_start is_year_end date time timetz"
    " tz_localize tz_convert normalize round floor ceil strftime day_name month_name as_unit"
)
class DatetimeArray(ColumnArray):
    """Times, with or without zone."""

    @property
    def tz(self) -> Any:
        """The zone, or None."""
        return getattr(self.dtype, "tz", None)

    weekday = deprecated_name(
        "DatetimeArray", "weekday", "day_of_week", "DatetimeArray.day_of_week or Series.dt.day_of_week"
    )
    dayofweek = deprecated_name("DatetimeArray", "dayofweek", "day_of_week")
    dayofyear = deprecated_name("DatetimeArray", "dayofyear", "day_of_year")
    daysinmonth = deprecated_name("DatetimeArray", "daysinmonth", "days_in_month")

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return self.dtype.unit if self.tz is not None else np.datetime_data(self.dtype)[0]


class TimedeltaArray(ColumnArray):
    """Durations."""

    @property
    def unit(self) -> str:
        """'s', 'ms', 'us' or 'ns'."""
        return np.datetime_data(self.dtype)[0]


for _class in (
    BaseMaskedArray,
    IntegerArray,
    FloatingArray,
    BooleanArray,
    StringArray,
    ArrowStringArray,
    ArrowExtensionArray,
    NumpyExtensionArray,
    DatetimeArray,
    TimedeltaArray,
):
    _class.__module__ = "pandas.arrays"
del _class


def _class_of(dtype: Any) -> type[ColumnArray]:
    if isinstance(dtype, np.dtype):
        return {"M": DatetimeArray, "m": TimedeltaArray}.get(dtype.kind, NumpyExtensionArray)
    if isinstance(dtype, _dtypes.DatetimeTZDtype):
        return DatetimeArray
    if isinstance(dtype, _dtypes.CategoricalDtype):
        from lumen.pandas._categorical import Categorical

        return Categorical
    if isinstance(dtype, _dtypes.IntervalDtype):
        from lumen.pandas._interval_array import IntervalArray

        return IntervalArray
    if isinstance(dtype, _dtypes.StringDtype):
        return ArrowStringArray if dtype.storage == "pyarrow" else StringArray
    if isinstance(dtype, _dtypes.ArrowDtype):
        return ArrowExtensionArray
    return {"i": IntegerArray, "u": IntegerArray, "f": FloatingArray, "b": BooleanArray}[dtype.kind]


def array_of(column: _engine.Column, dtype: Any = None) -> Any:
    """The array over a column; `dtype` where it says more than the column knows (the storage of text)."""
    own = pandas_dtype(dtype) if isinstance(dtype, (str, _dtypes.StringDtype)) else None
    own = own if isinstance(own, _dtypes.StringDtype) else None
    return _class_of(own if own is not None else _convert.dtype_object(column))._of(column, own)


def _rebuilt(series: Any) -> Any:
    return array_of(series._values)


_INFERRED = {
    "integer": "Int64",
    "floating": "Float64",
    "mixed-integer-float": "Float64",
    "boolean": "boolean",
    "string": "string",
    "integer-na": "Int64",
    "empty": "Float64",
}


def array(data: Any, dtype: Any = None, copy: bool = True) -> Any:
    """An array of the values in a dtype given or inferred: nullable numbers and text, times, else objects.

    ValueError for a scalar, TypeError for a DataFrame.
    """
    if isinstance(data, _engine.DataFrame):
        raise TypeError("Cannot pass DataFrame to 'pandas.array'")
    if not is_list_like(data):
        raise ValueError(f"Cannot pass scalar '{data}' to 'pandas.array'.")
    if dtype is None and isinstance(data, (ColumnArray, _engine.Series, _engine.Index)):
        held = getattr(data, "dtype", None)
        if isinstance(held, ExtensionDtype) or getattr(held, "kind", "") in "mM":
            return array_of(_convert.column_of(data))
    if dtype is None:
        items = data if isinstance(data, np.ndarray) else list(data)
        dtype = _INFERRED.get(infer_dtype(items))
        if isinstance(items, np.ndarray) and items.dtype.kind == "f" and items.dtype.itemsize < 8:
            dtype = _dtypes._MASKED_NAMES.get(items.dtype.name)
        elif isinstance(items, np.ndarray) and items.dtype.kind in "iu":
            dtype = _dtypes._MASKED_NAMES[items.dtype.name]
        return array_of(_convert.column_of(items, dtype), dtype)
    target = pandas_dtype(dtype)
    return array_of(_convert.column_of(data, target), target)


array.__module__ = "pandas"
