"""`DataFrame.info` and `Series.info`: dtypes, counts of values that are not missing and memory, printed."""

from __future__ import annotations

import sys
from typing import Any

from lumen.pandas import _options
from lumen.pandas._index_repr import has_clock


def print_info(
    obj: Any,
    verbose: bool | None,
    buf: Any,
    max_cols: int | None,
    memory_usage: Any,
    show_counts: bool | None,
) -> None:
    """Writes the summary; `max_cols` is None for a series, which is never too wide."""
    columns = [] if obj.ndim == 1 else list(obj.columns)
    lines = [str(type(obj)), _labels_line(obj.index, type(obj.index).__name__)]
    if obj.ndim == 2 and not columns:
        return _write([*lines, f"Empty {type(obj).__name__}\n"], buf)
    widest = _options.value("display.max_info_columns") if max_cols is None else max_cols
    wide = obj.ndim == 2 and len(columns) > widest
    if show_counts is None:
        show_counts = not wide and len(obj) <= _options.value("display.max_info_rows")
    dtypes = [obj.dtype] if obj.ndim == 1 else list(obj.dtypes)
    if verbose or (verbose is None and not wide):
        lines += _table(obj, columns, dtypes, show_counts)
    elif obj.ndim == 2:
        lines.append(_labels_line(obj.columns, "Columns"))
    kinds: dict[str, int] = {}
    for dtype in dtypes:
        kinds[dtype.name] = kinds.get(dtype.name, 0) + 1
    lines.append("dtypes: " + ", ".join(f"{name}({count})" for name, count in sorted(kinds.items())))
    if memory_usage is None:
        memory_usage = _options.value("display.memory_usage")
    if memory_usage:
        lines.append(_memory_line(obj, memory_usage == "deep", kinds))
    _write(lines, buf)


def _write(lines: list[str], buf: Any) -> None:
    (sys.stdout if buf is None else buf).write("\n".join(lines))


def _labels_line(labels: Any, name: str) -> str:
    line = f"{name}: {len(labels)} entries"
    if len(labels):
        clock = has_clock(labels._values) if labels.nlevels == 1 else True
        ends = (str(labels[place]) if clock else _day(labels[place]) for place in (0, -1))
        line += ", {} to {}".format(*ends)
    freq = getattr(labels, "freqstr", None)
    return line if freq is None else f"{line}\nFreq: {freq}"


def _day(label: Any) -> str:
    """A label without the time of day, where a date or duration has one."""
    if type(label).__name__ not in ("Timestamp", "Timedelta"):
        return str(label)
    text = str(label)
    return text[:10] if type(label).__name__ == "Timestamp" else text.split(" days")[0] + " days"


def _table(obj: Any, columns: list[Any], dtypes: list[Any], show_counts: bool) -> list[str]:
    cells: list[list[str]] = [["Dtype", *map(str, dtypes)]]
    if show_counts:
        counts = [obj.count()] if obj.ndim == 1 else list(obj.count())
        cells.insert(0, ["Non-Null Count", *(f"{int(count)} non-null" for count in counts)])
    if obj.ndim == 1:
        title = f"Series name: {obj.name}"
    else:
        title = f"Data columns (total {len(columns)} columns):"
        cells.insert(0, ["Column", *map(str, columns)])
        cells.insert(0, [" # ", *(f" {number}" for number in range(len(columns)))])
    for column in cells:
        column.insert(1, "-" * len(column[0]))
    widths = [max(map(len, column)) for column in cells]
    rows = zip(*cells)
    return [title, *("  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows)]


def _memory_line(obj: Any, deep: bool, kinds: dict[str, int]) -> str:
    used = obj.memory_usage(index=True, deep=deep)
    amount = float(used if obj.ndim == 1 else used.sum())
    # What Python's objects themselves take is counted only on demand, so less is a lower bound.
    levels = getattr(obj.index, "levels", [obj.index])
    bound = "+" if not deep and ("object" in kinds or any(level.dtype == object for level in levels)) else ""
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if amount < 1024:
            return f"memory usage: {amount:3.1f}{bound} {unit}\n"
        amount /= 1024
    return f"memory usage: {amount:3.1f}{bound} PB\n"
