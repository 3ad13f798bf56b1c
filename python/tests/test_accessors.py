"""`.str`, `.dt`, `.cat`, arrays and the `to_*` functions beside pandas' own, on the same columns."""

from __future__ import annotations

import pytest

pytest.importorskip("pandas._libs", reason="needs an environment that has pandas itself")

import differential  # noqa: E402

TEXT = (
    "upper() lower() title() len() strip() get(0) slice(1,3) slice_replace(0,1,'zz') pad(6) center(7,'*') zfill(4)"
    " contains('a') contains('A',case=False) contains('.',regex=False) contains('a',na=True) match('a') fullmatch('12')"
    " startswith('a') endswith(('c','2')) count('a') find('c') rfind('x') replace('a','Q') replace('[aB]','Q',regex=True)"
    " split(expand=True) partition() extract('([a-z])') extract('(?P<q>[a-z])(B)') extract('([a-z])',expand=False)"
    " get_dummies('x') cat() cat(sep='|',na_rep='-') isalpha() isdigit() islower() removeprefix('a') repeat(2)"
    " normalize('NFC') wrap(3) swapcase() casefold() index('zz') foo"
).split()
TIMES = (
    "year month day hour minute second microsecond nanosecond quarter day_of_week weekday day_of_year days_in_month"
    " is_leap_year is_month_start is_month_end is_quarter_start is_quarter_end is_year_start is_year_end date time tz unit"
    " day_name() month_name() isocalendar() strftime('%Y/%m') normalize() round('h') floor('15min') ceil('D') floor('ME')"
    " as_unit('s') as_unit('ns') tz_localize(None) tz_convert('UTC') foo"
).split()
DURATIONS = "days seconds microseconds nanoseconds components total_seconds() floor('h') ceil('s') unit as_unit('s') foo".split()
CATEGORIES = (
    "categories ordered codes as_ordered() add_categories(['z']) remove_categories(['a']) rename_categories(['x','y'])"
    " rename_categories({'a':'k'}) reorder_categories(['b','a']) set_categories(['a']) add_categories(['a']) foo"
).split()
WHOLE = [
    "pd.to_datetime('2020')",
    "pd.to_datetime(['2020',None])",
    "pd.to_datetime(['2020','foo'])",
    "pd.to_datetime(['2020','foo'],errors='coerce')",
    "pd.to_datetime(['1/2/2020','13/2/2020'])",
    "pd.to_datetime(['2020-01-01','1/2/2020'],format='mixed')",
    "pd.to_datetime([1.5,nan],unit='D')",
    "pd.to_datetime(['2020-01-01T10:00+02:00','2020-01-01T10:00Z'])",
    "pd.to_datetime({'year':[2020],'month':[1],'day':[2]})",
    "pd.to_datetime('20200102',format='%Y%m%d')",
    "pd.to_datetime(5,origin='2020-01-01',unit='D')",
    "pd.to_datetime(['2020'],format='%q')",
    "pd.to_timedelta(['1 day','2h'])",
    "pd.to_timedelta(['foo'])",
    "pd.to_timedelta(['1 day',None,'foo'],errors='coerce')",
    "pd.to_timedelta(['1'],unit='s')",
    "pd.to_numeric(['1','2.5'])",
    "pd.to_numeric(['1','a'])",
    "pd.to_numeric(['1','a'],errors='coerce')",
    "pd.to_numeric(pd.Series([1,300]),downcast='integer')",
    "pd.to_numeric(['18446744073709551615'])",
    "pd.array([1,2,None])",
    "pd.array([1.5])",
    "pd.array([True,None])",
    "pd.array(['a',None])",
    "pd.array([1],dtype='int64')",
    "pd.array([pd.Timestamp('2020',tz='UTC')])",
    "pd.array(range(40))",
    "pd.array([1,None])+1",
    "pd.array([1,None])==1",
    "pd.array([1,2],dtype='int64')*2",
    "pd.array(1)",
    "pd.array([1,2,None])[[0,2]]",
    "pd.array([1,2,None]).isna()",
    "pd.Categorical(['a','b'],categories=['b','a'],ordered=True)",
    "pd.Categorical.from_codes([0,-1],['x'])",
]
COLUMNS = {
    "text": "pd.Series(['aB c','  x ',None,'12',''],dtype={!r},name='n')",
    "time": "pd.Series(pd.to_datetime(['2020-02-29 23:59:59.123456',None,'1969-07-20 01:02:03'],format='ISO8601'))",
    "zoned": "pd.Series([pd.Timestamp('2020-10-25 00:30',tz='UTC').tz_convert('Europe/Paris'),pd.NaT])",
    "duration": "pd.Series(pd.to_timedelta(['1 days 02:03:04.567',None]))",
    "category": "pd.Series(['a','b',None,'a'],dtype='category',name='q')",
}


def _cases() -> list[str]:
    found = [f"{COLUMNS['text'].format(dtype)}.str.{name}" for dtype in ("str", "string") for name in TEXT]
    found += [f"{COLUMNS[kind]}.dt.{name}" for kind in ("time", "zoned") for name in TIMES]
    found += [f"{COLUMNS['duration']}.dt.{name}" for name in DURATIONS]
    return found + [f"{COLUMNS['category']}.cat.{name}" for name in CATEGORIES] + WHOLE


@pytest.mark.parametrize("expression", _cases())
def test_shows_what_pandas_shows(expression: str) -> None:
    assert differential.shown(expression, "lumen.pandas") == differential.shown(expression, "pandas")
