"""Methods by which series and frames are grouped, joined and windowed; what they do stands in modules of their own."""

from __future__ import annotations

from typing import Any

from lumen.pandas._generic import validate_bool


class Grouping:
    """What series and frames share."""

    def groupby(
        self,
        by: Any = None,
        level: Any = None,
        *,
        as_index: bool = True,
        sort: bool = True,
        group_keys: bool = True,
        observed: bool = True,
        dropna: bool = True,
    ) -> Any:
        """The rows in groups of equal keys."""
        from lumen.pandas._groupby_base import grouped

        as_index = validate_bool(as_index, "as_index") if self.ndim == 2 else as_index
        return grouped(self, by, level, as_index, bool(sort), bool(group_keys), bool(observed), bool(dropna))

    def rolling(
        self,
        window: Any,
        min_periods: int | None = None,
        center: bool = False,
        win_type: str | None = None,
        on: Any = None,
        closed: str | None = None,
        step: int | None = None,
        method: str = "single",
    ) -> Any:
        """Windows of so many rows, or of so much time."""
        from lumen.pandas._window import Rolling, Window

        kind = Rolling if win_type is None else Window
        return kind(
            self, window=window, min_periods=min_periods, center=center, win_type=win_type, on=on, closed=closed,
            step=step, method=method,
        )

    def expanding(self, min_periods: int = 1, method: str = "single") -> Any:
        """Windows of all rows so far."""
        from lumen.pandas._window import Expanding

        return Expanding(self, min_periods=min_periods, method=method)

    def ewm(
        self,
        com: float | None = None,
        span: float | None = None,
        halflife: Any = None,
        alpha: float | None = None,
        min_periods: int | None = 0,
        adjust: bool = True,
        ignore_na: bool = False,
        times: Any = None,
        method: str = "single",
    ) -> Any:
        """Weights that fall from row to row."""
        from lumen.pandas._ewm import ExponentialMovingWindow

        return ExponentialMovingWindow(
            self, com=com, span=span, halflife=halflife, alpha=alpha, min_periods=min_periods, adjust=adjust,
            ignore_na=ignore_na, times=times, method=method,
        )

    def resample(
        self,
        rule: Any,
        closed: str | None = None,
        label: str | None = None,
        convention: Any = None,
        on: Any = None,
        level: Any = None,
        origin: Any = "start_day",
        offset: Any = None,
        group_keys: bool = False,
    ) -> Any:
        """The rows in bins of a regular step of time."""
        from lumen.pandas._resample import resampler

        return resampler(self, rule, closed, label, convention, on, level, origin, offset, group_keys)


class SeriesGrouping(Grouping):
    """Methods of a series."""


class FrameGrouping(Grouping):
    """Methods of a frame."""

    def _take_columns(self, places: list[int]) -> Any:
        """The columns at positions."""
        made = self._constructor
        frame = made.__new__(made)
        frame._fill([self._column(place) for place in places], self._columns._take(list(places)), self._index)
        return frame.__finalize__(self)

    def merge(
        self,
        right: Any,
        how: str = "inner",
        on: Any = None,
        left_on: Any = None,
        right_on: Any = None,
        left_index: bool = False,
        right_index: bool = False,
        sort: bool = False,
        suffixes: Any = ("_x", "_y"),
        copy: Any = None,
        indicator: Any = False,
        validate: str | None = None,
    ) -> Any:
        """Rows of this frame and of another with equal keys."""
        from lumen.pandas._merge import merge

        return merge(
            self, right, how, on, left_on, right_on, left_index, right_index, sort, suffixes, copy, indicator, validate
        )

    def join(
        self,
        other: Any,
        on: Any = None,
        how: str = "left",
        lsuffix: str = "",
        rsuffix: str = "",
        sort: bool = False,
        validate: str | None = None,
    ) -> Any:
        """The columns of others beside this frame's, rows matched by label."""
        from lumen.pandas._merge import join

        return join(self, other, on, how, lsuffix, rsuffix, sort, validate)
