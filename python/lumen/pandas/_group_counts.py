"""`value_counts` of groups: how often each combination of values stands in each group."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._generic import built


def _places(grouped: Any, subset: Any) -> list[int]:
    """The counted columns."""
    places = grouped._selected_places
    if subset is None:
        return places
    labels = list(grouped.obj.columns)
    keys = [key.label for key in grouped._keys if key.in_axis]
    clash = set(subset) & set(keys)
    if clash:
        raise ValueError(f"Keys {clash} in subset cannot be in the groupby column keys.")
    absent = set(subset) - set(labels)
    if absent:
        raise ValueError(f"Keys {absent} in subset do not exist in the DataFrame.")
    return [place for place in places if labels[place] in set(subset)]


def counted(grouped: Any, subset: Any, normalize: bool, sort: bool, ascending: bool, dropna: bool) -> Any:
    """A series of counts under the group labels and the values, or a frame where the keys are columns."""
    name = "proportion" if normalize else "count"
    obj = grouped.obj
    if not grouped.as_index and name in obj.columns:
        raise ValueError(f"Column label '{name}' must be unique in order to use value_counts")
    places = _places(grouped, subset)
    codes = grouped._groups.codes.tolist()
    spread = [column.reindex(codes) for column in grouped._groups.keys()]
    columns = [obj._column(place) for place in places]
    keys = spread + columns
    names = [key.name for key in grouped._keys] + [obj.columns[place] for place in places]
    observed = grouped.observed or not any(column.dtype == "category" for column in keys)
    keep = [row for row, code in enumerate(codes) if code >= 0]
    keys = [column.take(keep) for column in keys] if len(keep) < len(codes) else keys
    groups = _engine.Groups(keys, names, len(keep), grouped.sort, dropna, observed)
    sizes = _convert.numpy_of(groups.reduce([groups.codes], "size")[0])
    levels = groups.keys()
    order = np.arange(len(sizes))
    depth = len(spread)
    first = _ranks(levels[:depth], len(sizes))
    if sort:
        by_count = np.argsort(sizes if ascending else -sizes, kind="stable")
        order = by_count
        if grouped.sort:
            order = by_count[np.argsort(first[by_count], kind="stable")]
    values: Any = sizes
    if normalize:
        totals = np.bincount(first, weights=sizes, minlength=int(first.max(initial=-1)) + 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = sizes / totals[first]
        values = np.where(np.isnan(values), 0.0, values)
        if sort:
            by_count = np.argsort(values if ascending else -values, kind="stable")
            order = by_count[np.argsort(first[by_count], kind="stable")] if grouped.sort else by_count
    taken = order.tolist()
    index = _engine.Index._of_columns([level.take(taken) for level in levels], names)
    made = obj._constructor_sliced
    series = built(made, _convert.column_of(np.ascontiguousarray(values[order])), index, name)
    if grouped.as_index:
        return series
    return series.reset_index()


def _ranks(levels: list[Any], length: int) -> np.ndarray:
    """A number for each group of the outer keys, in their order of appearance."""
    if not levels or not length:
        return np.zeros(length, dtype="int64")
    groups = _engine.Groups(levels, [None] * len(levels), length, False, False, True)
    return _convert.numpy_of(groups.codes)
