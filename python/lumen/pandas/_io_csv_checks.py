"""What `read_csv` refuses before it opens anything: pandas' errors for arguments, and what is not here by name."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from lumen.pandas import _errors
from lumen.pandas._inference import no_default
from lumen.pandas._io_handles import missing

_FLAGS = (
    "cache_dates",
    "dayfirst",
    "doublequote",
    "iterator",
    "keep_default_na",
    "low_memory",
    "memory_map",
    "na_filter",
    "skip_blank_lines",
    "skipinitialspace",
)
_ONE_CHARACTER = {
    "escapechar": "escapes",
    "lineterminator": "line terminators",
    "comment": "comment characters",
    "thousands": "thousands markers",
    "decimal": "decimal markers",
}


def check(function: str, given: dict[str, Any]) -> None:
    """Raises for arguments that pandas refuses, and for those that are not here."""
    _check_flags(given)
    _check_counts(given)
    _check_header(given["header"])
    for name, what in _ONE_CHARACTER.items():
        if given[name] is not None and len(given[name]) != 1:
            raise ValueError(f"Only length-1 {what} supported")
    if not isinstance(given["quoting"], (int, np.integer)):
        kind = type(given["quoting"]).__name__
        raise TypeError(f"Argument 'quoting' has incorrect type (expected int, got {kind})")
    if given["quoting"] not in (0, 1, 2, 3):
        raise TypeError('bad "quoting" value')
    if given["quoting"] != 3 and not given["quotechar"]:
        raise TypeError("quotechar must be set if quoting enabled")
    if given["quotechar"] is not None and len(given["quotechar"]) > 1:
        raise TypeError('"quotechar" must be a 1-character string')
    if callable(given["on_bad_lines"]):
        raise missing(f"{function}(on_bad_lines=callable)")
    if given["on_bad_lines"] not in ("error", "warn", "skip"):
        raise ValueError(f"Argument {given['on_bad_lines']} is invalid for on_bad_lines")
    if given["float_precision"] is not None:
        warnings.warn(
            "The 'float_precision' argument is deprecated. Use the default float precision instead.",
            _errors.Pandas4Warning,
            stacklevel=6,
        )
    if given["memory_map"] and not isinstance(given["filepath_or_buffer"], (str, os.PathLike)):
        raise ValueError(
            "memory_map=True is only supported when reading from a file path or a file-like object backed by a real"
            " file descriptor; in-memory buffers (e.g. BytesIO, StringIO) are not supported."
        )
    _check_absent(function, given)


def _check_flags(given: dict[str, Any]) -> None:
    for name in _FLAGS:
        value = given[name]
        whole = isinstance(value, (int, np.integer)) and value in (0, 1)
        if not (whole or isinstance(value, (bool, np.bool_))):
            kind = type(value).__name__
            raise ValueError(f'For argument "{name}" expected type bool, received type {kind}.')


def _check_counts(given: dict[str, Any]) -> None:
    for name, least in (("nrows", 0), ("chunksize", 1)):
        value = given[name]
        if value is None:
            continue
        whole = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not whole or value != int(value) or value < least:
            raise ValueError(f"'{name}' must be an integer >={least}")
    if given["skipfooter"] > 0:
        if given["iterator"] or given["chunksize"]:
            raise ValueError("'skipfooter' not supported for iteration")
        if given["nrows"]:
            raise ValueError("'skipfooter' not supported with 'nrows'")


def _check_header(header: Any) -> None:
    if isinstance(header, bool):
        raise TypeError(
            "Passing a bool to header is invalid. Use header=None for no header or header=int or list-like of ints to"
            " specify the row(s) making up the column names"
        )
    if header is None or header == "infer":
        return
    if isinstance(header, (int, np.integer)):
        if header < 0:
            raise ValueError(
                "Passing negative integer to header is invalid. For no header, use header=None instead"
            )
        return
    if isinstance(header, (str, float)) or not all(isinstance(row, (int, np.integer)) for row in header):
        raise ValueError("header must be integer or list of integers")
    if any(row < 0 for row in header):
        raise ValueError("cannot specify multi-index header with negative integers")
    if len(header) == 0:
        raise IndexError("list index out of range")


def _check_absent(function: str, given: dict[str, Any]) -> None:
    if given["float_precision"] not in (None, "high", "round_trip"):
        raise missing(f"{function}(float_precision={given['float_precision']!r})")
    if given["dtype_backend"] is not no_default:
        raise missing(f"{function}(dtype_backend=)")
    if given["engine"] == "pyarrow":
        raise missing(f"{function}(engine='pyarrow')")
    if given["engine"] not in (None, "c", "python", "python-fwf"):
        raise ValueError(
            f"Unknown engine: {given['engine']} (valid options are dict_keys(['c', 'python', 'pyarrow', 'python-fwf']))"
        )
    if given["dayfirst"] and given["parse_dates"]:
        raise missing(f"{function}(dayfirst=)")
    if isinstance(given["date_format"], dict):
        raise missing(f"{function}(date_format=dict)")
    if given["quoting"] == 2:
        raise missing(f"{function}(quoting=QUOTE_NONNUMERIC)")
