"""Labels of the axes changed as a whole: reindex, align, drop, rename, set and reset the index, sort by it, cut by it."""

from __future__ import annotations

import re
import warnings
from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _selecting
from lumen.pandas._deprecation import check_copy, check_inplace
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._index_lookup import as_range
from lumen.pandas._inference import no_default
from lumen.pandas._locating import by_label

_UNSET: Any = no_default


def _given(obj: Any, made: Any, inplace: bool) -> Any:
    """The result, or nothing where the object itself takes it over."""
    if not inplace:
        return made
    obj._adopt(made)
    return None


def filled_rows(column: _engine.Column, rows: list[int], fill: Any) -> _engine.Column:
    """The rows at positions, `fill` for −1."""
    absent = [place for place, row in enumerate(rows) if row < 0]
    if (
        not absent
        or fill is None
        or (isinstance(fill, float) and fill != fill)
        or len(column) == 0
        and not _convert.is_scalar(fill)
    ):
        return column.reindex(rows)
    if len(column) == 0:
        return _engine.Column.from_items([fill]).take([0] * len(rows))
    base = column.take([max(row, 0) for row in rows])
    return base.set_rows(absent, fill, None, True)


def with_rows(obj: Any, rows: np.ndarray | None, labels: Any, fill: Any = None) -> Any:
    """The rows at positions under other labels."""
    if rows is None:
        made = obj.copy()
        made.index = labels
        return made
    held = rows.tolist()
    if obj.ndim == 1:
        made = type(obj).__new__(type(obj))
        made._fill(filled_rows(obj._values, held, fill), labels, obj.name)
    else:
        made = type(obj).__new__(type(obj))
        columns = [filled_rows(obj._column(place), held, fill) for place in range(obj.shape[1])]
        made._fill(columns, obj.columns, labels)
    return made.__finalize__(obj)


def with_columns(obj: Any, places: np.ndarray | None, labels: Any, fill: Any = None) -> Any:
    """The columns at positions under other labels."""
    made = type(obj).__new__(type(obj))
    if places is None:
        held = [obj._column(place) for place in range(obj.shape[1])]
    else:
        held = [obj._column(place) if place >= 0 else _absent(obj, fill) for place in places.tolist()]
    made._fill(held, labels, obj.index)
    return made.__finalize__(obj)


def _absent(obj: Any, fill: Any) -> _engine.Column:
    from lumen.pandas._series import _filled

    names = set(obj._dtypes)
    if (fill is None or fill != fill) and names == {"object"} and obj.shape[1]:
        return _engine.Column.from_items([np.nan], infer=False).take([0] * len(obj))
    return _filled(np.nan if fill is None else fill, len(obj), None)


class _Axes:
    """What series and frames have in common."""

    def _axis(self, number: int) -> Any:
        return self.index if number == 0 else self.columns

    def _along(self, number: int, rows: Any, labels: Any, fill: Any = None) -> Any:
        return (with_rows if number == 0 else with_columns)(self, rows, labels, fill)

    def _reindexed_axis(
        self, number: int, target: Any, method: Any, level: Any, limit: Any, tolerance: Any, fill: Any
    ) -> Any:
        own = self._axis(number)
        labels, rows = own.reindex(target, method=method, level=level, limit=limit, tolerance=tolerance)
        return self._along(number, rows, labels, fill)

    def reindex_like(
        self, other: Any, method: Any = None, copy: Any = _UNSET, limit: Any = None, tolerance: Any = None
    ) -> Any:
        """Under the labels of another object."""
        check_copy(copy)
        if method is not None:
            warnings.warn(
                "the 'method' keyword is deprecated and will be removed in a future version. Please take steps to stop "
                "the use of 'method'",
                Pandas4Warning,
                stacklevel=2,
            )
        axes = {"index": other.index}
        if self.ndim == 2 and other.ndim == 2:
            axes["columns"] = other.columns
        return self.reindex(**axes, method=method, limit=limit, tolerance=tolerance)

    def align(
        self,
        other: Any,
        join: str = "outer",
        axis: Any = None,
        level: Any = None,
        copy: Any = _UNSET,
        fill_value: Any = None,
    ) -> Any:
        """Both objects under common labels."""
        check_copy(copy)
        if not isinstance(other, (_engine.Series, _engine.DataFrame)):
            raise TypeError(f"unsupported type: {type(other)}")
        if axis is not None:
            axis = self._get_axis_number(axis)
        if self.ndim == 2 and other.ndim == 1:
            if axis is None:
                raise ValueError("Must specify axis=0 or 1")
            labels, left, right = _joined(self._axis(axis), other.index, join, level)
            return self._along(axis, left, labels, fill_value), with_rows(other, right, labels, fill_value)
        if self.ndim == 1 and other.ndim == 2:
            if axis is None:
                raise ValueError("Must specify axis=0 or 1")
            second, first = other.align(
                self, join=_MIRRORED.get(join, join), axis=axis, fill_value=fill_value
            )
            return first, second
        left_made, right_made = self, other
        for number in range(self.ndim):
            if axis is not None and axis != number:
                continue
            labels, left, right = _joined(self._axis(number), other._axis(number), join, level)
            left_made = left_made._along(number, left, labels, fill_value)
            right_made = right_made._along(number, right, labels, fill_value)
        if left_made is self:
            left_made, right_made = self.copy(), other.copy()
        return left_made, right_made

    def drop(
        self,
        labels: Any = None,
        *,
        axis: Any = 0,
        index: Any = None,
        columns: Any = None,
        level: Any = None,
        inplace: Any = _UNSET,
        errors: str = "raise",
    ) -> Any:
        """Without the rows or columns labelled so."""
        inplace = check_inplace(self, "drop", inplace)
        if labels is not None:
            if index is not None or columns is not None:
                raise ValueError("Cannot specify both 'labels' and 'index'/'columns'")
            gone = {self._get_axis_number(axis): labels}
        elif index is not None or columns is not None:
            gone = {0: index}
            if self.ndim == 2:
                gone[1] = columns
        else:
            raise ValueError("Need to specify at least one of 'labels', 'index' or 'columns'")
        made = self
        for number, given in gone.items():
            if given is not None:
                made = made._dropped(number, given, level, errors)
        return _given(self, made.copy() if made is self else made, inplace)

    def _dropped(self, number: int, labels: Any, level: Any, errors: str) -> Any:
        own = self._axis(number)
        if level is not None:
            if own.nlevels == 1:
                raise AssertionError("axis must be a MultiIndex")
            kept = np.flatnonzero(~own.get_level_values(level).isin(_as_list(labels)))
            absent = [label for label in _as_list(labels) if label not in own.get_level_values(level)]
            if absent and errors == "raise" and len(kept) == len(own):
                raise KeyError(f"labels {absent} not found in level")
        else:
            if own.nlevels > 1:
                gone: list[int] = []
                for label in [labels] if isinstance(labels, tuple) else _as_list(labels):
                    try:
                        found = own.get_loc(label)
                    except KeyError:
                        if errors == "ignore":
                            continue
                        raise
                    rows = (
                        np.arange(len(own))[found]
                        if not isinstance(found, (int, np.integer))
                        else np.array([found])
                    )
                    gone.extend(rows.tolist())
                mask = np.ones(len(own), dtype=bool)
                mask[gone] = False
            else:
                given = [labels] if isinstance(labels, tuple) else _as_list(labels)
                rows, missing = own.get_indexer_non_unique(own._as_target(_labels_of(given, own)))
                if len(missing) and errors != "ignore":
                    absent = [list(given)[int(place)] for place in missing]
                    raise KeyError(f"{absent} not found in axis")
                mask = np.ones(len(own), dtype=bool)
                mask[rows[rows >= 0]] = False
            kept = np.flatnonzero(mask)
        return self._along(number, kept, own[kept])

    def _rename(self, maps: dict[int, Any], level: Any, errors: str) -> Any:
        made = self.copy()
        for number, mapper in maps.items():
            if mapper is None:
                continue
            own = made._axis(number)
            number_of_level = None if level is None else own._get_level_number(level)
            if isinstance(mapper, (abc.Mapping, _engine.Series)) and errors == "raise":
                values = own if number_of_level is None else own.get_level_values(number_of_level)
                absent = [key for key in mapper.keys() if key not in values]
                if absent:
                    raise KeyError(f"{absent} not found in axis")
            setattr(made, "index" if number == 0 else "columns", _renamed(own, mapper, number_of_level))
        return made

    def rename_axis(
        self,
        mapper: Any = _UNSET,
        *,
        index: Any = _UNSET,
        columns: Any = _UNSET,
        axis: Any = 0,
        copy: Any = _UNSET,
        inplace: Any = _UNSET,
    ) -> Any:
        """Other names of the axes."""
        check_copy(copy)
        inplace = check_inplace(self, "rename_axis", inplace)
        made = self.copy()
        if mapper is not _UNSET:
            if callable(mapper) or isinstance(mapper, abc.Mapping):
                raise ValueError("Use `.rename` to alter labels with a mapper.")
            made._name_axis(self._get_axis_number(axis), mapper)
        else:
            if self.ndim == 1 and columns is not _UNSET:
                raise TypeError("rename_axis() got an unexpected keyword argument 'columns'")
            for number, given in ((0, index), (1, columns)):
                if given is _UNSET:
                    continue
                names = made._axis(number).names
                if callable(given):
                    given = [given(name) for name in names]
                elif isinstance(given, abc.Mapping):
                    given = [given.get(name, name) for name in names]
                elif len(names) > 1 and given is not None and not _convert.is_list_like(given):
                    raise TypeError("Must pass list-like as `names`.")
                made._name_axis(number, given)
        return _given(self, made, inplace)

    def _name_axis(self, number: int, names: Any) -> None:
        own = self._axis(number)._view()
        if own.nlevels > 1 and names is None:
            names = [None] * own.nlevels
        if _convert.is_list_like(names) and not isinstance(names, tuple) or own.nlevels > 1:
            own = own.set_names(names)
        else:
            own = own.set_names([names])
        setattr(self, "index" if number == 0 else "columns", own)

    def set_axis(self, labels: Any, *, axis: Any = 0, copy: Any = _UNSET) -> Any:
        """Under other labels."""
        check_copy(copy)
        made = self.copy()
        setattr(made, "index" if self._get_axis_number(axis) == 0 else "columns", labels)
        return made

    def sort_index(
        self,
        *,
        axis: Any = 0,
        level: Any = None,
        ascending: Any = True,
        inplace: Any = _UNSET,
        kind: str = "quicksort",
        na_position: str = "last",
        sort_remaining: bool = True,
        ignore_index: bool = False,
        key: Any = None,
    ) -> Any:
        """Sorted by the labels."""
        inplace = check_inplace(self, "sort_index", inplace)
        number = self._get_axis_number(axis)
        own = self._axis(number)
        if na_position not in ("first", "last"):
            raise ValueError(f"invalid na_position: {na_position}")
        ascending = _rising(ascending)
        rows = _index_order(own, level, ascending, na_position, sort_remaining, key)
        if rows is None:
            made = self.copy()
            if ignore_index:
                from lumen.pandas._index import default_index

                setattr(made, "index" if number == 0 else "columns", default_index(len(own)))
            return _given(self, made, inplace)
        labels = own.take(rows)
        if ignore_index:
            from lumen.pandas._index import default_index

            labels = default_index(len(own))
        return _given(self, self._along(number, rows, labels), inplace)

    def xs(self, key: Any, axis: Any = 0, level: Any = None, drop_level: bool = True) -> Any:
        """The rows or columns under a label."""
        from lumen.pandas._indexing import select
        from lumen.pandas._locating import Found

        number = self._get_axis_number(axis)
        own = self._axis(number)
        if isinstance(key, list):
            raise TypeError("list keys are not supported in xs, pass a tuple instead")
        if level is not None:
            if own.nlevels == 1:
                raise TypeError("Index must be a MultiIndex")
            rows, labels = own.get_loc_level(key, level=level, drop_level=drop_level)
            rows = np.arange(len(own))[rows] if not isinstance(rows, (int, np.integer)) else np.array([rows])
            if labels is None:
                labels = own[rows]
            return self._along(number, rows, labels)
        if number == 1:
            if drop_level:
                return self[key]
            own = self.columns
        if own.nlevels > 1:
            found, labels = own.get_loc_level(key, drop_level=drop_level)
            if isinstance(found, (int, np.integer)):
                if drop_level:
                    return select(self, Found(int(found)))
                found = slice(int(found), int(found) + 1)
                labels = own[found]
            rows = np.arange(len(own))[found]
            return self._along(number, rows, labels)
        if number == 1:
            located = by_label(own, key, "columns")
            return select(self, Found(slice(None)), Found(np.atleast_1d(np.arange(len(own))[located.rows])))
        return select(self, by_label(own, key, "index"))

    def truncate(self, before: Any = None, after: Any = None, axis: Any = None, copy: Any = _UNSET) -> Any:
        """The rows or columns between two labels."""
        check_copy(copy)
        number = 0 if axis is None else self._get_axis_number(axis)
        own = self._axis(number)
        if not own.is_monotonic_increasing and not own.is_monotonic_decreasing:
            raise ValueError("truncate requires a sorted index")
        if own._dtype.startswith("datetime64"):
            from lumen.pandas._timestamp import Timestamp

            before = None if before is None else Timestamp(before)
            after = None if after is None else Timestamp(after)
        if before is not None and after is not None and before > after:
            raise ValueError(f"Truncate: {after} must be after {before}")
        if len(own) > 1 and own.is_monotonic_decreasing and own.nunique() > 1:
            before, after = after, before
        rows = np.arange(len(own))[own.slice_indexer(before, after)] if own.nlevels == 1 else None
        if rows is None:
            low, high = own.slice_locs(before, after)
            rows = np.arange(low, high)
        return self._along(
            number,
            rows,
            own[rows] if len(rows) == 0 or own._range is None else own[int(rows[0]) : int(rows[-1]) + 1],
        )

    def droplevel(self, level: Any, axis: Any = 0) -> Any:
        """Without some levels of the labels."""
        number = self._get_axis_number(axis)
        return self.set_axis(self._axis(number).droplevel(level), axis=number)

    def filter(
        self,
        arg: Any = None,
        /,
        like: str | None = None,
        regex: str | None = None,
        axis: Any = None,
        *,
        items: Any = None,
        cond: Any = None,
        na: Any = False,
    ) -> Any:
        """The columns (or rows) whose labels are listed, hold a text or match a pattern."""
        given = sum(item is not None for item in (arg, items, cond, like, regex))
        if given > 1:
            raise TypeError(
                "The positional argument and the keyword arguments `items`, `cond`, `like`, and `regex` are mutually "
                "exclusive"
            )
        if given == 0:
            raise TypeError("Must pass a positional argument or one of `items`, `cond`, `like`, or `regex`")
        if na is not True and na is not False and na != "raise":
            raise ValueError(f"na must be 'raise', True, or False, got {na!r}")
        if callable(arg):
            cond, arg = arg, None
        if cond is not None:
            return _selecting.filtered(self, cond, axis, na)
        if arg is not None and _selecting.is_mask(arg):
            _selecting.warn_of_booleans(self)
        items = arg if items is None else items
        number = self.ndim - 1 if axis is None else self._get_axis_number(axis)
        own = self._axis(number)
        if items is not None:
            if callable(items) or isinstance(items, (_engine.DataFrame,)):
                raise NotImplementedError(f"lumen.pandas: {type(self).__name__}.filter(arg=)")
            items = _labels_of(list(items), own)
            kept = [label for label in items if label in own]
            rows = own.get_indexer_for(_labels_of(kept, own)) if kept else np.array([], dtype=np.intp)
            return self._along(number, rows, own[rows])
        if like is not None:
            rows = [place for place, label in enumerate(own) if like in str(label)]
        else:
            pattern = re.compile(regex)
            rows = [place for place, label in enumerate(own) if pattern.search(str(label)) is not None]
        places = np.array(rows, dtype=np.intp)
        return self._along(number, places, own[places])

    def at_time(self, time: Any, asof: bool = False, axis: Any = None) -> Any:
        """The rows at a time of day."""
        number = 0 if axis is None else self._get_axis_number(axis)
        own = self._axis(number)
        if not hasattr(own, "indexer_at_time"):
            raise TypeError("Index must be DatetimeIndex")
        rows = own.indexer_at_time(time, asof=asof)
        return self._along(number, rows, own[rows])

    def between_time(self, start_time: Any, end_time: Any, inclusive: str = "both", axis: Any = None) -> Any:
        """The rows between two times of day."""
        number = 0 if axis is None else self._get_axis_number(axis)
        own = self._axis(number)
        if not hasattr(own, "indexer_between_time"):
            raise TypeError("Index must be DatetimeIndex")
        if inclusive not in ("both", "neither", "left", "right"):
            raise ValueError("Inclusive has to be either 'both', 'neither', 'left' or 'right'")
        rows = own.indexer_between_time(
            start_time,
            end_time,
            include_start=inclusive in ("both", "left"),
            include_end=inclusive in ("both", "right"),
        )
        return self._along(number, rows, own[rows])


_MIRRORED = {"left": "right", "right": "left"}


def _joined(left: Any, right: Any, join: str, level: Any) -> tuple[Any, Any, Any]:
    if level is None and left.equals(right):
        return left, None, None
    return left.join(right, how=join, level=level, return_indexers=True)


def _as_list(labels: Any) -> list[Any]:
    if isinstance(labels, (str, bytes, tuple)) or not _convert.is_list_like(labels):
        return [labels]
    return list(labels)


def _labels_of(labels: list[Any], own: Any) -> Any:
    from lumen.pandas._index import Index

    if own.nlevels > 1:
        return own._as_target(labels)
    return Index(labels, tupleize_cols=False, dtype=object if own._dtype == "object" and labels else None)


def _rising(ascending: Any) -> Any:
    if isinstance(ascending, (list, tuple)):
        for item in ascending:
            _rising(item)
        return list(ascending)
    if not isinstance(ascending, (bool, int, np.bool_)):
        raise ValueError(
            f'For argument "ascending" expected type bool, received type {type(ascending).__name__}.'
        )
    return bool(ascending)


def _index_order(own: Any, level: Any, ascending: Any, na_position: str, remaining: bool, key: Any) -> Any:
    """Positions that sort by the labels; None where they are sorted."""
    by = own
    if key is not None:
        from lumen.pandas._index import ensure_index

        if own.nlevels > 1:
            names = list(own.names)
            wanted = (
                range(own.nlevels)
                if level is None
                else [own._get_level_number(item) for item in _as_list(level)]
            )
            levels = [
                ensure_index(key(own.get_level_values(n))) if n in wanted else own.get_level_values(n)
                for n in range(own.nlevels)
            ]
            by = type(own).from_arrays(levels, names=names)
        else:
            by = ensure_index(key(own))
    if level is not None and own.nlevels > 1:
        _, rows = by.sortlevel(level, ascending=ascending, sort_remaining=remaining, na_position=na_position)
        return rows
    if level is not None:
        own._validate_level(level[0] if isinstance(level, list) and len(level) == 1 else level)
    single = ascending[0] if isinstance(ascending, list) and len(ascending) == 1 else ascending
    if by.nlevels > 1:
        if isinstance(ascending, list) and len(ascending) != by.nlevels:
            raise ValueError("level must have same length as ascending")
        _, rows = by.sortlevel(list(range(by.nlevels)), ascending=ascending, na_position=na_position)
        return rows
    if isinstance(single, list):
        raise TypeError("ascending must be a bool")
    if (single and by.is_monotonic_increasing) or (not single and by.is_monotonic_decreasing):
        return None
    return np.array(by._argsort(bool(single), na_position == "first"), dtype=np.intp)


def _renamed(own: Any, mapper: Any, level: Any) -> Any:
    """Labels exchanged by a function, a dictionary or a series."""
    from lumen.pandas._index import Index

    if isinstance(mapper, _engine.Series):
        mapper = dict(zip(mapper.index, mapper.tolist()))
    if isinstance(mapper, abc.Mapping):
        if hasattr(type(mapper), "__missing__"):

            def change(label: Any) -> Any:
                return mapper[label]
        else:

            def change(label: Any) -> Any:
                return mapper.get(label, label) if isinstance(label, Hashable) else label
    else:
        change = mapper
    if own.nlevels > 1:
        rows = []
        for row in own:
            if level is None:
                rows.append(tuple(change(part) for part in row))
            else:
                rows.append(tuple(change(part) if n == level else part for n, part in enumerate(row)))
        return type(own).from_tuples(rows, names=own.names) if rows else own
    return Index([change(label) for label in own], name=own.name, tupleize_cols=False)


class SeriesAxes(_Axes):
    """The labels of a series changed."""

    def reindex(
        self,
        index: Any = None,
        *,
        axis: Any = None,
        method: Any = None,
        copy: Any = _UNSET,
        level: Any = None,
        fill_value: Any = None,
        limit: Any = None,
        tolerance: Any = None,
    ) -> Any:
        """Under other labels; a value that is not there is missing, or `fill_value`."""
        check_copy(copy)
        if axis is not None:
            self._get_axis_number(axis)
        if index is None:
            return self.copy()
        return self._reindexed_axis(0, index, method, level, limit, tolerance, fill_value)

    def rename(
        self,
        index: Any = None,
        *,
        axis: Any = None,
        copy: Any = _UNSET,
        inplace: Any = _UNSET,
        level: Any = None,
        errors: str = "ignore",
    ) -> Any:
        """Another name, or labels exchanged."""
        check_copy(copy)
        inplace = check_inplace(self, "rename", inplace)
        if axis is not None:
            self._get_axis_number(axis)
        if callable(index) or isinstance(index, (abc.Mapping, _engine.Series)):
            return _given(self, self._rename({0: index}, level, errors), inplace)
        target = self if inplace else self.copy()
        target.name = index
        return None if inplace else target

    def reset_index(
        self,
        level: Any = None,
        *,
        drop: bool = False,
        name: Any = _UNSET,
        inplace: Any = _UNSET,
        allow_duplicates: bool = False,
    ) -> Any:
        """The labels as columns, or thrown away."""
        from lumen.pandas._index import default_index, frame_of

        inplace = check_inplace(self, "reset_index", inplace)
        if drop:
            index = default_index(len(self))
            if level is not None:
                numbers = [
                    self.index._get_level_number(item)
                    for item in (level if isinstance(level, (list, tuple)) else [level])
                ]
                if len(set(numbers)) < self.index.nlevels:
                    index = self.index.droplevel(numbers)
            target = self if inplace else self.copy()
            target.index = index
            return None if inplace else target
        if inplace:
            raise TypeError("Cannot reset_index inplace on a Series to create a DataFrame")
        label = (0 if self.name is None else self.name) if name is _UNSET else name
        from lumen.pandas._index import Index

        columns = Index([label], tupleize_cols=False)
        frame = frame_of([self._values], columns, self.index)
        return frame.reset_index(level, drop=drop, allow_duplicates=allow_duplicates)

    def swaplevel(self, i: Any = -2, j: Any = -1, copy: Any = _UNSET) -> Any:
        """With two levels exchanged."""
        check_copy(copy)
        made = self.copy()
        made.index = self.index.swaplevel(i, j)
        return made

    def reorder_levels(self, order: Any) -> Any:
        """The levels in another order."""
        if self.index.nlevels == 1:
            raise Exception("Can only reorder levels on a hierarchical axis.")
        made = self.copy()
        made.index = self.index.reorder_levels(order)
        return made


class FrameAxes(_Axes):
    """The labels of a frame changed."""

    def reindex(
        self,
        labels: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = None,
        method: Any = None,
        copy: Any = _UNSET,
        level: Any = None,
        fill_value: Any = np.nan,
        limit: Any = None,
        tolerance: Any = None,
    ) -> Any:
        """Under other labels; a value that is not there is missing, or `fill_value`."""
        check_copy(copy)
        if index is not None and columns is not None and labels is not None:
            raise TypeError("Cannot specify all of 'labels', 'index', 'columns'.")
        if axis is not None and (index is not None or columns is not None):
            raise TypeError("Cannot specify both 'axis' and any of 'index' or 'columns'")
        if labels is not None:
            number = 0 if axis is None else self._get_axis_number(axis)
            if number == 1:
                columns = labels
            elif index is None:
                index = labels
            else:
                columns = labels
        made = self
        for number, target in ((1, columns), (0, index)):
            if target is not None:
                made = made._reindexed_axis(number, target, method, level, limit, tolerance, fill_value)
        return self.copy() if made is self else made

    def rename(
        self,
        mapper: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = None,
        copy: Any = _UNSET,
        inplace: Any = _UNSET,
        level: Any = None,
        errors: str = "ignore",
    ) -> Any:
        """Labels exchanged by functions or dictionaries."""
        check_copy(copy)
        inplace = check_inplace(self, "rename", inplace)
        if mapper is None and index is None and columns is None:
            raise TypeError("must pass an index to rename")
        if index is not None or columns is not None:
            if axis is not None:
                raise TypeError("Cannot specify both 'axis' and any of 'index' or 'columns'")
            if mapper is not None:
                raise TypeError("Cannot specify both 'mapper' and any of 'index' or 'columns'")
            maps = {0: index, 1: columns}
        else:
            maps = {0 if axis is None else self._get_axis_number(axis): mapper}
        return _given(self, self._rename(maps, level, errors), inplace)

    def set_index(
        self,
        keys: Any,
        *,
        drop: bool = True,
        append: bool = False,
        inplace: Any = _UNSET,
        verify_integrity: Any = _UNSET,
    ) -> Any:
        """Columns or arrays as row labels."""
        from lumen.pandas._index import Index, MultiIndex

        inplace = check_inplace(self, "set_index", inplace)
        if verify_integrity is not _UNSET:
            warnings.warn(
                "The 'verify_integrity' keyword in DataFrame.set_index is deprecated and will be removed in a future "
                "version. Directly check the result.index.is_unique instead.",
                Pandas4Warning,
                stacklevel=2,
            )
        keys = keys if isinstance(keys, list) else [keys]
        missing = []
        for key in keys:
            if isinstance(key, (Index, _engine.Series, np.ndarray, list, abc.Iterator)):
                if getattr(key, "ndim", 1) != 1:
                    raise ValueError(
                        'The parameter "keys" may only contain a combination of valid column keys and one-dimensional arrays'
                    )
                continue
            try:
                known = key in self.columns
            except TypeError as error:
                raise TypeError(
                    'The parameter "keys" may be a column key, one-dimensional array, or a list containing only valid '
                    f"column keys and one-dimensional arrays. Received column of type {type(key)}"
                ) from error
            if not known:
                missing.append(key)
        if missing:
            raise KeyError(f"None of {missing} are in the columns")
        arrays: list[Any] = []
        names: list[Any] = []
        gone: list[Any] = []
        if append:
            names = list(self.index.names)
            arrays = [self.index.get_level_values(n) for n in range(self.index.nlevels)]
        for key in keys:
            if isinstance(key, Index) and key.nlevels > 1:
                arrays.extend(key.get_level_values(n) for n in range(key.nlevels))
                names.extend(key.names)
            elif isinstance(key, (Index, _engine.Series)):
                arrays.append(key)
                names.append(key.name)
            elif isinstance(key, (list, np.ndarray, abc.Iterator)):
                arrays.append(list(key) if isinstance(key, abc.Iterator) else key)
                names.append(None)
            else:
                found = self[key]
                arrays.append(found)
                names.append(key)
                if drop:
                    gone.append(key)
            if len(arrays[-1]) != len(self):
                raise ValueError(
                    f"Length mismatch: Expected {len(self)} rows, received array of length {len(arrays[-1])}"
                )
        if len(arrays) == 1:
            index = Index(arrays[0], name=names[0], tupleize_cols=False)
            if index.name != names[0]:
                index = index.rename(names[0])
            index = as_range(index)
        else:
            index = MultiIndex.from_arrays(arrays, names=names)
        if verify_integrity is True and not index.is_unique:
            repeated = index[index.duplicated()].unique()
            raise ValueError(f"Index has duplicate keys: {repeated}")
        made = self.copy()
        made.index = index
        for key in dict.fromkeys(gone):
            del made[key]
        return _given(self, made, inplace)

    def reset_index(
        self,
        level: Any = None,
        *,
        drop: bool = False,
        inplace: Any = _UNSET,
        col_level: Any = 0,
        col_fill: Any = "",
        allow_duplicates: bool = False,
        names: Any = None,
    ) -> Any:
        """The labels as columns, or thrown away."""
        from lumen.pandas._index import default_index

        inplace = check_inplace(self, "reset_index", inplace)
        index = self.index
        numbers = None
        rest = default_index(len(self))
        if level is not None:
            numbers = [
                index._get_level_number(item)
                for item in (level if isinstance(level, (list, tuple)) else [level])
            ]
            if len(set(numbers)) < index.nlevels:
                rest = index.droplevel(numbers)
        made = self.copy()
        made.index = rest
        if drop:
            return _given(self, made, inplace)
        labels = self._reset_names(names)
        from lumen.pandas._assigning import insert_column

        for number in reversed(range(index.nlevels)):
            if numbers is not None and number not in numbers:
                continue
            label = labels[number]
            if self.columns.nlevels > 1:
                label = self._column_key(label, col_level, col_fill)
            if not allow_duplicates and label in made.columns:
                raise ValueError(f"cannot insert {label}, already exists")
            column = index._level(number) if index.nlevels > 1 else index._values
            insert_column(made, 0, label, column)
        if self.columns.nlevels == 1 and self.columns.name is not None and made.columns.name is None:
            made.columns.name = self.columns.name
        return _given(self, made, inplace)

    def _reset_names(self, names: Any) -> list[Any]:
        index = self.index
        if names is not None:
            if isinstance(names, (tuple, list)):
                return list(names)
            if isinstance(names, (str, int)):
                return [names] if index.nlevels == 1 else _refuse_names()
            raise ValueError("Index names must be str or 1-dimensional list")
        if index.nlevels > 1:
            return [f"level_{n}" if name is None else name for n, name in enumerate(index.names)]
        if index.name is not None:
            return [index.name]
        return ["index" if "index" not in self.columns else "level_0"]

    def _column_key(self, label: Any, col_level: Any, col_fill: Any) -> tuple[Any, ...]:
        levels = self.columns.nlevels
        place = self.columns._get_level_number(col_level)
        parts = list(label) if isinstance(label, tuple) else [label]
        if col_fill is None:
            if len(parts) not in (1, levels):
                raise ValueError(f"col_fill=None is incompatible with incomplete column name {label}")
            col_fill = parts[0]
        held = [col_fill] * place + parts
        return tuple(held + [col_fill] * (levels - len(held)))

    def swaplevel(self, i: Any = -2, j: Any = -1, axis: Any = 0) -> Any:
        """With two levels exchanged."""
        number = self._get_axis_number(axis)
        own = self._axis(number)
        if own.nlevels == 1:
            raise TypeError("Can only swap levels on a hierarchical axis.")
        return self.set_axis(own.swaplevel(i, j), axis=number)

    def reorder_levels(self, order: Any, axis: Any = 0) -> Any:
        """The levels in another order."""
        number = self._get_axis_number(axis)
        own = self._axis(number)
        if own.nlevels == 1:
            raise TypeError("Can only reorder levels on a hierarchical axis.")
        return self.set_axis(own.reorder_levels(order), axis=number)


def _refuse_names() -> list[Any]:
    raise ValueError("names must be a list for a MultiIndex")
