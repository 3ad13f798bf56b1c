"""`resample`, `Grouper(freq=)` and `Resampler`: the rows in bins of a regular step of time."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas._group_keys import Grouper, GroupKey, level_key
from lumen.pandas._groupby import DataFrameGroupBy, SeriesGroupBy
from lumen.pandas._index import Index

_ORIGINS = ("epoch", "start", "start_day", "end", "end_day")


class TimeGrouper(Grouper):
    """A regular step of times as a key."""

    __module__ = "pandas"
    _attributes = (*Grouper._attributes, "closed", "label", "how", "convention", "origin")

    def __init__(
        self,
        key: Any = None,
        level: Any = None,
        freq: Any = "Min",
        sort: bool = True,
        dropna: bool = True,
        closed: str | None = None,
        label: str | None = None,
        how: str = "mean",
        fill_method: Any = None,
        limit: int | None = None,
        convention: str | None = None,
        origin: Any = "start_day",
        offset: Any = None,
        group_keys: bool = False,
    ) -> None:
        from lumen.pandas._offsets import to_offset

        if label not in (None, "left", "right"):
            raise ValueError(f"Unsupported value {label} for `label`")
        if closed not in (None, "left", "right"):
            raise ValueError(f"Unsupported value {closed} for `closed`")
        if convention not in (None, "start", "end", "e", "s"):
            raise ValueError(f"Unsupported value {convention} for `convention`")
        for value, word in ((fill_method, "fill_method"), (limit, "limit")):
            if value is not None:
                raise NotImplementedError(f"lumen.pandas: Grouper({word}=)")
        super().__init__(key=key, level=level, freq=to_offset(freq), sort=sort, dropna=dropna)
        self.closed = closed
        self.label = label
        self.how = how
        self.convention = convention or "e"
        self.origin = self._origin(origin)
        self.offset = self._offset(offset)
        self.group_keys = group_keys

    @staticmethod
    def _origin(origin: Any) -> Any:
        from lumen.pandas._timestamp import Timestamp

        if isinstance(origin, str) and origin in _ORIGINS:
            return origin
        try:
            return Timestamp(origin)
        except (ValueError, TypeError) as error:
            raise ValueError(
                "'origin' should be equal to 'epoch', 'start', 'start_day', 'end', 'end_day' or should be a Timestamp"
                f" convertible type. Got '{origin}' instead."
            ) from error

    @staticmethod
    def _offset(offset: Any) -> Any:
        from lumen.pandas._timedelta import Timedelta

        try:
            return Timedelta(offset) if offset is not None else None
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"'offset' should be a Timedelta convertible type. Got '{offset}' instead."
            ) from error

    def _times(self, obj: Any) -> tuple[Any, Any, Any]:
        """The column of times, its name, and the column's label where it is one."""
        if self.key is not None:
            if obj.ndim == 1 and obj.index.name == self.key:
                return obj.index._values, self.key, None
            if obj.ndim == 1 or self.key not in obj.columns:
                if self.key in list(obj.index.names):
                    found = level_key(obj.index, self.key)
                    return found.column, found.name, None
                raise KeyError(f"The grouper name {self.key} is not found")
            return obj[self.key]._values, self.key, self.key
        if self.level is not None:
            found = level_key(obj.index, self.level)
            return found.column, found.name, None
        return obj.index._values, obj.index.name, None

    def _ticks(self, value: Any, times: Any) -> int:
        """An origin or offset in the ticks of the times."""
        unit = times.dtype[times.dtype.index("[") + 1 :].split("]")[0].split(",")[0]
        return int(value.as_unit(unit)._value)

    def _bins(self, obj: Any) -> tuple[Any, Any, Any, Any]:
        """Groups, their key column, its name and label."""
        times, name, label = self._times(obj)
        if not times.dtype.startswith(("datetime64", "timedelta64")):
            held = obj.index if self.key is None and self.level is None else Index._from_column(times)
            kind = type(held).__name__
            raise TypeError(
                "Only valid with DatetimeIndex, TimedeltaIndex or PeriodIndex, but got an instance of"
                f" '{kind}'"
            )
        origin: Any = self.origin
        if not isinstance(origin, str):
            origin = self._ticks(origin, times)
        offset = 0 if self.offset is None else self._ticks(self.offset, times)
        if times.dtype.startswith("timedelta64") and origin == "start_day":
            origin = "start"
        right = {None: None, "right": True, "left": False}
        labels, codes = _engine.time_bins(
            times, self.freq.freqstr, right[self.closed], right[self.label], origin, offset
        )
        labels._set_names([name])
        return labels, codes, times, label

    def _key_of(self, obj: Any) -> GroupKey:
        """The bins as one key of a group-by."""
        labels, codes, times, label = self._bins(obj)
        groups = _engine.Groups.of_codes(codes, [labels._values], [labels._name])
        column = labels._values.reindex(codes) if len(labels) else times
        key = GroupKey(column, labels._name, label=label, in_axis=label is not None, grouper=groups)
        key.labels = labels
        return key


class Resampler:
    """The rows in bins of time; reductions are those of a group-by."""

    __module__ = "pandas.api.typing"
    _attributes = ("freq", "closed", "label", "convention", "origin", "offset")

    def __init__(
        self, obj: Any, grouper: TimeGrouper, group_keys: bool = False, selection: Any = None
    ) -> None:
        times, _, _ = grouper._times(obj)
        if times.dtype.startswith(("datetime64", "timedelta64")) and len(times):
            ticks = np.frombuffer(times, dtype="i8")
            if not (ticks[:-1] <= ticks[1:]).all():
                missing = ticks == np.iinfo("i8").min
                order = np.argsort(np.where(missing, np.iinfo("i8").max, ticks), kind="stable")
                obj = obj._take(order.tolist())
        self.obj = obj
        self._grouper = grouper
        self._group_keys = group_keys
        key = grouper._key_of(obj)
        self._labels_held = key.labels
        self._key = key
        self._selection = selection
        self._grouped = self._grouping(obj, selection)

    def _grouping(self, obj: Any, selection: Any) -> Any:
        kind = SeriesGroupBy if obj.ndim == 1 else DataFrameGroupBy
        return kind(
            obj,
            [self._key],
            False,
            self._grouper,
            None,
            group_keys=self._group_keys,
            groups=self._key.grouper,
            selection=selection,
        )

    def __repr__(self) -> str:
        shown = []
        right = self._grouper.freq.freqstr.split("-")[0].lstrip("0123456789") in (
            "W",
            "ME",
            "QE",
            "YE",
            "BME",
            "BQE",
            "BYE",
        )
        default = "right" if right else "left"
        for name in self._attributes:
            value = getattr(self._grouper, name, None)
            if name in ("closed", "label") and value is None:
                value = default
            if name == "convention" and value == "e":
                value = "start"
            if value is not None:
                shown.append(f"{name}={value}")
        return f"{type(self).__name__} [{', '.join(shown)}]"

    def __len__(self) -> int:
        return len(self._labels_held)

    @property
    def ndim(self) -> int:
        return self._grouped.ndim

    @property
    def ngroups(self) -> int:
        return len(self._labels_held)

    @property
    def exclusions(self) -> frozenset[Any]:
        return frozenset()

    @property
    def groups(self) -> Any:
        """Labels of the bins, and the row behind the last one of each."""
        ends = np.cumsum([len(rows) for rows in self._grouped._rows])
        return dict(zip(self._labels_held, ends))

    @property
    def indices(self) -> Any:
        from collections import defaultdict

        found: Any = defaultdict(list)
        for label, rows in zip(self._labels_held, self._grouped._rows):
            if rows:
                found[label] = rows
        return found

    def __iter__(self) -> Any:
        return iter(self._grouped)

    def get_group(self, name: Any) -> Any:
        return self._grouped.get_group(name)

    def __getitem__(self, key: Any) -> Any:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._grouped = self._grouped[key]
        made._selection = key
        made.obj = made._grouped.obj if made._grouped.obj.ndim == 1 else self.obj
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        obj = self.__dict__.get("obj")
        if isinstance(obj, _engine.DataFrame) and name in obj.columns:
            return self[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _labelled(self, found: Any) -> Any:
        """A result under the bins, whose step is known."""
        if isinstance(found, (_engine.Series, _engine.DataFrame)) and len(found) == len(self._labels_held):
            if found._index._equals(self._labels_held):
                found._index = self._labels_held
        return found

    def _by_name(self, how: str, *args: Any, **kwargs: Any) -> Any:
        return self._labelled(getattr(self._grouped, how)(*args, **kwargs))

    def aggregate(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self._labelled(self._grouped.aggregate(func, *args, **kwargs))

    agg = aggregate

    def apply(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self._labelled(self._grouped.aggregate(func, *args, **kwargs))

    def transform(self, arg: Any, *args: Any, **kwargs: Any) -> Any:
        return self._grouped.transform(arg, *args, **kwargs)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        return DataFrameGroupBy.pipe(self, func, *args, **kwargs)

    def sum(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        return self._by_name("sum", numeric_only, min_count=min_count)

    def prod(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        return self._by_name("prod", numeric_only, min_count=min_count)

    def min(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        return self._by_name("min", numeric_only, min_count=min_count)

    def max(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        return self._by_name("max", numeric_only, min_count=min_count)

    def first(self, numeric_only: bool = False, min_count: int = 0, skipna: bool = True) -> Any:
        return self._by_name("first", numeric_only, min_count=min_count, skipna=skipna)

    def last(self, numeric_only: bool = False, min_count: int = 0, skipna: bool = True) -> Any:
        return self._by_name("last", numeric_only, min_count=min_count, skipna=skipna)

    def mean(self, numeric_only: bool = False) -> Any:
        return self._by_name("mean", numeric_only)

    def median(self, numeric_only: bool = False) -> Any:
        return self._by_name("median", numeric_only)

    def std(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        return self._by_name("std", ddof=ddof, numeric_only=numeric_only)

    def var(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        return self._by_name("var", ddof=ddof, numeric_only=numeric_only)

    def sem(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        return self._by_name("sem", ddof=ddof, numeric_only=numeric_only)

    def nunique(self) -> Any:
        return self._by_name("nunique")

    def count(self) -> Any:
        return self._by_name("count")

    def size(self) -> Any:
        return self._by_name("size")

    def ohlc(self) -> Any:
        return self._by_name("ohlc")

    def quantile(self, q: Any = 0.5, **kwargs: Any) -> Any:
        return self._by_name("quantile", q, **kwargs)

    # Rows at the bins' labels.

    def _source(self) -> Any:
        """What is taken at the labels: the values under their times."""
        grouped = self._grouped
        obj = grouped.obj if grouped.obj.ndim == 1 else grouped._values_obj
        if self._grouper.key is not None:
            obj = obj.copy()
            times = self._grouper._times(self.obj)[0]
            obj._index = Index._from_column(times, self._labels_held._name)
        return obj

    def _upsampled(self, method: str | None, limit: Any = None, fill_value: Any = None) -> Any:
        obj = self._source()
        options: dict[str, Any] = {}
        if fill_value is not None:
            options["fill_value"] = fill_value
        found = obj.reindex(self._labels_held, method=method, limit=limit, **options)
        found._index = self._labels_held
        return found

    def ffill(self, limit: int | None = None) -> Any:
        return self._upsampled("ffill", limit)

    def bfill(self, limit: int | None = None) -> Any:
        return self._upsampled("bfill", limit)

    def nearest(self, limit: int | None = None) -> Any:
        return self._upsampled("nearest", limit)

    def asfreq(self, fill_value: Any = None) -> Any:
        return self._upsampled(None, None, fill_value)

    def interpolate(
        self,
        method: str = "linear",
        *,
        axis: Any = 0,
        limit: int | None = None,
        limit_direction: str = "forward",
        limit_area: Any = None,
        **kwargs: Any,
    ) -> Any:
        obj = self._source()
        index = obj.index.union(self._labels_held)
        found = obj.reindex(index).interpolate(
            method=method,
            axis=axis,
            limit=limit,
            limit_direction=limit_direction,
            limit_area=limit_area,
            **kwargs,
        )
        found = found.reindex(self._labels_held)
        found._index = self._labels_held
        return found


class DatetimeIndexResampler(Resampler):
    """The rows in bins of dates."""

    __module__ = "pandas.core.resample"


class TimedeltaIndexResampler(DatetimeIndexResampler):
    """The rows in bins of durations."""

    __module__ = "pandas.core.resample"


def resampler(
    obj: Any,
    rule: Any,
    closed: Any,
    label: Any,
    convention: Any,
    on: Any,
    level: Any,
    origin: Any,
    offset: Any,
    group_keys: bool,
) -> Any:
    """`obj.resample(rule, …)`."""
    grouper = TimeGrouper(
        key=on,
        level=level,
        freq=rule,
        closed=closed,
        label=label,
        convention=convention,
        origin=origin,
        offset=offset,
        group_keys=group_keys,
    )
    if level is not None and obj.index.nlevels == 1 and isinstance(level, str):
        level_key(obj.index, level)
    times = grouper._times(obj)[0]
    kind = TimedeltaIndexResampler if times.dtype.startswith("timedelta64") else DatetimeIndexResampler
    return kind(obj, grouper, group_keys)


def grouped_resample(grouped: Any, rule: Any, **kwargs: Any) -> Any:
    """`groupby(…).resample(rule, …)`."""
    return _GroupedResampler(grouped, rule, kwargs)


class _GroupedResampler:
    """Bins of time inside the groups of a group-by."""

    def __init__(self, grouped: Any, rule: Any, options: dict[str, Any], selection: Any = None) -> None:
        if options.pop("include_groups", False):
            raise ValueError("include_groups=True is no longer allowed.")
        self._grouped = grouped
        self._rule = rule
        self._options = options
        self._selection = selection

    def __getitem__(self, key: Any) -> Any:
        return _GroupedResampler(self._grouped, self._rule, dict(self._options), key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        grouped = self._grouped
        if grouped.obj.ndim == 2 and name in grouped.obj.columns:
            return self[name]
        if not hasattr(Resampler, name):
            raise AttributeError(f"'DatetimeIndexResamplerGroupby' object has no attribute '{name}'")

        def each(*args: Any, **kwargs: Any) -> Any:
            def one(group: Any) -> Any:
                bins = group.resample(self._rule, **self._options)
                if self._selection is not None:
                    bins = bins[self._selection]
                return getattr(bins, name)(*args, **kwargs)

            held, grouped.group_keys = grouped.group_keys, True
            try:
                return grouped.apply(one)
            finally:
                grouped.group_keys = held

        return each
