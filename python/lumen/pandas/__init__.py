"""pandas' names over Lumen's engine: `import lumen.pandas as pd`.

Values, dtypes, labels, order, names, exceptions and warnings are pandas 3.1's. What is missing raises
`NotImplementedError` naming it; no call falls back to pandas, and no argument is ignored.
"""

from __future__ import annotations

import numpy as _np

from lumen import _engine
from lumen.pandas import _absent, _convert, _errors, _timezones, api, arrays, errors, testing, tseries
from lumen.pandas._categorical import Categorical
from lumen.pandas._col import col
from lumen.pandas._concat import concat
from lumen.pandas._cutting import cut, qcut
from lumen.pandas._dtypes import *  # noqa: F403
from lumen.pandas._extension_arrays import array
from lumen.pandas._flags import Flags
from lumen.pandas._frame import DataFrame
from lumen.pandas._group_keys import Grouper
from lumen.pandas._groupby_agg import NamedAgg
from lumen.pandas._index import CategoricalIndex, DatetimeIndex, Index, MultiIndex, RangeIndex, TimedeltaIndex
from lumen.pandas._interval import Interval, made as _interval
from lumen.pandas._interval_index import IntervalIndex, interval_range
from lumen.pandas._io_arrow import read_feather, read_parquet
from lumen.pandas._io_csv import read_csv, read_table
from lumen.pandas._io_json import read_json
from lumen.pandas._indexing import IndexSlice
from lumen.pandas._isna import isna, isnull, notna, notnull
from lumen.pandas._merge import merge, merge_asof, merge_ordered
from lumen.pandas._missing import NA, NaT
from lumen.pandas._options import (
    describe_option,
    get_option,
    option_context,
    options,
    reset_option,
    set_option,
)
from lumen.pandas._offsets_relative import DateOffset
from lumen.pandas._pivot import crosstab, pivot_table
from lumen.pandas._ranges import bdate_range, date_range, timedelta_range
from lumen.pandas._from_dummies import from_dummies
from lumen.pandas._reshape import get_dummies, melt, pivot, wide_to_long
from lumen.pandas._refused import Period, PeriodIndex, period_range
from lumen.pandas._series import Series
from lumen.pandas._timedelta import Timedelta
from lumen.pandas._timestamp import Timestamp
from lumen.pandas._to_datetime import to_datetime
from lumen.pandas._to_numeric import to_numeric
from lumen.pandas._to_timedelta import to_timedelta
from lumen.pandas._top import eval, factorize, unique  # noqa: A004
from lumen.pandas.tseries import offsets

__version__ = "3.1.1"


def _timestamp(ticks: int, unit: str, zone: object) -> object:
    from lumen.pandas._timestamp import Timestamp

    return Timestamp._from_ticks(ticks, unit, None if zone is None else _timezones.resolve(zone))


def _timedelta(ticks: int, unit: str) -> object:
    from lumen.pandas._timedelta import Timedelta

    return Timedelta._from_ticks(ticks, unit)


_engine.bind(
    {
        "Series": Series,
        "DataFrame": DataFrame,
        "Index": Index,
        "RangeIndex": RangeIndex,
        "CategoricalIndex": CategoricalIndex,
        "DatetimeIndex": DatetimeIndex,
        "TimedeltaIndex": TimedeltaIndex,
        "IntervalIndex": IntervalIndex,
        "MultiIndex": MultiIndex,
        "NA": NA,
        "NaT": NaT,
        "scalar_form": _convert.scalar_form,
        "timestamp": _timestamp,
        "timedelta": _timedelta,
        "interval": _interval,
        "ShownKey": _convert.ShownKey,
        "ZoneInfoNotFoundError": _timezones.zoneinfo.ZoneInfoNotFoundError,
        **{name: value for name, value in vars(_errors).items() if isinstance(value, type)},
        **{
            name: getattr(_np, name)
            for name in (
                "int8",
                "int16",
                "int32",
                "int64",
                "uint8",
                "uint16",
                "uint32",
                "uint64",
                "float32",
                "float64",
            )
        },
        "bool": _np.bool_,
        "nan": _np.nan,
    }
)

_absent.define(Series, _absent.SERIES, _absent.SERIES_ACCESSORS)
_absent.define(DataFrame, _absent.FRAME, _absent.FRAME_ACCESSORS)
globals().update({name: _absent.refusal(name) for name in _absent.TOP})

__all__ = [
    "Categorical",
    "CategoricalIndex",
    "DataFrame",
    "DateOffset",
    "DatetimeIndex",
    "Flags",
    "Grouper",
    "Index",
    "IndexSlice",
    "Interval",
    "IntervalIndex",
    "MultiIndex",
    "NA",
    "NaT",
    "NamedAgg",
    "Period",
    "PeriodIndex",
    "RangeIndex",
    "Series",
    "Timedelta",
    "TimedeltaIndex",
    "Timestamp",
    "api",
    "array",
    "arrays",
    "bdate_range",
    "col",
    "concat",
    "crosstab",
    "cut",
    "date_range",
    "describe_option",
    "errors",
    "eval",
    "factorize",
    "from_dummies",
    "get_dummies",
    "get_option",
    "interval_range",
    "isna",
    "isnull",
    "melt",
    "merge",
    "merge_asof",
    "merge_ordered",
    "notna",
    "notnull",
    "offsets",
    "option_context",
    "options",
    "period_range",
    "pivot",
    "pivot_table",
    "qcut",
    "read_csv",
    "read_feather",
    "read_json",
    "read_parquet",
    "read_table",
    "reset_option",
    "set_option",
    "testing",
    "timedelta_range",
    "to_datetime",
    "to_numeric",
    "to_timedelta",
    "tseries",
    "unique",
    "wide_to_long",
]
