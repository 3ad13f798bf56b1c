"""The context managers of pandas' test suite: expected warnings, expected errors of others, zones, files."""

from __future__ import annotations

import bz2
import contextlib
import csv
import gzip
import inspect
import io
import lzma
import os
import pathlib
import pickle
import re
import sys
import tarfile
import time
import uuid
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from ._testing_objects import UNSET

Expected = type[Warning] | tuple[type[Warning], ...] | bool | None


@contextlib.contextmanager
def assert_produces_warning(
    expected_warning: Expected,
    filter_level: str = "always",
    check_stacklevel: bool = True,
    raise_on_extra_warnings: bool = True,
    match: Any = UNSET,
    must_find_all_warnings: bool = True,
) -> Iterator[list[warnings.WarningMessage]]:
    """Asserts that the block raises the expected warnings, from the caller's own line, and no other.

    `match` is a pattern for the message, or one for each expected class; it must be given where a warning is
    expected.
    """
    if match is UNSET:
        if expected_warning:
            raise TypeError(
                "assert_produces_warning() requires a match argument so the warning message is checked and "
                "not just "
                "its class. Pass match=None if the message genuinely cannot be asserted here."
            )
        match = None
    # The frame of the `with` statement: this generator, the wrapper's `__enter__`, the block.
    caller = sys._getframe(2).f_code.co_filename
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(filter_level)  # type: ignore[arg-type]
        try:
            yield caught
        finally:
            if expected_warning:
                for category, pattern in _demands(expected_warning, match, must_find_all_warnings):
                    _demand(caught, category, pattern, caller if check_stacklevel else None)
            if raise_on_extra_warnings:
                _refuse_others(caught, expected_warning)


def _demands(expected: Any, match: Any, every: bool) -> list[tuple[Any, str | None]]:
    if isinstance(expected, tuple) and every:
        patterns = match if isinstance(match, tuple) else (match,) * len(expected)
        return list(zip(expected, patterns, strict=True))
    if isinstance(match, tuple):
        match = "|".join(pattern for pattern in match if pattern)
    return [(expected, match)]


def _demand(
    caught: list[warnings.WarningMessage], category: Any, pattern: str | None, caller: str | None
) -> None:
    name = tuple(one.__name__ for one in category) if isinstance(category, tuple) else category.__name__
    seen = [warning for warning in caught if issubclass(warning.category, category)]
    if not seen:
        raise AssertionError(f"Did not see expected warning of class {name!r}")
    if caller is not None:
        for warning in seen:
            if warning.filename != caller:
                raise AssertionError(
                    "Warning not set with correct stacklevel. File where warning is raised: "
                    f"{warning.filename} != {caller}. Warning message: {warning.message}"
                )
    if pattern and not any(re.search(pattern, str(warning.message)) for warning in seen):
        messages = [warning.message for warning in seen]
        raise AssertionError(
            f"Did not see warning {name!r} matching '{pattern}'. The emitted warning messages are {messages}"
        )


def _refuse_others(caught: list[warnings.WarningMessage], expected: Any) -> None:
    others = [
        (warning.category.__name__, warning.message, warning.filename, warning.lineno)
        for warning in caught
        if not (expected and issubclass(warning.category, expected))
        and not (expected and warning.category is EncodingWarning)
    ]
    if others:
        raise AssertionError(f"Caused unexpected warning(s): {others!r}")


def maybe_produces_warning(
    warning: type[Warning], condition: bool, *, match: Any, **kwargs: Any
) -> AbstractContextManager[Any]:
    """Expects the warning where `condition` holds, nothing otherwise."""
    if condition:
        return assert_produces_warning(warning, match=match, **kwargs)
    return contextlib.nullcontext()


def raises_chained_assignment_error(
    extra_warnings: tuple[type[Warning], ...] = (), extra_match: tuple[str, ...] = ()
) -> AbstractContextManager[Any]:
    """Expects the warning that a chained assignment changes nothing."""
    from lumen.pandas.errors import ChainedAssignmentError

    match = "A value is being set on a copy of a DataFrame or Series through chained assignment"
    if extra_warnings:
        return assert_produces_warning((ChainedAssignmentError, *extra_warnings), match=(match, *extra_match))
    return assert_produces_warning(ChainedAssignmentError, match=match)


def external_error_raised(expected_exception: type[Exception]) -> AbstractContextManager[Any]:
    """Expects an error of another package, whose text is not ours to check."""
    import pytest

    return pytest.raises(expected_exception, match=None)


@contextlib.contextmanager
def set_timezone(tz: str) -> Iterator[None]:
    """Sets the process' time zone for the block."""
    before = os.environ.get("TZ")

    def put(zone: str | None) -> None:
        if zone is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = zone
        time.tzset()

    put(tz)
    try:
        yield
    finally:
        put(before)


@contextlib.contextmanager
def set_locale(new_locale: Any, lc_var: int | None = None) -> Iterator[Any]:
    """Sets the process' locale for the block."""
    import locale

    variable = locale.LC_ALL if lc_var is None else lc_var
    before = locale.setlocale(variable)
    try:
        locale.setlocale(variable, new_locale)
        code, encoding = locale.getlocale()
        yield f"{code}.{encoding}" if code is not None and encoding is not None else new_locale
    finally:
        locale.setlocale(variable, before)


def can_set_locale(lc: str, lc_var: int | None = None) -> bool:
    """Whether the system has a locale."""
    import locale

    try:
        with set_locale(lc, lc_var):
            return True
    except (ValueError, locale.Error):
        return False


def get_locales(prefix: str | None = None, normalize: bool = True) -> list[str]:
    """The system's locales that can be set."""
    import locale
    import subprocess

    try:
        listed = subprocess.run(["locale", "-a"], capture_output=True, check=True).stdout.decode(
            "ascii", "replace"
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    names = [name.strip() for name in listed.splitlines() if prefix is None or name.startswith(prefix)]
    if normalize:
        names = [locale.normalize(name) for name in names]
    return [name for name in names if can_set_locale(name)]


@contextlib.contextmanager
def with_csv_dialect(name: str, **kwargs: Any) -> Iterator[None]:
    """Registers a dialect of the `csv` module for the block."""
    if name in csv.list_dialects():
        raise ValueError("Cannot override builtin dialect.")
    csv.register_dialect(name, **kwargs)
    try:
        yield
    finally:
        csv.unregister_dialect(name)


@contextlib.contextmanager
def decompress_file(path: Any, compression: str | None) -> Iterator[Any]:
    """Opens a file for reading bytes, decompressed."""
    if compression == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as member:
            yield member
        return
    if compression == "tar":
        with tarfile.open(path) as archive:
            yield archive.extractfile(archive.getnames()[0])
        return
    openers: dict[str | None, Callable[..., Any]] = {
        None: open,
        "gzip": gzip.open,
        "bz2": bz2.open,
        "xz": lzma.open,
    }
    if compression not in openers:
        raise ValueError(f"Unrecognized compression type: {compression}")
    with openers[compression](path, "rb") as handle:
        yield handle


def write_to_compressed(compression: str, path: Any, data: bytes, dest: str = "test") -> None:
    """Writes bytes into a compressed file; an archive's member is called `dest`."""
    if compression == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(dest, data)
    elif compression == "tar":
        with tarfile.open(path, "w") as archive:
            member = tarfile.TarInfo(dest)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    elif compression in {"gzip", "bz2", "xz"}:
        opener: Any = {"gzip": gzip.GzipFile, "bz2": bz2.BZ2File, "xz": lzma.LZMAFile}[compression]
        with opener(path, "wb") as handle:
            handle.write(data)
    else:
        raise ValueError(f"Unrecognized compression type: {compression}")


def round_trip_pickle(obj: Any, tmp_path: pathlib.Path) -> Any:
    """Writes with `pickle` and reads again."""
    path = pathlib.Path(tmp_path) / f"__{uuid.uuid4()}__.pickle"
    path.write_bytes(pickle.dumps(obj))
    return pickle.loads(path.read_bytes())


def round_trip_pathlib(writer: Callable[..., Any], reader: Callable[..., Any], tmp_path: pathlib.Path) -> Any:
    """Writes to a `pathlib` path and reads from it."""
    path = pathlib.Path(tmp_path) / f"{inspect.getmodulename(__file__)}-{uuid.uuid4()}"
    writer(path)
    return reader(path)
