"""Windows inside the groups of a group-by: each group by itself, results under the group labels."""

from __future__ import annotations

from typing import Any

from lumen import _engine
from lumen.pandas._ewm import ExponentialMovingWindow
from lumen.pandas._window import Expanding, Rolling


class _Grouped:
    """A window over every group; its reductions are the window's own, group by group."""

    _kind: Any = None
    __module__ = "pandas.api.typing"

    def __init__(self, grouped: Any, selection: Any = None, **options: Any) -> None:
        self._grouped = grouped
        self._selection = selection
        self._options = options
        if options.get("times") is None:
            # The arguments are checked at once, whatever is reduced later.
            self._kind(self._source()._slice(0, 0), **options)

    def _source(self) -> Any:
        """What is reduced: the columns without the keys."""
        grouped = self._grouped
        if grouped.obj.ndim == 1:
            return grouped.obj
        on = self._options.get("on")
        places = list(grouped._selected_places)
        if on is not None:
            labels = list(grouped.obj.columns)
            if on in labels and labels.index(on) not in places:
                places.append(labels.index(on))
        return grouped.obj._take_columns(sorted(places) if grouped._selection is None else places)

    def __getitem__(self, key: Any) -> Any:
        made = type(self).__new__(type(self))
        made._grouped, made._options, made._selection = self._grouped, self._options, key
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        grouped = self._grouped
        if grouped.obj.ndim == 2 and name in grouped.obj.columns:
            return self[name]
        if not hasattr(self._kind, name):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return lambda *args, **kwargs: self._each(name, args, kwargs)

    def _window(self, obj: Any, rows: list[int]) -> Any:
        options = dict(self._options)
        times = options.get("times")
        if times is not None:
            from lumen.pandas import _convert

            options["times"] = _series_of(_convert.column_of(times).take(rows))
        made = self._kind(obj, **options)
        if self._selection is not None:
            made = made[self._selection]
        return made

    def __iter__(self) -> Any:
        source = self._source()
        for rows in self._grouped._rows:
            yield from self._window(source._take(rows), rows)

    def agg(self, *args: Any, **kwargs: Any) -> Any:
        return self._each("aggregate", args, kwargs)

    aggregate = agg

    def _each(self, name: str, args: Any, kwargs: Any) -> Any:
        """One reduction of every group, below each other in the order of the groups."""
        from lumen.pandas._concat import concat

        grouped = self._grouped
        source = self._source()
        parts, counts, groups = [], [], []
        for group, rows in enumerate(grouped._rows):
            if not rows:
                continue
            parts.append(getattr(self._window(source._take(rows), rows), name)(*args, **kwargs))
            groups.append(group)
            counts.append(len(parts[-1]))
        if not parts:
            return getattr(self._window(source._slice(0, 0), []), name)(*args, **kwargs)
        found = concat(parts)
        again = [group for group, count in zip(groups, counts) for _ in range(count)]
        outer = [column.take(again) for column in grouped._groups.keys()]
        index = found.index
        inner = [index._level(level) for level in range(index.nlevels)]
        names = [key.name for key in grouped._keys] + list(index.names)
        found._index = _engine.Index._of_columns(outer + inner, names)
        if not grouped.as_index:
            found = found.reset_index(level=list(range(len(outer))))
        return found


def _series_of(column: Any) -> Any:
    from lumen.pandas._index import default_index
    from lumen.pandas._series import Series

    made = Series.__new__(Series)
    made._fill(column, default_index(len(column)), None)
    return made


class RollingGroupby(_Grouped):
    """`groupby(…).rolling(…)`."""

    _kind = Rolling

    def __init__(self, grouped: Any, **options: Any) -> None:
        if options.get("win_type") is not None:
            raise NotImplementedError("lumen.pandas: groupby.rolling(win_type=)")
        options.setdefault("step", None)
        super().__init__(grouped, **options)


class ExpandingGroupby(_Grouped):
    """`groupby(…).expanding(…)`."""

    _kind = Expanding


class ExponentialMovingWindowGroupby(_Grouped):
    """`groupby(…).ewm(…)`."""

    _kind = ExponentialMovingWindow
