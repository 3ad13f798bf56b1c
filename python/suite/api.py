"""pandas' public interface as data: a row per public name with its kind, tier, parameters and, for a class,
members.

    api.py --real DIR > names.json

Run with real pandas. The rows are what the coverage page counts and what the floor raises for. Tiers: 1 is
what most scripts use and the release bar, 2 follows, 3 is refused by name.
"""

from __future__ import annotations

import argparse
import builtins
import importlib
import inspect
import json
import sys
import types
from typing import Any

MODULES = (
    "api api.executors api.extensions api.indexers api.interchange api.types api.typing arrays errors "
    "plotting testing "
    "tseries tseries.api tseries.frequencies tseries.holiday tseries.offsets io io.formats io.json"
).split()

_OBJECT_2 = """
to_excel to_html to_markdown to_records to_sql asfreq asof at_time between_time attrs flags set_flags combine
combine_first compare convert_dtypes infer_objects corrwith cov dot eval ewm expanding from_records
interpolate isetitem
kurt kurtosis sem skew memory_usage nbytes squeeze swaplevel reorder_levels droplevel truncate tz_convert
tz_localize
update xs select reindex_like autocorr array divmod rdivmod case_when repeat searchsorted item
""".split()
_OBJECT_3 = """
to_clipboard to_hdf to_iceberg to_latex to_orc to_pickle to_stata to_xarray to_xml boxplot hist plot sparse
style
to_period to_timestamp list struct
""".split()
_TOP_2 = """
ArrowDtype BooleanDtype Float32Dtype Float64Dtype Int8Dtype Int16Dtype Int32Dtype UInt8Dtype UInt16Dtype
UInt32Dtype
UInt64Dtype CategoricalIndex TimedeltaIndex DateOffset ExcelFile ExcelWriter NamedFunc api array bdate_range
col
describe_option option_context reset_option eval json_normalize merge_ordered offsets read_excel read_fwf
read_sql
read_sql_query read_sql_table timedelta_range tseries wide_to_long
""".split()
_TOP_3 = """
HDFStore Flags SparseDtype Period PeriodDtype PeriodIndex period_range Interval IntervalDtype IntervalIndex
interval_range lreshape from_dummies infer_freq set_eng_float_format show_versions test plotting to_pickle
read_clipboard read_hdf read_html read_iceberg read_orc read_pickle read_sas read_spss read_stata read_xml
""".split()

# Family -> (classes whose public names it unites, classes whose names it leaves to another family, tier).
_FAMILIES: dict[str, tuple[str, str, int]] = {
    "DataFrame": ("DataFrame", "", 1),
    "Series": ("Series", "", 1),
    "Index": ("Index", "", 1),
    "RangeIndex MultiIndex DatetimeIndex": ("RangeIndex MultiIndex DatetimeIndex", "Index", 1),
    "CategoricalIndex TimedeltaIndex": ("CategoricalIndex TimedeltaIndex", "Index DatetimeIndex", 2),
    "PeriodIndex IntervalIndex": ("PeriodIndex IntervalIndex", "Index DatetimeIndex TimedeltaIndex", 3),
    "group-by": ("api.typing.DataFrameGroupBy api.typing.SeriesGroupBy", "", 1),
    "rolling and expanding": ("api.typing.Rolling api.typing.Expanding", "", 1),
    "ewm and window": ("api.typing.ExponentialMovingWindow api.typing.Window", "", 2),
    "resample": ("api.typing.Resampler", "", 1),
    "Timestamp Timedelta": ("Timestamp Timedelta", "", 1),
    "Categorical": ("Categorical", "", 2),
    "Period Interval": ("Period Interval", "", 3),
    "ExtensionArray": ("api.extensions.ExtensionArray", "", 3),
}


def _public(owner: Any) -> list[str]:
    return sorted(name for name in dir(owner) if not name.startswith("_"))


def _kind(value: Any) -> str:
    if isinstance(value, type):
        if issubclass(value, Warning):
            return "warning"
        return "exception" if issubclass(value, BaseException) else "class"
    if isinstance(value, types.ModuleType):
        return "module"
    if callable(value):
        return "function"
    return "value"


def _parameters(value: Any) -> list[str]:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return []
    return [name for name in signature.parameters if name not in {"self", "cls"}]


def _builtin_bases(cls: type) -> list[str]:
    return [base.__name__ for base in cls.__mro__[1:] if getattr(builtins, base.__name__, None) is base]


def _row(module: str, name: str, value: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"module": module, "name": name, "kind": _kind(value)}
    if row["kind"] in {"exception", "warning"}:
        row["bases"] = [base for base in _builtin_bases(value) if base != "object"][:1]
    elif row["kind"] == "class":
        row["members"] = _public(value)
    if row["kind"] in {"class", "function"}:
        row["parameters"] = _parameters(value)
    return row


def _reached(path: str) -> Any:
    value: Any = importlib.import_module("pandas")
    for part in path.split("."):
        value = getattr(value, part)
    return value


def _member_tier(family: str, tier: int, name: str) -> int:
    if family not in {"DataFrame", "Series"}:
        return tier
    return 2 if name in _OBJECT_2 else 3 if name in _OBJECT_3 else tier


def names() -> list[dict[str, Any]]:
    """Every public name that a module gives, in order."""
    pd = importlib.import_module("pandas")
    rows = [_row("", name, getattr(pd, name)) for name in pd.__all__]
    for module in MODULES:
        owner = importlib.import_module(f"pandas.{module}")
        given = set(getattr(owner, "__all__", ())) | ({n for n in _public(owner) if n.startswith("is_")})
        given = given or {name for name in _public(owner) if name not in {"annotations", "TYPE_CHECKING"}}
        if module == "api.types":
            given |= {"pandas_dtype"}
        rows += [_row(module, name, getattr(owner, name)) for name in sorted(given) if hasattr(owner, name)]
    return rows


def families() -> list[dict[str, Any]]:
    """A row per name of each family, with its tier and parameters."""
    rows = []
    for family, (classes, others, tier) in _FAMILIES.items():
        left_out = {name for path in others.split() for name in _public(_reached(path))}
        owners = [_reached(path) for path in classes.split()]
        for name in sorted({name for owner in owners for name in _public(owner)} - left_out):
            owner = next(owner for owner in owners if hasattr(owner, name))
            value = inspect.getattr_static(owner, name)
            value = getattr(owner, name, value)
            rows.append(
                {
                    "family": family,
                    "name": name,
                    "kind": "method" if callable(value) else "attribute",
                    "tier": _member_tier(family, tier, name),
                    "parameters": _parameters(value) if callable(value) else [],
                }
            )
    pd = importlib.import_module("pandas")
    accessors = (
        ("str", pd.Series.str, 1),
        ("dt", pd.Series.dt, 1),
        ("cat", pd.Series.cat, 2),
        ("Styler", None, 3),
    )
    for family, owner, tier in accessors:
        if owner is None:
            continue
        for name in _public(owner):
            value = getattr(owner, name, None)
            rows.append(
                {
                    "family": f"Series.{family}",
                    "name": name,
                    "kind": "method" if callable(value) else "attribute",
                    "tier": tier,
                    "parameters": _parameters(value) if callable(value) else [],
                }
            )
    for name in sorted(pd.__all__):
        value = getattr(pd, name)
        tier = 2 if name in _TOP_2 else 3 if name in _TOP_3 else 1
        parameters = _parameters(value) if inspect.isfunction(value) else []
        rows.append(
            {"family": "pandas", "name": name, "kind": _kind(value), "tier": tier, "parameters": parameters}
        )
    for module, tier in (("tseries.offsets", 2), ("api.types", 2), ("errors", 1), ("testing", 1)):
        for row in names():
            if row["module"] == module:
                rows.append(
                    {
                        "family": module,
                        "name": row["name"],
                        "kind": row["kind"],
                        "tier": tier,
                        "parameters": row.get("parameters", []),
                    }
                )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="pandas' public interface as JSON")
    parser.add_argument("--real", required=True, help="folder that holds real pandas")
    sys.path.insert(0, parser.parse_args().real)
    json.dump({"names": names(), "families": families()}, sys.stdout, indent=0, sort_keys=True)


if __name__ == "__main__":
    main()
