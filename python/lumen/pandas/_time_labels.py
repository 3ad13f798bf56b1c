"""`tz_localize` and `tz_convert` of the labels of an axis."""

from __future__ import annotations

from typing import Any

from lumen.pandas._deprecation import check_copy
from lumen.pandas._inference import no_default

_UNSET: Any = no_default


class TimeLabels:
    """Zones of labels that are times."""

    def _zoned(self, axis: Any, level: Any, change: Any) -> Any:
        number = self._get_axis_number(axis)
        labels = self.index if number == 0 else self.columns
        if labels.nlevels > 1:
            where = labels._get_level_number(0 if level is None else level)
            made = labels.set_levels(change(labels.levels[where]), level=where)
        else:
            if level not in (None, 0, labels.name):
                raise ValueError(f"The level {level} is not valid")
            made = change(labels)
        return self.set_axis(made, axis=number)

    def tz_localize(
        self,
        tz: Any,
        axis: Any = 0,
        level: Any = None,
        copy: Any = _UNSET,
        ambiguous: Any = "raise",
        nonexistent: Any = "raise",
    ) -> Any:
        """The labels' wall clocks in a zone."""
        check_copy(copy)

        def change(labels: Any) -> Any:
            if not hasattr(labels, "tz_localize"):
                if len(labels) == 0:
                    return labels
                name = "index" if self._get_axis_number(axis) == 0 else "columns"
                raise TypeError(f"{name} is not a valid DatetimeIndex or PeriodIndex")
            return labels.tz_localize(tz, ambiguous=ambiguous, nonexistent=nonexistent)

        return self._zoned(axis, level, change)

    def tz_convert(self, tz: Any, axis: Any = 0, level: Any = None, copy: Any = _UNSET) -> Any:
        """The labels' moments in another zone."""
        check_copy(copy)

        def change(labels: Any) -> Any:
            if not hasattr(labels, "tz_convert"):
                name = "index" if self._get_axis_number(axis) == 0 else "columns"
                raise TypeError(f"{name} is not a valid DatetimeIndex or PeriodIndex")
            return labels.tz_convert(tz)

        return self._zoned(axis, level, change)


class SeriesPeriodLabels:
    """`to_period` and `to_timestamp` of a series: what labels they refuse, and that periods are not built."""

    def to_period(self, freq: Any = None, copy: Any = _UNSET) -> Any:
        """Periods in place of times: not built."""
        check_copy(copy)
        _of_times(self.index)
        raise NotImplementedError("lumen.pandas: Series.to_period")

    def to_timestamp(self, freq: Any = None, how: str = "start", copy: Any = _UNSET) -> Any:
        """Times in place of periods, of which there are none."""
        check_copy(copy)
        raise TypeError(f"unsupported Type {type(self.index).__name__}")


class FramePeriodLabels:
    """`to_period` and `to_timestamp` of a frame: what labels they refuse, and that periods are not built."""

    def to_period(self, freq: Any = None, axis: Any = 0, copy: Any = _UNSET) -> Any:
        """Periods in place of times: not built."""
        check_copy(copy)
        _of_times(self._axis(self._get_axis_number(axis)))
        raise NotImplementedError("lumen.pandas: DataFrame.to_period")

    def to_timestamp(self, freq: Any = None, how: str = "start", axis: Any = 0, copy: Any = _UNSET) -> Any:
        """Times in place of periods, of which there are none."""
        check_copy(copy)
        raise TypeError(f"unsupported Type {type(self._axis(self._get_axis_number(axis))).__name__}")


def _of_times(labels: Any) -> None:
    """TypeError for labels that are no times."""
    from lumen.pandas._datetime_index import DatetimeIndex

    if not isinstance(labels, DatetimeIndex):
        raise TypeError(f"unsupported Type {type(labels).__name__}")
