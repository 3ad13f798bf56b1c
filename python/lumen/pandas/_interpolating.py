"""`interpolate`: missing numbers from their neighbours."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _chained, _convert
from lumen.pandas._generic import validate_bool

_METHODS = (
    "linear", "time", "index", "values", "nearest", "zero", "slinear", "quadratic", "cubic", "barycentric", "krogh",
    "spline", "polynomial", "from_derivatives", "piecewise_polynomial", "pchip", "akima", "cubicspline",
)  # fmt: skip
_HELD = ("linear", "time", "index", "values", "nearest")


def _places(series: Any, method: str) -> np.ndarray:
    """Where the rows stand on the line between them."""
    from lumen.pandas._index import DatetimeIndex

    if method == "linear":
        if series.index.nlevels > 1:
            return np.arange(len(series), dtype="float64")
        return np.arange(len(series), dtype="float64")
    if series.index.nlevels > 1:
        raise ValueError("Only `method=linear` interpolation is supported on MultiIndexes.")
    if method == "time" and not isinstance(series.index, DatetimeIndex):
        raise ValueError(
            "time-weighted interpolation only works on Series or DataFrames with a DatetimeIndex"
        )
    labels = _convert.numpy_of(series.index._values)
    if labels.dtype.kind in "mM":
        return labels.view("int64").astype("float64")
    if labels.dtype.kind not in "iuf":
        raise ValueError(
            f"Index column must be numeric or datetime type when using {method} method other than linear. Try setting a"
            " numeric or datetime index column before interpolating."
        )
    if np.isnan(labels.astype("float64")).any():
        raise NotImplementedError(
            "interpolation with NaNs in the index has not been implemented. Try filling those NaNs before interpolating."
        )
    return labels.astype("float64")


def _allowed(missing: np.ndarray, limit: int | None, direction: str, area: str | None) -> np.ndarray:
    """Which missing rows may be filled."""
    length = len(missing)
    present = np.flatnonzero(~missing)
    if not len(present):
        return np.zeros(length, dtype=bool)
    rows = np.arange(length)
    since = rows - np.maximum.accumulate(np.where(missing, -1, rows))
    after = np.minimum.accumulate(np.where(missing, 2 * length, rows)[::-1])[::-1] - rows
    first, last = present[0], present[-1]
    forward = (rows > first) & ((since <= limit) if limit is not None else True)
    backward = (rows < last) & ((after <= limit) if limit is not None else True)
    allowed = {"forward": forward, "backward": backward, "both": forward | backward}[direction] & missing
    inside = (rows > first) & (rows < last)
    if area == "inside":
        allowed &= inside
    elif area == "outside":
        allowed &= ~inside
    return allowed


def interpolated(series: Any, method: str, limit: Any, direction: Any, area: Any) -> Any:
    """`Series.interpolate` without its keyword `inplace`.

    ValueError for words that are none, NotImplementedError for the methods that need splines.
    """
    if method not in _METHODS:
        raise ValueError(
            f"method must be one of {list(_METHODS)}. Got '{method}' instead."
            if method is not None
            else "'method' should be a string, not None"
        )
    if method not in _HELD:
        raise NotImplementedError(f"lumen.pandas: Series.interpolate(method={method!r})")
    direction = "forward" if direction is None else direction.lower()
    if direction not in ("forward", "backward", "both"):
        raise ValueError(
            f"Invalid limit_direction: expecting one of ['forward', 'backward', 'both'], got '{direction}'."
        )
    if area is not None and area not in ("inside", "outside"):
        raise ValueError(f"Invalid limit_area: expecting one of ['inside', 'outside'], got {area}.")
    if limit is not None:
        if not isinstance(limit, (int, np.integer)):
            raise ValueError("Limit must be an integer")
        if limit < 1:
            raise ValueError("Limit must be greater than 0")
    if series._dtype in ("object", "str", "string", "category", "bool", "boolean"):
        if series._dtype == "object":
            raise TypeError(f"{type(series).__name__} cannot interpolate with object dtype.")
        raise TypeError(
            f"Cannot interpolate with {series.dtype} dtype"
            if series._dtype == "category"
            else f"{series.dtype} cannot interpolate"
        )
    places = _places(series, method)
    missing = _convert.mask_of(series._values)
    if not missing.any():
        return series.copy()
    times = series._dtype.startswith(("datetime64", "timedelta64"))
    array = _convert.numpy_of(series._values)
    if times:
        values = array.view("int64").astype("float64")
    else:
        values = (
            array.astype("float64")
            if array.dtype != object
            else np.array(
                [np.nan if hidden else item for item, hidden in zip(array, missing)], dtype="float64"
            )
        )
    allowed = _allowed(missing, None if limit is None else int(limit), direction, area)
    order = np.argsort(places, kind="stable")
    known = order[~missing[order]]
    if method == "nearest":
        right = np.clip(np.searchsorted(places[known], places), 1, max(len(known) - 1, 1))
        left = right - 1
        right = np.minimum(right, len(known) - 1)
        near = np.where(places - places[known][left] <= places[known][right] - places, left, right)
        filled = values[known][near]
        outside = (places < places[known][0]) | (places > places[known][-1])
        allowed &= ~outside
    else:
        filled = np.interp(places, places[known], values[known]) if len(known) else values
    rows = np.flatnonzero(allowed)
    made = values.copy()
    made[rows] = filled[rows]
    if times:
        ticks = array.view("int64").copy()
        ticks[rows] = filled[rows].astype("int64")
        column = (
            _engine.Column.from_buffer(ticks, series._dtype)
            if "," not in series._dtype
            else (_engine.Column.from_ticks(ticks, series._dtype))
        )
        return series._with_column(column)
    if array.dtype == object or series._dtype[0].isupper():
        column = series._values.cast("Float64") if series._dtype.startswith("Int") else series._values
        return series._with_column(column.set_widening(rows.tolist(), _convert.column_of(made[rows])))
    return series._with_column(
        _convert.column_of(made.astype(array.dtype) if array.dtype.kind == "f" else made)
    )


class SeriesInterpolating:
    """`interpolate` of a series."""

    def interpolate(
        self,
        method: str = "linear",
        *,
        axis: Any = 0,
        limit: Any = None,
        inplace: bool = False,
        limit_direction: Any = None,
        limit_area: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Missing numbers from their neighbours."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        inplace = validate_bool(inplace, "inplace")
        self._get_axis_number(axis)
        if kwargs:
            raise NotImplementedError(f"lumen.pandas: Series.interpolate({next(iter(kwargs))}=)")
        return self._settle(interpolated(self, method, limit, limit_direction, limit_area), inplace)


class FrameInterpolating:
    """`interpolate` of a frame."""

    def interpolate(
        self,
        method: str = "linear",
        *,
        axis: Any = 0,
        limit: Any = None,
        inplace: bool = False,
        limit_direction: Any = None,
        limit_area: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Missing numbers of each column (or row) from their neighbours."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        inplace = validate_bool(inplace, "inplace")
        if any(kind == "object" for kind in self._dtypes):
            raise TypeError(f"{type(self).__name__} cannot interpolate with object dtype.")
        if self._get_axis_number(axis) == 1:
            turned = self.T.interpolate(
                method, limit=limit, limit_direction=limit_direction, limit_area=limit_area, **kwargs
            )
            return self._settle(turned.T, inplace)
        made = self._mapped(
            "interpolate",
            method,
            limit=limit,
            limit_direction=limit_direction,
            limit_area=limit_area,
            **kwargs,
        )
        return self._settle(made, inplace)
