"""Moving covariances and correlations of pairs of columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._groupby import is_numeric
from lumen.pandas._generic import built
from lumen.pandas._index_sets import same_name


def _floats(column: Any) -> np.ndarray:
    values = np.array(_convert.numpy_of(column.cast("float64")))
    values[np.isinf(values)] = np.nan
    return values


def _numeric(frame: Any) -> Any:
    return frame._take_columns([place for place in range(frame.shape[1]) if is_numeric(frame._column(place))])


def paired(window: Any, how: str, other: Any, pairwise: Any, ddof: Any, numeric_only: bool) -> Any:
    """`rolling(…).cov(other)` and its kin: a series for two series, a frame for frames."""
    obj = window.obj
    if numeric_only:
        if obj.ndim == 1 and not is_numeric(obj._values):
            raise NotImplementedError(f"{type(window).__name__}.{how} does not implement numeric_only")
        obj = _numeric(obj) if obj.ndim == 2 else obj
        other = _numeric(other) if isinstance(other, _engine.DataFrame) else other
    if other is None:
        other = obj
        pairwise = True if pairwise is None else pairwise
    if not isinstance(other, (_engine.Series, _engine.DataFrame)):
        raise ValueError("other must be a DataFrame or Series")
    if obj.ndim == 1 and other.ndim == 1:
        return _two(window, how, obj, other, ddof)
    if obj.ndim == 2 and other.ndim == 2:
        if pairwise:
            return _all_pairs(window, how, obj, other, ddof)
        if pairwise is None or pairwise is False:
            return _same_labels(window, how, obj, other, ddof)
    frame, series, swapped = (obj, other, False) if obj.ndim == 2 else (other, obj, True)
    parts = []
    for place in range(frame.shape[1]):
        column = frame._series(place)
        pair = (series, column) if swapped else (column, series)
        parts.append(_two(window, how, *pair, ddof))
    return _beside(parts, frame._columns, frame)


def _beside(parts: list[Any], columns: Any, like: Any) -> Any:
    index = parts[0]._index if parts else like._index
    return built(like._constructor, [part._values for part in parts], columns, index)


def _two(window: Any, how: str, x: Any, y: Any, ddof: Any) -> Any:
    if not x._index._equals(y._index):
        x, y = x.align(y, join="outer")
    found = window._over(x, None)._pair(how, _floats(x._values), _floats(y._values), ddof)
    index = x._index
    if len(found) != len(index):
        index = index._take(list(range(0, len(index), window.step)))
    name = x.name if same_name(x.name, y.name) else None
    return built(x._constructor, _convert.column_of(np.ascontiguousarray(found)), index, name)


def _same_labels(window: Any, how: str, left: Any, right: Any, ddof: Any) -> Any:
    if left is right:
        # Labels that repeat need no looking up: each column is beside itself.
        columns = [left._series(place) for place in range(left.shape[1])]
        return _beside([_two(window, how, one, one, ddof) for one in columns], left._columns, left)
    if not left.columns.is_unique:
        raise ValueError("'arg1' columns are not unique")
    if not right.columns.is_unique:
        raise ValueError("'arg2' columns are not unique")
    left, right = left.align(right, join="outer")
    parts = []
    for place in range(left.shape[1]):
        parts.append(_two(window, how, left._series(place), right._series(place), ddof))
    return _beside(parts, left._columns, left)


def _all_pairs(window: Any, how: str, left: Any, right: Any, ddof: Any) -> Any:
    """Every column of one frame with every column of the other: a block of rows a row label."""
    index = left._index if left._index._equals(right._index) else left.index.union(right.index)
    if not left._index._equals(index):
        left, right = left.align(right, join="outer", axis=0)
        index = left._index
    width, height = right.shape[1], left.shape[1]
    cells = []
    for row in range(height):
        cells.append(
            [_two(window, how, left._series(row), right._series(column), ddof) for column in range(width)]
        )
    labels = cells[0][0]._index if height and width else index
    length = len(labels)
    data = []
    for column in range(height):
        table = np.empty((length, width))
        for other in range(width):
            table[:, other] = _convert.numpy_of(cells[column][other]._values)
        data.append(_convert.column_of(np.ascontiguousarray(table.ravel())))
    again = [row for row in range(length) for _ in range(width)]
    outer = [labels._level(level).take(again) for level in range(labels.nlevels)]
    inner = [
        right._columns._level(level).take(list(range(width)) * length)
        for level in range(right._columns.nlevels)
    ]
    rows = _engine.Index._of_columns(outer + inner, list(labels._names) + list(right._columns._names))
    return built(left._constructor, data, left._columns, rows)
