"""Functions of the user's over groups: `apply`, `transform`, `filter`, and what is left to a function by its nature."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._groupby_object import REDUCTIONS, TRANSFORMS, no_numba
from lumen.pandas._index import Index, default_index
from lumen.pandas._generic import built


class GroupByApply:
    """Callbacks over groups."""

    def _group_objects(self) -> list[Any]:
        """Each group's values, the keys left out."""
        if self.obj.ndim == 1:
            obj = self.obj
        else:
            obj = self._values_obj
        found = []
        for label, rows in zip(self._labels, self._rows):
            if not rows and len(self._keys) > 1 and not self._all_groups():
                continue
            group = obj._take(rows)
            object.__setattr__(group, "name", label) if obj.ndim == 2 else None
            found.append(group)
        return found

    def _all_groups(self) -> bool:
        return not self.observed

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """What a function makes of each group, put together."""
        if kwargs.pop("include_groups", False):
            raise ValueError("include_groups=True is no longer allowed.")
        if isinstance(func, str):
            if not hasattr(self, func):
                raise TypeError(f"apply func should be callable, not '{func}'")
            found = getattr(self, func)
            if callable(found):
                return found(*args, **kwargs)
            if args or kwargs:
                raise ValueError(f"Cannot pass arguments to property {func}")
            return found
        if not callable(func):
            if args or kwargs:
                raise ValueError("func must be a callable if args or kwargs are supplied")
            raise TypeError(f"'{type(func).__name__}' object is not callable")
        groups = self._group_objects()
        if not groups:
            obj = self.obj if self.obj.ndim == 1 else self._values_obj
            probe = func(obj._take([]), *args, **kwargs)
            del probe
        values = []
        mutated = False
        for group in groups:
            before = group._index
            value = func(group, *args, **kwargs)
            mutated = mutated or not _indexed_like(value, before)
            values.append(value)
        return self._wrapped(values, mutated)

    def _wrapped(self, values: list[Any], mutated: bool) -> Any:
        first = next((value for value in values if value is not None), None)
        if first is None:
            return self._nothing(values)
        if isinstance(first, _engine.DataFrame):
            return self._combined([value for value in values if value is not None], mutated)
        if isinstance(first, _engine.Series):
            return self._wrapped_series(values, first, mutated)
        labels = self._labels_of(len(values))
        if self.obj.ndim == 1 and isinstance(first, dict):
            from lumen.pandas._frame import DataFrame

            table = DataFrame(values)
            table._index = labels
            found = table.stack()
            found.name = self.obj.name
            return found
        column = _collected(values)
        if self.obj.ndim == 1:
            made = self.obj._constructor
            series = built(made, column, labels, self.obj.name)
            return series if self.as_index else self._frame([column], Index([self.obj.name]))
        if self.as_index:
            made = self.obj._constructor_sliced
            series = built(made, column, labels, None)
            return series
        return self._frame([column], Index([None], dtype=object))

    def _labels_of(self, count: int) -> Any:
        labels = self._labels
        if count == len(labels):
            return labels
        return labels._take([place for place, rows in enumerate(self._rows) if rows])

    def _nothing(self, values: list[Any]) -> Any:
        if self.obj.ndim == 1:
            if values:
                made = self.obj._constructor
                series = made.__new__(made)
                series._fill(
                    _engine.Column.from_items(values, infer=False),
                    self._labels_of(len(values)),
                    self.obj.name,
                )
                return series
            made = self.obj._constructor
            series = built(made, self.obj._values.slice(0, 0), self._labels, self.obj.name)
            return series
        obj = self._values_obj
        made = self.obj._constructor
        frame = made.__new__(made)
        if values:
            frame._fill([], default_index(0), default_index(0))
            return frame
        frame._fill(
            [obj._column(place).slice(0, 0) for place in range(obj.shape[1])], obj._columns, self._labels
        )
        return frame

    def _wrapped_series(self, values: list[Any], first: Any, mutated: bool) -> Any:
        values = [value if value is not None else type(first)([], dtype=object) for value in values]
        if self.obj.ndim == 1:
            return self._combined(values, mutated)
        same = all(value._index._equals(first._index) for value in values)
        if not same:
            return self._combined(values, True)
        data = []
        for place in range(len(first)):
            parts = [value._values.slice(place, place + 1) for value in values]
            data.append(_engine.Column.concat(parts))
        if any(value._values.dtype == "object" for value in values):
            data = [column.inferred() for column in data]
        axis = first.index
        names = {value.name for value in values}
        if axis.name is None and len(names) == 1 and axis.nlevels == 1:
            axis = axis._view()
            axis.name = next(iter(names))
        made = self.obj._constructor
        frame = made.__new__(made)
        if self.as_index:
            frame._fill(data, axis, self._labels_of(len(values)))
            return frame
        return self._frame(data, axis)

    def _combined(self, values: list[Any], not_indexed_same: bool, is_transform: bool = False) -> Any:
        """The groups' results one below the other, under their labels where asked, else as the rows stood."""
        from lumen.pandas._concat import concat

        if self.group_keys and not is_transform:
            if self.as_index:
                names = [key.name for key in self._keys]
                labels = list(self._labels_of(len(values)))
                found = concat(values, axis=0, keys=labels, names=names, sort=False)
                found = self._typed_levels(found, len(values), values)
            else:
                found = concat(values, axis=0, keys=range(len(values)), sort=False)
        elif not not_indexed_same:
            found = concat(values, axis=0)
            rows = [row for group in self._rows for row in group]
            if len(rows) == len(found):
                order = np.argsort(np.array(rows, dtype="int64"), kind="stable")
                found = found._take(order.tolist())
        else:
            found = concat(values, axis=0)
        if self.obj.ndim == 1 and found.ndim == 1:
            found.name = self.obj.name
        return found

    def _typed_levels(self, found: Any, count: int, values: list[Any]) -> Any:
        """The outer levels in the keys' own dtypes."""
        again = [group for group, value in enumerate(values) for _ in range(len(value))]
        labels = self._labels_of(count)
        outer = [labels._level(level).take(again) for level in range(labels.nlevels)]
        held = found.index
        made = _engine.Index._of_columns([*outer, *outer], [None] * (2 * len(outer)))
        levels = [(made._level_labels(place), made._level_codes(place)) for place in range(len(outer))]
        levels += [
            (held._level_labels(place), held._level_codes(place)) for place in range(len(outer), held.nlevels)
        ]
        found._index = _engine.Index._of_codes(
            [labels for labels, _ in levels], [codes.tolist() for _, codes in levels], list(held.names)
        )
        return found

    # Transforms.

    def transform(
        self, func: Any = None, *args: Any, engine: Any = None, engine_kwargs: Any = None, **kwargs: Any
    ) -> Any:
        """A value for each row."""
        no_numba(engine)
        if isinstance(func, str):
            return self._transformed_by_name(func, args, kwargs)
        if not callable(func):
            raise TypeError(f"'{type(func).__name__}' object is not callable")
        if self.obj.ndim == 1:
            return self._transformed_series(func, args, kwargs)
        return self._transformed_frame(func, args, kwargs)

    def _transformed_by_name(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name not in REDUCTIONS and name not in TRANSFORMS and name != "corrwith":
            raise ValueError(f"'{name}' is not a valid function name for transform(name)")
        if name in TRANSFORMS:
            return getattr(self, name)(*args, **kwargs)
        held, self.as_index = self.as_index, True
        try:
            found = getattr(self, name)(*args, **kwargs)
        finally:
            self.as_index = held
        if found.ndim == 1:
            made = self.obj._constructor if self.obj.ndim == 1 else self.obj._constructor_sliced
            series = made.__new__(made)
            series._fill(
                self._groups.spread(found._values),
                self.obj._index,
                self.obj.name if self.obj.ndim == 1 else None,
            )
            return series
        made = self.obj._constructor
        frame = made.__new__(made)
        columns = [self._groups.spread(found._column(place)) for place in range(found.shape[1])]
        frame._fill(columns, found._columns, self.obj._index)
        return frame.__finalize__(self.obj)

    def _transformed_series(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        parts, rows = [], []
        for label, own in zip(self._labels, self._rows):
            if not own:
                continue
            group = self.obj._take(own)
            object.__setattr__(group, "name", label)
            value = func(group, *args, **kwargs)
            parts.append(_row_column(value, len(own)))
            rows.extend(own)
        made = self.obj._constructor
        series = made.__new__(made)
        column = _placed(parts, rows, len(self.obj), self.obj._values)
        series._fill(column, self.obj._index, self.obj.name)
        return series

    def _transformed_frame(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        obj = self._values_obj
        width = obj.shape[1]
        parts: list[list[Any]] = [[] for _ in range(width)]
        rows: list[int] = []
        labels = obj._columns
        by_column = False
        for label, own in zip(self._labels, self._rows):
            if not own:
                continue
            group = obj._take(own)
            object.__setattr__(group, "name", label)
            value = None
            if not by_column:
                try:
                    value = func(group, *args, **kwargs)
                except Exception:
                    by_column = True
            if by_column or not _fits(value, group):
                by_column = True
                columns = [
                    _row_column(func(group._series(place), *args, **kwargs), len(own))
                    for place in range(width)
                ]
            elif isinstance(value, _engine.DataFrame):
                columns = [value._column(place) for place in range(width)]
            elif isinstance(value, _engine.Series):
                columns = [
                    value._values.slice(place, place + 1).take([0] * len(own)) for place in range(width)
                ]
            else:
                columns = [_engine.Column.repeat(value, len(own)) for _ in range(width)]
            for place in range(width):
                parts[place].append(columns[place])
            rows.extend(own)
        made = self.obj._constructor
        frame = made.__new__(made)
        data = [_placed(parts[place], rows, len(obj), obj._column(place)) for place in range(width)]
        frame._fill(data, labels, self.obj._index)
        return frame.__finalize__(self.obj)

    # Filters.

    def filter(self, func: Any, dropna: bool = True, *args: Any, **kwargs: Any) -> Any:
        """The rows of the groups for which a function says true."""
        kept: list[int] = []
        if isinstance(func, str):
            name = func
            func = lambda group, *a, **k: getattr(group, name)(*a, **k)  # noqa: E731
        obj = self._selected_obj
        for label, own in zip(self._labels, self._rows):
            if not own:
                continue
            group = obj._take(own)
            object.__setattr__(group, "name", label) if obj.ndim == 2 else None
            found = func(group, *args, **kwargs)
            if obj.ndim == 2 and isinstance(found, _engine.Series) and len(found) == 1:
                found = found.iloc[0]
            if isinstance(found, (_engine.Series, _engine.DataFrame)) or (
                isinstance(found, np.ndarray) and found.ndim
            ):
                if obj.ndim == 1:
                    raise TypeError("the filter must return a boolean result")
                raise TypeError(
                    f"filter function returned a {type(found).__name__}, but expected a scalar bool"
                )
            if not isinstance(found, (bool, np.bool_)):
                if _convert.is_scalar(found) and _is_missing(found):
                    continue
                if obj.ndim == 1:
                    raise TypeError("the filter must return a boolean result")
                raise TypeError(
                    f"filter function returned a {type(found).__name__}, but expected a scalar bool"
                )
            if found:
                kept.extend(own)
        kept.sort()
        if dropna:
            return obj._take(kept)
        places = [-1] * len(obj)
        for row in kept:
            places[row] = row
        if obj.ndim == 1:
            made = obj._constructor
            series = built(made, obj._values.reindex(places), obj._index, obj.name)
            return series
        made = obj._constructor
        frame = made.__new__(made)
        data = [obj._column(place).reindex(places) for place in range(obj.shape[1])]
        frame._fill(data, obj._columns, obj._index)
        return frame

    def sample(
        self,
        n: int | None = None,
        frac: float | None = None,
        replace: bool = False,
        weights: Any = None,
        random_state: Any = None,
    ) -> Any:
        """Rows of each group drawn by chance."""
        if self.obj.shape[0] == 0:
            return self._selected_obj._take([])
        state = (
            np.random.RandomState(random_state)
            if isinstance(random_state, (int, np.integer))
            else random_state
        )
        chosen: list[int] = []
        obj = self._selected_obj
        shares = None if weights is None else np.asarray(weights, dtype="float64")
        for own in self._rows:
            if not own:
                continue
            group = obj._take(own)
            group._index = default_index(len(own))
            drawn = group.sample(
                n=n,
                frac=frac,
                replace=replace,
                weights=None if shares is None else shares[own],
                random_state=state,
            )
            chosen.extend(own[row] for row in drawn.index.tolist())
        return obj._take(chosen)

    # Labels of extremes.

    def _extreme(self, column: Any, how: str, skipna: bool) -> Any:
        """The row label of each group's smallest or largest value."""
        if not skipna and _convert.mask_of(column).any():
            raise ValueError(f"{how} with skipna=False encountered an NA value.")
        rows = self._groups.extreme_rows(column, how == "idxmin")
        if -1 in rows:
            if self.ngroups and any(not own for own in self._rows):
                raise ValueError(
                    f"Can't get {how} of an empty group due to unobserved categories. Specify observed=True in"
                    " groupby instead."
                )
            raise ValueError(f"{how} with skipna=True encountered all NA values in a group.")
        index = self.obj.index
        if index.nlevels > 1:
            return _engine.Column.from_items([index[row] for row in rows], infer=False)
        return index._values.take(rows)

    # Windows and resampling inside the groups.

    def rolling(
        self,
        window: Any,
        min_periods: Any = None,
        center: bool = False,
        win_type: Any = None,
        on: Any = None,
        closed: Any = None,
        method: str = "single",
    ) -> Any:
        from lumen.pandas._window_groupby import RollingGroupby

        return RollingGroupby(
            self,
            window=window,
            min_periods=min_periods,
            center=center,
            win_type=win_type,
            on=on,
            closed=closed,
            method=method,
        )

    def expanding(self, min_periods: int = 1, method: str = "single") -> Any:
        from lumen.pandas._window_groupby import ExpandingGroupby

        return ExpandingGroupby(self, min_periods=min_periods, method=method)

    def ewm(
        self,
        com: Any = None,
        span: Any = None,
        halflife: Any = None,
        alpha: Any = None,
        min_periods: Any = 0,
        adjust: bool = True,
        ignore_na: bool = False,
        times: Any = None,
        method: str = "single",
    ) -> Any:
        from lumen.pandas._window_groupby import ExponentialMovingWindowGroupby

        return ExponentialMovingWindowGroupby(
            self,
            com=com,
            span=span,
            halflife=halflife,
            alpha=alpha,
            min_periods=min_periods,
            adjust=adjust,
            ignore_na=ignore_na,
            times=times,
            method=method,
        )

    def resample(self, rule: Any, **kwargs: Any) -> Any:
        from lumen.pandas._resample import grouped_resample

        return grouped_resample(self, rule, **kwargs)


def _is_missing(value: Any) -> bool:
    return bool(_convert.mask_of(_engine.Column.from_items([value], infer=False))[0])


def _indexed_like(value: Any, index: Any) -> bool:
    """Whether a result has the rows of its group."""
    if isinstance(value, (_engine.Series, _engine.DataFrame)):
        return value._index._equals(index)
    return False


def _fits(value: Any, group: Any) -> bool:
    """Whether a result can stand for all columns of a group."""
    if isinstance(value, _engine.DataFrame):
        return value.shape == group.shape and value._columns._equals(group._columns)
    if isinstance(value, _engine.Series):
        return value._index._equals(group._columns)
    return _convert.is_scalar(value)


def _row_column(value: Any, length: int) -> Any:
    """A result as a column of the group's rows."""
    if isinstance(value, (_engine.Series, np.ndarray, list, _engine.Index)) or hasattr(value, "_column"):
        column = _convert.column_of(value)
        if len(column) == length:
            return column
        if len(column) == 1:
            return column.take([0] * length)
        raise ValueError(f"Length of values ({len(column)}) does not match length of index ({length})")
    if isinstance(value, _engine.DataFrame):
        raise NotImplementedError(
            "lumen.pandas: groupby.transform with a function that gives a frame for a column"
        )
    return _engine.Column.repeat(value, length)


def _placed(parts: list[Any], rows: list[int], length: int, like: Any) -> Any:
    """The groups' columns put back where their rows stood; rows of no group are missing."""
    if not parts:
        return like.slice(0, 0) if length == 0 else _engine.Column.missing("float64", length)
    joined = _engine.Column.concat(parts)
    places = [-1] * length
    for place, row in enumerate(rows):
        places[row] = place
    placed = joined.reindex(places)
    if placed.dtype != like.dtype and placed.dtype in ("int64", "float64") and like.dtype.startswith("float"):
        return placed.cast(like.dtype)
    return placed


def _collected(values: list[Any]) -> Any:
    """Single values as a column, in the dtype pandas infers."""
    if any(_convert.is_list_like(value) for value in values):
        return _engine.Column.from_items(values, infer=False)
    return _engine.Column.from_items(values)
