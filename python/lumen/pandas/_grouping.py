"""Methods by which series and frames are grouped, joined and windowed; what they do stands in modules of their own."""

from __future__ import annotations

from typing import Any

from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._generic import validate_bool
from lumen.pandas._inference import no_default
from lumen.pandas._warn import warn
from lumen.pandas._generic import built

_UNSET: Any = no_default


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
        from lumen.pandas._groupby_object import grouped

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
            self,
            window=window,
            min_periods=min_periods,
            center=center,
            win_type=win_type,
            on=on,
            closed=closed,
            step=step,
            method=method,
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
            self,
            com=com,
            span=span,
            halflife=halflife,
            alpha=alpha,
            min_periods=min_periods,
            adjust=adjust,
            ignore_na=ignore_na,
            times=times,
            method=method,
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

    def asfreq(
        self,
        freq: Any,
        method: str | None = None,
        how: str | None = None,
        normalize: bool = False,
        fill_value: Any = None,
    ) -> Any:
        """The rows at a regular step of time, from the first label to the last."""
        from lumen.pandas._ranges import date_range

        if how is not None:
            raise NotImplementedError(f"lumen.pandas: {type(self).__name__}.asfreq(how=)")
        if len(self.index) == 0:
            return self.copy()
        labels = date_range(self.index.min(), self.index.max(), freq=freq, name=self.index.name)
        options = {} if fill_value is None else {"fill_value": fill_value}
        found = self.reindex(labels, method=method, **options)
        found._index = labels.normalize() if normalize else labels
        return found


class SeriesGrouping(Grouping):
    """Methods of a series."""

    def unstack(self, level: Any = -1, fill_value: Any = None, sort: bool = True) -> Any:
        """Levels of the labels as columns."""
        from lumen.pandas._reshape import unstack

        return unstack(self, level, fill_value, sort)

    def explode(self, ignore_index: bool = False) -> Any:
        """Each list over rows of its own."""
        from lumen.pandas._reshape import explode_series

        return explode_series(self, ignore_index)


class FrameGrouping(Grouping):
    """Methods of a frame."""

    def _take_columns(self, places: list[int]) -> Any:
        """The columns at positions."""
        made = self._constructor
        frame = built(
            made, [self._column(place) for place in places], self._columns._take(list(places)), self._index
        )
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
        copy: Any = no_default,
        indicator: Any = False,
        validate: str | None = None,
    ) -> Any:
        """Rows of this frame and of another with equal keys."""
        from lumen.pandas._deprecation import check_copy
        from lumen.pandas._merge import merge

        check_copy(copy)
        return merge(
            self,
            right,
            how,
            on,
            left_on,
            right_on,
            left_index,
            right_index,
            sort,
            suffixes,
            indicator=indicator,
            validate=validate,
        )

    def join(
        self,
        other: Any,
        on: Any = None,
        how: str = "left",
        lsuffix: Any = _UNSET,
        rsuffix: Any = _UNSET,
        sort: bool = False,
        validate: str | None = None,
        suffixes: Any = _UNSET,
    ) -> Any:
        """The columns of others beside this frame's, rows matched by label."""
        from lumen.pandas._merge import join

        if lsuffix is not _UNSET or rsuffix is not _UNSET:
            if suffixes is not _UNSET:
                raise ValueError("Cannot specify both 'suffixes' and 'lsuffix'/'rsuffix'.")
            warn(
                "The 'lsuffix' and 'rsuffix' keywords in DataFrame.join are deprecated and will be removed in a future "
                "version. Use the 'suffixes' keyword instead.",
                Pandas4Warning,
            )
            suffixes = ("" if lsuffix is _UNSET else lsuffix, "" if rsuffix is _UNSET else rsuffix)
        elif suffixes is _UNSET:
            suffixes = ("", "")
        return join(self, other, on, how, suffixes, sort, validate)

    def stack(
        self, level: Any = -1, dropna: Any = _UNSET, sort: Any = _UNSET, future_stack: bool = True
    ) -> Any:
        """Levels of the column labels as levels of the row labels."""
        from lumen.pandas import _reshape

        given = {name: value for name, value in (("dropna", dropna), ("sort", sort)) if value is not _UNSET}
        return _reshape.stack(self, level, future_stack=future_stack, **given)

    def unstack(self, level: Any = -1, fill_value: Any = None, sort: bool = True) -> Any:
        """Levels of the row labels as levels of the column labels."""
        from lumen.pandas._reshape import unstack

        return unstack(self, level, fill_value, sort)

    def explode(self, column: Any, ignore_index: bool = False) -> Any:
        """Each list in some columns over rows of its own."""
        from lumen.pandas._reshape import explode

        return explode(self, column, ignore_index)

    def melt(
        self,
        id_vars: Any = None,
        value_vars: Any = None,
        var_name: Any = None,
        value_name: Any = "value",
        col_level: Any = None,
        ignore_index: bool = True,
    ) -> Any:
        """Columns as rows of a label and a value."""
        from lumen.pandas._reshape import melt

        return melt(self, id_vars, value_vars, var_name, value_name, col_level, ignore_index)

    def pivot(self, *, columns: Any, index: Any = _UNSET, values: Any = _UNSET) -> Any:
        """The values spread over the labels of two columns."""
        from lumen.pandas import _reshape

        given = {name: value for name, value in (("index", index), ("values", values)) if value is not _UNSET}
        return _reshape.pivot(self, columns=columns, **given)

    def pivot_table(
        self,
        values: Any = None,
        index: Any = None,
        columns: Any = None,
        aggfunc: Any = "mean",
        fill_value: Any = None,
        margins: bool = False,
        dropna: bool = True,
        margins_name: Any = "All",
        observed: bool = True,
        sort: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Values aggregated over the groups of rows and columns."""
        from lumen.pandas._pivot import pivot_table

        return pivot_table(
            self,
            values,
            index,
            columns,
            aggfunc,
            fill_value,
            margins,
            dropna,
            margins_name,
            observed,
            sort,
            **kwargs,
        )
