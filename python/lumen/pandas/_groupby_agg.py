"""`agg`: reductions by name, by function, by list, by column and by new name."""

from __future__ import annotations

from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._errors import SpecificationError
from lumen.pandas._groupby_object import no_numba
from lumen.pandas._index import Index
from lumen.pandas._generic import built


class NamedAgg(tuple):
    """A column and what is made of it, under a name of one's own."""

    __slots__ = ()
    __module__ = "pandas"
    _fields = ("column", "aggfunc", "args", "kwargs")

    def __new__(cls, column: Hashable, aggfunc: Any = None, *args: Any, **kwargs: Any) -> NamedAgg:
        return tuple.__new__(cls, (column, aggfunc, args, kwargs))

    column = property(lambda self: self[0])
    aggfunc = property(lambda self: self[1])
    args = property(lambda self: self[2])
    kwargs = property(lambda self: self[3])

    def __repr__(self) -> str:
        return f"NamedAgg(column={self[0]!r}, aggfunc={self[1]!r})"


def name_of(func: Any) -> Any:
    """The label of what a function gives."""
    if isinstance(func, str):
        return func
    while hasattr(func, "func") and hasattr(func, "args"):
        func = func.func
    return getattr(func, "__name__", type(func).__name__)


def unique_names(names: list[Any]) -> list[Any]:
    """Lambdas that stand several times get a number."""
    count = sum(name == "<lambda>" for name in names)
    if count < 2:
        return names
    number = iter(range(count))
    return [f"<lambda_{next(number)}>" if name == "<lambda>" else name for name in names]


def is_named(func: Any, kwargs: dict[str, Any]) -> bool:
    """Whether the arguments are pairs of column and function under new names."""
    return (
        func is None
        and bool(kwargs)
        and all(
            isinstance(value, tuple) and (len(value) == 2 or isinstance(value, NamedAgg))
            for value in kwargs.values()
        )
    )


# Reductions that the engine does with all their defaults.
_DIRECT = frozenset("sum prod mean median var std sem min max first last count nunique any all".split())


def _is_direct(func: Any) -> bool:
    return isinstance(func, str) and func in _DIRECT


def _is_plain(pair: Any) -> bool:
    """Whether a named aggregation is such a reduction without arguments."""
    return _is_direct(pair[1]) and not (isinstance(pair, NamedAgg) and (pair.args or pair.kwargs))


def _places(columns: Any, label: Any) -> list[int]:
    """Where a column label stands."""
    return [place for place, held in enumerate(columns) if held is label or held == label]


class SeriesAggregation:
    """`agg` of one column."""

    def aggregate(
        self, func: Any = None, *args: Any, engine: Any = None, engine_kwargs: Any = None, **kwargs: Any
    ) -> Any:
        """What is made of each group."""
        no_numba(engine)
        if func is None:
            if not kwargs:
                raise TypeError("Must provide 'func' or named aggregation **kwargs.")
            for value in kwargs.values():
                if not isinstance(value, str) and not callable(value) and not isinstance(value, NamedAgg):
                    raise TypeError(f"func is expected but received {type(value).__name__} in **kwargs.")
            names = list(kwargs)
            wanted = [value.aggfunc if isinstance(value, NamedAgg) else value for value in kwargs.values()]
            return self._several(list(zip(names, wanted)), (), {})
        if isinstance(func, str):
            return self._named(func, args, kwargs)
        if isinstance(func, abc.Mapping):
            raise SpecificationError("nested renamer is not supported")
        if isinstance(func, abc.Iterable) and not callable(func):
            listed = list(func)
            if any(isinstance(one, (tuple, list)) for one in listed):
                pairs = [tuple(one) if isinstance(one, (tuple, list)) else (one, one) for one in listed]
                return self._several(pairs, args, kwargs)
            names = unique_names([name_of(one) for one in listed])
            return self._several(list(zip(names, listed)), args, kwargs)
        if len(self._keys) >= 1 and self.ngroups == 0:
            made = self.obj._constructor
            empty = built(made, self.obj._values.slice(0, 0), self._labels, self.obj.name)
            return empty if self.as_index else self._frame([empty._values], Index([self.obj.name]))
        return self._reduced(self._by_function(func, args, kwargs))

    agg = aggregate

    def _named(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        found = getattr(self, name, None)
        if found is None or name.startswith("_"):
            if hasattr(np, name) and callable(getattr(np, name)) and not name.startswith("_"):
                return self._reduced(self._by_function(getattr(np, name), args, kwargs))
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return found(*args, **kwargs) if callable(found) else found

    def _several(self, pairs: list[tuple[Any, Any]], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        columns, labels = [], []
        held, self.as_index = self.as_index, True
        try:
            for name, one in pairs:
                found = self.aggregate(one, *args, **kwargs)
                if isinstance(found, _engine.DataFrame):
                    for place, label in enumerate(found.columns):
                        columns.append(found._column(place))
                        labels.append((name, label) if not isinstance(label, tuple) else (name, *label))
                else:
                    columns.append(found._values)
                    labels.append(name)
        finally:
            self.as_index = held
        if not pairs:
            raise ValueError("No objects to concatenate")
        if any(isinstance(label, tuple) for label in labels):
            from lumen.pandas._index import MultiIndex

            axis = MultiIndex.from_tuples(
                [label if isinstance(label, tuple) else (label, "") for label in labels]
            )
        else:
            axis = Index(labels, tupleize_cols=False)
        return self._frame(columns, axis)

    def _by_function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A column with what a function makes of each group."""
        values = []
        obj = self.obj
        for label, rows in zip(self._labels, self._rows):
            group = obj._take(rows)
            object.__setattr__(group, "_group_name", label)
            value = func(group, *args, **kwargs)
            if isinstance(value, (_engine.Series, _engine.Index, np.ndarray)) and not (
                isinstance(value, np.ndarray) and value.ndim == 0
            ):
                raise ValueError("Must produce aggregated value")
            values.append(value)
        return shaped(values, obj._values)


def shaped(values: list[Any], like: Any) -> Any:
    """Single values as a column, in the source's own dtype where they fit it."""
    if any(_convert.is_list_like(value) for value in values):
        return _engine.Column.from_items(values, infer=False)
    column = _engine.Column.from_items(values)
    if column.dtype != like.dtype and _keeps(column, like):
        try:
            return column.cast(like.dtype)
        except (TypeError, ValueError):
            return column
    return column


def _keeps(column: Any, like: Any) -> bool:
    """Whether a result takes the source's dtype: numbers in a dtype of the same family."""
    own, source = column.dtype, like.dtype
    if source in ("float32",) and own == "float64":
        return True
    if source.startswith(("Int", "UInt", "Float")) and own in ("int64", "float64"):
        return source.startswith("Float") or own == "int64"
    if source in ("string", "boolean") and own in ("str", "bool"):
        return True
    if source.startswith(_convert.WHOLE) and own == "int64":
        return True
    return source.startswith("datetime64") and own.startswith("datetime64")


class FrameAggregation:
    """`agg` of several columns."""

    def aggregate(
        self, func: Any = None, *args: Any, engine: Any = None, engine_kwargs: Any = None, **kwargs: Any
    ) -> Any:
        """What is made of each group of each column."""
        no_numba(engine)
        if is_named(func, kwargs):
            return self._named_columns(kwargs)
        if func is None:
            raise TypeError("Must provide 'func' or tuples of '(column, aggfunc).")
        if isinstance(func, str):
            return self._named(func, args, kwargs)
        if isinstance(func, abc.Mapping):
            return self._by_column(func, args, kwargs)
        if isinstance(func, abc.Iterable) and not callable(func):
            return self._by_list(list(func), args, kwargs)
        obj = self._values_obj
        if self.ngroups == 0:
            return self._frame(
                [obj._column(place).slice(0, 0) for place in range(obj.shape[1])], obj._columns
            )
        return self._by_function(func, args, kwargs)

    agg = aggregate

    def _named(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        found = getattr(type(self), name, None)
        if found is None or name.startswith("_"):
            if name in list(self.obj.columns):
                return self[name]
            raise AttributeError(f"'{name}' is not a valid function for '{type(self).__name__}' object")
        found = getattr(self, name)
        return found(*args, **kwargs) if callable(found) else found

    def _by_function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        obj = self._values_obj
        data = []
        for place in range(obj.shape[1]):
            one = self._like(obj._series(place), None, self._series_kind())
            one.as_index = True
            data.append(one.aggregate(func, *args, **kwargs)._values)
        return self._frame(data, obj._columns)

    def _series_kind(self) -> Any:
        from lumen.pandas._groupby import SeriesGroupBy

        return SeriesGroupBy

    def _by_list(self, funcs: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from lumen.pandas._concat import concat

        obj = self._values_obj
        parts, labels = [], []
        for place, label in enumerate(obj.columns):
            one = self._like(obj._series(place), None, self._series_kind())
            one.as_index = True
            if funcs:
                parts.append(one._several(_pairs(funcs), args, kwargs))
                labels.append(label)
        if not parts:
            return self._frame([], Index([]))
        return self._stacked(parts, labels, list(obj.columns.names), concat)

    def _stacked(self, parts: list[Any], labels: list[Any], names: list[Any], concat: Any) -> Any:
        """Frames of several reductions side by side, under the columns they came from."""
        found = concat(parts, axis=1, keys=labels, names=[*names, *([None] * parts[0].columns.nlevels)])
        return self._frame([found._column(place) for place in range(found.shape[1])], found._columns)

    def _by_column(self, funcs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from lumen.pandas._concat import concat

        if any(isinstance(value, abc.Mapping) for value in funcs.values()):
            raise SpecificationError("nested renamer is not supported")
        source = self._selected_obj if self._selection is not None else self.obj
        columns = source.columns
        absent = [label for label in funcs if label not in columns]
        if absent:
            raise KeyError(f"Label(s) {sorted(absent, key=str)} do not exist")
        listed = any(isinstance(value, (list, tuple)) for value in funcs.values())
        parts, labels, data = [], [], []
        direct = funcs and not args and not kwargs and all(map(_is_direct, funcs.values()))
        if direct:
            held = list(columns)
            pairs = [(label, place) for label in funcs for place in _places(held, label)]
            labels = [label for label, _ in pairs]
            data = self._groups.reduce_each(
                [source._column(place) for _, place in pairs], [funcs[label] for label in labels]
            )
            funcs = {}
        for label, func in funcs.items():
            for place in _places(columns, label):
                one = self._like(source._series(place), None, self._series_kind())
                one.as_index = True
                if isinstance(func, (list, tuple)):
                    parts.append(one._several(_pairs(list(func)), args, kwargs))
                elif listed:
                    parts.append(one._several([(name_of(func), func)], args, kwargs))
                else:
                    found = one.aggregate(func, *args, **kwargs)
                    if isinstance(found, _engine.DataFrame):
                        parts.append(found)
                        data = None
                    elif data is not None:
                        data.append(found._values)
                        if not found._index._equals(self._labels):
                            parts.append(found)
                labels.append(label)
        if not labels:
            return self._frame([], Index([]))
        if listed or data is None:
            return self._stacked(parts, labels, list(columns.names), concat)
        if parts:
            return concat(parts, axis=1, keys=labels)
        axis = Index(labels)
        if axis.nlevels == columns.nlevels:
            axis._set_names(list(columns._names))
        return self._frame(data, axis)

    def _named_columns(self, pairs: dict[str, Any]) -> Any:
        columns = self.obj.columns
        absent = [pair[0] for pair in pairs.values() if pair[0] not in columns]
        if absent:
            raise KeyError(f"Label(s) {absent} do not exist")
        axis = Index(list(pairs), tupleize_cols=False)
        if columns.is_unique and columns.nlevels == 1 and all(_is_plain(pair) for pair in pairs.values()):
            sources = [self.obj._column(columns.get_loc(pair[0])) for pair in pairs.values()]
            return self._frame(self._groups.reduce_each(sources, [pair[1] for pair in pairs.values()]), axis)
        data = []
        for pair in pairs.values():
            one = self._like(self.obj[pair[0]], None, self._series_kind())
            one.as_index = True
            args, kwargs = (pair.args, pair.kwargs) if isinstance(pair, NamedAgg) else ((), {})
            data.append(one.aggregate(pair[1], *args, **kwargs)._values)
        return self._frame(data, axis)


def _pairs(funcs: list[Any]) -> list[tuple[Any, Any]]:
    if any(isinstance(one, (tuple, list)) for one in funcs):
        return [tuple(one) if isinstance(one, (tuple, list)) else (name_of(one), one) for one in funcs]
    return list(zip(unique_names([name_of(one) for one in funcs]), funcs))
