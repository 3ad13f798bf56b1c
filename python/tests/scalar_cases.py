"""Expressions over scalars, offsets and dtypes: the cases of `test_scalars`. Generated where a product says it all.

What is left out, because pandas answers with an accident: numpy's NaT as an operand (an internal error), arrays of
objects beside a scalar (numpy decides which operator runs), business days of NaT, whole days of business hours taken
backwards, nanoseconds beside business hours.
"""

from __future__ import annotations

DURATIONS = [
    "TD(0)",
    "TD(3)",
    "TD(-7)",
    "TD(10,'s')",
    "TD(10,'s').as_unit('s')",
    "TD('1 days 02:03:04.567')",
    "TD(days=106752)",
    "TD.max",
    "TD.min",
    "TD('-1 day').as_unit('ms')",
]
STAMPS = [
    "TS('2020')",
    "TS('2020',tz='UTC')",
    "TS('2019-12-31 23:59:59.999999999')",
    "TS('2020-07-15 12:34:56.789',tz='Europe/Paris')",
    "TS('1500-03-04').as_unit('s')",
    "TS('2020-02-29 01:02:03').as_unit('ms')",
    "TS(10**12,unit='s')",
    "TS(1603589400,unit='s',tz='Europe/Paris')",
    "TS('2024-03-31',tz='US/Eastern')",
    "TS('2020-01-01 05:00+02:00')",
]
OPERANDS = [
    "0",
    "1",
    "-3",
    "2.5",
    "nan",
    "True",
    "'a'",
    "'1h'",
    "NaT",
    "NA",
    "TD(3)",
    "TD(7,'s').as_unit('s')",
    "TS('2020')",
    "TS('2020',tz='UTC')",
    "dt.timedelta(1)",
    "np.int64(3)",
    "np.float64(2.5)",
    "np.timedelta64(7,'s')",
    "off.Hour(2)",
    "off.MonthEnd()",
    "[1]",
    "decimal.Decimal(2)",
    "1+2j",
    "np.array([3,4],dtype='m8[s]')",
]
ARITHMETIC = [
    "{a}+{b}",
    "{a}-{b}",
    "{a}/{b}",
    "{b}/{a}",
    "{a}//{b}",
    "{b}//{a}",
    "{a}%{b}",
    "divmod({a},{b})",
]
COMPARISON = ["{a}=={b}", "{b}=={a}", "{a}!={b}", "{a}<{b}", "{b}<{a}", "{a}>={b}"]
DURATION_FIELDS = (
    "days seconds microseconds nanoseconds components resolution_string unit value _value asm8 total_seconds()"
    " to_pytimedelta() to_timedelta64() to_numpy() isoformat() __str__() __repr__() as_unit('s') as_unit('ms')"
    " as_unit('us') as_unit('ns') as_unit('s',round_ok=False) round('s') floor('h') ceil('7min') round('D') floor('ME')"
    " round('x') __hash__() min max resolution to_numpy('m8') view('i8') __neg__() __abs__() __bool__() foo"
).split()
STAMP_FIELDS = (
    "year month day hour minute second microsecond nanosecond unit value _value tz tzinfo fold quarter week weekofyear"
    " dayofweek day_of_week dayofyear day_of_year days_in_month daysinmonth is_leap_year is_month_start is_month_end"
    " is_quarter_start is_quarter_end is_year_start is_year_end asm8 min max resolution day_name() month_name()"
    " weekday() isoweekday() isocalendar() toordinal() date() time() timetz() ctime() utcoffset() dst() tzname()"
    " timestamp() to_julian_date() to_pydatetime() to_datetime64() to_numpy() isoformat() isoformat(sep='_')"
    " isoformat(timespec='hours') isoformat(timespec='nanoseconds') isoformat(timespec='x') __str__() __repr__()"
    " __hash__() strftime('%Y-%m-%d_%H:%M:%S.%f%z') normalize() round('D') round('h') floor('15min') ceil('s')"
    " floor('ME') round('x') ceil('7h') as_unit('s') as_unit('ms') as_unit('us') as_unit('ns') as_unit('D')"
    " as_unit('s',round_ok=False) tz_localize('UTC') tz_localize(None) tz_localize('US/Eastern') tz_convert('UTC')"
    " tz_convert(None) tz_convert('Asia/Tokyo') astimezone('US/Pacific') replace(year=2021) replace(month=2)"
    " replace(month=2,day=30) replace(hour=25) replace(nanosecond=7) replace(microsecond=1) replace(tzinfo=None)"
    " replace(tzinfo=utc) replace(tzinfo='UTC') replace(fold=1) replace(day=1.5) replace(2021,2,3,4) to_numpy('M8') foo"
).split()
NUMBERS = [
    "1",
    "1.5",
    "1.0",
    "-3",
    "nan",
    "None",
    "NaT",
    "NA",
    "True",
    "np.int64(3)",
    "np.float64(1.5)",
    "np.float32(1.5)",
    "1/3",
    "0.1",
    "10**10",
    "2**63-1",
    "decimal.Decimal(1)",
    "[1]",
    "b'1'",
]
UNITS = ["", "'ns'", "'us'", "'ms'", "'s'", "'m'", "'h'", "'D'", "'W'", "'foo'"]
DURATION_TEXTS = (
    "1 day|1.5s|1ns|1us|1 day 2h|P1D|P1DT2H3M4.5S|PT0.000000001S|-P1D|-1 days +02:03:04|1 days 02:03:04.123456789|02:03|"
    "02:03:04|2:3:4.5|foo||1 foo|1 day 1|day|- 1 day|+1 day|1 day -2h|NaT|nan|1H|1T|1M|1Y|1 w|1 m|1min|"
    "1 hour 2 minutes|1 hours 2 secs|106752 days|-1 day|1 microsecond|1e3s|1.5 days 3.25 hours|.5s|0.5 day|1,000 days|"
    "1 day, 10:11:12|10:11:12.1234567891|P1W|P1Y|P|PT|-02:03:04|-1 day 02:03:04|25:61:61|1 day 1 hour 1 minute 1 second|"
    "1us 1ns|1.1us|1.23456ms|00:00:00.000000001|1 d|1d 2h 3min 4s 5ms 6us 7ns|--1 day|-1.5h|1 nano|1S|1.|3:25:00 PM"
).split("|")
DATE_TEXTS = (
    "2020|2020-01|2020-01-01 10|2020-01-01 10:11|2020-01-01 10:11:12|2020-01-01 10:11:12.1|2020-01-01 10:11:12.1234567|"
    "2020-01-01 10:11:12.123456789123|2020-01-01T10:11:12Z|2020-01-01 10:11+02:00|2020-01-01 10:11 UTC|"
    "2020-01-01 10:11 EST|2020-01-01 10:11 Europe/Paris|1/2/2020|13/2/2020|1/2/20|Jan 2, 2020|2 January 2020 3pm|20200102|"
    "20200102T101112|202001|2020Q1|2020-Q3|1Q20|Q1 2020|2Q2020|2020Q5|nat|NaT||foo|2020-13-01|2020-02-30|"
    "2020-01-01 25:00|1-1-1|0001-01-01|9999-12-31|10000-01-01|1500-01-01 00:00:00.000000001|2020-1-1|2020/1/2|2020.01.02|"
    "2020-W01-1|2020-001|2020-01-01 10:11:12,5|2020-01-01T10|2020-01-01 24:00|2020-01-01 00:00:60|2020-01-01+05|"
    "2020-01-01 10:00-0530|2020-1-1 1:2:3|Jan 2020|January|12 Jan|Monday|5|1994|199|2020-01-01 AM|2020-01-01 1:00 PM|"
    "2020-01-01 UTC|2020-01-01 10:00 GMT|2020-01-01 10:00 CET|31/12/99|5th of May 2020|1677-09-21 00:12:43.145224192|"
    "2262-04-11 23:47:16.854775808|Thu Sep 25 10:36:28 2003|2003-09-25T10:49:41.5-03:00|2012-01-01 9:00|2012-1|1/2012|"
    "May 2012|2021-02-29|-0111-01-01|-12:30"
).split("|")
FREQUENCIES = (
    "M H T S L U N Q Y A BM BQ BA SM CBM D d ms w b q W-mon QE-jan 2.5h 1D12h 0D 1.5D MS-JAN 1ME2D h5 W WOM-2TUE LWOM-MON"
    " SME-16 SMS-2 SME A-DEC AS AS-JAN EOM YE-MAR YS YS-FEB BYE BYS-FEB BQE-FEB QS-FEB HYE HYS BHYE BHYS-MAR bh cbh C CBME"
    " CBMS BME BMS W-SUN W-FOO QE- 1h30min -1D --1D +2h foo us ns 0.5ns 1.5s 0.1ms B-MON Min MIN Days day 2MEE Q-DEC Y-DEC"
    " BY QE QS-DEC 1W -2W-TUE s 2S H1"
).split()
OFFSETS = [
    "off.Day()",
    "off.Day(-3)",
    "off.Hour(5)",
    "off.Minute(90)",
    "off.Nano(7)",
    "off.BDay(3)",
    "off.BDay(-7)",
    "off.MonthEnd()",
    "off.MonthEnd(-2)",
    "off.MonthBegin(3)",
    "off.BMonthEnd()",
    "off.BMonthBegin(-1)",
    "off.QuarterEnd(startingMonth=2)",
    "off.QuarterBegin(-2)",
    "off.BQuarterEnd()",
    "off.HalfYearEnd()",
    "off.YearEnd(month=3)",
    "off.YearBegin(-1)",
    "off.BYearEnd()",
    "off.Week()",
    "off.Week(2,weekday=2)",
    "off.Week(-1,weekday=4)",
    "off.WeekOfMonth(week=1,weekday=3)",
    "off.LastWeekOfMonth(-1,weekday=4)",
    "off.SemiMonthEnd(3)",
    "off.SemiMonthBegin(-1,day_of_month=10)",
    "off.Easter()",
    "off.Easter(-2)",
    "off.Easter(method=1)",
    "off.Easter(method=2)",
    "off.BusinessHour(5)",
    "off.BusinessHour(-3)",
    "off.BusinessHour(20,start='22:00',end='02:00')",
    "off.CDay(2,holidays=['2020-01-02'])",
    "off.CDay(-2,weekmask='Sun Mon Tue')",
    "off.CBMonthEnd(holidays=['2020-01-31'])",
    "off.CBMonthBegin(2)",
    "off.DateOffset(months=1,days=2)",
    "off.DateOffset(2,years=1,hour=5)",
    "off.DateOffset(hours=7,nanoseconds=3)",
    "off.DateOffset(weekday=2)",
    "off.MonthEnd(normalize=True)",
    "off.BDay(offset=TD('2h'))",
]
MOMENTS = [
    "TS('2020-01-01')",
    "TS('2020-01-31 10:30')",
    "TS('2020-02-29 23:59:59.123456789')",
    "TS('2019-12-28 17:00')",
    "TS('2020-03-29 12:00',tz='Europe/Paris')",
    "dt.datetime(2020,6,30,9,0)",
    "TS('2020-04-12')",
    "NaT",
]
DTYPES = (
    "'int64'|'Int64'|int|float|str|bool|object|'O'|'string'|'string[python]'|'str'|'datetime64[ns]'|'datetime64[D]'|'M8[us]'|"
    "'datetime64[ns, UTC]'|'datetime64[us, Europe/Paris]'|'m8'|'timedelta64[s]'|'boolean'|'Float32'|'UInt8'|'foo'|None|"
    "np.int8|np.dtype('U5')|bytes|complex|dt.datetime|'float16'|'c16'|1|'bool[pyarrow]'|'M8[ns, tz]'|'Bool'|'INT64'|list|"
    "Int64Dtype()|BooleanDtype()|StringDtype('python')|StringDtype(na_value=np.nan)|DatetimeTZDtype('us','UTC')"
).split("|")


def arithmetic() -> list[str]:
    """Operators between durations or times and everything."""
    rules = ARITHMETIC + COMPARISON
    found = [rule.format(a=a, b=b) for a in DURATIONS[1:6] for b in OPERANDS for rule in rules]
    rules = ARITHMETIC[:2] + COMPARISON
    return found + [rule.format(a=a, b=b) for a in STAMPS[:6] for b in OPERANDS for rule in rules]


def fields() -> list[str]:
    """Every field and method of durations and times."""
    found = [f"{a}.{name}" for a in DURATIONS for name in DURATION_FIELDS]
    found += [f"{a}.{name}" for a in STAMPS for name in STAMP_FIELDS]
    return found + [f"roundtrip({a})" for a in DURATIONS + STAMPS]


def construction() -> list[str]:
    """From numbers with units, and from text."""
    found = [
        f"{kind}({number}{f',unit={unit}' if unit else ''})"
        for kind in ("TD", "TS")
        for number in NUMBERS
        for unit in UNITS
    ]
    found += [f"TD({text!r})" for text in DURATION_TEXTS]
    return (
        found
        + [f"TS({text!r})" for text in DATE_TEXTS]
        + [f"TS({text!r},tz='Europe/Paris')" for text in DATE_TEXTS if not text.startswith("-")]
    )


def zones() -> list[str]:
    """Wall clocks that exist twice or never."""
    found = []
    for text in (
        "2020-10-25 02:30",
        "2020-03-29 02:30",
        "2020-03-29 03:00",
        "2020-10-25 02:00",
        "2020-10-25 03:00",
    ):
        for zone in ("Europe/Paris", "dateutil/Europe/Paris"):
            stamp = f"TS({text!r})"
            found += [
                f"{stamp}.tz_localize({zone!r},ambiguous={word})"
                for word in ("True", "False", "'NaT'", "'infer'")
            ]
            found += [
                f"{stamp}.tz_localize({zone!r},nonexistent={word})"
                for word in (
                    "'shift_forward'",
                    "'shift_backward'",
                    "'NaT'",
                    "TD('1h')",
                    "TD('1min')",
                    "TD('-1h')",
                    "'foo'",
                )
            ]
    return found


def offsets() -> list[str]:
    """Offsets from names and classes: text, identity, and where they lead."""
    found = [f"(to_offset({name!r}), to_offset({name!r}).freqstr)" for name in FREQUENCIES]
    for offset in OFFSETS:
        # The order of these keywords, or the address of a calendar, is no property of the offset.
        named = () if offset.startswith(("off.DateOffset", "off.C")) else ("kwds",)
        found += [f"{offset}.{name}" for name in ("n", "freqstr", "nanos", "base", "__repr__()", *named)]
        found += [
            f"{offset}=={offset}",
            f"hash({offset})==hash({offset})",
            f"roundtrip({offset})",
            f"-{offset}",
            f"3*{offset}",
            f"{offset}+1",
            f"{offset}+'a'",
        ]
        found += [
            f"{rule.format(a=offset, b=moment)}"
            for moment in MOMENTS
            for rule in ("{a}+{b}", "{b}-{a}", "{a}.rollback({b})", "{a}.rollforward({b})")
            if not _accident(offset, moment)
        ]
    return found


def _accident(offset: str, moment: str) -> bool:
    if moment == "NaT":
        return offset.startswith("off.C") or "normalize" in offset
    return "BusinessHour" in offset and ("123456789" in moment or "BusinessHour(20" in offset)


def dtypes() -> list[str]:
    """Spellings of dtypes and what the dtype says of itself."""
    found = [f"pandas_dtype({spelling})" for spelling in DTYPES]
    own = [
        "Int8Dtype()",
        "Int64Dtype()",
        "UInt16Dtype()",
        "Float32Dtype()",
        "BooleanDtype()",
        "StringDtype('python')",
        "StringDtype(na_value=np.nan)",
        "DatetimeTZDtype('us','UTC')",
        "DatetimeTZDtype('ns','Europe/Paris')",
        "CategoricalDtype()",
    ]
    names = ("name", "kind", "na_value", "__str__()", "names")
    found += [f"{dtype}.{name}" for dtype in own for name in names]
    found += [f"{a}=={b}" for a in own for b in (*own, *DTYPES[:20])]
    return found + [f"roundtrip({dtype})" for dtype in own[:-1]]
