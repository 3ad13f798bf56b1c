"""The private names of pandas that its tests may import: which they are, and what of ours stands behind each.

Every entry is a public name of ours under the private module where pandas' tests look for it, a constant of
the platform, or a few lines that need no engine. A test that reaches no private name is of class A, one that
reaches only names of this table of class B, any other of class C: its import fails. The table is enabled by
the runner alone; `lumen.pandas` itself never answers for a private module.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

# Modules that are the tests' own harness. They make no test private.
HARNESS = {
    "pandas._testing",
    "pandas.util._test_decorators",
    "pandas.compat",
    "pandas.compat.numpy",
    "pandas.compat.pyarrow",
    "pandas.compat._optional",
    "pandas.util.version",
}


def _public(names: str, prefix: str = "") -> dict[str, str]:
    return {name: f"{prefix}{name}" for name in names.split()}


def _local(names: str) -> dict[str, str]:
    return {name: f"={name}" for name in names.split()}


_TYPES = """
is_any_real_numeric_dtype is_array_like is_bool is_bool_dtype is_complex is_complex_dtype
is_datetime64_any_dtype
is_datetime64_dtype is_datetime64_ns_dtype is_dict_like is_dtype_equal is_extension_array_dtype is_file_like
is_float
is_float_dtype is_hashable is_integer is_integer_dtype is_iterator is_list_like is_named_tuple is_number
is_numeric_dtype is_object_dtype is_re is_re_compilable is_scalar is_signed_integer_dtype is_string_dtype
is_timedelta64_dtype is_timedelta64_ns_dtype is_unsigned_integer_dtype pandas_dtype
"""
_REVERSED = "radd rand_ rdivmod rfloordiv rmod rmul ror_ rpow rsub rtruediv rxor"
_COMPAT = """
HAS_PYARROW IS64 ISMUSL PY312 PY313 PY314 PY315 PYPY WASM CHAINED_WARNING_DISABLED PYARROW_INSTALLED
is_numpy_dev
is_platform_arm is_platform_linux is_platform_little_endian is_platform_mac is_platform_power
is_platform_riscv64
is_platform_windows pa_version_under17p0 pa_version_under18p0 pa_version_under19p0 pa_version_under20p0
pa_version_under21p0 pa_version_under22p0 pa_version_under23p0 pa_version_under25p0 pa_version_under26p0
"""
_ARRAYS = """
ArrowExtensionArray ArrowStringArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray
IntervalArray
NumpyExtensionArray PeriodArray SparseArray StringArray TimedeltaArray
"""

# Module -> name -> path of ours below `lumen.pandas`, or `=name` of `harness`.
SHIMS: dict[str, dict[str, str]] = {
    # the harness
    "pandas.util._test_decorators": _local(
        "skip_if_no skip_if_installed skip_if_windows skip_if_32bit skip_if_wasm "
        "skip_if_thread_unsafe_warnings "
        "parametrize_fixture_doc"
    ),
    "pandas.util.version": _local("Version"),
    "pandas.compat": _local(_COMPAT),
    "pandas.compat.numpy": _local(
        "np_version_gt2_2 np_version_gt2_3 np_version_gt2_5 np_version_gt2_6 is_numpy_dev"
    ),
    "pandas.compat.pyarrow": _local(
        " ".join(name for name in _COMPAT.split() if "PYARROW" in name or name.startswith("pa_"))
    ),
    "pandas.compat._optional": _local("import_optional_dependency"),
    # options
    "pandas._config": _local("using_string_dtype")
    | _public("get_option set_option reset_option option_context"),
    "pandas._config.config": _public("describe_option get_option option_context reset_option set_option"),
    # scalars and offsets
    "pandas._libs": _local("iNaT"),
    "pandas._libs.lib": {
        "no_default": "=no_default",
        "infer_dtype": "api.types.infer_dtype",
        "is_scalar": "api.types.is_scalar",
        "is_integer": "api.types.is_integer",
        "is_float": "api.types.is_float",
        "is_bool": "api.types.is_bool",
    },
    "pandas._libs.tslibs": _local("iNaT")
    | _public("NaT Period Timedelta Timestamp")
    | _public("OutOfBoundsDatetime OutOfBoundsTimedelta", "errors.")
    | {"to_offset": "tseries.frequencies.to_offset", "IncompatibleFrequency": "errors.IncompatibleFrequency"}
    | _public("BaseOffset Day Tick", "offsets."),
    "pandas._libs.tslibs.ccalendar": _local("DAYS MONTHS"),
    "pandas._libs.tslibs.offsets": _public(
        "BDay BMonthEnd CDay DateOffset Day Hour Minute MonthBegin MonthEnd Nano Second Tick YearEnd",
        "offsets.",
    ),
    "pandas._libs.tslibs.period": {"IncompatibleFrequency": "errors.IncompatibleFrequency"},
    "pandas._libs.tslibs.timezones": _local("dateutil_gettz is_utc maybe_get_tz tz_compare"),
    # dtypes
    "pandas.core.dtypes.common": _public(_TYPES, "api.types.") | _local("ensure_platform_int"),
    "pandas.core.dtypes.concat": {"union_categoricals": "api.types.union_categoricals"},
    "pandas.core.dtypes.dtypes": _public(
        "ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype SparseDtype"
    )
    | {"ExtensionDtype": "api.extensions.ExtensionDtype"},
    "pandas.core.dtypes.missing": _public("isna isnull notna notnull"),
    # frames and what is derived from them
    "pandas.core.frame": _public("DataFrame"),
    "pandas.core.series": _public("Series"),
    "pandas.core.arrays": _public(_ARRAYS, "arrays.")
    | {"Categorical": "Categorical", "ExtensionArray": "api.extensions.ExtensionArray"},
    "pandas.core.arrays.boolean": _public("BooleanDtype") | {"BooleanArray": "arrays.BooleanArray"},
    "pandas.core.arrays.sparse": {"SparseArray": "arrays.SparseArray", "SparseDtype": "SparseDtype"},
    "pandas.core.arrays.string_arrow": {"ArrowStringArray": "arrays.ArrowStringArray"},
    "pandas.core.arrays.timedeltas": {"TimedeltaArray": "arrays.TimedeltaArray"},
    "pandas.core.indexes.api": _public(
        "CategoricalIndex DatetimeIndex Index IntervalIndex MultiIndex NaT PeriodIndex RangeIndex "
        "TimedeltaIndex"
    ),
    "pandas.core.indexes.datetimes": _public("DatetimeIndex Timestamp bdate_range date_range"),
    "pandas.core.indexes.frozen": {"FrozenList": "api.typing.FrozenList"},
    "pandas.core.indexes.period": _public("Period PeriodIndex period_range"),
    "pandas.core.indexes.timedeltas": _public("TimedeltaIndex timedelta_range"),
    "pandas.core.indexing": {"IndexingError": "errors.IndexingError"},
    "pandas.core.indexers.objects": _public(
        "BaseIndexer FixedForwardWindowIndexer VariableOffsetWindowIndexer", "api.indexers."
    ),
    "pandas.core.groupby": _public("Grouper NamedAgg")
    | _public("DataFrameGroupBy SeriesGroupBy", "api.typing."),
    "pandas.core.groupby.base": _local("groupby_other_methods reduction_kernels transformation_kernels"),
    "pandas.core.groupby.generic": _public("DataFrameGroupBy SeriesGroupBy", "api.typing."),
    "pandas.core.groupby.groupby": {"DataError": "errors.DataError"},
    "pandas.core.groupby.grouper": _public("Grouper"),
    "pandas.core.ops": _public(_REVERSED, "_reflected."),
    "pandas.core.roperator": _public(_REVERSED, "_reflected."),
    "pandas.core.reshape.concat": _public("concat"),
    "pandas.core.reshape.merge": _public("merge merge_asof merge_ordered")
    | {"MergeError": "errors.MergeError"},
    "pandas.core.reshape.pivot": _public("crosstab pivot_table"),
    "pandas.core.strings.accessor": {"StringMethods": "Series.str"},
    "pandas.core.computation.check": _local("NUMEXPR_INSTALLED"),
    "pandas.core.computation.expressions": _local("USE_NUMEXPR _MIN_ELEMENTS"),
}


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(2, len(parts))]


# Folders of private modules; each answers only for what lies below it.
FOLDERS = {parent for name in SHIMS for parent in _parents(name)}


class _Shim(ModuleType):
    """A private module: the names of the table, found when asked for."""

    def __getattr__(self, name: str) -> Any:
        source = SHIMS.get(self.__name__, {}).get(name)
        if source is None:
            child = f"{self.__name__}.{name}"
            if child in SHIMS or child in FOLDERS:
                return importlib.import_module(child)
            raise AttributeError(
                f"lumen.pandas: {self.__name__}.{name} is internal to pandas and does not exist here"
            )
        value = _found(source)
        setattr(self, name, value)
        return value


def _found(source: str) -> Any:
    if source.startswith("="):
        return getattr(importlib.import_module("harness"), source[1:])
    value: Any = importlib.import_module("pandas")
    path = "pandas"
    for part in source.split("."):
        path = f"{path}.{part}"
        try:
            value = getattr(value, part)
        except AttributeError:
            if not hasattr(value, "__path__"):
                raise
            value = importlib.import_module(path)
    return value


def install(tree: Path) -> None:
    """Serves `lumen.pandas` as `pandas`, with the suite's `pandas.tests` and the table above."""
    from lumen.pandas import _finder

    def also(name: str) -> ModuleType | None:
        if name == "pandas._testing":
            return importlib.import_module("lumen.pandas._testing")
        if name in SHIMS or name in FOLDERS:
            module = _Shim(name)
            module.__path__ = []  # type: ignore[attr-defined]
            return module
        return None

    finder = _finder.install(also)
    find_spec = finder.find_spec

    def find(fullname: str, path: Any = None, target: Any = None) -> Any:
        # The suite's own modules are files of the tree; pytest loads them.
        if (
            fullname == "pandas.conftest"
            or fullname == "pandas.tests"
            or fullname.startswith("pandas.tests.")
        ):
            return None
        return find_spec(fullname, path, target)

    finder.find_spec = find  # type: ignore[method-assign]
    package = importlib.import_module("pandas")
    package.__path__ = [*package.__path__, str(tree / "pandas")]
    sys.modules.setdefault("pandas", package)
