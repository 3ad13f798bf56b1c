"""What is told of a value: its type, its digest, a short phrase."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np

from lumen import _engine

SUMMARY_CHARACTERS = 60
_PLAIN = (
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type(None),
    decimal.Decimal,
    datetime.date,
    datetime.timedelta,
)
_CONTAINERS = (list, tuple, dict, set, frozenset)
_TABLES = (_engine.DataFrame, _engine.Series, _engine.Index)


def is_table(value: Any) -> bool:
    """Whether a value is a frame, a series or an index."""
    return isinstance(value, _TABLES)


def is_result(value: Any) -> bool:
    """Whether a value is data, not a way to get at some."""
    return isinstance(value, (*_TABLES, *_PLAIN, *_CONTAINERS, np.generic, np.ndarray)) or _is_tensor(value)


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.startswith("lumen.torch") and hasattr(value, "numpy")


def digest(value: Any) -> str:
    """BLAKE3 in hexadecimal; empty where the value has no canonical bytes."""
    try:
        if is_table(value):
            return _engine._digest(value)
        canonical = _canonical(value, 0)
    except (NotImplementedError, ValueError, TypeError, RecursionError):
        return ""
    return "" if canonical is None else _engine._digest(canonical)


def told(name: str, value: Any, known: str | None = None) -> dict[str, str]:
    """A value as a message says it; `known` is its digest where that was made before."""
    hash_ = digest(value) if known is None else known
    return {"name": name, "type": type(value).__name__, "hash": hash_, "summary": summary(value)}


def summary(value: Any) -> str:
    """`1,000 rows x 3 columns`, or the value itself where it is short."""
    if isinstance(value, _engine.DataFrame):
        rows, columns = value.shape
        return f"{_counted(rows, 'row')} x {_counted(columns, 'column')}"
    if isinstance(value, (_engine.Series, _engine.Index)):
        return f"{_counted(len(value), 'value')} of {value.dtype}" if hasattr(value, "dtype") else ""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array of shape {value.shape}"
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > 8:
        return _counted(len(value), "item")
    if not is_result(value) or _is_tensor(value):
        return ""
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an integer of {value.bit_length():,} bits"
    text = " ".join(str(value.item() if isinstance(value, np.generic) else value).split())
    return text if len(text) <= SUMMARY_CHARACTERS else text[: SUMMARY_CHARACTERS - 1] + "…"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _canonical(value: Any, depth: int) -> bytes | None:
    """Bytes that are equal for equal values of one type; None for what has none."""
    if depth > 32:
        return None
    kind = type(value).__qualname__.encode()
    if isinstance(value, np.generic):
        return _joined(kind, value.dtype.str.encode(), value.tobytes()) if value.dtype != object else None
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            inner = [_canonical(item, depth + 1) for item in value.ravel().tolist()]
            return None if None in inner else _joined(kind, str(value.shape).encode(), *inner)
        return _joined(kind, value.dtype.str.encode(), str(value.shape).encode(), value.tobytes())
    if isinstance(value, int):
        # Its digits may be more than Python writes.
        return _joined(kind, hex(value).encode())
    if isinstance(value, _PLAIN):
        return _joined(kind, repr(value).encode("utf-8", "surrogatepass"))
    if is_table(value):
        return _joined(kind, digest(value).encode())
    if isinstance(value, dict):
        parts = [part for pair in value.items() for part in pair]
    elif isinstance(value, (list, tuple)):
        parts = list(value)
    elif isinstance(value, (set, frozenset)):
        inner = [_canonical(item, depth + 1) for item in value]
        return None if None in inner else _joined(kind, *sorted(inner))
    elif _is_tensor(value):
        array = value.detach().clone().numpy()
        return _joined(kind, str(value.dtype).encode(), str(array.shape).encode(), array.tobytes())
    else:
        return None
    inner = [_canonical(part, depth + 1) for part in parts]
    return None if None in inner else _joined(kind, *inner)


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)
