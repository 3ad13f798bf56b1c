"""Labels exchanged or moved: reindex, align, drop, rename, set_index, reset_index, sort_index, levels.

The labels' own algebra is the index's; here tables follow it.
"""

from __future__ import annotations

from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._generic import validate_bool
from lumen.pandas._index import Index, MultiIndex, default_index, ensure_index

_UNSET: Any = object()


def _missing_fill(value: Any) -> bool:
    return value is _UNSET or (isinstance(value, float) and value != value)


def taken(column: Any, rows: Any, fill_value: Any = _UNSET) -> Any:
    """A column's rows, with a value where a position is −1."""
    rows = np.asarray(rows)
    absent = np.flatnonzero(rows < 0)
    if not len(absent):
        return column.take(rows.tolist()) if len(rows) else column.slice(0, 0)
    if _missing_fill(fill_value):
        return column.reindex(rows.tolist())
    if len(column) == 0:
        return _convert.column_of([fill_value]).take([0] * len(rows))
    held = column.take(np.where(rows < 0, 0, rows).tolist())
    return held.set_widening(absent.tolist(), fill_value)


class Relabelling:
    """What series and frames share."""

    def _axis_labels(self, axis: int) -> Any:
        return self._index if axis == 0 else self._columns

    def _moved_to(self, axis: int, labels: Any, rows: Any, fill_value: Any = _UNSET) -> Any:
        """The object over other labels on one axis; `rows` says where each stood, None that none moved."""
        if self.ndim == 1:
            column = self._values if rows is None else taken(self._values, rows, fill_value)
            made = type(self).__new__(type(self))
            made._fill(column, labels, self.name)
            return made.__finalize__(self)
        made = type(self).__new__(type(self))
        if axis == 0:
            columns = [self._column(place) for place in range(self.shape[1])]
            if rows is not None:
                columns = [taken(column, rows, fill_value) for column in columns]
            made._fill(columns, self._columns, labels)
        else:
            places = range(self.shape[1]) if rows is None else np.asarray(rows).tolist()
            columns = [self._column(place) if place >= 0 else self._blank(fill_value) for place in places]
            made._fill(columns, labels, self._index)
        return made.__finalize__(self)

    def _blank(self, fill_value: Any) -> Any:
        """A column of nothing."""
        if _missing_fill(fill_value):
            kinds = {self._column(place).dtype for place in range(self.shape[1])}
            kind = kinds.pop() if len(kinds) == 1 else "float64"
            if kind in ("category",) or kind.startswith(("int", "uint", "float32")) or kind == "bool":
                kind = "object" if kind == "bool" else "float64"
            return _engine.Column.missing(kind, len(self))
        return _convert.column_of([fill_value]).take([0] * len(self))

    def _reindexed(self, axis: int, target: Any, method: Any, level: Any, fill_value: Any, limit: Any, tolerance: Any) -> Any:
        own = self._axis_labels(axis)
        labels, rows = own.reindex(target, method=method, level=level, limit=limit, tolerance=tolerance)
        return self._moved_to(axis, labels, rows, fill_value)

    def reindex_like(self, other: Any, method: Any = None, copy: Any = None, limit: Any = None, tolerance: Any = None) -> Any:
        """Over the labels of another object."""
        given = {"index": other.index}
        if self.ndim == 2:
            given["columns"] = other.columns
        return self.reindex(**given, method=method, limit=limit, tolerance=tolerance)

    # Dropping labels.

    def drop(
        self,
        labels: Any = None,
        *,
        axis: Any = 0,
        index: Any = None,
        columns: Any = None,
        level: Any = None,
        inplace: bool = False,
        errors: str = "raise",
    ) -> Any:
        """Without some rows or columns."""
        inplace = validate_bool(inplace, "inplace")
        if labels is not None:
            if index is not None or columns is not None:
                raise ValueError("Cannot specify both 'labels' and 'index'/'columns'")
            wanted = {self._get_axis_number(axis): labels}
        elif index is not None or columns is not None:
            wanted = {} if index is None else {0: index}
            if columns is not None and self.ndim == 2:
                wanted[1] = columns
        else:
            raise ValueError("Need to specify at least one of 'labels', 'index' or 'columns'")
        made = self
        for number, gone in wanted.items():
            made = made._without(number, gone, level, errors)
        made = made.copy() if made is self else made
        return self._adopt(made) if inplace else made

    def _without(self, axis: int, labels: Any, level: Any, errors: str) -> Any:
        own = self._axis_labels(axis)
        if level is not None:
            if own.nlevels == 1:
                raise AssertionError("axis must be a MultiIndex")
            gone = labels if _convert.is_list_like(labels) else [labels]
            kept = ~own.get_level_values(level).isin(list(gone))
            if errors == "raise" and kept.all():
                raise KeyError(f"labels {gone} not found in level")
            places = np.flatnonzero(kept).tolist()
        elif own.is_unique and own.nlevels == 1:
            gone = labels if _convert.is_list_like(labels) and not isinstance(labels, tuple) else [labels]
            left = own.drop(gone, errors=errors)
            places = own.get_indexer(left).tolist()
        elif own.nlevels > 1:
            left = own.drop(labels if _convert.is_list_like(labels) and not isinstance(labels, tuple) else [labels], errors=errors)
            places = own.get_indexer_for(left).tolist() if not own.is_unique else own.get_indexer(left).tolist()
        else:
            gone = ensure_index(labels if _convert.is_list_like(labels) and not isinstance(labels, tuple) else [labels])
            kept = ~own.isin(gone)
            absent = [label for label in gone if label not in own]
            if absent and errors == "raise":
                raise KeyError(f"{absent} not found in axis")
            places = np.flatnonzero(kept).tolist()
        return self._take(places) if axis == 0 else self._take_columns(places)

    # Renaming.

    def _renamed_axis(self, axis: int, mapper: Any, level: Any, errors: str) -> Any:
        own = self._axis_labels(axis)
        if callable(mapper):
            function = mapper
        else:
            table = dict(mapper.items())
            if errors == "raise":
                held = set((own if level is None else own.get_level_values(level)).tolist())
                absent = [label for label in table if label not in held]
                if absent:
                    raise KeyError(f"{absent} not found in axis")
            function = lambda label: table[label] if label in table else label  # noqa: E731
        if own.nlevels > 1:
            number = None if level is None else own._get_level_number(level)
            rows = [
                tuple(function(item) if number in (None, place) else item for place, item in enumerate(row))
                for row in own.tolist()
            ]
            return MultiIndex.from_tuples(rows, names=list(own.names)) if rows else own
        made = Index([function(label) for label in own.tolist()], name=own.name, tupleize_cols=False)
        if len(made) == 0:
            return own
        return made

    def rename_axis(
        self, mapper: Any = _UNSET, *, index: Any = _UNSET, columns: Any = _UNSET, axis: Any = 0, copy: Any = None, inplace: bool = False
    ) -> Any:
        """Other names of the axes."""
        inplace = validate_bool(inplace, "inplace")
        made = self.copy()
        axis = self._get_axis_number(axis)
        given = {0: index, 1: columns}
        if mapper is not _UNSET:
            if not (_convert.is_scalar(mapper) or (_convert.is_list_like(mapper) and not isinstance(mapper, dict))):
                raise ValueError("Use `.rename` to alter labels with a mapper.")
            given[axis] = mapper
            as_names = True
        else:
            as_names = False
        for number, value in given.items():
            if value is _UNSET or number >= self.ndim:
                continue
            own = made._axis_labels(number)._view()
            plain = _convert.is_scalar(value) or (_convert.is_list_like(value) and not isinstance(value, abc.Mapping))
            if as_names or plain:
                names = list(value) if _convert.is_list_like(value) else [value]
                own.names = names
            else:
                function = value if callable(value) else lambda name, table=value: table.get(name, name)
                own.names = [function(name) for name in own.names]
            if number == 0:
                made._index = own
            else:
                made._columns = own
        return self._adopt(made) if inplace else made

    def set_axis(self, labels: Any, *, axis: Any = 0, copy: Any = None) -> Any:
        """The same values under other labels."""
        made = self.copy()
        if self._get_axis_number(axis) == 0:
            made.index = labels
        else:
            made.columns = labels
        return made

    # Levels.

    def droplevel(self, level: Any, axis: Any = 0) -> Any:
        axis = self._get_axis_number(axis)
        return self.set_axis(self._axis_labels(axis).droplevel(level), axis=axis)

    def swaplevel(self, i: Any = -2, j: Any = -1, axis: Any = 0, copy: Any = None) -> Any:
        axis = self._get_axis_number(axis)
        own = self._axis_labels(axis)
        if own.nlevels == 1:
            raise TypeError("Can only swap levels on a hierarchical axis.")
        return self.set_axis(own.swaplevel(i, j), axis=axis)

    def reorder_levels(self, order: Any, axis: Any = 0) -> Any:
        axis = self._get_axis_number(axis)
        own = self._axis_labels(axis)
        if own.nlevels == 1:
            raise TypeError("Can only reorder levels on a hierarchical axis.")
        return self.set_axis(own.reorder_levels(order), axis=axis)

    # Order and pieces by label.

    def sort_index(
        self,
        *,
        axis: Any = 0,
        level: Any = None,
        ascending: Any = True,
        inplace: bool = False,
        kind: str = "quicksort",
        na_position: str = "last",
        sort_remaining: bool = True,
        ignore_index: bool = False,
        key: Any = None,
    ) -> Any:
        """In order of the labels."""
        inplace = validate_bool(inplace, "inplace")
        axis = self._get_axis_number(axis)
        if na_position not in ("first", "last"):
            raise ValueError(f"invalid na_position: {na_position}")
        for one in ascending if _convert.is_list_like(ascending) else [ascending]:
            if not isinstance(one, (bool, int, np.bool_)):
                raise ValueError(
                    f'For argument "ascending" expected type bool, received type {type(one).__name__}.'
                )
        own = self._axis_labels(axis)
        labels = own
        if key is not None:
            labels = _keyed(own, key, level)
        if labels.nlevels > 1:
            levels = list(range(labels.nlevels)) if level is None else level
            _, places = labels.sortlevel(
                levels, ascending=ascending, sort_remaining=sort_remaining if level is not None else True,
                na_position=na_position,
            )
        else:
            direction = list(ascending)[0] if _convert.is_list_like(ascending) else ascending
            if labels.is_monotonic_increasing and direction and na_position == "last":
                made = self.copy()
                if ignore_index:
                    made = made.set_axis(default_index(len(own)), axis=axis)
                return self._adopt(made) if inplace else made
            places = labels._values.argsort(bool(direction), na_position)
        places = np.asarray(places).tolist()
        made = self._take(places) if axis == 0 else self._take_columns(places)
        if ignore_index:
            made = made.set_axis(default_index(len(own)), axis=axis)
        return self._adopt(made) if inplace else made

    def xs(self, key: Any, axis: Any = 0, level: Any = None, drop_level: bool = True) -> Any:
        """The part under a label, or under labels of some levels."""
        axis = self._get_axis_number(axis)
        own = self._axis_labels(axis)
        if isinstance(key, list):
            raise TypeError("list keys are not supported in xs, pass a tuple instead")
        if level is not None:
            if own.nlevels == 1:
                raise TypeError("Index must be a MultiIndex")
            found, labels = own.get_loc_level(key, level=level, drop_level=drop_level)
            places = _places(found, len(own))
            made = self._take(places) if axis == 0 else self._take_columns(places)
            return made.set_axis(labels, axis=axis) if drop_level and not isinstance(found, int) else made
        if axis == 1:
            return self[key]
        if own.nlevels > 1:
            found, labels = own.get_loc_level(key, drop_level=drop_level)
            if isinstance(found, (int, np.integer)):
                return self.iloc[int(found)] if drop_level else self._take([int(found)])
            made = self._take(_places(found, len(own)))
            return made.set_axis(labels, axis=0)
        found = own.get_loc(key)
        if isinstance(found, (int, np.integer)):
            return self.iloc[int(found)] if drop_level else self._take([int(found)])
        return self._take(_places(found, len(own)))

    def truncate(self, before: Any = None, after: Any = None, axis: Any = None, copy: Any = None) -> Any:
        """Between two labels, both included."""
        axis = 0 if axis is None else self._get_axis_number(axis)
        own = self._axis_labels(axis)
        if not own.is_monotonic_increasing and not own.is_monotonic_decreasing:
            raise ValueError("truncate requires a sorted index")
        if before is not None and after is not None and before > after:
            raise ValueError(f"Truncate: {after} must be after {before}")
        if len(own) > 1 and own.is_monotonic_decreasing and own.nunique() > 1:
            before, after = after, before
        start, stop = own.slice_locs(before, after)
        if axis == 0:
            return self._slice(start, max(start, stop))
        return self._take_columns(list(range(start, stop)))

    def filter(self, items: Any = None, like: Any = None, regex: Any = None, axis: Any = None) -> Any:
        """Rows or columns whose labels are in a list, hold a text or match a pattern."""
        import re

        if sum(given is not None for given in (items, like, regex)) > 1:
            raise TypeError("Keyword arguments `items`, `like`, or `regex` are mutually exclusive")
        axis = self.ndim - 1 if axis is None else self._get_axis_number(axis)
        own = self._axis_labels(axis)
        if items is not None:
            wanted = [label for label in items if label in own]
            return self.reindex(**{("index", "columns")[axis]: wanted}) if own.is_unique else self._by_labels(wanted, axis)
        if like is None and regex is None:
            raise TypeError("Must pass either `items`, `like`, or `regex`")
        test = (lambda label: like in str(label)) if like is not None else (
            lambda label, pattern=re.compile(regex): pattern.search(str(label)) is not None
        )
        places = [place for place, label in enumerate(own.tolist()) if test(label)]
        return self._take(places) if axis == 0 else self._take_columns(places)

    def _by_labels(self, wanted: Any, axis: int) -> Any:
        places = self._axis_labels(axis).get_indexer_for(Index(wanted)).tolist()
        return self._take(places) if axis == 0 else self._take_columns(places)

    def _aligned_axis(self, other: Any, axis: int, other_axis: int, join: str, level: Any, fill_value: Any) -> tuple[Any, Any]:
        left, right = self._axis_labels(axis), other._axis_labels(other_axis)
        if left.equals(right):
            return self, other
        labels, mine, theirs = left.join(right, how=join, level=level, return_indexers=True)
        one = self if mine is None and labels is left else self._moved_to(axis, labels, mine, fill_value)
        two = other if theirs is None and labels is right else other._moved_to(other_axis, labels, theirs, fill_value)
        return one, two


def _places(found: Any, length: int) -> list[int]:
    """Positions of what a lookup found."""
    if isinstance(found, slice):
        return list(range(length))[found]
    if isinstance(found, (int, np.integer)):
        return [int(found)]
    found = np.asarray(found)
    return (np.flatnonzero(found) if found.dtype == bool else found).tolist()


def _keyed(labels: Any, key: Any, level: Any) -> Any:
    """The labels as a function sees them."""
    if labels.nlevels == 1:
        made = ensure_index(key(labels))
        if len(made) != len(labels):
            raise ValueError("User-provided `key` function must not change the shape of the array.")
        return made
    numbers = range(labels.nlevels)
    if level is not None:
        wanted = level if isinstance(level, (list, tuple)) else [level]
        numbers = [labels._get_level_number(one) for one in wanted]
    arrays = [
        key(labels.get_level_values(number)) if number in numbers else labels.get_level_values(number)
        for number in range(labels.nlevels)
    ]
    return MultiIndex.from_arrays(arrays, names=labels.names)


class SeriesRelabelling(Relabelling):
    """Labels of a series."""

    def _take_columns(self, places: list[int]) -> Any:
        raise ValueError(f"No axis named 1 for object type {type(self).__name__}")

    def reindex(
        self,
        index: Any = None,
        *,
        axis: Any = None,
        method: Any = None,
        copy: Any = None,
        level: Any = None,
        fill_value: Any = _UNSET,
        limit: Any = None,
        tolerance: Any = None,
    ) -> Any:
        """Over other labels; those that were not there are missing."""
        if axis is not None:
            self._get_axis_number(axis)
        if index is None:
            return self.copy()
        return self._reindexed(0, index, method, level, fill_value, limit, tolerance)

    def rename(
        self, index: Any = None, *, axis: Any = None, copy: Any = None, inplace: bool = False, level: Any = None, errors: str = "ignore"
    ) -> Any:
        """Another name, or other labels by a function or dictionary."""
        inplace = validate_bool(inplace, "inplace")
        if axis is not None:
            self._get_axis_number(axis)
        if callable(index) or isinstance(index, (abc.Mapping, _engine.Series)):
            made = self.copy()
            made._index = self._renamed_axis(0, index, level, errors)
        else:
            made = self.copy()
            made.name = index
        return self._adopt(made) if inplace else made

    def reset_index(
        self, level: Any = None, *, drop: bool = False, name: Hashable = _UNSET, inplace: bool = False, allow_duplicates: bool = False
    ) -> Any:
        """The labels as a column, or gone."""
        inplace = validate_bool(inplace, "inplace")
        if drop:
            labels = default_index(len(self))
            if level is not None:
                numbers = [self.index._get_level_number(one) for one in (level if isinstance(level, (list, tuple)) else [level])]
                if len(numbers) < self.index.nlevels:
                    labels = self.index.droplevel(numbers)
            made = self.copy()
            made._index = labels
            return self._adopt(made) if inplace else made
        if inplace:
            raise TypeError("Cannot reset_index inplace on a Series to create a DataFrame")
        if name is _UNSET:
            name = 0 if self.name is None else self.name
        frame = self.to_frame(name)
        return frame.reset_index(level, drop=drop, allow_duplicates=allow_duplicates)

    def align(
        self, other: Any, join: str = "outer", axis: Any = None, level: Any = None, copy: Any = None, fill_value: Any = _UNSET
    ) -> tuple[Any, Any]:
        """Both over common labels."""
        if axis is not None and isinstance(other, _engine.Series):
            self._get_axis_number(axis)
        if isinstance(other, _engine.Series):
            left, right = self._aligned_axis(other, 0, 0, join, level, _none_unset(fill_value))
        elif isinstance(other, _engine.DataFrame):
            if axis is None:
                raise ValueError("Must specify axis=0 or 1")
            number = other._get_axis_number(axis)
            right, left = other._aligned_axis(self, number, 0, {"left": "right", "right": "left"}.get(join, join), level, _none_unset(fill_value))
        else:
            raise TypeError(f"unsupported type: {type(other)}")
        return left.copy(), right.copy()

    def pop(self, item: Any) -> Any:
        """The value under a label, which goes."""
        value = self[item]
        self._adopt(self.drop(item))
        return value


def _none_unset(value: Any) -> Any:
    return _UNSET if value is None else value


class FrameRelabelling(Relabelling):
    """Labels of a frame."""

    def reindex(
        self,
        labels: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = None,
        method: Any = None,
        copy: Any = None,
        level: Any = None,
        fill_value: Any = _UNSET,
        limit: Any = None,
        tolerance: Any = None,
    ) -> Any:
        """Over other labels; what was not there is missing."""
        if labels is not None:
            if index is not None and columns is not None:
                raise TypeError("Cannot specify all of 'labels', 'index', 'columns'.")
            number = 0 if axis is None else self._get_axis_number(axis)
            if number == 0 and index is None:
                index = labels
            else:
                columns = labels
        elif axis is not None and (index is not None or columns is not None):
            raise TypeError("Cannot specify both 'axis' and any of 'index' or 'columns'")
        made = self
        if columns is not None:
            made = made._reindexed(1, columns, method, level, fill_value, limit, tolerance)
        if index is not None:
            made = made._reindexed(0, index, method, level, fill_value, limit, tolerance)
        return made.copy() if made is self else made

    def rename(
        self,
        mapper: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = None,
        copy: Any = None,
        inplace: bool = False,
        level: Any = None,
        errors: str = "ignore",
    ) -> Any:
        """Other labels by a function or dictionary."""
        inplace = validate_bool(inplace, "inplace")
        if mapper is None and index is None and columns is None:
            raise TypeError("must pass an index to rename")
        if index is not None or columns is not None:
            if axis is not None:
                raise TypeError("Cannot specify both 'axis' and any of 'index' or 'columns'")
            if mapper is not None:
                raise TypeError("Cannot specify both 'mapper' and any of 'index' or 'columns'")
        elif axis is not None and self._get_axis_number(axis) == 1:
            columns = mapper
        else:
            index = mapper
        made = self.copy()
        if index is not None:
            made._index = self._renamed_axis(0, index, level, errors)
        if columns is not None:
            made._columns = self._renamed_axis(1, columns, level, errors)
        return self._adopt(made) if inplace else made

    def set_index(
        self, keys: Any, *, drop: bool = True, append: bool = False, inplace: bool = False, verify_integrity: bool = False
    ) -> Any:
        """Columns or arrays as the row labels."""
        inplace = validate_bool(inplace, "inplace")
        keys = keys if isinstance(keys, list) else [keys]
        arrays: list[Any] = []
        names: list[Any] = []
        gone: list[Any] = []
        absent = []
        for key in keys:
            if isinstance(key, (_engine.Index, _engine.Series, np.ndarray, list, abc.Iterator)) or hasattr(key, "_column"):
                if getattr(key, "ndim", 1) != 1:
                    raise ValueError(
                        "The parameter \"keys\" may only contain a combination of valid column keys and one-dimensional"
                        " arrays"
                    )
                continue
            try:
                found = key in self.columns
            except TypeError as error:
                raise TypeError(
                    'The parameter "keys" may be a column key, one-dimensional array, or a list containing only valid'
                    f" column keys and one-dimensional arrays.. Received column of type {type(key)}"
                ) from error
            if not found:
                absent.append(key)
        if absent:
            raise KeyError(f"None of {absent} are in the columns")
        if append:
            for level, name in enumerate(self.index.names):
                arrays.append(self.index._level(level))
                names.append(name)
        for key in keys:
            if isinstance(key, MultiIndex):
                for level, name in enumerate(key.names):
                    arrays.append(key._level(level))
                    names.append(name)
                continue
            if isinstance(key, abc.Iterator):
                key = list(key)
            if isinstance(key, (_engine.Index, _engine.Series, np.ndarray, list)) or hasattr(key, "_column"):
                arrays.append(_convert.column_of(key))
                names.append(getattr(key, "name", None))
            else:
                arrays.append(self[key]._values)
                names.append(key)
                if drop:
                    gone.append(key)
            if len(arrays[-1]) != len(self):
                raise ValueError(
                    f"Length mismatch: Expected {len(self)} rows, received array of length {len(arrays[-1])}"
                )
        if len(arrays) == 1:
            labels = Index._from_column(arrays[0], names[0])
        else:
            labels = _engine.Index._of_columns(arrays, names)
        if verify_integrity and not labels.is_unique:
            raise ValueError(f"Index has duplicate keys: {labels[labels.duplicated()].unique()}")
        made = self.copy()
        made._index = labels
        if gone:
            kept = [place for place, label in enumerate(self.columns.tolist()) if label not in gone]
            made = made._take_columns(kept)
        return self._adopt(made) if inplace else made

    def reset_index(
        self,
        level: Any = None,
        *,
        drop: bool = False,
        inplace: bool = False,
        col_level: Any = 0,
        col_fill: Any = "",
        allow_duplicates: bool = False,
        names: Any = None,
    ) -> Any:
        """The row labels as columns, or gone."""
        inplace = validate_bool(inplace, "inplace")
        own = self.index
        numbers = list(range(own.nlevels))
        if level is not None:
            wanted = level if isinstance(level, (list, tuple)) else [level]
            numbers = sorted(own._get_level_number(one) for one in wanted)
        labels = default_index(len(self)) if len(numbers) == own.nlevels else own.droplevel(numbers)
        made = self.copy()
        made._index = labels
        if not drop:
            titles = _level_titles(own, names, self.columns)
            for place, number in enumerate(numbers):
                title = titles[number]
                if self.columns.nlevels > 1:
                    where = self.columns._get_level_number(col_level)
                    parts = list(title) if isinstance(title, tuple) else [title]
                    filler = parts[0] if col_fill is None else col_fill
                    row = [filler] * self.columns.nlevels
                    for offset, part in enumerate(parts):
                        if where + offset < len(row):
                            row[where + offset] = part
                    title = tuple(row)
                made.insert(place, title, _column_series(made, own._level(number)), allow_duplicates=allow_duplicates)
        return self._adopt(made) if inplace else made

    def align(
        self, other: Any, join: str = "outer", axis: Any = None, level: Any = None, copy: Any = None, fill_value: Any = _UNSET
    ) -> tuple[Any, Any]:
        """Both over common labels."""
        number = None if axis is None else self._get_axis_number(axis)
        fill_value = _none_unset(fill_value)
        if isinstance(other, _engine.Series):
            if number is None:
                raise ValueError("Must specify axis=0 or 1")
            left, right = self._aligned_axis(other, number, 0, join, level, fill_value)
            return left.copy(), right.copy()
        if not isinstance(other, _engine.DataFrame):
            raise TypeError(f"unsupported type: {type(other)}")
        left, right = self, other
        for one in (0, 1) if number is None else (number,):
            left, right = left._aligned_axis(right, one, one, join, level, fill_value)
        return left.copy(), right.copy()

    def insert(self, loc: int, column: Hashable, value: Any, allow_duplicates: Any = False) -> None:
        """A new column at a position, in place."""
        from lumen.pandas._frame import _aligned

        if allow_duplicates is _UNSET:
            allow_duplicates = False
        if not allow_duplicates and column in self.columns:
            raise ValueError(f"cannot insert {column}, already exists")
        if not isinstance(loc, (int, np.integer)):
            raise TypeError("loc must be int")
        if isinstance(value, _engine.DataFrame):
            if value.shape[1] != 1:
                raise ValueError(f"Expected a one-dimensional object, got a DataFrame with {value.shape[1]} columns instead.")
            value = value._series(0)
        if len(self._index) == 0 and self.shape[1] == 0 and _convert.is_list_like(value):
            self._index = value.index if isinstance(value, _engine.Series) else default_index(len(list(value)))
        length = self.shape[1]
        if not -length - 1 < loc <= length if loc < 0 else loc > length:
            raise IndexError(f"index {loc} is out of bounds for axis 0 with size {length}")
        held = _aligned(value, self._index, None)
        columns = [self._column(place) for place in range(length)]
        labels = self.columns.insert(int(loc), column)
        columns.insert(int(loc) if loc >= 0 else length + int(loc), held)
        self._fill(columns, labels, self._index)

    def pop(self, item: Hashable) -> Any:
        """A column, which goes."""
        found = self[item]
        del self[item]
        return found

    def __delitem__(self, key: Hashable) -> None:
        found = self.columns.get_loc(key)
        gone = set(_places(found, self.shape[1]))
        kept = [place for place in range(self.shape[1]) if place not in gone]
        self._adopt(self._take_columns(kept))


def _column_series(frame: Any, column: Any) -> Any:
    made = frame._constructor_sliced.__new__(frame._constructor_sliced)
    made._fill(column, frame._index, None)
    return made


def _level_titles(labels: Any, names: Any, columns: Any) -> list[Any]:
    """The column labels that levels get."""
    if names is not None:
        if labels.nlevels == 1 and isinstance(names, (str, int)):
            return [names]
        if not isinstance(names, (list, tuple)):
            raise ValueError("Index names must be str or 1-dimensional list")
        return list(names)
    if labels.nlevels == 1:
        if labels.name is not None:
            return [labels.name]
        return ["index" if "index" not in columns else "level_0"]
    return [f"level_{number}" if name is None else name for number, name in enumerate(labels.names)]
