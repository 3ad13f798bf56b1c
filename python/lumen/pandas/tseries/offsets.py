"""``pandas.offsets``: every date offset."""

from lumen.pandas._offsets import BaseOffset, Day, Hour, Micro, Milli, Minute, Nano, Second, Tick
from lumen.pandas._offsets_business import (
    FY5253,
    BDay,
    BMonthBegin,
    BMonthEnd,
    BusinessDay,
    BusinessHour,
    CBMonthBegin,
    CBMonthEnd,
    CDay,
    CustomBusinessDay,
    CustomBusinessHour,
    CustomBusinessMonthBegin,
    CustomBusinessMonthEnd,
    FY5253Quarter,
)
from lumen.pandas._offsets_calendar import (
    BHalfYearBegin,
    BHalfYearEnd,
    BQuarterBegin,
    BQuarterEnd,
    BusinessMonthBegin,
    BusinessMonthEnd,
    BYearBegin,
    BYearEnd,
    Easter,
    HalfYearBegin,
    HalfYearEnd,
    LastWeekOfMonth,
    MonthBegin,
    MonthEnd,
    QuarterBegin,
    QuarterEnd,
    SemiMonthBegin,
    SemiMonthEnd,
    Week,
    WeekOfMonth,
    YearBegin,
    YearEnd,
)
from lumen.pandas._offsets_relative import DateOffset

__all__ = [
    "FY5253", "BDay", "BHalfYearBegin", "BHalfYearEnd", "BMonthBegin", "BMonthEnd", "BQuarterBegin", "BQuarterEnd",
    "BYearBegin", "BYearEnd", "BaseOffset", "BusinessDay", "BusinessHour", "BusinessMonthBegin", "BusinessMonthEnd",
    "CBMonthBegin", "CBMonthEnd", "CDay", "CustomBusinessDay", "CustomBusinessHour", "CustomBusinessMonthBegin",
    "CustomBusinessMonthEnd", "DateOffset", "Day", "Easter", "FY5253Quarter", "HalfYearBegin", "HalfYearEnd", "Hour",
    "LastWeekOfMonth", "Micro", "Milli", "Minute", "MonthBegin", "MonthEnd", "Nano", "QuarterBegin", "QuarterEnd",
    "Second", "SemiMonthBegin", "SemiMonthEnd", "Tick", "Week", "WeekOfMonth", "YearBegin", "YearEnd",
]
