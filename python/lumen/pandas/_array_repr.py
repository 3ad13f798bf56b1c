"""How an array prints: its class, its values between brackets, its length and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _options

_WIDTH = 79


def _items(array: Any) -> list[str]:
    kind = type(array).__name__
    values = list(array)
    if kind in ("DatetimeArray", "TimedeltaArray"):
        return [f"'{v}'" for v in values]
    if kind == "FloatingArray" or (kind == "NumpyExtensionArray" and array.dtype.kind == "f"):
        return _floats(values)
    return [
        repr(v) if isinstance(v, str) else str(v) if not isinstance(v, np.generic) else str(v.item())
        for v in values
    ]


def _floats(values: list[Any]) -> list[str]:
    precision = _options.value("display.precision")
    shown = [repr(float(v)) if isinstance(v, (float, np.floating)) else str(v) for v in values]
    digits = max(
        (min(len(text.partition(".")[2]), precision) for text in shown if "." in text and "e" not in text),
        default=1,
    )
    return [
        f"{float(text):.{max(digits, 1)}f}" if "." in text and "e" not in text else text for text in shown
    ]


def _block(items: list[str], limit: int | None) -> str:
    if limit and len(items) > limit:
        head, tail = items[: limit // 10], items[-(limit // 10) :]
    else:
        head, tail = items, []
    whole = "[" + ", ".join(items) + "]"
    if len(whole) <= _WIDTH and not tail:
        return whole
    width = max(map(len, (*head, *tail)), default=0)
    lines: list[str] = []
    for part in (head, tail):
        line = ""
        for item in part:
            padded = item.rjust(width)
            if line and len(line) + len(padded) + 2 > _WIDTH:
                lines.append(line.rstrip())
                line = ""
            line += f"{padded}, "
        if line:
            lines.append(line.rstrip())
        if part is head and tail:
            lines.append("...")
    return "[" + "\n ".join(lines).rstrip(",") + "]"


def shown(array: Any) -> str:
    """The repr of an array."""
    body = _block(_items(array), _options.value("display.max_seq_items"))
    return f"<{type(array).__name__}>\n{body}\nLength: {len(array)}, dtype: {array.dtype}"
