"""Missing values in series and frames: found, filled, dropped."""

from __future__ import annotations

import sys
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _chained, _convert
from lumen.pandas._deprecation import check_inplace
from lumen.pandas._generic import validate_bool
from lumen.pandas._inference import no_default

_UNSET: Any = no_default


def _limit(limit: Any) -> int | None:
    if limit is None:
        return None
    if not isinstance(limit, (int, np.integer)) or isinstance(limit, bool):
        raise ValueError("Limit must be an integer")
    if limit < 1:
        raise ValueError("Limit must be greater than 0")
    return int(limit)


def _refuse_area(limit_area: Any, name: str) -> None:
    if limit_area is not None:
        if limit_area not in ("inside", "outside"):
            raise ValueError(f"Invalid limit_area: expecting one of ['inside', 'outside'], got {limit_area}.")
        raise NotImplementedError(f"lumen.pandas: {name}(limit_area=)")


class SeriesMissing:
    """Missing values of a series."""

    def isna(self) -> Any:
        """Where values are missing."""
        return self._plain("isna")

    isnull = isna

    def notna(self) -> Any:
        """Where values are not missing."""
        return self._plain("notna")

    notnull = notna

    def fillna(self, value: Any, *, axis: Any = None, inplace: bool = False, limit: Any = None) -> Any:
        """Missing values exchanged for a value, or for those of a series or dictionary by label."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        inplace = validate_bool(inplace, "inplace")
        if axis is not None:
            self._get_axis_number(axis)
        if value is None:
            raise ValueError("Must specify a fill 'value'.")
        if isinstance(value, (list, tuple)):
            raise TypeError(
                f'"value" parameter must be a scalar or dict, but you passed a "{type(value).__name__}"'
            )
        if isinstance(value, _engine.DataFrame):
            raise TypeError(
                '"value" parameter must be a scalar, dict or Series, but you passed a "DataFrame"'
            )
        if isinstance(value, abc.Mapping):
            value = self._constructor(value, dtype=None if value else object)
        limit = _limit(limit)
        if limit is not None:
            rows = np.flatnonzero(_convert.mask_of(self._values))[:limit].tolist()
            if isinstance(value, _engine.Series):
                value = value.reindex(self.index).take(rows)._values
            made = self._with_column(self._values.set_widening(rows, value))
        elif not isinstance(value, _engine.Series) and self._masked:
            rows = np.flatnonzero(_convert.mask_of(self._values)).tolist()
            made = self._with_column(self._values.set(rows, value))
        else:
            made = self._fillna(value)
        return self._settle(made, inplace)

    def ffill(
        self, *, axis: Any = None, inplace: bool = False, limit: Any = None, limit_area: Any = None
    ) -> Any:
        """Missing values from the last value before them."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        _refuse_area(limit_area, "Series.ffill")
        if axis is not None:
            self._get_axis_number(axis)
        return self._settle(self._filled_from(False, _limit(limit)), validate_bool(inplace, "inplace"))

    def bfill(
        self, *, axis: Any = None, inplace: bool = False, limit: Any = None, limit_area: Any = None
    ) -> Any:
        """Missing values from the next value after them."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        _refuse_area(limit_area, "Series.bfill")
        if axis is not None:
            self._get_axis_number(axis)
        return self._settle(self._filled_from(True, _limit(limit)), validate_bool(inplace, "inplace"))

    def dropna(
        self, *, axis: Any = 0, inplace: Any = _UNSET, how: Any = None, ignore_index: bool = False
    ) -> Any:
        """The rows that are not missing."""
        inplace = check_inplace(self, "dropna", inplace)
        self._get_axis_number(axis)
        made = self._dropna(validate_bool(ignore_index, "ignore_index"))
        return self._adopt(made) if inplace else made

    def first_valid_index(self) -> Any:
        present = np.flatnonzero(~_convert.mask_of(self._values))
        return self.index[int(present[0])] if len(present) else None

    def last_valid_index(self) -> Any:
        present = np.flatnonzero(~_convert.mask_of(self._values))
        return self.index[int(present[-1])] if len(present) else None


class FrameMissing:
    """Missing values of a frame."""

    def isna(self) -> Any:
        """Where cells are missing."""
        return self._mapped("isna")

    isnull = isna

    def notna(self) -> Any:
        """Where cells are not missing."""
        return self._mapped("notna")

    notnull = notna

    def fillna(self, value: Any, *, axis: Any = None, inplace: bool = False, limit: Any = None) -> Any:
        """Missing cells exchanged for a value, or a column's by a dictionary or series, or a cell's by a frame."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        inplace = validate_bool(inplace, "inplace")
        axis = 0 if axis is None else self._get_axis_number(axis)
        if value is None:
            raise ValueError("Must specify a fill 'value'.")
        if isinstance(value, (list, tuple)):
            raise TypeError(
                f'"value" parameter must be a scalar or dict, but you passed a "{type(value).__name__}"'
            )
        if axis == 1:
            if isinstance(value, (abc.Mapping, _engine.Series)):
                raise NotImplementedError("Currently only can fill with dict/Series column by column")
            if limit is not None:
                raise NotImplementedError("lumen.pandas: DataFrame.fillna(axis=1, limit=)")
        if isinstance(value, _engine.DataFrame):
            return self._settle(self.where(self.notna(), value), inplace)
        if isinstance(value, (abc.Mapping, _engine.Series)):
            table = dict(value.items())
            columns = []
            for place, label in enumerate(self.columns):
                series = self._series(place)
                filled = series.fillna(table[label], limit=limit) if label in table else series
                columns.append(filled._values)
            return self._settle(self._with_columns(columns), inplace)
        return self._settle(self._mapped("fillna", value, limit=limit), inplace)

    def _filled_along(self, method: str, axis: Any, **kwargs: Any) -> Any:
        if axis is not None and self._get_axis_number(axis) == 1:
            return self.T._mapped(method, **kwargs).T
        return self._mapped(method, **kwargs)

    def ffill(
        self, *, axis: Any = None, inplace: bool = False, limit: Any = None, limit_area: Any = None
    ) -> Any:
        """Missing cells from the last value before them."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        made = self._filled_along("ffill", axis, limit=limit, limit_area=limit_area)
        return self._settle(made, validate_bool(inplace, "inplace"))

    def bfill(
        self, *, axis: Any = None, inplace: bool = False, limit: Any = None, limit_area: Any = None
    ) -> Any:
        """Missing cells from the next value after them."""
        if inplace is True and sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_method()
        made = self._filled_along("bfill", axis, limit=limit, limit_area=limit_area)
        return self._settle(made, validate_bool(inplace, "inplace"))

    def dropna(
        self,
        *,
        axis: Any = 0,
        how: Any = _UNSET,
        thresh: Any = _UNSET,
        subset: Any = None,
        inplace: Any = _UNSET,
        ignore_index: bool = False,
    ) -> Any:
        """Rows (or columns) without those that have missing cells."""
        if how is not _UNSET and thresh is not _UNSET:
            raise TypeError("You cannot set both the how and thresh arguments at the same time.")
        inplace = check_inplace(self, "dropna", inplace)
        if isinstance(axis, (tuple, list)):
            raise TypeError("supplying multiple axes to axis is no longer supported.")
        axis = self._get_axis_number(axis)
        how = "any" if how is _UNSET else how
        if how not in ("any", "all"):
            raise ValueError(f"invalid how option: {how}")
        across = self.columns if axis == 0 else self.index
        chosen: Any = list(range(len(across)))
        if subset is not None:
            labels = subset if _convert.is_list_like(subset) and not isinstance(subset, tuple) else [subset]
            absent = [label for label in labels if label not in across]
            if absent:
                raise KeyError(absent)
            chosen = [place for place, label in enumerate(across) if label in set(labels)]
        missing = [_convert.mask_of(self._column(place)) for place in range(self.shape[1])]
        table = np.array(missing, dtype=bool).reshape(self.shape[1], len(self))
        counted = ~(table[chosen, :] if axis == 0 else table[:, chosen])
        present = counted.sum(axis=axis)
        wanted = len(chosen)
        if thresh is not _UNSET:
            kept = present >= thresh
        elif how == "any":
            kept = present == wanted
        else:
            kept = present > 0
            if wanted == 0:
                kept = np.ones(len(kept), dtype=bool)
        places = np.flatnonzero(kept).tolist()
        made = self._take(places) if axis == 0 else self._take_columns(places)
        if ignore_index:
            from lumen.pandas._index import default_index

            if axis == 0:
                made.index = default_index(len(made))
            else:
                made.columns = default_index(made.shape[1])
        return self._adopt(made) if inplace else made

    def first_valid_index(self) -> Any:
        kept = self.notna().any(axis=1)
        places = np.flatnonzero(kept.to_numpy())
        return self.index[int(places[0])] if len(places) else None

    def last_valid_index(self) -> Any:
        kept = self.notna().any(axis=1)
        places = np.flatnonzero(kept.to_numpy())
        return self.index[int(places[-1])] if len(places) else None
