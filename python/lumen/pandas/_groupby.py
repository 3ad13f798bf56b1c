"""`DataFrameGroupBy` and `SeriesGroupBy`: one column or several over the same groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._groupby_apply import GroupByApply
from lumen.pandas._groupby_agg import FrameAggregation, SeriesAggregation
from lumen.pandas._groupby_object import GroupByBase
from lumen.pandas._index import Index
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._warn import warn
from lumen.pandas._generic import built

_NUMERIC = ("int", "uint", "float", "Int", "UInt", "Float", "bool")


def is_numeric(column: Any) -> bool:
    """What `numeric_only` keeps."""
    return column.dtype.startswith(_NUMERIC)


class SeriesGroupBy(SeriesAggregation, GroupByApply, GroupByBase):
    """One column's rows in groups."""

    __module__ = "pandas.api.typing"

    @property
    def _selected_obj(self) -> Any:
        return self.obj

    @property
    def dtype(self) -> Any:
        return self.apply(lambda group: group.dtype)

    def _series(self, column: Any) -> Any:
        """A series with a row a group."""
        made = self.obj._constructor
        series = built(made, column, self._labels, self.obj.name)
        return series.__finalize__(self.obj)

    def _reduced(self, column: Any) -> Any:
        if self.as_index:
            return self._series(column)
        return self._frame([column], Index([self.obj.name], tupleize_cols=False))

    def _by_name(self, how: str, numeric_only: bool = False, **options: Any) -> Any:
        if numeric_only and not is_numeric(self.obj._values):
            raise TypeError(
                f"Cannot use numeric_only={numeric_only} with {type(self).__name__}.{how} and non-numeric dtypes."
            )
        return self._reduced(self._groups.reduce([self.obj._values], how, **options)[0])

    def _each(self, how: str, change: Any, numeric_only: bool = False) -> Any:
        """A column of the same rows."""
        if numeric_only and not is_numeric(self.obj._values):
            raise TypeError(
                f"Cannot use numeric_only={numeric_only} with {type(self).__name__}.{how} and non-numeric dtypes."
            )
        made = self.obj._constructor
        series = built(made, change(self.obj._values), self.obj._index, self.obj.name)
        return series.__finalize__(self.obj)

    def __getitem__(self, key: Any) -> Any:
        raise IndexError(f"Column(s) {self.obj.name} already selected")

    # Several rows a group.

    def unique(self) -> Any:
        """The different values of each group."""
        return self.apply(lambda group: group.unique())

    def idxmin(self, skipna: bool = True) -> Any:
        return self._reduced(self._extreme(self.obj._values, "idxmin", skipna))

    def idxmax(self, skipna: bool = True) -> Any:
        return self._reduced(self._extreme(self.obj._values, "idxmax", skipna))

    def nlargest(self, n: int = 5, keep: str = "first") -> Any:
        return self._chosen(lambda group: group.nlargest(n=n, keep=keep))

    def nsmallest(self, n: int = 5, keep: str = "first") -> Any:
        return self._chosen(lambda group: group.nsmallest(n=n, keep=keep))

    def _chosen(self, choose: Any) -> Any:
        found = [choose(group) for _, group in self]
        return self._combined(found, not_indexed_same=True)

    def quantile(self, q: Any = 0.5, interpolation: str = "linear", numeric_only: bool = False) -> Any:
        if numeric_only and not is_numeric(self.obj._values):
            raise TypeError(
                f"Cannot use numeric_only={numeric_only} with {type(self).__name__}.quantile and non-numeric dtypes."
            )
        if not _convert.is_list_like(q):
            _check_quantile(q)
            return self._by_name("quantile", q=float(q), between=interpolation)
        frame = self.obj.to_frame(name=self.obj.name)
        several = DataFrameGroupBy.quantile(self._like(frame, None, DataFrameGroupBy), q, interpolation)
        return several._series(0) if self.as_index else several

    def value_counts(
        self,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        bins: Any = None,
        dropna: bool = True,
    ) -> Any:
        name = "proportion" if normalize else "count"
        if bins is not None:
            found = self.apply(
                lambda group: group.value_counts(
                    normalize=normalize, sort=sort, ascending=ascending, bins=bins, dropna=dropna
                )
            )
            found.name = name
            return found
        frame = self.obj.to_frame(name=self.obj.name)
        counted = DataFrameGroupBy.value_counts(
            self._like(frame, None, DataFrameGroupBy), None, normalize, sort, ascending, dropna
        )
        return counted

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        found = self.apply(
            lambda group: group.describe(percentiles=percentiles, include=include, exclude=exclude)
        )
        if len(found) and found.index.nlevels > 1:
            found = found.unstack()
        return found if self.as_index else self._keyed(found)

    def _keyed(self, frame: Any) -> Any:
        columns = [frame._column(place) for place in range(frame.shape[1])]
        return self._frame(columns, frame._columns)

    def ohlc(self) -> Any:
        if not is_numeric(self.obj._values):
            _data_error()
        hows = (("open", "first"), ("high", "max"), ("low", "min"), ("close", "last"))
        columns = [self._groups.reduce([self.obj._values], how)[0] for _, how in hows]
        return self._frame(columns, Index([name for name, _ in hows]))

    def corr(self, other: Any, method: Any = "pearson", min_periods: Any = None) -> Any:
        return self.apply(lambda group: group.corr(other, method=method, min_periods=min_periods))

    def cov(self, other: Any, min_periods: Any = None, ddof: int | None = 1) -> Any:
        return self.apply(lambda group: group.cov(other, min_periods=min_periods, ddof=ddof))

    @property
    def is_monotonic_increasing(self) -> Any:
        return self.apply(lambda group: group.is_monotonic_increasing)

    @property
    def is_monotonic_decreasing(self) -> Any:
        return self.apply(lambda group: group.is_monotonic_decreasing)

    def take(self, indices: Any, **kwargs: Any) -> Any:
        return self.apply(lambda group: group.take(indices, **kwargs))


class DataFrameGroupBy(FrameAggregation, GroupByApply, GroupByBase):
    """A frame's rows in groups."""

    __module__ = "pandas.api.typing"

    @property
    def _excluded(self) -> list[int]:
        """The columns that are keys."""
        labels = [key.label for key in self._keys if key.in_axis]
        columns = list(self.obj.columns)
        return [place for place, label in enumerate(columns) if any(label is l or label == l for l in labels)]

    @property
    def _selected_obj(self) -> Any:
        if self._selection is None:
            return self.obj
        return self.obj._take_columns(self._selected_places)

    @property
    def _selected_places(self) -> list[int]:
        if self._selection is None:
            gone = set(self._excluded)
            return [place for place in range(self.obj.shape[1]) if place not in gone]
        return self._selection

    @property
    def _values_obj(self) -> Any:
        """The columns that are reduced: the selected ones, or all but the keys."""
        if self._selection is None and not any(key.in_axis for key in self._keys):
            return self.obj
        return self.obj._take_columns(self._selected_places)

    def _positions(self, label: Any) -> list[int]:
        """Where a column label stands."""
        columns = self.obj.columns
        if columns.nlevels == 1:
            return [place for place, held in enumerate(columns) if held is label or held == label]
        wanted = label if isinstance(label, tuple) else (label,)
        return [place for place, held in enumerate(columns) if held[: len(wanted)] == wanted]

    def __getitem__(self, key: Any) -> Any:
        if self._selection is not None:
            raise IndexError(f"Column(s) {list(self.obj.columns[self._selection])} already selected")
        if isinstance(key, tuple) and len(key) > 1 and key not in self.obj.columns:
            raise ValueError(
                "Cannot subset columns with a tuple with more than one element. Use a list instead."
            )
        if isinstance(key, (list, tuple, _engine.Series, _engine.Index, np.ndarray)) and not (
            isinstance(key, tuple) and key in self.obj.columns
        ):
            wanted = list(key)
            absent = [label for label in wanted if not self._positions(label)]
            if absent:
                raise KeyError(f"Columns not found: {str(absent)[1:-1]}")
            places = [place for label in wanted for place in self._positions(label)]
            return self._like(self.obj, places)
        places = self._positions(key)
        if not places:
            raise KeyError(f"Column not found: {key}")
        if len(places) > 1 or self.obj.columns.nlevels > 1 and not isinstance(self.obj[key], _engine.Series):
            return self._like(self.obj, places)
        series = self.obj._series(places[0])
        if self.obj.columns.nlevels > 1:
            series = self.obj[key]
        return self._like(series, None, SeriesGroupBy)

    def __dir__(self) -> list[str]:
        names = [label for label in self.obj.columns if isinstance(label, str) and label.isidentifier()]
        return sorted(set(super().__dir__()) | set(names))

    # Reductions.

    def _by_name(self, how: str, numeric_only: bool = False, **options: Any) -> Any:
        obj = self._values_obj
        columns = [obj._column(place) for place in range(obj.shape[1])]
        axis = obj._columns
        if numeric_only:
            kept = [place for place, column in enumerate(columns) if is_numeric(column)]
            columns, axis = [columns[place] for place in kept], axis._take(kept)
        return self._frame(self._groups.reduce(columns, how, **options), axis)

    def _each(self, how: str, change: Any, numeric_only: bool = False) -> Any:
        obj = self._values_obj
        columns = [obj._column(place) for place in range(obj.shape[1])]
        axis = obj._columns
        if numeric_only:
            kept = [place for place, column in enumerate(columns) if is_numeric(column)]
            columns, axis = [columns[place] for place in kept], axis._take(kept)
        made = self.obj._constructor
        frame = built(made, [change(column) for column in columns], axis, self.obj._index)
        return frame.__finalize__(self.obj)

    def _extremes(self, how: str, skipna: bool, numeric_only: bool) -> Any:
        obj = self._values_obj
        places = range(obj.shape[1])
        columns = [obj._column(place) for place in places]
        kept = [place for place in places if not numeric_only or is_numeric(columns[place])]
        found = [self._extreme(columns[place], how, skipna) for place in kept]
        return self._frame(found, obj._columns._take(kept))

    def idxmin(self, skipna: bool = True, numeric_only: bool = False) -> Any:
        return self._extremes("idxmin", skipna, numeric_only)

    def idxmax(self, skipna: bool = True, numeric_only: bool = False) -> Any:
        return self._extremes("idxmax", skipna, numeric_only)

    def quantile(self, q: Any = 0.5, interpolation: str = "linear", numeric_only: bool = False) -> Any:
        if not _convert.is_list_like(q):
            _check_quantile(q)
            return self._by_name("quantile", numeric_only, q=float(q), between=interpolation)
        shares = [float(one) for one in q]
        for one in shares:
            _check_quantile(one)
        obj = self._values_obj
        columns = [obj._column(place) for place in range(obj.shape[1])]
        axis = obj._columns
        if numeric_only:
            kept = [place for place, column in enumerate(columns) if is_numeric(column)]
            columns, axis = [columns[place] for place in kept], axis._take(kept)
        parts = [self._groups.reduce(columns, "quantile", q=one, between=interpolation) for one in shares]
        count, width = self.ngroups, len(shares)
        order = [share * count + group for group in range(count) for share in range(width)]
        data = [
            _engine.Column.concat([part[place] for part in parts]).take(order)
            for place in range(len(columns))
        ]
        again = [group for group in range(count) for _ in range(width)]
        keys = [key.take(again) for key in self._groups.keys()]
        levels = keys + [_convert.column_of(np.tile(np.array(shares), count))]
        index = _engine.Index._of_columns(levels, [key.name for key in self._keys] + [None])
        made = self.obj._constructor
        frame = built(made, data, axis, index)
        return frame if self.as_index else frame.reset_index(level=list(range(len(keys))))

    def value_counts(
        self,
        subset: Any = None,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        dropna: bool = True,
    ) -> Any:
        from lumen.pandas._group_counts import counted

        return counted(self, subset, normalize, sort, ascending, dropna)

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        from lumen.pandas._concat import concat

        obj = self._values_obj
        if include is None and exclude is None:
            numeric = [place for place in range(obj.shape[1]) if is_numeric(obj._column(place))]
            if numeric:
                kept = [
                    place
                    for place in range(obj.shape[1])
                    if (
                        is_numeric(obj._column(place)) and obj._column(place).dtype not in ("bool", "boolean")
                    )
                    or obj._column(place).dtype.startswith(("datetime", "timedelta"))
                ]
                obj = obj._take_columns(kept)
        parts, labels = [], []
        for place, label in enumerate(obj.columns):
            part = self._like(obj._series(place), None, SeriesGroupBy)
            part.as_index = True
            parts.append(part.describe(percentiles=percentiles, include=include, exclude=exclude))
            labels.append(label)
        if not parts:
            return self._frame([], obj._columns)
        frame = concat(parts, axis=1, keys=labels, names=[*obj.columns.names, None])
        if self.as_index:
            return frame
        return self._frame([frame._column(place) for place in range(frame.shape[1])], frame._columns)

    def ohlc(self) -> Any:
        from lumen.pandas._concat import concat

        obj = self._values_obj
        numeric = [place for place in range(obj.shape[1]) if is_numeric(obj._column(place))]
        if not numeric:
            _data_error()
        parts = [self._like(obj._series(place), None, SeriesGroupBy).ohlc() for place in numeric]
        return concat(parts, axis=1, keys=[obj.columns[place] for place in numeric])

    def corr(self, method: Any = "pearson", min_periods: int = 1, numeric_only: bool = False) -> Any:
        return self.apply(
            lambda group: group.corr(method=method, min_periods=min_periods, numeric_only=numeric_only)
        )

    def cov(self, min_periods: Any = None, ddof: int | None = 1, numeric_only: bool = False) -> Any:
        return self.apply(
            lambda group: group.cov(min_periods=min_periods, ddof=ddof, numeric_only=numeric_only)
        )

    def corrwith(
        self, other: Any, drop: bool = False, method: Any = "pearson", numeric_only: bool = False
    ) -> Any:
        warn("DataFrameGroupBy.corrwith is deprecated", Pandas4Warning)
        return self.apply(
            lambda group: group.corrwith(other, drop=drop, method=method, numeric_only=numeric_only)
        )

    def take(self, indices: Any, **kwargs: Any) -> Any:
        return self.apply(lambda group: group.take(indices, **kwargs))


def _check_quantile(q: Any) -> None:
    if not 0 <= q <= 1:
        raise ValueError(f"Each 'q' must be between 0 and 1. Got '{q}' instead")


def _data_error() -> Any:
    from lumen.pandas._errors import DataError

    raise DataError("No numeric types to aggregate")
