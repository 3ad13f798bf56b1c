"""`cut` and `qcut`: values put into bins.

Bins are told by labels or by their numbers; without either pandas gives intervals, which the engine does not hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert


def _checked(x: Any, duplicates: str) -> Any:
    if duplicates not in ("raise", "drop"):
        raise ValueError("invalid value for 'duplicates' parameter, valid options are: raise, drop")
    if (
        isinstance(x, _engine.DataFrame)
        or getattr(np.asarray(x, dtype=object) if isinstance(x, list) else x, "ndim", 1) != 1
    ):
        raise ValueError("Input array must be 1 dimensional")
    return _convert.column_of(x)


def _numbers(column: Any) -> np.ndarray:
    """Values to be compared: numbers as float64, times as ticks, missing ones as NaN."""
    array = _convert.numpy_of(column)
    if array.dtype.kind in "mM":
        ticks = array.view("int64").astype("float64")
        ticks[np.isnat(array)] = np.nan
        return ticks
    if array.dtype == object:
        return np.array(
            [np.nan if hidden else item for item, hidden in zip(array, column.isna())], dtype="float64"
        )
    return array.astype("float64")


def _even_edges(values: np.ndarray, count: int, right: bool) -> np.ndarray:
    """So many bins of one width over the values; the outer edge moved by a thousandth."""
    if count < 1:
        raise ValueError("`bins` should be a positive integer.")
    present = values[~np.isnan(values)]
    if values.size == 0:
        raise ValueError("Cannot cut empty array")
    low, high = (present.min(), present.max()) if len(present) else (np.nan, np.nan)
    if np.isinf(low) or np.isinf(high):
        raise ValueError("cannot specify integer `bins` when input data contains infinity")
    if low == high:
        low -= 0.001 * abs(low) if low != 0 else 0.001
        high += 0.001 * abs(high) if high != 0 else 0.001
        return np.linspace(low, high, count + 1)
    edges = np.linspace(low, high, count + 1)
    moved = (high - low) * 0.001
    if right:
        edges[0] -= moved
    else:
        edges[-1] += moved
    return edges


def _into_bins(
    values: np.ndarray,
    edges: np.ndarray,
    right: bool,
    labels: Any,
    include_lowest: bool,
    duplicates: str,
    ordered: bool,
    owner: str,
) -> tuple[Any, np.ndarray]:
    from lumen.pandas._index import Index

    if not ordered and labels is None:
        raise ValueError("'labels' must be provided if 'ordered = False'")
    unique = np.unique(edges)
    if len(unique) < len(edges) and len(edges) != 2:
        if duplicates == "raise":
            raise ValueError(
                f"Bin edges must be unique: {Index(edges)!r}.\nYou can drop duplicate edges by setting the 'duplicates'"
                " kwarg"
            )
        edges = unique
    with np.errstate(invalid="ignore"):
        codes = np.searchsorted(edges, values, side="left" if right else "right").astype("int64")
    if include_lowest:
        codes[values == edges[0]] = 1
    outside = np.isnan(values) | (codes == len(edges)) | (codes == 0)
    if labels is False:
        if outside.any():
            numbers = (codes - 1).astype("float64")
            numbers[outside] = np.nan
            return _convert.column_of(numbers), edges
        return _convert.column_of(codes - 1), edges
    if labels is None or labels is True:
        raise NotImplementedError(f"lumen.pandas: {owner}(labels=None): dtype interval")
    if not _convert.is_list_like(labels):
        raise ValueError("Bin labels must either be False, None or passed in as a list-like argument")
    held = getattr(labels, "dtype", None)
    names = list(labels)
    if ordered and len(set(names)) != len(names):
        raise ValueError("labels must be unique if ordered=True; pass ordered=False for duplicate labels")
    if len(names) != len(edges) - 1:
        raise ValueError("Bin labels must be one fewer than the number of bin edges")
    if str(held) == "category":
        categories, ordered = _convert.column_of(labels).categories, _convert.column_of(labels).ordered
    else:
        categories = _convert.column_of(names).unique()
    place = {name: number for number, name in enumerate(categories.tolist())}
    numbers = [place[name] for name in names]
    found = [-1 if out else numbers[code - 1] for code, out in zip(codes.tolist(), outside.tolist())]
    return _engine.Column.category(found, categories, ordered), edges


def _shown(x: Any, column: Any, labels: Any) -> Any:
    """The result in the form of what was cut."""
    if isinstance(x, _engine.Series):
        made = x._constructor.__new__(x._constructor)
        made._fill(column, x._index, x.name)
        return made
    from lumen.pandas._arrays import array_of

    return _convert.numpy_of(column) if labels is False else array_of(column)


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
    """Each value's bin, of so many even ones or between given edges.

    ValueError for edges that fall or repeat; NotImplementedError without labels, whose dtype would be intervals.
    """
    column = _checked(x, duplicates)
    values = _numbers(column)
    if isinstance(bins, (int, np.integer)) and not isinstance(bins, bool):
        edges = _even_edges(values, int(bins), right)
    else:
        given = _convert.column_of(bins)
        edges = (
            _numbers(given)
            if given.dtype != column.dtype or "64[" in given.dtype
            else _convert.numpy_of(given)
        )
        if (np.diff(edges.astype("float64")) < 0).any():
            raise ValueError("bins must increase monotonically.")
    result, edges = _into_bins(
        values, edges, right, labels, include_lowest, duplicates, ordered, "cut"
    )
    made = _shown(x, result, labels)
    return (made, edges) if retbins else made


def qcut(
    x: Any, q: Any, labels: Any = None, retbins: bool = False, precision: int = 3, duplicates: str = "raise"
) -> Any:
    """Each value's bin, between quantiles.

    ValueError for quantiles that repeat; NotImplementedError without labels, whose dtype would be intervals.
    """
    column = _checked(x, duplicates)
    values = _numbers(column)
    shares = (
        np.linspace(0, 1, int(q) + 1) if isinstance(q, (int, np.integer)) else np.asarray(q, dtype="float64")
    )
    from lumen.pandas._series import Series

    edges = np.array([Series(values)._quantile(float(share), "linear") for share in shares])
    result, edges = _into_bins(values, edges, True, labels, True, duplicates, True, "qcut")
    made = _shown(x, result, labels)
    return (made, edges) if retbins else made
