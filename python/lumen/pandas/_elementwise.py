"""Values changed one by one: astype, round, clip, where, mask, replace, map, shift, running sums."""

from __future__ import annotations

import sys
import operator
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _chained, _convert, _numpy_arguments
from lumen.pandas._col import resolved
from lumen.pandas._deprecation import check_copy
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._generic import validate_bool
from lumen.pandas._inference import no_default
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._warn import warn

_UNSET: Any = no_default


class SeriesElementwise:
    """Elementwise methods of a series."""

    @property
    def _masked(self) -> bool:
        """Whether the values are numbers or truths beside a mask of what is missing."""
        return self._dtype == "boolean" or self._dtype.startswith(("Int", "UInt", "Float"))

    def _with_column(self, column: Any) -> Any:
        """The same labels and name over another column."""
        made = type(self).__new__(type(self))
        made._fill(column, self._index, self.name)
        return made.__finalize__(self)

    def _settle(self, made: Any, inplace: bool) -> Any:
        """The result, or this object changed into it; either way what the call returns."""
        if inplace:
            self._adopt(made)
            return self
        return made

    def astype(self, dtype: Any, copy: Any = _UNSET, errors: str = "raise") -> Any:
        """The values in another dtype."""
        check_copy(copy)
        if errors not in ("raise", "ignore"):
            raise ValueError(
                f"Expected value of kwarg 'errors' to be one of ['raise', 'ignore']. Supplied value is '{errors}'"
            )
        if isinstance(dtype, (dict, _engine.Series)):
            if len(dtype) > 1 or self.name not in dtype:
                raise KeyError("Only the Series name can be used for the key in Series dtype mappings.")
            dtype = dtype[self.name]
        try:
            return self._with_column(_convert.cast(self._values, pandas_dtype(dtype)))
        except (TypeError, ValueError):
            if errors == "ignore":
                return self.copy()
            raise

    def round(self, decimals: int = 0, *args: Any, **kwargs: Any) -> Any:
        """Values rounded to so many places, half to even."""
        _numpy_arguments.check("round", args, kwargs)
        if not isinstance(decimals, (int, np.integer)):
            raise TypeError("decimals must be an integer")
        if self._dtype == "object":
            raise TypeError("Expected numeric dtype, got object instead.")
        return self._round(int(decimals))

    def __round__(self, decimals: int = 0) -> Any:
        return self.round(decimals)

    def clip(
        self, lower: Any = None, upper: Any = None, *, axis: Any = None, inplace: bool = False, **kwargs: Any
    ) -> Any:
        """Values no smaller than `lower` and no larger than `upper`."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        inplace = validate_bool(inplace, "inplace")
        _numpy_arguments.check("clip", (), kwargs)
        if axis is not None:
            self._get_axis_number(axis)

        def bound(value: Any) -> Any:
            if value is None or _convert.is_list_like(value):
                return value
            column = _convert.column_of([value])
            return None if column.isna()[0] else value

        lower, upper = bound(lower), bound(upper)
        if _convert.is_list_like(lower) or _convert.is_list_like(upper):
            made = self
            for limit, op in ((lower, "lt"), (upper, "gt")):
                if limit is None:
                    continue
                if _convert.is_list_like(limit) and not isinstance(limit, _engine.Series):
                    limit = self._constructor(limit, index=self.index)
                beyond = getattr(made, op)(limit)
                beyond = beyond.reindex(self.index) if isinstance(limit, _engine.Series) else beyond
                made = made._chosen(beyond.fillna(False).astype(bool), limit, True)
            return self._settle(made.copy(), inplace)
        if lower is not None and upper is not None and lower > upper:
            lower, upper = upper, lower
        return self._settle(self._clip(lower, upper), inplace)

    def _condition(self, cond: Any, name: str) -> Any:
        cond = resolved(cond, self)
        if not isinstance(cond, _engine.Series):
            if isinstance(cond, _engine.DataFrame) or getattr(cond, "ndim", 1) > 1:
                raise ValueError("Array conditional must be same shape as self")
            if not _convert.is_list_like(cond) or len(cond) != len(self):
                raise ValueError("Array conditional must be same shape as self")
            cond = self._constructor(cond, index=self.index)
        else:
            cond = cond.reindex(self.index) if not cond.index.equals(self.index) else cond
        if cond._dtype == "object":
            cond = cond._with_column(cond.fillna(name != "where")._values.inferred())
        if cond._dtype not in ("bool", "boolean"):
            if len(cond) == 0:
                return cond.astype(bool)
            raise TypeError(f"Boolean array expected for the condition, not {cond.dtype}")
        if cond._dtype == "boolean":
            cond = cond.fillna(name != "where").astype(bool)
        return cond

    def _replacement(self, other: Any) -> Any:
        other = resolved(other, self)
        if other is _UNSET:
            return np.nan
        if isinstance(other, _engine.Series):
            return other if other.index.equals(self.index) else other.reindex(self.index)
        if _convert.is_list_like(other):
            if len(other) != len(self):
                if len(other) == 1:
                    return list(other)[0]
                raise ValueError("Length of replacements must equal series length")
            return self._constructor(other, index=self.index)
        return other

    def where(
        self, cond: Any, other: Any = _UNSET, *, inplace: bool = False, axis: Any = None, level: Any = None
    ) -> Any:
        """Values where the condition holds, others elsewhere."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        if level is not None:
            raise NotImplementedError("lumen.pandas: Series.where(level=)")
        if axis is not None:
            self._get_axis_number(axis)
        made = self._chosen(self._condition(cond, "where"), self._replacement(other), False)
        return self._settle(made, validate_bool(inplace, "inplace"))

    def mask(
        self, cond: Any, other: Any = _UNSET, *, inplace: bool = False, axis: Any = None, level: Any = None
    ) -> Any:
        """Values where the condition does not hold, others elsewhere."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        if level is not None:
            raise NotImplementedError("lumen.pandas: Series.mask(level=)")
        if axis is not None:
            self._get_axis_number(axis)
        made = self._chosen(self._condition(cond, "mask"), self._replacement(other), True)
        return self._settle(made, validate_bool(inplace, "inplace"))

    def isin(self, values: Any) -> Any:
        """Where the value is among those given."""
        if not _convert.is_list_like(values):
            raise TypeError(
                "only list-like objects are allowed to be passed to isin(), you passed a"
                f" `{type(values).__name__}`"
            )
        if isinstance(values, (set, frozenset, abc.KeysView, abc.ValuesView)) or not hasattr(
            values, "__len__"
        ):
            values = list(values)
        column = _convert.column_of(list(values) if isinstance(values, abc.Mapping) else values)
        bits = np.frombuffer(self._values.isin(column), dtype="?") if len(self) else np.empty(0, "?")
        found = _convert.column_of(bits)
        return self._with_column(found.cast("boolean") if self._masked else found)

    def between(self, left: Any, right: Any, inclusive: str = "both") -> Any:
        """Where the value lies between two."""
        if inclusive not in ("both", "left", "right", "neither"):
            raise ValueError("Inclusive has to be either string of 'both','left', 'right', or 'neither'.")
        if _convert.is_list_like(left) or _convert.is_list_like(right):
            lower = self >= left if inclusive in ("both", "left") else self > left
            upper = self <= right if inclusive in ("both", "right") else self < right
            return lower & upper
        return self._between(left, right, inclusive)

    def map(self, func: Any = None, na_action: Any = None, engine: Any = None, **kwargs: Any) -> Any:
        """Each value by a function, a dictionary or a series."""
        if engine is not None:
            raise NotImplementedError("lumen.pandas: Series.map(engine=)")
        if func is None and "arg" in kwargs:
            func = kwargs.pop("arg")
            warn(
                "The parameter `arg` has been renamed to `func`, and it will stop being supported in a future version of "
                "pandas.",
                Pandas4Warning,
            )
        if func is None:
            raise ValueError("The `func` parameter is required")
        if na_action not in (None, "ignore"):
            raise ValueError(f"na_action must either be 'ignore' or None, {na_action} was passed")
        if self._dtype == "category":
            return self._mapped_categories(func, na_action, kwargs)
        if isinstance(func, abc.Mapping) and hasattr(type(func), "__missing__"):
            table = func
            func = lambda value: table[np.nan if value != value else value]  # noqa: E731
        if isinstance(func, (abc.Mapping, _engine.Series)):
            if isinstance(func, abc.Mapping):
                keys, values = list(func.keys()), list(func.values())
                if not keys:
                    return self._with_column(_convert.column_of(np.full(len(self), np.nan)))
                values = _convert.column_of(values)
            else:
                if not func.index.is_unique:
                    from lumen.pandas._errors import InvalidIndexError

                    raise InvalidIndexError("Reindexing only valid with uniquely valued Index objects")
                keys, values = func.index.tolist(), func._values
            place = {}
            for number, key in enumerate(keys):
                place.setdefault(_key(key), number)
            rows = [place.get(_key(value), -1) for value in self._values.tolist()]
            return self._with_column(values.reindex(rows))
        results = []
        for value, missing in zip(self._boxed(), self._values.isna()):
            results.append(value if missing and na_action == "ignore" else func(value, **kwargs))
        return self._with_column(_from_results(results, self))

    def _mapped_categories(self, func: Any, na_action: Any, kwargs: dict[str, Any]) -> Any:
        """Each category by the function; a category still where no two become one."""
        own = self.cat.categories
        made = self._constructor(own._values).map(func, na_action, **kwargs)
        codes = self.cat.codes.tolist()
        gap = -1 in codes
        outside = np.nan
        if gap and na_action is None:
            table = self._constructor([np.nan])
            outside = func(np.nan, **kwargs) if callable(func) else table.map(func).iloc[0]
        stays = isinstance(outside, float) and outside != outside
        several = any(isinstance(label, tuple) for label in made)
        if made.is_unique and not made.hasnans and stays and not several:
            from lumen.pandas._categorical import Categorical

            mapped = Categorical.from_codes(codes, categories=made.tolist(), ordered=self.cat.ordered)
            return self._constructor(mapped, index=self.index, name=self.name)
        values = made._values.reindex([code if code >= 0 else -1 for code in codes])
        if gap and not stays:
            rows = [row for row, code in enumerate(codes) if code < 0]
            values = values.set_widening(rows, outside)
        return self._with_column(values)

    def _boxed(self) -> Any:
        """The values as `map` and `apply` hand them to a function."""
        return self._values.tolist()

    def replace(
        self, to_replace: Any = None, value: Any = _UNSET, *, inplace: bool = False, regex: Any = False
    ) -> Any:
        """Values exchanged for others."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        from lumen.pandas._replacing import replaced

        return self._settle(
            replaced(self, to_replace, value, regex, _UNSET), validate_bool(inplace, "inplace")
        )

    def shift(
        self, periods: Any = 1, freq: Any = None, axis: Any = 0, fill_value: Any = _UNSET, suffix: Any = None
    ) -> Any:
        """Values moved down by so many rows."""
        self._get_axis_number(axis)
        if _convert.is_list_like(periods):
            return self.to_frame().shift(periods, freq=freq, axis=axis, fill_value=fill_value, suffix=suffix)
        if freq is not None:
            if fill_value is not _UNSET:
                raise ValueError("Passing a 'freq' together with a 'fill_value' is not allowed.")
            made = self.copy()
            made.index = self.index.shift(periods, freq)
            return made
        if not isinstance(periods, (int, np.integer)):
            if isinstance(periods, float) and periods.is_integer():
                periods = int(periods)
            else:
                raise TypeError("periods must be an integer")
        if fill_value is _UNSET:
            return self._moved("shift", int(periods))
        length, periods = len(self), int(periods)
        rows = np.arange(length) - periods
        outside = (rows < 0) | (rows >= length)
        moved = self._values.take(np.where(outside, 0, rows).tolist()) if length else self._values
        return self._with_column(moved.set_widening(np.flatnonzero(outside).tolist(), fill_value))

    def diff(self, periods: int = 1) -> Any:
        """The value less the one so many rows before."""
        if not isinstance(periods, (int, np.integer)):
            if not (isinstance(periods, float) and periods.is_integer()):
                raise ValueError("periods must be an integer")
        return self._moved("diff", int(periods))

    def pct_change(self, periods: int = 1, fill_method: Any = None, freq: Any = None, **kwargs: Any) -> Any:
        """The change from the row so many before, as a share of it."""
        if fill_method is not None:
            raise ValueError(f"fill_method must be None; got {fill_method=}.")
        if freq is not None or kwargs:
            shifted = self.shift(periods, freq=freq, **kwargs)
            return (self / shifted - 1).reindex(self.index)
        return self._moved("pct_change", int(periods))

    def _running(
        self, how: str, axis: Any, skipna: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        skipna = _numpy_arguments.check_skipna(f"cum{how}", skipna, args, kwargs)
        if axis is not None:
            self._get_axis_number(axis)
        if self._dtype == "object":
            return self._with_column(
                _engine.Column.from_items(_running_objects(how, self, skipna), infer=False)
            )
        return self._cumulative(how, skipna)

    def cumsum(self, axis: Any = 0, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        return self._running("sum", axis, skipna, args, kwargs)

    def cumprod(self, axis: Any = 0, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        return self._running("prod", axis, skipna, args, kwargs)

    def cummax(self, axis: Any = 0, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        return self._running("max", axis, skipna, args, kwargs)

    def cummin(self, axis: Any = 0, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        return self._running("min", axis, skipna, args, kwargs)

    def repeat(self, repeats: Any, axis: None = None) -> Any:
        """Each row so many times."""
        if axis is not None:
            raise ValueError("the 'axis' parameter is not supported in the pandas implementation of repeat()")
        return self._take(np.repeat(np.arange(len(self)), repeats).tolist())

    def infer_objects(self, copy: Any = _UNSET) -> Any:
        """Objects in the dtype that they have in common."""
        check_copy(copy)
        return self._with_column(self._values.inferred())


class FrameElementwise:
    """Elementwise methods of a frame."""

    def _settle(self, made: Any, inplace: bool) -> Any:
        if inplace:
            self._adopt(made)
            return self
        return made

    def _take_columns(self, places: list[int]) -> Any:
        made = type(self).__new__(type(self))
        made._fill([self._column(place) for place in places], self._columns._take(places), self._index)
        return made.__finalize__(self)

    def astype(self, dtype: Any, copy: Any = _UNSET, errors: str = "raise") -> Any:
        """Columns in another dtype: one for all, or by label."""
        check_copy(copy)
        if isinstance(dtype, (abc.Mapping, _engine.Series)):
            table = dict(dtype.items())
            absent = [label for label in table if label not in self.columns]
            if absent:
                raise KeyError(
                    "Only a column name can be used for the key in a dtype mappings argument."
                    f" '{absent[0]}' not found in columns."
                )
            columns = []
            for place, label in enumerate(self.columns):
                series = self._series(place)
                columns.append(
                    (series.astype(table[label], errors=errors) if label in table else series)._values
                )
            return self._with_columns(columns)
        return self._mapped("astype", dtype, errors=errors)

    def round(self, decimals: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """Cells rounded; by column where a dictionary or series says so."""
        _numpy_arguments.check("round", args, kwargs)

        def numeric(series: Any) -> bool:
            return (
                series._dtype not in ("object", "str", "string", "category", "bool")
                and "64[" not in series._dtype
            )

        if isinstance(decimals, (abc.Mapping, _engine.Series)):
            if isinstance(decimals, _engine.Series) and not decimals.index.is_unique:
                raise ValueError("Index of decimals must be unique")
            table = dict(decimals.items())
            if any(not isinstance(value, (int, np.integer)) for value in table.values()):
                raise TypeError("Values in decimals must be integers")
            columns = []
            for place, label in enumerate(self.columns):
                series = self._series(place)
                columns.append(
                    (series.round(table[label]) if label in table and numeric(series) else series)._values
                )
            return self._with_columns(columns)
        if not isinstance(decimals, (int, np.integer)):
            raise TypeError("decimals must be an integer, a dict-like or a Series")
        series = [self._series(place) for place in range(self.shape[1])]
        return self._with_columns([(one.round(decimals) if numeric(one) else one)._values for one in series])

    def clip(
        self, lower: Any = None, upper: Any = None, *, axis: Any = None, inplace: bool = False, **kwargs: Any
    ) -> Any:
        """Cells no smaller than `lower` and no larger than `upper`."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        inplace = validate_bool(inplace, "inplace")
        _numpy_arguments.check("clip", (), kwargs)
        if not _convert.is_list_like(lower) and not _convert.is_list_like(upper):
            return self._settle(self._mapped("clip", lower, upper), inplace)
        made = self
        for limit, op, name in ((lower, "lt", "lower"), (upper, "gt", "upper")):
            if limit is None:
                continue
            if _convert.is_list_like(limit) and axis is None and not isinstance(limit, _engine.DataFrame):
                raise ValueError("Must specify axis=0 or 1")
            if not _convert.is_list_like(limit):
                made = made._mapped("clip", **{name: limit})
                continue
            beyond = getattr(made, op)(limit, axis=axis if axis is not None else 1)
            made = made.where(~beyond, limit, axis=axis)
        return self._settle(made.copy(), inplace)

    def _per_column(self, value: Any, axis: Any) -> Any:
        """What each column meets of a condition or replacement: a function from its place to a value."""
        value = resolved(value, self)
        if isinstance(value, _engine.DataFrame):
            other = value if value.index.equals(self.index) else value.reindex(index=self.index)
            labels = {label: place for place, label in reversed(list(enumerate(other.columns)))}
            own = list(self.columns)
            return lambda place: other._series(labels[own[place]]) if own[place] in labels else None
        if isinstance(value, _engine.Series):
            if axis is not None and self._get_axis_number(axis) == 1:
                row = value.reindex(self.columns)
                return lambda place: row._at(place)
            return lambda place: value
        if isinstance(value, np.ndarray) and value.ndim == 2:
            if value.shape != self.shape:
                raise ValueError("Array conditional must be same shape as self")
            return lambda place: np.ascontiguousarray(value[:, place])
        return lambda place: value

    def _choose(self, cond: Any, other: Any, inplace: bool, axis: Any, level: Any, name: str) -> Any:
        if level is not None:
            raise NotImplementedError(f"lumen.pandas: DataFrame.{name}(level=)")
        cond = resolved(cond, self)
        if not isinstance(cond, (_engine.DataFrame, _engine.Series)):
            array = np.asarray(cond)
            if array.shape != self.shape:
                raise ValueError("Array conditional must be same shape as self")
            cond = array
        conditions = self._per_column(cond, axis)
        other = np.nan if other is _UNSET else other
        if isinstance(other, _engine.Series) and axis is None:
            raise ValueError("Must specify axis=0 or 1")
        others = self._per_column(other, axis)
        columns = []
        for place in range(self.shape[1]):
            series, condition = self._series(place), conditions(place)
            if condition is None:
                condition = np.zeros(len(self), dtype=bool)
                if name == "mask":
                    condition = ~condition
            if isinstance(condition, np.ndarray) and condition.dtype == object:
                condition = condition.astype(bool)
            replacement = others(place)
            replacement = np.nan if replacement is None else replacement
            columns.append(getattr(series, name)(condition, replacement)._values)
        return self._settle(self._with_columns(columns), validate_bool(inplace, "inplace"))

    def where(
        self, cond: Any, other: Any = _UNSET, *, inplace: bool = False, axis: Any = None, level: Any = None
    ) -> Any:
        """Cells where the condition holds, others elsewhere."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        return self._choose(cond, other, inplace, axis, level, "where")

    def mask(
        self, cond: Any, other: Any = _UNSET, *, inplace: bool = False, axis: Any = None, level: Any = None
    ) -> Any:
        """Cells where the condition does not hold, others elsewhere."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        return self._choose(cond, other, inplace, axis, level, "mask")

    def isin(self, values: Any) -> Any:
        """Where the cell is among the values given; by column for a dictionary, by label for a series or frame."""
        if isinstance(values, abc.Mapping):
            columns = [
                self._series(place).isin(values.get(label, []))._values
                for place, label in enumerate(self.columns)
            ]
            return self._with_columns(columns)
        if isinstance(values, _engine.Series):
            if not values.index.is_unique:
                raise ValueError("cannot compute isin with a duplicate axis.")
            return self.eq(values.reindex(self.index), axis="index")
        if isinstance(values, _engine.DataFrame):
            if not (values.columns.is_unique and values.index.is_unique):
                raise ValueError("cannot compute isin with a duplicate axis.")
            return self.eq(values.reindex(index=self.index, columns=self.columns))
        if not _convert.is_list_like(values):
            raise TypeError(
                "only list-like or dict-like objects are allowed to be passed to DataFrame.isin(), you passed a"
                f" '{type(values).__name__}'"
            )
        return self._mapped("isin", values)

    def map(self, func: Any, na_action: Any = None, **kwargs: Any) -> Any:
        """Each cell by a function."""
        if not callable(func):
            raise TypeError(f"'{type(func).__name__}' object is not callable")
        return self._mapped("map", func, na_action=na_action, **kwargs)

    def replace(
        self, to_replace: Any = None, value: Any = _UNSET, *, inplace: bool = False, regex: Any = False
    ) -> Any:
        """Cells exchanged for others."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        from lumen.pandas._replacing import replaced_frame

        made = replaced_frame(self, to_replace, value, regex, _UNSET)
        return self._settle(made, validate_bool(inplace, "inplace"))

    def shift(
        self, periods: Any = 1, freq: Any = None, axis: Any = 0, fill_value: Any = _UNSET, suffix: Any = None
    ) -> Any:
        """Cells moved by so many rows (or columns)."""
        axis = self._get_axis_number(axis)
        if _convert.is_list_like(periods):
            raise NotImplementedError("lumen.pandas: DataFrame.shift(periods=[…])")
        if suffix is not None:
            raise ValueError("Cannot specify `suffix` if `periods` is an int.")
        if freq is not None:
            if fill_value is not _UNSET:
                raise ValueError("Passing a 'freq' together with a 'fill_value' is not allowed.")
            made = self.copy()
            if axis == 0:
                made.index = self.index.shift(periods, freq)
            else:
                made.columns = self.columns.shift(periods, freq)
            return made
        given = {} if fill_value is _UNSET else {"fill_value": fill_value}
        if axis == 1:
            return self.T._mapped("shift", periods, **given).T
        return self._mapped("shift", periods, **given)

    def diff(self, periods: int = 1, axis: Any = 0) -> Any:
        """The cell less the one so many rows (or columns) before."""
        if not isinstance(periods, (int, np.integer)) and not (
            isinstance(periods, float) and periods.is_integer()
        ):
            raise ValueError("periods must be an integer")
        if self._get_axis_number(axis) == 1:
            return self - self.shift(periods, axis=1)
        return self._mapped("diff", periods)

    def pct_change(self, periods: int = 1, fill_method: Any = None, freq: Any = None, **kwargs: Any) -> Any:
        """The change from the row so many before, as a share of it."""
        if fill_method is not None:
            raise ValueError(f"fill_method must be None; got {fill_method=}.")
        axis = self._get_axis_number(kwargs.pop("axis", 0))
        shifted = self.shift(periods, freq=freq, axis=axis, **kwargs)
        made = self / shifted - 1
        return made.reindex(index=self.index) if freq is not None else made

    def _running(
        self, method: str, axis: Any, skipna: bool, numeric_only: bool, args: Any, kwargs: Any
    ) -> Any:
        skipna = _numpy_arguments.check_skipna(method, skipna, args, kwargs)
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        if axis is not None and self._get_axis_number(axis) == 1:
            return frame.T._mapped(method, skipna=skipna).T
        return frame._mapped(method, skipna=skipna)

    def cumsum(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *args: Any, **kwargs: Any
    ) -> Any:
        return self._running("cumsum", axis, skipna, numeric_only, args, kwargs)

    def cumprod(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *args: Any, **kwargs: Any
    ) -> Any:
        return self._running("cumprod", axis, skipna, numeric_only, args, kwargs)

    def cummax(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *args: Any, **kwargs: Any
    ) -> Any:
        return self._running("cummax", axis, skipna, numeric_only, args, kwargs)

    def cummin(
        self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, *args: Any, **kwargs: Any
    ) -> Any:
        return self._running("cummin", axis, skipna, numeric_only, args, kwargs)

    def infer_objects(self, copy: Any = _UNSET) -> Any:
        """Columns of objects in the dtype that their values have in common."""
        check_copy(copy)
        return self._each(lambda column: column.inferred())


_STEPS = {
    "sum": operator.add,
    "prod": operator.mul,
    "max": lambda held, value: held if held >= value else value,
    "min": lambda held, value: held if held <= value else value,
}


def _running_objects(how: str, values: Any, skipna: bool) -> list[Any]:
    """What the objects' own operators make of each row and all before it."""
    step, out, held, stopped = _STEPS[how], [], _UNSET, False
    for value, absent in zip(values, _convert.mask_of(values._values)):
        stopped |= bool(absent) and not skipna
        if absent or stopped:
            out.append(np.nan)
            continue
        held = value if held is _UNSET else step(held, value)
        out.append(held)
    return out


def _key(value: Any) -> Any:
    """A value as a key: every NaN is one."""
    return np.nan if isinstance(value, float) and value != value else value


def _from_results(results: list[Any], like: Any) -> Any:
    """The column of what a function gave."""
    if not results:
        return like._values if like._dtype == "object" else _convert.cast(like._values, like.dtype)
    return _convert.column_of(results)
