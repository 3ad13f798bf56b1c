"""What the tests' harness needs of pandas' private modules: platform, markers, constants."""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import operator
import platform
import sys
import sysconfig
import zoneinfo
from collections.abc import Callable
from types import ModuleType
from typing import Any

import dateutil.tz
import numpy as np
import pyarrow as pa
import pytest
from packaging.version import Version

# --- platform

IS64 = sys.maxsize > 2**32
ISMUSL = "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")
PYPY = sys.implementation.name == "pypy"
WASM = sys.platform == "emscripten"
CHAINED_WARNING_DISABLED = PYPY
PY312, PY313, PY314, PY315 = (sys.version_info >= (3, minor) for minor in (12, 13, 14, 15))


def is_platform_arm() -> bool:
    return platform.machine().startswith(("arm64", "aarch64", "armv"))


def is_platform_linux() -> bool:
    return sys.platform == "linux"


def is_platform_little_endian() -> bool:
    return sys.byteorder == "little"


def is_platform_mac() -> bool:
    return sys.platform == "darwin"


def is_platform_power() -> bool:
    return platform.machine().startswith("ppc64")


def is_platform_riscv64() -> bool:
    return platform.machine() == "riscv64"


def is_platform_windows() -> bool:
    return sys.platform in {"win32", "cygwin"}


# --- versions of what stands beside

HAS_PYARROW = PYARROW_INSTALLED = True
NUMEXPR_INSTALLED = USE_NUMEXPR = False
_MIN_ELEMENTS = 1_000_000
_arrow = Version(Version(pa.__version__).base_version)
_numpy = Version(np.__version__)
is_numpy_dev = _numpy.dev is not None


def __getattr__(name: str) -> Any:
    """`pa_version_under21p0` and `np_version_gt2_2`, for every version."""
    if name.startswith("pa_version_under"):
        return _arrow < Version(name.removeprefix("pa_version_under").replace("p", "."))
    if name.startswith("np_version_gt"):
        return _numpy >= Version(name.removeprefix("np_version_gt").replace("_", "."))
    if name == "no_default":
        return importlib.import_module("lumen.pandas.api.extensions").no_default
    raise AttributeError(name)


def import_optional_dependency(
    name: str, extra: str = "", min_version: str | None = None, *, errors: str = "raise"
) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        if errors == "raise":
            raise ImportError(f"Missing optional dependency {name!r}. {extra}") from None
        return None


# --- markers


def skip_if_no(package: str, min_version: str | None = None) -> pytest.MarkDecorator:
    found = importlib.util.find_spec(package.split(".")[0]) is not None
    if found and min_version is not None:
        version = getattr(importlib.import_module(package), "__version__", "0")
        found = Version(version) >= Version(min_version)
    return pytest.mark.skipif(not found, reason=f"Could not import '{package}'")


def skip_if_installed(package: str) -> pytest.MarkDecorator:
    found = importlib.util.find_spec(package) is not None
    return pytest.mark.skipif(found, reason=f"Skipping because {package} is installed.")


skip_if_32bit = pytest.mark.skipif(not IS64, reason="32 bit")
skip_if_windows = pytest.mark.skipif(is_platform_windows(), reason="Windows")
skip_if_wasm = pytest.mark.skipif(WASM, reason="WebAssembly")
skip_if_thread_unsafe_warnings = pytest.mark.skipif(False, reason="warnings are not safe between threads")


def parametrize_fixture_doc(*values: str) -> Callable[[Any], Any]:
    def decorate(fixture: Any) -> Any:
        fixture.__doc__ = (fixture.__doc__ or "").format(*values)
        return fixture

    return decorate


# --- constants

iNaT = int(np.iinfo(np.int64).min)
DAYS = "MON TUE WED THU FRI SAT SUN".split()
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
reduction_kernels = frozenset(
    "all any corrwith count first idxmax idxmin last max mean median min nunique prod quantile sem size "
    "skew kurt std "
    "sum var".split()
)
transformation_kernels = frozenset(
    "bfill cumcount cummax cummin cumprod cumsum diff ffill ngroup pct_change rank shift".split()
)
groupby_other_methods = frozenset(
    "agg aggregate apply boxplot corr cov describe expanding ewm filter get_group groups head hist indices "
    "ndim ngroups "
    "nth ohlc pipe plot resample rolling tail take transform sample value_counts".split()
)


def using_string_dtype() -> bool:
    return True


def ensure_platform_int(values: Any) -> np.ndarray:
    return np.asarray(values).astype(np.intp, copy=False)


# --- zones


def dateutil_gettz(name: str) -> datetime.tzinfo | None:
    return dateutil.tz.gettz(name)


def is_utc(zone: Any) -> bool:
    return (
        zone is datetime.timezone.utc
        or isinstance(zone, dateutil.tz.tzutc)
        or (isinstance(zone, zoneinfo.ZoneInfo) and zone.key == "UTC")
        or (isinstance(zone, datetime.timezone) and zone == datetime.timezone.utc)
    )


def maybe_get_tz(zone: Any) -> datetime.tzinfo | None:
    """A zone from its name, as every `tz=` of pandas reads it."""
    if not isinstance(zone, str):
        if isinstance(zone, (int, np.integer)):
            return datetime.timezone(datetime.timedelta(seconds=int(zone)))
        return zone
    if zone == "tzlocal()":
        return dateutil.tz.tzlocal()
    if zone.startswith("dateutil/"):
        return dateutil.tz.gettz(zone.removeprefix("dateutil/"))
    if zone in {"UTC", "utc"}:
        return datetime.timezone.utc
    offset = zone.removeprefix("UTC")
    if offset[:1] in {"+", "-"} and ":" in offset:
        hours, minutes = offset[1:].split(":")
        delta = datetime.timedelta(hours=int(hours), minutes=int(minutes))
        return datetime.timezone(-delta if offset[0] == "-" else delta)
    return zoneinfo.ZoneInfo(zone)


def tz_compare(left: Any, right: Any) -> bool:
    if is_utc(left) or is_utc(right):
        return is_utc(left) and is_utc(right)
    if left is None or right is None:
        return left is right
    return str(left) == str(right)
