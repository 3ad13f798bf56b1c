"""`cut` and `qcut`: values put into bins, which are told by intervals, by labels or by their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._index import Index, ensure_index
from lumen.pandas._generic import built


def _values_of(x: Any) -> Any:
    """What is put into bins, as an index: booleans as integers, nullable numbers as floats."""
    if getattr(x, "ndim", None) is None:
        x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError("Input array must be 1 dimensional")
    column = _convert.column_of(x)
    if column.dtype in ("bool", "boolean"):
        column = column.cast("int64" if column.dtype == "bool" else "float64")
    elif column.dtype[:3] in ("Int", "UIn", "Flo"):
        column = column.cast("float64")
    return Index._from_column(column)


def _is_time(labels: Any) -> bool:
    return labels._values.unit is not None


def _even_bins(values: Any, count: int, right: bool) -> Any:
    """So many bins of one width over the values; the outer edge is moved by a thousandth of the range."""
    if count < 1:
        raise ValueError("`bins` should be a positive integer.")
    if values.size == 0:
        raise ValueError("Cannot cut empty array")
    low, high = values.min(), values.max()
    if _is_time(values):
        return _even_times(values, low, high, count, right)
    if np.isinf(low) or np.isinf(high):
        raise ValueError("cannot specify integer `bins` when input data contains infinity")
    if low == high:
        low -= 0.001 * abs(low) if low != 0 else 0.001
        high += 0.001 * abs(high) if high != 0 else 0.001
        return Index(np.linspace(low, high, count + 1))
    edges = np.linspace(low, high, count + 1)
    moved = (high - low) * 0.001
    if right:
        edges[0] -= moved
    else:
        edges[-1] += moved
    return Index(edges)


def _even_times(values: Any, low: Any, high: Any, count: int, right: bool) -> Any:
    from lumen.pandas._ranges import date_range, timedelta_range
    from lumen.pandas._timedelta import Timedelta

    unit = values.unit
    made = date_range if values._values.dtype.startswith("datetime64") else timedelta_range
    if low == high:
        second = Timedelta(1, unit="s").as_unit(unit)
        return made(start=low - second, end=high + second, periods=count + 1, unit=unit)
    edges = list(made(start=low, end=high, periods=count + 1, unit=unit))
    moved = (high - low) * 0.001
    if right:
        edges[0] -= moved
    else:
        edges[-1] += moved
    return Index(edges).as_unit(unit)


def _intervals(edges: Any, precision: int, right: bool, include_lowest: bool) -> Any:
    """The bins as intervals whose ends are rounded for the reader; with the lowest edge the first one begins below it."""
    from lumen.pandas._interval_index import IntervalIndex
    from lumen.pandas._timedelta import Timedelta

    lowered = right and include_lowest
    if _is_time(edges):
        breaks = list(edges)
        if lowered:
            breaks[0] -= Timedelta(1, unit=edges.unit)
        breaks = Index(breaks).as_unit(edges.unit)
    elif edges.dtype.kind in "iu" and not lowered:
        breaks = edges
    else:
        breaks = Index._from_column(edges._values.interval_breaks(precision, lowered))
    return IntervalIndex.from_breaks(breaks, closed="right" if right else "left")


def _searched(edges: Any, values: Any, right: bool) -> np.ndarray:
    """How many edges lie below each value."""
    mine, theirs = (getattr(labels.dtype, "kind", "O") for labels in (edges, values))
    zones = [getattr(labels.dtype, "tz", None) is None for labels in (edges, values)]
    if theirs == "m" and mine != "m":
        raise ValueError("bins must be of timedelta64 dtype")
    if theirs == "M" and mine != "M":
        raise ValueError("bins must be of datetime64 dtype")
    if mine == theirs == "M" and zones[0] != zones[1]:
        raise ValueError("Cannot use timezone-naive bins with timezone-aware values, or vice-versa")
    found = edges._values.searchsorted(values._values, not right)
    return np.array(found, dtype="int64")


def _label_column(labels: Any, edges: Any, ordered: bool) -> Any:
    """A category for each bin."""
    if not _convert.is_list_like(labels):
        raise ValueError("Bin labels must either be False, None or passed in as a list-like argument")
    names = list(labels)
    distinct = len(set(names)) == len(names)
    if ordered and not distinct:
        raise ValueError("labels must be unique if ordered=True; pass ordered=False for duplicate labels")
    if len(names) != len(edges) - 1:
        raise ValueError("Bin labels must be one fewer than the number of bin edges")
    column = _convert.column_of(labels)
    if column.dtype == "category":
        return column
    if column.dtype == "object":
        column = column.inferred()
    return column.categorize_as(column, ordered) if distinct else column.categorize(ordered)


def _into_bins(
    values: Any,
    edges: Any,
    right: bool,
    labels: Any,
    precision: int,
    include_lowest: bool,
    duplicates: str,
    ordered: bool,
) -> tuple[Any, Any]:
    from lumen.pandas._interval_index import IntervalIndex

    if not ordered and labels is None:
        raise ValueError("'labels' must be provided if 'ordered = False'")
    if duplicates not in ("raise", "drop"):
        raise ValueError("invalid value for 'duplicates' parameter, valid options are: raise, drop")
    if isinstance(edges, IntervalIndex):
        codes = edges.get_indexer(values).tolist()
        return _engine.Column.category(codes, edges._values, True), edges
    distinct = Index._from_column(edges._values.unique(), edges.name)
    if len(distinct) < len(edges) and len(edges) != 2:
        if duplicates == "raise":
            raise ValueError(
                f"Bin edges must be unique: {edges!r}.\nYou can drop duplicate edges by setting the 'duplicates' kwarg"
            )
        edges = distinct
    places = _searched(edges, values, right)
    if include_lowest:
        places[np.asarray(values == edges[0])] = 1
    outside = np.asarray(values.isna()) | (places == len(edges)) | (places == 0)
    if labels is False:
        numbers = places - 1
        if outside.any():
            numbers = numbers.astype("float64")
            numbers[outside] = np.nan
        return _convert.column_of(numbers), edges
    if labels is None:
        bins = _intervals(edges, precision, right, include_lowest)._values
        column = bins.categorize_as(bins, ordered)
    else:
        column = _label_column(labels, edges, ordered)
    return column.reindex(np.where(outside, -1, places - 1).tolist()), edges


def _shown(x: Any, column: Any, labels: Any) -> Any:
    """The result in the form of what was cut."""
    if isinstance(x, _engine.Series):
        made = built(x._constructor, column, x._index, x.name)
        return made
    from lumen.pandas._arrays import array_of

    return _convert.numpy_of(column) if labels is False else array_of(column)


def _answer(x: Any, column: Any, edges: Any, labels: Any, retbins: bool) -> Any:
    made = _shown(x, column, labels)
    if not retbins:
        return made
    numeric = getattr(edges.dtype, "kind", "O") in "iufb" and edges._values.interval_ends is None
    return made, edges.values if numeric else edges


def cut(
    x: Any,
    bins: Any,
    right: bool = True,
    labels: Any = None,
    retbins: bool = False,
    precision: int = 3,
    include_lowest: bool = False,
    duplicates: str = "raise",
    ordered: bool = True,
) -> Any:
    """Each value's bin, of so many even ones, between given edges or among given intervals.

    ValueError for edges that fall or repeat and for intervals that overlap.
    """
    from lumen.pandas._interval_index import IntervalIndex

    values = _values_of(x)
    if not np.iterable(bins):
        edges = _even_bins(values, bins, right)
    elif isinstance(bins, IntervalIndex):
        if bins.is_overlapping:
            raise ValueError("Overlapping IntervalIndex is not accepted.")
        edges = bins
    else:
        edges = ensure_index(bins)
        if not edges.is_monotonic_increasing:
            raise ValueError("bins must increase monotonically.")
    column, edges = _into_bins(values, edges, right, labels, precision, include_lowest, duplicates, ordered)
    return _answer(x, column, edges, labels, retbins)


def qcut(
    x: Any, q: Any, labels: Any = None, retbins: bool = False, precision: int = 3, duplicates: str = "raise"
) -> Any:
    """Each value's bin, between quantiles.

    ValueError for quantiles that repeat.
    """
    values = _values_of(x)
    if isinstance(q, (int, np.integer)) and not isinstance(q, bool):
        if q < 1:
            raise ValueError("`q` should be a positive integer.")
        shares = np.linspace(0, 1, q + 1)
        # A share that is no exact fraction of 2 is the float above it, so that a value at the edge lies below.
        inexact = q * shares != np.arange(q + 1)
        shares[inexact] = np.nextafter(shares[inexact], 1)
    elif _convert.is_list_like(q):
        shares = q
    else:
        raise ValueError("`q` should be a positive integer or list-like of quantiles.")
    edges = Index(values.to_series().dropna().quantile(shares))
    column, edges = _into_bins(values, edges, True, labels, precision, True, duplicates, True)
    return _answer(x, column, edges, labels, retbins)
